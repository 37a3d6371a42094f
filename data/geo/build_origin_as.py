"""Routing table extract → the networks of the providers in asn_sides.csv.

    python data/geo/build_origin_as.py 2026-06-17 data/geo/origin-as.mmdb asn-ipv4.csv asn-ipv6.csv

The inputs are CSV without a header: first address, last address, AS number, holder
(address, licence and date in ATTRIBUTION.md). Only the AS numbers in asn_sides.csv are
kept, each under the organisation named there. Answers are read with geoip2's ``asn``.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from ipaddress import ip_address, summarize_address_range
from pathlib import Path

from dated_writer import DatedWriter

# geoip2 answers .asn() only for a type that holds this word; DB-IP marks its own files so.
DATABASE_TYPE = "Origin-AS (compat=GeoLite2-ASN)"
DESCRIPTION = "Origin AS of chosen networks; RouteViews, NRO, DB-IP (https://db-ip.com), CC BY 4.0"


def read_organisations(table: Path) -> dict[int, str]:
    """AS number → organisation, from asn_sides.csv."""
    with table.open(encoding="utf-8", newline="") as file:
        return {int(row["asn"]): row["organisation_en"] for row in csv.DictReader(file)}


def networks_by_asn(tables: Iterable[Path], wanted: Iterable[int]) -> dict[int, list[str]]:
    """The announced networks of every wanted AS."""
    numbers = {str(asn) for asn in wanted}
    networks: dict[int, list[str]] = defaultdict(list)
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            for first, last, asn, *_ in csv.reader(file):
                if asn in numbers:
                    ends = ip_address(first), ip_address(last)
                    networks[int(asn)] += map(str, summarize_address_range(*ends))
    return networks


def main() -> None:
    parser = argparse.ArgumentParser(description="keep the networks of the providers in asn_sides.csv")
    parser.add_argument("read_on", type=date.fromisoformat, help="date of the extract, e.g. 2026-06-17")
    parser.add_argument("output", type=Path)
    parser.add_argument("tables", type=Path, nargs="+")
    given = parser.parse_args()
    organisations = read_organisations(Path(__file__).with_name("asn_sides.csv"))
    networks = networks_by_asn(given.tables, organisations)
    writer = DatedWriter(DATABASE_TYPE, DESCRIPTION, given.read_on)
    for asn in sorted(networks):
        record = {"autonomous_system_number": asn, "autonomous_system_organization": organisations[asn]}
        writer.insert(networks[asn], record)
    writer.write(given.output)
    print(f"{given.output}: {len(networks)} of {len(organisations)} networks found, {given.read_on}")


if __name__ == "__main__":
    main()
