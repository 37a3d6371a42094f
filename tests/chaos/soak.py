"""An audit of a troubled web, undisturbed, then killed again and again: both must say the same.

    python tests/chaos/soak.py [--sites 2000] [--kills 20] [--site-seconds 8] [--seed 6] [--handler own]

Ends with 0 only if every row came out once with the same judgment both times, nothing connected
where it must not, no traceback was logged, memory stayed flat, and each kind of trouble was
called by its name. The loopback web runs in this process.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from icpcrawl.crawl.handlers import KINDS  # noqa: E402 - run as a script
from icpcrawl.demo.loopback import LoopbackWeb  # noqa: E402
from tests.chaos.troubled_web import FORBIDDEN, TroubledWeb, troubled_web  # noqa: E402

REFUSED_ROWS = ("not a host!", "a b.cn", "a..cn")
OF_THE_NIGHT = frozenset({"assessed_at", "run", "evidence", "evidence_sha256", "first_seen"})
"""Columns that tell when a row was made, not what was found."""
STOPS_WITHIN_S = 10.0
GROWTH_MB = 40.0
"""A page of 5 MB costs this much while it is read; more than that is kept."""
SAMPLE_S = 0.25


@dataclass(slots=True)
class Soaked:
    """What came of it; ``faults`` is empty when all is well."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        self.lines.append(line)
        print(line, flush=True)

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.faults.append(otherwise)
            print(f"FAULT: {otherwise}", flush=True)


