"""``data/`` → values: the one loader of fact tables, texts and databases.

The same names are found beside the package in a checkout, inside it (``icpcrawl/data``)
in an installed wheel, and inside the zip of a Scrapyd egg.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tempfile
import threading
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from icpcrawl.audit.blocked import BlockedFacts
from icpcrawl.audit.facts import Facts, LawFacts
from icpcrawl.audit.finding import Text
from icpcrawl.audit.hosting import HostingFacts
from icpcrawl.audit.links import LinkFacts
from icpcrawl.audit.numbers import NumberFacts
from icpcrawl.errors import DataFileError

KINDS = (".csv", ".toml", ".mmdb")
"""What counts as data; scripts and notes beside it do not."""
EXAMPLE = ".example."
"""Part of the names of files for users to copy: no verdict stands on them."""

_REINSTALL = "install icpcrawl again, or check out its data folder again"
_ZIP_LOCK = threading.Lock()


def data_path(name: str) -> Path:
    """The file ``data/<name>`` on disk, e.g. ``geo/dbip-country-lite.mmdb``.

    From a zipped egg it is unpacked, under its own name, into a folder that lives as long
    as the process: the C reader of MMDB maps files.

    Raises ``DataFileError`` where there is no such file.
    """
    found = _find(name)
    return found if isinstance(found, Path) else _unpacked(name, found)


def read_table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file, header → cell, white space around cells removed.

    Lines that begin with ``#`` before the header are notes (source, date read).

    Raises ``DataFileError`` with the line of the first row that does not fit the header.
    """
    return rows_of(name, _read_text(name))


def read_texts() -> Mapping[str, Text]:
    """Every sentence shown to a reader, in both languages, from all of ``data/texts/``.

    ``[rule.link-missing.title]`` with ``zh`` and ``en`` is found as ``rule.link-missing.title``.

    Raises ``DataFileError`` naming a text that lacks a language or stands in two files.
    """
    names = (name for name in data_names() if name.startswith("texts/") and name.endswith(".toml"))
    return texts_of({name: _read_text(name) for name in names})


def load_facts() -> Facts:
    """Every fact the judging room needs, loaded once and passed in."""
    return Facts(
        numbers=NumberFacts.from_tables(read_table),
        links=LinkFacts.from_tables(read_table),
        hosting=HostingFacts.from_tables(read_table),
        blocked=BlockedFacts.from_tables(read_table),
        law=LawFacts.from_tables(read_table),
        texts=read_texts(),
        digest=facts_digest(),
    )


def data_digests() -> dict[str, str]:
    """SHA-256 of every data file, name → hex: the manifest says what a run was judged by."""
    return dict(_digests())


def facts_digest() -> str:
    """One SHA-256 over all fact tables and texts; databases, named in the manifest, apart."""
    lines = [f"{digest}  {name}\n" for name, digest in _digests() if not name.endswith(".mmdb")]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@cache
def data_names() -> tuple[str, ...]:
    """The names of all data files, sorted, with ``/`` between folders."""
    return tuple(sorted(_names_below(_root(), "")))


@cache
def _root() -> Traversable:
    inside = resources.files("icpcrawl").joinpath("data")
    if inside.is_dir():
        return inside
    # A checkout, or one installed with `pip install -e`: data/ stands beside the package.
    return Path(__file__).resolve().parent.parent / "data"


def _names_below(folder: Traversable, prefix: str) -> Iterator[str]:
    if not folder.is_dir():
        raise DataFileError("the data folder is missing", file=str(folder), remedy=_REINSTALL)
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _names_below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(KINDS) and EXAMPLE not in entry.name:
            yield prefix + entry.name


def _find(name: str) -> Traversable:
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise DataFileError(f"{name!r} is no name of a data file", remedy="name it relative to data/")
    found = _root().joinpath(*parts)
    if not found.is_file():
        raise DataFileError("no such data file", file=f"data/{name}", remedy=_REINSTALL)
    return found


def _read_text(name: str) -> str:
    try:
        return _find(name).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(
            f"not UTF-8 at byte {error.start}", file=f"data/{name}", remedy="save the file as UTF-8"
        ) from None


