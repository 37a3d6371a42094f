"""Numbers as an owner writes them into lists and exports → the canonical forms that pages are compared with.

Labels, remarks, several numbers in a cell, characters that a spreadsheet adds: the grammar that
reads pages reads them too. Digits alone, which no page is believed for, are an owner's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from icpcrawl.audit.fold import fold
from icpcrawl.audit.numbers import NumberFacts, NumberKind, NumberStatus, ParsedNumber, find_numbers
from icpcrawl.portfolio import Site

_ANY_YEAR = 9999
"""An owner's number is not judged by its year."""
_POLICE = re.compile(r"\D{0,20}?(\d{14})号?\W*")
_FILING = re.compile(
    r"[^\d\u4e00-\u9fff]{0,20}(?:([\u4e00-\u9fff])?(?:ICP)?(?:备(?:案)?)?号?:?)?(\d{8}|\d{10})号?(?:-(\d{1,4})([AXK]?)号?)?\W*"
)
_NEXT_SERIAL = re.compile(r"\s*-\s*(\d{1,4})([AXK]?)号?\s*")
_DASHES = re.compile("[~～]")
_RANGE = re.compile(r"\s*(?:至|到|—|~)\s*-?\d{1,4}\s*号?\s*")
_FLOAT = re.compile(r"(\d{6,15})\.0+|(\d\.\d{7,14})[eE]\+?(\d{1,2})")
"""What spreadsheets make of digits."""
_OLD_BEFORE = re.compile(r"(?:原|旧|曾用)[^\d；;，,（(]{0,8}\Z")
_OLD_BEHIND = re.compile(r"[^\w]{0,3}(?:已)?(?:注销|作废|停用|取消)|[（(](?:旧|原)\w{0,4}[)）]")


def canonical(
    written: Iterable[str], facts: NumberFacts, kind: NumberKind = NumberKind.FILING
) -> tuple[str, ...]:
    """Each number once; what cannot be read stays as it was written. ``kind`` = what digits alone are."""
    standing, old = list[str](), list[str]()
    for cell in written:
        serial = _NEXT_SERIAL.fullmatch(cell) if standing else None
        if serial:  # …号-1、-2
            standing.append(f"{standing[-1].partition('号')[0]}号-{serial[1]}{serial[2]}")
        else:
            for number, is_old in _numbers(cell, facts, kind):
                (old if is_old else standing).append(number)
    return tuple(dict.fromkeys(standing or old))


def in_canonical_form(site: Site, facts: NumberFacts) -> Site:
    """The row with the numbers that its owner expects as they are displayed, each under its kind."""
    if not (site.expected_icp or site.expected_licence or site.expected_psb):
        return site
    filings = canonical(site.expected_icp, facts)
    misplaced = tuple(number for number in filings if "公网安备" in number)
    return replace(
        site,
        expected_icp=tuple(number for number in filings if number not in misplaced),
        expected_licence=canonical(site.expected_licence, facts, NumberKind.LICENCE),
        expected_psb=(*canonical(site.expected_psb, facts, NumberKind.PSB), *misplaced),
    )


def _numbers(cell: str, facts: NumberFacts, kind: NumberKind) -> list[tuple[str, bool]]:
    """The numbers of a cell, and of each whether a remark calls it old or cancelled."""
    text = _FLOAT.sub(_digits, cell)
    found = [each for each in find_numbers(_DASHES.sub("-", text), facts, _ANY_YEAR) if each.number]
    if any(each.status is not NumberStatus.MALFORMED for each in found):
        ends = [*(each.start for each in found), len(text)][1:]
        return [
            (_standard(each, facts, text), _is_old(text, each, end))
            for each, end in zip(found, ends, strict=True)
        ]
    plain = "".join(fold(text).text.split()).upper()
    if police := _POLICE.fullmatch(plain):
        return [(f"公网安备{police[1]}号", False)]
    filing = _FILING.fullmatch(plain)
    if filing and (kind is NumberKind.FILING or "备" in plain):
        sign, digits, serial, service = filing.groups("")
        sign = sign if sign in facts.signs else ""
        return [(f"{sign}ICP备{digits}号" + (f"-{serial}{service}" if serial else ""), False)]
    return [(text, False)]


def _is_old(text: str, number: ParsedNumber, end: int) -> bool:
    before = _OLD_BEFORE.search(text, max(0, number.start - 12), number.start)
    return bool(before or _OLD_BEHIND.match(text, number.end, end))


def _standard(number: ParsedNumber, facts: NumberFacts, text: str) -> str:
    """Its canonical form, with the sign that the filing system prints; of a range of serials the entity's."""
    canonical_form = number.entity_number if _RANGE.match(text, number.end) else number.number
    if number.status is NumberStatus.NONSTANDARD_PREFIX and number.prefix in facts.signs:
        standard = facts.signs[number.prefix].expected
        return canonical_form.replace(number.prefix, standard, 1) if standard else canonical_form
    return canonical_form


def _digits(written: re.Match[str]) -> str:
    plain, mantissa, exponent = written.groups()
    if plain:
        return str(plain)
    digits = mantissa.replace(".", "")
    return digits if len(digits) == int(exponent) + 1 else "?"  # else some were lost
