"""What the owner of the portfolio decided: selection, severities, waivers. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from functools import cached_property
from operator import itemgetter
from types import MappingProxyType

from icpcrawl.audit.finding import Finding, Severity
from icpcrawl.portfolio import Site
from icpcrawl.portfolio.host import native_form

FIX_DAYS: Mapping[str, int] = MappingProxyType({"error": 7, "warning": 30, "notice": 0})
"""As ``data/policy.toml`` has it."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted finding: who accepted it, why, and until when."""

    rule: str
    """A slug, or a family such as ``psb-*``."""
    reason: str
    owner: str
    approver: str
    expires: str
    """ISO date, inclusive."""
    site_id: str = ""
    domain_pattern: str = ""
    """Over hosts in the form that ``native_form`` gives them, or in ASCII."""
    tag: str = ""
    line: int = 0
    observed: str = ""
    """The accepted value, as in the report's ``observed`` column (or the number alone).
    Where given, another value reopens the finding."""

    @property
    def scope(self) -> str:
        """What it covers, in one line: site, domain pattern, tag."""
        tag = f"tag {self.tag}" if self.tag else ""
        return " & ".join(part for part in (self.site_id, self.domain_pattern, tag) if part)

    def covers_site(self, site: Site) -> bool:
        """Every scope that is given must hold; a waiver without any covers nothing."""
        if self.site_id and self.site_id != site.site_id:
            return False
        if self.tag and self.tag not in site.tags:
            return False
        if self.domain_pattern:
            return any(fnmatchcase(host, self.domain_pattern) for host in {site.host, native_form(site.host)})
        return bool(self.site_id or self.tag)

    def names(self, finding: Finding) -> bool:
        return self.names_rule(finding.rule)

    def names_rule(self, slug: str) -> bool:
        """Whether it speaks of that rule or its family."""
        return slug == self.rule or fnmatchcase(slug, self.rule)

    def still_fits(self, finding: Finding) -> bool:
        """False where the accepted value was written down and another one is seen now."""
        accepted = "".join(self.observed.split())
        seen = ("".join(value.split()) for value in (finding.observed, finding.subject))
        return not accepted or accepted in seen

    def has_expired(self, today: date) -> bool:
        return today.isoformat() > self.expires


@dataclass(frozen=True, slots=True)
class PolicyOverride:
    """What holds differently for the sites of one tag or one owner."""

    tag: str = ""
    owner: str = ""
    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    disabled: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()

    def covers(self, site: Site) -> bool:
        scopes = [(self.tag, self.tag in site.tags), (self.owner, self.owner == site.owner)]
        given = [holds for scope, holds in scopes if scope]
        return bool(given) and all(given)


@dataclass(frozen=True)
class Policy:
    """Which rules speak, and how loudly. The default is what ``data/policy.toml`` says.

    Not slotted: the waivers are sorted by site once, or thousands of them would be looked
    through for each of 20,000 sites.
    """

    severities: Mapping[str, Severity] = field(default_factory=lambda: MappingProxyType({}))
    """Rule slug → severity, instead of the rule's own."""
    disabled: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()
    """Rules that are off by default and wanted here."""
    province_habit: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Province prefix → ``entity`` or ``service``: the form its reviewers ask for."""
    fetch_dark_days: int = 30
    waivers: tuple[Waiver, ...] = ()
    digest: str = ""
    """SHA-256 of the files this came from."""
    overrides: tuple[PolicyOverride, ...] = ()
    """Later ones win over earlier ones, all over the general part."""
    fail_on: str = ""
    """``error``, ``warning``, ``notice``, ``new``, ``never``; empty = the command's default."""
    fix_days: Mapping[str, int] = field(default_factory=lambda: FIX_DAYS)
    """Severity or rule slug → days from the first sighting until it is due; 0 = never."""

    @cached_property
    def _waivers_by_site(self) -> Mapping[str, tuple[tuple[int, Waiver], ...]]:
        """Site id → the waivers that name it, with their place in the file; under "" those that name none."""
        found: dict[str, list[tuple[int, Waiver]]] = {}
        for place, waiver in enumerate(self.waivers):
            found.setdefault(waiver.site_id, []).append((place, waiver))
        return {site_id: tuple(placed) for site_id, placed in found.items()}

    def waivers_of(self, site: Site) -> tuple[Waiver, ...]:
        """The waivers whose scope holds that site, in the order of the file."""
        if not self.waivers:
            return ()
        by_site = self._waivers_by_site
        placed = (*by_site.get(site.site_id, ()), *by_site.get("", ()))
        return tuple(waiver for _, waiver in sorted(placed, key=itemgetter(0)) if waiver.covers_site(site))

    def speaks(self, slug: str, site: Site, *, on_by_default: bool) -> bool:
        """Whether that rule is to be held against that site."""
        wanted = (on_by_default or slug in self.enabled) and slug not in self.disabled
        for override in self.overrides:
            if override.covers(site):
                wanted = (wanted or slug in override.enabled) and slug not in override.disabled
        return wanted

    def severity(self, slug: str, site: Site) -> Severity | None:
        """The severity the owner set for that rule and site; None = the rule's own."""
        chosen = self.severities.get(slug)
        for override in self.overrides:
            if override.covers(site):
                chosen = override.severities.get(slug, chosen)
        return chosen
