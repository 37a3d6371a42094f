"""Where in a page something worth reading stands: many words looked for in one go.

Nine tenths of a page speak neither of filings nor of what hides or frames them. A scan for
the few telling words costs less than one look at every tag; everything else is read only
around what it finds. Offsets are bytes of the page as UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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


# Every number has one of these in it, or 备 or 備 by its code where a page writes entities
# or script escapes; every link to a register has "beian.".
_CHINESE = Scanner(("备", "備", "证", "證", "公网安", "公網安", "ＩＣＰ", "Ｂ２", "Ｂ１"))
_LATIN = Scanner(("ICP", "ecurity", "Gong", "B2", "B1-", "22791", "5907", "20633", "5099", "beian."))
_BEI, _ZHENG = (0, 1), (2, 3)
_SECURITY, _CLASS, _CODES = 1, 3, (5, 6, 7, 8)
_BEFORE_BEI = {
    character.encode()
    for character in "设設准準储儲装裝配具筹籌预預后後必完齐齊兼戒责責军軍制製常防守战戰赋賦自筹应應武灾災贮貯"
}
"""设备, 准备, 储备 …: everyday words whose 备 belongs to no number."""
_YEAR_FOLLOWS = re.compile(
    rb"(?:<[^<>]{0,200}>|&[#a-zA-Z0-9]{2,8};|[^0-9A-Za-z<>&\"']|[AB][12]){1,12}?(?:19|20|&#|\xef\xbc)"
)
"""What B2 is followed by in a licence: other classes, a dash or a space, and the year."""


def find_anchors(page: bytes) -> list[int]:
    """Offsets near which a number, or a link to a register, may stand."""
    found = [start for word, start, _ in _CHINESE.find(page) if _chinese_may_be(page, word, start)]
    found += [start for word, start, end in _LATIN.find(page) if _latin_may_be(page, word, start, end)]
    return sorted(found)


def _chinese_may_be(page: bytes, word: int, start: int) -> bool:
    if word in _ZHENG:
        return page[start - 3 : start].lower() == b"icp"
    return word not in _BEI or page[start - 3 : start] not in _BEFORE_BEI


def _latin_may_be(page: bytes, word: int, start: int, end: int) -> bool:
    if word == _CLASS:
        return _YEAR_FOLLOWS.match(page, end) is not None
    if word in _CODES:
        return page[start - 1 : start] in (b"#", b"x", b"X", b"u", b"0")
    return word != _SECURITY or b"ublic" in page[max(0, start - 20) : start]
