"""What asking costs: DNS CPU per site with the default vantages, and 2,000 names of which some are dead.

    python tests/bench/look_ups.py [--sites 2000] [--dead 40] [--json]

The first figure is this process's CPU for one name per site: the plain answer (A and AAAA), one
mainland and one overseas client. The second sets the same work beside Scrapy's default resolver,
the system's own in threads, which asks a third of it: each dead name is one that nobody answers
for. Both run as many names at once as a crawl does, against the same name server in another
process. It stands on port 53 of a network namespace of its own, so the bench needs root and
``unshare``; without them only the first figure is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import uvloop

# Run as a script, Python looks beside this file first, and would take it for dnspython.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from icpcrawl.crawl.dns import NameServer
from icpcrawl.crawl.geo_files import geography_in_force
from icpcrawl.crawl.locate import located
from icpcrawl.crawl.names import Names
from icpcrawl.crawl.vantages import default_vantages
from icpcrawl.observation import DnsStatus

AT_ONCE = 100
SCRAPY_THREADS = 10
"""REACTOR_THREADPOOL_MAXSIZE, Scrapy's default: as many names at once as its resolver asks."""

SERVER = """
import sys, threading
from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.zone import Name, NameTrouble, Records, Zone
alive, dead, address = int(sys.argv[1]), int(sys.argv[2]), Records(a=("47.96.129.18",))
names = {f"s{n}.bench.example": Name(address) for n in range(alive)}
names |= {f"d{n}.bench.example": Name(address, trouble=NameTrouble.SILENT) for n in range(dead)}
with LoopbackWeb(Zone(names), first_port=int(sys.argv[3])) as web:
    print(web.dns_port, flush=True)
    sys.stdin.read()
"""

SCRAPY = """
import sys, time
from scrapy.utils.reactor import install_reactor
install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
from twisted.internet import reactor
from twisted.internet.defer import DeferredList, DeferredSemaphore
from scrapy.resolver import CachingThreadedResolver
hosts = sys.stdin.read().split()
reactor.suggestThreadPoolSize(int(sys.argv[1]))
CachingThreadedResolver(reactor, 10_000, 60.0).install_on_reactor()
found, turn, began = [], DeferredSemaphore(int(sys.argv[2])), time.monotonic()
def ended(_):
    print(time.monotonic() - began, len(found))
    reactor.stop()
def start():
    asked = [turn.run(reactor.resolve, host).addCallbacks(found.append, lambda _: None) for host in hosts]
    DeferredList(asked).addCallback(ended)
reactor.callWhenRunning(start)
reactor.run()
"""


def hosts(sites: int, dead: int) -> list[str]:
    """Dead names spread evenly among the others, as in a portfolio."""
    every = sites // dead if dead else sites + 1
    return [
        f"d{n // every}.bench.example" if n % every == 0 and n // every < dead else f"s{n}.bench.example"
        for n in range(sites)
    ]


def server(sites: int, dead: int, port: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", SERVER, str(sites), str(dead), str(port)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def ours(names_of: list[str], port: int) -> dict[str, float]:
    """Every name of every vantage: wall time, CPU per site, names answered, growth of memory."""

    async def ask() -> dict[str, float]:
        names = Names([NameServer("127.0.0.1", port)], default_vantages())
        geography = geography_in_force()
        turn = asyncio.Semaphore(AT_ONCE)

        async def one(host: str) -> bool:
            async with turn:
                hosting = await located((host,), names, geography)
            return any(answer.status is DnsStatus.OK for answer in hosting.answers)

        await asyncio.gather(*(one(f"s{n}.warm.example") for n in range(50)))
        # As a crawl does.
        gc.freeze()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.monotonic(), time.process_time()
        answered = sum(await asyncio.gather(*map(one, names_of)))
        wall, cpu = time.monotonic() - began, time.process_time() - cpu
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
        names.close()
        geography.close()
        return {
            "wall_s": round(wall, 2),
            "cpu_ms_per_site": round(cpu / len(names_of) * 1000, 3),
            "answered": answered,
            "grown_mb": round(grown / 1024, 1),
        }

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(ask())


def scrapys(names_of: list[str]) -> dict[str, float]:
    """Scrapy's default resolver over the same names, once each."""
    done = subprocess.run(
        [sys.executable, "-c", SCRAPY, str(SCRAPY_THREADS), str(AT_ONCE)],
        input="\n".join(names_of),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"Scrapy's resolver could not be run: {done.stderr[-500:]}")
    wall, answered = done.stdout.split()
    return {"wall_s": round(float(wall), 2), "answered": int(answered)}


def enter_a_namespace() -> bool:
    """Start again with a network and a resolv.conf of our own; False where that cannot be."""
    inside = bool(os.environ.get("ICPCRAWL_BENCH_INSIDE"))
    if inside or os.geteuid() or not shutil.which("unshare") or not shutil.which("ip"):
        return inside
    folder = Path(tempfile.mkdtemp(prefix="icpcrawl-bench-"))
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (folder / "nsswitch.conf").write_text("hosts: dns\n")
    script = (
        f"ip link set lo up && mount --bind {folder}/resolv.conf /etc/resolv.conf && "
        f"mount --bind {folder}/nsswitch.conf /etc/nsswitch.conf && exec {shlex.join([sys.executable, *sys.argv])}"
    )
    os.environ["ICPCRAWL_BENCH_INSIDE"] = "1"
    return os.execvp("unshare", ["unshare", "--mount", "--net", "sh", "-c", script])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--dead", type=int, default=40)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    inside = enter_a_namespace()
    process = server(asked.sites, asked.dead, 53 if inside else 0)
    try:
        port = int(process.stdout.readline() if process.stdout else 0)
        result = {"alive": ours(hosts(asked.sites, 0), port)}
        dead = hosts(asked.sites, asked.dead)
        result["some dead"] = ours(dead, port)
        if inside:
            result["Scrapy's default, some dead"] = scrapys(dead)
    finally:
        process.terminate()
        process.wait()
    if asked.json:
        print(json.dumps(result))
        return
    print(f"{asked.sites} names, {asked.dead} dead where said, {AT_ONCE} at once, three vantages")
    for name, row in result.items():
        print(f"{name:<30}", "  ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    main()
