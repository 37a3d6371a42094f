"""Scrapy's download handler of this project: one request, one connection, one answer.

Built on Scrapy's documented ``BaseDownloadHandler`` interface, with h11 for HTTP/1.1 and
the standard library for TLS. It can do four things the built-in handler cannot: refuse the
socket's peer before a byte is sent, name the stage at which a connection broke, read a page
whose certificate does not verify while keeping the reason, and reach TLS 1.0 servers.

``Connection: close`` throughout: a homepage is asked once, and kept-alive sockets would
pile up one per host. Proxies are not supported on purpose: they would bypass the guard.

Sources: RFC 9110, RFC 9112; h11 and Scrapy 2.19 documentation (read 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import h11
from cryptography import x509
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from w3lib.url import safe_url_string

from icpcrawl.crawl import guard
from icpcrawl.crawl.connect_to import rule_for
from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.names import Names
from icpcrawl.crawl.unpack import TooLargeError, unpacked
from icpcrawl.errors import DataFileError
from icpcrawl.observation import DnsStatus, FetchOutcome, Hop

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler

MAX_HEADER_BYTES = 256 * 1024
"""Real sites send up to some 20 KB of cookies; a megabyte is an attack or an accident."""
MAX_LOCATION_BYTES = 8192
"""Servers take no longer request lines, and every hop is kept as evidence."""
CONNECT_TIMEOUT_S = 10.0
"""All addresses of one name together, and never more than half of what the site has left."""
MIN_ASK_S = 2.0
"""The last rung gets at least this much, however long the others took; its redirects do not."""
MAX_PIECES = 50_000
"""Chunks of one body. A byte a chunk costs 5 million events, and the other sites wait meanwhile."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LET_GO = object()
"""Signal: give up every connection at once."""
MAX_ADDRESSES = 3
"""Addresses of one name tried in turn."""

_DNS_OUTCOME = {
    DnsStatus.NXDOMAIN: FetchOutcome.DNS_NXDOMAIN,
    DnsStatus.NO_ADDRESS: FetchOutcome.DNS_NO_ADDRESS,
    DnsStatus.SERVFAIL: FetchOutcome.DNS_SERVFAIL,
    DnsStatus.TIMEOUT: FetchOutcome.DNS_TIMEOUT,
}


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """What the TLS layer of the last hop was worth; empty over plain http."""

    state: str = ""
    problem: str = ""
    protocol: str = ""
    expires: str = ""


