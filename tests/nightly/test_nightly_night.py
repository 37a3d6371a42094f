"""One night: the lock, dead channels, broken stages, held reports, and what they leave behind."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from icpcrawl import cli
from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.nightly.config import read_config
from icpcrawl.nightly.night import own_file
from tests.nightly.parts import BARE, FINE, GONE, SILENT, Webhook, icpcrawl, last_line, web_of, write_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

HASTY = Path(__file__).with_name("hasty_icpcrawl.py")
PATIENT = ("-m", "icpcrawl")
WRITES_SLOWLY = (
    "-c",
    """
import time
from icpcrawl.cli import main
from icpcrawl.crawl import run

def close_slowly(folder, *rest, close=run.close_run):
    (folder / "being-written").touch()
    time.sleep(30)
    return close(folder, *rest)

run.close_run = close_slowly
main()
""",
)
SITES = {"a.example.cn": "Zhang", "b.example.cn": "Li"}
HOOK = '[[channel]]\nname = "hook"\nurl = "env:HOOK"\nlanguage = "en"\n'


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(web_of(dict.fromkeys(SITES, FINE))) as web:
        yield web


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as hook:
        yield hook


def _started(
    config: Path, program: tuple[str, ...] = (str(HASTY),), **environment: str
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *program, "nightly", "--config", str(config)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
    )  # fmt: skip


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def _status(config: Path) -> tuple[int, str]:
    """Exit code and words of ``icpcrawl status``."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = cli.run(["status", "--config", str(config)])
    return code, said.getvalue()


def _heartbeat(config: Path) -> Path:
    (file,) = (config.parent / "reports").glob("nightly.*.heartbeat.json")
    return file


def test_of_eight_starts_one_runs_and_seven_name_its_owner(web: LoopbackWeb, tmp_path: Path) -> None:
    web.serve(web_of({"eight.example.cn": SILENT, "beside.example.cn": SILENT}))
    config = write_config(tmp_path / "one", web, {"eight.example.cn": ""})
    other = write_config(tmp_path / "two", web, {"beside.example.cn": ""})
    # Another portfolio's night, with the same folder of reports.
    reports = config.parent / "reports"
    other.write_text(other.read_text("utf-8").replace('"reports"', f'"{reports}"'), "utf-8")
    nights = [_started(config, PATIENT) for _ in range(8)]
    beside = _started(other, PATIENT)
    try:
        _until(lambda: sum(night.poll() is not None for night in nights) == 7)
        (owner,) = (night for night in nights if night.poll() is None)
        for night in nights:
            if night is not owner:
                _, stderr = night.communicate()
                assert night.returncode == 75, stderr
                assert f"process {owner.pid} on {socket.gethostname()}" in stderr
        _until(lambda: {"eight.example.cn", "beside.example.cn"} <= {visit.host for visit in web.visits})
        assert (owner.poll(), beside.poll()) == (None, None)
    finally:
        for night in (*nights, beside):
            night.terminate()
            night.communicate()
    web.serve(web_of({"eight.example.cn": FINE, "beside.example.cn": FINE}))
    for file in (config, other):
        resumed = icpcrawl("nightly", "--config", file, "--resume")
        assert resumed.returncode == 0, resumed.stderr
    assert len(list(reports.glob("2*/manifest.json"))) == 2


def test_an_audit_by_hand_keeps_the_night_out_and_status_says_so(web: LoopbackWeb, tmp_path: Path) -> None:
    web.serve(web_of({"byhand.example.cn": SILENT}))
    config = write_config(tmp_path / "nights", web, {"byhand.example.cn": ""})
    portfolio, reports = config.with_name("portfolio.csv"), config.with_name("reports")
    words = [sys.executable, *PATIENT, "audit", str(portfolio), "-o", str(reports), *web.arguments]
    audit = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _until(lambda: any(visit.host == "byhand.example.cn" for visit in web.visits))
        done = icpcrawl("nightly", "--config", config)
    finally:
        audit.terminate()
        audit.wait(30)
    assert done.returncode == 75, done.stderr
    assert f"process {audit.pid} on {socket.gethostname()}" in done.stderr
    code, said = _status(config)
    assert (code, "broke at lock" in said) == (1, True)


