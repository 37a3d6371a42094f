"""Scrapy's download handler of this project: one request, one connection, one answer.

What every handler of ours does around the wire: the guard, the name that is asked once, the
turn at its address, the site's time, the limits, the cookies of a visit, and what is left
behind as evidence. Who speaks HTTP is ``ICPCRAWL_DOWNLOAD_HANDLER``'s choice: ``own``
(``own_handler.py``) or ``http11`` (``http11_handler.py``).

``Connection: close`` throughout: a homepage is asked once, and kept-alive sockets would
pile up one per host. Proxies are not supported on purpose: they would bypass the guard.

Sources: RFC 9110, RFC 9112; Scrapy 2.19 documentation (read 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urljoin, urlsplit

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response
from scrapy.utils.misc import load_object
from w3lib.url import safe_url_string

from icpcrawl.crawl import guard
from icpcrawl.crawl.connect_to import rule_for
from icpcrawl.crawl.cookies import VisitCookies
from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.handlers import KINDS, chosen_kind
from icpcrawl.crawl.names import Names
from icpcrawl.crawl.unpack import TooLargeError, unpacked
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
ROBOTS_S = 10.0
"""For a robots.txt, asked by Scrapy on its own account: one that takes longer forbids nothing."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LET_GO = object()
"""Signal: give up every connection at once."""
MAX_ADDRESSES = 3
"""Addresses of one name tried in turn."""
UNCLOSED = "unclosed"
"""Flag of a response that may be half a page: neither its length was told, nor does it end as pages do."""

_DNS_OUTCOME = {
    DnsStatus.NXDOMAIN: FetchOutcome.DNS_NXDOMAIN,
    DnsStatus.NO_ADDRESS: FetchOutcome.DNS_NO_ADDRESS,
    DnsStatus.SERVFAIL: FetchOutcome.DNS_SERVFAIL,
    DnsStatus.TIMEOUT: FetchOutcome.DNS_TIMEOUT,
}


