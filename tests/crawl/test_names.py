"""Twisted's door to the resolvers: what the reactor is given when it asks for a name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.address import IPv4Address, IPv6Address

from icpcrawl.crawl.connect_to import parse_connect_to
from icpcrawl.crawl.dns import parse_nameserver
from icpcrawl.crawl.names import GuardedResolver, Names
from icpcrawl.crawl.process import Network, settings_for
from icpcrawl.crawl.vantages import default_vantages
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.zone import Name, NameTrouble, Records, Zone
from icpcrawl.observation import VantageSide

NAMES = {
    "site.cn": Name(Records(a=("47.96.129.18", "10.0.0.1"), aaaa=("2400:3200::1", "::1"))),
    "private.cn": Name(Records(a=("10.0.0.1",))),
    "fails.cn": Name(trouble=NameTrouble.SERVFAIL),
}


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(Zone(NAMES)) as web:
        yield web


class Receiver:
    """Twisted's ``IResolutionReceiver``, keeping what it is told."""

    def __init__(self) -> None:
        self.addresses: list[IPv4Address | IPv6Address] = []
        self.completed = asyncio.Event()

    def resolutionBegan(self, resolution: Any) -> None:
        self.host = resolution.name
        resolution.cancel()

    def addressResolved(self, address: IPv4Address | IPv6Address) -> None:
        self.addresses.append(address)

    def resolutionComplete(self) -> None:
        self.completed.set()


@pytest.mark.parametrize(
    ("host", "rules", "allow_private", "addresses"),
    [
        ("site.cn", (), False, [("47.96.129.18", 80), ("2400:3200::1", 80)]),
        ("SITE.cn.", (), False, [("47.96.129.18", 80), ("2400:3200::1", 80)]),
        ("site.cn", (), True, [("47.96.129.18", 80), ("10.0.0.1", 80), ("2400:3200::1", 80), ("::1", 80)]),
        ("site.cn", ("site.cn:80:127.0.0.1:8080",), False, [("127.0.0.1", 8080)] * 2),
        ("site.cn", (":443:127.0.0.1:8080",), False, [("47.96.129.18", 80), ("2400:3200::1", 80)]),
        ("private.cn", ("::127.0.0.1:8080",), False, []),
        ("private.cn", (), False, []),
        ("fails.cn", (), True, []),
        ("gone.cn", (), True, []),
        ("127.0.0.1", (), False, []),
        ("0x7f000001", (), False, []),
        ("47.96.129.18", (), False, [("47.96.129.18", 80)]),
    ],
)
def test_the_reactor_is_given_what_the_guard_allows(
    web: LoopbackWeb,
    run: Any,
    host: str,
    rules: tuple[str, ...],
    allow_private: bool,
    addresses: list[tuple[str, int]],
) -> None:
    async def ask() -> list[tuple[str, int]]:
        names = Names(
            [parse_nameserver(web.nameserver)],
            default_vantages(),
            [parse_connect_to(text) for text in rules],
            allow_private=allow_private,
        )
        receiver = Receiver()
        try:
            GuardedResolver(names, None).resolveHostName(receiver, host, 80)
            await receiver.completed.wait()
        finally:
            names.close()
        return [(address.host, address.port) for address in receiver.addresses]

    assert sorted(run(ask())) == sorted(addresses)


def test_names_are_made_from_settings(web: LoopbackWeb) -> None:
    network = Network(
        nameservers=(web.nameserver,), vantages=("gz=119.147.0.0/24", "de=85.214.0.0/24@overseas")
    )
    names = Names.from_settings(settings_for(network))
    assert [(v.name, v.side, v.subnet, v.nameservers) for v in names.vantages] == [
        ("plain", VantageSide.PLAIN, None, (web.nameserver,)),
        ("gz", VantageSide.MAINLAND, "119.147.0.0/24", (web.nameserver,)),
        ("de", VantageSide.OVERSEAS, "85.214.0.0/24", (web.nameserver,)),
    ]
    assert (names.refusal("10.0.0.1"), names.refusal("47.96.129.18")) == ("private", "")
