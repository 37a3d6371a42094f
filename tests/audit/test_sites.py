"""Saved pages, each judged whole: a folder is a test. See ``tests/sites/README.md``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from icpcrawl.audit.policy import Policy
from icpcrawl.audit.rules import RULES
from icpcrawl.audit.site_audit import SiteAudit
from tests.audit.cases import filed, judge

FOLDER = Path(__file__).resolve().parent.parent / "sites"
PAGES = sorted(path.parent.name for path in FOLDER.glob("*/page.html"))


def given(name: str) -> dict[str, Any]:
    return tomllib.loads(FOLDER.joinpath(name, "expected.toml").read_text("utf-8"))


def audited(name: str) -> SiteAudit:
    said = given(name)
    policy = said.get("policy", {})
    columns: dict[str, Any] = {
        column: tuple(value) if isinstance(value, list) else value
        for column, value in said.get("columns", {}).items()
    }
    return judge(
        FOLDER.joinpath(name, "page.html").read_bytes(),
        said["hosting"],
        host=urlsplit(said["url"]).hostname or "",
        url=said["url"],
        content_type=said.get("content_type", "text/html"),
        register=[filed(number) for number in said.get("register", [])],
        policy=Policy(
            enabled=frozenset(policy.get("enabled", ())), province_habit=policy.get("province_habit", {})
        ),
        **columns,
    )


@pytest.mark.parametrize("name", PAGES)
def test_saved_page(name: str) -> None:
    expected, audit = given(name)["expected"], audited(name)
    shown = [*audit.filing.all, *audit.psb.all, *audit.licence.all]
    seen = {
        "verdict": audit.verdict.value,
        "rules": sorted({finding.rule for finding in audit.findings}),
        "numbers": sorted(
            [each.seen.parsed.kind.value, each.seen.parsed.number, each.seen.place.value, each.link.target]
            for each in shown
        ),
    }
    assert seen == {
        "verdict": expected["verdict"],
        "rules": expected["rules"],
        "numbers": sorted(expected["numbers"]) if "numbers" in expected else seen["numbers"],
    }
    assert audit.failed_rules == ()


def test_every_rule_that_reads_a_page_has_one() -> None:
    shown = {rule for name in PAGES for rule in given(name)["expected"]["rules"]}
    assert {rule.slug for rule in RULES if rule.needs_homepage} <= shown
