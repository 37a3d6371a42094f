"""By when a finding is to be put right: the owner's house rule (``fix_days`` of the policy), and two days that go before it."""

from __future__ import annotations

from datetime import date, timedelta

from icpcrawl.audit.finding import Finding, Severity
from icpcrawl.audit.policy import Policy
from icpcrawl.portfolio import Site

LEGAL = "psb-number-missing"
"""The one rule with a day of its own: 30 days after launch, ``SiteAudit.psb_due``."""


def due_day(policy: Policy, rule: str, severity: str, first_seen: str, legal: str = "") -> str:
    """ISO date, empty where there is none. ``first_seen`` is an ISO date or empty, ``legal`` the ``psb_due``.

    A legal day that had passed before anybody looked is nobody's to keep any more: then the house rule holds.

    >>> due_day(Policy(), "link-missing", "error", "2026-11-24")
    '2026-12-01'
    >>> due_day(Policy(), "psb-number-missing", "notice", "2026-11-24", "2026-12-10")
    '2026-12-10'
    >>> due_day(Policy(), "psb-number-missing", "warning", "2026-11-24", "2019-06-19")
    '2026-12-24'
    """
    if not first_seen:
        return ""
    if rule == LEGAL and legal >= first_seen:
        return legal
    days = policy.fix_days.get(rule, policy.fix_days.get(severity, 0))
    return (date.fromisoformat(first_seen) + timedelta(days=days)).isoformat() if days else ""


def finding_due(
    policy: Policy, site: Site, finding: Finding, first_seen: str, legal: str, today: date
) -> str:
    """The same, with the waivers: a finding is put off until the last day of one that covers or covered it."""
    if finding.waived is not None:
        return finding.waived.expires
    day = due_day(policy, finding.rule, finding.severity, first_seen, legal)
    if not day:
        return ""
    put_off = (
        each.expires
        for each in policy.waivers_of(site)
        if each.has_expired(today) and each.names(finding) and each.still_fits(finding)
    )
    return max((day, *put_off))


def days_overdue(due: str, severity: str, today: date) -> int:
    """Days since the due day of an error or a warning; 0 while there is time. A notice is never overdue."""
    if not due or severity == Severity.NOTICE:
        return 0
    return max(0, (today - date.fromisoformat(due)).days)
