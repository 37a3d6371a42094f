"""Hosting evidence → mainland, outside, mixed, disputed or unknown, and what follows.

In: the DNS answers of every vantage with each address's votes. Out: one ``HostingJudgment``
with its reasons in both languages. Mainland is ISO country CN only: HK, MO and TW count as
outside. A CDN name, a region label or one database alone is never proof.

Sources: MIIT Decree 33 (2005, as amended) article 5 binds services provided "within the
territory"; RFC 7871 (client subnet); the tables in ``data/`` name theirs row by row.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Self, TypeVar

from icpcrawl.audit.finding import Confidence, Text
from icpcrawl.audit.registrable import is_on_platform, registrable_domain
from icpcrawl.observation import (
    CountryVote,
    DnsAnswer,
    DnsStatus,
    LocatedAddress,
    Observation,
    Vantage,
    VantageSide,
)
from icpcrawl.portfolio import Site

T = TypeVar("T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SHOWN_ADDRESSES = 6
"""Addresses named in a reason; all of them stand in the report's own column."""


class HostingSide(StrEnum):
    MAINLAND = "mainland"
    OUTSIDE = "outside"
    MIXED = "mixed"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class Required(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class HostingJudgment:
    """Where a site is served from, how sure that is, and whether a filing is required."""

    side: HostingSide
    confidence: Confidence
    why: Text
    required: Required
    required_why: Text
    countries: tuple[str, ...] = ()
    """ISO codes seen, in order of first sight; ``??`` for an address nobody knows."""
    addresses: tuple[str, ...] = ()
    asn: tuple[int, ...] = ()
    provider: str = ""
    cdn: str = ""
    platform: str = ""
    single_vantage: bool = False
    mainland_seen: tuple[str, ...] = ()
    """Names of the answers that put it in the mainland, for the evidence."""


@dataclass(frozen=True, slots=True)
class CdnSuffix:
    """One ending of CNAME targets: whose it is, and where its provider has nodes."""

    suffix: str
    provider: str
    scope: str
    """``mainland``, ``global`` or ``both``: a prior about the product, not about the site."""


@dataclass(frozen=True, slots=True)
class Anycast:
    """A product whose addresses are announced everywhere at once: they have no country."""

    product: str
    has_mainland_nodes: bool
    """True also where nobody is sure: only a plain *no* lets a site count as outside."""


@dataclass(frozen=True, slots=True)
class NetworkHolder:
    """Where the holder of one AS number serves from, as ``geo/asn_sides.csv`` says."""

    side: str
    """``mainland``, ``outside`` or ``anycast``."""
    country: str
    """ISO code; empty where the holder serves from several countries outside."""
    organisation: str
    kind: str
    """``cloud``, ``carrier`` or ``cdn``."""


@dataclass(frozen=True, slots=True)
class HostingFacts:
    """The tables of names and networks that the judgment of hosting leans on."""

    suffixes: Mapping[str, CdnSuffix] = field(default_factory=lambda: MappingProxyType({}))
    starred: tuple[tuple[re.Pattern[str], CdnSuffix], ...] = ()
    """Suffixes with a ``*`` inside a label; longest first."""
    platforms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    own_servers: frozenset[str] = frozenset()
    """Endings of the suffix list's private section under which people run their own servers."""
    anycast_networks: tuple[tuple[int, int, int, Anycast], ...] = ()
    """(IP version, first, last address, product), sorted; the networks do not overlap."""
    anycast_suffixes: Mapping[str, Anycast] = field(default_factory=lambda: MappingProxyType({}))
    anycast_asn: Mapping[int, Anycast] = field(default_factory=lambda: MappingProxyType({}))
    known_places: tuple[tuple[int, int, int, str], ...] = ()
    """(IP version, first, last address, ISO country), sorted: where the databases are known to err."""
    regions: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Cloud suffix → (region label, ISO country), longest label first."""
    holders: Mapping[int, NetworkHolder] = field(default_factory=lambda: MappingProxyType({}))
    providers: tuple[tuple[str, str], ...] = ()
    """(spelling in lower case, one name per company): 阿里云, aliyun and Alibaba Cloud are one."""

    @classmethod
    def from_tables(cls, table: Callable[[str], tuple[dict[str, str], ...]]) -> Self:
        """Read ``cdn_suffixes``, ``platforms``, ``anycast``, ``cloud_regions``, ``provider_names``,
        ``geo/asn_sides`` and ``geo/known_places``.
        """
        suffixes = [CdnSuffix(r["suffix"], r["provider"], r["scope"]) for r in table("cdn_suffixes.csv")]
        starred = sorted((s for s in suffixes if "*" in s.suffix), key=lambda s: -len(s.suffix))
        platforms = table("platforms.csv")
        anycast = [(r["kind"], r["value"], _anycast(r)) for r in table("anycast.csv")]
        return cls(
            suffixes=MappingProxyType({s.suffix: s for s in suffixes if "*" not in s.suffix}),
            starred=tuple((_starred_pattern(s.suffix), s) for s in starred),
            platforms=MappingProxyType(
                {r["suffix"]: r["name"] for r in platforms if r["kind"] == "platform"}
            ),
            own_servers=frozenset(r["suffix"] for r in platforms if r["kind"] == "own-server"),
            anycast_networks=_ranges((v, a) for k, v, a in anycast if k == "network"),
            anycast_suffixes=MappingProxyType({v: a for k, v, a in anycast if k == "suffix"}),
            anycast_asn=MappingProxyType({int(v): a for k, v, a in anycast if k == "asn"}),
            known_places=_ranges((r["network"], r["country"]) for r in table("geo/known_places.csv")),
            regions=MappingProxyType(_regions(table("cloud_regions.csv"))),
            holders=MappingProxyType({int(r["asn"]): _holder(r) for r in table("geo/asn_sides.csv")}),
            providers=tuple((r["spelling"].casefold(), r["company"]) for r in table("provider_names.csv")),
        )


def _holder(row: dict[str, str]) -> NetworkHolder:
    return NetworkHolder(row["side"], row["country"], row["organisation_en"], row["kind"])


def _anycast(row: dict[str, str]) -> Anycast:
    return Anycast(row["product"], row["mainland_nodes"] != "no")


def _ranges(networks: Iterable[tuple[str, T]]) -> tuple[tuple[int, int, int, T], ...]:
    found = []
    for text, fact in networks:
        network = ipaddress.ip_network(text)
        found.append((network.version, int(network[0]), int(network[-1]), fact))
    return tuple(sorted(found, key=lambda each: each[:2]))


def _in_ranges(address: str, ranges: tuple[tuple[int, int, int, T], ...]) -> T | None:
    """The fact of the range an address lies in. Every address of every site comes by here."""
    ip = _ip(address)
    if ip is None:
        return None
    wanted: tuple[int, int] = (ip.version, int(ip))
    place = bisect_right(ranges, wanted, key=lambda each: each[:2])
    if not place:
        return None
    version, first, last, fact = ranges[place - 1]
    return fact if version == ip.version and first <= int(ip) <= last else None


def _starred_pattern(suffix: str) -> re.Pattern[str]:
    return re.compile(r"(?:^|\.)" + re.escape(suffix).replace(r"\*", "[^.]{0,63}") + r"\Z")


def _regions(rows: Iterable[dict[str, str]]) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["suffix"], []).append((row["region"], row["country"]))
    return {suffix: tuple(sorted(regions, key=lambda r: -len(r[0]))) for suffix, regions in found.items()}


# --- names ---------------------------------------------------------------------------------


def endings(name: str) -> Iterable[str]:
    """A name and everything after each of its dots, longest first.

    >>> list(endings("a.b.cn"))
    ['a.b.cn', 'b.cn', 'cn']
    """
    while name:
        yield name
        _, _, name = name.partition(".")


def cdn_of(cname: str, facts: HostingFacts) -> CdnSuffix | None:
    """The longest known suffix of a CNAME target. Never ask it for the site's own name."""
    plain = next((facts.suffixes[e] for e in endings(cname) if e in facts.suffixes), None)
    starred = next((s for pattern, s in facts.starred if pattern.search(cname)), None)
    if plain is None or starred is None:
        return plain or starred
    return starred if len(starred.suffix) > len(plain.suffix) else plain


def region_of(cname: str, facts: HostingFacts) -> str | None:
    """ISO country that a cloud's region label in a CNAME target names; None where it names none.

    ``oss-cn-hongkong`` is Hong Kong although it begins with ``cn-``; ``ap-guangzhou`` is
    mainland although it reads Asia-Pacific: hence a table, not a prefix.
    """
    suffix = next((e for e in endings(cname) if e in facts.regions), None)
    if suffix is None:
        return None
    padded = "." + cname.removesuffix(suffix).replace("-internal", "")
    for region, country in facts.regions[suffix]:
        for sign in (f".{region}.", f"-{region}."):
            if sign in padded:
                return country
    return None


def platform_of(site: Site, facts: HostingFacts) -> str:
    """The platform whose domain the site borrows, or an empty string.

    The platform's own homepage (apex or www) is no tenant, and a row that states an expected
    filing number speaks of the owner's own filing.
    """
    if site.expected_icp:
        return ""
    host = site.host
    for ending in endings(host):
        if ending in facts.own_servers:
            return ""
        if ending in facts.platforms:
            own = ending.count(".") == 1 and host in (ending, f"www.{ending}")
            return "" if own else facts.platforms[ending]
    return registrable_domain(host) if is_on_platform(host) and host != registrable_domain(host) else ""


# --- addresses -----------------------------------------------------------------------------

_SPECIAL: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), key)
    for network, key in (
        ("198.18.0.0/15", "fake"),
        ("100.64.0.0/10", "cgnat"),
        ("10.0.0.0/8", "private"),
        ("172.16.0.0/12", "private"),
        ("192.168.0.0/16", "private"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("0.0.0.0/8", "unspecified"),
        ("224.0.0.0/3", "reserved"),
        ("::/127", "loopback"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "reserved"),
    )
)
"""Addresses that no visitor in the mainland could reach. Sources: RFC 6890, RFC 6598, RFC 2544.

Documentation networks (RFC 5737, RFC 3849) are not among them: samples are served from there.
"""


