"""What of a night is news. A pure function of the night, of what was told before, and of the alarm's patience.

A finding is news once it stood on enough nights in a row on which the site was *seen*, and
news again when it is seen to be gone. A night on which the site, or the whole run, cannot be
believed moves nothing: a timeout neither repairs a site nor adds to its nights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from icpcrawl.audit.finding import ASSESSED, SEVERITIES, Severity, Text, Verdict
from icpcrawl.history.changes import of_site

NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Alarm:
    """How patient the owner wants to be."""

    severity: Severity = Severity.WARNING
    """The least severity that is news."""
    after_nights: int = 1
    unseen_after_nights: int = 2
    rules: Mapping[str, int] = field(default_factory=dict)
    """Rule → nights, where it differs from ``after_nights``."""

    def nights(self, rule: str) -> int:
        return self.rules.get(rule, self.after_nights)

    def heeds(self, severity: Severity) -> bool:
        return _rank(severity) <= _rank(self.severity)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One finding of one site tonight."""

    finding_id: str
    rule: str
    severity: Severity
    title: Text
    fix: Text = NOTHING
    change: str = "new"
    days_open: int = 0
    waived: bool = False
    due: str = ""
    """ISO date by which it is to be put right; empty = no day."""


@dataclass(frozen=True, slots=True)
class SiteNight:
    """One row of the portfolio tonight."""

    site_id: str
    verdict: Verdict
    owner: str = ""
    outcome: str = "ok"
    why: Text = NOTHING
    """Why this verdict; told of sites that were not seen."""
    complaints: tuple[Complaint, ...] = ()
    silent_rules: tuple[str, ...] = ()
    """Rules that the policy kept from speaking."""

    @property
    def can_tell(self) -> bool:
        """Whether what is not found tonight is really gone."""
        return self.outcome == "ok" and self.verdict in ASSESSED and self.verdict is not Verdict.INCONCLUSIVE


class Trouble(StrEnum):
    """What may be wrong with a night as a whole."""

    NONE = ""
    LOW_COVERAGE = "low-coverage"
    PARTIAL = "partial"
    """A report with gaps of our own making; what stands in it holds."""
    HELD = "held"
    FAILED = "failed"
    """No report at all."""


UNBELIEVED = frozenset({Trouble.HELD, Trouble.FAILED})
"""Nights whose sites say nothing."""


@dataclass(frozen=True, slots=True)
class Night:
    """One run as the digest sees it."""

    on: str
    """ISO date in Asia/Shanghai."""
    run: str = ""
    trouble: Trouble = Trouble.NONE
    why: str = ""
    """What held it back, or what broke."""
    coverage: float = 100.0
    overdue: int = 0
    """Sites with an error or a warning whose day has passed."""
    verdicts: Mapping[str, int] = field(default_factory=dict)
    sites: tuple[SiteNight, ...] = ()


class Kind(StrEnum):
    """Kinds of news, the most urgent first."""

    NEW = "new"
    REGRESSED = "regressed"
    WORSE = "worse"
    REJECTED = "rejected"
    REMOVED = "removed"
    UNSEEN = "unseen"
    FIXED = "fixed"
    SEEN_AGAIN = "seen-again"


@dataclass(frozen=True, slots=True)
class News:
    kind: Kind
    site_id: str
    owner: str = ""
    title: Text = NOTHING
    fix: Text = NOTHING
    severity: Severity | None = None
    days_open: int = 0
    due: str = ""


@dataclass(frozen=True, slots=True)
class Digest:
    """What is told tonight; there is none on a night without news."""

    night: Night
    first: bool = False
    recovered: Trouble = Trouble.NONE
    """The trouble of the last night that is over."""
    news: tuple[News, ...] = ()
    still_open: int = 0
    """Sites with findings that were told earlier, or tonight."""


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """A finding that stands, and for how many seen nights in a row."""

    rule: str
    severity: Severity
    title: Text
    nights: int
    change: str = "new"
    told: bool = False


@dataclass(frozen=True, slots=True)
class SiteState:
    """What is remembered of a site; a site with nothing to remember is not kept."""

    owner: str = ""
    open: Mapping[str, OpenFinding] = field(default_factory=dict)
    """finding_id → finding."""
    dark_nights: int = 0
    dark_told: bool = False
    rejected: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.open or self.dark_nights or self.rejected)

    @property
    def told(self) -> bool:
        return any(finding.told for finding in self.open.values())


