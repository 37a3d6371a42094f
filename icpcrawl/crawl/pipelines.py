"""The corridor behind the spider: ``Seen`` → observation → judgment → history.

Each stage takes a value and returns a new one. A stage that breaks on a site says so in
that site's own result; the other sites never notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.exceptions import DropItem
from scrapy.http import Request, Response

from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.crawl.fetch import Lane, same_site
from icpcrawl.crawl.handler import UNCLOSED
from icpcrawl.crawl.locate import hosts_of, located
from icpcrawl.crawl.names import Names
from icpcrawl.crawl.tls import TlsSeen
from icpcrawl.observation import Fetched, Hosting, Observation, Page
from icpcrawl.portfolio import Site

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from icpcrawl.crawl.run import AuditRun


COMPANION_S = 10.0
"""For one piece or redirector of a page."""
COMPANIONS_S = 20.0
"""For all of one page together."""
PIECES_AT_MOST = 5
"""Frames and footer scripts: old homepages have a top, a menu, a middle and a bottom."""
REDIRECTORS_AT_MOST = 2
"""The filing number's and the police number's."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One row's visit, ended."""

    site: Site
    fetched: Fetched
    lane: Lane


@dataclass(frozen=True, slots=True)
class Observed:
    site: Site
    observation: Observation
    lane: Lane


@dataclass(frozen=True, slots=True)
class Judged:
    site: Site
    observation: Observation
    audit: SiteAudit


class _Stage:
    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Any:
        return cls(crawler)

    @property
    def _run(self) -> AuditRun:
        run: AuditRun = self._crawler.spider.run  # type: ignore[union-attr]
        return run


class Locate(_Stage):
    """Where do the site's names point, as each vantage is told?"""

    async def process_item(self, seen: Seen) -> Observed:
        """``Seen`` → ``Observed``; a look-up that raises leaves ``Hosting.problem``."""
        names = Names.in_force()
        try:
            if names is None:
                raise RuntimeError("the guarded resolver is not in force")
            hosting = await located(hosts_of(seen.site, seen.fetched), names, self._run.geography)
        except Exception as error:
            self._run.log.exception("%s: hosting could not be looked up", seen.site.site_id)
            hosting = Hosting(problem=f"{type(error).__name__}: {error}"[:300])
        vantages = names.vantages if names is not None else ()
        observation = self._run.observation(seen.site, seen.fetched, hosting, vantages)
        return Observed(seen.site, observation, seen.lane)


class Judge(_Stage):
    """What do the rules say?"""

    async def process_item(self, observed: Observed) -> Judged:
        """``Observed`` → ``Judged``; DropItem when the site is to be looked at once more first."""
        observation, audit = self._run.judge(observed.site, observed.observation, observed.lane)
        companions = companions_of(observation, audit)
        onward = await self._asked(companions)
        if companions and self._run.stopping:
            raise DropItem("what the page is made of was let go of; --resume looks at it again")
        if any(onward):
            pages = tuple(page for page in onward if page is not None)
            fetched = replace(observation.fetched, companions=(*observation.fetched.companions, *pages))
            observation = replace(observation, fetched=fetched)
            audit = self._run.audited(observed.site, observation)
        if self._run.wants_confirmation(observed.site, observation, audit, observed.lane):
            raise DropItem("a new error is looked at twice")
        return Judged(observed.site, observation, audit)

    async def _asked(self, urls: tuple[str, ...]) -> list[Page | None]:
        """What the site itself answers, one after the other, as long as the time for all lasts."""
        spent_s, answers = 0.0, list[Page | None]()
        for url in urls:
            page, spent_s = await self._ask(url, spent_s)
            answers.append(page)
        return answers

    async def _ask(self, url: str, spent_s: float) -> tuple[Page | None, float]:
        """One answer, redirects not followed, and the time spent so far; None where there was no whole one."""
        request = _companion(url, spent_s)
        try:
            response = await self._crawler.engine.download_async(request)
            if UNCLOSED in response.flags:
                # It may be half: the same bytes twice are no accident.
                again = await self._crawler.engine.download_async(_companion(url, spent_s))
                if again.body != response.body:
                    return None, request.meta["spent_s"]
        except Exception as error:  # noqa: BLE001 - the page itself was seen; its judgment stands
            self._run.log.info("%s: this companion gave no answer: %s", url, error)
            return None, request.meta["spent_s"]
        return page_of(request, response), request.meta["spent_s"]


def _companion(url: str, spent_s: float) -> Request:
    meta = {
        "download_slot": "homepages",
        "how": "frame",
        "budget_s": min(spent_s + COMPANION_S, COMPANIONS_S),
        "spent_s": spent_s,
        "dont_redirect": True,
        "hops": [],
    }
    return Request(url, dont_filter=True, meta=meta)


class Keep(_Stage):
    """Into the history, whole."""

    async def process_item(self, judged: Judged) -> Judged:
        self._run.keep(judged.observation, judged.audit)
        return judged


def companions_of(observation: Observation, audit: SiteAudit) -> tuple[str, ...]:
    """What else of the site itself is worth one look, now that its homepage is read.

    Scripts and frames that write the footer, and links of displayed numbers that lead to the
    site: one hop on may stand the registry. Government hosts are never among them.
    """
    page = observation.fetched.page
    if page is None or observation.fetched.companions:
        return ()
    pieces = [url for url in audit.pieces if same_site(url, page.url)]
    # Without its answer a redirector is accused; an unread piece makes its page inconclusive.
    return (*_own_redirectors(page, audit), *pieces[:PIECES_AT_MOST])


def _own_redirectors(page: Page, audit: SiteAudit) -> tuple[str, ...]:
    urls = dict.fromkeys(
        each.seen.link.url
        for each in (*audit.filing.all, *audit.psb.all)
        if each.seen.displayed and each.seen.link is not None and each.link.target == "elsewhere"
    )
    return tuple(url for url in urls if _is_own_subpage(url, page.url))[:REDIRECTORS_AT_MOST]


def _is_own_subpage(url: str, page_url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in ("http", "https")
        and same_site(url, page_url)
        and (parts.path.strip("/") != "" or parts.query != "")
        and url.split("#", maxsplit=1)[0] != page_url.split("#", maxsplit=1)[0]
    )


def page_of(request: Request, response: Response) -> Page:
    """An answer as evidence: bytes untouched, headers in the order received."""
    tls: TlsSeen = request.meta.get("tls", TlsSeen())
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    )
    return Page(
        url=response.url,
        status=response.status,
        headers=headers[:200],
        body=response.body,
        tls=tls.state,
        tls_problem=tls.problem,
        tls_protocol=tls.protocol,
        certificate_expires=tls.expires,
        peer=str(response.ip_address or ""),
    )
