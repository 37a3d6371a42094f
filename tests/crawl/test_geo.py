"""Databases vote on addresses; one that cannot is refused before the run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from icpcrawl.crawl.geo import Geography
from icpcrawl.datafiles import data_path
from icpcrawl.errors import DataFileError
from icpcrawl.observation import CountryVote

COUNTRY = {"country": {"iso_code": "cn", "names": {"en": "China"}}}
REGISTERED = {"registered_country": {"iso_code": "CN"}}
ORIGIN = {"autonomous_system_number": 37963, "autonomous_system_organization": "Alibaba"}


def mmdb(file: Path, kind: str, *records: tuple[str, dict[str, Any]]) -> Path:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind, languages=["en"])
    for network, record in records:
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(file))
    return file


@pytest.mark.parametrize(
    ("kind", "record", "vote"),
    [
        ("GeoLite2-Country", COUNTRY, ("geoip", "CN", None, "")),
        ("GeoLite2-City", {**COUNTRY, "city": {"names": {"en": "Hangzhou"}}}, ("geoip", "CN", None, "")),
        ("GeoIP2-Enterprise", COUNTRY, ("geoip", "CN", None, "")),
        ("DBIP-Country-Lite", COUNTRY, ("geoip", "CN", None, "")),
        # One level deep, as other makers write them.
        ("DBIP-Country", {"country_code": "CN"}, ("geoip", "CN", None, "")),
        ("ipinfo country", {"country": "cn", "continent": "AS"}, ("geoip", "CN", None, "")),
        ("places", {"country": "China", "country_code": "CN"}, ("geoip", "CN", None, "")),
        # Who holds the range is not where it is.
        ("GeoLite2-Country", REGISTERED, ("geoip", None, None, "")),
        ("GeoLite2-ASN", ORIGIN, ("origin-as", None, 37963, "Alibaba")),
    ],
)
def test_every_edition_votes(
    tmp_path: Path, kind: str, record: dict[str, Any], vote: tuple[str, str | None, int | None, str]
) -> None:
    geography = Geography([mmdb(tmp_path / "own.mmdb", kind, ("47.96.0.0/16", record))])
    try:
        assert geography.locate("47.96.129.18").votes == (CountryVote("own", *vote),)
        for elsewhere in ("8.8.8.8", "2400::1", "no address"):
            assert geography.locate(elsewhere).votes == (CountryVote("own", vote[0]),)
    finally:
        geography.close()


def test_voters_may_disagree_and_all_are_heard(tmp_path: Path) -> None:
    singapore = {"country": {"iso_code": "SG"}}
    files = [
        mmdb(tmp_path / f"{name}.mmdb", "Country", ("119.29.0.0/16", record))
        for name, record in (("one", COUNTRY), ("two", singapore))
    ]
    geography = Geography(files)
    try:
        assert [vote.country for vote in geography.locate("119.29.29.29").votes] == ["CN", "SG"]
        assert [database.name for database in geography.databases] == ["one", "two"]
        assert geography.databases[0].sha256 == hashlib.sha256(files[0].read_bytes()).hexdigest()
    finally:
        geography.close()


@pytest.mark.parametrize(
    ("kind", "said"),
    [("DBIP-Country-Lite", "db-ip.com"), ("GeoLite2-City", "MaxMind"), ("of our own, Country", "")],
)
def test_the_maker_is_named(tmp_path: Path, kind: str, said: str) -> None:
    geography = Geography([mmdb(tmp_path / "own.mmdb", kind, ("47.96.0.0/16", COUNTRY))])
    (database,) = geography.databases
    geography.close()
    assert said in database.attribution
    assert bool(said) is bool(database.attribution)


def test_addresses_are_remembered(tmp_path: Path) -> None:
    geography = Geography([mmdb(tmp_path / "own.mmdb", "Country", ("47.96.0.0/16", COUNTRY))])
    first = geography.locate("47.96.129.18")
    geography.close()
    assert geography.locate("47.96.129.18") is first


def spoilt(file: Path, how: str) -> Path:
    """A file that somebody might give for a database, and that is none."""
    whole = data_path("geo/origin-as.mmdb").read_bytes()
    match how:
        case "folder":
            file.mkdir()
        case "empty":
            file.write_bytes(b"")
        case "text":
            file.write_text("1.0.0.0,1.0.0.255,AU\n" * 1000)
        case "cut":
            file.write_bytes(whole[: len(whole) // 2])
        case "cut in the middle":
            file.write_bytes(whole[:1000] + whole[-2000:])
        case "no countries":
            mmdb(file, "GeoIP2-Connection-Type", ("1.0.0.0/8", {"connection_type": "Cable/DSL"}))
        case "flat name":
            mmdb(file, "country", ("1.0.0.0/8", {"country": "Australia"}))
        case "flat asn":
            mmdb(file, "asn", ("1.0.0.0/8", {"asn": "AS13335", "name": "Cloudflare"}))
        case "no record":
            mmdb(file, "GeoLite2-Country")
    return file


@pytest.mark.parametrize(
    "how",
    [
        *("missing", "folder", "empty", "text", "cut", "cut in the middle"),
        *("no countries", "flat name", "flat asn", "no record"),
    ],
)
def test_what_is_no_database_is_refused_by_name(tmp_path: Path, how: str) -> None:
    file = spoilt(tmp_path / "geo.mmdb", how)
    with pytest.raises(DataFileError, match=r"geo\.mmdb.*Remedy: give a readable MMDB file") as error:
        Geography([data_path("geo/origin-as.mmdb"), file])
    assert error.value.file == str(file)
