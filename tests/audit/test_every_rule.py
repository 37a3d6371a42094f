"""Every rule once against a whole site: where it speaks, where all is well, where nobody can say.

The tables of single rules stand beside this one; here each rule, and each class of link, must
have all three. The summary of a test run prints the count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from icpcrawl.audit import audit_site
from icpcrawl.audit.finding import ASSESSED, Finding, Severity, Verdict
from icpcrawl.audit.policy import Policy, Waiver
from icpcrawl.audit.portfolio_rules import judge_portfolio
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.rules import RULES
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.observation import DnsAnswer, DnsStatus, FetchOutcome
from icpcrawl.portfolio import Portfolio
from icpcrawl.report.words import Words
from tests.audit.cases import (
    FACTS,
    GOOD,
    GOOD_POLICE,
    LICENCE,
    MIIT,
    NUMBER,
    OTHER,
    POLICE,
    TODAY,
    filed,
    observed,
    page,
    site,
)

BY_SLUG = {rule.slug: rule for rule in RULES}
EVERY = frozenset(BY_SLUG)
SURE = (Verdict.COMPLIANT, Verdict.NON_COMPLIANT, Verdict.NOT_REQUIRED)


@dataclass(frozen=True)
class Scene:
    """One site as it was seen, with what is known of it."""

    html: str = ""
    hosting: str = "mainland"
    url: str = ""
    outcome: FetchOutcome = FetchOutcome.OK
    status: int = 200
    tls: str = "verified"
    answers: tuple[DnsAnswer, ...] = ()
    previous: PreviousState | None = None
    register: tuple[RegisterEntry, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    habit: Mapping[str, str] | None = None
    host: str = "example.cn"
    neighbour: str = ""
    """Host of a second row, from the mainland."""
    there: str = ""
    """What the second row shows; empty = the same page."""
    columns: tuple[tuple[str, Any], ...] = ()

    def audit(self) -> SiteAudit:
        """The whole judgment, the portfolio's included."""
        register = Register({entry.domain: (entry,) for entry in self.register})
        policy = Policy(enabled=EVERY, waivers=self.waivers, province_habit=self.habit or {})
        rows = [site(self.host, **dict(self.columns))]
        rows += [site(self.neighbour)] if self.neighbour else []
        audits = {}
        for row in rows:
            first = row is rows[0]
            seen = observed(
                self.html if first else self.there or self.html,
                self.hosting if first else "mainland",
                host=row.host,
                url=self.url if first else "",
                outcome=self.outcome if first else FetchOutcome.OK,
            )
            shown = seen.fetched.page
            assert shown is not None
            changed = replace(shown, status=self.status, tls=self.tls)
            seen = replace(seen, fetched=replace(seen.fetched, page=changed))
            if self.answers:
                seen = replace(seen, hosting=replace(seen.hosting, answers=self.answers))
            audits[row.site_id] = audit_site(row, seen, self.previous, register, FACTS, policy, TODAY)
        portfolio = Portfolio(tuple(rows), "p.csv", "", "utf-8")
        return {**audits, **judge_portfolio(portfolio, audits, register, FACTS, policy, TODAY)}[self.host]


def show(footer: str, **more: Any) -> Scene:
    """A page with that footer; ``more`` are fields of the scene, else columns of its row."""
    fields = {key: value for key, value in more.items() if key in Scene.__dataclass_fields__}
    columns = tuple((key, value) for key, value in more.items() if key not in fields)
    html = footer if footer.startswith("<") and "<title>" in footer else page(footer)
    return Scene(html, columns=columns, **fields)


def to(href: str, text: str = NUMBER) -> str:
    return f'<a href="{href}">{text}</a>'


def told(host: str, vantage: str, *addresses: str, cname: tuple[str, ...] = ()) -> DnsAnswer:
    status = DnsStatus.OK if addresses else DnsStatus.NXDOMAIN
    return DnsAnswer(host, vantage, status, cname, addresses, subnet_echoed=vantage != "plain")


def own(rule: str, expires: str = "2026-12-31", site_id: str = "example.cn") -> Waiver:
    return Waiver(rule, "migration", "Li", "Wang", expires, site_id=site_id, line=2)


def plain(text: str) -> str:
    return f"<html><head><title>{text}</title></head><body><p>{text}</p></body></html>"


