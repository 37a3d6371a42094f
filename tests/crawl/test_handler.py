"""One request, one connection, one answer: whatever the other end does."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
import ssl
import threading
import time
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
import trustme
from backports import zstd
from scrapy.http import Request, Response

from icpcrawl.crawl.connect_to import parse_connect_to
from icpcrawl.crawl.cookies import VisitCookies
from icpcrawl.crawl.fetch import Unreached
from icpcrawl.crawl.handler import (
    LET_GO,
    MAX_HEADER_BYTES,
    HomepageHandler,
    Stage,
)
from icpcrawl.crawl.own_handler import MAX_PIECES
from icpcrawl.crawl.process import Network
from icpcrawl.crawl.tls import TlsSeen
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.zone import Answer, Ending, Host, Name, NameTrouble, Records, Tls, Zone, redirect
from icpcrawl.errors import DataFileError, UsageError
from icpcrawl.observation import Hop

HERE = Name(Records(a=("47.96.129.18",)))
PAGE = b"<html><body>" + "京ICP备12345678号-1 ".encode() * 500 + b"</body></html>"
OPEN_PAGE = PAGE.removesuffix(b"</body></html>")
LIMIT = 200_000


def raw(*lines: bytes, body: bytes = b"") -> Answer:
    return Answer(raw=b"\r\n".join(lines) + b"\r\n\r\n" + body)


def packed(body: bytes, coding: str, **more: Any) -> Answer:
    return Answer(body, headers=(("Content-Encoding", coding),), **more)


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


OK = b"HTTP/1.1 200 OK"
RAW_DEFLATE = zlib.compressobj(wbits=-15)

WHOLE = {
    "plain": Answer(PAGE),
    "chunked": Answer(PAGE, ending=Ending.CHUNKED),
    "chunks-with-extensions": raw(
        OK,
        b"Transfer-Encoding: chunked",
        body=b'%x;a="b"\r\n%s\r\n0\r\nX-After: 1\r\n\r\n' % (len(PAGE), PAGE),
    ),
    "no-length": raw(OK, b"Content-Type: text/html", body=PAGE),
    "http-1.0": raw(b"HTTP/1.0 200 OK", b"Content-Type: text/html", body=PAGE),
    "reasonless": raw(b"HTTP/1.1 200", b"Content-Length: %d" % len(PAGE), body=PAGE),
    "sloppy-headers": raw(
        OK,
        b"Server : IIS",
        b"no colon here",
        b": no name",
        b"\xc3\xfb\xb3\xc6: gbk",
        b"X-Control: a\x00b\x0bc",
        b"Content-Length: %d" % len(PAGE),
        body=PAGE,
    ),
    "sloppy-line-ends": Answer(raw=b"HTTP/1.1 200 OK\nX Y: z\nContent-Length: %d\n\n" % len(PAGE) + PAGE),
    "gbk-in-a-header": raw(OK, b"X-Powered-By: \xc3\xfb", b"Content-Length: %d" % len(PAGE), body=PAGE),
    "continued": raw(b"HTTP/1.1 100 Continue", b"", OK, b"Content-Length: %d" % len(PAGE), body=PAGE),
    "hinted": raw(
        b"HTTP/1.1 103 Early Hints", b"Link: </a.css>", b"", OK, b"Content-Length: %d" % len(PAGE), body=PAGE
    ),
    "cut-behind-the-end": raw(OK, b"Content-Length: %d" % (len(PAGE) + 9), body=PAGE),
    "gzip": Answer(PAGE, gzip=True),
    "gzip-in-chunks": Answer(PAGE, gzip=True, ending=Ending.CHUNKED),
    "gzip-in-members": packed(gzip.compress(PAGE[:99]) + gzip.compress(PAGE[99:]), "gzip"),
    "gzip-and-padding": packed(gzip.compress(PAGE) + bytes(20), "x-gzip"),
    "gzip-without-its-last-bytes": packed(gzip.compress(PAGE)[:-8], "gzip"),
    "deflate": packed(zlib.compress(PAGE), "deflate"),
    "deflate-without-header": packed(RAW_DEFLATE.compress(PAGE) + RAW_DEFLATE.flush(), "deflate"),
    "br": packed(brotli.compress(PAGE), "br"),
    "zstd": packed(zstd.compress(PAGE), "zstd"),
    "twice": packed(gzip.compress(zlib.compress(PAGE)), "deflate, gzip"),
    "no-coding-at-all": packed(PAGE, "utf-8"),
}
"""Every way in which ``PAGE`` arrives whole."""

BOMB = bytes(LIMIT * 40)
BROKEN: dict[str, tuple[str, Answer]] = {
    "cut": ("reset", Answer(PAGE, ending=Ending.CUT)),
    "cut-chunk": ("reset", Answer(PAGE, ending=Ending.CUT_CHUNK)),
    "cut-gzip": ("reset", packed(gzip.compress(OPEN_PAGE)[:-20], "gzip")),
    "cut-gzip-without-length": (
        "reset",
        raw(OK, b"Content-Encoding: gzip", body=gzip.compress(OPEN_PAGE)[:-20]),
    ),
    "cut-deflate": ("reset", packed(zlib.compress(OPEN_PAGE)[:-9], "deflate")),
    "cut-br": ("reset", packed(brotli.compress(OPEN_PAGE)[:-9], "br")),
    "cut-zstd": ("reset", packed(zstd.compress(OPEN_PAGE)[:-9], "zstd")),
    "not-the-gzip-it-says": ("reset", packed(OPEN_PAGE, "gzip")),
    "not-the-br-it-says": ("reset", packed(OPEN_PAGE, "br")),
    "not-the-zstd-it-says": ("reset", packed(OPEN_PAGE, "zstd")),
    "coded-for-ever": ("reset", packed(gzip.compress(PAGE), ", ".join(["gzip"] * 99))),
    "gzip-bomb": ("too-large", packed(gzip.compress(BOMB), "gzip")),
    "deflate-bomb": ("too-large", packed(zlib.compress(BOMB), "deflate")),
    "br-bomb": ("too-large", packed(brotli.compress(BOMB), "br")),
    "zstd-bomb": ("too-large", packed(zstd.compress(BOMB), "zstd")),
    "bomb-in-a-bomb": ("too-large", packed(gzip.compress(gzip.compress(BOMB)), "gzip, gzip")),
    "too-large": ("too-large", Answer(PAGE + bytes(LIMIT))),
    "endless": ("too-large", Answer(b"<p>more</p>", ending=Ending.ENDLESS)),
    "byte-by-byte-chunks": (
        "too-large",
        raw(OK, b"Transfer-Encoding: chunked", body=chunks(*[b"x"] * (MAX_PIECES + 1), b"")),
    ),
    "reset": ("reset", Answer(ending=Ending.RESET)),
    "reset-in-the-head": ("reset", Answer(raw=OK + b"\r\nContent-Ty", ending=Ending.RESET_BEHIND)),
    "reset-in-the-body": (
        "reset",
        Answer(raw=OK + b"\r\nContent-Length: 9000\r\n\r\n<html>", ending=Ending.RESET_BEHIND),
    ),
    "half-a-head": ("not-html", Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Type: text/h")),
    "http-0.9": ("not-html", Answer(raw=PAGE)),
    "another-protocol": ("not-html", Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n")),
    "switched": (
        "not-html",
        raw(b"HTTP/1.1 101 Switching Protocols", b"Upgrade: h2c", b"Connection: Upgrade"),
    ),
    "two-lengths": ("not-html", raw(OK, b"Content-Length: 5", b"Content-Length: 6", body=b"hello!")),
    "negative-length": ("not-html", raw(OK, b"Content-Length: -1", body=PAGE)),
    "header-flood": (
        "not-html",
        Answer(raw=OK + b"\r\n" + b"X-Flood: y\r\n" * (MAX_HEADER_BYTES // 12 + 9_000)),
    ),
    "long-header": ("not-html", raw(OK, b"X-Long: " + b"y" * (MAX_HEADER_BYTES + 70_000))),
    "continued-for-ever": (
        "not-html",
        Answer(b"HTTP/1.1 100 Continue\r\n\r\n", ending=Ending.ENDLESS, raw=b"HTTP/1.1 100 Continue\r\n\r\n"),
    ),
    "nowhere": ("redirect-loop", redirect("http://[bad/")),
    "too-far": ("redirect-loop", redirect("/" + "x" * 9_000)),
    "no-such-port": ("redirect-loop", redirect("http://plain.whole.cn:99999/")),
    # A web server that has said nothing, says little, or stops in the middle.
    "silent": ("read-timeout", Answer(ending=Ending.SILENT)),
    "slow-head": ("read-timeout", Answer(PAGE, ending=Ending.DRIP, wait_s=0.02)),
    "stalled": ("read-timeout", Answer(PAGE, wait_s=5.0)),
}
"""What the outcome is when nothing, or not the whole page, arrives."""
HTTP11_WHOLE = {"sloppy-headers": "not-html", "sloppy-line-ends": "not-html"}
"""Pages that Scrapy's handler does not read: Twisted gives up on a header name with a space."""
HTTP11_BROKEN = {
    # Within its cap on all bytes of a connection, chunks are not counted.
    "byte-by-byte-chunks": "200",
    # That cap, and none on headers alone.
    "continued-for-ever": "too-large",
}
"""Where Scrapy's handler comes to another outcome."""
SLOW = {name for name, (outcome, _) in BROKEN.items() if outcome == "read-timeout"}

