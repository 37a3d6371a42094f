"""The spider: visits every homepage once, by rungs and lanes, and hands on what was seen.

First lane: every site. Slow lane: sites that failed in passing, with more patience. Confirm
lane: sites whose error is new tonight, looked at a second time before they are accused.

A visit ends in exactly one ``Seen`` per portfolio row, whatever breaks on the way.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import scrapy
from scrapy import signals
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response

from icpcrawl.crawl.fetch import FOLLOWED_AT_MOST, TRANSIENT, Lane, Unreached, Visit, outcome_of
from icpcrawl.crawl.first_look import FirstLook
from icpcrawl.crawl.handler import LET_GO, UNCLOSED
from icpcrawl.crawl.handlers import chosen_kind
from icpcrawl.crawl.pipelines import Seen, page_of
from icpcrawl.crawl.run import AuditRun, options_from_arguments
from icpcrawl.observation import Fetched, FetchOutcome, Hop, Page

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from icpcrawl.portfolio import Site

LATER_RUNG_PRIORITY = 10
"""Finish what is begun before beginning more."""


class HomepageSpider(scrapy.Spider):
    """``scrapy crawl homepage -a portfolio=portfolio.csv [-a output=reports]``."""

    name = "homepage"

    def __init__(self, run: AuditRun, *, reports_by_itself: bool = False, **kwargs: Any) -> None:
        super().__init__(self.name, **kwargs)
        self.run = run
        self._reports_by_itself = reports_by_itself
        self._open: set[str] = set()
        """site_id of every row whose visit has begun and whose result is not yet kept."""
        self._moved = asyncio.Event()
        self._slow: list[Visit] = []

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> HomepageSpider:
        """Built by ``icpcrawl audit`` with a prepared run, or by ``scrapy crawl`` from arguments."""
        chosen_kind(crawler.settings.get("ICPCRAWL_DOWNLOAD_HANDLER"))
        if "run" not in kwargs:
            kwargs = {
                "run": AuditRun.prepare(options_from_arguments(kwargs, crawler.settings)),
                "reports_by_itself": True,
            }
        spider = super().from_crawler(crawler, *args, **kwargs)
        for handler, signal in (
            (spider._kept, signals.item_scraped),
            (spider._lost_item, signals.item_dropped),
            (spider._lost_item, signals.item_error),
            (spider._lost_visit, signals.spider_error),
            (spider._closed, signals.spider_closed),
        ):
            crawler.signals.connect(handler, signal=signal)
        spider.run.stop_crawl = spider._stop
        return spider

    # What to visit ----------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Begin visits lane by lane, never more than twice the concurrency at a time.

        Scrapy's engine takes all that ``start`` gives at once, so this waits for room itself.
        """
        room = 2 * self.settings.getint("CONCURRENT_REQUESTS")
        for site in self.run.to_visit():
            await self._until(room)
            yield self._begin(Visit.begin(site))
        await self._until(1)
        slow, self._slow = self._slow, []
        for visit in slow:
            await self._until(room)
            yield self._begin(Visit.begin(visit.site, Lane.SLOW, visit.attempts))
        await self._until(1)
        for site, attempts in self.run.to_confirm():
            await self._until(room)
            yield self._begin(Visit.begin(site, Lane.CONFIRM, attempts))
        await self._until(1)

    async def _until(self, open_visits: int) -> None:
        """Wait until fewer than ``open_visits`` rows are open."""
        while len(self._open) >= open_visits:
            self._moved.clear()
            await self._moved.wait()

    def _begin(self, visit: Visit) -> Request:
        self._open.update(site.site_id for site in self._rows(visit))
        return self._request(visit, priority=0)

    def _rows(self, visit: Visit) -> tuple[Site, ...]:
        """Every row this visit speaks for: twins share one visit, a confirmation has its own."""
        return (visit.site,) if visit.lane is Lane.CONFIRM else self.run.twins(visit.site)

    def _request(
        self, visit: Visit, *, priority: int, url: str = "", how: str = "first", **meta: Any
    ) -> Request:
        if visit.rung is None:
            raise ValueError("a visit without a rung left has nothing to ask")
        slow = visit.lane is not Lane.FIRST
        meta = {
            "visit": visit,
            "hops": [],
            "how": how,
            "download_slot": "homepages",
            "budget_s": self.settings.getfloat(
                "ICPCRAWL_SLOW_SITE_SECONDS" if slow else "ICPCRAWL_SITE_SECONDS"
            ),
            **meta,
        }
        return Request(
            url or visit.rung.url,
            callback=self.answered,
            errback=self.failed,
            # Two rows may lead to one page, and both must come back.
            dont_filter=True,
            priority=priority,
            meta=meta,
        )

    # What came back ---------------------------------------------------------------------------

    async def answered(self, response: Response) -> AsyncIterator[Any]:
        """A page of some status: the homepage, a step towards it, or a failed rung."""
        request = response.request
        if request is None:
            raise ValueError("a response without its request belongs to no site")
        visit: Visit = request.meta["visit"]
        for out in self._guarded(visit, lambda: self._after_answer(visit, request, response)):
            yield out

    async def failed(self, failure: Failure) -> AsyncIterator[Any]:
        """No page: the next rung, or the end of the visit."""
        request: Request = failure.request  # type: ignore[attr-defined]
        visit: Visit = request.meta["visit"]
        for out in self._guarded(visit, lambda: self._after_failure(visit, request, failure.value)):
            yield out

    def _guarded(self, visit: Visit, outs: Any) -> Iterable[Any]:
        """A bug of ours costs this site its answer, with the reason, and no other site anything."""
        self.run.moved_at = time.monotonic()
        if self.run.stopping:
            return
        try:
            yield from list(outs())
        except Exception as error:
            self.logger.exception("%s: the spider broke on this site", visit.site.site_id)
            reason = f"{type(error).__name__}: {error}"
            yield from self._end(visit, Fetched(FetchOutcome.INTERNAL_ERROR, reason[:300], visit.attempts))

    def _after_answer(self, visit: Visit, request: Request, response: Response) -> Iterator[Any]:
        page = page_of(request, response)
        url, how, in_its_place = self._looked_at(visit, page, request.meta["hops"])
        if url:
            yield self._follow(visit, request, url, how)
            return
        half = UNCLOSED in response.flags and outcome_of(page)[0] is FetchOutcome.OK
        before: bytes = request.meta.get("unclosed", b"")
        if half and not before:
            yield self._once_more(visit, request, page)
            return
        half = half and before != _digest(page.body)
        seen = visit.answered(page, *_times(request), half=half, in_its_place=in_its_place)
        yield from self._go_on(seen, request)

    def _looked_at(self, visit: Visit, page: Page, hops: list[Hop]) -> tuple[str, str, str]:
        """Where the page sends its visitor, by what, and what stands in the homepage's place; mostly nothing.

        A bug in reading leaves the page as it is: the judgment will name it.
        """
        look = FirstLook(page, self.run.facts, self.run.today.year, hops)
        is_only_page = visit.page is None and len(visit.left) == 1
        self.run.judging = visit.site.site_id
        try:
            url, how = look.onward(visit.left[0].url) if visit.followed < FOLLOWED_AT_MOST else ("", "")
            return url, how, "" if url or is_only_page else look.in_its_place()
        except Exception:
            self.logger.exception("%s: the first look broke on this site", visit.site.site_id)
            return "", "", ""
        finally:
            self.run.judging = ""

    def _once_more(self, visit: Visit, request: Request, page: Page) -> Request:
        """A page that may be half is asked for again at once: the same bytes twice are no accident."""
        hops: list[Hop] = request.meta["hops"]
        return self._request(
            visit,
            priority=LATER_RUNG_PRIORITY,
            url=page.url,
            how=hops[-1].how,
            hops=hops[:-1],
            unclosed=_digest(page.body),
            **_carried(request),
        )

    def _follow(self, visit: Visit, request: Request, url: str, how: str) -> Request:
        return self._request(
            visit.following(),
            priority=LATER_RUNG_PRIORITY,
            url=url,
            how=how,
            hops=request.meta["hops"],
            **_carried(request),
        )

    def _after_failure(self, visit: Visit, request: Request, error: BaseException | None) -> Iterator[Any]:
        yield from self._go_on(visit.failed(_unreached(error), *_times(request)), request)

    def _go_on(self, visit: Visit, request: Request) -> Iterator[Any]:
        if visit.rung is not None:
            spent_s = request.meta.get("spent_s", 0.0)
            yield self._request(visit, priority=LATER_RUNG_PRIORITY, spent_s=spent_s, spent_before_s=spent_s)
            return
        fetched = visit.fetched()
        if visit.lane is Lane.FIRST and fetched.outcome in TRANSIENT:
            # Kept without its page: twenty thousand error pages would not fit into memory.
            self._slow.append(replace(visit, page=None))
            self._close(site.site_id for site in self._rows(visit))
            return
        yield from self._end(visit, fetched)

    def _end(self, visit: Visit, fetched: Fetched) -> Iterator[Seen]:
        for site in self._rows(visit):
            yield Seen(site, fetched, visit.lane)

    # Book-keeping -----------------------------------------------------------------------------

    def _close(self, site_ids: Iterable[str]) -> None:
        self._open.difference_update(site_ids)
        self._moved.set()

    def _kept(self, item: Any) -> None:
        self._close([item.site.site_id])

    def _lost_item(self, item: Any) -> None:
        # The report still names the row: it walks the portfolio, not the items.
        self._close([item.site.site_id])

    def _lost_visit(self, response: Any) -> None:
        request = getattr(response, "request", None)
        if request is not None and "visit" in request.meta:
            self._close(site.site_id for site in self._rows(request.meta["visit"]))

    def _stop(self) -> None:
        """Let every connection go and end the crawl; runs in the reactor's thread."""
        self.crawler.signals.send_catch_log(LET_GO)
        if self.crawler.engine is not None:
            self._stopping = asyncio.ensure_future(self.crawler.engine.stop_async())

    def _closed(self, reason: str) -> None:
        self.run.crawl_ended(reason)
        if self._reports_by_itself and self.run.broken is None:
            self.run.finish()