WELL = show(f"© 2024 上海甲乙设备有限公司 {GOOD} {GOOD_POLICE}")
UNKNOWN = {"hosting": "unknown"}
AWAY = {"url": "https://corp.com/cn"}
DARK = {"outcome": FetchOutcome.CONNECT_TIMEOUT}
BY_SCRIPT = page("", end="<script src='/foot.js'></script>")
DRAWN = show(BY_SCRIPT)
ABSENT = show("©", **DARK)
CN, HK = "203.0.113.1", "198.51.100.1"
UNFILED = RegisterEntry("example.cn", "", filed=False, source="export", read_on="2026-11-01")
SHOP = page(GOOD, body="<p>立即购买 去结算</p><p>开通会员 VIP会员</p><p>商家入驻 我要开店</p>" * 8)
SEEN = PreviousState("2026-01-01", "r1", "2026-11-20", hosting_side="mainland", asn=(37963,))
OTHER_POLICE = "京公网安备11010802030456号"
MOBILE = page(f"<p style='display:none'>{GOOD}</p>", end="<script>menu()</script>")
SAMPLE = to(MIIT, "京ICP备12345678号")
ALIYUN = "<title>Non-compliance ICP Filing</title>"
POLICE_PAGE = "https://beian.mps.gov.cn/#/query/webSearch?code="