class Stage:
    """How far a request has come, for the words of a time-out."""

    def __init__(self, connect_s: float) -> None:
        self.name = "connection"
        self.connected = False
        self.connect_s = connect_s

    def enter(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes: what the URL names, and what may be connected to for it."""

    host: str
    port: int
    secure: bool
    addresses: tuple[tuple[str, int], ...]
    """Address and port, in the order to be tried; every one has been judged."""
    exempt: bool
    """The user named the address in ``--connect-to``: the peer is not judged once more."""

    @property
    def shown(self) -> str:
        """The Host header: the port only where it is not the scheme's."""
        bare = f"[{self.host}]" if ":" in self.host else self.host
        return bare if self.port == (443 if self.secure else 80) else f"{bare}:{self.port}"


@dataclass(frozen=True, slots=True)
class Received:
    """What came over the wire, still packed."""

    status: int
    headers: Headers
    body: bytes
    location: bytes | None
    """Where the answer sends its visitor; None where it does not."""
    cut: str = ""
    """Why the body is not whole; empty when it is."""
    to_the_end: bool = False
    """The body was over when the connection was, which a server that broke off looks like, too."""


class HomepageHandler(BaseDownloadHandler):
    """Downloads ``http`` and ``https`` for the spider; see the module's words."""

    lazy = True
    # Built with the first request: before that the reactor has no resolver to check.

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The handler of the kind that the settings choose."""
        if cls is not HomepageHandler:
            return cls(crawler)
        kind: type[Self] = load_object(KINDS[chosen_kind(crawler.settings.get("ICPCRAWL_DOWNLOAD_HANDLER"))])
        return kind(crawler)

    def __init__(self, crawler: Crawler) -> None:
        """Refuses to be built where our resolver is not in force: nothing is fetched then."""
        super().__init__(crawler)
        settings = crawler.settings
        names = Names.in_force()
        if names is None:
            raise NotConfigured("the guarded resolver is not in force, so nothing may be fetched")
        self._names = names
        self._max_bytes = settings.getint("DOWNLOAD_MAXSIZE")
        self._unasked_s = min(ROBOTS_S, settings.getfloat("ICPCRAWL_SITE_SECONDS"))
        self._under_way: set[asyncio.Task[Any]] = set()
        crawler.signals.connect(self._let_go, signal=LET_GO)
        self._ca_file: str = settings.get("ICPCRAWL_CA_FILE")

    @abstractmethod
    async def ask(self, request: Request, target: Target, stage: Stage) -> Response:
        """Connect to the target's addresses and to nothing else, ask, and end in ``answered``.

        Judges the peer (``judge_peer``) before a byte is sent, notes ``tls`` in the request's
        meta, and raises ``Unreached`` where there is no answer.
        """

    async def download_request(self, request: Request) -> Response:
        """One answer of any status, or ``Unreached`` with the outcome.

        Leaves behind in ``request.meta``: ``hops`` and ``cookies`` (shared along redirects) with
        this request's ``Hop`` appended, ``tls`` with a ``TlsSeen``, and ``spent_s``, the seconds of
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
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        redirected = request.meta.get("redirect_times")
        hop = Hop(request.url, "redirect" if redirected else request.meta.get("how", "first"))
        hops: list[Hop] = request.meta.setdefault("hops", [])
        hops.append(hop)
        request.meta.setdefault("cookies", VisitCookies())
        if self._left_s(request) <= 0:
            raise Unreached(FetchOutcome.READ_TIMEOUT, "the time for this site is used up by redirects")
        try:
            async with self._spending(request):
                addresses = await self._addresses(host, port, hops)
        except TimeoutError:
            raise Unreached(FetchOutcome.DNS_TIMEOUT, f"{host}: no answer from the DNS in time") from None
        target = self.target(host, port, addresses, secure=secure)
        async with self._names.turn_at(addresses[0]):
            left_s = self._left_s(request)
            stage = Stage(connect_s=min(CONNECT_TIMEOUT_S, left_s / 2))
            try:
                async with self._spending(request):
                    return await self.ask(request, target, stage)
            except TimeoutError:
                outcome = FetchOutcome.READ_TIMEOUT if stage.connected else FetchOutcome.CONNECT_TIMEOUT
                raise Unreached(outcome, f"no {stage.name} within {left_s:.1f} s") from None

    # Time ---------------------------------------------------------------------------------------

    def _left_s(self, request: Request) -> float:
        """What the site's budget leaves for this request; without any it is none of the spider's."""
        budget_s: float = request.meta.get("budget_s", self._unasked_s)
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

    # The guard ----------------------------------------------------------------------------------

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

    def target(self, host: str, port: int, addresses: tuple[str, ...], *, secure: bool) -> Target:
        """Where to connect for judged ``addresses``, ``--connect-to`` obeyed."""
        rule = rule_for(self._names.connect_to, host, port)
        places = [
            ((rule.to_host or address, rule.to_port or port) if rule else (address, port))
            for address in addresses[:MAX_ADDRESSES]
        ]
        return Target(
            host, port, secure, tuple(dict.fromkeys(places)), rule is not None and bool(rule.to_host)
        )

    def judge_peer(self, request: Request, target: Target, peer: str) -> None:
        """The other end of a fresh connection, before a byte is sent; ``Unreached`` where it is refused."""
        why = "" if target.exempt else self._names.refusal(peer)
        if why:
            raise Unreached(
                FetchOutcome.REFUSED_PRIVATE_ADDRESS, f"{target.host} connected to {peer} ({why})"
            )
        hops: list[Hop] = request.meta["hops"]
        hops[-1] = replace(hops[-1], peer=peer)

    # What is sent, what came --------------------------------------------------------------------

    @staticmethod
    def headers_for(request: Request, target: Target) -> list[tuple[bytes, bytes]]:
        """Every header but Host and Connection."""
        headers = [(name, value) for name, values in request.headers.items() for value in values]
        cookies: VisitCookies = request.meta["cookies"]
        cookie = cookies.header(target.host, secure=target.secure)
        return [*headers, (b"Cookie", cookie.encode("latin-1"))] if cookie else headers

    @staticmethod
    def leads_on(request: Request, status: int, headers: Headers) -> bytes | None:
        """Where this answer sends its visitor; its body is not waited for then, as in browsers.

        A place that is no page of the web is taken out of ``headers``: it is kept in the hop, and
        Scrapy would go there, and fail as on a bug.
        """
        location = headers.get("Location")
        if not location or status not in REDIRECTS:
            return None
        if not _leads_to_a_page(request.url, location):
            del headers["Location"]
        return location

    def answered(self, request: Request, target: Target, received: Received) -> Response:
        """The answer as evidence, or ``Unreached`` where it is half a page or too large a one."""
        headers, body, cut = received.headers, received.body, received.cut
        cookies: VisitCookies = request.meta["cookies"]
        cookies.heard(target.host, headers.getlist("Set-Cookie"), datetime.now(UTC))
        codings = b",".join(headers.getlist("Content-Encoding")).decode("latin-1")
        if codings:
            headers.pop("Content-Encoding")
            try:
                body, why = unpacked(body, codings, self._max_bytes)
            except TooLargeError as error:
                raise Unreached(FetchOutcome.TOO_LARGE, str(error)) from None
            cut = cut or why
        end = body[-2000:].lower()
        if cut and b"</html" not in end:
            # Half a page must never read as "number missing".
            raise Unreached(FetchOutcome.RESET, f"page cut after {len(body)} bytes: {cut}")
        hops: list[Hop] = request.meta["hops"]
        location = received.location.decode("latin-1")[:2000] if received.location else None
        hops[-1] = replace(hops[-1], status=received.status, location=location)
        # A coding's own end says that nothing is missing.
        may_be_half = received.to_the_end and not codings and b"</html" not in end and b"</body" not in end
        return Response(
            request.url,
            status=received.status,
            headers=headers,
            body=body,
            flags=[UNCLOSED] if may_be_half and body else [],
            request=request,
            ip_address=ipaddress.ip_address(hops[-1].peer) if hops[-1].peer else None,
            protocol="HTTP/1.1",
        )

    async def close(self) -> None:
        """Close the DNS sockets of this run."""
        self._names.close()


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
