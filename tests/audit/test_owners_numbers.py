"""Numbers as owners type them into lists: read like a page's, compared without accusing."""

from __future__ import annotations

import pytest

from icpcrawl.audit.finding import Verdict
from icpcrawl.audit.owners_numbers import canonical
from icpcrawl.audit.register import RegisterEntry
from icpcrawl.audit.snippet import filing_snippet, psb_snippet
from tests.audit.cases import (
    FACTS,
    GOOD,
    GOOD_POLICE,
    LICENCE,
    MIIT,
    MPS,
    NUMBER,
    OTHER,
    POLICE,
    found,
    judge,
    page,
)

TYPED = (
    "ICP备案号：沪ICP备17029384号-1",
    "沪ICP備17029384號-1",
    "沪ICP备17029384号-1（官网）",
    "（沪ICP备17029384号-1）",
    "沪ICP备17029384号-1。",
    "沪ICP备17029384号~1",
    "上海ICP备17029384号-1",
    "沪ICP备17029384号\u200b-1",
    '="沪ICP备17029384号-1"',
    "'沪ICP备17029384号-1",
    "沪备17029384号-1",
    "沪ICP备17029384号-9 沪ICP备17029384号-1",
    "ICP备17029384号-1",
    "17029384号-1",
    "17029384",
    "17029384.0",
    "沪17029384号-1",
    "沪ICP17029384号-1",
    "沪ICP备17029384号-1（原沪ICP备10029384号，已注销）",
    "沪ICP备17029384号-1至-5",
)


@pytest.mark.parametrize("typed", TYPED)
def test_however_it_is_typed_it_is_the_number_on_the_page(typed: str) -> None:
    assert judge(page(GOOD), expected_icp=(typed,)).findings == judge(page(GOOD)).findings


@pytest.mark.parametrize(
    "typed", ["沪ICP备17029385号-1", "京ICP备17029384号-1", "17029385", "ICP备17029385号", "沪17029385"]
)
def test_another_number_still_differs(typed: str) -> None:
    assert found(judge(page(GOOD), expected_icp=(typed,)), "filing-number-differs")


def test_a_remark_is_no_number_to_differ_from() -> None:
    audit = judge(page(GOOD), expected_icp=("2024年备案",))
    assert (audit.verdict, audit.filing.match) == (Verdict.COMPLIANT, "not-given")


@pytest.mark.parametrize(
    "typed",
    [
        f"增值电信业务经营许可证：{LICENCE}",
        "滬B2-20170116",
        "沪ICP证B2-20170116",
        "B2-20170116",
        "20170116",
        "沪B1.B2-20170116",
    ],
)
def test_licences_too(typed: str) -> None:
    audit = judge(page(f"{GOOD} {LICENCE}"), expected_licence=(typed,))
    assert not found(audit, "licence-differs")


@pytest.mark.parametrize(
    "typed",
    [
        "滬公網安備31010402005731號",
        "31010402005731",
        "31010402005731.0",
        "3.1010402005731E+13",
        f"公安备案号：{POLICE}（已备）",
    ],
)
def test_police_numbers_too(typed: str) -> None:
    assert judge(page(f"{GOOD} {GOOD_POLICE}"), expected_psb=(typed,)).psb.match == "match"


def test_what_cannot_be_read_stays() -> None:
    assert canonical(("是", "沪ICP备17029384号-1；沪ICP备17029384号-2"), FACTS.numbers) == (
        "是",
        "沪ICP备17029384号-1",
        "沪ICP备17029384号-2",
    )


@pytest.mark.parametrize(
    ("rule", "footer", "expected", "offered"),
    [
        ("link-missing", NUMBER, (), NUMBER),
        ("link-missing", NUMBER, ("沪ICP备 17029384号",), NUMBER),
        ("link-missing", NUMBER, (OTHER,), OTHER),
        ("link-missing", "京ICP备10046444号", (), ""),  # everybody knows whose it is
        ("link-missing", "沪ICP备86025334号-1", (), ""),
        ("link-missing", f"{NUMBER} {OTHER}", (OTHER,), NUMBER),
        ("filing-number-missing", "©", ("17029384号-1",), ""),  # without its province it is none to paste
        ("filing-number-missing", "©", (f"{NUMBER}A", NUMBER), NUMBER),
        ("filing-number-malformed", f"沪ICP备1702938号-1 <a href='{MIIT}'>{NUMBER}A</a>", (), ""),
        ("filing-number-not-displayed", f"<!-- {NUMBER} -->", (OTHER,), OTHER),
        ("filing-number-image-only", f"<img alt='{NUMBER}'>", (OTHER,), OTHER),
        ("filing-number-image-only", f"<img alt='{NUMBER}'>", (), NUMBER),
    ],
)
def test_no_snippet_offers_a_number_that_is_wrong(
    rule: str, footer: str, expected: tuple[str, ...], offered: str
) -> None:
    finding = found(judge(page(footer), expected_icp=expected), rule)
    assert finding is not None
    assert finding.snippet == filing_snippet(offered)


def test_nor_does_one_for_the_police() -> None:
    wrong = POLICE.replace("5731", "5732")
    audit = judge(page(f"{GOOD} {wrong}"), expected_psb=(POLICE,))
    finding = found(audit, "psb-link-missing")
    assert finding is not None
    assert (finding.snippet, finding.expected) == (psb_snippet(POLICE), MPS)


def test_of_several_filings_under_a_domain_the_hosts_own_is_offered() -> None:
    entries = tuple(
        RegisterEntry("example.cn", f"沪ICP备17029384号-{serial}", host=host)
        for serial, host in ((5, "example.cn"), (6, "www.example.cn"))
    )
    audit = judge(page("©"), register=entries, host="www.example.cn")
    finding = found(audit, "filing-number-missing")
    assert finding is not None
    assert finding.expected == "沪ICP备17029384号-6"
