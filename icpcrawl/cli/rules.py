"""``icpcrawl rules``: what is judged, how severely, on which law, and when to keep silent."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from icpcrawl.audit.case import Rule
from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Text
from icpcrawl.audit.rules import RULES
from icpcrawl.cli.terminal import table
from icpcrawl.datafiles import load_facts
from icpcrawl.errors import UsageError

_PARTS = {
    "why": Text("说明", "Why."),
    "silent": Text("何时不提示", "Silent when."),
    "reviewer": Text("审核意见", "A reviewer says."),
    "remedy": Text("如何处理", "Remedy."),
    "false_alarms": Text("已知误报", "Known false alarms."),
}


def rules(
    rule: Annotated[str, typer.Argument(help="Slug of one rule, e.g. link-missing.")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the sections of docs/rules.md.")
    ] = False,
) -> None:
    """List every rule, or explain one in Chinese and English.

    Example: icpcrawl rules link-missing
    """
    facts = load_facts()
    chosen = [_found(rule)] if rule else RULES
    if markdown:
        print("\n\n".join(as_markdown(chosen, facts)))
    elif rule:
        print("\n".join(_explained(chosen[0], facts)))
    else:
        titles = (facts.text(f"rule.{each.slug}.title") for each in chosen)
        rows = [
            (each.slug, each.severity.value, "yes" if each.on_by_default else "no", title.zh, title.en)
            for each, title in zip(chosen, titles, strict=True)
        ]
        table(("rule", "severity", "on", "zh", "en"), rows)


def as_markdown(chosen: Sequence[Rule], facts: Facts) -> Iterator[str]:
    """Blocks of Markdown, one section per rule: what ``docs/rules.md`` holds below its introduction."""
    if len(chosen) > 1:
        lines = (
            f"| [{each.slug}](#{each.slug}) | {each.severity.value} | {facts.text(f'rule.{each.slug}.title').en} |"
            for each in chosen
        )
        yield "\n".join(("| rule | severity | what it says |", "|--|--|--|", *lines))
    for rule in chosen:
        title = facts.text(f"rule.{rule.slug}.title")
        yield f"## {rule.slug}"
        yield f"{_weight(rule)} · {title.en} · {title.zh}"
        for part, label in _PARTS.items():
            if text := facts.texts.get(f"rule.{rule.slug}.{part}"):
                yield f"**{label.en}** {text.en}"
        sources = (" ".join(filter(None, (cited.en, source))) for cited, source in _sources(rule, facts))
        yield f"**Source.** {'; '.join(sources)}"


def _explained(rule: Rule, facts: Facts) -> Iterator[str]:
    yield f"{rule.slug} · {_weight(rule)}"
    title = facts.text(f"rule.{rule.slug}.title")
    yield from (title.zh, title.en)
    for part, label in _PARTS.items():
        if text := facts.texts.get(f"rule.{rule.slug}.{part}"):
            yield from ("", f"{label.zh} · {label.en.rstrip('.')}", f"  {text.zh}", f"  {text.en}")
    yield from ("", "依据 · Source")
    for cited, source in _sources(rule, facts):
        yield from (f"  {line}" for line in dict.fromkeys((cited.zh, cited.en, source)) if line)


def _weight(rule: Rule) -> str:
    off = "" if rule.on_by_default else " · off by default"
    return f"{rule.severity.value} · confidence {rule.confidence.value}{off}"


def _sources(rule: Rule, facts: Facts) -> Iterator[tuple[Text, str]]:
    """Each article as cited, with what the text names as consequence, and where it was read."""
    for key in rule.law:
        law = facts.law.laws.get(key)
        if law is None:
            plain = key.removeprefix("technical:")
            yield Text(plain, plain), ""
            continue
        cited, named = law.cited(), law.consequence
        zh = f"{cited.zh}：{named.zh}。" if named.zh else f"{cited.zh}。"
        en = f"{cited.en}: {named.en}." if named.en else f"{cited.en}."
        yield Text(zh, en), law.source.replace(" | ", ", ")


def _found(slug: str) -> Rule:
    """The rule of that name.

    Raises ``UsageError`` naming rules of a similar one.
    """
    slugs = [rule.slug for rule in RULES]
    if slug in slugs:
        return RULES[slugs.index(slug)]
    alike = difflib.get_close_matches(slug, slugs, n=3) or [each for each in slugs if slug in each][:3]
    near = f"did you mean {' or '.join(alike)}?" if alike else "icpcrawl rules lists them"
    raise UsageError(f"there is no rule {slug!r}", remedy=near)
