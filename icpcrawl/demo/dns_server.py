"""An authoritative name server on loopback, over UDP and TCP, that answers by client subnet.

In: a ``Zone``. Out: real DNS messages. The client-subnet option is echoed with scope 24 (IPv4)
or 56 (IPv6) where the answer was tailored, with scope 0 where it was not.

Sources: RFC 1035; RFC 2308 (SOA in negative answers); RFC 6891 (EDNS); RFC 7766 (TCP);
RFC 7871 sections 6 and 7 (client subnet).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import dns.edns
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from icpcrawl.demo.zone import NameTrouble, Records, Zone

MAX_CHAIN = 16
UDP_PAYLOAD_BYTES = 1232
"""Never more over UDP, whatever the asker offers (DNS flag day 2020)."""
PLAIN_UDP_BYTES = 512
KEPT_ANSWERS = 20_000
TCP_IDLE_S = 10.0
_FORGERS = (NameTrouble.GARBAGE, NameTrouble.FORGED_ID, NameTrouble.FORGED_QUESTION)
FORGED_ADDRESS = "66.66.66.66"
_SOA = "ns.loopback.invalid. hostmaster.loopback.invalid. 1 3600 600 86400 60"


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it was asked, for tests."""

    name: str
    kind: str
    subnet: str | None
    transport: str
    """``udp`` or ``tcp``."""


class NameServer:
    """Answers questions about one zone."""

    def __init__(self, zone: Zone) -> None:
        self.serve(zone)
        self.questions: deque[Question] = deque(maxlen=100_000)

    def serve(self, zone: Zone) -> None:
        """Answer from another zone from now on."""
        self._zone = zone
        self._has_forgers = any(name.trouble in _FORGERS for name in zone.names.values())
        self._kept: dict[tuple[bytes, str], tuple[Question | None, bytes | None]] = {}

    def reply(self, query: bytes, transport: str) -> bytes | None:
        """The answer to a query in wire form; None = no answer is sent.

        Answers are kept by question: parsing costs 200 µs, and a benchmark asks thousands.
        """
        key = (query[2:], transport)
        if key not in self._kept:
            if len(self._kept) >= KEPT_ANSWERS:
                self._kept.clear()
            self._kept[key] = self._reply(query, transport)
        question, answer = self._kept[key]
        if question is not None:
            self.questions.append(question)
        return None if answer is None else query[:2] + answer[2:]

    def _reply(self, wire: bytes, transport: str) -> tuple[Question | None, bytes | None]:
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None, None
        if query.flags & dns.flags.QR or query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            return None, None
        asked = query.question[0]
        host = asked.name.to_text(omit_final_dot=True).lower()
        option = next((o for o in query.options if isinstance(o, dns.edns.ECSOption)), None)
        subnet = f"{option.address}/{option.srclen}" if option is not None else None
        question = Question(host, dns.rdatatype.to_text(asked.rdtype), subnet, transport)
        answer = self._answer(query, question, option)
        return question, None if answer is None else _packed(answer, query, transport)

    def forgery(self, query: bytes) -> bytes | None:
        """What reaches the asker over UDP before the answer; None = nothing, as nearly always."""
        if not self._has_forgers:
            return None
        try:
            asked = dns.message.from_wire(query).question[0]
        except (dns.exception.DNSException, IndexError):
            return None
        name = self._zone.names.get(asked.name.to_text(omit_final_dot=True).lower())
        number = int.from_bytes(query[:2], "big")
        match name.trouble if name is not None else None:
            case NameTrouble.GARBAGE:
                return query[:2] + b"\xff" * 40
            case NameTrouble.FORGED_ID:
                return _lie(asked.name, number ^ 0xFF00)
            case NameTrouble.FORGED_QUESTION:
                return _lie(dns.name.from_text("forged.invalid"), number)
        return None

    def _answer(
        self, query: dns.message.Message, question: Question, option: dns.edns.ECSOption | None
    ) -> dns.message.Message | None:
        asked = query.question[0]
        name = self._zone.names.get(question.name)
        trouble = name.trouble if name is not None else None
        if trouble is NameTrouble.SILENT:
            return None
        answer = dns.message.make_response(query, recursion_available=True, our_payload=UDP_PAYLOAD_BYTES)
        answer.flags |= dns.flags.AA
        if trouble in (NameTrouble.SERVFAIL, NameTrouble.REFUSED):
            answer.set_rcode(dns.rcode.from_text(trouble.value))
            return answer
        if trouble is NameTrouble.TRUNCATED and question.transport == "udp":
            answer.flags |= dns.flags.TC
            return answer
        tailored = self._fill(answer, asked.name, asked.rdtype, question.subnet)
        if option is not None:
            full = 24 if option.family == 1 else 56
            echo = dns.edns.ECSOption(option.address, option.srclen, full if tailored else 0)
            answer.use_edns(0, payload=UDP_PAYLOAD_BYTES, options=[echo])
        return answer

    def _fill(
        self,
        answer: dns.message.Message,
        asked: dns.name.Name,
        kind: dns.rdatatype.RdataType,
        subnet: str | None,
    ) -> bool:
        """Follow the names as far as the zone goes. Returns whether a client's place mattered."""
        tailored, owner = False, asked
        for _ in range(MAX_CHAIN):
            host = owner.to_text(omit_final_dot=True).lower()
            name = self._zone.names.get(host)
            if name is None:
                if not self._is_parent(host):
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                break
            tailored = tailored or name.tailored
            records = name.seen_by(subnet)
            if not records.cname or kind == dns.rdatatype.CNAME:
                values = _values(records, kind)
                if values:
                    answer.answer.append(dns.rrset.from_text(owner, name.ttl_s, "IN", kind, *values))
                    return tailored
                break
            target = dns.name.from_text(records.cname)
            answer.answer.append(
                dns.rrset.from_text(owner, name.ttl_s, "IN", dns.rdatatype.CNAME, target.to_text())
            )
            if name.trouble is NameTrouble.LONE_CNAME:
                return tailored
            owner = target
        answer.authority.append(dns.rrset.from_text(_apex(owner), 60, "IN", dns.rdatatype.SOA, _SOA))
        return tailored

    def _is_parent(self, host: str) -> bool:
        """A name that only has names below it exists, without records (RFC 8020)."""
        return any(name.endswith(f".{host}") for name in self._zone.names)


