"""Addresses that are never connected to, in every disguise, and a guard that cannot be left out."""

from __future__ import annotations

import ipaddress
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
import scrapy
from hypothesis import given
from hypothesis import strategies as st
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from icpcrawl.crawl.guard import denied, literal
from icpcrawl.crawl.handler import HomepageHandler
from icpcrawl.crawl.handlers import KINDS
from icpcrawl.crawl.process import Network, settings_for
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
        ),
        *("127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192"),
        *("192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1"),
        *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1"),
        *("64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1"),
        *("2002:7f00:1::1", "2002:a9fe:a9fe::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
        *("fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "1::1", "4000::1", "8000::1", "fe00::1"),
        *("", "example.cn", "1.2.3", "2130706433"),
    ],
)
def test_addresses_that_lead_into_a_network_of_our_own(address: str) -> None:
    assert denied(address)


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "9.255.255.255", "11.0.0.1", "47.96.129.18", "100.63.255.255", "100.128.0.1"),
        *(
            "172.15.255.255",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.1.1",
            "198.17.1.1",
            "198.20.0.1",
            "223.5.5.5",
        ),
        *("2400:3200::1", "240e::1", "2606:4700::1111", "2a00::1", "2002:2f60:8112::1"),
        *("::ffff:47.96.129.18", "64:ff9b::2f60:8112"),
    ],
)
def test_public_addresses_pass(address: str) -> None:
    assert denied(address) == ""


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_every_form(ip: ipaddress.IPv4Address) -> None:
    why = denied(ip)
    assert denied(ipaddress.IPv6Address(f"::ffff:{ip}")) == why
    assert denied(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(ip))) == why
    number = int(ip)
    octal = ".".join(f"0{part:o}" for part in ip.packed)
    for written in (str(number), hex(number), f"0{number:o}", octal, f"{ip.packed[0]}.{number & 0xFFFFFF}"):
        assert literal(written) == ip


@given(st.ip_addresses())
def test_what_the_library_calls_private_is_denied(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not ip.is_global:
        assert denied(ip)


@pytest.mark.parametrize(
    "host",
    ["example.cn", "360.cc", "1e100.net", "127.0.0.1.example.cn", "0x7g", "", "1.2.3.4.5", "256.1.1.1"],
)
def test_names_are_no_addresses(host: str) -> None:
    assert literal(host) is None


def test_nothing_is_fetched_where_the_guard_is_not_in_force(visit: Any, kind: str) -> None:
    """``CrawlerRunner`` never installs the resolver; then there is no handler either."""
    from twisted.internet import reactor

    settings = settings_for(Network())
    settings.set("ICPCRAWL_DOWNLOAD_HANDLER", kind)
    with pytest.raises(NotConfigured, match="the guarded resolver is not in force"):
        HomepageHandler.from_crawler(Crawler(scrapy.Spider, settings))
    assert reactor.nameResolver is not None


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    private = Name(Records(a=("127.0.0.1",)))
    with LoopbackWeb(Zone({"private.cn": private}, {"private.cn": Host({"*": Answer(b"secret")})})) as web:
        yield web


RUNS = """
import scrapy, sys
from scrapy.crawler import CrawlerProcess, CrawlerRunner
from icpcrawl.crawl.process import Network, settings_for

class Sly(scrapy.Spider):
    name = "sly"
    custom_settings = {{
        "TWISTED_DNS_RESOLVER": None,
        "DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver",
        "HTTPPROXY_ENABLED": True,
    }}
    async def start(self):
        for url in ("http://private.cn:{port}/", "http://127.0.0.1:{port}/", "file:///etc/hostname", "data:,x"):
            yield scrapy.Request(url, self.got, errback=self.failed)
    def got(self, response): print("GOT", response.url)
    def failed(self, failure): print(getattr(failure.value, "outcome", type(failure.value).__name__))

settings = settings_for(Network(nameservers=("{nameserver}",)))
settings.set("ITEM_PIPELINES", {{}})
settings.set("ICPCRAWL_DOWNLOAD_HANDLER", "{handler}")
"""
PROCESS = """
settings.set("LOG_INSTALL_ROOT_HANDLER", False)
process = CrawlerProcess(settings)
process.crawl(Sly)
process.start()
"""
RUNNER = """
from scrapy.utils.reactor import install_reactor
install_reactor(settings["TWISTED_REACTOR"], settings["ASYNCIO_EVENT_LOOP"])
from twisted.internet import reactor
CrawlerRunner(settings).crawl(Sly).addBoth(lambda _: reactor.stop())
reactor.run()
"""


@pytest.mark.parametrize("handler", KINDS)
@pytest.mark.parametrize(
    ("started", "refused"),
    [(PROCESS, "refused-private-address"), (RUNNER, "NotSupported")],
    ids=["process", "runner"],
)
def test_a_spiders_own_settings_do_not_open_the_door(
    web: LoopbackWeb, started: str, refused: str, handler: str
) -> None:
    told = {"port": web.http_port, "nameserver": web.nameserver, "handler": handler}
    script = textwrap.dedent(RUNS).format(**told) + started
    proxy = f"http://127.0.0.1:{web.http_port}"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "http_proxy": proxy, "https_proxy": proxy},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert sorted(done.stdout.split()) == sorted([refused] * 2 + ["NotSupported"] * 2), done.stderr
    assert web.visits == ()
