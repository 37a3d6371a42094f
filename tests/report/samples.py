"""A made-up night, as values: sites of every verdict, findings, numbers, changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from icpcrawl.audit.finding import Confidence, Finding, Severity, Text, Verdict, Waived
from icpcrawl.audit.footer import DisplayedNumber, PageLink, Place
from icpcrawl.audit.hosting import HostingJudgment, HostingSide, Required
from icpcrawl.audit.links import LinkTarget, LinkVerdict
from icpcrawl.audit.numbers import NumberKind, NumberStatus, ParsedNumber
from icpcrawl.audit.site_audit import JudgedNumber, Shown, SiteAudit
from icpcrawl.datafiles import load_facts
from icpcrawl.history.result import FindingChange, Result, SiteChange
from icpcrawl.observation import (
    Attempt,
    Database,
    Fetched,
    FetchOutcome,
    Hop,
    Observation,
    Page,
    Vantage,
    VantageSide,
)
from icpcrawl.portfolio import Portfolio, RefusedRow, Site
from icpcrawl.report.content import Content, counted
from icpcrawl.report.rows import ReportRow, report_rows
from icpcrawl.report.run import RunSummary
from icpcrawl.report.words import catalogue
from icpcrawl.report.write import WRITERS, FileWriter, Written, write_report

FACTS = load_facts()
SEEN_AT = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
ALL = ("csv", "html", "xlsx", "jsonl", "owners")

RUN = RunSummary(
    run_id="20261124T010000Z-abc123",
    started_at=SEEN_AT,
    finished_at=SEEN_AT + timedelta(minutes=3),
    today=date(2026, 11, 24),
    portfolio="/srv/portfolio.csv",
    portfolio_sha256="ab" * 32,
    exit_code=1,
    version="0.1.0",
    policy_digest="cd" * 32,
    data_digests=(("law.csv", "ef" * 32),),
    vantages=(Vantage("mainland", VantageSide.MAINLAND, "202.96.209.0/24", ("192.0.2.53:53",)),),
    databases=(Database("dbip-country-lite", "2026-06-01", "12" * 32, "IP Geolocation by DB-IP"),),
    arguments=("audit", "portfolio.csv"),
)


def site(row: int, site_id: str, **given: object) -> Site:
    known: dict[str, object] = {"domain": site_id, "host": site_id, "owner": "网络部", **given}
    return replace(Site(row, row + 1, site_id, site_id, site_id), **known)  # type: ignore[arg-type]


def refused(row: int, value: str = "demo..cn", **given: object) -> RefusedRow:
    made = RefusedRow(row, row + 1, "domain", value, "域名有误", "not a domain", f"row-{row}", value)
    return replace(made, **given)  # type: ignore[arg-type]


def finding(rule: str, severity: Severity = Severity.ERROR, **given: str) -> Finding:
    plain = Finding(rule, severity, Confidence.HIGH, "", "observed", "expected")
    return replace(plain, **given)  # type: ignore[arg-type]


def waived(found: Finding) -> Finding:
    return replace(found, waived=Waived("site closes", "法务部", "Li", "2026-12-31"))


def number(raw: str, href: str = "https://beian.miit.gov.cn/") -> JudgedNumber:
    parsed = ParsedNumber(NumberKind.FILING, NumberStatus.OK, raw, raw, 0, len(raw))
    link = PageLink(href, href, "around")
    seen = DisplayedNumber(
        parsed,
        Place.FOOTER,
        displayed=True,
        link=link,
        where="footer > p",
        around=f"© 2026 示例公司 {raw} 版权所有",
    )
    return JudgedNumber(seen, LinkTarget("current", LinkVerdict.OK))


def result(
    site_id: str,
    verdict: Verdict = Verdict.COMPLIANT,
    *findings: Finding,
    outcome: FetchOutcome | None = None,
    raw: str = "京ICP备12345678号-1",
    reason: Text = Text("原因", "reason"),  # noqa: B008 - a frozen value
) -> Result:
    if outcome is None:
        outcome = FetchOutcome.CONNECT_TIMEOUT if verdict is Verdict.NOT_ASSESSED else FetchOutcome.OK
    is_seen = outcome is FetchOutcome.OK
    url = f"https://{site_id}/"
    page = Page(url, 200, (), b"", tls="verified") if is_seen else None
    hops = (Hop(url, "first", 200 if is_seen else None, addresses=("47.96.101.27",)),)
    attempt = Attempt("https-apex", url, outcome, started_at=SEEN_AT, elapsed_s=0.25, hops=hops)
    observation = Observation(site_id, RUN.run_id, SEEN_AT, Fetched(outcome, attempts=(attempt,), page=page))
    why = Text("服务器在中国大陆，须备案", "Served from mainland China: a filing is required")
    hosting = HostingJudgment(
        HostingSide.MAINLAND,
        Confidence.HIGH,
        why,
        Required.YES,
        why,
        countries=("CN",),
        addresses=("47.96.101.27",),
        asn=(37963,),
        provider="Alibaba Cloud",
    )
    shown = Shown(number(raw), (number(raw),)) if is_seen and raw else Shown()
    audit = SiteAudit(
        site_id,
        verdict,
        reason,
        outcome,
        findings,
        hosting,
        filing=shown,
        encoding="utf-8" if is_seen else "",
    )
    return Result(site_id, observation, audit, hashlib.sha256(site_id.encode()).hexdigest(), "")


def change(of: Result, word: str = "unchanged") -> SiteChange:
    each = FindingChange("unchanged", "2026-11-20", "2026-11-24", 4)
    return SiteChange(word, "2026-11-20", 4, (each,) * len(of.audit.findings))


def told(
    rows: Iterable[Site | RefusedRow],
    results: Iterable[Result],
    changes: Mapping[str, str] | None = None,
    extra_columns: tuple[str, ...] = (),
) -> tuple[ReportRow, ...]:
    """``changes``: site_id → word; *unchanged* where nothing is said."""
    portfolio = Portfolio(tuple(rows), RUN.portfolio, RUN.portfolio_sha256, "utf-8", extra_columns)
    by_id = {each.site_id: each for each in results}
    words = changes or {}
    return tuple(
        report_rows(
            portfolio,
            by_id.get,
            lambda each: change(each, words.get(each.site_id, "unchanged")),
            RUN,
            FACTS,
        )
    )


def night() -> tuple[ReportRow, ...]:
    """One row of every verdict, one without a result, one waived, one refused."""
    names = ("good", "bad", "far", "odd", "dark", "lost", "spared")
    results = (
        result("good.cn"),
        result(
            "bad.cn",
            Verdict.NON_COMPLIANT,
            finding("link-missing", snippet='<a href="https://beian.miit.gov.cn/">京ICP备12345678号-1</a>'),
            finding("psb-number-missing", Severity.NOTICE),
        ),
        result("far.cn", Verdict.NOT_REQUIRED, raw=""),
        result("odd.cn", Verdict.INCONCLUSIVE, finding("filing-number-unreadable", Severity.WARNING)),
        result("dark.cn", Verdict.NOT_ASSESSED, finding("fetch-failed", Severity.WARNING)),
        result("spared.cn", Verdict.COMPLIANT, waived(finding("link-missing"))),
    )
    sites = [site(at, f"{name}.cn", name=name) for at, name in enumerate(names, 1)]
    return told((*sites, refused(len(names) + 1)), results, {"bad.cn": "new", "dark.cn": "coverage-lost"})


def content(rows: tuple[ReportRow, ...]) -> Content:
    return Content(rows, RUN, catalogue(FACTS), counted(rows))


def written(
    folder: Path,
    rows: tuple[ReportRow, ...],
    *,
    formats: tuple[str, ...] = ALL,
    flavour: str = "",
    writers: tuple[FileWriter, ...] = WRITERS,
) -> Written:
    return write_report(folder, rows, RUN, formats=formats, flavour=flavour, facts=FACTS, writers=writers)
