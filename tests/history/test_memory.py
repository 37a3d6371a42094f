"""What the memory says of runs and of two of them, held against the audits it was made from."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Severity, Verdict
from icpcrawl.audit.hosting import Required
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.errors import UsageError
from icpcrawl.history import History, site_change
from icpcrawl.history.memory import SiteMove
from tests.history.samples import make_audit, make_finding, make_observation, make_portfolio, make_waived

START = datetime(2026, 11, 1, 17, 0, tzinfo=UTC)
FINE = make_audit("a.cn")
BAD = make_audit("a.cn", Verdict.NON_COMPLIANT, make_finding("link-missing"))
WARNED = make_audit("a.cn", Verdict.COMPLIANT, make_finding("tls-unverified", Severity.WARNING))
SPARED = make_audit("a.cn", Verdict.COMPLIANT, make_waived("link-missing"))
MILD = make_audit("a.cn", Verdict.COMPLIANT, make_finding("link-missing", Severity.WARNING))
NOTED = make_audit("a.cn", Verdict.COMPLIANT, make_finding("link-missing", Severity.NOTICE))
SILENCED = make_audit("a.cn", Verdict.COMPLIANT, silent_rules=("link-missing",))
UNSURE = make_audit("a.cn", Verdict.INCONCLUSIVE)
MILD_AND_UNSURE = make_audit("a.cn", Verdict.INCONCLUSIVE, make_finding("link-missing", Severity.WARNING))
DISPUTED = replace(MILD_AND_UNSURE, hosting=replace(MILD_AND_UNSURE.hosting, required=Required.UNKNOWN))
EXPIRED = make_audit(
    "a.cn",
    Verdict.NON_COMPLIANT,
    make_finding("link-missing"),
    make_finding("waiver-expired", Severity.WARNING, "link-*"),
)
DARK = make_audit("a.cn", Verdict.NOT_ASSESSED, make_finding("fetch-failed"))


def night(
    folder: Path, number: int, *audits: SiteAudit, state: str = "complete", recheck_of: str = ""
) -> None:
    with History.open(folder) as history:
        history.begin(
            make_portfolio("/p.csv"),
            run_id=f"n{number}",
            started_at=START + timedelta(days=number),
            resume=False,
            recheck_of=recheck_of,
        )
        for audit in audits:
            history.add(make_observation(audit.site_id), audit)
        history.finish(state, 0)


def moves(folder: Path, one: int, other: int) -> dict[str, SiteMove]:
    with History.open(folder) as history:
        return {move.site_id: move for move in history.compare(f"n{one}", f"n{other}").sites}


@pytest.mark.parametrize(
    ("then", "now", "change", "rules"),
    [
        ([FINE], [FINE], "", {}),
        ([FINE], [BAD], "new", {"link-missing": "new"}),
        ([BAD], [FINE], "fixed", {"link-missing": "fixed"}),
        ([FINE], [WARNED], "new", {"tls-unverified": "new"}),
        ([FINE], [SPARED], "unchanged", {"link-missing": "new"}),
        ([SPARED], [BAD], "new", {"link-missing": "unchanged"}),
        ([BAD], [DARK], "coverage-lost", {"link-missing": "unchanged"}),
        ([BAD, DARK], [BAD], "unchanged", {"link-missing": "unchanged"}),
        ([BAD, DARK], [FINE], "fixed", {"link-missing": "fixed"}),
        ([BAD, FINE], [BAD], "regressed", {"link-missing": "regressed"}),
        ([DARK], [BAD], "first-run", {"link-missing": "new"}),
        ([None], [BAD], "added", {"link-missing": "new"}),
        ([BAD], [None], "removed", {"link-missing": "unchanged"}),
        ([BAD], [FINE, BAD], "", {}),
    ],
)
def test_two_runs_held_against_each_other(
    tmp_path: Path,
    then: list[SiteAudit | None],
    now: list[SiteAudit | None],
    change: str,
    rules: dict[str, str],
) -> None:
    other = make_audit("b.cn")
    for number, audit in enumerate([*then, *now]):
        night(tmp_path, number, other, *([audit] if audit else []))
    found = moves(tmp_path, len(then) - 1, len(then) + len(now) - 1)
    move = found.get("a.cn")
    assert found.keys() - {"a.cn"} == set()
    assert (move.change if move else "") == change
    assert ({each.rule: each.change for each in move.findings} if move else {}) == rules


@pytest.mark.parametrize(
    ("season", "told"),
    [
        ([BAD, FINE, BAD], "first-run 1/0, fixed 0/1, regressed 1/0"),
        ([BAD, SPARED, SPARED, EXPIRED], "first-run 1/0, unchanged 0/0, unchanged 0/0, new 1/0"),
        ([EXPIRED, BAD, FINE], "first-run 1/0, unchanged 0/0, fixed 0/1"),
        ([EXPIRED, SPARED, EXPIRED], "first-run 1/0, unchanged 0/0, new 1/0"),
        ([BAD, SILENCED, SILENCED, BAD], "first-run 1/0, unchanged 0/0, unchanged 0/0, new 1/0"),
        ([BAD, SILENCED, FINE, BAD], "first-run 1/0, unchanged 0/0, unchanged 0/0, regressed 1/0"),
        ([BAD, SPARED, FINE], "first-run 1/0, unchanged 0/0, unchanged 0/0"),
        ([BAD, MILD, BAD], "first-run 1/0, unchanged 0/0, new 0/0"),
        ([BAD, NOTED, MILD, FINE], "first-run 1/0, unchanged 0/0, new 1/0, fixed 0/1"),
        ([BAD, UNSURE, BAD], "first-run 1/0, unchanged 0/0, unchanged 0/0"),
        ([BAD, MILD_AND_UNSURE, BAD], "first-run 1/0, unchanged 0/0, new 0/0"),
        ([BAD, DISPUTED, DISPUTED, BAD], "first-run 1/0, unchanged 0/0, unchanged 0/0, unchanged 0/0"),
        ([MILD, DISPUTED, BAD], "first-run 1/0, unchanged 0/0, new 0/0"),
        ([BAD, UNSURE, FINE], "first-run 1/0, unchanged 0/0, fixed 0/1"),
    ],
)
def test_a_season_is_told_alike_by_the_report_the_comparison_and_the_trend(
    tmp_path: Path, season: list[SiteAudit], told: str
) -> None:
    """The owner's own doing is no repair, and a night that cannot tell is neither that nor news."""
    words = []
    for number, audit in enumerate(season):
        night(tmp_path, number, audit)
        with History.open(tmp_path) as history:
            before = history.previous_states_before(f"n{number}").get("a.cn")
            change = site_change(before, audit, (START + timedelta(days=number)).date(), f"n{number}")
            trend = history.trend()[make_portfolio("/p.csv").source][number]
        words.append(f"{change.change} {trend.found}/{trend.gone}")
        if number:
            move = moves(tmp_path, number - 1, number).get("a.cn")
            assert (move.change if move else "unchanged") == change.change
            news = [each.rule for each in move.findings if each.counts_more] if move else []
            rules = zip(audit.findings, change.findings, strict=True)
            assert news == [finding.rule for finding, each in rules if each.counts_more]
        since = {each.first_seen for each in change.findings if each.change == "unchanged"}
        assert since <= {"2026-11-02"}
    assert ", ".join(words) == told


