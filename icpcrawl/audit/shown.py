"""What a page shows of one kind of number: the best one, all of them, and the comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from icpcrawl.audit.footer import DisplayedNumber, PageReading, Place
from icpcrawl.audit.links import LinkFacts, LinkTarget, LinkVerdict, judge_link
from icpcrawl.audit.numbers import NumberKind, NumberStatus, ParsedNumber, ServiceKind
from icpcrawl.audit.site_audit import JudgedNumber, Shown
from icpcrawl.observation import Page

_USABLE = (
    NumberStatus.OK,
    NumberStatus.NONSTANDARD_PREFIX,
    NumberStatus.LEGACY_FORM,
    NumberStatus.IMPOSSIBLE_YEAR,
)
"""Statuses of a number that stands on the page as somebody's number; best first."""

_DOUBTED = frozenset(
    {
        NumberStatus.PLACEHOLDER,
        NumberStatus.NONSTANDARD_PREFIX,
        NumberStatus.IMPOSSIBLE_YEAR,
        NumberStatus.QUOTED,
    }
)
_NOBODYS = frozenset({NumberStatus.JOKE, NumberStatus.QUOTED})
_NAMED_BY_OWNER = "named by the owner"
AGREES = ("match", "entity-only")
"""Answers of ``agreement`` that leave nothing to say."""
_SAME_ENTITY = (*AGREES, "serial-differs")
_MATCHES = ("match", "entity-only", "serial-differs", "differs")
_LINKS = (LinkVerdict.OK, LinkVerdict.NOTICE, LinkVerdict.WARNING, LinkVerdict.ERROR)
_PLACES = tuple(Place)
_STATUSES = (*_USABLE, *(status for status in NumberStatus if status not in _USABLE))


def is_usable(seen: DisplayedNumber) -> bool:
    """True for a number that a visitor reads and that may count as the display."""
    return seen.displayed and seen.parsed.status in _USABLE


def may_be_read(seen: DisplayedNumber) -> bool:
    """On the page, or in a picture, a script or a copy for another width, which nobody looked at."""
    unseen = (Place.IMAGE_ALT, Place.SCRIPT, Place.HIDDEN)
    return seen.displayed or (seen.place in unseen and seen.hidden_by not in ("template", "input-hidden"))


def counts_as_display(seen: DisplayedNumber) -> bool:
    """A licence that covers websites: an ICP licence or class A or B2, never B1 alone.

    Source: Decree 292 art. 12 (licence number *or* filing number); classes in MIIT's
    Catalogue of Telecommunications Services, where B1 holds no information service.
    """
    number = seen.parsed.number or seen.parsed.raw
    return seen.parsed.kind is NumberKind.LICENCE and not re.fullmatch(r"\D{0,4}B1-\d.*", number)


def by_owners_word(reading: PageReading, owned: Sequence[str]) -> PageReading:
    """The reading with every doubt taken back that the owner's own data answers.

    A number that portfolio or register name for the site, be it with another serial, is
    never a placeholder, an impossible year, a foreign prefix or somebody else's: its entity is real.
    """

    def trusted(seen: DisplayedNumber) -> DisplayedNumber:
        doubted = seen.parsed.status in _DOUBTED
        if not doubted or not is_owned(seen.parsed, owned):
            return seen
        parsed = replace(seen.parsed, status=NumberStatus.OK, reason=_NAMED_BY_OWNER)
        return replace(seen, parsed=parsed)

    return replace(reading, numbers=tuple(trusted(each) for each in reading.numbers)) if owned else reading


