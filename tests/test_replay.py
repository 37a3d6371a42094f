"""A stored run judged again: the same files under their own names, the same findings; another file, another judgment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from icpcrawl.audit import audit_site
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.portfolio_rules import judge_portfolio
from icpcrawl.history import History
from icpcrawl.policy_files import read_register
from icpcrawl.portfolio import read_portfolio
from icpcrawl.replay import Difference, replay
from tests.audit.cases import FACTS, GOOD, NUMBER, TODAY, observed, page

STARTED = datetime(2026, 11, 24, 1, tzinfo=UTC)
HOSTS = ("example.cn", "example.com")
SAME = ("compliant", "compliant")


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A folder with one run of two sites, of which the owner's export says that the second is not filed."""
    portfolio, export = tmp_path / "our sites.csv", tmp_path / "console-export.csv"
    portfolio.write_text("domain\n" + "\n".join(HOSTS) + "\n", encoding="utf-8")
    export.write_text(
        f"域名,备案号,状态,查询日期\n{HOSTS[0]},{NUMBER},备案成功,2026-11-01\n{HOSTS[1]},,未备案,2026-11-01\n",
        encoding="utf-8",
    )
    given, register = read_portfolio(portfolio), read_register(export)
    with History.open(tmp_path) as history:
        history.begin(given, run_id="r1", started_at=STARTED, resume=False)
        history.keep_files({"portfolio": portfolio, "register": export})
        seen = {site: observed(page(GOOD), host=site.host) for site in given.sites}
        audits = {
            site.site_id: audit_site(site, saw, None, register, FACTS, Policy(), TODAY)
            for site, saw in seen.items()
        }
        audits |= judge_portfolio(given, audits, register, FACTS, Policy(), TODAY)
        for site, saw in seen.items():
            history.add(saw, audits[site.site_id])
        history.finish("complete", 0)
    return tmp_path


def test_the_same_evidence_gives_the_same_findings(stored: Path) -> None:
    with History.open(stored) as history:
        again = replay(history, "r1")
        then = {result.site_id: result.audit.findings for result in history.results("r1")}
    assert again.differences == ()
    assert {name: result.audit.findings for name, result in again.results.items()} == then
    assert "console-export.csv" in then[HOSTS[1]][0].observed
    assert all(result.observation.fetched.page.body == b"" for result in again.results.values())  # type: ignore[union-attr]


def test_another_file_in_its_place_is_another_judgment(stored: Path, tmp_path: Path) -> None:
    waivers = tmp_path / "waivers.csv"
    waivers.write_text(
        "site_id,rule,reason,owner,approver,expires\nexample.com,hosting-unfiled-*,moving,Li,Wang,2099-12-31\n"
    )
    with History.open(stored) as history:
        again = replay(history, "r1", waivers=waivers)
    assert again.differences == (
        Difference(HOSTS[1], ("non-compliant", "compliant"), otherwise=("hosting-unfiled-confirmed",)),
    )


@pytest.mark.parametrize(
    ("rule", "policy", "difference"),
    [
        # The verdict does not move.
        ("psb-number-missing", "", Difference(HOSTS[0], SAME, otherwise=("psb-number-missing",))),
        (
            "",
            "[severities]\npsb-number-missing = 'warning'",
            Difference(HOSTS[0], SAME, otherwise=("psb-number-missing",)),
        ),
        ("", "disabled = ['psb-number-missing']", Difference(HOSTS[0], SAME, gone=("psb-number-missing",))),
    ],
)
def test_another_weight_is_a_difference_of_its_own(
    stored: Path, tmp_path: Path, rule: str, policy: str, difference: Difference
) -> None:
    waivers, file = tmp_path / "waivers.csv", tmp_path / "policy.toml"
    line = f"example.cn,{rule},moving,Li,Wang,2099-12-31\n" if rule else ""
    waivers.write_text(f"site_id,rule,reason,owner,approver,expires\n{line}", encoding="utf-8")
    file.write_text(policy, encoding="utf-8")
    with History.open(stored) as history:
        again = replay(history, "r1", policy=file, waivers=waivers)
    assert [each for each in again.differences if each.site_id == HOSTS[0]] == [difference]
