"""What an officer reads before the table: shares, changes, the worst first, what was not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from icpcrawl.audit.blast_radius import Cluster, template_clusters
from icpcrawl.audit.finding import SEVERITIES, Severity, Text, Verdict
from icpcrawl.audit.portfolio_rules import plain_name
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.report.content import Content
from icpcrawl.report.rows import ReportRow
from icpcrawl.report.run import WaiverState
from icpcrawl.report.words import NOTHING
from icpcrawl.report.work import (
    NAMED,
    NUMBER_RULES,
    Risk,
    Topic,
    Work,
    is_fresh,
    is_soon,
    places,
    risks,
    topics,
    work_by_owner,
)

VERDICT_ORDER = (
    Verdict.NON_COMPLIANT,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_ASSESSED,
    Verdict.COMPLIANT,
    Verdict.NOT_REQUIRED,
    Verdict.REJECTED,
)
"""What asks for somebody's time first."""

FEW_RUNS = 12
"""Fewer bars are not drawn broader than so many would be."""
AGES = (("week", 0, 7), ("month", 8, 30), ("quarter", 31, 90), ("longer", 91, None))
"""Key, first and last day open."""
EXPIRING_DAYS = 30
"""A waiver with so many days left is to be renewed or ended."""

CHANGE_ORDER = ("regressed", "new", "coverage-lost", "fixed")