def _values(records: Records, kind: dns.rdatatype.RdataType) -> tuple[str, ...]:
    if kind == dns.rdatatype.A:
        return records.a
    if kind == dns.rdatatype.AAAA:
        return records.aaaa
    if kind == dns.rdatatype.CNAME and records.cname:
        return (dns.name.from_text(records.cname).to_text(),)
    return ()


def _apex(owner: dns.name.Name) -> dns.name.Name:
    return dns.name.Name(owner.labels[-3:]) if len(owner.labels) > 2 else owner


def _lie(name: dns.name.Name, number: int) -> bytes:
    """An answer that leads elsewhere, under the given message id."""
    lie = dns.message.make_response(dns.message.make_query(name, dns.rdatatype.A, id=number))
    lie.answer.append(dns.rrset.from_text(name, 300, "IN", "A", FORGED_ADDRESS))
    return lie.to_wire()


def _packed(answer: dns.message.Message, query: dns.message.Message, transport: str) -> bytes:
    """Wire form, truncated to what the asker can take over UDP."""
    if transport == "tcp":
        return answer.to_wire(max_size=65535)
    room = min(query.payload, UDP_PAYLOAD_BYTES) if query.edns >= 0 else PLAIN_UDP_BYTES
    try:
        return answer.to_wire(max_size=max(room, PLAIN_UDP_BYTES))
    except dns.exception.TooBig:
        answer.answer.clear()
        answer.authority.clear()
        answer.flags |= dns.flags.TC
        return answer.to_wire(max_size=PLAIN_UDP_BYTES)


class UdpSide(asyncio.DatagramProtocol):
    """The UDP port of a name server."""

    def __init__(self, server: NameServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's selector transport is no subclass of DatagramTransport, so no isinstance here.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        for answer in (self._server.forgery(data), self._server.reply(data, "udp")):
            if answer is not None and self._transport is not None:
                self._transport.sendto(answer, addr)


class TcpSide:
    """The TCP port of a name server: messages preceded by their length (RFC 7766)."""

    def __init__(self, reply: Callable[[bytes, str], bytes | None]) -> None:
        self._reply = reply

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(TCP_IDLE_S):
                while True:
                    size = int.from_bytes(await reader.readexactly(2), "big")
                    answer = self._reply(await reader.readexactly(size), "tcp")
                    if answer is not None:
                        writer.write(len(answer).to_bytes(2, "big") + answer)
                        await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()
