"""`icpcrawl check`: one page before launch, answered on the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone

TEXT = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20
HOSTILE = "<title>\x1b[2J\x1b]0;owned\x07</title>"


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    pages = {
        "good.example.cn": '<a href="https://beian.miit.gov.cn/">京ICP备12007421号-1</a>',
        "retired.example.cn": f'{HOSTILE}<a href="http://www.miitbeian.gov.cn/\x1b[31m">京ICP备12007421号-1</a>',
    }
    names = dict.fromkeys(pages, Name(Records(a=("47.96.129.18",))))
    hosts = {name: Host({"/": Answer((TEXT + footer).encode())}) for name, footer in pages.items()}
    with LoopbackWeb(Zone(names, hosts)) as web:
        yield web


def _check(web: LoopbackWeb, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "icpcrawl", "check", *words, *web.arguments]
    environment = {**os.environ, "COLUMNS": "100"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)


def test_what_was_seen_what_is_wrong_and_the_cure(web: LoopbackWeb) -> None:
    done = _check(web, "good.example.cn", "https://retired.example.cn/")
    assert (done.returncode, done.stderr) == (1, "")
    good, retired = done.stdout.split("\n\n", 1)
    assert good.startswith("good.example.cn  compliant\n")
    assert "hosting  mainland  (high)  Alibaba Cloud" in good
    assert "京ICP备12007421号-1  [ok, bottom]  → https://beian.miit.gov.cn/ (current)" in good
    assert retired.startswith("https://retired.example.cn/  non-compliant\n")
    for told in (
        "link-retired-host",
        "http://www.miitbeian.gov.cn/",
        "https://beian.miit.gov.cn/",
        "cure",
        "paste",
    ):
        assert told in retired
    assert "\x1b" not in done.stdout


def test_one_json_object_per_site(web: LoopbackWeb) -> None:
    done = _check(web, "good.example.cn", "retired.example.cn", "--json", "--fail-on", "never")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["verdict"] for row in rows] == ["compliant", "non-compliant"]


def test_what_cannot_be_a_site_is_a_usage_error(web: LoopbackWeb) -> None:
    done = _check(web, "not a host!")
    assert done.returncode == 2
    assert "rejected" in done.stdout
    assert "cure" in done.stdout
