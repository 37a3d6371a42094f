"""A whole night: lock → audit → report → notify → retention → metrics, each stage named when it breaks.

The audit itself confirms new errors and holds back what is not sane; see ``crawl.run``.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from icpcrawl.audit.finding import Text
from icpcrawl.crawl.process import StoppedBySignal, crawl, settings_for, stoppable
from icpcrawl.crawl.run import AuditRun
from icpcrawl.datafiles import load_facts
from icpcrawl.errors import IcpcrawlError, RunLockedError
from icpcrawl.history import SHANGHAI
from icpcrawl.history.lock import PortfolioLock
from icpcrawl.history.store import portfolio_identity
from icpcrawl.nightly.channels import send
from icpcrawl.nightly.config import Channel, NightlyConfig
from icpcrawl.nightly.digest import Complaint, Digest, Night, SiteNight, Trouble, digest
from icpcrawl.nightly.heartbeat import SUCCESS, Heartbeat, begun, ended, read_heartbeat, write_heartbeat
from icpcrawl.nightly.letter import Letter, Writer, fitted
from icpcrawl.nightly.log import event
from icpcrawl.nightly.memory import UNDELIVERED_AT_MOST, Memory, read_memory, write_memory
from icpcrawl.nightly.metrics import write_metrics
from icpcrawl.nightly.retention import retain
from icpcrawl.report.closing import Finished
from icpcrawl.report.ending import ExitCode
from icpcrawl.report.folders import claim
from icpcrawl.report.rows import ReportRow

HEARTBEAT = "heartbeat.json"
OWNER_KNOWN_S = 2.0
"""How long to wait for the owner of the lock to have written its name."""

T = TypeVar("T")
Watch = Callable[[AuditRun], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class NightEnd:
    """How a night ended."""

    exit_code: ExitCode
    finished: Finished | None = None
    held: str = ""
    broken: Mapping[str, str] = field(default_factory=dict)
    """Stage → what broke there."""
    told: tuple[str, ...] = ()
    """Channels that took a digest."""
    undelivered: tuple[str, ...] = ()


def own_file(config: NightlyConfig, ending: str) -> Path:
    """Where this portfolio's nights keep their own things; two portfolios may share an output folder."""
    return config.output / f"nightly.{portfolio_identity(str(config.options.portfolio))[:16]}.{ending}"


def spend_night(config: NightlyConfig, watch: Watch) -> NightEnd:
    """Everything a night is for. ``watch`` shows the crawl's progress to whoever looks on.

    Raises ``RunLockedError`` when another run of this portfolio is under way; whatever else
    breaks is told, in the result and to the channels.
    """
    try:
        return _spent(config, watch)
    except RunLockedError:
        raise
    except Exception as error:  # noqa: BLE001 - a full disk above all must not end in silence
        return _not_even_begun(config, error)


def _spent(config: NightlyConfig, watch: Watch) -> NightEnd:
    claim(config.output)
    with _locked(config):
        file = own_file(config, HEARTBEAT)
        beat = begun(file, config.options.portfolio)
        event("night-begun", portfolio=beat.portfolio, host=beat.host, pid=beat.pid)
        try:
            end = _Night(config, watch).spent(beat)
        except RunLockedError as error:
            write_heartbeat(file, ended(beat, exit_code=int(ExitCode.LOCKED), stage="lock", why=str(error)))
            raise
        write_heartbeat(file, ended(beat, **_how(end)))
        level = "info" if end.exit_code in SUCCESS else "error"
        event("night-ended", level, exit_code=int(end.exit_code), run=_run_id(end.finished))
        return end


def _not_even_begun(config: NightlyConfig, error: Exception) -> NightEnd:
    """Nothing can be written down where the night keeps its own things: the channels alone are left."""
    why = str(error) if isinstance(error, IcpcrawlError) else f"{type(error).__name__}: {error}"
    event("night-broke", "error", why=why)
    night = Night(datetime.now(SHANGHAI).date().isoformat(), trouble=Trouble.FAILED, why=why)
    texts = load_facts().texts
    told: list[str] = []
    undelivered: list[str] = []
    for channel in config.channels:
        delivery = send(
            channel, lambda to, size: [Writer(texts, to.language).letter(Digest(night), "", size)]
        )
        (undelivered if delivery.left else told).append(channel.name)
    code = ExitCode.USAGE if isinstance(error, IcpcrawlError) else ExitCode.INTERNAL
    return NightEnd(code, broken={"night": why}, told=tuple(told), undelivered=tuple(undelivered))


