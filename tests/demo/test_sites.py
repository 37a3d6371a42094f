"""The sample sites: enough of them, like real ones, each with what must be said of it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from icpcrawl.audit.finding import Verdict
from icpcrawl.crawl.guard import denied
from icpcrawl.demo import demo_web, saved_pages
from icpcrawl.demo.sites import EXPECTED, PORTFOLIO_COLUMNS, ROWS, SITES, ZONE
from icpcrawl.demo.sites.sample import SampleSite
from icpcrawl.errors import UsageError
from icpcrawl.portfolio import read_portfolio


def homepages(sample: SampleSite) -> list[bytes]:
    answers = (answer for host in sample.hosts.values() for answer in host.pages.values())
    return [answer.body for answer in answers if answer.status == 200 and not answer.raw]


def test_every_verdict_is_met_more_than_once() -> None:
    counts = Counter(sample.expected.verdict for sample in SITES)
    assert len(SITES) >= 24
    assert all(counts[verdict] >= 3 for verdict in Verdict), counts


def test_rows_are_told_apart() -> None:
    assert len(EXPECTED) == len(SITES) == len(ROWS)
    assert {column for row in ROWS for column in row} <= set(PORTFOLIO_COLUMNS)
    assert len(ZONE.names) == sum(len(sample.names) for sample in SITES), "two samples claim one name"


def test_pages_are_as_large_as_real_ones() -> None:
    sizes = [
        max(len(page) for page in homepages(sample))
        for sample in SITES
        if sample.expected.verdict is Verdict.COMPLIANT and homepages(sample)
    ]
    assert min(sizes) > 10_000
    assert max(sizes) > 80_000
    assert sorted(sizes)[len(sizes) // 2] > 30_000


def test_every_address_is_one_that_may_be_visited_or_shows_the_guard() -> None:
    for sample in SITES:
        for name in sample.names.values():
            for records in (name.everyone, name.mainland, name.overseas):
                for address in (*records.a, *records.aaaa) if records else ():
                    assert not denied(address) or sample.site_id == "name-private", sample.site_id


def test_expected_findings_are_rules_and_do_not_contradict_themselves() -> None:
    from icpcrawl.audit.rules import RULES

    slugs = {rule.slug for rule in RULES}
    portfolio_slugs = {
        rule for sample in SITES for rule in sample.expected.rules if rule.startswith("portfolio-")
    }
    for sample in SITES:
        assert (sample.expected.rules - portfolio_slugs) | sample.expected.never <= slugs, sample.site_id
        assert not sample.expected.rules & sample.expected.never, sample.site_id


def test_the_portfolio_is_read_as_written(tmp_path: Path) -> None:
    web = demo_web(tmp_path)
    portfolio = read_portfolio(web.portfolio_path)
    assert (len(portfolio.rows), web.rows) == (len(ROWS), len(ROWS))
    refused = [row.site_id for row in portfolio.refused]
    assert sorted(refused) == sorted(
        sample.site_id for sample in SITES if sample.expected.verdict is Verdict.REJECTED
    )


# A folder of saved pages -------------------------------------------------------------------


def test_saved_pages_become_sites_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("www.brand.cn.html", "首页.html", "a b.htm", "same.html", "known.html", "bad.html"):
        (folder / name).write_bytes("<html>京ICP备12345678号</html>".encode("gbk"))
    (folder / "notes.txt").write_text("no page")
    known = [
        {"file": "known.html", "url": "https://shop.brand.cn/", "content_type": "text/html; charset=gbk"},
        {"file": "same.html", "url": "http://www.brand.cn./"},
        {"file": "bad.html", "url": "http://[bad/"},
    ]
    lines = [*(json.dumps(about) for about in known), "no json", "[]"]
    (folder / "pages.jsonl").write_text("\n".join(lines))
    web = saved_pages(folder, tmp_path / "work")
    rows = {row.site_id: row.domain for row in read_portfolio(web.portfolio_path).rows}
    assert (
        rows
        == {
            "www.brand.cn": "www-brand-cn.saved.example",
            "首页": "page.saved.example",
            "a b": "a-b.saved.example",
            "same": "www.brand.cn",
            "known": "shop.brand.cn",
            "bad": "bad.saved.example",
        }
        or rows["same"] == "www.brand.cn"
    )
    hosts = web.web.zone.hosts
    assert hosts["shop.brand.cn"].pages["/"].content_type == "text/html; charset=gbk"
    assert hosts["a-b.saved.example"].pages["/"].content_type == "text/html"
    assert len(set(rows.values())) == 6
    assert set(rows.values()) <= set(web.web.zone.names)


@pytest.mark.parametrize("what", ["nothing", "a file", "an empty folder"])
def test_a_folder_without_pages_is_refused(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "pages"
    if what == "a file":
        folder.write_text("x")
    elif what == "an empty folder":
        folder.mkdir()
    with pytest.raises(UsageError, match=r"pages.*Remedy: give a folder that holds \*\.html files"):
        saved_pages(folder, tmp_path)
