"""``icpcrawl nightly``: a whole unattended night, from one configuration file."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from icpcrawl.cli.audit import progress
from icpcrawl.cli.terminal import complain, machine_line, say

Config = Annotated[
    Path, typer.Option("--config", help="Portfolio, policy, channels, limits, retention.", metavar="F")
]
CONFIG = Path("icpcrawl.toml")


def nightly(
    config: Config = CONFIG,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the last unfinished run of this portfolio.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Believe this report, however unlike the recent ones it is.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line with counts and paths at the end of stderr.")
    ] = False,
) -> None:
    """Audit, confirm, check for sanity, report, notify and tidy up, without anybody watching.

    A message goes out on change, on a held report and on recovery, never on an ordinary night.
    A channel that cannot be reached is named and never fails the night.

    Example: icpcrawl nightly --config /etc/icpcrawl/icpcrawl.toml

    Exit codes: as of icpcrawl audit; 3 also when the report is held back, 4 when a stage broke,
    75 when another night of this portfolio is under way.
    """
    from icpcrawl.nightly.config import read_config
    from icpcrawl.nightly.night import spend_night

    read = read_config(config)
    options = replace(read.options, resume=resume, arguments=tuple(sys.argv[1:]))
    if accept:
        options = replace(options, wanted=replace(options.wanted, gate=False))
    end = spend_night(replace(read, options=options), progress)
    for stage, why in end.broken.items():
        complain(f"{stage} broke: {why}")
    if end.finished is None and not end.broken:
        say(f"Stopped. Go on with: icpcrawl nightly --config {shlex.quote(str(config))} --resume")
    finished = end.finished
    values = {
        "exit_code": int(end.exit_code),
        "run": finished.folder.name if finished else "",
        "folder": str(finished.folder) if finished else "",
        "coverage": finished.coverage if finished else None,
        "verdicts": dict(finished.verdicts) if finished else {},
        "held": end.held,
        "broken": dict(end.broken),
        "told": list(end.told),
        "undelivered": list(end.undelivered),
    }
    if finished and not as_json:
        print(finished.folder)
    machine_line(values, wanted=as_json)
    raise typer.Exit(end.exit_code)
