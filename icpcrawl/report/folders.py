"""Where reports lie: ``DIR/<UTC time>-<suffix>`` per run, and ``DIR/latest``."""

from __future__ import annotations

import secrets
from pathlib import Path

from icpcrawl.errors import ReportError
from icpcrawl.report.aside import replaced_by_text

MARKER = ".icpcrawl"
_HARMLESS = frozenset({MARKER, ".gitignore", ".gitkeep", ".DS_Store"})
_MARKER_TEXT = "This folder is kept by icpcrawl: one folder per run, their history, and latest.\n"


def claim(folder: Path) -> Path:
    """Make ``folder`` the home of reports, or find that it is one already.

    Raises ``ReportError`` where it holds somebody else's files or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / MARKER).exists():
            _refuse_foreign(folder)
            (folder / MARKER).write_text(_MARKER_TEXT, encoding="utf-8")
    except OSError as error:
        raise ReportError(
            f"cannot be used as a folder for reports: {error.strerror or error}",
            file=folder,
            remedy="name a folder you may write to with -o",
        ) from error
    return folder


def run_folder(folder: Path, run_id: str) -> Path:
    """The folder of that run, made where there is none yet."""
    made = folder / run_id
    try:
        made.mkdir(exist_ok=True)
    except OSError as error:
        raise ReportError(
            f"cannot be made: {error.strerror or error}",
            file=made,
            remedy="free some space or name another folder with -o",
        ) from error
    return made


def move_latest(folder: Path, run_folder: Path) -> Path:
    """Point ``DIR/latest`` at the run: a symlink, or a text file with its name where links fail.

    There is never a moment without one. Raises ``ReportError`` where ``latest`` is a folder.
    """
    latest = folder / "latest"
    if latest.is_dir() and not latest.is_symlink():
        raise ReportError(
            "latest is a folder", file=latest, remedy="move it away, icpcrawl keeps a link there"
        )
    aside = folder / f".latest-{secrets.token_hex(4)}"
    try:
        aside.symlink_to(run_folder.name, target_is_directory=True)
        aside.replace(latest)
    except (OSError, NotImplementedError):
        try:
            aside.unlink(missing_ok=True)
            replaced_by_text(latest, run_folder.name + "\n")
        except OSError as error:
            remedy = "free some space, then go on with --resume"
            raise ReportError(f"cannot be moved: {error}", file=latest, remedy=remedy) from error
    return latest


def latest_run(folder: Path) -> Path | None:
    """The run folder ``latest`` names, by link or by text; None where there is none."""
    latest = folder / "latest"
    if latest.is_symlink():
        found = folder / latest.readlink()
    elif latest.is_file():
        name = Path(latest.read_text(encoding="utf-8").strip()).name
        if not name:
            return None
        found = folder / name
    else:
        return None
    return found if found.is_dir() else None


def _refuse_foreign(folder: Path) -> None:
    # A home of reports within: `reports/demo` does not make `reports` foreign.
    foreign = sorted(
        entry.name
        for entry in folder.iterdir()
        if entry.name not in _HARMLESS and not (entry / MARKER).exists()
    )
    if foreign:
        raise ReportError(
            f"holds files that are not icpcrawl's ({foreign[0]!r} among {len(foreign)})",
            file=folder,
            remedy="name an empty or a new folder with -o",
        )
