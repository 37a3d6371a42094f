"""report.html: one file that needs nothing else, and runs nothing that a website wrote."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from icpcrawl.audit.finding import Severity, Text, Verdict
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.rules import RULES
from icpcrawl.observation import FetchOutcome
from icpcrawl.report.html import FINDINGS_LIMIT
from icpcrawl.report.run import TrendPoint, WaiverState
from icpcrawl.report.write import write_report
from tests.report.samples import FACTS, RUN, finding, night, refused, result, site, told, written

HOSTILE = (
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "' onmouseover='alert(1)",
    "</title></style><svg/onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "]]>\u2028alert(1)//",
    "javascript:alert(1)",
    "&lt;script&gt;",
)


@pytest.mark.parametrize(
    ("where", "rows", "told_once"),
    [
        ("body > footer > p", [{}] * 4, ["4"]),
        ("body > footer > p", [{"owner": owner} for owner in "甲乙丙丁"], []),
        ("body > footer > p", [{"entity": entity} for entity in "甲甲甲乙"], ["3"]),
        ("body > footer > p", [{"owner": "", "domain": f"m{n}.a.cn"} for n in range(4)], ["4"]),
        ("div.foot-a > p", [{"owner": owner} for owner in "甲乙丙丁"], ["4"]),
    ],
)
def test_one_mistake_in_one_place_of_many_pages_is_told_once(
    tmp_path: Path, where: str, rows: list[dict[str, str]], told_once: list[str]
) -> None:
    wrong = [
        result(
            f"s{n}.cn",
            Verdict.NON_COMPLIANT,
            finding("link-http", Severity.WARNING, where=where, observed=f"京ICP备1234567{n}号"),
        )
        for n in range(4)
    ]
    sites = [site(n, f"s{n}.cn", **given) for n, given in enumerate(rows)]
    written(tmp_path, told(sites, wrong), formats=("html",))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    clusters = html.document_fromstring(page).xpath("//section[@aria-labelledby='clusters']//b/text()")
    assert clusters == told_once


def page(folder: Path) -> tuple[str, html.HtmlElement, dict[str, Any]]:
    """The file's text, its elements as a browser sees them, and its data block."""
    text = (folder / "report.html").read_text(encoding="utf-8")
    root = html.document_fromstring(text)
    assert isinstance(root, html.HtmlElement)
    return text, root, json.loads(root.get_element_by_id("data").text_content())


def elements(root: html.HtmlElement) -> list[html.HtmlElement]:
    return [each for each in root.iter() if isinstance(each.tag, str)]


@pytest.mark.parametrize("evil", HOSTILE)
def test_nothing_from_a_website_becomes_markup(tmp_path: Path, evil: str) -> None:
    findings = finding("link-missing", observed=evil, expected=evil, where=evil, snippet=evil, subject=evil)
    bad = result("a.cn", Verdict.NON_COMPLIANT, findings, raw=evil, reason=Text(evil, evil))
    dark = result("b.cn", Verdict.NOT_ASSESSED, outcome=FetchOutcome.RESET)
    given = {"name": evil, "entity": evil, "owner": evil, "group": evil, "url": evil, "domain": evil}
    rows = (
        site(1, "a.cn", **given, tags=(evil,)),
        site(2, "b.cn", **given),
        refused(3, evil, column=evil, reason_zh=evil, reason_en=evil),
    )
    written(tmp_path, told(rows, [bad, dark], {"a.cn": "new", "b.cn": "coverage-lost"}), formats=("html",))
    text, root, data = page(tmp_path)
    scripts = [each for each in elements(root) if each.tag == "script"]
    assert [each.get("type") for each in scripts] == ["application/json", None]
    assert [
        each.tag for each in elements(root) if each.tag in ("img", "iframe", "object", "link", "base")
    ] == []
    assert [name for each in elements(root) for name in each.attrib if name.startswith("on")] == []
    links = [value for each in elements(root) for name, value in each.items() if name in ("href", "src")]
    assert [link for link in links if not link.startswith("#")] == ["https://db-ip.com"]
    assert all(root.get_element_by_id(link[1:]) is not None for link in links if link.startswith("#"))
    assert evil.replace("\u2028", " ") in data["strings"]
    assert len(data["rows"]) == 3
    assert "<script>alert" not in text


