"""Each rule about links: which link is the number's own, and how loud a wrong one is."""

from __future__ import annotations

import pytest

from icpcrawl.audit.finding import Confidence
from icpcrawl.observation import Page
from tests.audit.cases import (
    GOOD,
    GOOD_POLICE,
    LICENCE,
    MIIT,
    MPS,
    NUMBER,
    OTHER,
    POLICE,
    Case,
    case,
    found,
    judge,
    page,
)

MISSING, EMPTY, SWAPPED, ELSEWHERE = (f"link-{what}" for what in ("missing", "empty", "swapped", "elsewhere"))
PORTAL = f'<a href="{MIIT}">工业和信息化部备案管理系统</a>'


def linked(href: str, number: str = NUMBER) -> str:
    return f'<a href="{href}">{number}</a>'


CASES: dict[str, Case] = {
    # whose link is it?
    "no link": case(MISSING, "e", NUMBER),
    "placeholder element without href": case(MISSING, "e", f"<a target='_blank'>{NUMBER}</a>"),
    "around": case(MISSING, "", GOOD),
    "around the digits only": case(MISSING, "", f'沪ICP备<a href="{MIIT}">17029384号-1</a>'),
    "around image and number": case(MISSING, "", f'<a href="{MIIT}"><img src="i.png"> {NUMBER}</a>'),
    "right behind": case(MISSING, "", f"{NUMBER} {PORTAL}"),
    "right before": case(MISSING, "", f"{PORTAL} {NUMBER}"),
    "below, as the Order says": case(MISSING, "", f"<p>{NUMBER}</p><p>{PORTAL}</p>"),
    "address written out below": case(
        MISSING, "", f"<p>{NUMBER}</p><p>备案查询：<a href='{MIIT}'>beian.miit.gov.cn</a></p>"
    ),
    "beside a linked police number": case(MISSING, "e", f"{NUMBER} {GOOD_POLICE}"),
    "that is never swapped": case(SWAPPED, "", f"{NUMBER} {GOOD_POLICE}"),
    "beside a police badge": case(
        MISSING, "e", f'{NUMBER} <a href="http://www.beian.gov.cn/"><img src="b.png"></a>'
    ),
    "beside 12377": case(MISSING, "e", f'{NUMBER} <a href="https://www.12377.cn/">举报中心</a>'),
    "beside a badge of institutions": case(
        MISSING, "e", f'{NUMBER} <a href="https://bszs.conac.cn/"><img src="c.png"></a>'
    ),
    "beside the technical support": case(
        MISSING, "e", f'{NUMBER} 技术支持：<a href="https://x.com/">某某</a>'
    ),
    "in the next cell": case(MISSING, "", f"<table><tr><td>{NUMBER}</td><td>{PORTAL}</td></tr></table>"),
    "below the police portal's own snippet": case(
        MISSING,
        "",
        f'<p>{NUMBER} <a href="{MPS}"><img src="b.png"><p>{POLICE}</p></a> {PORTAL}</p>',
    ),
    "below a line for the police": case(
        MISSING,
        "",
        f'<p>{NUMBER}</p><p><a href="{MPS}"><img src="b.png"><p>{POLICE}</p></a></p><p>{PORTAL}</p>',
    ),
    "below another's number": case(MISSING, "e", f"<p>{NUMBER}</p><p>{OTHER}</p><p>{PORTAL}</p>"),
    "opened by a function of the page": case(
        MISSING,
        "",
        f'<a href="javascript:goBeian()">{NUMBER}</a><script>function goBeian(){{window.open("{MIIT}")}}</script>',
    ),
    "a function that opens it": case(
        "link-script-only",
        "w",
        f'<span onclick="toBeian()">{NUMBER}</span><script>var toBeian = function () {{ open("{MIIT}") }}</script>',
    ),
    "a function that opens something else": case(
        EMPTY,
        "e",
        f'<a href="javascript:go()">{NUMBER}</a><script>function go(){{}} function beian(){{open("{MIIT}")}}</script>',
    ),
    "a sister's number beside the own one": case(MISSING, "w", f"{GOOD} {OTHER}", expected_icp=(NUMBER,)),
    "a sister's number, the own one not known": case(MISSING, "e", f"{GOOD} {OTHER}"),
    "the own number beside a sister's": case(
        MISSING, "e", f'{NUMBER} <a href="{MIIT}">{OTHER}</a>', expected_icp=(NUMBER,)
    ),
    "the own serial bare beside a linked one": case(
        MISSING, "e", f'{NUMBER} <a href="{MIIT}">沪ICP备17029384号-2</a>', expected_icp=(NUMBER,)
    ),
    "a function beside what names the register": case(
        EMPTY,
        "e",
        f'<a href="javascript:go()">{NUMBER}</a><script>function go(){{}} var cfg = {{icp: "{MIIT}"}}</script>',
    ),
    "a second licence": case(MISSING, "", f'<a href="{MIIT}">{LICENCE}</a> 京ICP证030173号'),
    "on the next line": case(MISSING, "", f"{NUMBER}<br>{PORTAL}"),
    "below, past a comment": case(MISSING, "", f"<div>{NUMBER}</div><!-- x --><div>{PORTAL}</div>"),
    "two blocks on": case(MISSING, "e", f"<p>{NUMBER}</p><p>© 2024</p><p>{PORTAL}</p>"),
    "the next block holds a licence": case(
        MISSING, "e", f'<p>{NUMBER}</p><p><a href="{MIIT}">{LICENCE}</a></p>'
    ),
    "the link beside holds the police number": case(MISSING, "e", f'{NUMBER} <a href="{MIIT}">{POLICE}</a>'),
    "below, outside the footer": case(MISSING, "e", page(NUMBER, end=f"<div class='links'>{PORTAL}</div>")),
    "a page of the own site that speaks of it": case(
        MISSING, "e", f'{NUMBER} <a href="/icp.html">工信部备案说明</a>'
    ),
    "neighbour's link holds another number": case(
        "link-missing", "e", f'{NUMBER} <a href="{MIIT}">沪ICP备12031187号-2</a>'
    ),
    "one of two is linked, of one entity": case(MISSING, "w", f"{GOOD} 沪ICP备17029384号-2"),
    "one of two is linked, of two entities": case(MISSING, "e", f"{GOOD} 沪ICP备17029385号"),
    "link far away in the page": case(
        MISSING,
        "e",
        page(
            f"<p>© 某</p><p>地址</p><p>{NUMBER}</p>",
            body=PORTAL + "<p>我们为客户检修设备，上门服务。</p>" * 40,
        ),
    ),
    "linked at its tail alone": case(MISSING, "", f"{NUMBER.removesuffix('号-1')}<a href='{MIIT}'>号-1</a>"),
    "responsive copies, one linked": case(MISSING, "", f"<p>{GOOD}</p><p>{NUMBER}</p>"),
    "copies, the other order": case(MISSING, "", f"<p>{NUMBER}</p><p>{GOOD}</p>"),
    "copies, one retired": case(
        "link-retired-host", "", f"<p>{linked('http://www.miibeian.gov.cn/')}</p><p>{GOOD}</p>"
    ),
    "licence alone owes no link": case(MISSING, "w", LICENCE),
    "licence alone, linked": case(MISSING, "", linked(MIIT, LICENCE)),
    "licence beside a linked filing": case(MISSING, "", f"{GOOD} {LICENCE}"),
    "App numbers owe none": case(MISSING, "", f"{GOOD} 沪ICP备17029384号-2A"),
    "hosting unknown": case(MISSING, "", NUMBER, "unknown"),
    "outside": case(MISSING, "", NUMBER, "outside"),
    "sample has its own rule": case(MISSING, "", "京ICP备12345678号"),
    # where it leads
    "retired": case("link-retired-host", "e", linked("http://www.miitbeian.gov.cn/")),
    "retired, outside": case("link-retired-host", "w", linked("http://www.miitbeian.gov.cn/"), "outside"),
    "retired, unknown": case("link-retired-host", "w", linked("http://www.miitbeian.gov.cn/"), "unknown"),
    "licence, retired": case("link-retired-host", "w", linked("http://www.miibeian.gov.cn/", LICENCE)),
    "look-alike": case("link-look-alike", "e", linked("https://beian.miit.gov.cn.evil.example/")),
    "look-alike abroad": case(
        "link-look-alike", "e", linked("https://beian.miit.gov.cn.evil.example/"), "outside"
    ),
    "look-alike, unknown": case("link-look-alike", "e", linked("https://beian.miit.gov.com/"), "unknown"),
    "look-alike at a licence": case("link-look-alike", "e", linked("https://beian.miit.gov.com/", LICENCE)),
    "look-alike at a police number": case(
        "link-look-alike", "e", linked("https://beian.mps.gov.cn.evil.example/", POLICE)
    ),
    "swapped": case(SWAPPED, "e", linked("http://www.beian.gov.cn/portal/index")),
    "no scheme": case("link-no-scheme", "e", linked("beian.miit.gov.cn")),
    "malformed": case("link-malformed", "e", linked("https:// beian.miit.gov.cn")),
    "homepage": case(ELSEWHERE, "e", linked("/")),
    "licence to a copy of it": case(ELSEWHERE, "", linked("/img/licence.png", LICENCE)),
    "private look-up": case("link-third-party", "e", linked("https://icp.chinaz.com/example.cn")),
    "system for licences": case("link-licence-system", "e", linked("https://tsm.miit.gov.cn/")),
    "licence there": case("link-licence-system", "", linked("https://tsm.miit.gov.cn/", LICENCE)),
    "empty": case(EMPTY, "e", linked("#")),
    "script void": case(EMPTY, "e", linked("javascript:;")),
    "www": case("link-www-variant", "e", linked("http://www.beian.miit.gov.cn/")),
    "by click handler": case(
        "link-script-only", "w", f"<a href='#' onclick=\"window.open('{MIIT}')\">{NUMBER}</a>"
    ),
    "by click handler to a retired address": case(
        "link-retired-host",
        "e",
        f"<a href='javascript:;' onclick=\"window.open('http://www.miitbeian.gov.cn/')\">{NUMBER}</a>",
    ),
    "by click handler to an imitation": case(
        "link-look-alike",
        "e",
        f"<a href='javascript:;' onclick=\"window.open('{MIIT[:-1]}.evil.example/')\">{NUMBER}</a>",
    ),
    "by click handler without a scheme": case(
        "link-script-only", "w", f"<a href='#' onclick=\"window.open('//beian.miit.gov.cn/')\">{NUMBER}</a>"
    ),
    "by click handler that names the host": case(
        "link-script-only", "w", f"<a href='#' onclick=\"goUrl('beian.miit.gov.cn')\">{NUMBER}</a>"
    ),
    "by click handler that counts first": case(
        "link-script-only",
        "w",
        f"<a href='#' onclick=\"hit('https://a.com/b');window.open('{MIIT}')\">{NUMBER}</a>",
    ),
    "by javascript:": case("link-script-only", "w", linked(f"javascript:location='{MIIT}'")),
    "by POST form": case(
        "link-script-only", "w", f'<form method="post" action="{MIIT}"><button>{NUMBER}</button></form>'
    ),
    "by data-href": case("link-script-only", "w", f'<a href="javascript:;" data-href="{MIIT}">{NUMBER}</a>'),
    "by click handler on no link": case(
        "link-script-only", "w", f"<span onclick=\"location.href='{MIIT}'\">{NUMBER}</span>"
    ),
    "own redirector": case("link-redirector", "w", linked("/go?url=https%3A%2F%2Fbeian.miit.gov.cn%2F")),
    "old path": case("link-old-path", "n", linked(f"{MIIT}publish/query/indexFirst.action")),
    "http": case("link-http", "n", linked("http://beian.miit.gov.cn/")),
    "right": case("link-http", "", GOOD),
    "two numbers, one wrong": case("link-empty", "e", f"{GOOD} {linked('#', OTHER)}"),
    "one link around both": case(SWAPPED, "", f'<a href="{MIIT}">{NUMBER} {POLICE}</a>'),
    "one link around both, to the police": case(SWAPPED, "e", f'<a href="{MPS}">{NUMBER} {POLICE}</a>'),
    "PSB first, then ICP": case(MISSING, "", f"{GOOD_POLICE} | {GOOD}"),
    "PSB first, ICP unlinked": case(MISSING, "e", f"{GOOD_POLICE} | {NUMBER}"),
}


