"""Names asked of a real name server, over UDP and TCP, as clients of several places."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from icpcrawl.crawl.dns import (
    MAX_CHAIN,
    Lines,
    NameServer,
    Resolver,
    parse_nameserver,
    system_nameservers,
)
from icpcrawl.demo import LoopbackWeb, dns_server
from icpcrawl.demo.dns_server import FORGED_ADDRESS, UdpSide
from icpcrawl.demo.zone import Name, NameTrouble, Records, Zone
from icpcrawl.errors import UsageError
from icpcrawl.observation import DnsAnswer, DnsStatus, Vantage, VantageSide

PLAIN = Vantage("plain", VantageSide.PLAIN)
SHANGHAI = Vantage("mainland", VantageSide.MAINLAND, "202.96.209.0/24")
GERMANY = Vantage("overseas", VantageSide.OVERSEAS, "85.214.0.0/24")
PATIENT = (5.0,)
"""A busy machine may take its time; only where no answer is to come is nobody waited for."""
FAST = (0.05, 0.05)
V4, V6 = ("47.96.129.18",), ("2400:3200::1",)
HERE = Records(a=V4)


def alias(target: str, **more: Any) -> Name:
    return Name(Records(cname=target), **more)


NAMES = {
    "four.cn": Name(HERE),
    "both.cn": Name(Records(a=V4, aaaa=V6), ttl_s=60),
    "six.cn": Name(Records(aaaa=V6)),
    "empty.cn": Name(),
    "www.parent.cn": Name(HERE),
    "alias.cn": alias("cdn.provider.com", ttl_s=30),
    "cdn.provider.com": alias("edge.provider.com"),
    "edge.provider.com": Name(HERE),
    "lone.cn": alias("lone2.cn", trouble=NameTrouble.LONE_CNAME),
    "lone2.cn": alias("four.cn", trouble=NameTrouble.LONE_CNAME),
    "dangling.cn": alias("gone.cn"),
    "to-empty.cn": alias("empty.cn"),
    "loop.cn": alias("loop2.cn"),
    "loop2.cn": alias("loop.cn"),
    "lone-loop.cn": alias("lone-loop2.cn", trouble=NameTrouble.LONE_CNAME),
    "lone-loop2.cn": alias("lone-loop.cn", trouble=NameTrouble.LONE_CNAME),
    "servfail.cn": Name(HERE, trouble=NameTrouble.SERVFAIL),
    "refused.cn": Name(HERE, trouble=NameTrouble.REFUSED),
    "silent.cn": Name(HERE, trouble=NameTrouble.SILENT),
    "truncated.cn": Name(HERE, trouble=NameTrouble.TRUNCATED),
    "crowded.cn": Name(Records(a=tuple(f"47.96.{n}.{m}" for n in range(4) for m in range(1, 100)))),
    "garbage.cn": Name(HERE, trouble=NameTrouble.GARBAGE),
    "forged-id.cn": Name(HERE, trouble=NameTrouble.FORGED_ID),
    "forged-question.cn": Name(HERE, trouble=NameTrouble.FORGED_QUESTION),
    "xn--fiqs8s.cn": Name(HERE),
    "local.cn": Name(HERE, mainland=Records(a=("223.5.20.1",)), overseas=Records(a=("47.74.200.1",))),
    "brief.cn": Name(HERE, ttl_s=5),
    "eternal.cn": Name(HERE, ttl_s=10**9),
}


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(Zone(NAMES)) as web:
        yield web


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def asking(*servers: str, vantage: Vantage = PLAIN, **how: Any) -> AsyncIterator[Resolver]:
    lines = Lines()
    try:
        yield Resolver(
            vantage, [parse_nameserver(text) for text in servers], lines, **{"timeouts_s": PATIENT, **how}
        )
    finally:
        lines.close()
        await asyncio.sleep(0)


def told(run: Any, web: LoopbackWeb, host: str, **how: Any) -> DnsAnswer:
    async def ask() -> DnsAnswer:
        patience = FAST if host == "silent.cn" else PATIENT
        async with asking(web.nameserver, timeouts_s=patience, **how) as resolver:
            return await resolver.answer(host)

    answer: DnsAnswer = run(ask())
    return answer


def test_answers_that_come_while_a_page_is_judged_are_heard(run: Any, web: LoopbackWeb) -> None:
    names = ("four.cn", "both.cn", "six.cn", "xn--fiqs8s.cn", "brief.cn", "eternal.cn")

    async def ask() -> list[DnsAnswer]:
        async with asking(web.nameserver, timeouts_s=(0.2,)) as resolver:
            await resolver.answer("crowded.cn")  # the socket is open
            asked = [asyncio.ensure_future(resolver.answer(name)) for name in names]
            for _ in range(5):
                await asyncio.sleep(0)
            time.sleep(0.6)  # noqa: ASYNC251 - so does a judgment
            return await asyncio.gather(*asked)

    assert [answer.status for answer in run(ask())] == [DnsStatus.OK] * len(names)


@pytest.mark.parametrize(
    ("host", "status", "addresses", "chain", "ttl_s"),
    [
        ("four.cn", "ok", V4, (), 300),
        ("FOUR.cn", "ok", V4, (), 300),
        ("both.cn", "ok", V4 + V6, (), 60),
        ("six.cn", "ok", V6, (), 300),
        ("中国.cn", "ok", V4, (), 300),
        ("empty.cn", "no-address", (), (), None),
        ("parent.cn", "no-address", (), (), None),
        ("gone.cn", "nxdomain", (), (), None),
        ("a..cn", "nxdomain", (), (), None),
        ("a" * 64 + ".cn", "nxdomain", (), (), None),
        ("alias.cn", "ok", V4, ("cdn.provider.com", "edge.provider.com"), 30),
        ("lone.cn", "ok", V4, ("lone2.cn", "four.cn"), 300),
        ("dangling.cn", "nxdomain", (), ("gone.cn",), None),
        ("to-empty.cn", "no-address", (), ("empty.cn",), None),
        ("loop.cn", "servfail", (), (), None),
        ("lone-loop.cn", "no-address", (), ("lone-loop2.cn", "lone-loop.cn") * (MAX_CHAIN // 2), None),
        ("servfail.cn", "servfail", (), (), None),
        ("refused.cn", "servfail", (), (), None),
        ("silent.cn", "timeout", (), (), None),
        ("truncated.cn", "ok", V4, (), 300),
    ],
)
def test_what_a_name_is_told_to_be(
    web: LoopbackWeb,
    run: Any,
    host: str,
    status: str,
    addresses: tuple[str, ...],
    chain: tuple[str, ...],
    ttl_s: int | None,
) -> None:
    answer = told(run, web, host)
    assert (answer.status, answer.addresses, answer.cname_chain, answer.ttl_s) == (
        status,
        addresses,
        chain,
        ttl_s,
    )
    assert (answer.host, answer.vantage, answer.subnet_echoed) == (host, "plain", False)


@pytest.mark.parametrize("host", ["garbage.cn", "forged-id.cn", "forged-question.cn"])
def test_a_forger_who_is_faster_is_not_believed(web: LoopbackWeb, run: Any, host: str) -> None:
    assert FORGED_ADDRESS not in V4
    assert told(run, web, host).addresses == V4


@pytest.mark.parametrize("host", ["truncated.cn", "crowded.cn"])
def test_what_does_not_fit_comes_over_tcp(web: LoopbackWeb, run: Any, host: str) -> None:
    before = len(web.questions)
    assert sorted(told(run, web, host).addresses) == sorted(NAMES[host].everyone.a)
    asked = [question.transport for question in web.questions[before:] if question.kind == "A"]
    assert asked == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("vantage", "address", "scope"),
    [(SHANGHAI, "223.5.20.1", 24), (GERMANY, "47.74.200.1", 24), (PLAIN, "47.96.129.18", None)],
)
def test_a_client_subnet_travels_and_comes_back(
    web: LoopbackWeb, run: Any, vantage: Vantage, address: str, scope: int | None
) -> None:
    answer = told(run, web, "local.cn", vantage=vantage)
    assert (answer.addresses, answer.subnet_scope) == ((address,), scope)
    assert answer.subnet_echoed is (scope is not None)
    assert web.questions[-1].subnet == vantage.subnet


def test_scope_zero_says_the_place_did_not_matter(web: LoopbackWeb, run: Any) -> None:
    answer = told(run, web, "four.cn", vantage=SHANGHAI)
    assert (answer.subnet_echoed, answer.subnet_scope) == (True, 0)


def test_a_subnet_of_ipv6_travels_too(web: LoopbackWeb, run: Any) -> None:
    vantage = Vantage("six", VantageSide.MAINLAND, "2408:8000:1000::/56")
    assert told(run, web, "local.cn", vantage=vantage).addresses == ("223.5.20.1",)


def test_each_vantage_keeps_its_own_memory(web: LoopbackWeb, run: Any) -> None:
    async def ask() -> list[tuple[str, ...]]:
        lines = Lines()
        try:
            servers = [parse_nameserver(web.nameserver)]
            resolvers = [Resolver(vantage, servers, lines) for vantage in (PLAIN, SHANGHAI, GERMANY)]
            twice = [resolver.answer("local.cn") for resolver in resolvers * 2]
            return [answer.addresses for answer in await asyncio.gather(*twice)]
        finally:
            lines.close()

    assert run(ask()) == [("47.96.129.18",), ("223.5.20.1",), ("47.74.200.1",)] * 2


# A name server that is dead, deaf or broken ------------------------------------------------


def _deaf() -> socket.socket:
    """Takes questions and never answers."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    return sock


