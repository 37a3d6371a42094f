"""The project's settings at work: one crawl with all of Scrapy around the handler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from icpcrawl.crawl.handlers import KINDS
from icpcrawl.crawl.process import Network, settings_for
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.loopback import zone_of
from icpcrawl.demo.zone import Answer, Host, Name, Records, Zone, redirect

PAGE = Answer(b"<html>page</html>", headers=(("Set-Cookie", "seen=1; Path=/"),))
MANY = {f"/{n}": redirect(f"/{n + 1}", (301, 302, 303, 307, 308)[n % 5]) for n in range(12)}
HOSTS = {
    "home.cn": Host({"*": PAGE}),
    "many.cn": Host({**MANY, "/12": PAGE}),
    "same-page-1.cn": Host({"*": redirect("http://home.cn/same")}),
    "same-page-2.cn": Host({"*": redirect("http://home.cn/same")}),
    "relative.cn": Host({"/": redirect("cn/?a=1#top"), "*": PAGE}),
    "scheme-relative.cn": Host({"/": redirect("//home.cn/x")}),
    "upgraded.cn": Host({"/": PAGE}, {"/": redirect("https://upgraded.cn/")}),
    "chinese.cn": Host({"/": redirect("http://中国.cn/首页")}),
    "xn--fiqs8s.cn": Host({"*": PAGE}),
    "gbk.cn": Host(
        {"/": Answer(raw=b"HTTP/1.1 302 Found\r\nLocation: /\xca\xd7\xd2\xb3\r\n\r\n"), "*": PAGE}
    ),
    "loop.cn": Host({"*": redirect("/")}),
    "empty-location.cn": Host({"*": redirect("")}),
    "app.cn": Host({"*": redirect("weixin://dl/business")}),
    "script.cn": Host({"*": redirect("javascript:alert(1)")}),
    "mail.cn": Host({"*": redirect("mailto:a@home.cn")}),
    "file.cn": Host({"*": redirect("file:///etc/passwd")}),
    "data.cn": Host({"*": redirect("data:text/html,<p>x")}),
    "bad.cn": Host({"*": redirect("http://[bad/")}),
    "metadata.cn": Host({"*": redirect("http://169.254.169.254/latest/")}),
    "decimal.cn": Host({"*": redirect("http://2130706433/")}),
    "inside.cn": Host({"*": redirect("http://intranet.cn/")}),
    "credentials.cn": Host({"*": redirect("http://user:secret@home.cn/")}),
    "broken-gzip.cn": Host({"*": Answer(b"<html>half", headers=(("Content-Encoding", "gzip"),))}),
    "missing.cn": Host({}),
    "gate.cn": Host({}),
}
CASES = {
    "http://home.cn/": "200 http://home.cn/ 0",
    "http://many.cn/2": "200 http://many.cn/12 10",
    "http://many.cn/1": "IgnoreRequest max redirections reached",
    "http://same-page-1.cn/": "200 http://home.cn/same 1",
    "http://same-page-2.cn/": "200 http://home.cn/same 1",
    "http://relative.cn/": "200 http://relative.cn/cn/?a=1#top 1",
    "http://scheme-relative.cn/": "200 http://home.cn/x 1",
    "http://upgraded.cn/": "200 https://upgraded.cn/ 1",
    "http://chinese.cn/": "200 http://xn--fiqs8s.cn/%E9%A6%96%E9%A1%B5 1",
    "http://gbk.cn/": "200 http://gbk.cn/%CA%D7%D2%B3 1",
    "http://loop.cn/": "IgnoreRequest max redirections reached",
    "http://empty-location.cn/": "IgnoreRequest max redirections reached",
    # What is no page of the web is not gone to.
    "http://app.cn/": "301 http://app.cn/ 0",
    "http://script.cn/": "301 http://script.cn/ 0",
    "http://mail.cn/": "301 http://mail.cn/ 0",
    "http://file.cn/": "301 http://file.cn/ 0",
    "http://data.cn/": "301 http://data.cn/ 0",
    "http://bad.cn/": "redirect-loop",
    "http://metadata.cn/": "refused-private-address",
    "http://decimal.cn/": "refused-private-address",
    "http://inside.cn/": "refused-private-address",
    "http://credentials.cn/": "200 http://user:secret@home.cn/ 1",
    "http://broken-gzip.cn/": "reset",
    "http://missing.cn/": "404 http://missing.cn/ 0",
    "http://gate.cn/": "200 http://gate.cn/ 1",
    "http://gate.cn/away": "200 http://home.cn/ 1",
    # A visit of its own knows nothing of the cookie that another one was given.
    "http://gate.cn/?again": "200 http://gate.cn/?again 1",
    "file:///etc/hostname": "NotSupported",
    "ftp://home.cn/": "NotSupported",
    "s3://home/": "NotSupported",
    "data:,x": "NotSupported",
}
CRAWL = """
import json, sys
from pathlib import Path
import scrapy
from scrapy.crawler import CrawlerProcess
from icpcrawl.crawl.process import Network, settings_for

