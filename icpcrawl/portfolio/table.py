"""A portfolio file → rows of cells with their line numbers, in bounded memory.

What cannot be a table at all ends as one ``PortfolioError`` that names file, line and remedy.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, islice
from pathlib import Path

from icpcrawl.errors import PortfolioError
from icpcrawl.portfolio.words import column_of

LONGEST_LINE = 1_000_000
"""Bytes. A row of twenty columns has hundreds; what is longer is not a portfolio."""
LARGEST_FILE = 512 * 1024 * 1024
LARGEST_WORKBOOK = 64 * 1024 * 1024
LARGEST_SHEET = 1024 * 1024 * 1024
"""Bytes of one workbook part unpacked: more is a zip bomb."""
MOST_COLUMNS = 1000
HEADER_WITHIN = 10
"""Title lines above the header that are put up with, as workbooks have them."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    cells: tuple[str, ...]


@dataclass(slots=True)
class Table:
    """An open table: its header, and its rows to be read once."""

    header: Row
    rows: Iterator[Row]
    sha256: str
    encoding: str
    warnings: list[str] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """The table of a CSV file or of the first sheet of a workbook that has one.

    Raises: PortfolioError.
    """
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise _refused(path, "this is a folder", "name the portfolio file itself")
        if size > LARGEST_FILE:
            raise _refused(
                path, f"{size >> 20} MB is no portfolio", "split it, or check that it is the right file"
            )
        with path.open("rb") as stream:
            head = stream.read(8)
    except FileNotFoundError as error:
        raise _refused(
            path,
            "there is no such file",
            "check the path; columns and an example: data/portfolio.example.csv",
        ) from error
    except OSError as error:
        raise _refused(
            path, f"cannot be read: {error.strerror or error}", "check the path and its permissions"
        ) from error
    except ValueError as error:  # a NUL inside the path
        raise _refused(path, "this is no file name", "check the path") from error
    if head.startswith(b"PK\x03\x04"):
        return _read_workbook(path, size)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(
            path,
            "an old .xls or an encrypted workbook",
            "save it as .xlsx without a password, or as CSV UTF-8",
        )
    return _read_csv(path)


# -- CSV --------------------------------------------------------------------------------------


def _read_csv(path: Path) -> Table:
    sha256, encoding = _examine(path)
    opened = _text_lines(path, encoding)
    lines, told = _declared_delimiter(opened)
    peeked = list(islice(lines, HEADER_WITHIN * 4))
    delimiter = told or _delimiter(text for _, text in peeked)
    rows = _csv_rows(path, chain(peeked, lines), delimiter, below=1 if told else 0)
    said = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    return _with_header(path, rows, sha256, said)


def _examine(path: Path) -> tuple[str, str]:
    """SHA-256 and encoding, in one pass that never holds more than a chunk."""
    digest = hashlib.sha256()
    length, line, seen = 0, 1, False
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "gb18030")}
    broken: dict[str, int] = {}
    head = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            head = head or chunk[:4]
            if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                continue
            seen = seen or bool(chunk.strip(b"\xef\xbb\xbf \t\r\n,;"))
            length = _longest(path, chunk, length, line)
            if b"\0" in chunk:
                where = line + chunk[: chunk.index(b"\0")].count(b"\n")
                raise _refused(
                    path, "NUL bytes: this is no text file", "save the portfolio as CSV UTF-8 or .xlsx", where
                )
            for name in [name for name in decoders if name not in broken]:
                try:
                    decoders[name].decode(chunk)
                except UnicodeDecodeError as error:
                    broken[name] = line + error.object[: error.start].count(b"\n")
            line += chunk.count(b"\n")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return digest.hexdigest(), _checked_utf16(path)
    if not seen:
        raise _refused(
            path, "the file is empty", "write a header line with domain or url, and one site per line"
        )
    for name, decoder in decoders.items():
        if name not in broken:
            try:
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                broken[name] = line
            else:
                bom = head.startswith(codecs.BOM_UTF8)
                return digest.hexdigest(), "utf-8-sig" if name == "utf-8" and bom else name
    raise _refused(
        path,
        "neither UTF-8 nor GB18030 text",
        "save the portfolio as CSV UTF-8 or .xlsx",
        max(broken.values()),
    )


def _longest(path: Path, chunk: bytes, carried: int, line: int) -> int:
    """Length of the line the chunk ends in; an endless one is refused at its first megabyte."""
    parts = re.split(rb"\r\n|\n|\r", chunk)
    lengths = [carried + len(parts[0]), *(len(part) for part in parts[1:])]
    for offset, length in enumerate(lengths):
        if length > LONGEST_LINE:
            raise _refused(
                path,
                f"a line of more than {LONGEST_LINE:,} bytes is no portfolio row",
                "check that this is the right file, with one site per line",
                line + offset,
            )
    return lengths[-1]


def _checked_utf16(path: Path) -> str:
    try:
        with path.open(encoding="utf-16", newline="") as stream:
            count = 1
            while text := stream.readline(LONGEST_LINE):
                if len(text) >= LONGEST_LINE or "\0" in text:
                    raise _refused(
                        path, "no portfolio row", "save the portfolio as CSV UTF-8 or .xlsx", count
                    )
                count += 1
    except UnicodeError as error:
        raise _refused(path, "broken UTF-16 text", "save the portfolio as CSV UTF-8 or .xlsx") from error
    return "utf-16"


