"""The page in a real browser: drawn under its own policy, and deaf to what websites wrote."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import html

from icpcrawl.audit.finding import Text, Verdict
from tests.report.samples import finding, night, result, site, told, written

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = """--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --virtual-time-budget=2000 --dump-dom""".split()  # noqa: SIM905 - as typed
OWNED = "document.title='owned'"
HOSTILE = (
    f"</script><script>{OWNED}</script>",
    f'"><img src=x onerror="{OWNED}">',
    f"<svg/onload={OWNED}>",
    f"javascript:{OWNED}",
    f"<!--<script>{OWNED}",
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here to open the report with")


def drawn(page: Path, language: str) -> html.HtmlElement:
    """The elements after the page's script ran."""
    command = [
        str(CHROMIUM),
        *FLAGS,
        f"--user-data-dir={page.parent / 'profile'}",
        f"{page.as_uri()}#{language}",
    ]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    root = html.document_fromstring(done.stdout.decode())
    assert isinstance(root, html.HtmlElement)
    return root


@pytest.mark.parametrize(
    ("language", "headline"), [("zh", "7 个网站中有 1 个不合规"), ("en", "1 of 7 sites")]
)
def test_the_table_is_drawn_under_the_policy_worst_first(
    tmp_path: Path, language: str, headline: str
) -> None:
    written(tmp_path, night(), formats=("html",))
    root = drawn(tmp_path / "report.html", language)
    rows = root.xpath("//table[@id='table']/tbody/tr")
    order = [re.sub(r"row ", "", row.get("class")) for row in rows]
    assert order == [
        "non-compliant",
        "inconclusive",
        "not-assessed",
        "not-assessed",
        "compliant",
        "compliant",
        "not-required",
        "rejected",
    ]
    assert headline in root.get_element_by_id("answer").text_content()
    assert root.get("lang", "").startswith(language)


def test_a_hostile_site_executes_nothing_even_without_the_policy(tmp_path: Path) -> None:
    rows, results = [], []
    for at, evil in enumerate(HOSTILE, 1):
        wrong = finding("link-missing", observed=evil, expected=evil, where=evil, snippet=evil)
        rows.append(site(at, f"{at}.cn", name=evil, entity=evil, owner=evil, url=evil, tags=(evil,)))
        results.append(result(f"{at}.cn", Verdict.NON_COMPLIANT, wrong, raw=evil, reason=Text(evil, evil)))
    written(tmp_path, told(rows, results), formats=("html",))
    page = tmp_path / "report.html"
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    opener = "<script>document.querySelectorAll('tr.row').forEach((row) => row.click())</script></body>"
    page.write_text(text.replace("</body>", opener), encoding="utf-8")
    root = drawn(page, "en")
    assert "owned" not in root.findtext(".//title", "")
    assert len(root.find_class("detail")) == len(HOSTILE)
    assert root.xpath("//img | //iframe | //*[@onerror or @onload or @onclick]") == []
    assert [href for href in root.xpath("//@href") if not href.startswith(("https://", "#"))] == []
    assert [pre.text for pre in root.xpath("//table//pre")] == [*HOSTILE]
    assert set(root.xpath("//div[@class='tasks']//pre/text()")) <= {*HOSTILE}


def acted(page: Path, clicks: str, language: str = "zh") -> html.HtmlElement:
    """The elements after somebody clicked; the policy would let no test do that."""
    text = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    page.write_text(text.replace("</body>", f"<script>{clicks}</script></body>"), encoding="utf-8")
    return drawn(page, language)


