"""What an officer reads before the table: shares, changes, the worst first, what was not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from icpcrawl.audit.finding import SEVERITIES, Severity, Text, Verdict
from icpcrawl.report.content import Content
from icpcrawl.report.rows import ReportRow
from icpcrawl.report.words import NOTHING

VERDICT_ORDER = (
    Verdict.NON_COMPLIANT,
    Verdict.INCONCLUSIVE,
    Verdict.NOT_ASSESSED,
    Verdict.COMPLIANT,
    Verdict.NOT_REQUIRED,
    Verdict.REJECTED,
)
"""What asks for somebody's time first."""

CHANGE_ORDER = ("regressed", "new", "coverage-lost", "fixed")
NAMED = 6
"""Sites, owners or rules named one by one; the table holds all of them."""


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
class Overview:
    shares: tuple[Share, ...]
    problems: tuple[Problem, ...]
    owners: tuple[tuple[str, int], ...]
    """Owner → non-compliant sites, most first."""
    changes: tuple[Group, ...]
    compared: bool
    """Whether any site has an earlier state to be compared with."""
    unseen: tuple[Group, ...]
    refused: tuple[ReportRow, ...]


def overview(content: Content) -> Overview:
    rows = content.rows
    bad = Counter(row.cells["owner"] for row in rows if row.verdict is Verdict.NON_COMPLIANT)
    unseen = _grouped((row.cells["outcome"], row) for row in rows if row.verdict is Verdict.NOT_ASSESSED)
    changed = _grouped((row.cells["change"], row) for row in rows)
    return Overview(
        shares=_shares(content.counts.verdicts),
        problems=_problems(rows),
        owners=tuple(sorted(bad.items(), key=lambda pair: (-pair[1], pair[0]))),
        changes=tuple(changed[key] for key in CHANGE_ORDER if key in changed),
        compared=bool(changed.keys() - {"", "first-run"}),
        unseen=tuple(_with_remedy(group, content) for group in _most_first(unseen.values())),
        refused=tuple(row for row in rows if row.refused),
    )


def _shares(verdicts: Mapping[str, int]) -> tuple[Share, ...]:
    whole = sum(verdicts.values()) or 1
    shares: list[Share] = []
    start = 0.0
    for verdict in VERDICT_ORDER:
        width = 1000 * verdicts[verdict] / whole
        shares.append(Share(verdict, verdicts[verdict], round(start, 2), round(width, 2)))
        start += width
    return tuple(shares)


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
