"""The judgment of one site, whole: what the report, the history and tomorrow's comparison read."""

from __future__ import annotations

from dataclasses import dataclass

from icpcrawl.audit.finding import Finding, Severity, Text, Verdict
from icpcrawl.audit.footer import DisplayedNumber
from icpcrawl.audit.hosting import HostingJudgment
from icpcrawl.audit.links import LinkTarget
from icpcrawl.observation import FetchOutcome


@dataclass(frozen=True, slots=True)
class JudgedNumber:
    """A displayed number with the worth of its link."""

    seen: DisplayedNumber
    link: LinkTarget


@dataclass(frozen=True, slots=True)
class Shown:
    """What the report prints of one kind of number: the best one seen, and the comparison."""

    main: JudgedNumber | None = None
    all: tuple[JudgedNumber, ...] = ()
    expected: tuple[str, ...] = ()
    match: str = "not-given"
    """``match``, ``entity-only``, ``serial-differs``, ``differs``, ``not-given``."""


@dataclass(frozen=True, slots=True)
class SiteAudit:
    site_id: str
    verdict: Verdict
    reason: Text
    """Why this verdict and no other, one sentence."""
    outcome: FetchOutcome
    """The fetch outcome after the page was looked at (``blocked-waf``, ``empty-shell`` …)."""
    findings: tuple[Finding, ...]
    """Waived ones included; worst first."""
    hosting: HostingJudgment
    filing: Shown = Shown()
    psb: Shown = Shown()
    licence: Shown = Shown()
    encoding: str = ""
    encoding_why: str = ""
    rendered: bool = False
    psb_due: str = ""
    """ISO date by which the police number is due, or empty where no date is known."""
    register_number: str = ""
    register_entity: str = ""
    register_match: str = "not-given"
    copyright_holder: str = ""
    pieces: tuple[str, ...] = ()
    """Same-site frames of the page, and scripts that write its footer, that nobody has read yet."""
    failed_rules: tuple[str, ...] = ()
    """Rules that raised; any makes the site inconclusive."""
    silent_rules: tuple[str, ...] = ()
    """Rules that the owner's policy kept from speaking: nobody looked whether their findings still stand."""

    @property
    def severity(self) -> Severity | None:
        """Worst severity among unwaived findings; None where there is none."""
        standing = [f.severity for f in self.findings if f.waived is None]
        return next((s for s in Severity if s in standing), None)
