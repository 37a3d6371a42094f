"""Every SQL sentence of the history's shape, in one place.

Plain SQL that PostgreSQL would take too, but for the type names; pragmas are in
``connection``. A run's number orders runs in time. Spans are half open: they hold from
``from_run`` until just before ``to_run``, and still hold where ``to_run`` is NULL, so a
night on which nothing changed writes no row at all.
"""

from __future__ import annotations

APPLICATION_ID = 0x49435043
"""``ICPC``: how a history file is told from other people's SQLite files."""

VERSION = 3
"""Of the tables; raise it together with a step in ``MIGRATIONS``."""

TABLES = """
CREATE TABLE portfolio (
    number   INTEGER PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    source   TEXT NOT NULL
);
CREATE TABLE run (
    number       INTEGER PRIMARY KEY,
    run_id       TEXT NOT NULL UNIQUE,
    portfolio    INTEGER NOT NULL REFERENCES portfolio,
    portfolio_sha256 TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    on_date      TEXT NOT NULL,
    finished_at  TEXT,
    heartbeat_at TEXT NOT NULL,
    host         TEXT NOT NULL,
    pid          INTEGER NOT NULL,
    owner        TEXT NOT NULL,
    state        TEXT NOT NULL,
    exit_code    INTEGER,
    kind         TEXT NOT NULL DEFAULT 'audit'
);
CREATE UNIQUE INDEX one_running_run ON run (portfolio) WHERE state = 'running';
CREATE INDEX run_of_portfolio ON run (portfolio, number);
CREATE TABLE file (
    digest BLOB NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    zstd   BLOB NOT NULL
);
CREATE TABLE run_file (
    run  INTEGER NOT NULL REFERENCES run,
    kind TEXT NOT NULL,
    file BLOB NOT NULL REFERENCES file,
    PRIMARY KEY (run, kind)
);
CREATE TABLE site (
    number    INTEGER PRIMARY KEY,
    portfolio INTEGER NOT NULL REFERENCES portfolio,
    site_id   TEXT NOT NULL,
    first_run INTEGER NOT NULL REFERENCES run,
    provider  TEXT NOT NULL DEFAULT '',
    asn       TEXT NOT NULL DEFAULT '',
    cdn       TEXT NOT NULL DEFAULT '',
    UNIQUE (portfolio, site_id)
);
CREATE TABLE body (
    digest BLOB NOT NULL PRIMARY KEY,
    size   INTEGER NOT NULL,
    zstd   BLOB NOT NULL
);
CREATE TABLE evidence (
    number INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE,
    form   INTEGER NOT NULL,
    record BLOB NOT NULL
);
CREATE TABLE evidence_body (
    evidence INTEGER NOT NULL REFERENCES evidence,
    body     BLOB NOT NULL REFERENCES body,
    PRIMARY KEY (evidence, body)
);
CREATE TABLE result (
    run         INTEGER NOT NULL REFERENCES run,
    position    INTEGER NOT NULL,
    site        INTEGER NOT NULL REFERENCES site,
    evidence    INTEGER NOT NULL REFERENCES evidence,
    body_digest BLOB NOT NULL,
    moments     BLOB NOT NULL,
    form        INTEGER NOT NULL,
    audit       BLOB NOT NULL,
    PRIMARY KEY (run, position),
    UNIQUE (run, site)
);
CREATE INDEX result_of_evidence ON result (evidence);
CREATE TABLE span (
    site          INTEGER NOT NULL REFERENCES site,
    from_run      INTEGER NOT NULL REFERENCES run,
    to_run        INTEGER REFERENCES run,
    verdict       TEXT NOT NULL,
    verdict_since INTEGER NOT NULL REFERENCES run,
    hosting       TEXT NOT NULL,
    PRIMARY KEY (site, from_run)
);
CREATE INDEX span_began ON span (from_run);
CREATE INDEX span_ended ON span (to_run);
CREATE TABLE gap (
    site         INTEGER NOT NULL REFERENCES site,
    from_run     INTEGER NOT NULL REFERENCES run,
    to_run       INTEGER REFERENCES run,
    verdict      TEXT NOT NULL,
    outcome      TEXT NOT NULL,
    dark_since   INTEGER NOT NULL REFERENCES run,
    assessed_run INTEGER REFERENCES run,
    PRIMARY KEY (site, from_run)
);
CREATE INDEX gap_began ON gap (from_run);
CREATE INDEX gap_ended ON gap (to_run);
CREATE TABLE finding_span (
    site     INTEGER NOT NULL REFERENCES site,
    rule     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    from_run INTEGER NOT NULL REFERENCES run,
    to_run   INTEGER REFERENCES run,
    severity TEXT NOT NULL,
    waived   INTEGER NOT NULL DEFAULT 0,
    since    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, rule, subject, from_run)
);
CREATE INDEX finding_span_began ON finding_span (from_run);
CREATE INDEX finding_span_ended ON finding_span (to_run);
"""
"""``run.kind``: ``audit``, or ``recheck`` of a few sites, which no later run is compared with.
``file``: the portfolio, policy, waivers and register that runs were given, each content once.
``evidence``: one observation without its bodies. ``result``: one site of one run, raw,
pruned after N runs. ``span``: assessed states. ``gap``: nights without an assessed state,
kept apart so that a timeout neither ends a finding nor begins one. ``finding_span``: one
that weighs otherwise or is waived goes on in the next row, ``since`` the run that first said
it, so that past nights stay as they were told. ``asn`` is joined by spaces. ``site.provider, asn, cdn`` are those of the last assessed run only: geo-DNS
answers change nightly, a span for each would be larger than all the rest."""

MIGRATIONS: dict[int, str] = {
    1: """
CREATE TABLE IF NOT EXISTS file (
    digest BLOB NOT NULL PRIMARY KEY,
    name   TEXT NOT NULL,
    zstd   BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS run_file (
    run  INTEGER NOT NULL REFERENCES run,
    kind TEXT NOT NULL,
    file BLOB NOT NULL REFERENCES file,
    PRIMARY KEY (run, kind)
);
ALTER TABLE run ADD COLUMN kind TEXT NOT NULL DEFAULT 'audit';
ALTER TABLE finding_span ADD COLUMN waived INTEGER NOT NULL DEFAULT 0
""",
    2: """
ALTER TABLE finding_span ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE finding_span SET since = from_run
""",
}
"""Version → the script that leads from it to the next."""
