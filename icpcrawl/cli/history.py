"""``icpcrawl history``: the runs of a folder, their coverage and their trend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpcrawl.cli.compare import night_as_json
from icpcrawl.cli.stored import kept
from icpcrawl.cli.terminal import json_line, machine_line, say, table

if TYPE_CHECKING:
    from icpcrawl.history import RunRecord
    from icpcrawl.history.memory import Night


def history(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of all runs and of the history.", metavar="DIR")
    ] = Path("reports"),
    keep: Annotated[
        int | None,
        typer.Option(
            min=1, help="Forget pages and details but of the newest N runs; the trend stays.", metavar="N"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """List every run with its coverage, its verdicts, and what it found and saw mended.

    A recheck is listed but counts for no trend; a run that was not completed has no totals.

    Example: icpcrawl history -o reports
    """
    from icpcrawl.history import History

    with History.open(kept(output)) as memory:
        if keep is not None:
            say(f"{memory.prune(keep)} results forgotten, those of the newest {keep} runs kept.")
        runs = memory.runs()
        nights = {night.run_id: night for trend in memory.trend().values() for night in trend}
    if as_json:
        print(json_line({"runs": [_as_json(run, nights.get(run.run_id)) for run in runs]}))
    else:
        headers = (
            "run", "portfolio", "state", "exit", "sites", "coverage", "non-compliant", "found", "mended", "kept",
        )  # fmt: skip
        table(headers, [_line(run, nights.get(run.run_id)) for run in runs])
    machine_line({"runs": len(runs), "remembered": len(nights)}, wanted=False)


def _line(run: RunRecord, night: Night | None) -> tuple[str, ...]:
    state = run.state if run.kind == "audit" else f"{run.kind}, {run.state}"
    code = "" if run.exit_code is None else str(run.exit_code)
    told = (
        (
            str(night.sites),
            f"{night.coverage:.1f} %",
            str(dict(night.verdicts).get("non-compliant", 0)),
            str(night.found),
            str(night.gone),
        )
        if night
        else ("",) * 5
    )
    return (run.run_id, Path(run.source).name, state, code, *told, str(run.results))


def _as_json(run: RunRecord, night: Night | None) -> dict[str, Any]:
    told = {
        "run": run.run_id,
        "portfolio": run.source,
        "kind": run.kind,
        "state": run.state,
        "exit_code": run.exit_code,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "results_kept": run.results,
    }
    return told | {"totals": night_as_json(night) if night else None}
