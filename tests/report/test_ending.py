"""How a run ended, as a shell is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpcrawl.audit.finding import Finding, Severity, Verdict
from icpcrawl.history.result import FindingChange, SiteChange
from icpcrawl.portfolio import Portfolio
from icpcrawl.report.closing import Wanted, close_run
from icpcrawl.report.ending import ExitCode, FailOn, RowEnd, coverage_percent, exit_code
from tests.report.samples import FACTS, RUN, finding, result, site, waived

GOOD = RowEnd(Verdict.COMPLIANT, None)
NOTICED = RowEnd(Verdict.COMPLIANT, Severity.NOTICE)
WARNED = RowEnd(Verdict.COMPLIANT, Severity.WARNING)
OLD = RowEnd(Verdict.NON_COMPLIANT, Severity.ERROR)
NEW = RowEnd(Verdict.NON_COMPLIANT, Severity.ERROR, has_new_error=True)
UNSEEN = RowEnd(Verdict.NOT_ASSESSED, None)
UNSURE = RowEnd(Verdict.INCONCLUSIVE, None)
REFUSED = RowEnd(Verdict.REJECTED, None)


@pytest.mark.parametrize(
    ("rows", "percent"),
    [
        ([], 100.0),
        ([REFUSED], 100.0),
        ([GOOD, REFUSED], 100.0),
        ([GOOD, UNSEEN], 50.0),
        ([OLD, UNSEEN, UNSEEN, UNSEEN], 25.0),
        ([UNSEEN], 0.0),
    ],
)
def test_coverage_counts_accepted_rows(rows: list[RowEnd], percent: float) -> None:
    assert coverage_percent(rows) == percent


@pytest.mark.parametrize(
    ("rows", "fail_on", "code"),
    [
        ([], FailOn.ERROR, 0),
        ([GOOD, UNSEEN, UNSURE, REFUSED], FailOn.NOTICE, 0),
        ([NOTICED], FailOn.NOTICE, 1),
        ([NOTICED], FailOn.WARNING, 0),
        ([WARNED], FailOn.NOTICE, 1),
        ([WARNED], FailOn.WARNING, 1),
        ([WARNED], FailOn.ERROR, 0),
        ([GOOD, OLD], FailOn.ERROR, 1),
        ([OLD], FailOn.NEW, 0),
        ([OLD, NEW], FailOn.NEW, 1),
        ([OLD, NEW], FailOn.NEVER, 0),
    ],
)
def test_findings_decide_as_asked_for(rows: list[RowEnd], fail_on: FailOn, code: int) -> None:
    assert exit_code(rows, fail_on, 0) == code


@pytest.mark.parametrize(
    ("rows", "min_coverage", "broken", "code"),
    [
        ([GOOD, UNSEEN], 50, False, ExitCode.CLEAN),
        ([GOOD, UNSEEN], 51, False, ExitCode.LOW_COVERAGE),
        ([OLD, UNSEEN], 51, False, ExitCode.FINDINGS_AND_LOW_COVERAGE),
        ([OLD, UNSEEN], 51, True, ExitCode.INTERNAL),
        ([GOOD], 100, True, ExitCode.INTERNAL),
        ([REFUSED], 100, False, ExitCode.CLEAN),
    ],
)
def test_coverage_and_breakage_decide_too(
    rows: list[RowEnd], min_coverage: float, broken: bool, code: ExitCode
) -> None:
    assert exit_code(iter(rows), FailOn.ERROR, min_coverage, broken=broken) is code


def test_the_codes_are_those_of_the_contract() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 75, 130, 143]


ERROR, WARNING = finding("link-missing"), finding("link-missing", Severity.WARNING)


@pytest.mark.parametrize(
    ("found", "word", "counts_more", "code"),
    [
        (ERROR, "new", False, 1),
        (ERROR, "regressed", False, 1),
        (ERROR, "first-run", False, 1),
        (ERROR, "unchanged", False, 0),
        # A waiver ran out, or the severity rose: it stood before, but it did not count.
        (ERROR, "unchanged", True, 1),
        (WARNING, "unchanged", True, 0),
        (WARNING, "new", False, 0),
        (waived(ERROR), "new", False, 0),
    ],
)
def test_fail_on_new_heeds_what_newly_counts(
    tmp_path: Path, found: Finding, word: str, counts_more: bool, code: int
) -> None:
    told = FindingChange(word, "2026-11-20", "2026-11-24", 4, counts_more)
    stored = result("a.cn", Verdict.NON_COMPLIANT, found)
    finished = close_run(
        tmp_path,
        Portfolio((site(1, "a.cn"),), RUN.portfolio, RUN.portfolio_sha256, "utf-8"),
        {"a.cn": stored},
        lambda _: SiteChange("new", "2026-11-20", 4, (told,)),
        RUN,
        FACTS,
        Wanted(FailOn.NEW, formats=("jsonl",)),
    )
    assert int(finished.exit_code) == code
