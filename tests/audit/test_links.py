"""The address beside a number, read as a browser reads it, and what it is worth there."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import pytest

from icpcrawl.audit.footer import read_page
from icpcrawl.audit.links import judge_link
from icpcrawl.audit.numbers import NumberKind
from tests.audit.cases import FACTS, LICENCE, NUMBER, POLICE, judge, page

CODE = "31010402005731"

FILING = [
    # the filing system, however spelt
    ("https://beian.miit.gov.cn/", "current", "ok"),
    ("https://beian.miit.gov.cn", "current", "ok"),
    ("https://beian.miit.gov.cn/#/Integrated/index", "current", "ok"),
    ("https://beian.miit.gov.cn/#/Integrated/recordQuery", "current", "ok"),
    ("//beian.miit.gov.cn/", "current", "ok"),
    ("https://BEIAN.MIIT.GOV.CN/", "current", "ok"),
    ("https://beian.miit.gov.cn./", "current", "ok"),
    ("https://beian.miit.gov.cn:443/", "current", "ok"),
    ("  https://beian.miit.gov.cn/\n", "current", "ok"),
    ("https:\\\\beian.miit.gov.cn", "current", "ok"),
    ("https://beian.miit.gov.cn\u200b/", "current", "ok"),
    ("https://beian%2Emiit.gov.cn/", "current", "ok"),
    ("https://beian。miit。gov。cn/", "current", "ok"),
    ("http://beian.miit.gov.cn/", "http", "notice"),
    ("http://beian.miit.gov.cn:80/", "http", "notice"),
    ("http://beian.miit.gov.cn/publish/query/indexFirst.action", "old-path", "notice"),
    ("http://beian.miit.gov.cn/state/outPortal/loginPortal.action", "old-path", "notice"),
    # right ministry, wrong house
    ("https://www.beian.miit.gov.cn/", "www-variant", "error"),
    ("http://www.miitbeian.gov.cn/", "retired-host", "error"),
    ("http://www.miibeian.gov.cn/state/outPortal/loginPortal.action", "retired-host", "error"),
    ("https://miitbeian.gov.cn", "retired-host", "error"),
    ("http://icp.miit.gov.cn", "elsewhere", "error"),
    ("http://www.icp.gov.cn/", "elsewhere", "error"),
    ("https://www.miit.gov.cn/", "elsewhere", "error"),
    ("https://tsm.miit.gov.cn/dxxzsp/", "licence-system", "error"),
    ("https://dxzhgl.miit.gov.cn/", "licence-system", "error"),
    ("https://ythzxfw.miit.gov.cn/", "licence-system", "error"),
    ("http://www.beian.gov.cn/portal/registerSystemInfo", "swapped", "error"),
    ("https://beian.mps.gov.cn/#/query/webSearch", "swapped", "error"),
    ("https://beian.cac.gov.cn/", "elsewhere", "error"),
    # somebody else
    ("https://icp.gov.moe/?keyword=20231234", "elsewhere", "error"),
    ("https://icp.chinaz.com/info?q=example.cn", "third-party", "error"),
    ("https://icp.aizhan.com/example.cn/", "third-party", "error"),
    ("https://beian.aizhan.com/", "third-party", "error"),
    ("http://www.sznet110.gov.cn/", "elsewhere", "error"),
    ("http://bszs.conac.cn/sitename", "elsewhere", "error"),
    ("https://www.baidu.com/", "elsewhere", "error"),
    ("https://example.cn/", "elsewhere", "error"),
    ("/about", "elsewhere", "error"),
    # imitations
    ("https://beian.miit.gov.cn.evil.example/", "look-alike", "error"),
    ("https://beian-miit.gov.cn.x.top/", "look-alike", "error"),
    ("https://beian.miit.gov.com/", "look-alike", "error"),
    ("https://beian.miit.cn/", "look-alike", "error"),
    ("https://beian.miit.gov.cn@evil.example/", "look-alike", "error"),
    ("https://evil.example/?u=https://beian.miit.gov.cn/", "look-alike", "error"),
    ("https://bеian.miit.gov.cn/", "look-alike", "error"),
    ("https://evil.example/beian.miit.gov.cn/", "look-alike", "error"),
    ("https://xn--ber-goa.example/", "elsewhere", "error"),
    ("https://xn--\u0101.example/", "elsewhere", "error"),
    ("https://beian.miit.gov.cm/", "look-alike", "error"),
    # written wrongly
    ("http://[beian.miit.gov.cn", "malformed", "error"),
    ("https://beian.miit.gov.cn:x/", "malformed", "error"),
    ("https://beian,miit.gov.cn/", "malformed", "error"),
    ("https://beian.miit.gov.cn:8443/", "elsewhere", "error"),
    ("mailto:webmaster@example.cn", "elsewhere", "error"),
    ("beian.miit.gov.cn", "no-scheme", "error"),
    ("beian.miit.gov.cn/", "no-scheme", "error"),
    ("/beian.miit.gov.cn", "no-scheme", "error"),
    ("www.beian.miit.gov.cn", "no-scheme", "error"),
    ("https:// beian.miit.gov.cn", "malformed", "error"),
    ("http://http://www.miitbeian.gov.cn", "malformed", "error"),
    ("htpps://beian.miit.gov.cn", "malformed", "error"),
    ("http//beian.miit.gov.cn", "malformed", "error"),
    ('"https://beian.miit.gov.cn"', "malformed", "error"),
    ("“https://beian.miit.gov.cn”", "malformed", "error"),
    ("../../www.miitbeian.gov.cn/default.htm", "elsewhere", "error"),
    ("#", "empty", "error"),
    ("", "empty", "error"),
    ("javascript:;", "empty", "error"),
    ("javascript:void(0)", "empty", "error"),
    # on the way
    ("javascript:window.open('https://beian.miit.gov.cn/')", "script-only", "warning"),
    ("javascript:window.open('//beian.miit.gov.cn/')", "script-only", "warning"),
    ("javascript:window.open('http://www.miitbeian.gov.cn')", "retired-host", "error"),
    ("javascript:window.open('https://www.beian.miit.gov.cn/')", "www-variant", "error"),
    ("javascript:window.open('http://www.beian.gov.cn/')", "swapped", "error"),
    ("javascript:window.open('https://beian.miit.gov.cn.evil.example/')", "look-alike", "error"),
    ("javascript:window.open('https://www.baidu.com/')", "empty", "error"),
    ("https://example.cn/go?url=https%3A%2F%2Fbeian.miit.gov.cn%2F", "redirector", "warning"),
    ("https://link.zhihu.com/?target=https%3A//beian.miit.gov.cn/", "redirector", "warning"),
    ("/go.php?url=aHR0cHM6Ly9iZWlhbi5taWl0Lmdvdi5jbi8=", "redirector", "warning"),
    ("/go/aHR0cHM6Ly9iZWlhbi5taWl0Lmdvdi5jbi8=", "redirector", "warning"),
    ("/link/aHR0cHM6Ly9iZWlhbi5taWl0Lmdvdi5jbi8.html", "redirector", "warning"),
    ("/go.php?aHR0cHM6Ly9iZWlhbi5taWl0Lmdvdi5jbi8", "redirector", "warning"),
    ("/go?url=beian.miit.gov.cn", "redirector", "warning"),
    ("/go?url=//beian.miit.gov.cn/", "redirector", "warning"),
    ("/go?url=https:/beian.miit.gov.cn/", "redirector", "warning"),
    ("/go?url=www.miitbeian.gov.cn", "retired-host", "error"),
    ("/go.php?url=aHR0cHM6Ly93d3cuYmFpZHUuY29tLw", "elsewhere", "error"),
    ("/redirect/https://beian.miit.gov.cn/", "redirector", "warning"),
    ("https://c.pc.qq.com/middlem.html?pfurl=https%3A%2F%2Fbeian.miit.gov.cn", "redirector", "warning"),
    ("https://weibo.cn/sinaurl?u=https%3A%2F%2Fbeian.miit.gov.cn", "redirector", "warning"),
    ("https://weibo.cn/example", "elsewhere", "error"),
    ("http://localhost/beian.miit.gov.cn", "elsewhere", "error"),
    ("https://beian.mot.gov.cn/", "elsewhere", "error"),
    ("https://beian.mlit.gov.cn/", "look-alike", "error"),
    ("https://xn--bean-wpa.miit.gov.cn.co/", "look-alike", "error"),
    ("http://192.0.2.1/beian.miit.gov.cn", "elsewhere", "error"),
    ("/go?url=https%3A%2F%2Fwww.baidu.com%2F", "elsewhere", "error"),
    ("/go?url=http%3A%2F%2Fwww.miitbeian.gov.cn", "retired-host", "error"),
    ("/go?url=https://www.beian.miit.gov.cn/", "www-variant", "error"),
    ("/go?url=https://beian.mps.gov.cn/", "swapped", "error"),
    ("https://evil.example/?u=http://www.miitbeian.gov.cn/", "elsewhere", "error"),
    ("/go?url=http%3A%2F%2F%5Bbroken", "elsewhere", "error"),
]

PSB = [
    (f"https://beian.mps.gov.cn/#/query/webSearch?code={CODE}", "current", "ok"),
    (f"https://beian.mps.gov.cn/#/query/webSearch?code=%E6%B2%AA%E5%85%AC%E7%BD%91{CODE}", "current", "ok"),
    (f"http://www.beian.gov.cn/portal/registerSystemInfo?recordcode={CODE}", "old-portal", "notice"),
    (f"https://beian.gov.cn/portal/registerSystemInfo?recordcode={CODE}", "old-portal", "notice"),
    ("https://beian.mps.gov.cn/", "no-code", "notice"),
    ("https://beian.mps.gov.cn/#/query/webSearch", "no-code", "notice"),
    ("http://www.beian.gov.cn/portal/index", "no-code", "notice"),
    ("https://beian.mps.gov.cn/#/query/webSearch?code=", "no-code", "warning"),
    ("http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=xxxxxx", "no-code", "warning"),
    ("https://beian.mps.gov.cn/#/query/webSearch?code={{code}}", "no-code", "warning"),
    ("https://beian.mps.gov.cn/#/query/webSearch?code=31010402005732", "code-mismatch", "warning"),
    (
        "http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=11010802030456",
        "code-mismatch",
        "warning",
    ),
    ("https://beian.miit.gov.cn/", "swapped", "warning"),
    ("http://www.miitbeian.gov.cn/", "swapped", "warning"),
    ("https://www.baidu.com/", "elsewhere", "warning"),
    ("beian.mps.gov.cn", "elsewhere", "warning"),
    ("#", "missing", "warning"),
    (f"javascript:window.open('https://beian.mps.gov.cn/#/query/webSearch?code={CODE}')", "current", "ok"),
    ("javascript:window.open('https://www.baidu.com/')", "missing", "warning"),
    ("https://beian.mps.gov.cn.evil.example/", "look-alike", "error"),
]

OF_LICENCE = [
    ("https://beian.miit.gov.cn/#/Integrated/index", "current", "ok"),
    ("https://tsm.miit.gov.cn/dxxzsp/xkz/xkzgl/resource/qiyesearch.jsp?num=x&type=xuke", "current", "ok"),
    ("https://dxzhgl.miit.gov.cn/", "current", "ok"),
    ("/images/licence.jpg", "current", "notice"),
    ("https://cdn.example.com/files/icp.pdf", "current", "notice"),
    ("/about/licence.html", "current", "notice"),
    ("http://www.taobao.com/", "elsewhere", "warning"),
    ("http://www.miibeian.gov.cn/", "retired-host", "warning"),
    ("beian.miit.gov.cn", "no-scheme", "warning"),
    ("https://beian.miit.gov.cn.evil.example/", "look-alike", "error"),
]


@pytest.mark.parametrize(
    ("number", "href", "target", "verdict"),
    [(NUMBER, *row) for row in FILING]
    + [(POLICE, *row) for row in PSB]
    + [(LICENCE, *row) for row in OF_LICENCE],
)
def test_addresses(number: str, href: str, target: str, verdict: str) -> None:
    audit = judge(page(f'<p><a href="{escape(href)}">{number}</a></p>'))
    seen = next(each for each in (audit.filing.main, audit.psb.main, audit.licence.main) if each)
    assert (seen.link.target, seen.link.verdict.value) == (target, verdict)


MEANS = {
    "miit": {"current", "http", "old-path"},
    "miit-legacy": {"retired-host"},
    "miit-www": {"www-variant"},
    "miit-licence": {"current"},
    "mps-legacy": {"old-portal", "no-code", "code-mismatch"},
    "dead-link": {"missing"},
    "no-link": {"missing"},
    "relative": {"elsewhere", "current", "no-scheme"},
    "other": {"elsewhere", "current", "third-party"},
}
"""Words of the labels → targets that say the same; a copy of a licence on another host is ``current``."""
KINDS = {"icp": NumberKind.FILING, "licence": NumberKind.LICENCE, "psb": NumberKind.PSB}


@pytest.mark.corpus
def test_labelled_links(corpus: Path) -> None:
    """At least 98 of 100 labelled links are found and judged as labelled."""
    wrong: list[str] = []
    total = 0
    for line in corpus.joinpath("pages.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        body = corpus.joinpath("pages", f"{label['id']}.html").read_bytes()
        reading = read_page(
            body, url="https://site.example/", content_type="", facts=FACTS.numbers, today_year=2026
        )
        for name, kind in KINDS.items():
            rows = (label[f"expected_{name}"], label[f"{name}_link"], label[f"{name}_link_class"])
            for number, href, says in zip(*rows, strict=True):
                seen = [n for n in reading.numbers if n.parsed.kind is kind and n.parsed.number == number]
                if not seen:
                    continue  # numbers overlooked are counted where reading is measured
                total += 1
                hrefs = {n.link.href.strip() for n in seen if n.link and n.link.how != "beside"}
                targets = {judge_link(n, "https://site.example/", FACTS.links).target for n in seen}
                found = (href or "").strip() in hrefs if href else not any(hrefs)
                # A link beside the number is no <a> around it, and yet a link a visitor follows.
                beside = says == "no-link" and any(n.link and n.link.how == "beside" for n in seen)
                if not found or not (targets & MEANS[says] or beside):
                    wrong.append(f"{label['id']} {number}: {href} ({says}), read {hrefs} {targets}")
    assert total > 100
    assert len(wrong) <= total * 0.02, wrong
