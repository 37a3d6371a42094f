"""``icpcrawl number``: explain a number or a line of footer text."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from icpcrawl.cli.terminal import json_line, table
from icpcrawl.report.ending import ExitCode


def number(
    text: Annotated[list[str], typer.Argument(help="A number or a line of footer text.", metavar="TEXT…")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per number on stdout.")] = False,
) -> None:
    """Explain filing, licence and police numbers: kind, canonical form, what is wrong with them.

    Exit code 1 when no number is found.

    Example: icpcrawl number "京ICP备12345678号-1 京公网安备11010502030143号"
    """
    from icpcrawl.audit.numbers import find_numbers
    from icpcrawl.datafiles import load_facts

    facts = load_facts().numbers
    year = datetime.now(UTC).year
    found = [parsed for line in text for parsed in find_numbers(line, facts, year)]
    if as_json:
        for parsed in found:
            print(json_line(asdict(parsed)))
    else:
        rows = [
            (p.raw, p.kind.value, p.number, p.status.value, "; ".join((p.reason, *p.notes)).strip("; "))
            for p in found
        ]
        table(("text", "kind", "canonical", "status", "why"), rows)
    raise typer.Exit(ExitCode.CLEAN if found else ExitCode.FINDINGS)
