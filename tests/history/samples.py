"""Made-up sites, observations and audits, as values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from icpcrawl.audit.finding import Confidence, Finding, Severity, Text, Verdict, Waived
from icpcrawl.audit.hosting import HostingJudgment, HostingSide, Required
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.observation import Attempt, Fetched, FetchOutcome, Observation, Page
from icpcrawl.portfolio import Portfolio, Site


def make_portfolio(source: str = "/tmp/portfolio.csv", rows: int = 3, sha256: str = "00") -> Portfolio:
    sites = tuple(Site(n, n + 1, f"s{n}.cn", f"s{n}.cn", f"s{n}.cn") for n in range(1, rows + 1))
    return Portfolio(sites, source, sha256, "utf-8")


def make_observation(site_id: str, body: bytes | None = b"<html>x</html>", run: str = "r1") -> Observation:
    page = None
    if body is not None:
        page = Page(f"https://{site_id}/", 200, (("content-type", "text/html"),), body)
    outcome = FetchOutcome.OK if page else FetchOutcome.CONNECT_TIMEOUT
    seen_at = datetime(2026, 11, 24, 1, 2, 3, 456789, tzinfo=UTC)
    attempts = (Attempt("https-apex", f"https://{site_id}/", outcome, started_at=seen_at, elapsed_s=0.25),)
    return Observation(site_id, run, seen_at, Fetched(outcome, attempts=attempts, page=page))


def make_finding(rule: str, severity: Severity = Severity.ERROR, subject: str = "") -> Finding:
    return Finding(rule, severity, Confidence.HIGH, subject, "observed", "expected")


def make_audit(
    site_id: str,
    verdict: Verdict = Verdict.COMPLIANT,
    *findings: Finding,
    outcome: FetchOutcome | None = None,
    failed_rules: tuple[str, ...] = (),
    silent_rules: tuple[str, ...] = (),
    side: HostingSide = HostingSide.MAINLAND,
) -> SiteAudit:
    text = Text("原因", "reason")
    if outcome is None:
        outcome = FetchOutcome.CONNECT_TIMEOUT if verdict is Verdict.NOT_ASSESSED else FetchOutcome.OK
    hosting = HostingJudgment(
        side, Confidence.HIGH, text, Required.YES, text, provider="阿里云", asn=(37963,)
    )
    return SiteAudit(
        site_id,
        verdict,
        text,
        outcome,
        findings,
        hosting,
        failed_rules=failed_rules,
        silent_rules=silent_rules,
    )


def make_waived(rule: str) -> Finding:
    return replace(make_finding(rule), waived=Waived("site closes", "legal", "Li", "2026-12-31"))
