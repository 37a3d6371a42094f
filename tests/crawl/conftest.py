"""A homepage asked for by hand: the download handler and its guard, without an engine around them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

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


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run[Any]]:
    """Runs coroutines on one event loop, of either kind that a crawl may have."""
    with asyncio.Runner(loop_factory=request.param) as runner:
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
        self.handler = HomepageHandler(self.crawler)

    async def get(self, url: str, **meta: object) -> Response:
        """One answer, or ``Unreached``."""
        request = Request(url, headers=self.crawler.settings.getdict("DEFAULT_REQUEST_HEADERS"), meta=meta)
        return await asyncio.ensure_future(self.handler.download_request(request))

    async def outcome(self, url: str, **meta: object) -> tuple[str, str]:
        """Outcome and detail; status and nothing where there was an answer."""
        try:
            return str((await self.get(url, **meta)).status), ""
        except Unreached as error:
            return error.outcome.value, error.detail


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(run: Run[Any]) -> Iterator[Visit]:
    """Makes visitors, and closes them; the reactor is installed, never started."""
    if not is_reactor_installed():
        install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    from twisted.internet import reactor

    made: list[Visitor] = []

    def make(web: LoopbackWeb, **how: Any) -> Visitor:
        made.append(Visitor(web, **how))
        return made[-1]

    before = reactor.nameResolver
    yield make
    for visitor in made:
        run(visitor.handler.close())
    reactor.installNameResolver(before)
