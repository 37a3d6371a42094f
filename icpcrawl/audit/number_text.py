"""A text in which numbers are looked for: what stands before, behind and between their digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate, islice
from typing import NamedTuple

from icpcrawl.audit import grammar
from icpcrawl.audit.fold import Folded
from icpcrawl.audit.number import NumberFacts, NumberKind, NumberStatus, ParsedNumber, ServiceKind

_MAX_HITS = 1000
MAX_HEADS = 5_000
"""A text that says ICP more often is read up to there: it is no footer."""
_KINDS = {
    "": ServiceKind.WEBSITE,
    "A": ServiceKind.APP,
    "X": ServiceKind.MINI_PROGRAM,
    "K": ServiceKind.QUICK_APP,
}
_LETTERS = {kind: letter for letter, kind in _KINDS.items()}

Form = tuple[re.Pattern[str], Callable[[re.Match[str]], ParsedNumber | None]]
"""A pattern that may fit at a head, and what reads it."""


class Serial(NamedTuple):
    """The part behind the dash."""

    number: str = ""
    kind: ServiceKind = ServiceKind.WEBSITE
    end: int = 0
    """Where the number ends with, or without, this serial."""

    @property
    def suffix(self) -> str:
        return f"-{self.number}{_LETTERS[self.kind]}" if self.number else ""


def read_serial(hit: re.Match[str], digits_end: int) -> Serial:
    """The serial behind a number, unless it is a year, a telephone number or a date."""
    tail = hit.string[digits_end : hit.end()]
    if "-" not in tail and "_" not in tail:
        return Serial(end=hit.end())
    groups = hit.groupdict("")
    number = groups["after"] or groups.get("before", "")
    if not number:
        return Serial(end=hit.end())
    letter = (groups["after_kind"] or groups.get("before_kind", "")).upper()
    rest = hit.string[hit.end() : hit.end() + 2]
    looks_like_year = len(number) == 4 and number[:2] in ("19", "20") and not letter
    if looks_like_year or (len(number) > 2 and rest[:1] == "-" and rest[1:].isdigit()):
        hao = hit.string.find("号", digits_end, hit.start("after")) if groups["after"] else -1
        return Serial(end=hao + 1 if hao >= 0 else digits_end)
    return Serial(number, _KINDS[letter], hit.end())


def _choose_digits(pieces: list[str], lengths: tuple[int, ...], *, closed: bool) -> tuple[str, int]:
    """How many space-separated groups of digits belong to the number, as (digits, groups).

    ``closed`` = 号 or a serial follows the last group, which then belongs to it.
    """
    if len(pieces) == 1:
        return pieces[0], 1
    totals = list(accumulate(map(len, pieces)))
    # 19004658 10号楼 is a number and a house; 20210052 93号 may be one number of ten digits.
    if closed and totals[-1] in lengths and (len(pieces[0]) not in lengths or pieces[0][:3] == "202"):
        return "".join(pieces), len(pieces)
    joined = "".join(pieces)
    if 10 in lengths and 10 in totals and joined[:3] == "202":
        return joined[:10], totals.index(10) + 1
    for count, total in enumerate(totals, start=1):
        if total in lengths:
            return joined[:total], count
    return pieces[0], 1


def filing_year(digits: str) -> int | None:
    """Year of approval: four digits from 2020 on, two before and for a while beside them."""
    if len(digits) == 10:
        return int(digits[:4]) if digits[:4] >= "2000" else None
    return 2000 + int(digits[:2]) if len(digits) in (6, 8) else None


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


class NumberText:
    """One text under the grammar: what every form of number needs at hand."""

    def __init__(self, folded: Folded, raw: str, facts: NumberFacts, today_year: int) -> None:
        self.folded = folded
        self.text = folded.text
        self.raw = raw
        self.facts = facts
        self.year = today_year

    def _at_heads(
        self, heads: re.Pattern[str], forms: Callable[[re.Match[str]], tuple[Form, ...]]
    ) -> Iterator[ParsedNumber]:
        """At each head the number of the first form that fits and reads."""
        return islice(self._each_head(heads, forms), _MAX_HITS)

    def _each_head(
        self, heads: re.Pattern[str], forms: Callable[[re.Match[str]], tuple[Form, ...]]
    ) -> Iterator[ParsedNumber]:
        text = self.text
        for head in islice(heads.finditer(text), MAX_HEADS):
            for pattern, read in forms(head):
                hit = pattern.match(text, head.start())
                number = read(hit) if hit else None
                if number is not None:
                    yield number
                    break

    # -- what stands before a number ---------------------------------------------------

    def _prefix(self, at: int) -> tuple[str, int, bool]:
        """The character before ``at`` as (sign, start, glued to Chinese words before it)."""
        sign, start = self.text[at - 1 : at], at - 1
        if not _is_chinese(sign):
            hit = grammar.PREFIX.search(self.text, max(0, at - 8), at)
            if hit is None:
                return "", at, False
            sign, start = hit[1] or hit[2], hit.start()
        return sign, start, _is_chinese(self.text[start - 1 : start])

    def _is_set_off(self, start: int, at: int) -> bool:
        """Whether more than brackets stands between the character at ``start`` and ``at``."""
        return self.text[at - 1] in " :-" or self.text[start + 1 : at] in ("(", "[")

    def _joke_sign(self, at: int) -> str:
        left = self.text[max(0, at - 8) : at].rstrip(" -:")
        if not left or left[-1] not in self.facts.joke_ends:
            return ""
        return max((sign for sign in self.facts.jokes if left.endswith(sign)), key=len, default="")

    def _spoken_sign(self, at: int) -> tuple[str, str, int]:
        """Pinyin or English name before ``at`` as (sign, name, start); sign empty if ambiguous."""
        left = self.text[max(0, at - 24) : at]
        hit = grammar.PINYIN.search(left)
        if hit is None:
            return "", "", at
        start = at - len(left) + hit.start()
        words = hit[1].lower()
        for name in (words, words.rpartition(" ")[2], words.partition(" ")[0]):
            if name in self.facts.places or name in self.facts.ambiguous:
                return self.facts.places.get(name, ""), name, start
        return "", "", at

    def _named_province(self, at: int) -> tuple[str, int]:
        """The province spelt out before ``at`` as (sign, start); sign empty where there is none."""
        begin = max(0, at - 5)
        left = self.text[begin:at].rstrip(" ").removesuffix("省").removesuffix("市")
        if not left or left[-1] not in self.facts.name_ends:
            return "", at
        named = next((name for name in self.facts.names if left.endswith(name)), "")
        return (self.facts.names[named], begin + len(left) - len(named)) if named else ("", at)

    # -- building ----------------------------------------------------------------------

    def _make(self, start: int, end: int, **values: object) -> ParsedNumber:
        begin = self.folded.raw_offset(start)
        finish = self.folded.raw_offset(end - 1) + 1
        return ParsedNumber(raw=self.raw[begin:finish], start=begin, end=finish, **values)  # type: ignore[arg-type]

    def _digits(self, hit: re.Match[str], lengths: tuple[int, ...]) -> tuple[str, int, Serial]:
        """(digits, their end, serial) of a match with spaces inside its digits."""
        if " " not in hit["digits"]:
            return hit["digits"], hit.end("digits"), read_serial(hit, hit.end("digits"))
        pieces = hit["digits"].split(" ")
        closed = hit.end() > hit.end("digits")
        digits, count = _choose_digits(pieces, lengths, closed=closed)
        digits_end = hit.start("digits") + sum(map(len, pieces[:count])) + count - 1
        if count < len(pieces):
            return digits, digits_end, Serial(end=digits_end)
        return digits, digits_end, read_serial(hit, digits_end)

    def _is_number_like(self, hit: re.Match[str], digits: str, digits_end: int) -> bool:
        """False for a year, a date or a count that happens to follow the words."""
        if len(digits) > 14 or len(digits) < 3:
            return False
        rest = self.text[digits_end : digits_end + 2].lstrip(" ")
        if (rest[:1] and rest[0] in "年月日个家万%元") or (
            rest[:1] in ("/", ".", ":") and rest[1:2].isdigit()
        ):
            return False
        return len(digits) >= 6 or rest[:1] == "号" or (len(digits) >= 4 and "案" not in hit[0])

    def _masked(self, start: int, end: int, kind: NumberKind, sign: str) -> ParsedNumber:
        return self._make(
            start,
            end,
            kind=kind,
            status=NumberStatus.MASKED,
            number="",
            prefix=sign,
            reason="digits are masked",
        )
