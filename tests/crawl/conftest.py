"""A homepage asked for by hand: the download handler and its guard, without an engine around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
import scrapy
import uvloop
from scrapy.crawler import Crawler
from scrapy.http import Request, Response
from scrapy.utils.reactor import install_reactor, is_reactor_installed

from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.handler import HomepageHandler
from icpcrawl.crawl.names import GuardedResolver, Names
from icpcrawl.crawl.process import Network, settings_for
from icpcrawl.demo import LoopbackWeb

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]


ON_STREAMS = ("own-asyncio", "own-uvloop")
"""Ways of the handler that speaks by itself, for tests of its inside: ``parametrize("way", ON_STREAMS)``."""
WAYS = (*ON_STREAMS, "http11")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """Download handler and event loop; Twisted has but the one loop its reactor was built with."""
    return str(request.param)


@pytest.fixture
def kind(way: str) -> str:
    """The ``ICPCRAWL_DOWNLOAD_HANDLER`` at work."""
    return way.partition("-")[0]


@pytest.fixture
def run(way: str) -> Iterator[Run[Any]]:
    """Runs coroutines on one event loop, of either kind that a crawl may have."""
    if not is_reactor_installed():
        install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    def loop() -> asyncio.AbstractEventLoop:
        if way == "own-uvloop":
            return uvloop.new_event_loop()
        return asyncio.new_event_loop()

    if way == "http11":
        yield cast(Any, reactor)._asyncioEventloop.run_until_complete
        return
    with asyncio.Runner(loop_factory=loop) as runner:
        yield runner.run


class Visitor:
    """Asks for pages as a crawl does; closed by its fixture."""

    def __init__(
        self,
        web: LoopbackWeb,
        *,
        connect_to: tuple[str, ...] | None = None,
        ca_file: Path | None = None,
        budget_s: float = 20.0,
        **settings: object,
    ) -> None:
        from twisted.internet import reactor

        network = Network(
            nameservers=(web.nameserver,),
            connect_to=web.connect_to if connect_to is None else connect_to,
            ca_file=ca_file or web.ca_file,
        )
        project = settings_for(network)
        project.setdict({"ICPCRAWL_SITE_SECONDS": budget_s, **settings}, priority="cmdline")
        self.names = Names.from_settings(project)
        GuardedResolver(self.names, reactor).install_on_reactor()
        self.crawler = Crawler(scrapy.Spider, project)
        self.handler: Any = HomepageHandler.from_crawler(self.crawler)

    async def get(self, url: str, **meta: object) -> Response:
        """One answer, or ``Unreached``."""
        request = Request(url, headers=self.crawler.settings.getdict("DEFAULT_REQUEST_HEADERS"), meta=meta)
        response: Response = await asyncio.ensure_future(self.handler.download_request(request))
        return response

    async def outcome(self, url: str, **meta: object) -> tuple[str, str]:
        """Outcome and detail; status and nothing where there was an answer."""
        try:
            return str((await self.get(url, **meta)).status), ""
        except Unreached as error:
            return error.outcome.value, error.detail


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(run: Run[Any], kind: str) -> Iterator[Visit]:
    """Makes visitors, and closes them; the reactor is installed, never started."""
    from twisted.internet import reactor

    made: list[Visitor] = []

    def make(web: LoopbackWeb, **how: Any) -> Visitor:
        made.append(Visitor(web, **{"ICPCRAWL_DOWNLOAD_HANDLER": kind, **how}))
        return made[-1]

    before = reactor.nameResolver
    yield make
    for visitor in made:
        run(visitor.handler.close())
    reactor.installNameResolver(before)