HOSTS = {
    **{f"{name}.whole.cn": Host({"*": answer}) for name, answer in WHOLE.items()},
    **{f"{name}.broken.cn": Host({"*": answer}) for name, (_, answer) in BROKEN.items()},
    **{f"{tls.value}.tls.cn": Host({"*": Answer(PAGE)}, tls=tls, http_closed=True) for tls in Tls},
    "open.whole.cn": Host({"*": raw(OK, body=OPEN_PAGE)}),
    "open-told.whole.cn": Host({"*": Answer(OPEN_PAGE)}),
    "open-gzip.whole.cn": Host({"*": raw(OK, b"Content-Encoding: gzip", body=gzip.compress(OPEN_PAGE))}),
    "nothing.whole.cn": Host({"*": raw(OK)}),
    "moved.cn": Host({"*": redirect("http://plain.whole.cn/家?a=1#b")}),
    "moved-and-cut.cn": Host({"*": Answer(PAGE, 302, headers=(("Location", "/"),), ending=Ending.CUT)}),
}
TROUBLED = {
    "gone.cn": ("dns-nxdomain", None),
    "fails.cn": ("dns-servfail", Name(trouble=NameTrouble.SERVFAIL)),
    "empty.cn": ("dns-no-address", Name()),
    "private.cn": ("refused-private-address", Name(Records(a=("10.1.2.3",)))),
    "local.cn": ("refused-private-address", Name(Records(a=("127.0.0.1",)))),
    "cgnat.cn": ("refused-private-address", Name(Records(a=("100.64.0.1",)))),
    "fake-ip.cn": ("refused-private-address", Name(Records(a=("198.18.0.7",)))),
    "mapped.cn": ("refused-private-address", Name(Records(aaaa=("::ffff:10.0.0.1",)))),
    "nat64.cn": ("refused-private-address", Name(Records(aaaa=("64:ff9b::7f00:1",)))),
}
ZONE = Zone(
    {
        **dict.fromkeys(HOSTS, HERE),
        **{name: told for name, (_, told) in TROUBLED.items() if told is not None},
        "half-private.cn": Name(Records(a=("10.1.2.3", "47.96.129.18"))),
        "fleeting.cn": Name(Records(a=("47.96.129.18",)), ttl_s=0),
    },
    {**HOSTS, **dict.fromkeys(("half-private.cn", "fleeting.cn"), Host({"*": Answer(PAGE)}))},
)


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(ZONE) as web:
        yield web


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_page_arrives_whatever_its_framing(
    web: LoopbackWeb, visit: Any, run: Any, kind: str, name: str
) -> None:
    if kind == "http11" and name in HTTP11_WHOLE:
        assert run(visit(web).outcome(f"http://{name}.whole.cn/"))[0] == HTTP11_WHOLE[name]
        return
    response = run(visit(web).get(f"http://{name}.whole.cn/"))
    assert (response.status, response.body) == (200, PAGE)
    assert b"Content-Encoding" not in response.headers


