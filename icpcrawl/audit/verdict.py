"""Findings → what they weigh here, what is waived, and the one verdict of the site.

The order of decision is the heart of the product; it stands whole in ``decide``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from icpcrawl.audit.case import Case
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import SEVERITIES, Confidence, Finding, Severity, Text, Verdict, Waived
from icpcrawl.audit.hosting import Required
from icpcrawl.audit.policy import Policy, Waiver
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.observation import FetchOutcome
from icpcrawl.portfolio import Site

_DISPLAY = ("filing-", "link-", "psb-", "licence-")
"""Families that speak of the display, which only a site served from the mainland owes."""


def weigh(findings: Iterable[Finding], case: Case) -> tuple[Finding, ...]:
    """Findings with the severity they have for this site; worst first.

    Where a filing is not known to be required, nothing is *missing*, and what is wrong
    about a number or a link is a warning. A look-alike deceives visitors everywhere.
    """
    weighed = [_weighed(finding, case) for finding in findings if not _asks_too_much(finding, case)]
    return tuple(sorted(weighed, key=lambda finding: SEVERITIES.index(finding.severity)))


def _binds(case: Case) -> bool:
    """Whether the page that was seen owes the display."""
    return case.required and case.landing_is_ours


def _asks_too_much(finding: Finding, case: Case) -> bool:
    missing = "missing" in finding.rule and finding.rule.startswith(_DISPLAY)
    return missing and not _binds(case)


def _weighed(finding: Finding, case: Case) -> Finding:
    severity = _chosen(finding, case)
    display = finding.rule.startswith(_DISPLAY) and finding.rule != "link-look-alike"
    if severity is Severity.ERROR and display and not _binds(case):
        severity = Severity.WARNING
    return finding if severity is finding.severity else replace(finding, severity=severity)


def _chosen(finding: Finding, case: Case) -> Severity:
    """The severity the owner set, else the rule's own."""
    return case.policy.severity(finding.rule, case.site) or finding.severity


def waive(
    findings: Iterable[Finding], site: Site, policy: Policy, facts: Facts, today: date
) -> tuple[Finding, ...]:
    """Mark what the owner accepted; an expired waiver becomes a finding of its own."""
    waivers = policy.waivers_of(site)
    if not waivers:
        return tuple(findings)
    marked: list[Finding] = []
    expired: list[Waiver] = []
    for finding in findings:
        covering = [waiver for waiver in waivers if waiver.names(finding)]
        valid = [waiver for waiver in covering if not waiver.has_expired(today)]
        fitting = next((waiver for waiver in valid if waiver.still_fits(finding)), None)
        expired += [waiver for waiver in covering if waiver.has_expired(today) and not fitting]
        marked.append(_marked(finding, fitting, reopened=bool(valid), facts=facts))
    if not policy.speaks("waiver-expired", site, on_by_default=True):
        return tuple(marked)
    severity = policy.severity("waiver-expired", site) or Severity.WARNING
    return (*marked, *(_expired(waiver, severity) for waiver in dict.fromkeys(expired)))


def _marked(finding: Finding, waiver: Waiver | None, *, reopened: bool, facts: Facts) -> Finding:
    if waiver:
        accepted = Waived(waiver.reason, waiver.owner, waiver.approver, waiver.expires)
        return replace(finding, waived=accepted)
    return replace(finding, note=facts.text("note.waiver-reopened")) if reopened else finding


def _expired(waiver: Waiver, severity: Severity) -> Finding:
    return Finding(
        rule="waiver-expired",
        severity=severity,
        confidence=Confidence.HIGH,
        subject=waiver.rule,
        observed=f"{waiver.rule}: {waiver.expires}",
        expected="",
        where=f"waivers.csv:{waiver.line}",
    )


def is_flawed(found: Iterable[Finding], case: Case) -> bool:
    """Whether the display would be in error if the site owed it; what is waived left out."""
    wrong = [
        each for each in found if each.rule.startswith(_DISPLAY) and _chosen(each, case) is Severity.ERROR
    ]
    return any(each.waived is None for each in waive(wrong, case.site, case.policy, case.facts, case.today))


