"""Each rule about the public-security number, and the clock by which it is due."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from icpcrawl.audit.finding import Verdict
from icpcrawl.audit.previous import PreviousState
from tests.audit.cases import GOOD, GOOD_POLICE, MIIT, MPS, NUMBER, POLICE, Case, case, found, judge, page

MISSING, BAD = "psb-number-missing", "psb-malformed"
CODE = "31010402005731"


def linked(href: str, number: str = POLICE) -> str:
    return f'{GOOD} <a href="{href}">{number}</a>'


def since(day: str) -> PreviousState:
    return PreviousState(first_seen=day)


CASES: dict[str, Case] = {
    # missing
    "launched yesterday": case(MISSING, "n", GOOD, launched_on=date(2026, 11, 23)),
    "day 89": case(MISSING, "n", GOOD, launched_on=date(2026, 8, 27)),
    "day 90": case(MISSING, "w", GOOD, launched_on=date(2026, 8, 26)),
    "approved long ago": case(MISSING, "w", GOOD, icp_approved_on=date(2020, 1, 1)),
    "launch counts before approval": case(
        MISSING, "n", GOOD, launched_on=date(2026, 11, 1), icp_approved_on=date(2020, 1, 1)
    ),
    "known since spring": case(MISSING, "w", GOOD, previous=since("2026-04-01")),
    "known since last week": case(MISSING, "n", GOOD, previous=since("2026-11-17")),
    "never seen before": case(MISSING, "n", GOOD),
    "a person": case(MISSING, "n", GOOD, launched_on=date(2020, 1, 1), entity_kind="person"),
    "still to be launched": case(MISSING, "", GOOD, launched_on=date(2027, 1, 1)),
    "shown": case(MISSING, "", f"{GOOD} {GOOD_POLICE}"),
    "shown without link": case(MISSING, "", f"{GOOD} {POLICE}"),
    "near miss": case(MISSING, "", f"{GOOD} 沪公网安备3101040200号"),
    "sample": case(MISSING, "", f"{GOOD} 京公网安备00000000000000号"),
    "old form": case(MISSING, "", f"{GOOD} 沪公网安备3101040200573"),
    "badge that leads to the portal": case(MISSING, "", f'{GOOD} <a href="{MPS}"><img src="b.png"></a>'),
    "number in an image": case(MISSING, "", f'{GOOD} <img src="b.png" alt="{POLICE}">'),
    "number written by script": case(
        MISSING, "", page(GOOD, end=f"<script>document.write('{POLICE}')</script>")
    ),
    "number hidden from this width": case(
        MISSING, "", page(f"{GOOD}<p style='display:none'>{POLICE}</p>", end="<script>menu()</script>")
    ),
    "number in a comment": case(MISSING, "n", f"{GOOD} <!-- {POLICE} -->"),
    "footer by script": case(MISSING, "", page("©", end="<script src='/foot.js'></script>")),
    "outside": case(MISSING, "", GOOD, "outside"),
    "hosting unknown": case(MISSING, "", GOOD, "unknown"),
    "another domain's page": case(MISSING, "", GOOD, url="https://corp.com/"),
    # form
    "repeated digit": case("psb-placeholder", "w", f"{GOOD} 京公网安备11111111111111号"),
    "serial of zeros": case("psb-placeholder", "w", f"{GOOD} 京公网安备11010800000000号"),
    "padded with zeros": case("psb-placeholder", "", f"{GOOD} 京公网安备110000000016号"),
    "good is no sample": case("psb-placeholder", "", f"{GOOD} {POLICE}"),
    "nine digits": case(BAD, "w", f"{GOOD} 沪公网安备310104020号"),
    "nine digits that nobody sees": case(BAD, "", f"{GOOD} <!-- 沪公网安备310104020号 -->"),
    "masked": case(BAD, "w", f"{GOOD} 沪公网安备3101040200XXXX号"),
    "spaces and width": case(BAD, "", f"{GOOD} 沪公网安备 ３１０１０４０２００５７３１ 号"),
    "malformed abroad": case(BAD, "w", f"{GOOD} 沪公网安备310104020号", "outside"),
    "Zhejiang sign, Shanghai code": case("psb-province-mismatch", "w", f"{GOOD} 浙公网安备31010402005731号"),
    "city sign": case("psb-province-mismatch", "", f"{GOOD} 深公网安备44030502000796号"),
    "sign and code agree": case("psb-province-mismatch", "", f"{GOOD} {POLICE}"),
    "no sign": case("psb-province-mismatch", "", f"{GOOD} 公网安备31010402005731号"),
    "eleven digits": case("psb-legacy-form", "n", f"{GOOD} 京公网安备11010802030号"),
    "file number of the network police": case("psb-legacy-form", "n", f"{GOOD} 文保网安备案号1101080020"),
    "fourteen digits": case("psb-legacy-form", "", f"{GOOD} {POLICE}"),
    # link
    "no link": case("psb-link-missing", "w", f"{GOOD} {POLICE}"),
    "empty link": case("psb-link-missing", "w", linked("#")),
    "linked": case("psb-link-missing", "", linked(MPS)),
    "linked below": case("psb-link-missing", "", f"{GOOD}<p>{POLICE}</p><p><a href='{MPS}'>公安备案</a></p>"),
    "copies": case("psb-link-missing", "", f"{linked(MPS)}<p>{POLICE}</p>"),
    "copies, the other order": case("psb-link-missing", "", f"<p>{POLICE}</p>{linked(MPS)}"),
    "own page": case("psb-link-elsewhere", "w", linked("/about")),
    "link elsewhere, outside": case("psb-link-elsewhere", "w", linked("/about"), "outside"),
    "filing system": case("psb-link-swapped", "w", f'{GOOD} <a href="{MIIT}#">{POLICE}</a>'),
    "one link around both": case("psb-link-shared", "n", f'<a href="{MIIT}">{NUMBER} {POLICE}</a>'),
    "shared is not swapped": case("psb-link-swapped", "", f'<a href="{MIIT}">沪ICP备17029384号 {POLICE}</a>'),
    "two links to one address": case("psb-link-swapped", "w", linked(MIIT)),
    "two links are not shared": case("psb-link-shared", "", linked(MIIT)),
    "another number's page": case("psb-code-mismatch", "w", linked(MPS.replace("5731", "5732"))),
    "encoded code": case(
        "psb-code-mismatch", "", linked(f"https://beian.mps.gov.cn/#/query/webSearch?code=%E6%B2%AA{CODE}")
    ),
    "code in the query": case(
        "psb-code-mismatch",
        "w",
        linked("http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=11010802030456"),
    ),
    "short number, long code": case("psb-code-mismatch", "", linked(MPS, "沪公网安备3101040200573")),
    "former portal": case(
        "psb-old-portal", "n", linked(f"http://www.beian.gov.cn/portal/registerSystemInfo?recordcode={CODE}")
    ),
    "present portal": case("psb-old-portal", "", linked(MPS)),
    "portal without code": case("psb-link-no-code", "n", linked("https://beian.mps.gov.cn/")),
    "unfilled template": case(
        "psb-link-no-code", "w", linked("https://beian.mps.gov.cn/#/query/webSearch?code=")
    ),
    "with code": case("psb-link-no-code", "", linked(MPS)),
    # expectation
    "another number": case("psb-differs", "e", linked(MPS), expected_psb=("京公网安备11010802030456号",)),
    "outside, another": case(
        "psb-differs", "w", linked(MPS), "outside", expected_psb=("京公网安备11010802030456号",)
    ),
    "same digits": case("psb-differs", "", linked(MPS), expected_psb=(CODE,)),
    "nothing shown": case("psb-differs", "", GOOD, expected_psb=(POLICE,)),
}


@pytest.mark.parametrize("name", CASES)
def test_psb_rules(name: str) -> None:
    assert CASES[name].heard() == CASES[name].loud


@pytest.mark.parametrize(
    ("footer", "hosting", "columns", "due"),
    [
        (GOOD, "mainland", {"launched_on": date(2026, 11, 1)}, "2026-12-01"),
        (GOOD, "mainland", {"icp_approved_on": date(2026, 10, 1)}, "2026-10-31"),
        (GOOD, "mainland", {"previous": since("2026-11-20")}, "2026-12-20"),
        (GOOD, "mainland", {"previous": since("")}, "2026-12-24"),
        (GOOD, "mainland", {}, "2026-12-24"),
        (GOOD, "mainland", {"launched_on": date.max}, ""),
        (GOOD, "outside", {}, ""),
        (GOOD_POLICE, "mainland", {}, ""),
    ],
)
def test_due_day(footer: str, hosting: str, columns: dict[str, Any], due: str) -> None:
    assert judge(page(footer), hosting, **columns).psb_due == due


def test_a_lacking_police_number_never_condemns() -> None:
    assert judge(page(GOOD), launched_on=date(2010, 1, 1)).verdict is Verdict.COMPLIANT


def test_the_reminder_says_by_when() -> None:
    finding = found(judge(page(GOOD), launched_on=date(2026, 11, 1)), MISSING)
    assert finding is not None
    assert "2026-12-01" in finding.expected
