"""``icpcrawl number``: explain a number or a line of footer text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from icpcrawl.cli.terminal import json_line, safe
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from icpcrawl.audit.facts import Facts
    from icpcrawl.audit.finding import Text
    from icpcrawl.audit.numbers import ParsedNumber

_PORTALS = {"psb": "https://beian.mps.gov.cn/"}
_PORTAL = "https://beian.miit.gov.cn/"


def number(
    text: Annotated[list[str], typer.Argument(help="A number or a line of footer text.", metavar="TEXT…")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per number on stdout.")] = False,
) -> None:
    """Explain filing, licence and police numbers: kind, place, year, service, what is odd.

    Exit code 1 when no number is found.

    Example: icpcrawl number "京ICP备12345678号-1 京公网安备11010502030143号"
    """
    from icpcrawl.audit.numbers import find_numbers, parse_number
    from icpcrawl.datafiles import load_facts

    facts = load_facts()
    year = datetime.now(UTC).year
    anything = False
    for line in text:
        found = find_numbers(line, facts.numbers, year)
        bare = None if found else parse_number(line, facts.numbers, year)
        found = [bare] if bare else found
        anything = anything or bool(found)
        for parsed in found:
            said = dict(_explained(parsed, facts))
            if as_json:
                explained = {key: {"zh": each.zh, "en": each.en} for key, each in said.items()}
                print(json_line(asdict(parsed) | {"explained": explained}))
            else:
                _print(parsed.raw, said, facts)
        if not found and not as_json:
            nothing = facts.texts["number.label.nothing"]
            print(f"{safe(line, 500)}\n  {nothing.zh} / {nothing.en}\n")
    raise typer.Exit(ExitCode.CLEAN if anything else ExitCode.FINDINGS)


def _print(raw: str, said: dict[str, Text], facts: Facts) -> None:
    print(safe(raw, 500))
    for key, each in said.items():
        label = facts.texts[f"number.label.{key}"]
        both = each.zh if each.zh == each.en else f"{each.zh} / {each.en}"
        print(f"  {label.zh} {label.en}: {safe(both, 2000)}")
    print()


def _explained(parsed: ParsedNumber, facts: Facts) -> Iterator[tuple[str, Text]]:
    """What there is to say, under the keys of ``number.label``, in this order."""
    from icpcrawl.audit.explained import place, worth
    from icpcrawl.audit.finding import Text

    yield "kind", _kind(parsed, facts)
    if parsed.number:
        yield "canonical", Text(parsed.number, parsed.number)
    if parsed.status.value != "joke":
        yield "place", place(parsed, facts)
    if parsed.year is not None and parsed.status.value != "placeholder":
        yield "year", Text(str(parsed.year), str(parsed.year))
    yield "worth", worth(parsed, facts)
    odd = list(_odd(parsed, facts))
    if odd:
        yield "odd", Text("；".join(each.zh for each in odd), "; ".join(each.en for each in odd))
    if parsed.digits and parsed.status.value not in ("joke", "placeholder", "malformed"):
        portal = _PORTALS.get(parsed.kind.value, _PORTAL)
        yield "check", Text(portal, portal)


def _kind(parsed: ParsedNumber, facts: Facts) -> Text:
    from icpcrawl.audit.finding import Text, filled

    kind = facts.texts[f"number.kind.{parsed.kind.value}"]
    if parsed.kind.value == "psb" or not parsed.entity_number:
        return kind
    service = parsed.service_kind.value if parsed.service_serial else "entity"
    told = filled(facts.texts[f"number.kind.{service}"], {"serial": parsed.service_serial})
    return Text(f"{kind.zh}，{told.zh}", f"{kind.en}, {told.en}")


def _odd(parsed: ParsedNumber, facts: Facts) -> Iterator[Text]:
    from icpcrawl.audit.finding import filled

    for note in parsed.notes:
        yield facts.texts[f"number.note.{note}"]
    if parsed.kind.value == "licence" and parsed.status.value == "ok":
        yield facts.texts["number.note.licence-shows"]
    known = facts.law.known(parsed.entity_number, parsed.number)
    if known is not None:
        yield filled(facts.texts["number.note.borrowed"], {"owner": known.owner})
