"""HTTP/1.1 on loopback by Host header, one request per connection, with every way an answer can go wrong.

A raw asyncio protocol, so that a benchmark measures the auditor and not this server.
Source: RFC 9112 (message framing).
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

from icpcrawl.demo.zone import NO_SUCH_HOST, Answer, Ending, Host

MAX_HEAD_BYTES = 64 * 1024
ENDLESS_PIECE_BYTES = 64 * 1024
DRIP_BYTES = 16
TLS_HELLO = b"\x16"
RESET_BEHIND_S = 0.05
"""RST overtakes what has not been read yet."""
PATIENCE_S = 60.0
"""A connection that has said nothing for so long is closed."""


@dataclass(frozen=True, slots=True)
class Visited:
    """One request as it came, for tests."""

    host: str
    path: str
    secure: bool
    head: bytes


class WebSite:
    """The hosts being served, and who came to see them."""

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        self.hosts = hosts
        self.visits: deque[Visited] = deque(maxlen=100_000)
        self.connections: set[asyncio.Transport] = set()
        """Those that are open."""
        self._framed: dict[Answer, bytes] = {}

    def serve(self, hosts: Mapping[str, Host]) -> None:
        """Serve other hosts from now on."""
        self.hosts = hosts
        self._framed.clear()

    def answer(self, head: bytes, secure: bool) -> Answer:
        """The answer to a request head."""
        lines = head.split(b"\r\n")
        parts = lines[0].decode("latin-1").split(" ")
        path = parts[1] if len(parts) > 1 else "/"
        named = next((line[5:] for line in lines[1:] if line[:5].lower() == b"host:"), b"")
        host = _bare(named.decode("latin-1").strip().lower())
        self.visits.append(Visited(host, path, secure, head))
        found = self.hosts.get(host)
        return NO_SUCH_HOST if found is None else found.answer(path, secure)

    def framed(self, answer: Answer) -> bytes:
        """The answer as it goes over the wire."""
        if answer not in self._framed:
            self._framed[answer] = _framed(answer)
        return self._framed[answer]


def _bare(host: str) -> str:
    """The host without port, brackets and trailing dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unassigned"


def _framed(answer: Answer) -> bytes:
    if answer.raw:
        return answer.raw
    body = gzip.compress(answer.body, 6, mtime=0) if answer.gzip else answer.body
    headers = [("Server", "nginx"), ("Connection", "close")]
    given = {name.lower() for name, _ in answer.headers}
    if answer.content_type:
        headers.append(("Content-Type", answer.content_type))
    if answer.gzip:
        headers.append(("Content-Encoding", "gzip"))
    if answer.ending in (Ending.CHUNKED, Ending.CUT_CHUNK):
        headers.append(("Transfer-Encoding", "chunked"))
        body = _chunked(body)
        body = body[: len(body) // 2] if answer.ending is Ending.CUT_CHUNK else body
    elif answer.ending is Ending.CUT:
        headers.append(("Content-Length", str(len(body))))
        body = body[: len(body) // 2]
    elif answer.ending in (Ending.WHOLE, Ending.DRIP, Ending.RESET_BEHIND):
        headers.append(("Content-Length", str(len(body))))
    headers = [pair for pair in headers if pair[0].lower() not in given] + list(answer.headers)
    head = f"HTTP/1.1 {answer.status} {_reason(answer.status)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers)
    return head.encode("utf-8") + b"\r\n" + body


def _chunked(body: bytes) -> bytes:
    pieces = [body[start : start + 8192] for start in range(0, len(body), 8192)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


class WebSide(asyncio.Protocol):
    """One connection: one request, one answer, closed."""

    def __init__(self, site: WebSite, secure: bool) -> None:
        self._site = site
        self._secure = secure
        self._head = b""
        self._answered = False
        self._endless = b""
        self._paused = False
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._site.connections.add(self._transport)
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self._transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if self._transport is not None:
            self._site.connections.discard(self._transport)
        self._transport, self._endless = None, b""
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        if self._answered or self._transport is None:
            return
        self._head += data
        if self._head[:1] == TLS_HELLO:
            # As nginx does where TLS is spoken on its plain port.
            self._transport.write(_framed(Answer(status=400)))
            self._transport.close()
            return
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > MAX_HEAD_BYTES:
                self._transport.abort()
            return
        self._answered = True
        answer = self._site.answer(self._head[: end + 2], self._secure)
        if answer.ending is Ending.DRIP:
            self._drip(self._site.framed(answer), answer.wait_s)
        elif answer.wait_s:
            asyncio.get_running_loop().call_later(answer.wait_s, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        if self._transport is None or answer.ending is Ending.SILENT:
            return
        if answer.ending is Ending.RESET:
            reset(self._transport)
            return
        self._transport.write(self._site.framed(answer))
        if answer.ending is Ending.ENDLESS:
            piece = answer.body or b"<p>endless</p>\n"
            self._endless = piece * max(1, ENDLESS_PIECE_BYTES // len(piece))
            self._go_on()
        elif answer.ending is Ending.RESET_BEHIND:
            asyncio.get_running_loop().call_later(RESET_BEHIND_S, reset, self._transport)
        else:
            self._transport.close()

    def _drip(self, rest: bytes, wait_s: float) -> None:
        """The next few bytes, and the others after a pause."""
        if self._transport is None:
            return
        self._transport.write(rest[:DRIP_BYTES])
        if len(rest) > DRIP_BYTES:
            asyncio.get_running_loop().call_later(wait_s, self._drip, rest[DRIP_BYTES:], wait_s)
        else:
            self._transport.close()

    def _go_on(self) -> None:
        """One more piece of an endless body, whenever the reader has taken the last."""
        if self._transport is not None and self._endless and not self._paused:
            self._transport.write(self._endless)
            asyncio.get_running_loop().call_soon(self._go_on)

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._go_on()


class ResetSide(asyncio.Protocol):
    """A TLS port that resets the connection as soon as the client has named its host.

    So do the filters of mainland clouds with names that have no filing.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - the hello itself does not matter
        if self._transport is not None:
            reset(self._transport)


def reset(transport: asyncio.Transport) -> None:
    """Close with RST instead of FIN: what a reader sees as "connection reset by peer"."""
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None:
        # Linger on with zero seconds is the portable way to ask for RST.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
