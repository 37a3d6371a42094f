"""One sample site: its portfolio row, its names, its hosts, and what the audit must say of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from icpcrawl.audit.finding import Verdict
from icpcrawl.demo.sites.company import Company
from icpcrawl.demo.zone import Answer, Host, Name, Records


@dataclass(frozen=True, slots=True)
class Expected:
    """What the audit must say of a row."""

    verdict: Verdict
    rules: frozenset[str] = frozenset()
    """Findings that must be there; there may be more."""
    never: frozenset[str] = frozenset()
    """Findings that would be false."""


@dataclass(frozen=True, slots=True)
class SampleSite:
    row: Mapping[str, str]
    """Portfolio column → cell."""
    expected: Expected
    names: Mapping[str, Name] = field(default_factory=dict)
    hosts: Mapping[str, Host] = field(default_factory=dict)

    @property
    def site_id(self) -> str:
        return self.row["site_id"]

    def told(self, **cells: str) -> SampleSite:
        """The same site with more cells in its portfolio row."""
        return replace(self, row={**self.row, **cells})


def site(
    site_id: str,
    domain: str,
    company: Company | None,
    expected: Expected,
    *,
    host: Host | None = None,
    name: Name | None = None,
    www: bool = True,
    more_names: Mapping[str, Name] | None = None,
    more_hosts: Mapping[str, Host] | None = None,
    **cells: str,
) -> SampleSite:
    """A row with its web. ``www`` gives the www name the same answers as the domain."""
    hosts = (domain, f"www.{domain}") if www else (domain,)
    row = {"domain": domain, "site_id": site_id}
    if company is not None:
        row |= {"name": company.brand, "entity": company.name}
    return SampleSite(
        row | cells,
        expected,
        (dict.fromkeys(hosts, name) if name else {}) | dict(more_names or {}),
        (dict.fromkeys(hosts, host) if host else {}) | dict(more_hosts or {}),
    )


def home(page: str | bytes, **answer: object) -> Host:
    """A host with nothing but a homepage."""
    body = page.encode("utf-8") if isinstance(page, str) else page
    return Host({"/": Answer(body, **answer)})  # type: ignore[arg-type]


def at(*addresses: str, cname: str = "") -> Name:
    """A name at these addresses, the same for everybody."""
    return Name(records(addresses, cname))


def records(addresses: Iterable[str], cname: str = "") -> Records:
    """A and AAAA told apart by their look."""
    listed = tuple(addresses)
    return Records(
        tuple(address for address in listed if ":" not in address),
        tuple(address for address in listed if ":" in address),
        cname,
    )


def compliant(*rules: str, never: Iterable[str] = ()) -> Expected:
    return Expected(Verdict.COMPLIANT, frozenset(rules), frozenset(never))


def non_compliant(*rules: str, never: Iterable[str] = ()) -> Expected:
    return Expected(Verdict.NON_COMPLIANT, frozenset(rules), frozenset(never))


def not_required(*rules: str, never: Iterable[str] = ()) -> Expected:
    return Expected(Verdict.NOT_REQUIRED, frozenset(rules), frozenset(never))


def inconclusive(*rules: str, never: Iterable[str] = ()) -> Expected:
    return Expected(Verdict.INCONCLUSIVE, frozenset(rules), frozenset(never))


def not_assessed(*rules: str) -> Expected:
    """Not seen, so nothing about numbers or links may be said."""
    never = ("filing-number-missing", "link-missing", "psb-number-missing", "filing-number-not-displayed")
    return Expected(Verdict.NOT_ASSESSED, frozenset(rules), frozenset(never))


def rejected() -> Expected:
    return Expected(Verdict.REJECTED)
