"""From where names are asked, and of whom: ``data/vantages.csv`` and ``data/resolvers.csv``.

An answer for a mainland client can only come from a resolver that passes the client subnet
on. Where no such resolver is asked, there is no mainland vantage, and the verdict says that
the site was seen from one vantage only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from functools import cache

from icpcrawl.crawl.dns import NameServer, system_nameservers
from icpcrawl.datafiles import read_table
from icpcrawl.errors import UsageError
from icpcrawl.observation import Vantage, VantageSide

_REMEDY = "write --vantage shanghai=202.96.209.0/24@mainland or …@overseas, or a name of data/vantages.csv"


@cache
def known_vantages() -> Mapping[str, Vantage]:
    """Every client network of the table, by name."""
    rows = read_table("vantages.csv")
    return {row["name"]: Vantage(row["name"], VantageSide(row["side"]), row["subnet"]) for row in rows}


@cache
def default_vantages() -> tuple[Vantage, ...]:
    """One mainland and one overseas client: each more costs a question per name."""
    chosen = (row["name"] for row in read_table("vantages.csv") if row["default"] == "yes")
    return tuple(known_vantages()[name] for name in chosen)


def parse_vantage(text: str) -> Vantage:
    """A known name, or ``NAME=SUBNET[@mainland|overseas]``; mainland where no side is given.

    >>> parse_vantage("gz=119.147.0.0/24").side, parse_vantage("cernet").subnet
    (<VantageSide.MAINLAND: 'mainland'>, '202.112.144.0/24')
    """
    name, equals, rest = text.partition("=")
    if not equals and name in known_vantages():
        return known_vantages()[name]
    subnet, _, side = rest.partition("@")
    side = side or VantageSide.MAINLAND.value
    try:
        network = ipaddress.ip_network(subnet, strict=False)
    except ValueError:
        raise UsageError(f"--vantage {text!r}: {subnet!r} is not a subnet", remedy=_REMEDY) from None
    if not name or side not in (VantageSide.MAINLAND, VantageSide.OVERSEAS):
        raise UsageError(f"--vantage {text!r} is not understood", remedy=_REMEDY)
    return Vantage(name, VantageSide(side), str(network))


@cache
def _resolvers() -> tuple[dict[str, str], ...]:
    return read_table("resolvers.csv")


def resolvers_for(
    side: VantageSide, given: Sequence[NameServer], *, public: bool = True
) -> tuple[NameServer, ...]:
    """Whom to ask as a client of that side; nobody where none would listen to the client subnet.

    What the user names is asked and nobody else. Otherwise the public resolvers of the table,
    and after them the system's, which may stand behind a wall where the public ones do not answer.
    """
    deaf = {row["address"] for row in _resolvers() if row["ecs"] == "no"}
    asked = tuple(given)
    if not asked:
        wanted = (row["address"] for row in _resolvers() if row["asked_as"] == side.value)
        asked = (*(NameServer(address) for address in wanted if public), *system_nameservers())
    return tuple(dict.fromkeys(server for server in asked if server.host not in deaf))


def is_public_resolver(server: str) -> bool:
    """Whether ``host:port`` is one of the table: who runs it learns what is asked."""
    return any(server == str(NameServer(row["address"])) for row in _resolvers())