@dataclass(frozen=True, slots=True)
class DigestState:
    """What the last digest knew; kept from night to night."""

    nights: int = 0
    """Believed so far."""
    trouble: Trouble = Trouble.NONE
    sites: Mapping[str, SiteState] = field(default_factory=dict)


def digest(night: Night, before: DigestState, alarm: Alarm) -> tuple[Digest | None, DigestState]:
    """What to tell of ``night``, if anything, and what to remember."""
    if night.trouble in UNBELIEVED:
        return Digest(night, still_open=_told(before.sites)), replace(before, trouble=night.trouble)
    news: list[News] = []
    sites: dict[str, SiteState] = {}
    for site in night.sites:
        was = before.sites.get(site.site_id, SiteState())
        now = replace(_next(site, was, alarm), owner=site.owner)
        news += _news(site, was, now)
        if not now.is_empty:
            sites[site.site_id] = now
    here = {site.site_id for site in night.sites}
    news += [
        News(Kind.REMOVED, site_id, was.owner, next(f.title for f in was.open.values() if f.told))
        for site_id, was in before.sites.items()
        if site_id not in here and was.told
    ]
    after = DigestState(before.nights + 1, night.trouble, sites)
    first = before.nights == 0
    if not (first or news or night.trouble is not before.trouble):
        return None, after
    told = Digest(
        night=night,
        first=first,
        recovered=before.trouble if night.trouble is Trouble.NONE else Trouble.NONE,
        news=tuple(sorted(news, key=_urgency)),
        still_open=_told(sites),
    )
    return told, after


def _next(site: SiteNight, was: SiteState, alarm: Alarm) -> SiteState:
    """What is remembered of this site after tonight."""
    if site.verdict is Verdict.REJECTED:
        return replace(was, rejected=True)
    if site.verdict not in ASSESSED:
        dark = was.dark_nights + 1
        told = was.dark_told or dark >= alarm.unseen_after_nights
        return replace(was, rejected=False, dark_nights=dark, dark_told=told)
    standing: dict[str, OpenFinding] = {}
    for complaint in site.complaints:
        if complaint.waived or not alarm.heeds(complaint.severity):
            continue
        before = was.open.get(complaint.finding_id)
        nights = before.nights + 1 if before else 1
        standing[complaint.finding_id] = OpenFinding(
            rule=complaint.rule,
            severity=complaint.severity,
            title=complaint.title,
            nights=nights,
            change=before.change if before else complaint.change,
            told=(before is not None and before.told) or nights >= alarm.nights(complaint.rule),
        )
    if not site.can_tell:
        # Waived or of less weight now is still found; only what is not found at all stays as it was.
        found = {complaint.finding_id for complaint in site.complaints}
        standing = {key: old for key, old in was.open.items() if key not in found} | standing
    return SiteState(open=standing)


def _news(site: SiteNight, was: SiteState, now: SiteState) -> Iterator[News]:
    def about(kind: Kind, title: Text = site.why) -> News:
        return News(kind, site.site_id, site.owner, title)

    if now.rejected and not was.rejected:
        yield about(Kind.REJECTED)
    if now.dark_told and not was.dark_told:
        yield about(Kind.UNSEEN)
    if was.dark_told and not now.dark_told and site.outcome == "ok":
        yield about(Kind.SEEN_AGAIN)
    complaints = {complaint.finding_id: complaint for complaint in site.complaints}
    for key, finding in now.open.items():
        before = was.open.get(key)
        kind = _kind(before, finding)
        if kind is not None and key in complaints:
            said = complaints[key]
            yield News(
                kind, site.site_id, site.owner, said.title, said.fix, said.severity, said.days_open, said.due
            )  # fmt: skip
    for key, before in was.open.items():
        looked = of_site(before.rule) and before.rule not in site.silent_rules
        if before.told and looked and key not in now.open and key not in complaints:
            yield replace(about(Kind.FIXED, before.title), severity=before.severity)


def _kind(before: OpenFinding | None, now: OpenFinding) -> Kind | None:
    if not now.told:
        return None
    if before is None or not before.told:
        return Kind.REGRESSED if now.change == "regressed" else Kind.NEW
    return Kind.WORSE if _rank(now.severity) < _rank(before.severity) else None


def _told(sites: Mapping[str, SiteState]) -> int:
    return sum(state.told for state in sites.values())


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)


def _urgency(news: News) -> tuple[int, int, str]:
    kinds = list(Kind)
    return (kinds.index(news.kind), _rank(news.severity) if news.severity else 0, news.site_id)
