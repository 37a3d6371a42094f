"""Where in a page something worth reading stands: many words looked for in one go.

Nine tenths of a page speak neither of filings nor of what hides or frames them. A scan for
the few telling words costs less than one look at every tag; everything else is read only
around what it finds. Offsets are bytes of the page as UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

from ahocorasick_rs import BytesAhoCorasick, MatchKind

Found = TypeVar("Found")
_MOST = 20_000
"""Words of numbers in one page. Real pages have some hundred; where more stand, it is no footer that does it."""


class Scanner:
    """Words looked for together, each as written."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))
        self._finder = BytesAhoCorasick(
            [word.encode() for word in self.words], matchkind=MatchKind.LeftmostFirst
        )

    def find(self, text: bytes) -> list[tuple[int, int, int]]:
        """(index in ``words``, start, end) of every word in text order, none overlapping."""
        return self._finder.find_matches_as_indexes(text)


def in_usual_cases(*words: str) -> list[str]:
    """Words as pages write them: lower case, capitals, or the first letter alone a capital."""
    return [form for word in words for form in (word, word.upper(), word.capitalize())]


# Every number has one of these in it, or 备 or 備 by its code where a page writes entities
# or script escapes; every link to a register has "beian.".
_CHINESE = Scanner(("备", "備", "证", "證", "公网安", "公網安", "ＩＣＰ", "Ｂ２", "Ｂ１", "Ａ２", "Ａ１"))
_BEI, _ZHENG = ("备", "備"), ("证", "證")
_CODES = ("22791", "5907", "20633", "5099", "35777", "8bc1", "8BC1", "35657", "8b49", "8B49")
"""备, 備, 证, 證 as entities and escapes write them."""
_LATIN_WORDS = (
    "ICP",
    "icp",
    "Icp",
    "ecurity",
    "Gong",
    "gong",
    "GONG",
    "PSB",
    "B2",
    "b2",
    "B1-",
    "A2",
    "A1",
    "beian.",
)
_LATIN = Scanner((*_LATIN_WORDS, *_CODES))
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
    chinese, latin = ends(_CHINESE.find(page), _MOST), ends(_LATIN.find(page), _MOST)
    found = [start for word, start, _ in chinese if _chinese_may_be(page, word, start)]
    found += [start for word, start, end in latin if _latin_may_be(page, word, start, end)]
    return sorted(found)


def ends(found: list[Found], most: int) -> list[Found]:
    """The first and the last of what was found, where it is more than anybody writes."""
    return found if len(found) <= most else found[: most // 2] + found[-most // 2 :]


def _chinese_may_be(page: bytes, word: int, start: int) -> bool:
    written = _CHINESE.words[word]
    if written in _ZHENG:
        return _P_BEFORE.search(page, max(0, start - 30), start) is not None
    return written not in _BEI or page[start - 3 : start] not in _BEFORE_BEI


def _latin_may_be(page: bytes, word: int, start: int, end: int) -> bool:
    written = _LATIN.words[word]
    if written in _FOLLOWED:
        return _FOLLOWED[written].match(page, end) is not None
    if written in _CODES:
        return page[start - 1 : start] in (b"#", b"x", b"X", b"u", b"0")
    return written != "ecurity" or b"ublic" in page[max(0, start - 20) : start]
