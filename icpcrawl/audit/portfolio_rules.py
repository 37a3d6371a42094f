"""What only the whole portfolio shows: shared numbers, foreign numbers, unlisted filings, idle waivers.

In: every site's audit. Out: the audits that gained findings. These are notices and warnings
only; they never change a verdict.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import ASSESSED, SEVERITIES, Confidence, Finding, Severity, Verdict
from icpcrawl.audit.hosting import HostingSide, Required
from icpcrawl.audit.numbers import ParsedNumber, ServiceKind
from icpcrawl.audit.owners_numbers import in_canonical_form
from icpcrawl.audit.policy import Policy, Waiver
from icpcrawl.audit.register import Register
from icpcrawl.audit.registrable import is_on_platform, registrable_domain
from icpcrawl.audit.rules import RULES
from icpcrawl.audit.rules.wording import about_site
from icpcrawl.audit.shown import agreement, entity_part, is_usable
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.audit.verdict import decide_again, waive
from icpcrawl.portfolio import Portfolio, Site

Found = Iterator[tuple[str, Finding]]
"""(site_id, finding)."""


class _Whole:
    """The portfolio as these rules look at it."""

    def __init__(
        self,
        portfolio: Portfolio,
        audits: Mapping[str, SiteAudit],
        register: Register,
        policy: Policy,
        today: date,
    ) -> None:
        self.portfolio = portfolio
        self.audits = audits
        self.register = register
        self.policy = policy
        self.today = today
        self.sites: Mapping[str, Site] = {
            site.site_id: site for site in portfolio.sites if site.site_id in audits
        }

    def shown(self) -> Iterator[tuple[Site, ParsedNumber]]:
        """Each row whose own page shows a usable website number, with that number.

        A row that only leads to another domain shows that domain's number, not its own.
        """
        for site_id, site in self.sites.items():
            audit = self.audits[site_id]
            if any(finding.rule == "fetch-redirects-elsewhere" for finding in audit.findings):
                continue
            main = audit.filing.main
            if main is None or not is_usable(main.seen):
                continue
            if main.seen.parsed.service_kind is ServiceKind.WEBSITE:
                yield site, main.seen.parsed


def judge_portfolio(
    portfolio: Portfolio,
    audits: Mapping[str, SiteAudit],
    register: Register,
    facts: Facts,
    policy: Policy,
    today: date,
) -> Mapping[str, SiteAudit]:
    """The audits of those sites about which the whole portfolio says more than the site alone."""
    judged = dict(audits)
    rows = (in_canonical_form(row, facts.numbers) if isinstance(row, Site) else row for row in portfolio.rows)
    portfolio = replace(portfolio, rows=tuple(rows))
    alone = (shared_numbers, two_numbers, foreign_numbers, unlisted_filings)
    for rules in (alone, (idle_waivers,)):
        # Waivers last: they may cover what the others found.
        whole = _Whole(portfolio, judged, register, policy, today)
        found: defaultdict[str, list[Finding]] = defaultdict(list)
        for site_id, finding in (each for rule in rules for each in rule(whole)):
            site = whole.sites[site_id]
            if policy.speaks(finding.rule, site, on_by_default=True):
                severity = policy.severity(finding.rule, site) or finding.severity
                found[site_id].append(replace(finding, severity=severity))
        for site_id, more in found.items():
            also = waive(more, whole.sites[site_id], policy, facts, today)
            judged[site_id] = _with(judged[site_id], (*judged[site_id].findings, *also), facts)
    for site_id in served_at_home(_Whole(portfolio, judged, register, policy, today)):
        kept = (f for f in judged[site_id].findings if f.rule != "hosting-outside-yet-filed")
        judged[site_id] = _with(judged[site_id], tuple(kept), facts)
    return {site_id: audit for site_id, audit in judged.items() if audit is not audits[site_id]}


def _with(audit: SiteAudit, found: tuple[Finding, ...], facts: Facts) -> SiteAudit:
    """The audit with these findings, its verdict asked anew."""
    findings = tuple(dict.fromkeys(sorted(found, key=lambda each: SEVERITIES.index(each.severity))))
    verdict, reason = decide_again(audit, findings, facts)
    return replace(audit, findings=findings, verdict=verdict, reason=reason)


def served_at_home(whole: _Whole) -> Iterator[str]:
    """Rows said to be hosted outside though filed, whose domain another row serves from the mainland."""
    mainland = (HostingSide.MAINLAND, HostingSide.MIXED)
    at_home = {
        registrable_domain(site.host)
        for site_id, site in whole.sites.items()
        if whole.audits[site_id].hosting.side in mainland
    }
    for site_id, site in whole.sites.items():
        told = any(finding.rule == "hosting-outside-yet-filed" for finding in whole.audits[site_id].findings)
        if told and registrable_domain(site.host) in at_home:
            yield site_id


def shared_numbers(whole: _Whole) -> Found:
    """One service number (``…号-N``) on the pages of several registrable domains.

    Lawful for filings before 2019-04-22, which may cover several domains; a warning only
    where the register gives this domain another number.
    """
    rows: defaultdict[str, list[tuple[Site, ParsedNumber]]] = defaultdict(list)
    for site, parsed in whole.shown():
        if parsed.service_serial:
            rows[parsed.number].append((site, parsed))
    for number, sites in rows.items():
        domains = sorted({registrable_domain(site.host) for site, _ in sites})
        if len(domains) < 2:
            continue
        for site, parsed in sites:
            entries = whole.register.entries.get(registrable_domain(site.host), ())
            registered = [entry.number for entry in entries if entry.number]
            against = agreement([parsed], registered) in ("differs", "serial-differs")
            yield (
                site.site_id,
                about_site(
                    "portfolio-shared-service-number",
                    Severity.WARNING if against else Severity.NOTICE,
                    confidence=Confidence.HIGH if against else Confidence.MEDIUM,
                    subject=number,
                    observed=f"{number}: {', '.join(domains[:10])}",
                    expected=", ".join(sorted(registered)) if against else "",
                ),
            )


def two_numbers(whole: _Whole) -> Found:
    """Rows of one registrable domain that show numbers of different entities, told where nobody named the number."""
    rows: defaultdict[str, list[tuple[Site, ParsedNumber]]] = defaultdict(list)
    for site, parsed in whole.shown():
        rows[registrable_domain(site.host)].append((site, parsed))
    for domain, sites in rows.items():
        shown = {
            entity_part(parsed.number): f"{site.host}: {parsed.number}" for site, parsed in reversed(sites)
        }
        if len(shown) < 2 or is_on_platform(sites[0][0].host):
            continue
        registered = tuple(entry.number for entry in whole.register.entries.get(domain, ()) if entry.number)
        for site, parsed in sites:
            if agreement([parsed], (*site.expected_icp, *registered)) in ("differs", "not-given"):
                yield (
                    site.site_id,
                    about_site(
                        "portfolio-two-numbers-one-domain",
                        Severity.NOTICE,
                        confidence=Confidence.MEDIUM,
                        # The row's own number: what a neighbour shows may change overnight.
                        subject=parsed.number,
                        observed=" | ".join(sorted(shown.values())),
                        expected=" | ".join(registered),
                    ),
                )


def foreign_numbers(whole: _Whole) -> Found:
    """A number whose holder the register knows, and who is neither the row's entity nor its group."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for entry in (each for of_domain in whole.register.entries.values() for each in of_domain):
        if entry.number and entry.holder:
            known[entity_part(entry.number)].add(entry.holder)
    groups = {plain_name(site.entity): plain_name(site.group) for site in whole.sites.values() if site.entity}
    for site, parsed in whole.shown():
        holders = known.get(entity_part(parsed.number), set())
        ours = {plain_name(name) for name in (site.entity, site.group) if name}
        plain = {plain_name(holder) for holder in holders}
        if not any(_comparable(mine, holder) for mine in ours for holder in plain):
            continue
        if any(mine in holder or holder in mine for mine in ours for holder in plain):
            continue
        if site.group and any(groups.get(holder) == plain_name(site.group) for holder in plain):
            continue
        holder, number = " | ".join(sorted(holders)), parsed.number
        yield (
            site.site_id,
            about_site(
                "portfolio-foreign-number",
                Severity.WARNING,
                subject=number,
                observed=f"{number}: {holder}",
                expected=site.entity or site.group,
                where="entity",
            ),
        )