@pytest.mark.parametrize("first", ["dead", "deaf", "broken"])
def test_the_second_name_server_is_asked(web: LoopbackWeb, run: Any, first: str) -> None:
    async def ask() -> DnsAnswer:
        with contextlib.ExitStack() as stack:
            if first == "dead":
                address = f"127.0.0.1:{web.closed_port}"
            elif first == "deaf":
                address = f"127.0.0.1:{stack.enter_context(_deaf()).getsockname()[1]}"
            else:
                broken = LoopbackWeb(Zone({"four.cn": Name(trouble=NameTrouble.SERVFAIL)}))
                address = stack.enter_context(broken).nameserver
            async with asking(address, web.nameserver, timeouts_s=(0.05, 5.0)) as resolver:
                return await resolver.answer("four.cn")

    answer = run(ask())
    assert (answer.addresses, answer.nameserver) == (V4, web.nameserver)


class _Lossy(UdpSide):
    """A name server whose first answer is lost."""

    lost = 0

    def datagram_received(self, data: bytes, addr: tuple[str | bytes, int]) -> None:
        if self.lost:
            super().datagram_received(data, addr)
        self.lost += 1


def test_a_lost_question_is_asked_again(run: Any) -> None:
    async def ask() -> DnsAnswer:
        transport, lossy = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Lossy(dns_server.NameServer(Zone(NAMES))), local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        async with asking(f"127.0.0.1:{port}", timeouts_s=(0.05, 5.0)) as resolver:
            answer = await resolver.answer("four.cn", aaaa=False)
        transport.close()
        assert lossy.lost == 2
        return answer

    assert run(ask()).addresses == V4


