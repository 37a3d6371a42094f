"""The loopback web servers, asked over plain sockets: what goes over the wire is what was ordered."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.loopback import zone_of
from icpcrawl.demo.zone import Answer, Ending, Host, Name, Records, Tls, redirect

HERE = Name(Records(a=("47.96.129.18",)))
PAGE = "<html><body>京ICP备12345678号</body></html>".encode() * 300
GBK = "<html>中文网站 粤ICP备12345678号</html>".encode("gbk")
ANSWERS = {
    "/": Answer(PAGE),
    "/gbk": Answer(GBK, content_type="text/html; charset=gb2312"),
    "/untyped": Answer(PAGE, content_type=""),
    "/gzip": Answer(PAGE, gzip=True),
    "/chunked": Answer(PAGE, ending=Ending.CHUNKED),
    "/cut": Answer(PAGE, ending=Ending.CUT),
    "/cut-chunk": Answer(PAGE, ending=Ending.CUT_CHUNK),
    "/moved": redirect("https://elsewhere.cn/", 302),
    "/teapot": Answer(b"short and stout", 418, headers=(("Server", "pot"), ("X-A", "1"), ("X-A", "2"))),
    "/566": Answer(b"", 566),
    "/raw": Answer(raw=b"SSH-2.0-OpenSSH\r\n"),
    "/slow": Answer(PAGE, wait_s=0.05),
    "/drip": Answer(b"x", ending=Ending.DRIP, wait_s=0.001),
    "/reset": Answer(ending=Ending.RESET),
    "/silent": Answer(ending=Ending.SILENT),
    "/endless": Answer(b"more ", ending=Ending.ENDLESS),
}
HOSTS = {
    "a.cn": Host(ANSWERS),
    "two-faced.cn": Host({"/": Answer(b"safe")}, {"/": Answer(b"plain")}),
    "any.cn": Host({"*": Answer(b"any")}),
    "dark.cn": Host({}, tls=Tls.CLOSED, http_closed=True),
    **{f"{tls.value}.cn": Host({"/": Answer(b"tls")}, tls=tls) for tls in Tls},
}


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(zone_of(HOSTS, HERE)) as web:
        yield web


def said(
    port: int, path: str = "/", host: str = "a.cn", tls: ssl.SSLContext | None = None
) -> tuple[bytes, bytes]:
    """Head and body as they came, until the server hung up."""
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        if tls is not None:
            line = stack.enter_context(tls.wrap_socket(line, server_hostname=host))
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = b""
        while data := line.recv(65536):
            answer += data
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize(
    ("path", "status", "header", "body"),
    [
        ("/", b"200 OK", b"Content-Length: %d" % len(PAGE), PAGE),
        ("/gbk", b"200 OK", b"Content-Type: text/html; charset=gb2312", GBK),
        ("/gzip", b"200 OK", b"Content-Encoding: gzip", gzip.compress(PAGE, 6, mtime=0)),
        ("/moved", b"302 Found", b"Location: https://elsewhere.cn/", b""),
        ("/teapot", b"418 I'm a Teapot", b"X-A: 1\r\nX-A: 2", b"short and stout"),
        ("/566", b"566 Unassigned", b"Content-Length: 0", b""),
        ("/slow", b"200 OK", b"Content-Length: %d" % len(PAGE), PAGE),
        ("/drip", b"200 OK", b"Content-Length: 1", b"x"),
        ("/cut", b"200 OK", b"Content-Length: %d" % len(PAGE), PAGE[: len(PAGE) // 2]),
        ("/nowhere", b"404 Not Found", b"Server: nginx", None),
        ("/gbk?page=1", b"200 OK", b"charset=gb2312", GBK),
    ],
)
def test_an_answer_is_framed_as_ordered(
    web: LoopbackWeb, path: str, status: bytes, header: bytes, body: bytes | None
) -> None:
    head, came = said(web.http_port, path)
    assert head.startswith(b"HTTP/1.1 " + status)
    assert header in head
    assert b"Connection: close" in head
    assert body is None or came == body


def test_an_answer_may_lack_its_type(web: LoopbackWeb) -> None:
    assert b"Content-Type" not in said(web.http_port, "/untyped")[0]


def test_chunks_come_whole_or_cut(web: LoopbackWeb) -> None:
    whole, cut = (said(web.http_port, path)[1] for path in ("/chunked", "/cut-chunk"))
    assert whole.endswith(b"\r\n0\r\n\r\n")
    assert whole.startswith(cut)
    assert len(cut) < len(whole)


def test_the_wire_may_carry_anything(web: LoopbackWeb) -> None:
    assert said(web.http_port, "/raw") == (b"SSH-2.0-OpenSSH\r\n", b"")


def test_a_reset_is_a_reset(web: LoopbackWeb) -> None:
    with pytest.raises(ConnectionResetError):
        said(web.http_port, "/reset")
    with pytest.raises(ConnectionResetError):
        said(web.reset_port)


def test_nobody_listens_at_the_closed_port(web: LoopbackWeb) -> None:
    with pytest.raises(ConnectionRefusedError):
        said(web.closed_port)


@pytest.mark.parametrize("path", ["/silent", "/endless"])
def test_an_answer_may_never_end(web: LoopbackWeb, path: str) -> None:
    with socket.create_connection(("127.0.0.1", web.http_port), 5) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a.cn\r\n\r\n".encode())
        if path == "/endless":
            received = sum(len(sock.recv(65536)) for _ in range(50))
            assert received > 50
        else:
            sock.settimeout(0.05)
            with pytest.raises(TimeoutError):
                sock.recv(1)


def test_hosts_are_told_apart_by_name_scheme_and_path(web: LoopbackWeb) -> None:
    trusting = ssl.create_default_context(cafile=str(web.ca_file))
    assert said(web.http_port, host="two-faced.cn")[1] == b"plain"
    assert said(web.https_port, host="two-faced.cn", tls=trusting)[1] == b"safe"
    assert said(web.http_port, "/deep/path", "any.cn")[1] == b"any"
    assert said(web.http_port, host="nobody.cn")[0].startswith(b"HTTP/1.1 421")
    assert (web.visits[-1].host, web.visits[-1].secure) == ("nobody.cn", False)


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("trusted.cn", ""),
        ("expired.cn", "certificate has expired"),
        ("self-signed.cn", "unable to get local issuer certificate"),
        ("other-name.cn", "Hostname mismatch"),
    ],
)
def test_each_host_shows_its_certificate(web: LoopbackWeb, host: str, problem: str) -> None:
    trusting = ssl.create_default_context(cafile=str(web.ca_file))
    if not problem:
        assert said(web.https_port, host=host, tls=trusting)[1] == b"tls"
        return
    with pytest.raises(ssl.SSLCertVerificationError, match=problem):
        said(web.https_port, host=host, tls=trusting)


def test_the_rules_lead_each_host_to_its_port(web: LoopbackWeb) -> None:
    rules = web.connect_to
    assert rules[-2:] == (f":443:127.0.0.1:{web.https_port}", f":80:127.0.0.1:{web.http_port}")
    for rule in (
        f"dark.cn:443:127.0.0.1:{web.closed_port}",
        f"dark.cn:80:127.0.0.1:{web.closed_port}",
        f"reset.cn:443:127.0.0.1:{web.reset_port}",
    ):
        assert rule in rules[:-2]
    assert web.arguments[:2] == ("--nameserver", web.nameserver)
    assert web.arguments.count("--connect-to") == len(rules)


def test_nothing_outlives_the_block() -> None:
    with LoopbackWeb(zone_of(HOSTS, HERE)) as web:
        waiting = [socket.create_connection(("127.0.0.1", port), 5) for port in (web.http_port, web.dns_port)]
        waiting[0].sendall(b"GET /silent HTTP/1.1\r\nHost: a.cn\r\n\r\n")
        until = time.monotonic() + 5
        while not web.visits and time.monotonic() < until:
            time.sleep(0.001)
        ports = (web.http_port, web.https_port, web.reset_port, web.dns_port, web.closed_port)
        authority = web.ca_file
        assert authority.read_text().startswith("-----BEGIN CERTIFICATE-----")
    for sock in waiting:
        with sock:
            assert sock.recv(1) == b""
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)
    assert not authority.exists()