@dataclass(frozen=True, slots=True)
class Share:
    """One verdict's piece of the bar, in thousandths of its length."""

    verdict: Verdict
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule over the whole portfolio, unwaived findings only."""

    rule: str
    severity: Severity
    """The worst it has anywhere."""
    sites: int


@dataclass(frozen=True, slots=True)
class Group:
    """Sites that share a change or a fetch outcome."""

    key: str
    count: int
    first: tuple[ReportRow, ...]
    remedy: Text = NOTHING


@dataclass(frozen=True, slots=True)
class TrendBar:
    """One run in the trend chart, drawn from below."""

    on: str
    """ISO date."""
    verdicts: tuple[tuple[Verdict, int], ...]
    x: float
    width: float
    pieces: tuple[tuple[Verdict, float, float], ...]
    """(verdict, y, height) in percent of the chart."""


@dataclass(frozen=True, slots=True)
class Age:
    """Standing errors that were first seen so long ago."""

    key: str
    findings: int
    width: float
    """Of a thousand, for the most frequent one."""


@dataclass(frozen=True, slots=True)
class WaiverLine:
    waiver: WaiverState
    standing: str
    """``active``, ``expiring`` or ``expired``."""
    days_left: int
    findings: int
    """Findings of this run that it covers."""


@dataclass(frozen=True, slots=True)
class Overview:
    shares: tuple[Share, ...]
    problems: tuple[Problem, ...]
    work: tuple[Work, ...]
    """By owner: the overdue first, then the most errors."""
    overdue: int
    """Sites with an error or a warning whose day has passed."""
    soon: int
    """Sites with one due within ``SOON_DAYS``, and none overdue."""
    fresh: int
    """Sites that are new or regressed."""
    risks: tuple[Risk, ...]
    places: tuple[tuple[str, int], ...]
    """Hosting side → sites, of all sides that occur."""
    geography: tuple[Topic, ...]
    numbers: tuple[Topic, ...]
    changes: tuple[Group, ...]
    compared: bool
    """Whether any site has an earlier state to be compared with."""
    unseen: tuple[Group, ...]
    refused: tuple[ReportRow, ...]
    trend: tuple[TrendBar, ...]
    """Earlier runs and this one, oldest first; empty where there is no earlier one."""
    ages: tuple[Age, ...]
    clusters: tuple[Cluster, ...]
    """Mistakes of a template: one fix, many sites."""
    waivers: tuple[WaiverLine, ...]

    @property
    def standings(self) -> tuple[tuple[str, int], ...]:
        """How many waivers have run out, are about to, or hold on."""
        counts = Counter(line.standing for line in self.waivers)
        return tuple((standing, counts[standing]) for standing in ("expired", "expiring", "active"))

    @property
    def most(self) -> int:
        """Sites in the highest bar of the trend."""
        return max((sum(count for _, count in bar.verdicts) for bar in self.trend), default=0)


def overview(content: Content) -> Overview:
    rows = content.rows
    unseen = _grouped((row.cells["outcome"], row) for row in rows if row.verdict is Verdict.NOT_ASSESSED)
    changed = _grouped((row.cells["change"], row) for row in rows)
    return Overview(
        shares=_shares(content.counts.verdicts),
        problems=_problems(rows),
        work=work_by_owner(rows),
        overdue=sum(row.overdue > 0 for row in rows),
        soon=sum(is_soon(row, content.run.today) for row in rows),
        fresh=sum(map(is_fresh, rows)),
        risks=risks(rows),
        places=places(rows),
        geography=topics(rows, lambda rule: rule.startswith("hosting-")),
        numbers=topics(rows, NUMBER_RULES.__contains__),
        changes=tuple(changed[key] for key in CHANGE_ORDER if key in changed),
        compared=bool(changed.keys() - {"", "first-run"}),
        unseen=tuple(_with_remedy(group, content) for group in _most_first(unseen.values())),
        refused=tuple(row for row in rows if row.refused),
        trend=_trend(content),
        ages=_ages(rows),
        clusters=template_clusters(
            {
                row.site_id: [told.finding for told in row.findings if told.finding.waived is None]
                for row in rows
            },
            {row.site_id: _kin(row) for row in rows if row.findings},
        ),
        waivers=waiver_lines(content),
    )


def _kin(row: ReportRow) -> str:
    """Whose a site is, as far as its row tells: sites of one group, entity, owner or domain."""
    given = (row.cells[column] for column in ("group", "entity", "owner"))
    return next((plain_name(name) for name in given if name), registrable_domain(row.cells["domain"]))


def _shares(verdicts: Mapping[str, int]) -> tuple[Share, ...]:
    whole = sum(verdicts.values()) or 1
    shares: list[Share] = []
    start = 0.0
    for verdict in VERDICT_ORDER:
        width = 1000 * verdicts[verdict] / whole
        shares.append(Share(verdict, verdicts[verdict], round(start, 2), round(width, 2)))
        start += width
    return tuple(shares)


def _trend(content: Content) -> tuple[TrendBar, ...]:
    if not content.run.trend:
        return ()
    points = [(point.started_on, dict(point.verdicts)) for point in content.run.trend]
    points.append((content.run.today.isoformat(), dict(content.counts.verdicts)))
    most = max(sum(_sites(verdicts).values()) for _, verdicts in points) or 1
    step = 1000 / max(len(points), FEW_RUNS)
    bars = []
    for at, (on, verdicts) in enumerate(points):
        sites, y, pieces = _sites(verdicts), 100.0, []
        for verdict, count in sites.items():
            height = 100 * count / most
            y -= height
            pieces.append((verdict, round(y, 3), round(height, 3)))
        told = tuple(sites.items())
        bars.append(TrendBar(on, told, round(at * step, 2), round(step * 0.86, 2), tuple(pieces)))
    return tuple(bars)


def _sites(verdicts: Mapping[str, int]) -> dict[Verdict, int]:
    """Refused rows left out: earlier runs do not remember them."""
    return {
        each: verdicts[each] for each in VERDICT_ORDER if each is not Verdict.REJECTED and verdicts.get(each)
    }


def _ages(rows: Iterable[ReportRow]) -> tuple[Age, ...]:
    days = [
        found.change.days_open
        for row in rows
        for found in row.findings
        if found.change and found.finding.waived is None and found.finding.severity is Severity.ERROR
    ]
    counts = {
        key: sum(first <= day and (last is None or day <= last) for day in days) for key, first, last in AGES
    }
    most = max(counts.values()) or 1
    return tuple(Age(key, count, round(1000 * count / most, 1)) for key, count in counts.items())


def waiver_lines(content: Content) -> tuple[WaiverLine, ...]:
    """Every waiver of the policy, the next to run out first, with what it covers tonight."""
    covered = Counter(
        (finding.rule, waived.reason, waived.owner, waived.approver, waived.expires)
        for row in content.rows
        for finding in (found.finding for found in row.findings)
        if (waived := finding.waived)
    )
    lines = []
    for each in content.run.waivers:
        days = (date.fromisoformat(each.expires) - content.run.today).days
        standing = "expired" if days < 0 else "expiring" if days <= EXPIRING_DAYS else "active"
        own = (each.reason, each.owner, each.approver, each.expires)
        findings = sum(
            count
            for (rule, *rest), count in covered.items()
            if tuple(rest) == own and fnmatchcase(rule, each.rule)
        )
        lines.append(WaiverLine(each, standing, days, findings))
    return tuple(lines)


def _problems(rows: Iterable[ReportRow]) -> tuple[Problem, ...]:
    sites: Counter[str] = Counter()
    worst: dict[str, Severity] = {}
    for row in rows:
        standing = [found.finding for found in row.findings if found.finding.waived is None]
        sites.update({finding.rule for finding in standing})
        for finding in standing:
            known = worst.get(finding.rule, Severity.NOTICE)
            worst[finding.rule] = min(known, finding.severity, key=SEVERITIES.index)
    problems = (Problem(rule, worst[rule], count) for rule, count in sites.items())
    return tuple(sorted(problems, key=lambda each: (SEVERITIES.index(each.severity), -each.sites, each.rule)))


def _grouped(pairs: Iterable[tuple[str, ReportRow]]) -> dict[str, Group]:
    counts: Counter[str] = Counter()
    first: dict[str, list[ReportRow]] = {}
    for key, row in pairs:
        counts[key] += 1
        named = first.setdefault(key, [])
        if len(named) < NAMED:
            named.append(row)
    return {key: Group(key, counts[key], tuple(rows)) for key, rows in first.items()}


def _most_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.count, group.key))


def _with_remedy(group: Group, content: Content) -> Group:
    return Group(group.key, group.count, group.first, content.words.outcome(group.key))
