"""Host names → where they point, as every vantage is told, and what every source says of that.

The crawl and ``icpcrawl where`` look here, so that both see the same.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import urlsplit

from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.crawl import guard
from icpcrawl.crawl.fetch import ladder
from icpcrawl.crawl.geo import Geography
from icpcrawl.crawl.names import Names
from icpcrawl.observation import DnsAnswer, DnsStatus, Fetched, Hosting
from icpcrawl.portfolio import Site

HEAD_START_S = 0.3
"""What the plain answer says spares the vantages questions; a slow one is not waited for."""


def hosts_of(site: Site, fetched: Fetched) -> tuple[str, ...]:
    """The names whose servers decide about the filing: the ladder's, and the page's own.

    A page of another registrable domain says nothing about where this row's name is served.
    """
    hosts = [urlsplit(rung.url).hostname or "" for rung in ladder(site)]
    if fetched.page is not None:
        final = urlsplit(fetched.page.url).hostname or ""
        if registrable_domain(final) == registrable_domain(site.host):
            hosts.append(final)
    return tuple(dict.fromkeys(host for host in hosts if host))


async def located(hosts: tuple[str, ...], names: Names, geography: Geography) -> Hosting:
    """Ask every vantage for every host, and every source for every address."""
    asked = await asyncio.gather(*(_asked(host, names) for host in hosts))
    plain = [answers[0] for answers in asked]
    tailored = [answer for answers in asked for answer in answers[1:]]
    # Name servers rotate their answers: sorted, an unchanged name gives unchanged evidence.
    answers = tuple(
        replace(answer, addresses=tuple(sorted(answer.addresses, key=_v4_first)))
        if len(answer.addresses) > 1
        else answer
        for answer in (*plain, *tailored)
    )
    addresses = sorted({address for answer in answers for address in answer.addresses}, key=_v4_first)
    return Hosting(answers, tuple(geography.locate(address) for address in addresses))


async def _asked(host: str, names: Names) -> list[DnsAnswer]:
    """The plain answer first, then one per vantage."""
    address = guard.literal(host)
    if address is not None:
        # The same for every client, as scope 0 says of names.
        return [
            DnsAnswer(
                host, vantage.name, DnsStatus.OK, (), (str(address),), subnet_echoed=True, subnet_scope=0
            )
            for vantage in names.vantages
        ]
    asking = asyncio.ensure_future(names.plain.answer(host))
    await asyncio.wait((asking,), timeout=HEAD_START_S)
    known = asking.result() if asking.done() else None
    if known is not None and known.status is DnsStatus.NXDOMAIN:
        # A name that does not exist exists nowhere; one that timed out may answer elsewhere.
        return [known]
    # AAAA is asked again only where there is one: most names have none.
    aaaa = known is None or any(":" in address for address in known.addresses)
    return await asyncio.gather(asking, *(resolver.answer(host, aaaa=aaaa) for resolver in names.tailored))


def _v4_first(address: str) -> tuple[bool, str]:
    return ":" in address, address
