"""Which geography databases are in force: those that come with icpcrawl, and newer ones put beside them.

``icpcrawl geoip update`` puts a country database into ``home()``. One of the same type as an
embedded one takes its place once it is newer; any other votes beside it.
"""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from icpcrawl.crawl.geo import Geography, Source, open_source
from icpcrawl.datafiles import data_path
from icpcrawl.errors import DataFileError, UsageError
from icpcrawl.report.aside import written_aside

EMBEDDED = ("geo/dbip-country-lite.mmdb", "geo/origin-as.mmdb")
MAX_BYTES = 1 << 30
"""The largest city databases have 200 MB."""
DOWNLOAD_S = 60.0


def home() -> Path:
    """Where updated databases lie: ``ICPCRAWL_GEO``, or the user's data folder."""
    named = os.environ.get("ICPCRAWL_GEO")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "icpcrawl" / "geo"


def files_in_force(more: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Every database that votes: embedded or its update, other updates, then those named by the user."""
    embedded = [data_path(name) for name in EMBEDDED]
    updates = {file.name: file for file in sorted(home().glob("*.mmdb"))}
    chosen = [_newer(file, updates.pop(file.name, None)) for file in embedded]
    return (*chosen, *updates.values(), *more)


def geography_in_force(more: Sequence[Path] = ()) -> Geography:
    """All of them, opened; ``DataFileError`` names the first that cannot be."""
    return Geography(files_in_force(more))


def _newer(embedded: Path, update: Path | None) -> Path:
    if update is None:
        return embedded
    built = []
    for file in (embedded, update):
        source = open_source(file)
        source.close()
        built.append(source.database.built_on)
    return update if built[1] > built[0] else embedded


def update(origin: str) -> tuple[Path, Source]:
    """Take a country database from a file or URL into ``home()``, whole or not at all.

    Raises ``DataFileError`` for what is no readable country database: what was there stays.
    """
    with tempfile.TemporaryDirectory(prefix="icpcrawl-geoip-") as folder:
        fetched = Path(folder) / "fetched.mmdb"
        _fetch(origin, fetched)
        source = open_source(fetched, shown_as=origin)
        source.close()
        if source.kind == "asn":
            raise DataFileError(
                "has origin networks and no countries",
                file=origin,
                remedy="give a country database; an ASN one votes with --geoip",
            )
        target = home() / f"{_slug(source.database_type)}.mmdb"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with written_aside(target) as part:
                shutil.copyfile(fetched, part)
        except OSError as error:
            raise UsageError(
                f"{target}: cannot be written: {error.strerror or error}",
                remedy="name a folder you may write to in the environment variable ICPCRAWL_GEO",
            ) from None
    return target, source


def _slug(database_type: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", database_type.lower()).strip("-")[:80] or "country"


def _fetch(origin: str, target: Path) -> None:
    """The database itself, out of whatever it is packed in, written to ``target``."""
    remedy = "give the path or the http(s) address of an .mmdb file, also as .gz or .tar.gz"
    try:
        with _opened(origin) as stream, _unpacked(stream) as plain, target.open("wb") as file:
            _copy(plain, file, origin)
    except urllib.error.URLError as error:
        raise DataFileError(f"cannot be fetched: {error.reason}", file=origin, remedy=remedy) from None
    except (OSError, EOFError, ValueError, tarfile.TarError) as error:
        raise DataFileError(f"cannot be read: {error}", file=origin, remedy=remedy) from None


@contextmanager
def _opened(origin: str) -> Iterator[IO[bytes]]:
    if re.match(r"https?://", origin, re.IGNORECASE):
        request = urllib.request.Request(origin, headers={"User-Agent": "icpcrawl"})  # noqa: S310 - http(s) only
        with urllib.request.urlopen(request, timeout=DOWNLOAD_S) as answer:  # noqa: S310 - as above
            yield answer
    else:
        with Path(origin).open("rb") as stream:
            yield stream


@contextmanager
def _unpacked(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    buffered = io.BufferedReader(stream)  # type: ignore[type-var]
    if buffered.peek(2)[:2] != b"\x1f\x8b":
        yield buffered
        return
    with gzip.open(buffered) as plain:
        inside = io.BufferedReader(plain, 1024)
        # A tar header has its magic at byte 257.
        if inside.peek(512)[257:262] != b"ustar":
            yield inside
            return
        with tarfile.open(fileobj=inside, mode="r|") as archive:
            for member in archive:
                packed = archive.extractfile(member) if member.name.endswith(".mmdb") else None
                if packed is not None:
                    yield packed
                    return
        raise ValueError("the archive holds no .mmdb file")


def _copy(plain: IO[bytes], file: IO[bytes], origin: str) -> None:
    written = 0
    while piece := plain.read(1 << 20):
        written += len(piece)
        if written > MAX_BYTES:
            raise DataFileError(
                "is larger than any database of places", file=origin, remedy="give a country database"
            )
        file.write(piece)
