"""Rules about where a site is served from, held against what is shown, stated and was before.

Source: Order 33 (2005, as amended) art. 5: non-commercial service *within the territory* is
filed, art. 14: changes of the filed data are filed; MIIT notices (2010) 279 and (2011) 6 on
filings without mainland access (all read 2026-11-20, see ``data/law.csv``).
"""

from __future__ import annotations

from collections.abc import Iterator

from icpcrawl.audit.blocked import refine
from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.hosting import HostingSide, companies, foreign_cnames
from icpcrawl.audit.numbers import ServiceKind
from icpcrawl.audit.rules.wording import about_site, sentence
from icpcrawl.observation import FetchOutcome

_MAINLAND = (HostingSide.MAINLAND, HostingSide.MIXED)


def outside_yet_filed(case: Case) -> Iterator[Finding]:
    """A filing number is shown, but no mainland address serves the site: shell-filing risk.

    Another row of the same domain may well be served from the mainland; ``portfolio_rules``
    knows, and takes the finding back.
    """
    hosting = case.hosting
    sure = hosting.side is HostingSide.OUTSIDE and hosting.confidence is not Confidence.LOW
    # An app's filing has an access entry of its own.
    sites = [each.seen for each in case.filings if each.seen.parsed.service_kind is ServiceKind.WEBSITE]
    if sure and not hosting.platform and sites and not case.landed_elsewhere:
        yield about_site(
            "hosting-outside-yet-filed",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            observed=f"{sites[0].parsed.raw}; {_place(case)}",
            expected="境内接入商，或注销备案 / a mainland access provider, or no filing",
        )


def unfiled_confirmed(case: Case) -> Iterator[Finding]:
    """The owner's register says *not filed*, or the provider's own page does. Never a guess."""
    if case.hosting.platform or case.hosting.side not in _MAINLAND:
        return
    if any(entry.filed or (entry.filed is None and entry.number) for entry in case.registered):
        return
    approved = case.site.icp_approved_on.isoformat() if case.site.icp_approved_on else ""
    # What was read before the approval says nothing of it.
    dated = next((e for e in case.registered if e.filed is False and e.read_on > approved), None)
    if dated is not None:
        yield about_site(
            "hosting-unfiled-confirmed",
            Severity.ERROR,
            observed=f"未备案 / not filed: {dated.source or 'register'}, {dated.read_on}",
            expected="该域名已备案 / a filing for the domain",
            where=dated.domain,
        )
    elif case.outcome is FetchOutcome.BLOCKED_UNFILED:
        seen = refine(case.observation.fetched, case.reading, case.facts.blocked)
        # A page that names content as well as filing confirms neither.
        if seen.provider and seen.reason == "filing":
            yield about_site(
                "hosting-unfiled-confirmed",
                Severity.ERROR,
                confidence=Confidence.MEDIUM,
                observed=seen.detail,
                expected="该域名已备案并在该接入商接入 / a filing for the domain, with this provider as access provider",
            )


def provider_changed(case: Case) -> Iterator[Finding]:
    """The origin network moved between mainland providers: a new access addition may be due."""
    before, now = case.previous, case.hosting
    if before is None or before.hosting_side != "mainland" or now.side is not HostingSide.MAINLAND:
        return
    if before.cdn or now.cdn or now.platform or foreign_cnames(case.site, case.observation):
        return
    old, new = _holders(case, before.asn), _holders(case, now.asn)
    if not old or not new or _names(case, old) & _names(case, new):
        return
    carriers = any(case.facts.hosting.holders[number].kind == "carrier" for number in (*old, *new))
    yield about_site(
        "hosting-provider-changed",
        Severity.WARNING,
        # A data centre may pass from one carrier's announcement to another's.
        confidence=Confidence.LOW if carriers else Confidence.MEDIUM,
        subject="|".join(sorted(_names(case, new))),
        observed=_named(case, new),
        expected=f"{_named(case, old)} ({before.assessed_on})" if before.assessed_on else _named(case, old),
    )


def mixed(case: Case) -> Iterator[Finding]:
    """Mainland and outside nodes together: the mainland ones bring the duty."""
    if case.hosting.side is HostingSide.MIXED and not case.hosting.platform:
        yield about_site(
            "hosting-mixed", Severity.NOTICE, observed=_place(case), note=sentence(case.hosting.why)
        )


def disputed(case: Case) -> Iterator[Finding]:
    """The sources contradict each other on whether an address is in the mainland."""
    if case.hosting.side is HostingSide.DISPUTED and not case.hosting.platform:
        yield about_site(
            "hosting-disputed",
            Severity.NOTICE,
            observed=_place(case),
            expected="各来源说法一致 / sources that agree",
            note=sentence(case.hosting.why),
        )


def moved(case: Case) -> Iterator[Finding]:
    """The site was served from another side when it was last assessed."""
    before = case.previous.hosting_side if case.previous else ""
    sides = ("mainland", "outside", "mixed")
    if before in sides and case.hosting.side.value in sides and before != case.hosting.side.value:
        if case.hosting.side is HostingSide.OUTSIDE and case.hosting.confidence is Confidence.LOW:
            return
        yield about_site(
            "hosting-moved",
            Severity.NOTICE,
            subject=case.hosting.side.value,
            observed=_place(case),
            expected=f"{before} ({case.previous.assessed_on})" if case.previous else before,
        )


