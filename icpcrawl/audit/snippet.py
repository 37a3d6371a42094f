"""HTML to paste into the footer, made from the site's own numbers."""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

from icpcrawl.audit.case import Case
from icpcrawl.audit.numbers import NumberKind, NumberStatus, ParsedNumber, ServiceKind
from icpcrawl.audit.shown import AGREES, agreement

FILING_SYSTEM = "https://beian.miit.gov.cn/"
POLICE_PORTAL = "https://beian.mps.gov.cn/"


def filing_snippet(number: str) -> str:
    """The number linked to the ministry's filing system.

    >>> filing_snippet("京ICP备12345678号-1")
    '<a href="https://beian.miit.gov.cn/" target="_blank" rel="noopener">京ICP备12345678号-1</a>'
    """
    if not number or number.startswith("ICP"):  # nobody displays one without its province
        return ""
    return f'<a href="{FILING_SYSTEM}" target="_blank" rel="noopener">{escape(number)}</a>'


def psb_snippet(number: str) -> str:
    """The police number linked to its own page on the portal; empty without 14 digits."""
    href = psb_page(number)
    return f'<a href="{href}" target="_blank" rel="noopener">{escape(number)}</a>' if href else ""


def psb_page(number: str) -> str:
    """The page of a police number on the portal; empty without 14 digits."""
    digits = re.search(r"\d{14}", number)
    return f"{POLICE_PORTAL}#/query/webSearch?code={quote(digits[0])}" if digits else ""


def own_filing_number(case: Case) -> str:
    """The website's number that this site ought to show: expected, registered, or the sound one it shows; else empty."""
    shown = (each.seen.parsed for each in (*case.filings, *case.licences))
    return next(iter((*_owned(case), *(parsed.number for parsed in shown if _is_sound(case, parsed)), "")))


def number_to_show(case: Case, seen: ParsedNumber) -> str:
    """What ought to stand in the place of a number on the page; empty where nobody knows.

    The number itself, unless it is the owner's in no list of his, or another finding doubts it.
    """
    owned = [number for number in _owned(case) if ("备" in number) is (seen.kind is NumberKind.FILING)]
    shown = [each.seen.parsed for each in (*case.filings, *case.licences)] or [seen]
    if agreement([seen], owned) in AGREES:
        return seen.number
    if owned and agreement(shown, owned) not in AGREES:
        return owned[0]
    return seen.number if _is_sound(case, seen) else ""


def police_number_to_show(case: Case, seen: ParsedNumber) -> str:
    """The same for a public-security number."""
    owned = case.site.expected_psb
    return seen.number if not owned or case.psb.match in AGREES else owned[0]


_SOUND = (NumberStatus.OK, NumberStatus.LEGACY_FORM)
_OF_APP = re.compile(r"-\d+[AXK]$")


def _owned(case: Case) -> list[str]:
    registered = (entry.number for entry in case.registered)
    named = (*case.site.expected_icp, *registered)
    return [number for number in named if number and not _OF_APP.search(number)]


def _is_sound(case: Case, shown: ParsedNumber) -> bool:
    return (
        shown.status in _SOUND and shown.service_kind is ServiceKind.WEBSITE and case.borrowed(shown) is None
    )
