"""What holds of every number, whatever its digits: it reads as itself, in any spelling, in any company."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from icpcrawl.audit.numbers import (
    NumberFacts,
    NumberKind,
    NumberStatus,
    compare,
    find_numbers,
    is_placeholder,
    parse_number,
)
from icpcrawl.datafiles import read_table

FACTS = NumberFacts.from_tables(read_table)
YEAR = 2026
PROVINCES = st.sampled_from([s for s, known in FACTS.signs.items() if known.use == "standard"])
POLICE = st.sampled_from(
    [(s, known.code) for s, known in FACTS.signs.items() if known.code and known.use != "city"]
)
SERIALS = st.one_of(st.just(""), st.integers(1, 1899).map("-{}".format))
LETTERS = st.sampled_from(["", "", "", "A", "X", "K"])


@st.composite
def serials(draw: st.DrawFn) -> str:
    serial = draw(SERIALS)
    return serial + draw(LETTERS) if serial else ""


@st.composite
def filings(draw: st.DrawFn) -> str:
    year = draw(st.one_of(st.integers(2, 26).map("{:02}".format), st.integers(2020, YEAR).map(str)))
    serial = draw(st.integers(1, 999_999))
    sign, digits = draw(PROVINCES), f"{year}{serial:06}"
    assume(not is_placeholder(digits, sign, FACTS))
    return f"{sign}ICP备{digits}号{draw(serials())}"


@st.composite
def licences(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        sign, digits = draw(PROVINCES), f"{draw(st.integers(0, 26)):02}{draw(st.integers(1, 9999)):04}"
        assume(not is_placeholder(digits, sign, FACTS))
        return f"{sign}ICP证{digits}号{draw(SERIALS)}"
    head = draw(st.one_of(PROVINCES, st.just("合字")))
    classes = draw(st.sampled_from(["B2", "B2", "B1.B2", "A2.B1.B2", "A1.A2.B1.B2"]))
    digits = f"{draw(st.integers(2000, YEAR))}{draw(st.integers(1, 9999)):04}"
    assume(not is_placeholder(digits, head, FACTS))
    return f"{head}{classes}-{digits}{draw(serials())}"


@st.composite
def police_numbers(draw: st.DrawFn) -> str:
    sign, code = draw(POLICE)
    digits = f"{code}{draw(st.integers(101, 9999)):04}02{draw(st.integers(1, 999_999)):06}"
    found = find_numbers(f"{sign}公网安备{digits}号", FACTS, YEAR)
    assume(found[0].status is NumberStatus.OK)  # no sample
    return f"{sign}公网安备{digits}号"


NUMBERS = st.one_of(filings(), licences(), police_numbers())


def read(text: str) -> list[str]:
    return [number.number for number in find_numbers(text, FACTS, YEAR)]


@given(NUMBERS)
def test_a_number_in_canonical_form_reads_as_itself(number: str) -> None:
    (parsed,) = find_numbers(number, FACTS, YEAR)
    assert (parsed.number, parsed.raw, parsed.status, parsed.notes) == (number, number, NumberStatus.OK, ())
    assert parsed.number.startswith(parsed.entity_number)
    assert parsed.number.removeprefix(parsed.entity_number).strip("-AXK") == parsed.service_serial
    assert parsed.digits in parsed.entity_number
    assert compare(parsed, parsed) == "match"
    assert parse_number(number, FACTS, YEAR) == parsed


TRADITIONAL = str.maketrans("备号证网苏沪鲁闽赣辽陕陇宁琼晋粤", "備號證網蘇滬魯閩贛遼陝隴寧瓊晉粵")
WIDE = {ord(c): chr(ord(c) + 0xFEE0) for c in "ABCIKPX0123456789-."}
BOLD = {ord(c): chr(0x1D7CE + int(c)) for c in "0123456789"}
SPELLINGS = st.sampled_from([{}, TRADITIONAL, WIDE, BOLD])
DASHES = st.sampled_from("-－—–−‐﹣_")
INVISIBLE = st.sampled_from(["", "", "\u200b", "\ufeff", "\xad", "\u2060", "\u202d"])
BLANKS = st.sampled_from(["", "", "", " ", "\xa0", "\u3000", "\n ", "\u2003"])


@given(NUMBERS, SPELLINGS, SPELLINGS, DASHES, st.data())
def test_no_spelling_changes_a_number(
    number: str, one: dict[int, str], two: dict[int, str], dash: str, data: st.DataObject
) -> None:
    spelt = number.translate(one).translate(two)
    spelt = spelt.replace("-", dash).replace("－", dash)
    spelt = "".join(data.draw(INVISIBLE) + sign for sign in spelt).lstrip("\u200b\ufeff\xad\u2060\u202d")
    (parsed,) = find_numbers(f"\u200b示例  公司\u2060 {spelt}\u200b 技术支持", FACTS, YEAR)
    assert (parsed.number, parsed.raw) == (number, spelt)


@given(NUMBERS, st.data())
def test_no_blank_around_its_parts_changes_a_number(number: str, data: st.DataObject) -> None:
    parts = {"I": "", "C": "", "公": "", "网": "", "安": "", "备": "", "证": "", "号": "", "字": ""}
    spelt = ""
    for sign, after in zip(number, [*number[1:], ""], strict=True):
        may_gap = sign in parts or sign == "-" or after in ("备", "证", "号", "-", "I", "C", "P", "公")
        spelt += sign + (data.draw(BLANKS) if may_gap else "")
    assert read(spelt) == [number]


@given(st.lists(st.one_of(filings(), police_numbers()), min_size=1, max_size=4, unique=True), st.data())
def test_numbers_set_without_anything_between_them_are_told_apart(
    numbers: list[str], data: st.DataObject
) -> None:
    before = data.draw(st.sampled_from(["", "版权所有", "© 2003-2024 示例公司 ", "电话010-82325566", "2024"]))
    assert read(before + "".join(numbers)) == numbers


SEPARATORS = st.sampled_from(
    [" ", " | ", "|", "、", "，", " / ", "/", " · ", "；", "<br>", "　", " - ", "（", "\\"]
)
OTHERS = st.sampled_from(
    ["京网文[2014]0059-0009号", "(京)-经营性-2014-0008", "新出网证(京)字150号", "电话：010-82325566", "邮编：100080",
     "统一社会信用代码：91110108551385082Q", "网信算备330110507206401230035号", "萌ICP", "© 2024", "2024-05-01"]
)  # fmt: skip


@given(st.lists(st.one_of(NUMBERS, OTHERS), min_size=1, max_size=6, unique=True), st.data())
def test_neither_neighbours_nor_what_separates_them_change_a_number(
    line: list[str], data: st.DataObject
) -> None:
    text = "".join(f"{each}{data.draw(SEPARATORS)}" for each in line)
    wanted = [each for each in line if find_numbers(each, FACTS, YEAR)]
    assert read(text) == wanted


BITS = st.sampled_from(
    ["京", "ICP", "备", "案", "号", "证", "许可", "公网安备", "公安", "网安备", "粤B2-", "A1.", "合字", "-1", "-", "19004658",
     "2009", "11010502030143", "O", "x", "*", "(", ")", "（", "[", "：", " ", "No.", "Beijing ", "gong wang an bei ",
     "&nbsp;", "\u200b", "公安联网备案号：", "IICP备", "A2、B2-20150001", "萌", "省", "北京市公安局", "分局备案", "A", "a.b"]
)  # fmt: skip


@given(st.lists(st.one_of(BITS, NUMBERS, st.text(max_size=3)), max_size=25).map("".join))
@example("公安联网备案号：11010502030143")
def test_of_any_text_numbers_come_in_order_each_from_its_place(text: str) -> None:
    end = 0
    for number in find_numbers(text, FACTS, YEAR):
        assert end <= number.start < number.end
        end = number.end
        assert text[number.start : end] == number.raw
        assert number.reason or number.status is NumberStatus.OK
        assert number.kind in NumberKind


HOSTILE = [
    "备", "I C P ", "京ICP备1 ", "京ICP备 ", "ICP备案号：", "A1.B2.", "A2B1", "1 2 3 ", "公网安备1-", "ICP备1O", "京ICP备xx",
    "Public Security Bureau ", "ICP备(a-b.c)", "icp-", "ICP备[", "分局备", "京ICP备19004658号-1", "&nbsp;", "北京市公安局",
    "公 网 安 备 1", "B2 2009 ", "ｂ", "lCP备", "\u200b",
]  # fmt: skip


@pytest.mark.parametrize("bit", HOSTILE)
def test_ten_megabytes_of_text_take_under_two_seconds(bit: str) -> None:
    text = bit * (10_000_000 // len(bit.encode()) + 1)
    started = time.process_time()
    find_numbers(text, FACTS, YEAR)
    assert time.process_time() - started < 2.0