@lru_cache(maxsize=4096)
def special_kind(address: str) -> str:
    """Why an address says nothing about geography (key of ``hosting.special``), or empty.

    >>> special_kind("198.18.0.35"), special_kind("100.64.1.1"), special_kind("223.5.5.5")
    ('fake', 'cgnat', '')
    """
    ip = _ip(address)
    if ip is None:
        return "reserved"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return next((key for network, key in _SPECIAL if ip.version == network.version and ip in network), "")


@lru_cache(maxsize=4096)
def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


class Place(StrEnum):
    MAINLAND = "mainland"
    OUTSIDE = "outside"
    DISPUTED = "disputed"
    ANYCAST = "anycast"
    UNKNOWN = "unknown"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class JudgedAddress:
    """One address as one answer gave it."""

    address: str
    where: Place
    country: str = "??"
    kinds: int = 0
    """How many kinds of evidence agree."""
    asn: tuple[int, ...] = ()
    organisation: str = ""
    anycast: Anycast | None = None
    said: str = ""
    """The votes, language-neutral: ``CN dbip-country, CN AS37963``."""


def _judge_address(
    address: str, located: LocatedAddress | None, cnames: tuple[str, ...], facts: HostingFacts
) -> JudgedAddress:
    """One address: special, anycast, or what its voters agree or disagree on."""
    if kind := special_kind(address):
        return JudgedAddress(address, Place.SPECIAL, said=kind)
    votes = located.votes if located is not None else ()
    asn = tuple(dict.fromkeys(v.asn for v in votes if v.asn is not None))
    organisation = next((v.organisation for v in votes if v.organisation), "")
    voices = [*_voices(votes, facts), *_known(address, facts), *_labels(cnames, facts)]
    anycast = _anycast_of(address, asn, facts) or _anycast_name(cnames, voices, facts)
    if anycast is not None:
        holder = organisation or anycast.product
        return JudgedAddress(address, Place.ANYCAST, "??", 0, asn, holder, anycast, anycast.product)
    said = ", ".join(f"{v.country or 'not CN'} {v.source}" for v in voices) or "??"
    if all(v.kind == "label" for v in voices):
        # A label alone is a prior: it may contradict a database, not replace it.
        return JudgedAddress(address, Place.UNKNOWN, "??", 0, asn, organisation, None, said)
    country = next((v.country for v in voices if v.country), "??")
    where = _agreed(voices)
    kinds = {v.kind for v in voices}
    if where is Place.MAINLAND and any(_scope(name, facts) == "mainland" for name in cnames):
        kinds.add("label")
    return JudgedAddress(address, where, country, len(kinds), asn, organisation, None, said)


