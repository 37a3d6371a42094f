"""Numbers that a page names without showing them as its own: in an article, a headline, a directory.

Whoever looks for a site's number looks at its foot. What stands elsewhere is the site's own
unless something says that it is not: it stands in prose, the words beside it speak of another's
number or of an example, it is part of a link's headline, or the foot shows a different one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from icpcrawl.audit.number import NumberKind, NumberStatus, ParsedNumber

if TYPE_CHECKING:
    from icpcrawl.audit.footer import DisplayedNumber, PageLink

_PROSE_LETTERS = 120
_PROSE_REACH = 2000
_NEAR = 60
"""Characters on either side in which words speak of the number."""
_HEADLINE_CHARACTERS = 6
"""Chinese characters of a link's text, labels apart, that make it more than a number with its province."""
_NOBODYS = frozenset(
    {
        NumberStatus.MALFORMED,
        NumberStatus.PLACEHOLDER,
        NumberStatus.MASKED,
        NumberStatus.JOKE,
        NumberStatus.QUOTED,
    }
)
_A_DIRECTORY = 3
"""Entities named on a page whose foot shows none: no site has so many of its own."""
_COPYRIGHT_SIGN = re.compile(r"©|copyright|版权所有|all rights reserved", re.IGNORECASE)
_OWN = re.compile(
    r"©|copyright|版权|all rights|本站|本网|本公司|本平台|本店|本校|本院|我司|我们|我院|我校|技术支持"
    r"|地址|电话|邮编|tel\b",
    re.IGNORECASE,
)
"""By these a line speaks of the site itself."""
_SPOKEN_OF_BEFORE = re.compile(
    r"(?:例如|比如|譬如|诸如|形如|如[:：]|写着|写成|写有|标注|冒用|盗用|伪造|套用|注销|吊销|撤销|通报|查获|涉事|涉案|某"
    r"|该(?:网站|平台|公司|企业|单位|app)|别的|他人|对方|其他网站|请问|(?:示例|样例|举例|教程)[:：]|填写|输入"
    r"|(?:改|换|替换|修改)[成为])[^\s|｜·]{0,12}\s?$|[“「『]\s?$",
    re.IGNORECASE,
)
_SPOKEN_OF_BEHIND = re.compile(
    r"^[\s）)】」”\"']*[，,]?(?:的?(?:公告|通知|通报)|等(?:网站|备案|号)|存在|已被|被(?:责令|注销|吊销|处罚|通报|关停)|涉嫌"
    r"|这样|对吗|[？?])"
)
_NUMBERS = re.compile(r"[\u3400-\u9fff]?\s?(?:ICP[备证]|公网安备|[AB][12]-)\s?[0-9]{4,14}号?(?:-[0-9]{1,4})?")
"""Other numbers of the same sentence."""
_LABELS = re.compile(
    r"ICP|备案|许可证|经营|增值|电信|业务|网站|公网安备|联网|[^\u3400-\u9fff]|[编证序]?号", re.IGNORECASE
)
_REGISTERS = re.compile(r"beian\.|miibeian|miitbeian", re.IGNORECASE)


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
    return bool(_SPOKEN_OF_BEFORE.search(before) or _SPOKEN_OF_BEHIND.search(after))


def is_in_headline(link: PageLink | None) -> bool:
    """Whether it is part of a longer text that leads to a page of its own: news, a directory's entry."""
    if link is None or link.how != "around" or not link.url or _REGISTERS.search(link.url):
        return False
    return not _OWN.search(link.text) and len(_LABELS.sub("", link.text)) >= _HEADLINE_CHARACTERS


def others_told_apart(numbers: Sequence[DisplayedNumber]) -> Sequence[DisplayedNumber]:
    """The numbers in page order, those quoted that stand before a foot that shows another entity's, or in a directory."""
    footers = _shown_in("footer", numbers)
    own = {**_shown_in("bottom", numbers), **footers}
    for kind, listed in _shown_in("body", numbers).items():
        if kind not in own and len(set(listed.values())) >= _A_DIRECTORY:
            own[kind] = {}
    told = list(numbers)
    for index, each in enumerate(numbers):
        kind = each.parsed.kind
        if not each.displayed or each.place == "footer" or kind not in own:
            continue
        is_above = each.place == "body" or (kind in footers and index < min(footers[kind]))
        if (
            is_above
            and each.parsed.status is not NumberStatus.JOKE
            and _entity(each.parsed) not in own[kind].values()
        ):
            told[index] = quoted(each, "the foot of the page shows another")
    return told


def _shown_in(place: str, numbers: Sequence[DisplayedNumber]) -> dict[NumberKind, dict[int, str]]:
    """Whose numbers stand there, by kind and by their place in the order."""
    found: dict[NumberKind, dict[int, str]] = {}
    for index, each in enumerate(numbers):
        if each.displayed and each.place == place and each.parsed.status not in _NOBODYS:
            found.setdefault(each.parsed.kind, {})[index] = _entity(each.parsed)
    return found


def _entity(number: ParsedNumber) -> str:
    return number.digits or number.entity_number or number.raw


def quoted(seen: DisplayedNumber, why: str) -> DisplayedNumber:
    """The number as somebody else's."""
    return replace(seen, parsed=replace(seen.parsed, status=NumberStatus.QUOTED, reason=why))