@pytest.mark.parametrize("name", BROKEN)
def test_half_a_page_is_never_an_answer(web: LoopbackWeb, visit: Any, run: Any, kind: str, name: str) -> None:
    visitor = visit(web, DOWNLOAD_MAXSIZE=LIMIT, budget_s=0.4 if name in SLOW else 20.0)
    outcome, detail = run(visitor.outcome(f"http://{name}.broken.cn/"))
    expected = HTTP11_BROKEN.get(name, BROKEN[name][0]) if kind == "http11" else BROKEN[name][0]
    assert (outcome, bool(detail)) == (expected, expected != "200")


@pytest.mark.parametrize("name", TROUBLED)
def test_names_that_lead_nowhere_or_home(web: LoopbackWeb, visit: Any, run: Any, name: str) -> None:
    before = len(web.visits)
    assert run(visit(web).outcome(f"http://{name}/"))[0] == TROUBLED[name][0]
    assert len(web.visits) == before


def test_only_public_addresses_of_a_name_are_tried(web: LoopbackWeb, visit: Any, run: Any) -> None:
    hops: list[Hop] = []
    assert run(visit(web).get("http://half-private.cn/", hops=hops)).body == PAGE
    # What the verdict reads is the whole answer; what was refused is part of it.
    assert (hops[0].addresses, hops[0].peer) == (("10.1.2.3", "47.96.129.18"), "127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[::ffff:0:127.0.0.1]",
        "169.254.169.254",
        "100.100.100.200",
    ],
)
def test_literal_addresses_are_judged_in_every_notation(
    web: LoopbackWeb, visit: Any, run: Any, host: str
) -> None:
    asked, seen = len(web.questions), len(web.visits)
    assert run(visit(web).outcome(f"http://{host}/"))[0] == "refused-private-address"
    assert (len(web.questions), len(web.visits)) == (asked, seen)


