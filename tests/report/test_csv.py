"""The CSV files keep their promise to everyone's spreadsheets, and run nothing in them."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Text, Verdict
from icpcrawl.report.cells import defused, one_line
from icpcrawl.report.csv_files import file_name
from tests.hostile import EVERY
from tests.report.samples import finding, night, refused, result, site, told, written

# Written out, not imported: changing a name here means breaking somebody's spreadsheet.
SITES = [
    "site_id",
    "name",
    "entity",
    "owner",
    "group",
    "tags",
    "domain",
    "url",
    "verdict",
    "severity",
    "rules",
    "change",
    "first_seen",
    "days_open",
    "waivers",
    "assessed_at",
    "outcome",
    "http_status",
    "final_url",
    "redirects",
    "tls",
    "encoding",
    "rendered",
    "addresses",
    "countries",
    "asn",
    "provider",
    "cdn",
    "hosting",
    "hosting_confidence",
    "filing_required",
    "filing_required_why",
    "icp_raw",
    "icp_number",
    "icp_kind",
    "icp_place",
    "icp_visible",
    "icp_link",
    "icp_link_target",
    "icp_expected",
    "icp_match",
    "icp_all",
    "psb_raw",
    "psb_number",
    "psb_link",
    "psb_link_target",
    "psb_expected",
    "psb_match",
    "psb_due",
    "licence_number",
    "register_number",
    "register_entity",
    "register_match",
    "evidence",
    "evidence_sha256",
    "fix_zh",
    "fix_en",
    "run",
    "schema",
]
FINDINGS = [
    "finding_id",
    "site_id",
    "owner",
    "rule",
    "severity",
    "confidence",
    "title_zh",
    "title_en",
    "observed",
    "expected",
    "where",
    "law",
    "fix_zh",
    "fix_en",
    "snippet",
    "first_seen",
    "last_seen",
    "days_open",
    "change",
    "waiver",
]
REJECTED = ["row", "line", "column", "value", "reason_zh", "reason_en", "site_id", "domain"]


def table(path: Path, encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def records(path: Path) -> list[dict[str, str]]:
    header, *rows = table(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize(
    ("name", "columns"), [("sites.csv", SITES), ("findings.csv", FINDINGS), ("rejected.csv", REJECTED)]
)
def test_columns_and_their_order_are_a_contract(tmp_path: Path, name: str, columns: list[str]) -> None:
    written(tmp_path, night())
    assert table(tmp_path / name)[0] == columns


def test_every_row_of_the_portfolio_stands_in_sites_in_its_order(tmp_path: Path) -> None:
    written(tmp_path, night())
    told_rows = [(row["site_id"], row["verdict"]) for row in records(tmp_path / "sites.csv")]
    assert told_rows == [
        ("good.cn", "compliant"),
        ("bad.cn", "non-compliant"),
        ("far.cn", "not-required"),
        ("odd.cn", "inconclusive"),
        ("dark.cn", "not-assessed"),
        ("lost.cn", "not-assessed"),  # nothing was stored of it
        ("spared.cn", "compliant"),
        ("row-8", "rejected"),
    ]


def test_a_rejected_row_names_line_column_and_reason(tmp_path: Path) -> None:
    written(tmp_path, night())
    assert records(tmp_path / "rejected.csv") == [
        {
            "row": "8",
            "line": "9",
            "column": "domain",
            "value": "demo..cn",
            "reason_zh": "域名有误",
            "reason_en": "not a domain",
            "site_id": "row-8",
            "domain": "demo..cn",
        }
    ]


def test_a_waived_finding_is_listed_with_its_waiver_and_leaves_the_rules(tmp_path: Path) -> None:
    written(tmp_path, night())
    spared = next(row for row in records(tmp_path / "sites.csv") if row["site_id"] == "spared.cn")
    listed = next(row for row in records(tmp_path / "findings.csv") if row["site_id"] == "spared.cn")
    assert (spared["rules"], spared["severity"], spared["waivers"]) == ("", "", "link-missing")
    assert listed["waiver"] == "site closes|法务部|Li|2026-12-31"


FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3+cmd",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "＝1+1",
    '=HYPERLINK("http://x.example","y")',
    "-",
]


@pytest.mark.parametrize("flavour", ["", "excel"])
@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_begins_like_a_formula(tmp_path: Path, cell: str, flavour: str) -> None:
    bad = result(
        "a.cn",
        Verdict.NON_COMPLIANT,
        finding("link-missing", observed=cell, expected=cell, where=cell, snippet=cell, subject=cell),
        raw=cell,
        reason=Text(cell, cell),
    )
    one = site(1, "a.cn", name=cell, entity=cell, owner=cell, group=cell, tags=(cell,), extra=((cell, cell),))
    other = refused(2, cell, cells=(("name", cell),))
    written(tmp_path, told((one, other), [bad], extra_columns=(cell,)), flavour=flavour)
    paths = [*tmp_path.glob("*.csv"), *tmp_path.glob("owners/*.csv")]
    cells = [each for path in paths for row in table(path, "utf-8-sig") for each in row]
    assert "'" + one_line(cell) in cells
    assert [each for each in cells if each.startswith(tuple("=+-@＝\t\r\n"))] == []


@pytest.mark.parametrize("cell", ["-1", "+86", "-0.5", "12", "京ICP备12345678号-1", "", "a=b"])
def test_numbers_and_plain_text_stay_as_they_are(cell: str) -> None:
    assert defused(cell) == cell


@pytest.mark.parametrize(
    ("flavour", "starts", "ending"), [("", b"site_id,", b"\n"), ("excel", b"\xef\xbb\xbfsite_id,", b"\r\n")]
)
def test_flavours_differ_in_mark_and_line_ends(
    tmp_path: Path, flavour: str, starts: bytes, ending: bytes
) -> None:
    written(tmp_path, night(), flavour=flavour)
    raw = (tmp_path / "sites.csv").read_bytes()
    lines = raw.splitlines(keepends=True)
    assert raw.startswith(starts)
    assert len(lines) == 9
    assert {line[len(line.rstrip(b"\r\n")) :] for line in lines} == {ending}


def test_a_cell_is_one_line_and_bounded(tmp_path: Path) -> None:
    long = "a\r\nb\u2028c\x00" + "页" * 50_000 + "\ud800\u202e"
    written(tmp_path, told([site(1, "a.cn", name=long)], [result("a.cn")]))
    (row,) = records(tmp_path / "sites.csv")
    assert row["name"].startswith("a b c 页")
    assert len(row["name"]) <= 8000


def test_what_no_file_can_hold_is_spelt_out() -> None:
    assert one_line("a\ud800b\u202ec") == "a\\ud800b\\u202ec"


def test_unknown_columns_of_the_portfolio_follow_ours(tmp_path: Path) -> None:
    one = site(1, "a.cn", extra=(("budget", "7"), ("verdict", "mine")))
    written(tmp_path, told([one], [result("a.cn")], extra_columns=("budget", "verdict")))
    header, row = table(tmp_path / "sites.csv")
    assert header[-2:] == ["budget", "portfolio.verdict"]
    assert row[-2:] == ["7", "mine"]


def test_owners_get_a_file_each_and_all_rows_are_in_one(tmp_path: Path) -> None:
    owners = ["web", "../etc/passwd", "", "no-owner", "web/..", "Web", "a" * 300]
    rows = told(
        [site(at, f"{at}.cn", owner=owner) for at, owner in enumerate(owners, 1)],
        [result(f"{at}.cn") for at in range(1, 8)],
    )
    written(tmp_path, rows)
    files = sorted(tmp_path.glob("owners/*.csv"))
    assert len(files) == len(owners)
    assert sorted(row["owner"] for path in files for row in records(path)) == sorted(owners)
    assert not list(tmp_path.parent.glob("etc*"))


def test_a_finding_keeps_its_name_when_its_place_on_the_page_moves(tmp_path: Path) -> None:
    first = finding("link-elsewhere", subject="京ICP备12345678号-1", where="footer > p")
    names = []
    for found in (first, replace(first, where="div.new > p", observed="other")):
        written(tmp_path, told([site(1, "a.cn")], [result("a.cn", Verdict.NON_COMPLIANT, found)]))
        names.append(records(tmp_path / "findings.csv")[0]["finding_id"])
    assert names[0] == names[1]


@pytest.mark.parametrize("evil", [*EVERY, "../../etc/passwd", "C:\\x", ".", "..", "CON", "a/b", "名" * 300])
def test_a_file_is_named_after_nobodys_will(evil: str) -> None:
    name = file_name(evil)
    assert re.fullmatch(r"[\w-]{1,75}", name)
    assert name != file_name(f"{evil} ")
