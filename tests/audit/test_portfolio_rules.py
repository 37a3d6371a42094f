"""What only the whole portfolio shows, and when it changes a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from icpcrawl.audit import audit_site
from icpcrawl.audit.finding import Finding, Severity, Verdict
from icpcrawl.audit.policy import Policy, Waiver
from icpcrawl.audit.portfolio_rules import judge_portfolio
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.observation import FetchOutcome
from icpcrawl.portfolio import Portfolio, RefusedRow
from tests.audit.cases import FACTS, GOOD, NUMBER, OTHER, TODAY, filed, observed, page, site

SHARED, FOREIGN, UNLISTED, UNUSED = (
    "portfolio-shared-service-number",
    "portfolio-foreign-number",
    "portfolio-unlisted-filing",
    "waiver-unused",
)
TWO = "portfolio-two-numbers-one-domain"
OUTSIDE = "hosting-outside-yet-filed"
OURS, THEIRS = "上海甲乙设备有限公司", "北京丙丁网络科技有限公司"
ENTITY = "沪ICP备17029384号"


@dataclass(frozen=True)
class Row:
    host: str
    footer: str = GOOD
    hosting: str = "mainland"
    url: str = ""
    outcome: FetchOutcome = FetchOutcome.OK
    columns: Mapping[str, Any] = field(default_factory=dict)


def judged(
    rows: Sequence[Row], policy: Policy | None = None, entries: Sequence[RegisterEntry] = ()
) -> dict[str, SiteAudit]:
    """Host → audit, after the whole portfolio was looked at."""
    policy = policy or Policy()
    register = Register({e.domain: tuple(o for o in entries if o.domain == e.domain) for e in entries})
    sites = [site(row.host, **row.columns) for row in rows]
    audits = {
        each.site_id: audit_site(
            each,
            observed(page(row.footer), row.hosting, host=row.host, url=row.url, outcome=row.outcome),
            None,
            register,
            FACTS,
            policy,
            TODAY,
        )
        for each, row in zip(sites, rows, strict=True)
    }
    portfolio = Portfolio(tuple(sites), "p.csv", "", "utf-8")
    return {**audits, **judge_portfolio(portfolio, audits, register, FACTS, policy, TODAY)}


def findings(
    rows: Sequence[Row], entries: Sequence[RegisterEntry] = (), *waivers: Waiver
) -> dict[str, dict[str, Finding]]:
    """Host → rule → finding."""
    audits = judged(rows, Policy(waivers=waivers), entries)
    return {
        site_id: {finding.rule: finding for finding in audit.findings} for site_id, audit in audits.items()
    }


def loud(rows: Sequence[Row], rule: str, *entries: RegisterEntry) -> str:
    """How loud that rule is at the first row."""
    finding = findings(rows, entries)[rows[0].host].get(rule)
    return finding.severity.value[0] if finding else ""


A, B = Row("a.cn"), Row("b.cn")
OF_OTHER = f'<a href="https://beian.miit.gov.cn/">{OTHER}</a>'
OF_ENTITY = f'<a href="https://beian.miit.gov.cn/">{ENTITY}</a>'


def of(host: str, **columns: Any) -> Row:
    return Row(host, columns=columns)


CASES: dict[str, tuple[str, str, Sequence[Row], tuple[RegisterEntry, ...]]] = {
    "one serial on two domains": (SHARED, "n", [A, B], ()),
    "the register says otherwise": (SHARED, "w", [A, B], (filed("沪ICP备17029384号-2", domain="a.cn"),)),
    "the register agrees": (SHARED, "n", [A, B], (filed(NUMBER, domain="a.cn"),)),
    "the register, typed with a blank": (
        SHARED,
        "n",
        [A, B],
        (filed("沪ICP备 17029384号-1", domain="a.cn"),),
    ),
    "the register knows the entity": (SHARED, "n", [A, B], (filed(ENTITY, domain="a.cn"),)),
    "two hosts of one domain": (SHARED, "", [A, Row("www.a.cn")], ()),
    "entity numbers": (SHARED, "", [Row("a.cn", OF_ENTITY), Row("b.cn", OF_ENTITY)], ()),
    "different serials": (SHARED, "", [A, Row("b.cn", "沪ICP备17029384号-2")], ()),
    "samples": (SHARED, "", [Row("a.cn", "京ICP备12345678号-1"), Row("b.cn", "京ICP备12345678号-1")], ()),
    "App numbers": (SHARED, "", [Row("a.cn", f"{ENTITY}-2A"), Row("b.cn", f"{ENTITY}-2A")], ()),
    "one only leads to the other": (SHARED, "", [A, Row("b.cn", url="https://a.cn/")], ()),
    "one not seen": (SHARED, "", [A, Row("b.cn", outcome=FetchOutcome.RESET)], ()),
    # one domain, one entity
    "two entities on one domain": (TWO, "n", [A, Row("m.a.cn", OF_OTHER)], ()),
    "two serials on one domain": (TWO, "", [A, Row("m.a.cn", OF_ENTITY)], ()),
    "two domains": (TWO, "", [A, Row("b.cn", OF_OTHER)], ()),
    "the portfolio names it": (
        TWO,
        "",
        [Row("a.cn", columns={"expected_icp": (NUMBER,)}), Row("m.a.cn", OF_OTHER)],
        (),
    ),
    "the portfolio names another": (
        TWO,
        "n",
        [Row("a.cn", columns={"expected_icp": (OTHER,)}), Row("m.a.cn", OF_OTHER)],
        (),
    ),
    "the register names it": (TWO, "", [A, Row("m.a.cn", OF_OTHER)], (filed(ENTITY, domain="a.cn"),)),
    "tenants of a platform": (TWO, "", [Row("a.github.io"), Row("b.github.io", OF_OTHER)], ()),
    "one host leads elsewhere": (TWO, "", [A, Row("m.a.cn", OF_OTHER, url="https://b.cn/")], ()),
    # whose number
    "held by another": (FOREIGN, "w", [of("a.cn", entity=OURS)], (filed(NUMBER, THEIRS, "b.cn"),)),
    "held by the entity": (FOREIGN, "", [of("a.cn", entity=OURS)], (filed(NUMBER, OURS, "b.cn"),)),
    "name typed otherwise": (
        FOREIGN,
        "",
        [of("a.cn", entity="上海甲乙(集团)有限公司")],
        (filed(NUMBER, "上海甲乙（集团） 有限公司", "b.cn"),),
    ),
    "held by the group": (
        FOREIGN,
        "",
        [of("a.cn", entity=OURS, group=THEIRS)],
        (filed(NUMBER, THEIRS, "b.cn"),),
    ),
    "held by a sister": (
        FOREIGN,
        "",
        [of("a.cn", entity=OURS, group="甲"), of("b.cn", entity=THEIRS, group="甲")],
        (filed(NUMBER, THEIRS, "b.cn"),),
    ),
    "sister of another group": (
        FOREIGN,
        "w",
        [of("a.cn", entity=OURS, group="甲"), of("b.cn", entity=THEIRS, group="乙")],
        (filed(NUMBER, THEIRS, "b.cn"),),
    ),
    "holder unknown": (FOREIGN, "", [of("a.cn", entity=OURS)], (filed(NUMBER, "", "b.cn"),)),
    "entity not said": (FOREIGN, "", [A], (filed(NUMBER, THEIRS, "b.cn"),)),
    "entity in English, holder in Chinese": (
        FOREIGN,
        "",
        [of("a.cn", entity="Bingding Network (Beijing) Co., Ltd.")],
        (filed(NUMBER, THEIRS, "b.cn"),),
    ),
    "entity in English, group in Chinese": (
        FOREIGN,
        "w",
        [of("a.cn", entity="Jiayi Ltd.", group="甲乙集团")],
        (filed(NUMBER, THEIRS, "b.cn"),),
    ),
    "entity by its short name": (FOREIGN, "", [of("a.cn", entity="丙丁")], (filed(NUMBER, THEIRS, "b.cn"),)),
    "another number": (FOREIGN, "", [of("a.cn", entity=OURS)], (filed(OTHER, THEIRS, "b.cn"),)),
    # filings without a row
    "filed, not watched": (UNLISTED, "n", [A], (filed(NUMBER, domain="c.cn"),)),
    "filed and watched": (UNLISTED, "", [A, Row("www.c.cn")], (filed(NUMBER, domain="c.cn"),)),
    "not filed": (UNLISTED, "", [A], (RegisterEntry("c.cn", "", filed=False),)),
    "told beside its holder": (
        UNLISTED,
        "",
        [A, of("b.cn", entity=OURS)],
        (filed(NUMBER, OURS, "c.cn"),),
    ),
    # hosting outside, though filed
    "alone outside": (OUTSIDE, "w", [Row("a.cn", hosting="outside")], ()),
    "its domain is served at home": (OUTSIDE, "", [Row("a.cn", hosting="outside"), Row("m.a.cn")], ()),
    "partly at home": (
        OUTSIDE,
        "",
        [Row("a.cn", hosting="outside"), Row("m.a.cn", hosting="mixed")],
        (),
    ),
    "another domain at home": (OUTSIDE, "w", [Row("a.cn", hosting="outside"), B], ()),
}


@pytest.mark.parametrize("name", CASES)
def test_portfolio_rules(name: str) -> None:
    rule, volume, rows, entries = CASES[name]
    assert loud(rows, rule, *entries) == volume


def waiver(rule: str, **scope: Any) -> Waiver:
    return Waiver(rule, "known", "Li", "Wang", "2026-12-31", line=2, **scope)


WAIVERS: dict[str, tuple[Sequence[Row], Waiver, bool]] = {
    "covers a finding": ([Row("a.cn", "©")], waiver("filing-number-missing", site_id="a.cn"), False),
    "mended meanwhile": ([A], waiver("filing-number-missing", site_id="a.cn"), True),
    "mistyped site": ([A], waiver("filing-number-missing", site_id="aa.cn"), True),
    "covers one of two": (
        [A, Row("b.cn", "©")],
        waiver("filing-number-missing", domain_pattern="*.cn"),
        False,
    ),
    "covers what the portfolio shows": ([A, B], waiver(SHARED, site_id="a.cn"), False),
    "value changed": (
        [Row("a.cn", columns={"expected_icp": (OTHER,)})],
        waiver("filing-number-differs", site_id="a.cn", observed="沪ICP备17029384号-9"),
        False,
    ),
    "site not seen": (
        [Row("a.cn", outcome=FetchOutcome.RESET)],
        waiver("filing-number-missing", site_id="a.cn"),
        False,
    ),
    "one of two not seen": (
        [A, Row("b.cn", outcome=FetchOutcome.RESET)],
        waiver("filing-number-missing", domain_pattern="*.cn"),
        False,
    ),
    "hosting disputed": (
        [Row("a.cn", "©", hosting="disputed")],
        waiver("filing-number-missing", site_id="a.cn"),
        False,
    ),
    "hosting disputed, number shown": (
        [Row("a.cn", hosting="disputed")],
        waiver("psb-number-missing", site_id="a.cn"),
        False,
    ),
    "the rule is off": ([A], waiver("entity-copyright-missing", site_id="a.cn"), False),
    "one rule of the family is on": ([A], waiver("entity-*", site_id="a.cn"), True),
}


@pytest.mark.parametrize("name", WAIVERS)
def test_idle_waivers(name: str) -> None:
    rows, given, idle = WAIVERS[name]
    assert any(UNUSED in of_site for of_site in findings(rows, (), given).values()) is idle


def told_unused(rows: Sequence[Row], *waivers: Waiver) -> set[str]:
    """What is told of the waivers' rules."""
    found = findings(rows, (), *waivers)
    return {of_site[UNUSED].subject for of_site in found.values() if UNUSED in of_site}


