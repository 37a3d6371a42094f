"""``icpcrawl rules`` explains every rule, and docs/rules.md says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from icpcrawl import cli
from icpcrawl.audit.case import Rule
from icpcrawl.audit.rules import RULES
from icpcrawl.datafiles import load_facts

FACTS = load_facts()


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert cli.run(["rules", *arguments]) == 0
    return capsys.readouterr().out


def test_the_list_names_every_rule_once_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    header, *rows = (line.split("\t") for line in said([], capsys).splitlines())
    assert header == ["rule", "severity", "on", "zh", "en"]
    assert [(row[0], row[1]) for row in rows] == [(rule.slug, rule.severity.value) for rule in RULES]
    assert {row[0] for row in rows if row[2] == "no"} == {
        rule.slug for rule in RULES if not rule.on_by_default
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.slug)
def test_a_rule_is_explained_in_both_languages(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    told = said([rule.slug], capsys)
    assert told.startswith(f"{rule.slug} · {rule.severity.value} · confidence {rule.confidence.value}")
    assert ("off by default" in told) is not rule.on_by_default
    for part in ("title", "why", "silent", "remedy", "false_alarms"):
        text = FACTS.texts[f"rule.{rule.slug}.{part}"]
        assert text.zh in told
        assert text.en in told
    for key in rule.law:
        if law := FACTS.law.laws.get(key):
            assert law.cited().zh in told
            assert law.cited().en in told
            assert law.source.split(" | ")[0] in told
        else:
            assert key.removeprefix("technical:") in told


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("link-mising", "link-missing"),
        ("filing-number-missin", "filing-number-missing"),
        ("LINK-HTTP", "lists them"),
        ("shared", "psb-link-shared or portfolio-shared-service-number"),
        ("no such rule", "lists them"),
        ("x\ny", "lists them"),
    ],
)
def test_an_unknown_rule_is_one_line_with_its_neighbours(
    typed: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["rules", typed]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert "there is no rule" in told.err
    assert near in told.err


def test_the_document_holds_what_the_command_prints(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = root.joinpath("docs", "rules.md").read_text(encoding="utf-8")
    introduction, mark, sections = document.partition(
        "<!-- Below: icpcrawl rules --markdown. A test compares. -->\n\n"
    )
    assert mark
    assert not re.search(r"^## [a-z]+-", introduction, re.MULTILINE), "a rule explained by hand"
    assert sections == said(["--markdown"], capsys), (
        "put what `icpcrawl rules --markdown` prints below the mark"
    )
    assert re.findall(r"^## (.+)$", sections, re.MULTILINE) == [rule.slug for rule in RULES]


def test_one_rule_as_markdown_is_its_section(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    section = said(["link-missing", "--markdown"], capsys)
    assert section.startswith("## link-missing\n\nerror · confidence high · ")
    assert section.count("## ") == 1
    assert section in root.joinpath("docs", "rules.md").read_text(encoding="utf-8")
