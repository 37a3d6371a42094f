"""How a stored run is named on the command line: by its folder, by ``latest``, by its name."""

from __future__ import annotations

from pathlib import Path

from icpcrawl.errors import UsageError
from icpcrawl.history.connection import FILE_NAME as HISTORY
from icpcrawl.report.folders import latest_run


def stored_run(run: str, home: Path = Path("reports")) -> tuple[Path, str]:
    """The folder that holds the history, and the run's name; a bare name is one of ``home``."""
    path = Path(run)
    if path.name == "latest":
        found = latest_run(path.parent if path.parent.name else home)
        if found is None:
            raise UsageError(f"{path}: there is no finished run here", remedy="run icpcrawl audit first")
        path = found
    if path.is_dir():
        path = path.resolve()
        return kept(path.parent), path.name
    return kept(home), run


def kept(folder: Path) -> Path:
    """A folder that has a history; ``UsageError`` where there is none."""
    if not (folder / HISTORY).is_file():
        raise UsageError(
            f"{folder}: holds no history of runs",
            remedy="name a run's folder, reports/latest say, or the folder of runs with -o",
        )
    return folder
