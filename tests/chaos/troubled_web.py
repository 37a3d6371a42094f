"""A web of which a third is troubled: every way a site has been seen to go wrong, and what must come of it.

Values only; ``tests/chaos/soak.py`` serves and audits them.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass

import brotli
from backports import zstd

from icpcrawl.demo.zone import Answer, Ending, Host, Name, NameTrouble, Records, Tls, Zone, redirect

MAINLAND = "47.96.129.{}"
OVERSEAS = "85.214.132.117"
MIB = 1024 * 1024
MIIT = "https://beian.miit.gov.cn/"
POLICE = "https://beian.mps.gov.cn/#/query/webSearch?code="
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
FORBIDDEN = (
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "[::ffff:127.0.0.1]",
    "169.254.169.254",
    "100.100.100.200",
    "10.0.0.5",
)
"""Hosts to which troubled sites send their visitor; nobody may ever arrive."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way a site is."""

    name: str
    outcome: str
    """What the visit must come to; ``|`` between those that are as right."""
    host: Host | None = None
    told: Name | None = None
    """None = an address in the mainland."""
    at_most: int = 1_000_000
    """How many sites of this kind: some cost seconds of CPU each."""
    http11: str = ""
    """What Scrapy's handler makes of it, where that is something else."""

    def outcomes(self, handler: str) -> list[str]:
        return ((handler == "http11" and self.http11) or self.outcome).split("|")


def page(footer: str, paragraphs: int = 30) -> str:
    menu = "".join(f"<li><a href='/p{n}'>产品{n}</a></li>" for n in range(40))
    text = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * paragraphs
    return f"<html><head><title>示例公司</title></head><body><ul>{menu}</ul>{text}<footer>{footer}</footer></body></html>"


def right_footer(number: int) -> str:
    police = f"1101050203{number % 10000:04}"
    return (
        f'<a href="{MIIT}">京ICP备{12000000 + number}号-1</a>'
        f' <a href="{POLICE}{police}">京公网安备{police}号</a>'
    )


def sound(number: int) -> Host:
    """A site as most are: right, or wrong in a way that is to be found."""
    right = page(right_footer(number))
    packed = (
        gzip.compress(right.encode(), mtime=0),
        brotli.compress(right.encode(), quality=4),
        zstd.compress(right.encode()),
    )
    codings = ("gzip", "br", "zstd")
    match number % 16:
        case 0:
            return Host({"/": Answer(page("版权所有 示例公司").encode())})
        case 1:
            return Host(
                {
                    "/": Answer(
                        page(
                            f'<a href="https://www.beian.gov.cn/">京ICP备{12000000 + number}号-1</a>'
                        ).encode()
                    )
                }
            )
        case 2:
            return Host({"/": Answer(right.encode("gb18030"), content_type="text/html; charset=gbk")})
        case 3:
            return Host({"/": Answer(right.encode("gb18030"), content_type="text/html; charset=utf-8")})
        case 4:
            return Host({"/": Answer(right.encode("utf-16"), content_type="text/html")})
        case 5 | 6 | 7 as which:
            header = (("Content-Encoding", codings[which - 5]),)
            return Host({"/": Answer(packed[which - 5], headers=header)})
        case 8:
            return Host({"/": Answer(right.encode(), ending=Ending.CHUNKED)})
        case 9:
            return Host(
                {
                    "/": redirect("/zh/"),
                    "/zh/": redirect("/zh/index.html", 302),
                    "/zh/index.html": Answer(right.encode()),
                }
            )
        case 10:
            refresh = b'<meta http-equiv="refresh" content="0;url=/home">'
            return Host({"/": Answer(refresh), "/home": Answer(right.encode())})
        case 11:
            frames = b"<frameset><frame src='/main'></frameset>"
            return Host({"/": Answer(frames), "/main": Answer(right.encode())})
        case 12:
            return Host({"/": Answer(right.encode())}, tls=Tls.CLOSED)
        case 13:
            return Host({"/": Answer(right.replace(MIIT, "/beian").encode()), "/beian": redirect(MIIT, 302)})
        case _:
            return Host({"/": Answer(right.encode())})


def raw(*lines: bytes, body: bytes = b"", ending: Ending = Ending.WHOLE) -> Answer:
    return Answer(raw=OK + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body, ending=ending)


def packed(body: bytes, coding: str) -> Answer:
    return Answer(body, headers=(("Content-Encoding", coding),))


def everywhere(answer: Answer, **how: object) -> Host:
    return Host({"*": answer}, **how)  # type: ignore[arg-type]