def _agreed(voices: list[_Voice]) -> Place:
    in_mainland = {v.country == "CN" for v in voices}
    if len(in_mainland) == 2:
        return Place.DISPUTED
    return Place.MAINLAND if True in in_mainland else Place.OUTSIDE


@dataclass(frozen=True, slots=True)
class _Voice:
    """One piece of evidence on where an address is."""

    kind: str
    """``geoip``, ``origin-as``, ``known-place`` or ``label``."""
    country: str
    """ISO code; empty = outside, country not told."""
    source: str


def _voices(votes: tuple[CountryVote, ...], facts: HostingFacts) -> Iterator[_Voice]:
    for vote in votes:
        if vote.country is not None:
            yield _Voice(vote.kind, vote.country, vote.source)
        elif vote.asn is not None and vote.asn in facts.holders:
            holder = facts.holders[vote.asn]
            if holder.side != "anycast":
                country = "CN" if holder.side == "mainland" else holder.country
                yield _Voice(vote.kind, country, f"AS{vote.asn}")


def _known(address: str, facts: HostingFacts) -> Iterator[_Voice]:
    country = _in_ranges(address, facts.known_places)
    if country is not None:
        yield _Voice("known-place", country, "known_places")


def _labels(cnames: tuple[str, ...], facts: HostingFacts) -> Iterator[_Voice]:
    countries = (region_of(name, facts) for name in cnames)
    for country in dict.fromkeys(c for c in countries if c is not None):
        yield _Voice("label", country, "region label")


