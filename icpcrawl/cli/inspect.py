"""``icpcrawl inspect``: read saved pages offline, without judging where they are hosted."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpcrawl.cli.terminal import complain, json_line, safe, table
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from icpcrawl.audit.facts import Facts
    from icpcrawl.audit.footer import DisplayedNumber

MAX_BYTES = 5 * 1024 * 1024


def inspect(
    file: Annotated[list[Path], typer.Argument(help="Saved .html pages.", metavar="FILE…")],
    url: Annotated[str, typer.Option(help="Address the page was saved from.")] = "",
    content_type: Annotated[str, typer.Option(help="Content-Type the server sent.")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object per file on stdout.")] = False,
) -> None:
    """Read what saved pages display of numbers, and where each links.

    A file that cannot be read is named; the others are read all the same (exit code 2).

    Example: icpcrawl inspect page.html --url https://brand.cn/
    """
    from icpcrawl.datafiles import load_facts

    facts = load_facts()
    year = datetime.now(UTC).year
    unread = False
    for path in file:
        try:
            with path.open("rb") as stream:
                body = stream.read(MAX_BYTES + 1)
        except OSError as error:
            complain(f"{path}: cannot be read: {error.strerror or error} Remedy: check the path")
            unread = True
            continue
        if len(body) > MAX_BYTES:
            complain(f"{path}: larger than 5 MB, not read Remedy: save the homepage alone")
            unread = True
            continue
        seen = _seen(path, body, url, content_type, facts, year)
        if jsonl:
            print(json_line(seen))
        else:
            print(safe(f"{path}  ({seen['encoding']}: {seen['encoding_why']})", 1000))
            rows = [
                (
                    each["number"] or each["raw"],
                    each["kind"],
                    each["status"],
                    each["place"],
                    "yes" if each["displayed"] else "no",
                    f"{each['link']['target']}: {each['link']['href']}" if each["link"] else "none",
                )
                for each in seen["numbers"]
            ]
            table(("number", "kind", "status", "place", "displayed", "link"), rows)
        sys.stdout.flush()
    raise typer.Exit(ExitCode.USAGE if unread else ExitCode.CLEAN)


def _seen(path: Path, body: bytes, url: str, content_type: str, facts: Facts, year: int) -> dict[str, Any]:
    from icpcrawl.audit.footer import read_page

    reading = read_page(body, url=url, content_type=content_type, facts=facts.numbers, today_year=year)
    return {
        "source": str(path),
        "encoding": reading.encoding,
        "encoding_why": reading.encoding_why,
        "numbers": [_number(each, url, facts) for each in reading.numbers],
    }


def _number(seen: DisplayedNumber, url: str, facts: Facts) -> dict[str, Any]:
    from icpcrawl.audit.links import judge_link

    link = None
    if seen.link is not None:
        worth = judge_link(seen, url, facts.links)
        link = {
            "href": seen.link.href,
            "url": seen.link.url,
            "how": seen.link.how,
            "target": worth.target,
            "verdict": worth.verdict.value,
        }
    return {
        "kind": seen.parsed.kind.value,
        "number": seen.parsed.number,
        "raw": seen.parsed.raw,
        "place": seen.place.value,
        "displayed": seen.displayed,
        "status": seen.parsed.status.value,
        "service_kind": seen.parsed.service_kind.value,
        "link": link,
    }
