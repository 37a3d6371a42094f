"""Is there a filing number, can a visitor read it, and is it this site's own?

Sources: Decree 292 (2000, as amended) art. 12 with 22: the licence or filing number in a
prominent place of the home page. Order 33 (2005) art. 13(1) with 25: bottom centre of the
home page. Both read 2026-11-20; rows in ``data/law.csv``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.explained import worth
from icpcrawl.audit.finding import Confidence, Finding, Severity, Text
from icpcrawl.audit.footer import DisplayedNumber, PageLink, Place
from icpcrawl.audit.links import HostKind
from icpcrawl.audit.numbers import NumberKind, NumberStatus, ServiceKind
from icpcrawl.audit.rules.wording import about_number, about_site
from icpcrawl.audit.shown import AGREES, agreement, is_owned, is_usable
from icpcrawl.audit.snippet import filing_snippet, number_to_show, own_filing_number

_FILING_SYSTEM = frozenset({HostKind.MIIT, HostKind.MIIT_WWW, HostKind.MIIT_RETIRED})
_UNREADABLE = frozenset(
    {
        NumberStatus.MALFORMED,
        NumberStatus.PLACEHOLDER,
        NumberStatus.NO_PREFIX,
        NumberStatus.ENGLISH,
    }
)
"""Statuses that have a rule of their own instead of *missing*."""
_FOOT = frozenset({Place.FOOTER, Place.BOTTOM})


def number_missing(case: Case) -> Iterator[Finding]:
    """Nothing stands on the page that could be meant as a filing or licence number."""
    if not case.required or _has_display(case) or _drawn_by_script(case) or _portal_links(case):
        return
    candidates = [each for each in _candidates(case) if each.parsed.status in _UNREADABLE and each.displayed]
    if candidates or _hidden(case) or _in_images(case):
        return
    number = own_filing_number(case)
    yield about_site(
        "filing-number-missing",
        Severity.ERROR,
        confidence=case.hosting.confidence,
        expected=number or "ICP备…号",
        where="footer",
        snippet=filing_snippet(number),
    )


def number_placeholder(case: Case) -> Iterator[Finding]:
    """A sample left in from the template is the only number."""
    if not _has_display(case):
        yield from _of_status(case, NumberStatus.PLACEHOLDER, "filing-number-placeholder", Severity.ERROR)


def number_masked(case: Case) -> Iterator[Finding]:
    """Digits are replaced by x or *; beside a good number only a notice."""
    severity = Severity.NOTICE if _has_display(case) else Severity.ERROR
    yield from _of_status(case, NumberStatus.MASKED, "filing-number-masked", severity)


def number_malformed(case: Case) -> Iterator[Finding]:
    """A near miss: a digit too few, letters mixed up. Firm only in the footer."""
    for seen in _displayed(case):
        if seen.parsed.status not in (NumberStatus.MALFORMED, NumberStatus.NO_PREFIX):
            continue
        severity, confidence = Severity.ERROR, Confidence.HIGH
        if seen.parsed.status is NumberStatus.NO_PREFIX or seen.parsed.kind is NumberKind.LICENCE:
            severity, confidence = Severity.WARNING, Confidence.MEDIUM
        if seen.place not in _FOOT:
            severity, confidence = Severity.WARNING, Confidence.LOW
        if _has_display(case):
            severity = Severity.NOTICE
        number = own_filing_number(case)
        yield about_number(
            "filing-number-malformed",
            severity,
            seen,
            confidence=confidence,
            expected=number,
            snippet=filing_snippet(number),
            note=worth(seen.parsed, case.facts),
        )


def number_joke(case: Case) -> Iterator[Finding]:
    """A number of a joke or internal register, which is no filing."""
    yield from _of_status(case, NumberStatus.JOKE, "filing-number-joke", Severity.NOTICE)


def nonstandard_prefix(case: Case) -> Iterator[Finding]:
    """川 贵 云 甘 秦 …: the filing system prints 蜀 黔 滇 陇 instead."""
    status = NumberStatus.NONSTANDARD_PREFIX
    for finding in _of_status(case, status, "filing-number-nonstandard-prefix", Severity.WARNING):
        yield (
            finding
            if finding.expected
            else replace(finding, expected=_with_usual_sign(case, finding.subject))
        )


def _with_usual_sign(case: Case, number: str) -> str:
    """The number as the filing system would print it; empty where nobody knows its province."""
    sign = case.facts.numbers.signs.get(number[:1])
    usual = sign.expected if sign else ""
    return f"{usual}{number[1:]}" if usual else ""


def impossible_year(case: Case) -> Iterator[Finding]:
    """A year of approval that is still to come."""
    yield from _of_status(case, NumberStatus.IMPOSSIBLE_YEAR, "filing-number-impossible-year", Severity.ERROR)


def legacy_form(case: Case) -> Iterator[Finding]:
    """Six digits, from before Order 33: genuine, but worth renewing."""
    yield from _of_status(case, NumberStatus.LEGACY_FORM, "filing-number-legacy-form", Severity.NOTICE)


def number_for_app(case: Case) -> Iterator[Finding]:
    """Only filings of Apps, mini-programs or quick apps are shown on a website."""
    if not case.filings or case.licences:
        return
    if any(each.seen.parsed.service_kind is ServiceKind.WEBSITE for each in case.filings):
        return
    seen = case.filings[0].seen
    entity = seen.parsed.entity_number
    yield about_number(
        "filing-number-for-app", Severity.ERROR, seen, expected=f"{entity}-N" if entity else ""
    )


def not_displayed(case: Case) -> Iterator[Finding]:
    """The number is in the source, but where no visitor reads it."""
    if _has_display(case) or _drawn_by_script(case) or _portal_links(case) or _in_images(case):
        return
    if any(each.parsed.status in _UNREADABLE for each in _displayed(case)):
        return
    hidden = _hidden(case)
    if not hidden:
        return
    # Menus and responsive copies are shown by script at the right width: never firm about those.
    styled = [each for each in hidden if _has_script(case) and _may_appear(each)]
    severity, confidence = Severity.ERROR, Confidence.HIGH
    if styled:
        severity, confidence = Severity.WARNING, Confidence.MEDIUM
    seen = (styled or hidden)[0]
    number = number_to_show(case, seen.parsed)
    yield about_number(
        "filing-number-not-displayed",
        severity,
        seen,
        confidence=confidence,
        observed=f"{seen.parsed.raw} ({seen.hidden_by or seen.place.value})",
        expected=number,
        snippet=filing_snippet(number),
        note=_how_hidden(case, seen),
    )


def _how_hidden(case: Case, seen: DisplayedNumber) -> Text:
    if seen.place is Place.ATTRIBUTE:
        return case.facts.text("seen.attribute")
    return case.facts.texts.get(f"seen.{seen.hidden_by or seen.place.value}", case.facts.text("seen.unshown"))


def image_only(case: Case) -> Iterator[Finding]:
    """The number was read from an image or its alternative text only."""
    if _has_display(case) or _displayed(case):
        return
    for seen in _in_images(case)[:1]:
        number = number_to_show(case, seen.parsed)
        yield about_number(
            "filing-number-image-only",
            Severity.WARNING,
            seen,
            confidence=Confidence.MEDIUM,
            expected=number,
            snippet=filing_snippet(number),
        )


def number_unreadable(case: Case) -> Iterator[Finding]:
    """A link to the filing system without a number that could be read, not even in a picture."""
    if _has_display(case) or _displayed(case) or _in_images(case):
        return
    for link in _portal_links(case)[:1]:
        yield about_site(
            "filing-number-unreadable",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            subject=urlsplit(link.url).hostname or "",
            observed=f"{link.text} → {link.href}",
            expected=own_filing_number(case) or "ICP备…号",
        )


def not_at_bottom(case: Case) -> Iterator[Finding]:
    """The number stands, but neither in a footer nor at the end of the page."""
    shown = [each.seen for each in (*case.filings, *case.licences)]
    if shown and all(each.place is Place.BODY for each in shown):
        yield about_number(
            "filing-number-not-at-bottom", Severity.NOTICE, shown[0], confidence=Confidence.MEDIUM
        )


def english_only(case: Case) -> Iterator[Finding]:
    """Only a pinyin or English rendering, which the filing system does not know."""
    if not _has_display(case):
        status = NumberStatus.ENGLISH
        yield from _of_status(case, status, "filing-number-english-only", Severity.WARNING, Confidence.MEDIUM)


def number_several(case: Case) -> Iterator[Finding]:
    """More than one filing number, unless they are a list, a licence beside it, or two provinces."""
    sites = [each.seen for each in case.filings if each.seen.parsed.service_kind is ServiceKind.WEBSITE]
    by_entity = {seen.parsed.entity_number or seen.parsed.number: seen for seen in reversed(sites)}
    prefixes = {seen.parsed.prefix for seen in sites}
    owned = (*case.site.expected_icp, *(entry.number for entry in case.registered))
    strangers = [seen for seen in by_entity.values() if not is_owned(seen.parsed, owned)]
    if len(by_entity) > 1 and len(prefixes) == 1 and strangers:
        numbers = " | ".join(sorted(by_entity))
        yield about_site(
            "filing-number-several",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            subject=numbers,
            observed=numbers,
            expected=" | ".join(case.site.expected_icp),
            where=sites[0].where,
        )
    elif len(by_entity) == 1 and _listed_apart(sites):
        numbers = " | ".join(dict.fromkeys(seen.parsed.number for seen in sites))
        yield about_site("filing-number-several", Severity.NOTICE, subject=numbers, observed=numbers)


def number_borrowed(case: Case) -> Iterator[Finding]:
    """The number of a well-known site, as cloned templates carry it along."""
    shown = (*case.filings, *case.licences)
    owned = (*case.site.expected_icp, *case.site.expected_licence, *(e.number for e in case.registered))
    holder = case.reading.copyright_holder if case.reading else ""
    # One of ours beside it: then the other may be a partner's, a badge, a quotation.
    none_ours = agreement([each.seen.parsed for each in shown], owned) == "differs"
    for each in shown:
        parsed = each.seen.parsed
        known = case.borrowed(parsed)
        if known is None or is_owned(parsed, owned):
            continue
        firm = none_ours and holder and known.names
        yield about_number(
            "filing-number-borrowed",
            Severity.ERROR if firm else Severity.WARNING,
            each.seen,
            confidence=Confidence.HIGH if firm else Confidence.MEDIUM,
            observed=f"{parsed.raw} ({known.owner})",
            expected=" | ".join(owned),
        )


def number_differs(case: Case) -> Iterator[Finding]:
    """None of the displayed numbers is the one that the portfolio names."""
    owned = tuple(entry.number for entry in case.registered if entry.number)
    yield from _differing(case, "filing-number-differs", case.site.expected_icp, owned, "portfolio")


def differs_from_register(case: Case) -> Iterator[Finding]:
    """None of the displayed numbers is the one that the owner's register names."""
    numbers = tuple(entry.number for entry in case.registered if entry.number)
    expected = (*case.site.expected_icp, *case.site.expected_licence)
    yield from _differing(case, "filing-number-differs-from-register", numbers, expected, "register")