def _anycast_of(address: str, asn: tuple[int, ...], facts: HostingFacts) -> Anycast | None:
    product = _in_ranges(address, facts.anycast_networks)
    if product is not None:
        return product
    for number in asn:
        if number in facts.anycast_asn:
            return facts.anycast_asn[number]
        holder = facts.holders.get(number)
        if holder is not None and holder.side == "anycast":
            return Anycast(holder.organisation, has_mainland_nodes=True)
    return None


def _anycast_name(cnames: tuple[str, ...], voices: list[_Voice], facts: HostingFacts) -> Anycast | None:
    """The anycast product whose name ends the chain; a vote for the mainland outweighs a name."""
    if not cnames or any(v.country == "CN" for v in voices):
        return None
    return next((facts.anycast_suffixes[e] for e in endings(cnames[-1]) if e in facts.anycast_suffixes), None)


def _scope(cname: str, facts: HostingFacts) -> str:
    """Where the nodes behind a CNAME target may be: ``mainland``, ``both``, ``global`` or empty."""
    region = region_of(cname, facts)
    if region is not None:
        return "mainland" if region == "CN" else "global"
    cdn = cdn_of(cname, facts)
    return cdn.scope if cdn is not None else ""


def companies(text: str, facts: HostingFacts) -> frozenset[str]:
    """The companies that a provider's name, however spelt, stands for; empty where unknown."""
    folded = text.casefold()
    if not folded:
        return frozenset()
    return frozenset(company for spelling, company in facts.providers if _says(folded, spelling))


def _says(text: str, spelling: str) -> bool:
    if spelling not in text or not spelling.isascii():
        return spelling in text
    return re.search(rf"(?<![a-z0-9]){re.escape(spelling)}(?![a-z0-9])", text) is not None


def foreign_cnames(site: Site, observation: Observation) -> tuple[str, ...]:
    """CNAME targets outside the site's own registrable domain, of every vantage, each once."""
    own = registrable_domain(site.host)
    names = (
        name
        for answer in observation.hosting.answers
        if registrable_domain(answer.host) == own
        for name in answer.cname_chain
        if registrable_domain(name) != own
    )
    return tuple(dict.fromkeys(names))


