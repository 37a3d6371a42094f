"""``make accuracy`` counts right, says what it lacks and writes only when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = "<footer>{}</footer>"


def run(folder: Path | None, *options: str) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name("measure.py")
    environment = {k: v for k, v in os.environ.items() if k != "ICPCRAWL_CORPUS"}
    if folder is not None:
        environment["ICPCRAWL_CORPUS"] = str(folder)
    command = [sys.executable, str(script), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def label(page: str, icp: list[str]) -> str:
    empty = ("expected_licence", "expected_psb", "malformed", "licence_link", "psb_link")
    return json.dumps(
        {"id": page, "expected_icp": icp, "icp_link": [None] * len(icp), **{k: [] for k in empty}}
    )


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """One number read, one invented, two overlooked: precision 1/2, recall 1/3."""
    pages = tmp_path / "corpus" / "pages"
    pages.mkdir(parents=True)
    (pages / "one.html").write_text(PAGE.format("京ICP备19004658号 沪ICP备11025349号"), encoding="utf-8")
    (pages / "two.html").write_text(PAGE.format("没有号码"), encoding="utf-8")
    labels = [label("one", ["京ICP备19004658号"]), label("two", ["粤ICP备14023066号", "苏ICP备2026036865号"])]
    (tmp_path / "corpus" / "pages.jsonl").write_text("\n".join(labels), encoding="utf-8")
    return tmp_path / "corpus"


def test_precision_and_recall_are_counted(small: Path) -> None:
    done = run(small)
    assert done.returncode == 0, done.stderr
    assert "| pages | filing | 1 | 1 | 2 | 0.500 | 0.333 |" in done.stdout
    assert "pages, invented: one 沪ICP备11025349号" in done.stdout
    assert "pages, missed: two 粤ICP备14023066号" in done.stdout


@pytest.mark.parametrize("folder", [None, Path("/nonexistent")])
def test_without_labelled_pages_it_says_what_it_needs(folder: Path | None) -> None:
    done = run(folder)
    assert done.returncode == 2
    assert done.stderr.startswith("accuracy: ICPCRAWL_CORPUS must name the labelled pages")
    assert done.stdout == ""
