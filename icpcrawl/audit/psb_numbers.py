"""Public-security numbers: 京公网安备11010502030143号, older lengths, and renderings in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from icpcrawl.audit.number_text import Form, NumberText


class PsbNumbers(NumberText):
    """Reads public-security numbers in a text."""

    def _police_numbers(self) -> Iterator[ParsedNumber]:
        forms: tuple[Form, ...] = (
            (grammar.PSB, self._psb),
            (grammar.PSB_LETTERED, self._lettered_psb),
            (grammar.PSB_MASKED, self._masked_psb),
            (grammar.CONNECTED, self._connected),
        )
        return self._at_heads(grammar.PSB_HEAD, lambda _: forms)

    def _police_numbers_in_english(self) -> Iterator[ParsedNumber]:
        forms: tuple[Form, ...] = ((grammar.ENGLISH_PSB, self._english_psb),)
        return self._at_heads(grammar.ENGLISH_PSB_HEAD, lambda _: forms)

    def _psb(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, end = _psb_digits(hit)
        if not 7 <= len(digits) <= 20 or not self._is_number_like_psb(digits, end):
            return None
        if hit["inner"] and (len(digits) != 14 or hit["inner"] not in self.facts.signs):
            return None  # 公安备案号：沪31010402000318, but not any word before any digits
        if len(digits) < 14 and self.text[end : end + 1] in grammar.LIKE_DIGITS:
            lettered = grammar.PSB_LETTERED.match(self.text, hit.start())
            if lettered:
                return self._lettered_psb(lettered)
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
            if sign and not glued and not self._is_set_off(start, hit.start()):
                is_word = hit[0].startswith(("公安机关", "公安备", "公安局"))
                return "", start, "" if is_word else sign
        elif hit[0].startswith("网"):
            sign, start, glued = self._branch(hit.start())
            if sign in self.facts.signs and not glued:
                return sign, start, ""
        return self._authority(hit.start())

    def _branch(self, at: int) -> tuple[str, int, bool]:
        """The sign before 网安备: 京网安备, 京公海网安备."""
        head = grammar.BRANCH.search(self.text, max(0, at - 3), at)
        return (head[0][0], head.start(), False) if head else self._prefix(at)

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

    def _lettered_psb(self, hit: re.Match[str]) -> ParsedNumber | None:
        written = hit["digits"]
        if sum(map(str.isdigit, written)) < 10:
            return None
        sign, start, _ = self._psb_prefix(hit)
        return self._make(
            start,
            hit.end(),
            kind=NumberKind.PSB,
            status=NumberStatus.MALFORMED,
            number=f"{sign}公网安备{written}号",
            prefix=sign,
            reason="letters among the digits",
        )

    def _connected(self, hit: re.Match[str]) -> ParsedNumber | None:
        if hit["digits"][:2] not in self.facts.codes:
            return None
        return self._psb_number(hit.start(), hit.end(), "", hit["digits"])

    def _masked_psb(self, hit: re.Match[str]) -> ParsedNumber:
        sign, start, _ = self._prefix(hit.start())
        if sign not in self.facts.signs:
            sign, start = "", hit.start()
        return self._masked(start, hit.end(), NumberKind.PSB, sign)

    def _english_psb(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, _, start = self._spoken_sign(hit.start())
        digits = hit["digits"]
        if hit["short"] and len(digits) != 14:
            return None
        made = self._psb_number(start, hit.end(), sign, digits)
        if made.status is NumberStatus.PLACEHOLDER:
            return made
        return replace(made, status=NumberStatus.ENGLISH, reason="written in English or pinyin")


def _psb_digits(hit: re.Match[str]) -> tuple[str, int]:
    """The digits of a public-security number, joined over spaces and hyphens, and their end."""
    raw, at = hit["digits"], hit.start("digits")
    if raw.isdigit():
        return raw, hit.end()
    total = re.sub(r"[^0-9]", "", raw)
    groups = list(re.finditer(r"[0-9]+", raw))
    first = groups[0][0]
    if 10 <= len(first) < 14 and first[6:8] != "02" and raw[groups[0].end()] == " ":
        return first, at + groups[0].end()  # an old number, and whatever follows it
    if len(total) < 14 and "-" in raw:
        return first, at + groups[
            0
        ].end()  # a date, a telephone number: only all fourteen are set with dashes
    if len(total) <= 14:
        return total, hit.end()
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
    if not digits[8 if len(digits) == 14 else 6 :].strip("0"):
        return "a serial of zeros"
    # Zeros are padding: 京公网安备110000000016号 is a genuine old number.
    return "seven equal digits in a row" if re.search(r"([1-9])\1{6}", digits) else ""