def _carried(request: Request) -> dict[str, Any]:
    """What goes along within one rung, where Scrapy's redirects do not carry it."""
    return {
        "spent_s": request.meta.get("spent_s", 0.0),
        "spent_before_s": request.meta.get("spent_before_s", 0.0),
        "cookies": request.meta["cookies"],
    }


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def _times(request: Request) -> tuple[list[Hop], datetime, float]:
    took_s = request.meta.get("spent_s", 0.0) - request.meta.get("spent_before_s", 0.0)
    return request.meta["hops"], datetime.now(UTC) - timedelta(seconds=took_s), took_s


def _unreached(error: BaseException | None) -> Unreached:
    """The outcome behind an exception out of Scrapy's downloader."""
    if isinstance(error, Unreached):
        return error
    said = str(error) or type(error).__name__
    if isinstance(error, IgnoreRequest):
        if "robots.txt" in said:
            return Unreached(FetchOutcome.ROBOTS_DISALLOWED, said)
        if "max redirections" in said:
            return Unreached(FetchOutcome.REDIRECT_LOOP, "more than 10 redirections")
        # The compression middleware stops a body that unpacks beyond the cap.
        return Unreached(FetchOutcome.TOO_LARGE, said)
    return Unreached(FetchOutcome.INTERNAL_ERROR, f"{type(error).__name__}: {said}")
