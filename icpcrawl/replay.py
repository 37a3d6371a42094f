"""A stored run, judged again by today's rules: the same evidence, no network.

What was seen, what the run was given (portfolio, policy, waivers, register), its date and what
was known before it come out of the history. Only the rules and the facts are today's.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from icpcrawl import __version__
from icpcrawl.audit import audit_site
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Severity
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.portfolio_rules import judge_portfolio
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.datafiles import data_digests, load_facts
from icpcrawl.errors import StoreError
from icpcrawl.history import SHANGHAI, History
from icpcrawl.history.changes import site_change
from icpcrawl.history.result import Result
from icpcrawl.history.store import AUDIT, RunRecord
from icpcrawl.observation import Database, Vantage
from icpcrawl.policy_files import read_policy, read_register
from icpcrawl.portfolio import Portfolio, read_portfolio
from icpcrawl.report.closing import Finished, Wanted, close_run
from icpcrawl.report.run import RunSummary, TrendPoint, trend_points, waiver_states


@dataclass(frozen=True, slots=True)
class Given:
    """What the run was given, read again; a path in its place is read instead."""

    portfolio: Portfolio
    policy: Policy
    register: Register


@dataclass(frozen=True, slots=True)
class Difference:
    """What today's rules say otherwise of one site."""

    site_id: str
    verdict: tuple[str, str]
    """(then, now)."""
    gone: tuple[str, ...] = ()
    """Rules whose finding is not there any more."""
    new: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    """Rules whose finding has another severity, or is waived in one of the two only."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One stored run, judged again."""

    run: RunRecord
    given: Given
    facts: Facts
    today: date
    """The run's date in Asia/Shanghai: waivers and due dates are counted from it."""
    previous: Mapping[str, PreviousState]
    results: Mapping[str, Result]
    """Site id → the stored result with today's judgment."""
    differences: tuple[Difference, ...]
    vantages: tuple[Vantage, ...] = ()
    databases: tuple[Database, ...] = ()
    trend: tuple[TrendPoint, ...] = ()

    def report(self, folder: Path, wanted: Wanted) -> Finished:
        """Write the replayed run's report into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        summary = RunSummary(
            run_id=self.run.run_id,
            started_at=self.run.started_at,
            finished_at=self.run.finished_at or self.run.started_at,
            today=self.today,
            portfolio=self.run.source,
            portfolio_sha256=self.given.portfolio.sha256,
            exit_code=0,
            version=__version__,
            policy_digest=self.given.policy.digest,
            data_digests=tuple(sorted(data_digests().items())),
            vantages=self.vantages,
            databases=self.databases,
            arguments=("reaudit", self.run.run_id),
            trend=self.trend,
            waivers=waiver_states(self.given.policy),
            policy=self.given.policy,
        )
        return close_run(
            folder,
            self.given.portfolio,
            self.results,
            lambda result: site_change(
                self.previous.get(result.site_id), result.audit, self.today, self.run.run_id
            ),
            summary,
            self.facts,
            wanted,
        )


def replay(
    history: History,
    run_id: str,
    *,
    policy: Path | None = None,
    waivers: Path | None = None,
    register: Path | None = None,
) -> Replay:
    """Judge a stored run again. Files given here take the place of those the run was given.

    Raises ``StoreError`` for a run that is unknown, or whose evidence was pruned or is damaged.
    """
    run = _record(history, run_id)
    if run.kind != AUDIT:
        raise StoreError(
            f"run {run_id} is a recheck of a few sites, and rules over the whole portfolio need all",
            remedy="name a whole audit; see icpcrawl history",
        )
    facts = load_facts()
    today = run.started_at.astimezone(SHANGHAI).date()
    with _given(history, run, policy, waivers, register) as given, _seldom_collected():
        previous = history.previous_states_before(run_id)
        sites = {site.site_id: site for site in given.portfolio.sites}
        stored: dict[str, Result] = {}
        audits: dict[str, SiteAudit] = {}
        for result, seen in history.results_with_evidence(run_id):
            site = sites.get(result.site_id)
            if site is None:
                continue
            stored[site.site_id] = result
            audits[site.site_id] = audit_site(
                site,
                seen,
                previous.get(site.site_id),
                given.register,
                facts,
                given.policy,
                today,
            )
        audits |= judge_portfolio(given.portfolio, audits, given.register, facts, given.policy, today)
    first = next(iter(stored.values()), None)
    return Replay(
        run=run,
        given=given,
        facts=facts,
        today=today,
        previous=previous,
        results={name: replace(result, audit=audits[name]) for name, result in stored.items()},
        differences=tuple(
            difference
            for name, result in stored.items()
            if (difference := _difference(result.audit, audits[name])) is not None
        ),
        vantages=first.observation.vantages if first else (),
        databases=first.observation.databases if first else (),
        trend=trend_points(history.nights(run_id)),
    )


_COLLECT_AFTER = 50_000
"""Objects made between two looks for cycles; some sixty sites' worth."""


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Every look for cycles goes through the judgments kept so far, which hold none: it took a tenth of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def remembered(history: History, run_id: str) -> tuple[Given, Mapping[str, SiteAudit]]:
    """What a stored run was given, and how each site was judged then."""
    with _given(history, _record(history, run_id), None, None, None) as given:
        return given, {result.site_id: result.audit for result in history.results(run_id)}