def kinds(canary_port: int) -> Iterator[Kind]:
    """Every trouble. ``canary_port``: where nobody may ever connect."""
    right = page(right_footer(1))
    whole, half = right.encode(), right.encode()[: len(right)]
    bomb = bytes(64 * MIB)
    # Reset at every stage, and halves of everything.
    yield Kind("refused", "connect-refused", Host({}, tls=Tls.CLOSED, http_closed=True))
    yield Kind("reset-at-hello", "reset-after-sni", Host({}, tls=Tls.RESET, http_closed=True))
    yield Kind("no-tls", "tls-error|http-4xx", Host({}, tls=Tls.PLAIN))
    yield Kind("reset-at-once", "reset", everywhere(Answer(ending=Ending.RESET)))
    yield Kind(
        "reset-in-head", "reset", everywhere(Answer(raw=OK + b"X-Cut: th", ending=Ending.RESET_BEHIND))
    )
    yield Kind(
        "reset-in-body",
        "reset",
        everywhere(raw(b"Content-Length: 90000", body=half, ending=Ending.RESET_BEHIND)),
    )
    yield Kind("reset-behind", "ok", everywhere(Answer(whole, ending=Ending.RESET_BEHIND)))
    yield Kind("half-head", "not-html", everywhere(Answer(raw=OK + b"X-Cut: th")))
    yield Kind("half-body", "reset", everywhere(Answer(whole, ending=Ending.CUT)))
    yield Kind("half-chunk", "reset", everywhere(Answer(whole, ending=Ending.CUT_CHUNK)))
    yield Kind("half-gzip", "reset", everywhere(packed(gzip.compress(half)[:-40], "gzip")))
    # Lengths and heads that are wrong.
    yield Kind("length-too-long", "reset", everywhere(raw(b"Content-Length: 999999", body=half)))
    yield Kind("length-too-short", "ok", everywhere(raw(b"Content-Length: 900", body=whole)))
    yield Kind("length-negative", "not-html", everywhere(raw(b"Content-Length: -9", body=whole)))
    yield Kind(
        "lengths-differ", "not-html", everywhere(raw(b"Content-Length: 9", b"Content-Length: 8", body=whole))
    )
    yield Kind(
        "headers-of-1-mb",
        "not-html",
        everywhere(raw(b"X-Long: " + b"y" * MIB, body=whole)),
        http11="ok|not-html",
    )
    yield Kind("headers-without-end", "not-html", everywhere(Answer(raw=OK + b"X-Flood: y\r\n" * 100_000)))
    yield Kind("no-http", "not-html", everywhere(Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n")))
    yield Kind("no-status", "not-html", everywhere(Answer(raw=b"HTTP/1.1 abc\r\n\r\n")))
    # Slow, endless, large, packed.
    yield Kind("silent", "read-timeout", everywhere(Answer(ending=Ending.SILENT)))
    yield Kind("drip", "read-timeout", everywhere(Answer(whole, ending=Ending.DRIP, wait_s=0.5)))
    yield Kind(
        "endless", "too-large", everywhere(Answer(b"<p>more</p>" * 99, ending=Ending.ENDLESS)), at_most=12
    )
    yield Kind("page-of-50-mb", "too-large", everywhere(Answer(whole + b" " * 50 * MIB)), at_most=2)
    for coding, body in (
        ("gzip", gzip.compress(bomb)),
        ("br", brotli.compress(bomb, quality=3)),
        ("zstd", zstd.compress(bomb)),
    ):
        yield Kind(f"bomb-{coding}", "too-large", everywhere(packed(body, coding)), at_most=12)
    yield Kind(
        "bomb-in-bomb",
        "too-large",
        everywhere(packed(gzip.compress(gzip.compress(bomb)), "gzip, gzip")),
        at_most=12,
    )
    # Redirects.
    yield Kind(
        "loop", "redirect-loop", Host({"/": redirect("/a"), "/a": redirect("/b"), "/b": redirect("/a")})
    )
    yield Kind("loop-at-home", "redirect-loop", everywhere(redirect("/")))
    chain = {f"/{n}": redirect(f"/{n + 1}") for n in range(40)}
    yield Kind("chain", "redirect-loop", Host({"/": redirect("/0"), **chain}))
    yield Kind(
        "location-no-utf8",
        "ok|http-4xx",
        Host(
            {
                "/": Answer(
                    raw=b"HTTP/1.1 302 Found\r\nLocation: /\xff\xfe\xc3\r\nContent-Length: 0\r\n\r\n"
                ),
                "*": Answer(whole),
            }
        ),
    )
    yield Kind("location-nowhere", "redirect-loop", everywhere(redirect("http://[bad/")))
    yield Kind("location-port", "redirect-loop", everywhere(redirect("http://example.cn:99999/")))
    yield Kind("location-script", "redirect-loop", everywhere(redirect("javascript:alert(1)")))
    yield Kind("location-file", "redirect-loop", everywhere(redirect("file:///etc/passwd")))
    for number, host in enumerate(FORBIDDEN):
        yield Kind(
            f"inward-{number}",
            "refused-private-address",
            everywhere(redirect(f"http://{host}:{canary_port}/")),
        )
    yield Kind(
        "inward-by-port",
        "refused-private-address",
        everywhere(redirect("http://169.254.169.254/latest/meta-data/")),
    )
    # Names.
    for trouble, outcome in (
        (NameTrouble.SERVFAIL, "dns-servfail"),
        (NameTrouble.REFUSED, "dns-servfail"),
        (NameTrouble.SILENT, "dns-timeout"),
        (NameTrouble.TRUNCATED, "ok"),
        (NameTrouble.GARBAGE, "ok"),
        (NameTrouble.FORGED_ID, "ok"),
        (NameTrouble.FORGED_QUESTION, "ok"),
    ):
        told = Name(Records(a=(MAINLAND.format(18),)), trouble=trouble)
        yield Kind(f"name-{trouble}", outcome, everywhere(Answer(whole)), told)
    yield Kind("name-empty", "dns-no-address", None, Name())
    yield Kind("name-gone", "dns-nxdomain")
    yield Kind(
        "name-loop", "dns-servfail|dns-no-address|dns-nxdomain", None, Name(Records(cname="loop.invalid"))
    )
    for number, address in enumerate(
        ("10.1.2.3", "127.0.0.1", "169.254.169.254", "198.18.0.7", "100.100.100.200")
    ):
        yield Kind(
            f"name-private-{number}",
            "refused-private-address",
            everywhere(Answer(whole)),
            Name(Records(a=(address,))),
        )
    # Certificates: the page is read, the trouble noted.
    for tls in (Tls.EXPIRED, Tls.SELF_SIGNED, Tls.OTHER_NAME):
        yield Kind(f"certificate-{tls}", "ok", everywhere(Answer(whole), tls=tls))
    # Pages.
    links = "".join(f"<a href='/n/{n}.html' title='新闻{n}'>新闻标题第{n}号</a>" for n in range(10_000))
    yield Kind(
        "links-10000", "ok", everywhere(Answer(right.replace("<ul>", f"<ul>{links}", 1).encode())), at_most=20
    )
    nested = f"{'<div>' * 20_000}{right}{'</div>' * 20_000}"
    yield Kind("nested-20000", "ok", everywhere(Answer(nested.encode())), at_most=20)
    yield Kind(
        "nul-bytes",
        "ok",
        everywhere(Answer(b"\0".join(whole[at : at + 50] for at in range(0, len(whole), 50)))),
    )
    mixed = right.replace("示例公司", "").encode() + "版权所有 北京示例有限公司".encode("gb18030")
    yield Kind("mixed-encodings", "ok", everywhere(Answer(mixed)))
    yield Kind("nothing", "empty-shell|ok|default-page", everywhere(Answer(b"")))
    yield Kind(
        "noise",
        "ok|not-html|empty-shell",
        everywhere(Answer(random.Random(6).randbytes(40_000), content_type="text/html")),
    )
    yield Kind(
        "picture",
        "not-html",
        everywhere(Answer(b"\x89PNG\r\n\x1a\n" + bytes(9_000), content_type="image/png")),
    )
    yield Kind("error-page", "http-5xx", everywhere(Answer(whole, 503)))
    yield Kind("forbidden-page", "http-4xx|blocked-waf", everywhere(Answer(b"<h1>403 Forbidden</h1>", 403)))


@dataclass(frozen=True, slots=True)
class TroubledWeb:
    zone: Zone
    kinds: dict[str, Kind]
    """Host of every troubled site → its kind."""
    order: tuple[str, ...]
    """All hosts, as the portfolio lists them."""


def troubled_web(sites: int, canary_port: int) -> TroubledWeb:
    """``sites`` sites in a shuffled order that is always the same, a third of them troubled."""
    known = list(kinds(canary_port))
    troubled: dict[str, Kind] = {}
    names: dict[str, Name] = {
        "loop.invalid": Name(Records(cname="pool.invalid")),
        "pool.invalid": Name(Records(cname="loop.invalid")),
    }
    hosts: dict[str, Host] = {}
    order: list[str] = []
    round_of = 0
    while len(troubled) < sites // 3:
        for kind in known:
            if round_of < kind.at_most and len(troubled) < sites // 3:
                troubled[f"{kind.name}-{round_of}.cn"] = kind
        round_of += 1
    order += troubled
    for number in range(sites - len(troubled)):
        host = f"sound-{number}.cn"
        order.append(host)
        hosts[host] = sound(number)
        names[host] = Name(Records(a=(OVERSEAS if number % 11 == 5 else MAINLAND.format(1 + number % 250),)))
    for host, kind in troubled.items():
        if kind.host is not None:
            hosts[host] = kind.host
        told = kind.told or (Name(Records(a=(MAINLAND.format(1 + len(names) % 250),))) if kind.host else None)
        if told is not None:
            names[host] = told
    random.Random(6).shuffle(order)
    return TroubledWeb(Zone(names, hosts), troubled, tuple(order))
