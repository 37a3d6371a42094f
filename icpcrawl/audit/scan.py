"""Where in a page something worth reading stands: many words looked for in one go.

Nine tenths of a page speak neither of filings nor of what hides or frames them. A scan for
the few telling words costs less than one look at every tag; everything else is read only
around what it finds. Offsets are bytes of the page as UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product

from ahocorasick_rs import BytesAhoCorasick, MatchKind


class Scanner:
    """Words looked for together, each as written."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(word.encode() for word in words))
        self._finder = BytesAhoCorasick(self.words, matchkind=MatchKind.LeftmostFirst)

    def find(self, text: bytes) -> list[tuple[int, int, int]]:
        """(index in ``words``, start, end) of every word in text order, none overlapping."""
        return self._finder.find_matches_as_indexes(text)


def in_usual_cases(*words: str) -> list[str]:
    """Words as pages write them: lower case, capitals, or the first letter alone a capital."""
    return [form for word in words for form in (word, word.upper(), word.capitalize())]


def in_any_case(word: str) -> list[str]:
    """Every mixture of small letters and capitals; for words of two or three letters."""
    return ["".join(letters) for letters in product(*({c, c.upper()} for c in word))]


# Every number has one of these in it, or 备 or 備 by its code where a page writes entities
# or script escapes; every link to a register has the last.
_NUMBER_WORDS = (
    "备", "備", "ICP", "icp证", "Icp证", "icp證", "ＩＣＰ", "公网安", "公網安", "ecurity", "Gong", "B2", "B1-", "Ｂ２", "Ｂ１",
    "22791", "5907", "20633", "5099", "beian.",
)  # fmt: skip
_NUMBERS = Scanner(_NUMBER_WORDS)
_BEI = {_NUMBERS.words.index(word.encode()) for word in ("备", "備")}
_CODES = {_NUMBERS.words.index(word.encode()) for word in ("22791", "5907", "20633", "5099")}
_CLASSES = {_NUMBERS.words.index(b"B2")}
_BEFORE_BEI = {
    character.encode()
    for character in "设設准準储儲装裝配具筹籌预預后後必完齐齊兼戒责責军軍制製常防守战戰赋賦自筹应應武灾災贮貯"
}
"""设备, 准备, 储备 …: everyday words whose 备 belongs to no number."""
_CLASS_REACH = 12
"""Bytes behind B2 within which its year begins: a dash, and spaces or an entity at most."""
_YEAR_BEGINS = re.compile(rb"[^<>\"']{0,9}?[0-9\xef]")


def find_anchors(page: bytes) -> list[int]:
    """Offsets near which a number, or a link to a register, may stand."""
    return [start for word, start, end in _NUMBERS.find(page) if _may_be_number(page, word, start, end)]


def _may_be_number(page: bytes, word: int, start: int, end: int) -> bool:
    if word in _BEI:
        return page[start - 3 : start] not in _BEFORE_BEI
    if word in _CODES:
        return page[start - 1 : start] in (b"#", b"x", b"X", b"u", b"0")
    if word in _CLASSES:
        return _YEAR_BEGINS.match(page, end, end + _CLASS_REACH) is not None
    return True