def test_the_order_of_naming_does_not_matter_and_ages_are_told(tmp_path: Path) -> None:
    for number, audit in enumerate((FINE, BAD, BAD, WARNED)):
        night(tmp_path, number, audit)
    assert moves(tmp_path, 0, 2) == moves(tmp_path, 2, 0)
    move = moves(tmp_path, 0, 2)["a.cn"]
    assert move.days_open_since == "2026-11-03"
    assert moves(tmp_path, 2, 3)["a.cn"].days_open_since == ""


def test_only_complete_audits_of_one_portfolio_are_compared(tmp_path: Path) -> None:
    night(tmp_path, 0, FINE)
    night(tmp_path, 1, BAD, recheck_of="n0")
    night(tmp_path, 2, BAD, state="held")
    with History.open(tmp_path) as history:
        begun = history.begin(make_portfolio("/q.csv"), run_id="q", started_at=START, resume=False)
        history.finish("complete", 0)
        for other, said in (
            ("n1", "recheck"),
            ("n2", "held"),
            ("x", "no run"),
            (begun.run_id, "two portfolios"),
        ):
            with pytest.raises(UsageError, match=said):
                history.compare("n0", other)


def test_every_night_of_a_random_season_is_counted_as_it_was(tmp_path: Path) -> None:
    """Trend and comparison say of any night what was stored of it, gaps and rejoining sites included."""
    dice = random.Random(11)
    said: dict[str, dict[str, str]] = {}
    for number in range(25):
        audits = [
            make_audit(
                name, verdict, *([make_finding("link-missing")] if verdict is Verdict.NON_COMPLIANT else [])
            )
            for name in ("a.cn", "b.cn", "c.cn", "d.cn", "e.cn")
            if dice.random() < 0.9
            for verdict in dice.choices(list(Verdict)[:5], (4, 3, 1, 1, 3))
        ]
        state = dice.choice(("complete", "complete", "complete", "interrupted"))
        night(tmp_path, number, *audits, state=state)
        if state == "complete":
            said[f"n{number}"] = {audit.site_id: audit.verdict.value for audit in audits}
    with History.open(tmp_path) as history:
        (trend,) = history.trend().values()
        assert {each.run_id: dict(each.verdicts) for each in trend} == {
            run: dict(Counter(verdicts.values())) for run, verdicts in said.items()
        }
        for one, other in zip(said, list(said)[3:], strict=False):
            differing = {move.site_id: move.verdict for move in history.compare(one, other).sites}
            for name in said[one].keys() | said[other].keys():
                pair = (said[one].get(name, "absent"), said[other].get(name, "absent"))
                assert differing.get(name, (pair[0], pair[0])) == pair


