"""What every report file is made from, and the totals over it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from icpcrawl.audit.finding import ASSESSED, Verdict
from icpcrawl.report.rows import ReportRow
from icpcrawl.report.run import RunSummary
from icpcrawl.report.words import Words


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals of one report; every row is in exactly one verdict."""

    rows: int
    accepted: int
    assessed: int
    verdicts: Mapping[str, int]
    """All verdicts, also those no row has."""
    outcomes: Mapping[str, int]
    severities: Mapping[str, int]
    """Unwaived findings by severity."""
    changes: Mapping[str, int]
    rules: Mapping[str, int]
    """Sites per rule, unwaived findings only, most frequent first."""
    waived: int
    """Waived findings."""
    broken: int
    """Rows that icpcrawl itself failed on."""

    @property
    def coverage(self) -> float:
        """Assessed / accepted rows, 0 to 1; 1 where nothing was accepted."""
        return self.assessed / self.accepted if self.accepted else 1.0


@dataclass(frozen=True, slots=True)
class Content:
    """Rows in portfolio order, the run, the words: the argument of every writer."""

    rows: tuple[ReportRow, ...]
    run: RunSummary
    words: Words
    counts: Counts
    flavour: str = ""
    """``excel`` adds BOM and CRLF to CSV files; empty = plain UTF-8."""


def counted(rows: tuple[ReportRow, ...]) -> Counts:
    verdicts = Counter(row.verdict for row in rows)
    standing = [found.finding for row in rows for found in row.findings if found.finding.waived is None]
    per_rule = Counter(
        rule
        for row in rows
        for rule in {found.finding.rule for found in row.findings if found.finding.waived is None}
    )
    return Counts(
        rows=len(rows),
        accepted=len(rows) - verdicts[Verdict.REJECTED],
        assessed=sum(verdicts[verdict] for verdict in ASSESSED),
        verdicts={verdict.value: verdicts[verdict] for verdict in Verdict},
        outcomes=_by_name(row.cells["outcome"] for row in rows),
        severities=_by_name(finding.severity.value for finding in standing),
        changes=_by_name(row.cells["change"] for row in rows),
        rules=dict(sorted(per_rule.items(), key=lambda pair: (-pair[1], pair[0]))),
        waived=sum(found.finding.waived is not None for row in rows for found in row.findings),
        broken=sum(bool(row.problem) for row in rows),
    )


def _by_name(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(value for value in values if value).items()))
