"""Where a number stands, whether a visitor sees it, and the link beside it."""

from __future__ import annotations

import pytest

from icpcrawl.audit.footer import DisplayedNumber, PageReading, Place, read_page
from icpcrawl.audit.numbers import NumberFacts, NumberStatus
from icpcrawl.audit.visible_text import bounded
from icpcrawl.datafiles import read_table

FACTS = NumberFacts.from_tables(read_table)
ICP, PSB = "京ICP备19004658号-1", "京公网安备11010502030143号"
OTHER = "京ICP备13062574号"
MIIT = "https://beian.miit.gov.cn/"
POLICE = "http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=11010502030143"
FILLER = "<div><p>某某公司主营各类产品，欢迎新老客户来电洽谈。</p></div>" * 20


def read(body: str) -> PageReading:
    return read_page(body.encode(), url="https://brand.cn/a/", content_type="", facts=FACTS, today_year=2026)


def only(body: str) -> DisplayedNumber:
    (number,) = read(body).numbers
    return number


PLACES = {
    f"<footer><p>{ICP}</p></footer>": (Place.FOOTER, ""),
    f"{FILLER}<div class='footer'><span>{ICP}</span></div>": (Place.FOOTER, ""),
    f"{FILLER}<div id=copyright>{ICP}</div>": (Place.FOOTER, ""),
    f"{FILLER}<div>{ICP}</div>": (Place.BOTTOM, ""),
    f"{FILLER}</body></html><p>{ICP}</p>": (Place.BOTTOM, ""),
    f"<div>{ICP}</div>{FILLER}": (Place.BODY, ""),
    f"<p><!-- {ICP} --></p>": (Place.COMMENT, "comment"),
    f"<script>var a = '{ICP}'</script>": (Place.SCRIPT, "script"),
    f'<script type="application/json">{{"icp": "{ICP}"}}</script>': (Place.SCRIPT, "script"),
    r"<script>var a = '\u4eacICP\u590719004658\u53f7-1'</script>": (Place.SCRIPT, "script"),
    f"<style>a:after {{ content: '{ICP}' }}</style>": (Place.HIDDEN, "style"),
    f"<noscript>{ICP}</noscript>": (Place.HIDDEN, "noscript"),
    f"<NoScript><p>{ICP}</p></NoScript>": (Place.HIDDEN, "noscript"),
    f"<textArea>{ICP}</TextArea>": (Place.HIDDEN, "textarea"),
    f"<iFrame>{ICP}</IFrame>": (Place.HIDDEN, "iframe"),
    f"<Script>var a = '{ICP}'</Script>": (Place.SCRIPT, "script"),
    f"<NoScript><div hidden></NoScript><p>{ICP}</p>": (Place.BOTTOM, ""),
    f"<template><p>{ICP}</p></template>": (Place.HIDDEN, "template"),
    f"<div hidden>{ICP}</div>": (Place.HIDDEN, "hidden"),
    f"<div style='display: none'><p><b>{ICP}</b></p></div>": (Place.HIDDEN, "display-none"),
    f"<P STYLE='DISPLAY:NONE'>{ICP}</P>": (Place.HIDDEN, "display-none"),
    f"<p style='color:#fff;background:#FFF'>{ICP}</p>": (Place.HIDDEN, "same-colour"),
    f"<p style='font-size:0'>{ICP}</p>": (Place.HIDDEN, "invisible-style"),
    f'<img alt="{ICP}" src=icp.png>': (Place.IMAGE_ALT, "attribute-alt"),
    f'<span title="{ICP}"></span>': (Place.ATTRIBUTE, "attribute-title"),
    f'<input type=hidden value="{ICP}">': (Place.ATTRIBUTE, "input-hidden"),
    f"<title>{ICP}</title>": (Place.ATTRIBUTE, "title"),
}


@pytest.mark.parametrize("page", PLACES)
def test_place_and_visibility(page: str) -> None:
    place, hidden_by = PLACES[page]
    number = only(page)
    assert number.parsed.number == ICP
    assert (number.place, number.hidden_by) == (place, hidden_by)
    assert number.displayed is (place in (Place.FOOTER, Place.BOTTOM, Place.BODY))


def test_a_number_keeps_a_line_of_what_stands_around_it() -> None:
    long = "甲" * 100
    assert only(f"<p>{long}京ICP备12345678号-1<b>乙</b></p>").around == f"{'甲' * 40}京ICP备12345678号-1乙"
    assert only("<!-- 京ICP备12345678号-1 -->").around == ""


def test_what_screen_readers_skip_is_still_shown() -> None:
    number = only(f"<footer aria-hidden=true>{ICP}</footer>")
    assert (number.displayed, number.hidden_by) == (True, "")


JOINED = [
    "<p><b>京ICP</b><span>备1900</span>4658号-1</p>",
    "<p>京ICP备<!-- x -->19004658号-1</p>",
    "<p>京ICP&#22791;19004658&#x53f7;-1</p>",
    "<p>京ICP备19004658号<span style='display:none'>9999</span>-1</p>",
    "<p>京&nbsp;ICP备\n\t19004658号 - 1</p>",
    f"<p>京ICP备{' ' * 2000}19004658号{' ' * 2000}-1</p>",
    '<p><img "="" src="x.png"/>京ICP备19004658号-1</p><a title="a>b">x</a>',
    f"<p><img src='data:image/png;base64,{'A' * 90_000}'>京ICP备19004658号-1</p>",
    "<p title=\"it's\">京ICP备19004658号-1</p><p title='5\" pipe'>x</p>",
    '<a href=/search?q="a>b</a><p>京ICP备19004658号-1</p>',
]


