"""How a run ended, as a number for the shell. The exit codes, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from icpcrawl.audit.finding import ASSESSED, SEVERITIES, Severity, Verdict


class ExitCode(IntEnum):
    CLEAN = 0
    """Complete, and nothing at or above ``--fail-on``; waived findings are allowed."""
    FINDINGS = 1
    USAGE = 2
    """Usage, configuration or input error; nothing was crawled."""
    LOW_COVERAGE = 3
    """Coverage below ``--min-coverage``, or the report is held."""
    INTERNAL = 4
    """Internal error; partial results are written and marked."""
    FINDINGS_AND_LOW_COVERAGE = 5
    LOCKED = 75
    """Another run holds the lock."""
    INTERRUPTED = 130
    TERMINATED = 143


class FailOn(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"
    NEW = "new"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class RowEnd:
    """What of one row decides the exit code."""

    verdict: Verdict
    severity: Severity | None
    """Worst unwaived finding."""
    has_new_error: bool = False


def coverage_percent(rows: Iterable[RowEnd]) -> float:
    """Assessed rows per accepted row, in percent; a portfolio without accepted rows is covered.

    >>> coverage_percent([RowEnd(Verdict.COMPLIANT, None), RowEnd(Verdict.NOT_ASSESSED, None)])
    50.0
    """
    accepted = [row for row in rows if row.verdict is not Verdict.REJECTED]
    if not accepted:
        return 100.0
    return 100.0 * sum(row.verdict in ASSESSED for row in accepted) / len(accepted)


def exit_code(
    rows: Iterable[RowEnd], fail_on: FailOn, min_coverage: float, *, broken: bool = False, held: bool = False
) -> ExitCode:
    """The code of a run that came to its end. ``broken``: a report file or stage is missing.

    ``held``: the report is not believed yet, so neither are its findings.
    """
    rows = list(rows)
    if broken:
        return ExitCode.INTERNAL
    if held:
        return ExitCode.LOW_COVERAGE
    failed = any(_fails(row, fail_on) for row in rows)
    low = coverage_percent(rows) < min_coverage
    if failed and low:
        return ExitCode.FINDINGS_AND_LOW_COVERAGE
    if low:
        return ExitCode.LOW_COVERAGE
    return ExitCode.FINDINGS if failed else ExitCode.CLEAN


def _fails(row: RowEnd, fail_on: FailOn) -> bool:
    if fail_on is FailOn.NEVER:
        return False
    if fail_on is FailOn.NEW:
        return row.has_new_error
    if row.severity is None:
        return False
    return SEVERITIES.index(row.severity) <= SEVERITIES.index(Severity(fail_on.value))
