"""``icpcrawl compare``: what differs between two stored runs."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpcrawl.audit.finding import Severity
from icpcrawl.audit.policy import Policy
from icpcrawl.cli.stored import stored_run
from icpcrawl.cli.terminal import VERDICT_STYLES, json_line, machine_line, table
from icpcrawl.errors import UsageError
from icpcrawl.history.changes import LOUD
from icpcrawl.policy_files import read_policy
from icpcrawl.report.due import LEGAL, days_overdue, due_day
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from icpcrawl.history import History
    from icpcrawl.history.memory import Comparison, Night, SiteMove


def compare(
    run_a: Annotated[str, typer.Argument(help="A run's folder, or its name under reports.", metavar="RUN_A")],
    run_b: Annotated[str, typer.Argument(help="Another run of the same portfolio.", metavar="RUN_B")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of runs that bare names lie in.", metavar="DIR")
    ] = Path("reports"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Say which sites stand otherwise in the later of two runs, and by which findings.

    Answers for runs of any age: what differs is remembered also where the pages are not. Each
    site is held against its last assessed state by then, so a timeout fixes nothing.
    Days to put a finding right are those of the later run's policy (``fix_days``). Leaves with 1
    when anything is new or regressed.

    Example: icpcrawl compare reports/20261101T170000Z-3f9c1a reports/latest
    """
    from icpcrawl.history import History

    (folder, name_a), (other, name_b) = stored_run(run_a, output), stored_run(run_b, output)
    if folder.resolve() != other.resolve():
        raise UsageError(
            f"{run_a} and {run_b} lie in two histories", remedy="name two runs of one folder of reports"
        )
    with History.open(folder) as history:
        compared = history.compare(name_a, name_b)
        due = _due(history, compared)
    changes = Counter(move.change for move in compared.sites)
    counts = {
        "run_a": compared.earlier.run_id,
        "run_b": compared.later.run_id,
        "sites": compared.later.sites,
        "differ": len(compared.sites),
        "changes": dict(sorted(changes.items())),
        "overdue": sum(late > 0 for _, late in due.values()),
    }
    if as_json:
        print(json_line(_as_json(compared, due, counts)))
    else:
        _print(compared, due)
    machine_line(counts, wanted=False)
    worse = changes["new"] + changes["regressed"]
    raise typer.Exit(ExitCode.FINDINGS if worse else ExitCode.CLEAN)


def _due(history: History, compared: Comparison) -> dict[str, tuple[str, int]]:
    """Differing site → the first day by which an error or a warning that stands is due, and days since then."""
    run, today = compared.later.run_id, date.fromisoformat(compared.later.on_date)
    policy = _policy(history, run)
    told = {}
    for move in compared.sites:
        days = []
        for each in move.findings:
            if each.change != "fixed" and not each.waived and each.severity in LOUD:
                result = history.result(move.site_id, run) if each.rule == LEGAL else None
                legal = result.audit.psb_due if result else ""
                days.append(due_day(policy, each.rule, each.severity, each.first_seen, legal))
        due = min((day for day in days if day), default="")
        told[move.site_id] = (due, days_overdue(due, Severity.ERROR, today))
    return told


def _policy(history: History, run_id: str) -> Policy:
    """What that run went by; read from a file again, since only a file can be refused by its line."""
    given = history.files(run_id).get("policy")
    if given is None:
        return Policy()
    with tempfile.TemporaryDirectory(prefix="icpcrawl-compare-") as folder:
        file = Path(folder, "policy.toml")
        file.write_bytes(given[1])
        return read_policy(file, None)


def _print(compared: Comparison, due: Mapping[str, tuple[str, int]]) -> None:
    later = date.fromisoformat(compared.later.on_date)
    headers = ("site", "change", "then", "now", "new findings", "fixed findings", "days open", "due")
    lines = [(*_line(move, later), _due_text(*due[move.site_id])) for move in compared.sites]
    table(headers, lines, styles=VERDICT_STYLES)
    for said, night in (("then", compared.earlier), ("now", compared.later)):
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in night.verdicts)
        print(f"{said}: {night.run_id}, coverage {night.coverage:.1f} %: {verdicts}")


def _line(move: SiteMove, later: date) -> tuple[str, ...]:
    def rules(*changes: str) -> str:
        return ", ".join(
            f"{each.rule} (waived)" if each.waived else each.rule
            for each in move.findings
            if each.change in changes or (each.counts_more and "new" in changes)
        )

    then, now = move.verdict
    if move.hosting[0] != move.hosting[1] and all(move.hosting):
        then, now = (f"{verdict} ({side})" for verdict, side in zip(move.verdict, move.hosting, strict=True))
    days = _days_open(move, later)
    return (
        move.site_id,
        move.change,
        then,
        now,
        rules("new", "regressed"),
        rules("fixed"),
        "" if days is None else str(days),
    )


def _due_text(day: str, overdue: int) -> str:
    return f"{day}, {overdue} days overdue" if overdue else day


def _days_open(move: SiteMove, later: date) -> int | None:
    since = move.days_open_since
    return max(0, (later - date.fromisoformat(since)).days) if since else None


def _as_json(
    compared: Comparison, due: Mapping[str, tuple[str, int]], counts: dict[str, Any]
) -> dict[str, Any]:
    later = date.fromisoformat(compared.later.on_date)
    return {
        **counts,
        "then": night_as_json(compared.earlier),
        "now": night_as_json(compared.later),
        "differing": [
            {
                **asdict(move),
                "days_open": _days_open(move, later),
                "due": due[move.site_id][0],
                "days_overdue": due[move.site_id][1],
            }
            for move in compared.sites
        ],
    }


def night_as_json(night: Night) -> dict[str, Any]:
    """One remembered run, as ``compare`` and ``history`` tell it."""
    return {
        "run": night.run_id,
        "started_at": night.started_at,
        "on": night.on_date,
        "sites": night.sites,
        "coverage": round(night.coverage, 1),
        "verdicts": dict(night.verdicts),
        "found": night.found,
        "gone": night.gone,
    }