def test_a_recheck_leaves_no_trace_in_what_later_runs_are_compared_with(tmp_path: Path) -> None:
    night(tmp_path, 0, BAD)
    night(tmp_path, 1, FINE, state="interrupted")
    night(tmp_path, 2, FINE, recheck_of="n0")
    with History.open(tmp_path) as history:
        assert [(run.kind, run.state) for run in history.runs()] == [
            ("audit", "complete"),
            ("audit", "interrupted"),
            ("recheck", "complete"),
        ]
        run = history.begin(make_portfolio("/p.csv"), run_id="n3", started_at=START, resume=True)
        assert (run.run_id, run.resumed) == ("n1", True)
        state = history.previous("a.cn")
        assert state is not None
        assert (state.assessed_run, state.verdict) == ("n0", Verdict.NON_COMPLIANT)
        assert [each.run_id for each in history.nights("n2")] == ["n0"]


def test_a_past_night_stays_as_it_was_told(tmp_path: Path) -> None:
    """Waived, waived no more, weighed less and more: what was found and how it stood is not told anew."""
    season = (BAD, SPARED, BAD, MILD, BAD, NOTED, BAD, FINE)
    told = [(1, 0), (0, 0), (1, 0), (0, 0), (0, 0), (0, 0), (1, 0), (0, 1)]
    stood: list[tuple[object, ...]] = []
    for number, audit in enumerate(season):
        night(tmp_path, number, audit)
        stood += [(f"n{number}", each.severity.value, each.waived is not None) for each in audit.findings]
        with History.open(tmp_path) as history:
            (trend,) = history.trend().values()
            assert [(each.found, each.gone) for each in trend] == told[: number + 1]
            now = history.compare("n0", f"n{number}").later
            assert (now.found, now.gone) == told[number]
    with History.open(tmp_path) as history:
        before = [history.previous_states_before(f"n{number}")["a.cn"] for number in range(1, len(season))]
    known = [(each.severity, each.waived, each.first_seen) for state in before for each in state.findings]
    assert known == [(severity, waived, "2026-11-02") for _, severity, waived in stood]
    assert all(state.fixed_before == () for state in before)
    move = moves(tmp_path, 1, 2)["a.cn"]
    assert [(each.change, each.waived, each.first_seen) for each in move.findings] == [
        ("unchanged", False, "2026-11-02")
    ]
    assert moves(tmp_path, 0, 1)["a.cn"].findings[0].waived


def test_of_two_findings_with_one_key_the_one_that_counts_more_is_remembered(tmp_path: Path) -> None:
    twice = make_audit("a.cn", Verdict.NON_COMPLIANT, make_finding("link-http", Severity.WARNING))
    twice = replace(twice, findings=(make_waived("link-http"), make_finding("link-http"), *twice.findings))
    for number in range(3):
        night(tmp_path, number, twice)
        with History.open(tmp_path) as history:
            assert history._ask("SELECT severity, waived, to_run FROM finding_span").fetchall() == [
                ("error", 0, None)
            ]


def test_a_waiver_is_remembered_until_it_runs_out(tmp_path: Path) -> None:
    for number, audit in enumerate((SPARED, SPARED, BAD)):
        night(tmp_path, number, audit)
        with History.open(tmp_path) as history:
            history.begin(make_portfolio("/p.csv"), run_id="next", started_at=START, resume=False)
            state = history.previous("a.cn")
            history._ask("DELETE FROM run WHERE run_id = 'next'")
        assert state is not None
        assert [finding.waived for finding in state.findings] == [audit is SPARED]
