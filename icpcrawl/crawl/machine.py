"""Whether this machine leaves a run the room it needs: said before the run, not by its death."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from icpcrawl.errors import UsageError

if sys.platform != "win32":
    import resource

FILES_BESIDE = 80
"""Open files beside one socket per request: history, databases, log, name servers, the loop itself."""
MEMORY_BESIDE_MB = 130
MEMORY_PER_REQUEST_MB = 1.0
"""Measured: 218 MB at 100 requests on a web of bombs and 5 MB pages; half of it on ordinary ones."""
_MB = 1024 * 1024


def make_room(concurrency: int) -> None:
    """Raise this process's limit of open files as far as needed and allowed.

    Raises ``UsageError`` where files or memory will not do.
    """
    if sys.platform != "win32":
        _make_room_for_files(concurrency)
    _check_memory(concurrency, free_memory_mb())


def _make_room_for_files(concurrency: int) -> None:
    needed = concurrency + FILES_BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        fits = hard - FILES_BESIDE
        give = f"or give --concurrency {fits}" if fits > 0 else "since a run needs that many"
        raise UsageError(
            f"--concurrency {concurrency} needs {needed} open files, and this process may open {hard}",
            remedy=f"raise the limit (ulimit -n {needed}, or LimitNOFILE= of the service), {give}",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _check_memory(concurrency: int, free_mb: float | None) -> None:
    needed_mb = MEMORY_BESIDE_MB + MEMORY_PER_REQUEST_MB * concurrency
    if free_mb is not None and free_mb < needed_mb:
        fits = int((free_mb - MEMORY_BESIDE_MB) / MEMORY_PER_REQUEST_MB)
        give = f", or give --concurrency {fits}" if fits > 0 else ""
        raise UsageError(
            f"--concurrency {concurrency} needs about {needed_mb:.0f} MB of memory, and {free_mb:.0f} MB are free",
            remedy=f"free some memory or raise the limit of this service or container{give}",
        )


def free_memory_mb(root: Path = Path("/")) -> float | None:
    """What the machine and this process's control group leave; None where nobody tells."""
    told: list[float] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = root.joinpath("proc/meminfo").read_text("ascii").splitlines()
        told += [int(line.split()[1]) / 1024 for line in lines if line.startswith("MemAvailable:")]
    with contextlib.suppress(OSError, ValueError):
        group = root / "sys/fs/cgroup"
        used = int(group.joinpath("memory.current").read_text("ascii"))
        # What is only cached is given back when asked for.
        for line in group.joinpath("memory.stat").read_text("ascii").splitlines():
            if line.startswith("inactive_file "):
                used -= int(line.split()[1])
        told.append((int(group.joinpath("memory.max").read_text("ascii")) - used) / _MB)
    return min(told, default=None)
