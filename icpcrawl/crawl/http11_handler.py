"""Scrapy's own HTTP/1.1 handler behind our guard: ``ICPCRAWL_DOWNLOAD_HANDLER=http11``.

A way out should the other handler ever fail with a server that Twisted understands. The guard,
the limits and the outcomes are the same as far as Twisted lets them be; what it cannot tell
apart is listed in ``docs/decisions/0010-handlers-and-ends.md``.

Twisted connects by asking the reactor's resolver, which is answered with the judged addresses
(``names.pinned``), and hands each fresh connection to ``_Door`` before a byte is sent on it.

Sources: Scrapy 2.19 ``http11.py``, Twisted 26 ``endpoints.py`` and ``_newclient.py`` (read 2026-11).
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from OpenSSL import SSL
from scrapy import exceptions
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.http import Headers, Request, Response
from twisted.internet import error as tx
from twisted.internet.protocol import Factory

from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.handler import MAX_HEADER_BYTES, HomepageHandler, Received, Stage, Target
from icpcrawl.crawl.names import pinned
from icpcrawl.crawl.tls import TlsSeen
from icpcrawl.crawl.twisted_tls import Tls, reading_context
from icpcrawl.observation import FetchOutcome

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress

BEYOND_OURS_S = 60.0
"""Scrapy's own clock never rings first: ours tells connecting from reading."""


class Http11Handler(HomepageHandler):
    """One handler of Scrapy's per request: its connections are then nobody else's."""

    _context: SSL.Context | None = None

    async def ask(self, request: Request, target: Target, stage: Stage) -> Response:
        """Whatever certificate there is; what is wrong with it is kept."""
        request.meta["tls"] = TlsSeen()
        tls = None
        if target.secure:
            self._context = self._context or reading_context(self._ca_file)
            tls = Tls(self._context, target.host)
        try:
            async with asyncio.timeout(stage.connect_s) as patience:

                def connected(peer: str) -> None:
                    self.judge_peer(request, target, peer)
                    patience.reschedule(None)
                    stage.connected = True
                    stage.enter("answer")

                # An eighth for the frames of chunks; without a cap here headers could go on for ever.
                most = self._max_bytes + self._max_bytes // 8 + MAX_HEADER_BYTES
                door = _Door(connected, most)
                response = await self._downloaded(request, target, door, tls)
        except TimeoutError:
            said = f"no connection to {target.addresses[0][0]} within {stage.connect_s:.1f} s"
            raise Unreached(FetchOutcome.CONNECT_TIMEOUT, said) from None
        headers = Headers(response.headers)
        location = self.leads_on(request, response.status, headers)
        if location is not None:
            return self.answered(request, target, Received(response.status, headers, b"", location))
        return self.answered(
            request,
            target,
            Received(
                response.status,
                headers,
                response.body,
                headers.get("Location"),
                cut="the connection ended early" if "dataloss" in response.flags else "",
                to_the_end="partial" in response.flags,
            ),
        )

    async def _downloaded(self, request: Request, target: Target, door: _Door, tls: Tls | None) -> Response:
        scrapys: Any = HTTP11DownloadHandler(self.crawler)
        scrapys._pool.persistent = False
        stock = scrapys._pool._factory
        scrapys._pool._factory = lambda *wanted: door.before(stock(*wanted))
        if tls is not None:
            scrapys._contextFactory = tls
        parts = urlsplit(request.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        asked = Request(
            f"{parts.scheme}://{target.shown}{path}",
            headers=self.headers_for(request, target),
            meta={
                "download_timeout": self._left_s(request) + BEYOND_OURS_S,
                "download_maxsize": self._max_bytes,
                # What came before a cut is looked at: the end of the page may have been in it.
                "download_fail_on_dataloss": False,
            },
        )
        try:
            with pinned(target.addresses):
                response: Response = await scrapys.download_request(asked)
        except Exception as error:
            raise door.refused or _unreached(error, target, door, tls) from error
        finally:
            if tls is not None and tls.shaken:
                request.meta["tls"] = tls.seen()
        return response


class _Door(Factory):
    """What every connection of one request passes before Twisted may use it."""

    noisy = False

    def __init__(self, connected: Callable[[str], None], max_bytes: int) -> None:
        self.refused: Unreached | None = None
        self.flooded = False
        self.heard_something = False
        self._connected = connected
        self._left = max_bytes
        self._inner: Any = None

    def before(self, inner: Any) -> _Door:
        self._inner = inner
        return self

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """Called with the peer of a fresh connection, TLS not yet begun; what raises closes it."""
        try:
            self._connected(str(getattr(addr, "host", "")).split("%")[0])
        except Unreached as error:
            self.refused = error
            raise
        protocol = self._inner.buildProtocol(addr)
        heard = protocol.dataReceived

        def data_received(data: bytes) -> None:
            self.heard_something = True
            self._left -= len(data)
            if self._left < 0:
                self.flooded = True
                protocol.transport.abortConnection()
            else:
                heard(data)

        protocol.dataReceived = data_received
        return protocol


def _unreached(error: Exception, target: Target, door: _Door, tls: Tls | None) -> Exception:
    """The outcome behind what Scrapy raised; what nobody foresaw stays as it is, a bug of ours."""
    reasons = [reason.value for reason in getattr(error.__cause__, "reasons", ())]
    cause = reasons[0] if reasons else error.__cause__ or error
    said = " ".join(f"{type(cause).__name__}: {cause}".split())
    # Twisted tries them in turn and tells of the last alone.
    tried = ", ".join(f"{address} port {port}" for address, port in target.addresses)
    shaking = tls is not None and not tls.shaken
    if door.flooded or isinstance(error, exceptions.DownloadCancelledError):
        return Unreached(FetchOutcome.TOO_LARGE, "more bytes than a page may have")
    if isinstance(error, exceptions.DownloadConnectionRefusedError):
        return Unreached(FetchOutcome.CONNECT_REFUSED, f"{tried}: {said}")
    if isinstance(error, exceptions.DownloadTimeoutError) or isinstance(cause, tx.TCPTimedOutError):
        return Unreached(FetchOutcome.CONNECT_TIMEOUT, f"{tried}: {said}")
    if isinstance(cause, SSL.ZeroReturnError | SSL.SysCallError) and shaking:
        return Unreached(FetchOutcome.RESET_AFTER_SNI, f"TLS closed during the handshake: {said}")
    if isinstance(cause, SSL.Error):
        return Unreached(FetchOutcome.TLS_ERROR if shaking else FetchOutcome.RESET, said)
    if isinstance(cause, tx.ConnectionLost | tx.ConnectionDone | tx.ConnectionAborted):
        if shaking:
            return Unreached(FetchOutcome.RESET_AFTER_SNI, f"connection cut during the TLS handshake: {said}")
        if isinstance(cause, tx.ConnectionDone) and door.heard_something:
            return Unreached(FetchOutcome.NOT_HTML, "the answer is not proper HTTP: it ends in its head")
        return Unreached(FetchOutcome.RESET, f"connection cut before an answer: {said}")
    if isinstance(cause, tx.ConnectError):
        is_reset = cause.osError == errno.ECONNRESET
        return Unreached(FetchOutcome.RESET if is_reset else FetchOutcome.CONNECT_REFUSED, f"{tried}: {said}")
    if reasons:
        # What Twisted's parser raised.
        return Unreached(FetchOutcome.NOT_HTML, f"the answer is not proper HTTP: {said}")
    return error
