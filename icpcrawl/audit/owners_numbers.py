"""Numbers as an owner writes them into lists and exports → the canonical forms that pages are compared with.

Labels, remarks, several numbers in a cell, characters that a spreadsheet adds: the grammar that
reads pages reads them too. Digits alone, which no page is believed for, are an owner's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from icpcrawl.audit.fold import fold
from icpcrawl.audit.numbers import NumberFacts, find_numbers
from icpcrawl.portfolio import Site

_ANY_YEAR = 9999
"""An owner's number is not judged by its year."""
_POLICE = re.compile(r"\D{0,20}?(\d{14})号?\W*")
_FILING = re.compile(
    r"[^\d\u4e00-\u9fff]{0,20}(?:([\u4e00-\u9fff])?备(?:案)?号?:?)?(\d{8}|\d{10})号?(?:-(\d{1,4})([AXK]?)号?)?\W*"
)


def canonical(written: Iterable[str], facts: NumberFacts) -> tuple[str, ...]:
    """Each number once; what cannot be read stays as it was written."""
    return tuple(dict.fromkeys(number for cell in written for number in _numbers(cell, facts)))


def in_canonical_form(site: Site, facts: NumberFacts) -> Site:
    """The row with the numbers that its owner expects as they are displayed."""
    if not (site.expected_icp or site.expected_licence or site.expected_psb):
        return site
    return replace(
        site,
        expected_icp=canonical(site.expected_icp, facts),
        expected_licence=canonical(site.expected_licence, facts),
        expected_psb=canonical(site.expected_psb, facts),
    )


def _numbers(cell: str, facts: NumberFacts) -> tuple[str, ...]:
    written = cell.replace("~", "-").replace("～", "-")
    found = tuple(each.number for each in find_numbers(written, facts, _ANY_YEAR) if each.number)
    if found:
        return found
    plain = "".join(fold(written).text.split())
    if police := _POLICE.fullmatch(plain):
        return (f"公网安备{police[1]}号",)
    if filing := _FILING.fullmatch(plain.upper()):
        sign, digits, serial, kind = filing.groups("")
        return (f"{sign}ICP备{digits}号" + (f"-{serial}{kind}" if serial else ""),)
    return (cell,)
