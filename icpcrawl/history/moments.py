"""What differs between two looks at an unchanged site: the times, taken out and put back.

Evidence without its times has the same digest every night the site stays the same: an
auditor sees at a glance that nothing moved, and the history keeps one record instead of 365.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from icpcrawl.observation import Observation, Page

NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Moments:
    run: str
    seen_at: datetime
    attempts: tuple[tuple[datetime | None, float], ...]
    """(started_at, elapsed_s) of each attempt."""
    ttls_s: tuple[int | None, ...]
    """Of each DNS answer; a resolver's cache counts it down."""
    dates: tuple[str, ...]
    """Every ``date`` header, in the order of pages and headers."""


def take_out(observation: Observation) -> tuple[Observation, Moments]:
    """The observation without its times, and the times."""
    fetched, hosting = observation.fetched, observation.hosting
    dates: list[str] = []

    def timeless(page: Page) -> Page:
        dates.extend(value for name, value in page.headers if name == "date")
        headers = tuple((name, "" if name == "date" else value) for name, value in page.headers)
        return dataclasses.replace(page, headers=headers)

    stripped = dataclasses.replace(
        observation,
        run="",
        seen_at=NEVER,
        fetched=dataclasses.replace(
            fetched,
            page=timeless(fetched.page) if fetched.page is not None else None,
            companions=tuple(timeless(page) for page in fetched.companions),
            attempts=tuple(
                dataclasses.replace(attempt, started_at=None, elapsed_s=0.0) for attempt in fetched.attempts
            ),
        ),
        hosting=dataclasses.replace(
            hosting, answers=tuple(dataclasses.replace(answer, ttl_s=None) for answer in hosting.answers)
        ),
    )
    moments = Moments(
        observation.run,
        observation.seen_at,
        tuple((attempt.started_at, attempt.elapsed_s) for attempt in fetched.attempts),
        tuple(answer.ttl_s for answer in hosting.answers),
        tuple(dates),
    )
    return stripped, moments


def put_back(stripped: Observation, moments: Moments) -> Observation:
    """The observation as it was seen."""
    fetched, hosting = stripped.fetched, stripped.hosting
    dates = iter(moments.dates)
    return dataclasses.replace(
        stripped,
        run=moments.run,
        seen_at=moments.seen_at,
        fetched=dataclasses.replace(
            fetched,
            page=_dated(fetched.page, dates) if fetched.page is not None else None,
            companions=tuple(_dated(page, dates) for page in fetched.companions),
            attempts=tuple(
                dataclasses.replace(attempt, started_at=started_at, elapsed_s=elapsed_s)
                for attempt, (started_at, elapsed_s) in zip(fetched.attempts, moments.attempts, strict=True)
            ),
        ),
        hosting=dataclasses.replace(
            hosting,
            answers=tuple(
                dataclasses.replace(answer, ttl_s=ttl_s)
                for answer, ttl_s in zip(hosting.answers, moments.ttls_s, strict=True)
            ),
        ),
    )


def _dated(page: Page, dates: Iterator[str]) -> Page:
    headers = tuple((name, next(dates, "") if name == "date" else value) for name, value in page.headers)
    return dataclasses.replace(page, headers=headers)
