"""Where reports lie: nothing foreign is written over, and ``latest`` always names a run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from icpcrawl.crawl.run import run_name
from icpcrawl.errors import ReportError
from icpcrawl.report.folders import MARKER, claim, latest_run, move_latest, run_folder

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize("harmless", [None, ".gitignore", MARKER])
def test_a_new_an_empty_and_an_own_folder_are_claimed(tmp_path: Path, harmless: str | None) -> None:
    folder = tmp_path / "reports"
    if harmless:
        folder.mkdir()
        (folder / harmless).touch()
    assert claim(folder) == folder
    (folder / "thesis.txt").touch()
    assert claim(folder) == folder  # claimed once, it stays icpcrawl's


def test_a_foreign_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ReportError, match=r"thesis\.txt"):
        claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    with pytest.raises(ReportError):
        claim(tmp_path / "reports")


def test_two_runs_of_one_second_stay_apart_and_names_sort_by_time(tmp_path: Path) -> None:
    first, second = (run_folder(tmp_path, run_name(NOON)) for _ in range(2))
    later = run_folder(tmp_path, run_name(NOON.replace(second=1)))
    assert first != second
    assert max(tmp_path.iterdir()) == later


def test_a_runs_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="gone"):
        run_folder(tmp_path / "gone", "r")


def test_latest_follows_the_newest_run(tmp_path: Path) -> None:
    assert latest_run(tmp_path) is None
    for second in (1, 2):
        run = run_folder(tmp_path, run_name(NOON.replace(second=second)))
        move_latest(tmp_path, run)
        assert latest_run(tmp_path) == run
        assert (tmp_path / "latest").resolve() == run
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_latest_is_a_text_where_links_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError("links need a privilege here")

    monkeypatch.setattr(Path, "symlink_to", no_links)  # what Windows does without developer mode
    run = run_folder(tmp_path, run_name(NOON))
    move_latest(tmp_path, run)
    assert (tmp_path / "latest").read_text(encoding="utf-8") == f"{run.name}\n"
    assert latest_run(tmp_path) == run


def test_a_folder_called_latest_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "latest").mkdir()
    with pytest.raises(ReportError):
        move_latest(tmp_path, run_folder(tmp_path, run_name(NOON)))


@pytest.mark.parametrize("said", ["../outside\n", "gone\n", ""])
def test_a_latest_that_names_no_run_here_is_none(tmp_path: Path, said: str) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (tmp_path / "outside").mkdir()
    (folder / "latest").write_text(said, encoding="utf-8")
    assert latest_run(folder) is None
