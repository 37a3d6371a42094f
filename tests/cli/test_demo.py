"""`icpcrawl demo`, as somebody sees it who has just installed it: twice, and then on saved pages."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from icpcrawl import cli
from icpcrawl.audit.finding import Verdict
from icpcrawl.demo.loopback import ports_are_free
from icpcrawl.demo.sites import EXPECTED, SITES

pytestmark = pytest.mark.slow
MAY_DIFFER = {"run", "assessed_at", "change"}
"""Between two runs over an unchanged web."""


def _demo(*arguments: object) -> dict[str, Any]:
    words = [sys.executable, "-m", "icpcrawl", "demo", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return said


def _sites(said: dict[str, Any]) -> list[dict[str, str]]:
    with Path(said["folder"], "sites.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    output = tmp_path_factory.mktemp("demo")
    # Other tests may hold the usual ports, and evidence says which name server was asked.
    port = next(port for port in range(24_000, 30_000, 5) if ports_are_free(port))
    return _demo("-o", output, "--port", port), _demo("-o", output, "--port", port)


def test_each_sample_site_gets_its_verdict(twice: tuple[dict[str, Any], dict[str, Any]]) -> None:
    said, _ = twice
    assert (said["rows_in"], said["rows_out"], said["problems"]) == (len(SITES), len(SITES), [])
    rows = _sites(said)
    # A refused row is known by the id it asked for, which another row may hold.
    found = Counter((row["site_id"], row["verdict"]) for row in rows)
    assert found == Counter((site.site_id, site.expected.verdict.value) for site in SITES)
    assert len({row["verdict"] for row in rows}) == len(Verdict)
    for row in rows:
        expected = EXPECTED[row["site_id"]]
        rules = set(row["rules"].split("|"))
        if row["verdict"] != Verdict.REJECTED:
            assert expected.rules <= rules, row["site_id"]
            assert not expected.never & rules, row["site_id"]


def test_the_files_are_there(twice: tuple[dict[str, Any], dict[str, Any]]) -> None:
    said, later = twice
    named = {Path(file).name for file in said["files"]}
    assert named == {
        "sites.csv",
        "findings.csv",
        "rejected.csv",
        "report.jsonl",
        "report.html",
        "report.xlsx",
        "manifest.json",
    }
    assert all(Path(file).stat().st_size for file in said["files"])
    latest = Path(later["folder"]).parent / "latest"
    assert latest.resolve() == Path(later["folder"]).resolve()


def test_the_second_run_differs_in_run_times_and_change_only(
    twice: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    first, second = (_sites(said) for said in twice)
    differing = {
        name for one, other in zip(first, second, strict=True) for name in one if one[name] != other[name]
    }
    assert differing == MAY_DIFFER
    assert {row["change"] for row in first} == {"first-run", ""}
    assert {row["change"] for row in second} == {"unchanged", ""}


def test_saved_pages_become_one_site_each(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    link = '<a href="https://beian.miit.gov.cn/">京ICP备12007421号-1</a>'
    text = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20
    for name, footer in (("shown", link), ("gbk", link), ("bare", "版权所有")):
        page = f"<html><title>{name}</title><body>{text}<footer>{footer}</footer></body></html>"
        (pages / f"{name}.html").write_bytes(page.encode("gb18030" if name == "gbk" else "utf-8"))
    said = _demo("--pages", pages, "-o", tmp_path / "out")
    rows = {row["site_id"]: row for row in _sites(said)}
    assert {name: row["icp_number"] for name, row in rows.items()} == {
        "shown": "京ICP备12007421号-1",
        "gbk": "京ICP备12007421号-1",
        "bare": "",
    }
    assert rows["bare"]["verdict"] == "non-compliant"


def test_a_stored_run_is_judged_again_to_the_byte(
    twice: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for said in twice:
        folder, again = Path(said["folder"]), tmp_path / said["run"]
        assert cli.run(["reaudit", str(folder), "-o", str(again)]) == 0
        for name in ("findings.csv", "sites.csv", "rejected.csv", "report.jsonl"):
            assert (again / name).read_bytes() == (folder / name).read_bytes(), name
    assert capsys.readouterr().out == ""


def test_another_policy_judges_otherwise_and_every_difference_is_listed(
    twice: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[severities]\n"filing-number-missing" = "notice"\n')
    first, _ = twice
    assert cli.run(["reaudit", first["folder"], "--policy", str(policy)]) == 1
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()[1:]]
    without = [row["site_id"] for row in _sites(first) if "filing-number-missing" in row["rules"].split("|")]
    assert sorted(line[0] for line in lines) == sorted(without)
    assert without


def test_readiness_names_the_sites_that_hold_up_an_entity(
    twice: tuple[dict[str, Any], dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    said, _ = twice
    rows = {row["site_id"]: row for row in _sites(said)}
    ready = ["readiness", "--run", said["folder"], "--json", "--entity"]
    assert cli.run([*ready, rows["number-missing"]["entity"]]) == 1
    assert [each["site_id"] for each in json.loads(capsys.readouterr().out)["obstacles"]] == [
        "number-missing"
    ]
    assert cli.run([*ready, rows["good-company"]["icp_number"]]) == 0
    assert json.loads(capsys.readouterr().out)["obstacles"] == []
    assert cli.run([*ready, "无此公司"]) == 2
    assert "no site of that entity" in capsys.readouterr().err


def test_a_replay_needs_no_scrapy(twice: tuple[dict[str, Any], dict[str, Any]]) -> None:
    script = "import sys; from icpcrawl import cli; code = cli.run(sys.argv[1:]); print(sorted(sys.modules)); sys.exit(code)"
    words = [sys.executable, "-c", script, "reaudit", twice[0]["folder"]]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not [name for name in ("'scrapy'", "'twisted'", "'dns'") if name in done.stdout]
