"""An MMDB whose date is that of its source, so that the same input gives the same bytes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet


class DatedWriter(MMDBWriter):
    """MMDB writer with a given build date; the original takes the clock."""

    def __init__(self, database_type: str, description: str, built_on: date) -> None:
        super().__init__(
            ip_version=6,
            ipv4_compatible=True,
            database_type=database_type,
            languages=["en"],
            description=description,
        )
        self.built_on = built_on

    def insert(self, networks: list[str], record: dict[str, Any]) -> None:
        """One record for many networks; neighbours are joined."""
        self.insert_network(IPSet(networks), record)

    def write(self, path: Path) -> None:
        self.to_db_file(str(path))

    def _build_meta(self) -> dict[str, Any]:
        midnight = datetime(self.built_on.year, self.built_on.month, self.built_on.day, tzinfo=UTC)
        return {**super()._build_meta(), "build_epoch": int(midnight.timestamp())}