# --- the whole site ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _View:
    """One answer that counts: whose client it was for, and its addresses judged."""

    answer: DnsAnswer
    side: VantageSide
    foreign_cnames: tuple[str, ...]
    """CNAME targets outside the site's own domain: ``www`` → apex says nothing."""
    judged: tuple[JudgedAddress, ...]


@dataclass(frozen=True, slots=True)
class _Evidence:
    views: tuple[_View, ...]
    single_vantage: bool
    cdn: CdnSuffix | None

    def all(self) -> tuple[JudgedAddress, ...]:
        """Every address once, in order of first sight; special ones left out."""
        seen: dict[str, JudgedAddress] = {}
        for view in self.views:
            for judged in view.judged:
                if judged.where is not Place.SPECIAL:
                    seen.setdefault(judged.address, judged)
        return tuple(seen.values())

    def special(self) -> tuple[JudgedAddress, ...]:
        found = {j.address: j for v in self.views for j in v.judged if j.where is Place.SPECIAL}
        return tuple(found.values())

    def scopes(self, facts: HostingFacts) -> set[str]:
        return {_scope(name, facts) for view in self.views for name in view.foreign_cnames}

    def cnames(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for view in self.views for name in view.foreign_cnames))


def judge_hosting(
    site: Site, observation: Observation, facts: HostingFacts, texts: Mapping[str, Text]
) -> HostingJudgment:
    """Where the site is served from, and whether a filing is required for it.

    The most mainland answer decides: apex, www and whatever else of the domain was asked,
    from every vantage. ``texts`` holds the sentences under ``hosting.``.
    """
    evidence = _gather(site, observation, facts)
    side, confidence, key = _decide(evidence, observation, facts)
    platform = platform_of(site, facts)
    required, required_key = _required(side, confidence, platform)
    judged = evidence.all()
    words = _words(evidence, observation, texts) | {"platform": platform, "side": side.value}
    organisation = next((j.organisation for j in judged if j.organisation), "")
    return HostingJudgment(
        side=side,
        confidence=confidence,
        why=_say(f"hosting.why.{key}", texts, words),
        required=required,
        required_why=_say(f"hosting.required.{required_key}", texts, words),
        countries=tuple(dict.fromkeys(j.country for j in judged)),
        addresses=tuple(dict.fromkeys(j.address for v in evidence.views for j in v.judged)),
        asn=tuple(dict.fromkeys(number for j in judged for number in j.asn)),
        provider=organisation or (evidence.cdn.provider if evidence.cdn else ""),
        cdn=evidence.cdn.provider if evidence.cdn else "",
        platform=platform,
        single_vantage=evidence.single_vantage,
        mainland_seen=_mainland_seen(evidence),
    )


def judged_addresses(site: Site, observation: Observation, facts: HostingFacts) -> tuple[JudgedAddress, ...]:
    """Every address of the site's own names, once, with what its voters say together."""
    views = _gather(site, observation, facts).views
    return tuple({judged.address: judged for view in views for judged in view.judged}.values())


def _gather(site: Site, observation: Observation, facts: HostingFacts) -> _Evidence:
    own = registrable_domain(site.host)
    sides = {vantage.name: vantage.side for vantage in observation.vantages}
    located = {place.address: place for place in observation.hosting.located}
    answers = [a for a in observation.hosting.answers if registrable_domain(a.host) == own]
    known: dict[tuple[str, tuple[str, ...]], JudgedAddress] = {}
    views = []
    for answer in answers:
        foreign = tuple(name for name in answer.cname_chain if registrable_domain(name) != own)
        for address in answer.addresses:
            # Vantages mostly agree: each address behind each chain is judged once.
            if (address, foreign) not in known:
                known[address, foreign] = _judge_address(address, located.get(address), foreign, facts)
        judged = tuple(known[address, foreign] for address in answer.addresses)
        views.append(_View(answer, sides.get(answer.vantage, VantageSide.PLAIN), foreign, judged))
    cdns = (cdn_of(name, facts) for view in views for name in view.foreign_cnames)
    return _Evidence(
        views=tuple(views),
        single_vantage=not _seen_from_mainland(answers, observation, sides),
        cdn=next((cdn for cdn in cdns if cdn is not None), None),
    )


