"""sites.csv, findings.csv, rejected.csv and owners/<owner>.csv."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from icpcrawl.audit.finding import Finding
from icpcrawl.report.cells import defused, one_line
from icpcrawl.report.columns import FINDING_COLUMNS, REJECTED_COLUMNS, SITE_COLUMNS
from icpcrawl.report.content import Content
from icpcrawl.report.rows import FindingRow, ReportRow

EXCEL = "excel"


def write_sites(path: Path, content: Content) -> None:
    """One row per row of the portfolio; its unknown columns stand behind ours."""
    header = (*SITE_COLUMNS, *extra_headers(content.rows))
    write_table(path, content.flavour, header, (site_cells(row) for row in content.rows))


def write_findings(path: Path, content: Content) -> None:
    """One row per finding, waived ones too, in portfolio order."""
    rows = (finding_cells(row, found) for row in content.rows for found in row.findings)
    write_table(path, content.flavour, FINDING_COLUMNS, rows)


def write_rejected(path: Path, content: Content) -> None:
    write_table(path, content.flavour, REJECTED_COLUMNS, rejected_cells(content.rows))


def write_owners(folder: Path, content: Content) -> None:
    """A folder with one sites.csv per owner, named after it."""
    _write_split(folder, content, "owner")


def write_groups(folder: Path, content: Content) -> None:
    """The same by group."""
    _write_split(folder, content, "group")


def _write_split(folder: Path, content: Content, column: str) -> None:
    folder.mkdir()
    header = (*SITE_COLUMNS, *extra_headers(content.rows))
    parts: dict[str, list[ReportRow]] = {}
    for row in content.rows:
        parts.setdefault(row.cells[column], []).append(row)
    taken: set[str] = set()
    for value, rows in parts.items():
        name = file_name(value, f"no-{column}")
        # Web and web are one file on Windows and macOS.
        name = name if name.casefold() not in taken else f"{name}-{_digest(value)}"
        taken.add(name.casefold())
        write_table(folder / f"{name}.csv", content.flavour, header, map(site_cells, rows))


def write_table(path: Path, flavour: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    encoding, newline = ("utf-8-sig", "\r\n") if flavour == EXCEL else ("utf-8", "\n")
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator=newline)
        writer.writerow([defused(cell) for cell in header])
        writer.writerows([defused(cell) for cell in row] for row in rows)


def extra_headers(rows: Sequence[ReportRow]) -> tuple[str, ...]:
    """The portfolio's unknown columns; one that is called like ours gets ``portfolio.`` before it."""
    names = (one_line(column) for column, _ in (rows[0].extra if rows else ()))
    return tuple(f"portfolio.{name}" if name in SITE_COLUMNS else name for name in names)


def site_cells(row: ReportRow) -> tuple[str, ...]:
    return (*(row.cells[column] for column in SITE_COLUMNS), *(cell for _, cell in row.extra))


def finding_cells(row: ReportRow, found: FindingRow) -> tuple[str, ...]:
    finding, change = found.finding, found.change
    cells = (
        found.finding_id,
        row.site_id,
        row.cells["owner"],
        finding.rule,
        finding.severity.value,
        finding.confidence.value,
        found.title.zh,
        found.title.en,
        finding.observed,
        finding.expected,
        finding.where,
        " / ".join(part for part in (found.law.zh, found.law.en) if part),
        found.fix.zh,
        found.fix.en,
        finding.snippet,
        change.first_seen if change else "",
        change.last_seen if change else "",
        str(change.days_open) if change else "",
        change.change if change else "",
        waiver_cell(finding),
    )
    return tuple(one_line(cell) for cell in cells)


def rejected_cells(rows: Iterable[ReportRow]) -> Iterator[tuple[str, ...]]:
    for row in rows:
        if refused := row.refused:
            cells = (
                str(refused.row),
                str(refused.line),
                refused.column,
                refused.value,
                refused.reason_zh,
                refused.reason_en,
                refused.site_id,
                refused.domain,
            )
            yield tuple(one_line(cell) for cell in cells)


def waiver_cell(finding: Finding) -> str:
    """Reason, owner, approver and last day of the waiver; empty where there is none."""
    waived = finding.waived
    if waived is None:
        return ""
    return joined_plain(waived.reason, waived.owner, waived.approver, waived.expires)


def joined_plain(*parts: str) -> str:
    return "|".join(part.replace("|", "¦") for part in parts)


def file_name(value: str, unnamed: str = "no-owner") -> str:
    """A name safe on every file system: letters, digits and dashes, told apart by a digest.

    >>> file_name("web-team"), file_name("../etc")
    ('web-team', 'etc-f7f9121f')
    """
    plain = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", value)).strip("-_")[:60] or unnamed
    return plain if value in (plain, "") else f"{plain}-{_digest(value)}"


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:8]
