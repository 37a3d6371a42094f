"""``icpcrawl portfolio``: read a portfolio and say what every row became, without any network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from icpcrawl.cli.terminal import json_line, machine_line, safe
from icpcrawl.portfolio import Portfolio, RefusedRow, read_portfolio
from icpcrawl.report.ending import ExitCode


def portfolio(
    path: Annotated[Path, typer.Argument(help="The list of sites: CSV or XLSX.", metavar="PORTFOLIO")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Validate a portfolio: how many rows are sites, which are refused, and why.

    Leaves with 0 when every row is a site, with 1 when any is refused.

    Example: icpcrawl portfolio portfolio.csv
    """
    read = read_portfolio(path)
    if as_json:
        print(json_line(_as_json(read)))
    else:
        for line in _lines(read):
            print(safe(line, 500))
    counts = {"rows": len(read.rows), "sites": len(read.sites), "refused": len(read.refused)}
    machine_line({**counts, "portfolio": read.source}, wanted=as_json)
    if read.refused:
        raise typer.Exit(int(ExitCode.FINDINGS))


def _lines(read: Portfolio) -> Iterator[str]:
    for row in read.refused:
        yield f"line {row.line}, column {row.column}: refused: {row.reason_en} / {row.reason_zh} ({row.value or 'empty'})"
    for warning in read.warnings:
        yield f"note: {warning}"
    if read.extra_columns:
        yield f"carried to the report as they are: {', '.join(read.extra_columns)}"
    yield (
        f"{read.source} ({read.encoding}): {len(read.rows)} rows,"
        f" {len(read.sites)} sites, {len(read.refused)} refused"
    )


def _as_json(read: Portfolio) -> dict[str, Any]:
    return {
        "source": read.source,
        "sha256": read.sha256,
        "encoding": read.encoding,
        "rows": len(read.rows),
        "sites": len(read.sites),
        "refused": [_refused(row) for row in read.refused],
        "warnings": list(read.warnings),
        "extra_columns": list(read.extra_columns),
    }


def _refused(row: RefusedRow) -> dict[str, Any]:
    return {
        "row": row.row,
        "line": row.line,
        "column": row.column,
        "value": row.value,
        "reason_zh": row.reason_zh,
        "reason_en": row.reason_en,
    }
