"""Each file of a run's folder: whole or not there, the same from the same, and named in the manifest."""

from __future__ import annotations

import csv
import gc
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from icpcrawl.audit.finding import Verdict
from icpcrawl.errors import ReportError, UsageError
from icpcrawl.history.result import Result
from icpcrawl.portfolio import Portfolio
from icpcrawl.report.columns import SITE_COLUMNS
from icpcrawl.report.content import Content
from icpcrawl.report.rows import report_rows
from icpcrawl.report.write import WRITERS, FileWriter
from icpcrawl.report.xlsx import DUE_COLUMNS, SHORT_VIEW
from tests.hostile import EVERY
from tests.report.samples import (
    ALL,
    FACTS,
    RUN,
    change,
    content,
    finding,
    night,
    refused,
    result,
    site,
    told,
    written,
)

NAMES = ["sites.csv", "findings.csv", "rejected.csv", "report.jsonl", "report.html", "report.xlsx", "owners"]
MANIFEST = {
    "schema",
    "run",
    "state",
    "held",
    "exit_code",
    "version",
    "started_at",
    "finished_at",
    "today",
    "arguments",
    "portfolio",
    "policy_sha256",
    "data_sha256",
    "databases",
    "looked_from",
    "vantages",
    "warnings",
    "counts",
    "files",
    "problems",
}
JSONL = {
    "schema",
    "row",
    "line",
    "site_id",
    "verdict",
    "reason",
    "columns",
    "hosting_why",
    "encoding_why",
    "extra",
    "findings",
    "fixed",
    "numbers",
    "attempts",
    "answers",
    "located",
    "refused",
    "problem",
}
FINDING = {
    "finding_id",
    "rule",
    "severity",
    "confidence",
    "subject",
    "title",
    "observed",
    "expected",
    "where",
    "law",
    "fix",
    "snippet",
    "change",
    "first_seen",
    "last_seen",
    "days_open",
    "due",
    "days_overdue",
    "waiver",
}


def manifest(folder: Path) -> dict[str, object]:
    read = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert isinstance(read, dict)
    return read


