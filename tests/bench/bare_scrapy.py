"""What icpcrawl is measured against: Scrapy with its broad-crawl settings and one regular expression.

python tests/bench/bare_scrapy.py URLS PORT
"""

from __future__ import annotations

import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IResolverSimple
from zope.interface import implementer

NUMBER = re.compile(r"[\u4e00-\u9fff]ICP[备证]\d{6,10}号(?:-\d+)?")


@implementer(IResolverSimple)
class Loopback:
    """Every name leads to the loopback web."""

    reactor: Any = None

    @classmethod
    def from_crawler(cls, _: Any, reactor: Any) -> Loopback:
        self = cls()
        self.reactor = reactor
        return self

    def install_on_reactor(self) -> None:
        self.reactor.installResolver(self)

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:
        return succeed("127.0.0.1")


class Bare(scrapy.Spider):
    name = "bare"
    urls: list[str]
    found = 0

    async def start(self) -> AsyncIterator[Any]:
        for url in self.urls:
            yield scrapy.Request(url)

    def parse(self, response: Any) -> Any:
        Bare.found += 1
        yield {"url": response.url, "numbers": NUMBER.findall(response.text)}


if __name__ == "__main__":
    Bare.urls = Path(sys.argv[1]).read_text().split()
    process = CrawlerProcess(
        {
            # https://docs.scrapy.org/en/latest/topics/broad-crawls.html
            "CONCURRENT_REQUESTS": 100,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 100,
            "DOWNLOAD_DELAY": 0,
            "REACTOR_THREADPOOL_MAXSIZE": 20,
            "LOG_LEVEL": "ERROR",
            "COOKIES_ENABLED": False,
            "RETRY_ENABLED": False,
            "DOWNLOAD_TIMEOUT": 15,
            "TELNETCONSOLE_ENABLED": False,
            "TWISTED_DNS_RESOLVER": Loopback,
        }
    )
    process.crawl(Bare)
    process.start()
    print(f"{Bare.found} pages")
