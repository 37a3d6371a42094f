"""By when, and how late: the house rule, the legal day, and waivers that put off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from icpcrawl.audit.finding import Finding, Severity, Verdict
from icpcrawl.audit.policy import Policy, Waiver
from icpcrawl.audit.rules import RULES
from icpcrawl.history.result import FindingChange, SiteChange
from icpcrawl.portfolio import Portfolio
from icpcrawl.report.due import days_overdue, due_day
from icpcrawl.report.rows import ReportRow, report_rows
from icpcrawl.report.work import NUMBER_RULES, is_soon, risks, topics, work_by_owner
from tests.report.samples import FACTS, RUN, finding, result, site, told, waived, written

POLICY = Policy(fix_days={"error": 5, "warning": 20, "notice": 0, "link-http": 90})
TODAY = date(2026, 11, 24)


def row(
    *findings: Finding,
    since: str = "2026-11-10",
    policy: Policy = POLICY,
    psb_due: str = "",
    waivers: Iterable[Waiver] = (),
) -> ReportRow:
    """One site whose findings were all first seen on that day."""
    whole = result("a.cn", Verdict.NON_COMPLIANT, *findings)
    whole = replace(whole, audit=replace(whole.audit, psb_due=psb_due))
    changes = tuple(FindingChange("unchanged", since, "2026-11-24", 14) for _ in findings)
    run = replace(RUN, policy=replace(policy, waivers=tuple(waivers)))
    portfolio = Portfolio((site(1, "a.cn"),), RUN.portfolio, RUN.portfolio_sha256, "utf-8", ())
    given = SiteChange("unchanged", since, 14, changes)
    return next(report_rows(portfolio, lambda _: whole, lambda _: given, run, FACTS))


@pytest.mark.parametrize(
    ("rule", "severity", "legal", "due"),
    [
        ("link-missing", "error", "", "2026-11-15"),
        ("link-script-only", "warning", "", "2026-11-30"),
        ("link-http", "notice", "", "2027-02-08"),
        ("link-old-path", "notice", "", ""),
        ("psb-number-missing", "notice", "2026-12-01", "2026-12-01"),
        ("psb-number-missing", "notice", "2026-11-10", "2026-11-10"),
        ("psb-number-missing", "notice", "2026-11-09", ""),
        ("psb-number-missing", "warning", "2019-01-01", "2026-11-30"),
        ("link-missing", "error", "2026-12-01", "2026-11-15"),
    ],
)
def test_the_rule_goes_before_its_severity_and_the_legal_day_before_both(
    rule: str, severity: str, legal: str, due: str
) -> None:
    assert due_day(POLICY, rule, severity, "2026-11-10", legal) == due
    assert due_day(POLICY, rule, severity, "", legal) == ""


def test_the_day_itself_is_not_late_and_a_notice_never_is() -> None:
    late = [days_overdue(due, "error", TODAY) for due in ("2026-11-25", "2026-11-24", "2026-11-23", "")]
    assert late == [0, 0, 1, 0]
    assert days_overdue("2026-11-01", "notice", TODAY) == 0


def test_a_site_is_as_late_as_its_latest_error_or_warning() -> None:
    told_row = row(
        finding("link-script-only", Severity.WARNING),
        finding("link-missing"),
        waived(finding("psb-differs")),
        finding("psb-number-missing", Severity.NOTICE),
        psb_due="2026-11-12",
    )
    assert [(each.due, each.overdue) for each in told_row.findings] == [
        ("2026-11-30", 0),
        ("2026-11-15", 9),
        ("2026-12-31", 0),
        ("2026-11-12", 0),
    ]
    assert (told_row.due, told_row.overdue) == ("2026-11-15", 9)


def accepted(expires: str, site_id: str = "a.cn", observed: str = "") -> Waiver:
    return Waiver("link-*", "relaunch", "A", "B", expires, site_id=site_id, observed=observed)


@pytest.mark.parametrize(
    ("waiver", "late"),
    [
        (accepted("2026-11-22"), 2),
        (accepted("2026-11-12"), 9),
        (accepted("2026-11-22", site_id="b.cn"), 9),
        (accepted("2026-11-22", observed="another"), 9),
        (accepted("2026-12-31", observed="another"), 9),
    ],
)
def test_a_waiver_that_ran_out_had_put_it_off_until_its_last_day(waiver: Waiver, late: int) -> None:
    assert row(finding("link-missing"), waivers=[waiver]).overdue == late


def test_without_a_comparison_no_day_is_made_up() -> None:
    whole = result("a.cn", Verdict.NON_COMPLIANT, finding("link-missing"))
    portfolio = Portfolio((site(1, "a.cn"),), RUN.portfolio, RUN.portfolio_sha256, "utf-8", ())

    def broken(_: object) -> SiteChange:
        raise ValueError

    told_row = next(report_rows(portfolio, lambda _: whole, broken, RUN, FACTS))
    assert (told_row.due, told_row.overdue) == ("", 0)


def test_the_work_of_each_owner_the_late_ones_first() -> None:
    late = row(finding("link-missing"), finding("link-script-only", Severity.WARNING))
    early = row(finding("link-missing"), since="2026-11-23")
    calm = row(finding("link-old-path", Severity.NOTICE))
    rows = [replace(early, cells={**early.cells, "owner": "beta"}), late, calm, late]
    work = [
        (each.owner, each.sites, each.errors, each.warnings, each.overdue, each.due)
        for each in work_by_owner(rows)
    ]
    assert work == [("网络部", 2, 2, 2, 2, "2026-11-30"), ("beta", 1, 1, 0, 0, "2026-11-28")]
    assert [is_soon(each, TODAY) for each in rows] == [True, False, False, False]


def test_an_entity_is_held_up_by_its_errors_also_by_waived_ones() -> None:
    bad = result("a.cn", Verdict.COMPLIANT, waived(finding("link-missing")))
    rows = told(
        [site(1, "a.cn", entity="甲"), site(2, "b.cn", entity="甲"), site(3, "c.cn", entity="乙"), site(4, "d.cn")],
        [bad, result("b.cn", Verdict.NOT_ASSESSED), result("c.cn"), result("d.cn", Verdict.NON_COMPLIANT, finding("link-missing"))],
    )  # fmt: skip
    assert [(each.entity, each.bad, each.sites, each.unseen) for each in risks(rows)] == [("甲", 1, 2, 1)]


def test_an_entity_is_one_however_its_name_is_typed_and_its_number_leads_to_rows_without_a_name() -> None:
    names = ("戊己（北京）有限公司", "戊己(北京) 有限公司", "", "庚辛有限公司")
    numbers = ("京ICP备20022345号-1", "京ICP备20022345号-2", "京ICP备20022345号-4", "沪ICP备17029384号-1")
    bad = finding("link-missing")
    rows = told(
        [site(at, f"s{at}.cn", entity=name) for at, name in enumerate(names)],
        [result(f"s{at}.cn", Verdict.NON_COMPLIANT, bad, raw=raw) for at, raw in enumerate(numbers)],
    )
    assert [(each.entity, each.bad, each.sites) for each in risks(rows)] == [
        (names[0], 3, 3),
        (names[3], 1, 1),
    ]


def test_the_register_says_whose_number_a_row_without_a_name_shows() -> None:
    number, bad = "京ICP备20022345号-1", finding("link-missing")
    held = result("a.cn", Verdict.NON_COMPLIANT, bad, raw="")
    held = replace(held, audit=replace(held.audit, register_number=number, register_entity="戊己有限公司"))
    others = [result(f"{name}.cn", Verdict.NON_COMPLIANT, bad, raw=number) for name in "bc"]
    rows = told([site(1, "a.cn"), site(2, "b.cn"), site(3, "c.cn", entity="庚辛有限公司")], [held, *others])
    assert [(each.entity, each.bad) for each in risks(rows)] == [("戊己有限公司", 2), ("庚辛有限公司", 1)]


def test_a_topic_tells_what_was_seen_on_which_sites() -> None:
    shared = finding("portfolio-shared-service-number", Severity.NOTICE, observed="京ICP备1号-1: a.cn, b.cn")
    other = finding("portfolio-shared-service-number", Severity.WARNING, observed="京ICP备2号-1: c.cn")
    rows = told(
        [site(at, name) for at, name in enumerate(("a.cn", "b.cn", "c.cn", "d.cn"), 1)],
        [
            result("a.cn", Verdict.COMPLIANT, shared),
            result("b.cn", Verdict.COMPLIANT, shared),
            result("c.cn", Verdict.COMPLIANT, other, waived(finding("portfolio-foreign-number"))),
            result("d.cn", Verdict.COMPLIANT, finding("hosting-mixed", Severity.NOTICE)),
        ],
    )
    (topic,) = topics(rows, lambda rule: rule.startswith("portfolio-"))
    assert (topic.rule, topic.severity, topic.sites) == (shared.rule, Severity.WARNING, 3)
    assert topic.seen[0] == ("京ICP备1号-1: a.cn, b.cn → expected", ("a.cn", "b.cn"))


def test_every_rule_over_the_whole_portfolio_is_a_topic_of_numbers() -> None:
    assert {rule.slug for rule in RULES if rule.slug.startswith("portfolio-")} <= NUMBER_RULES


def test_the_workbook_says_by_when(tmp_path: Path) -> None:
    written(tmp_path, (row(finding("link-missing")),), formats=("xlsx",))
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    for name in ("Must fix", "Sites"):
        header = [str(cell.value).split("\n")[0] for cell in book[name][1]]
        cells = [cell.value for cell in book[name][2]]
        assert (cells[header.index("due")], cells[header.index("days_overdue")]) == ("2026-11-15", 9)
    book.close()
