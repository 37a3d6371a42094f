"""``icpcrawl audit``: a portfolio end to end."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icpcrawl.cli.terminal import VERDICT_STYLES, complain, is_terminal, machine_line, safe, say, table
from icpcrawl.errors import IcpcrawlError, StoreError, UsageError
from icpcrawl.report.ending import ExitCode, FailOn

if TYPE_CHECKING:
    from icpcrawl.audit.site_audit import SiteAudit
    from icpcrawl.crawl.process import Network
    from icpcrawl.crawl.run import AuditOptions, AuditRun
    from icpcrawl.report.closing import Finished

FORMATS = ("csv", "html", "xlsx", "jsonl")
WATCHED = ("non-compliant", "not-assessed")
"""Verdicts counted beside the progress bar: all six would not fit 80 columns."""
MORE_FORMATS = ("owners", "groups")
LATER_FORMATS = ("sarif", "junit")


class SplitBy(StrEnum):
    OWNER = "owner"
    GROUP = "group"


def audit(
    portfolio: Annotated[
        Path,
        typer.Argument(
            help="A .csv or .xlsx list with a column domain or url (see data/portfolio.example.csv)"
        ),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of all runs and of the history.", metavar="DIR")
    ] = Path("reports"),
    policy: Annotated[
        Path | None, typer.Option(help="policy.toml: rules, severities, province habits.", metavar="F")
    ] = None,
    waivers: Annotated[
        Path | None, typer.Option(help="waivers.csv: accepted findings, with owner and expiry.", metavar="F")
    ] = None,
    register: Annotated[
        Path | None, typer.Option(help="Export of your own filings, joined by domain.", metavar="F")
    ] = None,
    concurrency: Annotated[int, typer.Option(help="Requests under way at once.", metavar="N")] = 100,
    nameserver: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask this resolver instead of the system's. May be repeated.", metavar="HOST[:PORT]"
        ),
    ] = None,
    vantage: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask names as a client of this subnet (EDNS), or as one of data/vantages.csv by its name. "
            "May be repeated.",
            metavar="NAME=SUBNET[@mainland|overseas]",
        ),
    ] = None,
    no_public_resolvers: Annotated[
        bool,
        typer.Option(
            "--no-public-resolvers",
            help="Ask the system's resolver alone; public ones learn the names of your portfolio.",
        ),
    ] = False,
    geoip: Annotated[
        list[Path] | None,
        typer.Option(help="One more MMDB that votes beside the embedded ones.", metavar="FILE"),
    ] = None,
    connect_to: Annotated[
        list[str] | None,
        typer.Option(
            help="Connect there whatever the DNS says (as curl's).", metavar="HOST1:PORT1:HOST2:PORT2"
        ),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM authorities trusted beside the system's.", metavar="F")
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also connect to private addresses (your own intranet).")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the last unfinished run of this portfolio.")
    ] = False,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="From which finding on the exit code is 1; else the policy's fail_on, else error."),
    ] = None,
    min_coverage: Annotated[
        float, typer.Option(help="Exit 3 when fewer percent of the rows could be assessed.", metavar="PCT")
    ] = 0.0,
    render: Annotated[
        str, typer.Option(help="never | auto | always: a browser for script-drawn footers.")
    ] = "never",
    workers: Annotated[int, typer.Option(help="Processes on this machine.", metavar="N")] = 1,
    scheduler: Annotated[str, typer.Option(help="Dask scheduler for many machines.", metavar="ADDRESS")] = "",
    robots: Annotated[
        bool, typer.Option("--robots", help="Obey robots.txt (off: owners audit their own homepages).")
    ] = False,
    no_confirm: Annotated[
        bool, typer.Option("--no-confirm", help="Report a new error without a second look.")
    ] = False,
    formats: Annotated[
        str, typer.Option(help="Report files, comma-separated: csv, html, xlsx, jsonl, owners, groups.")
    ] = ",".join(FORMATS),
    split_by: Annotated[
        list[SplitBy] | None,
        typer.Option(help="A CSV per owner or per group as well. May be repeated."),
    ] = None,
    flavour: Annotated[str, typer.Option(help="plain | excel: BOM and CRLF for spreadsheets.")] = "plain",
    gate: Annotated[
        bool,
        typer.Option("--gate", help="Hold the report back (exit 3) where it is too unlike the recent runs."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line with counts and paths at the end of stderr.")
    ] = False,
) -> None:
    """Audit every site of PORTFOLIO and write a report.

    Every row of the portfolio ends in exactly one verdict with its reason. The report lands
    in DIR/<UTC time>-<suffix>/, the newest one under DIR/latest.

    Example: icpcrawl audit portfolio.csv -o reports --fail-on warning

    A report held back by --gate is written into its folder, but latest stays where it was and
    the next run is not compared with it. Accept it with --resume and without --gate.

    Exit codes: 0 nothing found, 1 findings, 2 input error, 3 low coverage or held, 4 internal error,
    5 findings and low coverage, 75 another run is under way, 130/143 stopped (use --resume).
    """
    from icpcrawl.crawl.process import Network
    from icpcrawl.crawl.run import AuditOptions
    from icpcrawl.report.closing import Wanted

    _refuse_later(render, workers, scheduler)
    options = AuditOptions(
        portfolio=portfolio,
        folder=output,
        policy=policy,
        waivers=waivers,
        register=register,
        geoip=tuple(geoip or ()),
        resume=resume,
        confirm=not no_confirm,
        wanted=Wanted(
            fail_on, _percent(min_coverage), _formats(formats, split_by or ()), _flavour(flavour), gate
        ),
        arguments=tuple(sys.argv[1:]),
    )
    network = Network(
        concurrency=concurrency,
        nameservers=tuple(nameserver or ()),
        vantages=tuple(vantage or ()),
        public_resolvers=not no_public_resolvers,
        connect_to=tuple(connect_to or ()),
        ca_file=ca_file,
        allow_private=allow_private,
        robots=robots,
    )
    again = f"icpcrawl audit {shlex.quote(str(portfolio))} -o {shlex.quote(str(output))} --resume"
    raise typer.Exit(run_audit(options, network, again=again, as_json=as_json))


def _refuse_later(render: str, workers: int, scheduler: str) -> None:
    """Flags whose room is not built yet are refused, never silently accepted."""
    if render != "never":
        if render not in ("auto", "always"):
            raise UsageError(f"--render {render!r} is unknown", remedy="give never, auto or always")
        raise UsageError(
            f"--render {render}: this version has no browser",
            remedy="leave it out; sites that need one are named fetch-needs-browser",
        )
    if workers != 1:
        raise UsageError(f"--workers {workers}: this version uses one process", remedy="leave it out")
    if scheduler:
        raise UsageError("--scheduler: this version uses one machine", remedy="leave it out")


def _percent(value: float) -> float:
    if not 0 <= value <= 100:
        raise UsageError(f"--min-coverage {value:g} is out of range", remedy="give percent from 0 to 100")
    return value


def _formats(text: str, split_by: Sequence[SplitBy]) -> tuple[str, ...]:
    named = [part.strip().lower() for part in text.split(",") if part.strip()]
    wanted = tuple(dict.fromkeys([*named, *(f"{column.value}s" for column in split_by)]))
    for name in wanted:
        if name in LATER_FORMATS:
            raise UsageError(f"--formats {name}: this version cannot write it", remedy="leave it out")
        if name not in (*FORMATS, *MORE_FORMATS):
            choice = ", ".join((*FORMATS, *MORE_FORMATS))
            raise UsageError(f"--formats {name!r} is unknown", remedy=f"choose from {choice}")
    if not wanted:
        raise UsageError("--formats is empty", remedy=f"choose from {', '.join(FORMATS)}")
    return wanted


def _flavour(text: str) -> str:
    if text not in ("plain", "excel"):
        raise UsageError(f"--flavour {text!r} is unknown", remedy="give plain or excel")
    return text


def run_audit(options: AuditOptions, network: Network, *, again: str, as_json: bool) -> ExitCode:
    """Prepare, crawl, report, say where it lies. Returns the exit code.

    ``again``: the command that goes on after an interruption.
    """
    from icpcrawl.crawl.process import StoppedBySignal, stoppable
    from icpcrawl.crawl.run import AuditRun

    network.check()
    run: AuditRun | None = None
    ended: Finished | ExitCode
    try:
        with stoppable():
            run = AuditRun.prepare(options)
            if run.resumed:
                say(f"Going on with run {run.run_id}: {len(run.stored)} sites are stored already.")
            ended = _crawled(run, network)
    except StoppedBySignal as signalled:
        ended = signalled.code
        if run is None:
            complain("stopped before the run began")
            return ended
        run.interrupt(ended)
    except IcpcrawlError as error:
        if run is None:
            raise
        ended = ExitCode.INTERNAL
        run.broken = run.broken or error
        with suppress(StoreError):
            run.interrupt(ended)
        complain(str(error))
    if isinstance(ended, ExitCode):
        _say_interrupted(run, ended, again, as_json=as_json)
        return ended
    _say_finished(ended, as_json=as_json)
    return ended.exit_code


def _crawled(run: AuditRun, network: Network) -> Finished:
    """The run's report; StoppedBySignal where it was stopped on the way."""
    from icpcrawl.crawl.process import StoppedBySignal, crawl, settings_for

    with progress(run):
        stopped = crawl(run, settings_for(network))
    if stopped is not None:
        raise StoppedBySignal(stopped)
    return run.finish()


