"""report.xlsx: the same report for those who work in a spreadsheet.

Strings are written as strings: nothing from a site becomes a formula or a link.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from icpcrawl.audit.finding import SEVERITIES, Severity, Verdict
from icpcrawl.audit.rules import RULES
from icpcrawl.report.cells import instant, joined, one_line
from icpcrawl.report.columns import FINDING_COLUMNS, REJECTED_COLUMNS, SITE_COLUMN_GROUPS, SITE_COLUMNS
from icpcrawl.report.content import Content
from icpcrawl.report.csv_files import extra_headers, finding_cells, rejected_cells, site_cells
from icpcrawl.report.overview import CHANGE_ORDER, waiver_lines
from icpcrawl.report.rows import ReportRow
from icpcrawl.report.work import is_fresh, is_soon

COLOURS: dict[str, tuple[str, str]] = {
    Verdict.COMPLIANT.value: ("#DDF3E4", "#14532D"),
    Verdict.NON_COMPLIANT.value: ("#FBDCDC", "#7F1D1D"),
    Verdict.NOT_REQUIRED.value: ("#DCE9F9", "#1E3A5F"),
    Verdict.INCONCLUSIVE.value: ("#FCEFC9", "#713F12"),
    Verdict.NOT_ASSESSED.value: ("#E7E7EA", "#3F3F46"),
    Verdict.REJECTED.value: ("#EADCF5", "#4C1D6B"),
    Severity.ERROR.value: ("#FBDCDC", "#7F1D1D"),
    Severity.WARNING.value: ("#FCEFC9", "#713F12"),
    Severity.NOTICE.value: ("#E7E7EA", "#3F3F46"),
}
"""Value → (background, text); all pairs have a contrast above 7:1."""

_WIDE = {"fix_zh": 60, "fix_en": 60, "observed": 40, "expected": 40, "snippet": 50, "law": 50}
_NARROW = {
    "row": 6,
    "line": 6,
    "days_open": 10,
    "due": 12,
    "days_overdue": 10,
    "schema": 8,
    "http_status": 11,
    "redirects": 10,
}
_NUMERIC = frozenset(
    {"days_open", "days_overdue", "http_status", "redirects", "row", "line", "schema", "sites", "findings"}
)

SHORT_VIEW = (
    "site_id",
    "name",
    "owner",
    "verdict",
    "severity",
    "rules",
    "change",
    "due",
    "days_overdue",
    "days_open",
    "icp_number",
    "psb_number",
    "hosting",
    "fix_zh",
    "fix_en",
)
"""Columns of the sheet of all sites that an officer reads first; the rest is folded behind them."""
_FIRST = {column: at for at, column in enumerate(SHORT_VIEW)}

CHANGE_COLUMNS = (
    "change", "site_id", "domain", "owner", "verdict", "rules", "fixed", "first_seen", "days_open", "due", "days_overdue",
    "fix_zh", "fix_en",
)  # fmt: skip
FIX_COLUMNS = (
    "owner", "site_id", "domain", "severity", "rule", "title_zh", "title_en", "observed", "expected", "days_open",
    "due", "days_overdue",
    "fix_zh", "fix_en", "snippet",
)  # fmt: skip
UNSEEN_COLUMNS = (
    "site_id", "domain", "owner", "outcome", "http_status", "change", "assessed_at", "fix_zh", "fix_en",
)  # fmt: skip
WAIVER_COLUMNS = ("expires", "standing", "rule", "scope", "waiver_reason", "owner", "approver", "findings")
RULE_COLUMNS = ("rule", "severity", "sites", "title_zh", "title_en", "law")

DUE_COLUMNS = ("due", "days_overdue")
"""Behind those of ``sites.csv``, whose columns are promised."""

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_xlsx(path: Path, content: Content) -> None:
    with tempfile.TemporaryDirectory(prefix="icpcrawl-xlsx-") as aside:
        import xlsxwriter  # 6 MB, needed when the crawl is over

        # A book cut short by a full disk would complain once more when Python forgets it.
        whole = Path(aside) / "report.xlsx"
        book = xlsxwriter.Workbook(str(whole), {**_OPTIONS, "tmpdir": aside})
        try:
            _fill(book, content)
            book.close()
        finally:
            # A book that could not be finished leaves the rows of its sheets open.
            for sheet in book.worksheets():
                if sheet.row_data_fh:
                    sheet.row_data_fh.close()
        shutil.copyfile(whole, path)


def _fill(book: Any, content: Content) -> None:
    # The time in the file would make two reports of one run differ.
    book.set_properties({"title": "icpcrawl", "created": content.run.started_at.replace(tzinfo=None)})
    sheets = _Sheets(book, content)
    sheets.summary()
    sheets.table("changes", CHANGE_COLUMNS, _changes(content), frozen=2)
    sheets.table("must-fix", FIX_COLUMNS, _must_fix(content), frozen=2)
    header = (*SITE_COLUMNS, *extra_headers(content.rows), *DUE_COLUMNS)
    order = sorted(range(len(header)), key=lambda at: _FIRST.get(header[at], len(_FIRST)))
    whole = ((*site_cells(row), *_due(row)) for row in content.rows)
    cells = (tuple(row[at] for at in order) for row in whole)
    sheets.table("sites", [header[at] for at in order], cells, frozen=1, shown=len(_FIRST))
    sheets.table("not-assessed", UNSEEN_COLUMNS, _unseen(content), frozen=1)
    sheets.table("waivers", WAIVER_COLUMNS, _waivers(content), frozen=1)
    sheets.table("rules", RULE_COLUMNS, _rules(content), frozen=1)
    found = (finding_cells(row, one) for row in content.rows for one in row.findings)
    sheets.table("findings", FINDING_COLUMNS, found, frozen=2)
    sheets.table("rejected", REJECTED_COLUMNS, rejected_cells(content.rows), frozen=0)
    sheets.legend()


def _due(row: ReportRow) -> tuple[str, str]:
    return row.due, str(row.overdue or "")


def _changes(content: Content) -> Iterator[Sequence[str]]:
    """Sites that are not what they were when last assessed, the bad news first."""
    moved = (row for row in content.rows if row.cells["change"] in CHANGE_ORDER)
    for row in sorted(moved, key=lambda row: CHANGE_ORDER.index(row.cells["change"])):
        due, overdue = _due(row)
        told = {"fixed": joined(rule for rule, _ in row.fixed), "due": due, "days_overdue": overdue}
        yield [told[column] if column in told else row.cells[column] for column in CHANGE_COLUMNS]


def _must_fix(content: Content) -> Iterator[Sequence[str]]:
    """Standing errors and warnings, owner by owner, the longest overdue and the worst first."""
    told = [(row, found) for row in content.rows for found in row.findings if found.is_loud]
    told.sort(
        key=lambda each: (
            each[0].cells["owner"] == "",
            each[0].cells["owner"],
            -each[1].overdue,
            SEVERITIES.index(each[1].finding.severity),
            each[1].due or "9999",
        )
    )
    for row, found in told:
        cells = dict(zip(FINDING_COLUMNS, finding_cells(row, found), strict=True))
        cells |= {"due": found.due, "days_overdue": str(found.overdue or "")}
        yield [cells[column] if column in cells else row.cells[column] for column in FIX_COLUMNS]


def _unseen(content: Content) -> Iterator[Sequence[str]]:
    for row in content.rows:
        if row.verdict is Verdict.NOT_ASSESSED:
            yield [row.cells[column] for column in UNSEEN_COLUMNS]


def _waivers(content: Content) -> Iterator[Sequence[str]]:
    for line in waiver_lines(content):
        each = line.waiver
        cells = (each.expires, line.standing, each.rule, each.site, each.reason, each.owner, each.approver)
        yield [*map(one_line, cells), str(line.findings)]


def _rules(content: Content) -> Iterator[Sequence[str]]:
    """Every rule that was held against the portfolio, the most frequent first."""
    sites, words = content.counts.rules, content.words
    for rule in sorted(RULES, key=lambda rule: -sites.get(rule.slug, 0)):
        title, law = words.title(rule.slug), words.law(rule.slug)
        told = " / ".join(part for part in dict.fromkeys((law.zh, law.en)) if part)
        yield [
            rule.slug,
            rule.severity.value,
            str(sites.get(rule.slug, 0)),
            title.zh,
            title.en,
            one_line(told),
        ]


def plain(text: str) -> str:
    """The text, kept from passing for the writer's own rich text, which goes into the file unescaped.

    >>> plain("<r>&</r>")
    '<r>&</r> '
    """
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


class _Sheets:
    """The workbook being written; formats are made once, sheets in the order of calls."""

    def __init__(self, book: Any, content: Content) -> None:
        self.book = book
        self.content = content
        self.head = book.add_format(
            {
                "bold": True,
                "font_color": "#FFFFFF",
                "bg_color": "#22304A",
                "valign": "vcenter",
                "text_wrap": True,
            }
        )
        self.title = book.add_format({"bold": True, "font_size": 16, "font_color": "#22304A"})
        self.label = book.add_format({"bold": True, "font_color": "#52607A"})
        self.wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        self.by_value = {
            value: book.add_format({"bg_color": back, "font_color": front, "bold": True})
            for value, (back, front) in COLOURS.items()
        }

    def text(self, key: str) -> str:
        said = self.content.words.label(key)
        return said.zh if said.zh == said.en else f"{said.zh} / {said.en}"

    def sheet(self, key: str) -> Any:
        return self.book.add_worksheet(self.content.words.label(f"sheet.{key}").en[:31])

    def table(
        self,
        key: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        frozen: int,
        shown: int = 1000,
    ) -> None:
        """Columns from ``shown`` on are folded behind a plus sign."""
        sheet = self.sheet(key)
        for at, column in enumerate(columns):
            folded = {"level": 1, "hidden": True} if at >= shown else {}
            sheet.set_column(at, at, _WIDE.get(column, _NARROW.get(column, 18)), None, folded)
        if len(columns) > shown:
            sheet.set_column(len(columns), len(columns), None, None, {"collapsed": True})
        sheet.set_row(0, 34)
        sheet.freeze_panes(1, frozen)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, plain(self.header(column)), self.head)
        last = 0
        for last, cells in enumerate(rows, 1):
            for at, (column, cell) in enumerate(zip(columns, cells, strict=True)):
                self.cell(sheet, last, at, column, cell)
        sheet.autofilter(0, 0, last, len(columns) - 1)

    def header(self, column: str) -> str:
        """The CSV's name, then the same in Chinese: formulas and people both find it."""
        said = self.content.words.label(f"column.{column}").zh
        return column if said == column else f"{column}\n{said}"

    def cell(self, sheet: Any, row: int, at: int, column: str, cell: str) -> None:
        if not cell:
            return
        if column in _NUMERIC and cell.lstrip("-").isdecimal():
            sheet.write_number(row, at, int(cell))
        elif column in ("verdict", "severity") and cell in self.by_value:
            sheet.write_string(row, at, cell, self.by_value[cell])
        else:
            sheet.write_string(row, at, plain(cell))

    def summary(self) -> None:
        sheet = self.sheet("summary")
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 1, 22)
        sheet.set_column(2, 2, 70)
        counts = self.content.counts
        sheet.write_string(0, 0, self.text("title"), self.title)
        lines = [*self.facts_of_run(), ("", "", "")]
        lines += [(self.text(f"verdict.{name}"), count, name) for name, count in counts.verdicts.items()]
        rows, today = self.content.rows, self.content.run.today
        lines += [
            ("", "", ""),
            (self.text("label.overdue"), sum(row.overdue > 0 for row in rows), ""),
            (self.text("label.soon"), sum(is_soon(row, today) for row in rows), ""),
            (self.text("label.fresh"), sum(is_fresh(row) for row in rows), ""),
        ]
        lines += [("", "", ""), (self.text("label.top_findings"), "", "")]
        lines += [(self.both(rule), count, rule) for rule, count in list(counts.rules.items())[:50]]
        for at, (name, value, code) in enumerate(lines, 2):
            sheet.write_string(at, 0, plain(name), self.by_value.get(code, self.label))
            if isinstance(value, int):
                sheet.write_number(at, 1, value)
            else:
                sheet.write_string(at, 1, plain(value))
            sheet.write_string(at, 2, plain(code))

    def facts_of_run(self) -> list[tuple[str, str | int, str]]:
        run, counts = self.content.run, self.content.counts
        return [
            (self.text("label.run"), one_line(run.run_id), run.state),
            (self.text("label.started"), instant(run.started_at), ""),
            (self.text("label.finished"), instant(run.finished_at), ""),
            (self.text("label.portfolio"), one_line(run.portfolio), run.portfolio_sha256),
            (self.text("label.rows"), counts.rows, ""),
            (self.text("label.coverage"), f"{counts.coverage:.1%}", ""),
            *(
                (
                    self.text("label.database"),
                    f"{base.name} {base.built_on}"
                    + (f" ({self.text('label.old_database')})" if base in run.old_databases else ""),
                    one_line(base.attribution),
                )
                for base in run.databases
            ),
        ]

    def both(self, rule: str) -> str:
        title = self.content.words.title(rule)
        return one_line(title.zh if title.zh == title.en else f"{title.zh} / {title.en}")

    def legend(self) -> None:
        """What each column and each verdict means."""
        sheet = self.sheet("legend")
        sheet.set_column(0, 1, 24)
        sheet.set_column(2, 3, 70)
        sheet.freeze_panes(1, 0)
        for at, key in enumerate(("group", "name", "meaning_zh", "meaning_en")):
            sheet.write_string(0, at, self.text(f"legend.{key}"), self.head)
        words = self.content.words
        lines = [
            ("verdict", verdict.value, words.label(f"verdict_meaning.{verdict.value}")) for verdict in Verdict
        ]
        lines += [
            (group, column, words.label(f"meaning.{column}"))
            for group, columns in SITE_COLUMN_GROUPS
            for column in columns
        ]
        lines += [("rule", rule, words.title(rule)) for rule in self.content.counts.rules]
        for at, (group, name, said) in enumerate(lines, 1):
            sheet.write_string(at, 0, group)
            sheet.write_string(at, 1, name, self.by_value.get(name))
            sheet.write_string(at, 2, said.zh, self.wrapped)
            sheet.write_string(at, 3, said.en, self.wrapped)
