"""How long it takes to judge a stored run again: one core, no network.

    python -m tests.bench.replay [--sites 20000]

The pages are those named by ICPCRAWL_CORPUS, or the demo's own, over and over: each site is
decoded, read and judged like any other.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from icpcrawl.audit import audit_site
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.register import Register
from icpcrawl.datafiles import load_facts
from icpcrawl.history import History
from icpcrawl.observation import (
    CountryVote,
    DnsAnswer,
    DnsStatus,
    Fetched,
    FetchOutcome,
    Hosting,
    LocatedAddress,
    Observation,
    Page,
    Vantage,
    VantageSide,
)
from icpcrawl.portfolio import Site, read_portfolio
from icpcrawl.replay import replay
from tests.bench.run import bodies

STARTED = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
MAINLAND = "47.96.129.18"
VOTES = (CountryVote("dbip-country-lite", "geoip", "CN"), CountryVote("origin-as", "origin-as", "CN", 37963))


def observed(site: Site, body: bytes) -> Observation:
    url = f"https://{site.host}/"
    page = Page(url, 200, (("content-type", "text/html"),), body, "verified")
    answer = DnsAnswer(site.host, "mainland", DnsStatus.OK, (), (MAINLAND,), 300, "127.0.0.1:53", True)
    return Observation(
        site.site_id,
        "bench",
        STARTED,
        Fetched(FetchOutcome.OK, page=page),
        Hosting((answer,), (LocatedAddress(MAINLAND, VOTES),)),
        (Vantage("mainland", VantageSide.MAINLAND, "202.96.209.0/24"),),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=20_000)
    asked = parser.parse_args()
    pages, facts = bodies(), load_facts()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "portfolio.csv")
        file.write_text("domain\n" + "".join(f"s{n}.bench.example\n" for n in range(asked.sites)))
        portfolio = read_portfolio(file)
        with History.open(Path(folder)) as history:
            run = history.begin(portfolio, run_id="bench", started_at=STARTED, resume=False)
            history.keep_files({"portfolio": file})
            first = portfolio.sites[0]
            audit = audit_site(
                first, observed(first, pages[0]), None, Register(), facts, Policy(), STARTED.date()
            )
            for number, site in enumerate(portfolio.sites):
                seen = observed(site, pages[number % len(pages)])
                history.add(
                    seen,
                    type(audit)(site.site_id, audit.verdict, audit.reason, audit.outcome, (), audit.hosting),
                )
            history.finish("complete", 0)
        with History.open(Path(folder)) as history:
            began, used = time.perf_counter(), time.process_time()
            again = replay(history, run.run_id)
            wall_s, cpu_s = time.perf_counter() - began, time.process_time() - used
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{len(again.results)} sites judged again in {wall_s:.1f} s ({cpu_s:.1f} s CPU,"
        f" {cpu_s / asked.sites * 1000:.2f} ms each), peak {peak_mb:.0f} MB"
    )


if __name__ == "__main__":
    main()
