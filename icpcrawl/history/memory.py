"""What the memory of a year says: each run's totals, and what differs between two runs.

Questions of the spans alone: they answer for runs whose raw results were pruned long ago.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from icpcrawl.audit.finding import ASSESSED, Severity, Verdict
from icpcrawl.errors import UsageError
from icpcrawl.history.changes import LOUD, is_milder, of_site
from icpcrawl.history.spans import ABSENT

ADDED, REMOVED = "added", "removed"
State = tuple[str | None, str | None, str | None]


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
    """Errors and warnings that this run said for the first time, or again; what is said of waivers left out."""
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
    """As in the later run, and so is the waiver; of what is fixed as in the earlier."""
    waived: bool
    """Or silenced by the policy."""
    change: str
    """new, regressed, fixed, unchanged."""
    first_seen: str
    """ISO date since which it stood without a gap."""
    counts_more: bool = False
    """It stood in both, but was waived or silenced in the first, or weighed less."""


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
        f"SELECT {_RUN} FROM run WHERE portfolio = :portfolio AND state = 'complete' AND kind = 'audit'"  # noqa: S608 - of our own words
        " AND (:before IS NULL OR number < :before) ORDER BY number",
        given,
    ).fetchall()
    steps = _steps(database, portfolio)
    found, gone = _moved(database, "IN (SELECT number FROM run WHERE portfolio = :portfolio)", given)
    standing: Counter[str] = Counter()
    told = []
    for number, run_id, started_at, on_date in runs:
        standing.update(steps[number])
        moved = (found.get(number, 0), gone.get(number, 0))
        told.append(Night(run_id, started_at, on_date, _in_order(standing), *moved))
    return tuple(told)


def _steps(database: sqlite3.Connection, portfolio: int) -> dict[int | None, Counter[str]]:
    """Run → by how many sites each verdict grew or shrank there."""
    steps: dict[int | None, Counter[str]] = defaultdict(Counter)
    for sentence, sign in _STOOD:
        for began, ended, verdict, sites in database.execute(sentence, (portfolio,)):
            steps[began][verdict] += sign * sites
            steps[ended][verdict] -= sign * sites
    return steps


def _moved(
    database: sqlite3.Connection, runs: str, given: Mapping[str, int | None]
) -> tuple[dict[int, int], dict[int, int]]:
    """Run → how many errors and warnings it found, and how many it saw gone."""
    found, gone = (dict(database.execute(asked.format(runs=runs), given)) for asked in (_FOUND, _GONE))
    return found, gone


def _in_order(verdicts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((each.value, verdicts[each]) for each in Verdict if verdicts.get(each))


_RUN = "number, run_id, started_at, on_date"
_OF_PORTFOLIO = "from_run IN (SELECT number FROM run WHERE portfolio = ?)"
_STOOD = (
    (f"SELECT from_run, to_run, verdict, count(*) FROM span WHERE {_OF_PORTFOLIO} GROUP BY 1, 2, 3", 1),  # noqa: S608 - as above
    (f"SELECT from_run, to_run, verdict, count(*) FROM gap WHERE {_OF_PORTFOLIO} GROUP BY 1, 2, 3", 1),  # noqa: S608 - as above
    # A gap hides the span under it, which neither begins nor ends meanwhile.
    (
        (
            "SELECT g.from_run, g.to_run, x.verdict, count(*) FROM gap g JOIN span x ON x.site = g.site"  # noqa: S608 - as above
            " AND x.from_run < g.from_run AND (x.to_run IS NULL OR x.to_run > g.from_run)"
            f" WHERE g.{_OF_PORTFOLIO} GROUP BY 1, 2, 3"
        ),
        -1,
    ),
)
"""Grouped by when they stood, with the sign they are counted by."""

_COUNTS = "{0}.severity <> 'notice' AND {0}.waived = 0 AND {0}.rule NOT LIKE 'waiver-%'"
_SAME = "o.site = f.site AND o.rule = f.rule AND o.subject = f.subject"
_FOUND = (
    f"SELECT f.from_run, count(*) FROM finding_span f WHERE {_COUNTS.format('f')} AND (f.since = f.from_run OR NOT EXISTS"  # noqa: S608 - as above
    f" (SELECT 1 FROM finding_span o WHERE {_SAME} AND o.to_run = f.from_run AND {_COUNTS.format('o')}))"
    " AND f.from_run {runs} GROUP BY f.from_run"
)
_GONE = (
    f"SELECT f.to_run, count(*) FROM finding_span f WHERE {_COUNTS.format('f')}"  # noqa: S608 - as above
    f" AND NOT EXISTS (SELECT 1 FROM finding_span o WHERE {_SAME} AND o.from_run = f.to_run)"
    " AND f.to_run {runs} GROUP BY f.to_run"
)
"""What goes on in another row is found again only where it did not count before, and is not gone."""


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
    days = dict(database.execute("SELECT number, on_date FROM run WHERE portfolio = ?", (portfolio,)))
    sites = dict(database.execute("SELECT number, site_id FROM site WHERE portfolio = ?", (portfolio,)))
    then, now = _States(database, a), _States(database, b)
    spans: dict[int, list[_Span]] = defaultdict(list)
    differing = {number for number in sites if then.of(number) != now.of(number)}
    for span in map(_Span._make, database.execute(_FINDINGS, {"a": a, "b": b})):
        spans[span.site].append(span)
        if span.stood != span.stands:
            differing.add(span.site)
    moves = (
        _site_move(sites[number], then.of(number), now.of(number), _finding_moves(spans[number], days))
        for number in differing
        if number in sites
    )
    told = sorted((move for move in moves if move is not None), key=lambda move: move.site_id)
    return Comparison(
        _night(database, a, then.verdicts(sites)), _night(database, b, now.verdicts(sites)), tuple(told)
    )


class _States:
    """How the sites stood in one run, all read in one go: between far runs most have moved."""

    def __init__(self, database: sqlite3.Connection, run: int) -> None:
        self._spans = {
            site: (verdict, hosting)
            for site, verdict, hosting in database.execute(
                f"SELECT site, verdict, hosting FROM span WHERE {_STANDS_THEN}",  # noqa: S608 - as above
                {"run": run},
            )
        }
        self._gaps = dict(
            database.execute(f"SELECT site, verdict FROM gap WHERE {_STANDS_THEN}", {"run": run})  # noqa: S608 - as above
        )

    def of(self, site: int) -> State:
        """(verdict as last assessed, verdict of a night without assessment, hosting), None where there is none."""
        verdict, hosting = self._spans.get(site, (None, None))
        return verdict, self._gaps.get(site), hosting

    def verdicts(self, sites: Iterable[int]) -> Mapping[str, int]:
        """Verdict → how many of these sites had it."""
        return Counter(self._gaps.get(site) or self._spans.get(site, ("",))[0] for site in sites)


def _night(database: sqlite3.Connection, run: int, verdicts: Mapping[str, int]) -> Night:
    """One run as ``nights`` tells it, without adding up all others."""
    given = {"run": run}
    found, gone = _moved(database, "= :run", given)
    sentence = f"SELECT {_RUN} FROM run WHERE number = :run"  # noqa: S608 - as above
    _, run_id, started_at, on_date = database.execute(sentence, given).fetchone()
    moved = (found.get(run, 0), gone.get(run, 0))
    return Night(run_id, started_at, on_date, _in_order(verdicts), *moved)


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


_STANDS_THEN = "from_run <= :run AND (to_run IS NULL OR to_run > :run)"
_FINDINGS = (
    "SELECT f.site, f.rule, f.subject, f.since, f.severity, f.waived,"  # noqa: S608 - as above
    " f.from_run <= :a AND (f.to_run IS NULL OR f.to_run > :a), f.to_run IS NULL OR f.to_run > :b,"
    f" f.since > :a AND EXISTS (SELECT 1 FROM finding_span o WHERE {_SAME} AND o.from_run < f.since)"
    " FROM finding_span f WHERE f.from_run <= :b"
    " AND (f.to_run IS NULL OR f.to_run > :b OR (f.from_run <= :a AND f.to_run > :a))"
)
"""Findings that stand in one of the two runs, as ``_Span`` names them."""


class _Span(NamedTuple):
    site: int
    rule: str
    subject: str
    since: int
    severity: str
    waived: int
    stood: int
    """In the earlier run."""
    stands: int
    """In the later run."""
    returned: int
    """Not there in the earlier run, but before."""


def _finding_moves(spans: Sequence[_Span], days: dict[int, str]) -> tuple[FindingMove, ...]:
    then = {(span.rule, span.subject): span for span in spans if span.stood}
    now = {(span.rule, span.subject): span for span in spans if span.stands}
    return tuple(
        FindingMove(
            rule=span.rule,
            subject=span.subject,
            severity=span.severity,
            waived=bool(span.waived),
            change=_finding_word(then.get(key), now.get(key)),
            first_seen=days.get(span.since, ""),
            counts_more=_counts_more(then.get(key), now.get(key)),
        )
        for key, span in sorted({**then, **now}.items())
    )


def _finding_word(then: _Span | None, now: _Span | None) -> str:
    if now is None:
        return "fixed"
    if then is not None:
        return "unchanged"
    return "regressed" if now.returned and of_site(now.rule) else "new"


def _counts_more(then: _Span | None, now: _Span | None) -> bool:
    if then is None or now is None or now is then or now.waived:
        return False
    return bool(then.waived) or is_milder(then.severity, now.severity)


def _site_move(site_id: str, then: State, now: State, findings: tuple[FindingMove, ...]) -> SiteMove | None:
    (span_a, gap_a, hosting_a), (span_b, gap_b, hosting_b) = then, now
    verdicts = (gap_a or span_a or ABSENT, gap_b or span_b or ABSENT)
    hosting = (hosting_a or "", hosting_b or "")
    if verdicts == (ABSENT, ABSENT):
        return None
    word = _word(verdicts, span_a, findings)
    still = all(move.change == "unchanged" for move in findings)
    if word == "unchanged" and still and verdicts[0] == verdicts[1] and hosting[0] == hosting[1]:
        return None
    return SiteMove(site_id, word, verdicts, hosting, findings)


def _word(verdicts: tuple[str, str], assessed_a: str | None, findings: tuple[FindingMove, ...]) -> str:
    """As ``changes.site_change`` says it: against the last *assessed* state by then."""
    if verdicts[0] == ABSENT:
        return ADDED
    if verdicts[1] == ABSENT:
        return REMOVED
    if verdicts[1] not in ASSESSED:
        return "coverage-lost" if verdicts[0] in ASSESSED else "unchanged"
    if assessed_a is None:
        return "first-run"
    loud = {
        "new" if move.counts_more else move.change
        for move in findings
        if move.severity in LOUD and not move.waived and (move.change != "fixed" or of_site(move.rule))
    }
    return next((word for word in ("regressed", "new", "fixed") if word in loud), "unchanged")