def unlisted_filings(whole: _Whole) -> Found:
    """A filed domain of the register that no row of the portfolio watches.

    Told beside a row of the same holder, else beside the first row: a finding needs a site.
    """
    if not whole.sites:
        return
    refused = (row.domain for row in whole.portfolio.refused)
    listed = {registrable_domain(host) for host in (*refused, *(site.host for site in whole.sites.values()))}
    first = next(iter(whole.sites))
    of_entity = {
        plain_name(site.entity): site_id
        for site_id, site in reversed(list(whole.sites.items()))
        if site.entity
    }
    for domain, entries in whole.register.entries.items():
        filed = next((entry for entry in entries if entry.number), None)
        if filed is not None and domain not in listed:
            yield (
                of_entity.get(plain_name(filed.holder), first),
                about_site(
                    "portfolio-unlisted-filing",
                    Severity.NOTICE,
                    subject=domain,
                    observed=f"{domain}: {filed.number} {filed.holder}",
                    where="register.csv",
                ),
            )


def idle_waivers(whole: _Whole) -> Found:
    """A waiver that covers no finding, though one could have been made on every site it names."""
    listed = {site.site_id: site for site in whole.portfolio.sites}
    refused = {row.site_id for row in whole.portfolio.refused}
    for waiver in whole.policy.waivers:
        named = listed.get(waiver.site_id)
        scope_of = listed.values() if not waiver.site_id else [named] if named else []
        sites = [site for site in scope_of if waiver.covers_site(site)]
        if waiver.site_id in refused or not all(_could_be_found(waiver, site, whole) for site in sites):
            continue
        told_at = sites[0].site_id if sites else next(iter(whole.sites), None)
        if told_at is not None and not any(_is_needed(waiver, site, whole) for site in sites):
            scope = waiver.site_id or waiver.domain_pattern or waiver.tag
            yield (
                told_at,
                about_site(
                    "waiver-unused",
                    Severity.NOTICE,
                    subject=f"{waiver.rule} {scope}",
                    observed=f"{waiver.rule} {scope}: {waiver.reason}",
                    where=f"waivers.csv:{waiver.line}",
                ),
            )