TABLE: dict[str, tuple[Scene, Scene, Scene]] = {
    # what fails, what passes, what nobody can say
    "fetch-blocked-unfiled": (show(ALIYUN, status=403), WELL, show(ALIYUN, status=403, **UNKNOWN)),
    "fetch-failed": (ABSENT, WELL, show(GOOD, outcome=FetchOutcome.HTTP_5XX, status=500)),
    "fetch-dark-long": (
        show("", previous=replace(SEEN, assessed_on="2026-10-01"), **DARK),
        show(f"{GOOD} {GOOD_POLICE}", previous=replace(SEEN, assessed_on="2026-10-01")),
        show("", previous=SEEN, **DARK),
    ),
    "fetch-default-page": (show(plain("Welcome to nginx!")), WELL, ABSENT),
    "fetch-parked": (show(plain("此域名正在出售")), WELL, ABSENT),
    "fetch-blocked-waf": (show(plain("服务器安全狗防护验证页面")), WELL, ABSENT),
    "fetch-needs-browser": (DRAWN, WELL, ABSENT),
    "fetch-tls-invalid": (
        show(GOOD, tls="unverified"),
        WELL,
        show("", outcome=FetchOutcome.TLS_ERROR, tls=""),
    ),
    "fetch-apex-or-www-only": (
        show(GOOD, answers=(told("example.cn", "plain", CN), told("www.example.cn", "plain"))),
        show(GOOD, answers=(told("example.cn", "plain", CN), told("www.example.cn", "plain", CN))),
        show(
            "©",
            answers=(
                told("example.cn", "plain", HK),
                DnsAnswer("www.example.cn", "plain", DnsStatus.TIMEOUT),
                told("example.cn", "mainland", HK, cname=("x.w.kunlunsl.com",)),
            ),
        ),
    ),
    "fetch-redirects-elsewhere": (show(GOOD, **AWAY), show(GOOD, url="https://www.example.cn/"), ABSENT),
    "hosting-unfiled-confirmed": (
        show("©", register=(UNFILED,)),
        show(GOOD, register=(filed(NUMBER),)),
        show("©", register=(replace(UNFILED, filed=None),), **UNKNOWN),
    ),
    "hosting-outside-yet-filed": (
        show(GOOD, hosting="outside"),
        show(GOOD, hosting="outside", neighbour="m.example.cn"),
        show("©", **UNKNOWN),
    ),
    "hosting-provider-changed": (
        show(GOOD, previous=replace(SEEN, asn=(45090,))),
        show(GOOD, previous=SEEN),
        show("©", previous=replace(SEEN, asn=(45090,)), **UNKNOWN),
    ),
    "hosting-cdn-stopped": (
        show(GOOD, answers=(told("example.cn", "plain", cname=("offline.volcgslb.com",)),)),
        show(GOOD, answers=(told("example.cn", "plain", CN, cname=("x.volcgslb.com",)),)),
        show("©", answers=(told("example.cn", "plain", cname=("x.volcgslb.com",)),)),
    ),
    "hosting-differs": (
        show(GOOD, expected_hosting="outside"),
        show(GOOD, expected_hosting="mainland", provider="阿里云"),
        show("©", expected_hosting="mainland", **UNKNOWN),
    ),
    "hosting-mixed": (show(GOOD, hosting="mixed"), WELL, show("©", **UNKNOWN)),
    "hosting-disputed": (show("©", hosting="disputed"), WELL, show("©", **UNKNOWN)),
    "hosting-moved": (
        show(GOOD, previous=replace(SEEN, hosting_side="outside")),
        show(GOOD, previous=SEEN),
        show("©", previous=SEEN, **UNKNOWN),
    ),
    "hosting-single-vantage": (
        show("©", answers=(told("example.cn", "plain", HK, cname=("x.w.kunlunsl.com",)),)),
        WELL,
        show("©", **UNKNOWN),
    ),
    "filing-number-missing": (show("©"), WELL, show("©", **UNKNOWN)),
    "filing-number-placeholder": (
        show(SAMPLE),
        show(SAMPLE, expected_icp=("京ICP备12345678号-2",)),
        show(SAMPLE, **UNKNOWN),
    ),
    "filing-number-masked": (show("沪ICP备1702****号"), WELL, show("沪ICP备1702****号", **UNKNOWN)),
    "filing-number-malformed": (show("沪ICP备1702938号"), WELL, show("沪ICP备1702938号", **AWAY)),
    "filing-number-joke": (
        show(to("https://icp.gov.moe/", "萌ICP备20231234号")),
        WELL,
        show(to("https://icp.gov.moe/", "萌ICP备20231234号"), **UNKNOWN),
    ),
    "filing-number-nonstandard-prefix": (
        show(to(MIIT, "川ICP备17029384号")),
        show(to(MIIT, "川ICP备17029384号"), expected_icp=("川ICP备17029384号-1",)),
        show(to(MIIT, "川ICP备17029384号"), **AWAY),
    ),
    "filing-number-impossible-year": (
        show(to(MIIT, "沪ICP备2027000123号")),
        show(to(MIIT, "沪ICP备2026000123号")),
        show(to(MIIT, "沪ICP备2027000123号"), **UNKNOWN),
    ),
    "filing-number-legacy-form": (
        show(to(MIIT, "沪ICP备046572号")),
        WELL,
        show(to(MIIT, "沪ICP备046572号"), **AWAY),
    ),
    "filing-number-for-app": (
        show(to(MIIT, "沪ICP备17029384号-2A")),
        show(to(MIIT, "沪ICP备17029384号-2A") + to(MIIT, "沪ICP备17029384号")),
        show(to(MIIT, "沪ICP备17029384号-2A"), **UNKNOWN),
    ),
    "filing-number-not-displayed": (
        show(f"© <!-- {GOOD} -->"),
        show(f"{GOOD} <!-- {OTHER} -->"),
        show(MOBILE),
    ),
    "filing-number-image-only": (
        show(to(MIIT, f'<img src="i.png" alt="{NUMBER}">')),
        show(f'{GOOD} <img src="i.png" alt="{NUMBER}">'),
        show(f'<img src="i.png" alt="{NUMBER}">', **UNKNOWN),
    ),
    "filing-number-unreadable": (
        show(to(MIIT, "<img src='i.png'>")),
        WELL,
        show(to(MIIT, f'<img src="i.png" alt="{NUMBER}">')),
    ),
    "filing-number-not-at-bottom": (
        show(page("©").replace("<main>", f"<header>{GOOD}</header><main>")),
        WELL,
        show(
            page("©", end="<script src='/foot.js'></script>").replace("<main>", f"<main><p>{NUMBER}</p>"),
            **UNKNOWN,
        ),
    ),
    "filing-number-english-only": (
        show(to(MIIT, "Hu ICP Bei No. 17029384-1")),
        show(to(MIIT, "Hu ICP Bei No. 17029384-1") + GOOD),
        show(to(MIIT, "Hu ICP Bei No. 17029384-1"), **UNKNOWN),
    ),
    "filing-number-several": (
        show(f"<p>{GOOD}</p><div><p>{to(MIIT, '沪ICP备17029384号-2')}</p></div>"),
        show(GOOD + to(MIIT, OTHER)),
        show(f"{GOOD} {to(MIIT, '沪ICP备05066666号')}", **AWAY),
    ),
    "filing-number-borrowed": (
        show(f"© 上海甲乙设备有限公司 {to(MIIT, '京ICP备10046444号')}", expected_icp=(OTHER,)),
        show(to(MIIT, "京ICP备10046444号"), host="www.mi.com"),
        show(to(MIIT, "京ICP备10046444号"), **AWAY),
    ),
    "filing-number-differs": (
        show(GOOD, expected_icp=(OTHER,)),
        show(f"{to(MIIT, OTHER)} {GOOD}", expected_icp=("沪ICP备17029384号",)),
        show(GOOD, expected_icp=(OTHER,), **UNKNOWN),
    ),
    "filing-number-differs-from-register": (
        show(GOOD, register=(filed(OTHER),)),
        show(GOOD, register=(filed("沪ICP备17029384号"),)),
        show(GOOD, register=(filed(OTHER),), **UNKNOWN),
    ),
    "filing-number-form-habit": (
        show(GOOD, habit={"沪": "entity"}),
        show(GOOD, habit={"*": "service"}),
        show(GOOD, habit={"沪": "entity"}, **AWAY),
    ),
    "psb-number-missing": (show(GOOD), WELL, DRAWN),
    "psb-placeholder": (
        show(f"{GOOD} 京公网安备11111111111111号"),
        WELL,
        show("京公网安备11111111111111号", **UNKNOWN),
    ),
    "psb-malformed": (show(f"{GOOD} 沪公网安备310104020号"), WELL, show("沪公网安备310104020号", **UNKNOWN)),
    "psb-province-mismatch": (
        show(f"{GOOD} {to(POLICE_PAGE + '31010402005731', '浙公网安备31010402005731号')}"),
        WELL,
        show("浙公网安备31010402005731号", **UNKNOWN),
    ),
    "psb-legacy-form": (
        show(f"{GOOD} {to('http://www.beian.gov.cn/', '沪公网安备3101040200573')}"),
        WELL,
        show("沪公网安备3101040200573", **UNKNOWN),
    ),
    "psb-differs": (
        show(f"{GOOD} {GOOD_POLICE}", expected_psb=(OTHER_POLICE,)),
        show(f"{GOOD} {GOOD_POLICE}", expected_psb=(POLICE,)),
        show(f"{GOOD} {GOOD_POLICE}", expected_psb=(OTHER_POLICE,), **UNKNOWN),
    ),
    "licence-missing": (
        show(GOOD, expected_licence=(LICENCE,)),
        show(f"{GOOD} {LICENCE}", expected_licence=(LICENCE,)),
        show(BY_SCRIPT, expected_licence=(LICENCE,)),
    ),
    "licence-differs": (
        show(f"{GOOD} {LICENCE}", expected_licence=("沪B2-20170999",)),
        show(f"{GOOD} {LICENCE}-5", expected_licence=(LICENCE,)),
        show(f"{GOOD} {LICENCE}", expected_licence=("沪B2-20170999",), **UNKNOWN),
    ),
    "licence-only-shown": (show(to(MIIT, LICENCE)), show(f"{GOOD} {LICENCE}"), show(LICENCE, **AWAY)),
    "licence-preapproval-signals": (
        show(GOOD, name="华东新闻网"),
        show(f"{GOOD} 互联网新闻信息服务许可证31120170001", name="华东新闻网"),
        show("©", name="华东新闻网", **UNKNOWN),
    ),
    "entity-personal-with-business-look": (
        show(f"© 上海甲乙设备有限公司 {GOOD}", entity_kind="person"),
        show(f"© 小王的博客 {GOOD}", entity_kind="person"),
        show("© 上海甲乙设备有限公司", entity_kind="person", **UNKNOWN),
    ),
    "entity-holder-differs": (
        show(f"© 上海甲乙设备有限公司 {GOOD}", entity="北京丙丁仪器有限公司"),
        show(f"© Jiayi Inc. {GOOD}", entity="北京丙丁仪器有限公司"),
        show(f"© 上海甲乙设备有限公司 {GOOD}", entity="北京丙丁仪器有限公司", **AWAY),
    ),
    "entity-copyright-missing": (show(GOOD), WELL, DRAWN),
    "status-pending-yet-reachable": (
        show(GOOD, icp_status="pending"),
        show(GOOD, icp_status="filed"),
        show("©", icp_status="pending", **UNKNOWN),
    ),
    "domain-expires-soon": (
        show(GOOD, domain_expires_on=date(2026, 12, 24)),
        show(GOOD, domain_expires_on=date(2027, 12, 24)),
        show("©", **UNKNOWN),
    ),
    "portfolio-shared-service-number": (
        show(GOOD, neighbour="other.cn"),
        show(GOOD, neighbour="www.example.cn"),
        show(GOOD, neighbour="corp.com", **AWAY),
    ),
    "portfolio-two-numbers-one-domain": (
        show(GOOD, neighbour="m.example.cn", there=page(to(MIIT, OTHER))),
        show(GOOD, neighbour="m.example.cn", there=page(to(MIIT, "沪ICP备17029384号-2"))),
        show(GOOD, neighbour="m.example.cn", there=page(to(MIIT, OTHER)), **AWAY),
    ),
    "portfolio-foreign-number": (
        show(GOOD, entity="上海甲乙设备有限公司", register=(filed(NUMBER, "北京丙丁有限公司"),)),
        show(GOOD, entity="上海甲乙设备有限公司", register=(filed(NUMBER, "上海甲乙设备有限公司"),)),
        show("©", entity="Jiayi Ltd.", register=(filed(NUMBER, "北京丙丁有限公司"),), **UNKNOWN),
    ),
    "portfolio-unlisted-filing": (
        show(GOOD, register=(filed(OTHER, domain="third.cn"),)),
        show(GOOD, register=(filed(OTHER, domain="third.cn"),), neighbour="www.third.cn"),
        show("©", register=(RegisterEntry("third.cn", ""),), **UNKNOWN),
    ),
    "waiver-expired": (
        show(NUMBER, waivers=(own("link-missing", "2026-11-23"),)),
        show(NUMBER, waivers=(own("link-missing"),)),
        show("©", waivers=(own("link-missing", "2026-11-23"),), **UNKNOWN),
    ),
    "waiver-unused": (
        show(GOOD, waivers=(own("link-missing"),)),
        show(NUMBER, waivers=(own("link-*"),)),
        show("", waivers=(own("link-missing"),), **DARK),
    ),
}
"""Rule → where it speaks at its own severity; where it keeps silent; where it may not condemn."""

