"""``--connect-to``: connections go elsewhere, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from icpcrawl.crawl.connect_to import ConnectTo, parse_connect_to, rule_for
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone
from icpcrawl.errors import UsageError
from icpcrawl.observation import Hop


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("::127.0.0.1:8443", ConnectTo("", 0, "127.0.0.1", 8443)),
        ("a.cn:443:127.0.0.1:8443", ConnectTo("a.cn", 443, "127.0.0.1", 8443)),
        ("A.cn.:443::8443", ConnectTo("a.cn", 443, "", 8443)),
        (":443:127.0.0.1:", ConnectTo("", 443, "127.0.0.1", 0)),
        (":::", ConnectTo("", 0, "", 0)),
        ("[2400:3200::1]:443:[::1]:8443", ConnectTo("2400:3200::1", 443, "::1", 8443)),
        ("a.cn:80:localhost:8080", ConnectTo("a.cn", 80, "127.0.0.1", 8080)),
        ("中国.cn:80:127.0.0.1:8080", ConnectTo("xn--fiqs8s.cn", 80, "127.0.0.1", 8080)),
    ],
)
def test_a_rule_is_read_as_curl_does(text: str, rule: ConnectTo) -> None:
    assert parse_connect_to(text) == rule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.cn",
        "a.cn:443",
        "a.cn:443:127.0.0.1",
        "a:b:c:d",
        "::b.cn:443",
        "::127.0.0.1:65536",
        "::::1",
        "1:2:3:4:5",
        "☃‍.cn:::",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"Remedy: write HOST1:PORT1:HOST2:PORT2"):
        parse_connect_to(text)


RULES = tuple(map(parse_connect_to, ("a.cn:443:127.0.0.1:1", "a.cn::127.0.0.1:2", ":443:127.0.0.1:3")))


@pytest.mark.parametrize(
    ("host", "port", "to_port"), [("a.cn", 443, 1), ("a.cn", 80, 2), ("b.cn", 443, 3), ("b.cn", 80, None)]
)
def test_the_first_rule_that_fits_holds(host: str, port: int, to_port: int | None) -> None:
    rule = rule_for(RULES, host, port)
    assert (rule.to_port if rule else None) == to_port


PUBLIC = Name(Records(a=("47.96.129.18",)))


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    names = {"a.cn": PUBLIC, "private.cn": Name(Records(a=("10.0.0.1",)))}
    page = Host({"*": Answer(b"<html>page</html>")})
    hosts = dict.fromkeys(("a.cn", "private.cn", "gone.cn", "47.96.129.18"), page)
    with LoopbackWeb(Zone(names, hosts)) as web:
        yield web


@pytest.mark.parametrize(
    ("rule", "url", "outcome"),
    [
        ("a.cn:80:127.0.0.1:{port}", "http://a.cn/", "200"),
        ("a.cn:81:127.0.0.1:{port}", "http://a.cn:81/", "200"),
        ("::127.0.0.1:{port}", "http://47.96.129.18/", "200"),
        # A host named by the rule may be without any address: it is not there that we connect.
        ("gone.cn:80:127.0.0.1:{port}", "http://gone.cn/", "200"),
        ("::127.0.0.1:{port}", "http://gone.cn/", "dns-nxdomain"),
        # What the DNS says is judged all the same, and so is every literal.
        ("::127.0.0.1:{port}", "http://private.cn/", "refused-private-address"),
        ("private.cn:80:127.0.0.1:{port}", "http://private.cn/", "refused-private-address"),
        ("::127.0.0.1:{port}", "http://127.0.0.1/", "refused-private-address"),
        ("::127.0.0.1:{port}", "http://169.254.169.254/", "refused-private-address"),
    ],
)
def test_only_the_target_of_a_rule_is_exempt(
    web: LoopbackWeb, visit: Any, run: Any, rule: str, url: str, outcome: str
) -> None:
    visitor = visit(web, connect_to=(rule.format(port=web.http_port),))
    assert run(visitor.outcome(url))[0] == outcome


def test_a_port_alone_exempts_nobody(web: LoopbackWeb, visit: Any, run: Any) -> None:
    visitor = visit(web, connect_to=(f"::: {web.http_port}".replace(" ", ""),))
    assert run(visitor.outcome("http://127.0.0.1/"))[0] == "refused-private-address"


def test_the_observation_says_where_it_went(web: LoopbackWeb, visit: Any, run: Any) -> None:
    hops: list[Hop] = []
    response = run(visit(web, connect_to=(f"::127.0.0.1:{web.http_port}",)).get("http://a.cn/", hops=hops))
    assert (hops[0].addresses, hops[0].peer, str(response.ip_address)) == (
        ("47.96.129.18",),
        "127.0.0.1",
        "127.0.0.1",
    )
    assert b"Host: a.cn" in web.visits[-1].head


def test_a_dead_target_is_named_with_its_port(web: LoopbackWeb, visit: Any, run: Any) -> None:
    visitor = visit(web, connect_to=(f"::127.0.0.1:{web.closed_port}",))
    outcome, detail = run(visitor.outcome("http://a.cn/"))
    assert (outcome, f"127.0.0.1 port {web.closed_port}" in detail) == ("connect-refused", True)