def test_a_killed_night_is_seen_and_the_next_one_begins_at_once(web: LoopbackWeb, tmp_path: Path) -> None:
    web.serve(web_of(dict.fromkeys(SITES, SILENT)))
    config = write_config(tmp_path / "nights", web, SITES)
    night = _started(config, PATIENT)
    reports = config.parent / "reports"
    _until(lambda: list(reports.glob("nightly.*.heartbeat.json")))
    assert _status(config)[0] == 0
    night.kill()
    night.communicate()
    code, said = _status(config)
    assert (code, "was killed" in said) == (1, True)
    web.serve(web_of(dict.fromkeys(SITES, FINE)))
    # A foreign host's lock would be respected for two minutes.
    assert icpcrawl("nightly", "--config", config).returncode == 0
    assert _status(config)[0] == 0


def test_a_stopped_night_tells_nobody_and_goes_on(web: LoopbackWeb, hook: Webhook, tmp_path: Path) -> None:
    web.serve(web_of(dict.fromkeys(SITES, SILENT)))
    config = write_config(tmp_path / "nights", web, SITES, HOOK)
    before = len(web.visits)
    night = _started(config, HOOK=hook.url)
    _until(lambda: len(web.visits) > before)
    night.send_signal(signal.SIGTERM)
    _, stderr = night.communicate(timeout=30)
    assert night.returncode == 143, stderr
    assert hook.taken() == []
    web.serve(web_of(dict.fromkeys(SITES, FINE)))
    resumed = icpcrawl("nightly", "--config", config, "--resume", HOOK=hook.url)
    assert resumed.returncode == 0, resumed.stderr
    assert len(list((config.parent / "reports").glob("2*/manifest.json"))) == 1


def test_a_night_stopped_while_it_writes_its_report_goes_on(web: LoopbackWeb, tmp_path: Path) -> None:
    web.serve(web_of(dict.fromkeys(SITES, FINE)))
    config = write_config(tmp_path / "nights", web, SITES)
    night = _started(config, WRITES_SLOWLY)
    _until(lambda: list((config.parent / "reports").glob("*/being-written")))
    asked = time.monotonic()
    night.send_signal(signal.SIGTERM)
    stdout, stderr = night.communicate(timeout=30)
    assert (night.returncode, time.monotonic() - asked < 10) == (143, True), stderr
    assert "audit-stopped" in stdout + stderr
    assert _status(config)[0] == 1
    before = len(web.visits)
    resumed = icpcrawl("nightly", "--config", config, "--resume")
    assert (resumed.returncode, len(web.visits)) == (0, before), resumed.stderr


def test_a_dead_channel_fails_no_night_and_gets_its_letters_later(
    web: LoopbackWeb, hook: Webhook, tmp_path: Path
) -> None:
    dead = '[[channel]]\nname = "dead"\nurl = "env:DEAD"\n'
    config = write_config(tmp_path / "nights", web, SITES, HOOK + dead)
    web.serve(web_of({"a.example.cn": FINE, "b.example.cn": BARE}))
    hook.status = 500
    done = icpcrawl("nightly", "--config", config, HOOK=hook.url)
    assert done.returncode == 1, done.stderr
    assert last_line(done)["undelivered"] == ["hook", "dead"]
    code, said = _status(config)
    assert (code, "not delivered to hook, dead" in said) == (1, True)
    hook.status = 200
    done = icpcrawl("nightly", "--config", config, HOOK=hook.url)
    assert (last_line(done)["told"], last_line(done)["undelivered"]) == (["hook"], ["dead"])
    (letter,) = hook.taken()
    assert "b.example.cn (Li): " in letter["message"]
    assert icpcrawl("nightly", "--config", config, HOOK=hook.url).returncode == 1
    assert hook.taken() == []
    assert "hook-secret" not in "".join(
        file.read_text("utf-8", "replace") for file in config.parent.rglob("*") if file.is_file()
    )


def test_a_held_report_is_told_and_moves_nothing(web: LoopbackWeb, hook: Webhook, tmp_path: Path) -> None:
    sites = {f"s{number}.example.cn": "Wang" for number in range(12)}
    config = write_config(tmp_path / "nights", web, sites, HOOK)
    fine, bare = dict.fromkeys(sites, FINE), dict.fromkeys(sites, BARE)
    for pages, code, words in ((fine, 0, "First night"), (bare, 3, "held back")):
        web.serve(web_of(pages))
        done = icpcrawl("nightly", "--config", config, HOOK=hook.url)
        assert done.returncode == code, done.stderr
        (message,) = hook.taken()
        assert words in message["message"]
        # Nobody is accused by a report that is not believed.
        assert not any(line.startswith("- ") for line in message["message"].splitlines())
        found, said = _status(config)
        assert (found, "held back" in said) == ((1, True) if code else (0, False))
    done = icpcrawl("nightly", "--config", config, "--accept", HOOK=hook.url)
    assert done.returncode == 1, done.stderr
    (message,) = hook.taken()
    assert "Recovered" in message["message"]
    assert "12 new" in message["message"]
    # Believed once, it is believed from now on.
    assert icpcrawl("nightly", "--config", config, HOOK=hook.url).returncode == 1
    assert hook.taken() == []


