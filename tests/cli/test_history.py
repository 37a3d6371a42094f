"""Stored runs asked by hand: compare, history, evidence, recheck, and a report held back."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from icpcrawl import cli
from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone
from icpcrawl.history import History

MAINLAND = "47.96.129.18"
NAMES = tuple(f"s{number}.example.cn" for number in range(8))
MENU = "".join(f"<li><a href='/p{n}'>产品{n}</a></li>" for n in range(30))
TEXT = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20


def page(number: str) -> bytes:
    footer = f'<a href="https://beian.miit.gov.cn/">{number}</a>' if number else "版权所有"
    return f"<html><head><title>示例公司</title></head><body><ul>{MENU}</ul>{TEXT}<footer>{footer}</footer>".encode()


def web_of(*numbers: str) -> LoopbackWeb:
    """A site per number; one that shows no number where it is empty, and none at all beyond."""
    shown = dict(zip(NAMES, numbers, strict=False))
    names = {name: Name(Records(a=(MAINLAND,))) for name in shown}
    return LoopbackWeb(
        Zone(names, {name: Host({"/": Answer(page(number))}) for name, number in shown.items()})
    )


def icpcrawl(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "icpcrawl", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return said


def numbers(count: int = len(NAMES)) -> list[str]:
    return [f"京ICP备{12_007_421 + at}号-1" for at in range(count)]


def cells(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Reports of two nights: the first site lost its number in the second, another got its own."""
    home = tmp_path_factory.mktemp("nights")
    portfolio, output = home / "portfolio.csv", home / "reports"
    rows = [f"{name},{name},{'alpha' if at < 2 else 'beta'}" for at, name in enumerate(NAMES[:3])]
    portfolio.write_text("\n".join(["domain,site_id,owner", *rows]) + "\n", encoding="utf-8")
    runs = []
    for shown in (
        ["京ICP备12007421号-1", "", "京ICP备12007423号-1"],
        ["", "京ICP备12007422号-1", "京ICP备12007423号-1"],
    ):
        with web_of(*shown) as web:
            done = icpcrawl("audit", portfolio, "-o", output, "--no-confirm", *web.arguments)
        assert done.returncode == 1, done.stderr
        runs.append(last_line(done)["run"])
    return output, runs


