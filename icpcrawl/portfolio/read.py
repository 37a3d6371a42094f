"""Rows of cells → Sites and refused rows. What goes in comes out, in the same order."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from icpcrawl.errors import PortfolioError
from icpcrawl.portfolio import words
from icpcrawl.portfolio.host import Address, Refusal, read_address, same_registration
from icpcrawl.portfolio.site import Portfolio, RefusedRow, Site
from icpcrawl.portfolio.table import Row, Table, read_table

MOST_WARNINGS = 200
LONGEST_ID = 200
_SHOWN = 200


def read_portfolio(path: Path) -> Portfolio:
    """The portfolio in that file: CSV (UTF-8, GB18030, UTF-16) or .xlsx.

    A row that cannot be a site becomes a ``RefusedRow``; a cell that cannot be read (a date,
    a word outside its vocabulary) is left out and named in ``warnings``.

    Raises: PortfolioError for a file that cannot be read as a table with a domain or url column.
    """
    path = Path(path)
    table = read_table(path)
    columns = _columns(table)
    reader = _Reader(columns, table.warnings)
    rows = [
        reader.read(number, row)
        for number, row in enumerate((r for r in table.rows if any(r.cells)), start=1)
    ]
    if not rows:
        raise PortfolioError(
            "there is a header, but no row below it",
            file=path,
            line=table.header.line + 1,
            remedy="write one site per line below the header",
        )
    spare = len(table.warnings) - MOST_WARNINGS
    said = table.warnings[:MOST_WARNINGS] + ([f"and {spare} more"] if spare > 0 else [])
    return Portfolio(
        rows=_with_ids(rows),
        source=str(path),
        sha256=table.sha256,
        encoding=table.encoding,
        extra_columns=tuple(column.name for column in columns if not column.known),
        warnings=tuple(said),
    )


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    """As written in the file."""
    name: str
    """The contract's word, or the header itself where it is none of ours."""
    known: bool


def _columns(table: Table) -> list[_Column]:
    columns: list[_Column] = []
    taken: set[str] = set()
    for position, header in enumerate(table.header.cells, start=1):
        name = words.column_of(header)
        if name is not None and name in taken:
            table.warnings.append(
                f"line {table.header.line}, column {header}: {name} is given twice; the first is used, this one carried"
            )
        known = name is not None and name not in taken
        label = name if known and name is not None else _unused(header or f"column {position}", taken)
        taken.add(label)
        columns.append(_Column(header or f"column {position}", label, known))
    # An unnamed column without a cell below it is only a trailing comma.
    while columns and not table.header.cells[len(columns) - 1]:
        columns.pop()
    return columns


def _unused(name: str, taken: set[str]) -> str:
    reserved = taken.union(words.COLUMNS)
    label, count = name, 2
    while label in reserved:
        label, count = f"{name} ({count})", count + 1
    return label


