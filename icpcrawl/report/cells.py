"""Values → the text of one cell: one line, bounded, harmless in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

CELL_LIMIT = 8000
"""Characters. A spreadsheet cell takes 32,767; what a page makes longer is noise."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Overrides that make text read backwards, and halves of characters that UTF-8 cannot write.
_UNSAFE = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ud800-\udfff\ufffe\uffff]")
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:[.,]\d{1,30})?%?")
_FORMULA = tuple("=+-@\t\r＝＋－＠")


def one_line(text: str, limit: int = CELL_LIMIT) -> str:
    """The text on one line: control characters are blanks, direction overrides are spelt out.

    >>> one_line("a\\r\\n b\\u202e")
    'a b\\\\u202e'
    """
    flat = _UNSAFE.sub(_spelt, _BLANK.sub(" ", text[: limit * 2])).strip()
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def defused(cell: str) -> str:
    """A cell no spreadsheet runs as a formula; numbers stay numbers.

    Source: OWASP, CSV Injection, read 2026-11-24.

    >>> defused("=1+1"), defused("-1"), defused("-cmd")
    ("'=1+1", '-1', "'-cmd")
    """
    return "'" + cell if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def joined(values: Iterable[object]) -> str:
    """Several values in one cell, each once, in the order given; ``|`` inside one is spelt ``¦``."""
    told = dict.fromkeys(one_line(str(value)).replace("|", "¦") for value in values)
    return "|".join(value for value in told if value)


def yes_no(value: bool) -> str:
    return "yes" if value else "no"


def instant(moment: datetime | None) -> str:
    """RFC 3339 in UTC, whole seconds; empty for None. A time without zone is taken as UTC."""
    if moment is None:
        return ""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _spelt(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
