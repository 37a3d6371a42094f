"""What the crawler asks of an answer before it is judged: is this the homepage, or the way to it?

In: the page and the facts. Out: an address to go on to, or what stands in the homepage's place.
The page is read by the judging room, so that last night's evidence says the same tomorrow; and
only where its bytes hold a sign of it, since most pages stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from urllib.parse import urlsplit

from icpcrawl.audit.blocked import Refined, refine
from icpcrawl.audit.decode import decode
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.footer import PageReading
from icpcrawl.audit.markup import cut
from icpcrawl.audit.page import read
from icpcrawl.audit.whole_page import HEAD_BYTES, SMALL_PAGE_BYTES, WholePage, is_same_page
from icpcrawl.crawl.fetch import same_site
from icpcrawl.observation import Attempt, Fetched, FetchOutcome, Hop, Page

_REFRESH = re.compile(rb"""<meta\s[^<>]{0,600}?http-equiv\s*=\s*["']?refresh\b""", re.IGNORECASE)
_HREFLANG = re.compile(rb"""hreflang\s{0,9}=\s{0,9}["']?zh""", re.IGNORECASE)
_LANGUAGE = r"(?:en|eng|english|intl|global|int|ja|jp|ko|kr|de|fr|es|ru)"
_FOREIGN = re.compile(
    rf"/(?:[a-z]{{2}}/)?(?:(?:index|home|main|default)[-_])?(?:{_LANGUAGE}|en[-_][a-z]{{2}})(?:/|\.|$)",
    re.IGNORECASE,
)
"""A path that names a language version without Chinese footer."""
_FOREIGN_HOST = re.compile(_LANGUAGE + r"\.", re.IGNORECASE)
_CHINESE = ("zh-cn", "zh-hans-cn", "zh-hans", "zh")
"""Languages of the mainland's version, best first; behind them any other but those of its neighbours."""
_NEIGHBOURS = re.compile(r"zh-(?:hant\b|hk|mo|tw)|zh-\w+-(?:hk|mo|tw)")
_SAYS_NOTHING = (FetchOutcome.DEFAULT_PAGE, FetchOutcome.PARKED, FetchOutcome.EMPTY_SHELL)
STRANGE_PAGE_BYTES = 16_000
"""The longest page that a server or panel comes with has 11,000 (Apache on Ubuntu); a homepage mostly has more."""


class FirstLook:
    """One answer under these questions; read when first asked."""

    def __init__(self, page: Page, facts: Facts, year: int, hops: Sequence[Hop] = ()) -> None:
        self._page = page
        self._hops = tuple(hops)
        self._facts = facts
        self._year = year

    @cached_property
    def _whole(self) -> WholePage:
        return WholePage(cut(decode(self._page.body, self._page.header("content-type")).utf8), self._page.url)

    @cached_property
    def _reading(self) -> PageReading:
        return read(self._page, self._facts, self._year)

    def onward(self, asked: str) -> tuple[str, str]:
        """Where the page sends its visitor at once: (url, ``meta-refresh``|``script``|``language``), or empty.

        ``asked`` is the address that the visit began with. Within the same site, but for a page that
        moved to another one and shows no number; a script only where there is no number either; the
        same page again only where it shows nothing and sets a cookie.
        """
        url, how = self._whole.onward() if self._may_move else ("", "")
        if how == "script" and self._shows_a_number:
            url, how = "", ""
        if not url and self._is_foreign(asked):
            url, how = self._in_chinese(), "language"
        if not url.lower().startswith(("http://", "https://")):
            return "", ""
        if is_same_page(url, self._page.url):
            # Unless it only hands out a cookie and waits for it to be brought back.
            waits = self._is_small and self._page.header("set-cookie") and self._whole.is_bare
            return (url, how) if waits else ("", "")
        moves = how == "meta-refresh" and self._has_moved_to(url)
        return (url, how) if moves or same_site(url, self._page.url) else ("", "")

    def in_its_place(self) -> str:
        """What stands where the homepage should and says nothing of the site; empty where nothing does.

        The server's own page or its program's error, a parking page, a blank one. Refusals and challenges are evidence.
        """
        if self._page.status != 200 or len(self._page.body) > STRANGE_PAGE_BYTES:
            return ""
        seen = self._refined
        if seen.outcome is FetchOutcome.EMPTY_SHELL and not self._is_blank:
            return ""
        return f"{seen.outcome.value}: {seen.detail}" if seen.outcome in _SAYS_NOTHING else ""

    @property
    def _is_blank(self) -> bool:
        """Whether an empty page stays empty: no script draws it, no frame fills it, nothing leads on."""
        reading = self._reading
        return not (reading.frames or reading.refresh or b"<script" in self._page.body.lower())

    @property
    def _is_small(self) -> bool:
        return len(self._page.body) <= SMALL_PAGE_BYTES

    @property
    def _may_move(self) -> bool:
        """At a glance; reading every page a second time would cost more than all the pages that move."""
        body = self._page.body
        return (self._is_small and b"location" in body) or _REFRESH.search(body, 0, HEAD_BYTES) is not None

    @property
    def _shows_a_number(self) -> bool:
        return any(number.displayed for number in self._reading.numbers)

    @cached_property
    def _refined(self) -> Refined:
        way = Attempt("", self._page.url, FetchOutcome.OK, hops=self._hops)
        return refine(
            Fetched(FetchOutcome.OK, attempts=(way,), page=self._page), self._reading, self._facts.blocked
        )

    def _has_moved_to(self, url: str) -> bool:
        """Whether the page is a notice that its site is elsewhere now: no refusal, and without a number.

        Registers are never asked, whoever leads there.
        """
        if self._page.status != 200 or self._facts.links.kind_of(urlsplit(url).hostname or ""):
            return False
        is_own = self._refined.outcome in (FetchOutcome.OK, FetchOutcome.EMPTY_SHELL)
        return is_own and not self._shows_a_number

    def _is_foreign(self, asked: str) -> bool:
        """Whether this is a language version, by its path, or by its host where that was not asked for."""
        if _HREFLANG.search(self._page.body, 0, HEAD_BYTES) is None:
            return False
        here, host = urlsplit(self._page.url), urlsplit(asked).hostname
        led_here = here.hostname != host and _FOREIGN_HOST.match(here.hostname or "")
        return bool(led_here or _FOREIGN.match(here.path))

    def _in_chinese(self) -> str:
        near = [
            (language, url) for language, url in self._whole.alternates() if same_site(url, self._page.url)
        ]
        return chinese_version(near)


def chinese_version(alternates: Iterable[tuple[str, str]]) -> str:
    """The address of the mainland's version among hreflang alternates (language, url); empty where there is none.

    >>> chinese_version([("zh-HK", "/hk/"), ("en", "/en/"), ("zh", "/zh/"), ("zh-CN", "/cn/")])
    '/cn/'
    >>> chinese_version([("zh-Hant-HK", "/hk/"), ("zh-TW", "/tw/")])
    ''
    """
    named = [(language.lower().replace("_", "-"), url) for language, url in alternates]
    chinese = [(language, url) for language, url in named if language.partition("-")[0] == "zh"]
    near = [(language, url) for language, url in chinese if not _NEIGHBOURS.match(language)]
    near.sort(key=lambda each: _CHINESE.index(each[0]) if each[0] in _CHINESE else len(_CHINESE))
    return near[0][1] if near else ""
