"""What the memory of a year says: each run's totals, and what differs between two runs.

Questions of the spans alone: they answer for runs whose raw results were pruned long ago.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from icpcrawl.audit.finding import ASSESSED, Severity, Verdict
from icpcrawl.errors import UsageError
from icpcrawl.history.changes import AT_EASE, LOUD
from icpcrawl.history.spans import ABSENT

ADDED, REMOVED = "added", "removed"


@dataclass(frozen=True, slots=True)
class Night:
    """One remembered run: how its sites stood, and what it found and missed."""

    run_id: str
    started_at: str
    """RFC 3339, UTC."""
    on_date: str
    """ISO date in Asia/Shanghai."""
    verdicts: tuple[tuple[str, int], ...]
    """Verdict → sites, for the verdicts that occurred, in the order of ``Verdict``."""
    found: int
    """Errors and warnings that this run said for the first time, or again."""
    gone: int
    """Errors and warnings that this run could have repeated, and did not."""

    @property
    def sites(self) -> int:
        return sum(count for _, count in self.verdicts)

    @property
    def coverage(self) -> float:
        """Assessed sites in percent of all; a run without sites is covered."""
        assessed = sum(count for verdict, count in self.verdicts if verdict in ASSESSED)
        return 100.0 * assessed / self.sites if self.sites else 100.0


@dataclass(frozen=True, slots=True)
class FindingMove:
    """A finding that one of two runs knows and the other does not, or that stands in both."""

    rule: str
    subject: str
    severity: str
    """When it was last said."""
    waived: bool
    change: str
    """new, regressed, fixed, unchanged."""
    first_seen: str
    """ISO date since which it stood without a gap."""


@dataclass(frozen=True, slots=True)
class SiteMove:
    """One site that stands otherwise in the second run than in the first."""

    site_id: str
    change: str
    """new, regressed, fixed, coverage-lost, first-run, unchanged, added, removed."""
    verdict: tuple[str, str]
    """In the first run and in the second; ``absent`` where the site was in no portfolio."""
    hosting: tuple[str, str]
    """As last assessed by then."""
    findings: tuple[FindingMove, ...]

    @property
    def days_open_since(self) -> str:
        """Day the oldest unwaived error that still stands was first seen; empty without one."""
        standing = (
            move.first_seen
            for move in self.findings
            if move.change != "fixed" and not move.waived and move.severity == Severity.ERROR
        )
        return min(standing, default="")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The later run held against the earlier one."""

    earlier: Night
    later: Night
    sites: tuple[SiteMove, ...]
    """Those that differ, by name."""


def nights(database: sqlite3.Connection, portfolio: int, before: int | None = None) -> tuple[Night, ...]:
    """Every remembered run of that portfolio, oldest first; with ``before`` those before that run."""
    given = {"portfolio": portfolio, "before": before}
    runs = database.execute(
        "SELECT number, run_id, started_at, on_date FROM run WHERE portfolio = :portfolio"
        " AND state = 'complete' AND kind = 'audit' AND (:before IS NULL OR number < :before) ORDER BY number",
        given,
    ).fetchall()
    steps: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for run, verdict, more in database.execute(_STEPS, given):
        steps[run][verdict] += more
    found = dict(database.execute(_FOUND.format(when="from_run"), given).fetchall())
    gone = dict(database.execute(_FOUND.format(when="to_run"), given).fetchall())
    standing: dict[str, int] = defaultdict(int)
    told = []
    for number, run_id, started_at, on_date in runs:
        for verdict, more in steps[number].items():
            standing[verdict] += more
        verdicts = tuple((each.value, standing[each.value]) for each in Verdict if standing[each.value])
        told.append(
            Night(run_id, started_at, on_date, verdicts, int(found.get(number, 0)), int(gone.get(number, 0)))
        )
    return tuple(told)


_OF_PORTFOLIO = "site IN (SELECT number FROM site WHERE portfolio = :portfolio)"

