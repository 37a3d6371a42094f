"""The public-security filing number: shown, well formed, and leading to its own page.

Sources: MPS Order 33 (1997, revised 2011) art. 12: apply within 30 days after going online;
MPS Order 151 art. 10(1): an inspection item; display by the portal's own instruction, not by
an article with a fine: hence warnings where filing numbers give errors. Read 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.due import FIRM_FROM_DAYS, days_online, psb_due
from icpcrawl.audit.explained import place, worth
from icpcrawl.audit.finding import Confidence, Finding, Severity, Text
from icpcrawl.audit.links import HostKind, LinkVerdict
from icpcrawl.audit.numbers import NumberStatus
from icpcrawl.audit.rules.wording import about_number, about_site, led
from icpcrawl.audit.shown import best_linked, may_be_read
from icpcrawl.audit.site_audit import JudgedNumber
from icpcrawl.audit.snippet import POLICE_PORTAL, police_number_to_show, psb_page, psb_snippet

_PORTALS = (HostKind.PSB, HostKind.PSB_FORMER)


def number_missing(case: Case) -> Iterator[Finding]:
    """No police number and no link to the portal; firm from day 90, never for a person."""
    if not case.required or not case.reading or case.reading.needs_rendering:
        return
    if any(may_be_read(each.seen) for each in case.psb.all) or _portal_link(case):
        return
    days = days_online(case)
    if days < 0:  # launched_on is still to come
        return
    firm = days >= FIRM_FROM_DAYS and case.site.entity_kind != "person"
    expected = case.site.expected_psb[0] if case.site.expected_psb else ""
    yield about_site(
        "psb-number-missing",
        Severity.WARNING if firm else Severity.NOTICE,
        confidence=Confidence.MEDIUM,
        expected=expected or f"公网安备…号 ({psb_due(case)})",
        where="footer",
        snippet=psb_snippet(expected),
        note=case.facts.text("note.psb-known") if expected else None,
    )


def placeholder(case: Case) -> Iterator[Finding]:
    """A sample number of the template."""
    yield from _of_status(case, (NumberStatus.PLACEHOLDER,), "psb-placeholder", Severity.WARNING)


def malformed(case: Case) -> Iterator[Finding]:
    """Masked or of a length that no portal ever issued."""
    bad = (NumberStatus.MALFORMED, NumberStatus.MASKED)
    yield from _of_status(case, bad, "psb-malformed", Severity.WARNING)


def province_mismatch(case: Case) -> Iterator[Finding]:
    """The province sign and the first two digits (GB/T 2260) name different provinces."""
    for each in best_linked(case.psb_numbers):
        if "province-mismatch" in each.seen.parsed.notes:
            named = place(each.seen.parsed, case.facts)
            told = case.facts.text("number.note.digits-name")
            yield about_number(
                "psb-province-mismatch",
                Severity.WARNING,
                each.seen,
                note=Text(told.zh.replace("{place}", named.zh), told.en.replace("{place}", named.en)),
            )


def legacy_form(case: Case) -> Iterator[Finding]:
    """10 to 13 digits, or the older 文保网安 form."""
    yield from _of_status(case, (NumberStatus.LEGACY_FORM,), "psb-legacy-form", Severity.NOTICE)


def differs(case: Case) -> Iterator[Finding]:
    """None of the displayed police numbers is the one that the portfolio names."""
    if case.psb.match not in ("differs", "serial-differs"):
        return
    shown = " | ".join(dict.fromkeys(each.seen.parsed.number for each in case.psb_numbers))
    yield about_site(
        "psb-differs",
        Severity.ERROR,
        subject=shown,
        observed=shown,
        expected=" | ".join(case.site.expected_psb),
        snippet=psb_snippet(case.site.expected_psb[0]),
    )


def _judging(rule: str, target: str, confidence: Confidence) -> Callable[[Case], Iterator[Finding]]:
    def judge(case: Case) -> Iterator[Finding]:
        for each in best_linked(case.psb_numbers):
            if each.link.target == target:
                yield _about_link(case, rule, each, confidence)

    return judge


def _about_link(case: Case, rule: str, each: JudgedNumber, confidence: Confidence) -> Finding:
    link = each.seen.link
    observed = link.href if link and each.link.target != "missing" else each.seen.parsed.raw
    number = police_number_to_show(case, each.seen.parsed)
    return about_number(
        rule,
        Severity.NOTICE if each.link.verdict is LinkVerdict.NOTICE else Severity.WARNING,
        each.seen,
        confidence=confidence,
        observed=led(observed, each.link),
        expected=psb_page(number) or POLICE_PORTAL,
        snippet=psb_snippet(number),
    )


def _of_status(
    case: Case, statuses: tuple[NumberStatus, ...], rule: str, severity: Severity
) -> Iterator[Finding]:
    seen = tuple(each for each in case.psb.all if each.seen.displayed and each.seen.parsed.status in statuses)
    for each in best_linked(seen):
        expected = case.site.expected_psb[0] if case.site.expected_psb else ""
        yield about_number(
            rule,
            severity,
            each.seen,
            expected=expected,
            snippet=psb_snippet(expected),
            note=worth(each.seen.parsed, case.facts),
        )


def _portal_link(case: Case) -> bool:
    links = case.reading.registry_links if case.reading else ()
    return any(case.facts.links.kind_of(urlsplit(link.url).hostname or "") in _PORTALS for link in links)


_HIGH, _MEDIUM = Confidence.HIGH, Confidence.MEDIUM
_WARNING, _NOTICE = Severity.WARNING, Severity.NOTICE
_LAW = ("mps-33-12", "portal-psb")

_TARGETS: tuple[tuple[str, str, Severity], ...] = (
    ("psb-link-missing", "missing", _WARNING),
    ("psb-link-elsewhere", "elsewhere", _WARNING),
    ("psb-link-swapped", "swapped", _WARNING),
    ("psb-link-shared", "shared", _NOTICE),
    ("psb-code-mismatch", "code-mismatch", _WARNING),
    ("psb-old-portal", "old-portal", _NOTICE),
    ("psb-link-no-code", "no-code", _NOTICE),
)

RULES: tuple[Rule, ...] = (
    Rule("psb-number-missing", _NOTICE, _MEDIUM, ("mps-33-12", "mps-151-10", "portal-psb"), number_missing),
    Rule("psb-placeholder", _WARNING, _HIGH, _LAW, placeholder),
    Rule("psb-malformed", _WARNING, _HIGH, _LAW, malformed),
    Rule("psb-province-mismatch", _WARNING, _HIGH, (*_LAW, "technical:GB/T 2260"), province_mismatch),
    Rule("psb-legacy-form", _NOTICE, _MEDIUM, _LAW, legacy_form),
    Rule("psb-differs", Severity.ERROR, _HIGH, _LAW, differs),
    *(
        Rule(rule, severity, _MEDIUM, ("portal-psb",), _judging(rule, target, _MEDIUM))
        for rule, target, severity in _TARGETS
    ),
)
