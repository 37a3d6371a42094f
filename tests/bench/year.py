"""A year of nights over a large portfolio: size of the history, seconds of its questions.

    python tests/bench/year.py [NIGHTS] [SITES] [FOLDER]

Every night is remembered by the history's own code, from audits made up in memory: each site has
two findings for a start, one in 200 changes verdict, one in 100 changes a notice and one in 60
cannot be reached. Raw results are not written but for the last night, whose size is told apart.
The file stays where FOLDER is named.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from icpcrawl.audit.finding import Severity, Verdict  # noqa: E402 - run as a script
from icpcrawl.audit.site_audit import SiteAudit  # noqa: E402
from icpcrawl.history import History  # noqa: E402
from icpcrawl.history.spans import write_spans  # noqa: E402
from tests.history.samples import make_audit, make_finding, make_observation, make_portfolio  # noqa: E402

T = TypeVar("T")
START = datetime(2026, 1, 1, 17, 0, tzinfo=UTC)
SOURCE = "/srv/portfolio.csv"
RULES = ("link-missing", "link-retired-host", "filing-number-differs", "psb-number-missing")


class Portfolio:
    """What each site is like tonight; a site's audit is one of a few values with its own name."""

    def __init__(self, sites: int) -> None:
        self.dice = random.Random(7)  # the same year every time
        self.names = [f"site-{number:05}.example.cn" for number in range(sites)]
        self.bad = [self.dice.random() < 0.3 for _ in self.names]
        self.noticed = [True for _ in self.names]

    def night(self) -> list[SiteAudit]:
        for at in self.dice.sample(range(len(self.names)), len(self.names) // 200):
            self.bad[at] = not self.bad[at]
        for at in self.dice.sample(range(len(self.names)), len(self.names) // 100):
            self.noticed[at] = not self.noticed[at]
        dark = set(self.dice.sample(range(len(self.names)), len(self.names) // 60))
        return [self.audit(at, is_dark=at in dark) for at in range(len(self.names))]

    def audit(self, at: int, *, is_dark: bool) -> SiteAudit:
        name = self.names[at]
        if is_dark:
            return make_audit(name, Verdict.NOT_ASSESSED, make_finding("fetch-failed"))
        notice = [make_finding(RULES[3], Severity.NOTICE)] if self.noticed[at] else []
        if self.bad[at]:
            error = make_finding(RULES[at % 3], subject=f"京ICP备{10_000_000 + at}号-1")
            return make_audit(name, Verdict.NON_COMPLIANT, error, *notice)
        return make_audit(name, Verdict.COMPLIANT, make_finding("tls-unverified", Severity.WARNING), *notice)


def remember(history: History, portfolio: Portfolio, night: int) -> None:
    """A complete run as ``History.finish`` leaves it, its raw results pruned already."""
    database = history._database
    history.begin(
        make_portfolio(SOURCE, 0),
        run_id=f"{START + timedelta(days=night):%Y%m%dT%H%M%SZ}-{night:06x}",
        started_at=START + timedelta(days=night),
        resume=False,
    )
    if night == 0:
        database.execute("BEGIN")
        database.executemany(
            "INSERT INTO site (portfolio, site_id, first_run) VALUES (1, ?, 1)",
            [(name,) for name in portfolio.names],
        )
        database.execute("COMMIT")
    audits = portfolio.night()
    database.execute("BEGIN")
    write_spans(database, 1, night + 1, enumerate(audits, 1))
    database.execute("COMMIT")
    database.execute(
        "UPDATE run SET state = 'complete', exit_code = 1, finished_at = started_at WHERE number = ?",
        (night + 1,),
    )


def last_night(history: History, portfolio: Portfolio, night: int) -> None:
    """One night through the front door: evidence, bodies, results."""
    history.begin(
        make_portfolio(SOURCE, 0), run_id="last", started_at=START + timedelta(days=night), resume=False
    )
    for audit in portfolio.night():
        body = audit.site_id.encode() * 50 if audit.verdict is not Verdict.NOT_ASSESSED else None
        history.add(make_observation(audit.site_id, body), audit)
    history.finish("complete", 1)


def size_mb(history: History) -> float:
    history._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return Path(history._file).stat().st_size / 1e6


def body_mb(history: History) -> float:
    return (
        float(history._database.execute("SELECT coalesce(sum(length(zstd)), 0) FROM body").fetchone()[0])
        / 1e6
    )


def main() -> None:
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 365
    sites = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(aside)
        year(folder, nights, sites)


def year(folder: Path, nights: int, sites: int) -> None:
    portfolio = Portfolio(sites)
    began = time.perf_counter()
    for night in range(nights):
        with History.open(folder) as history:
            history._database.execute("PRAGMA synchronous = OFF")
            remember(history, portfolio, night)
    print(f"{nights} nights x {sites} sites remembered in {time.perf_counter() - began:.0f} s")
    with History.open(folder) as history:
        remembered = size_mb(history)
        last_night(history, portfolio, nights)
        bodies = body_mb(history)
        raw = size_mb(history) - remembered - bodies
        print(
            f"memory {remembered:.1f} MB; one night of results {raw:.1f} MB beside {bodies:.1f} MB of pages"
        )
    with History.open(folder) as history:
        questions(history)
        trend = next(iter(history.trend().values()))
        _prove(history, trend[-1].verdicts, "last")


def questions(history: History) -> None:
    """Each asked three times; seconds by the wall and of CPU, of the fastest."""
    names = [run.run_id for run in history.runs()]
    for said, one in (("two nights", -3), ("a month", -32), ("the whole year", 0)):
        pair = (names[max(one, -len(names))], names[-2])
        compared, took = _timed(lambda pair=pair: history.compare(*pair))  # type: ignore[misc]
        print(f"compare {said}: {took}, {len(compared.sites)} sites differ")
    trend, took = _timed(history.trend)
    print(f"trend of {len(next(iter(trend.values())))} runs: {took}")
    runs, took = _timed(history.runs)
    print(f"list of {len(runs)} runs: {took}")


def _timed(ask: Callable[[], T]) -> tuple[T, str]:
    tries = []
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = ask()
        tries.append((time.perf_counter() - wall, time.process_time() - cpu))
    wall, cpu = min(tries)
    return answer, f"{wall:.3f} s ({cpu:.3f} s of CPU)"


def _prove(history: History, told: tuple[tuple[str, int], ...], run: str) -> None:
    """The trend's last point is what the stored results of that run say."""
    counts = dict.fromkeys(Verdict, 0)
    for result in history.results(run):
        counts[result.audit.verdict] += 1
    assert told == tuple((verdict.value, count) for verdict, count in counts.items() if count), counts


if __name__ == "__main__":
    main()