def _could_be_found(waiver: Waiver, site: Site, whole: _Whole) -> bool:
    """Whether that site was judged whole, by a rule that the waiver names: what nobody could see is not mended."""
    audit = whole.audits.get(site.site_id)
    if audit is None or audit.verdict not in ASSESSED or audit.verdict is Verdict.INCONCLUSIVE:
        return False
    if audit.failed_rules or audit.hosting.required is Required.UNKNOWN:
        return False
    return any(
        whole.policy.speaks(rule.slug, site, on_by_default=rule.on_by_default)
        for rule in RULES
        if waiver.names_rule(rule.slug)
    )


def _is_needed(waiver: Waiver, site: Site, whole: _Whole) -> bool:
    """Whether it names a finding of that site; of one that has expired, a finding that no other waiver covers."""
    expired = waiver.has_expired(whole.today)
    named = (f for f in whole.audits[site.site_id].findings if waiver.names(f))
    return any(finding.waived is None or not expired for finding in named)


def _comparable(one: str, other: str) -> bool:
    """Both in Chinese or both not: nobody can tell whether *Jiayi Ltd.* is 甲乙有限公司."""
    return bool(_CHINESE.search(one)) is bool(_CHINESE.search(other))


_CHINESE = re.compile("[一-鿿]")


def plain_name(name: str) -> str:
    """A company's name without what spreadsheets change: width of brackets, blanks, case.

    >>> plain_name("上海甲乙（集团） 有限公司") == plain_name("上海甲乙(集团)有限公司")
    True
    """
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