def form_habit(case: Case) -> Iterator[Finding]:
    """Reviewers of a province ask for the entity's or for the site's number (by policy)."""
    for each in case.filings[:1]:
        parsed = each.seen.parsed
        habit = case.policy.province_habit.get(parsed.prefix) or case.policy.province_habit.get("*", "")
        if habit == "entity" and parsed.service_serial:
            yield about_number(
                "filing-number-form-habit", Severity.NOTICE, each.seen, expected=parsed.entity_number
            )
        if habit == "service" and not parsed.service_serial:
            expected = f"{parsed.entity_number}-N"
            yield about_number("filing-number-form-habit", Severity.NOTICE, each.seen, expected=expected)


def _differing(
    case: Case, rule: str, expected: tuple[str, ...], otherwise: tuple[str, ...], source: str
) -> Iterator[Finding]:
    """Compare with one of the owner's two sources; where the other agrees, only warn."""
    shown = [*case.filings, *case.licences]
    match = agreement([each.seen.parsed for each in shown], expected)
    if match not in ("serial-differs", "differs"):
        return
    severity, note = Severity.ERROR, None
    if match == "serial-differs":
        severity = Severity.WARNING
    elif agreement([each.seen.parsed for each in shown], otherwise) in AGREES:
        severity, note = Severity.WARNING, case.facts.text("note.sources-disagree")
    elif not _same_kind(case, expected):
        severity, note = Severity.WARNING, case.facts.text("note.other-kind")
    numbers = dict.fromkeys(each.seen.parsed.number for each in shown)
    wanted = " | ".join(expected)
    yield about_site(
        rule,
        severity,
        subject=" | ".join(numbers),
        observed=" | ".join(numbers),
        expected=wanted,
        where=source,
        snippet=filing_snippet(expected[0]),
        note=note,
    )


