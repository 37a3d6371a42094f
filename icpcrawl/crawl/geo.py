"""Addresses → what each geography source says of them.

Sources vote, nobody decides here: ``audit.hosting`` weighs the votes. Databases are MMDB
files read with geoip2 (MaxMind's format; Country, City, Enterprise and ASN editions).
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import geoip2.database
import geoip2.errors
import maxminddb

from icpcrawl.errors import DataFileError
from icpcrawl.observation import CountryVote, Database, LocatedAddress

MEMORY = 20_000
"""Addresses remembered: many sites share one."""
LOOKED_AT = 1_000
"""Records of a database that are looked at before it is believed."""

_REMEDY = "give a readable MMDB file with country or ASN records, e.g. GeoLite2-Country.mmdb or DB-IP Lite"


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    kind: str
    """``country``, ``city``, ``enterprise`` or ``asn``: the geoip2 method to call."""
    reader: geoip2.database.Reader
    database: Database


class Geography:
    """All geography sources of a run, opened once."""

    def __init__(self, files: Sequence[Path], *, attributions: Iterable[tuple[str, str]] = ()) -> None:
        """Open every file.

        Raises ``DataFileError`` naming the first file that is missing, is no MMDB or has
        neither country nor ASN records.
        """
        attribution_of = dict(attributions)
        self._sources: list[_Source] = []
        try:
            for file in files:
                self._sources.append(_open(file, attribution_of.get(file.name, "")))
        except DataFileError:
            self.close()
            raise
        self._known: OrderedDict[str, LocatedAddress] = OrderedDict()

    @property
    def databases(self) -> tuple[Database, ...]:
        return tuple(source.database for source in self._sources)

    def locate(self, address: str) -> LocatedAddress:
        """Every source's vote on one address; a source without an opinion votes ``None``."""
        known = self._known.get(address)
        if known is not None:
            return known
        votes = tuple(_vote(source, address) for source in self._sources)
        located = LocatedAddress(address, votes)
        self._known[address] = located
        if len(self._known) > MEMORY:
            self._known.popitem(last=False)
        return located

    def close(self) -> None:
        for source in self._sources:
            source.reader.close()


def _open(file: Path, attribution: str) -> _Source:
    try:
        reader = geoip2.database.Reader(file)
    except FileNotFoundError:
        raise DataFileError("no such GeoIP database", file=file, remedy=_REMEDY) from None
    except (maxminddb.InvalidDatabaseError, OSError, ValueError) as error:
        raise DataFileError(f"not a readable GeoIP database ({error})", file=file, remedy=_REMEDY) from None
    metadata = reader.metadata()
    kind = _kind(metadata.database_type)
    if not kind or not _is_readable(file, kind):
        reader.close()
        raise DataFileError(
            f"a database of type {metadata.database_type!r} has no country or ASN records geoip2 can read",
            file=file,
            remedy=_REMEDY,
        )
    built = datetime.fromtimestamp(metadata.build_epoch, UTC).date().isoformat()
    database = Database(file.stem, built, hashlib.sha256(file.read_bytes()).hexdigest(), attribution)
    return _Source(file.stem, kind, reader, database)


def _kind(database_type: str) -> str:
    for word in ("Enterprise", "City", "Country", "ASN"):
        if word.lower() in database_type.lower():
            return word.lower()
    return ""


def _is_readable(file: Path, kind: str) -> bool:
    """Whether the records are of the shape geoip2 reads; flat ones (``country: CN``) would never vote."""
    keys = ("autonomous_system_number",) if kind == "asn" else ("country", "registered_country")
    shape = int if kind == "asn" else dict
    try:
        with maxminddb.open_database(file) as reader:
            records = (record for _, record in islice(reader, LOOKED_AT) if isinstance(record, dict))
            return any(isinstance(record.get(key), shape) for record in records for key in keys)
    except (maxminddb.InvalidDatabaseError, OSError, ValueError):
        return False


def _vote(source: _Source, address: str) -> CountryVote:
    try:
        if source.kind == "asn":
            found = source.reader.asn(address)
            return CountryVote(
                source.name,
                "origin-as",
                asn=found.autonomous_system_number,
                organisation=found.autonomous_system_organization or "",
            )
        look = {
            "city": source.reader.city,
            "enterprise": source.reader.enterprise,
            "country": source.reader.country,
        }
        # The registered country says who holds the range, not where it is: no vote.
        code = look[source.kind](address).country.iso_code
        return CountryVote(source.name, "geoip", country=code.upper() if code else None)
    except (geoip2.errors.AddressNotFoundError, ValueError, maxminddb.InvalidDatabaseError):
        return CountryVote(source.name, "origin-as" if source.kind == "asn" else "geoip")
