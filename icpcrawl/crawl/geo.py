"""Addresses → what each geography source says of them.

Sources vote, nobody decides here: ``audit.hosting`` weighs the votes. Databases are MMDB
files (MaxMind's format): Country, City, Enterprise and ASN editions, read with geoip2, and flat
records with a country code.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import geoip2.database
import geoip2.errors
import maxminddb

from icpcrawl.datafiles import read_table
from icpcrawl.errors import DataFileError
from icpcrawl.observation import CountryVote, Database, LocatedAddress

MEMORY = 20_000
"""Addresses remembered: many sites share one."""
LOOKED_AT = 1_000
"""Records of a database that are looked at before it is believed."""

_ISO = re.compile(r"[A-Za-z]{2}")
_REMEDY = "give a readable MMDB file with country or ASN records, e.g. GeoLite2-Country.mmdb or DB-IP Lite"


@dataclass(frozen=True, slots=True)
class Source:
    """One database, opened."""

    name: str
    kind: str
    """``country``, ``city``, ``enterprise`` or ``asn``: the geoip2 method to call; or ``flat``."""
    database: Database
    database_type: str
    """As its maker calls it, e.g. ``GeoLite2-Country``."""
    _reader: geoip2.database.Reader | maxminddb.Reader

    def vote(self, address: str) -> CountryVote:
        """What it says of one address; without an opinion a vote for nothing."""
        try:
            if not isinstance(self._reader, geoip2.database.Reader):
                return CountryVote(self.name, "geoip", _flat_code(self._reader.get(address)))
            if self.kind == "asn":
                found = self._reader.asn(address)
                return CountryVote(
                    self.name,
                    "origin-as",
                    asn=found.autonomous_system_number,
                    organisation=found.autonomous_system_organization or "",
                )
            look = {
                "city": self._reader.city,
                "enterprise": self._reader.enterprise,
                "country": self._reader.country,
            }
            # The registered country says who holds the range, not where it is: no vote.
            code = look[self.kind](address).country.iso_code
            return CountryVote(self.name, "geoip", country=code.upper() if code else None)
        except (geoip2.errors.AddressNotFoundError, ValueError, maxminddb.InvalidDatabaseError):
            return CountryVote(self.name, "origin-as" if self.kind == "asn" else "geoip")

    def close(self) -> None:
        self._reader.close()


class Geography:
    """All geography sources of a run, opened once."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Open every file.

        Raises ``DataFileError`` naming the first file that is missing, is no MMDB or has
        neither country nor ASN records.
        """
        self.sources: list[Source] = []
        try:
            for file in files:
                self.sources.append(open_source(file))
        except DataFileError:
            self.close()
            raise
        self._known: OrderedDict[str, LocatedAddress] = OrderedDict()

    @property
    def databases(self) -> tuple[Database, ...]:
        return tuple(source.database for source in self.sources)

    def locate(self, address: str) -> LocatedAddress:
        """Every source's vote on one address; a source without an opinion votes ``None``."""
        known = self._known.get(address)
        if known is not None:
            return known
        votes = tuple(source.vote(address) for source in self.sources)
        located = LocatedAddress(address, votes)
        self._known[address] = located
        if len(self._known) > MEMORY:
            self._known.popitem(last=False)
        return located

    def close(self) -> None:
        for source in self.sources:
            source.close()


def open_source(file: Path, *, shown_as: str = "") -> Source:
    """One database; ``DataFileError`` where it cannot vote. ``shown_as`` stands for it in errors."""
    named = shown_as or file
    try:
        reader = geoip2.database.Reader(file)
    except FileNotFoundError:
        raise DataFileError("no such GeoIP database", file=named, remedy=_REMEDY) from None
    except (maxminddb.InvalidDatabaseError, OSError, ValueError) as error:
        raise DataFileError(f"not a readable GeoIP database ({error})", file=named, remedy=_REMEDY) from None
    metadata = reader.metadata()
    kind = _kind(file, metadata.database_type)
    if not kind:
        reader.close()
        raise DataFileError(
            f"a database of type {metadata.database_type!r} has no country or ASN records that can be read",
            file=named,
            remedy=_REMEDY,
        )
    built = datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat()
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    database = Database(file.stem, built, digest, licence_of(metadata.database_type)[1])
    if kind == "flat":
        reader.close()
        return Source(file.stem, kind, database, metadata.database_type, maxminddb.open_database(file))
    return Source(file.stem, kind, database, metadata.database_type, reader)


def licence_of(database_type: str) -> tuple[str, str]:
    """Licence of a database, and how its maker is to be named; empty where the table does not know."""
    rows = (row for row in read_table("geo/licences.csv") if database_type.startswith(row["type"]))
    return next(((row["licence"], row["attribution"]) for row in rows), ("", ""))


def _kind(file: Path, database_type: str) -> str:
    """The way to read it, by its type and by what its records look like; empty where there is none."""
    said = next((w for w in ("enterprise", "city", "country", "asn") if w in database_type.lower()), "")
    try:
        with maxminddb.open_database(file) as reader:
            records = [record for _, record in islice(reader, LOOKED_AT) if isinstance(record, dict)]
    except (maxminddb.InvalidDatabaseError, OSError, ValueError):
        return ""
    if said == "asn":
        return said if any(isinstance(r.get("autonomous_system_number"), int) for r in records) else ""
    keys = ("country", "registered_country")
    if said and any(isinstance(record.get(key), dict) for record in records for key in keys):
        return said
    return "flat" if any(_flat_code(record) for record in records) else ""


def _flat_code(record: object) -> str | None:
    """ISO code of a record that is one level deep: ``{"country_code": "CN"}`` or ``{"country": "CN"}``."""
    if not isinstance(record, dict):
        return None
    for key in ("country_code", "country"):
        code = record.get(key)
        if isinstance(code, str) and _ISO.fullmatch(code) and code.upper() != "ZZ":
            return code.upper()
    return None
