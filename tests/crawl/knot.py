"""Debian's Knot DNS as an authority that truly tailors its answers by client subnet.

Needs the packages ``knot`` and ``knot-module-geoip``.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query

START_S = 10.0
_CONF = """
server:
    rundir: {folder}
    listen: 127.0.0.1@{port}
    edns-client-subnet: on
    udp-max-payload: 1232
log:
  - target: stderr
    any: warning
database:
    storage: {folder}
mod-geoip:
  - id: geo
    config-file: {folder}/geo.yaml
    ttl: 60
    mode: subnet
template:
  - id: default
    storage: {folder}
zone:
"""
_APEX = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n"


class Absent(Exception):
    """Knot or its module is not installed."""


@contextmanager
def knot(zones: Mapping[str, str], tailored: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Serve ``zones`` (origin → records; empty = a zone whose file is missing) and yield ``host:port``.

    ``tailored``: name → client network → its record, e.g. ``A: 192.0.2.1``.
    """
    program = shutil.which("knotd") or shutil.which("knotd", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise Absent("knotd is not installed: apt-get install knot knot-module-geoip")
    with tempfile.TemporaryDirectory(prefix="icpcrawl-knot-") as name:
        folder, port = Path(name), _free_port()
        configuration = _CONF.format(folder=folder, port=port)
        for number, (origin, records) in enumerate(zones.items()):
            configuration += f"  - domain: {origin}\n    file: {number}.zone\n    module: mod-geoip/geo\n"
            if records:
                (folder / f"{number}.zone").write_text(f"$ORIGIN {origin}\n{_APEX}{records}\n")
        (folder / "geo.yaml").write_text(
            "".join(
                f"{name}:\n" + "".join(f"  - net: {net}\n    {record}\n" for net, record in views.items())
                for name, views in tailored.items()
            )
        )
        (folder / "knot.conf").write_text(configuration)
        with (folder / "log").open("w+") as log:
            process = subprocess.Popen([program, "-c", str(folder / "knot.conf")], stdout=log, stderr=log)
            try:
                _wait_for(process, port, next(iter(zones)), folder / "log")
                yield f"127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait(10)


def _wait_for(process: subprocess.Popen[bytes], port: int, origin: str, log: Path) -> None:
    ends = time.monotonic() + START_S
    query = dns.message.make_query(origin, "SOA")
    while time.monotonic() < ends:
        if process.poll() is not None:
            said = log.read_text()
            if "geoip" in said or "module" in said:
                raise Absent(f"knotd has no geoip module: apt-get install knot-module-geoip ({said[-200:]})")
            raise RuntimeError(f"knotd ended: {said[-500:]}")
        try:
            if dns.query.udp(query, "127.0.0.1", 0.5, port).answer:
                return
        except (OSError, dns.exception.DNSException):
            time.sleep(0.05)
    raise RuntimeError(f"knotd did not answer: {log.read_text()[-500:]}")


def _free_port() -> int:
    """Free for UDP and TCP alike."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                try:
                    udp.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise OSError("no port is free for both UDP and TCP")
