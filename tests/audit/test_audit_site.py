"""The whole judgment: one verdict for every site, whatever breaks, in the order of decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from icpcrawl.audit import audit_site
from icpcrawl.audit.case import Case as Judged
from icpcrawl.audit.case import Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity, Verdict
from icpcrawl.audit.hosting import HostingSide
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.register import Register
from icpcrawl.audit.rules import RULES
from icpcrawl.audit.rules.wording import about_site
from icpcrawl.observation import FetchOutcome
from tests.audit.cases import (
    FACTS,
    GOOD,
    LICENCE,
    MIIT,
    NUMBER,
    OTHER,
    TODAY,
    filed,
    found,
    judge,
    observed,
    page,
    site,
)

EVERY_RULE = Policy(enabled=frozenset(rule.slug for rule in RULES))


def broken(rule: Rule) -> Rule:
    def judge_and_break(case: Judged) -> Iterator[Finding]:
        yield about_site(rule.slug, Severity.NOTICE)
        raise ZeroDivisionError(case.site.site_id)

    return replace(rule, judge=judge_and_break)


def with_broken(rule: Rule) -> list[Rule]:
    return [broken(each) if each is rule else each for each in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
@pytest.mark.parametrize("hosting", ["mainland", "outside", "unknown"])
def test_a_rule_that_breaks_leaves_the_site_open(rule: Rule, hosting: str) -> None:
    audit = judge(page(GOOD), hosting, policy=EVERY_RULE, rules=with_broken(rule))
    assert audit.failed_rules == (rule.slug,)
    assert audit.verdict is Verdict.INCONCLUSIVE
    assert rule.slug in audit.reason.en
    assert found(audit, rule.slug) is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_nothing_that_breaks_assesses_a_page_that_was_not_seen(rule: Rule) -> None:
    audit = judge("", outcome=FetchOutcome.CONNECT_TIMEOUT, policy=EVERY_RULE, rules=with_broken(rule))
    assert audit.verdict is Verdict.NOT_ASSESSED
    assert audit.failed_rules == (() if rule.needs_homepage else (rule.slug,))


def test_the_audit_names_the_rules_that_the_policy_silenced() -> None:
    off = {rule.slug for rule in RULES if not rule.on_by_default}
    for html, outcome in ((page(GOOD), FetchOutcome.OK), ("", FetchOutcome.CONNECT_TIMEOUT)):
        audit = judge(html, outcome=outcome, policy=Policy(disabled=frozenset({"link-missing"})))
        assert set(audit.silent_rules) == off | {"link-missing"}
    assert judge(page(GOOD), policy=EVERY_RULE).silent_rules == ()


def test_an_error_found_stands_beside_a_rule_that_broke() -> None:
    audit = judge(page("©"), rules=with_broken(RULES[-1]))
    assert audit.verdict is Verdict.NON_COMPLIANT
    assert audit.failed_rules == (RULES[-1].slug,)


@pytest.mark.parametrize(
    ("table", "stage"), [("numbers", "reading"), ("hosting", "hosting"), ("links", "numbers")]
)
def test_a_stage_that_breaks_leaves_the_site_open(table: str, stage: str) -> None:
    gone: dict[str, Any] = {table: None}
    facts = replace(FACTS, **gone)
    audit = audit_site(
        site(expected_icp=(NUMBER,)), observed(page(GOOD)), None, Register(), facts, Policy(), TODAY
    )
    assert stage in audit.failed_rules
    assert audit.verdict is Verdict.INCONCLUSIVE
    assert stage in audit.reason.en


SWAMP = '<a href="https://beian.miit.gov.cn.evil.example/">' + NUMBER + "</a>"
RETIRED = f'<a href="http://www.miibeian.gov.cn/">{NUMBER}</a>'

REFUSED = "<html><head><title>Non-compliance ICP Filing</title></head><body></body></html>"

ORDER: dict[str, tuple[str, str, dict[str, Any], Verdict]] = {
    # 1. the visit
    "not reached": ("", "mainland", {"outcome": FetchOutcome.RESET}, Verdict.NOT_ASSESSED),
    "an error page shows numbers of nobody": (
        page(GOOD),
        "mainland",
        {"outcome": FetchOutcome.HTTP_5XX},
        Verdict.NOT_ASSESSED,
    ),
    "provider refuses service": (REFUSED, "mainland", {}, Verdict.NON_COMPLIANT),
    "provider refuses service, outside": (REFUSED, "outside", {}, Verdict.NOT_ASSESSED),
    "empty answer": ("", "mainland", {}, Verdict.NOT_ASSESSED),
    # 2. and 3. hosting and rules
    "right": (page(GOOD), "mainland", {}, Verdict.COMPLIANT),
    "nothing": (page("©"), "mainland", {}, Verdict.NON_COMPLIANT),
    "wrong link": (page(RETIRED), "mainland", {}, Verdict.NON_COMPLIANT),
    "wrong link, partly mainland": (page(RETIRED), "mixed", {}, Verdict.NON_COMPLIANT),
    # 4. the verdict
    "wrong link, outside": (page(RETIRED), "outside", {}, Verdict.NOT_REQUIRED),
    "wrong link, unknown": (page(RETIRED), "unknown", {}, Verdict.INCONCLUSIVE),
    "right, unknown": (page(GOOD), "unknown", {}, Verdict.COMPLIANT),
    "another number, unknown": (page(GOOD), "unknown", {"expected_icp": (OTHER,)}, Verdict.INCONCLUSIVE),
    "another serial, unknown": (
        page(GOOD),
        "unknown",
        {"expected_icp": ("沪ICP备17029384号-6",)},
        Verdict.COMPLIANT,
    ),
    "unlinked, unknown": (page(NUMBER), "unknown", {}, Verdict.INCONCLUSIVE),
    "unlinked licence, unknown": (page(LICENCE), "unknown", {}, Verdict.COMPLIANT),
    "sample of the owner's entity": (
        page(f'<a href="{MIIT}">京ICP备12345678号-1</a>'),
        "mainland",
        {"expected_icp": ("京ICP备12345678号-2",)},
        Verdict.COMPLIANT,
    ),
    "nothing, unknown": (page("©"), "unknown", {}, Verdict.INCONCLUSIVE),
    "nothing, outside": (page("©"), "outside", {}, Verdict.NOT_REQUIRED),
    "platform": (page("©"), "mainland", {"host": "shop.tmall.com"}, Verdict.NOT_REQUIRED),
    "imitation everywhere": (page(SWAMP), "outside", {}, Verdict.NON_COMPLIANT),
    "only warnings": (page(f"{GOOD} 浙公网安备31010402005731号"), "mainland", {}, Verdict.COMPLIANT),
    "licence": (page(LICENCE), "mainland", {}, Verdict.COMPLIANT),
    "drawn by script": (
        page("", end="<script src='/foot.js'></script>"),
        "mainland",
        {},
        Verdict.INCONCLUSIVE,
    ),
    # a row that leads to another domain
    "elsewhere, nothing known": (
        page(GOOD),
        "mainland",
        {"url": "https://corp.com/cn"},
        Verdict.INCONCLUSIVE,
    ),
    "elsewhere, nothing shown": (page("©"), "mainland", {"url": "https://corp.com/cn"}, Verdict.INCONCLUSIVE),
    "elsewhere, as expected": (
        page(GOOD),
        "mainland",
        {"url": "https://corp.com/cn", "expected_icp": (NUMBER,)},
        Verdict.COMPLIANT,
    ),
    "elsewhere, as registered": (
        page(GOOD),
        "mainland",
        {"url": "https://corp.com/cn", "register": [filed("沪ICP备17029384号-6")]},
        Verdict.INCONCLUSIVE,
    ),
    "elsewhere, same entity registered": (
        page(GOOD),
        "mainland",
        {"url": "https://corp.com/cn", "register": [filed("沪ICP备17029384号")]},
        Verdict.COMPLIANT,
    ),
    "elsewhere, another expected": (
        page(GOOD),
        "mainland",
        {"url": "https://corp.com/cn", "expected_icp": (OTHER,)},
        Verdict.INCONCLUSIVE,
    ),
    "same domain, other host": (
        page("©"),
        "mainland",
        {"url": "https://www.example.cn/"},
        Verdict.NON_COMPLIANT,
    ),
}


@pytest.mark.parametrize("name", ORDER)
def test_order_of_decision(name: str) -> None:
    html, hosting, more, verdict = ORDER[name]
    audit = judge(html, hosting, **more)
    assert audit.verdict is verdict
    assert audit.failed_rules == ()
    assert audit.reason.zh
    assert audit.reason.en
    assert "{detail}" not in audit.reason.en


def test_what_was_not_seen_gives_no_number_and_no_link_finding() -> None:
    audit = judge(page("©"), outcome=FetchOutcome.HTTP_4XX)
    assert audit.filing.all == ()
    assert not [f for f in audit.findings if f.rule.startswith(("filing-", "link-", "psb-", "licence-"))]


def test_the_worst_is_named_first() -> None:
    audit = judge(page(f"{RETIRED} 浙公网安备31010402005731号"))
    assert [finding.severity for finding in audit.findings] == sorted(
        (finding.severity for finding in audit.findings), key=list(Severity).index
    )
    assert audit.severity is Severity.ERROR


def test_the_answer_carries_what_was_seen() -> None:
    audit = judge(
        page(f"© 2024 上海甲乙设备有限公司 {GOOD}"), register=[filed(NUMBER, "上海甲乙设备有限公司")]
    )
    assert audit.filing.main is not None
    assert audit.filing.main.seen.parsed.number == NUMBER
    assert audit.filing.main.link.host == "beian.miit.gov.cn"
    assert (audit.register_number, audit.register_entity) == (NUMBER, "上海甲乙设备有限公司")
    assert audit.register_match == "match"
    assert audit.copyright_holder == "上海甲乙设备有限公司"
    assert (audit.hosting.side, audit.hosting.confidence) == (HostingSide.MAINLAND, Confidence.HIGH)


@pytest.mark.parametrize(
    ("shown", "expected", "match"),
    [
        (NUMBER, (NUMBER,), "match"),
        (NUMBER, ("沪ICP备17029384号",), "entity-only"),
        (NUMBER, ("沪ICP备17029384号-7",), "serial-differs"),
        (NUMBER, (OTHER,), "differs"),
        (NUMBER, (OTHER, NUMBER), "match"),
        (f"{OTHER} {NUMBER}", (NUMBER,), "match"),
        (NUMBER, (), "not-given"),
        ("©", (NUMBER,), "not-given"),
        ("沪ICP备17029384号-01", (NUMBER,), "match"),
        (LICENCE, (LICENCE,), "match"),
    ],
)
def test_every_displayed_number_is_compared_with_every_expected_one(
    shown: str, expected: tuple[str, ...], match: str
) -> None:
    assert judge(page(f'<a href="{MIIT}">{shown}</a>'), expected_icp=expected).filing.match == match


@pytest.mark.parametrize(
    ("footer", "columns", "main"),
    [
        (f"京ICP备12345678号 {GOOD}", {}, NUMBER),  # a usable one before a sample
        (f"沪ICP备17029384号-2A {GOOD}", {}, NUMBER),  # the site's before the App's
        (f"{OTHER} {GOOD}", {"expected_icp": (OTHER,)}, OTHER),  # the expected one before all
        (f"<p>{OTHER}</p><p>{GOOD}</p>", {}, NUMBER),  # the well linked one
        (f"<!-- {OTHER} -->{GOOD}", {}, NUMBER),  # what a visitor reads
    ],
)
def test_the_best_number_stands_for_the_site(footer: str, columns: dict[str, Any], main: str) -> None:
    shown = judge(page(footer), **columns).filing.main
    assert shown is not None
    assert shown.seen.parsed.number == main
