"""Old evidence and old report folders go; what is not surely a run of this portfolio stays."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from icpcrawl.history import History
from icpcrawl.history.store import portfolio_identity
from icpcrawl.nightly.config import Retention
from icpcrawl.report.folders import latest_run
from icpcrawl.report.manifest import MANIFEST

_RUN_FOLDER = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


def retain(output: Path, portfolio: Path, keep: Retention) -> tuple[int, int]:
    """Returns how many site results and how many report folders went."""
    with History.open(output) as history:
        results = history.prune(keep.evidence_nights) if keep.evidence_nights else 0
        ours = portfolio_identity(str(portfolio))
        runs = [run.run_id for run in history.runs() if portfolio_identity(run.source) == ours]
    old = runs[: -keep.report_nights] if keep.report_nights else []
    latest = latest_run(output)
    folders = [
        output / run_id
        for run_id in old
        if _RUN_FOLDER.fullmatch(run_id) and (output / run_id / MANIFEST).is_file()
    ]
    gone = [folder for folder in folders if folder != latest and not folder.is_symlink()]
    for folder in gone:
        shutil.rmtree(folder)
    return results, len(gone)
