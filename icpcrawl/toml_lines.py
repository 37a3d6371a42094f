"""On which line of a TOML file a key stands: the standard library's reader keeps no places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_NAMES = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_HEADER = re.compile(rf"\s*\[(\[?)\s*({_NAMES})\s*\]")
_ENTRY = re.compile(rf"\s*({_NAMES})\s*=")


def line_of(place: tuple[str, ...], word: str, text: str) -> int | None:
    """The line of a word at a key or in its value; of the key, where it is written without that word.

    ``place``: the keys that lead there, ``("override", "1", "tag")`` in the second of several tables.

    >>> line_of(("b", "x"), "x", "[a]\\nx = 1\\n[b]\\nx = 2")
    4
    >>> line_of(("b", "1", "x"), "3", "[[b]]\\nx = 3\\n[[b]]\\nx = [\\n  3\\n]")
    5
    """
    lines = text.splitlines()
    keys = [*_keys(lines), (len(lines) + 1, ())]
    # The longest way that leads there: an inline table has its keys on the line of its own.
    found = [
        (len(path), first, end) for (first, path), (end, _) in pairwise(keys) if path == place[: len(path)]
    ]
    if not found:
        return None
    _, first, end = max(found, key=lambda each: each[0])
    whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    named = (at for at in range(first, end) if whole.search(lines[at - 1].partition("#")[0]))
    return next(named, first)


def _keys(lines: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each line that names a table or a key, with the keys that lead there."""
    table: tuple[str, ...] = ()
    tables: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if header := _HEADER.match(line):
            first, *others = _named(header[2])
            if header[1] and not others:
                tables[first] = tables.get(first, -1) + 1
            table = (first, *([str(tables[first])] if first in tables else []), *others)
            yield number, table
        elif entry := _ENTRY.match(line):
            yield number, (*table, *_named(entry[1]))


def _named(keys: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in re.findall(_NAME, keys))
