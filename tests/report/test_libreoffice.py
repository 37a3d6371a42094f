"""A spreadsheet program opens the workbook and both flavours of CSV, and shows what was written."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Verdict
from tests.report.samples import finding, night, result, site, told, written

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
EVIL = ("=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "-1", "京ICP备12345678号-1")
CHINESE_CSV = "44,34,76,1,,0,false,true,false,false,false"
"""Comma, quote, UTF-8; every column as LibreOffice's import dialog takes it by default."""
EVERY_SHEET = f"{CHINESE_CSV},-1"

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice here to open the files with")


def converted(file: Path, to: str, out: Path, *, reads: str = "") -> None:
    command = [
        str(SOFFICE),
        f"-env:UserInstallation={(out / 'profile').as_uri()}",
        "--headless",
        *([f"--infilter=CSV:{reads}"] if reads else []),
        "--convert-to",
        to,
        "--outdir",
        str(out),
        str(file),
    ]
    subprocess.run(command, capture_output=True, timeout=120, check=True)


def cells(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


def test_the_workbook_s_sheets_hold_the_rows(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("xlsx",))
    converted(tmp_path / "report.xlsx", f"csv:Text - txt - csv (StarCalc):{EVERY_SHEET}", tmp_path)
    sheets = {file.stem.removeprefix("report-"): cells(file) for file in tmp_path.glob("report-*.csv")}
    assert list(dict.fromkeys(sheets)) != []
    assert [row[0] for row in sheets["Sites"][1:]] == [
        "good.cn", "bad.cn", "far.cn", "odd.cn", "dark.cn", "lost.cn", "spared.cn", "row-8",
    ]  # fmt: skip
    assert [(row[0], row[1]) for row in sheets["Changes"][1:]] == [
        ("new", "bad.cn"),
        ("coverage-lost", "dark.cn"),
    ]
    assert [row[1] for row in sheets["Must fix"][1:]] == ["bad.cn", "odd.cn", "dark.cn"]
    assert [row[0] for row in sheets["Not assessed"][1:]] == ["dark.cn", "lost.cn"]
    assert sorted(row[0] for row in sheets["Rules"][1:] if row[0].endswith("number-missing")) == [
        "filing-number-missing",
        "psb-number-missing",
    ]


@pytest.mark.parametrize("flavour", ["plain", "excel"])
def test_a_csv_shows_its_cells_and_runs_none(tmp_path: Path, flavour: str) -> None:
    rows = [site(at, f"{at}.cn", name=evil, owner="网络部") for at, evil in enumerate(EVIL, 1)]
    results = [
        result(f"{at}.cn", Verdict.NON_COMPLIANT, finding("link-missing")) for at in range(1, len(EVIL) + 1)
    ]
    written(tmp_path, told(rows, results), formats=("csv",), flavour=flavour)
    out = tmp_path / "out"
    converted(
        tmp_path / "sites.csv", f"csv:Text - txt - csv (StarCalc):{CHINESE_CSV}", out, reads=CHINESE_CSV
    )
    shown = cells(out / "sites.csv")
    assert [row[1] for row in shown[1:]] == ["'=1+1", "'+cmd|' /C calc'!A0", "'@SUM(1)", "-1", EVIL[-1]]
    assert {row[3] for row in shown[1:]} == {"网络部"}
    assert len({len(row) for row in shown}) == 1