def test_a_dead_server_alone_is_a_timeout(web: LoopbackWeb, run: Any) -> None:
    async def ask() -> DnsAnswer:
        async with asking(f"127.0.0.1:{web.closed_port}") as resolver:
            return await resolver.answer("four.cn")

    assert run(ask()).status is DnsStatus.TIMEOUT


def test_no_name_server_at_all_is_said_with_a_remedy() -> None:
    with pytest.raises(UsageError, match="name one with --nameserver"):
        Resolver(PLAIN, (), Lines())


# Memory ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "kept_s"),
    [("brief.cn", 5), ("four.cn", 300), ("eternal.cn", 3600), ("gone.cn", 60), ("empty.cn", 60)],
)
def test_an_answer_is_kept_for_its_time_to_live(web: LoopbackWeb, run: Any, host: str, kept_s: float) -> None:
    async def ask() -> list[int]:
        clock = Clock()
        counts = []
        async with asking(web.nameserver, clock=clock) as resolver:
            for now in (0.0, kept_s - 0.1, kept_s + 0.1):
                clock.now = 1000 + now
                before = len(web.questions)
                await resolver.answer(host)
                counts.append(len(web.questions) - before)
        return counts

    first, second, third = run(ask())
    assert (first > 0, second, third) == (True, 0, first)


