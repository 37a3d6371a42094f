"""Whose the sites of a portfolio are: by name, and by the numbers that are that name's own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from icpcrawl.audit.finding import Finding
from icpcrawl.audit.portfolio_rules import plain_name
from icpcrawl.audit.register import Register
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.rules.entity import related
from icpcrawl.audit.shown import entity_part, is_usable
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.portfolio import Site

_OF_ANOTHER = frozenset({"filing-number-borrowed", "entity-holder-differs", "fetch-redirects-elsewhere"})
"""Beside these, the number on the page may be that of another company."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one site tells of whose it is: names as ``plain_name``, numbers as ``entity_part`` has them."""

    site_id: str
    names: frozenset[str]
    """Entity, group, and who holds the filings of its domain."""
    given: frozenset[str]
    """Numbers that the portfolio or the register names for it."""
    shown: frozenset[str]
    """The number on its page, where that can be used."""
    is_doubtful: bool
    """Whether what it shows may be another's."""

    @classmethod
    def read(
        cls, site_id: str, names: Iterable[str], given: Iterable[str], shown: str, findings: Iterable[Finding]
    ) -> Self:
        """The same, of names and numbers however they were typed; empty ones are none."""
        return cls(
            site_id,
            frozenset(plain_name(name) for name in names if name),
            frozenset(entity_part(number) for number in given if number),
            frozenset({entity_part(shown)} if shown else ()),
            any(finding.rule in _OF_ANOTHER for finding in findings),
        )

    @property
    def numbers(self) -> frozenset[str]:
        return self.given | self.shown


def claim_of(site: Site, audit: SiteAudit | None, register: Register) -> Claim:
    entries = register.entries.get(registrable_domain(site.host), ())
    main = audit.filing.main if audit else None
    return Claim.read(
        site.site_id,
        (site.entity, site.group, *(entry.holder for entry in entries)),
        (*site.expected_icp, *(entry.number for entry in entries)),
        main.seen.parsed.number if main and is_usable(main.seen) else "",
        audit.findings if audit else (),
    )


def holders_of(register: Register) -> Mapping[str, frozenset[str]]:
    """Entity part of a number → the plain names of those who hold it."""
    entries = (entry for of_domain in register.entries.values() for entry in of_domain)
    return held_by((entry.number, entry.holder) for entry in entries)


def held_by(pairs: Iterable[tuple[str, str]]) -> Mapping[str, frozenset[str]]:
    """The same, of (number, holder) however they were typed; where one is empty, the pair says nothing."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for number, holder in pairs:
        if number and holder:
            found[entity_part(number)].add(plain_name(holder))
    return {number: frozenset(names) for number, names in found.items()}


class Entities:
    """All claims of a portfolio, to be asked whose sites are whose."""

    def __init__(self, claims: Iterable[Claim], holders: Mapping[str, frozenset[str]]) -> None:
        self._holders = holders
        self._of_name: dict[str, list[Claim]] = defaultdict(list)
        self._of_number: dict[str, list[Claim]] = defaultdict(list)
        self._held: dict[str, set[str]] = defaultdict(set)
        self._order: dict[str, int] = {}
        for claim in claims:
            self._order[claim.site_id] = len(self._order)
            for name in claim.names:
                self._of_name[name].append(claim)
            for number in claim.numbers:
                self._of_number[number].append(claim)
        for number, names in holders.items():
            for name in names:
                self._held[name].add(number)

    def sites_of(self, entity: str) -> tuple[str, ...]:
        """Ids of the sites of a name, or of one of its numbers, in the order of the portfolio."""
        name = plain_name(entity)
        named = self._of_name.get(name, [])
        near = {number for claim in named for number in claim.numbers} | self._held.get(name, set())
        asked = self._of_number.get(entity_part(entity), [])
        own = [number for number in near if self._is_own(number, name)]
        sharing = (
            each
            for number in own
            for each in self._of_number.get(number, ())
            if _may_be_of(each, number, name)
        )
        found = {claim.site_id for claim in (*named, *asked, *sharing)}
        return tuple(sorted(found, key=self._order.__getitem__))

    def _is_own(self, number: str, name: str) -> bool:
        """Whether a number is that name's: as the register says, else the portfolio, else the pages alone.

        What sites of two entities have may be borrowed by either, and leads to no other site.
        """
        if number in self._holders:
            return name in self._holders[number]
        named = [claim for claim in self._of_number[number] if claim.names]
        telling = [claim for claim in named if number in claim.given]
        telling = telling or [claim for claim in named if not claim.given and not claim.is_doubtful]
        return bool(telling) and all(name in claim.names for claim in telling)


def _may_be_of(claim: Claim, number: str, name: str) -> bool:
    """False where the number is only shown, by a site of another entity or of another number."""
    if claim.given:
        return number in claim.given
    return not claim.names or any(related(name, each) for each in claim.names)


def entity_number(part: str) -> str:
    """The canonical form of what ``entity_part`` made comparable.

    >>> entity_number("京ICP备12345678"), entity_number("粤B2-20090059")
    ('京ICP备12345678号', '粤B2-20090059')
    """
    return f"{part}号" if re.fullmatch(r".?ICP[备证]\d+", part) else part
