"""Filing numbers: 京ICP备12345678号-1, its spellings, near misses, jokes and renderings in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from icpcrawl.audit import grammar
from icpcrawl.audit.licence_numbers import LicenceNumbers
from icpcrawl.audit.number import NumberKind, NumberStatus, ParsedNumber, is_placeholder
from icpcrawl.audit.number_text import MAX_HEADS, Form, Serial, filing_year, read_serial

_PERMIT_WORDS = ("证", "经营", "许可")
_DATE = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_MEANT_FOR_ICP = frozenset("IiCcPpLlTt1|")


class FilingNumbers(LicenceNumbers):
    """Reads filing numbers in a text, and whatever else stands behind the letters ICP."""

    def _filings(self) -> Iterator[ParsedNumber]:
        """Every filing number, and every number that may stand behind the letters ICP."""
        after_bei: tuple[Form, ...] = (
            (grammar.FILING, self._filing),
            (grammar.FILING_MASKED, self._masked_filing),
            (grammar.FILING_LETTERED, self._lettered),
            (grammar.JOKE_TAIL, self._joke),
            (grammar.SIGN_BEHIND, self._sign_behind),
        )
        after_zheng = self._licence_forms()
        after_icp: tuple[Form, ...] = (
            (grammar.WITHOUT_BEI, self._without_bei),
            (grammar.ENGLISH_FILING, self._english_filing),
            (grammar.SIGN_BEHIND, self._sign_behind),
        )

        def forms_at(head: re.Match[str]) -> tuple[Form, ...]:
            following = self.text[head.end() : head.end() + 5]
            if "备" in following:
                return after_bei
            return after_zheng if any(word in following for word in _PERMIT_WORDS) else after_icp

        yield from self._at_heads(grammar.ICP_HEAD, forms_at)

    def _misspelt_filings(self) -> Iterator[ParsedNumber]:
        """Every 备 that letters stand before, yet not quite ICP."""
        text = self.text
        for bei in islice(grammar.BEI.finditer(text), MAX_HEADS):
            before = text[max(0, bei.start() - 4) : bei.start()].rstrip(" ")[-3:]
            if not before[-1:].isascii() or before.lower() == "icp":
                continue
            letters = grammar.LETTERS.search(text, max(0, bei.start() - 7), bei.start())
            hit = grammar.MISSPELT.match(text, letters.start()) if letters else None
            number = self._misspelt(hit) if hit else None
            if number is not None:
                yield number

    def _filing(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, digits_end, serial = self._digits(hit, (8, 10))
        if not self._is_number_like(hit, digits, digits_end):
            return None
        if len(digits) not in (8, 10) and self.text[digits_end : digits_end + 1] in grammar.LIKE_DIGITS:
            lettered = grammar.FILING_LETTERED.match(self.text, hit.start())
            if lettered:
                return self._lettered(lettered)
        if joke := self._joke_sign(hit.start()):
            return self._joke_number(hit.start(), serial.end, joke, digits)
        sign, start, glued = self._prefix(hit.start())
        known = self.facts.signs.get(sign)
        if sign == "云" and glued:
            known = None  # the end of a company's name: 阿里云, 腾讯云
        named, named_at = self._named_province(hit.start()) if glued or known is None else ("", 0)
        if known is not None and known.use in ("standard", "nonstandard") and named in ("", sign):
            return self._filing_number(start, serial, sign, digits)
        if named:
            return self._filing_number(named_at, serial, named, digits, spelt_out=True)
        if sign and not glued and not self._is_set_off(start, hit.start()):
            return self._joke_number(start, serial.end, sign, digits)
        return self._without_prefix(hit, serial, digits)

    def _filing_number(
        self, start: int, serial: Serial, sign: str, digits: str, *, spelt_out: bool = False
    ) -> ParsedNumber:
        status, reason, notes = self._filing_status(sign, digits)
        if spelt_out and status is NumberStatus.OK:
            status, reason = NumberStatus.NONSTANDARD_PREFIX, "the province is spelt out"
        entity = f"{sign}ICP备{digits}号"
        return self._make(
            start,
            serial.end,
            kind=NumberKind.FILING,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=filing_year(digits),
            reason=reason,
            notes=notes,
        )

    def _filing_status(self, sign: str, digits: str) -> tuple[NumberStatus, str, tuple[str, ...]]:
        if why := is_placeholder(digits, sign, self.facts):
            return NumberStatus.PLACEHOLDER, why, ()
        if len(digits) == 6 and digits[:2] <= "05":
            return NumberStatus.LEGACY_FORM, "six digits, as given before 2005", ()
        if len(digits) not in (8, 10):
            return NumberStatus.MALFORMED, f"{len(digits)} digits instead of 8 or 10", ()
        year = filing_year(digits)
        if year is None or year > self.year:
            return NumberStatus.IMPOSSIBLE_YEAR, f"no number was given in {year or digits[:4]}", ()
        known = self.facts.signs.get(sign)
        if known is not None and known.use == "nonstandard":
            instead = f", {known.expected} is" if known.expected else ""
            return NumberStatus.NONSTANDARD_PREFIX, f"{sign} is no prefix of filings{instead}", ()
        return NumberStatus.OK, "", _filing_notes(digits)

    def _without_prefix(self, hit: re.Match[str], serial: Serial, digits: str) -> ParsedNumber | None:
        sign, name, start = self._spoken_sign(hit.start())
        if not name and not hit["hao"] and not serial.number and _DATE.fullmatch(digits):
            return None  # ICP备案 20240501
        entity = f"{sign}ICP备{digits}号"
        why = is_placeholder(digits, "", self.facts)
        status, reason = NumberStatus.NO_PREFIX, "no province before ICP"
        if name:
            status, reason = NumberStatus.ENGLISH, "the province is given in pinyin or English"
        elif len(digits) not in (6, 8, 10):
            status, reason = NumberStatus.MALFORMED, "no province, and not 8 or 10 digits"
        if why:
            status, reason = NumberStatus.PLACEHOLDER, why
        return self._make(
            start,
            serial.end,
            kind=NumberKind.FILING,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=filing_year(digits),
            reason=reason,
        )

    def _joke_number(self, start: int, end: int, sign: str, digits: str) -> ParsedNumber:
        name = self.facts.jokes.get(sign, "")
        return self._make(
            min(start, max(0, self.text.rfind(sign, 0, end)))
            if not name
            else self.text.rfind(sign, 0, start),
            end,
            kind=NumberKind.FILING,
            status=NumberStatus.JOKE,
            number=f"{sign}ICP备{digits}号",
            prefix=sign,
            digits=digits,
            reason=f"not a register of the state: {name}" if name else f"no register has the sign {sign}",
        )

    def _joke(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign = self._joke_sign(hit.start())
        return self._joke_number(hit.start(), hit.end(), sign, hit["digits"]) if sign else None

    def _masked_filing(self, hit: re.Match[str]) -> ParsedNumber:
        sign, start, _ = self._prefix(hit.start())
        if sign not in self.facts.signs:
            sign, start = "", hit.start()
        return self._masked(start, hit.end(), NumberKind.FILING, sign)

    def _misspelt(self, hit: re.Match[str]) -> ParsedNumber | None:
        letters = hit["letters"]
        if sum(letter in _MEANT_FOR_ICP for letter in letters) < 2:
            return None
        return self._without_bei(hit)

    def _without_bei(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, start, glued = self._prefix(hit.start())
        known = self.facts.signs.get(sign)
        if known is None or known.use == "police" or (glued and sign in "云新藏"):
            return None
        digits, digits_end, serial = self._digits(hit, (8, 10))
        if not 6 <= len(digits) <= 10 or not self._is_number_like(hit, digits, digits_end):
            return None
        head = re.sub(r"[ :-]", "", self.text[hit.start() : hit.start("digits")])
        return self._mistyped(
            start, serial, sign, digits, f"{sign}{head}", f"written {head} instead of ICP备"
        )

    def _sign_behind(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign = hit["sign"]
        known = self.facts.signs.get(sign)
        digits, _, serial = self._digits(hit, (8, 10))
        if known is None or known.use not in ("standard", "nonstandard") or len(digits) not in (8, 10):
            return None
        return self._mistyped(
            hit.start(), serial, sign, digits, f"ICP备{sign}", "the province stands behind ICP备"
        )

    def _mistyped(
        self, start: int, serial: Serial, sign: str, digits: str, head: str, reason: str
    ) -> ParsedNumber:
        """A number whose digits are whole and whose words are not."""
        why = is_placeholder(digits, sign, self.facts)
        return replace(
            self._filing_number(start, serial, sign, digits),
            status=NumberStatus.PLACEHOLDER if why else NumberStatus.MALFORMED,
            number=f"{head}{digits}号{serial.suffix}",
            reason=why or reason,
        )

    def _lettered(self, hit: re.Match[str]) -> ParsedNumber | None:
        written = hit["digits"]
        if sum(map(str.isdigit, written)) < 5 or self._joke_sign(hit.start()):
            return None
        sign, start, _ = self._prefix(hit.start())
        if sign not in self.facts.signs:
            sign, start = "", hit.start()
        serial = read_serial(hit, hit.end("digits"))
        return self._make(
            start,
            serial.end,
            kind=NumberKind.FILING,
            status=NumberStatus.MALFORMED,
            number=f"{sign}ICP备{written}号{serial.suffix}",
            prefix=sign,
            service_serial=serial.number,
            service_kind=serial.kind,
            reason="letters among the digits",
        )

    def _english_filing(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, name, start = self._spoken_sign(hit.start())
        digits, word = hit["digits"], (hit["word"] or "").lower()
        is_licence = word in ("certificate", "permit", "zheng") or (
            word.startswith("licen") and len(digits) == 6
        )
        if self.text[max(0, hit.start() - 5) : hit.start()].lower().rstrip(" -").endswith("moe"):
            return self._joke_number_english(hit, digits)
        if not name and not (word and hit["no"]) and not (hit["no"] and len(digits) in (8, 10)):
            return None
        before = self.text[hit.start() - 1 : hit.start()]
        if not name and before.isascii() and before.isalpha():
            return None
        if len(digits) not in ((6,) if is_licence else (8, 10)):
            return None
        letter = "证" if is_licence else "备"
        entity = f"{sign}ICP{letter}{digits}号"
        serial = read_serial(hit, hit.end("digits"))
        why = is_placeholder(digits, sign, self.facts)
        return self._make(
            start,
            serial.end,
            kind=NumberKind.LICENCE if is_licence else NumberKind.FILING,
            status=NumberStatus.PLACEHOLDER if why else NumberStatus.ENGLISH,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=filing_year(digits),
            reason=why or "written in English or pinyin",
            notes=() if sign else ("ambiguous-province",) if name else ("no-province",),
        )

    def _joke_number_english(self, hit: re.Match[str], digits: str) -> ParsedNumber:
        return self._make(
            hit.start(),
            hit.end(),
            kind=NumberKind.FILING,
            status=NumberStatus.JOKE,
            number=f"萌ICP备{digits}号",
            prefix="萌",
            digits=digits,
            reason="not a register of the state: Moe ICP",
        )


def _filing_notes(digits: str) -> tuple[str, ...]:
    if len(digits) == 10 and digits[:4] < "2020":
        return ("early-four-digit-year",)
    if len(digits) == 8 and "2020" <= digits[:4] <= "2039":
        return ("perhaps-cut-off",)
    return ()