def _same_kind(case: Case, expected: tuple[str, ...]) -> bool:
    """A licence number may lawfully stand instead of the filing number (Decree 292 art. 12)."""
    return bool(case.filings) == any("备" in number for number in expected)


def _has_display(case: Case) -> bool:
    return bool(case.filings or case.licences)


def _drawn_by_script(case: Case) -> bool:
    return bool(case.reading and case.reading.needs_rendering)


def _candidates(case: Case) -> tuple[DisplayedNumber, ...]:
    numbers = case.reading.numbers if case.reading else ()
    return tuple(each for each in numbers if each.parsed.kind is not NumberKind.PSB)


def _displayed(case: Case) -> list[DisplayedNumber]:
    """Filing and licence numbers a visitor reads, of whatever worth, somebody else's left out."""
    apart = (NumberStatus.QUOTED, NumberStatus.JOKE)
    return [each for each in _candidates(case) if each.displayed and each.parsed.status not in apart]


def _unseen(case: Case) -> list[DisplayedNumber]:
    """Numbers that would count if only they were displayed."""
    return [each for each in _candidates(case) if not each.displayed and is_usable(_as_displayed(each))]


def _as_displayed(seen: DisplayedNumber) -> DisplayedNumber:
    return DisplayedNumber(seen.parsed, seen.place, displayed=True)


