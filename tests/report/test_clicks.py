"""Somebody reads the report in a browser, its security policy in force: filter, sort, language, detail, paper."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from icpcrawl.audit.finding import Verdict
from tests.report.samples import finding, night, result, site, told, written

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here to open the report with"),
    pytest.mark.enable_socket,
]
OWNED = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(locale="zh-CN")
        page.set_default_timeout(10_000)
        yield page
        browser.close()


@pytest.fixture
def page(browser_page: Page, tmp_path: Path) -> Page:
    written(tmp_path, night(), formats=("html",))
    browser_page.emulate_media(media="screen")
    browser_page.goto((tmp_path / "report.html").as_uri())
    return browser_page


def _names(page: Page) -> list[str]:
    return page.locator("#table tbody .toggle").all_text_contents()


def test_filter_and_reset(page: Page) -> None:
    everything = _names(page)
    page.get_by_label("全部结论").select_option("=not-assessed")
    assert _names(page) == ["dark", "lost"]
    page.get_by_role("button", name="清除筛选").click()
    assert _names(page) == everything
    page.get_by_role("searchbox").fill("ODD.CN")
    expect(page.locator("#table tbody .toggle")).to_have_text(["odd"])
    page.locator("button.tile.compliant").click()
    assert _names(page) == ["good", "spared"]


def test_sort_both_ways_by_keyboard(page: Page) -> None:
    page.locator("th[data-by=site_id] button").focus()
    page.keyboard.press("Enter")
    upwards = _names(page)
    page.locator("th[data-by=site_id] button").focus()
    page.keyboard.press("Enter")
    assert upwards == sorted(upwards)
    assert _names(page) == upwards[::-1]


def test_language_and_detail(page: Page) -> None:
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator("#table tbody .toggle", has_text="bad").click()
    detail = page.locator("tr.detail")
    assert detail.count() == 1
    assert "link-missing" in detail.inner_text()
    assert "https://beian.miit.gov.cn/" in detail.locator("pre").inner_text()


def test_an_owners_list_is_copied_as_plain_text(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="复制整份清单").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    head, *entries = page.evaluate("navigator.clipboard.readText()").strip().split("\n\n")
    assert head == "网站备案巡检报告 2026-11-24 · 网络部"
    assert [entry.split("\n")[0] for entry in entries] == [
        "[错误] bad (bad.cn): 备案号没有链接到备案系统 (期限 2026-11-27)",
        "[警告] odd (odd.cn): 有备案系统链接，但读不到号码 (期限 2026-12-20)",
        "[警告] dark (dark.cn): 没有看到首页 (期限 2026-12-20)",
    ]
    assert '<a href="https://beian.miit.gov.cn/">京ICP备12345678号-1</a>' in entries[0]


def test_a_chip_shows_its_sites_and_the_contents_open_what_is_folded(page: Page) -> None:
    page.get_by_role("button", name="7 天内到期").click()
    assert _names(page) == ["bad"]
    assert not page.locator("#numbers p").is_visible()
    page.locator("nav a[href='#numbers']").focus()
    page.keyboard.press("Enter")
    assert page.locator("#numbers p").is_visible()
    page.reload()
    assert page.locator("html").get_attribute("lang") == "zh-CN"


def test_an_entity_at_risk_leads_to_all_its_sites(browser_page: Page, tmp_path: Path) -> None:
    entities = ("戊己（北京）有限公司", "戊己(北京)有限公司", "", "庚辛有限公司")
    numbers = ("京ICP备20022345号-1", "京ICP备20022345号-2", "京ICP备20022345号-3", "沪ICP备17029384号")
    ids = [f"s{at}.cn" for at in range(4)]
    bad = finding("link-missing")
    wrong = [
        result(name, Verdict.NON_COMPLIANT, bad, raw=raw) for name, raw in zip(ids, numbers, strict=True)
    ]
    rows = [site(at, ids[at], entity=entity) for at, entity in enumerate(entities)]
    written(tmp_path, told(rows, wrong), formats=("html",))
    browser_page.goto((tmp_path / "report.html").as_uri())
    browser_page.get_by_role("button", name=entities[0], exact=True).click()
    assert _names(browser_page) == ids[:3]


def test_an_owner_is_folded_by_keyboard(page: Page) -> None:
    assert page.locator(".owner .finding").count() == 3
    page.locator(".owner > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".owner .tasks")).not_to_be_visible()


def test_a_night_without_owners_and_findings_draws_its_table(browser_page: Page, tmp_path: Path) -> None:
    written(tmp_path, told([site(1, "a.cn", owner="")], [result("a.cn")]), formats=("html",))
    browser_page.goto((tmp_path / "report.html").as_uri())
    assert _names(browser_page) == ["a.cn"]
    assert browser_page.locator(".owner").count() == 0


def test_paper_shows_the_details_and_no_controls(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("#controls").is_visible()
    assert len(page.pdf()) > 10_000


def test_a_hostile_title_runs_nothing_and_breaks_no_policy(browser_page: Page, tmp_path: Path) -> None:
    said: list[str] = []
    browser_page.on("console", lambda message: said.append(message.text))
    rows = [site(1, "evil.cn", name=OWNED, owner=OWNED)]
    written(
        tmp_path,
        told(rows, [result("evil.cn", Verdict.NON_COMPLIANT, finding("link-missing", observed=OWNED))]),
        formats=("html",),
    )
    browser_page.goto((tmp_path / "report.html").as_uri())
    browser_page.locator("#table tbody .toggle").click()
    assert "owned" not in browser_page.title()
    assert browser_page.locator("img").count() == 0
    assert said == []
