"""manifest.json: which run this is, what it was judged by, what came out, and each file's digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from icpcrawl.report.aside import replaced_by_text
from icpcrawl.report.cells import instant, one_line
from icpcrawl.report.columns import SCHEMA
from icpcrawl.report.content import Counts
from icpcrawl.report.run import RunSummary, age_days

MANIFEST = "manifest.json"


def write_manifest(
    folder: Path,
    run: RunSummary,
    counts: Counts,
    files: Mapping[str, Path],
    problems: tuple[str, ...],
) -> Path:
    """Written last, so that a folder with a manifest is a whole report. May be called again."""
    told = json.dumps(_told(folder, run, counts, files, problems), ensure_ascii=False, indent=2)
    replaced_by_text(folder / MANIFEST, told + "\n")
    return folder / MANIFEST


def _told(
    folder: Path,
    run: RunSummary,
    counts: Counts,
    files: Mapping[str, Path],
    problems: tuple[str, ...],
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "run": run.run_id,
        "state": run.state,
        "held": one_line(run.held),
        "exit_code": run.exit_code,
        "version": run.version,
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
        "today": run.today.isoformat(),
        "arguments": [one_line(argument) for argument in run.arguments],
        "portfolio": {"source": one_line(run.portfolio), "sha256": run.portfolio_sha256},
        "policy_sha256": run.policy_digest,
        "data_sha256": dict(run.data_digests),
        "databases": [
            {
                "name": base.name,
                "built_on": base.built_on,
                "sha256": base.sha256,
                "attribution": base.attribution,
                "age_days": age_days(base, run.today),
                "old": base in run.old_databases,
            }
            for base in run.databases
        ],
        "looked_from": one_line(run.looked_from),
        "vantages": [
            {
                "name": vantage.name,
                "side": vantage.side.value,
                "subnet": vantage.subnet,
                "nameservers": list(vantage.nameservers),
            }
            for vantage in run.vantages
        ],
        "counts": _counts(counts),
        "files": {path.relative_to(folder).as_posix(): _sha256(path) for path in _plain(files)},
        "problems": list(problems),
        "warnings": [
            f"geography database {base.name} is {age_days(base, run.today)} days old"
            for base in run.old_databases
        ],
    }


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        "rows_in": counts.rows,
        "rows_out": sum(counts.verdicts.values()),
        "accepted": counts.accepted,
        "assessed": counts.assessed,
        "coverage": round(counts.coverage, 4),
        "verdicts": dict(counts.verdicts),
        "outcomes": dict(counts.outcomes),
        "findings": dict(counts.severities),
        "waived": counts.waived,
        "changes": dict(counts.changes),
        "rules": dict(counts.rules),
        "broken_rows": counts.broken,
    }


def _plain(files: Mapping[str, Path]) -> list[Path]:
    found = (inner for path in files.values() for inner in (path.rglob("*") if path.is_dir() else (path,)))
    return sorted(path for path in found if path.is_file() and path.name != MANIFEST)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
