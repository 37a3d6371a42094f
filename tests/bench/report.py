"""Seconds, peak memory and size of every report file, on a made-up portfolio.

    python tests/bench/report.py [ROWS]

Each writer runs in a process of its own over the same rows; memory is what it adds to them. Where
chromium is installed, the page is then opened, filtered, searched and sorted in it.
"""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from icpcrawl.audit.finding import Severity, Verdict  # noqa: E402 - run as a script
from icpcrawl.history.result import Result  # noqa: E402
from icpcrawl.report.content import Content  # noqa: E402
from icpcrawl.report.rows import ReportRow  # noqa: E402
from icpcrawl.report.write import WRITERS, FileWriter  # noqa: E402
from tests.report import samples  # noqa: E402

SNIPPET = '<a href="https://beian.miit.gov.cn/" target="_blank" rel="noopener">{}</a>'


def result(at: int) -> Result:
    """Half of the sites are right; the others fail as portfolios fail, each with its own numbers."""
    site_id, raw = f"site-{at:05}.example.cn", f"京ICP备{10_000_000 + at}号-{at % 9 + 1}"
    late = samples.finding("psb-number-missing", Severity.NOTICE, observed="", expected="公网安备…号")
    if at % 20 < 10:
        return samples.result(site_id, Verdict.COMPLIANT, *([late] if at % 3 else []), raw=raw)
    if at % 20 < 16:
        rule = ("link-missing", "link-retired-host", "filing-number-differs")[at % 3]
        wrong = samples.finding(
            rule,
            observed=raw,
            expected="https://beian.miit.gov.cn/",
            where="body > footer > div.copyright > p",
        )
        told = samples.finding(rule, observed=f"{raw} (no link around it)", snippet=SNIPPET.format(raw))
        return samples.result(site_id, Verdict.NON_COMPLIANT, wrong, told, late, raw=raw)
    if at % 20 < 18:
        return samples.result(site_id, Verdict.NOT_REQUIRED, raw="")
    failed = samples.finding("fetch-failed", Severity.WARNING, observed=f"timeout after {at % 30} s")
    return samples.result(site_id, Verdict.NOT_ASSESSED, failed)


def portfolio(rows: int) -> tuple[ReportRow, ...]:
    sites = [
        samples.site(
            at,
            f"site-{at:05}.example.cn",
            name=f"示例品牌第{at}号官方网站",
            entity=f"示例实业（{at % 400}）有限公司",
            owner=f"品牌{at % 40}组",
            tags=("brand", f"t{at % 7}"),
        )
        for at in range(1, rows + 1)
    ]
    return samples.told(sites, (result(at) for at in range(1, rows + 1)))


def peak_mb() -> float:
    """The most this process has held since the last ``reset``; Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def print_cost(writer: FileWriter, content: Content, folder: Path) -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak starts here
    path, before, started = folder / writer.name, peak_mb(), time.perf_counter()
    writer.write(path, content)
    took, held = time.perf_counter() - started, peak_mb() - before
    print(f"{writer.name:14} {took:6.2f} s {held:7.1f} MB more {size_mb(path):7.2f} MB on disk", flush=True)


def size_mb(path: Path) -> float:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files) / 1e6


CLEAR = "document.querySelector('.controls > button').click()"
CLICKS = {
    "filter by verdict": "choose('verdict', '=non-compliant')",
    "clear": CLEAR,
    "first search": "search('链接')",
    "second search": "search('site-01234')",
    "clear again": CLEAR,
    "filter by owner": "choose('owner', '=品牌4组')",
    "and sort by site": "document.querySelector('th[data-by=site_id] button').click()",
    "clear at last": CLEAR,
    "sort all by owner": "document.querySelector('th[data-by=owner] button').click()",
    "open an owner's list": "(document.querySelectorAll('.owner')[3].open = true)",
    "other language": "document.querySelector('[data-lang=en]').click()",
}
HANDS = """
    const names = { verdict: '全部结论', owner: '全部负责人' };
    const choose = (name, value) => {
      const select = document.querySelector(`.controls select[aria-label=${names[name]}]`);
      select.value = value; select.dispatchEvent(new Event('change'));
    };
    const search = (words) => {
      const field = document.querySelector('.controls input[type=search]');
      field.value = words; field.dispatchEvent(new Event('input'));
    };
"""


def print_clicks(page: Path) -> None:
    """Milliseconds from the click until the next frame is laid out; a search waits 120 ms for more letters."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened = browser.new_page(locale="zh-CN")
        started = time.perf_counter()
        opened.goto(page.as_uri())
        opened.wait_for_selector("#table tbody tr")
        print(f"{'open the page':20} {1000 * (time.perf_counter() - started):6.0f} ms")
        for said, click in CLICKS.items():
            waits = 120 if "search" in said else 0
            script = f"""async () => {{
                {HANDS}
                const started = performance.now();
                {click};
                if ({waits}) await new Promise((done) => setTimeout(done, {waits} + 1));
                await new Promise(requestAnimationFrame);
                document.body.offsetHeight;
                return performance.now() - started;
            }}"""
            took = opened.evaluate(script) - waits
            print(f"{said:20} {took:6.0f} ms   {opened.locator('#count').inner_text()}", flush=True)
        browser.close()


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    fork = multiprocessing.get_context("fork")  # the rows are there already, nothing is pickled
    started = time.perf_counter()
    content = samples.content(portfolio(rows))
    print(f"{rows} rows told in {time.perf_counter() - started:.1f} s, {peak_mb():.0f} MB", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for writer in WRITERS:
            child = fork.Process(target=print_cost, args=(writer, content, Path(folder)))
            child.start()
            child.join()
        print_clicks(Path(folder, "report.html"))


if __name__ == "__main__":
    main()
