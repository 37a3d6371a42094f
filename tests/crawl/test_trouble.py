"""Trouble of the machine and of our own making: the run ends by itself, says so, and can be resumed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from icpcrawl.crawl import machine
from icpcrawl.crawl.run import AuditOptions, AuditRun
from icpcrawl.demo.loopback import LoopbackWeb, zone_of
from icpcrawl.demo.zone import Answer, Host, Name, Records
from icpcrawl.errors import StoreError, UsageError
from icpcrawl.history import History
from icpcrawl.report.closing import Wanted

SITES = tuple(f"s{number}.cn" for number in range(40))


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    chance = random.Random(1)
    hosts = {
        site: Host({"/": Answer(b"<html><p>" + chance.randbytes(60_000) + b"</html>")}) for site in SITES
    }
    with LoopbackWeb(zone_of(hosts, Name(Records(a=("47.96.129.18",))))) as web:
        yield web


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    file = tmp_path / "portfolio.csv"
    file.write_text("\n".join(["domain", *SITES]) + "\n")
    return file


def audit(web: LoopbackWeb, *words: object, limit: Callable[[], None] | None = None) -> tuple[int, list[str]]:
    """Exit code and what was said, line by line."""
    done = subprocess.run(
        [sys.executable, "-m", "icpcrawl", "audit", *map(str, words), *web.arguments],
        capture_output=True, text=True, timeout=100, check=False, preexec_fn=limit,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()


def broken(root: Path, web: LoopbackWeb, stage: str, portfolio: Path, output: Path) -> tuple[int, list[str]]:
    script = Path(__file__).with_name("broken_run.py")
    words = [stage, "s7.cn", portfolio, output, web.nameserver, web.ca_file, *web.connect_to]
    done = subprocess.run(
        [sys.executable, str(script), *map(str, words)],
        capture_output=True, text=True, timeout=30, check=False, env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr.splitlines()


def ended_well(said: list[str]) -> dict[str, Any]:
    counts: dict[str, Any] = json.loads(said[-1])
    assert (counts["rows_in"], counts["rows_out"]) == (len(SITES), len(SITES))
    return counts


@pytest.mark.parametrize("limit_bytes", [700_000])
def test_a_full_disk_ends_the_run_which_is_resumed(
    limit_bytes: int, web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    code, said = audit(web, portfolio, "-o", tmp_path / "out", limit=small_disk)
    assert code == 4, said
    (complaint,) = [line for line in said if line.startswith("icpcrawl: ")]
    assert "Remedy: make room on the disk" in complaint
    stopped = json.loads(said[-1])
    assert "--resume" in stopped["resume"]
    code, said = audit(web, portfolio, "-o", tmp_path / "out", "--resume")
    assert (code, ended_well(said)["run"]) == (1, stopped["run"]), said


def test_a_history_that_others_hold_is_named(
    web: LoopbackWeb, portfolio: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert audit(web, portfolio, "-o", tmp_path / "out")[0] == 1
    monkeypatch.setattr("icpcrawl.history.connection.BUSY_S", 0.2)  # what is 8 s in earnest
    with contextlib.closing(sqlite3.connect(tmp_path / "out" / "history.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="Remedy: another program holds the file"):
            AuditRun.prepare(AuditOptions(portfolio, tmp_path / "out"))
    AuditRun.prepare(AuditOptions(portfolio, tmp_path / "out")).close()


def test_a_history_that_others_take_meanwhile_ends_the_run_soon_which_is_resumed(
    root: Path, web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    code, said = broken(root, web, "locked", portfolio, output)
    ended = time.time()
    (locked,) = output.glob("*/being-locked")
    assert code == 4, said
    assert "Remedy: another program holds the file" in said[0]
    assert ended - locked.stat().st_mtime < 10, "each of the 40 sites waited for the lock anew"
    code, lines = audit(web, portfolio, "-o", output, "--resume")
    assert (code, ended_well(lines)["run"]) == (1, locked.parent.name), lines


def test_a_clock_that_was_set_back_loses_and_doubles_nothing(
    web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    options = AuditOptions(portfolio, tmp_path / "out", resume=True)
    now = datetime.now(UTC)
    first = AuditRun.prepare(options, now=now + timedelta(days=400))
    first.close()
    second = AuditRun.prepare(options, now=now)
    assert (second.run_id, second.resumed) == (first.run_id, True)
    assert second.finish().rows_out == len(SITES)
    third = AuditRun.prepare(AuditOptions(portfolio, tmp_path / "out"), now=now)
    assert third.run_id < first.run_id
    finished = third.finish()
    assert (tmp_path / "out" / "latest").resolve() == finished.folder
    with History.open(tmp_path / "out") as history:
        assert [run.run_id for run in history.runs()] == [first.run_id, third.run_id]


def test_a_damaged_history_is_named_wherever_the_damage_is(
    web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    """Pages of the file overwritten one by one: an error with its remedy, or no error, never a bug."""
    output = tmp_path / "out"
    assert audit(web, portfolio, "-o", output)[0] == 1
    file = output / "history.sqlite"
    sound = file.read_bytes()
    chance, refused = random.Random(3), 0
    for page in range(1, len(sound) // 4096, 12):
        damaged = bytearray(sound)
        damaged[page * 4096 : page * 4096 + 400] = chance.randbytes(400)
        file.write_bytes(damaged)
        for left in (*output.glob("history.sqlite-*"), *output.glob("*/.*.part")):
            left.unlink()
        try:
            AuditRun.prepare(AuditOptions(portfolio, output, wanted=Wanted(formats=("csv",)))).finish()
        except StoreError as error:
            refused += bool(error.remedy)
    assert refused > 1


def test_a_judgment_without_end_costs_its_own_site_alone(
    root: Path, web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    code, said = broken(root, web, "endless", portfolio, tmp_path / "out")
    assert code in (1, 4), said
    verdicts = ended_well(said)["verdicts"]
    assert verdicts["inconclusive"] == 1
    assert "s7.cn could not be judged within 2 s" in (tmp_path / "out/latest/report.jsonl").read_text("utf-8")


def test_a_run_that_no_longer_moves_is_ended_and_resumed(
    root: Path, web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    code, said = broken(root, web, "stalled", portfolio, tmp_path / "out")
    assert code == 4, said
    assert "no site has come a step further" in "".join(said)
    assert json.loads(said[-1])["stored"] == len(SITES) - 1, said
    code, said = audit(web, portfolio, "-o", tmp_path / "out", "--resume")
    assert (code, ended_well(said)["verdicts"]) == (1, ended_well(said)["verdicts"])


@pytest.mark.parametrize(
    ("stage", "signum", "code"),
    [
        ("slow-start", signal.SIGTERM, 143),
        ("slow-start", signal.SIGINT, 130),
        ("slow-report", signal.SIGTERM, 143),
        ("slow-report", signal.SIGINT, 130),
    ],
)
def test_a_signal_before_or_behind_the_crawl_stops_at_once_and_can_be_resumed(
    stage: str, signum: int, code: int, root: Path, web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    words = [stage, "-", portfolio, output, web.nameserver, web.ca_file, *web.connect_to]
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("broken_run.py")), *map(str, words)],
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(root)},
    ) as process:  # fmt: skip
        ends = time.monotonic() + 60
        while not list(output.glob("*/being-*")):
            assert time.monotonic() < ends
            time.sleep(0.05)
        asked = time.monotonic()
        process.send_signal(signum)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, time.monotonic() - asked < 10) == (code, True), said
    (run,) = [folder.parent.name for folder in output.glob("*/being-*")]
    if stage == "slow-report":
        stopped = json.loads(said.splitlines()[-1])
        assert (stopped["run"], stopped["state"], stopped["stored"]) == (run, "interrupted", len(SITES))
    assert not (output / "latest").exists()
    code, lines = audit(web, portfolio, "-o", output, "--resume")
    assert (code, ended_well(lines)["run"]) == (1, run), lines


def test_too_few_open_files_are_said_before_the_run(
    web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (150, 150))

    code, said = audit(web, portfolio, "-o", tmp_path / "out", "--concurrency", 500, limit=few)
    assert code == 2
    assert "needs 580 open files, and this process may open 150" in said[0]
    assert "--concurrency 70" in said[0]
    assert not (tmp_path / "out").exists()


def test_a_soft_limit_is_raised_as_far_as_it_must_be(
    web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    def soft() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 4096))

    assert audit(web, portfolio, "-o", tmp_path / "out", limit=soft)[0] == 1


@pytest.mark.parametrize(
    ("files", "free_mb"),
    [
        ({}, None),
        ({"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:  204800 kB\n"}, 200),
        (
            {
                "proc/meminfo": "MemAvailable: 8192000 kB\n",
                "sys/fs/cgroup/memory.current": "209715200\n",
                "sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 104857600\n",
                "sys/fs/cgroup/memory.max": "268435456\n",
            },
            156,
        ),
        ({"proc/meminfo": "MemAvailable: 1024000 kB\n", "sys/fs/cgroup/memory.current": "1\n",
          "sys/fs/cgroup/memory.stat": "", "sys/fs/cgroup/memory.max": "max\n"}, 1000),
    ],
)  # fmt: skip
def test_free_memory_is_what_machine_and_container_leave(
    files: dict[str, str], free_mb: float | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert machine.free_memory_mb(tmp_path) == free_mb


def test_too_little_memory_is_said() -> None:
    machine._check_memory(100, 231.0)
    machine._check_memory(100, None)
    with pytest.raises(UsageError, match=r"--concurrency 20$"):
        machine._check_memory(100, 150.0)
    with pytest.raises(UsageError, match=r"container$"):
        machine._check_memory(100, 100.0)
