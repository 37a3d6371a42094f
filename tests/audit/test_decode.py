"""Bytes and lying declarations → the text the author meant."""

from __future__ import annotations

import pytest

from icpcrawl.audit.decode import decode

LINE = "版权所有 © 某某科技有限公司 京ICP备19004658号-1 京公网安备11010502030143号"
TRADITIONAL = "版權所有 某某網絡有限公司 關於我們 聯繫電話 備案號 滬ICP備16027065號-2"


def meta(charset: str, text: str = LINE) -> str:
    return f'<html><head><meta charset="{charset}"></head><body>{text}</body></html>'


CASES = {
    "UTF-8, declared": (meta("utf-8").encode(), "text/html; charset=utf-8", "utf-8"),
    "UTF-8, nothing declared": (LINE.encode(), "text/html", "utf-8"),
    "UTF-8 behind a false header": (LINE.encode(), "text/html; charset=gbk", "utf-8"),
    "UTF-8 behind a false meta": (meta("gb2312").encode(), "", "utf-8"),
    "UTF-8 with its mark": (b"\xef\xbb\xbf" + LINE.encode(), "text/html; charset=gbk", "utf-8"),
    "GBK, declared": (meta("gb2312").encode("gb18030"), "text/html", "gb18030"),
    "GBK, nothing declared": (LINE.encode("gb18030"), "", "gb18030"),
    "GBK behind a false header": (LINE.encode("gb18030"), "text/html; charset=utf-8", "gb18030"),
    "GBK behind a Western header": (LINE.encode("gb18030"), "text/html; charset=ISO-8859-1", "gb18030"),
    "GBK behind a false meta": (meta("utf-8").encode("gb18030"), "", "gb18030"),
    "GB18030 with an unknown label": (LINE.encode("gb18030"), "text/html; charset=none", "gb18030"),
    "GBK behind a Big5 header": (LINE.encode("gb18030"), "text/html; charset=big5", "gb18030"),
    "Big5, declared": (meta("big5", TRADITIONAL).encode("big5"), "", "big5"),
    "Big5, nothing declared": (TRADITIONAL.encode("big5"), "", "big5"),
    "UTF-16 with its mark": (b"\xff\xfe" + LINE.encode("utf-16-le"), "", "utf-16-le"),
    "UTF-16 without a mark": (("<p>" * 40 + LINE).encode("utf-16-be"), "", "utf-16-be"),
    "HZ, declared": (LINE.replace("©", "").encode("hz"), "text/html; charset=hz-gb-2312", "hz"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_number_is_read_whatever_was_declared(case: str) -> None:
    body, content_type, encoding = CASES[case]
    decoded = decode(body, content_type)
    assert decoded.encoding == encoding
    assert "京ICP备19004658号-1" in decoded.text or "滬ICP備16027065號-2" in decoded.text
    assert decoded.why


def test_full_width_letters_in_gbk_survive() -> None:
    assert "粤ＩＣＰ备１４０２３０６６号" in decode("粤ＩＣＰ备１４０２３０６６号".encode("gbk") * 3, "").text


@pytest.mark.parametrize("cut", [1, 2])
def test_utf8_with_a_character_cut_in_half_stays_utf8(cut: int) -> None:
    body = LINE.encode() + "号".encode()[:cut] + b"<br>" + LINE.encode()
    decoded = decode(body, "text/html; charset=utf-8")
    assert decoded.encoding == "utf-8"
    assert decoded.text.count("京ICP备19004658号-1") == 2
    assert "broken" in decoded.why


def test_a_reason_tells_when_the_declaration_was_overruled() -> None:
    assert "though gb18030 was declared" in decode(LINE.encode(), "text/html; charset=gbk").why
    assert "though big5 was declared" in decode(LINE.encode("gb18030"), "text/html; charset=big5").why


@pytest.mark.parametrize("body", [b"", b"\xff", b"\xfe\xff\x00", b"\x80" * 999, bytes(range(256)) * 40])
def test_no_body_raises(body: bytes) -> None:
    assert isinstance(decode(body, "text/html; charset=\xff").text, str)


def test_the_other_ideographic_space_of_old_pages_is_a_space() -> None:
    body = "京ICP备19004658号".encode("gbk") + b"\xa3\xa0" + "版权所有".encode("gbk")
    assert decode(body, "").text == "京ICP备19004658号\u3000版权所有"
