"""The loader of fact tables, texts and databases, and the facts themselves."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest

from icpcrawl import datafiles
from icpcrawl.audit.finding import Text
from icpcrawl.crawl.geo import Geography
from icpcrawl.errors import DataFileError

TABLES = [name for name in datafiles.data_names() if name.endswith(".csv")]


@pytest.fixture(scope="module")
def geography() -> Geography:
    return Geography([datafiles.data_path(f"geo/{name}.mmdb") for name in ("dbip-country-lite", "origin-as")])


@pytest.mark.parametrize(
    ("address", "country", "asn"),
    [
        ("223.5.20.1", "CN", 37963),  # Alibaba Cloud
        ("2400:3200::1", "CN", 37963),
        ("119.29.30.1", "CN", 45090),  # Tencent Cloud
        ("202.96.209.133", "CN", 4812),  # China Telecom, Shanghai
        ("202.106.196.115", "CN", 4808),  # China Unicom, Beijing
        ("47.74.200.1", "SG", 45102),  # Alibaba Cloud, Singapore
        ("8.8.8.8", "US", 15169),
        ("203.198.7.66", "HK", 4760),
        ("168.95.1.1", "TW", 3462),
        ("10.0.0.1", None, None),
    ],
)
def test_known_addresses_are_where_they_are(
    geography: Geography, address: str, country: str | None, asn: int | None
) -> None:
    by_country, by_origin = geography.locate(address).votes
    assert (by_country.country, by_origin.asn) == (country, asn)


def test_databases_carry_the_date_of_their_source(geography: Geography) -> None:
    attribution = datafiles.data_path("geo/origin-as.mmdb").with_name("ATTRIBUTION.md").read_text("utf-8")
    for database in geography.databases:
        assert database.built_on in attribution
    assert "[CC BY 4.0]" in attribution
    assert "IP Geolocation by DB-IP" in attribution


def test_country_database_is_small_enough_to_embed() -> None:
    assert datafiles.data_path("geo/dbip-country-lite.mmdb").stat().st_size < 12_000_000


def test_sides_of_networks_are_told_in_fixed_words() -> None:
    rows = datafiles.read_table("geo/asn_sides.csv")
    assert len({row["asn"] for row in rows}) == len(rows)
    for row in rows:
        assert row["side"] in {"mainland", "outside", "anycast"}, row
        assert row["kind"] in {"cloud", "carrier", "cdn"}, row
        assert (row["country"] == "CN") == (row["side"] == "mainland"), row
    sides = {int(row["asn"]): row["side"] for row in rows}
    mainland = (37963, 45090, 55990, 38365, 55967, 55960, 4134, 4837, 4808, 9808, 58466, 23724, 137753)
    assert {sides[asn] for asn in mainland} == {"mainland"}
    assert {sides[asn] for asn in (45102, 132203, 136907, 16509)} == {"outside"}
    assert sides[13335] == "anycast"


@pytest.mark.parametrize("name", TABLES)
def test_every_fact_says_where_it_comes_from(name: str) -> None:
    rows = datafiles.read_table(name)
    assert rows, f"{name} is empty"
    notes = " ".join(line for line in _text(name).splitlines() if line.startswith("#"))
    for row in rows:
        assert row.get("source") or "source" in notes, f"{name}: no source in {row}"
        read_on = row.get("read_on") or _date_in(notes)
        assert date.fromisoformat(read_on) >= date(2020, 1, 1), f"{name}: read_on in {row}"


def test_facts_load_whole() -> None:
    facts = datafiles.load_facts()
    assert facts.texts
    assert facts.digest == datafiles.facts_digest()
    assert datafiles.load_facts() == facts


def test_digests_name_every_file() -> None:
    digests = datafiles.data_digests()
    assert set(digests) == set(datafiles.data_names())
    table = datafiles.data_path("provinces.csv")
    assert digests["provinces.csv"] == hashlib.sha256(table.read_bytes()).hexdigest()
    assert not [name for name in digests if name.endswith((".py", ".md"))]


@pytest.mark.parametrize(
    "name", ["nothing.csv", "../pyproject.toml", "geo/../provinces.csv", "", "/etc/passwd", "geo"]
)
def test_names_of_no_data_file_are_refused(name: str) -> None:
    with pytest.raises(DataFileError, match="data file"):
        datafiles.data_path(name)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a,b\n1,2\n3\n", 3, "1 cells under 2 columns"),
        ("a,b\n1,2,3\n", 2, "3 cells under 2 columns"),
        ("# note\na,a\n", 2, "a name twice"),
        ("a,\n", 1, "without a name"),
        ('a,b\n"1,2\n', 2, "not CSV"),
        ("", None, "empty"),
        ("# only a note\n", None, "empty"),
    ],
)
def test_a_bad_table_names_its_line(text: str, line: int | None, said: str) -> None:
    with pytest.raises(DataFileError, match=said) as caught:
        datafiles.rows_of("facts.csv", text)
    assert (caught.value.file, caught.value.line) == ("data/facts.csv", line)
    assert caught.value.remedy


def test_a_table_is_read_past_notes_blank_lines_and_spaces() -> None:
    rows = datafiles.rows_of("facts.csv", '# source: x\n\nsign,name\n 京 ,"北,京"\n\n#,hash\n')
    assert rows == ({"sign": "京", "name": "北,京"}, {"sign": "#", "name": "hash"})


def test_texts_are_flattened_with_dots() -> None:
    toml = '[rule.link-missing.title]\nzh = "缺链接"\nen = "No link"\n[verdict]\nx = {zh = "甲", en = "A"}\n'
    assert datafiles.texts_of({"texts/a.toml": toml}) == {
        "rule.link-missing.title": Text("缺链接", "No link"),
        "verdict.x": Text("甲", "A"),
    }
    columns = '[column]\nzh = {zh = "含义", en = "Meaning (zh)"}\n'
    assert datafiles.texts_of({"texts/a.toml": columns}) == {"column.zh": Text("含义", "Meaning (zh)")}


@pytest.mark.parametrize(
    ("files", "line", "said"),
    [
        ({"texts/a.toml": '[a]\n\n[a.b]\nzh = "甲"\n'}, 3, "'a.b' lacks a language"),
        ({"texts/a.toml": '[a]\nzh = "甲"\nen = " "\n'}, 1, "'a' lacks a language"),
        ({"texts/a.toml": '[a]\nzh = "甲"\nen = "A"\nfr = "A"\n'}, None, "'a.fr' is neither zh nor en"),
        (
            {"texts/a.toml": '[a]\nzh="甲"\nen="A"\n', "texts/b.toml": '\n[a]\nzh="甲"\nen="A"\n'},
            2,
            "data/texts/a.toml too",
        ),
        ({"texts/a.toml": "[a\n"}, 1, "not TOML"),
    ],
)
def test_a_bad_text_names_its_line(files: dict[str, str], line: int | None, said: str) -> None:
    with pytest.raises(DataFileError, match=said) as caught:
        datafiles.texts_of(files)
    assert caught.value.line == line
    assert caught.value.remedy


def _text(name: str) -> str:
    return Path(datafiles.data_path(name)).read_text(encoding="utf-8-sig")


def _date_in(notes: str) -> str:
    found = re.search(r"\d{4}-\d{2}-\d{2}", notes)
    assert found, "neither a read_on column nor a date in the note above the header"
    return found[0]
