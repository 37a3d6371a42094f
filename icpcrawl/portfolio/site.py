"""What a portfolio is made of: accepted rows, refused rows. Values only."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True, slots=True)
class Site:
    """One accepted row of the portfolio."""

    row: int
    """1-based position among the data rows, refused ones counted."""
    line: int
    """Line in the file as an editor shows it; the row's number in a workbook."""
    site_id: str
    domain: str
    """The host as given, unchanged."""
    host: str
    """Normalised: lower case, IDNA 2008 ASCII, no trailing dot."""
    url: str = ""
    """As written, where the row gives one: fetched as written, no ladder."""
    name: str = ""
    entity: str = ""
    owner: str = ""
    group: str = ""
    tags: tuple[str, ...] = ()
    expected_icp: tuple[str, ...] = ()
    expected_licence: tuple[str, ...] = ()
    expected_psb: tuple[str, ...] = ()
    expected_hosting: str = ""
    """``mainland``, ``outside``, ``any`` or empty."""
    provider: str = ""
    launched_on: date | None = None
    icp_approved_on: date | None = None
    entity_kind: str = ""
    """``company``, ``person``, ``institution`` or empty."""
    commercial: bool | None = None
    """Sells paid information service; None = the portfolio does not say."""
    icp_status: str = ""
    """``filed``, ``pending``, ``none`` or empty."""
    domain_expires_on: date | None = None
    note: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    """Unknown columns, header → cell, carried to the report."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that cannot be a site. It stands in the report with verdict ``rejected``."""

    row: int
    line: int
    column: str
    value: str
    """The offending cell, shortened to 200 characters."""
    reason_zh: str
    reason_en: str
    site_id: str = ""
    """Never the id of an accepted row."""
    domain: str = ""
    cells: tuple[tuple[str, str], ...] = ()
    """The row as it stands, contract column → cell, unknown columns too."""


@dataclass(frozen=True, slots=True)
class Portfolio:
    rows: tuple[Site | RefusedRow, ...]
    """In file order: rows in = rows out."""
    source: str
    sha256: str
    encoding: str
    extra_columns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Things worth saying that stop nothing (a column twice, an unlikely year …)."""

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(row for row in self.rows if isinstance(row, Site))

    def only(self, site_ids: Container[str]) -> Portfolio:
        """The same portfolio with these sites alone."""
        kept = tuple(row for row in self.rows if isinstance(row, Site) and row.site_id in site_ids)
        return replace(self, rows=kept)

    @property
    def refused(self) -> tuple[RefusedRow, ...]:
        return tuple(row for row in self.rows if isinstance(row, RefusedRow))
