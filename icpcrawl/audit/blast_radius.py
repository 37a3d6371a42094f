"""Sites seen together: what holds up an entity's next filing, and which fix mends many sites.

Pure functions over a run's audits. Nothing here is a finding of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from icpcrawl.audit.entities import Entities, claim_of, entity_number, holders_of
from icpcrawl.audit.finding import ASSESSED, Finding, Severity, Verdict
from icpcrawl.audit.portfolio_rules import plain_name
from icpcrawl.audit.register import Register
from icpcrawl.audit.shown import entity_part
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.portfolio import Portfolio

LEAST_SITES = 3
"""From so many sites on, one finding in one place is a template's and no accident."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One site that would hold up the entity's next filing."""

    site_id: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    """Errors, waived ones too: a waiver is the owner's, and no reviewer knows of it."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """How ready one entity is for its next filing."""

    name: str
    """As the portfolio or the register writes it, else as it was asked for."""
    numbers: tuple[str, ...]
    """Entity numbers its sites show or are registered with."""
    sites: tuple[str, ...]
    obstacles: tuple[Obstacle, ...]
    unseen: tuple[str, ...]
    """Sites that could not be assessed: nobody knows what a reviewer would see."""


def readiness(
    entity: str, portfolio: Portfolio, audits: Mapping[str, SiteAudit], register: Register
) -> Readiness:
    """What would make a provider reject the next filing of ``entity``: a name or one of its numbers.

    A provider's review looks at all sites of the filing entity: one that shows no number, or
    links it wrongly, holds up new ones (data/texts, ``rule.*.reviewer``, names the sources).
    """
    claims = {site.site_id: claim_of(site, audits.get(site.site_id), register) for site in portfolio.sites}
    sites = {site.site_id: site for site in portfolio.sites}
    own = [sites[each] for each in Entities(claims.values(), holders_of(register)).sites_of(entity)]
    seen = [audits[site.site_id] for site in own if site.site_id in audits]
    numbers = {number for site in own for number in claims[site.site_id].numbers}
    name, number = plain_name(entity), entity_part(entity)
    spelt = (s.entity for s in own if plain_name(s.entity) == name or number in claims[s.site_id].numbers)
    return Readiness(
        name=next(filter(None, spelt), entity),
        numbers=tuple(sorted(map(entity_number, numbers))),
        sites=tuple(site.site_id for site in own),
        obstacles=tuple(
            Obstacle(audit.site_id, audit.verdict, errors)
            for audit in seen
            if (errors := tuple(f for f in audit.findings if f.severity is Severity.ERROR))
        ),
        unseen=tuple(
            site.site_id
            for site in own
            if site.site_id not in audits or audits[site.site_id].verdict not in ASSESSED
        ),
    )


@dataclass(frozen=True, slots=True)
class Cluster:
    """One mistake in one place of many pages: mended in the template, it is mended everywhere."""

    rule: str
    severity: Severity
    where: str
    """Element path that all of them share."""
    observed: str
    """What stands there on the first of them."""
    sites: tuple[str, ...]


def template_clusters(
    findings: Mapping[str, Iterable[Finding]], kin: Mapping[str, str], least: int = LEAST_SITES
) -> tuple[Cluster, ...]:
    """Findings that many sites have in the same element for the same reason, largest first.

    ``findings``: site_id → what was found there. ``kin``: site_id → whose it is. A class or id in the
    element's path tells a template; ``div > p`` is everybody's, and one template's only among kin.
    """
    found: defaultdict[tuple[str, str, str, str], dict[str, Finding]] = defaultdict(dict)
    for site_id, of_site in findings.items():
        for finding in of_site:
            if finding.severity is not Severity.NOTICE and ">" in finding.where:
                where = _NUMBERED.sub("", finding.where)
                whose = "" if _NAMED.search(where) else kin[site_id]
                found[finding.rule, where, _without_site(finding.observed), whose].setdefault(
                    site_id, finding
                )
    clusters = [
        Cluster(
            rule,
            next(iter(sites.values())).severity,
            where,
            next(iter(sites.values())).observed,
            tuple(sites),
        )
        for (rule, where, *_), sites in found.items()
        if len(sites) >= least
    ]
    return tuple(sorted(clusters, key=lambda cluster: (-len(cluster.sites), cluster.rule, cluster.where)))


_NUMBERED = re.compile(r"\d+")
_NAMED = re.compile("[.#]")
_OF_THE_SITE = re.compile(r"[\u4e00-\u9fff]{0,4}(?:ICP|公网安备)\S*|https?://\S*|\d+")


def _without_site(observed: str) -> str:
    """What was observed, without the site's own numbers and addresses.

    A link keeps its host: that is what the template got wrong.

    >>> _without_site("京ICP备12345678号-1 (no link around or beside the number)")
    ' (no link around or beside the number)'
    """
    return _OF_THE_SITE.sub(lambda found: _host(found[0]), observed)


def _host(text: str) -> str:
    return text.split("/")[2] if text.startswith("http") else ""