@pytest.mark.parametrize(
    ("clicks", "names"),
    [
        ("document.querySelector('[data-verdict=compliant]').click()", ["good", "spared"]),
        ("choose('verdict', '=not-assessed')", ["dark", "lost"]),
        ("choose('rule', '=link-missing')", ["bad"]),
        ("choose('change', '=coverage-lost')", ["dark"]),
        ("choose('due', '=soon')", ["bad"]),
        ("document.querySelector('[data-due=soon]').click()", ["bad"]),
        ("document.querySelector('[data-due=overdue]').click()", []),
        ("document.querySelector('[data-change=fresh]').click()", ["bad"]),
        ("document.querySelector('[data-hosting=mainland]').click()", ["bad", "odd", "dark", "good", "spared", "far"]),
        ("document.querySelector('[data-hosting=unknown]').click()", ["lost"]),
        ("document.querySelector('.acts button:last-child').click()", ["bad", "odd", "dark", "lost", "good", "spared", "far"]),
        ("choose('verdict', '=rejected'); click('html.reset')", ["bad", "odd", "dark", "lost", "good", "spared", "far", "row-8"]),
        ("sort('site_id')", ["bad", "dark", "far", "good", "lost", "odd", "row-8", "spared"]),
        ("sort('site_id'); sort('site_id')", ["spared", "row-8", "odd", "lost", "good", "far", "dark", "bad"]),
        ("search('ODD.CN')", ["odd"]),
        ("search('nothing like it')", []),
    ],
)  # fmt: skip
def test_what_is_clicked_is_what_is_shown(tmp_path: Path, clicks: str, names: list[str]) -> None:
    written(tmp_path, night(), formats=("html",))
    hands = """
      const labels = { verdict: '全部结论', rule: '全部问题', due: '全部期限', change: '全部变化', 'html.reset': '清除筛选' };
      const choose = (name, value) => {
        const select = document.querySelector(`.controls select[aria-label=${labels[name]}]`);
        select.value = value; select.dispatchEvent(new Event('change'));
      };
      const click = (label) => [...document.querySelectorAll('.controls button')]
        .find((each) => each.textContent === labels[label]).click();
      const sort = (column) => document.querySelector(`th[data-by=${column}] button`).click();
      const search = (words) => {
        const field = document.querySelector('.controls input[type=search]');
        field.value = words; field.dispatchEvent(new Event('input'));
      };
    """
    root = acted(tmp_path / "report.html", hands + clicks)
    assert [button.text_content() for button in root.find_class("toggle")] == names


def test_language_details_and_paper(tmp_path: Path) -> None:
    written(tmp_path, night(), formats=("html",))
    clicks = "document.querySelector('[data-lang=en]').click(); document.querySelector('tr.row').click(); dispatchEvent(new Event('beforeprint'));"
    root = acted(tmp_path / "report.html", clicks)
    assert root.get("lang") == "en"
    assert root.xpath("//table[@id='table']//th[1]")[0].text_content() == "Verdict"
    opened = [each.getprevious().find_class("toggle")[0].text_content() for each in root.find_class("detail")]
    assert opened == ["bad"]
    tasks = [each.text_content() for each in root.xpath("//div[@class='tasks']//h4")]
    assert tasks == [
        "Error bad (bad.cn): The number does not link to the filing system 2026-11-27",
        "Warning odd (odd.cn): A link to the filing system, but no readable number 2026-12-20",
        "Warning dark (dark.cn): The homepage was not seen 2026-12-20",
    ]
    assert all(each.get("open") is not None for each in root.iter("details"))


def test_the_number_stands_out_and_columns_are_chosen(tmp_path: Path) -> None:
    raw = "京ICP备12345678号-1"
    wrong = finding("link-missing", observed=f"版权所有 {raw} 上海", snippet=raw)
    bad = result("a.cn", Verdict.NON_COMPLIANT, wrong, raw=raw)
    written(tmp_path, told([site(1, "a.cn", entity="示例公司", tags=("x", "y"))], [bad]), formats=("html",))
    clicks = """document.querySelector('tr.row').click();
    for (const name of ['hosting', 'entity', 'tags']) document.querySelector(`.choice input[value=${name}]`).click();"""
    root = acted(tmp_path / "report.html", clicks)
    columns = root.xpath("//table[@id='table']/thead//th/@data-by")
    assert columns == ["verdict", "site_id", "rules", "icp_number", "owner", "due", "entity", "tags"]
    assert [cell.text_content() for cell in root.xpath("//tr[starts-with(@class, 'row')]/td")][-2:] == [
        "示例公司",
        "x, y",
    ]
    assert root.xpath("//tr//dd[mark]/text()") == ["版权所有 ", " 上海", "© 2026 示例公司 ", " 版权所有"]
    assert root.xpath("//tr//mark/text()") == [raw, raw]
    assert root.xpath("string(//tr[@class='detail']/td/@colspan)") == "8"
