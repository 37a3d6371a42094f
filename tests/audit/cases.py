"""A page and the columns of its row → the whole judgment, as a run makes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from icpcrawl.audit import audit_site
from icpcrawl.audit.case import Rule
from icpcrawl.audit.finding import Finding
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.rules import RULES
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.datafiles import load_facts
from icpcrawl.observation import (
    CountryVote,
    DnsAnswer,
    DnsStatus,
    Fetched,
    FetchOutcome,
    Hosting,
    LocatedAddress,
    Observation,
    Page,
    Vantage,
    VantageSide,
)
from icpcrawl.portfolio import Site

FACTS = load_facts()
TODAY = date(2026, 11, 24)
NUMBER, OTHER, POLICE, LICENCE = (
    "沪ICP备17029384号-1",
    "京ICP备19046572号-3",
    "沪公网安备31010402005731号",
    "沪B2-20170116",
)
MIIT = "https://beian.miit.gov.cn/"
MPS = "https://beian.mps.gov.cn/#/query/webSearch?code=31010402005731"
GOOD = f'<a href="{MIIT}">{NUMBER}</a>'
GOOD_POLICE = f'<a href="{MPS}">{POLICE}</a>'

_VANTAGES = (
    Vantage("plain", VantageSide.PLAIN),
    Vantage("mainland", VantageSide.MAINLAND, "202.96.209.0/24"),
)
_ADDRESSES: dict[str, tuple[str, ...]] = {
    "mainland": ("203.0.113.1",),
    "outside": ("198.51.100.1",),
    "mixed": ("203.0.113.1", "198.51.100.1"),
    "disputed": ("192.0.2.1",),
    "unknown": (),
}
_LOCATED = (
    LocatedAddress(
        "203.0.113.1",
        (CountryVote("db", "geoip", "CN"), CountryVote("asn", "origin-as", asn=37963)),
    ),
    LocatedAddress("198.51.100.1", (CountryVote("db", "geoip", "HK"),)),
    LocatedAddress(
        "192.0.2.1",
        (CountryVote("db", "geoip", "SG"), CountryVote("asn", "origin-as", asn=37963)),
    ),
)
_ABOUT = (
    "<p>我们成立于二〇〇三年，为制造企业提供设备维护与备件供应，服务网点遍布华东各地。"
    "客户可以通过电话或到店咨询，工程师按约定时间上门检查，并在当日出具书面报告。</p>"
    "<p>常用备件在苏州与杭州的仓库常年备货，多数订单当日发出，节假日照常受理紧急报修。"
    "每台设备建立独立档案，记录历次检修的时间、更换的零件与下次保养的建议日期，客户随时可以查阅。"
    "新客户首次上门检查免收费用，报价在检查后两个工作日内以书面形式给出，有效期三十天。</p>"
)


def page(footer: str, *, head: str = "", body: str = _ABOUT, end: str = "") -> str:
    """A homepage with that footer."""
    return (
        f"<!doctype html><html lang='zh-CN'><head><meta charset='utf-8'><title>设备维护</title>{head}</head>"
        f"<body><nav><a href='/about'>关于我们</a> <a href='/contact'>联系我们</a></nav>"
        f"<main>{body}</main><footer>{footer}</footer>{end}</body></html>"
    )


def site(host: str = "example.cn", site_id: str = "", **columns: Any) -> Site:
    return Site(1, 2, site_id or host, host, host, **columns)


def observed(
    html: str | bytes,
    hosting: str = "mainland",
    *,
    host: str = "example.cn",
    url: str = "",
    content_type: str = "text/html",
    outcome: FetchOutcome = FetchOutcome.OK,
    companions: tuple[Page, ...] = (),
) -> Observation:
    """A visit that brought these bytes, with names that point to that side."""
    body = html.encode() if isinstance(html, str) else html
    addresses = _ADDRESSES[hosting]
    answers = tuple(
        DnsAnswer(
            host,
            vantage.name,
            DnsStatus.OK if addresses else DnsStatus.TIMEOUT,
            (),
            addresses,
            subnet_echoed=bool(vantage.subnet),
        )
        for vantage in _VANTAGES
    )
    seen = Page(url or f"https://{host}/", 200, (("content-type", content_type),), body, tls="verified")
    return Observation(
        host,
        "run",
        datetime(2026, 11, 24, tzinfo=UTC),
        Fetched(outcome, page=seen, companions=companions),
        Hosting(answers, _LOCATED),
        _VANTAGES,
    )


def judge(
    html: str | bytes = "",
    hosting: str = "mainland",
    *,
    host: str = "example.cn",
    url: str = "",
    content_type: str = "text/html",
    outcome: FetchOutcome = FetchOutcome.OK,
    companions: tuple[Page, ...] = (),
    register: Sequence[RegisterEntry] = (),
    policy: Policy | None = None,
    previous: PreviousState | None = None,
    rules: Sequence[Rule] = RULES,
    **columns: Any,
) -> SiteAudit:
    """The whole judgment of one page."""
    seen = observed(
        html, hosting, host=host, url=url, content_type=content_type, outcome=outcome, companions=companions
    )
    entries = {entry.domain: () for entry in register}
    known = Register({domain: tuple(e for e in register if e.domain == domain) for domain in entries})
    return audit_site(
        site(host, **columns), seen, previous, known, FACTS, policy or Policy(), TODAY, rules=rules
    )


def filed(number: str, holder: str = "", domain: str = "example.cn") -> RegisterEntry:
    return RegisterEntry(domain, number, holder, filed=True, source="export", read_on="2026-11-01")


def found(audit: SiteAudit, rule: str) -> Finding | None:
    return next((finding for finding in audit.findings if finding.rule == rule), None)


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a rule's table: what is seen, and how loud the rule is then."""

    rule: str
    loud: str
    """``e``, ``w``, ``n``, or empty = must keep silent."""
    html: str = ""
    hosting: str = "mainland"
    more: tuple[tuple[str, Any], ...] = ()

    def heard(self) -> str:
        """How loud the rule really is; what raised, where something did."""
        audit = judge(self.html, self.hosting, **dict(self.more))
        finding = found(audit, self.rule)
        return ", ".join(audit.failed_rules) or (finding.severity.value[0] if finding else "")


def case(rule: str, loud: str, footer: str = "", hosting: str = "mainland", **more: Any) -> Case:
    """A line of a table; ``footer`` becomes a page unless it is one."""
    html = footer if footer.startswith("<!doctype") else page(footer)
    return Case(rule, loud, html, hosting, tuple(more.items()))
