"""What the report says of a run as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from icpcrawl.audit.policy import Policy
from icpcrawl.history.memory import Night
from icpcrawl.observation import Database, Vantage

TREND_RUNS = 90
"""Earlier runs that the trend shows."""

OLD_AFTER_DAYS = 60
"""A database older than this is named in the report: clouds move networks across the border."""


def age_days(base: Database, today: date) -> int:
    """How old a database is; one that does not say when it was built counts as new."""
    return (today - date.fromisoformat(base.built_on)).days if base.built_on else 0


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """An earlier run, as the trend chart draws it."""

    started_on: str
    """ISO date."""
    verdicts: tuple[tuple[str, int], ...]
    """Verdict → sites, for the verdicts that occurred."""


@dataclass(frozen=True, slots=True)
class WaiverState:
    """A waiver of the policy and how much time it has left; the waiver table prints it."""

    rule: str
    site: str
    """``site_id``, domain pattern or tag it covers."""
    reason: str
    owner: str
    approver: str
    expires: str
    """ISO date, inclusive."""


def trend_points(nights: Iterable[Night]) -> tuple[TrendPoint, ...]:
    """The last of the remembered runs, oldest first."""
    points = tuple(TrendPoint(night.on_date, night.verdicts) for night in nights)
    return points[-TREND_RUNS:]


def waiver_states(policy: Policy) -> tuple[WaiverState, ...]:
    """The policy's waivers, the next to run out first."""
    states = (
        WaiverState(each.rule, each.scope, each.reason, each.owner, each.approver, each.expires)
        for each in policy.waivers
    )
    return tuple(sorted(states, key=lambda state: (state.expires, state.site, state.rule)))


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run: when, over what, with which rules and facts, and how it ended."""

    run_id: str
    started_at: datetime
    """UTC."""
    finished_at: datetime
    """UTC."""
    today: date
    """The date in Asia/Shanghai that due dates were counted from."""
    portfolio: str
    """Path of the portfolio as it was given."""
    portfolio_sha256: str
    exit_code: int
    state: str = "complete"
    """``complete``, ``interrupted``, ``partial`` or ``held``."""
    looked_from: str = ""
    """The place all pages were fetched from, in the words of whoever runs the audit; vantages only ask the DNS."""
    version: str = ""
    """Of icpcrawl."""
    policy_digest: str = ""
    data_digests: tuple[tuple[str, str], ...] = ()
    """Data file → SHA-256."""
    vantages: tuple[Vantage, ...] = ()
    databases: tuple[Database, ...] = ()
    arguments: tuple[str, ...] = ()
    """The command line, secrets already taken out."""
    trend: tuple[TrendPoint, ...] = ()
    """Earlier runs, oldest first; empty where there is no history."""
    waivers: tuple[WaiverState, ...] = ()
    policy: Policy = field(default_factory=Policy)
    """What due days are counted by."""
    held: str = ""
    """Why the report is held back; empty when it is not."""

    @property
    def old_databases(self) -> tuple[Database, ...]:
        """Those that were older than ``OLD_AFTER_DAYS`` on the day of the run."""
        return tuple(base for base in self.databases if age_days(base, self.today) > OLD_AFTER_DAYS)
