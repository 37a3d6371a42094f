"""What a number tells of itself, in both languages: its place, what it is worth and why not more.

The sentences stand in ``data/texts/number.toml``.
"""

from __future__ import annotations

from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Text, filled
from icpcrawl.audit.numbers import ParsedNumber


def place(parsed: ParsedNumber, facts: Facts) -> Text:
    """The province, city or county that a number names."""
    if parsed.prefix == "合字":
        return facts.texts["number.place.joint"]
    is_police = parsed.kind.value == "psb"
    known = facts.numbers.signs.get(parsed.prefix)
    if is_police and len(parsed.digits) >= 10:
        known = next((s for s in facts.numbers.signs.values() if s.code == parsed.digits[:2]), known)
    if known is None or not known.name_zh:
        return facts.texts["number.place.none"]
    province = next((s for s in facts.numbers.signs.values() if s.code == known.code and s.name_en), known)
    name = Text(known.name_zh, known.name_en or province.name_en)
    if not is_police or len(parsed.digits) < 10:
        return name
    division = facts.texts["number.place.division"]
    code = parsed.digits[:6]
    return Text(
        filled(division, {"name": name.zh, "code": code}).zh,
        filled(division, {"name": name.en, "code": code}).en,
    )


def worth(parsed: ParsedNumber, facts: Facts) -> Text:
    """What a number is worth, and why not more."""
    known = facts.numbers.signs.get(parsed.prefix)
    right = _right_lengths(parsed)
    said = {
        "prefix": parsed.prefix,
        "expected": known.expected if known else "",
        "register": facts.numbers.jokes.get(parsed.prefix, ""),
        "year": str(parsed.year or parsed.digits[:4]),
        "length": str(len(parsed.digits)),
    }
    key = parsed.status.value
    if key == "malformed" and not parsed.digits:
        key = "malformed-letters"
    elif key == "malformed":
        key = "malformed-words" if len(parsed.digits) in right else "malformed-length"
    elif key == "nonstandard-prefix" and known and known.use == "standard":
        key = "province-spelt-out"
    elif (key, said["expected"]) == ("nonstandard-prefix", "") or (key, said["register"]) == ("joke", ""):
        key += "-alone"
    told = facts.texts[f"number.status.{key}"]
    zh = said | {"right": " 或 ".join(map(str, right))}
    en = said | {"right": " or ".join(map(str, right))}
    return Text(filled(told, zh).zh, filled(told, en).en)


def _right_lengths(parsed: ParsedNumber) -> tuple[int, ...]:
    if parsed.kind.value == "filing":
        return (8, 10)
    if parsed.kind.value == "psb":
        return (14,)
    return (6,) if "ICP" in parsed.number else (8,)