def test_a_database_that_was_old_is_named(tmp_path: Path) -> None:
    """The samples' country database is 176 days older than their night."""
    written(tmp_path, night())
    assert manifest(tmp_path)["warnings"] == ["geography database dbip-country-lite is 176 days old"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "renew with icpcrawl geoip update" in page


def test_the_manifest_holds_its_keys_counts_and_the_digest_of_every_file(tmp_path: Path) -> None:
    written(tmp_path, night())
    read = manifest(tmp_path)
    assert read.keys() == MANIFEST
    files = read["files"]
    assert isinstance(files, dict)
    there = {
        path.relative_to(tmp_path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert files == there
    counts = read["counts"]
    assert isinstance(counts, dict)
    assert (counts["rows_in"], counts["rows_out"], counts["accepted"], counts["assessed"]) == (8, 8, 7, 5)
    assert counts["findings"] == {"error": 1, "notice": 1, "warning": 2}
    assert counts["waived"] == 1


def test_every_row_is_one_json_object_with_its_keys(tmp_path: Path) -> None:
    written(tmp_path, night())
    lines = [json.loads(line) for line in (tmp_path / "report.jsonl").read_bytes().split(b"\n")[:-1]]
    assert [line["row"] for line in lines] == list(range(1, 9))
    assert {frozenset(line) for line in lines} == {frozenset(JSONL)}
    assert {frozenset(found) for line in lines for found in line["findings"]} == {frozenset(FINDING)}
    assert lines[-1]["refused"]["column"] == "domain"


@pytest.mark.parametrize("evil", EVERY)
def test_a_json_object_stays_on_one_line(tmp_path: Path, evil: str) -> None:
    bad = result("a.cn", Verdict.NON_COMPLIANT, finding("link-missing", observed=evil, snippet=evil))
    made = written(tmp_path, told([site(1, "a.cn", name=evil)], [bad]), formats=("jsonl",))
    text = (tmp_path / "report.jsonl").read_text(encoding="utf-8")
    assert made.problems == ()
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text


def test_the_workbook_opens_with_its_sheets_rows_and_filters(tmp_path: Path) -> None:
    written(tmp_path, night())
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert book.sheetnames == [
        "Summary",
        "Changes",
        "Must fix",
        "Sites",
        "Not assessed",
        "Waivers",
        "Rules",
        "Findings",
        "Rejected",
        "Legend",
    ]
    sites = book["Sites"]
    assert sites.max_row == 9
    header = [str(cell.value).split("\n")[0] for cell in sites[1]]
    assert header[: len(SHORT_VIEW)] == [*SHORT_VIEW]
    assert sorted(header) == sorted((*SITE_COLUMNS, *DUE_COLUMNS))
    hidden = {
        at for at, letter in enumerate(header) if sites.column_dimensions[get_column_letter(at + 1)].hidden
    }
    assert hidden >= {len(SHORT_VIEW)}
    assert not hidden & set(range(len(SHORT_VIEW)))
    assert sites.freeze_panes == "B2"
    assert sites.auto_filter.ref == f"A1:{get_column_letter(sites.max_column)}9"
    book.close()


@pytest.mark.parametrize(
    "evil",
    [
        "=1+1",
        "+cmd|' /C calc'!A0",
        "@SUM(A1)",
        "{=1}",
        "http://x.example/",
        "\x00",
        "<r><t>a</t></r>",
        "<r>&</r>",
    ],
)
def test_no_cell_of_the_workbook_is_a_formula_or_a_link(tmp_path: Path, evil: str) -> None:
    bad = result("a.cn", Verdict.NON_COMPLIANT, finding("link-missing", observed=evil), raw=evil)
    rows = told([site(1, "a.cn", name=evil, extra=((evil, evil),)), refused(2, evil)], [bad], None, (evil,))
    assert written(tmp_path, rows).problems == ()
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert [cell for cell in cells if cell.hyperlink] == []
    assert any(str(cell.value).rstrip(" ") == evil for cell in cells) or evil == "\x00"
    book.close()


def broken(path: Path, content: Content) -> None:
    """A writer that has begun before it fails."""
    if path.name == ".owners.part":
        path.mkdir()
        path = path / "half.csv"
    path.write_text("half", encoding="utf-8")
    raise RuntimeError("injected")


@pytest.mark.parametrize("name", NAMES)
def test_a_writer_that_fails_costs_its_own_file_only(tmp_path: Path, name: str) -> None:
    writers = tuple(replace(each, write=broken) if each.name == name else each for each in WRITERS)
    made = written(tmp_path, night(), writers=writers)
    line = f"{name}: RuntimeError: injected"
    assert line in made.problems
    assert line in manifest(tmp_path)["problems"]  # type: ignore[operator]
    assert sorted(made.files) == sorted({*NAMES, "manifest.json"} - {name})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(made.files)
    assert made.counts.rows == sum(made.counts.verdicts.values()) == 8
    if name != "sites.csv":
        with (tmp_path / "sites.csv").open(encoding="utf-8", newline="") as file:
            assert len(list(csv.reader(file))) == 9


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("name", sorted(name for name in NAMES if "." in name))
def test_a_full_disk_is_told_once(name: str) -> None:
    """And not a second time by a half-written archive, when Python forgets it."""
    (writer,) = [each for each in WRITERS if each.name == name]
    with pytest.raises(OSError, match="No space left on device"):
        writer.write(Path("/dev/full"), content(night()))
    gc.collect()


def test_a_failed_writer_leaves_the_older_file_alone(tmp_path: Path) -> None:
    written(tmp_path, night())
    before = (tmp_path / "sites.csv").read_bytes()
    written(tmp_path, (), formats=("csv",), writers=(FileWriter("csv", "sites.csv", broken),))
    assert (tmp_path / "sites.csv").read_bytes() == before


def raising(_: object) -> Result:
    raise OSError("injected")


@pytest.mark.parametrize(
    ("result_of", "verdict"),
    [
        (lambda _: None, "not-assessed"),
        (raising, "not-assessed"),
        (lambda _: result("other.cn"), "inconclusive"),  # somebody else's result under this name
    ],
)
def test_a_row_whose_result_is_lost_stands_with_the_reason(
    tmp_path: Path, result_of: Callable[[str], Result | None], verdict: str
) -> None:
    portfolio = Portfolio((site(1, "a.cn"), site(2, "b.cn")), "p.csv", "", "utf-8")
    rows = tuple(report_rows(portfolio, result_of, change, RUN, FACTS))
    made = written(tmp_path, rows)
    assert [row.verdict for row in rows] == [verdict, verdict]
    assert all(row.reason.zh and row.reason.en and row.cells["fix_zh"] for row in rows)
    assert [problem.split(":")[0] for problem in made.problems] == ["a.cn", "b.cn"]


def test_a_comparison_that_fails_does_not_soften_the_verdict(tmp_path: Path) -> None:
    portfolio = Portfolio((site(1, "a.cn"),), "p.csv", "", "utf-8")
    bad = result("a.cn", Verdict.NON_COMPLIANT, finding("link-missing"))
    (row,) = report_rows(portfolio, lambda _: bad, raising, RUN, FACTS)  # type: ignore[arg-type]
    assert (row.verdict, row.cells["change"]) == (Verdict.NON_COMPLIANT, "")
    assert "injected" in written(tmp_path, (row,)).problems[0]


def test_the_same_night_makes_the_same_bytes(tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "two"
    for folder in folders:
        folder.mkdir()
        written(folder, night())
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    )
    assert len(first) == 9
    assert first == second


@pytest.mark.parametrize(("formats", "flavour"), [(("csv", "pdf"), ""), (ALL, "lotus")])
def test_an_unknown_format_or_flavour_is_refused_before_anything_is_written(
    tmp_path: Path, formats: tuple[str, ...], flavour: str
) -> None:
    with pytest.raises(UsageError):
        written(tmp_path, night(), formats=formats, flavour=flavour)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_a_report_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError):
        written(tmp_path / "gone", night())
