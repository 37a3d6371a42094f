"""Change against the last assessed state: a timeout fixes nothing."""

from __future__ import annotations

from datetime import date

import pytest

from icpcrawl.audit.finding import Severity, Verdict
from icpcrawl.audit.previous import PreviousFinding, PreviousState
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.history import site_change
from icpcrawl.observation import FetchOutcome
from tests.history.samples import make_audit, make_finding, make_waived

TODAY = date(2026, 11, 24)
MISSING = make_finding("filing-number-missing")
LINK = make_finding("link-missing")
NOTICE = make_finding("link-http", Severity.NOTICE)
MILD = make_finding("link-missing", Severity.WARNING)
EXPIRED = make_finding("waiver-expired", Severity.WARNING)


def before(
    verdict: Verdict | None = Verdict.NON_COMPLIANT,
    *rules: str,
    fixed: tuple[str, ...] = (),
    dark_since: str = "",
    last: Verdict | None = None,
    severity: str = "error",
    waived: bool = False,
) -> PreviousState:
    return PreviousState(
        first_seen="2026-01-01",
        assessed_run="old" if verdict else "",
        assessed_on="2026-11-20" if verdict else "",
        verdict=verdict,
        verdict_since="2026-11-01" if verdict else "",
        findings=tuple(PreviousFinding(rule, "", "2026-11-14", severity, waived) for rule in rules),
        fixed_before=tuple((rule, "") for rule in fixed),
        last_verdict=last or verdict,
        dark_since=dark_since,
    )


DARK = make_audit("a.cn", Verdict.NOT_ASSESSED, make_finding("fetch-failed", Severity.WARNING))
CASES: dict[str, tuple[PreviousState | None, SiteAudit, str]] = {
    "never seen": (None, make_audit("a.cn"), "first-run"),
    "never assessed until now": (before(None, last=Verdict.NOT_ASSESSED), make_audit("a.cn"), "first-run"),
    "never assessed, still not": (before(None, last=Verdict.NOT_ASSESSED), DARK, "unchanged"),
    "the same error": (
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK),
        "unchanged",
    ),
    "a new error": (before(Verdict.COMPLIANT), make_audit("a.cn", Verdict.NON_COMPLIANT, LINK), "new"),
    "one gone, one new": (
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.NON_COMPLIANT, MISSING),
        "new",
    ),
    "a new notice": (before(Verdict.COMPLIANT), make_audit("a.cn", Verdict.COMPLIANT, NOTICE), "unchanged"),
    "back again": (
        before(Verdict.COMPLIANT, fixed=("link-missing",)),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK),
        "regressed",
    ),
    "gone": (before(Verdict.NON_COMPLIANT, "link-missing"), make_audit("a.cn"), "fixed"),
    "unreachable": (before(Verdict.NON_COMPLIANT, "link-missing"), DARK, "coverage-lost"),
    "unreachable still": (
        before(Verdict.COMPLIANT, dark_since="2026-11-22", last=Verdict.NOT_ASSESSED),
        DARK,
        "coverage-lost",
    ),
    "inconclusive": (
        before(Verdict.NON_COMPLIANT, "filing-number-missing"),
        make_audit("a.cn", Verdict.INCONCLUSIVE),
        "unchanged",
    ),
    "the rule crashed": (
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.INCONCLUSIVE, failed_rules=("link-missing",)),
        "unchanged",
    ),
    "an interception page": (
        before(Verdict.NON_COMPLIANT, "filing-number-missing"),
        make_audit(
            "a.cn",
            Verdict.NON_COMPLIANT,
            make_finding("fetch-blocked-unfiled"),
            outcome=FetchOutcome.BLOCKED_UNFILED,
        ),
        "new",
    ),
    "the waiver ran out": (
        before(Verdict.COMPLIANT, "link-missing", waived=True),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK, EXPIRED),
        "new",
    ),
    "the waiver of a warning ran out": (
        before(Verdict.COMPLIANT, "link-missing", severity="warning", waived=True),
        make_audit("a.cn", Verdict.COMPLIANT, MILD),
        "new",
    ),
    "a warning became an error": (
        before(Verdict.COMPLIANT, "link-missing", severity="warning"),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK),
        "new",
    ),
    "one more error counts": (
        before(Verdict.NON_COMPLIANT, "link-missing", "filing-number-missing", waived=True),
        make_audit("a.cn", Verdict.NON_COMPLIANT, make_waived("link-missing"), MISSING),
        "new",
    ),
    "an error became a warning": (
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.COMPLIANT, MILD),
        "unchanged",
    ),
    "waived": (
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.COMPLIANT, make_waived("link-missing")),
        "unchanged",
    ),
    "gone while it was waived": (
        before(Verdict.COMPLIANT, "link-missing", waived=True),
        make_audit("a.cn"),
        "unchanged",
    ),
    "waived still": (
        before(Verdict.COMPLIANT, "link-missing", waived=True),
        make_audit("a.cn", Verdict.COMPLIANT, make_waived("link-missing")),
        "unchanged",
    ),
    "the rule is switched off": (
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.COMPLIANT, silent_rules=("link-missing",)),
        "unchanged",
    ),
    "the line of a waiver that ran out is taken away": (
        before(Verdict.NON_COMPLIANT, "link-missing", "waiver-expired"),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK),
        "unchanged",
    ),
    "another waiver ran out": (
        before(Verdict.COMPLIANT, fixed=("waiver-expired",)),
        make_audit("a.cn", Verdict.COMPLIANT, EXPIRED),
        "new",
    ),
    "after a disputed night": (
        before(Verdict.INCONCLUSIVE, "link-missing"),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK),
        "unchanged",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_word_for_the_site(case: str) -> None:
    previous, audit, word = CASES[case]
    change = site_change(previous, audit, TODAY, "now")
    assert change.change == word
    assert len(change.findings) == len(audit.findings)
    assert change.fixed == ((("link-missing", ""),) if "gone" in case else ())


@pytest.mark.parametrize("case", [case for case in CASES if CASES[case][0] is not None])
def test_an_old_finding_is_news_only_where_it_counts_more(case: str) -> None:
    previous, audit, word = CASES[case]
    assert previous is not None
    change = site_change(previous, audit, TODAY, "now")
    stood = [told for told in change.findings if told.first_seen == "2026-11-14"]
    assert {told.change for told in stood} <= {"unchanged"}
    assert any(told.counts_more for told in stood) == (bool(stood) and word == "new")


def test_ages() -> None:
    change = site_change(
        before(Verdict.NON_COMPLIANT, "link-missing"),
        make_audit("a.cn", Verdict.NON_COMPLIANT, LINK, MISSING, NOTICE),
        TODAY,
        "now",
    )
    assert [(f.change, f.first_seen, f.days_open) for f in change.findings] == [
        ("unchanged", "2026-11-14", 10),
        ("new", "2026-11-24", 0),
        ("new", "2026-11-24", 0),
    ]
    assert (change.first_seen, change.days_open) == ("2026-11-01", 10)
    dark = site_change(
        before(Verdict.COMPLIANT, dark_since="2026-11-22", last=Verdict.NOT_ASSESSED), DARK, TODAY, "now"
    )
    assert (dark.first_seen, dark.days_open, dark.findings[0].change) == ("2026-11-22", None, "unchanged")


def test_a_run_is_not_compared_with_itself() -> None:
    with pytest.raises(ValueError, match="itself"):
        site_change(before(), make_audit("a.cn"), TODAY, "old")