@contextmanager
def progress(run: AuditRun) -> Iterator[None]:
    """A bar with the verdicts so far, on a terminal only."""
    if not is_terminal(sys.stderr):
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[bold]auditing"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[verdicts]}"),
    )
    counts: Counter[str] = Counter()
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=4) as progress:
        total = len(run.portfolio.sites)
        task = progress.add_task("audit", total=total, completed=len(run.stored), verdicts="")

        def advance(audit: SiteAudit) -> None:
            counts[audit.verdict.value] += 1
            said = " ".join(f"[{VERDICT_STYLES[name]}]{counts[name]} {name}[/]" for name in WATCHED)
            progress.update(task, advance=1, verdicts=said)

        run.on_audit = advance
        yield


def _say_interrupted(run: AuditRun, code: ExitCode, again: str, *, as_json: bool) -> None:
    say(f"Stopped. {len(run.stored)} of {len(run.portfolio.sites)} sites are saved. Go on with: {again}")
    values = {
        "exit_code": int(code),
        "run": run.run_id,
        "state": "interrupted",
        "stored": len(run.stored),
        "sites": len(run.portfolio.sites),
        "resume": again,
    }
    machine_line(values, wanted=as_json)


def _say_finished(finished: Finished, *, as_json: bool) -> None:
    if not as_json:
        rows = [(name, str(count)) for name, count in finished.verdicts.items()]
        table(("verdict", "rows"), rows, styles=VERDICT_STYLES)
        print(f"{finished.rows_in} rows in, {finished.rows_out} rows out, coverage {finished.coverage:g} %.")
        if finished.held:
            print(f"HELD: {safe(finished.held, 1000)}")
        for problem in finished.problems[:10]:
            print(f"Problem: {safe(problem, 500)}")
        for file in finished.files:
            print(f"  {file}")
        sys.stdout.flush()
    values = {
        "exit_code": int(finished.exit_code),
        "run": finished.folder.name,
        "rows_in": finished.rows_in,
        "rows_out": finished.rows_out,
        "coverage": finished.coverage,
        "verdicts": dict(finished.verdicts),
        "folder": str(finished.folder),
        "files": [str(file) for file in finished.files],
        "problems": list(finished.problems[:100]),
        "held": finished.held,
    }
    machine_line(values, wanted=as_json)
