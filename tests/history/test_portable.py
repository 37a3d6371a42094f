"""The SQL of the history keeps to what PostgreSQL takes too, but for the file's own business in ``connection``."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import icpcrawl

ROOT = Path(icpcrawl.__file__).parent
ROOMS = sorted(path for path in (ROOT / "history").glob("*.py") if path.name != "connection.py")
OWN = re.compile(
    r"\b(?:PRAGMA|AUTOINCREMENT|WITHOUT ROWID|STRICT|rowid|sqlite_\w+|INSERT OR|REPLACE INTO|UPDATE OR|ATTACH|VACUUM"
    r"|GLOB|MATCH|REGEXP|IFNULL|julianday|strftime|datetime\(|unixepoch|group_concat|json_\w+|typeof|changes\(|total\("
    r"|last_insert_rowid|printf\(|instr\(|hex\(|LIMIT \d+, ?\d+|COLLATE NOCASE|==)\b|`",
    re.IGNORECASE,
)
SENTENCE = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|WITH|DROP|BEGIN|PRAGMA|VACUUM|LEFT JOIN)\b"
)


def sentences(path: Path) -> list[str]:
    """Every string of the file that is SQL, the parts of f-strings among them; no docstring begins like one."""
    strings = [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [string for string in strings if SENTENCE.match(string) or " WHERE " in string]


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.name)
def test_nothing_is_asked_that_only_sqlite_answers(path: Path) -> None:
    assert [found[0] for sentence in sentences(path) for found in OWN.finditer(sentence)] == []


def test_the_sentences_are_found_at_all() -> None:
    assert sum(len(sentences(path)) for path in ROOMS) > 40


def test_sqlite_is_known_to_the_history_alone() -> None:
    others = [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if path.parent.name != "history"
        and re.search(r"^\s*import sqlite3", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert others == []
