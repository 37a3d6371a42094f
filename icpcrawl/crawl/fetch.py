"""How one homepage is reached: the ladder, what each failure means, when to stop.

Pure values and functions; the spider turns ``Visit.url`` into requests and feeds what
comes back into ``Visit``. A visit always ends in a ``Fetched``, whatever happened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.crawl import guard
from icpcrawl.observation import Attempt, Fetched, FetchOutcome, Hop, Page
from icpcrawl.portfolio import Site

DNS_OUTCOMES = frozenset(
    {
        FetchOutcome.DNS_NXDOMAIN,
        FetchOutcome.DNS_SERVFAIL,
        FetchOutcome.DNS_TIMEOUT,
        FetchOutcome.DNS_NO_ADDRESS,
        FetchOutcome.REFUSED_PRIVATE_ADDRESS,
    }
)
"""Facts of the name: another scheme on the same host cannot do better."""

TRANSIENT = frozenset(
    {
        FetchOutcome.DNS_TIMEOUT,
        FetchOutcome.DNS_SERVFAIL,
        FetchOutcome.CONNECT_TIMEOUT,
        FetchOutcome.CONNECT_REFUSED,
        FetchOutcome.READ_TIMEOUT,
        FetchOutcome.RESET,
        FetchOutcome.HTTP_5XX,
    }
)
"""Worth one more try in the slow lane, at the end of the run and with more patience."""


class Lane(StrEnum):
    FIRST = "first"
    SLOW = "slow"
    CONFIRM = "confirm"


class Unreached(Exception):
    """No answer could be had; carries the outcome and the cause as the network gave it."""

    def __init__(self, outcome: FetchOutcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = " ".join(detail.split())[:300]


@dataclass(frozen=True, slots=True)
class Rung:
    name: str
    url: str


def ladder(site: Site) -> tuple[Rung, ...]:
    """Where to look for the homepage, in order: a given URL as written, else four rungs.

    www is tried for a registrable domain only: www.shop.brand.cn would be a guess.
    """
    if site.url:
        return (Rung("as-given", site.url),)
    host = f"[{site.host}]" if ":" in site.host else site.host
    if guard.literal(site.host) is not None or registrable_domain(site.host) != site.host:
        return (Rung("https-apex", f"https://{host}/"), Rung("http-apex", f"http://{host}/"))
    return (
        Rung("https-apex", f"https://{host}/"),
        Rung("https-www", f"https://www.{host}/"),
        Rung("http-apex", f"http://{host}/"),
        Rung("http-www", f"http://www.{host}/"),
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """A homepage being looked for: what was tried, what is left, the best page so far."""

    site: Site
    lane: Lane
    left: tuple[Rung, ...]
    """Rungs not yet tried; the first one is under way."""
    attempts: tuple[Attempt, ...] = ()
    page: Page | None = None
    page_rank: int = 0
    followed: int = 0
    """Meta refreshes, script redirects and language links followed on this rung."""

    @classmethod
    def begin(cls, site: Site, lane: Lane = Lane.FIRST, before: Sequence[Attempt] = ()) -> Visit:
        return cls(site=site, lane=lane, left=ladder(site), attempts=tuple(before))

    @property
    def rung(self) -> Rung | None:
        return self.left[0] if self.left else None

    def following(self) -> Visit:
        """The page under way sends its visitor on, and that is followed."""
        return replace(self, followed=self.followed + 1)

    def failed(self, error: Unreached, hops: Sequence[Hop], started_at: datetime, elapsed_s: float) -> Visit:
        """The rung under way gave no answer."""
        attempt = self._attempt(error.outcome, error.detail, hops, started_at, elapsed_s, None)
        return self._next_rung(attempt, None)

    def answered(
        self,
        page: Page,
        hops: Sequence[Hop],
        started_at: datetime,
        elapsed_s: float,
        *,
        half: bool = False,
        in_its_place: str = "",
    ) -> Visit:
        """The rung under way gave a page of some status; ``half``: more of it may be missing.

        ``in_its_place`` says what stands there instead of a homepage: the climb goes on then.
        """
        outcome, detail = outcome_of(page)
        if outcome is FetchOutcome.OK:
            detail = in_its_place
        if half and outcome is FetchOutcome.OK:
            # Kept as evidence, and looked at for who stands in the way; never judged by what it lacks.
            outcome = FetchOutcome.RESET
            detail = f"no length told, no </html> in {len(page.body)} bytes, and another page the second time"
        attempt = self._attempt(outcome, detail, hops, started_at, elapsed_s, page.status)
        return self._next_rung(attempt, page)

    def _attempt(
        self,
        outcome: FetchOutcome,
        detail: str,
        hops: Sequence[Hop],
        started_at: datetime,
        elapsed_s: float,
        status: int | None,
    ) -> Attempt:
        rung = self.left[0]
        name = rung.name if self.lane is Lane.FIRST else f"{rung.name}+{self.lane}"
        return Attempt(name, rung.url, outcome, detail, tuple(hops), started_at, round(elapsed_s, 3), status)

    def _next_rung(self, attempt: Attempt, page: Page | None) -> Visit:
        left = self.left[1:]
        if attempt.outcome is FetchOutcome.OK and not attempt.detail:
            left = ()
        elif attempt.outcome in DNS_OUTCOMES and len(attempt.hops) <= 1:
            host = urlsplit(attempt.url).hostname
            left = tuple(rung for rung in left if urlsplit(rung.url).hostname != host)
        rank = _rank(attempt)
        better = page is not None and rank > self.page_rank
        return replace(
            self,
            left=left,
            attempts=(*self.attempts, attempt),
            page=page if better else self.page,
            page_rank=rank if better else self.page_rank,
            followed=0,
        )

    def fetched(self) -> Fetched:
        """The visit as evidence. Without a single attempt it says so instead of guessing.

        A confirmation speaks for itself alone: what the first look saw must not answer for it.
        """
        own = self.attempts
        if self.lane is Lane.CONFIRM:
            own = tuple(attempt for attempt in own if attempt.rung.endswith(f"+{Lane.CONFIRM}"))
        if not own:
            return Fetched(FetchOutcome.INTERNAL_ERROR, "nothing was tried", self.attempts)
        decisive = max(own, key=_rank)
        return Fetched(decisive.outcome, decisive.detail, self.attempts, self.page)


def _rank(attempt: Attempt) -> int:
    """How much an attempt tells about the site: a homepage, another page, an answer, a broken line.

    The earliest rung wins among equals (``max`` keeps the first).
    """
    if attempt.outcome is FetchOutcome.OK:
        return 5 if attempt.detail else 6
    if attempt.outcome is FetchOutcome.REFUSED_PRIVATE_ADDRESS:
        return 4
    if attempt.status is not None:
        return 3
    if attempt.outcome in DNS_OUTCOMES:
        return 1
    return 2


_HTML_TYPES = ("text/html", "application/xhtml", "application/xml", "text/xml", "text/plain")
_LOOKS_LIKE_HTML = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|meta|title|frameset|iframe|script|div|table|center|h1|p|a)[\s>/]",
    re.IGNORECASE,
)


def outcome_of(page: Page) -> tuple[FetchOutcome, str]:
    """The transport's view of an answer; ``audit.blocked`` looks closer."""
    if page.status >= 500:
        return FetchOutcome.HTTP_5XX, f"status {page.status}"
    if page.status >= 400:
        return FetchOutcome.HTTP_4XX, f"status {page.status}"
    if page.status >= 300:
        return FetchOutcome.REDIRECT_LOOP, f"status {page.status} without a place to go"
    kind = page.header("content-type").split(";")[0].strip().lower()
    # The body decides before the header does: many servers label pages octet-stream.
    if kind and not kind.startswith(_HTML_TYPES) and not _looks_like_html(page.body):
        return FetchOutcome.NOT_HTML, f"content type {kind[:80]}"
    if page.body[:5] in (b"%PDF-", b"\x89PNG\r", b"PK\x03\x04\x14"):
        return FetchOutcome.NOT_HTML, "the body is no page"
    return FetchOutcome.OK, ""


def _looks_like_html(body: bytes) -> bool:
    head = body[:4096]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.replace(b"\x00", b"")
    return _LOOKS_LIKE_HTML.search(head) is not None


def same_site(url: str, other: str) -> bool:
    """Whether two URLs belong to one registrable domain."""
    one, two = urlsplit(url).hostname or "", urlsplit(other).hostname or ""
    return bool(one) and registrable_domain(one) == registrable_domain(two)


FOLLOWED_AT_MOST = 2
"""A script to ``/en/``, say, and from there to the Chinese version."""