def _seen_from_mainland(
    answers: list[DnsAnswer], observation: Observation, sides: Mapping[str, VantageSide]
) -> bool:
    """Whether every name that has addresses was truly asked as a mainland client.

    The resolver must have honoured the client subnet: it sent the option back (whatever its
    scope), or its answers to two kinds of client have nothing in common, for this site or for
    another name asked alongside. A vantage that sends no subnet stands in the mainland itself.
    """
    by_name = {vantage.name: vantage for vantage in observation.vantages}
    honoured = {
        name
        for name, side in sides.items()
        if side is VantageSide.MAINLAND and _honours(by_name[name], observation.hosting.answers, sides)
    }
    hosts = {a.host for a in answers if a.addresses}
    covered = {a.host for a in answers if a.addresses and a.vantage in honoured}
    return bool(hosts) and hosts == covered


def _honours(vantage: Vantage, answers: tuple[DnsAnswer, ...], sides: Mapping[str, VantageSide]) -> bool:
    if vantage.subnet is None:
        return True
    mine = [a for a in answers if a.vantage == vantage.name]
    if any(a.subnet_echoed for a in mine):
        return True
    others = {(a.host, a.vantage): set(a.addresses) for a in answers if a.addresses}
    for answer in mine:
        for (host, name), addresses in others.items():
            other_side = sides.get(name, VantageSide.PLAIN) is not VantageSide.MAINLAND
            # Round-robin answers overlap; only sets without a common address prove tailoring.
            if (
                host == answer.host
                and other_side
                and answer.addresses
                and not addresses & set(answer.addresses)
            ):
                return True
    return False


def _decide(
    evidence: _Evidence, observation: Observation, facts: HostingFacts
) -> tuple[HostingSide, Confidence, str]:
    """Side, confidence, and the key of the sentence that says why."""
    judged = evidence.all()
    if observation.hosting.problem:
        return HostingSide.UNKNOWN, Confidence.LOW, "problem"
    if not judged:
        return HostingSide.UNKNOWN, Confidence.LOW, "special-only" if evidence.special() else "no-address"
    found = {j.where for j in judged}
    if Place.MAINLAND in found:
        elsewhere = found & {Place.OUTSIDE, Place.ANYCAST}
        confidence = _mainland_confidence(evidence)
        return (
            (HostingSide.MIXED, confidence, "mixed")
            if elsewhere
            else (HostingSide.MAINLAND, confidence, "mainland")
        )
    if Place.DISPUTED in found:
        return HostingSide.DISPUTED, Confidence.LOW, "disputed"
    if found == {Place.UNKNOWN}:
        return HostingSide.UNKNOWN, Confidence.LOW, "unlocated"
    return _decide_outside(evidence, found, facts)


def _mainland_confidence(evidence: _Evidence) -> Confidence:
    """High where two kinds of evidence agree on every address a mainland client was given."""
    if evidence.single_vantage:
        return Confidence.MEDIUM
    mainland = [j for v in evidence.views if v.side is VantageSide.MAINLAND for j in v.judged]
    sure = [j for j in mainland if j.where is not Place.SPECIAL]
    high = bool(sure) and all(j.where is Place.MAINLAND and j.kinds >= 2 for j in sure)
    return Confidence.HIGH if high else Confidence.MEDIUM


