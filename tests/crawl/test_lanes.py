"""What only a whole run shows: the slow lane, and ``--robots``."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from icpcrawl.crawl.handler import ROBOTS_S
from icpcrawl.demo.loopback import LoopbackWeb, zone_of
from icpcrawl.demo.zone import Answer, Ending, Host, Name, Records, redirect

HERE = Name(Records(a=("47.96.129.18",)))
PAGE = (
    "<html><body>" + "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20 + "<footer>"
    '<a href="https://beian.miit.gov.cn/">京ICP备12007421号-1</a>'
    ' <a href="https://beian.mps.gov.cn/#/query/webSearch?code=11010502030143">京公网安备11010502030143号</a>'
    "</footer></body></html>"
).encode()


def audited(web: LoopbackWeb, folder: Path, rows: list[str], *words: str) -> dict[str, dict[str, str]]:
    portfolio = folder / "portfolio.csv"
    portfolio.write_text("\n".join(["site_id,url", *rows]) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "icpcrawl", "audit", portfolio, "-o", folder / "out", *words, *web.arguments],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    with (folder / "out/latest/sites.csv").open(encoding="utf-8", newline="") as stream:
        return {row["site_id"]: row for row in csv.DictReader(stream)}


class Weak(BaseHTTPRequestHandler):
    """Says nothing on the first visit."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        if type(self).asked > 1:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        pass


def test_what_failed_in_passing_is_visited_once_more_at_the_end(tmp_path: Path) -> None:
    rows = ["weak,http://weak.cn/", *(f"s{number},http://s{number}.cn/" for number in range(5))]
    hosts = {f"s{number}.cn": Host({"*": Answer(PAGE)}) for number in range(5)} | {"weak.cn": Host({})}
    with (
        LoopbackWeb(zone_of(hosts, HERE)) as web,
        ThreadingHTTPServer(("127.0.0.1", 0), Weak) as server,
    ):
        threading.Thread(target=server.serve_forever).start()
        to = f"weak.cn:80:127.0.0.1:{server.server_port}"
        told = audited(web, tmp_path, rows, "--connect-to", to)
        server.shutdown()
    assert {row["verdict"] for row in told.values()} == {"compliant"}
    lines = (tmp_path / "out/latest/report.jsonl").read_text("utf-8").splitlines()
    (weak,) = [line for line in lines if '"weak"' in line]
    assert '"as-given+slow"' in weak
    assert Weak.asked == 2
    assert json.loads(weak)


def test_robots_are_obeyed_only_when_asked(tmp_path: Path) -> None:
    def robots(text: str) -> Host:
        return Host({"/robots.txt": Answer(text.encode(), content_type="text/plain"), "/": Answer(PAGE)})

    hosts = {
        "closed.cn": robots("User-agent: *\nDisallow: /\n"),
        "named.cn": robots("User-agent: icpcrawl\nDisallow: /\n\nUser-agent: *\nAllow: /\n"),
        "open.cn": robots("User-agent: *\nDisallow: /admin\n"),
        "none.cn": Host({"/": Answer(PAGE)}),
        # The guard holds for robots.txt as for every other request.
        "inward.cn": Host({"/robots.txt": redirect("http://169.254.169.254/"), "/": Answer(PAGE)}),
        "silent.cn": Host({"/robots.txt": Answer(ending=Ending.SILENT), "/": Answer(PAGE)}),
    }
    rows = [f"{host},http://{host}/" for host in hosts]
    for flags, closed in (([], "ok"), (["--robots"], "robots-disallowed")):
        folder = tmp_path / closed
        folder.mkdir()
        with LoopbackWeb(zone_of(hosts, HERE)) as web:
            began = time.monotonic()
            told = audited(web, folder, rows, *flags)
            assert time.monotonic() - began < ROBOTS_S + 10
            asked = {(visit.host, visit.path) for visit in web.visits}
        outcomes = {host: row["outcome"] for host, row in told.items()}
        assert outcomes == {
            "closed.cn": closed, "named.cn": closed,
            **dict.fromkeys(("open.cn", "none.cn", "inward.cn", "silent.cn"), "ok"),
        }  # fmt: skip
        if flags:
            said = (folder / "out" / "latest" / "crawl.log").read_text()
            assert ("http://silent.cn/" in said, "Traceback" in said) == (True, False)
        assert (("open.cn", "/robots.txt") in asked, ("closed.cn", "/") in asked) == (bool(flags), not flags)
        assert {host for host, _ in asked} == set(hosts)
