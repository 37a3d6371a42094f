"""Each hosting rule: where it fires, where it passes, where too little is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from icpcrawl.audit.blocked import BlockedFacts
from icpcrawl.audit.case import Case
from icpcrawl.audit.facts import Facts, LawFacts
from icpcrawl.audit.finding import Confidence, Finding, Severity, Text
from icpcrawl.audit.footer import DisplayedNumber, Place
from icpcrawl.audit.hosting import HostingFacts, HostingJudgment, HostingSide, Required
from icpcrawl.audit.links import LinkFacts, LinkTarget, LinkVerdict
from icpcrawl.audit.numbers import NumberFacts, NumberKind, NumberStatus, ParsedNumber, ServiceKind
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.rules import hosting as rules
from icpcrawl.audit.site_audit import JudgedNumber, Shown
from icpcrawl.datafiles import data_path, read_table, texts_of
from icpcrawl.observation import (
    DnsAnswer,
    DnsStatus,
    Fetched,
    FetchOutcome,
    Hosting,
    Observation,
    Page,
)
from icpcrawl.portfolio import Site

NAMES = ("texts/hosting.toml", "texts/outcomes.toml", "texts/rules_hosting_fetch.toml", "texts/seen.toml")
TEXTS: Mapping[str, Text] = texts_of({name: data_path(name).read_text("utf-8") for name in NAMES})
FACTS = Facts(
    NumberFacts.from_tables(read_table),
    LinkFacts.from_tables(read_table),
    HostingFacts.from_tables(read_table),
    BlockedFacts.from_tables(read_table),
    LawFacts.from_tables(read_table),
    TEXTS,
    "",
)
SAY = Text("因为", "because")
MAINLAND = HostingJudgment(
    HostingSide.MAINLAND,
    Confidence.HIGH,
    SAY,
    Required.YES,
    SAY,
    countries=("CN",),
    addresses=("203.0.113.1",),
    asn=(37963,),
)
OUTSIDE = replace(
    MAINLAND,
    side=HostingSide.OUTSIDE,
    confidence=Confidence.MEDIUM,
    required=Required.NO,
    countries=("HK",),
    asn=(24940,),
)
UNKNOWN = replace(
    MAINLAND, side=HostingSide.UNKNOWN, confidence=Confidence.LOW, required=Required.UNKNOWN, asn=()
)
MIXED = replace(MAINLAND, side=HostingSide.MIXED, countries=("CN", "US"))
DISPUTED = replace(UNKNOWN, side=HostingSide.DISPUTED)
OUTSIDE_LOW = replace(OUTSIDE, confidence=Confidence.LOW, required=Required.UNKNOWN)
ON_PLATFORM = "天猫 Tmall"

NUMBER = JudgedNumber(
    DisplayedNumber(
        ParsedNumber(NumberKind.FILING, NumberStatus.OK, "京ICP备12345678号-1", "京ICP备12345678号-1", 0, 16),
        Place.FOOTER,
        displayed=True,
    ),
    LinkTarget("current", LinkVerdict.OK),
)
OF_APP = replace(
    NUMBER, seen=replace(NUMBER.seen, parsed=replace(NUMBER.seen.parsed, service_kind=ServiceKind.APP))
)
ALIYUN_BLOCK = Page(
    "http://example.cn/",
    403,
    (("server", "Beaver"),),
    b"<title>Non-compliance ICP Filing</title>",
)
UCLOUD_BLOCK = Page(
    "http://example.cn/",
    200,
    (),
    "因该网站未进行备案或涉及发布违禁信息<a href='//ucloud.cn'>x</a>".encode(),
)


def case(
    hosting: HostingJudgment = MAINLAND,
    *,
    shown: bool = False,
    number: JudgedNumber = NUMBER,
    outcome: FetchOutcome = FetchOutcome.OK,
    page: Page | None = None,
    previous: PreviousState | None = None,
    cname: tuple[str, ...] = (),
    entries: tuple[RegisterEntry, ...] = (),
    **columns: Any,
) -> Case:
    site = Site(1, 2, "example.cn", "example.cn", "example.cn", **columns)
    answer = DnsAnswer("example.cn", "plain", DnsStatus.OK, cname, hosting.addresses)
    seen = Observation(
        "example.cn",
        "run",
        datetime(2026, 11, 24, tzinfo=UTC),
        Fetched(outcome, page=page),
        Hosting((answer,)),
    )
    return Case(
        site=site,
        observation=seen,
        outcome=outcome,
        reading=None,
        filing=Shown(number, (number,)) if shown else Shown(),
        psb=Shown(),
        licence=Shown(),
        hosting=hosting,
        previous=previous,
        register=Register({"example.cn": entries} if entries else {}),
        facts=FACTS,
        policy=Policy(),
        today=date(2026, 11, 24),
    )


def before(side: str = "mainland", *asn: int, cdn: str = "") -> PreviousState:
    return PreviousState("2026-01-01", "r1", "2026-11-20", hosting_side=side, asn=asn, cdn=cdn)


def found(each: Case) -> dict[str, Finding]:
    return {finding.rule: finding for rule in rules.RULES for finding in rule.judge(each)}


def entry(filed: bool | None, number: str = "", read_on: str = "2026-11-01") -> RegisterEntry:
    return RegisterEntry("example.cn", number, filed=filed, source="export", read_on=read_on)


BLOCKED = FetchOutcome.BLOCKED_UNFILED
FIRES: dict[str, tuple[str, Case]] = {
    "shown abroad": ("hosting-outside-yet-filed", case(OUTSIDE, shown=True)),
    "register says not filed": ("hosting-unfiled-confirmed", case(entries=(entry(False),))),
    "page for unfiled names": (
        "hosting-unfiled-confirmed",
        case(outcome=BLOCKED, page=ALIYUN_BLOCK),
    ),
    "Alibaba to Tencent": ("hosting-provider-changed", case(previous=before("mainland", 45090))),
    "mixed": ("hosting-mixed", case(MIXED)),
    "disputed": ("hosting-disputed", case(DISPUTED)),
    "moved in": ("hosting-moved", case(previous=before("outside", 24940))),
    "moved out": ("hosting-moved", case(OUTSIDE, previous=before("mainland", 37963))),
    "one vantage": ("hosting-single-vantage", case(replace(OUTSIDE, single_vantage=True))),
    "expected mainland": ("hosting-differs", case(OUTSIDE, expected_hosting="mainland")),
    "expected outside": ("hosting-differs", case(MIXED, expected_hosting="outside")),
    "other provider": ("hosting-differs", case(provider="腾讯云")),
    "stopped": (
        "hosting-cdn-stopped",
        case(replace(UNKNOWN, addresses=()), cname=("offline.volcgslb.com",)),
    ),
}


@pytest.mark.parametrize("name", FIRES)
def test_fires(name: str) -> None:
    rule, each = FIRES[name]
    finding = found(each)[rule]
    record = next(r for r in rules.RULES if r.slug == rule)
    assert finding.severity is record.severity
    assert finding.observed
    assert "\n" not in finding.observed


SILENT: dict[str, tuple[str, Case]] = {
    "outside, not sure": ("hosting-outside-yet-filed", case(OUTSIDE_LOW, shown=True)),
    "outside, nothing shown": ("hosting-outside-yet-filed", case(OUTSIDE)),
    "platform's number": (
        "hosting-outside-yet-filed",
        case(replace(OUTSIDE, platform=ON_PLATFORM), shown=True),
    ),
    "number of an app": ("hosting-outside-yet-filed", case(OUTSIDE, shown=True, number=OF_APP)),
    "another domain's page": (
        "hosting-outside-yet-filed",
        case(OUTSIDE, shown=True, page=Page("https://corp.com/cn", 200, (), b"x")),
    ),
    "nothing shown is not unfiled": ("hosting-unfiled-confirmed", case()),
    "register does not know": ("hosting-unfiled-confirmed", case(entries=(entry(None),))),
    "approved after the register was read": (
        "hosting-unfiled-confirmed",
        case(entries=(entry(False),), icp_approved_on=date(2026, 11, 23)),
    ),
    "register undated": ("hosting-unfiled-confirmed", case(entries=(entry(False, read_on=""),))),
    "register of two minds": (
        "hosting-unfiled-confirmed",
        case(entries=(entry(False), entry(True, "京ICP备12345678号"))),
    ),
    "not filed, not mainland": ("hosting-unfiled-confirmed", case(OUTSIDE, entries=(entry(False),))),
    "page for filing or content": (
        "hosting-unfiled-confirmed",
        case(outcome=BLOCKED, page=UCLOUD_BLOCK),
    ),
    "page though the register knows a filing": (
        "hosting-unfiled-confirmed",
        case(outcome=BLOCKED, page=ALIYUN_BLOCK, entries=(entry(True, "京ICP备12345678号"),)),
    ),
    "same provider": ("hosting-provider-changed", case(previous=before("mainland", 37963))),
    "first night": ("hosting-provider-changed", case()),
    "behind a CDN": (
        "hosting-provider-changed",
        case(previous=before("mainland", 45090), cname=("x.w.kunlunsl.com",)),
    ),
    "was behind a CDN": (
        "hosting-provider-changed",
        case(previous=before("mainland", 45090, cdn="Wangsu")),
    ),
    "two networks of one company": (
        "hosting-provider-changed",
        case(replace(MAINLAND, asn=(4134,)), previous=before("mainland", 4812)),
    ),
    "unknown network": ("hosting-provider-changed", case(previous=before("mainland", 64500))),
    "moved only by doubt": ("hosting-moved", case(OUTSIDE_LOW, previous=before("mainland"))),
    "unknown now": ("hosting-moved", case(UNKNOWN, previous=before("mainland"))),
    "as before": ("hosting-moved", case(previous=before("mainland", 37963))),
    "several vantages": ("hosting-single-vantage", case(OUTSIDE)),
    "expectation met": ("hosting-differs", case(expected_hosting="mainland", provider="阿里云")),
    "any": ("hosting-differs", case(expected_hosting="any")),
    "expected mainland, not sure": ("hosting-differs", case(OUTSIDE_LOW, expected_hosting="mainland")),
    "provider nobody knows": ("hosting-differs", case(provider="某某机房")),
    "provider in a carrier's network": (
        "hosting-differs",
        case(replace(MAINLAND, asn=(4134,)), provider="腾讯云"),
    ),
    "provider behind a CDN": (
        "hosting-differs",
        case(replace(MAINLAND, cdn="Wangsu"), provider="腾讯云"),
    ),
    "running name": ("hosting-cdn-stopped", case(cname=("offline.volcgslb.com",))),
    "no address, ordinary CNAME": (
        "hosting-cdn-stopped",
        case(UNKNOWN, cname=("x.volcgslb.com",)),
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_silent(name: str) -> None:
    rule, each = SILENT[name]
    assert rule not in found(each)


def test_carriers_lower_the_confidence_of_a_change() -> None:
    each = case(replace(MAINLAND, asn=(4134,)), previous=before("mainland", 37963))
    assert found(each)["hosting-provider-changed"].confidence is Confidence.LOW


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.slug)
def test_every_rule_is_explained(rule: Any) -> None:
    for part in ("title", "why", "remedy", "false_alarms"):
        assert f"rule.{rule.slug}.{part}" in TEXTS
    for key in rule.law:
        assert key in FACTS.law.laws or key.startswith("technical:")
    assert rule.severity in Severity