def _hidden(case: Case) -> list[DisplayedNumber]:
    places = (Place.COMMENT, Place.HIDDEN, Place.ATTRIBUTE)
    return [each for each in _unseen(case) if each.place in places]


def _in_images(case: Case) -> list[DisplayedNumber]:
    return [each for each in _unseen(case) if each.place is Place.IMAGE_ALT]


def _may_appear(seen: DisplayedNumber) -> bool:
    """Hidden by style only: a script or a wider window may show it."""
    return seen.place is Place.HIDDEN and seen.hidden_by not in ("template", "comment", "input-hidden")


def _has_script(case: Case) -> bool:
    page = case.observation.fetched.page
    return page is not None and b"<script" in page.body.lower()


def _portal_links(case: Case) -> list[PageLink]:
    links = case.reading.registry_links if case.reading else ()
    facts = case.facts.links
    return [link for link in links if facts.kind_of(urlsplit(link.url).hostname or "") in _FILING_SYSTEM]


def _of_status(
    case: Case,
    status: NumberStatus,
    rule: str,
    severity: Severity,
    confidence: Confidence = Confidence.HIGH,
) -> Iterator[Finding]:
    """One finding for each different number of that status that a visitor reads."""
    told: set[str] = set()
    for seen in _candidates(case):
        key = seen.parsed.number or seen.parsed.raw
        if not seen.displayed or seen.parsed.status is not status or key in told:
            continue
        told.add(key)
        number = own_filing_number(case) if status is not NumberStatus.LEGACY_FORM else ""
        yield about_number(
            rule,
            severity,
            seen,
            confidence=confidence,
            expected=number if number != seen.parsed.number else "",
            snippet=filing_snippet(number) if number != seen.parsed.number else "",
            note=worth(seen.parsed, case.facts),
        )


def _listed_apart(sites: Iterable[DisplayedNumber]) -> bool:
    """Different serials of one entity that do not stand in one list."""
    numbers = {seen.parsed.service_serial: seen.block for seen in sites if seen.parsed.service_serial}
    return len(numbers) > 1 and len(set(numbers.values())) > 1


_HIGH, _MEDIUM, _LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
_SHOW = ("decree-292-12", "order-33-13")
_TRUE = ("decree-292-12", "order-33-23")

RULES: tuple[Rule, ...] = (
    Rule("filing-number-missing", Severity.ERROR, _HIGH, _SHOW, number_missing),
    Rule("filing-number-placeholder", Severity.ERROR, _HIGH, _SHOW, number_placeholder),
    Rule("filing-number-masked", Severity.ERROR, _HIGH, _SHOW, number_masked),
    Rule("filing-number-malformed", Severity.ERROR, _HIGH, _SHOW, number_malformed),
    Rule("filing-number-joke", Severity.NOTICE, _HIGH, _SHOW, number_joke),
    Rule("filing-number-nonstandard-prefix", Severity.WARNING, _MEDIUM, _SHOW, nonstandard_prefix),
    Rule("filing-number-impossible-year", Severity.ERROR, _HIGH, _TRUE, impossible_year),
    Rule("filing-number-legacy-form", Severity.NOTICE, _MEDIUM, _SHOW, legacy_form),
    Rule("filing-number-for-app", Severity.ERROR, _HIGH, ("notice-2023-105", *_SHOW), number_for_app),
    Rule("filing-number-not-displayed", Severity.ERROR, _HIGH, _SHOW, not_displayed),
    Rule("filing-number-image-only", Severity.WARNING, _MEDIUM, _SHOW, image_only),
    Rule("filing-number-unreadable", Severity.WARNING, _MEDIUM, _SHOW, number_unreadable),
    Rule("filing-number-not-at-bottom", Severity.NOTICE, _MEDIUM, ("order-33-13",), not_at_bottom),
    Rule("filing-number-english-only", Severity.WARNING, _MEDIUM, _SHOW, english_only),
    Rule("filing-number-several", Severity.NOTICE, _MEDIUM, ("notice-2019-633",), number_several),
    Rule("filing-number-borrowed", Severity.ERROR, _MEDIUM, _TRUE, number_borrowed),
    Rule("filing-number-differs", Severity.ERROR, _HIGH, _TRUE, number_differs),
    Rule("filing-number-differs-from-register", Severity.ERROR, _HIGH, _TRUE, differs_from_register),
    Rule(
        "filing-number-form-habit", Severity.NOTICE, _LOW, ("order-33-13",), form_habit, on_by_default=False
    ),
)
