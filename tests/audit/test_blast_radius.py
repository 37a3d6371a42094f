"""Which sites hold up an entity's next filing, and which mistakes are a template's."""

from __future__ import annotations

import pytest

from icpcrawl.audit import audit_site
from icpcrawl.audit.blast_radius import readiness, template_clusters
from icpcrawl.audit.finding import Finding, Verdict
from icpcrawl.audit.policy import Policy, Waiver
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.observation import FetchOutcome
from icpcrawl.portfolio import Portfolio, Site
from tests.audit.cases import FACTS, GOOD, NUMBER, OTHER, TODAY, observed, page, site

OURS, THEIRS = "上海甲乙（集团）设备有限公司", "北京丙丁网络科技有限公司"
REGISTER = Register({"brand.cn": (RegisterEntry("brand.cn", NUMBER, "上海戊己有限公司"),)})
PLAIN = Policy()
WAIVED = Policy(
    waivers=(
        Waiver(
            rule="filing-number-missing",
            reason="closing",
            owner="a",
            approver="b",
            expires="2027-01-01",
            domain_pattern="*",
        ),
    )
)


def audited(
    each: Site, footer: str, policy: Policy = PLAIN, outcome: FetchOutcome = FetchOutcome.OK
) -> SiteAudit:
    seen = observed(page(footer), "mainland", host=each.host, outcome=outcome)
    return audit_site(each, seen, None, REGISTER, FACTS, policy, TODAY)


ROWS = (
    (site("good.cn", entity=OURS), GOOD, FetchOutcome.OK),
    (site("bare.cn", entity="上海甲乙(集团)设备有限公司"), "版权所有", FetchOutcome.OK),
    (site("dark.cn", entity=OURS), GOOD, FetchOutcome.CONNECT_TIMEOUT),
    (site("theirs.cn", entity=THEIRS), f"<a href='https://beian.miit.gov.cn/'>{OTHER}</a>", FetchOutcome.OK),
    (site("brand.cn"), "版权所有", FetchOutcome.OK),
)
PORTFOLIO = Portfolio(tuple(row[0] for row in ROWS), "p.csv", "", "utf-8")


@pytest.mark.parametrize("policy", [PLAIN, WAIVED], ids=("plain", "waived"))
@pytest.mark.parametrize(
    ("entity", "sites", "obstacles", "unseen"),
    [
        (OURS, ("good.cn", "bare.cn", "dark.cn"), ("bare.cn",), ("dark.cn",)),
        (THEIRS, ("theirs.cn",), (), ()),
        # By number: what a site shows, and what the register knows of one that shows nothing.
        ("沪ICP备17029384号", ("good.cn", "brand.cn"), ("brand.cn",), ()),
        ("上海戊己有限公司", ("brand.cn",), ("brand.cn",), ()),
        ("无此公司", (), (), ()),
    ],
)
def test_one_site_holds_up_its_entity(
    entity: str, sites: tuple[str, ...], obstacles: tuple[str, ...], unseen: tuple[str, ...], policy: Policy
) -> None:
    audits = {each.site_id: audited(each, footer, policy, outcome) for each, footer, outcome in ROWS}
    assert (audits["bare.cn"].verdict is Verdict.COMPLIANT) == (policy is WAIVED)
    found = readiness(entity, PORTFOLIO, audits, REGISTER)
    assert found.sites == sites
    # A waiver is the owner's: the provider knows nothing of it.
    assert tuple(obstacle.site_id for obstacle in found.obstacles) == obstacles
    assert found.unseen == unseen