def test_compare_names_what_moved(nights: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    output, runs = nights
    assert cli.run(["compare", runs[0], str(output / "latest"), "-o", str(output), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    moved = {site["site_id"]: (site["change"], site["verdict"]) for site in told["differing"]}
    assert moved == {
        NAMES[0]: ("new", ["compliant", "non-compliant"]),
        NAMES[1]: ("fixed", ["non-compliant", "compliant"]),
    }
    (lost, _) = told["differing"]
    assert date.fromisoformat(lost["due"]) - date.fromisoformat(told["now"]["on"]) == timedelta(days=7)
    assert (lost["days_overdue"], told["overdue"]) == (0, 0)
    assert (told["run_a"], told["run_b"], told["sites"], told["now"]["coverage"]) == (*runs, 3, 100.0)
    assert cli.run(["compare", runs[0], runs[0], "-o", str(output)]) == 0
    assert cli.run(["compare", runs[0], "gone", "-o", str(output)]) == 2
    assert "Remedy" in capsys.readouterr().err


def test_history_lists_the_runs_with_their_totals(
    nights: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    output, runs = nights
    assert cli.run(["history", "-o", str(output), "--json"]) == 0
    listed = [run for run in json.loads(capsys.readouterr().out)["runs"] if run["kind"] == "audit"]
    assert [run["run"] for run in listed] == runs
    assert [run["totals"]["verdicts"] for run in listed] == [{"compliant": 2, "non-compliant": 1}] * 2
    assert cli.run(["history", "-o", str(output / "nowhere")]) == 2


def test_the_owners_own_doing_is_no_repair_and_its_end_is_news(tmp_path: Path) -> None:
    """Waived, switched off, weighed less, and each taken back: one finding that nobody mended."""
    files = {
        "portfolio.csv": f"domain\n{NAMES[0]}\n",
        "w.csv": f"site_id,rule,reason,owner,approver,expires\n{NAMES[0]},filing-*,r,o,a,2099-12-31\n",
        "off.toml": 'disabled = ["filing-number-missing"]\n',
        "mild.toml": '[severities]\nfiling-number-missing = "warning"\n',
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    output, told = tmp_path / "reports", []
    with web_of("") as web:
        for more in ("", "--waivers=w.csv", "", "--policy=off.toml", "--policy=mild.toml", ""):
            option, _, name = more.partition("=")
            given = [option, tmp_path / name] if more else []
            done = icpcrawl(
                *("audit", tmp_path / "portfolio.csv", "-o", output, "--fail-on", "new", "--no-confirm"),
                *(*given, *web.arguments),
            )
            (site,) = cells(output / "latest" / "sites.csv")
            found = [
                each["change"]
                for each in cells(output / "latest" / "findings.csv")
                if each["rule"] == "filing-number-missing"
            ]
            told.append((site["verdict"], site["change"], found, done.returncode))
    with History.open(output) as history:
        (trend,) = history.trend().values()
    compared = icpcrawl("compare", trend[1].run_id, trend[2].run_id, "-o", output)
    assert compared.stdout.splitlines()[1].split("\t")[:5] == [
        *(NAMES[0], "new", "compliant", "non-compliant", "filing-number-missing")
    ]
    assert compared.returncode == 1
    assert told == [
        ("non-compliant", "first-run", ["first-run"], 1),
        ("compliant", "unchanged", ["unchanged"], 0),
        ("non-compliant", "new", ["unchanged"], 1),
        ("inconclusive", "unchanged", [], 0),
        ("inconclusive", "new", ["unchanged"], 0),
        ("non-compliant", "new", ["unchanged"], 1),
    ]
    assert [(each.found, each.gone) for each in trend] == [(1, 0), (0, 0), (1, 0), (0, 0), (1, 0), (0, 0)]


def test_evidence_tells_what_was_seen_and_gives_the_bytes_back(
    nights: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, runs = nights
    file = tmp_path / "page.html"
    words = ["evidence", NAMES[0], "--run", runs[0], "-o", str(output), "--body", str(file), "--json"]
    assert cli.run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert file.read_bytes() == page("京ICP备12007421号-1")
    assert told["page"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (
        told["given"]["portfolio"]
        == hashlib.sha256((output.parent / "portfolio.csv").read_bytes()).hexdigest()
    )
    assert told["attempts"][-1]["hops"][-1]["url"] == told["page"]["url"]
    assert next(answer["addresses"] for answer in told["answers"]) == [MAINLAND]
    assert told["encoding_why"]
    assert told["databases"]
    assert cli.run(words[:-3]) == 0
    assert told["evidence"] in capsys.readouterr().out
    assert cli.run(["evidence", "gone.cn", "--run", runs[0], "-o", str(output)]) == 2
    assert cli.run(["evidence", NAMES[0], runs[0]]) == 2


def test_verify_finds_what_was_tampered_with(
    nights: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output, runs = nights
    copy = tmp_path / "reports"
    subprocess.run(["cp", "-a", output, copy], check=True)
    assert cli.run(["evidence", "verify", str(copy / runs[0])]) == 0
    (copy / runs[0] / "sites.csv").write_text("all is well", encoding="utf-8")
    database = sqlite3.connect(copy / "history.sqlite")
    with database:
        database.execute(
            "UPDATE body SET zstd = x'00' WHERE digest = ?",
            (hashlib.sha256(page("京ICP备12007421号-1")).digest(),),
        )
    database.close()
    capsys.readouterr()
    assert cli.run(["evidence", "verify", str(copy / runs[0]), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert len(problems) == 2
    assert NAMES[0] in problems[0]
    assert "sites.csv" in problems[1]


def test_recheck_shows_before_and_after_and_leaves_the_nights_alone(
    nights: tuple[Path, list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    output, runs = nights
    latest = (output / "latest").resolve()
    with web_of("京ICP备12007421号-1", "", "") as web:
        done = icpcrawl("recheck", "--owner", "alpha", "-o", output, *web.arguments)
    assert done.returncode == 1, done.stderr
    head, *lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert head == ["site", "before", "after", "fixed", "still there", "new"]
    told = {line[0]: (line[1], line[2]) for line in lines}
    assert told == {NAMES[0]: ("non-compliant", "compliant"), NAMES[1]: ("compliant", "non-compliant")}
    assert "filing-number-missing" in lines[0][3]
    assert (output / "latest").resolve() == latest
    said = last_line(done)
    with (output / said["run"] / "sites.csv").open(encoding="utf-8", newline="") as stream:
        assert [(row["site_id"], row["change"]) for row in csv.DictReader(stream)] == [
            (NAMES[0], "fixed"),
            (NAMES[1], "regressed"),
        ]
    with History.open(output) as history:
        (trend,) = history.trend().values()
        assert [night.run_id for night in trend] == runs
    for words, named in (
        (["reaudit", str(output / said["run"])], "recheck"),
        (["recheck", "gone.cn", "-o", str(output)], "gone.cn"),
        (["recheck", "--owner", "nobody", "-o", str(output)], "nobody"),
        (["recheck", "-o", str(output)], "which"),
    ):
        assert cli.run(words) == 2
        assert named in capsys.readouterr().err


def test_a_night_out_of_band_is_written_as_held_and_accepted_by_hand(tmp_path: Path) -> None:
    portfolio, output = tmp_path / "portfolio.csv", tmp_path / "reports"
    portfolio.write_text("domain\n" + "\n".join(NAMES) + "\n", encoding="utf-8")
    with web_of(*numbers()) as web:
        first = icpcrawl("audit", portfolio, "-o", output, "--gate", *web.arguments)
    assert first.returncode == 0, first.stderr
    with web_of(*numbers(1)) as web:
        words = ("audit", portfolio, "-o", output, *web.arguments)
        held = icpcrawl(*words, "--gate")
        assert held.returncode == 3, held.stderr
        run = last_line(held)["run"]
        manifest = json.loads((output / run / "manifest.json").read_text("utf-8"))
        assert (manifest["state"], manifest["exit_code"]) == ("held", 3)
        assert "Coverage" in manifest["held"]
        assert (output / "latest").resolve().name == last_line(first)["run"]
        accepted = icpcrawl(*words, "--resume")
    assert (accepted.returncode, last_line(accepted)["run"]) == (0, run)
    assert (output / "latest").resolve().name == run
