"""Each rule about the filing number: where it fires, where it passes, where it must keep silent."""

from __future__ import annotations

import pytest

from icpcrawl.audit.finding import Verdict
from icpcrawl.audit.policy import Policy
from icpcrawl.observation import Page
from tests.audit.cases import (
    GOOD,
    LICENCE,
    MIIT,
    NUMBER,
    OTHER,
    POLICE,
    Case,
    case,
    filed,
    found,
    judge,
    page,
)

MISSING, PLACEHOLDER, MASKED, MALFORMED, JOKE = (
    f"filing-number-{what}" for what in ("missing", "placeholder", "masked", "malformed", "joke")
)
HIDDEN = "filing-number-not-displayed"
SAMPLE = "京ICP备12345678号-1"
XIAOMI = "京ICP备10046444号"
SHELL = page("", body="", end="<script src='/app.js'></script>")
HABIT = Policy(
    enabled=frozenset({"filing-number-form-habit"}), province_habit={"沪": "entity", "京": "service"}
)
PROSE = (
    "<p>据报道，某公司因未在网页底部标明备案号而被约谈。该公司在声明中表示，"
    "其网站此前登记的京ICP备19046572号由前任服务商办理，目前已经提交变更申请。"
    "律师提醒，企业在更换服务商之后应当及时核对登记信息，以免影响网站的正常访问，并留存书面材料备查。</p>"
)

