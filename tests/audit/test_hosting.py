"""Where a site is served from: a table per reading, and what a single vantage may not say."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from icpcrawl.audit.finding import Confidence
from icpcrawl.audit.hosting import (
    HostingFacts,
    HostingJudgment,
    HostingSide,
    Required,
    cdn_of,
    companies,
    judge_hosting,
    platform_of,
    region_of,
    special_kind,
)
from icpcrawl.datafiles import data_path, read_table, texts_of
from icpcrawl.observation import (
    CountryVote,
    DnsAnswer,
    DnsStatus,
    Fetched,
    FetchOutcome,
    Hosting,
    LocatedAddress,
    Observation,
    Vantage,
    VantageSide,
)
from icpcrawl.portfolio import Site

FACTS = HostingFacts.from_tables(read_table)
TEXTS = texts_of({"texts/hosting.toml": data_path("texts/hosting.toml").read_text("utf-8")})
VANTAGES = (
    Vantage("plain", VantageSide.PLAIN),
    Vantage("mainland", VantageSide.MAINLAND, "202.96.209.0/24"),
    Vantage("overseas", VantageSide.OVERSEAS, "85.214.0.0/24"),
)
CN, CN_2, HK, HK_2, US = "203.0.113.1", "203.0.113.2", "198.51.100.1", "198.51.100.2", "192.0.2.1"
ALIYUN, HETZNER = 37963, 24940


def site(host: str = "example.cn", **more: object) -> Site:
    return Site(1, 2, host, host, host, **more)  # type: ignore[arg-type]


def told(
    vantage: str, *addresses: str, cname: tuple[str, ...] = (), echoed: bool = False, host: str = "example.cn"
) -> DnsAnswer:
    status = DnsStatus.OK if addresses else DnsStatus.NO_ADDRESS
    return DnsAnswer(host, vantage, status, cname, addresses, subnet_echoed=echoed)


def votes(**countries: str) -> tuple[LocatedAddress, ...]:
    """``a203_0_113_1="CN US 37963"``: GeoIP votes, and a number for the origin AS."""
    located = []
    for name, said in countries.items():
        cast = [
            CountryVote("asn", "origin-as", asn=int(word), organisation=f"holder {word}")
            if word.isdigit()
            else CountryVote(f"db{n}", "geoip", word)
            for n, word in enumerate(said.split())
        ]
        located.append(LocatedAddress(name[1:].replace("_", "."), tuple(cast)))
    return tuple(located)


def judged(
    answers: tuple[DnsAnswer, ...],
    located: tuple[LocatedAddress, ...],
    *,
    of: Site | None = None,
    problem: str = "",
) -> HostingJudgment:
    observation = Observation(
        "example.cn",
        "run",
        datetime(2026, 11, 24, tzinfo=UTC),
        Fetched(FetchOutcome.OK),
        Hosting(answers, located, problem),
        VANTAGES,
    )
    return judge_hosting(of or site(), observation, FACTS, TEXTS)


def everywhere(*addresses: str, cname: tuple[str, ...] = (), echoed: bool = True) -> tuple[DnsAnswer, ...]:
    return tuple(told(v.name, *addresses, cname=cname, echoed=echoed) for v in VANTAGES)


CN_HIGH = votes(a203_0_113_1="CN 37963")
CN_ONE = votes(a203_0_113_1="CN")
HK_ONE = votes(a198_51_100_1="HK")
KUNLUN = ("example.cn.w.kunlunsl.com",)
M, X, OUT, D, U = (
    HostingSide.MAINLAND,
    HostingSide.MIXED,
    HostingSide.OUTSIDE,
    HostingSide.DISPUTED,
    HostingSide.UNKNOWN,
)
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW
YES, NO, OPEN = Required.YES, Required.NO, Required.UNKNOWN

CASES = {
    "mainland, two kinds of evidence": (everywhere(CN), CN_HIGH, M, HIGH, YES),
    "mainland, one kind": (everywhere(CN), CN_ONE, M, MEDIUM, YES),
    "two databases are one kind": (everywhere(CN), votes(a203_0_113_1="CN CN"), M, MEDIUM, YES),
    "mainland seen from one vantage": (everywhere(CN, echoed=False), CN_HIGH, M, MEDIUM, YES),
    "origin network alone": (everywhere(CN), votes(a203_0_113_1="37963"), M, MEDIUM, YES),
    "a mainland-only CDN name is a second kind": (
        everywhere(CN, cname=("x.cloudfront.cn",)),
        CN_ONE,
        M,
        HIGH,
        YES,
    ),
    "split by client": (
        (told("plain", HK), told("mainland", CN, echoed=True), told("overseas", HK)),
        CN_ONE + HK_ONE,
        X,
        MEDIUM,
        YES,
    ),
    "both in one answer": (everywhere(CN, HK), CN_ONE + HK_ONE, X, MEDIUM, YES),
    "mainland only for overseas clients": (
        (told("plain", HK), told("mainland", HK, echoed=True), told("overseas", CN)),
        CN_ONE + HK_ONE,
        X,
        MEDIUM,
        YES,
    ),
    "outside, mainland client asked": (everywhere(HK), HK_ONE, OUT, MEDIUM, NO),
    "Macao": (everywhere(HK), votes(a198_51_100_1="MO"), OUT, MEDIUM, NO),
    "Taiwan": (everywhere(HK), votes(a198_51_100_1="TW"), OUT, MEDIUM, NO),
    "outside, countries differ": (everywhere(HK), votes(a198_51_100_1="HK SG"), OUT, MEDIUM, NO),
    "outside, holder abroad": (everywhere(HK), votes(a198_51_100_1="DE 24940"), OUT, MEDIUM, NO),
    "outside, one vantage, no CNAME, one network": (everywhere(HK, echoed=False), HK_ONE, OUT, MEDIUM, NO),
    "outside, one vantage, two networks": (
        everywhere(HK, US, echoed=False),
        HK_ONE + votes(a192_0_2_1="US"),
        OUT,
        LOW,
        OPEN,
    ),
    "outside, one vantage behind a CDN": (
        everywhere(HK, cname=("x.b-cdn.net",), echoed=False),
        HK_ONE,
        OUT,
        LOW,
        OPEN,
    ),
    "outside behind a CDN without mainland nodes, mainland client asked": (
        everywhere(HK, cname=("x.b-cdn.net",)),
        HK_ONE,
        OUT,
        MEDIUM,
        NO,
    ),
    "outside behind a CDN with mainland nodes": (everywhere(HK, cname=KUNLUN), HK_ONE, OUT, LOW, OPEN),
    "the most mainland name of a chain wins": (
        everywhere(HK, cname=("x.cloudfront.cn", "y.b-cdn.net")),
        HK_ONE,
        OUT,
        LOW,
        OPEN,
    ),
    "databases disagree": (everywhere(CN), votes(a203_0_113_1="CN SG"), D, LOW, OPEN),
    "database against holder": (everywhere(CN), votes(a203_0_113_1="SG 45090"), D, LOW, OPEN),
    "Chinese cloud abroad called CN": (everywhere(CN), votes(a203_0_113_1="CN 45102"), D, LOW, OPEN),
    "Hong Kong region called CN": (
        everywhere(CN, cname=("b.oss-cn-hongkong.aliyuncs.com",)),
        CN_ONE,
        D,
        LOW,
        OPEN,
    ),
    "Guangzhou region called HK": (
        everywhere(HK, cname=("b.cos.ap-guangzhou.myqcloud.com",)),
        HK_ONE,
        D,
        LOW,
        OPEN,
    ),
    "a certain mainland node beside a disputed one": (
        everywhere(CN, CN_2),
        CN_ONE + votes(a203_0_113_2="CN SG"),
        M,
        MEDIUM,
        YES,
    ),
    "nobody knows the address": (everywhere(US), (), U, LOW, OPEN),
    "one address known, one not": (everywhere(HK, US), HK_ONE, OUT, LOW, OPEN),
    "no address at all": (everywhere(), (), U, LOW, OPEN),
    "no answer at all": ((), (), U, LOW, OPEN),
    "Cloudflare": (everywhere("104.16.1.1", echoed=False), votes(a104_16_1_1="US"), OUT, MEDIUM, NO),
    "Cloudflare by holder": (everywhere(US, echoed=False), votes(a192_0_2_1="CN 13335"), OUT, MEDIUM, NO),
    "CloudFront": (
        everywhere(US, cname=("d1.cloudfront.net",), echoed=False),
        votes(a192_0_2_1="US 16509"),
        OUT,
        MEDIUM,
        NO,
    ),
    "a name of CloudFront does not outweigh a mainland vote": (
        everywhere(CN, cname=("d1.cloudfront.net",)),
        CN_ONE,
        M,
        MEDIUM,
        YES,
    ),
    "Cloudflare's China network": (
        everywhere("104.16.1.1", cname=("x.cf-ns.com",)),
        votes(a104_16_1_1="US"),
        U,
        LOW,
        OPEN,
    ),
    "anycast of unknown extent": (everywhere("75.2.1.1"), votes(a75_2_1_1="US"), U, LOW, OPEN),
    "anycast beside a mainland address": (everywhere("104.16.1.1", CN), CN_ONE, X, MEDIUM, YES),
}


@pytest.mark.parametrize("name", CASES)
def test_reading(name: str) -> None:
    answers, located, side, confidence, required = CASES[name]
    judgment = judged(answers, located)
    assert (judgment.side, judgment.confidence, judgment.required) == (side, confidence, required)
    for text in (judgment.why, judgment.required_why):
        assert text.zh
        assert text.en
        assert "{" not in text.zh + text.en
        assert not text.en.startswith("hosting.")


def test_anycast_has_no_country() -> None:
    judgment = judged(everywhere("104.16.1.1"), votes(a104_16_1_1="US"))
    assert judgment.countries == ("??",)


@pytest.mark.parametrize(
    ("mainland", "overseas", "single"),
    [
        (told("mainland", HK, echoed=True), told("overseas", HK), False),
        (told("mainland", HK), told("overseas", HK), True),
        (told("mainland", HK_2), told("overseas", HK), False),
        # Round robin: the sets overlap, which proves nothing.
        (told("mainland", HK, HK_2), told("overseas", HK), True),
        (told("mainland"), told("overseas", HK), True),
    ],
)
def test_single_vantage(mainland: DnsAnswer, overseas: DnsAnswer, single: bool) -> None:
    located = votes(a198_51_100_1="HK", a198_51_100_2="HK")
    assert judged((told("plain", HK), mainland, overseas), located).single_vantage is single


def test_a_canary_name_shows_that_the_subnet_is_honoured() -> None:
    canary = (
        told("mainland", CN, host="canary.test"),
        told("overseas", US, host="canary.test"),
    )
    judgment = judged((*everywhere(HK, echoed=False), *canary), HK_ONE + CN_ONE)
    assert (judgment.side, judgment.single_vantage) == (OUT, False)


def test_www_decides_as_much_as_the_apex() -> None:
    www = told("mainland", CN, echoed=True, host="www.example.cn")
    judgment = judged((*everywhere(HK), www), CN_ONE + HK_ONE)
    assert (judgment.side, judgment.required) == (X, YES)
    assert judgment.mainland_seen == ("www.example.cn (mainland)",)


def test_another_domain_does_not_count() -> None:
    judgment = judged((*everywhere(HK), told("plain", CN, host="corp.example.com")), CN_ONE + HK_ONE)
    assert judgment.side is OUT


def test_www_to_apex_is_no_cdn_name() -> None:
    www = told("plain", HK, cname=("example.cn",), host="www.example.cn")
    judgment = judged((*everywhere(HK, echoed=False), www), HK_ONE)
    assert (judgment.side, judgment.confidence) == (OUT, MEDIUM)


def test_ipv6_counts_like_ipv4() -> None:
    located = (*HK_ONE, LocatedAddress("2001:db8::1", (CountryVote("db", "geoip", "CN"),)))
    assert judged(everywhere(HK, "2001:db8::1"), located).side is X


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("198.18.0.35", "fake-IP"),
        ("100.64.3.4", "carrier-grade"),
        ("10.1.2.3", "private"),
        ("127.0.0.1", "loopback"),
        ("::ffff:10.1.2.3", "private"),
        ("fe80::1", "link-local"),
        ("0.0.0.0", "switched off"),
    ],
)
def test_addresses_without_a_place_are_named(address: str, word: str) -> None:
    judgment = judged(everywhere(address), (LocatedAddress(address, (CountryVote("db", "geoip", "US"),)),))
    assert (judgment.side, judgment.required) == (U, OPEN)
    assert word in judgment.why.en
    assert address in judgment.why.zh


def test_a_lookup_that_broke_is_unknown_with_its_reason() -> None:
    judgment = judged(everywhere(CN), CN_HIGH, problem="OSError: no\nroute")
    assert judgment.side is U
    assert "OSError: no route" in judgment.why.en


PLATFORMS = [
    ("shop123.tmall.com", True),
    ("mp.weixin.qq.com", True),
    ("someone.github.io", True),
    ("brand.myshopify.com", True),
    ("tmall.com", False),
    ("www.tmall.com", False),
    ("github.io", False),
    ("example.com.cn", False),
    # Registries and dynamic DNS: the server is the holder's own.
    ("brand.cn.com", False),
    ("brand.eu.org", False),
    ("office.ddns.net", False),
]


@pytest.mark.parametrize(("host", "is_platform"), PLATFORMS)
def test_platform(host: str, is_platform: bool) -> None:
    assert bool(platform_of(site(host), FACTS)) is is_platform


def test_platform_needs_no_filing_wherever_it_stands() -> None:
    answers = (told("plain", CN, host="shop.tmall.com"),)
    judgment = judged(answers, CN_ONE, of=site("shop.tmall.com"))
    assert (judgment.side, judgment.required) == (M, NO)
    assert "Tmall" in judgment.required_why.en


def test_own_domain_pointing_to_a_platform_stays_in_scope() -> None:
    judgment = judged(everywhere(CN, cname=("someone.github.io",)), CN_ONE)
    assert (judgment.platform, judgment.required) == ("", YES)


def test_a_row_with_an_expected_number_is_the_owner_s() -> None:
    assert platform_of(site("shop.tmall.com", expected_icp=("浙ICP备12345678号",)), FACTS) == ""


@pytest.mark.parametrize(
    ("cname", "scope"),
    [
        ("a.w.kunlunsl.com", "both"),
        ("a.cdnhwcxyz.cn", "both"),
        ("a.cloudfront.cn", "mainland"),
        ("d1.cloudfront.net", "global"),
        ("notcloudfront.net", None),
        ("cloudfront.net.example.com", None),
        ("x.akamaiedge.net.cn", "mainland"),
    ],
)
def test_cdn_suffix_on_dot_boundaries(cname: str, scope: str | None) -> None:
    found = cdn_of(cname, FACTS)
    assert (found.scope if found else None) == scope


@pytest.mark.parametrize(
    ("cname", "country"),
    [
        ("b.oss-cn-hongkong.aliyuncs.com", "HK"),
        ("b.oss-cn-beijing.aliyuncs.com", "CN"),
        ("b.oss-cn-beijing-internal.aliyuncs.com", "CN"),
        ("b.cos.ap-guangzhou.myqcloud.com", "CN"),
        ("b.cos.ap-hongkong.myqcloud.com", "HK"),
        ("b.obs.ap-southeast-1.myhuaweicloud.com", "HK"),
        ("b.bj.bcebos.com", "CN"),
        ("b.s3.cn-north-1.amazonaws.com.cn", "CN"),
        ("b.oss-nowhere.aliyuncs.com", None),
        ("b.example.com", None),
    ],
)
def test_region_label(cname: str, country: str | None) -> None:
    assert region_of(cname, FACTS) == country


def test_provider_and_cdn_are_named() -> None:
    judgment = judged(everywhere(CN, cname=KUNLUN), CN_HIGH)
    assert (judgment.provider, judgment.asn) == ("holder 37963", (ALIYUN,))
    assert "Alibaba" in judgment.cdn


def test_spellings_of_one_company() -> None:
    assert companies("阿里云华东", FACTS) == companies("Aliyun", FACTS) == companies("Alibaba Cloud", FACTS)
    assert companies("drawstring", FACTS) == frozenset()


def test_documentation_addresses_are_not_special() -> None:
    assert [special_kind(a) for a in (CN, HK, US)] == ["", "", ""]


@pytest.mark.parametrize("table", ["anycast_networks", "known_places"])
def test_networks_of_a_table_do_not_overlap(table: str) -> None:
    """An address is looked up among their first addresses: of two that overlap one would be missed."""
    ranges = getattr(HostingFacts.from_tables(read_table), table)
    for (version, _, last, _), (after, first, *_) in pairwise(ranges):
        assert version < after or last < first
