"""The pictures in the documents, drawn from the demo's own report: ``make docs``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
FLAGS = """--headless --no-sandbox --disable-gpu --no-first-run --hide-scrollbars --disable-background-networking
--disable-component-update --disable-sync""".split()  # noqa: SIM905 - as typed


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("chromium is not installed; Debian: apt-get install chromium fonts-wqy-microhei")
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):  # the second run has something to compare with
            command = [sys.executable, "-m", "icpcrawl", "demo", "-o", folder, "--json"]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        page = Path(folder, "latest", "report.html").resolve()
        picture = IMAGES / "report.png"
        drawn = [f"--screenshot={picture}", "--window-size=1200,1180", f"--user-data-dir={folder}/profile"]
        subprocess.run(
            [chromium, *FLAGS, *drawn, f"{page.as_uri()}#en"], check=True, stderr=subprocess.DEVNULL
        )
    print(f"{picture}: {picture.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