@pytest.mark.parametrize("page", JOINED)
def test_text_joins_across_inline_elements(page: str) -> None:
    assert [n.parsed.number for n in read(page).numbers if n.displayed] == [ICP]


ENDED = {
    f'<a href="{MIIT}">{ICP}</a><a href="/x">X</a>': ICP,
    f'<a href="{MIIT}">{ICP}</a>A座5楼': ICP,
    f'<a href="{MIIT}">{ICP}</a><a href="/k">K线图</a>': ICP,
    f'<a href="{MIIT}">{ICP}</a><i>0</i>': ICP,
    f'<a href="{MIIT}">{ICP}</a><span>2012-2024</span>': ICP,
    f'<a href="{MIIT}">京ICP备19004658号</a> - 58同城': "京ICP备19004658号",
    f'<a href="{MIIT}">京ICP备19004658号</a>-<a href="/">51La</a>': "京ICP备19004658号",
    f'<a href="{MIIT}">京ICP备19004658</a><a href="/">2024版</a>': "京ICP备19004658号",
    f"{ICP}<img src=a>2024": ICP,
    f'<span style="display:block">{ICP}</span><span style="display:block">2024 某某</span>': ICP,
    f'<a href="{MIIT}">京ICP备19004658号</a>-1': ICP,
    f'<a href="{MIIT}">京ICP备19004658</a>号-1': ICP,
    f'<a href="{MIIT}">京ICP备</a>19004658号-1': ICP,
    f'<a href="{MIIT}">京ICP备190046</a><a href="{MIIT}">58号-1</a>': ICP,
    f'<a href="{MIIT}">京ICP备1900465</a>8号-1': ICP,
    f'<a href="{MIIT}">京ICP备20210012</a><a href="{MIIT}">34号-1</a>': "京ICP备2021001234号-1",
    f'<a href="{MIIT}">京ICP备19004658号</a>-1版权所有': ICP,
    "京ICP备19004658<img src=a>号-1": ICP,
    f'<a href="{MIIT}">京ICP备1900</a><a href="{MIIT}">4658号-1</a>': ICP,
}


@pytest.mark.parametrize("page", ENDED)
def test_a_number_ends_with_its_link(page: str) -> None:
    assert only(f"<footer><p>{page}</p></footer>").parsed.number == ENDED[page]


@pytest.mark.parametrize("between", ["</p><p>", "</div><div>", "</td><td>", "</li><li>", "</h4><p>"])
def test_text_never_joins_across_blocks(between: str) -> None:
    assert read(f"<table><tr><td><div><p>京ICP{between}备19004658号").numbers == ()


def test_a_page_that_stops_inside_a_tag_or_comment_keeps_what_came_before() -> None:
    assert only(f"<p>{ICP}</p><a href='").displayed
    assert only(f"<p>{ICP}</p><!-- never closed").displayed


LINKS = {
    "around": (f'<p><a href="{MIIT}">{ICP}</a></p>', MIIT, "around"),
    "around part of it": (f'<p>京<a href="{MIIT}">ICP备19004658号-1</a></p>', MIIT, "around"),
    "glued to a value before": (f'<p><a target="_blank""href="{MIIT}">{ICP}</a></p>', "", ""),
    "glued without a quote too many": (f'<p><a target="_blank"href="{MIIT}">{ICP}</a></p>', MIIT, "around"),
    "behind an ideographic space between attributes": (
        f'<p><a rel="nofollow"\u3000href="{MIIT}">{ICP}</a></p>',
        "",
        "",
    ),
    "behind stray quotes": (f'<p><a "" title="a"b"c" href="{MIIT}">{ICP}</a></p>', MIIT, "around"),
    "with a quote in it": (f"<p><a href={MIIT}?a='b'>{ICP}</a></p>", f"{MIIT}?a='b'", "around"),
    "behind white space": (f'<p><a href=" \n{MIIT}\t">{ICP}</a></p>', MIIT, "around"),
    "behind an ideographic space": (
        f'<p><a href="\u3000{MIIT}">{ICP}</a></p>',
        "https://brand.cn/a/\u3000https:/beian.miit.gov.cn/",
        "around",
    ),
    "behind a no-break space": (
        f'<p><a href="&nbsp;{MIIT}">{ICP}</a></p>',
        "https://brand.cn/a/\xa0https:/beian.miit.gov.cn/",
        "around",
    ),
    "references without an end": (
        f'<p><a href="/go.php?id=3&region=2&timestamp=9&amp;copy=1&notit=2&lt">{ICP}</a></p>',
        "https://brand.cn/go.php?id=3&region=2&timestamp=9&copy=1&notit=2<",
        "around",
    ),
    "left open in the cell before": (f"<table><tr><td><a href=/x>{FILLER}<td>{ICP}</table>", "", ""),
    "left open in a cell before, ended by its tag": (
        f"<table><tr><td><a href=/x>后台</td></tr></table><p>{ICP} <a href={MIIT}>工信部备案查询</a></p>",
        MIIT,
        "beside",
    ),
    "left open in a cell of a table within": (
        f"<table><tr><td><table><tr><th><a href=/x>后台</table>{ICP}</table>",
        "",
        "",
    ),
    "left open in the last cell": (f"<table><tr><td><a href=/x>后台</table>{FILLER}<p>{ICP}</p>", "", ""),
    "around a table": (f"<a href={MIIT}><table><tr><td>备案<td>{ICP}</table></a>", MIIT, "around"),
    "around a long table": (f"<a href={MIIT}><table><tr><td>{FILLER}<td>{ICP}</table></a>", MIIT, "around"),
    "between row and cell": (f"<table><tr><a href={MIIT}><td>{ICP}</td></a></tr></table>", "", ""),
    "cells without a table": (f"<p><a href={MIIT}><td>{ICP}</td></a></p>", MIIT, "around"),
    "around two": (f'<p><a href="{MIIT}">{PSB} {ICP}</a></p>', MIIT, "around"),
    "relative": (f'<p><a href="go?to=miit">{ICP}</a></p>', "https://brand.cn/a/go?to=miit", "around"),
    "base": (f'<base href="https://cdn.cn/x/"><p><a href="y">{ICP}</a></p>', "https://cdn.cn/x/y", "around"),
    "beside": (f'<p>{ICP} <a href="{MIIT}">工信部备案</a></p>', MIIT, "beside"),
    "next block of the footer": (
        f'<footer><p>{ICP}</p><p><a href="{MIIT}">备案查询</a></p></footer>',
        MIIT,
        "beside",
    ),
    "handler only": (f"<p><a href='#' onclick=\"window.open('{MIIT}')\">{ICP}</a></p>", MIIT, "script"),
    "none": (f'<p>{ICP}</p><p><a href="/contact">联系我们</a></p>', "", ""),
    "the police number's own": (f'<p>{ICP} <a href="{POLICE}">{PSB}</a></p>', "", ""),
    "another number's": (f'<p>{ICP} <a href="{MIIT}">沪ICP备11025349号</a></p>', "", ""),
    "a badge": (f'<p>{ICP} <a href="http://www.12377.cn">举报中心</a></p>', "", ""),
    "no href": (f"<p><a>{ICP}</a></p>", "", ""),
    "a picture in the next block of the footer": (
        f'<footer><div>{ICP}</div><div><a href="{MIIT}"><img src=a.png></a></div></footer>',
        MIIT,
        "beside",
    ),
    "past a hidden block": (
        f'<p>{ICP}</p><p hidden>某某</p><p><a href="{MIIT}">备案查询</a></p>',
        MIIT,
        "beside",
    ),
    "in a template": (f'<p>{ICP}</p><template><a href="{MIIT}">备案查询</a></template>', "", ""),
    "in a hidden block": (f'<p hidden><a href="{MIIT}">备案查询</a></p><p>{ICP}</p>', "", ""),
    "a hidden link": (f'<p><a href="{MIIT}" style="display:none">备案</a>{ICP}</p>', "", ""),
}