def test_allow_private_lets_them_pass(web: LoopbackWeb, visit: Any, run: Any) -> None:
    visitor = visit(web, connect_to=(), ICPCRAWL_ALLOW_PRIVATE=True)
    assert run(visitor.outcome(f"http://127.0.0.1:{web.http_port}/"))[0] == "421"


def test_the_peer_is_judged_before_a_byte_is_sent(visit: Any, run: Any, web: LoopbackWeb) -> None:
    """As after a rebinding: what was judged was public, what answers is not."""
    heard: list[bytes] = []

    async def rebound(visitor: Any) -> Unreached:
        async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read())
            writer.close()
            done.set()

        done = asyncio.Event()
        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            request = Request(f"https://plain.whole.cn:{port}/", meta={"hops": [Hop("", "first")]})
            request.meta["cookies"] = VisitCookies()
            target = visitor.handler.target("plain.whole.cn", port, ("127.0.0.1",), secure=True)
            with pytest.raises(Unreached) as refused:
                await visitor.handler.ask(request, target, Stage(1.0))
            await done.wait()
        return refused.value

    assert run(rebound(visit(web, connect_to=()))).outcome == "refused-private-address"
    assert heard == [b""]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_is_asked_once_for_one_connection(web: LoopbackWeb, visit: Any, run: Any, scheme: str) -> None:
    """Were it asked again for the connection, that answer could be another one."""
    asked = len(web.questions)
    run(visit(web).get(f"{scheme}://fleeting.cn/"))
    assert [question.kind for question in web.questions[asked:]] == ["A", "AAAA"]


