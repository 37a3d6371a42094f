"""What every command says and how: errors on one line, summaries for people and machines."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

VERDICT_STYLES = {
    "compliant": "green",
    "non-compliant": "red",
    "not-required": "cyan",
    "inconclusive": "yellow",
    "not-assessed": "magenta",
    "rejected": "bright_black",
}


def is_terminal(stream: TextIO) -> bool:
    """Whether a person reads along; ``TERM=dumb`` counts as a pipe."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def say(line: str) -> None:
    """A line for the person at the terminal; nothing in a pipe."""
    if is_terminal(sys.stderr):
        print(line, file=sys.stderr)


def complain(line: str) -> None:
    """One error, one line; a path or a cell in it must not move the cursor."""
    print(f"icpcrawl: {safe(line, 4000)}", file=sys.stderr)


def machine_line(values: Mapping[str, Any], *, wanted: bool) -> None:
    """The last line of stderr: counts and paths as JSON, with ``--json`` or in a pipe."""
    if wanted or not is_terminal(sys.stderr):
        print(json_line(values), file=sys.stderr)


_OBEYED = re.compile(r"[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON allows in a string and a terminal would obey, or no encoding takes."""


def json_line(values: object) -> str:
    """Values as one line of JSON: Chinese stays readable, what a terminal obeys is escaped."""
    said = json.dumps(values, ensure_ascii=False, default=str)
    return _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", said)


def safe(text: str, limit: int = 200) -> str:
    """Text from a website on one line, without control characters that move a cursor.

    >>> safe("a\\x1b[2Jb\\nc")
    'a [2Jb c'
    """
    printable = "".join(character if character.isprintable() else " " for character in text[: limit * 2])
    return " ".join(printable.split())[:limit]


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, styles: Mapping[str, str] | None = None
) -> None:
    """A table on stdout: boxed and coloured on a terminal, tab-separated in a pipe."""
    if not is_terminal(sys.stdout):
        print("\t".join(headers))
        for row in rows:
            print("\t".join(safe(cell, 2000) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*headers, header_style="bold")
    for row in rows:
        drawn.add_row(
            *(Text(safe(cell, 2000), style=(styles or {}).get(cell, ""), overflow="fold") for cell in row)
        )
    # NO_COLOR is honoured by rich.
    Console().print(drawn)
