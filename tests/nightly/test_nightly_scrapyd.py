"""The project under a real Scrapyd: deployed, scheduled, and its report equal to the command line's."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icpcrawl.demo.loopback import LoopbackWeb
from tests.nightly.parts import BARE, FINE, GONE, icpcrawl, web_of, write_config

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("scrapyd", "scrapyd_client")),
        reason="Scrapyd is not installed: pip install -c constraints.txt -e '.[dev]'",
    ),
]

SITES = {"fine.example.cn": "Zhang", "bare.example.cn": "Li", "gone.example.cn": "Wang"}
PAGES = {"fine.example.cn": FINE, "bare.example.cn": BARE, "gone.example.cn": GONE}
PASSING = ("run", "assessed_at", "first_seen", "last_seen")
"""Columns that tell one run from another."""


@pytest.fixture
def scrapyd(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path / "scrapyd"
    home.mkdir()
    (home / "scrapyd.conf").write_text(
        f"[scrapyd]\nbind_address = 127.0.0.1\nhttp_port = {port}\npoll_interval = 0.1\nmax_proc = 1\n"
    )
    # A path to the checkout would hide the egg.
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with (home / "scrapyd.log").open("wb") as log:
        words = [sys.executable, "-m", "scrapyd"]
        server = subprocess.Popen(words, cwd=home, stdout=log, stderr=log, env=bare)
    url = f"http://127.0.0.1:{port}"
    try:
        _until(lambda: _answers(port), home / "scrapyd.log")
        yield url
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def _until(condition: Any, log: Path) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, log.read_text("utf-8", "replace")[-3000:]
        time.sleep(0.1)


def _asked(url: str, **arguments: object) -> dict[str, Any]:
    data = urllib.parse.urlencode(arguments, doseq=True).encode() if arguments else None
    with urllib.request.urlopen(url, data, timeout=20) as answer:
        said: dict[str, Any] = json.load(answer)
    assert said["status"] == "ok", said
    return said


def _rows(reports: Path, name: str) -> list[dict[str, str]]:
    with (reports / "latest" / name).open(encoding="utf-8", newline="") as stream:
        return [{k: v for k, v in row.items() if k not in PASSING} for row in csv.DictReader(stream)]


@pytest.mark.timeout(240)
def test_a_scheduled_job_writes_the_report_of_the_command_line(
    root: Path, scrapyd: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("icpcrawl", "data"):
        shutil.copytree(root / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(root / name, source / name)
    # Told apart from the icpcrawl that is installed where the tests run.
    package = source / "icpcrawl" / "__init__.py"
    package.write_text(package.read_text("utf-8") + '\n__version__ = "0.0.0+egg"\n', "utf-8")
    config = (root / "scrapy.cfg").read_text("utf-8")
    assert "http://127.0.0.1:6800/" in config
    (source / "scrapy.cfg").write_text(config.replace("http://127.0.0.1:6800/", f"{scrapyd}/"), "utf-8")
    deploy = [sys.executable, "-W", "ignore", "-m", "scrapyd_client.deploy"]
    done = subprocess.run(deploy, cwd=source, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert _asked(f"{scrapyd}/listspiders.json?project=icpcrawl")["spiders"] == ["homepage"]

    with LoopbackWeb(web_of(PAGES)) as web:
        folder = write_config(tmp_path / "cli", web, SITES).parent
        cli = icpcrawl("audit", folder / "portfolio.csv", "-o", tmp_path / "cli-reports", *web.arguments)
        assert cli.returncode == 1, cli.stderr
        settings = {
            "ICPCRAWL_NAMESERVERS": web.nameserver,
            "ICPCRAWL_CONNECT_TO": ",".join(web.connect_to),
            "ICPCRAWL_CA_FILE": web.ca_file,
        }
        job = _asked(
            f"{scrapyd}/schedule.json",
            project="icpcrawl",
            spider="homepage",
            portfolio=folder / "portfolio.csv",
            output=tmp_path / "reports",
            setting=[f"{name}={value}" for name, value in settings.items()],
        )["jobid"]
        log = tmp_path / "scrapyd" / "scrapyd.log"
        jobs = f"{scrapyd}/listjobs.json?project=icpcrawl"
        _until(lambda: [each["id"] for each in _asked(jobs)["finished"]] == [job], log)
    reports = tmp_path / "reports"
    assert (reports / "latest").exists(), log.read_text("utf-8", "replace")[-3000:]
    manifest = json.loads((reports / "latest" / "manifest.json").read_text("utf-8"))
    assert (manifest["version"], manifest["exit_code"]) == ("0.0.0+egg", 1)
    for name in ("sites.csv", "findings.csv", "rejected.csv"):
        assert _rows(reports, name) == _rows(tmp_path / "cli-reports", name)