def show(
    numbers: Sequence[JudgedNumber], expected: tuple[str, ...], also: Sequence[JudgedNumber] = ()
) -> Shown:
    """Gather one kind of number, and compare every displayed one with every expected one.

    ``also`` are numbers of another kind that may be the expected one: a licence that the
    portfolio names as filing number. They take part only where they agree.
    """
    kept = tuple(each for each in numbers if each.seen.parsed.status not in _NOBODYS)
    ranked = sorted(kept, key=lambda each: _rank(each, expected))
    match = agreement([each.seen.parsed for each in kept if is_usable(each.seen)], expected)
    others = agreement([each.seen.parsed for each in also if is_usable(each.seen)], expected)
    if match not in AGREES and others in AGREES:
        match = others
    return Shown(ranked[0] if ranked else None, kept, expected, match)


def judge_links(
    reading: PageReading, page_url: str, companions: Sequence[Page], facts: LinkFacts
) -> tuple[JudgedNumber, ...]:
    """Every number of the page with the worth of its link, in text order.

    ``companions`` are the answers of the site's own redirectors: where one forwards to is
    judged in its place, as far as the string goes.
    """
    forwards = {page.url: page.header("location") for page in companions if 300 <= page.status < 400}
    judged = [_judged(seen, page_url, forwards, facts) for seen in reading.numbers]
    good = {
        (each.seen.link.href, each.seen.link.text)
        for each in judged
        if each.seen.link and each.seen.parsed.kind is NumberKind.FILING and each.link.passes
    }
    return tuple(_shared(each, good) for each in judged)


def _judged(
    seen: DisplayedNumber, page_url: str, forwards: Mapping[str, str], facts: LinkFacts
) -> JudgedNumber:
    first = judge_link(seen, page_url, facts)
    onward = forwards.get(seen.link.url, "") if seen.link else ""
    if not seen.link or not onward or first.target not in ("elsewhere", "redirector"):
        return JudgedNumber(seen, first)
    followed = judge_link(replace(seen, link=replace(seen.link, href=onward, url="")), page_url, facts)
    if followed.passes:
        return JudgedNumber(seen, LinkTarget("redirector", LinkVerdict.WARNING, followed.host, "by redirect"))
    return JudgedNumber(seen, followed)


def best_linked(numbers: Iterable[JudgedNumber]) -> tuple[JudgedNumber, ...]:
    """Each number once, with the best link among its copies."""
    best: dict[str, JudgedNumber] = {}
    for each in numbers:
        key = each.seen.parsed.digits if each.seen.parsed.kind is NumberKind.PSB else each.seen.parsed.number
        key = key or each.seen.parsed.raw
        if key not in best or _LINKS.index(each.link.verdict) < _LINKS.index(best[key].link.verdict):
            best[key] = each
    return tuple(best.values())


def agreement(shown: Sequence[ParsedNumber], expected: Sequence[str]) -> str:
    """The best comparison between any shown and any expected number.

    ``match``, ``entity-only`` (same entity, serial absent on one side), ``serial-differs``,
    ``differs``; ``not-given`` where there is nothing to compare.
    """
    named = [parts for each in expected if _SIX_DIGITS.search((parts := _parts(each))[0])]
    read = [(_entity(parsed), _serial(parsed)) for parsed in shown]
    results = [_compare(_parts(entity)[0], serial, *other) for entity, serial in read for other in named]
    return min(results, key=_MATCHES.index) if results else "not-given"


def is_owned(shown: ParsedNumber, owned: Sequence[str]) -> bool:
    """Whether the owner's own data name that number, or another of its entity."""
    return agreement([shown], owned) in _SAME_ENTITY


def entity_part(number: str) -> str:
    """What every number of one filing entity shares, however it was typed.

    >>> entity_part("京 ICP备１２３４５６７８号－2") == entity_part("京ICP备12345678号")
    True
    """
    return _parts(number)[0]


def _compare(entity: str, serial: str, expected_entity: str, expected_serial: str) -> str:
    if entity != expected_entity and not _is_same_otherwise(entity, expected_entity):
        return "differs"
    if serial == expected_serial:
        return "match"
    return "serial-differs" if serial and expected_serial else "entity-only"