@dataclass(slots=True)
class Soak:
    web: LoopbackWeb
    troubled: TroubledWeb
    canary: Canary
    work: Path
    site_s: float
    chance: random.Random
    soaked: Soaked
    handler: str

    def start(self, output: str) -> subprocess.Popen[bytes]:
        words = [
            sys.executable,
            str(Path(__file__).with_name("one_run.py")),
            str(self.work / "portfolio.csv"),
        ]
        words += [str(self.work / output), str(self.work / "watched.json"), "--resume"]
        with (self.work / f"{output}.said").open("ab") as said:
            return subprocess.Popen(
                words, stdout=said, stderr=said, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )

    def prepare(self) -> None:
        web = self.web
        lines = ["domain,site_id"]
        lines += [f"{host},{host}" for host in (*self.troubled.order, *REFUSED_ROWS)]
        (self.work / "portfolio.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        told = {
            "nameserver": web.nameserver,
            "connect_to": web.connect_to,
            "ca_file": str(web.ca_file),
            "ports": [web.dns_port, web.http_port, web.https_port, web.reset_port, web.closed_port],
            "site_s": self.site_s,
            "handler": self.handler,
        }
        (self.work / "watched.json").write_text(json.dumps(told), encoding="utf-8")

    def undisturbed(self) -> float:
        """Seconds that the crawl and its report take when nobody interferes."""
        began = time.monotonic()
        process = self.start("whole")
        megabytes = list[float]()
        while process.poll() is None:
            with contextlib.suppress(OSError, IndexError, ValueError):
                pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
                megabytes.append(pages * 4096 / 1024**2)
            time.sleep(SAMPLE_S)
        took_s = time.monotonic() - began
        self.soaked.expect(process.returncode == 1, f"the undisturbed run ended with {process.returncode}")
        if process.returncode != 1 or not (self.work / "whole" / "latest").exists():
            print((self.work / "whole.said").read_text("utf-8", "replace")[-4000:])
        self.soaked.say(f"undisturbed: {took_s:.0f} s, exit {process.returncode}")
        if len(megabytes) >= 40:
            tenths = [megabytes[len(megabytes) * n // 10 : len(megabytes) * (n + 1) // 10] for n in range(10)]
            medians = [statistics.median(tenth) for tenth in tenths]
            self.soaked.say(
                f"memory by tenths of the time, MB: {' '.join(f'{m:.0f}' for m in medians)}; peak {max(megabytes):.0f}"
            )
            growth = statistics.median(medians[6:9]) - statistics.median(medians[2:5])
            self.soaked.expect(growth < GROWTH_MB, f"memory grew by {growth:.0f} MB")
        return took_s

    def killed(self, kills: int, took_s: float) -> None:
        """The same audit, never left in peace for long, then let to its end."""
        stored, survived = 0, 0
        for number in range(kills):
            process = self.start("killed")
            if number == kills - 1:
                # The last one strikes while the report is being written.
                self._until_all_are_stored(process)
                self._die(process, self.chance.uniform(0.0, 0.1))
            elif number == kills // 2:
                self._stop(process, self.chance.uniform(1.5, took_s / 8 + 2.0))
            else:
                self._die(process, self.chance.uniform(0.2, took_s / 8 + 2.0))
            if self._ask("SELECT count(*) FROM run WHERE state = 'complete'"):
                self.soaked.say(f"kill {number + 1} came a moment after the end")
                return
            survived += process.returncode not in (-signal.SIGKILL, 128 + signal.SIGTERM)
            now = self._stored()
            self.soaked.expect(now >= stored, f"{stored - now} stored rows were lost by kill {number + 1}")
            stored = now
        began = time.monotonic()
        code = self.start("killed").wait()
        self.soaked.expect(code == 1, f"the resumed run ended with {code}")
        self.soaked.say(
            f"killed {kills - survived} times, then ended in {time.monotonic() - began:.0f} s, exit {code}"
        )
        self.soaked.expect(survived == 0, f"{survived} runs had ended before they could be killed")
        self.soaked.expect(self._runs() == 1, "a resumed run became another run")

    def _die(self, process: subprocess.Popen[bytes], after_s: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.kill()
        process.wait()

    def _stop(self, process: subprocess.Popen[bytes], after_s: float) -> None:
        """Ask instead of killing, as a service manager does; not before Python itself has started."""
        before = len(self.web.visits)
        while process.poll() is None and len(self.web.visits) == before:
            time.sleep(0.05)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        asked = time.monotonic()
        process.terminate()
        process.wait()
        took_s = time.monotonic() - asked
        self.soaked.say(f"asked to stop: {took_s:.1f} s, exit {process.returncode}")
        self.soaked.expect(process.returncode == 143, f"SIGTERM gave exit {process.returncode}")
        self.soaked.expect(took_s < STOPS_WITHIN_S, f"SIGTERM took {took_s:.1f} s")

    def _until_all_are_stored(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and self._stored() < len(self.troubled.order):
            time.sleep(0.05)

    def _ask(self, question: str) -> int:
        file = self.work / "killed" / "history.sqlite"
        if not file.exists():
            return 0
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as history:
            try:
                return int(history.execute(question).fetchone()[0])
            except sqlite3.OperationalError:
                return 0

    def _stored(self) -> int:
        return self._ask("SELECT count(*) FROM result")

    def _runs(self) -> int:
        return self._ask("SELECT count(*) FROM run")

    def rows(self, output: str, file: str = "sites.csv") -> list[dict[str, str]]:
        with (self.work / output / "latest" / file).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def compare(self) -> None:
        """Rows in = rows out, in order, none doubled, and both runs of one mind."""
        expected = [*self.troubled.order, *REFUSED_ROWS]
        whole, killed = self.rows("whole"), self.rows("killed")
        for name, rows in (("undisturbed", whole), ("killed", killed)):
            ids = [row["domain"] for row in rows]
            self.soaked.expect(
                ids == expected, f"{name}: {len(expected)} rows in, {len(ids)} out ({len(set(ids))} distinct)"
            )
        differing = Counter[str]()
        for one, other in zip(whole, killed, strict=False):
            for column in one.keys() - OF_THE_NIGHT:
                if one[column] != other[column]:
                    differing[column] += 1
                    if differing.total() <= 20:
                        print(f"  {one['site_id']} {column}: {one[column]!r} then {other[column]!r}")
        self.soaked.expect(not differing, f"judged otherwise after kills: {dict(differing)}")
        ids_of = [
            {row["finding_id"] for row in self.rows(output, "findings.csv")} for output in ("whole", "killed")
        ]
        self.soaked.expect(ids_of[0] == ids_of[1], f"{len(ids_of[0] ^ ids_of[1])} findings differ")
        verdicts = Counter(row["verdict"] for row in whole)
        said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        self.soaked.say(f"{len(whole)} rows: {said}; {len(ids_of[0])} findings")
        self._called_by_name(whole)

    def _called_by_name(self, rows: list[dict[str, str]]) -> None:
        misnamed = Counter[str]()
        for row in rows:
            kind = self.troubled.kinds.get(row["site_id"])
            right = kind.outcomes(self.handler) if kind else ("ok", "rejected", "")
            if row["outcome"] not in right:
                misnamed[f"{kind.name if kind else row['site_id']} is {row['outcome']}"] += 1
            if row["outcome"] != "ok" and "number-missing" in row["rules"]:
                self.soaked.expect(False, f"{row['site_id']} was not seen, and is accused")
        self.soaked.expect(not misnamed, f"called by another name: {dict(misnamed)}")

    def watch(self) -> None:
        """No forbidden connection, no traceback."""
        inner = {host.strip("[]") for host in FORBIDDEN}
        arrived = {v.host for v in self.web.visits if v.host in inner or v.host.startswith("name-private")}
        self.soaked.expect(not arrived, f"asked for forbidden hosts: {arrived}")
        connected = self.work / "watched.connected"
        elsewhere = set(connected.read_text("utf-8").splitlines()) if connected.exists() else set[str]()
        self.soaked.expect(not elsewhere, f"connected to {sorted(elsewhere)[:5]}")
        self.soaked.expect(self.canary.visits == 0, f"{self.canary.visits} connections to the canary")
        logs = [file.read_text("utf-8") for file in self.work.glob("*/*/crawl.log")]
        tracebacks = [line for log in logs for line in log.splitlines() if "Traceback" in line]
        for line in tracebacks[:5]:
            print(f"  {line[:1500]}")
        said = "".join(file.read_text("utf-8", "replace") for file in self.work.glob("*.said"))
        self.soaked.expect(not tracebacks, f"{len(tracebacks)} tracebacks in crawl.log")
        self.soaked.expect("Traceback" not in said, f"a traceback on the terminal: {said[-2000:]}")
        self.soaked.say(
            f"{len(self.web.visits)} requests answered; forbidden connections: "
            f"{len(arrived) + len(elsewhere) + self.canary.visits}; tracebacks: {len(tracebacks)}"
        )


class Canary:
    """A port of loopback to which nobody may connect."""

    def __init__(self) -> None:
        self.visits = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._socket.accept()[0].close()
                self.visits += 1

    def close(self) -> None:
        # Wakes the thread that waits in accept.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextlib.contextmanager
def served(sites: int, work: Path, site_s: float, seed: int, handler: str) -> Iterator[Soak]:
    canary = Canary()
    troubled = troubled_web(sites, canary.port)
    try:
        with LoopbackWeb(troubled.zone) as web:
            yield Soak(web, troubled, canary, work, site_s, random.Random(seed), Soaked(), handler)
    finally:
        canary.close()


def soak(sites: int, kills: int, work: Path, *, site_s: float, seed: int, handler: str = "own") -> Soaked:
    with served(sites, work, site_s, seed, handler) as under_way:
        under_way.prepare()
        under_way.soaked.say(
            f"{sites} sites, {len(under_way.troubled.kinds)} of them troubled; seed {seed}, handler {handler}"
        )
        under_way.killed(kills, under_way.undisturbed())
        under_way.compare()
        under_way.watch()
    return under_way.soaked


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--site-seconds", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--handler", choices=KINDS, default="own")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="icpcrawl-soak-") as work:
        soaked = soak(
            asked.sites,
            asked.kills,
            Path(work),
            site_s=asked.site_seconds,
            seed=asked.seed,
            handler=asked.handler,
        )
    print(f"{'FAILED' if soaked.faults else 'passed'} in {time.monotonic() - began:.0f} s")
    return 1 if soaked.faults else 0


if __name__ == "__main__":
    sys.exit(main())
