"""The sample sites: one portfolio that meets every verdict and the commonest faults.

The companies are made up; the addresses are real, so that geography is judged for real; nobody
is visited, since every connection ends on loopback.

Adding one: a ``SampleSite`` in the file of its kind, with what the audit must say of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from icpcrawl.demo.sites import elsewhere, rightly, unseen, wrongly
from icpcrawl.demo.sites.sample import Expected, SampleSite
from icpcrawl.demo.zone import Zone

__all__ = ["EXPECTED", "PORTFOLIO_COLUMNS", "ROWS", "SITES", "ZONE", "Expected", "SampleSite"]

PORTFOLIO_COLUMNS = (
    "domain",
    "site_id",
    "name",
    "entity",
    "owner",
    "group",
    "expected_icp",
    "expected_licence",
    "launched_on",
    "entity_kind",
    "commercial",
)

SITES: tuple[SampleSite, ...] = (
    *rightly.SITES,
    *wrongly.SITES,
    *elsewhere.SITES,
    *unseen.SITES,
    *unseen.REFUSED,
)

ROWS: tuple[Mapping[str, str], ...] = tuple(sample.row for sample in SITES)
EXPECTED: Mapping[str, Expected] = MappingProxyType({sample.site_id: sample.expected for sample in SITES})
"""Site id → what the audit must say. Refused rows are here under the id they ask for."""
ZONE = Zone(
    {host: name for sample in SITES for host, name in sample.names.items()},
    {host: page for sample in SITES for host, page in sample.hosts.items()},
)
