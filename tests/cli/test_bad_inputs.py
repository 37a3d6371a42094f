"""Files, folders and flags that cannot be: exit 2, one line with file, line and remedy, nothing written."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from icpcrawl import cli
from icpcrawl.history import History

GOOD = b"domain\nexample.cn\n"
WAIVER = "site_id,rule,reason,owner,approver,expires\n"


def workbook(*cells: str) -> bytes:
    """An .xlsx whose one sheet holds ``cells`` in a column."""
    from openpyxl import Workbook

    book, said = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    for cell in cells:
        sheet.append([cell])
    book.save(said)
    return said.getvalue()


def bomb() -> bytes:
    """A workbook of a gigabyte of nothing."""
    said = io.BytesIO()
    with zipfile.ZipFile(said, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", "<Types/>")
        for number in range(16):
            packed.writestr(f"xl/worksheets/sheet{number}.xml", bytes(64 * 1024 * 1024))
    return said.getvalue()


PORTFOLIOS: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "empty"),
    "only-blank-lines": (b"\n\n  \n", "empty"),
    "only-a-header": (b"domain,name\n", "no row"),
    "no-header": (b"example.cn\nexample.com\n", "no header"),
    "no-domain-column": (b"name,owner\nA,B\n", "domain"),
    "binary": (bytes(range(256)) * 8, "line 1"),
    "nul-bytes": (b"domain\n\0\0\0\0a.cn\n", "line 2"),
    "utf-16-cut": ("domain\na.cn\n".encode("utf-16")[:-1], "portfolio.csv"),
    "open-quote": (b'domain,name\na.cn,"x\n' + b"b.cn,y\n" * 9, "line 2"),
    "a-cell-without-end": (b"domain\n" + b"a" * 50_000_000, "line 2"),
    "html": (b"<!DOCTYPE html><html><body>please log in</body></html>", "portfolio.csv"),
    "json": (b'{"domain": "a.cn"}', "portfolio.csv"),
    "pdf": (b"%PDF-1.7\n\xe2\xe3\xcf\xd3\n", "portfolio.csv"),
    "zip": (b"PK\x03\x04 no workbook", "portfolio.csv"),
    "old-excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
}
WORKBOOKS: dict[str, tuple[str | bytes, str]] = {
    "cut": (workbook("domain", "a.cn")[:900], "portfolio.xlsx"),
    "empty-sheet": (workbook(), "portfolio.xlsx"),
    "no-header": (workbook("a.cn", "b.cn"), "portfolio.xlsx"),
    "bomb": (bomb(), "portfolio.xlsx"),
}
POLICIES: dict[str, tuple[str | bytes, str]] = {
    "no-toml": ("severities = [", "line 1"),
    "no-utf8": (b"fail_on = '\xff\xfe'", "line 1"),
    "unknown-key": ("\nseverity = 1", "line 2"),
    "unknown-rule": ('[severities]\n"filing-number-mising" = "error"', "filing-number-missing"),
    "unknown-severity": ('[severities]\nfiling-number-missing = "fatal"', "line 2"),
    "severities-as-list": ("severities = []", "[severities]"),
    "severity-as-list": ("[severities]\nfiling-number-missing = []", "line 2"),
    "disabled-as-text": ('disabled = "filing-number-missing"', "line 1"),
    "disabled-unknown": ('disabled = ["psb"]', "line 1"),
    "disabled-as-numbers": ("disabled = [1]", "line 1"),
    "disabled-as-tables": ("disabled = [{a = 1}]", "line 1"),
    "dark-days-as-text": ('fetch_dark_days = "9"', "line 1"),
    "dark-days-below": ("fetch_dark_days = 0", "line 1"),
    "dark-days-true": ("fetch_dark_days = true", "line 1"),
    "fail-on": ('fail_on = "always"', "line 1"),
    "fail-on-as-list": ("fail_on = []", "line 1"),
    "habit": ('[province_habit]\n"粤" = "company"', "line 2"),
    "habit-as-list": ('[province_habit]\n"粤" = ["entity"]', "line 2"),
    "habit-by-name": ('[province_habit]\nGuangdong = "entity"', "did you mean 粤?"),
    "override-of-tags": ('[[override]]\ntag = ["x", "y"]', "line 2"),
    "override-of-nothing": ('[[override]]\ndisabled = ["psb-number-missing"]', "line 1"),
    "override-as-table": ('[override]\ntag = "x"', "[[override]]"),
    "override-unknown-key": ('[[override]]\ntag = "x"\nseverity = "error"', "line 3"),
    "huge-number": ("fetch_dark_days = " + "9" * 6000, "not TOML"),
    "deep": ("a = " + "[" * 100_000, "policy.toml"),
}
WAIVERS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "waivers.csv"),
    "unknown-column": ("site,rule\n", "site_id"),
    "unknown-rule": (WAIVER + "a,filing-number-mising,x,y,z,2027-01-01\n", "line 2"),
    "no-reason": (WAIVER + "a,filing-number-missing,,y,z,2027-01-01\n", "column reason"),
    "no-expiry": (WAIVER + "a,filing-number-missing,x,y,z,\n", "column expires"),
    "no-site": (WAIVER + ",filing-number-missing,x,y,z,2027-01-01\n", "covers nothing"),
    "no-date": (WAIVER + "a,filing-number-missing,x,y,z,31.3.2027\n", "line 2"),
    "no-such-day": (WAIVER + "a,filing-number-missing,x,y,z,2027-02-30\n", "2027-02-30"),
    "twice": (WAIVER + "a,filing-number-missing,x,y,z,2027-01-01\n" * 2, "line 2"),
    "too-many-cells": (WAIVER + "a,filing-number-missing,x,y,z,2027-01-01,w,v\n", "line 2"),
    "no-text": (bytes(range(128, 256)) * 4, "waivers.csv"),
    "nul": (WAIVER + "a\0,filing-number-missing,x,y,z,2027-01-01\n", "line 2"),
    "huge-cell": (WAIVER + "a" * 200_000 + ",filing-number-missing,x,y,z,2027-01-01\n", "line 2"),
}
REGISTERS: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "register.csv"),
    "no-domain": ("主办单位名称,备案号\nA,京ICP备12345678号\n", "域名"),
    "no-number": ("域名\na.cn\n", "备案号"),
    "row-without-domain": ("域名,备案号\n,京ICP备12345678号-1\n", "line 2"),
    "no-address": ("域名,备案号\nhttps://[a.cn,京ICP备12345678号-1\n", "line 2"),
    "no-host": ("域名,备案号\nnot a host,京ICP备12345678号-1\n", "line 2"),
    "no-text": (bytes(range(128, 256)) * 4, "register.csv"),
    "huge-cell": ("域名,备案号\n" + "a" * 200_000 + ",x\n", "line 2"),
}
FILES: dict[str, tuple[str, str | bytes, str, list[str]]] = {
    **{f"portfolio-{name}": ("portfolio.csv", *case, []) for name, case in PORTFOLIOS.items()},
    **{f"workbook-{name}": ("portfolio.xlsx", *case, []) for name, case in WORKBOOKS.items()},
    **{
        f"policy-{name}": ("policy.toml", *case, ["--policy", "policy.toml"])
        for name, case in POLICIES.items()
    },
    **{
        f"waivers-{name}": ("waivers.csv", *case, ["--waivers", "waivers.csv"])
        for name, case in WAIVERS.items()
    },
    **{
        f"register-{name}": ("register.csv", *case, ["--register", "register.csv"])
        for name, case in REGISTERS.items()
    },
    "geoip-empty": ("my.mmdb", b"", "my.mmdb", ["--geoip", "my.mmdb"]),
    "geoip-cut": ("my.mmdb", b"\xab\xcd\xefMaxMind.com" + bytes(9), "my.mmdb", ["--geoip", "my.mmdb"]),
    "geoip-text": ("my.mmdb", GOOD, "my.mmdb", ["--geoip", "my.mmdb"]),
    "ca-empty": ("ca.pem", b"", "ca.pem", ["--ca-file", "ca.pem"]),
    "ca-text": ("ca.pem", GOOD, "ca.pem", ["--ca-file", "ca.pem"]),
    "ca-cut": ("ca.pem", b"-----BEGIN CERTIFICATE-----\nMIIB", "ca.pem", ["--ca-file", "ca.pem"]),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("portfolio.csv").write_bytes(GOOD)
    return tmp_path


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_read(case: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, content, said, flags = FILES[case]
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    portfolio = file if file.startswith("portfolio") else "portfolio.csv"
    line = refused(["audit", portfolio, *flags], here, capsys)
    assert file in line
    assert said in line


@pytest.mark.parametrize("flag", ["", "--policy", "--waivers", "--register", "--geoip", "--ca-file"])
@pytest.mark.parametrize("what", ["nothing", "folder", "closed", "loop"])
def test_a_path_that_leads_to_no_file(
    flag: str, what: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if what == "folder":
        Path("given").mkdir()
    elif what == "closed":
        if os.geteuid() == 0:
            pytest.skip("root may read everything")
        Path("given").touch(0o000)
    elif what == "loop":
        Path("given").symlink_to("given")
    words = ["audit", "portfolio.csv", flag, "given"] if flag else ["audit", "given"]
    assert "given" in refused(words, here, capsys)


def a_file() -> None:
    Path("out").write_text("mine")


def foreign() -> None:
    Path("out").mkdir()
    Path("out/thesis.txt").write_text("years of work")


def no_history() -> None:
    Path("out").mkdir()
    Path("out/.icpcrawl").touch()
    Path("out/history.sqlite").write_bytes(b"no database at all")


def damaged_history() -> None:
    Path("out").mkdir()
    Path("out/.icpcrawl").touch()
    History.open(Path("out")).close()
    whole = Path("out/history.sqlite").read_bytes()
    Path("out/history.sqlite").write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))


def cut_history() -> None:
    damaged_history()
    Path("out/history.sqlite").write_bytes(Path("out/history.sqlite").read_bytes()[:700])


def anothers_history() -> None:
    import sqlite3

    Path("out").mkdir()
    Path("out/.icpcrawl").touch()
    database = sqlite3.connect("out/history.sqlite")
    database.execute("CREATE TABLE thesis (page)")
    database.close()


def folder_for_history() -> None:
    Path("out/history.sqlite").mkdir(parents=True)
    Path("out/.icpcrawl").touch()


def a_loop() -> None:
    Path("out").symlink_to("out")


@pytest.mark.parametrize(
    "make",
    [a_file, foreign, no_history, damaged_history, cut_history, anothers_history, folder_for_history, a_loop],
)
def test_a_folder_that_cannot_be_used(
    make: Callable[[], None], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make()
    assert "out" in refused(["audit", "portfolio.csv", "-o", "out"], here, capsys)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--concurrency", "-1"], "out of range"),
        (["--concurrency", "2001"], "out of range"),
        (["--concurrency", "1e3"], "--concurrency"),
        (["--min-coverage", "nan"], "out of range"),
        (["--min-coverage", "-0.1"], "out of range"),
        (["--nameserver", "223.5.5.5:0"], "223.5.5.5:0"),
        (["--nameserver", "223.5.5.5:99999"], "99999"),
        (["--nameserver", "dns.example"], "dns.example"),
        (["--nameserver", ""], "--nameserver"),
        (["--nameserver", "[::1"], "[::1"),
        (["--vantage", "shanghai"], "shanghai"),
        (["--vantage", "=202.96.209.0/24"], "not understood"),
        (["--vantage", "x=202.96.209.0/24@moon"], "not understood"),
        (["--vantage", "x=202.96.209.0/99"], "not a subnet"),
        (["--connect-to", "::127.0.0.1:99999"], "65535"),
        (["--connect-to", "::example.cn:80"], "not an IP address"),
        (["--connect-to", ""], "connect-to"),
        (["--formats", ""], "empty"),
        (["--formats", "csv,exe"], "exe"),
        (["--fail-on", "ERRORS"], "--fail-on"),
        (["--render", "perhaps"], "perhaps"),
        (["--workers", "0"], "--workers"),
        (["second.csv"], "second.csv"),
        (["--policy"], "--policy"),
        (["-o", ""], "-o"),
        (["-o", "a\0b"], "a"),
        (["-o", "x" * 300], "xxx"),
    ],
)
def test_a_flag_that_cannot_be(
    flags: list[str], said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in refused(["audit", "portfolio.csv", *flags], here, capsys)


def refused(words: list[str], here: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that is said; nothing is written and nothing of the user's touched."""
    before = tree(here)
    code = cli.run(words)
    captured = capsys.readouterr()
    assert tree(here) == before
    assert (code, captured.out) == (2, "")
    (line,) = captured.err.splitlines()
    assert line.startswith("icpcrawl: ")
    assert "Remedy: " in line
    assert len(line) < 1000
    return line


def tree(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        # SQLite's shared memory is no content.
        if path.suffix not in (".sqlite-shm", ".sqlite-wal")
    }
