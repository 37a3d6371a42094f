"""What changed at a site: this run's audit against its last *assessed* state.

A finding is gone only when the page was seen and the rule could speak. A timeout, an
interception page, a rule that crashed or was switched off, or an inconclusive verdict
fixes nothing: what stood before keeps standing, unseen. What is still there is not fixed
either, whatever the owner's waivers and policy make of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from icpcrawl.audit.finding import ASSESSED, SEVERITIES, Finding, Severity, Verdict
from icpcrawl.audit.previous import PreviousFinding, PreviousState
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.history.result import FindingChange, SiteChange
from icpcrawl.observation import FetchOutcome

LOUD = frozenset({Severity.ERROR, Severity.WARNING})
"""Severities that make a whole site *new*, *regressed* or *fixed*.

A notice comes and goes quietly, and so does what is waived.
"""


def site_change(previous: PreviousState | None, audit: SiteAudit, today: date, run: str) -> SiteChange:
    """``today`` is the date in Asia/Shanghai. ``run`` is this run: state of its own making is refused."""
    if previous is not None and previous.assessed_run == run:
        raise ValueError(f"{audit.site_id}: run {run} compared with itself")
    findings = tuple(_finding_change(previous, audit, finding, today) for finding in audit.findings)
    fixed = tuple(finding for finding in gone(previous, audit) if of_site(finding.rule))
    return SiteChange(
        change=_word(previous, audit, findings, fixed),
        first_seen=_verdict_since(previous, audit.verdict, today),
        days_open=_oldest_error(audit, findings),
        findings=findings,
        fixed=tuple((finding.rule, finding.subject) for finding in fixed),
    )


def gone(previous: PreviousState | None, audit: SiteAudit) -> tuple[PreviousFinding, ...]:
    """Findings of the last assessed state that this audit could have repeated, and did not."""
    if previous is None or audit.verdict not in ASSESSED:
        return ()
    here = {(finding.rule, finding.subject) for finding in audit.findings}
    return tuple(
        finding
        for finding in previous.findings
        if (finding.rule, finding.subject) not in here and _could_tell(audit, finding.rule)
    )


def of_site(rule: str) -> bool:
    """False for what is said of waivers: it goes with a line of the owner's list, and nothing was put right."""
    return not rule.startswith("waiver-")


def _could_tell(audit: SiteAudit, rule: str) -> bool:
    if audit.outcome is not FetchOutcome.OK or rule in (*audit.failed_rules, *audit.silent_rules):
        return False
    return audit.verdict is not Verdict.INCONCLUSIVE or rule.startswith("fetch-")


def _finding_change(
    previous: PreviousState | None, audit: SiteAudit, finding: Finding, today: date
) -> FindingChange:
    key = (finding.rule, finding.subject)
    since = today.isoformat()
    if previous is None or (audit.verdict in ASSESSED and previous.verdict is None):
        return _since("first-run", since, today)
    if audit.verdict not in ASSESSED and previous.dark_since:
        return _since("unchanged", previous.dark_since, today)
    for before in previous.findings:
        if (before.rule, before.subject) == key:
            told = _since("unchanged", before.first_seen, today)
            return replace(told, counts_more=_counts_more(before, finding))
    returned = key in previous.fixed_before and of_site(finding.rule)
    return _since("regressed" if returned else "new", since, today)


def _counts_more(before: PreviousFinding, finding: Finding) -> bool:
    if finding.waived is not None:
        return False
    return before.waived or is_milder(before.severity, finding.severity)


def is_milder(severity: str, other: str) -> bool:
    """False where the severity is not known."""
    return bool(severity) and SEVERITIES.index(Severity(severity)) > SEVERITIES.index(Severity(other))


def _since(change: str, first_seen: str, today: date) -> FindingChange:
    return FindingChange(change, first_seen, today.isoformat(), _days(first_seen, today))


def _days(since: str, today: date) -> int:
    # A clock that jumped back must not give a negative age.
    return max(0, (today - date.fromisoformat(since)).days)


def _word(
    previous: PreviousState | None,
    audit: SiteAudit,
    findings: tuple[FindingChange, ...],
    fixed: tuple[PreviousFinding, ...],
) -> str:
    if previous is None:
        return "first-run"
    if previous.verdict is None:
        return "first-run" if audit.verdict in ASSESSED else "unchanged"
    if audit.verdict not in ASSESSED:
        return "coverage-lost"
    loud = {
        # An old warning that became an error, or a waiver that ran out, is news to its owner.
        "new" if change.counts_more else change.change
        for finding, change in zip(audit.findings, findings, strict=True)
        if finding.waived is None and finding.severity in LOUD
    }
    if any(finding.severity in LOUD and not finding.waived for finding in fixed):
        loud.add("fixed")
    return next((word for word in ("regressed", "new", "fixed") if word in loud), "unchanged")


def _verdict_since(previous: PreviousState | None, verdict: Verdict, today: date) -> str:
    if previous is None:
        return today.isoformat()
    if verdict not in ASSESSED:
        stands = previous.dark_since if previous.last_verdict is verdict else ""
    else:
        stands = previous.verdict_since if previous.verdict is verdict else ""
    return stands or today.isoformat()


def _oldest_error(audit: SiteAudit, findings: tuple[FindingChange, ...]) -> int | None:
    return max(
        (
            change.days_open
            for finding, change in zip(audit.findings, findings, strict=True)
            if finding.waived is None and finding.severity is Severity.ERROR
        ),
        default=None,
    )
