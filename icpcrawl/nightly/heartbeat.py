"""The heartbeat file: what the last night came to, so that a night that did not happen is seen."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from icpcrawl.errors import StoreError
from icpcrawl.report.aside import replaced_by_text
from icpcrawl.report.ending import ExitCode

SUCCESS = frozenset({ExitCode.CLEAN, ExitCode.FINDINGS})
"""Nights that did what they are for; low coverage, a held report and errors are none."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Times are UTC."""

    portfolio: str
    state: str
    """``running`` or ``ended``."""
    started_at: datetime
    host: str
    pid: int
    ended_at: datetime | None = None
    exit_code: int | None = None
    run: str = ""
    stage: str = ""
    """The stage that broke; empty where none did."""
    why: str = ""
    held: str = ""
    coverage: float | None = None
    last_success_at: datetime | None = None
    undelivered: tuple[str, ...] = ()
    """Channels that could not be reached."""


def begun(file: Path, portfolio: Path) -> Heartbeat:
    """Say that a night begins; the last success is carried on."""
    before = read_heartbeat(file)
    now = datetime.now(UTC)
    beat = Heartbeat(str(portfolio), "running", now, socket.gethostname(), os.getpid())
    if before is not None:
        beat = replace(beat, last_success_at=before.last_success_at)
    write_heartbeat(file, beat)
    return beat


def ended(beat: Heartbeat, **how: object) -> Heartbeat:
    """The beat of a night that ends now."""
    now = datetime.now(UTC)
    beat = replace(beat, state="ended", ended_at=now, **how)  # type: ignore[arg-type]
    good = beat.exit_code in SUCCESS and not beat.stage
    return replace(beat, last_success_at=now) if good else beat


def write_heartbeat(file: Path, beat: Heartbeat) -> None:
    text = msgspec.json.format(msgspec.json.encode(beat)).decode()
    replaced_by_text(file, text + "\n")


def read_heartbeat(file: Path) -> Heartbeat | None:
    """None where there never was a night. Raises ``StoreError`` for a file that is none of ours."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Heartbeat)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise StoreError(
            f"cannot be read: {error}", file=file, remedy="move it away; the next night writes a new one"
        ) from None


def complaints(beat: Heartbeat | None, now: datetime, late_after: timedelta) -> tuple[str, ...]:
    """Why somebody should look: nothing when the last night was a good one and is not long ago."""
    if beat is None:
        return ("there never was a night",)
    if beat.state == "running":
        return tuple(_about_running(beat, now, late_after))
    said: list[str] = []
    if beat.ended_at is None or now - beat.ended_at > late_after:
        said.append(f"a night was missed: the last one ended {_ago(beat.ended_at, now)}")
    if beat.stage:
        said.append(f"the last night broke at {beat.stage}: {beat.why}")
    elif beat.held:
        said.append(f"the last report is held back: {beat.held}")
    elif beat.exit_code not in SUCCESS:
        said.append(f"the last night ended with exit code {beat.exit_code}")
    if beat.undelivered:
        said.append(f"not delivered to {', '.join(beat.undelivered)}")
    return tuple(said)


def _about_running(beat: Heartbeat, now: datetime, late_after: timedelta) -> list[str]:
    if beat.host == socket.gethostname() and not _is_alive(beat.pid):
        return [f"the night begun {_ago(beat.started_at, now)} was killed (process {beat.pid})"]
    if now - beat.started_at > late_after:
        return [f"the night begun {_ago(beat.started_at, now)} has not ended"]
    return []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OSError):
        return True
    return True


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    hours = (now - moment).total_seconds() / 3600
    return f"{hours:.1f} hours ago"
