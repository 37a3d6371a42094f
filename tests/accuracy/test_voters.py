"""Known errors of the databases come out right or disputed, never wrong."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from icpcrawl.audit.hosting import HostingFacts
from icpcrawl.crawl.geo import Geography
from icpcrawl.crawl.geo_files import EMBEDDED
from icpcrawl.datafiles import data_path, read_table
from tests.accuracy.voters import Agreement, agreement, networks_by_as, render, sample

FACTS = HostingFacts.from_tables(read_table)


@pytest.fixture(scope="module")
def geography() -> Iterator[Geography]:
    geography = Geography([data_path(name) for name in EMBEDDED])
    yield geography
    geography.close()


@pytest.mark.parametrize(
    ("address", "readings"),
    [
        # Tencent's resolver: both voters say abroad, and it answers in the mainland.
        ("119.29.29.29", {"mainland", "disputed"}),
        ("182.254.116.116", {"mainland", "disputed"}),
        ("223.5.5.5", {"mainland", "disputed"}),
        ("1.1.1.1", {"anycast"}),
        ("47.96.129.18", {"mainland"}),
        ("47.74.200.1", {"outside"}),
    ],
)
def test_well_known_addresses(geography: Geography, address: str, readings: set[str]) -> None:
    assert set(agreement([address], geography, FACTS).read) <= readings


@pytest.mark.parametrize(
    ("number", "wrong"),
    [
        (137753, "outside"),  # JD Cloud, placed in Singapore
        (37963, "outside"),
        (45090, "outside"),
        (45102, "mainland"),  # Alibaba Cloud abroad, placed in the mainland too often
        (134963, "mainland"),
        (132203, "mainland"),
    ],
)
def test_clouds_are_never_read_as_on_the_other_side(geography: Geography, number: int, wrong: str) -> None:
    networks = networks_by_as()[number]
    every = [str(network[network.num_addresses // 2]) for network in networks]
    found = agreement([*every, *sample(networks)], geography, FACTS)
    assert found.sampled >= len(networks)
    assert found.read[wrong] == 0
    assert found.read["unknown"] == 0


def test_the_table_counts_every_address(geography: Geography) -> None:
    found = agreement(["47.96.129.18", "119.29.29.29", "47.74.200.1"], geography, FACTS)
    assert (found.sampled, sum(found.geoip.values()), sum(found.read.values())) == (3, 3, 3)
    table = render({37963: found, 45102: Agreement()})
    assert "| mainland clouds | 3 | 1 | 2 | 0 | 1 | 1 | 1 | 0 |" in table
    assert "AS37963" in table
