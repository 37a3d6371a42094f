"""The history of one output folder: runs, their results, their evidence.

A ``History`` belongs to one thread. Results are buffered and written at ``FLUSH_ROWS``
rows or ``FLUSH_S`` seconds, each batch in one transaction with ``synchronous=FULL``: what
``flush`` has returned from survives a power cut, and what was not yet written is visited
again by ``--resume``.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.errors import RunLockedError, StoreError
from icpcrawl.history import codec, connection, memory
from icpcrawl.history.lock import PortfolioLock
from icpcrawl.history.result import Result
from icpcrawl.history.spans import previous_states, write_spans
from icpcrawl.observation import Observation
from icpcrawl.portfolio import Portfolio

FLUSH_ROWS = 200
FLUSH_S = 1.0
FLUSH_BYTES = 32 * 1024 * 1024
"""Compressed bodies waiting in memory, at most."""

HEARTBEAT_S = 10.0
STALE_S = 120.0
"""A run on another host without a heartbeat for so long is taken for dead."""

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""No daylight saving since 1991: no time zone database needed."""

UNFINISHED = ("running", "interrupted", "failed", "held")
FINISHED = ("complete", "interrupted", "failed", "held")

AUDIT = "audit"
RECHECK = "recheck"
"""Kinds of run. A recheck looks again at a few sites: later runs are not compared with it."""

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Run:
    run_id: str
    resumed: bool
    started_at: datetime
    """UTC; of the first start, where the run is resumed."""
    number: int
    """Orders the runs of this history in time."""
    portfolio_changed: bool = False
    """Resumed with a portfolio whose bytes are not those the run began with."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run as the history remembers it."""

    number: int
    run_id: str
    source: str
    started_at: datetime
    finished_at: datetime | None
    state: str
    """``running``, ``complete``, ``interrupted``, ``failed``, ``held`` or ``abandoned``."""
    exit_code: int | None
    results: int
    """Sites whose raw result is still kept."""
    kind: str = AUDIT


@dataclass(frozen=True, slots=True)
class _Waiting:
    site_id: str
    observation: codec.EncodedObservation
    bodies: tuple[tuple[bytes, int, bytes | None], ...]
    """(digest, size, compressed); None where the history holds it already."""
    audit: bytes


