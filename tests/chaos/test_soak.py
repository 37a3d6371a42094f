"""The short form of ``make chaos``: every kind of trouble once, a run killed and asked to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.soak import soak


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("handler", "kills"), [("own", 3), ("http11", 1)])
def test_a_troubled_web_and_kills_change_no_row(tmp_path: Path, handler: str, kills: int) -> None:
    faults = soak(220, kills, _made(tmp_path / "quick"), site_s=3.0, seed=1, handler=handler).faults
    if faults:  # a busy machine is given more time; what is wrong stays wrong
        patient = _made(tmp_path / "patient")
        faults = soak(220, kills, patient, site_s=12.0, seed=1, handler=handler).faults
    assert faults == []


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
