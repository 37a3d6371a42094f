"""Time, CPU and peak memory of a whole audit beside bare Scrapy: the same pages, in turn.

    python tests/bench/run.py [--pages 500] [--rounds 5] [--json]

The loopback web runs in this process, so that only the visitor's CPU is counted. Pages are
those named by ICPCRAWL_CORPUS, or the demo's own. icpcrawl verifies certificates, asks the
DNS as three vantages, judges, stores and reports; bare Scrapy finds a number in each page.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.sites import SITES
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone

MAINLAND = "47.96.129.18"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Measured:
    wall_s: float
    cpu_s: float
    peak_mb: float


def measured(words: list[str], proof: str) -> Measured:
    """One command, from start to end; ends the bench when it did not say ``proof`` of its work."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.perf_counter() - began
        said.seek(0)
        text = said.read().decode()
        if process.returncode not in (0, 1) or proof not in text:
            raise SystemExit(f"{words[:4]} ended with {process.returncode}, without {proof}:\n{text[-2000:]}")
    return Measured(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def bodies() -> list[bytes]:
    corpus = os.environ.get("ICPCRAWL_CORPUS")
    if corpus:
        return [file.read_bytes() for file in sorted(Path(corpus, "pages").glob("*.html"))]
    found = [host.pages.get("/", Answer()).body for site in SITES for host in site.hosts.values()]
    return [body for body in found if 10_000 < len(body) < 1_000_000]


def zone(pages: int) -> Zone:
    saved = bodies()
    hosts = {f"s{n}.bench.example": Host({"/": Answer(saved[n % len(saved)])}) for n in range(pages)}
    return Zone({name: Name(Records(a=(MAINLAND,))) for name in hosts}, hosts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    web_zone = zone(asked.pages)
    with LoopbackWeb(web_zone) as web, tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        hosts = list(web_zone.hosts)
        audited: dict[str, list[Measured]] = {}
        for scheme, port in (("http", web.http_port), ("https", web.https_port)):
            urls = work / f"{scheme}.txt"
            urls.write_text("\n".join(f"{scheme}://{host}:{port}/" for host in hosts))
            portfolio = work / f"{scheme}.csv"
            portfolio.write_text("url\n" + "\n".join(f"{scheme}://{host}/" for host in hosts) + "\n")
            bare = [sys.executable, str(HERE / "bare_scrapy.py"), str(urls)]
            for round_ in range(asked.rounds + 1):
                output = work / f"{scheme}-{round_}"
                ours = [sys.executable, "-m", "icpcrawl", "audit", str(portfolio), "-o", str(output)]
                for name, words, proof in (
                    (f"bare {scheme}", bare, f"{asked.pages} pages"),
                    (f"icpcrawl {scheme}", [*ours, *web.arguments], f'"rows_out": {asked.pages}'),
                ):
                    took = measured(words, proof)
                    if round_:  # the first warms up both
                        audited.setdefault(name, []).append(took)
        size_kb = sum(len(host.pages["/"].body) for host in web_zone.hosts.values()) / len(hosts) / 1000
    result = {
        name: {
            "wall_s": round(statistics.median(each.wall_s for each in rounds), 2),
            "cpu_ms_per_page": round(
                statistics.median(each.cpu_s for each in rounds) / asked.pages * 1000, 2
            ),
            "peak_mb": round(statistics.median(each.peak_mb for each in rounds), 1),
        }
        for name, rounds in audited.items()
    }
    if asked.json:
        print(json.dumps(result))
        return
    print(f"{asked.pages} pages of {size_kb:.0f} KB on average, medians of {asked.rounds} rounds in turn")
    print(f"{'':<16}{'wall s':>8}{'CPU ms/page':>14}{'peak MB':>10}")
    for name, row in result.items():
        print(f"{name:<16}{row['wall_s']:>8}{row['cpu_ms_per_page']:>14}{row['peak_mb']:>10}")


if __name__ == "__main__":
    main()
