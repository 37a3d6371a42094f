"""`icpcrawl geoip`: which databases are in force, and newer ones that replace them whole or not at all."""

from __future__ import annotations

import gzip
import http.server
import json
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from icpcrawl import cli
from icpcrawl.crawl.geo_files import files_in_force, geography_in_force
from icpcrawl.report.run import OLD_AFTER_DAYS, RunSummary


class _Dated(MMDBWriter):
    built_on = date(2100, 1, 1)

    def _build_meta(self) -> dict[str, Any]:
        day = datetime(self.built_on.year, self.built_on.month, self.built_on.day, tzinfo=UTC)
        return {**super()._build_meta(), "build_epoch": int(day.timestamp())}


def mmdb(file: Path, kind: str, built_on: date = date(2100, 1, 1), code: str = "CN") -> Path:
    writer = _Dated(ip_version=6, ipv4_compatible=True, database_type=kind, languages=["en"])
    writer.built_on = built_on
    record = {"country": {"iso_code": code}}
    if "ASN" in kind:
        record = {"autonomous_system_number": 37963}  # type: ignore[dict-item]
    writer.insert_network(IPSet(["47.74.0.0/16"]), record)
    writer.to_db_file(str(file))
    return file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ICPCRAWL_GEO", str(tmp_path / "home"))
    return tmp_path / "home"


def names_in_force() -> list[str]:
    return [file.parent.name + "/" + file.name for file in files_in_force()]


EMBEDDED = ["geo/dbip-country-lite.mmdb", "geo/origin-as.mmdb"]


def test_status_tells_date_age_licence_and_whom_to_name(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["geoip", "status", "--json"]) == 0
    country, networks = map(json.loads, capsys.readouterr().out.splitlines())
    age = (datetime.now(UTC).date() - date.fromisoformat(country["built_on"])).days
    assert (country["kind"], networks["kind"]) == ("country", "asn")
    assert (country["age_days"], country["old"]) == (age, age > OLD_AFTER_DAYS)
    assert (country["licence"], "db-ip.com" in country["attribution"]) == ("CC BY 4.0", True)
    assert Path(country["file"]).is_file()
    assert cli.run(["geoip"]) == 0
    assert "dbip-country-lite" in capsys.readouterr().out


def _packed(file: Path, how: str) -> Path:
    packed = file.with_name(f"packed.{how}")
    if how == "gz":
        packed.write_bytes(gzip.compress(file.read_bytes()))
    elif how == "tar.gz":
        with tarfile.open(packed, "w:gz") as archive:
            archive.add(file.parent / "other.txt", "GeoLite2-Country_20991231/COPYRIGHT.txt")
            archive.add(file, "GeoLite2-Country_20991231/GeoLite2-Country.mmdb")
    else:
        return file
    return packed


@pytest.mark.parametrize("how", ["mmdb", "gz", "tar.gz"])
def test_a_newer_one_takes_its_place(
    how: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.joinpath("other.txt").write_text("licence")
    file = _packed(mmdb(tmp_path / "new.mmdb", "DBIP-Country-Lite", code="JP"), how)
    assert cli.run(["geoip", "update", "--from", str(file)]) == 0
    assert names_in_force() == ["home/dbip-country-lite.mmdb", "geo/origin-as.mmdb"]
    geography = geography_in_force()
    assert geography.locate("47.74.0.1").votes[0].country == "JP"
    geography.close()
    assert "2100-01-01" in capsys.readouterr().out
    assert [path.name for path in home.iterdir()] == ["dbip-country-lite.mmdb"]


def test_one_of_another_maker_votes_beside(home: Path, tmp_path: Path) -> None:
    assert cli.run(["geoip", "update", "--from", str(mmdb(tmp_path / "x.mmdb", "GeoLite2-City"))]) == 0
    assert names_in_force() == [*EMBEDDED, "home/geolite2-city.mmdb"]


def test_an_older_one_is_not_in_force_and_it_says_so(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = mmdb(tmp_path / "old.mmdb", "DBIP-Country-Lite", date(2020, 1, 1))
    assert cli.run(["geoip", "update", "--from", str(old)]) == 0
    assert names_in_force() == EMBEDDED
    assert "Remedy: give one built after 20" in capsys.readouterr().err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of ``tmp_path`` over HTTP."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_from_an_address(home: Path, tmp_path: Path, served: str) -> None:
    mmdb(tmp_path / "new.mmdb", "DBIP-Country-Lite")
    assert cli.run(["geoip", "update", "--from", f"{served}/new.mmdb"]) == 0
    assert names_in_force() == ["home/dbip-country-lite.mmdb", "geo/origin-as.mmdb"]


@pytest.mark.parametrize(
    "how", ["missing", "text", "cut", "packed text", "packed cut", "empty archive", "asn", "404", "nobody"]
)
def test_what_is_no_country_database_changes_nothing(
    how: str, home: Path, tmp_path: Path, served: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mmdb(tmp_path / "good.mmdb", "DBIP-Country-Lite")
    assert cli.run(["geoip", "update", "--from", str(tmp_path / "good.mmdb")]) == 0
    before = (home / "dbip-country-lite.mmdb").read_bytes()
    file = tmp_path / "bad.mmdb"
    match how:
        case "text":
            file.write_text("<html>please log in</html>" * 100)
        case "cut":
            file.write_bytes(before[: len(before) // 2])
        case "packed text":
            file.write_bytes(gzip.compress(b"no database"))
        case "packed cut":
            file.write_bytes(gzip.compress(before)[:-20])
        case "empty archive":
            with tarfile.open(file, "w:gz") as archive:
                archive.add(tmp_path / "good.mmdb", "GeoLite2/README.txt")
        case "asn":
            mmdb(file, "GeoLite2-ASN")
    origin = {"404": f"{served}/none.mmdb", "nobody": "http://127.0.0.1:1/x.mmdb"}.get(how, str(file))
    capsys.readouterr()
    assert cli.run(["geoip", "update", "--from", origin]) == 2
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines()), "Remedy: " in said.err) == ("", 1, True)
    assert origin in said.err
    assert (home / "dbip-country-lite.mmdb").read_bytes() == before
    assert [path.name for path in home.iterdir()] == ["dbip-country-lite.mmdb"]


@pytest.mark.parametrize(("days", "old"), [(60, False), (61, True), (-1, False)])
def test_a_run_names_databases_that_were_old_on_its_day(days: int, old: bool) -> None:
    from datetime import timedelta

    from icpcrawl.observation import Database

    today = date(2026, 11, 24)
    base = Database("country", (today - timedelta(days=days)).isoformat())
    undated = Database("undated", "")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    run = RunSummary("r", now, now, today, "p.csv", "", 0, databases=(base, undated))
    assert run.old_databases == ((base,) if old else ())
