"""Runs on disk: stored once, resumed, locked, remembered."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Verdict
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.errors import RunLockedError, StoreError
from icpcrawl.history import History, Run
from icpcrawl.observation import Hosting
from tests.history.samples import make_audit, make_finding, make_observation, make_portfolio

START = datetime(2026, 11, 1, 17, 0, tzinfo=UTC)  # 01:00 of the next day in Shanghai
FIXED = make_audit("a.cn")
BROKEN = make_audit("a.cn", Verdict.NON_COMPLIANT, make_finding("link-missing"))
DARK = make_audit("a.cn", Verdict.NOT_ASSESSED, make_finding("fetch-failed"))


def begin(
    history: History, night: int = 0, *, resume: bool = False, source: str = "/p.csv", sha: str = "00"
) -> Run:
    portfolio = make_portfolio(source, sha256=sha)
    return history.begin(
        portfolio, run_id=f"n{night}", started_at=START + timedelta(days=night), resume=resume
    )


def night(folder: Path, number: int, *audits: SiteAudit, state: str = "complete") -> None:
    with History.open(folder) as history:
        begin(history, number)
        for audit in audits:
            history.add(make_observation(audit.site_id), audit)
        history.finish(state, 0)


def test_what_is_added_comes_back_in_order_without_bodies(tmp_path: Path) -> None:
    with History.open(tmp_path) as history:
        run = begin(history)
        assert (run.resumed, run.number, run.started_at) == (False, 1, START)
        for name in ("c.cn", "a.cn", "b.cn"):
            history.add(make_observation(name, name.encode()), make_audit(name))
        history.add(make_observation("a.cn", b"twice"), BROKEN)
        results = list(history.results())
        assert [result.site_id for result in results] == ["c.cn", "a.cn", "b.cn"]
        assert results[1].audit == make_audit("a.cn")
        page = results[1].observation.fetched.page
        assert page is not None
        assert page.body == b""
        assert history.evidence("a.cn") == make_observation("a.cn", b"a.cn")
        assert history.result("b.cn") == results[2]
        assert history.result("x.cn") is None
        assert history.stored_ids() == {"a.cn", "b.cn", "c.cn"}


def test_a_page_without_a_body_and_a_site_without_a_page(tmp_path: Path) -> None:
    with History.open(tmp_path) as history:
        begin(history)
        for name, body in (("a.cn", b""), ("b.cn", None)):
            history.add(make_observation(name, body), make_audit(name))
        first, second = history.results()
        assert first.body_sha256.startswith("e3b0c442")
        assert second.body_sha256 == ""
        assert history.evidence("a.cn") == make_observation("a.cn", b"")
        assert history.evidence("b.cn") == make_observation("b.cn", None)


def test_an_unchanged_site_has_the_same_evidence_every_night(tmp_path: Path) -> None:
    for number, problem in enumerate(("", "", "the resolver broke")):
        seen = make_observation("a.cn", run=f"n{number}")
        later = seen.seen_at + timedelta(days=number)
        with History.open(tmp_path) as history:
            begin(history, number)
            history.add(replace(seen, seen_at=later, hosting=Hosting(problem=problem)), FIXED)
            history.finish("complete", 0)
    with History.open(tmp_path) as history:
        first, second, third = (next(history.results(f"n{number}")) for number in range(3))
    assert first.evidence == second.evidence != third.evidence
    assert (second.observation.run, second.observation.seen_at.day) == ("n1", 25)


def test_what_a_run_was_given_is_kept_with_it(tmp_path: Path) -> None:
    portfolio = tmp_path / "p.csv"
    for number, content in enumerate((b"domain\na.cn\n", b"domain\nb.cn\n")):
        portfolio.write_bytes(content)
        with History.open(tmp_path) as history:
            begin(history, number)
            history.keep_files({"portfolio": portfolio})
            history.keep_files({"portfolio": portfolio})  # resumed
            history.finish("complete", 0)
    with History.open(tmp_path) as history:
        assert history.files("n0") == {"portfolio": ("p.csv", b"domain\na.cn\n")}
        assert history.files("n1") == {"portfolio": ("p.csv", b"domain\nb.cn\n")}


def test_a_body_is_kept_once(tmp_path: Path) -> None:
    for number in range(2):
        with History.open(tmp_path) as history:
            begin(history, number)
            for name in ("a.cn", "b.cn"):
                history.add(make_observation(name, b"same", run=f"n{number}"), make_audit(name))
            history.finish("complete", 0)
    database = sqlite3.connect(tmp_path / "history.sqlite")
    assert database.execute("SELECT count(*) FROM body").fetchone() == (1,)
    assert database.execute("SELECT count(*) FROM result").fetchone() == (4,)
    database.close()


def test_amend_replaces_the_judgment_only(tmp_path: Path) -> None:
    with History.open(tmp_path) as history:
        begin(history)
        history.add(make_observation("a.cn"), FIXED)
        history.amend("a.cn", BROKEN)
        (result,) = history.results()
        assert result.audit == BROKEN
        with pytest.raises(KeyError):
            history.amend("x.cn", make_audit("x.cn"))
        history.finish("complete", 1)
        with pytest.raises(ValueError, match="no run"):
            history.amend("a.cn", FIXED)
    with History.open(tmp_path) as history:
        begin(history, 1)
        state = history.previous("a.cn")
        assert state is not None
        assert [finding.rule for finding in state.findings] == ["link-missing"]


@pytest.mark.parametrize("state", ["interrupted", "failed", ""])
def test_an_unfinished_run_is_resumed_or_abandoned(tmp_path: Path, state: str) -> None:
    with History.open(tmp_path) as history:
        begin(history)
        history.add(make_observation("a.cn"), FIXED)
        if state:
            history.finish(state, 130)
    with History.open(tmp_path) as history:
        run = begin(history, 1, resume=True, sha="11")
        assert (run.run_id, run.resumed, run.started_at, run.portfolio_changed) == ("n0", True, START, True)
        assert history.stored_ids() == {"a.cn"}
        history.add(make_observation("b.cn"), make_audit("b.cn"))
        assert [result.site_id for result in history.results()] == ["a.cn", "b.cn"]
    with History.open(tmp_path) as history:
        assert not begin(history, 2).resumed
        assert [run.state for run in history.runs()] == ["abandoned", "running"]
        history.finish("complete", 0)
    with History.open(tmp_path) as history:
        assert not begin(history, 3, resume=True).resumed


def test_the_lock_is_per_portfolio_and_ends_with_the_run(tmp_path: Path) -> None:
    with History.open(tmp_path) as first, History.open(tmp_path) as second, History.open(tmp_path) as third:
        begin(first)
        with pytest.raises(RunLockedError, match="n0") as caught:
            begin(second, 1)
        assert caught.value.remedy
        begin(third, 2, source="/other.csv")
        first.finish("complete", 0)
        assert not begin(second, 1).resumed


@pytest.mark.parametrize(("silent_s", "locked"), [(10, True), (-600, True), (300, False), (-200_000, False)])
def test_only_a_foreign_host_is_waited_for(tmp_path: Path, silent_s: int, locked: bool) -> None:
    with History.open(tmp_path) as history:
        begin(history)
    beat = (datetime.now(UTC) - timedelta(seconds=silent_s)).isoformat()
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        database.execute("UPDATE run SET host = 'elsewhere', heartbeat_at = ?", (beat,))
    database.close()
    with History.open(tmp_path) as history:
        if locked:
            with pytest.raises(RunLockedError, match="elsewhere"):
                begin(history, 1, resume=True)
        else:
            assert begin(history, 1, resume=True).resumed


def test_a_run_taken_over_writes_no_more(tmp_path: Path) -> None:
    with History.open(tmp_path) as history:
        begin(history)
        with sqlite3.connect(tmp_path / "history.sqlite") as database:
            database.execute("UPDATE run SET owner = 'another'")
        database.close()
        history.add(make_observation("a.cn"), FIXED)
        with pytest.raises(RunLockedError, match="taken over"):
            history.flush()
        history._waiting.clear()


def test_a_year_in_nights(tmp_path: Path) -> None:
    night(tmp_path, 0, BROKEN)
    night(tmp_path, 1, DARK)
    night(tmp_path, 2, FIXED, state="failed")
    night(tmp_path, 3, DARK)
    night(tmp_path, 4, BROKEN)
    night(tmp_path, 5, FIXED)
    night(tmp_path, 6)
    night(tmp_path, 7, BROKEN)
    states = {}
    with History.open(tmp_path) as history:
        begin(history, 8)
        for number in range(1, 10):
            state = history.previous_states_before(f"n{number - 1}").get("a.cn")
            states[number] = state
        assert history.previous("a.cn") == states[9] == history.previous_states()["a.cn"]
        assert history.previous("never.cn") is None
    assert states[1] is None
    second, fourth, fifth, sixth, seventh, eighth, ninth = (states[n] for n in (2, 4, 5, 6, 7, 8, 9))
    assert second is not None
    assert (second.assessed_on, second.verdict, second.dark_since) == (
        "2026-11-02",
        Verdict.NON_COMPLIANT,
        "",
    )
    for dark in (fourth, fifth):
        assert dark is not None
        assert (dark.assessed_run, dark.verdict, dark.last_verdict) == (
            "n0",
            Verdict.NON_COMPLIANT,
            Verdict.NOT_ASSESSED,
        )
        assert dark.dark_since == "2026-11-03"
        assert dark.findings == second.findings
    assert sixth is not None
    assert (sixth.assessed_run, sixth.verdict_since) == ("n4", "2026-11-02")
    assert sixth.findings[0].first_seen == "2026-11-02"
    assert seventh is not None
    assert (seventh.verdict, seventh.findings, seventh.fixed_before) == (
        Verdict.COMPLIANT,
        (),
        (("link-missing", ""),),
    )
    assert eighth is not None
    assert (eighth.assessed_run, eighth.last_verdict, eighth.verdict) == ("n5", None, Verdict.COMPLIANT)
    assert ninth is not None
    assert (ninth.findings[0].first_seen, ninth.fixed_before) == ("2026-11-09", ())


def test_prune_keeps_the_memory(tmp_path: Path) -> None:
    for number in range(4):
        night(tmp_path, number, BROKEN)
    with History.open(tmp_path) as history:
        assert history.prune(1) == 3
        assert history.evidence("a.cn", "n3").site_id == "a.cn"
        assert list(history.results("n0")) == []
        begin(history, 4)
        state = history.previous("a.cn")
        assert state is not None
        assert state.findings[0].first_seen == "2026-11-02"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a database at all", "not a history"),
        (b"SQLite format 3\x00" + b"\xff" * 4000, "cannot be used"),
    ],
)
def test_a_foreign_or_damaged_file_is_left_as_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "history.sqlite"
    file.write_bytes(content)
    with pytest.raises(StoreError, match=said) as caught:
        History.open(tmp_path)
    assert caught.value.remedy
    assert file.read_bytes() == content


def test_somebody_elses_database_and_a_newer_history(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "history.sqlite")
    database.execute("CREATE TABLE mine (x)")
    database.close()
    with pytest.raises(StoreError, match="another program"):
        History.open(tmp_path)
    newer = tmp_path / "newer"
    History.open(newer).close()
    database = sqlite3.connect(newer / "history.sqlite")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="newer"):
        History.open(newer)


def test_a_run_id_twice_and_unknown_names(tmp_path: Path) -> None:
    night(tmp_path, 0, FIXED)
    with History.open(tmp_path) as history:
        with pytest.raises(StoreError, match="already"):
            begin(history, 0)
        with pytest.raises(StoreError, match="no run"):
            list(history.results("x"))
        with pytest.raises(StoreError, match="no evidence"):
            history.evidence("x.cn", "n0")
        begin(history, 1)  # the refusal freed the lock


def test_evidence_that_was_tampered_with_is_named(tmp_path: Path) -> None:
    night(tmp_path, 0, FIXED)
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        database.execute("UPDATE body SET zstd = x'00'")
    database.close()
    with History.open(tmp_path) as history, pytest.raises(StoreError, match="damaged"):
        history.evidence("a.cn", "n0")


def test_twenty_thousand_sites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.process_time()
    with History.open(tmp_path) as history:
        begin(history)
        for number in range(20_000):
            name = f"s{number}.cn"
            history.add(make_observation(name, name.encode() * 50), make_audit(name))
        history.flush()
        added = time.process_time() - began
        history.finish("complete", 0)
        finished = time.process_time() - began - added
    with capsys.disabled():
        print(f"\n20,000 sites added in {added:.2f} s of CPU, remembered in {finished:.2f} s")
    assert added < 12
