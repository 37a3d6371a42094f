"""What ``icpcrawl demo`` audits: the sample sites, or any folder of saved pages, served on loopback."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.sites import EXPECTED, PORTFOLIO_COLUMNS, ROWS, ZONE, Expected
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone
from icpcrawl.errors import UsageError

SAVED_ADDRESS = "47.96.129.18"
"""Saved pages are served from here as far as the DNS says: Alibaba Cloud Hangzhou (AS37963), so
that a filing is required of each and their footers are really judged."""
SAVED_SUFFIX = "saved.example"
"""For pages whose file name is no host; ``.example`` is nobody's (RFC 2606)."""
FIRST_PORT = 23453
MAX_SAVED_BYTES = 64 * 1024 * 1024

_HOST = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_NOT_IN_LABEL = re.compile(r"[^a-z0-9]+")
_FILE_ENDINGS = frozenset({"css", "htm", "html", "jpg", "js", "json", "php", "png", "txt", "xhtml", "xml"})


class DemoWeb:
    """A web and the portfolio that lists it; the servers run inside the ``with`` block."""

    def __init__(
        self,
        portfolio_path: Path,
        rows: int,
        zone: Zone,
        expected: Mapping[str, Expected] = MappingProxyType({}),
        first_port: int = FIRST_PORT,
    ) -> None:
        self.portfolio_path = portfolio_path
        self.rows = rows
        self.expected = expected
        """Site id → what the audit must find; empty for saved pages."""
        # The same ports each time, as far as they are free: the second run sees what the first saw.
        self.web = LoopbackWeb(zone, first_port=first_port)

    def __enter__(self) -> Self:
        self.web.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.web.__exit__(kind, error, trace)

    @property
    def arguments(self) -> tuple[str, ...]:
        """To append to ``icpcrawl audit PORTFOLIO``: name server, connections, authority."""
        return self.web.arguments

    @property
    def nameservers(self) -> tuple[str, ...]:
        return (self.web.nameserver,)

    @property
    def connect_to(self) -> tuple[str, ...]:
        return self.web.connect_to

    @property
    def ca_file(self) -> Path:
        return self.web.ca_file


def demo_web(workdir: Path, first_port: int = FIRST_PORT) -> DemoWeb:
    """The sample sites; their portfolio is written to ``workdir/portfolio.csv``."""
    path = workdir / "portfolio.csv"
    _write_portfolio(path, PORTFOLIO_COLUMNS, ROWS)
    return DemoWeb(path, len(ROWS), ZONE, EXPECTED, first_port)


def saved_pages(folder: Path, workdir: Path, first_port: int = FIRST_PORT) -> DemoWeb:
    """Every ``*.html`` and ``*.htm`` file of ``folder`` as the homepage of a site of its own.

    The host is the ``url`` that ``pages.jsonl`` gives for the file (looked for in and beside the
    folder), else the file name where it looks like a host, else ``<name>.saved.example``. No
    charset is sent unless ``pages.jsonl`` has a ``content_type``, so decoding is really tested.

    Raises ``UsageError`` where the folder holds no page.
    """
    pages = _pages(folder)
    known = _known(folder)
    rows: list[dict[str, str]] = []
    hosts: dict[str, Host] = {}
    for page in pages:
        about = known.get(page.name, known.get(page.stem, {}))
        host = _free_host(_host_of(page, about), page, hosts)
        content_type = str(about.get("content_type") or "text/html")
        hosts[host] = Host({"/": Answer(page.read_bytes(), content_type=content_type)})
        rows.append({"domain": host, "site_id": page.stem, "name": page.name})
    path = workdir / "portfolio.csv"
    _write_portfolio(path, ("domain", "site_id", "name"), rows)
    return DemoWeb(path, len(rows), _with_www(hosts), first_port=first_port)


def _pages(folder: Path) -> list[Path]:
    remedy = "give a folder that holds *.html files"
    if not folder.is_dir():
        raise UsageError("is not a folder", file=folder, remedy=remedy)
    pages = sorted(page for page in folder.iterdir() if page.suffix.lower() in (".html", ".htm"))
    if not pages:
        raise UsageError("holds no saved page", file=folder, remedy=remedy)
    for page in pages:
        if page.stat().st_size > MAX_SAVED_BYTES:
            raise UsageError("is larger than 64 MB", file=page, remedy="take this page out of the folder")
    return pages


def _known(folder: Path) -> dict[str, dict[str, Any]]:
    """What ``pages.jsonl`` says, by file name or id. A line that cannot be read is passed over."""
    found: dict[str, dict[str, Any]] = {}
    for file in (folder / "pages.jsonl", folder.parent / "pages.jsonl"):
        if not file.is_file():
            continue
        for line in file.read_text("utf-8", "replace").splitlines():
            try:
                about = json.loads(line)
            except ValueError:
                continue
            if isinstance(about, dict):
                for key in ("file", "id"):
                    if isinstance(about.get(key), str):
                        found.setdefault(Path(about[key]).name, about)
        break
    return found


def _host_of(page: Path, about: Mapping[str, Any]) -> str:
    url = about.get("url")
    if isinstance(url, str):
        try:
            host = (urlsplit(url).hostname or "").rstrip(".")
        except ValueError:
            host = ""
        if _HOST.fullmatch(host):
            return host
    stem = page.stem.lower()
    if _HOST.fullmatch(stem) and stem.rpartition(".")[2] not in _FILE_ENDINGS:
        return stem
    return _slug_host(page)


def _slug_host(page: Path) -> str:
    slug = _NOT_IN_LABEL.sub("-", page.stem.lower()).strip("-")[:60].strip("-") or "page"
    return f"{slug}.{SAVED_SUFFIX}"


def _free_host(host: str, page: Path, taken: Mapping[str, Host]) -> str:
    """Each page is a site of its own, also where two were saved from one host."""
    if host not in taken:
        return host
    own = _slug_host(page)
    label, _, rest = own.partition(".")
    number = 2
    while own in taken:
        own, number = f"{label[:56].strip('-')}-{number}.{rest}", number + 1
    return own


def _with_www(hosts: Mapping[str, Host]) -> Zone:
    names = {host: Name(Records(a=(SAVED_ADDRESS,))) for host in hosts}
    twins = {f"www.{host}": page for host, page in hosts.items() if f"www.{host}" not in hosts}
    return Zone({**names, **dict.fromkeys(twins, Name(Records(a=(SAVED_ADDRESS,))))}, {**twins, **hosts})


def _write_portfolio(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
