"""Rules that need the owner's columns: whose page it is, and what its dates say."""

from __future__ import annotations

from datetime import date

import pytest

from icpcrawl.audit.policy import Policy
from icpcrawl.audit.rules.entity import related
from icpcrawl.observation import FetchOutcome
from tests.audit.cases import GOOD, NUMBER, Case, case, filed, page

PERSON, HOLDER = "entity-personal-with-business-look", "entity-holder-differs"
PENDING, EXPIRES, COPYRIGHT = (
    "status-pending-yet-reachable",
    "domain-expires-soon",
    "entity-copyright-missing",
)
OURS, THEIRS = "上海甲乙设备有限公司", "北京丙丁网络科技有限公司"
WANTED = Policy(enabled=frozenset({COPYRIGHT}))


def by(holder: str) -> str:
    return f"Copyright © 2003-2024 {holder} 版权所有 {GOOD}"


CASES: dict[str, Case] = {
    "a person's site of a company": case(PERSON, "w", by(THEIRS), entity_kind="person"),
    "a person's shop": case(PERSON, "w", page(GOOD, body="<p>加入购物车</p>"), entity_kind="person"),
    "a person's diary": case(PERSON, "", f"© 小明的博客 {GOOD}", entity_kind="person"),
    "a person's diary of armies": case(
        PERSON, "", page(GOOD).replace("设备维护</title>", "集团军历史笔记</title>"), entity_kind="person"
    ),
    "a person's site on a company's cloud": case(
        PERSON, "", f"© 2020 小陈 本站由丙丁计算有限公司提供云服务 {GOOD}", entity_kind="person"
    ),
    "a company's site of a company": case(PERSON, "", by(THEIRS), entity_kind="company"),
    "kind not said": case(PERSON, "", by(THEIRS)),
    "a person abroad": case(PERSON, "", by(THEIRS), "outside", entity_kind="person"),
    "another mainland company": case(HOLDER, "w", by(THEIRS), entity=OURS),
    "the entity itself": case(HOLDER, "", by(OURS), entity=OURS),
    "the entity, full-width brackets": case(
        HOLDER, "", by("上海甲乙(集团)有限公司"), entity="上海甲乙（集团）有限公司"
    ),
    "the group": case(HOLDER, "", by("丙丁集团"), entity=OURS, group="丙丁集团"),
    "holder in the register": case(HOLDER, "", by(THEIRS), entity=OURS, register=[filed(NUMBER, THEIRS)]),
    "sister company": case(HOLDER, "", by("上海甲乙物流有限公司"), entity=OURS),
    "foreign parent": case(HOLDER, "", by("Siemens AG"), entity=OURS),
    "foreign company": case(HOLDER, "", by("Kato Machinery Co., Ltd"), entity=OURS),
    "Hong Kong parent": case(HOLDER, "", by("香港丙丁控股有限公司"), entity=OURS),
    "a brand": case(HOLDER, "", f"© 2024 丙丁 {GOOD}", entity=OURS),
    "no ©": case(HOLDER, "", GOOD, entity=OURS),
    "who built the site": case(HOLDER, "", by(f"All Rights Reserved. Powered by {THEIRS}"), entity=OURS),
    "who designed the site": case(HOLDER, "", by(f"Design by {THEIRS}"), entity=OURS),
    "who designed it, said behind": case(HOLDER, "", f"Copyright © {THEIRS} 设计制作 {GOOD}", entity=OURS),
    "a name beyond GB 2312": case(HOLDER, "w", by("北京喆珺网络科技有限公司"), entity=OURS),
    "a company that hosts": case(HOLDER, "w", by("杭州云服务有限公司"), entity=OURS),
    "years and the address before the name": case(
        HOLDER, "", f"Copyright (c) 2003-2024 www.example.cn {OURS} {GOOD}", entity=OURS
    ),
    "who supports the site": case(HOLDER, "", by(f"技术支持 {THEIRS}"), entity=OURS),
    "another company behind the rights": case(HOLDER, "w", by(f"All Rights Reserved {THEIRS}"), entity=OURS),
    "the same in traditional signs": case(
        HOLDER, "", by("上海環宇機電有限公司"), entity="上海环宇机电有限公司"
    ),
    "entity not said": case(HOLDER, "", by(THEIRS)),
    "a person's": case(HOLDER, "", by(THEIRS), entity="张三", entity_kind="person"),
    "another domain's page": case(HOLDER, "", by(THEIRS), entity=OURS, url="https://corp.com/cn"),
    "no © though wanted": case(COPYRIGHT, "n", GOOD, policy=WANTED),
    "© though wanted": case(COPYRIGHT, "", by(OURS), policy=WANTED),
    "no ©, off by default": case(COPYRIGHT, "", GOOD),
    "no ©, outside": case(COPYRIGHT, "", GOOD, "outside", policy=WANTED),
    # dates
    "pending": case(PENDING, "w", GOOD, icp_status="pending"),
    "launch to come": case(PENDING, "w", GOOD, launched_on=date(2026, 12, 24)),
    "pending, partly mainland": case(PENDING, "w", GOOD, "mixed", icp_status="pending"),
    "pending, outside": case(PENDING, "", GOOD, "outside", icp_status="pending"),
    "pending, unknown": case(PENDING, "", GOOD, "unknown", icp_status="pending"),
    "pending, unreachable": case(
        PENDING, "", GOOD, icp_status="pending", outcome=FetchOutcome.CONNECT_TIMEOUT
    ),
    "filed": case(PENDING, "", GOOD, icp_status="filed"),
    "launched": case(PENDING, "", GOOD, launched_on=date(2026, 11, 24)),
    "lapses in 60 days": case(EXPIRES, "n", GOOD, domain_expires_on=date(2027, 1, 23)),
    "lapses in 61 days": case(EXPIRES, "", GOOD, domain_expires_on=date(2027, 1, 24)),
    "lapsed": case(EXPIRES, "n", GOOD, domain_expires_on=date(2026, 10, 1)),
    "lapses, page not seen": case(
        EXPIRES, "n", GOOD, domain_expires_on=date(2026, 12, 1), outcome=FetchOutcome.RESET
    ),
    "not said": case(EXPIRES, "", GOOD),
}


@pytest.mark.parametrize("name", CASES)
def test_entity_and_status_rules(name: str) -> None:
    assert CASES[name].heard() == CASES[name].loud


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("北京小米科技有限责任公司", "小米通讯技术有限公司", True),
        ("上海甲乙信息技术有限公司", "上海丙丁信息技术有限公司", False),
        ("Siemens (China) Co., Ltd.", "siemens", True),
        ("上海信息技术有限公司", "北京网络科技有限公司", True),  # nothing of its own to compare
    ],
)
def test_related_names(one: str, other: str, same: bool) -> None:
    assert related(one, other) is same
    assert related(other, one) is same