def test_only_its_own_script_and_style_may_run_and_nothing_is_loaded(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    text, root, _ = page(tmp_path)
    policy = root.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert style
    assert script
    hashes = [
        base64.b64encode(hashlib.sha256(part[1].encode()).digest()).decode() for part in (style, script)
    ]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{hashes[1]}'; style-src 'sha256-{hashes[0]}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert (
        re.findall(r"url\((?!#hatch\))|@import|innerHTML|insertAdjacent|document\.write|eval\(", text) == []
    )
    assert root.xpath("//*[@style]") == []


def test_the_overview_counts_every_verdict(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    _, root, data = page(tmp_path)
    tiles = {each.get("data-verdict"): each.xpath("string(b)") for each in root.find_class("tile")}
    assert tiles == {
        "non-compliant": "1",
        "inconclusive": "1",
        "not-assessed": "2",
        "compliant": "2",
        "not-required": "1",
        "rejected": "1",
    }
    widths = [float(width) for width in root.xpath("//svg[@class='bar']/rect/@width")]
    assert sum(widths) == pytest.approx(1000, abs=0.1)
    assert len(data["rows"]) == 8


def test_what_changed_is_named_and_what_was_not_seen_stands_apart(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    _, root, _ = page(tmp_path)
    changes = root.xpath("//section[@aria-labelledby='changes']")[0]
    assert changes.xpath(".//button/@data-change") == ["new", "coverage-lost"]
    assert "bad.cn" in changes.text_content()
    apart = root.get_element_by_id("unseen")
    assert set(apart.xpath(".//button/@data-outcome")) == {"connect-timeout", "internal-error"}
    assert "dark.cn" in apart.text_content()
    assert "bad.cn" not in apart.text_content()


@pytest.mark.parametrize(("word", "says"), [("first-run", "First run"), ("unchanged", "Nothing new")])
def test_a_quiet_night_says_so(tmp_path: Path, word: str, says: str) -> None:
    written(tmp_path, told([site(1, "a.cn")], [result("a.cn")], {"a.cn": word}), formats=("html",))
    _, root, _ = page(tmp_path)
    assert says in root.xpath("//section[@aria-labelledby='changes']")[0].text_content()


def test_a_finding_carries_rule_law_observed_expected_remedy_and_snippet(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    _, _, data = page(tmp_path)
    strings = data["strings"]
    bad = next(row for row in data["rows"] if strings[row[0][0]] == "bad.cn")
    rule, severity, confidence, observed, expected, _where, _fix_zh, fix_en, snippet, *_ = bad[7][0]
    said = [strings[each] for each in (rule, severity, confidence, observed, expected)]
    assert said == ["link-missing", "error", "high", "observed", "expected"]
    assert strings[snippet].startswith("<a href=")
    assert strings[fix_en]
    assert all(data["rules"]["link-missing"])


def test_everything_is_said_in_both_languages(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    _, root, data = page(tmp_path)
    assert [key for key, pair in data["labels"].items() if not all(pair)] == []
    chinese, english = (root.xpath(f"count(//span[@lang='{tag}'])") for tag in ("zh-CN", "en"))
    assert chinese == english > 30
    script = next(each.text_content() for each in root.iter("script") if each.get("type") is None)
    asked = set(re.findall(r"""["'](html\.\w+)["']""", script))
    assert asked - data["labels"].keys() == set()


def test_long_values_are_cut_and_the_page_stays_bounded(tmp_path: Path) -> None:
    long = "页" * 100_000
    many = [finding(f"link-{at}", observed=long, snippet=long, subject=str(at)) for at in range(500)]
    bad = result("a.cn", Verdict.NON_COMPLIANT, *many, raw=long)
    written(tmp_path, told([site(1, "a.cn", name=long)], [bad]), formats=("html",))
    _, _, data = page(tmp_path)
    assert (tmp_path / "report.html").stat().st_size < 1_000_000
    assert (len(data["rows"][0][7]), data["rows"][0][8]) == (FINDINGS_LIMIT, 500 - FINDINGS_LIMIT)


def test_an_empty_portfolio_still_makes_a_page(tmp_path: Path) -> None:
    made = written(tmp_path, (), formats=("html",))
    assert made.problems == ()
    assert page(tmp_path)[2]["rows"] == []


def test_rows_icpcrawl_failed_on_are_owned_up_to(tmp_path: Path) -> None:
    rows = told([site(1, "a.cn")], [replace(result("b.cn"), site_id="a.cn", audit=None)])  # type: ignore[arg-type]
    made = written(tmp_path, rows, formats=("html",))
    assert "AttributeError" in made.problems[0]
    assert "icpcrawl itself failed on some rows (1)" in page(tmp_path)[0]


def test_the_trend_ends_with_tonight_and_an_age_is_counted_once(tmp_path: Path) -> None:
    run = replace(RUN, trend=(TrendPoint("2026-11-22", (("compliant", 14),)), TrendPoint("2026-11-23", ())))
    write_report(tmp_path, night(), run, formats=("html",), facts=FACTS)
    _, root, _ = page(tmp_path)
    bars = root.xpath("//svg[@class='trend']/g")
    heights = [[float(height) for height in bar.xpath("rect/@height")] for bar in bars]
    assert [sum(bar) for bar in heights] == pytest.approx([100, 0, 50], abs=0.1)
    assert [bar.xpath("string(title)")[:10] for bar in bars] == ["2026-11-22", "2026-11-23", "2026-11-24"]
    assert bars[2].xpath("rect/@class")[0] == "fill-non-compliant"
    assert root.xpath("//table[@class='ages']//b/text()") == ["1", "0", "0", "0"]


SECTIONS = (
    "answer", "changes", "must-fix", "problems", "clusters", "entities", "unseen", "geography", "numbers", "waivers",
    "refused", "trend", "ages", "sites", "method",
)  # fmt: skip


def test_the_sections_stand_in_the_order_of_a_morning(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    _, root, _ = page(tmp_path)
    places = [each.get("id") for each in root.find("body/main").iter() if each.get("id") in SECTIONS]
    assert tuple(places) == SECTIONS


def test_the_overdue_come_first_and_everybody_sees_the_next_day(tmp_path: Path) -> None:
    run = replace(RUN, policy=Policy(fix_days={"error": 3, "warning": 4, "notice": 0}))
    rows = tuple(
        replace(row, findings=tuple(replace(f, due="2026-11-23", overdue=1) for f in row.findings))
        if row.site_id == "bad.cn"
        else row
        for row in night()
    )
    write_report(tmp_path, rows, run, formats=("html",), facts=FACTS)
    _, root, _ = page(tmp_path)
    chips = {each.get("data-due") or each.get("data-change"): each.xpath("string(b)") for each in root.xpath("//p[@class='chips']/button")}  # fmt: skip
    assert chips == {"overdue": "1", "soon": "0", "fresh": "1"}
    (owner,) = root.find_class("owner")
    assert owner.get("data-work") == "网络部"
    assert "1 overdue" in owner.text_content()
    assert "1 days overdue" in root.xpath("string(//table[contains(@class, 'changes')]//tr[1]/td[last()])")
    assert "Errors 3 days and warnings 4 days" in root.xpath("string(//section[@class='method'])")


def test_geography_and_numbers_tell_what_was_seen_and_entities_who_is_held_up(tmp_path: Path) -> None:
    wrong = finding("filing-number-differs", observed="京ICP备1号", expected="京ICP备2号")
    mixed = finding("hosting-mixed", Severity.NOTICE, observed="mixed (HK, CN)", expected="")
    rows = told([site(1, "a.cn", entity="示例公司")], [result("a.cn", Verdict.NON_COMPLIANT, wrong, mixed)])
    written(tmp_path, rows, formats=("html",))
    _, root, _ = page(tmp_path)
    for name, rule, said in (
        ("geography", "hosting-mixed", "mixed (HK, CN) a.cn"),
        ("numbers", "filing-number-differs", "京ICP备1号 → 京ICP备2号 a.cn"),
    ):
        part = root.get_element_by_id(name)
        assert part.xpath(".//button/@data-rule") == [rule]
        assert part.xpath("string(.//li)").strip() == said
    assert root.get_element_by_id("geography").xpath(".//button/@data-hosting") == ["mainland"]
    assert root.get_element_by_id("entities").xpath(".//button/@data-entity") == ["示例公司"]


def test_the_method_names_every_rule_with_its_law_and_every_law_with_its_source(tmp_path: Path) -> None:
    policy = Policy(disabled=frozenset({"link-http"}), severities={"link-old-path": Severity.WARNING})
    write_report(tmp_path, night(), replace(RUN, policy=policy), formats=("html",), facts=FACTS)
    _, root, _ = page(tmp_path)
    lines = {line.xpath("string(th)"): line for line in root.xpath("//tr[starts-with(@id, 'rule-')]")}
    assert [*lines] == [rule.slug for rule in RULES]
    assert [line for line in lines.values() if not line.xpath("string(td[3])").strip()] == []
    weighs = {
        slug: lines[slug].xpath("string(td[1])") for slug in ("link-http", "link-old-path", "link-missing")
    }
    assert weighs == {"link-http": "关闭off", "link-old-path": "警告Warning", "link-missing": "错误Error"}
    text = root.xpath("string(//section[@class='method'])")
    assert [law.key for law in FACTS.law.laws.values() if f"{law.source} ({law.read_on})" not in text] == []


def test_a_waiver_says_how_it_stands_and_what_it_covers(tmp_path: Path) -> None:
    evil = "<svg/onload=alert(1)>"
    given = ("site closes", "法务部", "Li", "2026-12-31")
    waivers = (
        WaiverState("psb-*", evil, evil, evil, evil, "2026-11-23"),
        WaiverState("psb-*", "b.cn", "moving", "A", "B", "2026-11-24"),
        WaiverState("link-*", "spared.cn", *given),
    )
    write_report(tmp_path, night(), replace(RUN, waivers=waivers), formats=("html",), facts=FACTS)
    _, root, _ = page(tmp_path)
    lines = root.xpath("//details[@id='waivers']//tbody/tr")
    standing = [
        (line.xpath("string(.//*[starts-with(@class, 'mark')]/@class)"), line.xpath("string(td[5])"))
        for line in lines
    ]
    assert standing == [("mark expired", "0"), ("mark expiring", "0"), ("mark active", "1")]
    assert lines[0].xpath("string(td[2])") == evil