# TLS ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tls", "state", "problem"),
    [
        (Tls.TRUSTED, "verified", ""),
        (Tls.EXPIRED, "unverified", "certificate has expired"),
        (Tls.SELF_SIGNED, "unverified", "unable to get local issuer certificate"),
        (
            Tls.OTHER_NAME,
            "unverified",
            "Hostname mismatch, certificate is not valid for 'other-name.tls.cn'.",
        ),
    ],
)
def test_a_certificate_that_fails_is_told_and_the_page_read(
    web: LoopbackWeb, visit: Any, run: Any, tls: Tls, state: str, problem: str
) -> None:
    seen = visit(web)
    request = Request(f"https://{tls.value}.tls.cn/")

    async def ask() -> Response:
        response: Response = await seen.handler.download_request(request)
        return response

    assert run(ask()).body == PAGE
    told: TlsSeen = request.meta["tls"]
    assert (told.state, told.problem, told.protocol) == (state, problem, "TLSv1.3")
    assert (told.expires < "2026") is (tls is Tls.EXPIRED) or told.expires[:4].isdigit()


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("https://reset.tls.cn/", "reset-after-sni"),
        ("https://closed.tls.cn/", "connect-refused"),
        ("https://plain.tls.cn/", "tls-error"),
        ("http://trusted.tls.cn/", "connect-refused"),
        ("https://reset.broken.cn/", "reset"),
    ],
)
def test_the_stage_at_which_a_connection_broke_is_named(
    web: LoopbackWeb, visit: Any, run: Any, url: str, outcome: str
) -> None:
    assert run(visit(web).outcome(url))[0] == outcome