def _record(history: History, run_id: str) -> RunRecord:
    run = next((each for each in history.runs() if each.run_id == run_id), None)
    if run is None:
        known = ", ".join(each.run_id for each in history.runs()[-3:])
        remedy = f"name one of the last runs: {known}" if known else "run icpcrawl audit first"
        raise StoreError(f"no run {run_id} is known here", remedy=remedy)
    return run


@contextmanager
def _given(
    history: History, run: RunRecord, policy: Path | None, waivers: Path | None, register: Path | None
) -> Iterator[Given]:
    files = history.files(run.run_id)
    if "portfolio" not in files:
        raise StoreError(
            f"run {run.run_id} was stored without its portfolio",
            remedy="it is from an older icpcrawl and cannot be judged again",
        )
    with tempfile.TemporaryDirectory(prefix="icpcrawl-replay-") as folder:
        paths: dict[str, Path] = {}
        for kind, (name, content) in files.items():
            # Under its own name: the ending says CSV or workbook, and a finding may quote the register's.
            paths[kind] = Path(folder, kind, Path(name).name.lstrip(".") or kind)
            paths[kind].parent.mkdir()
            paths[kind].write_bytes(content)
        told = {"policy": policy, "waivers": waivers, "register": register}
        paths |= {kind: path for kind, path in told.items() if path is not None}
        portfolio = read_portfolio(paths["portfolio"])
        yield Given(
            replace(portfolio, source=run.source),
            read_policy(paths.get("policy"), paths.get("waivers")),
            read_register(paths["register"]) if "register" in paths else Register(),
        )


def _difference(then: SiteAudit, now: SiteAudit) -> Difference | None:
    before, after = _weights(then), _weights(now)
    if then.verdict is now.verdict and before == after:
        return None
    return Difference(
        now.site_id,
        (then.verdict.value, now.verdict.value),
        gone=_rules(before.keys() - after.keys()),
        new=_rules(after.keys() - before.keys()),
        otherwise=_rules(key for key in before.keys() & after.keys() if before[key] != after[key]),
    )


def _weights(audit: SiteAudit) -> dict[tuple[str, str], set[tuple[Severity, bool]]]:
    """(rule, subject) → each severity it is said with, and whether that is waived."""
    weights: dict[tuple[str, str], set[tuple[Severity, bool]]] = {}
    for finding in audit.findings:
        weight = (finding.severity, finding.waived is not None)
        weights.setdefault((finding.rule, finding.subject), set()).add(weight)
    return weights


def _rules(keys: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({rule for rule, _ in keys}))
