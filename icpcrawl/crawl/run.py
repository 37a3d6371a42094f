"""One run of one portfolio: prepared before anything is asked, kept site by site, reported.

``AuditRun.prepare`` reads everything a user can get wrong, so that a run either starts whole
or ends with one clear line. The crawl then calls ``judge`` and ``keep`` per site, and
``finish`` writes the report by walking the portfolio.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpcrawl import __version__
from icpcrawl.audit import audit_site
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Confidence, Severity, Text, Verdict
from icpcrawl.audit.hosting import HostingJudgment, HostingSide, Required
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.portfolio_rules import judge_portfolio
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.crawl.fetch import Lane
from icpcrawl.crawl.geo import Geography
from icpcrawl.crawl.geo_files import geography_in_force
from icpcrawl.datafiles import data_digests, load_facts
from icpcrawl.errors import IcpcrawlError, StoreError, UsageError
from icpcrawl.history import SHANGHAI, History
from icpcrawl.history.changes import site_change
from icpcrawl.history.result import Result, SiteChange
from icpcrawl.observation import (
    Attempt,
    Fetched,
    FetchOutcome,
    Hosting,
    Observation,
    Vantage,
)
from icpcrawl.policy_files import read_policy, read_register
from icpcrawl.portfolio import Portfolio, Site, read_portfolio
from icpcrawl.report.closing import Finished, Wanted, close_run
from icpcrawl.report.ending import ExitCode, FailOn
from icpcrawl.report.folders import claim, move_latest, run_folder
from icpcrawl.report.run import RunSummary, trend_points, waiver_states

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

CONFIRM_AT_MOST = 500
"""New errors looked at twice. More of them in one night are no flicker, and their pages no
longer fit into memory."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """Sites of a stored run to be looked at again; later runs are not compared with it."""

    run_id: str
    portfolio: Portfolio
    """What that run was given, whole."""
    sites: frozenset[str]
    audits: Mapping[str, SiteAudit]
    """How all its sites were judged: the rules over the whole portfolio need them."""


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What the user asked for; see ``icpcrawl audit --help``."""

    portfolio: Path
    folder: Path = Path("reports")
    policy: Path | None = None
    waivers: Path | None = None
    register: Path | None = None
    geoip: tuple[Path, ...] = ()
    resume: bool = False
    confirm: bool = True
    wanted: Wanted = field(default_factory=Wanted)
    recheck: Recheck | None = None
    """Look again at a few sites of an earlier run, instead of a night of its own."""
    arguments: tuple[str, ...] = ()
    """The command line, for the manifest; secrets are never on it."""


def _ignore(_: SiteAudit) -> None:
    return None


def _nothing_to_stop() -> None:
    return None


