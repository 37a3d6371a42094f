"""Public-security numbers: 京公网安备11010502030143号, older lengths, and renderings in English."""

from __future__ import annotations

import re
from dataclasses import replace

from icpcrawl.audit import grammar
from icpcrawl.audit.number import (
    ASCENDING,
    DESCENDING,
    NumberFacts,
    NumberKind,
    NumberStatus,
    ParsedNumber,
)
from icpcrawl.audit.number_text import NumberText


class PsbNumbers(NumberText):
    """Reads public-security numbers in a text."""

    def _psb(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, end = _psb_digits(hit)
        if not 7 <= len(digits) <= 20 or not self._is_number_like_psb(digits, end):
            return None
        sign, start, unknown = self._psb_prefix(hit)
        if unknown:
            return self._make(
                start,
                end,
                kind=NumberKind.PSB,
                status=NumberStatus.JOKE,
                number=f"{unknown}公网安备{digits}号",
                prefix=unknown,
                digits=digits,
                reason=f"no police authority has the sign {unknown}",
            )
        return self._psb_number(start, end, sign, digits)

    def _is_number_like_psb(self, digits: str, end: int) -> bool:
        rest = self.text[end : end + 1]
        return len(digits) >= 10 or (len(digits) >= 7 and rest not in ("年", "月"))

    def _psb_prefix(self, hit: re.Match[str]) -> tuple[str, int, str]:
        """(sign, start, invented sign) of a public-security number."""
        if hit[0].startswith("公"):
            sign, start, glued = self._prefix(hit.start())
            if sign in self.facts.signs:
                return sign, start, ""
            if sign and not glued and self.text[hit.start() - 1] != " " and hit[0][1:2] in "网 安":
                return (
                    ("", start, sign)
                    if not hit[0].startswith(("公安机关", "公安备", "公安局"))
                    else ("", start, "")
                )
        return self._authority(hit.start())

    def _authority(self, at: int) -> tuple[str, int, str]:
        """The province of the police authority named right before ``at``: 北京市公安局海淀."""
        begin = max(0, at - 24)
        left = self.text[begin:at]
        named = min(((left.find(name), name) for name in self.facts.names if name in left), default=None)
        if named is None or not grammar.AUTHORITY.fullmatch(left, named[0] + len(named[1])):
            return "", at, ""
        return self.facts.names[named[1]], begin + named[0], ""

    def _psb_number(self, start: int, end: int, sign: str, digits: str) -> ParsedNumber:
        status, reason, notes = self._psb_status(sign, digits)
        number = f"{sign}公网安备{digits}号"
        return self._make(
            start,
            end,
            kind=NumberKind.PSB,
            status=status,
            number=number,
            prefix=sign,
            entity_number=number,
            digits=digits,
            reason=reason,
            notes=notes,
        )

    def _psb_status(self, sign: str, digits: str) -> tuple[NumberStatus, str, tuple[str, ...]]:
        if why := _psb_placeholder(digits, self.facts):
            return NumberStatus.PLACEHOLDER, why, ()
        if not 10 <= len(digits) <= 14:
            return NumberStatus.MALFORMED, f"{len(digits)} digits instead of 14", ()
        known = self.facts.signs.get(sign)
        notes = ("province-mismatch",) if known and known.code and digits[:2] != known.code else ()
        if len(digits) == 14:
            return NumberStatus.OK, "", notes if digits[6:8] == "02" else (*notes, "unusual-form")
        if notes:
            # Too short and of another province: no old form either, so only the odd parts are named.
            return NumberStatus.OK, "", (*notes, "outdated-length")
        return NumberStatus.LEGACY_FORM, f"{len(digits)} digits, an older form; now 14", ()

    def _masked_psb(self, hit: re.Match[str]) -> ParsedNumber:
        sign, start, _ = self._prefix(hit.start())
        if sign not in self.facts.signs:
            sign, start = "", hit.start()
        return self._masked(start, hit.end(), NumberKind.PSB, sign)

    def _english_psb(self, hit: re.Match[str]) -> ParsedNumber:
        sign, _, start = self._spoken_sign(hit.start())
        digits = hit["digits"]
        made = self._psb_number(start, hit.end(), sign, digits)
        if made.status is NumberStatus.PLACEHOLDER:
            return made
        return replace(made, status=NumberStatus.ENGLISH, reason="written in English or pinyin")


def _psb_digits(hit: re.Match[str]) -> tuple[str, int]:
    """The digits of a public-security number, joined over spaces and hyphens, and their end."""
    raw, at = hit["digits"], hit.start("digits")
    total = re.sub(r"[^0-9]", "", raw)
    if len(total) <= 14:
        return total, hit.end()
    groups = list(re.finditer(r"[0-9]+", raw))
    joined = ""
    for group in groups:
        joined += group[0]
        if len(joined) == 14:
            return joined, at + group.end()
    if "-" in raw[groups[0].end() : groups[0].end() + 2]:
        return total, hit.end()  # 15081599004-00001: some other form, not a short number and a rest
    return groups[0][0], at + groups[0].end()


def _psb_placeholder(digits: str, facts: NumberFacts) -> str:
    if (digits, "") in facts.samples:
        return "a stock sample of templates"
    if digits in ASCENDING or digits in DESCENDING:
        return "digits counted up or down"
    if len(set(digits)) == 1:
        return "one digit repeated"
    if not digits[6:].strip("0"):
        return "a serial of zeros"
    # Zeros are padding: 京公网安备110000000016号 is a genuine old number.
    return "seven equal digits in a row" if re.search(r"([1-9])\1{6}", digits) else ""
