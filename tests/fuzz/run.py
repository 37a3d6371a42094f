"""Everything that reads what strangers and owners write, fed mutations of what they write.

    python tests/fuzz/run.py [TARGET…] [--seconds 60] [--seed 1]

A target fails on any exception but the error with a remedy that a reader of files may raise, and
on an input that takes longer than ``PATIENCE_S``. The same seed gives the same inputs; the one
that failed is left in the folder for temporary files. ``guided.py`` beside it is led by coverage instead.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

# ruff: noqa: E402 - run as a script
import brotli
from backports import zstd

from icpcrawl.audit import audit_site
from icpcrawl.audit.blocked import refine
from icpcrawl.audit.decode import decode
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.footer import DisplayedNumber, PageLink, Place, read_page
from icpcrawl.audit.links import judge_link
from icpcrawl.audit.numbers import NumberStatus, find_numbers
from icpcrawl.audit.page import look_at
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.register import Register
from icpcrawl.crawl.fetch import outcome_of
from icpcrawl.crawl.first_look import FirstLook
from icpcrawl.crawl.unpack import TooLargeError, unpacked
from icpcrawl.datafiles import load_facts
from icpcrawl.errors import IcpcrawlError
from icpcrawl.observation import (
    CountryVote,
    DnsAnswer,
    DnsStatus,
    Fetched,
    FetchOutcome,
    Hosting,
    LocatedAddress,
    Observation,
    Page,
)
from icpcrawl.policy_files import read_policy, read_register
from icpcrawl.portfolio import Site, read_portfolio

PATIENCE_S = 3.0
"""CPU seconds for one input of at most ``LONGEST`` bytes."""
LONGEST = 60_000
URL = "https://www.site.cn/"

WORDS = [
    word.encode()
    for word in (
        *(
            "京ICP备12345678号-1",
            "京公网安备11010502030143号",
            "粤B2-20090059",
            "ICP备",
            "备案",
            "京ICP证030173号",
            "公安备案",
        ),
        *(
            "\n",
            "\r",
            "\0",
            ",",
            '"',
            '""',
            ";",
            "|",
            "\t",
            "\u3000",
            "\u200b",
            "\u202e",
            "\ufeff",
            "=",
            "-",
            "~",
            "'",
        ),
        *(
            "<a href=",
            "</a>",
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "<div hidden>",
            "<footer>",
            "</body>",
            "<",
            ">",
            "&#",
        ),
        *(
            "&#x5907;",
            "&nbsp;",
            "<frameset>",
            "<frame src=",
            "<meta http-equiv=refresh content='0;url=",
            "<title>",
            "<style>",
        ),
        *(
            "https://beian.miit.gov.cn/",
            "//",
            "://",
            "[::1]",
            "javascript:",
            "?code=",
            "%",
            "%00",
            "@",
            ":99999",
            "xn--",
            "。",
        ),
        *(
            "[severities]",
            "[[override]]",
            "tag",
            "2027-01-01",
            "0001-01-01",
            "9" * 40,
            "true",
            "{",
            "}",
            "[",
            "]",
            "#",
        ),
        *(
            "charset=gbk",
            "charset=utf-16",
            "<meta charset=",
            "text/html",
            "location.href='",
            "function(){",
            "if(",
            "setTimeout(",
            "}else{",
            "/*",
            "<meta http-equiv=refresh content='0;url=",
            "403 Forbidden",
            "example.cn",
        ),
    )
] + [
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x81",
    b"\xff",
    b"\x80",
    "备".encode("gb18030"),
    "ICP备".encode("utf-16"),
]

PORTFOLIOS = [
    (ROOT / "data" / "portfolio.example.csv").read_bytes(),
    "域名,网站名称,主办单位,负责人,备案号,公安备案号,上线日期\r\n中国.cn,示例,甲公司,张三,京ICP备12345678号-1,,2024/3/1\r\n".encode(
        "gb18030"
    ),
    b"url;site_id;tags;expected_hosting;commercial\nhttps://a.cn/x?y#z;a;x|y;mainland;yes\nb.cn;b;;any;no\n",
    "domain\tname\n例子.中国\t一\n".encode("utf-16"),
]
POLICIES = [
    (ROOT / "data" / "policy.toml").read_bytes(),
    b'[severities]\nfiling-number-missing = "notice"\n[[override]]\ntag = "x"\ndisabled = ["psb-number-missing"]\n',
    'fetch_dark_days = 9\nfail_on = "new"\nenabled = []\n[province_habit]\n"粤" = "entity"\n'.encode(),
]
WAIVERS = [
    b"site_id,domain,tag,rule,observed,reason,owner,approver,expires\na,,,filing-number-missing,,why,me,you,2027-01-01\n",
    'site_id,rule,reason,owner,approver,expires\r\n"a","psb-*","x, y","z","w","2027-12-31"\r\n'.encode(
        "utf-8-sig"
    ),
    "site_id,rule,reason,owner,approver,expires\nb,link-swapped,因为,张三,李四,2027-02-28\n".encode(
        "gb18030"
    ),
]
REGISTERS = [
    "导出\n主办单位名称,主办单位性质,备案号/许可证号,域名,审核通过日期\n甲公司,企业,京ICP备12345678号-1,a.cn;b.cn,2024-03-01\n".encode(),
    "域名,备案号,备案状态\nhttps://中国.cn/,京ICP备12345678号-2,已备案\n,京ICP备12345678号-3A,\n".encode(
        "gb18030"
    ),
]
FOOTER = (
    "<html><head><meta charset=utf-8><title>示例</title></head><body><div><ul><li><a href=/x>产品</a></ul></div>"
    '<footer>© 2024 北京示例有限公司 <a href="https://beian.miit.gov.cn/">京ICP备12345678号-1</a> '
    '<a href="https://beian.mps.gov.cn/#/query/webSearch?code=11010502030143"><img src=p.png>京公网安备 11010502030143号</a>'
    "<p style='display:none'>粤B2-20090059</p></footer><script>var a='<b>京ICP备1号</b>'</script></body></html>"
)
PAGES = [
    FOOTER.encode(),
    FOOTER.replace("utf-8", "gbk").encode("gb18030"),
    FOOTER.encode("utf-16"),
    b"<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr>nginx</body></html>",
    b"<frameset cols=20%,*><frame name=top src=/t><frame name=main src=/m></frameset>",
    b"<meta http-equiv=refresh content='0; url=/home'><script>window.location.href='/index.html'</script>",
    "网站未备案，已被拦截。根据《互联网信息服务管理办法》…<div id=app></div><script src=/app.js></script>".encode(),
    *(path.read_bytes()[:LONGEST] for path in sorted((ROOT / "tests" / "sites").glob("*/page.html"))[::9]),
]
LINKS = [
    href.encode()
    for href in (
        *(
            "https://beian.miit.gov.cn/",
            "http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=11010502030143",
            "//miitbeian.gov.cn",
        ),
        *(
            "beian.miit.gov.cn",
            "javascript:void(0)",
            "https:/beian.miit.gov.cn",
            "/go?url=https%3A%2F%2Fbeian.miit.gov.cn",
            "#",
            "",
        ),
        *(
            "https://beian.mps.gov.cn/#/query/webSearch?code=11010502030143",
            "https://user:p@[::1]:99/\\x",
            "http：//beian.miit.gov.cn",
        ),
    )
]
TEXTS = [
    text.encode()
    for text in (
        "© 2024 北京示例有限公司 京ICP备19004658号-1 京公网安备 11010502030143号 粤B2-20090059-5 京ICP证030173号",
        "粵ＩＣＰ備１４０２３０６６號－２Ａ | 合字A1.B1.B2-20180017 | 湘ICP备B2-20080075-3 | ICP备案号：浙13009823号",
        "Beijing ICP Filing No. 19004658-1, Jing Gong Wang An Bei 11010502030143, ICP License Yue B2-20090059",
        "京ICP备1900465O号 京IPC备19004658号 京ICP备1900****号 萌ICP备20259514号 ICP备14003256号—1 辽宁ICP备05001234号",
        "北京市公安局海淀分局备案号：11010802021500 京公海网安备110108001485号 联网备案号：31010402000318",
    )
]
PACKED = [zstd.compress(FOOTER.encode()), brotli.compress(FOOTER.encode()), *PAGES[:1]]


@cache
def facts() -> Facts:
    return load_facts()


@cache
def scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="icpcrawl-fuzz-"))


def by_file(read: Callable[[Path], object], name: str) -> Callable[[bytes], None]:
    """Feed a reader of files; its own errors are answers."""

    def feed(given: bytes) -> None:
        file = scratch() / name
        file.write_bytes(given)
        try:
            read(file)
        except IcpcrawlError as error:
            said = str(error)
            if not error.remedy or "\n" in said or str(file) not in said:
                raise AssertionError(f"an error without file or remedy: {said}") from error

    return feed


def page(given: bytes) -> Page:
    return Page(URL, 200, (("content-type", "text/html"),), given)


def decoding(given: bytes) -> None:
    for kind in ("", "text/html; charset=gbk", given[:30].decode("latin-1")):
        decode(given, kind)


def blocked(given: bytes) -> None:
    for status, outcome in ((200, FetchOutcome.OK), (403, FetchOutcome.HTTP_4XX)):
        refine(Fetched(outcome, "", (), Page(URL, status, (("server", "x"),), given)), None, facts().blocked)


def reading(given: bytes) -> None:
    for kind in ("", "text/html; charset=gbk"):
        read_page(given, url=URL, content_type=kind, facts=facts().numbers, today_year=2026)
    look_at(Fetched(FetchOutcome.OK, "", (), page(given)), facts(), 2026)


def grammar(given: bytes) -> None:
    """Whatever the text: numbers in order, each where it says it is, and read again as itself."""
    text = given.decode("utf-8", "replace")
    end = 0
    for number in find_numbers(text, facts().numbers, 2026):
        assert number.start >= end, number
        end = number.end
        assert text[number.start : end] == number.raw, number
        assert number.reason or number.status is NumberStatus.OK, number
        if number.status is NumberStatus.OK and number.prefix:
            # Behind its label: 粤A2-… alone may be a car's plate.
            again = find_numbers(f"许可证：{number.number}", facts().numbers, 2026)
            assert [n.number for n in again] == [number.number], (number, again)


def judging(given: bytes) -> None:
    """The whole judgment, whatever the page is made of: no rule may break on it."""
    answer = DnsAnswer("www.site.cn", "plain", DnsStatus.OK, addresses=("47.96.129.18",))
    hosting = Hosting((answer,), (LocatedAddress("47.96.129.18", (CountryVote("dbip", "geoip", "CN"),)),))
    site = Site(
        1,
        2,
        "site.cn",
        "site.cn",
        "site.cn",
        expected_icp=("京ICP备12345678号-1",),
        entity="北京示例有限公司",
    )
    seen = Observation(
        "site.cn",
        "r",
        datetime(2026, 11, 24, tzinfo=UTC),
        Fetched(FetchOutcome.OK, "", (), page(given)),
        hosting,
    )
    audit = audit_site(site, seen, None, Register(), facts(), Policy(), date(2026, 11, 24))
    assert not audit.failed_rules, audit.failed_rules


def links(given: bytes) -> None:
    href = given.decode("utf-8", "replace")[:4000]
    for number in find_numbers(
        "京ICP备12345678号-1 京公网安备11010502030143号 粤B2-20090059", facts().numbers, 2026
    ):
        for how in ("around", "beside"):
            link = PageLink(href, href, how, href[:40])
            seen = DisplayedNumber(number, Place.FOOTER, displayed=True, link=link)
            judge_link(seen, URL, facts().links)


def way_on(given: bytes) -> None:
    seen = page(given)
    outcome_of(seen)
    looked = FirstLook(seen, facts(), 2026)
    url, how = looked.onward(URL)
    assert bool(url) == bool(how)
    looked.in_its_place()


def packings(given: bytes) -> None:
    for coding in ("gzip", "deflate", "br", "zstd", "gzip, br", given[:20].decode("latin-1")):
        try:
            body, _ = unpacked(given, coding, 500_000)
        except TooLargeError:
            continue
        assert len(body) <= 500_000


@dataclass(frozen=True, slots=True)
class Target:
    feed: Callable[[bytes], None]
    seeds: list[bytes]


TARGETS = {
    "portfolio": Target(by_file(read_portfolio, "portfolio.csv"), PORTFOLIOS),
    "policy": Target(by_file(lambda file: read_policy(file, None), "policy.toml"), POLICIES),
    "waivers": Target(by_file(lambda file: read_policy(None, file), "waivers.csv"), WAIVERS),
    "register": Target(by_file(read_register, "register.csv"), REGISTERS),
    "decoder": Target(
        lambda given: (decode(given, ""), decode(given, "text/html; charset=gbk"))[1:] and None, PAGES
    ),
    "page": Target(reading, PAGES),
    "grammar": Target(grammar, TEXTS),
    "judgment": Target(
        judging, [*PAGES, *(FOOTER.encode().replace(b"https://beian.miit.gov.cn/", href) for href in LINKS)]
    ),
    "blocked": Target(blocked, PAGES),
    "links": Target(links, LINKS),
    "onward": Target(way_on, PAGES),
    "unpack": Target(packings, PACKED),
}


def mutated(seeds: list[bytes], chance: random.Random) -> bytes:
    """One of the seeds after a few accidents."""
    given = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 3, 5, 9))):
        at = chance.randrange(len(given) + 1)
        to = min(len(given), at + chance.choice((1, 2, 5, 20, 200)))
        match chance.randrange(9):
            case 0:
                given[at:to] = b""
            case 1 | 2 | 3:
                given[at:at] = chance.choice(WORDS)
            case 4:
                given[at:to] = chance.choice(WORDS)
            case 5:
                given[at:to] = chance.randbytes(to - at)
            case 6:
                given[at:at] = bytes(given[at:to]) * chance.choice((1, 3, 30, 300))
            case 7:
                other = chance.choice(seeds)
                begin = chance.randrange(len(other) + 1)
                given[at:] = other[begin:]
            case _:
                given[at:at] = chance.choice(WORDS) * chance.choice((10, 1000))
        del given[LONGEST:]
    return bytes(given)


def fuzz(name: str, seconds: float, seed: int) -> tuple[int, str]:
    """How many inputs were fed, and what was wrong with the last one; empty when nothing."""
    target, chance = TARGETS[name], random.Random(f"{name} {seed}")
    for given in target.seeds:
        target.feed(given)
    executions, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        given = mutated(target.seeds, chance)
        executions += 1
        began = time.process_time()
        wrong = ""
        try:
            target.feed(given)
        except Exception:  # noqa: BLE001 - whatever it is, it is what we look for
            wrong = traceback.format_exc(limit=-6)
        took_s = time.process_time() - began
        if took_s > PATIENCE_S:
            wrong = f"{took_s:.1f} s of CPU"
        if wrong:
            left = Path(tempfile.gettempdir()) / f"icpcrawl-fuzz-{name}-{seed}-{executions}"
            left.write_bytes(given)
            return executions, f"{wrong}\nthe input: {left}"
    return executions, ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    failed = False
    for name in asked.targets or TARGETS:
        executions, wrong = fuzz(name, asked.seconds, asked.seed)
        print(
            f"{name}: {executions} executions in {asked.seconds:g} s{': ' + wrong if wrong else ''}",
            flush=True,
        )
        failed = failed or bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