@dataclass(slots=True)
class AuditRun:
    """A run under way. One thread, one process; the history's lock keeps out a second."""

    options: AuditOptions
    portfolio: Portfolio
    facts: Facts
    policy: Policy
    register: Register
    geography: Geography
    history: History
    run_id: str
    run_folder: Path
    started_at: datetime
    today: date
    resumed: bool
    stored: set[str]
    log: logging.Logger
    on_audit: Callable[[SiteAudit], None] = _ignore
    """Called after every kept site: progress."""
    stop_crawl: Callable[[], None] = _nothing_to_stop
    stopping_since: float | None = None
    """On the monotonic clock; None while nobody asked for the end."""
    broken: IcpcrawlError | None = None
    """Why the run must end although sites are left; what is stored can be resumed."""
    judging: str = ""
    """The site whose page is being judged at this moment."""
    moved_at: float = field(default_factory=time.monotonic)
    """When the last site came a step further; see ``process.watch``."""
    vantages: tuple[Vantage, ...] = ()
    previous: Mapping[str, PreviousState] = field(default_factory=dict)
    _twins: dict[str, tuple[Site, ...]] = field(default_factory=dict)
    _unconfirmed: dict[str, tuple[Site, Observation, SiteAudit]] = field(default_factory=dict)
    _problems: list[str] = field(default_factory=list)

    @classmethod
    def prepare(cls, options: AuditOptions, *, now: datetime | None = None) -> AuditRun:
        """Read and open everything; ``IcpcrawlError`` before anything is asked of the network.

        ``RunLockedError`` when another run of this portfolio is under way.
        """
        started_at = now or datetime.now(UTC)
        recheck = options.recheck
        portfolio = recheck.portfolio.only(recheck.sites) if recheck else read_portfolio(options.portfolio)
        facts = load_facts()
        policy = read_policy(options.policy, options.waivers)
        register = read_register(options.register) if options.register else Register()
        geography = geography_in_force(options.geoip)
        claim(options.folder)
        given = {
            "portfolio": options.portfolio,
            "policy": options.policy,
            "waivers": options.waivers,
            "register": options.register,
        }
        with ExitStack() as opened:
            history = opened.enter_context(History.open(options.folder))
            begun = history.begin(
                portfolio,
                run_id=run_name(started_at),
                started_at=started_at,
                resume=options.resume,
                recheck_of=recheck.run_id if recheck else "",
            )
            history.keep_files({kind: path for kind, path in given.items() if path is not None})
            run = cls(
                options=options,
                portfolio=portfolio,
                facts=facts,
                policy=policy,
                register=register,
                geography=geography,
                history=history,
                run_id=begun.run_id,
                run_folder=run_folder(options.folder, begun.run_id),
                started_at=begun.started_at,
                today=begun.started_at.astimezone(SHANGHAI).date(),
                resumed=begun.resumed,
                stored=set(history.stored_ids()),
                log=logging.getLogger("icpcrawl"),
                previous=history.previous_states(),
            )
            opened.pop_all()
        run._pair_twins()
        return run

    # Which sites ------------------------------------------------------------------------------

    def _pair_twins(self) -> None:
        groups: dict[str, list[Site]] = {}
        for site in self.portfolio.sites:
            if site.site_id not in self.stored:
                groups.setdefault(site.url or site.host, []).append(site)
        self._twins = {sites[0].site_id: tuple(sites) for sites in groups.values()}

    def to_visit(self) -> Iterator[Site]:
        """One site per distinct homepage that has no stored result yet, in portfolio order."""
        for sites in self._twins.values():
            yield sites[0]

    def twins(self, site: Site) -> tuple[Site, ...]:
        """All rows with the same homepage as ``site``, itself included: fetched once, judged each."""
        return self._twins.get(site.site_id, (site,))

    def to_confirm(self) -> Iterator[tuple[Site, tuple[Attempt, ...]]]:
        """Sites whose error is new tonight, with what the first look tried."""
        for site, observation, _ in list(self._unconfirmed.values()):
            yield site, observation.fetched.attempts

    # Site by site -----------------------------------------------------------------------------

    def observation(
        self, site: Site, fetched: Fetched, hosting: Hosting, vantages: tuple[Vantage, ...]
    ) -> Observation:
        self.vantages = vantages
        return Observation(
            site_id=site.site_id,
            run=self.run_id,
            seen_at=datetime.now(UTC).replace(microsecond=0),
            fetched=fetched,
            hosting=hosting,
            vantages=vantages,
            databases=self.geography.databases,
        )

    def judge(self, site: Site, observation: Observation, lane: Lane) -> tuple[Observation, SiteAudit]:
        """The judgment, and the observation it stands on."""
        if lane is Lane.CONFIRM:
            _, first, first_audit = self._unconfirmed.pop(site.site_id)
            if observation.fetched.outcome is not FetchOutcome.OK:
                # The second look saw nothing: what the first saw stands, with both on record.
                fetched = replace(first.fetched, attempts=observation.fetched.attempts)
                return replace(first, fetched=fetched), first_audit
        return observation, self.audited(site, observation)

    def audited(self, site: Site, observation: Observation) -> SiteAudit:
        """The judgment of what was seen; a bug of ours makes it inconclusive."""
        self.judging = site.site_id
        try:
            return audit_site(
                site,
                observation,
                self.previous.get(site.site_id),
                self.register,
                self.facts,
                self.policy,
                self.today,
            )
        except Exception as error:
            self.log.exception("%s: the judgment broke on this site", site.site_id)
            return _unjudged(observation, f"{type(error).__name__}: {error}")
        finally:
            self.judging = ""

    def wants_confirmation(self, site: Site, observation: Observation, audit: SiteAudit, lane: Lane) -> bool:
        """Hold back a new error of a site that was assessed before, to look at it once more."""
        before = self.previous.get(site.site_id)
        if not self.options.confirm or lane is Lane.CONFIRM or before is None or not before.assessed_run:
            return False
        known = {(finding.rule, finding.subject) for finding in before.findings}
        new = any(
            finding.severity is Severity.ERROR
            and finding.waived is None
            and (finding.rule, finding.subject) not in known
            for finding in audit.findings
        )
        if new and len(self._unconfirmed) < CONFIRM_AT_MOST:
            self._unconfirmed[site.site_id] = (site, observation, audit)
            return True
        return False

    def keep(self, observation: Observation, audit: SiteAudit) -> None:
        if self.broken is not None:
            return
        with self._or_break_off():
            self.history.add(observation, audit)
            self.stored.add(observation.site_id)
            self.on_audit(audit)

    def heartbeat(self) -> None:
        """What has waited for a second goes to disk, and the lock is renewed."""
        if self.broken is not None:
            return
        with self._or_break_off():
            self.history.heartbeat()

    @contextmanager
    def _or_break_off(self) -> Iterator[None]:
        """What goes wrong in here ends the run, and is not tried again by every site to come."""
        try:
            yield
        except StoreError as error:
            self.break_off(error)

    def break_off(self, error: IcpcrawlError) -> None:
        """End the run early, for a reason that every other site would meet too."""
        if self.broken is None:
            self.broken = error
            self.stored -= self.history.waiting_ids()
            self.log.error("%s", error)
            self.stop()

    @property
    def stopping(self) -> bool:
        return self.stopping_since is not None

    def stop(self) -> None:
        """Asked for by a signal: let go of what is under way; ``--resume`` visits it again."""
        self.stopping_since = self.stopping_since or time.monotonic()
        self.stop_crawl()

    def crawl_ended(self, reason: str) -> None:
        if reason != "finished" and not self.stopping:
            self._problems.append(f"the crawl ended early ({reason})")
        # A crawl that broke off between two looks still has the first one.
        if not self.stopping:
            for _, observation, audit in list(self._unconfirmed.values()):
                self.keep(observation, audit)
        self._unconfirmed.clear()
        if self.broken is None:
            with self._or_break_off():
                self.history.flush()

    # The end ----------------------------------------------------------------------------------

    def interrupt(self, code: ExitCode) -> None:
        """Save and let go of the lock; the run stays resumable."""
        try:
            self.history.finish("interrupted", int(code))
        finally:
            self.close()

    def finish(self) -> Finished:
        """Rules over the whole portfolio, changes, report, exit code."""
        self.history.flush()
        results = {result.site_id: result for result in self.history.results()}
        results |= self._judged_together(results)
        finished = close_run(
            self.run_folder,
            self.portfolio,
            results,
            self._change,
            self._summary(),
            self.facts,
            replace(self.options.wanted, fail_on=self.options.wanted.fail_on or self._fail_on()),
            self._problems,
        )
        if not finished.held and self.options.recheck is None:
            move_latest(self.options.folder, self.run_folder)
        state = "held" if finished.held else "complete"
        state = "failed" if finished.exit_code is ExitCode.INTERNAL else state
        self.history.finish(state, int(finished.exit_code))
        self.close()
        return finished

    def _fail_on(self) -> FailOn:
        return FailOn(self.policy.fail_on or FailOn.ERROR)

    def _change(self, result: Result) -> SiteChange:
        return site_change(self.previous.get(result.site_id), result.audit, self.today, self.run_id)

    def _judged_together(self, results: Mapping[str, Result]) -> dict[str, Result]:
        """Those of ``results`` about which the whole portfolio says more, kept and handed back."""
        try:
            audits, portfolio = {name: result.audit for name, result in results.items()}, self.portfolio
            if recheck := self.options.recheck:
                audits, portfolio = {**recheck.audits, **audits}, recheck.portfolio
            judged = judge_portfolio(portfolio, audits, self.register, self.facts, self.policy, self.today)
            amended = {site_id: audit for site_id, audit in judged.items() if site_id in results}
            self.history.amend_all(amended)
        except Exception as error:
            self.log.exception("the rules over the whole portfolio broke")
            self._problems.append(f"rules over the whole portfolio: {type(error).__name__}: {error}")
            return {}
        return {site_id: replace(results[site_id], audit=audit) for site_id, audit in amended.items()}

    def _summary(self) -> RunSummary:
        return RunSummary(
            run_id=self.run_id,
            started_at=self.started_at,
            finished_at=datetime.now(UTC).replace(microsecond=0),
            today=self.today,
            portfolio=self.portfolio.source,
            portfolio_sha256=self.portfolio.sha256,
            policy_digest=self.policy.digest,
            data_digests=tuple(sorted(data_digests().items())),
            vantages=self.vantages,
            looked_from=" ".join(os.environ.get("ICPCRAWL_LOCATION", "").split()) or socket.gethostname(),
            databases=self.geography.databases,
            exit_code=int(ExitCode.CLEAN),
            version=__version__,
            arguments=self.options.arguments,
            # A few sites are no point of the whole portfolio's trend.
            trend=() if self.options.recheck else trend_points(self.history.nights(self.run_id)),
            waivers=waiver_states(self.policy),
            policy=self.policy,
        )

    def close(self) -> None:
        # What could not be written before cannot be written now, and is visited again.
        with suppress(StoreError) if self.broken else nullcontext():
            self.history.close()
        self.geography.close()


