"""Where a page sends its visitor on, and what is no homepage."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from icpcrawl.crawl.first_look import FirstLook
from icpcrawl.datafiles import load_facts
from icpcrawl.observation import Hop, Page

FACTS = load_facts()
HTML = (("content-type", "text/html"),)
HOME = "https://brand.cn/"
UA = "navigator.userAgent"
GOOD = '<a href="https://beian.miit.gov.cn/">京ICP备12007421号-1</a>'


def page(body: str | bytes, url: str = HOME, status: int = 200) -> Page:
    return Page(url, status, HTML, body.encode() if isinstance(body, str) else body)


def onward(seen: Page, asked: str = HOME) -> tuple[str, str]:
    return FirstLook(seen, FACTS, 2026).onward(asked)


def test_a_page_that_waits_for_its_cookie_is_asked_again() -> None:
    """Elsewhere a refresh of the same page only reloads what was already seen."""
    reload, cookie = b'<meta http-equiv="refresh" content="0;url=/">', ("set-cookie", "a=1")
    gate = Page(HOME, 200, (*HTML, cookie), reload)
    assert onward(gate) == (HOME, "meta-refresh")
    assert onward(replace(gate, headers=HTML)) == ("", "")
    assert onward(replace(gate, body=reload + "欢迎光临，本公司生产各类仪器仪表。".encode() * 20)) == ("", "")


@pytest.mark.parametrize(
    ("body", "url", "how"),
    [
        ('<meta http-equiv="refresh" content="0;url=/index.html">', "index.html", "meta-refresh"),
        ("<META content='3; URL=index.html' HTTP-EQUIV=Refresh>", "index.html", "meta-refresh"),
        ("<meta http-equiv=refresh content=\"0.5; url='/a?b=1&amp;c=2'\">", "a?b=1&c=2", "meta-refresh"),
        (
            '<meta http-equiv="refresh" content="0;url=http://www.brand.cn/">',
            "http://www.brand.cn/",
            "meta-refresh",
        ),
        ("<script>location.href='/cn/';</script>", "cn/", "script"),
        ("<script><!--\nlocation.href='/cn/';\n//--></script>", "cn/", "script"),
        ("<script>window.location = '/cn/'</script>正在跳转，请稍候……", "cn/", "script"),
        ('<script>top.window.location.replace("cn/")</script>', "cn/", "script"),
        ("<script>document.location.assign('/首页')</script>", "首页", "script"),
        ("""<body onload="location.href='/cn/'">""", "cn/", "script"),
        ("<script>setTimeout(function () { location.href='/cn/' }, 500)</script>", "cn/", "script"),
        ("<script>// location.href='/old/';\nlocation.href='/cn/';</script>", "cn/", "script"),
        (
            f"<script>if (/Mobile/i.test({UA})) {{location='/m/'}} else {{location='/cn/'}}</script>",
            "cn/",
            "script",
        ),
        ("<base href='/cn/'><script>location.href='index.html'</script>", "cn/index.html", "script"),
        ("<body><p>请稍候</p><meta http-equiv=refresh content='1; url=/cn/'>", "cn/", "meta-refresh"),
    ],
)
def test_a_page_that_sends_its_visitor_on_is_followed(body: str, url: str, how: str) -> None:
    found = url if url.startswith("http") else HOME + url
    assert onward(page(body)) == (found, how)


MUCH = "本公司成立于一九九八年，专业从事各类阀门的研发与制造。" * 5


@pytest.mark.parametrize(
    "body",
    [
        "<p>an ordinary page</p>",
        # Not at once, not elsewhere, not to itself, not anywhere.
        '<meta http-equiv="refresh" content="300;url=/index.html">',
        '<meta http-equiv="refresh" content="5">',
        '<meta http-equiv="refresh" content="0;url=https://beian.miit.gov.cn/">',
        '<meta http-equiv="refresh" content="0;url=https://brand.cn/#top">',
        '<meta http-equiv="refresh" content="0;url=http://[bad/">',
        '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
        "<script>location.href='https://www.baidu.com/'</script>",
        "<script>location.href='weixin://dl'</script>",
        # Not every visitor: old browsers, browsers without scripts.
        '<noscript><meta http-equiv="refresh" content="0;url=/nojs.html"></noscript>',
        '<!--[if lt IE 9]><meta http-equiv="refresh" content="0;url=/upgrade.html"><![endif]-->',
        '<script>var s = \'<meta http-equiv="refresh" content="0;url=/a">\'</script>',
        "<noscript><script>location.href='/nojs'</script></noscript>",
        "<!-- <script>location.href='/old/'</script> -->",
        # A handler, not a move.
        f"<a onclick=\"location.href='/en/'\">English</a><p>{MUCH}</p>",
        f"<p>{MUCH}</p><script>function go() {{ location.href = '/login' }}</script>",
        "<a onclick=\"location.href='/en/'\">English</a>",
        "<script>var allocation = '/x', my = {}; my.location = '/y'</script>",
        "<script>if (location == '/x') go()</script>",
        "<script>location.href = next</script>",
        # What it says of itself counts, and only some visitors go on.
        f"<script>location.href='/cn/'</script><p>{GOOD}</p>",
        "<script>$('#b').click(function () { location.href='/main.html' })</script>用户登录",
        "<script>function s() { location.href='/search?q=' + q.value }</script>搜索",
        "<script>if (logged) { location.href='/main.html' }</script>",
        f"<script>if (/Mobile/i.test({UA})) {{location='/m/'}}</script>",
        f"<script>location.href='/cn/'</script>{'<br>' * 2000}",
    ],
)
def test_a_page_that_stays_is_not_left(body: str) -> None:
    assert onward(page(body)) == ("", "")


NOTICE = '<meta http-equiv="refresh" content="5;url=https://www.other.cn/">'


@pytest.mark.parametrize(
    ("body", "status", "follows"),
    [
        (f"{NOTICE}<p>本网站已整体迁移至新域名，页面将在五秒后跳转。</p>", 200, True),
        (NOTICE, 200, True),
        (f"{NOTICE}<p>本网站已整体迁移至新域名。</p>{GOOD}", 200, False),
        # What refuses, or parks a name, is evidence where it stands.
        (f"{NOTICE}<p>该网站暂时无法进行访问，可能由以下原因导致：未进行备案。</p>", 200, False),
        (f"{NOTICE}<title>域名停放</title><p>此域名正在出售</p>", 200, False),
        (f"{NOTICE}<p>找不到页面</p>", 404, False),
    ],
)
def test_a_notice_that_the_site_has_moved_is_followed_to_another_site(
    body: str, status: int, follows: bool
) -> None:
    answer = ("https://www.other.cn/", "meta-refresh") if follows else ("", "")
    assert onward(page(body, status=status)) == answer


def alternates(*links: str) -> str:
    said = (link.split() for link in links)
    tags = "".join(f'<link rel="alternate" hreflang="{tongue}" href="{href}">' for tongue, href in said)
    return f"<html><head>{tags}</head><body>{'Welcome ' * 99}</body></html>"


@pytest.mark.parametrize(
    ("url", "links", "found"),
    [
        (f"{HOME}en/", ("zh-CN /cn/",), "cn/"),
        (f"{HOME}us/en/", ("zh-CN /cn/zh/",), "cn/zh/"),
        (f"{HOME}index_en.html", ("zh-CN /index.html",), "index.html"),
        (f"{HOME}en.html", ("en /en.html", "zh /"), ""),
        (f"{HOME}en-US/home", ("ZH_cn /cn/",), "cn/"),
        ("https://en.brand.cn/", ("zh-CN https://brand.cn/cn/",), "cn/"),
        # The mainland's own before any other, and never a neighbour's.
        (f"{HOME}en/", ("zh-HK /hk/", "zh-TW /tw/", "zh /zh/", "zh-CN /cn/"), "cn/"),
        (f"{HOME}en/", ("zh-HK /hk/", "zh /zh/", "zh-Hans /hans/"), "hans/"),
        (f"{HOME}en/", ("zh-SG /sg/",), "sg/"),
        (f"{HOME}en/", ("zh-HK /hk/", "zh-Hant /hant/", "zh-Hant-MO /mo/", "zh-TW /tw/"), None),
        # Not a version of another language, not of this site, or there already.
        (HOME, ("zh-CN /cn/",), None),
        (f"{HOME}enquiry/", ("zh-CN /cn/",), None),
        (f"{HOME}products/list/en/", ("zh-CN /cn/",), None),
        (f"{HOME}en/", ("zh-CN https://brand.com/",), None),
        (f"{HOME}en/", ("zh-CN /en/",), None),
    ],
)
def test_of_a_language_version_the_chinese_one_is_looked_at(
    url: str, links: tuple[str, ...], found: str | None
) -> None:
    expected = ("", "") if found is None else (HOME + found, "language")
    assert onward(page(alternates(*links), url)) == expected


def test_an_english_site_that_was_asked_for_stays() -> None:
    english = page(alternates("zh-CN https://brand.cn/"), "https://en.brand.cn/")
    assert onward(english, asked="https://en.brand.cn/") == ("", "")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>", "default-page"),
        ("<title>域名停放</title><p>此域名正在出售</p>", "parked"),
        ("", "empty-shell"),
        ("<html><head><title>x</title></head><body></body></html>", "empty-shell"),
        # Something of the site's own, drawn, shown or led to.
        ('<div id="app"></div><script src="/app.js"></script>', ""),
        ('<a href="/index.html"><img src="/enter.jpg"></a>', ""),
        ('<frameset><frame src="/main.htm"></frameset>', ""),
        ("<p>本公司网站</p>", ""),
        # Evidence.
        ("<p>该网站暂时无法进行访问，可能由以下原因导致：未进行备案。</p>", ""),
        ("<div>请完成安全验证</div>", ""),
        (f"<title>Welcome to nginx!</title>{'<br>' * 5_000}", ""),
    ],
)
def test_what_stands_in_the_homepages_place(body: str, outcome: str) -> None:
    said = FirstLook(page(body), FACTS, 2026).in_its_place()
    assert said.partition(":")[0] == outcome


def test_a_page_behind_a_refusal_is_evidence_whatever_it_shows() -> None:
    blank = page("<body></body>", url="https://brand.cn/x")
    way = [Hop(HOME, "first", 302, "https://dnspod.qcloud.com/static/webblock.html?d=brand.cn")]
    look = FirstLook(blank, FACTS, 2026, [*way, Hop(blank.url, "redirect", 200)])
    assert look.in_its_place() == ""


@pytest.mark.parametrize(
    "body",
    [
        b"<meta " * 4_000,
        b"<meta http-equiv" + b" " * 20_000,
        b"<meta http-equiv=refresh " * 800,
        b"<!--" * 5_000,
        b"<script" * 800,
        b"<script>" + b"window." * 800,
        b"<script>location" + b" " * 5_900,
        b"<script>" + b"location=" * 600,
        b"<body " + b"onload=" * 800,
        b"<" * 6_000,
        b"<link " * 4_000,
        b"<link hreflang=zh " * 1_100,
        b"<p>" * 1_700_000,
    ],
    ids=range(13),
)
def test_no_page_can_keep_the_crawler_busy(body: bytes) -> None:
    began = time.process_time()
    FirstLook(page(body), FACTS, 2026).onward(HOME)
    FirstLook(page(body), FACTS, 2026).in_its_place()
    assert time.process_time() - began < 0.5
