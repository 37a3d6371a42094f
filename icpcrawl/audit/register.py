"""The owner's own filings, as exported from MIIT or a provider console. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """What the export says of one registrable domain."""

    domain: str
    """Registrable domain, ASCII."""
    number: str
    """Canonical filing or licence number; empty where the export says *not filed*."""
    holder: str = ""
    nature: str = ""
    """企业, 个人, 事业单位 … as exported."""
    approved_on: str = ""
    filed: bool | None = None
    """None = the export does not know, which is never *not filed*."""
    source: str = ""
    read_on: str = ""
    """ISO date of the export."""
    host: str = ""
    """The name as the export gives it, ASCII: of several filings under one domain this one's."""


@dataclass(frozen=True, slots=True)
class Register:
    entries: Mapping[str, tuple[RegisterEntry, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Registrable domain → its filings."""
    digest: str = ""
