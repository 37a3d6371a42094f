"""What findings carry to reports and footers: one line, safe to paste; hosts and their domains."""

from __future__ import annotations

import pytest

from icpcrawl.audit.registrable import is_on_platform, registrable_domain
from icpcrawl.audit.rules.wording import one_line
from icpcrawl.audit.snippet import filing_snippet, psb_snippet
from tests.audit.cases import NUMBER, POLICE, found, judge, page


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  沪ICP备\n17029384号\t-1 ", "沪ICP备 17029384号 -1"),
        ("a\x00b\x1b[31m\u202ec", "a b [31m c"),
        ("x" * 301, "x" * 299 + "…"),
        ("", ""),
    ],
)
def test_evidence_stands_on_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_snippet_is_safe_to_paste() -> None:
    assert filing_snippet('"><script>') == (
        '<a href="https://beian.miit.gov.cn/" target="_blank" rel="noopener">&quot;&gt;&lt;script&gt;</a>'
    )
    assert filing_snippet("") == ""
    assert psb_snippet("沪公网安备310104号") == ""
    assert "code=31010402005731" in psb_snippet(POLICE)


@pytest.mark.parametrize(
    ("footer", "expected", "offered"),
    [("©", (NUMBER,), NUMBER), ("©", (), ""), (f'<a href="#">{NUMBER}</a>', (), NUMBER)],
)
def test_the_remedy_offers_this_sites_own_number(
    footer: str, expected: tuple[str, ...], offered: str
) -> None:
    audit = judge(page(footer), expected_icp=expected)
    finding = found(audit, "filing-number-missing") or found(audit, "link-empty")
    assert finding is not None
    assert finding.snippet == filing_snippet(offered)


def test_snippets_of_shown_numbers_are_judged_right() -> None:
    audit = judge(page(f"{filing_snippet(NUMBER)} {psb_snippet(POLICE)}"))
    assert audit.findings == ()


@pytest.mark.parametrize(
    ("host", "domain", "platform"),
    [
        ("www.example.com.cn", "example.com.cn", False),
        ("beian.miit.gov.cn", "miit.gov.cn", False),
        ("192.0.2.1", "192.0.2.1", False),
        ("localhost", "localhost", False),
        ("xn--fsqu00a.xn--55qx5d", "xn--fsqu00a.xn--55qx5d", False),
        ("someone.github.io", "github.io", True),
    ],
)
def test_registrable_domains_are_known_offline(host: str, domain: str, platform: bool) -> None:
    assert registrable_domain(host) == domain
    assert is_on_platform(host) is platform
