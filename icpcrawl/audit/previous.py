"""What the history knows of a site from before this run. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from icpcrawl.audit.finding import Verdict


@dataclass(frozen=True, slots=True)
class PreviousFinding:
    rule: str
    subject: str
    first_seen: str
    """ISO date (Asia/Shanghai) of the first run that said so without a gap."""
    severity: str = ""
    """``Severity`` when it was last said; empty where the history does not know."""
    waived: bool = False
    """Or silenced by the policy."""


@dataclass(frozen=True, slots=True)
class PreviousState:
    """The site's last *assessed* state, and since when it is known at all."""

    first_seen: str
    """ISO date of the first run that held this site, assessed or not."""
    assessed_run: str = ""
    """Run of the last assessed state; empty where there never was one."""
    assessed_on: str = ""
    """ISO date of that run; what ``fetch-dark-long`` counts from."""
    verdict: Verdict | None = None
    verdict_since: str = ""
    """ISO date since which ``verdict`` has stood without a change among assessed runs."""
    findings: tuple[PreviousFinding, ...] = ()
    fixed_before: tuple[tuple[str, str], ...] = ()
    """(rule, subject) of findings that were fixed in an earlier run: back again = regressed."""
    hosting_side: str = ""
    provider: str = ""
    asn: tuple[int, ...] = ()
    cdn: str = ""
    last_verdict: Verdict | None = None
    """Verdict of the last run whatever it was; differs from ``verdict`` after a timeout."""
    dark_since: str = ""
    """ISO date of the first of the runs up to now that could not assess it; empty where the last could."""
