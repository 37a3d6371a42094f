"""What the owner of the portfolio decided: selection, severities, waivers. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from icpcrawl.audit.finding import Severity


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted finding: who accepted it, why, and until when."""

    rule: str
    reason: str
    owner: str
    approver: str
    expires: str
    """ISO date, inclusive."""
    site_id: str = ""
    domain_pattern: str = ""
    tag: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rules speak, and how loudly. The default is what ``data/policy.toml`` says."""

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