@pytest.mark.parametrize("name", CASES)
def test_link_rules(name: str) -> None:
    assert CASES[name].heard() == CASES[name].loud


def test_the_dead_www_address_is_said_with_care() -> None:
    finding = found(judge(page(linked("http://www.beian.miit.gov.cn/"))), "link-www-variant")
    assert finding is not None
    assert finding.confidence is Confidence.MEDIUM


def test_a_link_finding_can_be_pasted_away() -> None:
    finding = found(judge(page(linked("#"))), EMPTY)
    assert finding is not None
    assert judge(page(finding.snippet)).findings == judge(page(GOOD)).findings


@pytest.mark.parametrize(
    ("location", "rule"), [(MIIT, "link-redirector"), ("https://www.baidu.com/", ELSEWHERE)]
)
def test_the_sites_own_redirector_is_judged_by_where_it_leads(location: str, rule: str) -> None:
    hop = Page("https://example.cn/beian", 302, (("location", location),), b"")
    audit = judge(page(linked("/beian")), companions=(hop,))
    assert [finding.rule for finding in audit.findings if finding.rule.startswith("link-")] == [rule]


def test_the_page_that_a_number_leads_to_is_no_part_of_the_homepage() -> None:
    about = Page("https://example.cn/icp.html", 200, (("content-type", "text/html"),), page(GOOD).encode())
    assert found(judge(page(linked("/icp.html#top")), companions=(about,)), ELSEWHERE) is not None
