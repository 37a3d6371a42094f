"""Log lines of a night: one JSON object an event on stderr, for journald or a file that logrotate turns."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime


def event(name: str, level: str = "info", **said: object) -> None:
    """``level``: info, warning or error. What is said must be fit for everybody's eyes."""
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    line = json.dumps({"time": now, "level": level, "event": name, **said}, ensure_ascii=False, default=str)
    # JSON escapes what ends a line but for these, which some readers take for an end.
    line = line.replace("\x85", "\\u0085").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    print(line, file=sys.stderr, flush=True)