@contextmanager
def _locked(config: NightlyConfig) -> Iterator[None]:
    """From before the audit until after retention: no second night tells the same news."""
    lock = PortfolioLock(own_file(config, "lock"))
    if not lock.take():
        raise RunLockedError(
            f"another night of this portfolio is under way{_owner(config)}",
            file=config.options.portfolio,
            remedy="wait until it ends, or stop that process",
        )
    try:
        yield
    finally:
        lock.release()


def _owner(config: NightlyConfig) -> str:
    until = time.monotonic() + OWNER_KNOWN_S
    while time.monotonic() < until:
        with suppress(IcpcrawlError):
            beat = read_heartbeat(own_file(config, HEARTBEAT))
            if beat is not None and beat.state == "running":
                return f" (process {beat.pid} on {beat.host}, since {beat.started_at:%H:%M} UTC)"
        time.sleep(0.05)
    return ""


def _how(end: NightEnd) -> dict[str, object]:
    stage, why = next(iter(end.broken.items()), ("", ""))
    return {
        "exit_code": int(end.exit_code),
        "run": _run_id(end.finished),
        "stage": stage,
        "why": why,
        "held": end.held,
        "coverage": end.finished.coverage if end.finished else None,
        "undelivered": end.undelivered,
    }


def _run_id(finished: Finished | None) -> str:
    return finished.folder.name if finished else ""


