"""From where names are asked and of whom, as the tables and the command line say."""

from __future__ import annotations

import ipaddress
from collections import Counter

import pytest

from icpcrawl.crawl.dns import parse_nameserver, system_nameservers
from icpcrawl.crawl.names import Names
from icpcrawl.crawl.process import Network, settings_for
from icpcrawl.crawl.vantages import default_vantages, known_vantages, parse_vantage, resolvers_for
from icpcrawl.datafiles import read_table
from icpcrawl.demo.zone import is_mainland_client
from icpcrawl.errors import UsageError
from icpcrawl.observation import Vantage, VantageSide

MAINLAND, OVERSEAS = VantageSide.MAINLAND, VantageSide.OVERSEAS


def test_one_mainland_and_one_overseas_client_are_asked_by_default() -> None:
    assert Counter(vantage.side for vantage in default_vantages()) == {MAINLAND: 1, OVERSEAS: 1}


@pytest.mark.parametrize("vantage", known_vantages().values(), ids=lambda vantage: vantage.name)
def test_every_client_network_is_on_its_side(vantage: Vantage) -> None:
    network = ipaddress.ip_network(vantage.subnet or "")
    # Resolvers refuse or cut longer prefixes.
    assert network.prefixlen <= 24
    assert is_mainland_client(str(network)) is (vantage.side is MAINLAND)


@pytest.mark.parametrize(
    ("text", "vantage"),
    [
        ("cernet", Vantage("cernet", MAINLAND, "202.112.144.0/24")),
        ("gz=119.147.3.4/24", Vantage("gz", MAINLAND, "119.147.3.0/24")),
        ("de=85.214.0.0/24@overseas", Vantage("de", OVERSEAS, "85.214.0.0/24")),
        ("six=2408:8000::/32@mainland", Vantage("six", MAINLAND, "2408:8000::/32")),
    ],
)
def test_a_vantage_is_read(text: str, vantage: Vantage) -> None:
    assert parse_vantage(text) == vantage


@pytest.mark.parametrize("text", ["", "x", "=1.2.3.0/24", "x=1.2.3.0/33", "x=1.2.3.0/24@moon", "x=a.cn"])
def test_what_is_no_vantage_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Remedy: write --vantage"):
        parse_vantage(text)


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (["223.5.5.5"], ["223.5.5.5:53"]),
        (["127.0.0.1:5353"], ["127.0.0.1:5353"]),
        (["1.1.1.1", "8.8.8.8"], ["8.8.8.8:53"]),
        # Nobody else is told of the names: the verdict says that one vantage was asked.
        (["1.1.1.1"], []),
    ],
)
def test_who_is_named_is_asked_and_nobody_else(given: list[str], asked: list[str]) -> None:
    servers = [parse_nameserver(text) for text in given]
    for side in (MAINLAND, OVERSEAS):
        assert [str(server) for server in resolvers_for(side, servers)] == asked


def test_a_vantage_that_nobody_would_listen_to_is_none() -> None:
    names = Names.from_settings(settings_for(Network(nameservers=("1.1.1.1",))))
    assert [vantage.name for vantage in names.vantages] == ["plain"]


@pytest.mark.parametrize("side", [MAINLAND, OVERSEAS])
def test_public_resolvers_are_asked_unless_switched_off(side: VantageSide) -> None:
    of_the_system = system_nameservers()
    public = resolvers_for(side, ())
    assert len(public) >= 2 + len(of_the_system)
    assert resolvers_for(side, (), public=False) == of_the_system


def test_the_switch_reaches_the_run() -> None:
    for wanted in (True, False):
        settings = settings_for(Network(public_resolvers=wanted))
        assert settings.getbool("ICPCRAWL_PUBLIC_RESOLVERS") is wanted


def test_every_resolver_says_what_it_does_with_a_subnet() -> None:
    for row in read_table("resolvers.csv"):
        assert ipaddress.ip_address(row["address"]).is_global
        assert row["ecs"] in ("yes", "partly", "no", "unknown")
        assert row["asked_as"] in ("", MAINLAND, OVERSEAS)
        assert row["ecs"] == "yes" or not row["asked_as"]