LINKS: dict[str, tuple[str, str]] = {
    # class of link → rule without its family, and an address of that class at a filing number
    "none": ("missing", ""),
    "look-alike": ("look-alike", to("https://beian.miit.gov.cn.evil.example/")),
    "retired": ("retired-host", to("http://www.miitbeian.gov.cn")),
    "police portal": ("swapped", to("http://www.beian.gov.cn/")),
    "no scheme": ("no-scheme", to("beian.miit.gov.cn")),
    "malformed": ("malformed", to("https:// beian.miit.gov.cn")),
    "ministry, wrong page": ("elsewhere", to("https://www.miit.gov.cn/")),
    "unknown host of the ministry": ("elsewhere", to("http://icp.miit.gov.cn")),
    "other register": ("elsewhere", to("https://beian.cac.gov.cn/")),
    "joke register": ("elsewhere", to("https://icp.gov.moe/?keyword=20231234")),
    "other badge": ("elsewhere", to("http://bszs.conac.cn/sitename")),
    "saved mirror": ("elsewhere", to("../../www.miitbeian.gov.cn/default.htm")),
    "wrong": ("elsewhere", to("http://www.aliyun.com")),
    "redirector to a retired address": ("retired-host", to("/go?url=http%3A%2F%2Fwww.miitbeian.gov.cn")),
    "third party": ("third-party", to("https://icp.chinaz.com/info?q=example.cn")),
    "licence system": ("licence-system", to("https://tsm.miit.gov.cn/dxxzsp/")),
    "empty": ("empty", to("javascript:;")),
    "www variant": ("www-variant", to("http://www.beian.miit.gov.cn")),
    "script only": ("script-only", to("javascript:window.open('https://beian.miit.gov.cn/')")),
    "redirector": ("redirector", to("https://link.zhihu.com/?target=https%3A//beian.miit.gov.cn/")),
    "old path": ("old-path", to("http://beian.miit.gov.cn/state/outPortal/loginPortal.action")),
    "plain http": ("http", to("http://beian.miit.gov.cn/")),
}
POLICE_LINKS: dict[str, tuple[str, str]] = {
    "not linked": ("psb-link-missing", POLICE),
    "wrong": ("psb-link-elsewhere", to("https://www.baidu.com", POLICE)),
    "swapped": ("psb-link-swapped", to(MIIT, POLICE)),
    "code of another": ("psb-code-mismatch", to(f"{POLICE_PAGE}31010402005732", POLICE)),
    "former portal": (
        "psb-old-portal",
        to("http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=31010402005731", POLICE),
    ),
    "no code": ("psb-link-no-code", to("https://beian.mps.gov.cn/", POLICE)),
    "former portal, no code": ("psb-link-no-code", to("http://www.beian.gov.cn/", POLICE)),
}