def single_vantage(case: Case) -> Iterator[Finding]:
    """Nobody asked as a mainland client: the answer is what this machine was told."""
    if case.hosting.single_vantage and case.hosting.addresses and not case.hosting.platform:
        yield about_site(
            "hosting-single-vantage",
            Severity.NOTICE,
            observed=", ".join(dict.fromkeys(a.vantage for a in case.observation.hosting.answers)),
            expected="通过支持客户端子网的解析器从境内观察 / a mainland vantage through a resolver that honours the client subnet",
        )


def differs(case: Case) -> Iterator[Finding]:
    """Side or provider is another than the portfolio states."""
    yield from _side_differs(case)
    yield from _provider_differs(case)


def _side_differs(case: Case) -> Iterator[Finding]:
    hosting, expected = case.hosting, case.site.expected_hosting
    if hosting.platform:
        return
    outside = hosting.side is HostingSide.OUTSIDE and hosting.confidence is not Confidence.LOW
    if (expected == "mainland" and outside) or (expected == "outside" and hosting.side in _MAINLAND):
        yield about_site(
            "hosting-differs",
            Severity.WARNING,
            confidence=hosting.confidence,
            subject="expected_hosting",
            observed=_place(case),
            expected=expected,
            where="expected_hosting",
        )


def _provider_differs(case: Case) -> Iterator[Finding]:
    """Only where both names are known and nothing stands in front of the server.

    Carriers announce the ranges of hosters in their data centres, so a carrier's network
    contradicts nobody.
    """
    facts, hosting = case.facts.hosting, case.hosting
    stated = companies(case.site.provider, facts)
    if not stated or hosting.cdn or hosting.platform or foreign_cnames(case.site, case.observation):
        return
    holders = _holders(case, hosting.asn)
    if not holders or len(holders) != len(hosting.asn):
        return
    if any(facts.holders[number].kind != "cloud" for number in holders):
        return
    seen = frozenset[str]().union(*(companies(facts.holders[n].organisation, facts) for n in holders))
    if seen and not seen & stated:
        yield about_site(
            "hosting-differs",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            subject="provider",
            observed=_named(case, holders),
            expected=case.site.provider,
            where="provider",
        )


def cdn_stopped(case: Case) -> Iterator[Finding]:
    """The CNAME leads to the address that a CDN gives to names it has taken offline.

    Source: https://www.volcengine.com/docs/6559/1218948 (read 2026-11-20): the CNAME of a domain
    that was stopped, for a lapsed filing among other reasons, is pointed to ``offline.…``.
    """
    if case.hosting.side is not HostingSide.UNKNOWN:
        return
    stopped = [n for n in foreign_cnames(case.site, case.observation) if n.startswith("offline.")]
    if stopped:
        yield about_site(
            "hosting-cdn-stopped",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            observed=stopped[0],
            expected="指向在用 CDN 的 CNAME / a CNAME of the CDN in service",
            where="DNS",
        )


def _place(case: Case) -> str:
    hosting = case.hosting
    countries = ", ".join(hosting.countries)
    return f"{hosting.side.value} ({countries}): {', '.join(hosting.addresses[:6])}"


def _holders(case: Case, asn: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(number for number in asn if number in case.facts.hosting.holders)


def _names(case: Case, asn: tuple[int, ...]) -> frozenset[str]:
    """Companies behind AS numbers; a holder that no table of names knows stands for itself."""
    facts = case.facts.hosting
    found: set[str] = set()
    for number in asn:
        organisation = facts.holders[number].organisation
        found |= companies(organisation, facts) or {organisation}
    return frozenset(found)


def _named(case: Case, asn: tuple[int, ...]) -> str:
    holders = case.facts.hosting.holders
    return ", ".join(f"{holders[number].organisation} (AS{number})" for number in asn)


_RFC7871 = ("technical:RFC 7871",)

RULES: tuple[Rule, ...] = (
    Rule(
        "hosting-unfiled-confirmed",
        Severity.ERROR,
        Confidence.HIGH,
        ("order-33-5", "decree-292-8"),
        unfiled_confirmed,
        needs_homepage=False,
    ),
    Rule(
        "hosting-outside-yet-filed",
        Severity.WARNING,
        Confidence.MEDIUM,
        ("notice-2010-279",),
        outside_yet_filed,
    ),
    Rule(
        "hosting-provider-changed",
        Severity.WARNING,
        Confidence.MEDIUM,
        ("order-33-14",),
        provider_changed,
        needs_homepage=False,
    ),
    Rule(
        "hosting-cdn-stopped",
        Severity.WARNING,
        Confidence.MEDIUM,
        ("technical:https://www.volcengine.com/docs/6559/1218948",),
        cdn_stopped,
        needs_homepage=False,
    ),
    Rule(
        "hosting-differs",
        Severity.WARNING,
        Confidence.MEDIUM,
        ("technical:portfolio columns expected_hosting and provider",),
        differs,
        needs_homepage=False,
    ),
    Rule("hosting-mixed", Severity.NOTICE, Confidence.HIGH, ("order-33-5",), mixed, needs_homepage=False),
    Rule(
        "hosting-disputed", Severity.NOTICE, Confidence.HIGH, ("order-33-5",), disputed, needs_homepage=False
    ),
    Rule("hosting-moved", Severity.NOTICE, Confidence.MEDIUM, ("order-33-14",), moved, needs_homepage=False),
    Rule(
        "hosting-single-vantage",
        Severity.NOTICE,
        Confidence.HIGH,
        _RFC7871,
        single_vantage,
        needs_homepage=False,
    ),
)
