"""The grammar of filing, licence and public-security numbers.

What comes in is a text as displayed, what goes out is every number in it: its kind,
its canonical form, what it is worth and why not more. Nothing is repaired silently:
a missing prefix stays missing, a mistyped digit stays *malformed*.

Sources: Order 33 of the MII (2005) and the forms the query system prints
(beian.miit.gov.cn); division codes GB/T 2260; police numbers as listed by
beian.mps.gov.cn; read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from icpcrawl.audit import grammar
from icpcrawl.audit.filing_numbers import FilingNumbers
from icpcrawl.audit.fold import fold
from icpcrawl.audit.number import (
    NumberFacts,
    NumberKind,
    NumberStatus,
    ParsedNumber,
    ServiceKind,
    Sign,
    is_placeholder,
)
from icpcrawl.audit.psb_numbers import PsbNumbers

__all__ = [
    "NumberFacts",
    "NumberKind",
    "NumberStatus",
    "ParsedNumber",
    "ServiceKind",
    "Sign",
    "compare",
    "find_numbers",
    "is_placeholder",
    "parse_number",
]


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


class _Reader(FilingNumbers, PsbNumbers):
    """One text under the whole grammar."""

    def read(self) -> Iterator[ParsedNumber]:
        text = self.text
        yield from self._filings()
        if "备" in text:
            yield from self._misspelt_filings()
        yield from self._class_licences()
        if "备" in text or "公" in text:
            yield from self._police_numbers()
        low = text.lower()
        if "gong" in low or "security" in low or "psb" in low or "mps" in low:
            yield from self._police_numbers_in_english()
