"""Units and crontab lines are filled in, and the system that reads them finds nothing wrong."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from icpcrawl import cli
from icpcrawl.errors import StoreError
from icpcrawl.nightly.config import read_config
from icpcrawl.nightly.heartbeat import Heartbeat, complaints, read_heartbeat, write_heartbeat
from icpcrawl.nightly.schedule import SERVICE, TIMER, cron_lines, systemd_units

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DAY = timedelta(hours=26)


def _config(folder: Path, more: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "icpcrawl.toml"
    file.write_text(f'portfolio = "p.csv"\n{more}', "utf-8")
    return file


@pytest.mark.parametrize("name", ["plain", "with space", "100% 备案 $HOME"])
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path, name: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze on this machine: the units are not verified")
    file = _config(tmp_path / name, '[metrics]\ntextfile = "icpcrawl.prom"\n[schedule]\nuser = "root"\n')
    # Something that exists, where the tests run from.
    units = systemd_units(read_config(file), ("/bin/true",))
    for unit, text in units.items():
        (tmp_path / unit).write_text(text, "utf-8")
    paths = [str(tmp_path / unit) for unit in units]
    done = subprocess.run(
        [analyze, "verify", "--man=no", *paths], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if "icpcrawl" in line]
    assert (done.returncode, said) == (0, [])
    calendar = next(line for line in units[TIMER].splitlines() if line.startswith("OnCalendar="))
    moment = [analyze, "calendar", calendar.removeprefix("OnCalendar=")]
    assert subprocess.run(moment, capture_output=True, check=False, timeout=60).returncode == 0


def test_the_units_say_what_was_configured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = '[schedule]\nat = "03:45"\ntimezone = "Europe/Berlin"\nuser = "audit"\nenvironment_file = "/etc/a b"\n'
    file = _config(tmp_path, more)
    assert cli.run(["schedule", "systemd", "--config", str(file), "-o", str(tmp_path)]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / SERVICE), str(tmp_path / TIMER)]
    service, timer = configparser.ConfigParser(interpolation=None), configparser.ConfigParser()
    service.read(tmp_path / SERVICE)
    timer.read(tmp_path / TIMER)
    told = service["Service"]
    assert told["ExecStart"].endswith(f"nightly --config {file}")
    assert (told["User"], told["EnvironmentFile"]) == ("audit", "-/etc/a b")
    assert told["ReadWritePaths"] == str(tmp_path / "reports")
    assert (told["SuccessExitStatus"], told["NoNewPrivileges"]) == ("1 75", "true")
    assert timer["Timer"]["OnCalendar"] == "*-*-* 03:45:00 Europe/Berlin"
    assert timer["Timer"]["Persistent"] == "true"
    assert cli.run(["schedule", "systemd", "--config", str(file), "-o", str(tmp_path / "no")]) == 2
    assert cli.run(["schedule", "anacron", "--config", str(file)]) == 2


def test_the_crontab_line_does_what_it_says(tmp_path: Path) -> None:
    """The shell that cron would call runs the command, with the environment file's variables."""
    environment = tmp_path / "the environment"
    environment.write_text("HOOK='json://h/a?b=c&d=e'\n")
    more = f'output = "out 50%"\n[schedule]\nat = "00:05"\nenvironment_file = "{environment}"\n'
    config = read_config(_config(tmp_path / "备案 %", more))
    (tmp_path / "备案 %" / "out 50%").mkdir()
    lines = cron_lines(config, ("/usr/bin/env",)).splitlines()
    assert "CRON_TZ=Asia/Shanghai" in lines
    minute, hour, *stars, call = lines[-1].split(" ", 5)
    assert (minute, hour, stars) == ("5", "0", ["*", "*", "*"])
    assert "%" not in call.replace(r"\%", "")
    shown = call.replace(r"\%", "%").replace("exec /usr/bin/env nightly", "echo $HOOK; exec echo")
    shown = shown.removesuffix(" > /dev/null")
    done = subprocess.run(["/bin/sh", "-c", shown], capture_output=True, text=True, check=True, timeout=10)
    assert done.stdout.splitlines() == ["json://h/a?b=c&d=e", f"--config {config.file}"]


def _beat(**more: object) -> Heartbeat:
    usual: dict[str, object] = {
        "portfolio": "p.csv", "state": "ended", "started_at": NOW - timedelta(hours=2), "host": "h", "pid": 1,
        "ended_at": NOW - timedelta(hours=1), "exit_code": 0,
    }  # fmt: skip
    return Heartbeat(**(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("beat", "said"),
    [
        (None, "never was a night"),
        (_beat(), ""),
        (_beat(exit_code=1), ""),
        (_beat(ended_at=NOW - timedelta(hours=27)), "a night was missed"),
        (_beat(exit_code=3, held="rows: 5"), "held back: rows: 5"),
        (_beat(exit_code=3), "exit code 3"),
        (_beat(exit_code=143), "exit code 143"),
        (_beat(exit_code=4, stage="report", why="disk"), "broke at report: disk"),
        (_beat(exit_code=75, stage="lock", why="busy"), "broke at lock: busy"),
        (_beat(undelivered=("mail",)), "not delivered to mail"),
        (_beat(state="running", ended_at=None, exit_code=None), ""),
        (_beat(state="running", started_at=NOW - timedelta(hours=30)), "has not ended"),
    ],
)
def test_status(beat: Heartbeat | None, said: str) -> None:
    found = complaints(beat, NOW, DAY)
    assert bool(found) is bool(said)
    assert said in " ".join(found)


def test_a_heartbeat_survives_its_file_and_rubbish_is_named(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat.json"
    assert read_heartbeat(file) is None
    write_heartbeat(file, _beat(pid=os.getpid()))
    assert read_heartbeat(file) == _beat(pid=os.getpid())
    file.write_text("{}")
    with pytest.raises(StoreError, match="move it away"):
        read_heartbeat(file)
