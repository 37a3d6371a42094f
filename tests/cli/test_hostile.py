"""Whatever a page, a table or a file name holds, the terminal prints it and obeys none of it."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from icpcrawl import cli
from icpcrawl.cli.check import _print
from icpcrawl.cli.terminal import complain, json_line, machine_line, table
from icpcrawl.demo.loopback import LoopbackWeb, zone_of
from icpcrawl.demo.zone import Answer, Host, Name, Records
from icpcrawl.errors import UsageError
from tests.hostile import EVERY, is_harmless

COLUMNS = (
    "url", "domain", "outcome", "http_status", "final_url", "hosting", "hosting_confidence", "provider", "cdn",
    "countries", "fix_zh", "fix_en",
)  # fmt: skip
ENCODABLE = [
    text for text in EVERY if text.encode("utf-8", "replace") == text.encode("utf-8", "surrogatepass")
]


@pytest.mark.parametrize("evil", EVERY)
def test_one_value_is_one_harmless_line(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    complain(f"{evil}: not understood")
    complain(str(UsageError(evil, file=evil, column=evil, remedy="mend it")))
    machine_line({evil: evil}, wanted=True)
    said = capsys.readouterr().err
    assert is_harmless(said)
    lines = said.splitlines()
    assert len(lines) == 3
    assert json.loads(lines[-1]) == {evil: evil}
    assert json.loads(json_line([evil])) == [evil]


@pytest.mark.parametrize("evil", EVERY)
def test_a_cell_stays_a_cell(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    table(("a", "b"), [(evil, "1"), ("2", evil)])
    said = capsys.readouterr().out
    assert is_harmless(said)
    assert [line.count("\t") for line in said.splitlines()] == [1, 1, 1]


@pytest.mark.parametrize("flags", [[], ["--json"]])
@pytest.mark.parametrize("evil", ENCODABLE)
def test_a_number_is_explained_harmlessly(
    evil: str, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    cli.run(["number", *flags, f"{evil}京ICP备1234{evil}5678号-1{evil} 京ICP备19004658号"])
    assert is_harmless("".join(capsys.readouterr()))


@pytest.mark.parametrize("flags", [[], ["--jsonl"]])
@pytest.mark.parametrize("evil", ENCODABLE)
def test_a_page_is_inspected_harmlessly(
    evil: str, flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "page.html"
    link = f"<a href='https://evil.cn/{evil}'>京ICP备19004658号{evil}-1</a>"
    file.write_bytes(f"<meta charset='{evil}'><title>{evil}</title><footer>{link}{evil}".encode())
    assert cli.run(["inspect", *flags, "--content-type", f"text/html; charset={evil}", str(file)]) == 0
    assert is_harmless("".join(capsys.readouterr()))


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_portfolio_is_read_harmlessly(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "portfolio.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(
            ["domain", "site_id", "name", *(f"x{evil}" for evil in ENCODABLE if "\0" not in evil)]
        )
        for evil in ENCODABLE:
            writer.writerows([[evil, evil, evil], [f"a{evil}.cn", "", evil], ["a.cn", evil, ""]])
    cli.run(["portfolio", *flags, str(file)])
    assert is_harmless("".join(capsys.readouterr()))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("command", ["inspect", "portfolio", "audit"])
@pytest.mark.parametrize(
    "evil", [text.replace("/", "").replace("\0", "") for text in EVERY if "\ud800" not in text]
)
def test_a_file_name_is_told_harmlessly(
    evil: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"{evil}.html"
    for there in (False, True):
        if there:
            file.write_bytes("<p>京ICP备19004658号".encode())
        cli.run([command, str(file)])
        said = capsys.readouterr()
        assert is_harmless("".join(said))
        assert there or len(said.err.splitlines()) == 1


@pytest.mark.parametrize("evil", EVERY)
def test_an_answer_about_a_site_is_harmless(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = {"zh": evil, "en": evil}
    row: dict[str, Any] = {
        "verdict": "non-compliant",
        "reason": text,
        "columns": dict.fromkeys(COLUMNS, evil),
        "numbers": [
            {"number": "", "raw": evil, "place": evil, "displayed": True, "status": evil,
             "link": {"href": evil, "target": evil}}
        ],
        "findings": [
            {"severity": "error", "rule": "x", "title": text, "observed": evil, "expected": evil, "fix": text,
             "snippet": evil}
        ],
    }  # fmt: skip
    _print(row)
    assert is_harmless(capsys.readouterr().out)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_hostile_site_is_checked_harmlessly(flags: list[str], root: Path) -> None:
    """The whole way: a page and its headers, the DNS, the judgment, the terminal."""
    page = "".join(
        f"<p>京ICP备19004658号-1<a href='/{evil}'>京ICP备1900465{evil}号</a>{evil}" for evil in ENCODABLE
    )
    host = Host({"/": Answer(page.encode(), headers=(("Server", "\x1b[2J\x9b31m"),))})
    with LoopbackWeb(zone_of({"evil.cn": host}, Name(Records(a=("47.96.129.18",))))) as web:
        words = ["--nameserver", web.nameserver, "--ca-file", str(web.ca_file)]
        words += [word for rule in web.connect_to for word in ("--connect-to", rule)]
        done = subprocess.run(
            [sys.executable, "-m", "icpcrawl", "check", "evil.cn", *flags, *words],
            cwd=root, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 1, said
    assert is_harmless(said)
    assert not flags or json.loads(done.stdout)["site_id"] == "evil.cn"