def run_name(started_at: datetime) -> str:
    """Name of a run and of its folder: UTC time and a suffix, so that names sort by time."""
    return f"{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def _unjudged(observation: Observation, reason: str) -> SiteAudit:
    """The row of a site whose judgment broke: inconclusive, with the reason, never lost."""
    why = Text(f"判断时程序出错：{reason[:200]}", f"the judgment broke: {reason[:200]}")
    hosting = HostingJudgment(HostingSide.UNKNOWN, Confidence.LOW, why, Required.UNKNOWN, why)
    return SiteAudit(
        site_id=observation.site_id,
        verdict=Verdict.INCONCLUSIVE,
        reason=why,
        outcome=observation.fetched.outcome,
        findings=(),
        hosting=hosting,
        failed_rules=("audit",),
    )


def options_from_arguments(arguments: Mapping[str, Any], settings: BaseSettings) -> AuditOptions:
    """The options of ``scrapy crawl homepage -a portfolio=F [-a output=DIR] [-a resume=yes]``."""
    known = {"portfolio", "output", "policy", "waivers", "register", "resume", "_job"}
    unknown = sorted(set(arguments) - known)
    if unknown or "portfolio" not in arguments:
        said = f"unknown argument {unknown[0]!r}" if unknown else "no portfolio given"
        raise UsageError(said, remedy="scrapy crawl homepage -a portfolio=portfolio.csv -a output=reports")

    def path(name: str) -> Path | None:
        return Path(arguments[name]) if arguments.get(name) else None

    return AuditOptions(
        portfolio=Path(arguments["portfolio"]),
        folder=Path(arguments.get("output") or "reports"),
        policy=path("policy"),
        waivers=path("waivers"),
        register=path("register"),
        geoip=tuple(Path(name) for name in settings.getlist("ICPCRAWL_GEOIP")),
        resume=str(arguments.get("resume", "")).lower() in ("1", "yes", "true"),
    )
