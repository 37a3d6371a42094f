"""A visit → the homepage's reading, or what stood in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from icpcrawl.audit.blocked import is_signed, refine
from icpcrawl.audit.decode import decode
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.footer import DisplayedNumber, PageReading, Place
from icpcrawl.audit.numbers import NumberKind
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.whole_page import HARDLY_ANY, is_called_footer, shows_number
from icpcrawl.observation import Fetched, FetchOutcome, Page


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of looking at the page."""

    outcome: FetchOutcome
    """Refined: ``ok`` only where the page is the homepage."""
    reading: PageReading | None = None
    """Only of a homepage: what any other page shows is not the site's."""
    url: str = ""
    companions: tuple[Page, ...] = ()
    pieces: tuple[str, ...] = ()
    """Same-site addresses that the page is made of and that nobody has read yet."""


def look_at(fetched: Fetched, facts: Facts, year: int) -> Seen:
    """Read the page, ask whether it is the homepage at all, and add its frames and scripts.

    Everything that is not the homepage keeps its outcome and loses its reading, so that
    no rule about numbers can speak of it.
    """
    page = fetched.page
    seen = page is not None and fetched.outcome is FetchOutcome.OK
    reading = read(page, facts, year) if page and seen else None
    outcome = refine(fetched, reading, facts.blocked).outcome
    if page is None or reading is None:
        return Seen(outcome if outcome is not FetchOutcome.OK else _nothing_there(fetched))
    pieces = () if fetched.companions else _pieces(page, reading)
    # Where a number leads is another page, however it answers.
    led_to = {seen.link.url.partition("#")[0] for seen in reading.numbers if seen.link}
    parts = [
        _read_part(part, facts, year)
        for part in fetched.companions
        if _is_part(part) and part.url not in led_to
    ]
    whole = _joined(reading, parts)
    home = _domain(page.url)
    unread = [url for each in (reading, *parts) for url in _unread(each, fetched.companions, home)]
    whole = replace(whole, needs_rendering=_unseen_part(whole, parts, unread))
    if outcome is FetchOutcome.EMPTY_SHELL and parts:
        # Its frames are read now: is it still empty?
        outcome = refine(fetched, replace(whole, frames=(), refresh=""), facts.blocked).outcome
    if outcome is not FetchOutcome.OK:
        return Seen(outcome, pieces=pieces if outcome is FetchOutcome.EMPTY_SHELL else ())
    return Seen(outcome, whole, page.url, fetched.companions, pieces)


def _pieces(page: Page, reading: PageReading) -> tuple[str, ...]:
    """Frames, and the scripts or fragments that write the footer, of the same site; called a footer first."""
    footer = reading.footer_sources if reading.needs_rendering.startswith("footer-script:") else ()
    home = registrable_domain(urlsplit(page.url).hostname or "")
    near = [url for url in (*reading.frames, *footer) if _domain(url) == home]
    return tuple(sorted(dict.fromkeys(near), key=lambda url: not is_called_footer(url)))


def _domain(url: str) -> str:
    try:
        return registrable_domain(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _nothing_there(fetched: Fetched) -> FetchOutcome:
    return FetchOutcome.EMPTY_SHELL if fetched.outcome is FetchOutcome.OK else fetched.outcome


def read(page: Page, facts: Facts, year: int) -> PageReading:
    """The page as it came, read by itself."""
    from icpcrawl.audit.footer import read_page

    return read_page(
        page.body,
        url=page.url,
        content_type=page.header("content-type"),
        facts=facts.numbers,
        today_year=year,
    )


def _read_part(page: Page, facts: Facts, year: int) -> PageReading:
    """A frame or fragment as it stands; a script by the HTML that its strings hold.

    What a script puts together from pieces is not known: a number whose link it does not
    write out is left to a browser.
    """
    if "javascript" not in page.header("content-type") and not urlsplit(page.url).path.endswith(".js"):
        return read(page, facts, year)
    text = _ESCAPE.sub(_unescaped, decode(page.body, page.header("content-type")).text)
    html = replace(page, headers=(("content-type", "text/html; charset=utf-8"),), body=text.encode())
    reading = read(html, facts, year)
    return replace(reading, numbers=tuple(map(_if_written_out, reading.numbers)), needs_rendering="")


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([^\n]))")
_WHOLE_ADDRESS = re.compile(r"(?:https?:)?//[^'\"+\s]+")


def _unescaped(escape: re.Match[str]) -> str:
    code, character = escape[1] or escape[2], escape[3]
    if code:
        return chr(int(code, 16)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " " if character in "nrt" else str(character)


def _if_written_out(seen: DisplayedNumber) -> DisplayedNumber:
    href = seen.link.href if seen.link else ""
    if seen.parsed.kind is NumberKind.LICENCE or _WHOLE_ADDRESS.fullmatch(href):
        return seen
    return replace(seen, place=Place.SCRIPT, displayed=False)


def _is_part(page: Page) -> bool:
    return page.status == 200 and bool(page.body)


def _joined(reading: PageReading, parts: Iterable[PageReading]) -> PageReading:
    """The page with its frames: their numbers are read by the same visitor."""
    for part in parts:
        reading = replace(
            reading,
            numbers=(*reading.numbers, *part.numbers),
            registry_links=(*reading.registry_links, *part.registry_links),
            needs_rendering="" if _fills(part, reading) else reading.needs_rendering,
            copyright_holder=reading.copyright_holder or part.copyright_holder,
            text=reading.text.joined(part.text),
        )
    return reading


def _unread(reading: PageReading, companions: Iterable[Page], home: str) -> list[str]:
    """Frames that no visit brought: of the own site, and of another where the page does not sign itself."""
    had = {_plain(part.url) for part in companions if _is_part(part)}
    unread = [url for url in reading.frames if url.startswith("http") and _plain(url) not in had]
    if unread and is_signed(reading.text):
        unread = [url for url in unread if _domain(url) == home]
    return [url for url in unread if not _NO_PAGE.search(url)]


_NO_PAGE = re.compile(
    r"//[^/]*(?:\bmaps?\b|ditu|amap|player|video|youtube|youku|bilibili|googletagmanager|doubleclick)",
    re.IGNORECASE,
)
"""A map, a film or a counter holds no filing number."""


def _plain(url: str) -> str:
    """An address as it is compared: one written in Chinese is asked for in percent codes."""
    return unquote(url).partition("#")[0]


def _unseen_part(whole: PageReading, parts: Iterable[PageReading], unread: Iterable[str]) -> str:
    """``needs_rendering`` of the whole: also where a frame is drawn by script, or was not seen."""
    if whole.needs_rendering or shows_number(whole.numbers):
        return whole.needs_rendering
    signs = (*(part.needs_rendering for part in parts), *(f"unread-frame:{url}" for url in unread))
    return next(filter(None, signs), "")


def _fills(part: PageReading, reading: PageReading) -> bool:
    """Whether ``part`` brings what ``reading`` lacked: a number, or to a bare frame its content."""
    if any(each.displayed for each in part.numbers):
        return True
    return (
        reading.needs_rendering == "empty-shell"
        and part.text.is_longer_than(HARDLY_ANY)
        and not part.needs_rendering
    )
