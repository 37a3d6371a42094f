"""HTML to paste into the footer, made from the site's own numbers."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from icpcrawl.audit.case import Case

FILING_SYSTEM = "https://beian.miit.gov.cn/"
POLICE_PORTAL = "https://beian.mps.gov.cn/"


def filing_snippet(number: str) -> str:
    """The number linked to the ministry's filing system.

    >>> filing_snippet("京ICP备12345678号-1")
    '<a href="https://beian.miit.gov.cn/" target="_blank" rel="noopener">京ICP备12345678号-1</a>'
    """
    return f'<a href="{FILING_SYSTEM}" target="_blank" rel="noopener">{escape(number)}</a>' if number else ""


def psb_snippet(number: str) -> str:
    """The police number linked to its own page on the portal; empty without 14 digits."""
    digits = re.search(r"\d{14}", number)
    if not digits:
        return ""
    href = f"{POLICE_PORTAL}#/query/webSearch?code={quote(digits[0])}"
    return f'<a href="{href}" target="_blank" rel="noopener">{escape(number)}</a>'


def own_filing_number(case: Case) -> str:
    """The number this site ought to show: expected, registered, or the one it shows; else empty."""
    registered = tuple(entry.number for entry in case.registered if entry.number)
    shown = tuple(each.seen.parsed.number for each in (*case.filings, *case.licences))
    return next((number for number in (*case.site.expected_icp, *registered, *shown) if number), "")