def _decide_outside(
    evidence: _Evidence, found: set[Place], facts: HostingFacts
) -> tuple[HostingSide, Confidence, str]:
    judged = evidence.all()
    in_china_too = evidence.scopes(facts) & {"mainland", "both"}
    if found == {Place.ANYCAST}:
        if (
            all(j.anycast is not None and not j.anycast.has_mainland_nodes for j in judged)
            and not in_china_too
        ):
            return HostingSide.OUTSIDE, Confidence.MEDIUM, "anycast"
        return HostingSide.UNKNOWN, Confidence.LOW, "anycast-unknown"
    if in_china_too:
        return HostingSide.OUTSIDE, Confidence.LOW, "outside-china-cdn"
    if Place.UNKNOWN in found:
        return HostingSide.OUTSIDE, Confidence.LOW, "outside-part"
    if not evidence.single_vantage:
        return HostingSide.OUTSIDE, Confidence.MEDIUM, "outside"
    if evidence.cnames():
        return HostingSide.OUTSIDE, Confidence.LOW, "outside-cdn-single"
    if _one_network(judged):
        return HostingSide.OUTSIDE, Confidence.MEDIUM, "outside-one-network"
    return HostingSide.OUTSIDE, Confidence.LOW, "outside-single"


def _one_network(judged: tuple[JudgedAddress, ...]) -> bool:
    """Whether all addresses belong to one hosting network: one origin AS, or else one small range."""
    systems = {j.asn for j in judged}
    if all(systems):
        return len({number for numbers in systems for number in numbers}) == 1
    ranges = {
        (ip.version, int(ip) >> (8 if ip.version == 4 else 80))
        for j in judged
        if (ip := _ip(j.address)) is not None
    }
    return len(ranges) == 1


def _required(side: HostingSide, confidence: Confidence, platform: str) -> tuple[Required, str]:
    if platform:
        return Required.NO, "platform"
    if side in (HostingSide.MAINLAND, HostingSide.MIXED):
        return Required.YES, side.value
    if side is HostingSide.OUTSIDE and confidence is not Confidence.LOW:
        return Required.NO, "outside"
    return Required.UNKNOWN, side.value if side is not HostingSide.OUTSIDE else "outside-low"


def _mainland_seen(evidence: _Evidence) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            f"{view.answer.host} ({view.answer.vantage})"
            for view in evidence.views
            if any(j.where is Place.MAINLAND for j in view.judged)
        )
    )


# --- sentences -----------------------------------------------------------------------------


def _words(evidence: _Evidence, observation: Observation, texts: Mapping[str, Text]) -> dict[str, str | Text]:
    """What the sentences may quote."""
    judged = evidence.all()
    kinds = tuple(dict.fromkeys(j.said for j in evidence.special()))
    special = Text(
        zh="；".join(_text(f"hosting.special.{kind}", texts).zh for kind in kinds),
        en="; ".join(_text(f"hosting.special.{kind}", texts).en for kind in kinds),
    )
    return {
        "addresses": _quoted(judged),
        "countries": ", ".join(dict.fromkeys(j.country for j in judged)),
        "cdn": evidence.cdn.provider if evidence.cdn else ", ".join(evidence.cnames()[:1]),
        "product": next((j.anycast.product for j in judged if j.anycast is not None), ""),
        "special": special,
        "special_addresses": ", ".join(j.address for j in evidence.special()[:SHOWN_ADDRESSES]),
        "problem": " ".join(observation.hosting.problem.split())[:200],
        "dns": ", ".join(_statuses(evidence)) or "-",
        "seen": ", ".join(_mainland_seen(evidence)[:SHOWN_ADDRESSES]),
    }


def _quoted(judged: tuple[JudgedAddress, ...]) -> str:
    shown = [f"{j.address} [{j.said}]" for j in judged[:SHOWN_ADDRESSES]]
    more = len(judged) - len(shown)
    return ", ".join(shown) + (f" (+{more})" if more > 0 else "")


def _statuses(evidence: _Evidence) -> tuple[str, ...]:
    missing = (v.answer for v in evidence.views if v.answer.status is not DnsStatus.OK)
    return tuple(dict.fromkeys(f"{a.host} {a.vantage}: {a.status.value}" for a in missing))[:SHOWN_ADDRESSES]


def _text(key: str, texts: Mapping[str, Text]) -> Text:
    return texts.get(key, Text(key, key))


def _say(key: str, texts: Mapping[str, Text], words: Mapping[str, str | Text]) -> Text:
    template = _text(key, texts)
    zh = {name: word.zh if isinstance(word, Text) else word for name, word in words.items()}
    en = {name: word.en if isinstance(word, Text) else word for name, word in words.items()}
    return Text(template.zh.format_map(zh), template.en.format_map(en))