# A gap hides the span under it, which neither begins nor ends meanwhile.
_HIDDEN = (
    "gap g JOIN span x ON x.site = g.site AND x.from_run < g.from_run"
    " AND (x.to_run IS NULL OR x.to_run > g.from_run)"
)
_STEPS = f"""
SELECT run, verdict, sum(more) FROM (
    SELECT from_run AS run, verdict, 1 AS more, site FROM span
    UNION ALL SELECT to_run, verdict, -1, site FROM span WHERE to_run IS NOT NULL
    UNION ALL SELECT from_run, verdict, 1, site FROM gap
    UNION ALL SELECT to_run, verdict, -1, site FROM gap WHERE to_run IS NOT NULL
    UNION ALL SELECT g.from_run, x.verdict, -1, g.site FROM {_HIDDEN}
    UNION ALL SELECT g.to_run, x.verdict, 1, g.site FROM {_HIDDEN} WHERE g.to_run IS NOT NULL
) AS step WHERE {_OF_PORTFOLIO} GROUP BY run, verdict
"""  # noqa: S608 - of our own words

_FOUND = (
    "SELECT {when}, count(*) FROM finding_span"  # noqa: S608 - as above
    f" WHERE {_OF_PORTFOLIO} AND severity <> 'notice' AND waived = 0 AND {{when}} IS NOT NULL GROUP BY {{when}}"
)


def compare(database: sqlite3.Connection, run_a: str, run_b: str) -> Comparison:
    """The later of two complete audits of one portfolio against the earlier.

    Raises: UsageError where one of them is not remembered, or they are of two portfolios.
    """
    runs = sorted(_remembered(database, name) for name in (run_a, run_b))
    (a, name_a, portfolio), (b, name_b, other) = runs
    if portfolio != other:
        raise UsageError(
            f"{name_a} and {name_b} are runs of two portfolios",
            remedy="compare runs of one; see icpcrawl history",
        )
    by_name = {night.run_id: night for night in nights(database, portfolio)}
    given = {"portfolio": portfolio, "a": a, "b": b}
    days = dict(database.execute("SELECT number, on_date FROM run WHERE portfolio = ?", (portfolio,)))
    findings: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for site, *rest in database.execute(_TOUCHED_FINDINGS, given):
        findings[site].append(tuple(rest))
    moves = (
        _site_move(site_id, states, _finding_moves(findings[number], a, b, days))
        for number, site_id, *states in database.execute(_TOUCHED_SITES, given).fetchall()
    )
    differing = sorted((move for move in moves if move is not None), key=lambda move: move.site_id)
    return Comparison(by_name[name_a], by_name[name_b], tuple(differing))


def _remembered(database: sqlite3.Connection, name: str) -> tuple[int, str, int]:
    row = database.execute(
        "SELECT number, run_id, portfolio, state, kind FROM run WHERE run_id = ?", (name,)
    ).fetchone()
    if row is None:
        raise UsageError(f"no run {name} is known here", remedy="see icpcrawl history")
    number, run_id, portfolio, state, kind = row
    if (state, kind) != ("complete", "audit"):
        raise UsageError(
            f"run {name} is {state if kind == 'audit' else 'a recheck'}: only complete audits can be compared",
            remedy="go on with it by icpcrawl audit --resume, or compare others; see icpcrawl history",
        )
    return number, run_id, portfolio


def _moved(table: str) -> str:
    return " UNION ".join(
        f"SELECT site FROM {table} WHERE {when} > :a AND {when} <= :b"  # noqa: S608 - as above
        for when in ("from_run", "to_run")
    )


_TOUCHED = f"WITH touched AS ({' UNION '.join(map(_moved, ('span', 'gap', 'finding_span')))})"


def _stood(table: str, name: str, run: str) -> str:
    return (
        f"LEFT JOIN {table} {name} ON {name}.site = s.number AND {name}.from_run <= {run}"
        f" AND ({name}.to_run IS NULL OR {name}.to_run > {run})"
    )


