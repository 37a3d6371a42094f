"""What nights are tested with: a webhook that listens, a configuration, a small web, a night of its own process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.zone import Answer, Ending, Host, Name, Records, Zone

MAINLAND = "47.96.129.18"
HASTY = Path(__file__).with_name("hasty_icpcrawl.py")


class Webhook:
    """A loopback webhook: keeps what it is sent, answers with ``status``."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.status = 200
        hook = self

        class Side(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.status == 200:
                    hook.received.append(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Side)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self._server.server_port}/hook-secret"

    def taken(self) -> list[dict[str, Any]]:
        """What came since the last time."""
        came, self.received = self.received, []
        return came

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def page(footer: str) -> Answer:
    text = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 30
    return Answer(f"<html><title>示例公司</title><body>{text}<footer>{footer}</footer></body>".encode())


FINE = page(
    '<a href="https://beian.miit.gov.cn/">京ICP备12007421号-1</a>'
    ' <a href="https://beian.mps.gov.cn/#/query/webSearch?code=11010502030143">京公网安备11010502030143号</a>'
)
BARE = page("版权所有 示例公司")
SILENT = Answer(b"", ending=Ending.SILENT)
GONE = None
"""The name does not exist."""


def web_of(pages: Mapping[str, Answer | None]) -> Zone:
    """Host → its homepage tonight."""
    there = {host: answer for host, answer in pages.items() if answer is not None}
    names = {host: Name(Records(a=(MAINLAND,))) for host in there}
    return Zone(names, {host: Host({"/": answer}) for host, answer in there.items()})


def write_config(folder: Path, web: LoopbackWeb, sites: Mapping[str, str], more: str = "") -> Path:
    """Host → owner. The configuration of that portfolio's nights on the loopback web."""
    folder.mkdir(exist_ok=True)
    rows = [f"{host},{owner}" for host, owner in sites.items()]
    (folder / "portfolio.csv").write_text("\n".join(["domain,owner", *rows]) + "\n", "utf-8")
    file = folder / "icpcrawl.toml"
    connect_to = json.dumps(list(web.connect_to))
    file.write_text(
        f"""\
portfolio = "portfolio.csv"
output = "reports"
[report]
formats = ["csv", "html"]
address = "https://reports.example.com/icp"
[network]
nameservers = ["{web.nameserver}"]
connect_to = {connect_to}
ca_file = "{web.ca_file}"
{more}
""",
        "utf-8",
    )
    return file


def icpcrawl(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """icpcrawl in a process of its own, as impatient as a test."""
    return subprocess.run(
        [sys.executable, str(HASTY), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, **environment},
    )


def last_line(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return said