CASES: dict[str, Case] = {
    # missing: only where everything was seen and a filing is owed
    "nothing at all": case(MISSING, "e", "© 2024 某公司"),
    "only the police number": case(MISSING, "e", POLICE),
    "B1 alone never is the display": case(MISSING, "e", "京B1-20160456"),
    "somebody else's number in an article": case(MISSING, "e", page("© 某公司", body=PROSE)),
    "joke instead": case(MISSING, "e", '<a href="https://icp.gov.moe/">萌ICP备20231234号</a>'),
    "mask instead": case(MISSING, "e", "沪ICP备xxxxxxxx号"),
    "mixed nodes owe it too": case(MISSING, "e", "©", "mixed"),
    "outside": case(MISSING, "", "©", "outside"),
    "hosting unknown": case(MISSING, "", "©", "unknown"),
    "platform": case(MISSING, "", "©", host="shop.tmall.com"),
    "own number in a long closing paragraph": case(
        MISSING, "", page("", body=PROSE.replace("据报道", "© 2024 某公司版权所有"))
    ),
    "shown": case(MISSING, "", GOOD),
    "licence counts": case(MISSING, "", LICENCE),
    "licence in the form of a filing": case(MISSING, "", "湘ICP备B2-20080075-3"),
    "near miss": case(MISSING, "", "沪ICP备1702938号"),
    "sample": case(MISSING, "", SAMPLE),
    "English": case(MISSING, "", "Shanghai ICP No. 17029384-1"),
    "no prefix": case(MISSING, "", "ICP备17029384号"),
    "only a link to the portal": case(MISSING, "", f'<a href="{MIIT}">工信部备案</a>'),
    "only an image": case(MISSING, "", f'<img src="b.png" alt="{NUMBER}">'),
    "comment": case(MISSING, "", f"<!-- {NUMBER} -->"),
    "near miss that nobody sees": case(MISSING, "e", "<!-- 沪ICP备1702938号 -->"),
    "empty shell": case(MISSING, "", SHELL),
    "empty footer": case(MISSING, "", page("")),
    "footer loaded": case(MISSING, "", page("©", end="<script>$('#f').load('footer.html')</script>")),
    "footer fetched": case(
        MISSING, "", page("©", end="<script>fetch('/inc/footer.html').then(put)</script>")
    ),
    "footer asked of the server": case(
        MISSING, "", page("©", end="<script>$.ajax({type: 'GET', url: '/api/footer'})</script>")
    ),
    "footer included": case(MISSING, "", page("©<div w3-include-html='footer.html'></div>")),
    "footer to be filled": case(
        MISSING, "", page("", body="<p>某公司</p><div class='footer'><!-- footer.tpl --></div>")
    ),
    "a script that only measures": case(
        MISSING, "e", page("©", end="<script>map.get('foot'); el.css('bottom', 0)</script>")
    ),
    "footer script": case(MISSING, "", page("©", end="<script src='/js/bottom.js'></script>")),
    "copyright script": case(MISSING, "", page("©", end="<script src='/copyright.js'></script>")),
    "footer script of the brand's other host": case(
        MISSING, "", page("©", end="<script src='https://static.example.cn/js/foot.js'></script>")
    ),
    "footer script beside a police number": case(
        MISSING, "", page(POLICE, end="<script src='/js/beian.js'></script>")
    ),
    "footer in a frame": case(MISSING, "", page("©", end="<iframe src='/inc/footer.html'></iframe>")),
    "number written by script": case(
        MISSING, "", page("©", end=f"<script>document.write('{NUMBER}')</script>")
    ),
    "number in inline JSON beside a police number": case(
        MISSING, "", page(POLICE, end=f'<script>window.cfg={{"icp":"{NUMBER}"}}</script>')
    ),
    "another domain's page": case(MISSING, "", "©", url="https://corp.com/cn"),
    # placeholder
    "sample of a template": case(PLACEHOLDER, "e", SAMPLE),
    "one digit": case(PLACEHOLDER, "e", "粤ICP备00000000号"),
    "stock sample": case(PLACEHOLDER, "e", "京ICP备04000001号"),
    "sample beside a good number": case(PLACEHOLDER, "", f"{GOOD} {SAMPLE}"),
    "sample beside a licence": case(PLACEHOLDER, "", f"{LICENCE} {SAMPLE}"),
    "genuine low serial": case(PLACEHOLDER, "", "沪ICP备05000001号-7"),
    "stock sample under another sign": case(PLACEHOLDER, "", "粤ICP备04000001号"),
    "the owner's word": case(PLACEHOLDER, "", SAMPLE, expected_icp=(SAMPLE,)),
    "the owner's word, entity only": case(PLACEHOLDER, "", SAMPLE, expected_icp=("京ICP备12345678号",)),
    "the register's word": case(PLACEHOLDER, "", SAMPLE, register=[filed(SAMPLE)]),
    "sample abroad": case(PLACEHOLDER, "w", SAMPLE, "outside"),
    # masked, malformed
    "masked": case(MASKED, "e", "沪ICP备********号"),
    "masked beside a good one": case(MASKED, "n", f"{GOOD}<br>沪ICP备xxxxxxxx号"),
    "digit too few": case(MALFORMED, "e", "沪ICP备1702938号"),
    "malformed beside a good one": case(MALFORMED, "n", f"{GOOD}<br>京ICP备1904657号"),
    "digit too few, far from the footer": case(
        MALFORMED, "w", page("©" * 300, body="<p>沪ICP备1702938号</p>")
    ),
    "licence that lost digits": case(MALFORMED, "w", "京ICP证03017号"),
    "without sign of the province": case(MALFORMED, "w", "ICP备17029384号"),
    "good": case(MALFORMED, "", GOOD),
    "spaces and full-width digits": case(MALFORMED, "", "沪 ICP 备 １７０２９３８４ 号－１"),
    "no 号": case(MALFORMED, "", "沪ICP备17029384"),
    # joke
    "joke beside a good one": case(JOKE, "n", f'{GOOD} <a href="https://icp.gov.moe/">萌ICP备20231234号</a>'),
    "no joke": case(JOKE, "", GOOD),
    # odd but usable
    "川": case("filing-number-nonstandard-prefix", "w", "川ICP备17029384号"),
    "贵": case("filing-number-nonstandard-prefix", "w", "贵ICP备17029384号"),
    "蜀": case("filing-number-nonstandard-prefix", "", "蜀ICP备17029384号"),
    "川, named by the owner": case(
        "filing-number-nonstandard-prefix", "", "川ICP备17029384号", expected_icp=("川ICP备17029384号",)
    ),
    "year to come": case("filing-number-impossible-year", "e", "沪ICP备2031029384号"),
    "two digits, year to come": case("filing-number-impossible-year", "e", "沪ICP备31029384号"),
    "this year": case("filing-number-impossible-year", "", "沪ICP备2026029384号"),
    "no lower bound": case("filing-number-impossible-year", "", "沪ICP备02029384号"),
    "year, named by the owner": case(
        "filing-number-impossible-year", "", "沪ICP备31029384号", register=[filed("沪ICP备31029384号-2")]
    ),
    "six digits": case("filing-number-legacy-form", "n", "沪ICP备050293号"),
    "eight digits": case("filing-number-legacy-form", "", GOOD),
    # App numbers
    "App alone": case("filing-number-for-app", "e", "沪ICP备17029384号-2A"),
    "mini-program alone": case("filing-number-for-app", "e", "沪ICP备17029384号-3X"),
    "App beside the site's": case("filing-number-for-app", "", f"{GOOD} 沪ICP备17029384号-2A"),
    "App beside the entity's": case("filing-number-for-app", "", "沪ICP备17029384号 沪ICP备17029384号-2A"),
    "App beside a licence": case("filing-number-for-app", "", f"{LICENCE} 沪ICP备17029384号-2A"),
    # not displayed
    "in a comment": case(HIDDEN, "e", f"<!-- {GOOD} -->"),
    "in a template": case(HIDDEN, "e", f"<template>{GOOD}</template>"),
    "in a hidden input": case(HIDDEN, "e", f'<input type="hidden" value="{NUMBER}">'),
    "in meta": case(HIDDEN, "e", page("©", head=f'<meta name="icp" content="{NUMBER}">')),
    "display:none, no script at all": case(HIDDEN, "e", f'<div style="display:none">{GOOD}</div>'),
    "display:none with a script": case(
        HIDDEN, "w", page(f'<div style="display:none">{GOOD}</div>', end="<script>menu()</script>")
    ),
    "hidden attribute with a script": case(
        HIDDEN, "w", page(f"<div hidden>{GOOD}</div>", end="<script src='/menu.js'></script>")
    ),
    "responsive copy": case(HIDDEN, "", f'<div style="display:none">{GOOD}</div><p>{GOOD}</p>'),
    "shown, and old one commented": case(HIDDEN, "", f"{GOOD}<!-- {OTHER} -->"),
    "hidden, licence shown": case(HIDDEN, "", f"{LICENCE}<!-- {NUMBER} -->"),
    "in a script": case(HIDDEN, "", page("©", end=f"<script>var icp='{NUMBER}'</script>")),
    "in a comment, footer by script": case(
        HIDDEN, "", page(f"<!-- {NUMBER} -->", end="<script src='/foot.js'></script>")
    ),
    "in a comment, link to the portal": case(HIDDEN, "", f"<!-- {NUMBER} --><a href='{MIIT}'>备案信息</a>"),
    "somebody else's in a comment": case(HIDDEN, "", "<!-- 萌ICP备20231234号 -->"),
    # image, unreadable, place, English
    "alternative text": case("filing-number-image-only", "w", f'<img src="icp.png" alt="{NUMBER}">'),
    "image beside text": case("filing-number-image-only", "", f'<img src="i.png" alt="{NUMBER}"> {GOOD}'),
    "portal link without number": case("filing-number-unreadable", "w", f'<a href="{MIIT}"><img src=b></a>'),
    "retired portal link": case(
        "filing-number-unreadable", "w", '<a href="http://www.miibeian.gov.cn/"><img src="b"></a>'
    ),
    "police portal is another matter": case(
        "filing-number-unreadable", "", '<a href="http://www.beian.gov.cn/"><img src="b"></a>'
    ),
    "link with number": case("filing-number-unreadable", "", GOOD),
    "link with number in a picture": case(
        "filing-number-unreadable", "", f'<a href="{MIIT}"><img src="i.png" alt="{NUMBER}"></a>'
    ),
    "in the middle": case("filing-number-not-at-bottom", "n", page("©" * 400, body=f"<p>{GOOD}</p>")),
    "in the footer": case("filing-number-not-at-bottom", "", GOOD),
    "last text, no footer element": case(
        "filing-number-not-at-bottom", "", page("", body=f"{'<p>公司简介与产品目录</p>' * 40}<p>{GOOD}</p>")
    ),
    "pinyin only": case("filing-number-english-only", "w", "Hu ICP Bei 17029384-1"),
    "English only": case("filing-number-english-only", "w", "Shanghai ICP No. 17029384-1"),
    "Chinese beside English": case("filing-number-english-only", "", f"{GOOD} Shanghai ICP No. 17029384-1"),
    # several
    "two entities": case("filing-number-several", "w", f"{GOOD}<br>沪ICP备12031187号-2"),
    "two provinces": case("filing-number-several", "", f"{GOOD}<br>{OTHER}"),
    "licence beside filing": case("filing-number-several", "", f"{GOOD} {LICENCE}"),
    "both listed": case(
        "filing-number-several",
        "",
        f"{GOOD}<br>沪ICP备12031187号-2",
        expected_icp=(NUMBER, "沪ICP备12031187号-2"),
    ),
    "a list of one entity": case("filing-number-several", "", f"{NUMBER} 沪ICP备17029384号-2"),
    "serials apart": case("filing-number-several", "n", f"<p>{NUMBER}</p><p>沪ICP备17029384号-2</p>"),
    "copies": case("filing-number-several", "", f"<p>{GOOD}</p><p>{GOOD}</p>"),
    # borrowed
    "well-known number": case("filing-number-borrowed", "w", XIAOMI),
    "well-known licence": case("filing-number-borrowed", "w", "京ICP证030173号"),
    "table, expectation and © disagree": case(
        "filing-number-borrowed", "e", f"© 2024 上海某某科技有限公司 {XIAOMI}", expected_icp=(NUMBER,)
    ),
    "© agrees with the holder": case("filing-number-borrowed", "", f"© 2024 小米科技有限责任公司 {XIAOMI}"),
    "© unknown": case("filing-number-borrowed", "w", XIAOMI, expected_icp=(NUMBER,)),
    "own number stands beside it": case(
        "filing-number-borrowed", "w", f"© 上海某某科技有限公司 {GOOD} {XIAOMI}", expected_icp=(NUMBER,)
    ),
    "holder's own domain": case("filing-number-borrowed", "", XIAOMI, host="www.mi.com"),
    "subsidiary": case("filing-number-borrowed", "", XIAOMI, group="小米集团"),
    "named by the owner as borrowed": case("filing-number-borrowed", "", XIAOMI, expected_icp=(XIAOMI,)),
    # differs
    "another entity": case("filing-number-differs", "e", GOOD, expected_icp=(OTHER,)),
    "another serial": case("filing-number-differs", "w", GOOD, expected_icp=("沪ICP备17029384号-9",)),
    "serial absent there": case("filing-number-differs", "", GOOD, expected_icp=("沪ICP备17029384号",)),
    "serial absent here": case("filing-number-differs", "", "沪ICP备17029384号", expected_icp=(NUMBER,)),
    "equal however typed": case(
        "filing-number-differs", "", GOOD, expected_icp=("沪 icp备 １７０２９３８４号－1",)
    ),
    "second of two displayed": case("filing-number-differs", "", f"{OTHER} {GOOD}", expected_icp=(NUMBER,)),
    "first of two expected": case("filing-number-differs", "", GOOD, expected_icp=(NUMBER, OTHER)),
    "nothing shown": case("filing-number-differs", "", "©", expected_icp=(OTHER,)),
    "the register agrees": case(
        "filing-number-differs", "w", GOOD, expected_icp=(OTHER,), register=[filed(NUMBER)]
    ),
    "licence shown instead": case("filing-number-differs", "w", LICENCE, expected_icp=(NUMBER,)),
    "the licence is what is expected": case("filing-number-differs", "", LICENCE, expected_icp=(LICENCE,)),
    "differs abroad": case("filing-number-differs", "w", GOOD, "outside", expected_icp=(OTHER,)),
    "sample of another": case("filing-number-differs", "", SAMPLE, expected_icp=(OTHER,)),
    "register says another": case("filing-number-differs-from-register", "e", GOOD, register=[filed(OTHER)]),
    "register, portfolio agrees with the page": case(
        "filing-number-differs-from-register", "w", GOOD, expected_icp=(NUMBER,), register=[filed(OTHER)]
    ),
    "register, other serial": case(
        "filing-number-differs-from-register", "w", GOOD, register=[filed("沪ICP备17029384号-4")]
    ),
    "register agrees": case("filing-number-differs-from-register", "", GOOD, register=[filed(NUMBER)]),
    "register of another domain": case(
        "filing-number-differs-from-register", "", GOOD, register=[filed(OTHER, domain="other.cn")]
    ),
    "joined by registrable domain": case(
        "filing-number-differs-from-register", "e", GOOD, host="shop.example.cn", register=[filed(OTHER)]
    ),
    # habits, by policy only
    "site's number where the entity's is usual": case("filing-number-form-habit", "n", GOOD, policy=HABIT),
    "entity's number": case("filing-number-form-habit", "", "沪ICP备17029384号", policy=HABIT),
    "entity's where the site's is usual": case(
        "filing-number-form-habit", "n", "京ICP备19046572号", policy=HABIT
    ),
    "no habit known": case("filing-number-form-habit", "", "粤ICP备19046572号-1", policy=HABIT),
    "off by default": case(
        "filing-number-form-habit", "", GOOD, policy=Policy(province_habit={"沪": "entity"})
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_filing_rules(name: str) -> None:
    assert CASES[name].heard() == CASES[name].loud


@pytest.mark.parametrize(
    ("html", "hosting", "verdict"),
    [
        (page(GOOD), "mainland", Verdict.COMPLIANT),
        (page(GOOD), "unknown", Verdict.COMPLIANT),
        (page(GOOD), "outside", Verdict.NOT_REQUIRED),
        (page("©"), "mainland", Verdict.NON_COMPLIANT),
        (page("©"), "unknown", Verdict.INCONCLUSIVE),
        (page("©"), "outside", Verdict.NOT_REQUIRED),
        (page(NUMBER), "unknown", Verdict.INCONCLUSIVE),
        (page(f'<img src="i.png" alt="{NUMBER}">'), "mainland", Verdict.INCONCLUSIVE),
        (page("©", end="<script src='/foot.js'></script>"), "mainland", Verdict.INCONCLUSIVE),
        (page("ICP备17029384号"), "mainland", Verdict.INCONCLUSIVE),
        (page("Shanghai ICP No. 17029384-1"), "mainland", Verdict.INCONCLUSIVE),
        (page(f'<a href="{MIIT}">备案信息</a>'), "mainland", Verdict.INCONCLUSIVE),
        (page(LICENCE), "mainland", Verdict.COMPLIANT),
    ],
)
def test_what_the_page_is_worth(html: str, hosting: str, verdict: Verdict) -> None:
    assert judge(html, hosting).verdict is verdict


ESCAPED = f'<p><a href=\\"{MIIT}\\">\\u6caaICP\\u590717029384\\u53f7-1<\\/a></p>'


@pytest.mark.parametrize(
    ("name", "content", "verdict"),
    [
        ("foot.html", page(GOOD), Verdict.COMPLIANT),
        ("foot.html", page(NUMBER), Verdict.NON_COMPLIANT),
        ("foot.js", f"document.write('<p>{GOOD}</p>');", Verdict.COMPLIANT),
        ("foot.js", f'document.writeln("{ESCAPED}");', Verdict.COMPLIANT),
        ("foot.js", f"var n='{NUMBER}';out('<a href=\"'+url+'\">'+n+'</a>');", Verdict.INCONCLUSIVE),
        ("foot.js", f"out('<a href=\"'+url+'\">{NUMBER}</a>');", Verdict.INCONCLUSIVE),
        ("foot.js", "document.write('<p>© 2024</p>');", Verdict.INCONCLUSIVE),
    ],
)
def test_a_footer_fetched_with_the_page_is_read_with_it(name: str, content: str, verdict: Verdict) -> None:
    html = page("©", end=f"<script>$('#f').load('/{name}')</script>")
    kind = "text/html" if name.endswith("html") else "application/javascript"
    footer = Page(f"https://example.cn/{name}", 200, (("content-type", kind),), content.encode())
    assert judge(html, companions=(footer,)).verdict is verdict


THREE = "<frameset><frame src=top.htm><frame src=main.htm><frame src='页脚.htm'></frameset>"
DRAWN = "<script>document.write('<p>" + NUMBER + "</p>')</script>"


@pytest.mark.parametrize(
    ("footer", "verdict", "sign"),
    [
        (GOOD, Verdict.COMPLIANT, ""),
        ("<p>版权所有</p>", Verdict.NON_COMPLIANT, ""),
        (None, Verdict.INCONCLUSIVE, "unread-frame:https://example.cn/页脚.htm"),
        ("<frameset><frame src=foot.htm>", Verdict.INCONCLUSIVE, "unread-frame:https://example.cn/foot.htm"),
        ("<iframe src=foot.htm></iframe>", Verdict.INCONCLUSIVE, "footer-script:https://example.cn/foot.htm"),
        (DRAWN, Verdict.INCONCLUSIVE, "number-in-script"),
        # Read within another one, it is read.
        ("<iframe src=main.htm></iframe>", Verdict.NON_COMPLIANT, ""),
    ],
)
def test_a_number_is_missing_only_where_every_frame_was_read(
    footer: str | None, verdict: Verdict, sign: str
) -> None:
    read = {"top.htm": "<p>甲乙设备</p>", "main.htm": page("©"), "%E9%A1%B5%E8%84%9A.htm": footer}
    audit = judge(
        THREE,
        companions=tuple(
            Page(f"https://example.cn/{name}", 200, (("content-type", "text/html"),), html.encode())
            for name, html in read.items()
            if html is not None
        ),
    )
    said = found(audit, "fetch-needs-browser")
    assert (audit.verdict, said.observed if said else "") == (verdict, sign)


def test_of_the_pieces_of_a_page_the_footers_are_asked_for_first() -> None:
    pieces = judge("<frameset><frame src=top.htm><frame src=main.htm><frame src=bottom.htm>").pieces
    assert [url.rpartition("/")[2] for url in pieces] == ["bottom.htm", "top.htm", "main.htm"]


def test_a_near_miss_is_quoted_with_the_number_meant() -> None:
    finding = found(judge(page("沪ICP备1702938号"), expected_icp=(NUMBER,)), MALFORMED)
    assert finding is not None
    assert finding.observed == "沪ICP备1702938号"
    assert finding.expected == NUMBER
    assert NUMBER in finding.snippet