def decide(
    case: Case, findings: tuple[Finding, ...], failed: tuple[str, ...], *, flawed: bool
) -> tuple[Verdict, Text]:
    """Exactly one verdict, with its reason. The first line that holds decides.

    ``flawed`` is the answer of ``is_flawed``, asked before the findings were weighed.
    """
    standing = [finding for finding in findings if finding.waived is None]
    errors = [finding for finding in standing if finding.severity is Severity.ERROR]
    say = _Sentences(case.facts)
    if case.outcome is not FetchOutcome.OK:
        refused = [finding for finding in errors if finding.rule == "fetch-blocked-unfiled"]
        if refused:
            return Verdict.NON_COMPLIANT, say("non-compliant", say.titles(refused))
        return Verdict.NOT_ASSESSED, say("not-assessed", say.outcome(case.outcome))
    if errors:
        return Verdict.NON_COMPLIANT, say("non-compliant", say.titles(errors))
    if failed:
        return Verdict.INCONCLUSIVE, say("rule-failed", Text("、".join(failed), ", ".join(failed)))
    if case.hosting.required is Required.NO:
        return Verdict.NOT_REQUIRED, say("not-required", case.hosting.required_why)
    open_question = unanswered(case, flawed)
    if open_question and not (open_question in _ABOUT_NUMBER and _accepted(findings)):
        return Verdict.INCONCLUSIVE, say(open_question, case.hosting.required_why)
    if any(finding.waived for finding in findings):
        return Verdict.COMPLIANT, say("compliant-waived", case.hosting.required_why)
    return Verdict.COMPLIANT, say("compliant", case.hosting.required_why)


def decide_again(audit: SiteAudit, findings: tuple[Finding, ...], facts: Facts) -> tuple[Verdict, Text]:
    """The verdict after the whole portfolio added findings to a site's own, or took one back."""
    before, errors = (
        [each for each in found if each.waived is None and each.severity is Severity.ERROR]
        for found in (audit.findings, findings)
    )
    say = _Sentences(facts)
    if errors == before or audit.verdict is Verdict.NOT_ASSESSED:
        return audit.verdict, audit.reason
    if errors:
        return Verdict.NON_COMPLIANT, say("non-compliant", say.titles(errors))
    # Taken back is only that it is filed and yet hosted outside: there nothing is required.
    return Verdict.NOT_REQUIRED, say("not-required", audit.hosting.required_why)


def unanswered(case: Case, flawed: bool) -> str:
    """The question that the evidence leaves open (a key under ``verdict``), or an empty string."""
    shown = bool(case.filings or case.licences)
    if case.landed_elsewhere and not case.landing_is_ours:
        return "landed-elsewhere"
    if not shown and case.reading and case.reading.needs_rendering:
        return "needs-browser"
    if not shown and (case.filing_like or (case.reading and case.reading.registry_links)):
        return "number-unreadable"
    if not case.required and not shown:
        return "hosting-unknown"
    if not shown:
        return "nothing-usable"
    if not case.required and flawed:
        return "hosting-unknown-display-wrong"
    return ""


_ABOUT_NUMBER = ("nothing-usable", "number-unreadable")


def _accepted(findings: tuple[Finding, ...]) -> bool:
    """The error about the lacking number was waived: the owner knows, and decided."""
    return any(
        finding.waived and finding.severity is Severity.ERROR and finding.rule.startswith("filing-number-")
        for finding in findings
    )


class _Sentences:
    """Reasons in both languages, from ``data/texts/verdicts.toml``."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def __call__(self, key: str, detail: Text) -> Text:
        sentence = self._facts.text(f"verdict.{key}")
        return Text(sentence.zh.replace("{detail}", detail.zh), sentence.en.replace("{detail}", detail.en))

    def titles(self, findings: list[Finding]) -> Text:
        slugs = dict.fromkeys(finding.rule for finding in findings)
        titles = [self._facts.text(f"rule.{slug}.title") for slug in slugs]
        return Text("；".join(title.zh for title in titles), "; ".join(title.en for title in titles))

    def outcome(self, outcome: FetchOutcome) -> Text:
        keys = (f"outcome.{outcome}.title", f"outcome.{outcome}")
        named = (self._facts.texts.get(key) for key in keys)
        return next((text for text in named if text), Text(outcome.value, outcome.value))
