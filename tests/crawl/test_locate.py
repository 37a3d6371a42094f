"""Every vantage asked of every host, side by side."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from icpcrawl.crawl.dns import DEAF_AFTER, Lines, Resolver, parse_nameserver
from icpcrawl.crawl.geo_files import geography_in_force
from icpcrawl.crawl.locate import located
from icpcrawl.crawl.names import PLAIN, Names
from icpcrawl.crawl.vantages import default_vantages
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.zone import Name, NameTrouble, Records, Zone
from icpcrawl.observation import DnsStatus, Hosting

HERE = Records(a=("47.96.129.18",))
NAMES = {
    "home.cn": Name(HERE),
    "both.cn": Name(Records(a=("47.96.129.18",), aaaa=("2400:3200::1",))),
    "silent.cn": Name(HERE, trouble=NameTrouble.SILENT),
}


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(Zone(NAMES)) as web:
        yield web


def seen(
    run: Any, web: LoopbackWeb, *hosts: str, times: int = 1, timeouts_s: tuple[float, ...] = (5,)
) -> Hosting:
    async def look() -> Hosting:
        servers = [parse_nameserver(web.nameserver)]
        names = Names(servers, default_vantages(), timeouts_s=timeouts_s)
        geography = geography_in_force()
        try:
            for _ in range(times):
                hosting = await located(hosts, names, geography)
        finally:
            names.close()
            geography.close()
        return hosting

    hosting: Hosting = run(look())
    return hosting


def kinds(web: LoopbackWeb, before: int) -> Counter[tuple[str, bool]]:
    return Counter((question.kind, question.subnet is not None) for question in web.questions[before:])


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        # AAAA is asked of the vantages only where the plain answer had one.
        ("home.cn", {("A", False): 1, ("AAAA", False): 1, ("A", True): 2}),
        ("both.cn", {("A", False): 1, ("AAAA", False): 1, ("A", True): 2, ("AAAA", True): 2}),
        ("gone.cn", {("A", False): 1}),
        ("47.96.129.18", {}),
    ],
)
def test_no_question_too_many(
    web: LoopbackWeb, run: Any, host: str, asked: dict[tuple[str, bool], int]
) -> None:
    before = len(web.questions)
    seen(run, web, host, times=2)
    assert kinds(web, before) == asked


def test_an_address_is_the_same_for_every_client(web: LoopbackWeb, run: Any) -> None:
    answers = seen(run, web, "47.96.129.18").answers
    assert {answer.addresses for answer in answers} == {("47.96.129.18",)}
    assert len(answers) == 1 + len(default_vantages())


def test_a_silent_name_costs_one_patience_and_not_two(web: LoopbackWeb, run: Any) -> None:
    began = time.monotonic()
    hosting = seen(run, web, "silent.cn", timeouts_s=(2.0,))
    assert {answer.status for answer in hosting.answers} == {DnsStatus.TIMEOUT}
    assert time.monotonic() - began < 3.5


def test_a_server_that_never_answers_is_passed_over(web: LoopbackWeb, run: Any) -> None:
    """A firewall before a public resolver costs the first questions, not every one."""
    deaf = f"127.0.0.1:{web.closed_port}"

    async def ask() -> tuple[bool, bool]:
        lines = Lines()
        servers = [parse_nameserver(deaf), parse_nameserver(web.nameserver)]
        resolver = Resolver(PLAIN, servers, lines, timeouts_s=(5.0,))
        try:
            for n in range(DEAF_AFTER):
                assert not lines.to(servers[0]).is_deaf
                await resolver.answer(f"none{n}.cn")
            return lines.to(servers[0]).is_deaf, lines.to(servers[1]).is_deaf
        finally:
            lines.close()

    assert run(ask()) == (True, False)