class _Night:
    """The stages, one after another; one that breaks is named and the next ones still run."""

    def __init__(self, config: NightlyConfig, watch: Watch) -> None:
        self._config = config
        self._watch = watch
        self._broken: dict[str, str] = {}
        self._code = ExitCode.INTERNAL
        self._told: list[str] = []
        self._undelivered: list[str] = []

    def spent(self, beat: Heartbeat) -> NightEnd:
        finished = self._audit()
        if finished is None and not self._broken:
            return self._end(None)
        self._staged("notify", lambda: self._notify(finished))
        self._staged("retention", self._retain)
        if (file := self._config.textfile) is not None:
            self._staged(
                "metrics", lambda: write_metrics(file, ended(beat, **_how(self._end(finished))), finished)
            )
        return self._end(finished)

    def _end(self, finished: Finished | None) -> NightEnd:
        broke_after = finished is not None and self._broken
        return NightEnd(
            exit_code=ExitCode.INTERNAL if broke_after else self._code,
            finished=finished,
            held=finished.held if finished else "",
            broken=dict(self._broken),
            told=tuple(self._told),
            undelivered=tuple(self._undelivered),
        )

    def _staged(self, name: str, work: Callable[[], T]) -> T | None:
        """None where the stage broke; what broke is told by name."""
        begun_at = time.monotonic()
        try:
            done = work()
        except RunLockedError:
            raise
        except IcpcrawlError as error:
            self._broken[name] = str(error)
            event("stage-broke", "error", stage=name, why=str(error))
        except Exception as error:  # noqa: BLE001 - a bug in one stage must not silence the others
            self._broken[name] = f"{type(error).__name__}: {error}"
            trace = traceback.format_exc(limit=-5)
            event("stage-broke", "error", stage=name, why=self._broken[name], trace=trace)
        else:
            event("stage-ended", stage=name, seconds=round(time.monotonic() - begun_at, 1))
            return done
        return None

    # Audit and report -------------------------------------------------------------------------

    def _audit(self) -> Finished | None:
        """None where a signal stopped it or where it broke: ``_broken`` tells which."""
        run: AuditRun | None = None
        try:
            with stoppable():
                run = self._staged("prepare", lambda: AuditRun.prepare(self._config.options))
                if run is None:
                    self._code = ExitCode.USAGE
                    return None
                finished = self._crawled(run)
        except StoppedBySignal as signalled:
            self._code = signalled.code
            if run is not None:
                run.interrupt(signalled.code)
                event("audit-stopped", "warning", run=run.run_id, stored=len(run.stored))
            return None
        finally:
            if run is not None:
                run.close()
        if finished is not None:
            self._code = finished.exit_code
            event(
                "report-written",
                run=_run_id(finished),
                exit_code=int(self._code),
                coverage=finished.coverage,
                verdicts=dict(finished.verdicts),
            )
        return finished

    def _crawled(self, run: AuditRun) -> Finished | None:
        """The run's report; StoppedBySignal where it was stopped on the way."""
        stopped = self._staged("audit", lambda: self._crawl(run))
        if stopped is not None:
            raise StoppedBySignal(stopped)
        if self._broken:
            with suppress(IcpcrawlError):
                run.interrupt(ExitCode.INTERNAL)
            return None
        return self._staged("report", run.finish)

    def _crawl(self, run: AuditRun) -> ExitCode | None:
        with self._watch(run):
            return crawl(run, settings_for(self._config.network))

    # Notify -----------------------------------------------------------------------------------

    def _notify(self, finished: Finished | None) -> None:
        file = own_file(self._config, "json")
        memory = self._remembered(file)
        told, state = digest(self._night(finished), memory.digest, self._config.alarm)
        event("digest", news=len(told.news) if told else 0, wanted=told is not None)
        waiting: dict[str, tuple[Letter, ...]] = {}
        texts = load_facts().texts
        for channel in self._config.channels:
            owed = memory.waiting.get(channel.name, ())
            left = self._deliver(channel, owed, told, finished, texts)
            if left:
                waiting[channel.name] = left[-UNDELIVERED_AT_MOST:]
        write_memory(file, Memory(state, waiting))

    def _remembered(self, file: Path) -> Memory:
        try:
            return read_memory(file)
        except ValueError as error:
            # Told twice is better than not told: everything that stands is news again.
            event("memory-lost", "warning", why=str(error))
            return Memory()

    def _deliver(
        self,
        channel: Channel,
        owed: tuple[Letter, ...],
        told: Digest | None,
        finished: Finished | None,
        texts: Mapping[str, Text],
    ) -> tuple[Letter, ...]:
        """Letters the channel did not take."""

        def write(channel: Channel, limit_bytes: int) -> list[Letter]:
            address = self._address(finished)
            new = (Writer(texts, channel.language).letter(told, address, limit_bytes),) if told else ()
            return [*(fitted(letter, limit_bytes) for letter in owed), *new]

        if not owed and told is None:
            return ()
        delivery = send(channel, write)
        if delivery.left:
            self._undelivered.append(channel.name)
            event("channel-dead", "warning", channel=channel.name, why=delivery.why)
        else:
            self._told.append(channel.name)
            event("channel-told", channel=channel.name)
        return delivery.left

    def _address(self, finished: Finished | None) -> str:
        if finished is None:
            return ""
        page = "report.html" if any(file.name == "report.html" for file in finished.files) else ""
        base = self._config.address
        return f"{base}/{finished.folder.name}/{page}" if base else str(finished.folder.resolve() / page)

    def _night(self, finished: Finished | None) -> Night:
        on = datetime.now(SHANGHAI).date().isoformat()
        if finished is None:
            stage, why = next(iter(self._broken.items()), ("", ""))
            return Night(on, trouble=Trouble.FAILED, why=f"{stage}: {why}")
        trouble, why = Trouble.NONE, ""
        if finished.held:
            trouble, why = Trouble.HELD, finished.held
        elif finished.exit_code is ExitCode.INTERNAL:
            trouble, why = Trouble.PARTIAL, next(iter(finished.problems), "")
        elif finished.exit_code in (ExitCode.LOW_COVERAGE, ExitCode.FINDINGS_AND_LOW_COVERAGE):
            trouble = Trouble.LOW_COVERAGE
        return Night(
            on=on,
            trouble=trouble,
            why=why,
            overdue=sum(row.overdue > 0 for row in finished.rows),
            coverage=finished.coverage,
            verdicts=finished.verdicts,
            sites=tuple(_site_night(row) for row in finished.rows),
        )

    # Retention --------------------------------------------------------------------------------

    def _retain(self) -> None:
        results, folders = retain(self._config.output, self._config.options.portfolio, self._config.retention)
        if results or folders:
            event("retained", results_gone=results, reports_gone=folders)


def _site_night(row: ReportRow) -> SiteNight:
    return SiteNight(
        site_id=row.site_id,
        verdict=row.verdict,
        owner=row.cells["owner"],
        outcome=row.cells["outcome"],
        why=row.reason,
        complaints=tuple(
            Complaint(
                finding_id=told.finding_id,
                rule=told.finding.rule,
                severity=told.finding.severity,
                title=told.title,
                fix=told.fix,
                change=told.change.change if told.change else "new",
                days_open=told.change.days_open if told.change else 0,
                waived=told.finding.waived is not None,
                due=told.due if told.is_loud else "",
            )
            for told in row.findings
        ),
        silent_rules=row.silent_rules,
    )