@pytest.mark.parametrize("case", LINKS)
def test_the_link_a_visitor_would_follow(case: str) -> None:
    page, url, how = LINKS[case]
    number = next(n for n in read(page).numbers if n.parsed.number == ICP)
    link = number.link
    assert ((link.url, link.how) if link else ("", "")) == (url, how)


def test_each_copy_has_its_own_link() -> None:
    page = f'<footer><div class=pc><a href="{MIIT}">{ICP}</a></div><div class=m>{ICP}</div></footer>'
    assert [bool(n.link) for n in read(page).numbers] == [True, False]


def test_a_link_without_a_readable_number_is_kept_apart() -> None:
    reading = read(f'<p><a href="{MIIT}"><img src=beian.png></a></p><p><a href="/x">x</a></p>')
    assert reading.numbers == ()
    assert [link.href for link in reading.registry_links] == [MIIT]


def test_a_number_named_in_prose_is_quoted() -> None:
    prose = "很多网站会抄袭他人的备案号码，这种做法是违法的，应当注意。" * 5
    number = only(f"<article><p>{prose}例如{ICP}就常被冒用，请大家小心。{prose}</p></article>{FILLER}")
    assert number.parsed.status is NumberStatus.QUOTED


OTHERS = {
    "in an example": f"<p>填写备案号，例如 <a href='http://www.miitbeian.gov.cn/'>{OTHER}</a>，保存即可。</p>",
    "in a report on somebody": f"<p>据查询，某网络公司（{OTHER}）因未如实登记被责令整改。</p>",
    "as somebody wrote it": f"<p>记者看到，该网站标注的备案号为“{OTHER}”，与查询结果不符。</p>",
    "in a question": f"<p>问：别的网站写着{OTHER}，这样写对吗？</p>",
    "in a notice": f"<p>通报显示，甲公司主办的网站（备案号：<a href='{MIIT}'>{OTHER}</a>）存在信息不实的情况。</p>",
    "in a report": f"<p>记者查询发现，该网站备案号为{OTHER}，主办单位为上海某某网络公司。</p>",
    "in quotation marks": f"<p>打开百度首页可以看到“{OTHER}”字样。</p>",
    "in a list of the punished": f"<p>涉事企业为甲公司，网站备案号{OTHER}，已被列入名单。</p>",
    "in an article": f"<article class=news><ul><li>{OTHER}</li></ul></article>",
    "in code": f"<pre><code>{OTHER}</code></pre>",
    "in a quotation": f"<blockquote><p>{OTHER}</p></blockquote>",
    "in a headline": f"<li><a href=/n/1.html>关于注销{OTHER}等网站备案的公告</a></li>",
    "in a partner's link": f"<li><a href=https://parent.example/>总公司官网（{OTHER}）</a></li>",
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_number_of_somebody_else_is_quoted(case: str) -> None:
    number = only(f"<div>{OTHERS[case]}</div>{FILLER}")
    assert number.parsed.status is NumberStatus.QUOTED


OWN_IN_BODY = {
    "alone": f"<p>{OTHER}</p>",
    "labelled": f"<p>网站备案号：{OTHER}</p>",
    "linked": f"<p><a href={MIIT}>{OTHER}</a></p>",
    "linked wrongly": f"<p><a href=/>ICP备案号：{OTHER}</a></p>",
    "said of this site": f"<p>本站已备案，如有疑问请查询{OTHER}</p>",
    "in the line of the owner": f"<p>© 某某公司 {OTHER}</p>",
}


@pytest.mark.parametrize("case", OWN_IN_BODY)
def test_a_number_is_the_sites_own_unless_something_speaks_against_it(case: str) -> None:
    assert only(f"<div>{OWN_IN_BODY[case]}</div>{FILLER}").parsed.status is NumberStatus.OK


LINKED = f'<a href="{MIIT}">{ICP}</a>'
PROSE = "网站部分内容来源于互联网，如有侵权请联系我们删除。" * 5
PORTAL = f"<a href='{MIIT}'>工业和信息化部备案管理系统</a>"
OWN_AT_THE_BOTTOM = [
    f"<p>{PROSE}备案号：{LINKED}，欢迎监督。</p><div class=modal style='display:none'><div class=modal-footer>确定</div></div>",
    f"<p>{PROSE}备案号：{LINKED}，欢迎监督。</p><div class=to-bottom></div>",
    f"<p>{PROSE}ICP备案号：{ICP}（{PORTAL}），欢迎监督。</p>",
    f"<p>{PROSE}ICP备案号：<a href='/go?url=https%3A%2F%2Fbeian.miit.gov.cn%2F'>{ICP}</a>，欢迎监督。</p>",
    f"<a href=/off>账号注销</a> {LINKED}",
    f"<a href=/off>账号注销</a>{LINKED}",
    f"转载请标注出处 {LINKED}",
    f"{LINKED}?",
    f"{LINKED} <a href=/n>通知公告</a>",
    f"网站备案号：“{LINKED}”",
    f"ICP备案编号为“{ICP}”",
    f"请勿盗用图片 {ICP}",
    f"张某的博客 {ICP}",
    f"<form>请输入手机号<input><button>提交</button> {ICP}</form>",
    f"该网站由某公司运营 {LINKED}",
    f"内容仅供参考。如有侵权，请联系我们删除。{'欢迎来稿，文责自负。' * 12}{LINKED} 违法和不良信息举报，请拨打电话。",
]


@pytest.mark.parametrize("line", OWN_AT_THE_BOTTOM)
def test_words_at_the_bottom_make_nobody_else_s_of_a_number(line: str) -> None:
    assert only(f"{FILLER}<div>{line}</div>").parsed.status is NumberStatus.OK


def test_the_own_linked_number_stands_beside_others() -> None:
    customers = "".join(f"<p>案例：京ICP备1306257{n}号-1</p>" for n in range(3))
    numbers = read(f"<div>{LINKED}</div>{customers}{FILLER}").numbers
    assert [n.parsed.status for n in numbers] == [NumberStatus.OK, *[NumberStatus.QUOTED] * 3]
    page = f"{FILLER}<div>{LINKED}</div><div class=app-footer>APP备案号：粤ICP备08012345号-3A</div>"
    assert {n.parsed.status for n in read(page).numbers} == {NumberStatus.OK}
    page = f"{FILLER}<div>{ICP}</div><div class=footer>APP备案号：粤ICP备08012345号-3A</div>"
    assert {n.parsed.status for n in read(page).numbers} == {NumberStatus.OK}


WRAPPERS = [
    "has-footer",
    "football",
    "card-footer",
    "beian-list",
    "icp-query",
    "with-bottom-nav",
    "modal-footer",
]


@pytest.mark.parametrize("name", WRAPPERS)
def test_what_only_sounds_like_a_footer_is_none(name: str) -> None:
    numbers = read(
        f"<div class={name}><p>北京蓝天 {OTHER}</p></div>{FILLER}<footer>{LINKED}</footer>"
    ).numbers
    assert [n.parsed.status for n in numbers] == [NumberStatus.QUOTED, NumberStatus.OK]


def test_an_unlinked_number_gives_way_to_a_linked_one() -> None:
    page = f"<aside>{LINKED}</aside>{FILLER}<ol class=comments><li>张三：{OTHER} 能查到吗</li></ol>"
    assert [n.parsed.status for n in read(page).numbers] == [NumberStatus.OK, NumberStatus.QUOTED]


def test_what_a_headline_s_tag_says_is_no_number_of_the_page() -> None:
    assert (
        read(f"<a href=/n title='关于{OTHER}备案注销的公告'>公告</a>{FILLER}<footer>©</footer>").numbers == ()
    )
    assert read(f"<img src=c.jpg alt='北京蓝天科技官网 {OTHER}'>{FILLER}<footer>©</footer>").numbers == ()
    assert only(f"{FILLER}<footer><img src=icp.png alt='网站备案 {ICP}'></footer>").place is Place.IMAGE_ALT


def test_a_code_of_goods_is_no_licence_of_the_site() -> None:
    assert only(f"<ul><li>B2-20150210</li></ul>{FILLER}").parsed.status is NumberStatus.QUOTED
    assert only(f"{FILLER}<footer>B2-20150210</footer>").parsed.status is NumberStatus.OK


def test_what_stands_before_a_foot_with_another_number_is_quoted() -> None:
    listed = f"<table><tr><td>甲公司<td>{OTHER}</table>"
    numbers = read(f"{listed}<p>正文</p><footer>{ICP}</footer>").numbers
    assert [n.parsed.status for n in numbers] == [NumberStatus.QUOTED, NumberStatus.OK]
    numbers = read(f"<footer>{ICP}</footer><p>{OTHER}</p>").numbers
    assert [n.parsed.status for n in numbers] == [NumberStatus.OK, NumberStatus.OK]


def test_the_second_example_of_a_sentence_is_quoted_too() -> None:
    page = f"<div><p>例如腾讯的备案号是粤B2-20090059，百度为京ICP证030173号</p></div>{FILLER}"
    assert [n.parsed.status for n in read(page).numbers] == [NumberStatus.QUOTED] * 2


@pytest.mark.parametrize("href", ["https:///beian.miit.gov.cn/", "https:\\\\beian.miit.gov.cn/"])
def test_an_address_is_resolved_as_browsers_do(href: str) -> None:
    link = only(f'<p><a href="{href}">{ICP}</a></p>').link
    assert link is not None
    assert link.url == MIIT


def test_a_directory_of_three_entities_is_nobody_s_own() -> None:
    rows = "".join(f"<tr><td>公司{n}<td>京ICP备1306257{n}号-1" for n in range(3))
    assert {n.parsed.status for n in read(f"<table>{rows}</table>{FILLER}").numbers} == {NumberStatus.QUOTED}
    serials = "".join(f"<p>京ICP备13062574号-{n}</p>" for n in range(1, 5))
    assert {n.parsed.status for n in read(f"<div>{serials}</div>{FILLER}").numbers} == {NumberStatus.OK}


def test_a_copy_of_the_own_number_is_not_quoted() -> None:
    numbers = read(
        f"<p>关于注销{ICP}的公告</p>{FILLER}<div>{ICP}</div>{FILLER}<footer>{ICP}</footer>"
    ).numbers
    assert [n.parsed.status for n in numbers] == [NumberStatus.QUOTED, NumberStatus.OK, NumberStatus.OK]


NEEDS = {
    f"<p>{ICP}</p><script src=/js/footer.js></script>": "",
    f"<p>{'文' * 300}</p><script>var icp = '{ICP}'</script>": "number-in-script",
    f"<p>{'文' * 300}</p><script src=/js/footer.js></script>": "footer-script:https://brand.cn/js/footer.js",
    "<div id=app></div><script src=/app.js></script>": "empty-shell",
    f"<p>{'文' * 300}</p><div id=footer></div>": "empty-footer",
    f"<p>{'文' * 300}</p>": "",
    f"<p>{'文' * 300}</p><script src=/js/football-live.js></script>": "",
    f"<p>{'文' * 300}</p><script src=/js/icp.js></script>": "footer-script:https://brand.cn/js/icp.js",
    f"<p>{'文' * 300}</p><script>document.write('京ICP备' + '19004658号-1')</script>": "number-in-script",
    f"<p>{'文' * 300}</p><script>write(unescape('%u4EACICP%u590719004658%u53F7-1'))</script>": "number-in-script",
    f"<p>{'文' * 300}</p><script src=https://cdn.example.com/npm/x/copyright.js></script>": "",
    **{
        f"<p>{'文' * 300}</p>{footer}<script src=/js/app.js></script>": "empty-footer"
        for footer in (
            "<footer><div id=foot-content></div></footer>",
            "<div id=footer><p></p></div>",
            "<footer>&nbsp;</footer>",
            '<div class="wrap footer"></div>',
            '<div class="site-footer"><ul></ul></div>',
            "<div id=foot></div>",
            "<site-footer></site-footer>",
            "<footer><p>ICP备案号：<span id=beian></span></p></footer>",
            "<footer>{{ icp }}</footer>",
            "<app-footer/>",
            "<div id=footer-container></div>",
            "<div class=copyright></div>",
            "<footer>版权所有 <span id=icp></span></footer>",
            "<footer>版权所有 ICP备案号：<span id=x></span></footer>",
            "<footer>© 备案编号：<b class=y></b></footer>",
            "<footer>© <span id=icpNum></span></footer>",
            "<footer>© ICP备案号 <span class=n></span></footer>",
            "<footer>© <span>ICP备案号：</span><span class=n></span></footer>",
            "<footer>© 备案号：<span>--</span></footer>",
            "<footer>© <script>document.write(siteConf.record)</script></footer>",
            "<footer>© <icp-info></icp-info></footer>",
            "<footer>© <span data-i18n='footer.icp'></span></footer>",
            "<footer>© <span id=siteIcp>加载中...</span></footer>",
            "<div id=footer>加载中…</div>",
            "<p>版权所有 某某</p><div id=footer></div>",
            "<div id=commonFooter></div>",
            "<footer-component></footer-component>",
            "<footer><p>©</p><p id=beian-info></p></footer>",
            '<div v-html="footerHtml"></div>',
            "<object data=/footer.html></object>",
            "<footer><p v-text=icp></p>版权所有</footer>",
        )
    },
    **{
        f"<p>{'文' * 300}</p>{footer}<script src=/js/app.js></script>": ""
        for footer in (
            "<footer>版权所有<div class=footer-line></div></footer>",
            '<div class="footer">联系我们</div><div class="site-footer"></div>',
            "<footer><img src=footer.png></footer>",
            "<footer>版权所有 <i class=icon-topic></i></footer>",
            "<footer>© <i class=icon-beian></i>营业执照</footer>",
            "<article>文<footer class=entry-footer></footer></article><footer>© 某某</footer>",
            "<div class=modal><footer></footer></div><div>版权所有 某某</div>",
            "<object data=football.swf></object><footer>版权所有</footer>",
            "<b v-text=footballScore></b><footer>版权所有</footer>",
            "<footer>© <span id=icp-ms></span></footer>",
            "<form>备案号：<i class=req></i><input name=q></form><footer>© 某某</footer>",
            "<footer>© <span id=icp-captcha></span></footer>",
            "<footer>© 食品经营许可证：<span class=v></span></footer>",
            "<mat-card-footer></mat-card-footer><footer>© 某某</footer>",
            "<footer>© <script>document.write(unescape('%3Cspan id=cnzz_stat_icon'))</script></footer>",
            '<p class="footer"><b><!--京ICP备17038123号-1--></b></p>',
        )
    },
}


@pytest.mark.parametrize("page", NEEDS)
def test_signs_that_the_footer_is_drawn_by_script(page: str) -> None:
    assert read(page).needs_rendering == NEEDS[page]


def test_what_else_a_page_says() -> None:
    reading = read(
        "<html lang=zh-CN><head><title>首页 &amp; 更多</title>"
        "<link rel=alternate hreflang=en href=/en/><meta http-equiv=refresh content='0; url=/zh/'></head>"
        f"<body><p>你好</p><div hidden>看不见</div><p>© 2026 某某科技有限公司 {ICP}</p>"
        "<iframe src=/f.html></iframe></body></html>"
    )
    assert (reading.title, reading.language) == ("首页 & 更多", "zh-CN")
    assert reading.alternates == (("en", "https://brand.cn/en/"),)
    assert reading.refresh == "https://brand.cn/zh/"
    assert reading.frames == ("https://brand.cn/f.html",)
    assert reading.copyright_holder == "某某科技有限公司"
    assert reading.text.whole.startswith("你好 © 2026")
    assert bounded(reading.text.whole) == reading.text.whole


FOUND_WITHOUT_THE_USUAL_LETTERS = {
    "京ＩＣＰ证０３０１７３号": "京ICP证030173号",
    "京 I C P 证 030173 号": "京ICP证030173号",
    "&#20140;&#73;&#67;&#80;&#35777;030173&#21495;": "京ICP证030173号",
    "粤Ｂ２－２００９００５９": "粤B2-20090059",
    "增值电信业务经营许可证：粤b2-20090059": "粤B2-20090059",
    "基础电信业务经营许可证 A1.A2-20090001": "A1.A2-20090001",
    "jing icp bei 19004658 hao-1": "京ICP备19004658号-1",
    "jing gong wang an bei 11010502030143": "京公网安备11010502030143号",
    "JING GONG WANG AN BEI 11010502030143": "京公网安备11010502030143号",
    "PSB filing No. 31010402000318": "公网安备31010402000318号",
}


@pytest.mark.parametrize("shown", FOUND_WITHOUT_THE_USUAL_LETTERS)
def test_a_number_is_found_however_it_is_written(shown: str) -> None:
    number = only(f"<h1>某某公司</h1><footer><p>{shown}</p></footer>")
    assert (number.parsed.number, number.displayed) == (FOUND_WITHOUT_THE_USUAL_LETTERS[shown], True)


BESIDE_THE_SCREEN = [
    "position:absolute;left:-9999px",
    "position:fixed; left: -10000px",
    "position:absolute;top:-9999px",
    "position:absolute; TOP: -9999px",
    "position:fixed;top:-1000px",
    "position: absolute; left :-9999px",
    "position:absolute;left:  -9999px",
    "position:absolute;left:\n-9999px",
    "position:absolute;left:-999px;width:300px",
    "position:absolute;left:-999em",
    "position:absolute;left:-99rem",
    "position:absolute;left:-100%",
    "position:fixed;left:-100vw",
    "position:absolute;top:-100vh",
    "position:relative;top:-9999px",
    "margin:0 0 0 -9999px",
    "margin-left: -9999px",
    "transform:translateX(-9999px)",
    "transform: translate(-9999px, 0)",
]


@pytest.mark.parametrize("style", BESIDE_THE_SCREEN)
def test_what_stands_beside_the_screen_is_not_displayed(style: str) -> None:
    assert only(f"<footer><p style='{style}'>{ICP}</p></footer>").hidden_by == "invisible-style"


WITHOUT_ROOM = [
    "<div style='height:0;overflow:hidden'>{}</div>",
    "<div style='display:block;width:0px;height:0px;overflow:hidden;'><p>{}</p></div>",
    "<p style='max-height: 0; overflow: hidden'>{}</p>",
    "<span style='display:block;height:0;overflow:hidden'>{}</span>",
    "<div style='height:0;padding:0 0px;overflow-y:hidden'>{}</div>",
    "<div style='position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip:rect(0,0,0,0)'>{}</div>",
    "<b style='position:absolute;clip:rect(1px 1px 1px 1px)'>{}</b>",
    "<p style='clip-path:inset(50%)'>{}</p>",
    "<p style='clip-path: inset(100%)'>{}</p>",
    "<div style='transform:scale(0)'>{}</div>",
    "<div style='transform: scale(0, 0)'>{}</div>",
]


@pytest.mark.parametrize("page", WITHOUT_ROOM)
def test_what_is_given_no_room_is_not_displayed(page: str) -> None:
    assert only(f"<footer>{page.format(ICP)}</footer>").hidden_by == "invisible-style"


WITH_ROOM = [
    "<span style='height:0;overflow:hidden'>{}</span>",
    "<div style='height:0'>{}</div>",
    "<div style='height:0.5em;overflow:hidden'>{}</div>",
    "<div style='line-height:0;overflow:hidden'>{}</div>",
    "<div style='height:0;padding-bottom:56%;overflow:hidden'>{}</div>",
    "<div style='height:0;min-height:30px;overflow:hidden'>{}</div>",
    "<div style='height:0;overflow:hidden;height:auto'>{}</div>",
    "<table><tr><td style='height:0;overflow:hidden'>{}</table>",
    "<p style='clip:rect(0,0,0,0)'>{}</p>",
    "<p style='position:absolute;clip:rect(0,200px,20px,0)'>{}</p>",
    "<p style='clip-path:inset(5%)'>{}</p>",
    "<p style='transform:scale(0.8)'>{}</p>",
    "<span style='transform:scale(0)'>{}</span>",
    "<p style='transform:scale(0);animation:grow 1s forwards'>{}</p>",
]


@pytest.mark.parametrize("page", WITH_ROOM)
def test_what_has_some_room_is_displayed(page: str) -> None:
    assert only(f"<footer>{page.format(ICP)}</footer>").displayed


def test_equipment_and_preparation_are_no_filings() -> None:
    assert read("<p>设备维护、准备工作、储备人才 2020年 20190046581 号楼</p>").numbers == ()


@pytest.mark.parametrize(
    "style", ["display:  none", "DISPLAY :\nNONE", "Display: None", "VISIBILITY: HIDDEN", "FONT-SIZE: 0"]
)
def test_a_style_hides_however_it_is_spelt(style: str) -> None:
    assert not only(f"<footer><p style='{style}'>{ICP}</p></footer>").displayed


SHOWN_STYLES = [
    "border: none",
    "list-style:none",
    "overflow: hidden",
    "margin-bottom: 0",
    "-webkit-backface-visibility:hidden",
    "mso-display:none",
    "--display:none",
    "*display:none",
    "display:none;display:block",
    "left:-9999px;left:0",
    "position:absolute;left:-100px",
    "position:absolute;top:-120px",
    "position:absolute;left:-50%;top:-50%",
    "position:relative;left:-100%",
    "position:relative;top:-2937px",
    "transform:translate3d(-1200px,0,0)",
    "transform:translate(-50%,-50%)",
    "left:50%;margin-left:-960px",
    "margin:0 auto 0 -100%",
    "display:block!important;display:none",
    "visibility:hidden;animation-name:fadeIn",
    "opacity:0;animation:fadein 1s forwards",
    "background-color:#fff;color:#fff;background:#333",
    "text-indent:-100px;padding-left:100px",
    "content:'display:none'",
    "background:url(display:none.png)",
    "background:#fff url(foot.jpg) no-repeat;color:#fff",
    "background-color:#fff;background-image:url(a.png);color:#fff",
    "background:linear-gradient(#fff,#000);color:#fff",
    "background:url(white.png);color:white",
    "color:inherit;background-color:inherit",
    "background:linear-gradient(red,blue);-webkit-background-clip:text;color:transparent",
]


@pytest.mark.parametrize("style", SHOWN_STYLES)
def test_what_only_looks_like_hiding_hides_nothing(style: str) -> None:
    assert only(f'<footer><p class=none style="{style}">{ICP}</p></footer>').displayed


SHOWN_AGAIN = [
    '<p style="font-size:0"><span style="font-size:12px">{}</span></p>',
    '<p style="font-size:0"><font size=2>{}</font></p>',
    '<p style="font-size:0"><span class=txt>{}</span></p>',
    '<p style="font-size:0"><span style="font:12px/1.5 Arial">{}</span></p>',
    '<p style="visibility:hidden">' + "<i></i>" * 100 + '<b style="visibility:visible">{}</b></p>',
    '<p style="visibility:hidden"><b style="visibility:visible">{}</b></p>',
    '<p style="text-indent:-9999px"><span style="text-indent:0">{}</span></p>',
    '<p style="color:transparent"><a href=/x>{}</a></p>',
    '<p style="color:#fff;background:#fff"><span style="color:#333">{}</span></p>',
    '<p hidden style="display: block;">{}</p>',
    '<p class="a""style="display:none">{}</p>',
    '<p class="a""hidden>{}</p>',
    '<p hidden style="DISPLAY:flex">{}</p>',
    '<dialog style="display:block">{}</dialog>',
    '<div style="font-size:0"><div><p>某某</p><p style="font-size:12px"><b>{}</b></p></div></div>',
]


@pytest.mark.parametrize("page", SHOWN_AGAIN)
def test_what_an_inner_element_shows_again_is_displayed(page: str) -> None:
    number = only(f"{FILLER}<footer>{page.format(ICP)}</footer>")
    assert (number.displayed, number.place, number.hidden_by) == (True, Place.FOOTER, "")


ENDED_BEFORE = [
    '<table><tr><td style="display:none"><div align="center">x<td>{}</td></tr></table>',
    "<ul><li hidden><div>x<li>{}</li></ul>",
    "<ul><li hidden><p>x<address>y<li>{}</li></ul>",
    "<dl><dt hidden><div>x<dd>{}</dl>",
    '<table><tr style="display:none"><td><center>x<tr><td>{}</td></tr></table>',
    '<table><tbody style="display:none"><tr><td>x<tbody><tr><td>{}</td></tr></table>',
    "<table><caption hidden>x<tr><td>{}</table>",
    "<table><tr hidden><td>x<thead><tr><td>{}</table>",
    "<table><tr><td><div hidden>x</table><p>{}</p>",
    '<p><a href="/q" style="display:none">统计<a href="/">{}</a></p>',
    '<p><a href="/q"><span style="display:none">x</a> {}</p>',
    '<p><a href="/q"><span style="display:none">x<a href="/">{}</a></p>',
    '<p><a href="/q" style="display:none"><i class="icon"></a> {}</p>',
    "<div><a href=/q hidden><div>x</a>{}</div></div>",
    "<div><a href=/q><span hidden><div>x</a>{}</div></div>",
    "<h1 hidden>x<h2>{}</h2>",
    "<h3 hidden><b>x</h4>{}",
    "<h3 hidden>x</h4><p>{}</p>",
    "<table><form hidden><tr><td>{}</td></tr></form></table>",
]


@pytest.mark.parametrize("far", ["", FILLER, f"<div>{FILLER * 4}</div>"])
@pytest.mark.parametrize("page", ENDED_BEFORE)
def test_an_end_is_implied_in_spite_of_what_is_left_open(page: str, far: str) -> None:
    assert only(f"{far}<div>{page.replace('x', 'x' + far).format(ICP)}</div>").displayed


NOT_ENDED = [
    "<p><a href=/q><b hidden>y</a>{}</b></p>",
    "<p><span hidden><a href=/q>y</a>{}</span></p>",
    "<p><a hidden href=/q><b>y</b>{}</a></p>",
    "<div><a href=/q><div><span hidden>y</a>{}</div></div>",
    "<div><a href=/q hidden><table><tr><td><a href=/y>x</a><td>{}</table></a></div>",
    "<h1 hidden><b>x<h2>{}</h2>",
    "<h1 hidden><a href=/>x<h2>{}</h2>",
    "<h1 hidden><p>x</p>{}</h1>",
    "<h1 hidden><table><tr><td>x</h2>{}</table></h1>",
    "<div hidden><table><tr><td>x</div></td></tr></table><p>{}</p></div>",
    "<section hidden><table><tr><td></section>x</table>{}</section>",
    "<div hidden><table><tr><td></div><div>y</div>x</td></tr></table><p>{}</p></div>",
    "<div hidden><div><table><caption>x</div></caption></table></div><p>{}</p></div>",
    "<ul><li hidden>x<ul><li>y</ul>{}</ul>",
    "<table><tr><th><form action=//beian.miit.gov.cn/>y<td hidden></form>x<p>{}</table>",
    "<table><tr><td><div class=footer>y<td hidden></div>x<p>{}</table>",
    "<table><tr><td hidden><table><tr><td>x</table>{}</table>",
    "<table hidden><tr><td><table><tr><td>x</td></tr></table></td><td>{}</table>",
]


@pytest.mark.parametrize("far", ["", FILLER, f"<div>{FILLER * 4}</div>"])
@pytest.mark.parametrize("page", NOT_ENDED)
def test_what_hides_goes_on_where_nothing_ends_it(page: str, far: str) -> None:
    assert not only(f"{far}<div>{page.replace('x', 'x' + far).format(ICP)}</div>").displayed


HIDDEN_FOR_GOOD = [
    '<p style="font-size:0vw"><span>{}</span></p>',
    '<p style="color:#333;background:#333333">{}</p>',
    '<div style="display:none"><p style="font-size:0"><span style="font-size:12px">{}</span></p></div>',
    '<p style="font-size:0"><span style="font-size:1em">{}</span></p>',
    '<p style="display:none!important;display:block">{}</p>',
    '<p style="display:none"><span style="display:block">{}</span></p>',
    '<p style="opacity:0"><span style="opacity:1">{}</span></p>',
    '<p style="font-size:0"><span>{}</span></p>',
    '<p style="font-size:0"><span style="font-size:12px">x</span>{}</p>',
    '<p style="color:transparent"><b>{}</b></p>',
    "<p hidden=false>{}</p>",
    '<p hidden style="display:none">{}</p>',
    '<p hidden style="color:red">{}</p>',
    '<p hidden style="display:block;font-size:0">{}</p>',
    '<p hidden=until-found style="display:block">{}</p>',
    '<dialog class="open-box" style="display:none">{}</dialog>',
    '<dialog class="open-box">{}</dialog>',
    '<p style="display&#58;none">{}</p>',
    '<p style="display&colon;none">{}</p>',
    '<p style="display:/**/none">{}</p>',
    '<p style="display:none !important">{}</p>',
]


BRACKETS_BEFORE = [
    '<div data-content="<p>提示</p>" {}><p>{}</p></div>',
    '<div data-a="1 < 2" class="x" {}><p>{}</p></div>',
    "<div data-x='<b>' {}><p>{}</p></div>",
    '<div title="a > b" data-x="<i></i><b>粗</b>" {}><p>{}</p></div>',
]


@pytest.mark.parametrize("page", BRACKETS_BEFORE)
def test_what_looks_like_a_tag_in_an_attribute_hides_no_later_one(page: str) -> None:
    for attribute in ("hidden", 'style="display:none"', 'style="font-size:0"'):
        assert not only(page.format(attribute, ICP)).displayed
    assert only(page.format('class="footer"', ICP) + FILLER).place is Place.FOOTER


QUOTED_WORDS = ['<p title="x">“a"hidden {}</p>', '<p>it\'s <b>class="footer" hidden</b> {}</p>']


@pytest.mark.parametrize("page", QUOTED_WORDS)
def test_telling_words_in_text_say_nothing(page: str) -> None:
    number = only(page.format(ICP) + FILLER)
    assert (number.displayed, number.place) == (True, Place.BODY)


@pytest.mark.parametrize("page", HIDDEN_FOR_GOOD)
def test_what_nothing_shows_again_stays_hidden(page: str) -> None:
    assert not only(f"{FILLER}<footer>{page.format(ICP)}</footer>").displayed
