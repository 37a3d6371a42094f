"""The way to a homepage: rungs, what each failure means, where a page sends its visitor on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.crawl.fetch import (
    DNS_OUTCOMES,
    TRANSIENT,
    Lane,
    Unreached,
    Visit,
    ladder,
    outcome_of,
    same_site,
)
from icpcrawl.observation import FetchOutcome, Hop, Page
from icpcrawl.portfolio import Site

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HTML = (("content-type", "text/html"),)


def site(host: str, url: str = "") -> Site:
    return Site(1, 2, host, host, host, url)


def page(body: bytes = b"<html>page</html>", status: int = 200, kind: str = "text/html", **more: str) -> Page:
    headers = (("content-type", kind),) if kind else ()
    return Page(more.get("url", "https://brand.cn/"), status, headers, body)


def failed(visit: Visit, outcome: FetchOutcome, hops: int = 1) -> Visit:
    assert visit.rung is not None
    return visit.failed(Unreached(outcome, "why"), [Hop(visit.rung.url, "first")] * hops, NOW, 0.5)


def answered(visit: Visit, answer: Page, in_its_place: str = "") -> Visit:
    return visit.answered(answer, [Hop(answer.url, "first")], NOW, 0.5, in_its_place=in_its_place)


@pytest.mark.parametrize(
    ("given", "rungs"),
    [
        (site("brand.cn"), "https://brand.cn/ https://www.brand.cn/ http://brand.cn/ http://www.brand.cn/"),
        (
            site("brand.com.cn"),
            "https://brand.com.cn/ https://www.brand.com.cn/ http://brand.com.cn/ http://www.brand.com.cn/",
        ),
        (site("shop.brand.cn"), "https://shop.brand.cn/ http://shop.brand.cn/"),
        (site("www.brand.cn"), "https://www.brand.cn/ http://www.brand.cn/"),
        (site("47.96.129.18"), "https://47.96.129.18/ http://47.96.129.18/"),
        (site("2400:3200::1"), "https://[2400:3200::1]/ http://[2400:3200::1]/"),
        (site("brand.cn", "http://brand.cn/cn/"), "http://brand.cn/cn/"),
    ],
)
def test_where_a_homepage_is_looked_for(given: Site, rungs: str) -> None:
    assert [rung.url for rung in ladder(given)] == rungs.split()


@pytest.mark.parametrize("outcome", sorted(DNS_OUTCOMES))
def test_a_name_without_an_address_is_not_asked_over_another_scheme(outcome: FetchOutcome) -> None:
    visit = failed(Visit.begin(site("brand.cn")), outcome)
    assert [rung.name for rung in visit.left] == ["https-www", "http-www"]
    assert failed(visit, outcome).left == ()


def test_a_dead_end_of_a_redirect_says_nothing_about_the_rung() -> None:
    visit = failed(Visit.begin(site("brand.cn")), FetchOutcome.DNS_NXDOMAIN, hops=2)
    assert [rung.name for rung in visit.left] == ["https-www", "http-apex", "http-www"]


def test_a_page_ends_the_climb() -> None:
    visit = failed(Visit.begin(site("brand.cn")), FetchOutcome.CONNECT_REFUSED)
    visit = answered(visit, page())
    fetched = visit.fetched()
    assert (visit.rung, fetched.outcome, fetched.page) == (None, FetchOutcome.OK, page())
    assert [(attempt.rung, attempt.outcome) for attempt in fetched.attempts] == [
        ("https-apex", "connect-refused"),
        ("https-www", "ok"),
    ]


@pytest.mark.parametrize(
    ("outcomes", "decisive"),
    [
        # An answer tells more than a broken line, a broken line more than a missing name.
        (("dns-nxdomain", "connect-timeout"), "connect-timeout"),
        (("reset", "connect-refused", "connect-timeout", "reset"), "reset"),
        (("tls-error", "404", "connect-refused", "connect-refused"), "http-4xx"),
        (("503", "404", "503", "503"), "http-5xx"),
        (("reset", "refused-private-address", "404", "404"), "refused-private-address"),
        (("404", "reset", "200"), "ok"),
    ],
)
def test_the_attempt_that_tells_most_decides(outcomes: tuple[str, ...], decisive: str) -> None:
    visit = Visit.begin(site("brand.cn"))
    for outcome in outcomes:
        if outcome.isdigit():
            visit = answered(visit, page(status=int(outcome)))
        else:
            visit = failed(visit, FetchOutcome(outcome), hops=2)
    fetched = visit.fetched()
    assert fetched.outcome == decisive
    assert len(fetched.attempts) == len(outcomes)


def test_a_page_that_is_none_of_the_sites_is_climbed_over() -> None:
    """A server's own page on one name says little about the other; without a better one it stands."""
    default, homepage = page(b"Welcome to nginx!"), page(b"<html>homepage</html>")
    passed = answered(Visit.begin(site("brand.cn")), default, "default-page: nginx")
    assert passed.rung is not None
    better = answered(failed(passed, FetchOutcome.CONNECT_REFUSED), homepage)
    assert (better.rung, better.fetched().outcome, better.fetched().page) == (None, FetchOutcome.OK, homepage)
    worse = answered(answered(passed, page(b"not here", 404)), page(b"blank"), "empty-shell: blank")
    worse = failed(worse, FetchOutcome.REFUSED_PRIVATE_ADDRESS)
    fetched = worse.fetched()
    assert (worse.rung, fetched.outcome, fetched.detail) == (None, FetchOutcome.OK, "default-page: nginx")
    assert fetched.page == default


