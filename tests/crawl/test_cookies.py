"""Cookies of one visit: brought back to the host that set them, and to nobody else, and never many."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpcrawl.crawl.cookies import MAX_BYTES, MAX_COOKIES, VisitCookies

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def after(*lines: bytes, host: str = "a.cn", secure: bool = True, asked: str = "a.cn") -> str:
    cookies = VisitCookies()
    for line in lines:
        cookies.heard(host, [line], NOW)
    return cookies.header(asked, secure=secure)


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        (b"a=1", "a=1"),
        (b"a=1; Path=/; HttpOnly", "a=1"),
        (b" a = 1 ;Path=/x", "a=1"),
        (b'a="x y"; Path=/', 'a="x y"'),
        (b"a=", "a="),
        (b"a=b=c==; Domain=.a.cn", "a=b=c=="),
        (b"a=\xd6\xd0", "a=\xd6\xd0"),
        (b"a=1; Max-Age=60", "a=1"),
        (b"a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1"),
        (b"a=1; Expires=Thu, 01-Jan-2099 00:00:00 GMT", "a=1"),
        (b"a=1; Expires=whenever", "a=1"),
        # Taken back at once.
        (b"a=1; Max-Age=0", ""),
        (b"a=1; max-age=-1", ""),
        (b"a=deleted; expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0", ""),
        (b"a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        # Nothing that could become another header, or no pair at all.
        (b"a=1\r\nX-Smuggled: 1", ""),
        (b"a=\x00", ""),
        (b"a\x0b=1", ""),
        (b"a b=1", ""),
        (b"just text", ""),
        (b"=1", ""),
        (b"", ""),
    ],
)
def test_what_a_host_sets_is_brought_back(line: bytes, sent: str) -> None:
    assert after(line) == sent


def test_the_last_word_counts() -> None:
    assert after(b"a=1", b"b=2", b"a=3") == "b=2; a=3"
    assert after(b"a=1", b"a=; Max-Age=0") == ""


@pytest.mark.parametrize("asked", ["b.cn", "www.a.cn", "cn", "xa.cn", ""])
def test_no_other_host_is_told(asked: str) -> None:
    assert after(b"a=1; Domain=cn", asked=asked) == ""


def test_a_secure_cookie_does_not_travel_in_the_open() -> None:
    assert after(b"a=1; Secure", b"b=2", secure=False) == "b=2"
    assert after(b"a=1; Secure", secure=True) == "a=1"


def test_a_jar_is_bounded() -> None:
    many = after(*(b"n%d=1" % number for number in range(10_000)))
    assert many.count("=") == MAX_COOKIES
    assert many.startswith("n0=1; n1=1")
    large = after(b"small=1", b"large=" + b"x" * MAX_BYTES, b"more=2")
    assert large == "small=1; more=2"
    assert after(b"ok=1", b"a=1;" + b" " * 300_000 + b"secure") == "ok=1"
    # What no longer fits does not push out what was there.
    assert after(b"a=1", b"a=" + b"x" * MAX_BYTES) == "a=1"


@given(st.binary(max_size=300), st.booleans())
def test_whatever_is_sent_the_header_is_one_line(line: bytes, secure: bool) -> None:
    for sent in (after(line, secure=secure), after(b"a=" + line, secure=secure)):
        assert not set(sent) & set("\r\n\0")
        assert sent == "" or "=" in sent
