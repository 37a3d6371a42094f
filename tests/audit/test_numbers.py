"""The grammar of numbers: what is read, what it is worth, what is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpcrawl.audit.numbers import (
    NumberFacts,
    NumberKind,
    NumberStatus,
    ParsedNumber,
    compare,
    find_numbers,
    is_placeholder,
    parse_number,
)
from icpcrawl.datafiles import read_table
from tests.accuracy.measure import judge_case, read_cases

FACTS = NumberFacts.from_tables(read_table)
YEAR = 2026


def found(text: str) -> list[ParsedNumber]:
    return find_numbers(text, FACTS, YEAR)


def canonical(text: str) -> list[str]:
    return [n.number for n in found(text)]


READ = {
    # filing numbers and the ways they are set
    "京ICP备19004658号": "京ICP备19004658号",
    "京ICP备19004658号-1": "京ICP备19004658号-1",
    "京ICP备2024055124号-12": "京ICP备2024055124号-12",
    "京ICP备19004658": "京ICP备19004658号",
    "京ICP备19004658-3": "京ICP备19004658号-3",
    "京ICP备19004658-3号": "京ICP备19004658号-3",
    "京ICP备19004658号—3": "京ICP备19004658号-3",
    "京ICP备 1900 4658 号 - 3": "京ICP备19004658号-3",
    "京 I C P 备 19004658 号": "京ICP备19004658号",
    "（京）ICP备19004658号": "京ICP备19004658号",
    "京ICP（备）19004658号": "京ICP备19004658号",
    "京ICP备字19004658号": "京ICP备19004658号",
    "京ICP备案号：19004658": "京ICP备19004658号",
    "京ICP备-19004658号": "京ICP备19004658号",
    "粵ＩＣＰ備１４０２３０６６號－２": "粤ICP备14023066号-2",
    "京I\u200bC\ufeffP备19004658号": "京ICP备19004658号",
    "京icp备19004658号": "京ICP备19004658号",
    "北京ICP备19004658号": "京ICP备19004658号",
    "版权所有某某公司粤ICP备14023066号": "粤ICP备14023066号",
    "京ICP备19004658号-2019 年": "京ICP备19004658号",
    "京ICP备19004658 010-12345678": "京ICP备19004658号",
    "苏ICP备2026036865号-1X": "苏ICP备2026036865号-1X",
    # licences
    "京ICP证030173号": "京ICP证030173号",
    "京ICP证：030173-5": "京ICP证030173号-5",
    "粤B2-20090059": "粤B2-20090059",
    "粤 B2－20090059－5": "粤B2-20090059-5",
    "湘ICP备B2-20080075-3": "湘B2-20080075-3",
    "合字 B2-20230401": "合字B2-20230401",
    "经营许可证编号：A2.B1.B2-20100001": "A2.B1.B2-20100001",
    "A2.B1.B2-20040001": "A2.B1.B2-20040001",
    "B1.B2-20100021号": "B1.B2-20100021",
    "B2-20150210": "B2-20150210",
    "增值电信业务经营许可证 B1-20150079": "B1-20150079",
    "苏B1-20150079": "苏B1-20150079",
    # police numbers
    "京公网安备11010502030143号": "京公网安备11010502030143号",
    "京公网安备 1101 0502 0301 43 号": "京公网安备11010502030143号",
    "京公安网备11010502030143": "京公网安备11010502030143号",
    "川公网安备51019002003526号": "川公网安备51019002003526号",
    "公安备案号：11010502030143": "公网安备11010502030143号",
    "北京市公安局海淀分局备案号：11010802021500": "京公网安备11010802021500号",
    "上海市公安局备案编号 31010402000318": "沪公网安备31010402000318号",
    "湖北京山市公安局备案号：42082102000123": "鄂公网安备42082102000123号",
    "北京某某科技公司公安备案号：31010402000318": "公网安备31010402000318号",
}


@pytest.mark.parametrize(("text", "number"), READ.items(), ids=READ)
def test_a_number_is_read_in_its_canonical_form(text: str, number: str) -> None:
    assert canonical(text) == [number]


WORTH = {
    "川ICP备09003078号": NumberStatus.NONSTANDARD_PREFIX,
    "秦ICP备10088665号": NumberStatus.NONSTANDARD_PREFIX,
    "贵ICP备36325334号": NumberStatus.IMPOSSIBLE_YEAR,
    "京ICP备2027000123号": NumberStatus.IMPOSSIBLE_YEAR,
    "沪ICP备02011020号-20": NumberStatus.OK,
    "沪ICP备05000001号-7": NumberStatus.OK,
    "沪ICP备042465号": NumberStatus.LEGACY_FORM,
    "京公网安备110105008661号": NumberStatus.LEGACY_FORM,
    "京ICP备190046580号": NumberStatus.MALFORMED,
    "京ICP备1504547": NumberStatus.MALFORMED,
    "京IPC备19004658号": NumberStatus.MALFORMED,
    "渝ICP16003938-1号": NumberStatus.MALFORMED,
    "黔B2－2008004": NumberStatus.MALFORMED,
    "京ICP备12345678号": NumberStatus.PLACEHOLDER,
    "京ICP备04000001号": NumberStatus.PLACEHOLDER,
    "京公网安备12345678901234号": NumberStatus.PLACEHOLDER,
    "京ICP备1XXXXXX1号": NumberStatus.MASKED,
    "蜀公网安备11010802*****号": NumberStatus.MASKED,
    "萌ICP备20259514号": NumberStatus.JOKE,
    "萌ICP备APTX4869号": NumberStatus.JOKE,
    "汝公网安备11010802020012号": NumberStatus.JOKE,
    "ICP备14003256号-1": NumberStatus.NO_PREFIX,
    "Jing ICP Bei 19004658 Hao": NumberStatus.ENGLISH,
    "Zhe Gong Wang An Bei 33068102000388": NumberStatus.ENGLISH,
}


@pytest.mark.parametrize(("text", "status"), WORTH.items(), ids=WORTH)
def test_what_a_number_is_worth(text: str, status: NumberStatus) -> None:
    assert [n.status for n in found(text)] == [status]
    assert found(text)[0].reason or status is NumberStatus.OK, "a refusal says why"


NOT_OURS = [
    "阿里云ICP备案流程 2024年",
    "隐藏ICP备案号及联网备案号",
    "ICP-OES 20240101",
    "Internet Computer (ICP) 12345678",
    "京网文[2014]0059-0009号",
    "（苏）-非经营性-2016-0005",
    "网信算备330110507206401230035号",
    "粤深械网备202005070014",
    "统一社会信用代码 911134434343712982",
    "政府网站标识码：1101020002",
    "维生素B2-20200101批次",
    "型号 B2-20150210 规格",
    "A1-20150210",
    "B2-20990210",
    "京ICP备案 2024/05/01",
    "湘ICP备案中",
    "",
]


@pytest.mark.parametrize("text", NOT_OURS)
def test_other_registrations_and_mere_words_are_left_alone(text: str) -> None:
    assert canonical(text) == []


def test_a_line_with_several_numbers_gives_each_with_its_place() -> None:
    line = "© 某公司 京ICP备19004658号-1京公网安备11010502030143号 | 京ICP证030173号 萌ICP备20259514号"
    assert canonical(line) == [
        "京ICP备19004658号-1",
        "京公网安备11010502030143号",
        "京ICP证030173号",
        "萌ICP备20259514号",
    ]
    assert [line[n.start : n.end] == n.raw for n in found(line)] == [True] * 4


def test_ambiguous_pinyin_is_resolved_to_no_province() -> None:
    (number,) = found("Jin ICP Bei 19004658 Hao")
    assert (number.number, number.notes) == ("ICP备19004658号", ("ambiguous-province",))


def test_a_police_number_of_another_province_is_noted_and_stays_usable() -> None:
    (number,) = found("云公网安备 36010902000181号")
    assert (number.status, number.notes) == (NumberStatus.OK, ("province-mismatch",))


@pytest.mark.parametrize(
    ("shown", "expected", "how"),
    [
        ("京ICP备19004658号-1", "京ICP备19004658号-1", "match"),
        ("京ICP备19004658号", "京ICP备19004658号-1", "entity-only"),
        ("京ICP备19004658号-2", "京ICP备19004658号-1", "serial-differs"),
        ("京ICP备19004659号-1", "京ICP备19004658号-1", "differs"),
        ("京公网安备11010502030143号", "11010502030143", "match"),
    ],
)
def test_shown_against_expected(shown: str, expected: str, how: str) -> None:
    first, second = parse_number(shown, FACTS, YEAR), parse_number(expected, FACTS, YEAR)
    assert first is not None
    assert second is not None
    assert compare(first, second) == how


@pytest.mark.parametrize("text", ["", "京ICP备19004658号 沪ICP备11025349号", "一句话", "1234567"])
def test_what_is_none_or_several_is_no_number(text: str) -> None:
    assert parse_number(text, FACTS, YEAR) is None


@pytest.mark.parametrize(
    ("digits", "sign", "sample"),
    [
        ("04000001", "京", True),
        ("04000001", "沪", False),
        ("66666666", "京", True),
        ("2024000000", "京", True),
        ("2024000001", "京", False),
        ("19111111", "京", True),
        ("19004658", "京", False),
    ],
)
def test_samples_are_told_from_low_serials(digits: str, sign: str, sample: bool) -> None:
    assert bool(is_placeholder(digits, sign, FACTS)) is sample


def test_every_province_has_its_sign() -> None:
    standard = [sign for sign, known in FACTS.signs.items() if known.use == "standard"]
    assert len(standard) == 31
    for sign in standard:
        (number,) = found(f"{sign}ICP备19004658号")
        assert (number.kind, number.prefix, number.status) == (NumberKind.FILING, sign, NumberStatus.OK)


@pytest.mark.corpus
def test_the_reference_cases(corpus: Path) -> None:
    cases = corpus.parent / "reference" / "numbers_cases.tsv"
    if not cases.is_file():
        pytest.skip(f"no {cases}")
    rows = list(read_cases(cases))
    assert len(rows) > 100
    wrong = [f"{row}: {why}" for row in rows if (why := judge_case(*row, FACTS))]
    assert wrong == []
