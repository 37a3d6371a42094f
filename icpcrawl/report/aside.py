"""Files written under another name and renamed when whole: a reader never sees half of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A name to write to; it takes the place of ``path`` once it is safely on disk.

    Works for a file and for a folder of files. Where the writer raises, nothing stays behind.
    """
    part = path.with_name(f".{path.name}.part")
    _remove(part)
    try:
        yield part
        _settle(part)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        part.replace(path)
        _sync(path.parent)
    finally:
        _remove(part)


def replaced_by_text(path: Path, text: str) -> None:
    with written_aside(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def _settle(part: Path) -> None:
    for path in (*part.rglob("*"), part) if part.is_dir() else (part,):
        _sync(path)


def _sync(path: Path) -> None:
    # A folder cannot be opened on Windows, and need not be.
    if os.name == "nt" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink(missing_ok=True)
