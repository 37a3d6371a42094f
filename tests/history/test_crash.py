"""Writers killed, disks full, folders closed: nothing acknowledged is lost, nothing doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from icpcrawl.errors import StoreError
from icpcrawl.history import History

ROOT = Path(__file__).parents[2]

_HEAD = """
import sys
sys.path.insert(0, sys.argv.pop())
from datetime import UTC, datetime
from pathlib import Path
from icpcrawl.errors import RunLockedError, StoreError
from icpcrawl.history import History
from tests.history.samples import make_audit, make_observation, make_portfolio
folder = Path(sys.argv[1])
portfolio = make_portfolio(str(folder / "p.csv"))
"""

WRITER = (
    _HEAD
    + """
history = History.open(folder)
run = history.begin(portfolio, run_id=sys.argv[2], started_at=datetime.now(UTC), resume=True)
stored = history.stored_ids()
print("resumed" if run.resumed else "new", flush=True)
waiting = []
for number in range(3000):
    name = f"s{number}.cn"
    if name in stored:
        continue
    history.add(make_observation(name, name.encode() * 100), make_audit(name))
    waiting.append(name)
    if len(waiting) == 7:
        history.flush()
        print(*waiting, flush=True)
        waiting = []
history.finish("complete", 0)
history.close()
print("complete", flush=True)
"""
)

STARTER = (
    _HEAD
    + """
history = History.open(folder)
try:
    history.begin(portfolio, run_id=sys.argv[2], started_at=datetime.now(UTC), resume=True)
except RunLockedError:
    print("locked", flush=True)
else:
    print("runs", flush=True)
    sys.stdin.read()
history.close()
"""
)

FILLER = (
    _HEAD
    + """
import os, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
history = History.open(folder)
history.begin(portfolio, run_id="r", started_at=datetime.now(UTC), resume=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
try:
    for number in range(3000):
        name = f"s{number}.cn"
        history.add(make_observation(name, os.urandom(20_000)), make_audit(name))
except StoreError as error:
    print(error, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
history.flush()
print(len(history.stored_ids()), number, flush=True)
history.close()
"""
)


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments, str(ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_kill_minus_nine_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    kills = 0
    while True:
        with start(WRITER, str(tmp_path), f"r{kills}") as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline().split()
            assert first == ["resumed" if kills else "new"]
            stop_at = time.monotonic() + chance.uniform(0.02, 0.15) if kills < 6 else float("inf")
            lines: list[str] = []
            for line in writer.stdout:
                lines.append(line)
                if time.monotonic() > stop_at:
                    writer.kill()
                    kills += 1
                    break
            lines += writer.stdout.readlines()
        words = [word for line in lines if line.endswith("\n") for word in line.split()]
        acknowledged.update(word for word in words if word != "complete")
        with History.open(tmp_path) as history:
            stored = [result.site_id for result in history.results("r0")]
        assert len(stored) == len(set(stored))
        assert acknowledged <= set(stored)
        if "complete" in words:
            break
    assert kills >= 5
    assert sorted(stored) == sorted(f"s{number}.cn" for number in range(3000))


def test_eight_starts_at_once_one_runs(tmp_path: Path) -> None:
    starters = [start(STARTER, str(tmp_path), f"r{number}") for number in range(8)]
    said = [starter.stdout.readline().strip() for starter in starters if starter.stdout]
    assert sorted(said) == ["locked"] * 7 + ["runs"]
    for starter in starters:
        starter.communicate(timeout=30)
        assert starter.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="resource limits are Unix")
def test_a_full_disk_is_named_and_nothing_waiting_is_lost(tmp_path: Path) -> None:
    filler = start(FILLER, str(tmp_path))
    out, _ = filler.communicate(timeout=60)
    error, counts = out.splitlines()
    stored, last = map(int, counts.split())
    assert "Remedy: make room on the disk" in error
    assert stored == last + 1


def test_a_read_only_folder_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("here is no folder")
    with pytest.raises(StoreError, match="Remedy"):
        History.open(blocked / "sub")
    if os.name == "posix" and os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        with pytest.raises(StoreError, match="writable"):
            History.open(closed)
