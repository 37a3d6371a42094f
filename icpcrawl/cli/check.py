"""``icpcrawl check``: one or a few sites, answered on the terminal."""

from __future__ import annotations

import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from icpcrawl.cli.terminal import VERDICT_STYLES, is_terminal, json_line, safe
from icpcrawl.report.ending import ExitCode, FailOn


def check(
    url: Annotated[
        list[str], typer.Argument(help="A domain (brand.cn) or a URL (https://brand.cn/).", metavar="URL…")
    ],
    nameserver: Annotated[
        list[str] | None, typer.Option(help="Ask this resolver.", metavar="HOST[:PORT]")
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
            help="Connect there whatever the DNS says: your staging server, say.",
            metavar="HOST1:PORT1:HOST2:PORT2",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM authorities trusted beside the system's.", metavar="F")
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also connect to private addresses.")
    ] = False,
    policy: Annotated[Path | None, typer.Option(help="policy.toml", metavar="F")] = None,
    register: Annotated[Path | None, typer.Option(help="Export of your own filings.", metavar="F")] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(help="From which finding on the exit code is 1; else the policy's fail_on, else error."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per site on stdout.")] = False,
) -> None:
    """Check one or a few sites before launch and print what was seen, what is wrong and the cure.

    Nothing is kept: no history, no report folder.

    Example: icpcrawl check brand.cn https://shop.brand.cn/

    Example, a staging server: icpcrawl check brand.cn --connect-to ::10.0.0.5: --allow-private
    """
    from icpcrawl.crawl.process import Network, crawl, settings_for
    from icpcrawl.crawl.run import AuditOptions, AuditRun
    from icpcrawl.report.closing import Wanted

    network = Network(
        concurrency=8,
        nameservers=tuple(nameserver or ()),
        public_resolvers=not no_public_resolvers,
        connect_to=tuple(connect_to or ()),
        ca_file=ca_file,
        allow_private=allow_private,
    )
    network.check()
    with tempfile.TemporaryDirectory(prefix="icpcrawl-check-") as folder:
        options = AuditOptions(
            portfolio=portfolio_of(Path(folder), url),
            folder=Path(folder) / "reports",
            policy=policy,
            register=register,
            geoip=tuple(geoip or ()),
            wanted=Wanted(fail_on, formats=("jsonl",)),
        )
        run = AuditRun.prepare(options)
        stopped = crawl(run, settings_for(network))
        if stopped is not None:
            run.interrupt(stopped)
            raise typer.Exit(stopped)
        finished = run.finish()
        lines = (finished.folder / "report.jsonl").read_text("utf-8").split("\n")
    for row in (json.loads(line) for line in lines if line):
        print(json_line(row)) if as_json else _print(row)
    refused = finished.verdicts.get("rejected", 0)
    raise typer.Exit(ExitCode.USAGE if refused == finished.rows_in else finished.exit_code)


def portfolio_of(folder: Path, urls: list[str]) -> Path:
    """What was typed, as a list that an audit reads."""
    file = folder / "check.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["domain", "url"])
        for url in urls:
            writer.writerow(["", url] if "://" in url else [url, ""])
    return file


def _print(row: dict[str, Any]) -> None:
    """One site for a person. Everything that comes from the site is made printable first."""
    from rich.console import Console
    from rich.text import Text

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True, no_color=not is_terminal(sys.stdout))
    columns: dict[str, str] = row["columns"]

    def line(label: str, *values: str) -> None:
        told = "  ".join(safe(value, 500) for value in values if value)
        if told:
            console.print(Text(f"  {label:<9}{told}"))

    verdict = str(row["verdict"])
    asked = safe(columns["url"] or columns["domain"])
    console.print(Text.assemble((asked, "bold"), "  ", (verdict, VERDICT_STYLES.get(verdict, ""))))
    line("", row["reason"]["zh"])
    line("", row["reason"]["en"])
    line("seen", columns["outcome"], columns["http_status"], columns["final_url"])
    confidence = f"({columns['hosting_confidence']})" if columns["hosting_confidence"] else ""
    line("hosting", columns["hosting"], confidence, columns["provider"], columns["cdn"], columns["countries"])
    for number in row["numbers"]:
        link = number["link"]
        leads = f"→ {link['href']} ({link['target']})" if link else "→ –"
        where = number["place"] if number["displayed"] else f"{number['place']}, not displayed"
        line("number", number["number"] or number["raw"], f"[{number['status']}, {where}]", leads)
    for finding in row["findings"]:
        _print_finding(console, finding)
    if row["verdict"] in ("not-assessed", "rejected"):
        line("cure", columns["fix_zh"])
        line("", columns["fix_en"])
    console.print()


def _print_finding(console: Any, finding: dict[str, Any]) -> None:
    from rich.text import Text

    styles = {"error": "red", "warning": "yellow", "notice": "cyan"}
    severity = str(finding["severity"])
    titles = " · ".join(safe(finding["title"][language]) for language in ("zh", "en"))
    console.print(
        Text.assemble("  ", (f"{severity:<9}", styles.get(severity, "")), f"{finding['rule']}: {titles}")
    )
    for label, text in (
        ("observed", finding["observed"]),
        ("expected", finding["expected"]),
        ("cure", finding["fix"]["zh"]),
        ("", finding["fix"]["en"]),
        ("paste", finding["snippet"]),
    ):
        if text:
            console.print(Text(f"           {label:<10}{safe(text, 1000)}"))
