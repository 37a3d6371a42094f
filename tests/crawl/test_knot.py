"""Names of a real authority that tells each client subnet its own: what is read of them in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from icpcrawl.audit.hosting import HostingFacts, HostingJudgment, judge_hosting
from icpcrawl.crawl.dns import parse_nameserver
from icpcrawl.crawl.geo_files import geography_in_force
from icpcrawl.crawl.locate import located
from icpcrawl.crawl.names import Names
from icpcrawl.crawl.vantages import default_vantages
from icpcrawl.datafiles import read_table, read_texts
from icpcrawl.observation import DnsAnswer, DnsStatus, Fetched, FetchOutcome, Observation
from icpcrawl.portfolio import Site
from tests.crawl.knot import Absent, knot

HANGZHOU, SHANGHAI, SINGAPORE = "47.96.129.18", "101.226.4.6", "47.74.200.1"
MAINLAND_V6, OUTSIDE_V6 = "2408:8000::1", "2606:2800:220::1"
MAINLAND_CLIENT, EVERYBODY = "202.96.209.0/24", "0.0.0.0/0"

ZONES = {
    "example.": f"""
home A {HANGZHOU}
abroad A {SINGAPORE}
split A {SINGAPORE}
hidden A {SINGAPORE}
chain CNAME chain.example.w.kunlunca.com.
six AAAA {MAINLAND_V6}
six-abroad AAAA {OUTSIDE_V6}
lame NS ns.nowhere.invalid.
"""
    + "".join(f"crowded A 47.96.{n}.{m}\n" for n in range(4) for m in range(1, 60)),
    "kunlunca.com.": "chain.example.w CNAME edge.ovs.alikunlun.com.",
    "alikunlun.com.": f"edge.ovs A {SINGAPORE}",
    # Its file is missing.
    "broken.example.": "",
}
TAILORED = {
    "split.example": {EVERYBODY: f"A: {SINGAPORE}", MAINLAND_CLIENT: f"A: {HANGZHOU}"},
    "edge.ovs.alikunlun.com": {EVERYBODY: f"A: {SINGAPORE}", MAINLAND_CLIENT: f"A: {SHANGHAI}"},
}


@pytest.fixture(scope="module")
def authority() -> Iterator[str]:
    try:
        with knot(ZONES, TAILORED) as nameserver:
            yield nameserver
    except Absent as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="module")
def facts() -> HostingFacts:
    return HostingFacts.from_tables(read_table)


def read(
    run: Any, nameserver: str, host: str, facts: HostingFacts, timeouts_s: tuple[float, ...] = (5.0,)
) -> tuple[HostingJudgment, tuple[DnsAnswer, ...]]:
    async def look() -> Observation:
        names = Names([parse_nameserver(nameserver)], default_vantages(), timeouts_s=timeouts_s)
        geography = geography_in_force()
        try:
            hosting = await located((host,), names, geography)
        finally:
            names.close()
            geography.close()
        now = datetime(2026, 11, 24, tzinfo=UTC)
        return Observation(host, "r", now, Fetched(FetchOutcome.OK), hosting, names.vantages)

    observation: Observation = run(look())
    site = Site(1, 2, host, host, host)
    return judge_hosting(site, observation, facts, read_texts()), observation.hosting.answers


@pytest.mark.parametrize(
    ("host", "side", "confidence", "required", "statuses"),
    [
        ("home.example", "mainland", "high", "yes", {"ok"}),
        ("abroad.example", "outside", "medium", "no", {"ok"}),
        ("split.example", "mixed", "high", "yes", {"ok"}),
        # Two hops into a CDN, which gives mainland clients a node of Shanghai.
        ("chain.example", "mixed", "high", "yes", {"ok"}),
        ("six.example", "mainland", "high", "yes", {"ok"}),
        ("six-abroad.example", "outside", "medium", "no", {"ok"}),
        ("crowded.example", "mainland", "high", "yes", {"ok"}),
        ("gone.example", "unknown", "low", "unknown", {"nxdomain"}),
        ("www.broken.example", "unknown", "low", "unknown", {"servfail"}),
        # Delegated to servers that are not asked, and a name nobody here is responsible for.
        ("www.lame.example", "unknown", "low", "unknown", {"servfail"}),
        ("www.elsewhere.test", "unknown", "low", "unknown", {"servfail"}),
        ("ns.kunlunca.com", "unknown", "low", "unknown", {"ok"}),
    ],
)
def test_each_name_gives_its_reading(
    authority: str,
    facts: HostingFacts,
    run: Any,
    host: str,
    side: str,
    confidence: str,
    required: str,
    statuses: set[str],
) -> None:
    judgment, answers = read(run, authority, host, facts)
    assert {answer.status.value for answer in answers} == statuses
    assert (judgment.side, judgment.confidence, judgment.required) == (side, confidence, required)
    if statuses == {"ok"}:
        assert not judgment.single_vantage


def test_each_client_is_told_its_own(authority: str, facts: HostingFacts, run: Any) -> None:
    _, answers = read(run, authority, "chain.example", facts)
    told = {answer.vantage: answer.addresses for answer in answers}
    assert told == {"plain": (SINGAPORE,), "germany": (SINGAPORE,), "shanghai-telecom": (SHANGHAI,)}
    chain = ("chain.example.w.kunlunca.com", "edge.ovs.alikunlun.com")
    assert {answer.cname_chain for answer in answers} == {chain}
    assert [answer.subnet_echoed for answer in answers] == [False, True, True]


def test_what_does_not_fit_into_a_datagram_comes_whole(authority: str, facts: HostingFacts, run: Any) -> None:
    judgment, answers = read(run, authority, "crowded.example", facts)
    assert {len(answer.addresses) for answer in answers} == {4 * 59}
    assert len(judgment.addresses) == 4 * 59


class _Slow(asyncio.DatagramProtocol):
    """Passes every question on to the authority, and the answer back after a while."""

    def __init__(self, server: tuple[str, int], wait_s: float) -> None:
        self.server, self.wait_s = server, wait_s

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.task = asyncio.ensure_future(self._pass_on(data, addr))

    async def _pass_on(self, data: bytes, addr: Any) -> None:
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        class Back(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: Any) -> None:
                answer.set_result(data)

        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            Back, remote_addr=self.server
        )
        transport.sendto(data)
        told = await answer
        transport.close()
        await asyncio.sleep(self.wait_s)
        self.transport.sendto(told, addr)


@pytest.mark.parametrize(
    ("patience_s", "side"), [((0.1, 5.0), "mixed"), ((0.1,), "unknown")], ids=["patient", "impatient"]
)
def test_a_slow_one_is_waited_for_as_long_as_patience_lasts(
    authority: str, facts: HostingFacts, run: Any, patience_s: tuple[float, ...], side: str
) -> None:
    async def relay() -> asyncio.DatagramTransport:
        server = parse_nameserver(authority)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Slow((server.host, server.port), 0.5), local_addr=("127.0.0.1", 0)
        )
        return transport

    transport = run(relay())
    port = transport.get_extra_info("sockname")[1]
    judgment, answers = read(run, f"127.0.0.1:{port}", "split.example", facts, patience_s)

    async def rest() -> None:
        await asyncio.sleep(0.7)
        transport.close()

    run(rest())
    expected = DnsStatus.OK if side != "unknown" else DnsStatus.TIMEOUT
    assert {answer.status for answer in answers} == {expected}
    assert judgment.side == side
