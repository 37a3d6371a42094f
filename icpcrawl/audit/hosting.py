"""Hosting evidence → mainland, outside, mixed, disputed or unknown, and what follows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from icpcrawl.audit.finding import Confidence, Text


class HostingSide(StrEnum):
    MAINLAND = "mainland"
    OUTSIDE = "outside"
    MIXED = "mixed"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class Required(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HostingJudgment:
    """Where a site is served from, how sure that is, and whether a filing is required."""

    side: HostingSide
    confidence: Confidence
    why: Text
    required: Required
    required_why: Text
    countries: tuple[str, ...] = ()
    """ISO codes seen, in order of first sight; ``??`` for an address nobody knows."""
    addresses: tuple[str, ...] = ()
    asn: tuple[int, ...] = ()
    provider: str = ""
    cdn: str = ""
    platform: str = ""
    single_vantage: bool = False
    mainland_seen: tuple[str, ...] = ()
    """Names of the answers that put it in the mainland, for the evidence."""
