"""One audit in a process of its own, with short patience and an eye on every connection it makes.

    python tests/chaos/one_run.py PORTFOLIO OUTPUT WATCHED.json [--resume]

``WATCHED.json`` tells the loopback web and the ports that may be connected to; whatever else is
tried is written beside it, one line each. What ``icpcrawl audit --json`` would say goes to stderr.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from icpcrawl.cli.audit import run_audit
from icpcrawl.crawl import settings
from icpcrawl.crawl.process import Network
from icpcrawl.crawl.run import AuditOptions


def watch(ports: set[int], log: Path) -> None:
    """Write down every connection to anything but loopback's own ``ports``."""

    def heard(event: str, what: tuple[Any, ...]) -> None:
        if event == "socket.connect" and not (what[1][0] == "127.0.0.1" and what[1][1] in ports):
            with log.open("a", encoding="utf-8") as lines:
                lines.write(f"{what[1]}\n")

    sys.addaudithook(heard)


if __name__ == "__main__":
    portfolio, output, watched = (Path(word) for word in sys.argv[1:4])
    told = json.loads(watched.read_text("utf-8"))
    watch(set(told["ports"]), watched.with_suffix(".connected"))
    settings.ICPCRAWL_DOWNLOAD_HANDLER = told["handler"]
    settings.ICPCRAWL_SITE_SECONDS = told["site_s"]
    settings.ICPCRAWL_SLOW_SITE_SECONDS = told["site_s"] * 1.5
    network = Network(
        nameservers=(told["nameserver"],), connect_to=tuple(told["connect_to"]), ca_file=Path(told["ca_file"])
    )
    options = AuditOptions(portfolio, output, resume="--resume" in sys.argv)
    sys.exit(run_audit(options, network, again="", as_json=True))
