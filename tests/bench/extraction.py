"""What reading a page costs: CPU µs per 100 KB beyond decoding, median over the labelled pages.

Beside it, in the same run and on the same decoded text: how long other readers take
merely to give the page's text. Needs ``ICPCRAWL_CORPUS``.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

# Run as a script, Python looks beside this file only.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from icpcrawl.audit.decode import decode
from icpcrawl.audit.footer import read_page
from icpcrawl.audit.markup import cut
from icpcrawl.audit.numbers import NumberFacts
from icpcrawl.audit.scan import find_anchors
from icpcrawl.audit.surroundings import find_marks
from icpcrawl.datafiles import read_table

ROUNDS = 5
FACTS = NumberFacts.from_tables(read_table)


def read(body: bytes, _: str, *, skims: bool) -> None:
    read_page(body, url="https://site.example/", content_type="", facts=FACTS, today_year=2026, skims=skims)


def main() -> int:
    corpus = Path(os.environ.get("ICPCRAWL_CORPUS", ""))
    bodies = [path.read_bytes() for path in sorted(corpus.glob("pages/*.html"))]
    if not bodies:
        print("extraction: ICPCRAWL_CORPUS must name the labelled pages", file=sys.stderr)
        return 2
    pages = [(body, decode(body, "").text) for body in bodies]
    decoding = measure(pages, lambda body, _: decode(body, "").utf8)
    texts = [(text.encode(), text) for _, text in pages]
    rows = {
        "decode": decoding,
        "find anchors": measure(texts, lambda page, _: find_anchors(page)),
        "cut scripts and comments": measure(texts, lambda page, _: cut(page)),
        "cut, and find what hides or frames": measure(texts, lambda page, _: find_marks(cut(page).text)),
    }
    for name, skims in (("read_page, every tag", False), ("read_page", True)):
        whole = measure(pages, partial(read, skims=skims))
        rows[f"{name}, no decoding"] = [max(0.0, a - b) for a, b in zip(whole, decoding, strict=True)]
    for name, other in others().items():
        rows[name] = measure(pages, other)
    print(f"CPU µs per 100 KB, best of {ROUNDS}, {len(pages)} pages: median page, all bytes, slowest tenth")
    sizes = [len(body) for body in bodies if body]
    for name, costs in rows.items():
        slow = sorted(costs)[-max(1, len(costs) // 10) :]
        overall = sum(cost * size for cost, size in zip(costs, sizes, strict=True)) / sum(sizes)
        print(f"{name:34} {statistics.median(costs):9.0f} {overall:9.0f} {statistics.mean(slow):9.0f}")
    return 0


def measure(pages: list[tuple[bytes, str]], read: Callable[[bytes, str], object]) -> list[float]:
    return [_best(body, text, read) / len(body) * 1e5 for body, text in pages if body]


def _best(body: bytes, text: str, read: Callable[[bytes, str], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.process_time_ns()
        read(body, text)
        times.append(time.process_time_ns() - started)
    return min(times) / 1000


def others() -> dict[str, Callable[[bytes, str], object]]:
    """Readers that give text only, as far as they are installed."""
    from parsel import Selector

    found: dict[str, Callable[[bytes, str], object]] = {
        "parsel //text()": lambda _, text: Selector(text or "<p>").xpath("//text()").getall()
    }
    try:
        from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
    except ImportError:
        return found
    warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
    return {**found, "BeautifulSoup get_text": lambda _, text: BeautifulSoup(text, "lxml").get_text()}


if __name__ == "__main__":
    sys.exit(main())