def _text_lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    with path.open(encoding=encoding, newline="") as stream:
        yield from enumerate(stream, start=1)


def _declared_delimiter(lines: Iterator[tuple[int, str]]) -> tuple[Iterator[tuple[int, str]], str]:
    """``sep=;`` as a first line is Excel's own way to say so."""
    first = next(lines, None)
    if first is None:
        return lines, ""
    match = re.fullmatch(r"sep=([,;\t|])\s*", first[1])
    return (lines, match[1]) if match else (chain([first], lines), "")


def _delimiter(texts: Iterable[str]) -> str:
    """The separator under which the first lines name the most columns we know."""

    def known(text: str, separator: str) -> tuple[int, int]:
        cells = [cell.strip().strip('"') for cell in text.strip("\r\n").split(separator)]
        return sum(column_of(cell) is not None for cell in cells), len(cells)

    best = max(
        (
            (known(text, separator), -rank, separator)
            for text in texts
            for rank, separator in enumerate(",;\t")
        ),
        default=None,
    )
    return best[2] if best else ","


def _csv_rows(path: Path, lines: Iterator[tuple[int, str]], delimiter: str, below: int) -> Iterator[Row]:
    reader = _Counted(lines, below)
    # strict: a quote that is never closed must not swallow the rows below it in silence.
    rows = csv.reader(reader, delimiter=delimiter, strict=True)
    while True:
        before = reader.line
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refused(
                path,
                f"the quotes do not match ({error})",
                'close the " or write it twice inside a cell',
                before + 1,
            ) from error
        yield Row(before + 1, tuple(cell.strip() for cell in cells))


class _Counted:
    """Lines for the csv reader, with the editor's number of the last one handed out."""

    def __init__(self, lines: Iterator[tuple[int, str]], line: int) -> None:
        self._lines = lines
        self.line = line

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> str:
        number, text = next(self._lines)
        self.line = number
        return text


# -- workbooks --------------------------------------------------------------------------------


def _read_workbook(path: Path, size: int) -> Table:
    if size > LARGEST_WORKBOOK:
        raise _refused(
            path, f"a workbook of {size >> 20} MB is no portfolio", "save the sheet of sites alone, or as CSV"
        )
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    try:
        with zipfile.ZipFile(path) as archive:
            if any(part.file_size > LARGEST_SHEET for part in archive.infolist()):
                raise _refused(
                    path, "a workbook part unpacks to more than 1 GB", "save the sheet of sites as CSV"
                )
        sheets = list(_sheets(path))
    except PortfolioError:
        raise
    except Exception as error:
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise _refused(
            path, f"the workbook cannot be opened ({why})", "open and save it again as .xlsx, or as CSV UTF-8"
        ) from error
    if not any(rows for _, rows in sheets):
        raise _refused(
            path, "the workbook is empty", "write a header line with domain or url, and one site per line"
        )
    found = next(((name, rows) for name, rows in sheets if _header_index(rows) is not None), sheets[0])
    table = _with_header(path, iter(found[1]), digest, "xlsx")
    others = [name for name, rows in sheets if rows and name != found[0]]
    if others:
        table.warnings.append(f"sheet '{found[0]}' is read; others are not: {', '.join(others)}")
    return table


def _sheets(path: Path) -> Iterator[tuple[str, list[Row]]]:
    with warnings.catch_warnings():
        import openpyxl  # 12 MB that a CSV does without

        warnings.simplefilter("ignore")  # styles and extensions openpyxl does not know
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            for sheet in book.worksheets:
                if sheet.sheet_state != "visible":
                    continue
                # The dimension a writer noted may be wrong, and then rows would be lost.
                sheet.reset_dimensions()
                rows = enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1)
                filled = [Row(line, tuple(map(_cell, cells))) for line, cells in rows]
                yield sheet.title, [row for row in filled if any(row.cells)]
        finally:
            book.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


# -- the header -------------------------------------------------------------------------------


def _with_header(path: Path, rows: Iterator[Row], sha256: str, encoding: str) -> Table:
    first = list(islice((row for row in rows if any(row.cells)), HEADER_WITHIN))
    index = _header_index(first)
    if index is None:
        if not first:
            raise _refused(
                path, "the file is empty", "write a header line with domain or url, and one site per line"
            )
        raise _refused(
            path,
            "no header with a column domain or url (域名, 网址)",
            "name the columns in the first line; see data/portfolio.example.csv",
            first[0].line,
        )
    header = first[index]
    if len(header.cells) > MOST_COLUMNS:
        raise _refused(path, f"{len(header.cells)} columns", f"keep to {MOST_COLUMNS} columns", header.line)
    table = Table(header, chain(first[index + 1 :], rows), sha256, encoding)
    table.warnings += [f"line {row.line}: taken as a title above the header" for row in first[:index]]
    return table


def _header_index(rows: list[Row]) -> int | None:
    """The first row that names a domain or url column, below nothing but one-cell titles."""
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        if {"domain", "url"} & {column_of(cell) for cell in row.cells}:
            return index
        texts = [cell for cell in row.cells if cell]
        # A single cell with a dot could be a site without a header, never to be passed over.
        if len(texts) != 1 or "." in texts[0]:
            return None
    return None


def _refused(path: Path, message: str, remedy: str, line: int | None = None) -> PortfolioError:
    return PortfolioError(message, file=path, line=line, remedy=remedy)
