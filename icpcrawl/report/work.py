"""Who has to act, and where: by owner, by entity, by topic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from icpcrawl.audit.entities import Claim, Entities, held_by
from icpcrawl.audit.finding import SEVERITIES, Severity, Verdict
from icpcrawl.audit.hosting import HostingSide
from icpcrawl.audit.portfolio_rules import plain_name
from icpcrawl.audit.shown import is_usable
from icpcrawl.report.cells import one_line
from icpcrawl.report.rows import ReportRow

NAMED = 6
"""Sites, owners or rules named one by one; the table holds all of them."""
SOON_DAYS = 7
NUMBER_RULES = frozenset(
    {
        "portfolio-shared-service-number",
        "portfolio-two-numbers-one-domain",
        "portfolio-foreign-number",
        "portfolio-unlisted-filing",
        "filing-number-several",
        "filing-number-borrowed",
        "filing-number-differs",
        "filing-number-differs-from-register",
        "licence-differs",
        "psb-differs",
        "psb-code-mismatch",
        "entity-holder-differs",
    }
)
"""Where one number contradicts another: on other sites, on the page, in the portfolio, in the register."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one owner has to put right."""

    owner: str
    sites: int
    errors: int
    warnings: int
    overdue: int
    """Errors and warnings whose day has passed."""
    due: str
    """The first day among those to come, ISO; empty where none is."""


@dataclass(frozen=True, slots=True)
class Risk:
    """An entity whose next filing some of its sites would hold up."""

    entity: str
    """As the first of its rows writes it."""
    site_ids: tuple[str, ...]
    """All its sites, in the order of the portfolio."""
    unseen: int
    """Sites nobody could look at: they may hold it up as well."""
    bad: int
    """Sites with an error, waived ones too: no reviewer knows of a waiver."""
    first: tuple[ReportRow, ...]

    @property
    def sites(self) -> int:
        return len(self.site_ids)


@dataclass(frozen=True, slots=True)
class Topic:
    """One rule over the whole portfolio, with what was seen; waived findings left out."""

    rule: str
    severity: Severity
    sites: int
    seen: tuple[tuple[str, tuple[str, ...]], ...]
    """What was observed → some of the sites; the most frequent first."""


def is_soon(row: ReportRow, today: date) -> bool:
    """Due within ``SOON_DAYS``, and not overdue."""
    return not row.overdue and "" < row.due <= (today + timedelta(days=SOON_DAYS)).isoformat()


def is_fresh(row: ReportRow) -> bool:
    return row.cells["change"] in ("new", "regressed")


def work_by_owner(rows: Iterable[ReportRow]) -> tuple[Work, ...]:
    of_owner: dict[str, list[ReportRow]] = {}
    for row in rows:
        if any(found.is_loud for found in row.findings):
            of_owner.setdefault(row.cells["owner"], []).append(row)
    told = []
    for owner, own in of_owner.items():
        loud = [found for row in own for found in row.findings if found.is_loud]
        errors = sum(found.finding.severity is Severity.ERROR for found in loud)
        coming = (found.due for found in loud if found.due and not found.overdue)
        overdue = sum(found.overdue > 0 for found in loud)
        told.append(Work(owner, len(own), errors, len(loud) - errors, overdue, min(coming, default="")))
    return tuple(sorted(told, key=lambda work: (-work.overdue, -work.errors, -work.warnings, work.owner)))


def risks(rows: Iterable[ReportRow]) -> tuple[Risk, ...]:
    """As ``icpcrawl readiness`` tells them in full; the entity is the portfolio's, else the register's."""
    accepted = {row.site_id: row for row in rows if row.verdict is not Verdict.REJECTED}
    known = Entities(map(_claim, accepted.values()), _holders(accepted.values()))
    names: dict[str, str] = {}
    for row in accepted.values():
        if entity := row.cells["entity"] or row.cells["register_entity"].split("|")[0]:
            names.setdefault(plain_name(entity), entity)
    told = []
    for entity in names.values():
        site_ids = known.sites_of(entity)
        own = [accepted[site_id] for site_id in site_ids]
        bad = [row for row in own if any(f.finding.severity is Severity.ERROR for f in row.findings)]
        unseen = sum(row.verdict is Verdict.NOT_ASSESSED for row in own)
        if bad:
            told.append(Risk(entity, site_ids, unseen, len(bad), tuple(bad[:NAMED])))
    return tuple(sorted(told, key=lambda risk: (-risk.bad, -risk.sites, risk.entity)))


def _claim(row: ReportRow) -> Claim:
    cells = row.cells
    seen = (each.seen for each in row.numbers if each.seen.parsed.number == cells["icp_number"])
    return Claim.read(
        row.site_id,
        (cells["entity"], cells["group"], *cells["register_entity"].split("|")),
        (*cells["icp_expected"].split("|"), *cells["register_number"].split("|")),
        cells["icp_number"] if any(map(is_usable, seen)) else "",
        (found.finding for found in row.findings),
    )


def _holders(rows: Iterable[ReportRow]) -> Mapping[str, frozenset[str]]:
    """Whose numbers are, as far as rows tell: each domain's, where the register names one holder for it."""
    named = ((row.cells["register_number"], row.cells["register_entity"]) for row in rows)
    alone = ((numbers, holder) for numbers, holder in named if "|" not in holder)
    return held_by((number, holder) for numbers, holder in alone for number in numbers.split("|"))


def places(rows: Iterable[ReportRow]) -> tuple[tuple[str, int], ...]:
    counts = Counter(row.cells["hosting"] for row in rows)
    return tuple((side.value, counts[side.value]) for side in HostingSide if counts[side.value])


def topics(rows: Iterable[ReportRow], wanted: Callable[[str], bool]) -> tuple[Topic, ...]:
    sites: dict[str, dict[str, Severity]] = {}
    seen: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        for found in row.findings:
            finding = found.finding
            if not wanted(finding.rule) or finding.waived is not None:
                continue
            worst = sites.setdefault(finding.rule, {}).get(row.site_id, Severity.NOTICE)
            sites[finding.rule][row.site_id] = min(worst, finding.severity, key=SEVERITIES.index)
            said = " → ".join(part for part in (finding.observed, finding.expected) if part)
            name = row.cells["domain"] or row.site_id
            seen.setdefault(finding.rule, {}).setdefault(one_line(said, 160), []).append(name)
    told = [
        Topic(
            rule,
            min(of_rule.values(), key=SEVERITIES.index),
            len(of_rule),
            tuple(
                (said, tuple(names[: NAMED + 1]))
                for said, names in sorted(seen[rule].items(), key=lambda pair: -len(pair[1]))[:NAMED]
            ),
        )
        for rule, of_rule in sites.items()
    ]
    return tuple(sorted(told, key=lambda each: (SEVERITIES.index(each.severity), -each.sites, each.rule)))
