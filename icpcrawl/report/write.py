"""Rows → the files of one run's folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from icpcrawl.errors import ReportError, UsageError
from icpcrawl.report.aside import written_aside
from icpcrawl.report.cells import one_line
from icpcrawl.report.content import Content, Counts, counted
from icpcrawl.report.csv_files import (
    EXCEL,
    write_findings,
    write_groups,
    write_owners,
    write_rejected,
    write_sites,
)
from icpcrawl.report.html import write_html
from icpcrawl.report.jsonl import write_jsonl
from icpcrawl.report.manifest import MANIFEST, write_manifest
from icpcrawl.report.rows import ReportRow
from icpcrawl.report.run import RunSummary
from icpcrawl.report.words import catalogue
from icpcrawl.report.xlsx import write_xlsx

if TYPE_CHECKING:
    from icpcrawl.audit.facts import Facts


@dataclass(frozen=True, slots=True)
class FileWriter:
    """One file (or folder of files) of the report and what writes it."""

    format: str
    """What ``--formats`` calls it."""
    name: str
    """In the run's folder."""
    write: Callable[[Path, Content], None]


WRITERS = (
    FileWriter("csv", "sites.csv", write_sites),
    FileWriter("csv", "findings.csv", write_findings),
    FileWriter("csv", "rejected.csv", write_rejected),
    FileWriter("jsonl", "report.jsonl", write_jsonl),
    FileWriter("html", "report.html", write_html),
    FileWriter("xlsx", "report.xlsx", write_xlsx),
    FileWriter("owners", "owners", write_owners),
    FileWriter("groups", "groups", write_groups),
)

DEFAULT_FORMATS = ("csv", "html", "xlsx", "jsonl")
PROBLEMS_NAMED = 50
"""Broken rows named one by one; all of them are in sites.csv."""
FLAVOURS = ("", "plain", EXCEL)


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the folder now."""

    folder: Path
    files: Mapping[str, Path]
    """Name in the folder → path; the manifest is among them."""
    problems: tuple[str, ...]
    """One line per file that could not be written, and per row icpcrawl itself failed on."""
    counts: Counts


def write_report(
    folder: Path,
    rows: Iterable[ReportRow],
    run: RunSummary,
    *,
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    flavour: str = "",
    facts: Facts,
    writers: tuple[FileWriter, ...] = WRITERS,
    problems: tuple[str, ...] = (),
) -> Written:
    """Write every wanted file aside and rename it when whole, the manifest last.

    A writer that raises costs its own file only; it is named in ``problems``, after those
    that are given here as having broken before.
    Raises ``UsageError`` for an unknown format or flavour, ``ReportError`` where not even
    the manifest can be written.
    """
    check_formats(formats, flavour, writers)
    told = tuple(rows)
    content = Content(told, run, catalogue(facts), counted(told), flavour)
    files: dict[str, Path] = {}
    broken = [*problems, *_row_problems(told)]
    for writer in writers:
        if writer.format in formats:
            try:
                with written_aside(folder / writer.name) as part:
                    writer.write(part, content)
                files[writer.name] = folder / writer.name
            except Exception as error:  # noqa: BLE001 - the other files must still be written
                broken.append(one_line(f"{writer.name}: {type(error).__name__}: {error}", 500))
    files[MANIFEST] = _manifest(folder, run, content.counts, files, tuple(broken))
    return Written(folder, files, tuple(broken), content.counts)


def check_formats(formats: tuple[str, ...], flavour: str, writers: tuple[FileWriter, ...] = WRITERS) -> None:
    """Refuse what nobody can write, before a night is spent on it."""
    known = list(dict.fromkeys(writer.format for writer in writers))
    unknown = [name for name in formats if name not in known]
    if unknown:
        raise UsageError(f"unknown format {unknown[0]!r}", remedy=f"choose from {', '.join(known)}")
    if flavour not in FLAVOURS:
        raise UsageError(f"unknown flavour {flavour!r}", remedy=f"choose {EXCEL} or leave it out")


def _row_problems(rows: tuple[ReportRow, ...]) -> list[str]:
    said = [f"{row.site_id}: {row.problem}" for row in rows if row.problem]
    more = len(said) - PROBLEMS_NAMED
    return said if more <= 0 else [*said[:PROBLEMS_NAMED], f"and {more} more rows like these"]


def _manifest(
    folder: Path, run: RunSummary, counts: Counts, files: Mapping[str, Path], problems: tuple[str, ...]
) -> Path:
    try:
        return write_manifest(folder, run, counts, files, problems)
    except OSError as error:
        raise ReportError(
            f"the report cannot be written: {error.strerror or error}",
            file=folder,
            remedy="free some space, then run `icpcrawl reaudit` on this run",
        ) from error
