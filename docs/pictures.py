"""The pictures in the documents, drawn from the demo's own report: ``make docs``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
SITE = "links-swapped"
"""The site of the demo that is shown opened: two numbers, two links, code to paste."""


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed; Debian: apt-get install chromium fonts-wqy-microhei")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        for _ in range(2):  # the second run has something to compare with
            command = [sys.executable, "-m", "icpcrawl", "demo", "-o", folder, "--json"]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 1180})
        page.goto(Path(folder, "latest", "report.html").resolve().as_uri() + "#en")
        _save(page, "report.png")
        page.get_by_role("searchbox").fill(SITE)
        page.wait_for_function("document.querySelectorAll('#table tbody tr').length === 1")
        page.locator("#table tbody .toggle").click()
        page.evaluate("document.getElementById('sites').scrollIntoView()")
        page.set_viewport_size({"width": 1200, "height": 760})
        _save(page, "site.png")
        browser.close()


def _save(page: Page, name: str) -> None:
    picture = IMAGES / name
    page.screenshot(path=picture)
    print(f"{picture}: {picture.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
