"""docs/reading-the-report.md explains what the files hold, and nothing they do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Confidence, Severity, Verdict
from icpcrawl.audit.hosting import HostingSide
from icpcrawl.report.columns import FINDING_COLUMNS, REJECTED_COLUMNS, SITE_COLUMNS
from icpcrawl.report.overview import CHANGE_ORDER


def chapter(root: Path, title: str = "") -> str:
    text = (root / "docs" / "reading-the-report.md").read_text(encoding="utf-8")
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0] if title else text


@pytest.mark.parametrize(
    ("name", "columns"),
    [("sites.csv", SITE_COLUMNS), ("findings.csv", FINDING_COLUMNS), ("rejected.csv", REJECTED_COLUMNS)],
)
def test_every_column_is_explained_and_no_other(root: Path, name: str, columns: tuple[str, ...]) -> None:
    lines = re.findall(r"^\| (`.+?) \|", chapter(root, f"Columns of {name}"), re.MULTILINE)
    assert sorted(" ".join(lines).replace("`", "").split()) == sorted(columns)


def test_every_verdict_severity_side_and_change_is_named(root: Path) -> None:
    words = (*Verdict, *Severity, *Confidence, *HostingSide, *CHANGE_ORDER, "first-run", "unchanged")
    text = chapter(root)
    assert [word for word in words if f"`{word}`" not in text] == []
    assert re.findall(r"^\| `([a-z-]+)` \| [A-Z]", chapter(root, "Verdicts"), re.MULTILINE) == [*Verdict]