@contextlib.contextmanager
def old_server(version: ssl.TLSVersion) -> Iterator[int]:
    """A port where only ``version`` is spoken; a refused client is told so, as OpenSSL's servers do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("plain.whole.cn").configure_cert(context)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version

    def serve() -> None:
        for _ in range(2):
            client, _peer = listening.accept()
            with (
                contextlib.suppress(ssl.SSLError, ConnectionError),
                context.wrap_socket(client, server_side=True) as tls,
            ):
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nold!")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_servers_of_the_last_century_are_read(
    web: LoopbackWeb, visit: Any, run: Any, version: ssl.TLSVersion
) -> None:
    request = Request("https://plain.whole.cn/")

    async def ask(to: str) -> bytes:
        body: bytes = (await visit(web, connect_to=(to,)).handler.download_request(request)).body
        return body

    with old_server(version) as port:
        assert run(ask(f"::127.0.0.1:{port}")) == b"old!"
    told: TlsSeen = request.meta["tls"]
    assert (told.state, told.protocol) == ("unverified", version.name.replace("_", "."))
    assert told.problem


def test_an_authority_nobody_gave_is_not_trusted(
    web: LoopbackWeb, visit: Any, run: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    request = Request("https://trusted.tls.cn/")

    async def ask() -> None:
        await visit(web, ca_file=other).handler.download_request(request)

    run(ask())
    assert request.meta["tls"].state == "unverified"


@pytest.mark.parametrize("content", [b"", b"no certificate", None])
def test_an_unreadable_authority_is_said_before_the_run(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataFileError, match=r"authority\.pem.*Remedy: give --ca-file") as error:
        Network(ca_file=file).check()
    assert error.value.file == str(file)


# What is sent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "line", "host"),
    [
        ("http://plain.whole.cn", b"GET / HTTP/1.1", b"plain.whole.cn"),
        ("http://plain.whole.cn:80/a?b=c#d", b"GET /a?b=c HTTP/1.1", b"plain.whole.cn"),
        ("http://plain.whole.cn:81/", b"GET / HTTP/1.1", b"plain.whole.cn:81"),
        ("http://u:p@PLAIN.whole.cn./", b"GET / HTTP/1.1", b"plain.whole.cn"),
        ("http://plain.whole.cn/首页", b"GET /%E9%A6%96%E9%A1%B5 HTTP/1.1", b"plain.whole.cn"),
        (
            "http://plain.whole.cn/a b\r\nX-Smuggled: 1",
            b"GET /a%20bX-Smuggled:%201 HTTP/1.1",
            b"plain.whole.cn",
        ),
    ],
)
def test_the_request_is_honest_and_closes(
    web: LoopbackWeb, visit: Any, run: Any, url: str, line: bytes, host: bytes
) -> None:
    to = f"::127.0.0.1:{web.http_port}"
    run(visit(web, connect_to=(to,)).get(url))
    sent = web.visits[-1].head.split(b"\r\n")
    assert sent[0] == line
    assert {b"Host: " + host, b"Connection: close", b"Accept-Language: zh-CN,zh;q=0.9"} <= set(sent)
    assert b"Accept-Encoding: gzip, deflate, br, zstd" in sent
    assert not [
        line for line in sent if line.lower().startswith((b"authorization", b"cookie", b"x-smuggled"))
    ]


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        (f"http://{'a' * 64}.cn/", "dns-nxdomain"),
        ("http://.cn/", "dns-nxdomain"),
        ("http://a..cn/", "dns-nxdomain"),
        ("http://%31%32%37.0.0.1/", "dns-nxdomain"),
        ("http://１２７.０.０.１/", "refused-private-address"),
    ],
)
def test_a_url_that_leads_nowhere_is_no_bug(
    web: LoopbackWeb, visit: Any, run: Any, url: str, outcome: str
) -> None:
    assert run(visit(web).outcome(url))[0] == outcome


@pytest.mark.parametrize(
    ("name", "flags"),
    [("open", ["unclosed"]), ("open-told", []), ("open-gzip", []), ("no-length", []), ("nothing", [])],
)
def test_a_page_whose_end_nobody_tells_may_be_half(
    web: LoopbackWeb, visit: Any, run: Any, name: str, flags: list[str]
) -> None:
    """Between a page without </html> and one that broke off, the wire shows no difference."""
    assert run(visit(web).get(f"http://{name}.whole.cn/")).flags == flags


def test_a_redirect_is_answered_from_its_head(web: LoopbackWeb, visit: Any, run: Any) -> None:
    visitor, hops = visit(web), list[Hop]()
    assert run(visitor.get("http://moved-and-cut.cn/", hops=hops)).status == 302
    assert (hops[0].status, hops[0].location) == (302, "/")


def test_an_unknown_handler_is_said_before_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("icpcrawl.crawl.process.ICPCRAWL_DOWNLOAD_HANDLER", "http2")
    with pytest.raises(UsageError, match=r"'http2' is no download handler Remedy: give own or http11"):
        Network().check()


# Time and turns ----------------------------------------------------------------------------


def test_time_of_all_rungs_is_counted_and_redirects_get_nothing_more(
    web: LoopbackWeb, visit: Any, run: Any
) -> None:
    visitor = visit(web, budget_s=5.0)
    meta: dict[str, Any] = {"spent_s": 5.0, "how": "redirect"}
    assert run(visitor.outcome("http://plain.whole.cn/", **meta))[0] == "read-timeout"
    # A rung that has not begun yet still gets its moment.
    assert run(visitor.get("http://plain.whole.cn/", spent_s=9.0)).status == 200


def test_a_name_without_an_answer_ends_with_the_budget(visit: Any, run: Any) -> None:
    with LoopbackWeb(Zone({"silent.cn": Name(trouble=NameTrouble.SILENT)})) as web:
        visitor = visit(web, budget_s=0.1)
        assert run(visitor.outcome("http://silent.cn/"))[0] == "dns-timeout"


def test_no_more_than_so_many_at_one_address_over_both_schemes(
    web: LoopbackWeb, visit: Any, run: Any
) -> None:
    """Scrapy builds one handler for http and one for https; the address does not care."""
    open_now, most = 0, 0
    visitor = visit(web, ICPCRAWL_REQUESTS_PER_ADDRESS=2)

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.005)
        open_now -= 1
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def ask_all() -> None:
        server = await asyncio.start_server(page, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            visitor.names.connect_to = (parse_connect_to(f"::127.0.0.1:{port}"),)
            handlers = (visitor.handler, HomepageHandler.from_crawler(visitor.crawler))
            await asyncio.gather(
                *(
                    handler.download_request(Request(f"http://{name}.whole.cn/"))
                    for handler in handlers
                    for name in ("plain", "chunked", "gzip", "br")
                )
            )

    run(ask_all())
    assert most == 2
    # Addresses that are done with are forgotten, or a large portfolio would keep them all.
    assert visitor.names._turns == {}


def test_a_run_that_stops_lets_every_connection_go(web: LoopbackWeb, visit: Any, run: Any) -> None:
    visitor = visit(web, budget_s=30.0)

    async def stopped() -> list[tuple[str, str]]:
        urls = ("http://silent.broken.cn/", "https://silent.broken.cn/", "http://slow-head.broken.cn/")
        waiting = [asyncio.ensure_future(visitor.outcome(url)) for url in urls]
        before = len(web.visits)
        while len(web.visits) < before + 3:  # noqa: ASYNC110 - the servers are in another thread
            await asyncio.sleep(0.001)
        visitor.crawler.signals.send_catch_log(LET_GO)
        return list(await asyncio.gather(*waiting))

    assert run(stopped()) == [("internal-error", "the run was stopped")] * 3
    until = time.monotonic() + 5
    while web.open_connections and time.monotonic() < until:
        time.sleep(0.001)
    assert web.open_connections == 0


# Addresses tried in turn -------------------------------------------------------------------


@pytest.mark.parametrize("first", ["refuses", "says nothing"])
def test_the_next_address_is_tried(web: LoopbackWeb, visit: Any, run: Any, first: str) -> None:
    visitor = visit(web, connect_to=(), ICPCRAWL_ALLOW_PRIVATE=True)

    async def connected() -> str:
        request = Request("http://plain.whole.cn/", meta={"hops": [Hop("", "first")]})
        request.meta["cookies"] = VisitCookies()
        stage = Stage(connect_s=2.0)
        addresses = ("127.0.0.2", "127.0.0.1")
        target = visitor.handler.target("plain.whole.cn", web.http_port, addresses, secure=False)
        assert (await visitor.handler.ask(request, target, stage)).body == PAGE
        assert stage.connected
        peer: str = request.meta["hops"][0].peer
        return peer

    with contextlib.ExitStack() as stack:
        if first == "says nothing":
            full = stack.enter_context(socket.create_server(("127.0.0.2", web.http_port), backlog=0))
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        assert run(connected()) == "127.0.0.1"


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")
def test_a_site_of_ipv6_is_reached(web: LoopbackWeb, visit: Any, run: Any) -> None:
    async def ask() -> tuple[bytes, str | None]:
        async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nsix")
            writer.close()

        server = await asyncio.start_server(page, "::1", 0)
        async with server:
            to = f"::[::1]:{server.sockets[0].getsockname()[1]}"
            hops: list[Hop] = []
            response = await visit(web, connect_to=(to,)).get("http://[2400:3200::1]:81/", hops=hops)
            return response.body, hops[0].peer

    heard: list[bytes] = []
    assert run(ask()) == (b"six", "::1")
    assert b"Host: [2400:3200::1]:81\r\n" in heard[0]


def test_a_certificate_that_cannot_be_read_does_not_cost_the_page(
    web: LoopbackWeb, visit: Any, run: Any, tmp_path: Path
) -> None:
    """The chain is not verified a second time, so a stranger's certificate may hold anything."""
    leaf = trustme.CA().issue_cert("plain.whole.cn")
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    spoilt = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    files = tmp_path / "leaf.pem", tmp_path / "key.pem"
    files[0].write_text(ssl.DER_cert_to_PEM_cert(spoilt))
    leaf.private_key_pem.write_to_path(str(files[1]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    request = Request("https://plain.whole.cn/")

    async def ask() -> bytes:
        async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(page, "127.0.0.1", 0, ssl=context)
        async with server:
            to = f"::127.0.0.1:{server.sockets[0].getsockname()[1]}"
            body: bytes = (await visit(web, connect_to=(to,)).handler.download_request(request)).body
            return body

    assert run(ask()) == b"ok"
    assert (request.meta["tls"].state, request.meta["tls"].expires) == ("unverified", "")
