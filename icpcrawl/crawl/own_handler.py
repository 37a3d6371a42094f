"""HTTP by h11, TLS by the standard library: the handler that every run uses unless told otherwise.

It can do four things Scrapy's cannot: refuse the socket's peer before a byte is sent, name the
stage at which a connection broke, read a page whose certificate does not verify while keeping
the library's own reason, and answer a redirect from its head.

Sources: RFC 9110, RFC 9112; h11 documentation (read 2026-11).
"""

from __future__ import annotations

import asyncio
import functools
import re
import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import h11
from scrapy.http import Headers, Response

from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.handler import MAX_HEADER_BYTES, HomepageHandler, Received, Stage, Target
from icpcrawl.crawl.tls import TlsSeen, lenient_context, tls_problem, tls_seen, verified_context
from icpcrawl.observation import FetchOutcome

if TYPE_CHECKING:
    from scrapy import Request

MAX_PIECES = 50_000
"""Chunks of one body. A byte a chunk costs 5 million events, and the other sites wait meanwhile."""


class OwnHandler(HomepageHandler):
    """One asyncio stream per request."""

    @functools.cached_property
    def _verified(self) -> ssl.SSLContext:
        return verified_context(self._ca_file)

    @functools.cached_property
    def _lenient(self) -> ssl.SSLContext:
        return lenient_context()

    async def ask(self, request: Request, target: Target, stage: Stage) -> Response:
        """Verified first; where that fails, once more without, and what was wrong is kept."""
        if not target.secure:
            request.meta["tls"] = TlsSeen()
            return self.answered(request, target, await self._exchange(request, target, None, stage))
        try:
            received = await self._exchange(request, target, self._verified, stage)
        except ssl.SSLError as error:
            # Not trusted, or too old for the default context: read it all the same, and say why.
            problem = tls_problem(error)
            if isinstance(error, ssl.SSLZeroReturnError | ssl.SSLEOFError):
                raise Unreached(
                    FetchOutcome.RESET_AFTER_SNI, f"TLS closed during the handshake: {problem}"
                ) from None
            try:
                received = await self._exchange(request, target, self._lenient, stage)
            except ssl.SSLError:
                raise Unreached(FetchOutcome.TLS_ERROR, problem) from None
            seen: TlsSeen = request.meta["tls"]
            request.meta["tls"] = TlsSeen("unverified", problem, seen.protocol, seen.expires)
        return self.answered(request, target, received)

    async def _exchange(
        self, request: Request, target: Target, context: ssl.SSLContext | None, stage: Stage
    ) -> Received:
        """Connect, send, read to the end. ssl.SSLError passes through for ``ask`` to weigh."""
        sock = await self._connect(request, target, stage)
        stage.enter("TLS handshake" if context else "answer")
        try:
            reader, writer = await asyncio.open_connection(
                sock=sock,
                ssl=context,
                # SNI carries names only (RFC 6066 section 3), but IP certificates are checked by it too.
                server_hostname=(target.host or None) if context else None,
                limit=128 * 1024,
            )
        except ssl.SSLError:
            sock.close()
            raise
        except (ConnectionError, EOFError) as error:
            sock.close()
            raise Unreached(
                FetchOutcome.RESET_AFTER_SNI, f"connection cut during the TLS handshake: {error}"
            ) from None
        except BaseException:
            sock.close()
            raise
        try:
            if context is not None:
                request.meta["tls"] = tls_seen(writer, context is self._verified)
            stage.enter("answer")
            return await self._received(request, target, reader, writer)
        finally:
            writer.transport.abort()

    async def _received(
        self, request: Request, target: Target, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Received:
        answer = _Answer(self._max_bytes)
        try:
            asked = self._request(request, target)
            writer.write(answer.sent(asked))
            await writer.drain()
            head = await answer.head(reader, asked)
        except (h11.LocalProtocolError, UnicodeError) as error:
            raise Unreached(FetchOutcome.DNS_NXDOMAIN, f"no such address on the web: {error}") from None
        except h11.RemoteProtocolError as error:
            raise Unreached(FetchOutcome.NOT_HTML, f"the answer is not proper HTTP: {error}") from None
        except (ConnectionError, ssl.SSLError) as error:
            raise Unreached(FetchOutcome.RESET, f"connection cut before an answer: {error}") from None
        if head is None:
            raise Unreached(FetchOutcome.RESET, "connection closed without an answer")
        headers = Headers([(name, value) for name, value in head.headers.raw_items()])
        location = self.leads_on(request, head.status_code, headers)
        if location is not None:
            return Received(head.status_code, headers, b"", location)
        body, cut = await answer.body(reader)
        to_the_end = "Content-Length" not in headers and "Transfer-Encoding" not in headers
        return Received(head.status_code, headers, body, headers.get("Location"), cut, to_the_end)

    def _request(self, request: Request, target: Target) -> h11.Request:
        parts = urlsplit(request.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = [
            (b"Host", target.shown.encode("ascii")),
            *self.headers_for(request, target),
            (b"Connection", b"close"),
        ]
        return h11.Request(method="GET", target=path, headers=headers)

    async def _connect(self, request: Request, target: Target, stage: Stage) -> socket.socket:
        """A connected socket whose peer has been judged; nothing has been sent yet."""
        last = Unreached(FetchOutcome.CONNECT_TIMEOUT, "no connection")
        patience_s = stage.connect_s / len(target.addresses)
        for address, to_port in target.addresses:
            stage.enter("connection")
            try:
                sock = await _connected(address, to_port, patience_s)
            except TimeoutError:
                said = f"{address} port {to_port}: no connection within {patience_s:.1f} s"
                last = Unreached(FetchOutcome.CONNECT_TIMEOUT, said)
                continue
            except ConnectionResetError as error:
                last = Unreached(FetchOutcome.RESET, f"{address} port {to_port}: {error.strerror or error}")
                continue
            except OSError as error:
                last = Unreached(
                    FetchOutcome.CONNECT_REFUSED, f"{address} port {to_port}: {error.strerror or error}"
                )
                continue
            try:
                peer = sock.getpeername()[0].split("%")[0]
            except OSError:
                sock.close()
                last = Unreached(FetchOutcome.RESET, f"{address} port {to_port}: reset at once")
                continue
            try:
                self.judge_peer(request, target, peer)
            except Unreached:
                sock.close()
                raise
            stage.connected = True
            return sock
        raise last


class _Answer:
    """Reads one HTTP answer within its limits."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._http = _connection()

    def sent(self, asked: h11.Request) -> bytes:
        sent = self._http.send(asked)
        end = self._http.send(h11.EndOfMessage())
        return (sent or b"") + (end or b"")

    async def head(self, reader: asyncio.StreamReader, asked: h11.Request) -> h11.Response | None:
        received, read_bytes, is_tidy = list[bytes](), 0, False
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                whole = b"".join(received)
                tidied = _tidied(whole)
                if is_tidy or tidied == whole:
                    raise
                is_tidy, self._http = True, _connection()
                self.sent(asked)
                self._http.receive_data(tidied)
                continue
            if event is h11.NEED_DATA:
                if read_bytes > MAX_HEADER_BYTES:
                    # h11 counts each "100 Continue" anew.
                    raise Unreached(FetchOutcome.NOT_HTML, f"no end of headers in {read_bytes} bytes")
                data = await reader.read(65_536)
                received.append(data)
                read_bytes += len(data)
                if not data and self._http.trailing_data[0] == b"":
                    return None
                self._http.receive_data(data)
            elif isinstance(event, h11.Response):
                return event
            elif not isinstance(event, h11.InformationalResponse):
                return None

    async def body(self, reader: asyncio.StreamReader) -> tuple[bytes, str]:
        """The body, and why it is not whole (empty when it is)."""
        body = bytearray()
        pieces = 0
        while True:
            try:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(await reader.read(65_536))
                    continue
            except (h11.RemoteProtocolError, ConnectionError, ssl.SSLError, EOFError) as error:
                return bytes(body), " ".join(str(error).split())[:120] or type(error).__name__
            if isinstance(event, h11.Data):
                body += event.data
                pieces += 1
                if pieces > MAX_PIECES:
                    raise Unreached(FetchOutcome.TOO_LARGE, f"more than {MAX_PIECES} chunks")
                if len(body) > self._max_bytes:
                    raise Unreached(FetchOutcome.TOO_LARGE, f"more than {self._max_bytes} bytes")
            else:
                return bytes(body), ""


def _connection() -> h11.Connection:
    return h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADER_BYTES)


_HEAD_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(:.*)", re.DOTALL)
_CONTROL = bytes({*range(9), *range(10, 32), 127})


def _tidied(received: bytes) -> bytes:
    """The answer without header lines that are none; h11 gives up on them, browsers pass over them."""
    end = _HEAD_END.search(received)
    if end is None:
        return received
    status, *lines = received[: end.start()].split(b"\n")
    fields = (_FIELD.fullmatch(line.translate(None, _CONTROL)) for line in lines)
    tidy = [status.rstrip(b"\r"), *(field[1] + field[2] for field in fields if field)]
    return b"\r\n".join(tidy) + b"\r\n\r\n" + received[end.end() :]


async def _connected(address: str, port: int, patience_s: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        async with asyncio.timeout(patience_s):
            await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock
