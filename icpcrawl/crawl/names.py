"""The resolvers of a run, and Twisted's door to them.

One object answers for the connection and for the verdict: the address that is judged is
the address that is connected to. Scrapy installs it in the reactor (``TWISTED_DNS_RESOLVER``),
so whatever else in the process asks for a name is guarded as well.
"""

# ruff: noqa: ARG002 - the signature of resolveHostName is Twisted's

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twisted.internet import interfaces
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from zope.interface import implementer

from icpcrawl.crawl import guard
from icpcrawl.crawl.connect_to import ConnectTo, parse_connect_to, rule_for
from icpcrawl.crawl.dns import (
    TIMEOUTS_S,
    Lines,
    NameServer,
    Resolver,
    parse_nameserver,
    system_nameservers,
)
from icpcrawl.crawl.vantages import default_vantages, parse_vantage, resolvers_for
from icpcrawl.observation import DnsStatus, Vantage, VantageSide

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from icpcrawl.crawl.process import Network

PLAIN = Vantage("plain", VantageSide.PLAIN)
_pinned: ContextVar[Sequence[tuple[str, int]] | None] = ContextVar("pinned", default=None)


@contextlib.contextmanager
def pinned(places: Sequence[tuple[str, int]]) -> Iterator[None]:
    """Whatever Twisted asks of the resolver from in here is answered with these judged places.

    A second question could be answered otherwise than the one that was judged.
    """
    token = _pinned.set(places)
    try:
        yield
    finally:
        _pinned.reset(token)


@dataclass(slots=True)
class _Turn:
    free: asyncio.Semaphore
    users: int = 0
    """Waiting or under way."""


class Names:
    """Every resolver of a run: the plain one, one per vantage, and the guard's setting."""

    def __init__(
        self,
        servers: Sequence[NameServer],
        vantages: Sequence[Vantage],
        connect_to: Sequence[ConnectTo] = (),
        *,
        allow_private: bool = False,
        public_resolvers: bool = False,
        requests_per_address: int = 8,
        timeouts_s: Sequence[float] = TIMEOUTS_S,
    ) -> None:
        self._lines = Lines()
        plain = tuple(servers) or system_nameservers()
        self.plain = Resolver(PLAIN, plain, self._lines, timeouts_s=timeouts_s)
        listening = ((v, resolvers_for(v.side, servers, public=public_resolvers)) for v in vantages)
        self.tailored = tuple(
            Resolver(vantage, asked, self._lines, timeouts_s=timeouts_s)
            for vantage, asked in listening
            # Who ignores the client subnet would only repeat the plain answer.
            if asked
        )
        self.connect_to = tuple(connect_to)
        self.allow_private = allow_private
        # Here and not in the handler: Scrapy builds one handler for http and another for https.
        self._requests_per_address = requests_per_address
        self._turns: dict[str, _Turn] = {}

    @classmethod
    def of(cls, network: Network) -> Names:
        """The names of a look-up without a crawl."""
        return cls(
            [parse_nameserver(text) for text in network.nameservers],
            [parse_vantage(text) for text in network.vantages] or default_vantages(),
            public_resolvers=network.public_resolvers,
        )

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Names:
        vantages = settings.getlist("ICPCRAWL_VANTAGES")
        return cls(
            [parse_nameserver(text) for text in settings.getlist("ICPCRAWL_NAMESERVERS")],
            [parse_vantage(text) for text in vantages] or default_vantages(),
            [parse_connect_to(text) for text in settings.getlist("ICPCRAWL_CONNECT_TO")],
            allow_private=settings.getbool("ICPCRAWL_ALLOW_PRIVATE"),
            public_resolvers=settings.getbool("ICPCRAWL_PUBLIC_RESOLVERS"),
            requests_per_address=settings.getint("ICPCRAWL_REQUESTS_PER_ADDRESS"),
        )

    @classmethod
    def in_force(cls) -> Names | None:
        """The names behind the reactor's resolver, or None where another resolver is installed."""
        from twisted.internet import reactor

        resolver = getattr(reactor, "nameResolver", None)
        return resolver.names if isinstance(resolver, GuardedResolver) else None

    @property
    def vantages(self) -> tuple[Vantage, ...]:
        return (self.plain.vantage, *(resolver.vantage for resolver in self.tailored))

    def refusal(self, address: str) -> str:
        """Why ``address`` is not connected to in this run; empty when it may be."""
        return "" if self.allow_private else guard.denied(address)

    @contextlib.asynccontextmanager
    async def turn_at(self, address: str) -> AsyncIterator[None]:
        """Waits until fewer than so many requests are under way at ``address``, over either scheme."""
        turn = self._turns.setdefault(address, _Turn(asyncio.Semaphore(self._requests_per_address)))
        turn.users += 1
        try:
            async with turn.free:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                # Half a kilobyte each: a hundred thousand addresses are not kept.
                del self._turns[address]

    def close(self) -> None:
        self._lines.close()


@implementer(interfaces.IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing to cancel: the question times out by itself."""


@implementer(interfaces.IHostnameResolver)
class GuardedResolver:
    """Twisted's view of ``Names``: refuses what the guard refuses, honours ``--connect-to``.

    Scrapy builds it from project settings before the crawl (a spider's ``custom_settings``
    come too late for it, so they cannot replace it either).
    """

    def __init__(self, names: Names, reactor: Any) -> None:
        self.names = names
        self._reactor = reactor

    @classmethod
    def from_crawler(cls, crawler: Any, reactor: Any) -> GuardedResolver:
        return cls(Names.from_settings(crawler.settings), reactor)

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: Any,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        """Twisted's ``IHostnameResolver``: hand every allowed address to the receiver, then say done."""
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        places = _pinned.get()

        async def resolve() -> None:
            found = await self._targets(hostName, portNumber) if places is None else places
            for address, port in found:
                kind = IPv6Address if ":" in address else IPv4Address
                resolutionReceiver.addressResolved(kind("TCP", address, port))

        def complete(_: Any) -> None:
            # A look-up that raised ends like one without an answer: nothing is connected to.
            resolutionReceiver.resolutionComplete()

        Deferred.fromFuture(asyncio.ensure_future(resolve())).addBoth(complete)
        return resolution

    async def _targets(self, host: str, port: int) -> list[tuple[str, int]]:
        fixed = guard.literal(host)
        if fixed is not None:
            addresses: tuple[str, ...] = (str(fixed),)
        else:
            answer = await self.names.plain.answer(host.lower().rstrip("."))
            addresses = answer.addresses if answer.status is DnsStatus.OK else ()
        allowed = [address for address in addresses if not self.names.refusal(address)]
        rule = rule_for(self.names.connect_to, host, port)
        if rule is None:
            return [(address, port) for address in allowed]
        return [(rule.to_host or address, rule.to_port or port) for address in allowed]