_TOUCHED_SITES = (
    f"{_TOUCHED} SELECT s.number, s.site_id, xa.verdict, ga.verdict, xa.hosting,"  # noqa: S608 - as above
    " xb.verdict, gb.verdict, xb.hosting"
    " FROM touched t JOIN site s ON s.number = t.site AND s.portfolio = :portfolio"
    f" {_stood('span', 'xa', ':a')} {_stood('gap', 'ga', ':a')}"
    f" {_stood('span', 'xb', ':b')} {_stood('gap', 'gb', ':b')}"
)
_TOUCHED_FINDINGS = (
    f"{_TOUCHED} SELECT f.site, f.rule, f.subject, f.from_run, f.to_run, f.severity, f.waived"  # noqa: S608 - as above
    " FROM touched t JOIN finding_span f ON f.site = t.site WHERE f.from_run <= :b ORDER BY f.from_run"
)


def _finding_moves(
    spans: Iterable[tuple[Any, ...]], a: int, b: int, days: dict[int, str]
) -> tuple[FindingMove, ...]:
    """``spans`` in the order they began: the last of a key is the one that stands in the later run."""
    by_key: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for span in spans:
        by_key[span[0], span[1]].append(span)
    return tuple(move for key in sorted(by_key) for move in _finding_move(key, by_key[key], a, b, days))


def _finding_move(
    key: tuple[str, str], spans: list[tuple[Any, ...]], a: int, b: int, days: dict[int, str]
) -> Iterator[FindingMove]:
    before = [span for span in spans if _stands(span, a)]
    after = [span for span in spans if _stands(span, b)]
    if not before and not after:
        return
    if not after:
        word = "fixed"
    elif before:
        word = "unchanged"
    else:
        word = "regressed" if len(spans) > 1 else "new"
    _, _, began, _, severity, waived = (after or before)[0]
    yield FindingMove(*key, severity, bool(waived), word, days.get(began, ""))


def _stands(span: tuple[Any, ...], run: int) -> bool:
    _, _, began, ended, _, _ = span
    return bool(began <= run and (ended is None or ended > run))


def _site_move(site_id: str, states: list[str | None], findings: tuple[FindingMove, ...]) -> SiteMove | None:
    span_a, gap_a, hosting_a, span_b, gap_b, hosting_b = states
    verdicts = (gap_a or span_a or ABSENT, gap_b or span_b or ABSENT)
    hosting = (hosting_a or "", hosting_b or "")
    if verdicts == (ABSENT, ABSENT):
        return None
    word = _word(verdicts, span_a, span_b, findings)
    still = all(move.change == "unchanged" for move in findings)
    if word == "unchanged" and still and verdicts[0] == verdicts[1] and hosting[0] == hosting[1]:
        return None
    return SiteMove(site_id, word, verdicts, hosting, findings)


def _word(
    verdicts: tuple[str, str],
    assessed_a: str | None,
    assessed_b: str | None,
    findings: tuple[FindingMove, ...],
) -> str:
    """As ``changes.site_change`` says it: against the last *assessed* state by then."""
    if verdicts[0] == ABSENT:
        return ADDED
    if verdicts[1] == ABSENT:
        return REMOVED
    if verdicts[1] not in ASSESSED:
        return "coverage-lost" if verdicts[0] in ASSESSED else "unchanged"
    if assessed_a is None:
        return "first-run"
    loud = {move.change for move in findings if move.severity in LOUD and not move.waived}
    for word in ("regressed", "new"):
        if word in loud:
            return word
    if assessed_b == Verdict.NON_COMPLIANT and assessed_a != Verdict.NON_COMPLIANT:
        return "new"
    better = assessed_a == Verdict.NON_COMPLIANT and assessed_b in AT_EASE
    return "fixed" if better or "fixed" in loud else "unchanged"