network, urls, handler = json.loads(sys.argv[1])
told = {}

def listening():
    inodes = set()
    for fd in Path("/proc/self/fd").iterdir():
        try:
            inodes.add(fd.readlink().name.removeprefix("socket:[").rstrip("]"))
        except OSError:
            pass
    lines = [line.split() for name in ("tcp", "tcp6") for line in open(f"/proc/net/{name}")]
    return [line[1] for line in lines if line[3] == "0A" and line[9] in inodes]

class Visits(scrapy.Spider):
    name = "visits"
    async def start(self):
        for url in urls:
            yield scrapy.Request(url, self.got, errback=self.failed, dont_filter=True, meta={"for": url})
    def got(self, response):
        meta = response.meta
        told[meta["for"]] = f"{response.status} {response.url} {meta.get('redirect_times', 0)}"
        told["listening"] = listening()
    def failed(self, failure):
        error = failure.value
        outcome = getattr(error, "outcome", None)
        said = f"{type(error).__name__} {error}" if type(error).__name__ == "IgnoreRequest" else type(error).__name__
        told[failure.request.meta["for"]] = outcome or said

settings = settings_for(Network(**{name: tuple(value) for name, value in network.items()}))
settings.set("ITEM_PIPELINES", {})
settings.set("ICPCRAWL_DOWNLOAD_HANDLER", handler)
settings.set("LOG_INSTALL_ROOT_HANDLER", False)
process = CrawlerProcess(settings)
process.crawl(Visits)
process.start()
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    private = Zone({"intranet.cn": Name(Records(a=("192.168.0.1",)))})
    with LoopbackWeb(zone_of(HOSTS, Name(Records(a=("47.96.129.18",)))) | private) as web:
        yield web


class Gate(BaseHTTPRequestHandler):
    """Shows its page to who brings its cookie, and sends everyone else once more to where they were."""

    def do_GET(self) -> None:
        away = self.path == "/away"
        passes = b"gate=open" in bytes(self.headers) and not away
        self.send_response(200 if passes else 302)
        if not passes:
            self.send_header("Set-Cookie", "gate=open; Path=/; Domain=gate.cn")
            self.send_header("Location", "http://home.cn/" if away else self.path)
        self.end_headers()
        self.wfile.write(b"<html>in</html>" if passes else b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def gate_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module", params=KINDS)
def told(web: LoopbackWeb, gate_port: int, request: pytest.FixtureRequest) -> dict[str, Any]:
    connect_to = [f"gate.cn:80:127.0.0.1:{gate_port}", *web.connect_to]
    network = {"nameservers": [web.nameserver], "connect_to": connect_to}
    # A port where nobody listens: whoever obeyed the variable would reach nothing at all.
    proxy = f"http://127.0.0.1:{web.closed_port}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CRAWL, json.dumps([network, list(CASES), request.param])],
        env={**os.environ, "http_proxy": proxy, "https_proxy": proxy, "all_proxy": proxy},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("url", CASES)
def test_every_url_comes_back_with_its_end(told: dict[str, Any], url: str) -> None:
    assert told[url] == CASES[url]


def test_nothing_listens(told: dict[str, Any]) -> None:
    """Scrapy's remote control and telnet console would run Python for whoever connects."""
    assert told["listening"] == []


def test_no_site_is_told_of_another(told: dict[str, Any], web: LoopbackWeb) -> None:
    assert told
    heads = b"".join(visit.head.lower() for visit in web.visits)
    for header in (b"\r\ncookie:", b"\r\nreferer:", b"\r\nauthorization:", b"secret"):
        assert header not in heads


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # 100, the default, starts a hundred tasks per response.
        ("CONCURRENT_ITEMS", 1),
        # A slot per host would pile up for a minute each; ours is shared by all.
        ("CONCURRENT_REQUESTS_PER_DOMAIN", 77),
        ("CONCURRENT_REQUESTS", 77),
        # The page is decoded once, by us; the middleware passes on what was cut.
        ("METAREFRESH_ENABLED", False),
        ("COMPRESSION_ENABLED", False),
        # Retries are the ladder's and the slow lane's.
        ("RETRY_ENABLED", False),
        ("ROBOTSTXT_OBEY", False),
        ("TWISTED_DNS_RESOLVER", "icpcrawl.crawl.names.GuardedResolver"),
    ],
)
def test_settings_that_cost_dearly_when_forgotten(name: str, value: object) -> None:
    assert settings_for(Network(concurrency=77))[name] == value
