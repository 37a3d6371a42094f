"""A visit → the homepage's reading, or what stood in its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from icpcrawl.audit.blocked import refine
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.footer import PageReading
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
    parts = [_read(part, facts, year) for part in fetched.companions if _is_part(part)]
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
