"""Numbers that a page names without showing them as its own: in an article, a headline, a directory.

Whoever looks for a site's number looks at its foot. What stands elsewhere is the site's own
unless something says that it is not: it stands in prose, the words beside it speak of another's
number or of an example, it is part of a link's headline, or a foot below it shows a different one.
A number that links to its register as the duty asks speaks for the site, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from icpcrawl.audit.number import NumberKind, NumberStatus, ParsedNumber, ServiceKind

if TYPE_CHECKING:
    from icpcrawl.audit.footer import DisplayedNumber, PageLink

_PROSE_LETTERS = 120
_PROSE_REACH = 2000
_NEAR = 60
"""Characters on either side in which words speak of the number."""
_HEADLINE_CHARACTERS = 6
"""Chinese characters of a link's text, labels apart, that make it more than a number with its province."""
_A_DIRECTORY = 3
"""Entities named on a page whose foot shows none: no site has so many of its own."""
_SPEAKS_FOR_NOBODY = frozenset(
    {
        NumberStatus.MALFORMED,
        NumberStatus.PLACEHOLDER,
        NumberStatus.MASKED,
        NumberStatus.IMPOSSIBLE_YEAR,
        NumberStatus.JOKE,
        NumberStatus.QUOTED,
    }
)
_REGISTERS = ("beian.miit.gov.cn", "beian.mps.gov.cn", "www.beian.gov.cn", "beian.gov.cn")
_COPYRIGHT_SIGN = re.compile(r"©|copyright|版权所有|all rights reserved", re.IGNORECASE)
_OWN = re.compile(
    r"©|copyright|版权所有|all rights|本站|本网站|本公司|本平台|本店|本校|我司|我院|我校",
    re.IGNORECASE,
)
"""By these a line speaks of the site itself."""
# Within one clause, and without a blank: a blank, a link's edge or a full stop ends what the word speaks of.
_SPOKEN_OF_BEFORE = re.compile(
    r"(?:(?:例如|比如|譬如|诸如|形如|(?:如|例|格式|示例|样例|举例|教程)[:：])[^\s。！？|｜·]{0,12}\s?"
    r"|(?:写着|写成|写有|冒用|盗用|伪造|套用|假冒|查获|涉事|涉案|请问|(?:别的|其他)(?:网站|公司)|他人的|对方的"
    r"|(?:关于|予以|决定|责令|已|被)(?:注销|吊销|撤销)|某(?:公司|企业|网站|平台|单位)"
    r"|(?:填写|输入)[^\s。]{0,3}备案|(?:改|换|替换|修改)[成为])[^\s。！？|｜·]{0,12}"
    r"|该(?:网站|平台|公司|企业|单位|app)[^\s。！？|｜·由]{0,6}(?:备案|许可)[^\s。！？|｜·]{0,6}"
    r"|某[^\s。！？|｜·]{0,16}[（(][^\s（()）]{0,8}"
    r"|(?<![:：为是号])[“「『])\Z",
    re.IGNORECASE,
)
_SPOKEN_OF_BEHIND = re.compile(
    r"[）)】」”\"']{0,2}(?:[，,]?(?:的(?:公告|通知|通报|声明)|等(?:网站|备案|号)|存在|涉嫌|这样|对吗|已列入"
    r"|被(?:责令|处罚|通报|关停|列入))|[，,\s]?[（(]?(?:已被?|被)(?:注销|吊销|撤销|列入))"
)
_NUMBERS = re.compile(r"[\u3400-\u9fff]?\s?(?:ICP[备证]|公网安备|[AB][12]-)\s?[0-9]{4,14}号?(?:-[0-9]{1,4})?")
"""Other numbers of the same sentence."""
_LABELS = re.compile(
    r"ICP|工业和信息化部|通信管理局|工信部|备案|许可证|经营|增值|电信|业务|网站|公网安备|联网|公安"
    r"|[^\u3400-\u9fff]|[编证序]?号",
    re.IGNORECASE,
)
_A_REGISTER = re.compile(r"beian\.(?:miit|mps|gov)|miibeian|miitbeian", re.IGNORECASE)
_ABOUT_REGISTERS = re.compile(r"beian|icp|miit|chinaz|aizhan|redirect|[?&=/]go\b", re.IGNORECASE)


def speaks_for_site(link: PageLink | None) -> bool:
    """Whether a number's own link leads to a register, as the duty asks: nobody links others' numbers so."""
    if link is None or link.how != "around":
        return False
    try:
        return (urlsplit(link.url).hostname or "") in _REGISTERS
    except ValueError:
        return False


def leads_to_register(link: PageLink | None) -> bool:
    """Whether any link of the number, around or beside it, by script or redirector, means a register, old or new."""
    return link is not None and bool(_A_REGISTER.search(f"{link.href} {link.url}"))