class History:
    def __init__(self, database: sqlite3.Connection, file: Path) -> None:
        self._database = database
        self._file = file
        self._lock: PortfolioLock | None = None
        self._run: Run | None = None
        self._portfolio = 0
        self._owner = uuid.uuid4().hex
        self._position = 0
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._flushed_at = time.monotonic()
        self._beaten_at = time.monotonic()

    # -- opening and closing ------------------------------------------------------------

    @classmethod
    def open(cls, folder: Path) -> History:
        """The history of that folder, begun where there is none.

        Raises: StoreError for a file that is foreign, newer, damaged or not writable.
        """
        file = Path(folder) / connection.FILE_NAME
        return cls(connection.connect(file), file)

    def close(self) -> None:
        """Write what waits and free the lock. An unfinished run stays resumable."""
        try:
            if self._waiting:
                self.flush()
        finally:
            self._database.close()
            if self._lock is not None:
                self._lock.release()
                self._lock = None

    def __enter__(self) -> History:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- one run ------------------------------------------------------------------------

    def begin(
        self, portfolio: Portfolio, *, run_id: str, started_at: datetime, resume: bool, recheck_of: str = ""
    ) -> Run:
        """Take the portfolio's lock and open a run, or go on with its last unfinished one.

        ``recheck_of`` names the run whose sites are looked at again. A recheck leaves unfinished
        audits as they are: they can still be resumed.

        Raises: RunLockedError when another run of this portfolio is alive (exit 75).
        """
        if self._run is not None:
            raise ValueError("this History has begun a run already")
        identity = self._identity(recheck_of) if recheck_of else portfolio_identity(portfolio.source)
        kind = RECHECK if recheck_of else AUDIT
        lock = PortfolioLock(self._file.with_name(f"{self._file.name}.{identity[:16]}.lock"))
        with connection.errors(self._file):
            taken = lock.take()
        if not taken:
            raise self._locked(identity)
        try:
            with connection.transaction(self._database, self._file):
                self._run = self._begun(identity, portfolio, run_id, started_at, resume=resume, kind=kind)
        except BaseException:
            lock.release()
            raise
        self._lock = lock
        self._position = self._one(
            "SELECT coalesce(max(position), 0) FROM result WHERE run = ?", self._number
        )
        return self._run

    def _begun(
        self,
        identity: str,
        portfolio: Portfolio,
        run_id: str,
        started_at: datetime,
        *,
        resume: bool,
        kind: str,
    ) -> Run:
        self._ask(
            "INSERT INTO portfolio (identity, source) VALUES (?, ?) ON CONFLICT DO NOTHING",
            identity,
            portfolio.source,
        )
        self._portfolio = self._one("SELECT number FROM portfolio WHERE identity = ?", identity)
        self._refuse_foreign_owner(identity)
        last = self._ask(
            "SELECT number, run_id, started_at, state, portfolio_sha256 FROM run WHERE portfolio = ?"
            " AND kind = ? ORDER BY number DESC LIMIT 1",
            *(self._portfolio, kind),
        ).fetchone()
        if resume and last is not None and last[3] in UNFINISHED:
            number, name, started, _, sha256 = last
            self._ask(
                "UPDATE run SET state = 'running', heartbeat_at = ?, host = ?, pid = ?, owner = ? WHERE number = ?",
                *(_text(_now()), socket.gethostname(), os.getpid(), self._owner, number),
            )
            return Run(name, True, datetime.fromisoformat(started), number, sha256 != portfolio.sha256)
        self._ask(
            "UPDATE run SET state = 'abandoned' WHERE portfolio = ? AND kind = ? AND state IN (?, ?, ?, ?)",
            *(self._portfolio, kind, *UNFINISHED),
        )
        # What is left running is of the other kind, and dead: its lock is in our hand.
        self._ask(
            "UPDATE run SET state = 'interrupted' WHERE portfolio = ? AND state = 'running'", self._portfolio
        )
        if self._one("SELECT count(*) FROM run WHERE run_id = ?", run_id):
            raise StoreError(f"there is a run {run_id} already", file=self._file, remedy="start again")
        day = started_at.astimezone(SHANGHAI).date().isoformat()
        number = self._one("SELECT coalesce(max(number), 0) + 1 FROM run")
        self._ask(
            "INSERT INTO run (number, run_id, portfolio, portfolio_sha256, started_at, on_date, heartbeat_at,"
            " host, pid, owner, state, kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?)",
            *(number, run_id, self._portfolio, portfolio.sha256, _text(started_at), day, _text(_now())),
            *(socket.gethostname(), os.getpid(), self._owner, kind),
        )
        return Run(run_id, False, started_at.astimezone(UTC), number)

    def _refuse_foreign_owner(self, identity: str) -> None:
        """With the kernel's lock in hand, an owner on this host is dead; one elsewhere may live."""
        running = self._ask(
            "SELECT host, heartbeat_at FROM run WHERE portfolio = ? AND state = 'running'", self._portfolio
        ).fetchone()
        if running is None or running[0] == socket.gethostname():
            return
        silent = _now() - datetime.fromisoformat(running[1])
        # A heartbeat from the future is another host's clock, unless it is absurd.
        if timedelta(days=-1) < silent < timedelta(seconds=STALE_S):
            raise self._locked(identity)

    def _locked(self, identity: str) -> RunLockedError:
        row = self._ask(
            "SELECT r.run_id, r.pid, r.host FROM run r JOIN portfolio p ON p.number = r.portfolio"
            " WHERE p.identity = ? AND r.state = 'running'",
            identity,
        ).fetchone()
        whose = f" ({row[0]}, process {row[1]} on {row[2]})" if row else ""
        return RunLockedError(
            f"another run of this portfolio is under way{whose}",
            file=self._file,
            remedy="wait until it ends, or stop that process; what it has stored can be resumed",
        )

    def stored_ids(self) -> frozenset[str]:
        """Sites of this run that are stored: a resumed run need not visit them again."""
        rows = self._ask(
            "SELECT s.site_id FROM result r JOIN site s ON s.number = r.site WHERE r.run = ?", self._number
        )
        return frozenset(row[0] for row in rows) | self.waiting_ids()

    def waiting_ids(self) -> frozenset[str]:
        """Sites that are added and not yet on disk."""
        return frozenset(waiting.site_id for waiting in self._waiting)

    def keep_files(self, files: Mapping[str, Path]) -> None:
        """Keep what this run was given (kind → file), so that it can be judged again years later."""
        contents = {kind: path.read_bytes() for kind, path in files.items()}
        with connection.transaction(self._database, self._file):
            for kind, content in contents.items():
                digest = hashlib.sha256(content).digest()
                self._ask(
                    "INSERT INTO file (digest, name, zstd) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    *(digest, files[kind].name, codec.compress_body(content)),
                )
                self._ask(
                    "INSERT INTO run_file (run, kind, file) VALUES (?, ?, ?)"
                    " ON CONFLICT (run, kind) DO UPDATE SET file = excluded.file",
                    *(self._number, kind, digest),
                )

    def files(self, run_id: str) -> Mapping[str, tuple[str, bytes]]:
        """What that run was given: kind → (file name, content)."""
        rows = self._ask(
            "SELECT x.kind, f.name, f.zstd, f.digest FROM run_file x JOIN file f ON f.digest = x.file"
            " WHERE x.run = ?",
            self._run_number(run_id),
        ).fetchall()
        return {kind: (name, codec.decompress_body(stored, digest)) for kind, name, stored, digest in rows}

    def add(self, observation: Observation, audit: SiteAudit) -> None:
        """Keep one site's evidence and judgment, whole. The first of two for a site stays."""
        if observation.site_id != audit.site_id:
            raise ValueError(f"evidence of {observation.site_id} with the audit of {audit.site_id}")
        self._open_run()
        encoded = codec.encode_observation(observation)
        bodies = tuple(
            (digest, len(body), None if self._holds(digest) else codec.compress_body(body))
            for digest, body in encoded.bodies
        )
        self._waiting.append(_Waiting(audit.site_id, encoded, bodies, codec.encode_audit(audit)))
        self._waiting_bytes += sum(len(stored) for _, _, stored in bodies if stored is not None)
        if len(self._waiting) >= FLUSH_ROWS or self._waiting_bytes >= FLUSH_BYTES or self._is_due():
            self.flush()

    def amend(self, site_id: str, audit: SiteAudit) -> None:
        """Replace this run's judgment of a stored site, before the run is finished.

        For findings that only the whole portfolio shows. Part of the next batch's rules:
        the batch that waits is written first.
        """
        self.amend_all({site_id: audit})

    def amend_all(self, audits: Mapping[str, SiteAudit]) -> None:
        """As ``amend``, many in one transaction."""
        run = self._open_run()
        if self._waiting:
            self.flush()
        with connection.transaction(self._database, self._file):
            for site_id, audit in audits.items():
                if site_id != audit.site_id:
                    raise ValueError(f"{site_id} amended by the audit of {audit.site_id}")
                changed = self._ask(
                    "UPDATE result SET audit = ?, form = ? WHERE run = ? AND site ="
                    " (SELECT number FROM site WHERE portfolio = ? AND site_id = ?)",
                    *(codec.encode_audit(audit), codec.AUDIT_SCHEMA, run.number, self._portfolio, site_id),
                ).rowcount
                if changed != 1:
                    raise KeyError(f"{site_id} is not stored in run {run.run_id}")

    def flush(self) -> None:
        """Write what waits, in one transaction. After an error everything still waits."""
        run = self._open_run()
        position = self._position
        with connection.transaction(self._database, self._file):
            self._beat(run)
            for waiting in self._waiting:
                position += 1
                self._write(run, position, waiting)
        self._position = position
        self._waiting.clear()
        self._waiting_bytes = 0
        self._flushed_at = self._beaten_at = time.monotonic()

    def heartbeat(self) -> None:
        """Say that this run is alive, and write what has waited for a second. Cheap: call it often."""
        run = self._open_run()
        if self._waiting and self._is_due():
            self.flush()
        elif time.monotonic() - self._beaten_at >= HEARTBEAT_S:
            with connection.transaction(self._database, self._file):
                self._beat(run)
            self._beaten_at = time.monotonic()

    def finish(self, state: str, exit_code: int | None) -> None:
        """End the run: ``complete``, ``interrupted``, ``failed`` or ``held``, and free the portfolio.

        Only a complete audit becomes part of the memory that later runs are compared with;
        the other three can be resumed.
        """
        if state not in FINISHED:
            raise ValueError(f"a run ends as one of {FINISHED}, not {state!r}")
        run = self._open_run()
        self.flush()
        with connection.transaction(self._database, self._file):
            if state == "complete" and self._kind(run.number) == AUDIT:
                write_spans(self._database, self._portfolio, run.number, self._audits(run.number))
            self._ask(
                "UPDATE run SET state = ?, exit_code = ?, finished_at = ? WHERE number = ?",
                *(state, exit_code, _text(_now()), run.number),
            )
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # -- reading ------------------------------------------------------------------------

    def results(self, run_id: str | None = None) -> Iterator[Result]:
        """Every stored site of this run, or of the named one, in stored order."""
        yield from map(_result, self._rows(run_id))

    def results_with_evidence(self, run_id: str) -> Iterator[tuple[Result, Observation]]:
        """As ``results``, each with what was seen, bodies included and checked: one pass, each record read once."""
        for row in self._rows(run_id):
            seen = self._evidence(row)
            yield _result(row, codec.without_bodies(seen)), seen

    def _rows(self, run_id: str | None) -> Iterator[tuple[Any, ...]]:
        number, position = self._run_number(run_id), 0
        while rows := self._ask(
            f"{_RESULT} WHERE r.run = ? AND r.position > ? ORDER BY r.position LIMIT {_PAGE}",
            number,
            position,
        ).fetchall():
            yield from rows
            position = rows[-1][0]

    def result(self, site_id: str, run_id: str | None = None) -> Result | None:
        row = self._row(site_id, run_id)
        return _result(row) if row else None

    def evidence(self, site_id: str, run_id: str | None = None) -> Observation:
        """What was seen of that site in this run, or in the named one, bodies included and checked."""
        row = self._row(site_id, run_id)
        if row is None:
            raise StoreError(
                f"no evidence of {site_id} is kept here",
                file=self._file,
                remedy="it may have been pruned; a newer run holds newer evidence",
            )
        return self._evidence(row)

    def _evidence(self, row: tuple[Any, ...]) -> Observation:
        _, site_id, digest, form, record, _, moments, *_ = row
        of = f"the evidence of {site_id}"
        return codec.decode_observation(record, moments, form, self._body, of=of, digest=digest)

    def verify(self, run_id: str) -> Iterator[tuple[str, str]]:
        """Every stored site of that run, in stored order, with what is wrong with its evidence; empty = nothing.

        Records and pages are held against the SHA-256 they are kept under, judgments are read back.
        """
        number = self._run_number(run_id)
        sites = self._ask(
            "SELECT s.site_id FROM result r JOIN site s ON s.number = r.site WHERE r.run = ? ORDER BY r.position",
            number,
        ).fetchall()
        for (site_id,) in sites:
            try:
                self.evidence(site_id, run_id)
                if self.result(site_id, run_id) is None:
                    raise codec.damaged(f"the judgment of {site_id}", "it is not there")
                yield site_id, ""
            except StoreError as error:
                yield site_id, error.message

    def previous(self, site_id: str) -> PreviousState | None:
        """The site's state before this run; None where this portfolio never held it."""
        with connection.errors(self._file):
            return previous_states(self._database, self._portfolio, self._number, site_id).get(site_id)

    def previous_states(self) -> Mapping[str, PreviousState]:
        """As ``previous``, of all sites at once: 20,000 in well under a second."""
        with connection.errors(self._file):
            return previous_states(self._database, self._portfolio, self._number)

    def previous_states_before(self, run_id: str) -> Mapping[str, PreviousState]:
        """As ``previous_states``, before the named run: the past does not change."""
        number = self._run_number(run_id)
        portfolio = self._one("SELECT portfolio FROM run WHERE number = ?", number)
        with connection.errors(self._file):
            return previous_states(self._database, portfolio, number)

    def runs(self) -> tuple[RunRecord, ...]:
        """All runs of this history, oldest first."""
        rows = self._ask(
            "SELECT r.number, r.run_id, p.source, r.started_at, r.finished_at, r.state, r.exit_code,"
            " (SELECT count(*) FROM result x WHERE x.run = r.number), r.kind"
            " FROM run r JOIN portfolio p ON p.number = r.portfolio ORDER BY r.number"
        )
        return tuple(
            RunRecord(
                number, run_id, source, datetime.fromisoformat(started),
                datetime.fromisoformat(finished) if finished else None, state, code, results, kind,
            )
            for number, run_id, source, started, finished, state, code, results, kind in rows
        )  # fmt: skip

    def nights(self, before: str) -> tuple[memory.Night, ...]:
        """The remembered runs of that run's portfolio from before it, oldest first."""
        number = self._run_number(before)
        portfolio = self._one("SELECT portfolio FROM run WHERE number = ?", number)
        with connection.errors(self._file), connection.roomy(self._database):
            return memory.nights(self._database, portfolio, number)

    def trend(self) -> Mapping[str, tuple[memory.Night, ...]]:
        """Portfolio → its remembered runs, oldest first."""
        portfolios = self._ask("SELECT number, source FROM portfolio ORDER BY number").fetchall()
        with connection.errors(self._file), connection.roomy(self._database):
            return {source: memory.nights(self._database, number) for number, source in portfolios}

    def compare(self, run_a: str, run_b: str) -> memory.Comparison:
        """What differs between two complete audits of one portfolio, however long ago."""
        with connection.errors(self._file), connection.roomy(self._database):
            return memory.compare(self._database, run_a, run_b)

    # -- pruning ------------------------------------------------------------------------

    def prune(self, keep_runs: int) -> int:
        """Forget raw results and evidence but those of each portfolio's newest ``keep_runs`` runs.

        The memory of changes stays. Evidence is kept while any run of this history is under
        way: it may be about to refer to it. Returns how many results went.
        """
        if keep_runs < 1:
            raise ValueError("at least one run is kept")
        with connection.transaction(self._database, self._file):
            gone = self._ask(
                "DELETE FROM result WHERE run IN (SELECT r.number FROM run r WHERE r.state <> 'running' AND"
                " (SELECT count(*) FROM run n WHERE n.portfolio = r.portfolio AND n.kind = ? AND n.number > r.number) >= ?)",
                *(AUDIT, keep_runs),
            ).rowcount
            if not self._one("SELECT count(*) FROM run WHERE state = 'running'"):
                self._ask("DELETE FROM evidence WHERE number NOT IN (SELECT evidence FROM result)")
                self._ask("DELETE FROM evidence_body WHERE evidence NOT IN (SELECT number FROM evidence)")
                self._ask("DELETE FROM body WHERE digest NOT IN (SELECT body FROM evidence_body)")
        with connection.errors(self._file):
            connection.give_back(self._database)
        return gone

    # -- inside -------------------------------------------------------------------------

    def _write(self, run: Run, position: int, waiting: _Waiting) -> None:
        self._ask(
            "INSERT INTO site (portfolio, site_id, first_run) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            *(self._portfolio, waiting.site_id, run.number),
        )
        site = self._one(
            "SELECT number FROM site WHERE portfolio = ? AND site_id = ?", self._portfolio, waiting.site_id
        )
        if self._one("SELECT count(*) FROM result WHERE run = ? AND site = ?", run.number, site):
            return
        encoded = waiting.observation
        self._ask(
            "INSERT INTO evidence (digest, form, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            *(encoded.digest, codec.OBSERVATION_SCHEMA, encoded.record),
        )
        evidence = self._one("SELECT number FROM evidence WHERE digest = ?", encoded.digest)
        for digest, size, stored in waiting.bodies:
            if stored is not None:
                self._ask(
                    "INSERT INTO body (digest, size, zstd) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    *(digest, size, stored),
                )
            self._ask(
                "INSERT INTO evidence_body (evidence, body) VALUES (?, ?) ON CONFLICT DO NOTHING",
                *(evidence, digest),
            )
        self._ask(
            "INSERT INTO result (run, position, site, evidence, body_digest, moments, form, audit)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            *(run.number, position, site, evidence, encoded.body_digest, encoded.moments),
            *(codec.AUDIT_SCHEMA, waiting.audit),
        )

    def _beat(self, run: Run) -> None:
        changed = self._ask(
            "UPDATE run SET heartbeat_at = ? WHERE number = ? AND owner = ? AND state = 'running'",
            *(_text(_now()), run.number, self._owner),
        ).rowcount
        if changed != 1:
            raise RunLockedError(
                f"run {run.run_id} was taken over by another process, or is finished",
                file=self._file,
                remedy="let that process end; this one has stored nothing since",
            )

    def _audits(self, run: int) -> Iterator[tuple[int, SiteAudit]]:
        for site, form, audit in self._ask(
            "SELECT site, form, audit FROM result WHERE run = ?", run
        ).fetchall():
            yield site, codec.decode_audit(audit, form, of=f"the audit of site {site}")

    def _row(self, site_id: str, run_id: str | None) -> tuple[Any, ...] | None:
        """Found by the index of portfolio and site: without the portfolio every site would be looked through."""
        number = self._run_number(run_id)
        sentence = (
            f"{_RESULT} WHERE r.run = ? AND s.site_id = ?"  # noqa: S608 - of our own words
            " AND s.portfolio = (SELECT portfolio FROM run WHERE number = r.run)"
        )
        row: tuple[Any, ...] | None = self._ask(sentence, number, site_id).fetchone()
        return row

    def _body(self, digest: bytes) -> bytes:
        row = self._ask("SELECT zstd FROM body WHERE digest = ?", digest).fetchone()
        if row is None:
            raise codec.damaged(f"page {digest.hex()}", "it is not there")
        return codec.decompress_body(row[0], digest)

    def _holds(self, digest: bytes) -> bool:
        return self._ask("SELECT 1 FROM body WHERE digest = ?", digest).fetchone() is not None

    def _is_due(self) -> bool:
        return time.monotonic() - self._flushed_at >= FLUSH_S

    def _identity(self, run_id: str) -> str:
        sentence = (
            "SELECT p.identity FROM run r JOIN portfolio p ON p.number = r.portfolio WHERE r.number = ?"
        )
        return str(self._ask(sentence, self._run_number(run_id)).fetchone()[0])

    def _kind(self, number: int) -> str:
        return str(self._ask("SELECT kind FROM run WHERE number = ?", number).fetchone()[0])

    def _open_run(self) -> Run:
        if self._run is None or self._lock is None:
            raise ValueError("no run is under way in this History")
        return self._run

    @property
    def _number(self) -> int:
        if self._run is None:
            raise ValueError("no run was begun in this History")
        return self._run.number

    def _run_number(self, run_id: str | None) -> int:
        if run_id is None:
            if self._waiting:
                self.flush()
            return self._number
        row = self._ask("SELECT number FROM run WHERE run_id = ?", run_id).fetchone()
        if row is None:
            raise StoreError(f"no run {run_id} is known here", file=self._file, remedy="see icpcrawl history")
        return int(row[0])

    def _ask(self, sentence: str, *given: object) -> sqlite3.Cursor:
        with connection.errors(self._file):
            return self._database.execute(sentence, given)

    def _one(self, sentence: str, *given: object) -> int:
        return int(self._ask(sentence, *given).fetchone()[0])


_RESULT = (
    "SELECT r.position, s.site_id, e.digest, e.form, e.record, r.body_digest, r.moments, r.form, r.audit"
    " FROM result r JOIN site s ON s.number = r.site JOIN evidence e ON e.number = r.evidence"
)


def _result(row: tuple[Any, ...], seen: Observation | None = None) -> Result:
    """``seen`` is the row's observation without bodies, where it was decoded already."""
    _, site_id, digest, form, record, body_digest, moments, audit_form, audit = row
    return Result(
        site_id=site_id,
        observation=seen
        or codec.decode_observation(record, moments, form, None, of=f"the evidence of {site_id}"),
        audit=codec.decode_audit(audit, audit_form, of=f"the audit of {site_id}"),
        evidence=digest.hex(),
        body_sha256=body_digest.hex(),
    )


def portfolio_identity(source: str) -> str:
    """What a portfolio is the same by, night after night: the place of its file."""
    return hashlib.sha256(str(Path(source).resolve()).encode("utf-8", "surrogateescape")).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
