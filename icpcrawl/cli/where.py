"""``icpcrawl where``: from where a host is served, and everything that says so."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpcrawl.cli.terminal import complain, is_terminal, json_line, safe
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from icpcrawl.audit.facts import Facts
    from icpcrawl.audit.finding import Text
    from icpcrawl.audit.hosting import HostingFacts, JudgedAddress
    from icpcrawl.crawl.geo import Geography
    from icpcrawl.crawl.process import Network
    from icpcrawl.observation import CountryVote, DnsAnswer, LocatedAddress, Observation, Vantage
    from icpcrawl.portfolio import Site


def where(
    host: Annotated[list[str], typer.Argument(help="A domain, host, URL or address.", metavar="HOST…")],
    nameserver: Annotated[
        list[str] | None,
        typer.Option(help="Ask this resolver and no other. May be repeated.", metavar="HOST[:PORT]"),
    ] = None,
    vantage: Annotated[
        list[str] | None,
        typer.Option(
            help="Ask as a client of this subnet, or as one of data/vantages.csv by its name.",
            metavar="NAME[=SUBNET[@mainland|overseas]]",
        ),
    ] = None,
    no_public_resolvers: Annotated[
        bool, typer.Option("--no-public-resolvers", help="Ask the system's resolver alone.")
    ] = False,
    geoip: Annotated[
        list[Path] | None, typer.Option(help="One more MMDB that votes.", metavar="FILE")
    ] = None,
    connect_to: Annotated[list[str] | None, typer.Option(hidden=True)] = None,
    ca_file: Annotated[Path | None, typer.Option(hidden=True)] = None,
    allow_private: Annotated[bool, typer.Option("--allow-private", hidden=True)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per host on stdout.")] = False,
) -> None:
    """Say from where hosts are served: every vantage's answer, every voter, and what follows.

    Nothing is visited; a domain stands for itself and its www, as in an audit. Flags of check
    that concern visits are accepted and change nothing.

    Example: icpcrawl where brand.cn --vantage guangdong-mobile --vantage hongkong-hkt
    """
    from icpcrawl.crawl.geo_files import geography_in_force
    from icpcrawl.crawl.process import Network
    from icpcrawl.datafiles import load_facts

    network = Network(
        nameservers=tuple(nameserver or ()),
        vantages=tuple(vantage or ()),
        public_resolvers=not no_public_resolvers,
        connect_to=tuple(connect_to or ()),
        ca_file=ca_file,
        allow_private=allow_private,
    )
    network.check()
    sites, refused = _sites(host)
    for line in refused:
        complain(line)
    geography = geography_in_force(tuple(geoip or ()))
    facts = load_facts()
    try:
        for site, observation in zip(
            sites, asyncio.run(_observations(sites, network, geography)), strict=True
        ):
            told = _told(site, observation, facts)
            print(json_line(told)) if as_json else _print(told, facts.texts)
    finally:
        geography.close()
    raise typer.Exit(ExitCode.USAGE if refused else ExitCode.CLEAN)


def _sites(hosts: list[str]) -> tuple[tuple[Site, ...], list[str]]:
    """The hosts as rows of a portfolio, and a sentence for each that cannot be one."""
    from icpcrawl.cli.check import portfolio_of
    from icpcrawl.portfolio import read_portfolio

    with tempfile.TemporaryDirectory(prefix="icpcrawl-where-") as folder:
        portfolio = read_portfolio(portfolio_of(Path(folder), hosts))
    refused = [
        f"{row.value}: {row.reason_en} Remedy: give a domain, a host or a URL, e.g. brand.cn"
        for row in portfolio.refused
    ]
    return portfolio.sites, refused


async def _observations(sites: tuple[Site, ...], network: Network, geography: Geography) -> list[Observation]:
    """What every vantage is told of every site, asked side by side."""
    from icpcrawl.crawl.locate import hosts_of, located
    from icpcrawl.crawl.names import Names
    from icpcrawl.observation import Fetched, FetchOutcome, Observation

    names = Names.of(network)
    unvisited = Fetched(FetchOutcome.OK)
    try:
        found = await asyncio.gather(
            *(located(hosts_of(site, unvisited), names, geography) for site in sites)
        )
    finally:
        names.close()
    now = datetime.now(UTC).replace(microsecond=0)
    return [
        Observation(site.site_id, "", now, unvisited, hosting, names.vantages, geography.databases)
        for site, hosting in zip(sites, found, strict=True)
    ]


def _told(site: Site, observation: Observation, facts: Facts) -> dict[str, Any]:
    """Everything that is known, as the JSON gives it."""
    from icpcrawl.audit.hosting import foreign_cnames, judge_hosting, judged_addresses

    judgment = judge_hosting(site, observation, facts.hosting, facts.texts)
    located = {place.address: place for place in observation.hosting.located}
    vantages = {vantage.name: vantage for vantage in observation.vantages}
    return {
        "host": site.host,
        "hosting": judgment.side.value,
        "hosting_confidence": judgment.confidence.value,
        "hosting_why_zh": judgment.why.zh,
        "hosting_why_en": judgment.why.en,
        "filing_required": judgment.required.value,
        "filing_required_why_zh": judgment.required_why.zh,
        "filing_required_why_en": judgment.required_why.en,
        "countries": list(judgment.countries),
        "provider": judgment.provider,
        "cdn": judgment.cdn,
        "platform": judgment.platform,
        "single_vantage": judgment.single_vantage,
        "answers": [_answer(answer, vantages[answer.vantage]) for answer in observation.hosting.answers],
        "cnames": [_cname(name, facts.hosting) for name in foreign_cnames(site, observation)],
        "addresses": [
            _address(judged, located.get(judged.address), facts.hosting)
            for judged in judged_addresses(site, observation, facts.hosting)
        ],
        "databases": [
            {"name": base.name, "built_on": base.built_on, "attribution": base.attribution}
            for base in observation.databases
        ],
        "public_resolvers": _public(observation),
    }


def _answer(answer: DnsAnswer, vantage: Vantage) -> dict[str, Any]:
    return {
        "host": answer.host,
        "vantage": answer.vantage,
        "side": vantage.side.value,
        "subnet": vantage.subnet,
        "status": answer.status.value,
        "cname_chain": list(answer.cname_chain),
        "addresses": list(answer.addresses),
        "ttl_s": answer.ttl_s,
        "nameserver": answer.nameserver,
        "subnet_echoed": answer.subnet_echoed,
        "subnet_scope": answer.subnet_scope,
    }


def _cname(name: str, facts: HostingFacts) -> dict[str, Any]:
    from icpcrawl.audit.hosting import cdn_of, region_of

    cdn = cdn_of(name, facts)
    return {
        "name": name,
        "provider": cdn.provider if cdn else "",
        "scope": cdn.scope if cdn else "",
        "region": region_of(name, facts) or "",
    }


def _address(judged: JudgedAddress, located: LocatedAddress | None, facts: HostingFacts) -> dict[str, Any]:
    return {
        "address": judged.address,
        "place": judged.where.value,
        "country": judged.country,
        "said": judged.said,
        "votes": [_vote(vote, facts) for vote in (located.votes if located else ())],
    }


def _vote(vote: CountryVote, facts: HostingFacts) -> dict[str, Any]:
    holder = facts.holders.get(vote.asn or 0)
    return {
        "source": vote.source,
        "kind": vote.kind,
        "country": vote.country,
        "asn": vote.asn,
        "organisation": vote.organisation,
        "side": holder.side if holder else "",
    }


def _public(observation: Observation) -> list[str]:
    """Public resolvers that were told the name."""
    from icpcrawl.crawl.vantages import is_public_resolver

    servers = {answer.nameserver for answer in observation.hosting.answers}
    return sorted(server for server in servers if is_public_resolver(server))


# For a person ------------------------------------------------------------------------------


def _print(told: dict[str, Any], texts: Mapping[str, Text]) -> None:
    """One host for a person. Everything that comes from the network is made printable first."""
    from rich.console import Console
    from rich.text import Text as Rich

    console = Console(file=sys.stdout, highlight=False, soft_wrap=True, no_color=not is_terminal(sys.stdout))
    console.print(Rich(safe(told["host"]), style="bold"))
    for line in _lines(told, texts):
        console.print(Rich(line))
    console.print()


def _lines(told: dict[str, Any], texts: Mapping[str, Text]) -> Iterator[str]:
    def heading(key: str, value: str = "") -> str:
        text = texts[f"where.{key}"]
        return f"  {text.zh} {text.en}{': ' if value else ''}{value}"

    yield heading("result", f"{told['hosting']} ({told['hosting_confidence']})")
    yield heading("why")
    yield from (f"    {safe(told[key], 1000)}" for key in ("hosting_why_zh", "hosting_why_en"))
    yield heading("required", told["filing_required"])
    yield from (f"    {safe(told[f'filing_required_why_{tongue}'], 1000)}" for tongue in ("zh", "en"))
    yield heading("answers")
    yield from (f"    {_answer_line(answer)}" for answer in told["answers"])
    if told["cnames"]:
        yield heading("cnames")
        yield from (f"    {_cname_line(cname)}" for cname in told["cnames"])
    if told["addresses"]:
        yield heading("addresses")
    for address in told["addresses"]:
        yield f"    {address['address']}  {address['place']} [{safe(address['said'])}]"
        yield from (f"      {_vote_line(vote)}" for vote in address["votes"])
    yield heading("databases", ", ".join(f"{base['name']} {base['built_on']}" for base in told["databases"]))
    if told["single_vantage"] and told["addresses"]:
        yield from _note("single", texts)
    if told["public_resolvers"]:
        yield from _note("public", texts, servers=", ".join(told["public_resolvers"]))


def _note(key: str, texts: Mapping[str, Text], **words: str) -> Iterator[str]:
    text = texts[f"where.{key}"]
    yield f"  · {text.zh.format(**words)}"
    yield f"  · {text.en.format(**words)}"


def _answer_line(answer: dict[str, Any]) -> str:
    client = f" {answer['subnet']}@{answer['side']}" if answer["subnet"] else ""
    chain = "".join(f" → {name}" for name in answer["cname_chain"])
    told = ", ".join(answer["addresses"]) or answer["status"]
    ttl = f", TTL {answer['ttl_s']} s" if answer["ttl_s"] is not None else ""
    subnet = ""
    if answer["subnet"] and answer["nameserver"]:
        scope = answer["subnet_scope"]
        subnet = f", subnet honoured, scope {scope}" if answer["subnet_echoed"] else ", subnet not echoed"
    server = f"; {answer['nameserver']}" if answer["nameserver"] else ""
    return safe(f"{answer['host']} [{answer['vantage']}{client}]{chain}: {told}{ttl}{subnet}{server}", 2000)


def _cname_line(cname: dict[str, Any]) -> str:
    known = [cname["provider"], f"nodes: {cname['scope']}" if cname["scope"] else ""]
    known.append(f"region: {cname['region']}" if cname["region"] else "")
    labels = ", ".join(label for label in known if label)
    return safe(f"{cname['name']}  {labels}".rstrip(), 400)


def _vote_line(vote: dict[str, Any]) -> str:
    if vote["kind"] != "origin-as":
        return f"{vote['source']}: {vote['country'] or '??'}"
    if vote["asn"] is None:
        return f"{vote['source']}: ??"
    return safe(f"{vote['source']}: AS{vote['asn']} {vote['organisation']} ({vote['side'] or '??'})")
