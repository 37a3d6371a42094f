"""What the owner decided: waivers open, expired, reopened; rules chosen and their loudness."""

from __future__ import annotations

from typing import Any

import pytest

from icpcrawl.audit.finding import Severity, Verdict
from icpcrawl.audit.policy import Policy, PolicyOverride, Waiver
from icpcrawl.audit.site_audit import SiteAudit
from tests.audit.cases import NUMBER, OTHER, POLICE, found, judge, page

MISSING, RETIRED, DIFFERS = "filing-number-missing", "link-retired-host", "filing-number-differs"
NOTHING = page("© 2024")
OLD_LINK = page(f'<a href="http://www.miibeian.gov.cn/">{NUMBER}</a>')


def waiver(rule: str, expires: str = "2026-12-31", **more: Any) -> Waiver:
    scope = more if {"site_id", "domain_pattern", "tag"} & more.keys() else {"site_id": "example.cn", **more}
    return Waiver(rule, "migration", "Li", "Wang", expires, line=2, **scope)


def waived(html: str, *waivers: Waiver, hosting: str = "mainland", **columns: Any) -> SiteAudit:
    return judge(html, hosting, policy=Policy(waivers=waivers), **columns)


def rules_of(audit: SiteAudit) -> dict[str, bool]:
    return {finding.rule: finding.waived is not None for finding in audit.findings}


COVERED = {
    "by its slug": waiver(MISSING),
    "by its family": waiver("filing-*"),
    "on the last day": waiver(MISSING, "2026-11-24"),
    "by domain": waiver(MISSING, domain_pattern="*.cn"),
    "by tag": waiver(MISSING, tag="legacy"),
    "by all that is given": waiver(MISSING, tag="legacy", domain_pattern="example.cn", site_id="example.cn"),
}


@pytest.mark.parametrize("name", COVERED)
def test_a_waiver_takes_the_finding_out_of_the_verdict_not_out_of_the_report(name: str) -> None:
    audit = waived(NOTHING, COVERED[name], tags=("legacy",))
    assert audit.verdict is Verdict.COMPLIANT
    finding = found(audit, MISSING)
    assert finding is not None
    assert finding.severity is Severity.ERROR
    assert finding.waived is not None
    assert (finding.waived.owner, finding.waived.approver) == ("Li", "Wang")
    assert audit.severity is not Severity.ERROR


NOT_COVERED = {
    "another rule": waiver(RETIRED),
    "another family": waiver("link-*"),
    "another site": waiver(MISSING, site_id="other.cn"),
    "another domain": waiver(MISSING, domain_pattern="*.example.cn"),
    "another tag": waiver(MISSING, tag="shop"),
    "not all that is given": waiver(MISSING, tag="shop", site_id="example.cn"),
    "expired": waiver(MISSING, "2026-11-23"),
    "no scope at all": Waiver(MISSING, "x", "Li", "Wang", "2026-12-31"),
}


@pytest.mark.parametrize("name", NOT_COVERED)
def test_a_waiver_covers_only_what_it_says(name: str) -> None:
    audit = waived(NOTHING, NOT_COVERED[name], tags=("legacy",))
    assert audit.verdict is Verdict.NON_COMPLIANT
    assert not any(rules_of(audit).values())


def test_an_expired_waiver_is_a_warning_with_its_line() -> None:
    finding = found(waived(NOTHING, waiver(MISSING, "2026-11-23")), "waiver-expired")
    assert finding is not None
    assert (finding.severity, finding.where) == (Severity.WARNING, "waivers.csv:2")


def test_an_expired_waiver_is_silent_beside_its_renewal_and_without_a_finding() -> None:
    old, new = waiver(MISSING, "2026-01-01"), waiver(MISSING, "2027-01-01")
    assert "waiver-expired" not in rules_of(waived(NOTHING, old, new))
    assert "waiver-expired" not in rules_of(waived(OLD_LINK, old))


def test_the_owner_chooses_how_loud_an_expired_waiver_is() -> None:
    expired = (waiver(MISSING, "2026-11-23"),)
    loud = judge(NOTHING, policy=Policy(waivers=expired, severities={"waiver-expired": Severity.ERROR}))
    quiet = judge(NOTHING, policy=Policy(waivers=expired, disabled=frozenset({"waiver-expired"})))
    told = found(loud, "waiver-expired")
    assert told is not None
    assert told.severity is Severity.ERROR
    assert found(quiet, "waiver-expired") is None