def test_a_renewal_beside_the_waiver_it_renews_is_not_unused() -> None:
    bare = Row("a.cn", "©")
    old = waiver("filing-number-missing", site_id="a.cn")
    new = replace(waiver("filing-*", site_id="a.cn"), expires="2027-12-31")
    assert told_unused([bare], old, new) == set()
    # The renewed one can go once its day is over; before, nobody knows whether it is the wider one that is meant.
    assert told_unused([bare], replace(old, expires="2026-11-23"), new) == {"filing-number-missing a.cn"}
    assert told_unused([bare], replace(old, expires="2026-11-23")) == set()


def test_a_waiver_of_a_row_without_an_answer_is_not_unused() -> None:
    refused = RefusedRow(2, 3, "domain", "b..cn", "域名有误", "not a domain", "b")
    portfolio = Portfolio((site("a.cn"), refused, site("c.cn")), "p.csv", "", "utf-8")
    seen = observed(page(GOOD), host="a.cn")
    audits = {"a.cn": audit_site(site("a.cn"), seen, None, Register(), FACTS, Policy(), TODAY)}

    def told(site_id: str) -> bool:
        policy = Policy(waivers=(waiver("link-missing", site_id=site_id),))
        return bool(judge_portfolio(portfolio, audits, Register(), FACTS, policy, TODAY))

    assert {site_id: told(site_id) for site_id in ("a.cn", "b", "c.cn", "d.cn")} == {
        "a.cn": True,
        "b": False,
        "c.cn": False,
        "d.cn": True,
    }


