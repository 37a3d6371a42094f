"""One SQLite file opened safely: ours, of a version we know, and never torn by a crash."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from icpcrawl.errors import StoreError
from icpcrawl.history import sql

FILE_NAME = "history.sqlite"

BUSY_S = 8.0
"""How long to wait for another writer's transaction; each of ours lasts milliseconds, and a stop has 10 s."""
BUSY_AGAIN_S = 0.5
"""How long once it was waited for in vain."""

PLAIN_KB, ROOMY_KB = 2_000, 16_000
"""Of pages kept in memory; the first is SQLite's own default. 365 nights of 20,000 sites take half the time with
the second."""

_MAGIC = b"SQLite format 3\x00"


def connect(file: Path) -> sqlite3.Connection:
    """Open the history, made new where there is none.

    Raises: StoreError for a foreign, newer, damaged or unwritable file; it is left as it was.
    """
    _refuse_foreign_bytes(file)
    with errors(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
        try:
            _prepare(database, file)
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection, file: Path) -> Iterator[None]:
    """All or nothing. IMMEDIATE, since a read lock that turns into a write lock can deadlock."""
    with errors(file):
        _begin(database)
        try:
            yield
            database.execute("COMMIT")
        except BaseException:
            # A full disk has rolled back already, and a second ROLLBACK would raise.
            if database.in_transaction:
                database.execute("ROLLBACK")
            raise


def _begin(database: sqlite3.Connection) -> None:
    try:
        database.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if _is_locked(error):
            database.execute(f"PRAGMA busy_timeout = {int(BUSY_AGAIN_S * 1000)}")
        raise


@contextmanager
def roomy(database: sqlite3.Connection) -> Iterator[None]:
    """Room for the indexes of a year while it is asked about, and for nothing of them while a crawl writes."""
    database.execute(f"PRAGMA cache_size = {-ROOMY_KB}")
    try:
        yield
    finally:
        database.execute(f"PRAGMA cache_size = {-PLAIN_KB}")


def give_back(database: sqlite3.Connection) -> None:
    """Hand the pages that pruning emptied back to the file system."""
    database.execute("PRAGMA incremental_vacuum").fetchall()


@contextmanager
def errors(file: Path) -> Iterator[None]:
    """SQLite's and the system's complaints in the reader's words."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"the history cannot be used: {error}", file=file, remedy=_remedy(error)) from error


def _is_locked(error: Exception) -> bool:
    said = str(error).lower()
    return "locked" in said or "busy" in said


def _remedy(error: Exception) -> str:
    said = str(error).lower()
    if "full" in said or "no space" in said or "i/o error" in said or "too large" in said:
        return "make room on the disk, then go on with --resume"
    if "readonly" in said or "read-only" in said or "permission" in said or "unable to open" in said:
        return "make the folder writable, or choose another with -o"
    if _is_locked(error):
        return "another program holds the file: close it and try again"
    if "malformed" in said or "not a database" in said or "corrupt" in said:
        return "the file is damaged and was left as it is: move it away, and a fresh one is begun"
    return "check the folder, or choose another with -o"


def _refuse_foreign_bytes(file: Path) -> None:
    try:
        with file.open("rb") as stream:
            head = stream.read(len(_MAGIC))
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"the history cannot be read: {error}", file=file, remedy=_remedy(error)) from error
    if head and head != _MAGIC:
        raise StoreError(
            "this is not a history of icpcrawl, or it is damaged; it was left as it is",
            file=file,
            remedy="move it away, and a fresh one is begun; or choose another folder with -o",
        )


def _prepare(database: sqlite3.Connection, file: Path) -> None:
    if _number(database, "application_id") != sql.APPLICATION_ID:
        _create(database, file)
    version = _number(database, "user_version")
    if version > sql.VERSION:
        raise StoreError(
            f"written by a newer icpcrawl (tables {version}, this one knows {sql.VERSION})",
            file=file,
            remedy="upgrade icpcrawl, or choose another folder with -o",
        )
    if version < sql.VERSION:
        _migrate(database, file)
    _patiently(database, "PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA foreign_keys = OFF")


def _create(database: sqlite3.Connection, file: Path) -> None:
    if not _is_empty(database):
        # Another process may be creating it at this moment: its tables and its name
        # come in one transaction, so whoever sees tables without the name sees a stranger's.
        if _number(database, "application_id") == sql.APPLICATION_ID:
            return
        raise StoreError(
            "this SQLite file belongs to another program; it was left as it is",
            file=file,
            remedy="choose another folder with -o",
        )
    # Takes effect only before the first table; lets pruning give pages back.
    _patiently(database, "PRAGMA auto_vacuum = INCREMENTAL")
    with transaction(database, file):
        if not _is_empty(database):
            return
        for sentence in sql.TABLES.split(";"):
            database.execute(sentence)
        database.execute(f"PRAGMA user_version = {sql.VERSION}")
        database.execute(f"PRAGMA application_id = {sql.APPLICATION_ID}")


def _migrate(database: sqlite3.Connection, file: Path) -> None:
    with transaction(database, file):
        version = _number(database, "user_version")
        while version < sql.VERSION:
            for sentence in sql.MIGRATIONS[version].split(";"):
                database.execute(sentence)
            version += 1
        database.execute(f"PRAGMA user_version = {sql.VERSION}")


def _patiently(database: sqlite3.Connection, sentence: str) -> None:
    """Changing the journal mode does not wait for others by itself, so wait here."""
    give_up = time.monotonic() + BUSY_S
    while True:
        try:
            database.execute(sentence).fetchall()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)


def _is_empty(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None


def _number(database: sqlite3.Connection, pragma: str) -> int:
    return int(database.execute(f"PRAGMA {pragma}").fetchone()[0])