@pytest.mark.parametrize(
    ("accepted", "open_again"),
    [(NUMBER, False), ("沪ICP备 17029384号-1", False), (OTHER, True), ("沪ICP备17029384号-2", True)],
)
def test_another_value_reopens_an_accepted_finding(accepted: str, open_again: bool) -> None:
    html = page(f'<a href="https://beian.miit.gov.cn/">{NUMBER}</a>')
    audit = waived(html, waiver(DIFFERS, observed=accepted), expected_icp=("粤ICP备11002233号",))
    finding = found(audit, DIFFERS)
    assert finding is not None
    assert (finding.waived is None) is open_again
    assert (finding.note is not None and "waiver" in finding.note.en) is open_again
    assert audit.verdict is (Verdict.NON_COMPLIANT if open_again else Verdict.COMPLIANT)


def test_a_waiver_for_one_error_leaves_the_other() -> None:
    audit = waived(OLD_LINK, waiver(RETIRED), expected_icp=(OTHER,))
    assert audit.verdict is Verdict.NON_COMPLIANT
    assert rules_of(audit)[RETIRED]
    assert not rules_of(audit)[DIFFERS]


def test_a_waiver_does_not_answer_what_nobody_saw() -> None:
    html = page("", end="<script src='/foot.js'></script>")
    assert waived(html, waiver("filing-*"), waiver("fetch-needs-browser")).verdict is Verdict.INCONCLUSIVE
    assert waived(NOTHING, waiver("*"), hosting="unknown").verdict is Verdict.INCONCLUSIVE
    police = page(POLICE, end="<script src='/foot.js'></script>")
    audit = waived(police, waiver("psb-differs"), expected_psb=("京公网安备11010802030456号",))
    assert rules_of(audit)["psb-differs"]
    assert audit.verdict is Verdict.INCONCLUSIVE


def test_a_waiver_answers_a_flaw_where_hosting_is_unknown() -> None:
    assert waived(OLD_LINK, hosting="unknown").verdict is Verdict.INCONCLUSIVE
    assert waived(OLD_LINK, waiver(RETIRED), hosting="unknown").verdict is Verdict.COMPLIANT
    assert waived(page(NUMBER), waiver("link-missing"), hosting="unknown").verdict is Verdict.COMPLIANT
    quiet = Policy(severities={RETIRED: Severity.NOTICE})
    assert judge(OLD_LINK, "unknown", policy=quiet).verdict is Verdict.COMPLIANT


def test_a_waiver_for_the_notice_leaves_an_unseen_number_open() -> None:
    html = page(f'<img src="i.png" alt="{NUMBER}">')
    assert waived(html, waiver("filing-number-image-only")).verdict is Verdict.INCONCLUSIVE


def test_the_owner_chooses_rules_and_their_loudness() -> None:
    quiet = Policy(severities={RETIRED: Severity.NOTICE})
    assert judge(OLD_LINK, policy=quiet).verdict is Verdict.COMPLIANT
    loud = Policy(severities={"psb-number-missing": Severity.ERROR})
    html = page(f'<a href="https://beian.miit.gov.cn/">{NUMBER}</a>')
    assert judge(html, policy=loud).verdict is Verdict.NON_COMPLIANT
    # A rule made louder still asks nothing of a site that owes no display.
    assert judge(html, "outside", policy=loud).verdict is Verdict.NOT_REQUIRED
    off = Policy(disabled=frozenset({RETIRED}))
    assert RETIRED not in rules_of(judge(OLD_LINK, policy=off))


@pytest.mark.parametrize(
    ("override", "columns", "severity"),
    [
        (PolicyOverride(tag="old", severities={RETIRED: Severity.WARNING}), {"tags": ("old",)}, "warning"),
        (PolicyOverride(tag="old", severities={RETIRED: Severity.WARNING}), {}, "notice"),
        (PolicyOverride(owner="Li", disabled=frozenset({RETIRED})), {"owner": "Li"}, ""),
        (PolicyOverride(owner="Li", disabled=frozenset({RETIRED})), {"owner": "Wang"}, "notice"),
        (
            PolicyOverride(tag="old", owner="Li", disabled=frozenset({RETIRED})),
            {"owner": "Li"},
            "notice",
        ),
    ],
)
def test_a_tag_or_an_owner_may_be_judged_differently(
    override: PolicyOverride, columns: dict[str, Any], severity: str
) -> None:
    policy = Policy(severities={RETIRED: Severity.NOTICE}, overrides=(override,))
    finding = found(judge(OLD_LINK, policy=policy, **columns), RETIRED)
    assert (finding.severity.value if finding else "") == severity


def test_later_overrides_win() -> None:
    first = PolicyOverride(tag="old", disabled=frozenset({RETIRED}))
    second = PolicyOverride(owner="Li", enabled=frozenset({RETIRED}), severities={RETIRED: Severity.WARNING})
    audit = judge(OLD_LINK, policy=Policy(overrides=(first, second)), tags=("old",), owner="Li")
    finding = found(audit, RETIRED)
    assert finding is not None
    assert finding.severity is Severity.WARNING
