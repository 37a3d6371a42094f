"""The portfolio, row by row, with what is known of each: the one thing every report file is made of.

It walks *the portfolio*, never the results that happened to arrive: a row without a
result, or whose result cannot be told, stands in the report with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from icpcrawl.audit.finding import Finding, Severity, Text, Verdict, finding_id
from icpcrawl.audit.site_audit import JudgedNumber, Shown, SiteAudit
from icpcrawl.history.result import FindingChange, Result, SiteChange
from icpcrawl.observation import Attempt, FetchOutcome, Hosting, Observation
from icpcrawl.portfolio import Portfolio, RefusedRow, Site
from icpcrawl.report.cells import instant, joined, one_line, yes_no
from icpcrawl.report.columns import SCHEMA, SITE_COLUMNS
from icpcrawl.report.due import days_overdue, finding_due
from icpcrawl.report.run import RunSummary
from icpcrawl.report.words import NOTHING, Words, beside, catalogue, ended

if TYPE_CHECKING:
    from icpcrawl.audit.facts import Facts


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding as the report tells it."""

    finding: Finding
    finding_id: str
    title: Text
    fix: Text
    law: Text
    change: FindingChange | None = None
    due: str = ""
    """ISO date by which it is to be put right; of a waived one the waiver's last day; empty = no day."""
    overdue: int = 0
    """Days since then, of a standing error or warning."""

    @property
    def is_loud(self) -> bool:
        """A standing error or warning: somebody has to act."""
        return self.finding.waived is None and self.finding.severity is not Severity.NOTICE


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of the portfolio in the report, refused rows included."""

    row: int
    line: int
    site_id: str
    verdict: Verdict
    reason: Text
    """Why this verdict, one sentence."""
    cells: Mapping[str, str]
    """Column of ``sites.csv`` → cell, all columns there, not yet defused."""
    severity: Severity | None = None
    findings: tuple[FindingRow, ...] = ()
    fixed: tuple[tuple[str, str], ...] = ()
    silent_rules: tuple[str, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    """The portfolio's unknown columns, same headers in every row."""
    refused: RefusedRow | None = None
    attempts: tuple[Attempt, ...] = ()
    hosting: Hosting = field(default_factory=Hosting)
    hosting_why: Text = NOTHING
    """Why the site is taken to be served from where it is."""
    required_why: Text = NOTHING
    """Why a filing is or is not required."""
    numbers: tuple[JudgedNumber, ...] = ()
    around: tuple[str, str, str] = ("", "", "")
    """The page's text about the filing, the police and the licence number in ``cells``."""
    encoding_why: str = ""
    problem: str = ""
    """What broke inside icpcrawl on the way to this row; empty when nothing did."""

    @property
    def due(self) -> str:
        """The first day by which an error or a warning of this site is to be put right; empty where none is."""
        return min((found.due for found in self.findings if found.is_loud and found.due), default="")

    @property
    def overdue(self) -> int:
        """Days since that day; 0 while there is time."""
        return max((found.overdue for found in self.findings), default=0)


def report_rows(
    portfolio: Portfolio,
    result_of: Callable[[str], Result | None],
    change_of: Callable[[Result], SiteChange],
    run: RunSummary,
    facts: Facts,
) -> Iterator[ReportRow]:
    """Every row of the portfolio, in its order, exactly once.

    ``result_of`` takes a site_id. What it or ``change_of`` raises costs that row its
    result or its change, never the row.
    """
    teller = _Teller(run, catalogue(facts), portfolio.extra_columns)
    for row in portfolio.rows:
        if isinstance(row, RefusedRow):
            yield teller.refused(row)
        else:
            yield teller.site(row, result_of, change_of)


