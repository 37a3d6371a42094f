"""One night's report, compared byte for byte with the one that people looked at.

After a change that is meant: ICPCRAWL_GOLDEN=write .venv/bin/python -m pytest tests/report/test_golden.py,
then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.report.samples import night, written

GOLDEN = Path(__file__).with_name("golden")
NAMES = ("sites.csv", "findings.csv", "rejected.csv", "report.jsonl", "report.html")


@pytest.mark.parametrize("name", NAMES)
def test_the_report_is_the_golden_one(name: str, tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("csv", "html", "jsonl"))
    new = (tmp_path / name).read_bytes()
    if os.environ.get("ICPCRAWL_GOLDEN") == "write":
        (GOLDEN / name).write_bytes(new)
    assert new == (GOLDEN / name).read_bytes()