def is_mere_mention(value: str, number: ParsedNumber) -> bool:
    """Whether an attribute's text, away from the foot, says more than the number: a headline, a picture's subject."""
    near = value[max(0, number.start - _NEAR) : number.end + _NEAR]
    return is_spoken_of(value, number) or len(_LABELS.sub("", near)) >= _HEADLINE_CHARACTERS


def is_in_prose(text: str, number: ParsedNumber) -> bool:
    """Whether it stands inside prose of some length that claims no copyright."""
    if len(text) < _PROSE_LETTERS:
        return False
    before = text[max(0, number.start - _PROSE_REACH) : number.start]
    after = text[number.end : number.end + _PROSE_REACH]
    is_prose = "。" in before and ("。" in after or "，" in after)
    return is_prose and not _COPYRIGHT_SIGN.search(before) and not _COPYRIGHT_SIGN.search(after)


def is_spoken_of(text: str, number: ParsedNumber) -> bool:
    """Whether the words next to a number that stands in no footer tell that it is somebody else's, or an example."""
    before = _NUMBERS.sub("", text[max(0, number.start - _NEAR) : number.start])
    after = text[number.end : number.end + _NEAR]
    if _OWN.search(before) or _OWN.search(after):
        return False
    return bool(_SPOKEN_OF_BEFORE.search(before) or _SPOKEN_OF_BEHIND.match(after))


def is_in_headline(link: PageLink | None) -> bool:
    """Whether it is part of a longer text that leads to a page of its own: news, a directory's entry."""
    if link is None or link.how != "around" or _ABOUT_REGISTERS.search(link.url):
        return False
    path = link.url.partition("://")[2].partition("/")
    is_page = bool(path[2].strip("/")) or not link.href.startswith("/")
    return bool(link.url) and is_page and len(_LABELS.sub("", link.text)) >= _HEADLINE_CHARACTERS


def others_told_apart(numbers: Sequence[DisplayedNumber]) -> Sequence[DisplayedNumber]:
    """The numbers in page order, those quoted that stand before a foot that shows another entity's, or in a directory.

    Licences are left alone: one company may hold several.
    """
    footers = _shown_in("footer", numbers)
    own = {**_shown_in("bottom", numbers), **footers}
    listed = _shown_in("body", numbers)
    linked = {
        (each.parsed.kind, _entity(each.parsed))
        for each in numbers
        if each.displayed and speaks_for_site(each.link)
    }
    told = list(numbers)
    for index, each in enumerate(numbers):
        kind = each.parsed.kind
        if (
            not each.displayed
            or each.place == "footer"
            or kind is NumberKind.LICENCE
            or speaks_for_site(each.link)
        ):
            continue
        if each.parsed.status is NumberStatus.JOKE:
            continue
        is_above = each.place == "body" or (kind in footers and index < min(footers[kind]))
        if kind in own and is_above and _entity(each.parsed) not in own[kind].values():
            told[index] = quoted(each, "the foot of the page shows another")
        elif kind not in own and len(set(listed.get(kind, {}).values())) >= _A_DIRECTORY:
            told[index] = quoted(each, "one of several entities' in a list")
        elif _is_outdone(each, linked):
            told[index] = quoted(each, "another's number on the page is linked to its register")
    return told


def _is_outdone(seen: DisplayedNumber, linked: set[tuple[NumberKind, str]]) -> bool:
    """Whether it has no link, while another entity's number has the one that the duty asks for."""
    kind, entity = seen.parsed.kind, _entity(seen.parsed)
    others = any(each == kind and other != entity for each, other in linked)
    return others and (kind, entity) not in linked and not leads_to_register(seen.link)


def _shown_in(place: str, numbers: Sequence[DisplayedNumber]) -> dict[NumberKind, dict[int, str]]:
    """Whose websites' numbers stand there, by kind and by their place in the order."""
    found: dict[NumberKind, dict[int, str]] = {}
    for index, each in enumerate(numbers):
        counts = (
            each.parsed.status not in _SPEAKS_FOR_NOBODY and each.parsed.service_kind is ServiceKind.WEBSITE
        )
        if each.displayed and each.place == place and counts:
            found.setdefault(each.parsed.kind, {})[index] = _entity(each.parsed)
    return found


def _entity(number: ParsedNumber) -> str:
    """By its digits: a province sign may be mistyped or left out."""
    return number.digits or number.entity_number or number.raw


def quoted(seen: DisplayedNumber, why: str) -> DisplayedNumber:
    """The number as somebody else's."""
    return replace(seen, parsed=replace(seen.parsed, status=NumberStatus.QUOTED, reason=why))
