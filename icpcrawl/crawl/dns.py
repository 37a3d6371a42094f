"""Names → addresses, asked of real name servers as a client of a chosen place.

In: host names. Out: ``DnsAnswer`` values with the CNAME chain, the addresses, the TTL and
whether the resolver honoured the client subnet. One ``Resolver`` serves one vantage and
keeps its own memory: an answer tailored for Shanghai must never be given to Frankfurt.

Messages are dnspython's. They travel over one connected UDP socket per name server, which
costs less than half the CPU of ``dns.asyncresolver``'s socket per question, and over TCP
when the answer is truncated.

Sources: RFC 1035, RFC 2308 (negative caching), RFC 6891 (EDNS), RFC 7871 (client subnet).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import re
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import cast

import dns.asyncquery
import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from icpcrawl.errors import UsageError
from icpcrawl.observation import DnsAnswer, DnsStatus, Vantage

TIMEOUTS_S = (1.5, 2.5)
"""Patience per round; a round asks every name server once. A dead name costs 4 s a server."""
STALL_S, MOST_MORE_S = 0.1, 1.0
"""A clock that rings so late was held up by a page being judged, and waits as much longer, at most so long."""
MEMORY = 10_000
"""Answers kept per vantage. Whole dnspython messages would cost 184 MB for 20,000 names."""
MAX_TTL_S = 3600.0
DEAF_AFTER = 6
"""Lost questions after which a server that never answered is passed over where another is left."""
MAX_CHAIN = 8
RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024
"""At concurrency 200 the default buffer loses answers."""


_BRACKETED = re.compile(r"\[([^\]]*)\](?:(:)(.*))?")


@dataclass(frozen=True, slots=True)
class NameServer:
    host: str
    port: int = 53

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_nameserver(text: str) -> NameServer:
    """``HOST[:PORT]`` with an IP address as host, IPv6 with a port in brackets.

    >>> parse_nameserver("127.0.0.1:5353"), parse_nameserver("[::1]:53")
    (NameServer(host='127.0.0.1', port=5353), NameServer(host='::1', port=53))
    """
    host, colon, port = text.strip(), "", ""
    bracketed = _BRACKETED.fullmatch(host)
    if bracketed is not None:
        host, colon, port = bracketed[1], bracketed[2] or "", bracketed[3] or ""
    elif host.count(":") == 1:
        host, colon, port = host.partition(":")
    remedy = "give an IP address and a port, e.g. --nameserver 223.5.5.5:53 or [::1]:5353"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise UsageError(f"--nameserver {text!r}: {host!r} is not an IP address", remedy=remedy) from None
    if colon and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--nameserver {text!r}: {port!r} is not a port", remedy=remedy)
    return NameServer(host, int(port or 53))


def system_nameservers() -> tuple[NameServer, ...]:
    """What this machine is configured to ask (``/etc/resolv.conf``, or the registry on Windows)."""
    try:
        found = dns.resolver.Resolver()
    except (dns.resolver.NoResolverConfiguration, OSError):
        return ()
    return tuple(NameServer(str(server), found.port) for server in found.nameservers)


@dataclass(frozen=True, slots=True)
class _Query:
    """A question as it travels. Written by hand: dnspython's message costs as much as the answer's."""

    question: bytes
    """Name, type and class."""
    additional: bytes
    """The EDNS record, with the client subnet where there is one."""

    def wire(self, number: int) -> bytes:
        return number.to_bytes(2, "big") + _ONE_QUESTION + self.question + self.additional

    def is_answered_by(self, data: bytes) -> bool:
        """Whether it is a response, to one question, and to this one."""
        is_response = data[2] & 0xF8 == 0x80 and data[4:6] == b"\x00\x01"
        return is_response and data[12 : 12 + len(self.question)].lower() == self.question.lower()


_ONE_QUESTION = bytes.fromhex("0100 0001 0000 0000 0001")
"""Recursion desired; one question, one additional record."""
PAYLOAD_BYTES = 1232
"""What fits into one packet everywhere (DNS Flag Day 2020); longer answers come over TCP."""


def _edns(subnet: str | None) -> bytes:
    """The OPT record of RFC 6891: payload, version 0, and the client subnet of RFC 7871."""
    option = b""
    if subnet is not None:
        network = ipaddress.ip_network(subnet, strict=False)
        told = dns.edns.ECSOption(str(network.network_address), network.prefixlen).to_wire() or b""
        option = int(dns.edns.OptionType.ECS).to_bytes(2, "big") + len(told).to_bytes(2, "big") + told
    head = b"\x00" + int(dns.rdatatype.OPT).to_bytes(2, "big") + PAYLOAD_BYTES.to_bytes(2, "big")
    return head + bytes(4) + len(option).to_bytes(2, "big") + option


@lru_cache(maxsize=1000)
def _name(host: str) -> tuple[dns.name.Name, bytes]:
    """A name and its wire form: each is asked several times, of each vantage and for each type.

    Raises ``DNSException`` or ``UnicodeError`` for what can be no name.
    """
    name = dns.name.from_text(host)
    return name, name.to_wire() or b""


class _Line(asyncio.DatagramProtocol):
    """One connected UDP socket to one name server; many questions under way at once."""

    def __init__(self, server: NameServer) -> None:
        self.server = server
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[int, tuple[_Query, asyncio.Future[dns.message.Message]]] = {}
        self._opening: asyncio.Lock = asyncio.Lock()
        self._lost: int | None = 0
        """Questions without an answer so far; None from the first answer on."""

    @property
    def is_deaf(self) -> bool:
        """Nothing has ever come from there: a firewall, most likely, and not the names asked."""
        return self._lost is not None and self._lost >= DEAF_AFTER

    async def ask(self, query: _Query, timeout_s: float) -> dns.message.Message:
        """The answer to ``query``; TimeoutError when none came in time."""
        async with self._opening:
            if self._transport is None or self._transport.is_closing():
                await self._open()
        future: asyncio.Future[dns.message.Message] = asyncio.get_running_loop().create_future()
        number = self._free_id()
        self._waiting[number] = (query, future)
        # A third of what asyncio.wait_for costs.
        loop = asyncio.get_running_loop()
        patience = loop.call_later(timeout_s, _give_up, future, loop.time() + timeout_s)
        try:
            self._send(query.wire(number))
            response = await future
            self._lost = None
        except (TimeoutError, ConnectionRefusedError):
            if self._lost is not None:
                self._lost += 1
            raise
        finally:
            patience.cancel()
            self._waiting.pop(number, None)
        if response.flags & dns.flags.TC:
            again = dns.message.from_wire(query.wire(number))
            return await dns.asyncquery.tcp(again, self.server.host, timeout_s, self.server.port)
        return response

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, remote_addr=(self.server.host, self.server.port))

    def _send(self, wire: bytes) -> None:
        if self._transport is None:
            raise ConnectionError(f"the socket to {self.server} is closed")
        self._transport.sendto(wire)

    def _free_id(self) -> int:
        for _ in range(100):
            # Not to be guessed: whoever knows it could answer in the server's stead.
            number = int.from_bytes(os.urandom(2), "big")
            if number not in self._waiting:
                return number
        raise TimeoutError(f"too many questions under way to {self.server}")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        sock = transport.get_extra_info("socket")
        with contextlib.suppress(OSError, AttributeError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)

    def datagram_received(self, data: bytes, addr: object) -> None:  # noqa: ARG002 - asyncio's signature
        if len(data) < 12:
            return
        waiting = self._waiting.get(int.from_bytes(data[:2], "big"))
        if waiting is None:
            return
        query, future = waiting
        # The question must be ours, or anyone who guesses an id could answer for us.
        if not query.is_answered_by(data):
            return
        try:
            response = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
        except dns.exception.DNSException:
            return
        if not future.done():
            future.set_result(response)

    def error_received(self, exc: Exception) -> None:
        """ICMP says nobody listens there: do not wait for the timeout."""
        for _, future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionRefusedError(str(exc)))

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _give_up(future: asyncio.Future[dns.message.Message], due: float) -> None:
    """The time is up, unless the clock rang late: then we were busy, and the answer may lie there unread."""
    loop = asyncio.get_running_loop()
    late_s = loop.time() - due
    if future.done():
        return
    if late_s > STALL_S:
        more_s = min(late_s, MOST_MORE_S)
        loop.call_later(more_s, _give_up, future, loop.time() + more_s)
    else:
        future.set_exception(TimeoutError())


class Lines:
    """The sockets, shared by all vantages that ask the same name servers."""

    def __init__(self) -> None:
        self._lines: dict[NameServer, _Line] = {}

    def to(self, server: NameServer) -> _Line:
        return self._lines.setdefault(server, _Line(server))

    def close(self) -> None:
        for line in self._lines.values():
            line.close()
        self._lines.clear()


@dataclass(frozen=True, slots=True)
class _Part:
    """One record type's answer."""

    status: DnsStatus
    chain: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    ttl_s: float = 0.0
    nameserver: str = ""
    echoed: bool = False
    scope: int | None = None


