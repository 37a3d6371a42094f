"""The grammar of filing, licence and public-security numbers.

What comes in is a text as displayed, what goes out is every number in it: its kind,
its canonical form, what it is worth and why not more. Nothing is repaired silently:
a missing prefix stays missing, a mistyped digit stays *malformed*.

Sources: Order 33 of the MII (2005) and the forms the query system prints
(beian.miit.gov.cn); division codes GB/T 2260; police numbers as listed by
beian.mps.gov.cn; read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice
from types import MappingProxyType
from typing import Self

from icpcrawl.audit import grammar
from icpcrawl.audit.fold import Folded, fold

Rows = tuple[dict[str, str], ...]


class NumberKind(StrEnum):
    FILING = "filing"
    LICENCE = "licence"
    PSB = "psb"


class NumberStatus(StrEnum):
    """What a number is worth; only ``ok`` and the odd-but-usable ones count as displayed."""

    OK = "ok"
    NONSTANDARD_PREFIX = "nonstandard-prefix"
    IMPOSSIBLE_YEAR = "impossible-year"
    LEGACY_FORM = "legacy-form"
    MALFORMED = "malformed"
    PLACEHOLDER = "placeholder"
    MASKED = "masked"
    JOKE = "joke"
    ENGLISH = "english"
    NO_PREFIX = "no-prefix"
    QUOTED = "quoted"


class ServiceKind(StrEnum):
    WEBSITE = "website"
    APP = "app"
    MINI_PROGRAM = "mini-program"
    QUICK_APP = "quick-app"


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """One number as it stands in a text."""

    kind: NumberKind
    status: NumberStatus
    number: str
    """Canonical form, e.g. ``京ICP备12345678号-1``; empty where none can be given."""
    raw: str
    """The characters as displayed."""
    start: int
    """Offset of ``raw`` in the text given."""
    end: int
    prefix: str = ""
    """Province character in canonical form, ``合字`` or ``""``."""
    entity_number: str = ""
    """Canonical form without service serial, e.g. ``京ICP备12345678号``."""
    service_serial: str = ""
    """Digits after the dash; empty where absent."""
    service_kind: ServiceKind = ServiceKind.WEBSITE
    digits: str = ""
    year: int | None = None
    """Year of first approval, four digits, where the form tells."""
    reason: str = ""
    """Why the status is not ``ok``, one short English clause."""
    notes: tuple[str, ...] = ()
    """Odd but harmless, e.g. ``province-mismatch``."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A character that stands for a place at the head of a number."""

    sign: str
    use: str
    """``standard``, ``nonstandard`` (filing), ``police`` or ``city`` (police and licence only)."""
    expected: str
    """The sign the filing system itself uses for that province; empty where none."""
    code: str
    """First two digits of the place's GB/T 2260 codes; empty where unknown."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What the grammar must know and what may change."""

    signs: Mapping[str, Sign]
    places: Mapping[str, str]
    """English and pinyin name in lower case → sign; ambiguous pinyin is left out."""
    ambiguous: frozenset[str]
    """Pinyin that stands for two signs (ji, jin, yu, gan, gui …): never resolved."""
    names: Mapping[str, str]
    """Chinese name of a province → its sign."""
    samples: frozenset[tuple[str, str]]
    """(digits, sign) of stock samples; sign empty = with any."""
    jokes: Mapping[str, str]
    """Sign of a joke or internal register → its name."""
    borrowed: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Canonical number of a well-known site → registrable domains that may show it."""

    @classmethod
    def from_tables(cls, table: Callable[[str], Rows]) -> Self:
        """Read ``provinces``, ``number_samples``, ``joke_registers`` and ``borrowed_numbers``."""
        provinces = table("provinces.csv")
        places, ambiguous = _place_names(provinces)
        return cls(
            signs={r["sign"]: Sign(r["sign"], r["use"], r["expected"], r["code"]) for r in provinces},
            places=places,
            ambiguous=ambiguous,
            names={r["name_zh"]: r["sign"] for r in provinces if r["use"] == "standard"},
            samples=frozenset((r["digits"], r["prefix"]) for r in table("number_samples.csv")),
            jokes={r["sign"]: r["name"] for r in table("joke_registers.csv")},
            borrowed={r["number"]: tuple(r["domains"].split("|")) for r in table("borrowed_numbers.csv")},
        )


def _place_names(provinces: Rows) -> tuple[dict[str, str], frozenset[str]]:
    standard = [r for r in provinces if r["use"] == "standard"]
    spoken: dict[str, list[str]] = {}
    for row in standard:
        for name in (row["pinyin"], row["name_en"].lower()):
            spoken.setdefault(name, []).append(row["sign"])
    # "Shan" may be 陕 or the first half of Shanxi, written as heard.
    ambiguous = {name for name, signs in spoken.items() if len(signs) > 1} | {"shan"}
    return {n: s[0] for n, s in spoken.items() if n not in ambiguous}, frozenset(ambiguous)


def find_numbers(text: str, facts: NumberFacts, today_year: int) -> list[ParsedNumber]:
    """Every number a text shows, in order, refused ones included with their reason.

    Time is linear in the text, whatever it holds; of what looks like a number, the first
    thousand of each form are read.
    """
    reader = _Reader(fold(text), text, facts, today_year)
    found = sorted(reader.read(), key=lambda n: (n.start, -n.end))
    kept: list[ParsedNumber] = []
    for number in found:
        if not kept or number.start >= kept[-1].end:
            kept.append(number)
    return kept


def parse_number(text: str, facts: NumberFacts, today_year: int) -> ParsedNumber | None:
    """The one number a text is, or None where it is none or several.

    Fourteen digits alone are read as a public-security number without prefix, as an
    owner may write them into a list.
    """
    found = find_numbers(text, facts, today_year)
    if len(found) == 1:
        return found[0]
    bare = grammar.BARE_PSB.fullmatch(fold(text).text) if not found else None
    if bare is None:
        return None
    digits = bare["digits"]
    return ParsedNumber(
        kind=NumberKind.PSB,
        status=NumberStatus.OK,
        number=f"公网安备{digits}号",
        raw=text,
        start=0,
        end=len(text),
        entity_number=f"公网安备{digits}号",
        digits=digits,
    )


def compare(shown: ParsedNumber, expected: ParsedNumber) -> str:
    """How a displayed number stands to the expected one.

    ``match``, ``entity-only`` (one side without service serial), ``serial-differs`` or
    ``differs``. A prefix missing on one side is no difference; public-security numbers
    are the same when their digits are.
    """
    if shown.kind is not expected.kind or shown.digits != expected.digits or not shown.digits:
        return "differs"
    if shown.kind is NumberKind.PSB:
        return "match"
    if shown.prefix and expected.prefix and shown.prefix != expected.prefix:
        return "differs"
    ours, theirs = (
        (shown.service_serial, shown.service_kind),
        (expected.service_serial, expected.service_kind),
    )
    if ours == theirs:
        return "match"
    return "serial-differs" if shown.service_serial and expected.service_serial else "entity-only"


_KINDS = {
    "": ServiceKind.WEBSITE,
    "A": ServiceKind.APP,
    "X": ServiceKind.MINI_PROGRAM,
    "K": ServiceKind.QUICK_APP,
}
_LONGEST_REPEAT = re.compile(r"([0-9])\1{5}")
_ASCENDING = "01234567890123456789012345"
_DESCENDING = _ASCENDING[::-1]


def is_placeholder(digits: str, sign: str, facts: NumberFacts) -> str:
    """Why these digits are a sample and no real number; empty where they may be real.

    Low serials are real (沪ICP备05000001号 is an administration's own): zeros that lead
    the serial never count.
    """
    if (digits, sign) in facts.samples or (digits, "") in facts.samples:
        return "a stock sample of templates"
    if len(digits) < 4:
        return ""
    if len(set(digits)) == 1:
        return "one digit repeated"
    if digits in _ASCENDING or digits in _DESCENDING:
        return "digits counted up or down"
    year_length = 4 if len(digits) == 10 and digits[:2] == "20" else 2
    serial = digits[year_length:]
    if len(digits) >= 8 and not serial.strip("0"):
        return "a serial of zeros"
    return "six equal digits in a row" if _LONGEST_REPEAT.search(serial.lstrip("0")) else ""


_MAX_HITS = 1000


@dataclass(frozen=True, slots=True)
class _Serial:
    number: str = ""
    kind: ServiceKind = ServiceKind.WEBSITE
    end: int = 0
    """Where the number ends with, or without, this serial."""

    @property
    def suffix(self) -> str:
        letter = next(k for k, v in _KINDS.items() if v is self.kind)
        return f"-{self.number}{letter}" if self.number else ""


def _read_serial(hit: re.Match[str], digits_end: int) -> _Serial:
    """The serial behind a number, unless it is a year, a telephone number or a date."""
    groups = hit.groupdict()
    number = groups.get("after") or groups.get("before") or ""
    if not number:
        return _Serial(end=hit.end())
    letter = (groups.get("after_kind") or groups.get("before_kind") or "").upper()
    rest = hit.string[hit.end() : hit.end() + 2]
    looks_like_year = len(number) == 4 and number[:2] in ("19", "20") and not letter
    if looks_like_year or (len(number) > 2 and rest[:1] == "-" and rest[1:].isdigit()):
        hao = hit.string.find("号", digits_end, hit.start("after")) if groups.get("after") else -1
        return _Serial(end=hao + 1 if hao >= 0 else digits_end)
    return _Serial(number, _KINDS[letter], hit.end())


def _choose_digits(pieces: list[str], lengths: tuple[int, ...], *, closed: bool) -> tuple[str, int]:
    """How many space-separated groups of digits belong to the number, as (digits, groups).

    ``closed`` = 号 or a serial follows the last group, which then belongs to it.
    """
    totals = [len("".join(pieces[: n + 1])) for n in range(len(pieces))]
    if closed and totals[-1] in lengths:
        return "".join(pieces), len(pieces)
    for count, total in enumerate(totals, start=1):
        if total in lengths:
            return "".join(pieces[:count]), count
    return pieces[0], 1


class _Reader:
    """One text under the grammar; holds what every pattern needs at hand."""

    def __init__(self, folded: Folded, raw: str, facts: NumberFacts, today_year: int) -> None:
        self.folded = folded
        self.text = folded.text
        self.raw = raw
        self.facts = facts
        self.year = today_year

    def read(self) -> Iterator[ParsedNumber]:
        text = self.text
        low = text.lower()
        has_bei, has_icp = "备" in text, "icp" in low
        if has_bei:
            yield from self._each(grammar.FILING, self._filing)
            yield from self._each(grammar.FILING_MASKED, self._masked_filing)
            yield from self._each(grammar.JOKE_TAIL, self._joke)
            yield from self._each(grammar.PSB_MASKED, self._masked_psb)
        if has_bei or "公网安" in text:
            yield from self._each(grammar.PSB, self._psb)
        if "证" in text:
            yield from self._each(grammar.LICENCE, self._licence)
            yield from self._each(grammar.LICENCE_MASKED, self._masked_licence)
        if any(letter in text for letter in ("B1", "B2", "A1", "A2", "B-", "A-")):
            yield from self._each(grammar.CLASS_LICENCE, self._class_licence)
        if has_bei or has_icp:
            yield from self._each(grammar.MISSPELT, self._misspelt)
        if has_icp:
            yield from self._each(grammar.ENGLISH_FILING, self._english_filing)
        if "gong" in low or "public" in low:
            yield from self._each(grammar.ENGLISH_PSB, self._english_psb)

    def _each(
        self, pattern: re.Pattern[str], read: Callable[[re.Match[str]], ParsedNumber | None]
    ) -> Iterator[ParsedNumber]:
        for hit in islice(pattern.finditer(self.text), _MAX_HITS):
            number = read(hit)
            if number is not None:
                yield number

    # -- what stands before a number ---------------------------------------------------

    def _prefix(self, at: int) -> tuple[str, int, bool]:
        """The character before ``at`` as (sign, start, glued to Chinese words before it)."""
        left = self.text[max(0, at - 12) : at]
        hit = grammar.PREFIX.search(left)
        if hit is None:
            return "", at, False
        start = at - len(left) + hit.start()
        before = self.text[start - 1 : start]
        return hit[1] or hit[2], start, "\u3400" <= before <= "\u9fff"

    def _joke_sign(self, at: int) -> str:
        left = self.text[max(0, at - 8) : at].rstrip(" -:")
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

    # -- building ----------------------------------------------------------------------

    def _make(self, start: int, end: int, **values: object) -> ParsedNumber:
        begin = self.folded.raw_offset(start)
        finish = self.folded.raw_offset(end - 1) + 1
        return ParsedNumber(raw=self.raw[begin:finish], start=begin, end=finish, **values)  # type: ignore[arg-type]

    def _digits(self, hit: re.Match[str], lengths: tuple[int, ...]) -> tuple[str, int, _Serial]:
        """(digits, their end, serial) of a match with spaces inside its digits."""
        pieces = hit["digits"].split(" ")
        closed = hit.end() > hit.end("digits")
        digits, count = _choose_digits(pieces, lengths, closed=closed)
        digits_end = hit.start("digits") + sum(map(len, pieces[:count])) + count - 1
        if count < len(pieces):
            return digits, digits_end, _Serial(end=digits_end)
        return digits, digits_end, _read_serial(hit, digits_end)

    # -- filing numbers ----------------------------------------------------------------

    def _filing(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, digits_end, serial = self._digits(hit, (8, 10))
        if not self._is_number_like(hit, digits, digits_end):
            return None
        if joke := self._joke_sign(hit.start()):
            return self._joke_number(hit.start(), serial.end, joke, digits)
        sign, start, glued = self._prefix(hit.start())
        known = self.facts.signs.get(sign)
        if sign == "云" and glued:
            known = None  # the end of a company's name: 阿里云, 腾讯云
        if known is not None and known.use in ("standard", "nonstandard"):
            return self._filing_number(start, serial, sign, digits)
        named = self._named_province(hit.start())
        if named:
            return self._filing_number(hit.start(), serial, named, digits, spelt_out=True)
        if sign and not glued and self.text[hit.start() - 1] != " ":
            return self._joke_number(start, serial.end, sign, digits)
        return self._without_prefix(hit, serial, digits)

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

    def _named_province(self, at: int) -> str:
        left = self.text[max(0, at - 5) : at].rstrip(" ").removesuffix("省").removesuffix("市")
        return next((sign for name, sign in self.facts.names.items() if left.endswith(name)), "")

    def _filing_number(
        self, start: int, serial: _Serial, sign: str, digits: str, *, spelt_out: bool = False
    ) -> ParsedNumber:
        status, reason, notes = self._filing_status(sign, digits)
        if spelt_out and status is NumberStatus.OK:
            status, reason = NumberStatus.NONSTANDARD_PREFIX, "the province is spelt out"
        entity = f"{sign}ICP备{digits}号"
        return self._make(
            start,
            serial.end,
            kind=NumberKind.FILING,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=_filing_year(digits),
            reason=reason,
            notes=notes,
        )

    def _filing_status(self, sign: str, digits: str) -> tuple[NumberStatus, str, tuple[str, ...]]:
        if why := is_placeholder(digits, sign, self.facts):
            return NumberStatus.PLACEHOLDER, why, ()
        if len(digits) == 6 and digits[:2] <= "05":
            return NumberStatus.LEGACY_FORM, "six digits, as given before 2005", ()
        if len(digits) not in (8, 10):
            return NumberStatus.MALFORMED, f"{len(digits)} digits instead of 8 or 10", ()
        year = _filing_year(digits)
        if year is None or year > self.year:
            return NumberStatus.IMPOSSIBLE_YEAR, f"no number was given in {year or digits[:4]}", ()
        known = self.facts.signs.get(sign)
        if known is not None and known.use == "nonstandard":
            instead = f", {known.expected} is" if known.expected else ""
            return NumberStatus.NONSTANDARD_PREFIX, f"{sign} is no prefix of filings{instead}", ()
        return NumberStatus.OK, "", _filing_notes(digits)

    def _without_prefix(self, hit: re.Match[str], serial: _Serial, digits: str) -> ParsedNumber:
        sign, name, start = self._spoken_sign(hit.start())
        entity = f"{sign}ICP备{digits}号"
        why = is_placeholder(digits, "", self.facts)
        status, reason = NumberStatus.NO_PREFIX, "no province before ICP"
        if name:
            status, reason = NumberStatus.ENGLISH, "the province is given in pinyin or English"
        elif len(digits) not in (6, 8, 10):
            status, reason = NumberStatus.MALFORMED, "no province, and not 8 or 10 digits"
        if why:
            status, reason = NumberStatus.PLACEHOLDER, why
        return self._make(
            start,
            serial.end,
            kind=NumberKind.FILING,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=_filing_year(digits),
            reason=reason,
        )

    def _joke_number(self, start: int, end: int, sign: str, digits: str) -> ParsedNumber:
        name = self.facts.jokes.get(sign, "")
        return self._make(
            min(start, max(0, self.text.rfind(sign, 0, end)))
            if not name
            else self.text.rfind(sign, 0, start),
            end,
            kind=NumberKind.FILING,
            status=NumberStatus.JOKE,
            number=f"{sign}ICP备{digits}号",
            prefix=sign,
            digits=digits,
            reason=f"not a register of the state: {name}" if name else f"no register has the sign {sign}",
        )

    def _joke(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign = self._joke_sign(hit.start())
        return self._joke_number(hit.start(), hit.end(), sign, hit["digits"]) if sign else None

    def _masked_filing(self, hit: re.Match[str]) -> ParsedNumber:
        sign, start, _ = self._prefix(hit.start())
        if sign not in self.facts.signs:
            sign, start = "", hit.start()
        return self._masked(start, hit.end(), NumberKind.FILING, sign)

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

    def _misspelt(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, start, glued = self._prefix(hit.start())
        digits, digits_end, serial = self._digits(hit, (8, 10))
        known = self.facts.signs.get(sign)
        if known is None or known.use == "police" or (glued and sign in "云新藏"):
            return None
        if not 6 <= len(digits) <= 10 or not self._is_number_like(hit, digits, digits_end):
            return None
        as_meant = self._filing_number(start, serial, sign, digits)
        head = re.sub(r"[ :-]", "", self.text[hit.start() : hit.start("digits")])
        why = is_placeholder(digits, sign, self.facts)
        return replace(
            as_meant,
            status=NumberStatus.PLACEHOLDER if why else NumberStatus.MALFORMED,
            number=f"{sign}{head}{digits}号{serial.suffix}",
            reason=why or f"written {head} instead of ICP备",
        )

    # -- licences ----------------------------------------------------------------------

    def _licence(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, digits_end, serial = self._digits(hit, (6,))
        sign, start, _ = self._prefix(hit.start())
        known = self.facts.signs.get(sign)
        if len(digits) < 5 or len(digits) > 10 or not self._is_number_like(hit, digits, digits_end):
            return None
        if known is None or known.use == "police":
            sign, start = self._named_province(hit.start()), hit.start()
        entity = f"{sign}ICP证{digits}号"
        status, reason = NumberStatus.OK, ""
        year = 2000 + int(digits[:2])
        if why := is_placeholder(digits, sign, self.facts):
            status, reason = NumberStatus.PLACEHOLDER, why
        elif len(digits) != 6:
            status, reason = NumberStatus.MALFORMED, f"{len(digits)} digits instead of 6"
        elif not sign:
            status, reason = NumberStatus.NO_PREFIX, "no province before ICP"
        elif year > self.year:
            status, reason = NumberStatus.IMPOSSIBLE_YEAR, f"no licence was given in {year}"
        return self._make(
            start,
            serial.end,
            kind=NumberKind.LICENCE,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=year if len(digits) == 6 else None,
            reason=reason,
        )

    def _masked_licence(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, start, _ = self._prefix(hit.start())
        return self._masked(start, hit.end(), NumberKind.LICENCE, sign) if sign in self.facts.signs else None

    def _class_licence(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, start = self._class_lead(hit.start())
        label = self.text[max(0, hit.start() - 40) : hit.start()]
        if not sign and not grammar.LICENCE_LABEL.search(label):
            return None
        digits, serial = hit["digits"], _read_serial(hit, hit.end("digits"))
        classes = re.sub(r" ?[.、,·/&和] ?", ".", hit["classes"])
        if classes in ("A1", "A2") and not grammar.LICENCE_LABEL.search(label):
            return None  # a car's plate: 京A1-…
        entity = f"{sign}{classes}-{digits}"
        status, reason, year = NumberStatus.OK, "", int(digits[:4])
        if why := is_placeholder(digits, sign, self.facts):
            status, reason = NumberStatus.PLACEHOLDER, why
        elif len(digits) != 8:
            status, reason = NumberStatus.MALFORMED, f"{len(digits)} digits instead of 8"
        elif year > self.year:
            status, reason = NumberStatus.IMPOSSIBLE_YEAR, f"no licence was given in {year}"
        return self._make(
            start,
            serial.end,
            kind=NumberKind.LICENCE,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=year,
            reason=reason,
        )

    def _class_lead(self, at: int) -> tuple[str, int]:
        left = self.text[max(0, at - 24) : at]
        hit = grammar.CLASS_LEAD.search(left)
        if hit is None:
            return "", at
        start = at - len(left) + hit.start()
        if hit["joint"]:
            return "合字", start
        sign = hit["sign"] or ""
        if sign in self.facts.signs:
            return sign, start
        spoken, name, spoken_at = self._spoken_sign(at)
        if name:
            return spoken, spoken_at
        return "", at - len(hit["icp"].lstrip(" ")) if hit["icp"] else at

    # -- public security numbers -------------------------------------------------------

    def _psb(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, end = _psb_digits(hit)
        if not 7 <= len(digits) <= 20 or not self._is_number_like_psb(digits, end):
            return None
        sign, start, unknown = self._psb_prefix(hit)
        if unknown:
            return self._make(
                start,
                end,
                kind=NumberKind.PSB,
                status=NumberStatus.JOKE,
                number=f"{unknown}公网安备{digits}号",
                prefix=unknown,
                digits=digits,
                reason=f"no police authority has the sign {unknown}",
            )
        return self._psb_number(start, end, sign, digits)

    def _is_number_like_psb(self, digits: str, end: int) -> bool:
        rest = self.text[end : end + 1]
        return len(digits) >= 10 or (len(digits) >= 7 and rest not in ("年", "月"))

    def _psb_prefix(self, hit: re.Match[str]) -> tuple[str, int, str]:
        """(sign, start, invented sign) of a public-security number."""
        if hit[0].startswith("公"):
            sign, start, glued = self._prefix(hit.start())
            if sign in self.facts.signs:
                return sign, start, ""
            if sign and not glued and self.text[hit.start() - 1] != " " and hit[0][1:2] in "网 安":
                return (
                    ("", start, sign)
                    if not hit[0].startswith(("公安机关", "公安备", "公安局"))
                    else ("", start, "")
                )
        return self._authority(hit.start())

    def _authority(self, at: int) -> tuple[str, int, str]:
        """The province of the police authority named right before ``at``: 北京市公安局海淀."""
        begin = max(0, at - 24)
        left = self.text[begin:at]
        named = min(((left.find(name), name) for name in self.facts.names if name in left), default=None)
        if named is None or not grammar.AUTHORITY.fullmatch(left, named[0] + len(named[1])):
            return "", at, ""
        return self.facts.names[named[1]], begin + named[0], ""

    def _psb_number(self, start: int, end: int, sign: str, digits: str) -> ParsedNumber:
        status, reason, notes = self._psb_status(sign, digits)
        number = f"{sign}公网安备{digits}号"
        return self._make(
            start,
            end,
            kind=NumberKind.PSB,
            status=status,
            number=number,
            prefix=sign,
            entity_number=number,
            digits=digits,
            reason=reason,
            notes=notes,
        )

    def _psb_status(self, sign: str, digits: str) -> tuple[NumberStatus, str, tuple[str, ...]]:
        if why := _psb_placeholder(digits, self.facts):
            return NumberStatus.PLACEHOLDER, why, ()
        if not 10 <= len(digits) <= 14:
            return NumberStatus.MALFORMED, f"{len(digits)} digits instead of 14", ()
        known = self.facts.signs.get(sign)
        notes = ("province-mismatch",) if known and known.code and digits[:2] != known.code else ()
        if len(digits) == 14:
            return NumberStatus.OK, "", notes if digits[6:8] == "02" else (*notes, "unusual-form")
        if notes:
            # Too short and of another province: no old form either, so only the odd parts are named.
            return NumberStatus.OK, "", (*notes, "outdated-length")
        return NumberStatus.LEGACY_FORM, f"{len(digits)} digits, an older form; now 14", ()

    def _masked_psb(self, hit: re.Match[str]) -> ParsedNumber:
        sign, start, _ = self._prefix(hit.start())
        if sign not in self.facts.signs:
            sign, start = "", hit.start()
        return self._masked(start, hit.end(), NumberKind.PSB, sign)

    # -- English and pinyin ------------------------------------------------------------

    def _english_filing(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, name, start = self._spoken_sign(hit.start())
        digits, word = hit["digits"], (hit["word"] or "").lower()
        is_licence = word in ("certificate", "permit", "zheng") or (
            word.startswith("licen") and len(digits) == 6
        )
        if self.text[max(0, hit.start() - 5) : hit.start()].lower().rstrip(" -").endswith("moe"):
            return self._joke_number_english(hit, digits)
        if not name and not (word and hit["no"]) and not (hit["no"] and len(digits) in (8, 10)):
            return None
        if len(digits) not in ((6,) if is_licence else (8, 10)):
            return None
        letter = "证" if is_licence else "备"
        entity = f"{sign}ICP{letter}{digits}号"
        serial = _read_serial(hit, hit.end("digits"))
        why = is_placeholder(digits, sign, self.facts)
        return self._make(
            start,
            serial.end,
            kind=NumberKind.LICENCE if is_licence else NumberKind.FILING,
            status=NumberStatus.PLACEHOLDER if why else NumberStatus.ENGLISH,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=_filing_year(digits),
            reason=why or "written in English or pinyin",
            notes=() if sign else ("ambiguous-province",) if name else ("no-province",),
        )

    def _joke_number_english(self, hit: re.Match[str], digits: str) -> ParsedNumber:
        return self._make(
            hit.start(),
            hit.end(),
            kind=NumberKind.FILING,
            status=NumberStatus.JOKE,
            number=f"萌ICP备{digits}号",
            prefix="萌",
            digits=digits,
            reason="not a register of the state: Moe ICP",
        )

    def _english_psb(self, hit: re.Match[str]) -> ParsedNumber:
        sign, _, start = self._spoken_sign(hit.start())
        digits = hit["digits"]
        made = self._psb_number(start, hit.end(), sign, digits)
        if made.status is NumberStatus.PLACEHOLDER:
            return made
        return replace(made, status=NumberStatus.ENGLISH, reason="written in English or pinyin")


def _filing_year(digits: str) -> int | None:
    """Year of approval: four digits from 2020 on, two before and for a while beside them."""
    if len(digits) == 10:
        return int(digits[:4]) if digits[:4] >= "2000" else None
    return 2000 + int(digits[:2]) if len(digits) in (6, 8) else None


def _filing_notes(digits: str) -> tuple[str, ...]:
    if len(digits) == 10 and digits[:4] < "2020":
        return ("early-four-digit-year",)
    if len(digits) == 8 and "2020" <= digits[:4] <= "2039":
        return ("perhaps-cut-off",)
    return ()


def _psb_digits(hit: re.Match[str]) -> tuple[str, int]:
    """The digits of a public-security number, joined over spaces and hyphens, and their end."""
    raw, at = hit["digits"], hit.start("digits")
    total = re.sub(r"[^0-9]", "", raw)
    if len(total) <= 14:
        return total, hit.end()
    groups = list(re.finditer(r"[0-9]+", raw))
    joined = ""
    for group in groups:
        joined += group[0]
        if len(joined) == 14:
            return joined, at + group.end()
    if "-" in raw[groups[0].end() : groups[0].end() + 2]:
        return total, hit.end()  # 15081599004-00001: some other form, not a short number and a rest
    return groups[0][0], at + groups[0].end()


def _psb_placeholder(digits: str, facts: NumberFacts) -> str:
    if (digits, "") in facts.samples:
        return "a stock sample of templates"
    if digits in _ASCENDING or digits in _DESCENDING:
        return "digits counted up or down"
    if len(set(digits)) == 1:
        return "one digit repeated"
    if not digits[6:].strip("0"):
        return "a serial of zeros"
    # Zeros are padding: 京公网安备110000000016号 is a genuine old number.
    return "seven equal digits in a row" if re.search(r"([1-9])\1{6}", digits) else ""