class HomepageHandler(BaseDownloadHandler):
    """Downloads ``http`` and ``https`` for the spider; see the module's words."""

    lazy = True
    # Built with the first request: before that the reactor has no resolver to check.

    def __init__(self, crawler: Crawler) -> None:
        """Refuses to be built where our resolver is not in force: nothing is fetched then."""
        super().__init__(crawler)
        settings = crawler.settings
        names = Names.in_force()
        if names is None:
            raise NotConfigured("the guarded resolver is not in force, so nothing may be fetched")
        self._names = names
        self._max_bytes = settings.getint("DOWNLOAD_MAXSIZE")
        self._site_s = settings.getfloat("ICPCRAWL_SITE_SECONDS")
        self._under_way: set[asyncio.Task[Any]] = set()
        crawler.signals.connect(self._let_go, signal=LET_GO)
        self._ca_file: str = settings.get("ICPCRAWL_CA_FILE")

    @functools.cached_property
    def _verified(self) -> ssl.SSLContext:
        return verified_context(self._ca_file)

    @functools.cached_property
    def _lenient(self) -> ssl.SSLContext:
        return lenient_context()

    async def download_request(self, request: Request) -> Response:
        """One answer of any status, or ``Unreached`` with the outcome.

        Leaves behind in ``request.meta``: ``hops`` (a list shared along redirects) with this
        request's ``Hop`` appended, ``tls`` with a ``TlsSeen``, and ``spent_s``, the seconds of
        ``budget_s`` used so far. Waiting for a free connection is not counted.
        """
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a download is a task of its own")
        self._under_way.add(task)
        try:
            return await self._download(request)
        except asyncio.CancelledError:
            raise Unreached(FetchOutcome.INTERNAL_ERROR, "the run was stopped") from None
        finally:
            self._under_way.discard(task)

    async def _download(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        host = (parts.hostname or "").rstrip(".")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        redirected = request.meta.get("redirect_times")
        hop = Hop(request.url, "redirect" if redirected else request.meta.get("how", "first"))
        hops: list[Hop] = request.meta.setdefault("hops", [])
        hops.append(hop)
        if self._left_s(request) <= 0:
            raise Unreached(FetchOutcome.READ_TIMEOUT, "the time for this site is used up by redirects")
        try:
            async with self._spending(request):
                addresses = await self._addresses(host, port, hops)
        except TimeoutError:
            raise Unreached(FetchOutcome.DNS_TIMEOUT, f"{host}: no answer from the DNS in time") from None
        async with self._names.turn_at(addresses[0]):
            left_s = self._left_s(request)
            stage = _Stage(connect_s=min(CONNECT_TIMEOUT_S, left_s / 2))
            try:
                async with self._spending(request):
                    return await self._ask(request, host, port, addresses, stage)
            except TimeoutError:
                outcome = FetchOutcome.READ_TIMEOUT if stage.connected else FetchOutcome.CONNECT_TIMEOUT
                raise Unreached(outcome, f"no {stage.name} within {left_s:.1f} s") from None

    def _left_s(self, request: Request) -> float:
        """What the site's budget leaves for this request."""
        budget_s: float = request.meta.get("budget_s", self._site_s)
        left_s: float = budget_s - request.meta.get("spent_s", 0.0)
        opens_rung = not request.meta.get("redirect_times") and request.meta.get("how", "first") == "first"
        return max(left_s, min(MIN_ASK_S, budget_s) if opens_rung else 0.0)

    @contextlib.asynccontextmanager
    async def _spending(self, request: Request) -> AsyncIterator[None]:
        """What happens inside is taken off the site's budget; TimeoutError when that is used up."""
        clock = asyncio.get_running_loop()
        began = clock.time()
        try:
            async with asyncio.timeout(self._left_s(request)):
                yield
        finally:
            request.meta["spent_s"] = request.meta.get("spent_s", 0.0) + clock.time() - began

    def _let_go(self) -> None:
        """The run is being stopped: what is under way will be visited again by ``--resume``."""
        for task in self._under_way:
            task.cancel()

    async def _addresses(self, host: str, port: int, hops: list[Hop]) -> tuple[str, ...]:
        """The answer this request is pinned to, every address of it judged by the guard."""
        fixed = guard.literal(host)
        rule = rule_for(self._names.connect_to, host, port)
        if fixed is not None:
            addresses: tuple[str, ...] = (str(fixed),)
        else:
            answer = await self._names.plain.answer(host)
            addresses = answer.addresses
            if answer.status is not DnsStatus.OK and not (rule is not None and rule.host and rule.to_host):
                raise Unreached(_DNS_OUTCOME[answer.status], f"{host}: DNS says {answer.status}")
        hops[-1] = replace(hops[-1], addresses=tuple(sorted(addresses)))
        allowed = tuple(a for a in addresses if not self._names.refusal(a))
        if addresses and not allowed:
            why = self._names.refusal(addresses[0])
            raise Unreached(FetchOutcome.REFUSED_PRIVATE_ADDRESS, f"{host} leads to {addresses[0]} ({why})")
        return allowed or (rule.to_host if rule else "",)

    async def _ask(
        self, request: Request, host: str, port: int, addresses: tuple[str, ...], stage: _Stage
    ) -> Response:
        secure = request.url.startswith("https:")
        if not secure:
            request.meta["tls"] = TlsSeen()
            return await self._exchange(request, host, port, addresses, None, stage)
        try:
            response = await self._exchange(request, host, port, addresses, self._verified, stage)
        except ssl.SSLError as error:
            # Not trusted, or too old for the default context: read it all the same, and say why.
            problem = _tls_problem(error)
            if isinstance(error, ssl.SSLZeroReturnError | ssl.SSLEOFError):
                raise Unreached(
                    FetchOutcome.RESET_AFTER_SNI, f"TLS closed during the handshake: {problem}"
                ) from None
            try:
                response = await self._exchange(request, host, port, addresses, self._lenient, stage)
            except ssl.SSLError:
                raise Unreached(FetchOutcome.TLS_ERROR, problem) from None
            seen: TlsSeen = request.meta["tls"]
            request.meta["tls"] = TlsSeen("unverified", problem, seen.protocol, seen.expires)
        return response

    async def _exchange(
        self,
        request: Request,
        host: str,
        port: int,
        addresses: tuple[str, ...],
        context: ssl.SSLContext | None,
        stage: _Stage,
    ) -> Response:
        """Connect, send, read to the end. ssl.SSLError passes through for ``_ask`` to weigh."""
        sock = await self._connect(request, host, port, addresses, stage)
        stage.enter("TLS handshake" if context else "answer")
        try:
            reader, writer = await asyncio.open_connection(
                sock=sock,
                ssl=context,
                server_hostname=_server_name(host) if context else None,
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
                request.meta["tls"] = _tls_seen(writer, context is self._verified)
            stage.enter("answer")
            return await _Answer(self._max_bytes).read(request, host, port, reader, writer)
        finally:
            writer.transport.abort()

    async def _connect(
        self, request: Request, host: str, port: int, addresses: tuple[str, ...], stage: _Stage
    ) -> socket.socket:
        """A connected socket whose peer has been judged; nothing has been sent yet."""
        rule = rule_for(self._names.connect_to, host, port)
        targets = [
            ((rule.to_host or address, rule.to_port or port) if rule else (address, port))
            for address in addresses[:MAX_ADDRESSES]
        ]
        last = Unreached(FetchOutcome.CONNECT_TIMEOUT, "no connection")
        tried = list(dict.fromkeys(targets))
        for address, to_port in tried:
            stage.enter("connection")
            patience_s = stage.connect_s / len(tried)
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
            exempt = rule is not None and bool(rule.to_host)
            why = "" if exempt else self._names.refusal(peer)
            if why:
                sock.close()
                raise Unreached(FetchOutcome.REFUSED_PRIVATE_ADDRESS, f"{host} connected to {peer} ({why})")
            hops: list[Hop] = request.meta["hops"]
            hops[-1] = replace(hops[-1], peer=peer)
            stage.connected = True
            return sock
        raise last

    async def close(self) -> None:
        """Close the DNS sockets of this run."""
        self._names.close()


class _Stage:
    """How far a request has come, for the words of a time-out."""

    def __init__(self, connect_s: float) -> None:
        self.name = "connection"
        self.connected = False
        self.connect_s = connect_s

    def enter(self, name: str) -> None:
        self.name = name


class _Answer:
    """Reads one HTTP answer within its limits."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._http = _connection()

    async def read(
        self,
        request: Request,
        host: str,
        port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> Response:
        try:
            asked = self._request(request, host, port)
            writer.write(self._sent(asked))
            await writer.drain()
            head = await self._head(reader, asked)
        except (h11.LocalProtocolError, UnicodeError) as error:
            raise Unreached(FetchOutcome.DNS_NXDOMAIN, f"no such address on the web: {error}") from None
        except h11.RemoteProtocolError as error:
            raise Unreached(FetchOutcome.NOT_HTML, f"the answer is not proper HTTP: {error}") from None
        except (ConnectionError, ssl.SSLError) as error:
            raise Unreached(FetchOutcome.RESET, f"connection cut before an answer: {error}") from None
        if head is None:
            raise Unreached(FetchOutcome.RESET, "connection closed without an answer")
        headers = Headers([(name, value) for name, value in head.headers.raw_items()])
        location = headers.get("Location")
        if location and head.status_code in REDIRECTS:
            # Browsers go on at the head, whatever follows it.
            if not _leads_to_a_page(request.url, location):
                # Kept in the hop; Scrapy would follow it, and fail as on a bug.
                del headers["Location"]
            body, cut = b"", ""
        else:
            body, cut = await self._body(reader)
            body, cut = self._unpacked(body, cut, headers)
        if cut and b"</html" not in body[-2000:].lower():
            # Half a page must never read as "number missing".
            raise Unreached(FetchOutcome.RESET, f"page cut after {len(body)} bytes: {cut}")
        hops: list[Hop] = request.meta["hops"]
        hops[-1] = replace(
            hops[-1],
            status=head.status_code,
            location=location.decode("latin-1")[:2000] if location else None,
        )
        return Response(
            request.url,
            status=head.status_code,
            headers=headers,
            body=body,
            request=request,
            ip_address=_ip(hops[-1].peer),
            protocol="HTTP/1.1",
        )

    def _request(self, request: Request, host: str, port: int) -> h11.Request:
        parts = urlsplit(request.url)
        default = 443 if parts.scheme == "https" else 80
        shown = f"[{host}]" if ":" in host else host
        headers = [("Host", shown if port == default else f"{shown}:{port}")]
        for name, values in request.headers.items():
            headers += [(name.decode("latin-1"), value.decode("latin-1")) for value in values]
        headers.append(("Connection", "close"))
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return h11.Request(method="GET", target=target, headers=headers)

    def _sent(self, asked: h11.Request) -> bytes:
        sent = self._http.send(asked)
        end = self._http.send(h11.EndOfMessage())
        return (sent or b"") + (end or b"")

    def _unpacked(self, body: bytes, cut: str, headers: Headers) -> tuple[bytes, str]:
        codings = b",".join(headers.getlist("Content-Encoding")).decode("latin-1")
        if not codings:
            return body, cut
        headers.pop("Content-Encoding")
        try:
            body, why = unpacked(body, codings, self._max_bytes)
        except TooLargeError as error:
            raise Unreached(FetchOutcome.TOO_LARGE, str(error)) from None
        return body, cut or why

    async def _head(self, reader: asyncio.StreamReader, asked: h11.Request) -> h11.Response | None:
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
                self._sent(asked)
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

    async def _body(self, reader: asyncio.StreamReader) -> tuple[bytes, str]:
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


def _leads_to_a_page(url: str, location: bytes) -> bool:
    """Whether a redirect leads to the web, not to a script, a mail address or an app.

    ``Unreached`` where it leads to no URL at all: Scrapy would fail on it as on a bug.
    """
    if len(location) > MAX_LOCATION_BYTES:
        raise Unreached(FetchOutcome.REDIRECT_LOOP, f"redirected to an address of {len(location)} bytes")
    try:
        target = safe_url_string(urljoin(url, safe_url_string(location)))
    except ValueError as error:
        raise Unreached(FetchOutcome.REDIRECT_LOOP, f"redirected to no address: {error}") from None
    return target.lower().startswith(("http:", "https:"))


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


def _ip(peer: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    return ipaddress.ip_address(peer) if peer else None


def _server_name(host: str) -> str | None:
    """SNI carries names only (RFC 6066 section 3), but the library checks IP certificates by it too."""
    return host or None


def verified_context(ca_file: str | None) -> ssl.SSLContext:
    """The system's authorities, and those of ``ca_file`` beside them.

    One context for the whole run: loading the bundle costs 8 ms, too much per connection, and
    the handler for plain http needs none.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            remedy = "give --ca-file a readable file of PEM certificates"
            raise DataFileError(
                f"cannot be read as certificates ({error})", file=Path(ca_file), remedy=remedy
            ) from None
    return context


def lenient_context() -> ssl.SSLContext:
    """Any certificate, any protocol version: to read what a browser would warn of."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    import warnings

    with warnings.catch_warnings():
        # TLS 1.0 is deprecated, which is why those sites need naming, not hiding.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def _tls_problem(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or str(error)).replace("_", " ").lower()


def _tls_seen(writer: asyncio.StreamWriter, verified: bool) -> TlsSeen:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    expires = ""
    with contextlib.suppress(ValueError, TypeError, x509.InvalidVersion):
        der = tls.getpeercert(binary_form=True)
        if der:
            expires = x509.load_der_x509_certificate(der).not_valid_after_utc.isoformat()
    return TlsSeen("verified" if verified else "unverified", "", tls.version() or "", expires)
