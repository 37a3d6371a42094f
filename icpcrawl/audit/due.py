"""When the public-security number is due.

MPS Order 33 (1997, as amended) art. 12: the filing is applied for within 30 days after
going online; the portal asks for the display within 30 days after approval. Since
nobody outside sees the approval, the product reminds from launch and is firm at day 90.
"""

from __future__ import annotations

from datetime import date, timedelta

from icpcrawl.audit.case import Case

APPLY_WITHIN_DAYS = 30
FIRM_FROM_DAYS = 90


def online_since(case: Case) -> date:
    """First day of the clock: launch, else ICP approval, else the first night we saw it."""
    known = case.site.launched_on or case.site.icp_approved_on
    if known:
        return known
    try:
        return date.fromisoformat(case.previous.first_seen) if case.previous else case.today
    except ValueError:
        return case.today


def days_online(case: Case) -> int:
    return (case.today - online_since(case)).days


def psb_due(case: Case) -> str:
    """ISO date by which the application was or is due; empty where no number is owed or lacking."""
    if not case.required or case.psb_numbers:
        return ""
    try:
        return (online_since(case) + timedelta(days=APPLY_WITHIN_DAYS)).isoformat()
    except OverflowError:  # launched_on 9999-12-31: written to mean never
        return ""