class _Reader:
    """Reads one row after the other, by the columns of one table."""

    def __init__(self, columns: list[_Column], warnings: list[str]) -> None:
        self._columns = columns
        self._headers = {column.name: column.header for column in columns if column.known}
        self._warnings = warnings

    def read(self, number: int, row: Row) -> Site | RefusedRow:
        cells = row.cells + ("",) * (len(self._columns) - len(row.cells))
        given = {column.name: cell for column, cell in zip(self._columns, cells, strict=False)}
        known = {column.name: given[column.name] for column in self._columns if column.known}
        try:
            self._refuse_surplus(cells)
            address, domain = self._address(known)
            self._refuse_id(known)
        except _Refused as refused:
            return self._refused(number, row.line, given, refused)
        if address.scheme_added:
            self._warn(
                row.line, "url" if known.get("url") else "domain", f"no scheme: {address.url} is fetched"
            )
        line = row.line
        numbers = self._numbers(line, known)
        return Site(
            row=number,
            line=line,
            site_id=_plain(known, "site_id"),
            domain=domain,
            host=address.host,
            url=address.url,
            name=_plain(known, "name"),
            entity=_plain(known, "entity"),
            owner=_plain(known, "owner"),
            group=_plain(known, "group"),
            tags=words.several(known.get("tags", "")),
            expected_icp=numbers["expected_icp"],
            expected_licence=numbers["expected_licence"],
            expected_psb=numbers["expected_psb"],
            expected_hosting=self._choice(line, known, "expected_hosting"),
            provider=_plain(known, "provider"),
            launched_on=self._day(line, known, "launched_on"),
            icp_approved_on=self._day(line, known, "icp_approved_on"),
            entity_kind=self._choice(line, known, "entity_kind"),
            commercial={"yes": True, "no": False}.get(self._choice(line, known, "commercial")),
            icp_status=self._choice(line, known, "icp_status"),
            domain_expires_on=self._day(line, known, "domain_expires_on"),
            note=known.get("note", ""),
            extra=tuple((column.name, given[column.name]) for column in self._columns if not column.known),
        )

    # -- what a site must have ---------------------------------------------------------------

    def _refuse_surplus(self, cells: tuple[str, ...]) -> None:
        surplus = [cell for cell in cells[len(self._columns) :] if cell]
        if surplus:
            raise _Refused(
                f"{len(self._columns) + 1}",
                surplus[0],
                Refusal(
                    f"本行有 {len(cells)} 列，表头只有 {len(self._columns)} 列；是否有逗号未加引号？",
                    f"{len(cells)} cells under {len(self._columns)} headers; is there a comma without quotes?",
                ),
            )

    def _address(self, known: dict[str, str]) -> tuple[Address, str]:
        """Where the site is, and its host as given."""
        cells = {name: known.get(name, "") for name in ("domain", "url")}
        read = {
            name: self._one_address(name, cell) for name, cell in cells.items() if not words.is_nothing(cell)
        }
        if not read:
            column = "domain" if "domain" in self._headers else "url"
            missing = Refusal("没有填写域名或网址", "neither domain nor url is given")
            raise _Refused(self._headers[column], cells[column], missing)
        address = read.get("url") or read["domain"]
        by_domain = read.get("domain", address)
        if not same_registration(by_domain.host, address.host):
            two = Refusal(
                f"网址与域名 {by_domain.given} 不属于同一网站",
                f"the url and the domain {by_domain.given} are different sites",
            )
            raise _Refused(self._headers["url"], cells["url"], two)
        return address, by_domain.given

    def _one_address(self, column: str, cell: str) -> Address:
        try:
            return read_address(cell)
        except Refusal as refusal:
            raise _Refused(self._headers[column], cell, refusal) from refusal

    def _refuse_id(self, known: dict[str, str]) -> None:
        given = _plain(known, "site_id")
        if len(given) > LONGEST_ID or any(unicodedata.category(sign).startswith("C") for sign in given):
            why = Refusal(
                f"编号过长（上限 {LONGEST_ID}）或含控制字符",
                f"an id has at most {LONGEST_ID} characters, none of them invisible",
            )
            raise _Refused(self._headers["site_id"], given, why)

    def _refused(self, number: int, line: int, given: dict[str, str], refused: _Refused) -> RefusedRow:
        return RefusedRow(
            row=number,
            line=line,
            column=refused.column,
            value=refused.value[:_SHOWN],
            reason_zh=refused.why.zh,
            reason_en=refused.why.en,
            site_id=_plain(given, "site_id"),
            domain=(given.get("domain") or given.get("url") or "")[:_SHOWN],
            cells=tuple((name.partition("|")[0], cell) for name, cell in given.items()),
        )

    # -- what a site may have -----------------------------------------------------------------

    def _numbers(self, line: int, known: dict[str, str]) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {"expected_icp": [], "expected_licence": [], "expected_psb": []}
        for column in (*found, words.EITHER_NUMBER):
            for number in words.several(known.get(column, ""), numbers=True):
                if not any(sign.isdigit() for sign in number):
                    # 是 or 已备案 taken as an expectation would accuse every page of differing.
                    self._warn(line, column, f"'{number[:40]}' is no number and is not expected of the page")
                    continue
                kind = column
                if column == words.EITHER_NUMBER:
                    kind = "expected_icp" if "备" in number or "備" in number else "expected_licence"
                if number not in found[kind]:
                    found[kind].append(number)
        return {column: tuple(numbers) for column, numbers in found.items()}

    def _day(self, line: int, known: dict[str, str], column: str) -> date | None:
        cell = known.get(column, "")
        if words.is_nothing(cell):
            return None
        found = words.day(cell)
        if found is None:
            self._warn(line, column, f"'{cell[:40]}' is not read as a date; write 2024-03-01")
        return found

    def _choice(self, line: int, known: dict[str, str], column: str) -> str:
        cell = known.get(column, "")
        found = words.choice(column, cell)
        if found is None and not words.is_nothing(cell):
            self._warn(line, column, f"'{cell[:40]}' is none of {', '.join(words.choices(column))}; left out")
        return found or ""

    def _warn(self, line: int, column: str, said: str) -> None:
        self._warnings.append(
            " ".join(f"line {line}, column {self._headers.get(column, column)}: {said}".split())
        )