@pytest.mark.parametrize(
    ("broken", "code", "stage"),
    [
        ("portfolio", 2, "prepare"),
        ("metrics", 4, "metrics"),
        ("memory", 0, ""),
        ("history", 2, "prepare"),
        ("lock", 4, "night"),
    ],
)
def test_what_breaks_is_named_and_told(
    web: LoopbackWeb, hook: Webhook, tmp_path: Path, broken: str, code: int, stage: str
) -> None:
    web.serve(web_of(dict.fromkeys(SITES, FINE)))
    metrics = '[metrics]\ntextfile = "nowhere/icpcrawl.prom"\n' if broken == "metrics" else ""
    config = write_config(tmp_path / "nights", web, SITES, metrics + HOOK)
    reports = config.parent / "reports"
    if broken == "portfolio":
        (config.parent / "portfolio.csv").write_text("nothing known\nx\n")
    if broken in ("memory", "history"):
        assert icpcrawl("nightly", "--config", config, HOOK=hook.url).returncode == 0
        hook.taken()
    if broken == "memory":
        heart = _heartbeat(config)
        heart.with_name(heart.name.replace("heartbeat.", "")).write_text("{")
    if broken == "history":
        (reports / "history.sqlite").write_bytes(b"nothing of ours" * 100)
    if broken == "lock":
        # As on a full or read-only disk: not even its own files can be opened.
        own_file(read_config(config), "lock").mkdir(parents=True)
        (reports / ".icpcrawl").touch()
    done = icpcrawl("nightly", "--config", config, HOOK=hook.url)
    assert done.returncode == code, done.stderr
    said = last_line(done)
    assert list(said["broken"])[:1] == ([stage] if stage else [])
    (message,) = hook.taken()
    assert ("The night failed" in message["message"]) is (code == 2 or broken == "lock")
    if broken != "lock":
        assert json.loads(_heartbeat(config).read_text())["stage"] == stage
    assert _status(config)[0] == (1 if code else 0)


def test_metrics_and_retention(web: LoopbackWeb, tmp_path: Path) -> None:
    more = '[metrics]\ntextfile = "icpcrawl.prom"\n[retention]\nevidence_nights = 1\nreport_nights = 2\n'
    config = write_config(tmp_path / "nights", web, SITES, more)
    reports = config.parent / "reports"
    own = reports / "20200101T000000Z-abcdef"
    web.serve(web_of({"a.example.cn": BARE, "b.example.cn": GONE}))
    for night in range(3):
        done = icpcrawl("nightly", "--config", config)
        assert done.returncode == 1, done.stderr
        if night == 0:
            # The owner's own folder, named like a run: not a run of the history, so it stays.
            own.mkdir()
            (own / "manifest.json").write_text("{}")
    runs = {entry.name for entry in reports.iterdir() if entry.is_dir() and not entry.is_symlink()}
    assert len(runs) == 3
    assert own.name in runs
    assert (reports / "latest").resolve().name == last_line(done)["run"]
    families = text_string_to_metric_families((config.parent / "icpcrawl.prom").read_text("utf-8"))
    values = {
        (sample.name, sample.labels.get("verdict") or sample.labels.get("severity") or ""): sample.value
        for family in families
        for sample in family.samples
    }
    assert values["icpcrawl_coverage_ratio", ""] == 0.5
    assert values["icpcrawl_sites", "non-compliant"] == 1
    assert values["icpcrawl_sites", "not-assessed"] == 1
    assert values["icpcrawl_findings", "error"] == 1
    assert values["icpcrawl_exit_code", ""] == 1
    assert values["icpcrawl_last_success_timestamp_seconds", ""] > time.time() - 60
    assert 0 < values["icpcrawl_duration_seconds", ""] < 60


def test_every_log_line_is_one_json_object(web: LoopbackWeb, tmp_path: Path) -> None:
    web.serve(web_of(dict.fromkeys(SITES, FINE)))
    done = icpcrawl("nightly", "--config", write_config(tmp_path / "nights", web, SITES))
    *lines, last = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines if "stage" not in line] == [
        "night-begun", "report-written", "digest", "night-ended",
    ]  # fmt: skip
    assert all({"time", "level", "event"} <= set(line) for line in lines)
    assert last["exit_code"] == 0
