"""The end of a run: portfolio and results → rows, exit code, files. A replayed run ends the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Severity, Text, Verdict, filled
from icpcrawl.history.result import Result, SiteChange
from icpcrawl.portfolio import Portfolio
from icpcrawl.report.ending import ExitCode, FailOn, RowEnd, coverage_percent, exit_code
from icpcrawl.report.gate import OutOfBand, out_of_band
from icpcrawl.report.rows import ReportRow, report_rows
from icpcrawl.report.run import RunSummary
from icpcrawl.report.words import Words, beside, catalogue
from icpcrawl.report.write import DEFAULT_FORMATS, write_report


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the report is wanted, and from what on the exit code complains."""

    fail_on: FailOn | None = None
    """None = as the policy says, else from errors on."""
    min_coverage: float = 0.0
    formats: tuple[str, ...] = DEFAULT_FORMATS
    flavour: str = ""
    gate: bool = False
    """Hold the report back where it is too unlike the recent runs, see ``gate``."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended: what a summary line and a shell need."""

    exit_code: ExitCode
    folder: Path
    files: tuple[Path, ...]
    verdicts: Mapping[str, int]
    rows_in: int
    rows_out: int
    coverage: float
    problems: tuple[str, ...] = ()
    rows: tuple[ReportRow, ...] = ()
    """As reported, in portfolio order: what a night's digest is drawn from."""
    held: str = ""
    """Why the report is held back; empty when it is not."""


def close_run(
    folder: Path,
    portfolio: Portfolio,
    results: Mapping[str, Result],
    change_of: Callable[[Result], SiteChange],
    summary: RunSummary,
    facts: Facts,
    wanted: Wanted,
    problems: Sequence[str] = (),
) -> Finished:
    """Write the report of a run into ``folder`` and say how the run ended.

    ``summary`` comes without the end: exit code, state and why it is held are put in here.
    ``problems`` are what broke before; any makes the exit code 4, and the report is written all the same.
    """
    rows = list(report_rows(portfolio, results.get, change_of, summary, facts))
    ends = [_end(row) for row in rows]
    broken = bool(problems) or any(row.problem for row in rows)
    held = _held(rows, summary, catalogue(facts)) if wanted.gate else ""
    code = exit_code(
        ends, wanted.fail_on or FailOn.ERROR, wanted.min_coverage, broken=broken, held=bool(held)
    )
    state = "failed" if broken else "held" if held else summary.state
    written = write_report(
        folder,
        rows,
        replace(summary, exit_code=int(code), state=state, held=held),
        formats=wanted.formats,
        flavour=wanted.flavour,
        facts=facts,
        problems=tuple(problems),
    )
    counts = {verdict.value: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    return Finished(
        exit_code=ExitCode.INTERNAL if written.problems else code,
        folder=folder,
        files=tuple(written.files.values()),
        verdicts={name: count for name, count in counts.items() if count},
        rows_in=len(portfolio.rows),
        rows_out=len(rows),
        coverage=round(coverage_percent(ends), 1),
        problems=written.problems,
        rows=tuple(rows),
        held=held,
    )


def _held(rows: Sequence[ReportRow], summary: RunSummary, words: Words) -> str:
    """Why this report is to be looked at before it is believed; empty where it need not be."""
    tonight = Counter(row.verdict.value for row in rows)
    recent = [dict(point.verdicts) for point in summary.trend]
    # A night like the one before was believed already, once by hand: it is not held for ever.
    amiss = out_of_band(tonight, recent) if out_of_band(tonight, recent[-1:]) else ()
    said = beside(*(_said(each, words) for each in amiss))
    return f"{said.zh} / {said.en}" if amiss else ""


def _said(each: OutOfBand, words: Words) -> Text:
    verdict = words.label(f"verdict.{each.verdict}")
    numbers = {"tonight": each.tonight, "usual": each.usual}
    return filled(
        words.label(f"held.{each.what}"), {**numbers, "verdict_zh": verdict.zh, "verdict_en": verdict.en}
    )


def _end(row: ReportRow) -> RowEnd:
    new = any(
        told.finding.severity is Severity.ERROR
        and told.finding.waived is None
        and told.change is not None
        and told.change.is_news
        for told in row.findings
    )
    return RowEnd(row.verdict, row.severity, new)
