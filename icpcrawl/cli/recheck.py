"""``icpcrawl recheck``: a few sites of the last run, looked at again."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icpcrawl.cli.stored import stored_run
from icpcrawl.cli.terminal import VERDICT_STYLES, machine_line, say, table
from icpcrawl.errors import UsageError
from icpcrawl.report.ending import FailOn

if TYPE_CHECKING:
    from icpcrawl.audit.site_audit import SiteAudit
    from icpcrawl.portfolio import Portfolio, Site


def recheck(
    site: Annotated[
        list[str] | None, typer.Argument(help="site_id as in the report.", metavar="[SITE…]")
    ] = None,
    owner: Annotated[
        list[str] | None, typer.Option(help="All sites of this owner. May be repeated.", metavar="O")
    ] = None,
    run: Annotated[
        str,
        typer.Option("--run", help="The run to hold them against: its folder, or its name.", metavar="RUN"),
    ] = "latest",
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of runs that bare names lie in.", metavar="DIR")
    ] = Path("reports"),
    concurrency: Annotated[int, typer.Option(help="Requests under way at once.", metavar="N")] = 100,
    nameserver: Annotated[
        list[str] | None, typer.Option(help="Ask this resolver.", metavar="HOST[:PORT]")
    ] = None,
    vantage: Annotated[
        list[str] | None,
        typer.Option(help="Ask names as a client of this subnet.", metavar="NAME=SUBNET[@mainland|overseas]"),
    ] = None,
    no_public_resolvers: Annotated[
        bool, typer.Option("--no-public-resolvers", help="Ask the system's resolver alone.")
    ] = False,
    geoip: Annotated[
        list[Path] | None, typer.Option(help="One more MMDB that votes.", metavar="FILE")
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
        bool, typer.Option("--allow-private", help="Also connect to private addresses.")
    ] = False,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="From which finding on the exit code is 1; else the policy's fail_on, else error."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line with counts and paths at the end of stderr.")
    ] = False,
) -> None:
    """Look again at some sites of the last run, after their owner put them right.

    Prints before and after. Portfolio, policy, waivers and register are those of that run. The
    evidence and a report of these sites are kept in a run of their own, which later runs are not
    compared with: the next audit still says what it sees fixed.

    Example: icpcrawl recheck --owner brand-x

    Example: icpcrawl recheck brand.cn shop.brand.cn --run reports/latest
    """
    from icpcrawl.crawl.process import Network, crawl, settings_for
    from icpcrawl.crawl.run import AuditOptions, AuditRun, Recheck
    from icpcrawl.history import History
    from icpcrawl.replay import remembered
    from icpcrawl.report.closing import Wanted

    network = Network(
        concurrency=concurrency,
        nameservers=tuple(nameserver or ()),
        vantages=tuple(vantage or ()),
        public_resolvers=not no_public_resolvers,
        connect_to=tuple(connect_to or ()),
        ca_file=ca_file,
        allow_private=allow_private,
    )
    network.check()
    folder, run_id = stored_run(run, output)
    with History.open(folder) as history:
        given, before = remembered(history, run_id)
        files = history.files(run_id)
    chosen = _chosen(given.portfolio, site or (), owner or ())
    with _laid_out(files) as paths:
        options = AuditOptions(
            portfolio=paths["portfolio"],
            folder=folder,
            policy=paths.get("policy"),
            waivers=paths.get("waivers"),
            register=paths.get("register"),
            geoip=tuple(geoip or ()),
            confirm=False,
            wanted=Wanted(fail_on),
            recheck=Recheck(run_id, given.portfolio, frozenset(each.site_id for each in chosen), before),
            arguments=tuple(sys.argv[1:]),
        )
        again = AuditRun.prepare(options)
        stopped = crawl(again, settings_for(network))
    if stopped is not None:
        again.interrupt(stopped)
        raise typer.Exit(stopped)
    finished = again.finish()
    with History.open(folder) as history:
        after = {result.site_id: result.audit for result in history.results(again.run_id)}
    rows = [_row(each.site_id, before, after) for each in chosen]
    table(("site", "before", "after", "fixed", "still there", "new"), rows, styles=VERDICT_STYLES)
    say(f"  {finished.folder}")
    machine_line(
        {
            "exit_code": int(finished.exit_code),
            "run": again.run_id,
            "compared_with": run_id,
            "sites": len(chosen),
            "verdicts": dict(finished.verdicts),
            "files": [str(file) for file in finished.files],
        },
        wanted=as_json,
    )
    raise typer.Exit(finished.exit_code)


def _chosen(portfolio: Portfolio, sites: Collection[str], owners: Collection[str]) -> list[Site]:
    """The sites asked for, in portfolio order; ``UsageError`` for a name that nothing goes by."""
    if not sites and not owners:
        raise UsageError("recheck: which sites?", remedy="name a SITE or give --owner")
    for kind, asked, known in (
        ("site", sites, {each.site_id for each in portfolio.sites}),
        ("owner", owners, {each.owner for each in portfolio.sites}),
    ):
        unknown = [name for name in asked if name not in known]
        if unknown:
            raise UsageError(
                f"no {kind} {unknown[0]!r} in that run's portfolio",
                remedy=f"write the {'site_id' if kind == 'site' else 'owner'} as in sites.csv",
            )
    return [each for each in portfolio.sites if each.site_id in sites or each.owner in owners]


@contextmanager
def _laid_out(files: Mapping[str, tuple[str, bytes]]) -> Iterator[dict[str, Path]]:
    """What the run was given, as files again."""
    with tempfile.TemporaryDirectory(prefix="icpcrawl-recheck-") as folder:
        paths = {}
        for kind, (name, content) in files.items():
            paths[kind] = Path(folder, kind).with_suffix(Path(name).suffix)
            paths[kind].write_bytes(content)
        yield paths


def _row(site_id: str, before: Mapping[str, SiteAudit], after: Mapping[str, SiteAudit]) -> tuple[str, ...]:
    then, now = before.get(site_id), after.get(site_id)
    old, new = _rules(then), _rules(now)
    # What was not seen is not fixed.
    is_seen = now is not None and now.outcome == "ok"
    return (
        site_id,
        then.verdict.value if then else "",
        now.verdict.value if now else "",
        ", ".join(sorted(old - new)) if is_seen else "",
        ", ".join(sorted(old & new if is_seen else old)),
        ", ".join(sorted(new - old)),
    )


def _rules(audit: SiteAudit | None) -> set[str]:
    return {finding.rule for finding in audit.findings if finding.waived is None} if audit else set()