@cache
def _unpack_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="icpcrawl-data-", ignore_cleanup_errors=True)


def _unpacked(name: str, zipped: Traversable) -> Path:
    with _ZIP_LOCK:
        path = Path(_unpack_folder().name, *name.split("/"))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(zipped.read_bytes())
        return path


def rows_of(name: str, text: str) -> tuple[dict[str, str], ...]:
    """The rows of a table given as text; ``name`` is for the errors, see ``read_table``."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] = []
    rows: list[dict[str, str]] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or (not header and cells[0].startswith("#")):
                continue
            tidy = [cell.strip() for cell in cells]
            if header:
                rows.append(_row(name, reader.line_num, header, tidy))
            else:
                header = _header(name, reader.line_num, tidy)
    except csv.Error as error:
        raise DataFileError(
            f"not CSV: {error}", file=f"data/{name}", line=reader.line_num, remedy="close the quotation marks"
        ) from None
    if not header:
        raise DataFileError("the table is empty", file=f"data/{name}", remedy=_REINSTALL)
    return tuple(rows)


def _header(name: str, line: int, cells: list[str]) -> list[str]:
    for column in cells:
        if not column or cells.count(column) > 1:
            raise DataFileError(
                "a column without a name, or a name twice",
                file=f"data/{name}",
                line=line,
                column=column or str(cells.index(column) + 1),
                remedy="give every column a name of its own",
            )
    return cells


def _row(name: str, line: int, header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise DataFileError(
            f"{len(cells)} cells under {len(header)} columns",
            file=f"data/{name}",
            line=line,
            column=header[min(len(cells), len(header) - 1)],
            remedy="put quotation marks around cells that hold a comma",
        )
    return dict(zip(header, cells, strict=True))


def texts_of(files: Mapping[str, str]) -> Mapping[str, Text]:
    """The texts of TOML files given as text, name → content; see ``read_texts``."""
    texts: dict[str, Text] = {}
    home: dict[str, str] = {}
    for name, content in files.items():
        try:
            for key, text in _texts_in(_toml_of(name, content), ()):
                if key in texts:
                    raise _BadText(key, f"stands in data/{home[key]} too")
                texts[key], home[key] = text, name
        except _BadText as bad:
            raise DataFileError(
                f"text {bad.key!r} {bad.what}",
                file=f"data/{name}",
                line=_line_of(bad.key, content),
                remedy="give each text once, with zh and en",
            ) from None
    return texts


class _BadText(Exception):
    def __init__(self, key: str, what: str) -> None:
        super().__init__(key, what)
        self.key, self.what = key, what


def _texts_in(table: Mapping[str, object], path: tuple[str, ...]) -> Iterator[tuple[str, Text]]:
    """The text that a table is, if it holds strings, then those of the tables in it.

    A table may be *named* zh or en: only a string makes it a language.
    """
    key = ".".join(path)
    said = {part: value for part, value in table.items() if not isinstance(value, dict)}
    if path and said:
        if strange := sorted(said.keys() - {"zh", "en"}):
            raise _BadText(f"{key}.{strange[0]}", "is neither zh nor en")
        zh, en = said.get("zh"), said.get("en")
        if not (isinstance(zh, str) and zh.strip() and isinstance(en, str) and en.strip()):
            raise _BadText(key, "lacks a language")
        yield key, Text(zh.strip(), en.strip())
    for part, inner in table.items():
        if isinstance(inner, dict):
            yield from _texts_in(inner, (*path, part))


def _line_of(key: str, content: str) -> int | None:
    """Line of the text's table header; None where the text is written in another way."""
    lines = enumerate(content.splitlines(), 1)
    return next((number for number, line in lines if line.strip() == f"[{key}]"), None)


def _toml_of(name: str, content: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        raise DataFileError(
            f"not TOML: {error}",
            file=f"data/{name}",
            line=int(place[1]) if place else None,
            column=place[2] if place else None,
            remedy="mend the file as https://toml.io describes the format",
        ) from None


@cache
def _digests() -> tuple[tuple[str, str], ...]:
    return tuple((name, hashlib.sha256(_find(name).read_bytes()).hexdigest()) for name in data_names())
