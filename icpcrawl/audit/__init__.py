"""The judgment of one site, whole, on one screen. Pure: values in, one value out.

    observation → what the page shows → where it is hosted → rules → waivers → verdict

Nothing here reads a clock, a file or the network, so last night's evidence is judged
again by today's rules at will.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from icpcrawl.audit import due, page
from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Confidence, Finding, Text, Verdict
from icpcrawl.audit.hosting import HostingJudgment, HostingSide, Required, judge_hosting
from icpcrawl.audit.numbers import NumberKind
from icpcrawl.audit.owners_numbers import in_canonical_form
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.rules import RULES
from icpcrawl.audit.shown import agreement, by_owners_word, judge_links, show
from icpcrawl.audit.site_audit import Shown, SiteAudit
from icpcrawl.audit.verdict import decide, is_flawed, waive, weigh
from icpcrawl.observation import Observation
from icpcrawl.portfolio import Site


def audit_site(
    site: Site,
    observation: Observation,
    previous: PreviousState | None,
    register: Register,
    facts: Facts,
    policy: Policy,
    today: date,
    rules: Sequence[Rule] = RULES,
) -> SiteAudit:
    """Judge one site by what was seen of it. Never raises: a bug becomes *inconclusive*.

    ``today`` is the date in Asia/Shanghai. ``failed_rules`` of the answer names whatever
    raised: a rule's slug, or ``reading``, ``hosting``, ``numbers``.
    """
    failed: list[str] = []
    seen = _seen(observation, facts, today, failed)
    hosting = _hosting(site, observation, facts, failed)
    case = _case(site, observation, seen, hosting, previous, register, facts, policy, today, failed)
    silent = tuple(
        rule.slug
        for rule in rules
        if not policy.speaks(rule.slug, case.site, on_by_default=rule.on_by_default)
    )
    found = _findings(case, rules, silent, failed)
    findings = waive(weigh(found, case), site, policy, facts, today)
    verdict, reason = decide(case, findings, tuple(failed), flawed=is_flawed(found, case))
    return _answer(case, verdict, reason, findings, tuple(failed), silent, seen.pieces)


def _seen(observation: Observation, facts: Facts, today: date, failed: list[str]) -> page.Seen:
    try:
        return page.look_at(observation.fetched, facts, today.year)
    except Exception:  # noqa: BLE001 - a bug in reading must cost an answer, never a row
        failed.append("reading")
        return page.Seen(observation.fetched.outcome)


def _hosting(site: Site, observation: Observation, facts: Facts, failed: list[str]) -> HostingJudgment:
    try:
        return judge_hosting(site, observation, facts.hosting, facts.texts)
    except Exception as error:  # noqa: BLE001 - as above: hosting becomes unknown, with the reason
        failed.append("hosting")
        why = Text(
            f"判断托管位置时出错：{type(error).__name__}",
            f"judging the hosting failed: {type(error).__name__}",
        )
        return HostingJudgment(HostingSide.UNKNOWN, Confidence.LOW, why, Required.UNKNOWN, why)


def _case(
    site: Site,
    observation: Observation,
    seen: page.Seen,
    hosting: HostingJudgment,
    previous: PreviousState | None,
    register: Register,
    facts: Facts,
    policy: Policy,
    today: date,
    failed: list[str],
) -> Case:
    """Everything the rules may look at, numbers compared and links judged."""
    entries = register.entries.get(registrable_domain(site.host), ())
    reading = seen.reading
    filing = psb = licence = Shown()
    try:
        site = in_canonical_form(site, facts.numbers)
        if reading:
            owned = (*site.expected_icp, *site.expected_licence, *site.expected_psb)
            reading = by_owners_word(reading, (*owned, *(entry.number for entry in entries)))
            numbers = judge_links(reading, seen.url, seen.companions, facts.links)
            of_kind = {kind: [n for n in numbers if n.seen.parsed.kind is kind] for kind in NumberKind}
            filing = show(of_kind[NumberKind.FILING], site.expected_icp, of_kind[NumberKind.LICENCE])
            psb = show(of_kind[NumberKind.PSB], site.expected_psb)
            licence = show(of_kind[NumberKind.LICENCE], site.expected_licence)
    except Exception:  # noqa: BLE001 - as above
        failed.append("numbers")
        reading = None
    return Case(
        site=site,
        observation=observation,
        outcome=seen.outcome,
        reading=reading,
        filing=filing,
        psb=psb,
        licence=licence,
        hosting=hosting,
        previous=previous,
        register=register,
        facts=facts,
        policy=policy,
        today=today,
    )


def _findings(case: Case, rules: Sequence[Rule], silent: tuple[str, ...], failed: list[str]) -> list[Finding]:
    findings: list[Finding] = []
    for rule in rules:
        if rule.slug in silent or (rule.needs_homepage and case.reading is None):
            continue
        try:
            findings += list(rule.judge(case))
        except Exception:  # noqa: BLE001 - the rule's name makes the site inconclusive; the run goes on
            failed.append(rule.slug)
    return findings


def _answer(
    case: Case,
    verdict: Verdict,
    reason: Text,
    findings: tuple[Finding, ...],
    failed: tuple[str, ...],
    silent: tuple[str, ...],
    pieces: tuple[str, ...],
) -> SiteAudit:
    registered = case.registered
    numbers = tuple(entry.number for entry in registered if entry.number)
    shown = [each.seen.parsed for each in (*case.filings, *case.licences)]
    return SiteAudit(
        site_id=case.site.site_id,
        verdict=verdict,
        reason=reason,
        outcome=case.outcome,
        findings=findings,
        hosting=case.hosting,
        filing=case.filing,
        psb=case.psb,
        licence=case.licence,
        encoding=case.reading.encoding if case.reading else "",
        encoding_why=case.reading.encoding_why if case.reading else "",
        psb_due=due.psb_due(case),
        pieces=pieces,
        register_number="|".join(numbers),
        register_entity="|".join(dict.fromkeys(entry.holder for entry in registered if entry.holder)),
        register_match=agreement(shown, numbers),
        copyright_holder=case.reading.copyright_holder if case.reading else "",
        failed_rules=failed,
        silent_rules=silent,
    )