def _plain(known: dict[str, str], column: str) -> str:
    cell = known.get(column, "")
    return "" if words.is_nothing(cell) else cell


class _Refused(Exception):
    """A row is refused for one of its cells."""

    def __init__(self, column: str, value: str, why: Refusal) -> None:
        super().__init__(why.en)
        self.column = column
        self.value = value
        self.why = why


# -- ids ----------------------------------------------------------------------------------------


def _with_ids(rows: Iterable[Site | RefusedRow]) -> tuple[Site | RefusedRow, ...]:
    """Given ids first, each once; then the host, ``~2``, ``~3`` in row order for the rest."""
    checked = _given_once(rows)
    taken = {row.site_id for row in checked if isinstance(row, Site) and row.site_id}
    count: dict[str, int] = {}
    named: list[Site | RefusedRow] = []
    for row in checked:
        if isinstance(row, RefusedRow) or row.site_id:
            named.append(row)
            continue
        nth = count.get(row.host, 0) + 1
        while (name := row.host if nth == 1 else f"{row.host}~{nth}") in taken:
            nth += 1
        count[row.host] = nth
        taken.add(name)
        named.append(dataclasses.replace(row, site_id=name))
    return tuple(_refused_id_cleared(named, taken))


def _given_once(rows: Iterable[Site | RefusedRow]) -> list[Site | RefusedRow]:
    first: dict[str, int] = {}
    checked: list[Site | RefusedRow] = []
    for row in rows:
        if isinstance(row, Site) and row.site_id in first:
            checked.append(_duplicate(row, first[row.site_id]))
            continue
        if isinstance(row, Site) and row.site_id:
            first[row.site_id] = row.line
        checked.append(row)
    return checked


def _duplicate(site: Site, first_line: int) -> RefusedRow:
    plain = ("site_id", "name", "entity", "owner", "group", "domain", "url", "provider", "note")
    return RefusedRow(
        row=site.row,
        line=site.line,
        column="site_id",
        value=site.site_id[:_SHOWN],
        reason_zh=f"编号与第 {first_line} 行重复",
        reason_en=f"this id is given in line {first_line} already",
        domain=site.domain,
        cells=tuple((name, getattr(site, name)) for name in plain) + site.extra,
    )


def _refused_id_cleared(rows: Iterable[Site | RefusedRow], taken: set[str]) -> Iterable[Site | RefusedRow]:
    used = set(taken)
    for row in rows:
        if isinstance(row, RefusedRow) and row.site_id:
            yield row if row.site_id not in used else dataclasses.replace(row, site_id="")
            used.add(row.site_id)
        else:
            yield row
