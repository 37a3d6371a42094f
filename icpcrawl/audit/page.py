"""A visit → the homepage's reading, or what stood in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from icpcrawl.audit.blocked import refine
from icpcrawl.audit.decode import decode
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.footer import DisplayedNumber, PageReading, Place
from icpcrawl.audit.numbers import NumberKind
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


def look_at(fetched: Fetched, facts: Facts, year: int) -> Seen:
    """Read the page, ask whether it is the homepage at all, and add its frames and scripts.

    Everything that is not the homepage keeps its outcome and loses its reading, so that
    no rule about numbers can speak of it.
    """
    page = fetched.page
    seen = page is not None and fetched.outcome is FetchOutcome.OK
    reading = _read(page, facts, year) if page and seen else None
    outcome = refine(fetched, reading, facts.blocked).outcome
    if outcome is not FetchOutcome.OK or page is None or reading is None:
        return Seen(outcome if outcome is not FetchOutcome.OK else _nothing_there(fetched))
    # Where a number leads is another page, however it answers.
    led_to = {seen.link.url.partition("#")[0] for seen in reading.numbers if seen.link}
    pieces = [page for page in fetched.companions if _is_part(page) and page.url not in led_to]
    parts = [_read_part(piece, facts, year) for piece in pieces]
    return Seen(outcome, _joined(reading, parts), page.url, fetched.companions)


def _nothing_there(fetched: Fetched) -> FetchOutcome:
    return FetchOutcome.EMPTY_SHELL if fetched.outcome is FetchOutcome.OK else fetched.outcome


def _read(page: Page, facts: Facts, year: int) -> PageReading:
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
        return _read(page, facts, year)
    text = _ESCAPE.sub(_unescaped, decode(page.body, page.header("content-type")).text)
    html = replace(page, headers=(("content-type", "text/html; charset=utf-8"),), body=text.encode())
    reading = _read(html, facts, year)
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
            needs_rendering="" if any(each.displayed for each in part.numbers) else reading.needs_rendering,
            copyright_holder=reading.copyright_holder or part.copyright_holder,
            text_length=reading.text_length + part.text_length,
        )
    return reading