def _of_links() -> dict[str, tuple[str, tuple[Scene, Scene, Scene]]]:
    """Class of link → its rule, and the three scenes: alone, beside a good copy, on another's page."""
    scenes = {}
    for name, (target, footer) in LINKS.items():
        alone = footer or NUMBER
        scenes[f"filing number, {name}"] = (
            f"link-{target}",
            # An imitation is an error beside any number of good copies.
            (
                show(alone),
                WELL if name == "look-alike" else show(f"{alone}<div>{GOOD}</div>"),
                show(alone, **AWAY),
            ),
        )
    for name, (rule, footer) in POLICE_LINKS.items():
        scenes[f"police number, {name}"] = (
            rule,
            (
                show(f"{GOOD} {footer}"),
                show(f"{GOOD} {footer}<div>{GOOD_POLICE}</div>"),
                show(footer, **UNKNOWN),
            ),
        )
    shared = f'<a href="{MIIT}">{NUMBER} {POLICE}</a>'
    scenes["police number, one link around both"] = (
        "psb-link-shared",
        (show(shared), WELL, show(shared, **AWAY)),
    )
    return scenes


LINK_CLASSES = _of_links()
ROWS = {**{rule: (rule, scenes) for rule, scenes in TABLE.items()}, **LINK_CLASSES}
KINDS = ("failing", "passing", "inconclusive")