class Resolver:
    """Asks names as a client of one vantage; remembers answers for their TTL."""

    def __init__(
        self,
        vantage: Vantage,
        servers: Sequence[NameServer],
        lines: Lines,
        *,
        timeouts_s: Sequence[float] = TIMEOUTS_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not servers:
            raise UsageError(
                "no name server to ask: this machine has none configured",
                remedy="name one with --nameserver, e.g. --nameserver 223.5.5.5",
            )
        self.vantage = replace(vantage, nameservers=tuple(str(server) for server in servers))
        self._servers = tuple(servers)
        self._lines = lines
        self._timeouts_s = tuple(timeouts_s)
        self._clock = clock
        self._edns = _edns(vantage.subnet)
        self._known: OrderedDict[tuple[str, bool], tuple[DnsAnswer, float]] = OrderedDict()
        self._under_way: dict[tuple[str, bool], asyncio.Future[DnsAnswer]] = {}

    async def answer(self, host: str, *, aaaa: bool = True) -> DnsAnswer:
        """What this vantage is told of ``host``. Never raises for what the DNS says.

        Without ``aaaa`` only A is asked, unless there is none. Concurrent callers of one name
        share one question.
        """
        question = (host, aaaa)
        kept = self._known.get(question)
        if kept is not None and kept[1] > self._clock():
            self._known.move_to_end(question)
            return kept[0]
        if question in self._under_way:
            return await asyncio.shield(self._under_way[question])
        task = asyncio.ensure_future(self._ask(host, aaaa))
        self._under_way[question] = task
        try:
            return await asyncio.shield(task)
        finally:
            if task.done():
                self._under_way.pop(question, None)
            else:
                task.add_done_callback(lambda _: self._under_way.pop(question, None))

    async def _ask(self, host: str, with_aaaa: bool) -> DnsAnswer:
        a = await self._ask_type(host, dns.rdatatype.A)
        if a.status is DnsStatus.NO_ADDRESS or (with_aaaa and a.status is DnsStatus.OK):
            aaaa = await self._ask_type(host, dns.rdatatype.AAAA)
            if aaaa.status is DnsStatus.OK and a.status is DnsStatus.OK:
                merged = replace(a, addresses=a.addresses + aaaa.addresses, ttl_s=min(a.ttl_s, aaaa.ttl_s))
            else:
                merged = aaaa if aaaa.status is DnsStatus.OK else a
        else:
            merged = a
        answer = DnsAnswer(
            host=host,
            vantage=self.vantage.name,
            status=merged.status,
            cname_chain=merged.chain,
            addresses=tuple(dict.fromkeys(merged.addresses)),
            ttl_s=int(merged.ttl_s) if merged.status is DnsStatus.OK else None,
            nameserver=merged.nameserver,
            subnet_echoed=a.echoed,
            subnet_scope=a.scope,
        )
        self._remember((host, with_aaaa), answer, merged.ttl_s)
        return answer

    def _remember(self, question: tuple[str, bool], answer: DnsAnswer, ttl_s: float) -> None:
        # A time-out is a fact of this minute, not of the name: never remembered.
        if answer.status in (DnsStatus.TIMEOUT, DnsStatus.SERVFAIL):
            return
        self._known[question] = (answer, self._clock() + min(max(ttl_s, 1.0), MAX_TTL_S))
        while len(self._known) > MEMORY:
            self._known.popitem(last=False)

    async def _ask_type(self, host: str, rdtype: dns.rdatatype.RdataType) -> _Part:
        try:
            name, wire = _name(host)
        except (dns.exception.DNSException, UnicodeError):
            return _Part(DnsStatus.NXDOMAIN)
        chain: tuple[str, ...] = ()
        for _ in range(MAX_CHAIN):
            question = wire + int(rdtype).to_bytes(2, "big") + b"\x00\x01"
            part, target = await self._ask_servers(name, _Query(question, self._edns))
            chain += part.chain
            # Some servers give the CNAME alone: go on from its target.
            if part.status is not DnsStatus.NO_ADDRESS or target == name or not part.chain:
                break
            name, wire = target, target.to_wire() or b""
        return replace(part, chain=chain) if chain != part.chain else part

    async def _ask_servers(self, name: dns.name.Name, query: _Query) -> tuple[_Part, dns.name.Name]:
        failed = _Part(DnsStatus.TIMEOUT)
        for timeout_s in self._timeouts_s:
            for server in self._hearing():
                try:
                    response = await self._lines.to(server).ask(query, timeout_s)
                except (TimeoutError, OSError, EOFError, dns.exception.DNSException):
                    continue
                part, target = _read(response, name, str(server))
                if part.status is not DnsStatus.SERVFAIL:
                    return part, target
                failed = part
            if failed.status is DnsStatus.SERVFAIL:
                break
        return failed, name

    def _hearing(self) -> tuple[NameServer, ...]:
        hearing = tuple(server for server in self._servers if not self._lines.to(server).is_deaf)
        return hearing or self._servers


def _read(response: dns.message.Message, name: dns.name.Name, nameserver: str) -> tuple[_Part, dns.name.Name]:
    """One response → its part of the answer, and the name the chain ends in."""
    ecs = next((o for o in response.options if isinstance(o, dns.edns.ECSOption)), None)
    scope = ecs.scopelen if ecs is not None else None

    def part(
        status: DnsStatus, chain: tuple[str, ...] = (), addresses: tuple[str, ...] = (), ttl_s: float = 0.0
    ) -> _Part:
        return _Part(status, chain, addresses, ttl_s, nameserver, ecs is not None, scope)

    known = response.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    # A referral: nobody here answers for the name, so nothing is known of it, not that it is empty.
    if not known or not isinstance(response, dns.message.QueryMessage) or _is_referral(response):
        return part(DnsStatus.SERVFAIL), name
    try:
        chained = response.resolve_chaining()
    except dns.exception.DNSException:
        return part(DnsStatus.SERVFAIL), name
    chain = tuple(rrset[0].target.to_text(omit_final_dot=True).lower() for rrset in chained.cnames)
    ttl_s = float(chained.minimum_ttl)
    if chained.answer is not None:
        addresses = tuple(record.address for record in chained.answer)
        return part(DnsStatus.OK, chain, addresses, ttl_s), chained.canonical_name
    missing = DnsStatus.NXDOMAIN if response.rcode() == dns.rcode.NXDOMAIN else DnsStatus.NO_ADDRESS
    return part(missing, chain, (), ttl_s), chained.canonical_name


def _is_referral(response: dns.message.Message) -> bool:
    """A pointer to other servers instead of an answer (RFC 2308, section 2.2): a lame delegation."""
    if response.answer:
        return False
    kinds = {rrset.rdtype for rrset in response.authority}
    pointed = dns.rdatatype.NS in kinds and dns.rdatatype.SOA not in kinds
    return pointed and response.rcode() == dns.rcode.NOERROR and not response.flags & dns.flags.AA
