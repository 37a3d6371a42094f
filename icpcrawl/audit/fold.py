"""Displayed text → one plain spelling of it, with the way back to the characters shown.

What comes in is text as a visitor reads it; what goes out is the same text with
full-width letters, traditional characters, odd dashes, odd spaces and invisible
characters made plain, so that one grammar reads all of them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from html.entities import html5

_NO_CHARACTER = re.compile(r"&#[0-9]{8,}")


def unescape(text: str) -> str:
    """Entities as the characters they stand for; no text raises.

    Python's own function gives up on references of thousands of digits.
    """
    text = text.replace("&nbsp;", "\xa0")  # most are this one, and Python asks about each at length
    try:
        return html.unescape(text) if "&" in text else text
    except ValueError:
        return html.unescape(_NO_CHARACTER.sub("\ufffd", text))


_NAMED = re.compile(r"&([a-zA-Z][a-zA-Z0-9]*+)(?!;)(=?)")


def unescape_value(text: str) -> str:
    """As ``unescape``, of an attribute: there ``&region=2`` and ``&timestamp`` hold no ® and no ×.

    Source: HTML Standard, "Named character reference state", read 2026-11.
    """
    return unescape(_NAMED.sub(_kept, text) if "&" in text else text)


def _kept(reference: re.Match[str]) -> str:
    name, equals = reference.groups()
    return reference[0] if name in html5 and not equals else f"&amp;{reference[0][1:]}"


_TRADITIONAL = dict(
    zip(
        "備俻偹號證証網雲貴寧甯陝陜蘇遼滬魯贛閩粵瓊隴晉內靑⻘聯關機電經營許編碼務業區國體質書類屬爲為門廣東慶龍術壹記",
        "备备备号证证网云贵宁宁陕陕苏辽沪鲁赣闽粤琼陇晋内青青联关机电经营许编码务业区国体质书类属为为门广东庆龙术一记",
        strict=True,
    )
)
_DASHES = "‐‑‒–—―−﹘﹣－─━ーㄧ⁃➖⸺⸻"
_SPACES = (
    "\t\n\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    "\u115f\u1160\u2800\u3164\uffa0"  # letters of other scripts that are drawn as nothing
) + "".join(map(chr, range(0x2000, 0x200B)))
_INVISIBLE = "\u034f\u061c\u200b\u200c\u200d\u200e\u200f\ufeff\xad\u180e" + "".join(
    map(
        chr,
        [
            *range(0x09),  # a parser drops NUL, a browser draws the others as nothing
            *range(0x202A, 0x202F),
            *range(0x2060, 0x2070),
            *range(0xFE00, 0xFE10),
            *range(0xE0100, 0xE01F0),  # variants of an ideograph: 京\U000e0100 is 京
        ],
    )
)
_DROP = "\u200b"
# Cyrillic and Greek capitals that no reader can tell from I, C and P.
_LOOK_ALIKE = {"С": "C", "Р": "P", "І": "I", "Ι": "I", "Ρ": "P", "с": "c", "р": "p", "і": "i"}
_BRACKETS = {"﹙": "(", "﹚": ")", "【": "[", "】": "]", "〔": "[", "〕": "]", "［": "[", "］": "]"}
_COLONS = "︰∶﹕꞉ː"
_COMPATIBLE = (
    range(0x2F00, 0x2FD6),  # Kangxi radicals: ⼴ for 广
    range(0xF900, 0xFB00),  # compatibility ideographs
    range(0xFF01, 0xFF5F),  # full-width ASCII
    range(0x1D400, 0x1D800),  # mathematical letters and digits
)


def _table() -> dict[int, str]:
    table: dict[int, str] = {}
    for block in _COMPATIBLE:
        for point in block:
            plain = unicodedata.normalize("NFKC", chr(point))
            if len(plain) == 1:
                table[point] = plain
    for mapping in (_TRADITIONAL, _LOOK_ALIKE, _BRACKETS):
        table.update({ord(odd): plain for odd, plain in mapping.items()})
    table.update(dict.fromkeys(map(ord, _DASHES), "-"))
    table.update(dict.fromkeys(map(ord, _SPACES), " "))
    table.update(dict.fromkeys(map(ord, _INVISIBLE), _DROP))
    table.update(dict.fromkeys(map(ord, _COLONS), ":"))
    return table


def _one_of(points: Iterable[int]) -> str:
    """A class of characters, neighbours joined: a thousand single ones above U+FFFF would be slow."""
    spans: list[list[int]] = []
    for point in sorted(points):
        if spans and point == spans[-1][1] + 1:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return "[" + "".join(f"{re.escape(chr(a))}-{re.escape(chr(b))}" for a, b in spans) + "]"


_TABLE = _table()
_ODD = re.compile(_one_of(_TABLE))
_SHORT = 2000
"""Characters up to which looking for odd ones beats translating each: a footer has few."""
_LITERAL_SPACE = re.compile(r"&(?:nbsp|ensp|emsp|thinsp|#160|#xa0);", re.IGNORECASE)
"""A space escaped twice, which a page shows as it stands here."""
_SQUEEZED = re.compile(r"[ \u200b]{2,}|\u200b")


@dataclass(frozen=True, slots=True)
class Folded:
    """Plain text and, for every place where characters fell out, the shift back."""

    text: str
    breaks: tuple[int, ...] = ()
    """Offsets in ``text`` from which on ``shifts`` holds."""
    shifts: tuple[int, ...] = ()

    def raw_offset(self, offset: int) -> int:
        """Where the character at ``offset`` stood in the text given."""
        if not self.breaks:
            return offset
        at = bisect_right(self.breaks, offset) - 1
        return offset + (self.shifts[at] if at >= 0 else 0)


def fold(text: str) -> Folded:
    """Make the spelling plain: NFKC, dashes, traditional forms, one space for many.

    >>> fold("粵ＩＣＰ備１２３４５６７８號－２").text
    '粤ICP备12345678号-2'
    """
    plain = _plain(text)
    if "&" in plain:
        plain = _LITERAL_SPACE.sub(lambda space: " " * len(space[0]), plain)
    if "  " not in plain and _DROP not in plain:
        return Folded(plain)
    return _squeeze(plain)


def _plain(text: str) -> str:
    if len(text) > _SHORT and _ODD.search(text):
        return text.translate(_TABLE)
    return _ODD.sub(lambda odd: _TABLE[ord(odd[0])], text)


def _squeeze(plain: str) -> Folded:
    pieces: list[str] = []
    breaks: list[int] = []
    shifts: list[int] = []
    length = last = 0
    for hit in _SQUEEZED.finditer(plain):
        kept = plain[last : hit.start()] + (" " if " " in hit[0] else "")
        pieces.append(kept)
        length += len(kept)
        last = hit.end()
        breaks.append(length)
        shifts.append(last - length)
    pieces.append(plain[last:])
    return Folded("".join(pieces), tuple(breaks), tuple(shifts))
