"""The grammar of filing, licence and public-security numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
