"""Licences for paid information service: shown where known, advised where it looks like one.

Sources: Decree 292 (2000, as amended) art. 3, 4, 7, 12, 19(1) and 5 (sectors with prior
consent). Which business needs a licence is disputed in practice, so everything that is
not the owner's own statement stays advice: *check whether a licence is needed*.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.rules.wording import about_number, about_site
from icpcrawl.audit.shown import agreement, counts_as_display, is_usable, may_be_read
from icpcrawl.audit.visible_text import bounded

_STRONG_SIGNS_NEEDED = 2
"""Two independent signs: one alone (a cart icon, the name of a wallet) proves little."""


_GOODS = re.compile(r"新闻纸|(?:药品|药物|医疗)(?:包装|机械|设备厂|冷链|仓储|货架)|出版(?:设备|机械)")
"""What is sold to a sector is none of its services."""


def licence_missing(case: Case) -> Iterator[Finding]:
    """No licence number, though one is expected, stated or suggested by the page."""
    shown = [each.seen for each in case.licence.all if is_usable(each.seen)]
    # Beside an expected one licence-differs speaks; else B1 alone is none for a website.
    is_shown = bool(shown) if case.site.expected_licence else any(map(counts_as_display, shown))
    if is_shown or not case.required or not case.reading or case.reading.needs_rendering:
        return
    if case.site.expected_licence:
        unread = next((each.seen for each in case.licence.all if may_be_read(each.seen)), None)
        yield about_site(
            "licence-missing",
            Severity.WARNING if unread and not unread.displayed else Severity.ERROR,
            confidence=Confidence.MEDIUM if unread else Confidence.HIGH,
            observed=f"{unread.parsed.raw} ({unread.place.value})" if unread else "",
            expected=" | ".join(case.site.expected_licence),
            where="expected_licence",
        )
    elif case.site.commercial:
        yield about_site(
            "licence-missing",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            expected="ICP证… / B2-…",
            where="commercial",
        )
    elif case.site.commercial is None and (signs := strong_signs(case, at_least=_STRONG_SIGNS_NEEDED)):
        yield about_site(
            "licence-missing",
            Severity.NOTICE,
            confidence=Confidence.LOW,
            observed=", ".join(signs),
            expected="ICP证… / B2-…",
        )


def licence_differs(case: Case) -> Iterator[Finding]:
    """None of the displayed licence numbers is the one that the portfolio names."""
    shown = [each.seen for each in case.licence.all if is_usable(each.seen)]
    expected = case.site.expected_licence
    if agreement([seen.parsed for seen in shown], expected) != "differs":
        return
    numbers = " | ".join(dict.fromkeys(seen.parsed.number for seen in shown))
    yield about_site(
        "licence-differs", Severity.ERROR, subject=numbers, observed=numbers, expected=" | ".join(expected)
    )


def only_licence_shown(case: Case) -> Iterator[Finding]:
    """A licence number stands alone, which satisfies the duty to show a number."""
    if case.licences and not case.filings:
        yield about_number("licence-only-shown", Severity.NOTICE, case.licences[0].seen)


def preapproval_signals(case: Case) -> Iterator[Finding]:
    """The site calls itself after a sector whose authority must consent first."""
    if not case.required or not case.reading:
        return
    called = _GOODS.sub("", f"{case.site.name} {case.reading.title}".casefold())
    words = [
        sign.words for sign in case.facts.law.signals if sign.strength == "sector" and sign.words in called
    ]
    if words and not _names_a_permit(bounded(case.reading.text.whole)):
        yield about_site(
            "licence-preapproval-signals",
            Severity.NOTICE,
            confidence=Confidence.LOW,
            subject=", ".join(words),
            observed=called,
            where="title",
        )


def strong_signs(case: Case, at_least: int = 1) -> list[str]:
    """Words on the page that speak of paid service, one of each independent group; none where fewer than ``at_least``."""
    if not case.reading:
        return []
    strong = [sign for sign in case.facts.law.signals if sign.strength == "strong"]
    words = case.reading.text.may_hold(tuple(sign.words for sign in strong))
    strong = [sign for sign in strong if sign.words in words]
    if len({sign.group for sign in strong}) < at_least:
        return []
    text = bounded(case.reading.text.whole)
    if any(sign.words != sign.words.upper() for sign in strong):  # Chinese knows no case, and folding is dear
        text = text.casefold()
    found = list({sign.group: sign.words for sign in strong if sign.words in text}.values())
    return found if len(found) >= at_least else []


def _names_a_permit(text: str) -> bool:
    permits = (
        "新闻信息服务许可",
        "药品信息服务",
        "出版许可",
        "出版服务许可",
        "网药械信息备",
        "视听许可",
        "视听节目许可",
    )
    return any(permit in text for permit in permits)


RULES: tuple[Rule, ...] = (
    Rule(
        "licence-missing",
        Severity.ERROR,
        Confidence.MEDIUM,
        ("decree-292-7", "decree-292-12"),
        licence_missing,
    ),
    Rule("licence-differs", Severity.ERROR, Confidence.HIGH, ("decree-292-12",), licence_differs),
    Rule("licence-only-shown", Severity.NOTICE, Confidence.HIGH, ("decree-292-12",), only_licence_shown),
    Rule(
        "licence-preapproval-signals",
        Severity.NOTICE,
        Confidence.LOW,
        ("decree-292-5",),
        preapproval_signals,
    ),
)
