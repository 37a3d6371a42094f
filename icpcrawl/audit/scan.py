"""Where in a page something worth reading stands: many words looked for in one go.

Nine tenths of a page speak neither of filings nor of what hides or frames them. A scan for
the few telling words costs less than one look at every tag; everything else is read only
around what it finds. Offsets are bytes of the page as UTF-8.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from typing import TypeVar

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

Found = TypeVar("Found")
_TOGETHER = 60
"""Words that are looked for in one go: up to 64 are found four times as fast as more (measured 2026-11)."""
_SHORT_BYTES = 3
"""Words of fewer bytes are looked for apart: they would slow down all others."""
_MOST = 20_000
"""Words of numbers in one page. Real pages have some hundred; where more stand, it is no footer that does it."""


class Scanner:
    """Words looked for, each as written."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))
        lengths = {word: len(word.encode()) for word in self.words}
        short = [word for word in self.words if lengths[word] < _SHORT_BYTES]
        long = [word for word in self.words if lengths[word] >= _SHORT_BYTES]
        sets = [long[at : at + _TOGETHER] for at in range(0, len(long), _TOGETHER)] + [short] * bool(short)
        self._finders = [
            (
                BytesAhoCorasick([word.encode() for word in words], matchkind=MatchKind.LeftmostFirst),
                [self.words.index(word) for word in words],
            )
            for words in sets
        ]

    def find(self, text: bytes, most: int = sys.maxsize) -> list[tuple[int, int, int]]:
        """(index in ``words``, start, end) of the words in text order; of those that overlap, one or several.

        Of more than ``most`` the first and the last.
        """
        if len(self._finders) == 1:
            return ends(self._finders[0][0].find_matches_as_indexes(text), most)
        found = [
            (indexes[word], start, end)
            for finder, indexes in self._finders
            for word, start, end in ends(finder.find_matches_as_indexes(text), most)
        ]
        found.sort(key=itemgetter(1))
        return ends(found, most)


class Words:
    """Words of which a text is asked which ones it holds, overlapping ones included."""

    def __init__(self, words: Iterable[bytes] = ()) -> None:
        self._words = sorted(set(words))
        self._finder = BytesAhoCorasick(
            self._words, matchkind=MatchKind.Standard, implementation=Implementation.DFA
        )

    def held_by(self, text: bytes) -> frozenset[bytes]:
        """Those that stand in the text, each as written."""
        found = self._finder.find_matches_as_indexes(text, overlapping=True)
        return frozenset(self._words[index] for index in {index for index, _, _ in found})


@cache
def looked_for(words: tuple[bytes, ...]) -> Words:
    """The same words are asked of every page: what finds them is built once."""
    return Words(words)


def in_usual_cases(*words: str) -> list[str]:
    """Words as pages write them: lower case, capitals, or the first letter alone a capital."""
    return [form for word in words for form in (word, word.upper(), word.capitalize())]


# Every number has one of these in it, or 备 or 備 by its code where a page writes entities
# or script escapes; every link to a register has "beian.".
_CHINESE_WORDS = ("备", "備", "证", "證", "公网安", "公網安", "ＩＣＰ", "Ｂ２", "Ｂ１", "Ａ２", "Ａ１")
_BEI, _ZHENG = ("备", "備"), ("证", "證")
_LATIN_WORDS = ("ICP", "icp", "Icp", "ecurity", "Gong", "gong", "GONG", "PSB", "beian.")
_CLASSES = ("B1-", "B2", "b2", "A2", "A1")
_CODES = ("22791", "5907", "20633", "5099", "35777", "8bc1", "8BC1", "35657", "8b49", "8B49")
"""备, 備, 证, 證 as entities and escapes write them."""
_TELLING = Scanner((*_CHINESE_WORDS, *_LATIN_WORDS, *_CLASSES, *_CODES))
_BEFORE_BEI = {
    character.encode()
    for character in "设設准準储儲装裝配具筹籌预預后後必完齐齊兼戒责責军軍制製常防守战戰赋賦自筹应應武灾災贮貯"
}
"""设备, 准备, 储备 …: everyday words whose 备 belongs to no number."""
_P_BEFORE = re.compile(rb"(?:[pP]|\xef\xbc\xb0|\xef\xbd\x90)(?:\s|&nbsp;|[:-]|</?[a-z]{1,6}>){0,4}\Z")
_YEAR_FOLLOWS = re.compile(
    rb"(?:<[^<>]{0,200}>|&[#a-zA-Z0-9]{2,8};|[^0-9A-Za-z<>&\"']|[ABab][12]){0,12}?(?:19|20|&#|\xef\xbc)"
)
"""What a class of licence is followed by: other classes, a dash or a space, and the year."""
_FOLLOWED = {
    **dict.fromkeys(("B2", "b2", "A2", "A1"), _YEAR_FOLLOWS),
    **dict.fromkeys(
        ("icp", "Icp"),
        re.compile(rb"[ .:-]{0,3}(?:bei|no|b[ .]|filing|reg|rec|lic|zheng|prep|[0-9]{6})", re.IGNORECASE),
    ),
    **dict.fromkeys(("gong", "GONG"), re.compile(rb"[ -]?(?:wang|an)", re.IGNORECASE)),
    "PSB": re.compile(rb"[^<>]{0,40}?[0-9]{10}"),
}
"""Words that stand in addresses and scripts too: what follows them in a number."""


def find_anchors(page: bytes) -> list[int]:
    """Offsets near which a number, or a link to a register, may stand; of very many, those at either end."""
    found = _TELLING.find(page, _MOST)
    return [start for word, start, end in found if _may_be(page, _TELLING.words[word], start, end)]


def ends(found: list[Found], most: int) -> list[Found]:
    """The first and the last of what was found, where it is more than anybody writes."""
    return found if len(found) <= most else found[: most // 2] + found[-most // 2 :]


def _may_be(page: bytes, word: str, start: int, end: int) -> bool:
    """Whether what stands around the word may be a number's, at a glance."""
    if word in _BEI:
        return page[start - 3 : start] not in _BEFORE_BEI
    if word in _ZHENG:
        return _P_BEFORE.search(page, max(0, start - 30), start) is not None
    if word in _FOLLOWED:
        return _FOLLOWED[word].match(page, end) is not None
    if word in _CODES:
        return page[start - 1 : start] in (b"#", b"x", b"X", b"u", b"0")
    return word != "ecurity" or b"ublic" in page[max(0, start - 20) : start]