def counts() -> str:
    """The line that a test run prints at its end."""
    told = {rule for rule, _ in ROWS.values()}
    kinds = Counter(kind for _, scenes in ROWS.values() for kind, _ in zip(KINDS, scenes, strict=True))
    each = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS)
    return f"{len(told)} of {len(RULES)} rules and {len(LINK_CLASSES)} classes of links: {each} sites"


def heard(audit: SiteAudit, rule: str) -> Finding | None:
    assert audit.failed_rules == ()
    return next((finding for finding in audit.findings if finding.rule == rule), None)


@pytest.mark.parametrize("name", ROWS)
def test_it_speaks(name: str) -> None:
    rule, (scene, _, _) = ROWS[name]
    audit = scene.audit()
    finding = heard(audit, rule)
    assert finding is not None
    assert finding.severity is BY_SLUG[rule].severity
    if finding.severity is Severity.ERROR:
        assert audit.verdict is Verdict.NON_COMPLIANT


@pytest.mark.parametrize("name", ROWS)
def test_it_keeps_silent_where_all_is_well(name: str) -> None:
    rule, (_, scene, _) = ROWS[name]
    audit = scene.audit()
    assert heard(audit, rule) is None
    assert audit.verdict in (Verdict.COMPLIANT, Verdict.NOT_REQUIRED)


@pytest.mark.parametrize("name", ROWS)
def test_it_condemns_nobody_where_nobody_can_say(name: str) -> None:
    rule, (_, _, scene) = ROWS[name]
    audit = scene.audit()
    if rule == "link-look-alike":  # an error everywhere
        assert audit.verdict is Verdict.NON_COMPLIANT
        return
    assert audit.verdict not in SURE
    assert audit.reason.zh
    assert audit.reason.en
    finding = heard(audit, rule)
    assert finding is None or finding.severity is not Severity.ERROR
    if audit.verdict not in ASSESSED:
        assert not [f for f in audit.findings if f.rule.startswith(("filing-", "link-", "psb-", "licence-"))]


@pytest.mark.parametrize("name", ROWS)
def test_whoever_reads_one_language_can_act_on_it(name: str) -> None:
    rule, (scene, _, _) = ROWS[name]
    finding = heard(scene.audit(), rule)
    assert finding is not None
    words = Words.of(FACTS, RULES)
    for told in (words.title(rule), words.remedy(finding), finding.note or words.title(rule)):
        assert not re.search(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", told.zh), "an English clause in the Chinese"
        assert not re.search("[一-鿿]{5}", re.sub("公安备案|[一-鿿]+有限公司", "", told.en)), (
            "a Chinese clause"
        )
    for sentences, stops in ((words.remedy(finding).zh, "。"), (words.remedy(finding).en, ".)")):
        assert sentences.rstrip()[-1] in stops
        assert "…" not in sentences
    assert (
        not finding.snippet
        or NUMBER[:-2] in finding.snippet
        or any(
            digits in finding.snippet
            for digits in re.findall(r"\d{6,}", f"{finding.observed} {finding.expected}")
        )
    )


def test_every_rule_has_all_three() -> None:
    assert {rule for rule, _ in ROWS.values()} == set(BY_SLUG)
    assert counts().startswith(f"{len(RULES)} of {len(RULES)} rules")