def test_the_best_page_is_kept_as_evidence() -> None:
    visit = answered(Visit.begin(site("brand.cn")), page(b"first", 404))
    visit = answered(visit, page(b"second", 404))
    visit = failed(visit, FetchOutcome.RESET)
    visit = failed(visit, FetchOutcome.RESET)
    kept = visit.fetched().page
    assert kept is not None
    assert kept.body == b"first"


def test_a_visit_without_an_attempt_says_so() -> None:
    assert Visit.begin(site("brand.cn")).fetched().outcome is FetchOutcome.INTERNAL_ERROR


def test_the_slow_lane_keeps_what_was_tried_and_says_which_it_was() -> None:
    first = failed(Visit.begin(site("a.brand.cn")), FetchOutcome.READ_TIMEOUT)
    slow = failed(Visit.begin(first.site, Lane.SLOW, first.attempts), FetchOutcome.READ_TIMEOUT)
    assert [attempt.rung for attempt in slow.fetched().attempts] == ["https-apex", "https-apex+slow"]


def test_a_confirmation_speaks_for_itself() -> None:
    first = answered(Visit.begin(site("a.brand.cn")), page())
    confirm = Visit.begin(first.site, Lane.CONFIRM, first.attempts)
    confirm = failed(failed(confirm, FetchOutcome.RESET), FetchOutcome.RESET)
    assert (confirm.fetched().outcome, len(confirm.fetched().attempts)) == (FetchOutcome.RESET, 3)


def test_what_passes_is_tried_again_and_what_stays_is_not() -> None:
    assert {FetchOutcome.READ_TIMEOUT, FetchOutcome.DNS_TIMEOUT, FetchOutcome.HTTP_5XX} <= TRANSIENT
    assert not {FetchOutcome.OK, FetchOutcome.DNS_NXDOMAIN, FetchOutcome.HTTP_4XX} & TRANSIENT


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (page(), "ok"),
        (page(kind=""), "ok"),
        (page(kind="TEXT/HTML;charset=gbk"), "ok"),
        (page(kind="application/octet-stream"), "ok"),
        (page("<html>页面</html>".encode("utf-16"), kind="application/octet-stream"), "ok"),
        (page(b"plain words", kind="text/plain"), "ok"),
        (page(b'{"a": 1}', kind="application/json"), "not-html"),
        (page(b"%PDF-1.7"), "not-html"),
        (page(b"\x89PNG\r\n", kind=""), "not-html"),
        (page(b"", kind="image/png"), "not-html"),
        (page(status=302), "redirect-loop"),
        (page(status=404), "http-4xx"),
        (page(status=451), "http-4xx"),
        (page(status=500), "http-5xx"),
        (page(status=566), "http-5xx"),
    ],
)
def test_what_an_answer_is_worth(answer: Page, outcome: str) -> None:
    assert outcome_of(answer)[0] == outcome


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://brand.cn/", "http://www.brand.cn/x", True),
        ("https://a.com.cn/", "https://b.com.cn/", False),
        ("https://brand.cn/", "https://brand.com/", False),
        ("https://1.2.3.4/", "https://1.2.3.4/x", True),
        ("https://1.2.3.4/", "https://1.2.3.5/", False),
        ("about:blank", "about:blank", False),
    ],
)
def test_what_one_site_is(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same


def test_registrable_domains_need_no_network() -> None:
    assert registrable_domain("www.beijing.gov.cn") == "beijing.gov.cn"


def test_a_visit_follows_once_on_every_rung() -> None:
    visit = Visit.begin(site("brand.cn")).following()
    assert visit.followed
    assert not failed(visit, FetchOutcome.RESET).followed


def test_a_cause_is_one_short_line() -> None:
    error = Unreached(FetchOutcome.RESET, "line\r\n  broken " * 100)
    assert "\n" not in error.detail
    assert len(error.detail) <= 300
    assert replace(page(), headers=HTML).header("Content-Type") == "text/html"
