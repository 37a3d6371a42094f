"""A history that an earlier icpcrawl wrote opens, and goes on."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Verdict
from icpcrawl.history import History, sql
from icpcrawl.history.connection import FILE_NAME
from tests.history.samples import make_audit, make_finding, make_observation, make_portfolio

START = datetime(2026, 11, 1, 17, 0, tzinfo=UTC)
BAD = make_audit("a.cn", Verdict.NON_COMPLIANT, make_finding("link-missing"))
STEPS_BACK = {
    1: (
        "DROP TABLE run_file",
        "DROP TABLE file",
        "ALTER TABLE run DROP COLUMN kind",
        "ALTER TABLE finding_span DROP COLUMN waived",
    ),
    2: ("ALTER TABLE finding_span DROP COLUMN since",),
}
"""Version → what leads back to it from the next."""


def night(folder: Path, name: str) -> None:
    with History.open(folder) as history:
        history.begin(make_portfolio("/p.csv"), run_id=name, started_at=START, resume=False)
        history.add(make_observation("a.cn"), BAD)
        history.finish("complete", 1)


def tables(folder: Path) -> set[tuple[str, ...]]:
    database = sqlite3.connect(folder / FILE_NAME)
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {(name, *row[1:5]) for name in names for row in database.execute(f"PRAGMA table_info({name})")}
    database.close()
    return found


def as_of(folder: Path, version: int) -> None:
    database = sqlite3.connect(folder / FILE_NAME)
    for back in range(sql.VERSION - 1, version - 1, -1):
        for sentence in STEPS_BACK[back]:
            database.execute(sentence)
    database.execute(f"PRAGMA user_version = {version}")
    database.commit()
    database.close()


@pytest.mark.parametrize("version", range(1, sql.VERSION))
def test_an_older_file_opens_with_its_memory_and_today_s_tables(tmp_path: Path, version: int) -> None:
    night(tmp_path / "old", "n0")
    as_of(tmp_path / "old", version)
    night(tmp_path / "old", "n1")
    night(tmp_path / "new", "n0")
    assert tables(tmp_path / "old") == tables(tmp_path / "new")
    with History.open(tmp_path / "old") as history:
        assert [(run.run_id, run.kind, run.results) for run in history.runs()] == [
            ("n0", "audit", 1),
            ("n1", "audit", 1),
        ]
        state = history.previous_states_before("n1")["a.cn"]
        assert [(each.rule, each.waived, each.first_seen) for each in state.findings] == [
            ("link-missing", False, "2026-11-02")
        ]
        assert history.files("n0") == {}


def test_there_is_a_step_from_every_version() -> None:
    assert sorted(sql.MIGRATIONS) == list(range(1, sql.VERSION)) == sorted(STEPS_BACK)