def test_a_portfolio_finding_can_be_waived() -> None:
    shared = findings([A, B], (), waiver(SHARED, site_id="a.cn"))
    assert shared["a.cn"][SHARED].waived is not None
    assert shared["b.cn"][SHARED].waived is None


def test_a_neighbours_new_number_is_no_new_finding() -> None:
    nights = [findings([A, Row("m.a.cn", OF_OTHER.replace("京", sign))]) for sign in "京津"]
    assert {night["a.cn"][TWO].subject for night in nights} == {NUMBER}


def test_an_unlisted_filing_is_told_once_beside_its_holder() -> None:
    told = findings([A, of("b.cn", entity=OURS)], [filed(NUMBER, OURS, "c.cn")])
    assert UNLISTED not in told["a.cn"]
    assert told["b.cn"][UNLISTED].severity is Severity.NOTICE
    assert told["b.cn"][UNLISTED].subject == "c.cn"


def test_an_empty_portfolio_says_nothing() -> None:
    empty = Portfolio((), "p.csv", "", "utf-8")
    register = Register({"c.cn": (filed(NUMBER, domain="c.cn"),)})
    assert judge_portfolio(empty, {}, register, FACTS, Policy(), TODAY) == {}


@pytest.mark.parametrize("rule", [SHARED, UNUSED])
def test_an_error_of_the_whole_portfolio_is_one_of_the_site(rule: str) -> None:
    unused = waiver("link-missing", site_id="a.cn")
    assert judged([A, B], Policy(waivers=(unused,)))["a.cn"].verdict is Verdict.COMPLIANT
    audit = judged([A, B], Policy(severities={rule: Severity.ERROR}, waivers=(unused,)))["a.cn"]
    assert audit.verdict is Verdict.NON_COMPLIANT
    assert FACTS.text(f"rule.{rule}.title").zh in audit.reason.zh


def test_what_is_taken_back_accuses_nobody() -> None:
    policy = Policy(severities={OUTSIDE: Severity.ERROR})
    away = Row("m.a.cn", hosting="outside")
    assert judged([away], policy)["m.a.cn"].verdict is Verdict.NON_COMPLIANT
    audit = judged([A, away], policy)["m.a.cn"]
    assert (audit.verdict, audit.reason) == (Verdict.NOT_REQUIRED, judged([away])["m.a.cn"].reason)


def test_a_row_that_was_refused_lists_its_domain_all_the_same() -> None:
    refused = RefusedRow(2, 3, "site_id", "a", "重复", "twice", domain="c.cn")
    seen = site("a.cn")
    audit = audit_site(seen, observed(page(GOOD), host="a.cn"), None, Register(), FACTS, Policy(), TODAY)
    for rows, told in (((seen,), True), ((seen, refused), False)):
        portfolio = Portfolio(rows, "p.csv", "", "utf-8")
        register = Register({"c.cn": (filed(NUMBER, domain="c.cn"),)})
        changed = judge_portfolio(portfolio, {"a.cn": audit}, register, FACTS, Policy(), TODAY)
        assert bool(changed) is told
