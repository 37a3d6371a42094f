"""One site's case: everything a rule may look at, and what a rule is.

A rule is a function of a ``Case`` that yields findings, beside the record that names it.
It reads values and returns values; it never fetches, never reads a clock or a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlsplit

from icpcrawl.audit.facts import Facts, KnownNumber
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.footer import DisplayedNumber, PageReading
from icpcrawl.audit.hosting import HostingJudgment, Required
from icpcrawl.audit.numbers import NumberKind, ParsedNumber, ServiceKind
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.shown import AGREES, agreement, best_linked, counts_as_display, is_usable
from icpcrawl.audit.site_audit import JudgedNumber, Shown
from icpcrawl.observation import FetchOutcome, Observation
from icpcrawl.portfolio import Site


@dataclass(frozen=True)
class Case:
    """Not slotted: what all rules ask of it is worked out once."""

    site: Site
    observation: Observation
    outcome: FetchOutcome
    """Refined: ``ok`` only where the page is the homepage."""
    reading: PageReading | None
    """None unless ``outcome`` is ``ok``."""
    filing: Shown
    psb: Shown
    licence: Shown
    hosting: HostingJudgment
    previous: PreviousState | None
    register: Register
    facts: Facts
    policy: Policy
    today: date
    """The date in Asia/Shanghai."""

    @cached_property
    def filings(self) -> tuple[JudgedNumber, ...]:
        """Filing numbers a visitor reads that are worth something, those of Apps included."""
        return tuple(each for each in self.filing.all if is_usable(each.seen))

    @cached_property
    def licences(self) -> tuple[JudgedNumber, ...]:
        """Licence numbers a visitor reads that count as the display (Decree 292 art. 12)."""
        return tuple(
            each for each in self.licence.all if is_usable(each.seen) and counts_as_display(each.seen)
        )

    @cached_property
    def psb_numbers(self) -> tuple[JudgedNumber, ...]:
        return tuple(each for each in self.psb.all if is_usable(each.seen))

    @cached_property
    def owing_link(self) -> tuple[JudgedNumber, ...]:
        """Each number that owes a link to the filing system once, with the best link among its copies.

        Numbers of websites; those of Apps have no duty here. A licence only where it stands alone.
        """
        sites = [each for each in self.filings if each.seen.parsed.service_kind is ServiceKind.WEBSITE]
        if sites or self.filings:
            return best_linked(sites)
        licences = best_linked(self.licences)
        # One of several licences linked is the custom; the others are the list behind it.
        linked = tuple(each for each in licences if each.link.passes)
        return linked or licences

    @property
    def filing_like(self) -> tuple[DisplayedNumber, ...]:
        """All that looks like a filing number, whatever its place and worth."""
        numbers = self.reading.numbers if self.reading else ()
        return tuple(each for each in numbers if each.parsed.kind is NumberKind.FILING)

    @property
    def required(self) -> bool:
        return self.hosting.required is Required.YES

    @cached_property
    def registered(self) -> tuple[RegisterEntry, ...]:
        """What the owner's register says of this row's registrable domain, of its very host first."""
        entries = self.register.entries.get(registrable_domain(self.site.host), ())
        return tuple(sorted(entries, key=lambda entry: entry.host != self.site.host))

    def borrowed(self, shown: ParsedNumber) -> KnownNumber | None:
        """The well-known site whose number this is, where neither the domain nor a name is its owner's."""
        known = self.facts.law.known(shown.entity_number, shown.number)
        if known is None:
            return None
        page = self.observation.fetched.page
        hosts = [self.site.host, (urlsplit(page.url).hostname or "") if page else ""]
        holder = self.reading.copyright_holder if self.reading else ""
        called = f"{self.site.entity} {self.site.group} {self.site.name} {holder}".casefold()
        is_owners = any(registrable_domain(host) in known.domains for host in hosts if host)
        return None if is_owners or any(name in called for name in known.names) else known

    @cached_property
    def landed_elsewhere(self) -> str:
        """Registrable domain of the final page where it is not the row's own, else empty."""
        page = self.observation.fetched.page
        host = urlsplit(page.url).hostname if page else None
        landed = registrable_domain(host) if host else ""
        return landed if landed and landed != registrable_domain(self.site.host) else ""

    @cached_property
    def landing_is_ours(self) -> bool:
        """The page that was seen speaks for this row: its own, or one whose number we expect."""
        if not self.landed_elsewhere:
            return True
        named = (*self.site.expected_icp, *self.site.expected_licence)
        named += tuple(entry.number for entry in self.registered if entry.number)
        shown = (*self.filings, *self.licences)
        return agreement([each.seen.parsed for each in shown], named) in AGREES


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, how loud it is, on what it stands, and the function that judges.

    Titles, remedies and explanations in both languages are in ``data/texts/`` under
    ``rule.<slug>``; laws in ``data/law.csv``.
    """

    slug: str
    severity: Severity
    confidence: Confidence
    law: tuple[str, ...]
    """Keys of ``data/law.csv``, or ``technical:<source>`` where no article applies."""
    judge: Callable[[Case], Iterable[Finding]]
    on_by_default: bool = True
    needs_homepage: bool = True
    """False for fetch and hosting rules, which also speak of sites whose page was not seen."""
