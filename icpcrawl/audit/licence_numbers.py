"""Licences: 京ICP证030173号 of the old style, and 粤B2-20090059 by service class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from icpcrawl.audit import grammar
from icpcrawl.audit.number import NumberKind, NumberStatus, ParsedNumber, is_placeholder
from icpcrawl.audit.number_text import Form, NumberText, read_serial


class LicenceNumbers(NumberText):
    """Reads licence numbers in a text."""

    def _licence_forms(self) -> tuple[Form, ...]:
        return ((grammar.LICENCE, self._licence), (grammar.LICENCE_MASKED, self._masked_licence))

    def _class_licences(self) -> Iterator[ParsedNumber]:
        forms: tuple[Form, ...] = ((grammar.CLASS_LICENCE, self._class_licence),)
        return self._at_heads(grammar.CLASS_HEAD, lambda _: forms)

    def _licence(self, hit: re.Match[str]) -> ParsedNumber | None:
        digits, digits_end, serial = self._digits(hit, (6,))
        sign, start, _ = self._prefix(hit.start())
        known = self.facts.signs.get(sign)
        if len(digits) < 5 or len(digits) > 10 or not self._is_number_like(hit, digits, digits_end):
            return None
        if known is None or known.use == "police" or sign == "宁":
            named, named_at = self._named_province(hit.start())  # 辽宁 ends in another province's sign
            sign, start = (named, named_at) if named or known is None else (sign, start)
        entity = f"{sign}ICP证{digits}号"
        status, reason = NumberStatus.OK, ""
        year = 2000 + int(digits[:2])
        if why := is_placeholder(digits, sign, self.facts):
            status, reason = NumberStatus.PLACEHOLDER, why
        elif len(digits) != 6:
            status, reason = NumberStatus.MALFORMED, f"{len(digits)} digits instead of 6"
        elif not sign:
            status, reason = NumberStatus.NO_PREFIX, "no province before ICP"
        elif year > self.year:
            status, reason = NumberStatus.IMPOSSIBLE_YEAR, f"no licence was given in {year}"
        return self._make(
            start,
            serial.end,
            kind=NumberKind.LICENCE,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=year if len(digits) == 6 else None,
            reason=reason,
        )

    def _masked_licence(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, start, _ = self._prefix(hit.start())
        return self._masked(start, hit.end(), NumberKind.LICENCE, sign) if sign in self.facts.signs else None

    def _class_licence(self, hit: re.Match[str]) -> ParsedNumber | None:
        sign, start = self._class_lead(hit.start())
        classes = _classes(hit["classes"])
        # A plate of a car: 京A1-…; the name of a house: 大厦B2-…
        doubtful = (classes in ("A1", "A2") and sign != "合字") or self._is_city_in_words(sign, start)
        if grammar.OF_GOODS.search(self.text, max(0, start - 14), start):
            return None
        is_labelled = grammar.LICENCE_LABEL.search(self.text, max(0, hit.start() - 40), hit.start())
        is_alone = not sign and not is_labelled and self._stands_for_itself(classes, hit)
        if (doubtful or not (sign or is_alone)) and not is_labelled:
            return None
        if not sign and (not hit["dash"] or self.text[hit.start() - 1 : hit.start()] == "-"):
            return None
        digits, serial = hit["digits"].replace(" ", ""), read_serial(hit, hit.end("digits"))
        entity = f"{sign}{classes}-{digits}"
        status, reason, year = NumberStatus.OK, "", int(digits[:4])
        if why := is_placeholder(digits, sign, self.facts):
            status, reason = NumberStatus.PLACEHOLDER, why
        elif len(digits) != 8:
            status, reason = NumberStatus.MALFORMED, f"{len(digits)} digits instead of 8"
        elif year > self.year:
            status, reason = NumberStatus.IMPOSSIBLE_YEAR, f"no licence was given in {year}"
        return self._make(
            start,
            serial.end,
            kind=NumberKind.LICENCE,
            status=status,
            number=entity + serial.suffix,
            prefix=sign,
            entity_number=entity,
            service_serial=serial.number,
            service_kind=serial.kind,
            digits=digits,
            year=year,
            reason=reason,
            notes=("unlabelled",) if is_alone else (),
        )

    def _stands_for_itself(self, classes: str, hit: re.Match[str]) -> bool:
        """Whether no word need say that it is a licence: several classes in one, or B2 and nothing beside it."""
        if not hit["dash"] or len(hit["digits"]) != 8 or int(hit["digits"][:4]) > self.year:
            return False
        return "." in classes or (classes == "B2" and self.text.strip(" ()[]") == hit[0].strip())

    def _is_city_in_words(self, sign: str, start: int) -> bool:
        known = self.facts.signs.get(sign)
        return bool(known and known.use == "city" and self.text[start - 1 : start] > "\u3400")

    def _class_lead(self, at: int) -> tuple[str, int]:
        left = self.text[max(0, at - 24) : at]
        hit = grammar.CLASS_LEAD.search(left)
        if hit is None:
            return "", at
        start = at - len(left) + hit.start()
        if hit["joint"]:
            return "合字", start
        sign = hit["sign"] or ""
        if sign in self.facts.signs:
            return sign, start
        spoken, name, spoken_at = self._spoken_sign(at)
        if name:
            return spoken, spoken_at
        return "", at - len(hit["icp"].lstrip(" ")) if hit["icp"] else at


def _classes(written: str) -> str:
    """A2、B1和B2, or A2B1B2, as A2.B1.B2; the old B-2-4 stays as it is."""
    return written.upper() if "-" in written else ".".join(re.findall(r"[AB][12]", written.upper()))
