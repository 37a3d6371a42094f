"""The short form of ``make chaos``: every kind of trouble once, a run killed and asked to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.soak import soak


@pytest.mark.slow
def test_a_troubled_web_and_three_kills_change_no_row(tmp_path: Path) -> None:
    assert soak(220, 3, tmp_path, site_s=3.0, seed=1).faults == []
