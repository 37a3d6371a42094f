"""Ten nights of one small portfolio: messages on exactly the right nights, none of them about noise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.zone import Zone
from tests.nightly.parts import BARE, FINE, GONE, SILENT, Webhook, icpcrawl, last_line, web_of, write_config

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# One column a night. F fine, B without a number, X the name is gone, - silent until the patience ends.
NIGHTS = {
    "steady.example.cn":  "FFFFFFFFFF",
    "breaks.example.cn":  "FFBBBBFFFF",
    "flaps.example.cn":   "FBFBFBFBFB",
    "vanishes.example.cn": "FFFFXXXFFF",
    "hidden.example.cn":  "BBB---FFFF",
    "dozes.example.cn":   "FFFF-FFFFF",
}  # fmt: skip
OWNERS = {host: host[0].upper() * 3 for host in NIGHTS}
PAGES = {"F": FINE, "B": BARE, "X": GONE, "-": SILENT}

# Two nights in a row before anything is news. Headline → entries; None = no message at all.
TOLD: list[dict[str, list[str]] | None] = [
    {"first": []},
    {"1 new": ["hidden.example.cn (HHH)"]},
    None,  # breaks: the first night is no news yet; flaps never stands twice
    {"1 new": ["breaks.example.cn (BBB)"]},
    {"1 lost sight of": ["hidden.example.cn (HHH)"]},  # dozes for one night only
    {"1 lost sight of": ["vanishes.example.cn (VVV)"]},
    {
        "2 fixed": ["breaks.example.cn (BBB)", "hidden.example.cn (HHH)"],
        "1 seen again": ["hidden.example.cn (HHH)"],
    },
    {"1 seen again": ["vanishes.example.cn (VVV)"]},
    None,
    None,
]
# Sites told to be open: one that is not seen any more stays so, it is never fixed by silence.
OPEN = ["0", "1", "2", "2", "2", "0", "0"]


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(_web(0)) as web:
        yield web


def _web(night: int) -> Zone:
    return web_of({host: PAGES[nights[night]] for host, nights in NIGHTS.items()})


def test_ten_nights_tell_what_changed_and_nothing_else(web: LoopbackWeb, tmp_path: Path) -> None:
    patience = '[alarm]\nseverity = "error"\nafter_nights = 2\nunseen_after_nights = 2\n'
    channel = '[[channel]]\nname = "hook"\nurl = "env:HOOK"\nlanguage = "en"\n'
    config = write_config(tmp_path / "nights", web, OWNERS, patience + channel)
    told: list[dict[str, list[str]] | None] = []
    open_sites: list[str] = []
    with Webhook() as hook:
        for night in range(10):
            web.serve(_web(night))
            done = icpcrawl("nightly", "--config", config, HOOK=hook.url)
            bare = any(nights[night] == "B" for nights in NIGHTS.values())
            assert done.returncode == (1 if bare else 0), done.stderr
            run = last_line(done)["run"]
            messages = hook.taken()
            assert len(messages) <= 1
            told.append(_news(messages[0]["message"]) if messages else None)
            if messages:
                assert f"https://reports.example.com/icp/{run}/report.html" in messages[0]["message"]
                open_sites.append(
                    messages[0]["message"].partition("not assessed; ")[2].partition(" sites")[0]
                )
            assert "secret" not in done.stdout + done.stderr
    assert told == TOLD
    assert open_sites == OPEN
    assert icpcrawl("status", "--config", config).returncode == 0
    kept = "".join(
        file.read_text("utf-8", "replace") for file in (config.parent / "reports").glob("nightly.*")
    )
    assert "hook-secret" not in kept


def _news(message: str) -> dict[str, list[str]]:
    """Headline → entries, without what is said of them."""
    news: dict[str, list[str]] = {}
    headline = ""
    for line in message.splitlines():
        if line.startswith("First night"):
            news["first"] = []
        elif line.startswith("- "):
            news.setdefault(headline, []).append(line[2:].partition(":")[0])
        elif line:
            headline = line
    return news
