"""A prepared run → a crawl in this process, until it ends or a signal stops it."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from icpcrawl.crawl.connect_to import parse_connect_to
from icpcrawl.crawl.dns import parse_nameserver
from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.handlers import chosen_kind
from icpcrawl.crawl.log import SingleLine
from icpcrawl.crawl.machine import make_room
from icpcrawl.crawl.settings import ICPCRAWL_DOWNLOAD_HANDLER
from icpcrawl.crawl.vantages import parse_vantage
from icpcrawl.errors import BrokenOffError, DataFileError, UsageError
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from scrapy.settings import Settings

    from icpcrawl.crawl.run import AuditRun

TICK_S = 1.0
STUCK_S = 120.0
"""Of one page being judged. The slowest of 10 MB took 2 s; a page that takes longer is an attack."""
STOP_WITHIN_S = 8.0
"""A stop that takes longer is cut short: service managers kill after ten."""


_STOPPING = (signal.SIGINT, signal.SIGTERM)


class StoppedBySignal(BaseException):
    """A signal struck outside the crawl, in the middle of something that may take a while."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """In here a first signal raises ``StoppedBySignal``, and a second one ends the process.

    ``crawl`` has its own way to stop; this is for what goes before, and for the report behind it.
    """

    def stop(signum: int, _: FrameType | None) -> None:
        for each in _STOPPING:
            signal.signal(each, lambda signum, _: os._exit(128 + signum))
        raise StoppedBySignal(ExitCode(128 + signum))

    before = {signum: signal.signal(signum, stop) for signum in _STOPPING}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@dataclass(frozen=True, slots=True)
class Network:
    """How this run reaches the network; see ``icpcrawl audit --help``."""

    concurrency: int = 100
    nameservers: tuple[str, ...] = ()
    vantages: tuple[str, ...] = ()
    """``NAME=SUBNET[@mainland|overseas]``, or a name of ``data/vantages.csv``."""
    public_resolvers: bool = True
    """Without ``nameservers``, ask public resolvers as a client of each vantage."""
    connect_to: tuple[str, ...] = ()
    ca_file: Path | None = None
    allow_private: bool = False
    robots: bool = False

    def check(self) -> None:
        """Raise ``IcpcrawlError`` for what the user got wrong, before anything is opened."""
        for text in self.nameservers:
            parse_nameserver(text)
        for text in self.vantages:
            parse_vantage(text)
        for text in self.connect_to:
            parse_connect_to(text)
        if not 1 <= self.concurrency <= 2000:
            raise UsageError(
                f"--concurrency {self.concurrency} is out of range", remedy="give a number from 1 to 2000"
            )
        chosen_kind(ICPCRAWL_DOWNLOAD_HANDLER)
        make_room(self.concurrency)
        if self.ca_file is not None:
            from icpcrawl.crawl.tls import verified_context

            if not self.ca_file.is_file():
                remedy = "give --ca-file a readable file of PEM certificates"
                raise DataFileError("no such file", file=self.ca_file, remedy=remedy)
            verified_context(str(self.ca_file))


def settings_for(network: Network) -> Settings:
    """The project's settings with this run's on top."""
    from scrapy.settings import Settings

    settings = Settings()
    settings.setmodule("icpcrawl.crawl.settings", priority="project")
    settings.setdict(
        {
            "CONCURRENT_REQUESTS": network.concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": network.concurrency,
            "ICPCRAWL_NAMESERVERS": list(network.nameservers),
            "ICPCRAWL_VANTAGES": list(network.vantages),
            "ICPCRAWL_PUBLIC_RESOLVERS": network.public_resolvers,
            "ICPCRAWL_CONNECT_TO": list(network.connect_to),
            "ICPCRAWL_CA_FILE": str(network.ca_file or ""),
            "ICPCRAWL_ALLOW_PRIVATE": network.allow_private,
            "ROBOTSTXT_OBEY": network.robots,
            # Log lines go to the run's folder, see _logging_into.
            "LOG_INSTALL_ROOT_HANDLER": False,
        },
        priority="cmdline",
    )
    if settings["ICPCRAWL_DOWNLOAD_HANDLER"] == "http11":
        # Twisted's sockets beside uvloop's own: a reset within TLS sometimes went unnoticed (soak, 2026-11).
        settings.set("ASYNCIO_EVENT_LOOP", None, priority="cmdline")
    return settings


def crawl(run: AuditRun, settings: Settings, spider: Any = None) -> ExitCode | None:
    """Visit every site of ``run`` that has no result yet; returns the code of the signal, if any.

    The first signal saves and ends in a moment, the second ends at once: what the history
    has acknowledged is on disk either way. Raises ``IcpcrawlError`` where the run broke off
    before its last site; it can be resumed.
    """
    from scrapy.crawler import CrawlerProcess

    from icpcrawl.crawl.spiders.homepage import HomepageSpider

    stopped: list[ExitCode] = []

    def stop(signum: int, _: FrameType | None) -> None:
        code = ExitCode(128 + signum)
        if stopped:
            os._exit(code)
        stopped.append(code)
        from twisted.internet import reactor

        reactor.callFromThread(run.stop)

    with _logging_into(run.run_folder / "crawl.log"):
        process = CrawlerProcess(settings)
        process.crawl(spider or HomepageSpider, run=run)
        before = {signum: signal.signal(signum, stop) for signum in _STOPPING}
        try:
            _watch(run, settings.getfloat("ICPCRAWL_STALLED_SECONDS"))
            # What is loaded by now lives as long as the run: the collector need not look at it.
            gc.freeze()
            process.start(install_signal_handlers=False)
        finally:
            gc.unfreeze()
            for signum, handler in before.items():
                signal.signal(signum, handler)
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
    if run.broken is not None and not stopped:
        raise run.broken
    return stopped[0] if stopped else None


def _watch(run: AuditRun, stalled_s: float) -> None:
    """Once a second: what is judged goes to disk; a run that no longer moves is ended."""
    from twisted.internet import reactor
    from twisted.internet.task import LoopingCall

    def tick() -> None:
        run.heartbeat()
        _expect_an_answer_of_our_own(run)
        now = time.monotonic()
        if now - run.moved_at > stalled_s:
            said = f"no site has come a step further for {stalled_s / 60:.0f} minutes"
            run.break_off(BrokenOffError(said, remedy="see crawl.log, then go on with --resume"))
        if run.stopping_since is not None and now - run.stopping_since > STOP_WITHIN_S:
            # Whatever does not let go would hold up the end for ever.
            cast(Any, reactor).crash()

    # The first sites are judged before the first tick.
    _expect_an_answer_of_our_own(run)
    loop = LoopingCall(tick)
    reactor.callWhenRunning(loop.start, TICK_S, now=False)


def _expect_an_answer_of_our_own(run: AuditRun) -> None:
    """Until the next tick, an alarm waits for a judgment that never ends; it costs that site alone.

    Python looks for signals even inside a regular expression.
    """

    def stuck(_: int, __: FrameType | None) -> None:
        if run.judging:
            raise TimeoutError(f"{run.judging} could not be judged within {STUCK_S:g} s")

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, stuck)
        signal.setitimer(signal.ITIMER_REAL, STUCK_S)


def _is_of_a_connection_given_up(record: logging.LogRecord) -> bool:
    """What the event loop says of a TLS handshake whose time ran out: the outcome is told already."""
    error = record.exc_info[1] if record.exc_info else None
    if record.name != "asyncio" or error is None:
        return False
    of_tls = record.getMessage().startswith("Fatal error on SSL protocol")
    return of_tls or isinstance(error, ssl.SSLError | ConnectionError)


def _without_what_a_site_did(record: logging.LogRecord) -> bool:
    """A robots.txt that was not had is told in a line: the traceback would be that of no bug."""
    if record.exc_info and isinstance(record.exc_info[1], Unreached):
        record.exc_info = None
    return True


class _logging_into:  # noqa: N801 - reads as a phrase
    """Warnings and worse go to a file beside the report, opened with the first line written."""

    def __init__(self, file: Path) -> None:
        self._handler = logging.FileHandler(file, encoding="utf-8", delay=True)
        self._handler.setLevel(logging.WARNING)
        self._handler.addFilter(lambda record: not _is_of_a_connection_given_up(record))
        self._handler.addFilter(_without_what_a_site_did)
        # It warns in every run that redirects carry no Referer, which is as we want it.
        self._handler.addFilter(lambda record: record.name != "scrapy.downloadermiddlewares.redirect")
        self._handler.setFormatter(SingleLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def __enter__(self) -> None:
        # A log that cannot be written (disk full) must not speak on the terminal instead.
        self._raises, logging.raiseExceptions = logging.raiseExceptions, False
        self._propagated = logging.root.handlers[:]
        logging.root.handlers = [self._handler]

    def __exit__(self, *_: object) -> None:
        logging.raiseExceptions = self._raises
        # What a run cut short leaves behind complains when Python ends; the last line is ours.
        logging.root.handlers = self._propagated or [logging.NullHandler()]
        # On a full disk what the log still held is lost, and nothing else.
        with contextlib.suppress(OSError):
            self._handler.close()
