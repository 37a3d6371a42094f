"""``icpcrawl rules``: what is judged, how severely, on which law."""

from __future__ import annotations

import difflib
from typing import Annotated

import typer

from icpcrawl.cli.terminal import table
from icpcrawl.errors import UsageError


def rules(rule: Annotated[str, typer.Argument(help="Slug of one rule, e.g. link-missing.")] = "") -> None:
    """List every rule, or explain one in Chinese and English.

    Example: icpcrawl rules link-missing
    """
    from icpcrawl.audit.rules import RULES
    from icpcrawl.datafiles import load_facts

    facts = load_facts()
    if not rule:
        rows = [
            (r.slug, r.severity.value, "yes" if r.on_by_default else "no", "|".join(r.law)) for r in RULES
        ]
        table(("rule", "severity", "on", "law"), rows)
        return
    found = next((each for each in RULES if each.slug == rule), None)
    if found is None:
        near = difflib.get_close_matches(rule, [each.slug for each in RULES], n=1)
        remedy = f"did you mean {near[0]}?" if near else "icpcrawl rules lists them"
        raise UsageError(f"there is no rule {rule!r}", remedy=remedy)
    print(f"{found.slug} ({found.severity.value}, confidence {found.confidence.value})")
    for part in ("title", "why", "remedy", "false_alarms"):
        text = facts.texts.get(f"rule.{found.slug}.{part}")
        if text is not None:
            print(f"{part}:\n  {text.zh}\n  {text.en}")
    for key in found.law:
        law = facts.law.laws.get(key)
        cited = law.cited() if law else None
        print(f"law: {cited.zh} / {cited.en} {law.source}" if law and cited else f"source: {key}")
