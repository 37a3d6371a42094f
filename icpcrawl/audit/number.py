"""A filing, licence or public-security number as a value, and the tables that tell real from odd."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Self

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
    name_zh: str = ""
    name_en: str = ""
    """Of provinces and the like only; cities have a Chinese name alone."""


@dataclass(frozen=True)
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

    @cached_property
    def joke_ends(self) -> frozenset[str]:
        """Last characters of the jokes' signs: what a real number rarely has before its ``ICP``."""
        return frozenset(sign[-1] for sign in self.jokes)

    @cached_property
    def codes(self) -> frozenset[str]:
        """First two digits of every place's division codes."""
        return frozenset(sign.code for sign in self.signs.values()) - {""}

    @cached_property
    def name_ends(self) -> frozenset[str]:
        """Last characters of the provinces' names."""
        return frozenset(name[-1] for name in self.names)

    @classmethod
    def from_tables(cls, table: Callable[[str], Rows]) -> Self:
        """Read ``provinces``, ``number_samples``, ``joke_registers`` and ``borrowed_numbers``."""
        provinces = table("provinces.csv")
        places, ambiguous = _place_names(provinces)
        return cls(
            signs={
                r["sign"]: Sign(r["sign"], r["use"], r["expected"], r["code"], r["name_zh"], r["name_en"])
                for r in provinces
            },
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


_LONGEST_REPEAT = re.compile(r"([0-9])\1{5}")
ASCENDING = "01234567890123456789012345"
DESCENDING = ASCENDING[::-1]
"""Digits counted up and down, as samples are."""


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
    if digits in ASCENDING or digits in DESCENDING:
        return "digits counted up or down"
    year_length = 4 if len(digits) == 10 and digits[:2] == "20" else 2
    serial = digits[year_length:]
    if len(digits) >= 8 and not serial.strip("0"):
        return "a serial of zeros"
    return "six equal digits in a row" if _LONGEST_REPEAT.search(serial.lstrip("0")) else ""
