"""``icpcrawl reaudit``: a stored run, judged again by today's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from icpcrawl.cli.stored import stored_run
from icpcrawl.cli.terminal import VERDICT_STYLES, machine_line, say, table
from icpcrawl.errors import UsageError
from icpcrawl.report.ending import ExitCode, FailOn


def reaudit(
    run: Annotated[
        str, typer.Argument(help="A run's folder (reports/latest, say), or its name under reports.")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the replayed report here.", metavar="DIR")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="Judge by this policy instead.", metavar="F")] = None,
    waivers: Annotated[Path | None, typer.Option(help="Use these waivers instead.", metavar="F")] = None,
    register: Annotated[Path | None, typer.Option(help="Use this register instead.", metavar="F")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line with counts and paths at the end of stderr.")
    ] = False,
) -> None:
    """Judge a stored run again: the same evidence, today's rules, no network.

    Portfolio, policy, waivers, register and date are those of the run, unless given here.
    Prints what is judged otherwise than then: findings that are gone, new, or of another severity
    or waiver. Leaves with 0 when nothing is, with 1 when something is.

    Example: icpcrawl reaudit reports/latest -o replayed
    """
    from icpcrawl.history import History
    from icpcrawl.replay import replay
    from icpcrawl.report.closing import Wanted

    folder, run_id = stored_run(run)
    with History.open(folder) as history:
        again = replay(history, run_id, policy=policy, waivers=waivers, register=register)
    if again.differences:
        rows = [
            (each.site_id, *each.verdict, *map(", ".join, (each.gone, each.new, each.otherwise)))
            for each in again.differences
        ]
        table(("site", "then", "now", "no longer", "new", "otherwise"), rows, styles=VERDICT_STYLES)
    files: tuple[Path, ...] = ()
    if output is not None:
        files = again.report(_empty(output), Wanted(FailOn.NEVER)).files
        for file in files:
            say(f"  {file}")
    say(f"{len(again.results)} sites judged again, {len(again.differences)} otherwise than in {run_id}.")
    values = {
        "run": run_id,
        "sites": len(again.results),
        "differences": len(again.differences),
        "files": [str(file) for file in files],
    }
    machine_line(values, wanted=as_json)
    raise typer.Exit(ExitCode.FINDINGS if again.differences else ExitCode.CLEAN)


def _empty(folder: Path) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not an empty folder", remedy="name a new one with -o")
    return folder
