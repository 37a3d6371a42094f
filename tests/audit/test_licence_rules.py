"""Each rule about licences: the owner's word is firm, what a page looks like is advice."""

from __future__ import annotations

from typing import Any

import pytest

from icpcrawl.audit.finding import Verdict
from tests.audit.cases import GOOD, LICENCE, MIIT, NUMBER, Case, case, found, judge, page

MISSING, DIFFERS, ONLY = "licence-missing", "licence-differs", "licence-only-shown"
SECTOR = "licence-preapproval-signals"
SHOP = "<p>加入购物车</p><p>支持微信支付与货到付款，订单满九十九元包邮。</p>"


def shop(footer: str, body: str = SHOP) -> str:
    return page(footer, body=body)


CASES: dict[str, Case] = {
    "expected, not shown": case(MISSING, "e", GOOD, expected_licence=(LICENCE,)),
    "expected, outside": case(MISSING, "", GOOD, "outside", expected_licence=(LICENCE,)),
    "expected, hosting unknown": case(MISSING, "", GOOD, "unknown", expected_licence=(LICENCE,)),
    "expected, shown": case(MISSING, "", f"{GOOD} {LICENCE}", expected_licence=(LICENCE,)),
    "expected, another is shown": case(MISSING, "", f"{GOOD} 京ICP证030456号", expected_licence=(LICENCE,)),
    "expected, in a picture": case(
        MISSING, "w", f'{GOOD} <img src="z.png" alt="{LICENCE}">', expected_licence=(LICENCE,)
    ),
    "expected, written by script": case(
        MISSING,
        "w",
        page(GOOD, end=f"<script>document.write('{LICENCE}')</script>"),
        expected_licence=(LICENCE,),
    ),
    "expected, in a comment": case(MISSING, "e", f"{GOOD} <!-- {LICENCE} -->", expected_licence=(LICENCE,)),
    "expected, footer by script": case(
        MISSING, "", page("©", end="<script src='/foot.js'></script>"), expected_licence=(LICENCE,)
    ),
    "said to be commercial": case(MISSING, "w", GOOD, commercial=True),
    "said to be commercial, shown": case(MISSING, "", f"{GOOD} {LICENCE}", commercial=True),
    "said not to be": case(MISSING, "", shop(GOOD), commercial=False),
    "said to be commercial, B1 shown": case(
        MISSING, "w", f"{GOOD} 经营许可证：苏B1-20150079", commercial=True
    ),
    "expected and shown, B1": case(
        MISSING, "", f"{GOOD} 经营许可证：苏B1-20150079", expected_licence=("苏B1-20150079",)
    ),
    "two strong signs": case(MISSING, "n", shop(GOOD)),
    "one strong sign": case(MISSING, "", shop(GOOD, "<p>加入购物车</p>")),
    "two words for one sign": case(MISSING, "", shop(GOOD, "<p>加入购物车</p><p>立即购买</p>")),
    "signs abroad": case(MISSING, "", shop(GOOD), "outside"),
    "signs beside a licence": case(MISSING, "", shop(f"{GOOD} {LICENCE}")),
    "another licence": case(DIFFERS, "e", f"{GOOD} {LICENCE}", expected_licence=("京ICP证030456号",)),
    "another licence, outside": case(
        DIFFERS, "w", f"{GOOD} {LICENCE}", "outside", expected_licence=("京ICP证030456号",)
    ),
    "the same licence": case(DIFFERS, "", f"{GOOD} {LICENCE}", expected_licence=(LICENCE,)),
    "one of two": case(DIFFERS, "", f"{LICENCE} 京ICP证030456号", expected_licence=("京ICP证030456号",)),
    "with a serial": case(DIFFERS, "", f"{GOOD} {LICENCE}-3", expected_licence=(LICENCE,)),
    "none shown": case(DIFFERS, "", GOOD, expected_licence=(LICENCE,)),
    "alone": case(ONLY, "n", LICENCE),
    "alone, of several classes, without a label": case(ONLY, "n", "<span>A2.B1.B2-20040001</span>"),
    "in the form of a filing": case(ONLY, "n", "湘ICP备B2-20080075-3"),
    "beside a filing": case(ONLY, "", f"{GOOD} {LICENCE}"),
    "B1 is no display": case(ONLY, "", "京B1-20160456"),
    "news": case(SECTOR, "n", page(GOOD).replace("设备维护</title>", "江城新闻网</title>")),
    "drugs in the name": case(SECTOR, "n", GOOD, name="某某药品商城"),
    "paper for newspapers": case(SECTOR, "", GOOD, name="某某新闻纸业"),
    "machines for drugs": case(SECTOR, "", GOOD, name="某某药品包装机械厂"),
    "a permit is named": case(
        SECTOR,
        "",
        page(f"{GOOD} 互联网新闻信息服务许可证31120170001").replace("设备维护</title>", "江城新闻网</title>"),
    ),
    "news in the text only": case(SECTOR, "", page(f"{GOOD} 公司新闻")),
    "news, outside": case(
        SECTOR, "", page(GOOD).replace("设备维护</title>", "江城新闻网</title>"), "outside"
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_licence_rules(name: str) -> None:
    assert CASES[name].heard() == CASES[name].loud


@pytest.mark.parametrize(
    ("footer", "columns", "verdict"),
    [
        (LICENCE, {}, Verdict.COMPLIANT),
        ("湘ICP备B2-20080075-3", {}, Verdict.COMPLIANT),
        ("京B1-20160456", {}, Verdict.NON_COMPLIANT),
        (GOOD, {"expected_licence": (LICENCE,)}, Verdict.NON_COMPLIANT),
        (f'<a href="{MIIT}">{LICENCE}</a>', {"expected_icp": (NUMBER,)}, Verdict.COMPLIANT),
    ],
)
def test_a_licence_number_satisfies_the_duty_to_display(
    footer: str, columns: dict[str, Any], verdict: Verdict
) -> None:
    assert judge(page(footer), **columns).verdict is verdict


def test_advice_names_its_evidence() -> None:
    finding = found(judge(shop(GOOD)), MISSING)
    assert finding is not None
    assert {"加入购物车", "微信支付"} <= set(finding.observed.split(", "))