FILED = "沪ICP备17029384号-2"
A, C = site("a.cn", entity=OURS), site("c.cn")
HELD = (RegisterEntry("a.cn", NUMBER, OURS),)
NAMED_BY: dict[str, tuple[list[tuple[Site, str]], tuple[RegisterEntry, ...], tuple[str, ...]]] = {
    "the register says whose": ([(A, GOOD), (C, FILED), (site("d.cn", entity="甲乙公司"), FILED)], HELD, ("a.cn", "c.cn", "d.cn")),
    "the register, of another domain": ([(A, "©"), (C, FILED)], (RegisterEntry("z.cn", NUMBER, OURS),), ("a.cn", "c.cn")),
    "the portfolio says whose": (
        [(site("a.cn", entity=OURS, expected_icp=(NUMBER,)), "©"), (C, FILED), (site("d.cn", entity=THEIRS), FILED)],
        (),
        ("a.cn", "c.cn"),
    ),
    "also of another's site": (
        [(site("a.cn", entity=OURS), GOOD), (site("d.cn", entity=THEIRS, expected_icp=(NUMBER,)), "©")],
        HELD,
        ("a.cn", "d.cn"),
    ),
    "only the pages": ([(A, GOOD), (C, FILED)], (), ("a.cn", "c.cn")),
    # Nobody else's sites by a number that may be another's.
    "another entity shows it as well": ([(A, GOOD), (C, FILED), (site("d.cn", entity=THEIRS), FILED)], (), ("a.cn",)),
    "the register says another's": ([(A, GOOD), (C, FILED)], (RegisterEntry("c.cn", NUMBER, THEIRS),), ("a.cn",)),
    "another is expected": (
        [(site("a.cn", entity=OURS, expected_icp=(NUMBER,)), OTHER), (C, OTHER)],
        (),
        ("a.cn",),
    ),
    "another is expected there": ([(A, GOOD), (site("c.cn", expected_icp=(OTHER,)), FILED)], HELD, ("a.cn",)),
    "another company's copyright": ([(A, f"© 2024 {THEIRS} {GOOD}"), (C, FILED)], (), ("a.cn",)),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED_BY)
def test_an_entity_is_followed_by_its_own_numbers(name: str) -> None:
    rows, entries, sites = NAMED_BY[name]
    register = Register({entry.domain: (entry,) for entry in entries})
    audits = {
        each.site_id: audit_site(
            each, observed(page(footer), host=each.host), None, register, FACTS, PLAIN, TODAY
        )
        for each, footer in rows
    }
    portfolio = Portfolio(tuple(each for each, _ in rows), "p.csv", "", "utf-8")
    found = readiness(OURS, portfolio, audits, register)
    assert found.sites == sites
    assert found.name == OURS


def test_numbers_are_told_in_canonical_form() -> None:
    audits = {each.site_id: audited(each, footer) for each, footer, _ in ROWS}
    assert readiness(OURS, PORTFOLIO, audits, REGISTER).numbers == ("沪ICP备17029384号",)


RETIRED = "http://www.miitbeian.gov.cn/"


def wrongly_linked(before: str, count: int = 5) -> dict[str, tuple[Finding, ...]]:
    """Sites whose numbers lead to the retired host, each from the same place."""
    numbers = {f"s{n}.cn": f"沪ICP备1702938{n}号-1" for n in range(count)}
    return {
        name: audited(site(name), f'{before}<p><a href="{RETIRED}">{number}</a></p>').findings
        for name, number in numbers.items()
    }


def test_one_fix_in_a_template_mends_many_sites() -> None:
    found = wrongly_linked('<div class="foot">')
    elsewhere = f'<div class="foot"><p><a href="https://example.com/">{NUMBER}</a></p></div>'
    found["other.cn"] = audited(site("other.cn"), elsewhere).findings
    found["good.cn"] = audited(site("good.cn"), GOOD).findings
    kin = {name: name for name in found}
    (cluster,) = template_clusters(found, kin)
    assert cluster.rule == "link-retired-host"
    assert cluster.sites == ("s0.cn", "s1.cn", "s2.cn", "s3.cn", "s4.cn")
    assert template_clusters(found, kin, least=6) == ()


def test_a_place_that_every_page_has_is_one_template_only_among_kin() -> None:
    found = wrongly_linked("<div>")
    assert {f.where for of_site in found.values() for f in of_site if ">" in f.where} == {"footer > div > p"}
    assert template_clusters(found, {name: name for name in found}) == ()
    kin = {name: "theirs" if name in ("s1.cn", "s3.cn") else "ours" for name in found}
    (cluster,) = template_clusters(found, kin)
    assert cluster.sites == ("s0.cn", "s2.cn", "s4.cn")
