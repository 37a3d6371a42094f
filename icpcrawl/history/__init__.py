"""Runs on disk: what was seen and judged, site by site, and what changed since.

One SQLite file. A site's result is stored whole or not at all; ``(run, site)`` is
unique, so a resumed run skips what is there and nothing is doubled.
"""

from __future__ import annotations

from icpcrawl.history.changes import site_change
from icpcrawl.history.result import FindingChange, Result, SiteChange
from icpcrawl.history.store import SHANGHAI, History, Run, RunRecord

__all__ = ["SHANGHAI", "FindingChange", "History", "Result", "Run", "RunRecord", "SiteChange", "site_change"]
