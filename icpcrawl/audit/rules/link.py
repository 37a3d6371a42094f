"""Does the number lead a visitor to the ministry's filing system?

Source: Order 33 (2005, as amended) art. 13(1) with 25: below the number, a link to the
filing system. It binds non-commercial providers; a licence number alone is only advised
to link. Which address counts: ``data/registries.csv``, judged in ``icpcrawl.audit.links``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.links import HostKind, LinkVerdict
from icpcrawl.audit.numbers import NumberKind
from icpcrawl.audit.rules.wording import about_number, led
from icpcrawl.audit.shown import agreement, is_owned
from icpcrawl.audit.site_audit import JudgedNumber
from icpcrawl.audit.snippet import FILING_SYSTEM, filing_snippet, number_to_show

_SEVERITY = {
    LinkVerdict.NOTICE: Severity.NOTICE,
    LinkVerdict.WARNING: Severity.WARNING,
    LinkVerdict.ERROR: Severity.ERROR,
}


def _judging(target: str, confidence: Confidence) -> Callable[[Case], Iterator[Finding]]:
    """The rule for one kind of link target: a finding for every number that leads there."""

    def judge(case: Case) -> Iterator[Finding]:
        for each in case.owing_link:
            if each.link.target == target and each.link.verdict in _SEVERITY:
                yield _finding(case, f"link-{target}", _SEVERITY[each.link.verdict], each, confidence)

    return judge


def link_missing(case: Case) -> Iterator[Finding]:
    """No link at the number; a warning where the same entity's other number has one, or the number that the owner names.

    Less sure where a link stands near.
    """
    numbers = case.owing_link
    linked = {each.seen.parsed.entity_number for each in numbers if each.link.passes}
    owned = (*case.site.expected_icp, *(entry.number for entry in case.registered))
    own_linked = any(is_owned(each.seen.parsed, owned) for each in numbers if each.link.passes)
    is_near = bool(linked) or _loose_link(case)
    for each in numbers:
        if each.link.target != "missing":
            continue
        parsed = each.seen.parsed
        # A sister's or a former number beside the site's own, which is linked.
        is_settled = parsed.entity_number in linked or (own_linked and not is_owned(parsed, owned))
        is_settled = is_settled and agreement([parsed], case.site.expected_icp) != "match"
        severity = Severity.WARNING if is_settled else _SEVERITY[each.link.verdict]
        yield _finding(
            case, "link-missing", severity, each, Confidence.MEDIUM if is_near else Confidence.HIGH
        )


def look_alike(case: Case) -> Iterator[Finding]:
    """A host made to look like a registry's: an error everywhere, at a police number too."""
    for each in (*case.filings, *case.licences, *case.psb_numbers):
        if each.link.target == "look-alike":
            yield _finding(case, "link-look-alike", Severity.ERROR, each, Confidence.HIGH)


def _loose_link(case: Case) -> bool:
    links = case.reading.registry_links if case.reading else ()
    kinds = (case.facts.links.kind_of(urlsplit(link.url).hostname or "") for link in links if link.at_foot)
    return HostKind.MIIT in kinds


def _finding(
    case: Case, rule: str, severity: Severity, each: JudgedNumber, confidence: Confidence
) -> Finding:
    link = each.seen.link
    observed = link.href if link and each.link.target != "missing" else each.seen.parsed.raw
    police = each.seen.parsed.kind is NumberKind.PSB
    return about_number(
        rule,
        severity,
        each.seen,
        confidence=confidence,
        observed=led(observed, each.link),
        expected="https://beian.mps.gov.cn/" if police else FILING_SYSTEM,
        snippet="" if police else filing_snippet(number_to_show(case, each.seen.parsed)),
        note=case.facts.text("note.licence-link") if each.seen.parsed.kind is NumberKind.LICENCE else None,
    )


_HIGH, _MEDIUM = Confidence.HIGH, Confidence.MEDIUM
_LAW = ("order-33-13",)
_ERROR, _WARNING, _NOTICE = Severity.ERROR, Severity.WARNING, Severity.NOTICE

_TARGETS: tuple[tuple[str, Severity, Confidence], ...] = (
    ("retired-host", _ERROR, _HIGH),
    ("swapped", _ERROR, _HIGH),
    ("no-scheme", _ERROR, _HIGH),
    ("malformed", _ERROR, _HIGH),
    ("elsewhere", _ERROR, _HIGH),
    ("third-party", _ERROR, _HIGH),
    ("licence-system", _ERROR, _HIGH),
    ("empty", _ERROR, _HIGH),
    ("www-variant", _ERROR, _MEDIUM),
    ("script-only", _WARNING, _MEDIUM),
    ("redirector", _WARNING, _MEDIUM),
    ("old-path", _NOTICE, _HIGH),
    ("http", _NOTICE, _HIGH),
)

RULES: tuple[Rule, ...] = (
    Rule("link-missing", _ERROR, _HIGH, _LAW, link_missing),
    Rule("link-look-alike", _ERROR, _HIGH, (*_LAW, "technical:RFC 3986 section 3.2.2"), look_alike),
    *(
        Rule(f"link-{target}", severity, confidence, _LAW, _judging(target, confidence))
        for target, severity, confidence in _TARGETS
    ),
)
