"""Pages that are not the homepage, the traps beside them, and healthy pages that must pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpcrawl.audit.blocked import BlockedFacts, Refined, refine
from icpcrawl.audit.footer import PageReading, read_page
from icpcrawl.audit.numbers import NumberFacts
from icpcrawl.audit.page import look_at
from icpcrawl.audit.visible_text import VisibleText
from icpcrawl.datafiles import load_facts, read_table
from icpcrawl.observation import Attempt, Fetched, FetchOutcome, Hop, Page

FACTS = BlockedFacts.from_tables(read_table)
URL = "https://example.cn/"
UNFILED, WAF = FetchOutcome.BLOCKED_UNFILED, FetchOutcome.BLOCKED_WAF
DEFAULT, PARKED, SHELL = FetchOutcome.DEFAULT_PAGE, FetchOutcome.PARKED, FetchOutcome.EMPTY_SHELL
OK, E4, E5 = FetchOutcome.OK, FetchOutcome.HTTP_4XX, FetchOutcome.HTTP_5XX


def page(
    body: str | bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = (), url: str = URL
) -> Page:
    return Page(url, status, headers, body if isinstance(body, bytes) else body.encode())


def looked_at(seen: Page, reading: PageReading | None = None, attempts: tuple[Attempt, ...] = ()) -> Refined:
    outcome = OK if seen.status < 400 else E4 if seen.status < 500 else E5
    return refine(Fetched(outcome, "", attempts, seen), reading, FACTS)


def titled(title: str, body: str = "") -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


ARTICLE = (
    "<p>" + "网站备案是指网站所有者向工信部提交信息的过程，未备案的网站不得在大陆提供服务。" * 60 + "</p>"
)
ALIYUN = titled(
    "Non-compliance ICP Filing",
    '<iframe id="mainFrame"></iframe><script>document.getElementById("mainFrame").src='
    '"http://www.aliyun.com/beian/beian-block?id=123"</script>',
)
UCLOUD = titled(
    "提示",
    "<h1>该网站暂时无法进行访问</h1><p>因该网站未进行备案或涉及发布违禁信息，违反工信部、公安部相关规定而无法访问</p>"
    '<a href="http://www.beian.gov.cn">公安备案</a><a href="https://www.ucloud.cn">UCloud</a>',
)

PAGES = {
    "Alibaba Cloud": (page(ALIYUN, 403, (("server", "Beaver"),)), UNFILED, "阿里云 Alibaba Cloud"),
    "Alibaba Cloud, old frame": (
        page('<frameset><frame src="http://batit.aliyun.com/alww.html"></frameset>'),
        UNFILED,
        "阿里云 Alibaba Cloud",
    ),
    "Tencent Cloud, redirect": (
        page("<script>x</script>", url="https://dnspod.qcloud.com/static/webblock.html?d=example.cn"),
        UNFILED,
        "腾讯云 Tencent Cloud",
    ),
    "Tencent Cloud, status 566": (
        page('<a href="https://dnspod.qcloud.com/static/webblock.html?d=example.cn">x</a>', 566),
        UNFILED,
        "腾讯云 Tencent Cloud",
    ),
    "UCloud (links the police portal)": (page(UCLOUD), UNFILED, "UCloud"),
    "hosting room, GBK": (
        page("您好，该域名未备案，已被封停，请联系机房核实！！！！".encode("gb18030")),
        UNFILED,
        "",
    ),
    "hosting room, title": (page(titled("网站未备案提示", "请联系管理员")), UNFILED, ""),
    "sentence broken by tags": (page("<p>本网站尚未<br>\n 进行备案</p>", 403), UNFILED, ""),
    "Jiasule 521": (
        page("<script>document.cookie=('_')+('_');location.href=location.pathname</script>", 521),
        WAF,
        "加速乐 Jiasule",
    ),
    "Alibaba WAF challenge": (
        page(f"<html><script>var arg1='{'0A' * 20}';</script></html>", 200, (("set-cookie", "acw_tc=1"),)),
        WAF,
        "阿里云 WAF",
    ),
    "Alibaba WAF block": (page('<img src="//errors.aliyun.com/images/x.png">', 405), WAF, "阿里云 WAF"),
    "Cloudflare": (page(titled("Just a moment...", "Checking"), 503), WAF, "Cloudflare"),
    "River 412": (page("<html><script>$_ts=window['$_ts']</script></html>", 412), WAF, "瑞数 RiverSecurity"),
    "River 202": (page("<html><script>$_ts={}</script></html>", 202), WAF, "瑞数 RiverSecurity"),
    "Qianxin 493": (page("denied", 493), WAF, "奇安信网站卫士"),
    "Safedog": (page(titled("服务器安全狗防护验证页面")), WAF, "安全狗 Safedog"),
    "slider": (page("<div>请完成安全验证</div>"), WAF, ""),
    "BaoTa, 411": (
        page(titled("恭喜，站点创建成功！", "<h1>恭喜, 站点创建成功！</h1>"), 411),
        DEFAULT,
        "宝塔或1Panel面板",
    ),
    "nginx": (page(titled("Welcome to nginx!", "<h1>Welcome to nginx!</h1>")), DEFAULT, ""),
    "IIS": (page(titled("IIS Windows Server", '<img src="iisstart.png">')), DEFAULT, ""),
    "It works": (page("<html><body><h1>It works!</h1></body></html>"), DEFAULT, ""),
    "nginx error, status 200": (page(titled("404 Not Found", "<h1>404 Not Found</h1>nginx")), DEFAULT, ""),
    "Spring error": (page("<html><body><h1>Whitelabel Error Page</h1></body></html>"), DEFAULT, ""),
    "no database": (page(titled("建立数据库连接时出错", "<h1>建立数据库连接时出错</h1>")), DEFAULT, ""),
    "CentOS": (page(titled("Test Page for the HTTP Server on CentOS", "Testing 123..")), DEFAULT, ""),
    "maintenance": (page(titled("网站升级维护中", "<p>本站将于明日恢复访问，敬请谅解。</p>")), DEFAULT, ""),
    "closed forum": (page(titled("提示信息", "<p>抱歉，站点已关闭</p><p>站点升级中</p>")), DEFAULT, ""),
    "fenced off": (page("您的IP地址不在允许访问范围内，请在中国大陆境内访问本站。"), WAF, ""),
    "stopped": (page(titled("抱歉，站点已暂停", "<h1>该站点已经被管理员停止运行</h1>")), PARKED, ""),
    "expired": (page("您访问的域名已过期，请联系域名注册商续费。"), PARKED, ""),
    "nothing at all": (page("<html><head></head><body></body></html>"), SHELL, ""),
    "directory": (page(titled("Index of /", "<a href='x'>x</a>")), DEFAULT, ""),
    "not bound": (page("<h2>Bad Request - Invalid Hostname</h2>", 400), DEFAULT, ""),
    "for sale": (page(titled("example.cn", "<p>此域名正在出售，请联系</p>")), PARKED, ""),
    "suspended": (page("<p>该站点已暂停</p>"), PARKED, ""),
    "application shell": (page('<div id="app"></div><script src="/a.js"></script>'), SHELL, ""),
    "empty body": (page(""), SHELL, ""),
}


@pytest.mark.parametrize("name", PAGES)
def test_not_the_homepage(name: str) -> None:
    seen, outcome, provider = PAGES[name]
    refined = looked_at(seen)
    assert (refined.outcome, refined.provider) == (outcome, provider)
    assert refined.marker
    assert "\n" not in refined.detail


HEALTHY = {
    "help article on filing": page(titled("什么是网站备案", ARTICLE + "<p>提示：该网站暂时无法进行访问</p>")),
    "article named after a wall": page(titled("人机验证的原理", ARTICLE)),
    "cookies and headers of firewalls": page(
        titled("公司", ARTICLE),
        200,
        (
            ("set-cookie", "acw_tc=1; __jsluid_h=2; HWWAFSESID=3"),
            ("server", "HuaweiCloudWAF"),
            ("wzws-ray", "1"),
            ("cf-ray", "1"),
        ),
    ),
    "short page with login words": page(
        "<p>请登录 注册 验证码</p><p>上海某某有限公司 沪ICP备12345678号-1 欢迎光临</p>"
    ),
    "article that names a block address": page(
        titled("腾讯云拦截", ARTICLE + "<a href='https://dnspod.qcloud.com/static/webblock.html'>x</a>")
    ),
    "redirect that carries a block address in its query": page(
        ARTICLE, url="https://example.cn/go?u=https://dnspod.qcloud.com/static/webblock.html"
    ),
    "a company that maintains": page(titled("上海设备维护中心", "<p>欢迎致电</p>")),
    "nginx tutorial": page(titled("Welcome to nginx! 教程", ARTICLE)),
    "application with its text": page(f'<div id="app">{ARTICLE}</div><script src="/a.js"></script>'),
    "comment with a refusal": page(f"<!-- 该域名未备案，已被封停 --><p>{'公司介绍' * 20}</p>"),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_page(name: str) -> None:
    assert looked_at(HEALTHY[name]) == Refined(OK, "")


@pytest.mark.parametrize("status", [403, 404, 500, 502])
def test_plain_errors_keep_their_outcome(status: int) -> None:
    refined = looked_at(page(titled("Error", "<h1>Not here</h1>"), status))
    assert refined.outcome is (E4 if status < 500 else E5)


@pytest.mark.parametrize("outcome", [o for o in FetchOutcome if o is not FetchOutcome.OK])
def test_without_a_page_nothing_changes(outcome: FetchOutcome) -> None:
    assert refine(Fetched(outcome, "why"), None, FACTS) == Refined(outcome, "why")


def test_redirect_to_a_block_page_on_the_way_counts() -> None:
    hops = (
        Hop(
            "http://example.cn/", "first", 302, "https://dnspod.qcloud.com/static/webblock.html?d=example.cn"
        ),
        Hop("https://dnspod.qcloud.com/static/webblock.html?d=example.cn", "redirect", 200),
    )
    attempt = Attempt("http-apex", "http://example.cn/", OK, hops=hops)
    seen = page("<p>x</p>", url="https://dnspod.qcloud.com/static/webblock.html?d=example.cn")
    assert looked_at(seen, attempts=(attempt,)).outcome is UNFILED


def test_redirect_to_a_block_page_that_nobody_reached_counts() -> None:
    hop = Hop(
        "http://example.cn/", "first", 302, "https://dnspod.qcloud.com/static/webblock.html?d=example.cn"
    )
    attempt = Attempt("http-apex", "http://example.cn/", FetchOutcome.DNS_NXDOMAIN, hops=(hop,))
    refined = refine(Fetched(FetchOutcome.DNS_NXDOMAIN, "why", (attempt,)), None, FACTS)
    assert (refined.outcome, refined.provider) == (UNFILED, "腾讯云 Tencent Cloud")


def test_a_sentence_on_a_page_with_its_own_linked_number_is_no_refusal() -> None:
    text = "<p>您的网站未备案，被接入商关停了怎么办？</p>"
    own = "<p>我们为中小企业提供网站备案咨询，十个工作日完成。</p>" * 6
    link = '<a href="https://beian.miit.gov.cn/">沪ICP备19031047号-1</a>'
    facts = load_facts()

    def outcome(body: str) -> FetchOutcome:
        return look_at(Fetched(OK, page=page(body)), facts, 2026).outcome

    assert outcome(f"{text}{own}<footer>{link}</footer>") is OK
    assert outcome(f"{text}{own}<footer>沪ICP备19031047号-1</footer>") is UNFILED
    assert outcome(f"{text}<footer>{link}</footer>") is UNFILED
    assert outcome(f"<h1>您访问的网站未备案</h1>{own}<footer>{link}</footer>") is UNFILED
    assert outcome(f"<h1>该网站未备案</h1><p>如何恢复访问？</p>{own}<footer>{link}</footer>") is UNFILED
    assert outcome(f"<h3>重获备案号后，如何恢复访问</h3>{own}<footer>{link}</footer>") is UNFILED
    assert outcome(f"<p>此域名正在出售</p>{own}<footer>{link}</footer>") is FetchOutcome.PARKED
    closed = "<title>网站升级维护中</title><p>本站将于明日恢复访问。</p>"
    assert outcome(closed) is FetchOutcome.DEFAULT_PAGE
    assert outcome(f"{closed}<footer>沪ICP备19031047号-1</footer>") is OK


def test_reset_on_443_and_interception_on_80() -> None:
    fetched = Fetched(E4, "status 403", (), page(ALIYUN, 403))
    assert refine(fetched, None, FACTS).outcome is UNFILED


def reading(text: str, **more: object) -> PageReading:
    return PageReading("utf-8", "header", text=VisibleText.of(text), **more)  # type: ignore[arg-type]


def test_the_reading_s_text_is_what_counts() -> None:
    seen = page("<script>document.write(1)</script>")
    assert looked_at(seen, reading("该域名未备案，已被封停")).outcome is UNFILED
    assert looked_at(seen, reading("公司主页 " * 30)).outcome is OK


def test_a_text_cut_short_is_still_long() -> None:
    long = reading("您的网站暂时无法访问" + "甲" * 90_000)
    assert looked_at(page("<p>x</p>"), long).outcome is OK


def test_frames_that_were_not_seen_are_no_homepage() -> None:
    refined = looked_at(page("<frameset></frameset>"), reading("", frames=("https://example.cn/main.html",)))
    assert refined.outcome is SHELL


def test_no_signature_rests_on_headers_alone() -> None:
    """Cookies and headers of firewalls stand on healthy pages too."""
    for signature in FACTS.signatures:
        said = signature.status or signature.title or signature.visible or signature.body or signature.url
        assert said, signature.marker


def test_words_and_markup_count_on_short_pages_only() -> None:
    for signature in FACTS.signatures:
        if signature.visible or signature.body:
            assert signature.max_text is not None, signature.marker


def test_markers_are_unique() -> None:
    markers = [signature.marker for signature in FACTS.signatures]
    assert len(markers) == len(set(markers))


FIREWALL_HEADERS = HEALTHY["cookies and headers of firewalls"].headers


@pytest.mark.corpus
@pytest.mark.parametrize(("status", "headers"), [(200, FIREWALL_HEADERS), (403, ()), (503, ())])
@pytest.mark.parametrize("is_read", [True, False], ids=["read", "unread"])
def test_no_real_page_is_called_blocked(
    corpus: Path, status: int, headers: tuple[tuple[str, str], ...], is_read: bool
) -> None:
    """Homepages behind a firewall, and homepages that stand where an error page would."""
    facts = NumberFacts.from_tables(read_table)
    bodies = {file.name: file.read_bytes() for file in sorted(corpus.glob("pages/*.html"))}
    readings = {
        name: read_page(body, url=URL, content_type="", facts=facts, today_year=2026) if is_read else None
        for name, body in bodies.items()
    }
    found = {
        name: refined
        for name, body in bodies.items()
        if (refined := looked_at(page(body, status, headers), readings[name])).marker
    }
    assert (len(bodies) >= 100, found) == (True, {})


@pytest.mark.parametrize("piece", [b"<", b"<!--", b"<script", b"<title", b"<a ", b"\xe5", b"&", b"<style>"])
def test_hostile_bodies_are_looked_at_in_bounded_time(piece: bytes) -> None:
    looked_at(page(piece * (2_000_000 // len(piece)), 403))
