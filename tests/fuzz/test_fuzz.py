"""The short form of ``make fuzz``: three seconds for each reader."""

from __future__ import annotations

import pytest

from tests.fuzz.run import TARGETS, fuzz


@pytest.mark.parametrize("target", TARGETS)
def test_no_mutation_crashes_or_hangs(target: str) -> None:
    executions, wrong = fuzz(target, 3.0, seed=2)
    assert wrong == ""
    assert executions > 20
