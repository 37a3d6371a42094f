"""The memory of a year: what each site's state was before a run, and what a run adds to it.

Written once, when a run is complete, and only where something changed.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from icpcrawl.audit.finding import ASSESSED, SEVERITIES, Finding, Verdict
from icpcrawl.audit.hosting import Required
from icpcrawl.audit.previous import PreviousFinding, PreviousState
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.history.changes import gone, is_milder

ABSENT = "absent"
"""Gap of a site that this run holds no result of: taken out of the portfolio, or refused."""

Key = tuple[str, str]
"""(rule, subject)."""

_STANDS = "from_run < :run AND (to_run IS NULL OR to_run >= :run)"


def previous_states(
    database: sqlite3.Connection, portfolio: int, run: int, site_id: str | None = None
) -> dict[str, PreviousState]:
    """The states of the portfolio's sites, or of one, as they stood before that run began.

    A question of the spans and the run's number alone: asked again later, the answer is the same.
    """
    one = "" if site_id is None else " AND s.site_id = :site_id"
    given = {"portfolio": portfolio, "run": run, "site_id": site_id}

    def ask(columns: str, tables: str) -> list[tuple[Any, ...]]:
        sentence = f"SELECT {columns} FROM {tables} WHERE s.portfolio = :portfolio{one}"  # noqa: S608
        return database.execute(sentence, given).fetchall()

    days = _Days(database, portfolio, run)
    sites = ask("s.number, s.site_id, s.first_run, s.provider, s.asn, s.cdn", "site s")
    spans = {
        row[0]: row[1:]
        for row in ask(
            "x.site, x.verdict, x.verdict_since, x.hosting",
            f"site s JOIN span x ON x.site = s.number AND {_STANDS}",
        )
    }
    gaps = {
        row[0]: row[1:]
        for row in ask(
            "x.site, x.verdict, x.dark_since, x.assessed_run",
            f"site s JOIN gap x ON x.site = s.number AND {_STANDS}",
        )
    }
    standing: dict[object, list[PreviousFinding]] = defaultdict(list)
    fixed: dict[object, list[tuple[str, str]]] = defaultdict(list)
    for site, rule, subject, since, ended, severity, waived in ask(
        "x.site, x.rule, x.subject, x.since, x.to_run, x.severity, x.waived",
        "site s JOIN finding_span x ON x.site = s.number AND x.from_run < :run",
    ):
        if ended is None or ended >= run:
            standing[site].append(
                PreviousFinding(str(rule), str(subject), days.of(since), str(severity), bool(waived))
            )
        else:
            fixed[site].append((str(rule), str(subject)))

    states = {}
    for number, name, first_run, provider, asn, cdn in sites:
        if first_run >= run:
            continue
        span, gap = spans.get(number), gaps.get(number)
        open_keys = {(finding.rule, finding.subject) for finding in standing[number]}
        assessed = gap[2] if gap else (days.last if span else None)
        states[str(name)] = PreviousState(
            first_seen=days.of(first_run),
            assessed_run=days.name(assessed),
            assessed_on=days.of(assessed),
            verdict=Verdict(str(span[0])) if span else None,
            verdict_since=days.of(span[1]) if span else "",
            findings=tuple(sorted(standing[number], key=lambda finding: (finding.rule, finding.subject))),
            fixed_before=tuple(sorted(set(fixed[number]) - open_keys)),
            hosting_side=str(span[2]) if span else "",
            provider=str(provider),
            asn=tuple(int(part) for part in str(asn).split()),
            cdn=str(cdn),
            last_verdict=_last_verdict(span, gap),
            dark_since=days.of(gap[1]) if gap else "",
        )
    return states


def _last_verdict(span: tuple[object, ...] | None, gap: tuple[object, ...] | None) -> Verdict | None:
    word = str(gap[0]) if gap else (str(span[0]) if span else ABSENT)
    return None if word == ABSENT else Verdict(word)


class _Days:
    """Run number → its date and name, and the last complete run before the one asked about."""

    def __init__(self, database: sqlite3.Connection, portfolio: int, before: int) -> None:
        rows = database.execute(
            "SELECT number, run_id, on_date, state = 'complete' AND kind = 'audit' FROM run"
            " WHERE portfolio = ? AND number < ? ORDER BY number",
            (portfolio, before),
        ).fetchall()
        self._runs = {number: (str(name), str(day)) for number, name, day, _ in rows}
        self.last = max((number for number, _, _, is_remembered in rows if is_remembered), default=None)

    def of(self, run: object) -> str:
        return self._runs.get(run, ("", ""))[1]

    def name(self, run: object) -> str:
        return self._runs.get(run, ("", ""))[0]


def write_spans(
    database: sqlite3.Connection, portfolio: int, run: int, audits: Iterable[tuple[int, SiteAudit]]
) -> None:
    """Extend the memory by one complete run; ``audits`` are (site number, audit). No transaction of its own."""
    before = previous_states(database, portfolio, run)
    names = dict(database.execute("SELECT number, site_id FROM site WHERE portfolio = ?", (portfolio,)))
    last = _Days(database, portfolio, run).last
    pen = _Pen(database, run, last)
    seen = set()
    for site, audit in audits:
        seen.add(site)
        state = before.get(names[site])
        if audit.verdict in ASSESSED:
            pen.assessed(site, audit, state)
        else:
            pen.dark(site, audit.verdict.value, audit.outcome.value, state)
    for site, name in names.items():
        if site not in seen and (state := before.get(name)) is not None:
            pen.dark(site, ABSENT, "", state)


@dataclass(slots=True)
class _Pen:
    """Writes the rows of one run, where they differ from the state before it."""

    database: sqlite3.Connection
    run: int
    last: int | None

    def assessed(self, site: int, audit: SiteAudit, state: PreviousState | None) -> None:
        if state is not None and (state.dark_since or state.verdict is None):
            self._end("gap", site)
        self._state(site, audit, state)
        self._findings(site, audit, state)
        hosting = audit.hosting
        asn = tuple(sorted(set(hosting.asn)))
        if state is None or (state.provider, state.asn, state.cdn) != (hosting.provider, asn, hosting.cdn):
            self.database.execute(
                "UPDATE site SET provider = ?, asn = ?, cdn = ? WHERE number = ?",
                (hosting.provider, " ".join(map(str, asn)), hosting.cdn, site),
            )

    def dark(self, site: int, verdict: str, outcome: str, state: PreviousState | None) -> None:
        standing = self.database.execute(
            "SELECT verdict, outcome, dark_since, assessed_run FROM gap WHERE site = ? AND to_run IS NULL",
            (site,),
        ).fetchone()
        if standing is not None and standing[:2] == (verdict, outcome):
            return
        since, assessed = self.run, self.last if state is not None and state.verdict else None
        if standing is not None:
            since, assessed = standing[2:]
            self._end("gap", site)
        self.database.execute(
            "INSERT INTO gap (site, from_run, verdict, outcome, dark_since, assessed_run) VALUES (?,?,?,?,?,?)",
            (site, self.run, verdict, outcome, since, assessed),
        )

    def _state(self, site: int, audit: SiteAudit, state: PreviousState | None) -> None:
        verdict, hosting = audit.verdict, audit.hosting.side.value
        since: int = self.run
        if state is not None and state.verdict is not None:
            if (state.verdict, state.hosting_side) == (verdict, hosting):
                return
            if state.verdict is verdict:
                since = self.database.execute(
                    "SELECT verdict_since FROM span WHERE site = ? AND to_run IS NULL", (site,)
                ).fetchone()[0]
            self._end("span", site)
        self.database.execute(
            "INSERT INTO span (site, from_run, verdict, verdict_since, hosting) VALUES (?,?,?,?,?)",
            (site, self.run, verdict.value, since, hosting),
        )

    def _findings(self, site: int, audit: SiteAudit, state: PreviousState | None) -> None:
        standing = state.findings if state is not None else ()
        before = {(each.rule, each.subject): (each.severity, each.waived) for each in standing}
        for lost in gone(state, audit):
            self._end_finding(site, (lost.rule, lost.subject))
        for key, now in _weights(audit, standing).items():
            if key not in before:
                self.database.execute(
                    f"{_NEW_FINDING} VALUES (?, ?, ?, ?, ?, ?, ?)", (site, *key, self.run, *now, self.run)
                )
            elif before[key] != now:
                self._end_finding(site, key)
                self.database.execute(
                    f"{_NEW_FINDING} SELECT site, rule, subject, to_run, ?, ?, since FROM finding_span"  # noqa: S608
                    " WHERE site = ? AND rule = ? AND subject = ? AND to_run = ?",
                    (*now, site, *key, self.run),
                )

    def _end_finding(self, site: int, key: Key) -> None:
        self.database.execute(
            "UPDATE finding_span SET to_run = ? WHERE site = ? AND rule = ? AND subject = ? AND to_run IS NULL",
            (self.run, site, *key),
        )

    def _end(self, table: str, site: int) -> None:
        self.database.execute(
            f"UPDATE {table} SET to_run = ? WHERE site = ? AND to_run IS NULL",  # noqa: S608
            (self.run, site),
        )


_NEW_FINDING = "INSERT INTO finding_span (site, rule, subject, from_run, severity, waived, since)"


def _weights(audit: SiteAudit, standing: Iterable[PreviousFinding]) -> dict[Key, tuple[str, bool]]:
    """(rule, subject) → (severity, waived) as remembered from this run on.

    What the policy silenced is as good as waived. Where nobody knows whether a filing is
    required, errors are told as warnings: that makes nothing milder.
    """
    disputed = audit.hosting.required is Required.UNKNOWN
    before = {(each.rule, each.subject): each for each in standing}
    weights = {key: (each.severity, True) for key, each in before.items() if each.rule in audit.silent_rules}
    for finding in sorted(
        audit.findings, key=_counts, reverse=True
    ):  # of two with one key the first counts more
        key, severity = (finding.rule, finding.subject), finding.severity.value
        if disputed and key in before and is_milder(severity, before[key].severity):
            severity = before[key].severity
        weights[key] = (severity, finding.waived is not None)
    return weights


def _counts(finding: Finding) -> tuple[bool, int]:
    """Sorts what counts most to the front."""
    return finding.waived is not None, SEVERITIES.index(finding.severity)
