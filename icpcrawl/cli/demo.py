"""``icpcrawl demo``: the sample portfolio, or saved pages, on the embedded loopback web."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from icpcrawl.cli.audit import run_audit
from icpcrawl.errors import UsageError
from icpcrawl.report.ending import ExitCode, FailOn
from icpcrawl.report.folders import claim


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of all runs and of the history.", metavar="DIR")
    ] = Path("reports/demo"),
    pages: Annotated[
        Path | None,
        typer.Option(help="Serve this folder of saved .html pages, one site each.", metavar="DIR"),
    ] = None,
    port: Annotated[
        int, typer.Option(help="First of five loopback ports to serve on; any others if unset and taken.")
    ] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON line with counts and paths at the end of stderr.")
    ] = False,
) -> None:
    """Audit a sample portfolio on real DNS and web servers inside this process.

    No internet is needed and none is used: every connection comes home to 127.0.0.1. The
    sample sites show every verdict and the commonest faults.

    Example: icpcrawl demo -o reports/demo

    Example, your own saved pages: icpcrawl demo --pages saved-pages/
    """
    from icpcrawl.crawl.process import Network
    from icpcrawl.crawl.run import AuditOptions
    from icpcrawl.demo import demo_web, saved_pages
    from icpcrawl.demo.loopback import ports_are_free
    from icpcrawl.demo.web import FIRST_PORT
    from icpcrawl.report.closing import Wanted

    if pages is not None and not (pages.is_dir() and any(pages.glob("*.htm*"))):
        raise UsageError(
            f"--pages {pages}: no folder with .html files", remedy="name a folder of saved homepages"
        )
    if port and not (1024 <= port <= 65530 and ports_are_free(port)):
        raise UsageError(
            f"--port {port}: not five free ports from here on", remedy="choose another, or leave it out"
        )
    first_port = port or FIRST_PORT
    # The list stays beside the runs: one may look at it, and the next run knows it again.
    lists = claim(output) / ("sample" if pages is None else "pages")
    with demo_web(lists, first_port) if pages is None else saved_pages(pages, lists, first_port) as web:
        options = AuditOptions(
            portfolio=web.portfolio_path, folder=output, wanted=Wanted(FailOn.NEVER), arguments=("demo",)
        )
        network = Network(
            nameservers=(web.web.nameserver,),
            connect_to=tuple(web.web.connect_to),
            ca_file=web.web.ca_file,
        )
        code = run_audit(options, network, again="icpcrawl demo", as_json=as_json)
    raise typer.Exit(code if code is not ExitCode.FINDINGS else ExitCode.CLEAN)
