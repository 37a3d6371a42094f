"""What the history hands back of one site in one run."""

from __future__ import annotations

from dataclasses import dataclass

from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.observation import Observation


@dataclass(frozen=True, slots=True)
class Result:
    site_id: str
    observation: Observation
    """As stored, but with every ``Page.body`` left empty: a report does not need them."""
    audit: SiteAudit
    evidence: str
    """SHA-256 of the stored evidence record: all that was seen, bodies included, times left out."""
    body_sha256: str
    """SHA-256 of the homepage's body bytes; empty where no page was seen."""


@dataclass(frozen=True, slots=True)
class FindingChange:
    """``change``: new, regressed, unchanged, first-run."""

    change: str
    first_seen: str
    last_seen: str
    days_open: int
    counts_more: bool = False
    """It stood before, but was waived or silenced, or weighed less."""

    @property
    def is_news(self) -> bool:
        """Whether it counts from this run on, as it did not before."""
        return self.counts_more or self.change in ("new", "regressed", "first-run")


@dataclass(frozen=True, slots=True)
class SiteChange:
    """``change``: new, regressed, fixed, unchanged, first-run, coverage-lost."""

    change: str
    first_seen: str
    """ISO date since which the present verdict stands; empty for refused rows."""
    days_open: int | None
    """Days since the oldest unwaived error was first seen; None where there is none."""
    findings: tuple[FindingChange, ...] = ()
    """Aligned with ``SiteAudit.findings``."""
    fixed: tuple[tuple[str, str], ...] = ()
    """(rule, subject) of findings of the last assessed state that are gone."""
