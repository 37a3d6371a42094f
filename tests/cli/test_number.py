"""`icpcrawl number`: what it says of a number, to a person in two languages and to a program."""

from __future__ import annotations

import json

import pytest

from icpcrawl import cli

SAID = {
    "粤ICP备14023066号-2": [
        "ICP filing number, of a website, serial 2",
        "广东 / Guangdong",
        "2014",
        "well-formed",
    ],
    "苏ICP备2026036865号-1X": ["小程序，序号 1", "江苏 / Jiangsu", "2026"],
    "粤B2-20201234": ["telecommunications licence number", "可代替备案号"],
    "合字B2-20230401": ["跨省 / several provinces"],
    "贵公网安备52038202001416号": ["贵州，区划代码 520382 / Guizhou", "https://beian.mps.gov.cn/"],
    "11010502030144": ["公网安备11010502030144号", "北京，区划代码 110105"],
    "云公网安备36010902000181号": ["江西", "disagree"],
    "川ICP备09003078号": ["应为“蜀”", "it uses 蜀"],
    "秦ICP备10088665号": ["秦 is no province sign"],
    "辽宁ICP备05001234号": ["辽ICP备05001234号", "省份写成了全称", "its sign is 辽"],
    "京ICP备9900000001号": ["9900", "still to come"],
    "沪ICP备042465号": ["6 位的旧式号码"],
    "京ICP备190046580号": ["9 digits, not 8 or 10", "9 位数字，应为 8 或 10 位"],
    "粤B2-2009059": ["7 digits, not 8"],
    "京ICP备1900465O号": ["letters among the digits"],
    "京IPC备19004659号": ["mistyped"],
    "京ICP备12345678号": ["样例", "a sample"],
    "京ICP备1900****号": ["masked"],
    "萌ICP备20230187号": ["Moe ICP"],
    "汝公网安备11010802020012号": ["no register of the state has the sign 汝"],
    "ICP备19004659号": ["缺少省份简称"],
    "Ji ICP Bei 19004659 Hao": ["英文或拼音", "two provinces"],
    "京ICP证030173号": ["Baidu", "2003"],
}


@pytest.mark.parametrize("text", SAID)
def test_a_number_is_explained_in_both_languages(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["number", text]) == 0
    told = capsys.readouterr().out
    assert [words for words in SAID[text] if words not in told] == []
    assert "…" not in told


def test_a_line_gives_each_of_its_numbers_to_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["number", "--json", "粤ICP备14023066号-2 粤公网安备44030502000017号", "你好"]) == 0
    filing, police = map(json.loads, capsys.readouterr().out.splitlines())
    assert (filing["kind"], filing["number"], filing["status"]) == ("filing", "粤ICP备14023066号-2", "ok")
    assert filing["explained"]["place"] == {"zh": "广东", "en": "Guangdong"}
    assert police["kind"] == "psb"


def test_a_text_without_a_number_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["number", "阿里云ICP备案流程"]) == 1
    assert "no filing, licence or police number" in capsys.readouterr().out