_SIX_DIGITS = re.compile(r"\d{6}")
"""What holds fewer in a row is an owner's remark."""
_SIGN = re.compile("合字|[一-鿿]")
_DIGITS_AT_END = re.compile(r"\d{6,}$")
_CLASSES = re.compile(r"(合字|[一-鿿])?((?:[AB]\d)(?:\.[AB]\d)*)-(\d+)")


def _is_same_otherwise(one: str, other: str) -> bool:
    """Whether one of two is the other without its province, with fewer classes, or its digits alone, as owners write them."""
    short, long = sorted((one, other), key=len)
    sign, digits = _SIGN.match(long), _DIGITS_AT_END.search(long)
    if (sign and long[sign.end() :] == short) or (digits and digits[0] == short):
        return True
    mine, theirs = _CLASSES.fullmatch(one), _CLASSES.fullmatch(other)
    if not mine or not theirs or mine[3] != theirs[3]:
        return False
    same_place = not mine[1] or not theirs[1] or mine[1] == theirs[1]
    return same_place and bool({*mine[2].split(".")} & {*theirs[2].split(".")})


def _entity(parsed: ParsedNumber) -> str:
    """What is compared: of 川 and the like, which the filing system prints otherwise, all but the sign."""
    entity = parsed.entity_number or parsed.number
    may_be_odd = parsed.status is NumberStatus.NONSTANDARD_PREFIX or parsed.reason == _NAMED_BY_OWNER
    is_odd = may_be_odd and entity.startswith(parsed.prefix)
    return entity[len(parsed.prefix) :] if is_odd else entity


def _serial(parsed: ParsedNumber) -> str:
    if parsed.service_serial:
        return parsed.service_serial.lstrip("0") or "0"
    return _parts(parsed.number)[1] if parsed.number != parsed.entity_number else ""


def _parts(number: str) -> tuple[str, str]:
    """Entity and serial of a number however it was typed, made comparable.

    >>> _parts("京 ICP备１２３４５６７８号－2")
    ('京ICP备12345678', '2')
    >>> _parts("粤B2-20090059-5")
    ('粤B2-20090059', '5')
    >>> _parts("京公网安备 11010502030143号")
    ('11010502030143', '')
    """
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", number)).upper()
    plain = re.sub("[‐-―−－_]", "-", plain)
    police = re.search(r"安备(?:案号?)?[:：]?(\d{10,14})", plain) or re.fullmatch(r"(\d{10,14})", plain)
    if police:
        return police[1], ""
    cut = re.fullmatch(r"(.{1,30}?\d{6,10})号?(?:-0*(\d{1,4})[AXK]?)?号?", plain)
    return (cut[1], cut[2] or "") if cut else (plain, "")


def _rank(each: JudgedNumber, expected: tuple[str, ...]) -> tuple[int, ...]:
    """Best first: readable, usable, the expected one, a website's, in the footer, well linked."""
    parsed = each.seen.parsed
    match = agreement([parsed], expected)
    return (
        not each.seen.displayed,
        parsed.status not in _USABLE,
        _MATCHES.index(match) if match in _MATCHES else len(_MATCHES),
        parsed.service_kind is not ServiceKind.WEBSITE,
        _STATUSES.index(parsed.status),
        _LINKS.index(each.link.verdict),
        _PLACES.index(each.seen.place),
    )


def _shared(each: JudgedNumber, good: set[tuple[str, str]]) -> JudgedNumber:
    """A police number inside the filing number's own link is shared, not swapped.

    ``good`` are address and words of the filing numbers' links: two links to one address
    read differently.
    """
    link = each.seen.link
    if (
        each.link.target == "swapped"
        and each.seen.parsed.kind is NumberKind.PSB
        and link
        and (link.href, link.text) in good
    ):
        shared = LinkTarget("shared", LinkVerdict.NOTICE, each.link.host, "one link around both numbers")
        return JudgedNumber(each.seen, shared)
    return each
