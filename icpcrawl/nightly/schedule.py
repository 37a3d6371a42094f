"""What starts the nights: a systemd service with its timer, or a line of a crontab."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from icpcrawl.nightly.config import NightlyConfig

SERVICE, TIMER = "icpcrawl-nightly.service", "icpcrawl-nightly.timer"


def program() -> tuple[str, ...]:
    """How this very icpcrawl is called, wherever one stands."""
    script = Path(sys.executable).with_name("icpcrawl")
    return (str(script),) if script.is_file() else (sys.executable, "-m", "icpcrawl")


def systemd_units(config: NightlyConfig, command: tuple[str, ...]) -> dict[str, str]:
    """Unit name → content. A findings night (exit 1) is a success of the unit, 75 is another night's."""
    schedule = config.schedule
    words = (*command, "nightly", "--config", str(config.file.resolve()))
    written = [config.output.resolve()]
    if config.textfile is not None:
        written.append(config.textfile.resolve().parent)
    service = f"""\
[Unit]
Description=Nightly ICP filing audit
Documentation=man:systemd.service(5)
Wants=network-online.target
After=network-online.target time-sync.target

[Service]
Type=oneshot
User={schedule.user}
ExecStart={" ".join(_quoted(word) for word in words)}
WorkingDirectory={_path(config.file.resolve().parent)}
# The addresses of the channels, mode 0600; one NAME=value a line.
EnvironmentFile=-{_path(schedule.environment_file)}
SuccessExitStatus=1 75
TimeoutStartSec=6h
# The first SIGTERM saves what was seen; `icpcrawl nightly --resume` goes on.
TimeoutStopSec=60
Nice=10
UMask=0027
ReadWritePaths={" ".join(_quoted(str(path)) for path in dict.fromkeys(written))}
NoNewPrivileges=true
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
ProtectHostname=true
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=true
RestrictRealtime=true
RestrictSUIDSGID=true
LockPersonality=true
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
    timer = f"""\
[Unit]
Description=Every night an ICP filing audit

[Timer]
OnCalendar=*-*-* {schedule.at}:00 {schedule.timezone}
# A night missed while the machine was off is made up for.
Persistent=true
RandomizedDelaySec=5m
AccuracySec=1m

[Install]
WantedBy=timers.target
"""
    return {SERVICE: service, TIMER: timer}


def cron_lines(config: NightlyConfig, command: tuple[str, ...]) -> str:
    """Lines for ``crontab -e`` of the account that audits."""
    hour, minute = config.schedule.at.split(":")
    environment = shlex.quote(str(config.schedule.environment_file))
    words = shlex.join((*command, "nightly", "--config", str(config.file.resolve())))
    log = shlex.quote(str(config.output.resolve() / "nightly.log"))
    call = f"set -a; [ -r {environment} ] && . {environment}; set +a; exec {words} 2>> {log}"
    # In a crontab a percent sign ends the command.
    line = f"{int(minute)} {int(hour)} * * * {call}".replace("%", r"\%")
    return f"""\
# Debian's cron does not know CRON_TZ and uses the machine's time zone: give the hour in that zone there.
CRON_TZ={config.schedule.timezone}
# No mail for what the channels tell; a night missed while the machine was off stays missed.
{line} > /dev/null
"""


def _quoted(word: str) -> str:
    """One word of a unit file."""
    escaped = _path(word)
    if escaped and all(sign.isalnum() or sign in "-_./:=@%+," for sign in escaped):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$") + '"'


def _path(path: str | Path) -> str:
    return str(path).replace("%", "%%")
