"""Each rule about the visit: where it fires, where it keeps silent, how loud it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from icpcrawl.audit.blocked import BlockedFacts
from icpcrawl.audit.case import Case
from icpcrawl.audit.facts import Facts, LawFacts
from icpcrawl.audit.finding import Confidence, Finding, Severity, Text
from icpcrawl.audit.footer import PageReading
from icpcrawl.audit.hosting import HostingFacts, HostingJudgment, HostingSide, Required
from icpcrawl.audit.links import LinkFacts
from icpcrawl.audit.numbers import NumberFacts
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register
from icpcrawl.audit.rules import fetch as rules
from icpcrawl.audit.site_audit import Shown
from icpcrawl.audit.visible_text import VisibleText
from icpcrawl.datafiles import data_path, read_table, texts_of
from icpcrawl.observation import (
    Attempt,
    DnsAnswer,
    DnsStatus,
    Fetched,
    FetchOutcome,
    Hosting,
    Observation,
    Page,
    Vantage,
    VantageSide,
)
from icpcrawl.portfolio import Site

NAMES = ("texts/hosting.toml", "texts/outcomes.toml", "texts/rules_hosting_fetch.toml", "texts/seen.toml")
TEXTS = texts_of({name: data_path(name).read_text("utf-8") for name in NAMES})
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
OK, DEAD = FetchOutcome.OK, FetchOutcome.CONNECT_TIMEOUT
BLOCKED, WAF = FetchOutcome.BLOCKED_UNFILED, FetchOutcome.BLOCKED_WAF


def page(body: str = "<p>x</p>", status: int = 200, url: str = "https://example.cn/", **more: Any) -> Page:
    return Page(url, status, (), body.encode(), **more)


def answer(host: str, status: DnsStatus = DnsStatus.OK, vantage: str = "plain") -> DnsAnswer:
    return DnsAnswer(host, vantage, status, (), ("203.0.113.1",) if status is DnsStatus.OK else ())


def case(
    outcome: FetchOutcome = OK,
    seen: Page | None = None,
    *,
    side: HostingSide = HostingSide.MAINLAND,
    reading: PageReading | None = None,
    last: str = "",
    first: str = "2026-11-20",
    answers: tuple[DnsAnswer, ...] = (),
    host: str = "example.cn",
    detail: str = "",
) -> Case:
    attempts = (Attempt("https-apex", f"https://{host}/", outcome, detail),)
    observed = Observation(
        host,
        "run",
        datetime(2026, 11, 24, tzinfo=UTC),
        Fetched(outcome, detail, attempts, seen),
        Hosting(answers),
        (Vantage("plain", VantageSide.PLAIN), Vantage("mainland", VantageSide.MAINLAND)),
    )
    return Case(
        site=Site(1, 2, host, host, host),
        observation=observed,
        outcome=outcome,
        reading=reading,
        filing=Shown(),
        psb=Shown(),
        licence=Shown(),
        hosting=HostingJudgment(side, Confidence.HIGH, SAY, Required.YES, SAY),
        previous=PreviousState(first, "r1" if last else "", last),
        register=Register(),
        facts=FACTS,
        policy=Policy(),
        today=date(2026, 11, 24),
    )


def found(each: Case) -> dict[str, Finding]:
    return {finding.rule: finding for rule in rules.RULES for finding in rule.judge(each)}


ALIYUN = page("<title>Non-compliance ICP Filing</title>", 403)
ROOM = page("您好，该域名未备案，已被封停，请联系机房核实", 200)
SHELL = PageReading(
    "utf-8", "header", needs_rendering="footer-script:/js/foot.js", text=VisibleText.of("字" * 500)
)
WWW = "www.example.cn"
GONE = DnsStatus.NXDOMAIN

FIRES: dict[str, tuple[str, Severity, Case]] = {
    "refused by Alibaba Cloud": ("fetch-blocked-unfiled", Severity.ERROR, case(BLOCKED, ALIYUN)),
    "refused by nobody known": ("fetch-blocked-unfiled", Severity.WARNING, case(BLOCKED, ROOM)),
    "refused abroad": (
        "fetch-blocked-unfiled",
        Severity.WARNING,
        case(BLOCKED, ALIYUN, side=HostingSide.OUTSIDE),
    ),
    "refused, place unknown": (
        "fetch-blocked-unfiled",
        Severity.WARNING,
        case(BLOCKED, ALIYUN, side=HostingSide.UNKNOWN),
    ),
    "timeout": ("fetch-failed", Severity.WARNING, case(DEAD)),
    "dark since it was assessed": ("fetch-dark-long", Severity.WARNING, case(DEAD, last="2026-10-25")),
    "dark since it is known": ("fetch-dark-long", Severity.WARNING, case(DEAD, first="2026-09-01")),
    "default page": (
        "fetch-default-page",
        Severity.WARNING,
        case(FetchOutcome.DEFAULT_PAGE, page("<title>Welcome to nginx!</title>")),
    ),
    "parked": ("fetch-parked", Severity.WARNING, case(FetchOutcome.PARKED, page("此域名正在出售"))),
    "challenge": ("fetch-blocked-waf", Severity.NOTICE, case(WAF, page("denied", 493))),
    "shell": ("fetch-needs-browser", Severity.NOTICE, case(FetchOutcome.EMPTY_SHELL, page(""))),
    "footer by script": ("fetch-needs-browser", Severity.NOTICE, case(OK, page(), reading=SHELL)),
    "certificate": (
        "fetch-tls-invalid",
        Severity.NOTICE,
        case(OK, page(tls="unverified", tls_problem="certificate has expired")),
    ),
    "www missing": (
        "fetch-apex-or-www-only",
        Severity.NOTICE,
        case(answers=(answer("example.cn"), answer(WWW, GONE))),
    ),
    "apex missing": (
        "fetch-apex-or-www-only",
        Severity.NOTICE,
        case(answers=(answer("example.cn", DnsStatus.NO_ADDRESS), answer(WWW))),
    ),
    "elsewhere": ("fetch-redirects-elsewhere", Severity.NOTICE, case(OK, page(url="https://corp.com/cn"))),
}


@pytest.mark.parametrize("name", FIRES)
def test_fires(name: str) -> None:
    rule, severity, each = FIRES[name]
    finding = found(each)[rule]
    assert finding.severity is severity
    assert finding.observed
    assert "\n" not in finding.observed


SILENT: dict[str, tuple[str, Case]] = {
    "seen": ("fetch-failed", case(OK, page())),
    "own rule": ("fetch-failed", case(WAF, page("denied", 493))),
    "dark for 29 days": ("fetch-dark-long", case(DEAD, last="2026-10-26")),
    "seen again": ("fetch-dark-long", case(OK, page(), last="2026-01-01")),
    "history without a date": ("fetch-dark-long", case(DEAD, first="")),
    "whole page": ("fetch-needs-browser", case(OK, page(), reading=PageReading("utf-8", "header"))),
    "good certificate": ("fetch-tls-invalid", case(OK, page(tls="verified"))),
    "plain http": ("fetch-tls-invalid", case(OK, page(url="http://example.cn/"))),
    "both names": ("fetch-apex-or-www-only", case(answers=(answer("example.cn"), answer(WWW)))),
    "www timed out": (
        "fetch-apex-or-www-only",
        case(answers=(answer("example.cn"), answer(WWW, DnsStatus.TIMEOUT))),
    ),
    "only one asked": ("fetch-apex-or-www-only", case(answers=(answer("example.cn"),))),
    "another vantage": (
        "fetch-apex-or-www-only",
        case(answers=(answer("example.cn"), answer(WWW, GONE, "mainland"))),
    ),
    "www of the same domain": ("fetch-redirects-elsewhere", case(OK, page(url=f"https://{WWW}/"))),
    "sent to a block page": (
        "fetch-redirects-elsewhere",
        case(BLOCKED, page(url="https://dnspod.qcloud.com/static/webblock.html")),
    ),
}


@pytest.mark.parametrize("name", SILENT)
def test_silent(name: str) -> None:
    rule, each = SILENT[name]
    assert rule not in found(each)


def test_a_failed_visit_carries_its_remedy() -> None:
    note = found(case(FetchOutcome.DNS_NXDOMAIN, detail="no such\nname"))["fetch-failed"].note
    title, remedy = (TEXTS[f"outcome.dns-nxdomain.{part}"] for part in ("title", "remedy"))
    assert note == Text(f"{title.zh}。{remedy.zh}", f"{title.en}. {remedy.en}")


def test_government_sites_are_tried_from_the_mainland() -> None:
    note = found(case(DEAD, host="www.example.gov.cn"))["fetch-failed"].note
    assert note is not None
    assert "mainland vantage" in note.en


@pytest.mark.parametrize("outcome", list(FetchOutcome))
def test_every_outcome_has_title_and_remedy(outcome: FetchOutcome) -> None:
    assert f"outcome.{outcome}.title" in TEXTS
    assert f"outcome.{outcome}.remedy" in TEXTS


@pytest.mark.parametrize("outcome", [o for o in FetchOutcome if o is not OK])
def test_every_end_but_the_homepage_has_a_finding(outcome: FetchOutcome) -> None:
    assert found(case(outcome, page("", 403)))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.slug)
def test_every_rule_is_explained(rule: Any) -> None:
    for part in ("title", "why", "remedy", "false_alarms"):
        assert f"rule.{rule.slug}.{part}" in TEXTS
    for key in rule.law:
        assert key in FACTS.law.laws or key.startswith("technical:")
    assert not rule.needs_homepage