@pytest.mark.parametrize("host", ["servfail.cn", "silent.cn"])
def test_a_failure_is_not_kept(web: LoopbackWeb, run: Any, host: str) -> None:
    async def ask() -> int:
        async with asking(web.nameserver, timeouts_s=FAST) as resolver:
            await resolver.answer(host)
            before = len(web.questions)
            await resolver.answer(host)
            return len(web.questions) - before

    assert run(ask()) > 0


def test_who_asks_the_same_shares_one_question(web: LoopbackWeb, run: Any) -> None:
    async def ask() -> tuple[set[tuple[str, ...]], int]:
        before = len(web.questions)
        async with asking(web.nameserver) as resolver:
            answers = await asyncio.gather(*(resolver.answer("four.cn") for _ in range(50)))
        return {answer.addresses for answer in answers}, len(web.questions) - before

    assert run(ask()) == ({V4}, 2)


def test_who_gives_up_waiting_spoils_it_for_nobody(web: LoopbackWeb, run: Any) -> None:
    async def ask() -> DnsAnswer:
        async with asking(web.nameserver) as resolver:
            impatient = asyncio.ensure_future(resolver.answer("four.cn"))
            patient = asyncio.ensure_future(resolver.answer("four.cn"))
            await asyncio.sleep(0)
            impatient.cancel()
            with pytest.raises(asyncio.CancelledError):
                await impatient
            return await patient

    assert run(ask()).addresses == V4


def test_many_names_side_by_side_share_one_socket(web: LoopbackWeb, run: Any) -> None:
    async def ask() -> set[DnsStatus]:
        async with asking(web.nameserver, timeouts_s=(5.0,)) as resolver:
            hosts = [f"none{n}.cn" for n in range(300)]
            return {answer.status for answer in await asyncio.gather(*map(resolver.answer, hosts))}

    assert run(ask()) == {DnsStatus.NXDOMAIN}


def test_aaaa_is_left_out_where_only_a_is_wanted(web: LoopbackWeb, run: Any) -> None:
    async def ask() -> tuple[str, ...]:
        async with asking(web.nameserver) as resolver:
            return (await resolver.answer("both.cn", aaaa=False)).addresses

    before = len(web.questions)
    assert run(ask()) == V4
    assert [question.kind for question in web.questions[before:]] == ["A"]


# The command line --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("223.5.5.5", NameServer("223.5.5.5")),
        (" 127.0.0.1:5353 ", NameServer("127.0.0.1", 5353)),
        ("::1", NameServer("::1")),
        ("[::1]", NameServer("::1")),
        ("[::1]:5353", NameServer("::1", 5353)),
    ],
)
def test_a_name_server_is_read(text: str, server: NameServer) -> None:
    assert parse_nameserver(text) == server
    assert parse_nameserver(str(server)) == server


@pytest.mark.parametrize(
    "text", ["", "dns.alidns.com", "1.2.3", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:x", "[::1]53", "1.2.3.4:"]
)
def test_what_is_no_name_server_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Remedy: give an IP address and a port"):
        parse_nameserver(text)


def test_the_machines_own_servers_are_addresses() -> None:
    for server in system_nameservers():
        assert parse_nameserver(str(server)) == server
