"""The embedded voters against each other, on sampled addresses of the listed clouds and carriers.

    python tests/accuracy/voters.py [--write]

For every AS of ``data/geo/asn_sides.csv`` addresses are drawn from its announced networks, larger
ones more often, always the same ones. Nobody knows the truth of each: what is counted is how often
the country database agrees with the side of the AS, and what is made of it. ``--write`` puts the
tables into ``docs/accuracy.md``.
"""

from __future__ import annotations

import argparse
import ipaddress
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import maxminddb

# Run as a script, Python looks beside this file only.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from icpcrawl.audit.hosting import HostingFacts, judged_addresses  # noqa: E402
from icpcrawl.crawl.geo import Geography  # noqa: E402
from icpcrawl.crawl.geo_files import EMBEDDED  # noqa: E402
from icpcrawl.datafiles import data_path, read_table  # noqa: E402
from icpcrawl.observation import DnsAnswer, DnsStatus, Fetched, FetchOutcome, Hosting, Observation  # noqa: E402
from icpcrawl.portfolio import Site  # noqa: E402

PER_AS = 200
HEADING = "## How well the voters on places agree"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class Agreement:
    """One AS, or many together."""

    sampled: int = 0
    geoip: Counter[str] = field(default_factory=Counter)
    """``CN``, ``elsewhere``, ``silent``: what the country database says."""
    read: Counter[str] = field(default_factory=Counter)
    """``mainland``, ``outside``, ``disputed``, ``anycast``: what is made of both."""

    def add(self, other: Agreement) -> None:
        self.sampled += other.sampled
        self.geoip.update(other.geoip)
        self.read.update(other.read)


def networks_by_as() -> dict[int, list[Network]]:
    """IPv4 networks announced by each listed AS."""
    found: dict[int, list[Network]] = defaultdict(list)
    with maxminddb.open_database(data_path("geo/origin-as.mmdb")) as reader:
        for network, record in reader:
            number = record.get("autonomous_system_number") if isinstance(record, dict) else None
            if isinstance(number, int) and network.version == 4:
                found[number].append(network)
    return found


def sample(networks: list[Network], count: int = PER_AS) -> tuple[str, ...]:
    """Addresses drawn by size of network, the same in every run."""
    draw = random.Random(0)
    networks = sorted(networks, key=str)
    sizes = [network.num_addresses for network in networks]
    chosen = draw.choices(networks, sizes, k=count)
    return tuple(str(network[draw.randrange(network.num_addresses)]) for network in chosen)


def agreement(addresses: Iterable[str], geography: Geography, facts: HostingFacts) -> Agreement:
    """What the voters say of these addresses, and what is read from that."""
    unique = tuple(dict.fromkeys(addresses))
    located = tuple(geography.locate(address) for address in unique)
    answer = DnsAnswer("sample.example", "plain", DnsStatus.OK, (), unique)
    site = Site(1, 2, "s", "sample.example", "sample.example")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    observation = Observation("s", "r", now, Fetched(FetchOutcome.OK), Hosting((answer,), located))
    countries = [next((v.country for v in each.votes if v.kind == "geoip"), None) for each in located]
    return Agreement(
        len(unique),
        Counter("silent" if c is None else "CN" if c == "CN" else "elsewhere" for c in countries),
        Counter(judged.where.value for judged in judged_addresses(site, observation, facts)),
    )


def measure() -> dict[int, Agreement]:
    """Every listed AS that announces anything."""
    facts = HostingFacts.from_tables(read_table)
    geography = Geography([data_path(name) for name in EMBEDDED])
    try:
        return {
            number: agreement(sample(networks), geography, facts)
            for number, networks in sorted(networks_by_as().items())
        }
    finally:
        geography.close()


def render(found: dict[int, Agreement]) -> str:
    facts = HostingFacts.from_tables(read_table)
    groups: dict[str, Agreement] = defaultdict(Agreement)
    for number, each in found.items():
        holder = facts.holders[number]
        groups[f"{holder.side} {holder.kind}s"].add(each)
    lines = [
        "| networks of | sampled | database: CN | elsewhere | silent | read: mainland | outside | disputed | anycast |",
        "|--|--|--|--|--|--|--|--|--|",
        *(_row(name, each) for name, each in sorted(groups.items())),
        "",
        "Clouds and CDNs of the mainland and those of their names abroad, and every other AS of which more than",
        "one address in twenty is disputed:",
        "",
        "| AS | holder | side | sampled | database: CN | elsewhere | silent | read: mainland | outside | disputed | anycast |",
        "|--|--|--|--|--|--|--|--|--|--|--|",
    ]
    for number, each in found.items():
        holder = facts.holders[number]
        chinese = holder.side == "mainland" and holder.kind != "carrier"
        if chinese or each.read["disputed"] * 20 > each.sampled:
            lines.append(_row(f"AS{number} | {holder.organisation} | {holder.side}", each))
    return "\n".join(lines) + "\n"


def _row(name: str, each: Agreement) -> str:
    counts = [each.sampled, *(each.geoip[key] for key in ("CN", "elsewhere", "silent"))]
    counts += [each.read[key] for key in ("mainland", "outside", "disputed", "anycast")]
    return f"| {name} | " + " | ".join(map(str, counts)) + " |"


INTRODUCTION = f"""{HEADING}

The two voters that come with icpcrawl, the country database and the table of AS numbers, on {PER_AS} addresses of each
listed AS, drawn by size of network from what it announces (`data/geo/origin-as.mmdb`), by

```
python tests/accuracy/voters.py
```

Nobody knows the truth of every address. Where the voters disagree the reading is *disputed*: a person is asked, nobody
is accused and nobody exempted. Addresses that they both get wrong are corrected by `data/geo/known_places.csv`.

"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="also write docs/accuracy.md")
    asked = parser.parse_args()
    tables = render(measure())
    print(tables, end="")
    if asked.write:
        page = ROOT / "docs" / "accuracy.md"
        before = page.read_text(encoding="utf-8").partition(HEADING)[0].rstrip()
        page.write_text(f"{before}\n\n{INTRODUCTION}{tables}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
