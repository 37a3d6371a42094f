"""A bug of ours is exit code 4: Python's own 1 would mean findings."""

from __future__ import annotations

import subprocess
import sys


def test_a_bug_is_no_finding() -> None:
    script = (
        "from icpcrawl import cli\n"
        "@cli.app.command()\n"
        "def broken() -> None:\n"
        "    raise KeyError('a bug')\n"
        "cli.main(['broken'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "KeyError: 'a bug'" in done.stderr