@dataclass(frozen=True, slots=True)
class _Teller:
    run: RunSummary
    words: Words
    extra_columns: tuple[str, ...]

    def refused(self, row: RefusedRow) -> ReportRow:
        given = dict(row.cells)
        reason = Text(one_line(row.reason_zh), one_line(row.reason_en))
        cells = {column: one_line(given.get(column, "")) for column in _GIVEN}
        cells |= {
            "site_id": one_line(row.site_id),
            "domain": one_line(row.domain),
            "verdict": Verdict.REJECTED,
            "fix_zh": reason.zh,
            "fix_en": reason.en,
        }
        return ReportRow(
            row=row.row,
            line=row.line,
            site_id=cells["site_id"],
            verdict=Verdict.REJECTED,
            reason=reason,
            cells=self._whole(cells),
            extra=self._extra(given),
            refused=row,
        )

    def site(
        self,
        site: Site,
        result_of: Callable[[str], Result | None],
        change_of: Callable[[Result], SiteChange],
    ) -> ReportRow:
        try:
            result = result_of(site.site_id)
        except Exception as error:  # noqa: BLE001 - one unreadable result must not cost the other rows
            return self._broken(site, Verdict.NOT_ASSESSED, "unread-result", error)
        if result is None:
            return self._broken(site, Verdict.NOT_ASSESSED, "no-result", None)
        change, problem = self._change(result, change_of)
        try:
            return self._told(site, result, change, problem)
        except Exception as error:  # noqa: BLE001 - as above
            return self._broken(site, Verdict.INCONCLUSIVE, "untold-result", error)

    def _change(
        self, result: Result, change_of: Callable[[Result], SiteChange]
    ) -> tuple[SiteChange | None, str]:
        """A comparison that breaks must not turn a violation into *inconclusive*: only it is lost."""
        try:
            return change_of(result), ""
        except Exception as error:  # noqa: BLE001 - as above
            return None, f"the comparison with earlier runs failed: {_cause(error)}"

    def _broken(self, site: Site, verdict: Verdict, why: str, error: Exception | None) -> ReportRow:
        cause = _cause(error) if error else "crawl.log"
        reason = self.words.reason(why, cause=cause)
        remedy = self.words.outcome(FetchOutcome.INTERNAL_ERROR, detail=cause)
        fix = beside(reason, remedy)
        cells = _who(site) | {
            "verdict": verdict,
            "outcome": FetchOutcome.INTERNAL_ERROR,
            "hosting": "unknown",
            "hosting_confidence": "low",
            "filing_required": "unknown",
            "icp_match": "not-given",
            "psb_match": "not-given",
            "register_match": "not-given",
            "fix_zh": fix.zh,
            "fix_en": fix.en,
        }
        return ReportRow(
            row=site.row,
            line=site.line,
            site_id=site.site_id,
            verdict=verdict,
            reason=reason,
            cells=self._whole(cells),
            extra=self._extra(dict(site.extra)),
            problem=reason.en,
        )

    def _told(self, site: Site, result: Result, change: SiteChange | None, problem: str) -> ReportRow:
        if result.site_id != site.site_id:
            raise ValueError(f"the stored result is of {result.site_id!r}")
        audit, seen = result.audit, result.observation
        findings = self._findings(site, audit, change)
        fix = self._fix(site, audit, seen, findings)
        cells = {
            **_who(site),
            **_answer(audit, change),
            **_how(audit, seen),
            **_where(audit),
            **_filing(audit.filing, audit.outcome),
            **_psb(audit),
            **_register(audit),
            "evidence": result.evidence,
            "evidence_sha256": result.body_sha256,
            "fix_zh": one_line(fix.zh),
            "fix_en": one_line(fix.en),
        }
        return ReportRow(
            row=site.row,
            line=site.line,
            site_id=site.site_id,
            verdict=audit.verdict,
            reason=Text(one_line(audit.reason.zh), one_line(audit.reason.en)),
            cells=self._whole(cells),
            severity=audit.severity,
            findings=findings,
            fixed=change.fixed if change else (),
            silent_rules=audit.silent_rules,
            extra=self._extra(dict(site.extra)),
            attempts=seen.fetched.attempts,
            hosting=seen.hosting,
            hosting_why=audit.hosting.why,
            required_why=audit.hosting.required_why,
            numbers=(*audit.filing.all, *audit.psb.all, *audit.licence.all),
            around=(_around(audit.filing), _around(audit.psb), _around(audit.licence)),
            encoding_why=one_line(audit.encoding_why),
            problem=problem,
        )

    def _findings(self, site: Site, audit: SiteAudit, change: SiteChange | None) -> tuple[FindingRow, ...]:
        changes = change.findings if change else ()
        return tuple(
            self._finding(site, audit, finding, changes[at] if at < len(changes) else None)
            for at, finding in enumerate(audit.findings)
        )

    def _finding(
        self, site: Site, audit: SiteAudit, finding: Finding, change: FindingChange | None
    ) -> FindingRow:
        since = change.first_seen if change else ""
        due = finding_due(self.run.policy, site, finding, since, audit.psb_due, self.run.today)
        waived = finding.waived is not None
        return FindingRow(
            finding=finding,
            finding_id=finding_id(site.site_id, finding.rule, finding.subject),
            title=self.words.title(finding.rule),
            fix=self.words.remedy(finding, domain=site.domain, host=site.host, site=site.site_id),
            law=self.words.law(finding.rule),
            change=change,
            due=due,
            overdue=0 if waived else days_overdue(due, finding.severity, self.run.today),
        )

    def _fix(self, site: Site, audit: SiteAudit, seen: Observation, findings: tuple[FindingRow, ...]) -> Text:
        remedies = [row.fix for row in findings if row.finding.waived is None]
        if audit.outcome is not FetchOutcome.OK:
            remedies.insert(0, self.words.outcome(audit.outcome, detail=seen.fetched.detail, host=site.host))
        return beside(ended(audit.reason), *remedies, between=("", " "))

    def _whole(self, cells: Mapping[str, str]) -> Mapping[str, str]:
        said = {**cells, "run": self.run.run_id, "schema": str(SCHEMA)}
        return MappingProxyType({column: str(said.get(column, "")) for column in SITE_COLUMNS})

    def _extra(self, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple((column, one_line(given.get(column, ""))) for column in self.extra_columns)


_GIVEN = ("name", "entity", "owner", "group", "tags", "url")
"""Cells of a refused row that are repeated as they stand."""


def _who(site: Site) -> dict[str, str]:
    return {
        "site_id": one_line(site.site_id),
        "name": one_line(site.name),
        "entity": one_line(site.entity),
        "owner": one_line(site.owner),
        "group": one_line(site.group),
        "tags": joined(site.tags),
        "domain": one_line(site.domain),
        "url": one_line(site.url),
        "icp_expected": joined(site.expected_icp),
        "psb_expected": joined(site.expected_psb),
    }


def _answer(audit: SiteAudit, change: SiteChange | None) -> dict[str, str]:
    standing = (finding.rule for finding in audit.findings if finding.waived is None)
    waived = (finding.rule for finding in audit.findings if finding.waived is not None)
    cells = {
        "verdict": audit.verdict.value,
        "severity": audit.severity.value if audit.severity else "",
        "rules": joined(standing),
        "waivers": joined(waived),
    }
    if change:
        days = change.days_open
        cells |= {
            "change": change.change,
            "first_seen": change.first_seen,
            "days_open": "" if days is None else str(days),
        }
    return cells


def _how(audit: SiteAudit, seen: Observation) -> dict[str, str]:
    fetched = seen.fetched
    page, last = fetched.page, fetched.attempts[-1] if fetched.attempts else None
    status = page.status if page else last.status if last else None
    reached = [attempt for attempt in fetched.attempts if attempt.outcome is fetched.outcome]
    hops = (reached[-1] if reached else last).hops if last else ()
    return {
        "assessed_at": instant(seen.seen_at),
        "outcome": audit.outcome.value,
        "http_status": "" if status is None else str(status),
        "final_url": one_line(page.url) if page else "",
        "redirects": str(max(len(hops) - 1, 0)) if hops else "",
        "tls": page.tls if page else "",
        "encoding": one_line(audit.encoding),
        "rendered": yes_no(audit.rendered),
    }


def _where(audit: SiteAudit) -> dict[str, str]:
    hosting = audit.hosting
    why = hosting.required_why
    return {
        "addresses": joined(hosting.addresses),
        "countries": joined(hosting.countries),
        "asn": joined(hosting.asn),
        "provider": one_line(hosting.provider),
        "cdn": one_line(hosting.cdn),
        "hosting": hosting.side.value,
        "hosting_confidence": hosting.confidence.value,
        "filing_required": hosting.required.value,
        "filing_required_why": one_line(" / ".join(part for part in (why.zh, why.en) if part)),
    }


def _filing(shown: Shown, outcome: FetchOutcome) -> dict[str, str]:
    visible = "no" if outcome is FetchOutcome.OK else ""
    cells = {
        "icp_visible": visible,
        "icp_expected": joined(shown.expected),
        "icp_match": shown.match,
        "icp_all": joined(_written(number) for number in shown.all),
    }
    if shown.main:
        seen = shown.main.seen
        cells |= {
            "icp_raw": one_line(seen.parsed.raw),
            "icp_number": one_line(seen.parsed.number),
            "icp_kind": seen.parsed.service_kind.value,
            "icp_place": seen.place.value,
            "icp_visible": yes_no(seen.displayed),
            "icp_link": _link(shown.main),
            "icp_link_target": shown.main.link.target,
        }
    return cells


def _psb(audit: SiteAudit) -> dict[str, str]:
    shown = audit.psb
    cells = {
        "psb_expected": joined(shown.expected),
        "psb_match": shown.match,
        "psb_due": audit.psb_due,
    }
    if shown.main:
        cells |= {
            "psb_raw": one_line(shown.main.seen.parsed.raw),
            "psb_number": one_line(shown.main.seen.parsed.number),
            "psb_link": _link(shown.main),
            "psb_link_target": shown.main.link.target,
        }
    return cells


def _register(audit: SiteAudit) -> dict[str, str]:
    return {
        "licence_number": joined(_written(number) for number in audit.licence.all),
        "register_number": one_line(audit.register_number),
        "register_entity": one_line(audit.register_entity),
        "register_match": audit.register_match,
    }


def _written(number: JudgedNumber) -> str:
    return number.seen.parsed.number or number.seen.parsed.raw


def _link(number: JudgedNumber) -> str:
    link = number.seen.link
    return one_line(link.url or link.href) if link else ""


def _around(shown: Shown) -> str:
    return one_line(shown.main.seen.around) if shown.main else ""


def _cause(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}", 300)
