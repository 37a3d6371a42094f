"""The sanity gate: which nights are held against the ones before, and why."""

from __future__ import annotations

import pytest

from icpcrawl.audit.finding import Severity, Verdict
from icpcrawl.report.ending import ExitCode, FailOn, RowEnd, exit_code
from icpcrawl.report.gate import Band, out_of_band

GOOD = {"compliant": 90, "non-compliant": 8, "not-assessed": 2}


@pytest.mark.parametrize(
    ("tonight", "recent", "amiss"),
    [
        (GOOD, [], []),
        (GOOD, [{}], []),
        (GOOD, [GOOD], []),
        ({"compliant": 84, "non-compliant": 8, "not-assessed": 8}, [GOOD], []),
        ({"compliant": 60, "non-compliant": 8, "not-assessed": 32}, [GOOD], ["coverage"]),
        ({"compliant": 90, "non-compliant": 10}, [{"compliant": 60, "not-assessed": 40}], []),
        ({"not-assessed": 100}, [GOOD], ["coverage"]),
        ({"compliant": 70, "non-compliant": 28, "not-assessed": 2}, [GOOD], ["compliant", "non-compliant"]),
        ({"compliant": 80, "non-compliant": 8, "inconclusive": 10, "not-assessed": 2}, [GOOD], ["compliant", "inconclusive"]),
        ({"not-required": 98, "not-assessed": 2}, [GOOD], ["compliant", "not-required"]),
        ({"compliant": 110, "non-compliant": 9, "not-assessed": 2}, [GOOD], ["rows"]),
        ({"compliant": 70, "non-compliant": 6, "not-assessed": 2}, [GOOD], ["rows"]),
        ({**GOOD, "rejected": 500}, [GOOD], []),
        ({}, [GOOD], ["rows"]),
        # A single odd night before does not move the median, an old one is forgotten.
        ({"compliant": 60, "non-compliant": 8, "not-assessed": 32}, [GOOD, {"not-assessed": 100}, GOOD], ["coverage"]),
        ({"not-assessed": 100}, [GOOD, *[{"not-assessed": 100}] * 7], []),
        # In a small portfolio a few sites are a large share and no sign of anything.
        ({"compliant": 1, "non-compliant": 4}, [{"compliant": 5}], []),
        ({"compliant": 5}, [{"compliant": 9}], []),
        ({"not-assessed": 5}, [{"compliant": 5}], ["coverage"]),
    ],
)  # fmt: skip
def test_what_is_amiss_with_a_night(
    tonight: dict[str, int], recent: list[dict[str, int]], amiss: list[str]
) -> None:
    assert [each.verdict or each.what for each in out_of_band(tonight, recent)] == amiss


def test_the_band_is_the_caller_s() -> None:
    assert out_of_band({"compliant": 97, "not-assessed": 3}, [{"compliant": 100}], Band(coverage=1, sites=1))


@pytest.mark.parametrize(
    ("held", "broken", "code"),
    [
        (True, False, ExitCode.LOW_COVERAGE),
        (False, False, ExitCode.FINDINGS),
        (True, True, ExitCode.INTERNAL),
    ],
)
def test_a_held_report_s_findings_are_not_believed(held: bool, broken: bool, code: ExitCode) -> None:
    rows = [RowEnd(Verdict.NON_COMPLIANT, Severity.ERROR)]
    assert exit_code(rows, FailOn.ERROR, 0, broken=broken, held=held) is code
