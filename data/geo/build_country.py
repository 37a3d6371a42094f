"""Flat country database → the same answers in the record shape that geoip2 reads.

    python data/geo/build_country.py dbip-country.mmdb data/geo/dbip-country-lite.mmdb

The input is DB-IP's "IP to Country Lite" as an MMDB of flat records
(``{"country_code": "CN"}``; address, licence and date in ATTRIBUTION.md). The output has
``{"country": {"iso_code": "CN"}}`` and the input's date. Takes one to two minutes.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import maxminddb
from dated_writer import DatedWriter

DATABASE_TYPE = "DBIP-Country-Lite"
DESCRIPTION = "IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0, records reshaped"


def networks_by_country(flat: maxminddb.Reader) -> dict[str, list[str]]:
    """Every network of the flat database under its country's ISO code."""
    countries: dict[str, list[str]] = defaultdict(list)
    for network, record in flat:
        code = record.get("country_code") if isinstance(record, dict) else None
        if isinstance(code, str) and code not in ("", "ZZ"):
            countries[code].append(str(network))
    return countries


def main() -> None:
    parser = argparse.ArgumentParser(description="rewrite a flat country MMDB in geoip2's record shape")
    parser.add_argument("flat", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args()
    with maxminddb.open_database(given.flat) as flat:
        built_on = datetime.fromtimestamp(flat.metadata().build_epoch, UTC).date()
        countries = networks_by_country(flat)
    writer = DatedWriter(DATABASE_TYPE, DESCRIPTION, built_on)
    for code in sorted(countries):
        writer.insert(countries[code], {"country": {"iso_code": code}})
    writer.write(given.output)
    print(
        f"{given.output}: {len(countries)} countries, {sum(map(len, countries.values()))} networks, {built_on}"
    )


if __name__ == "__main__":
    main()
