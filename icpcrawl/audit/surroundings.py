"""What a start tag says of all it holds: hidden from visitors, the page's footer, led to a register.

Tags that say none of it, which is nearly all, are never looked at: only those in which a
scan of the page finds a telling word.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from icpcrawl.audit.hiding import hides
from icpcrawl.audit.markup import INNER_BYTES, RAW_TEXT, TagsAround, follows_tag, tag_around, tag_beyond
from icpcrawl.audit.scan import Scanner, in_usual_cases

VOID = frozenset(
    b"area base br col embed hr img image input link meta param source track wbr frame basefont bgsound keygen".split()
)
HOLLOW = VOID | {name.encode() for name in RAW_TEXT}
"""Elements without content that a visitor reads."""
_HIDING = (
    "none",
    "hidden",
    "opacity",
    "font-size",
    "text-indent",
    "collapse",
    "left:-",
    "left: -",
    "transparent",
)
_COLOURS = ("rgba", "ackground")
_FOOTERS = ("foot", "ottom", "btm", "copy", "beian", "icp", "cright", "contentinfo")
_NAMES = ("<template", "<datalist", "<audio", "<video", "<canvas", "<dialog")
_REGISTERS = ("miit",)
_MOVED_AWAY = ("top:-", "top: -")
_COLLAPSED = ("height:0", "height: 0", "clip", "scale(0")
_FAR_VALUES = {"-999", "-1000", "-2000", "-3000", "-5000"}
"""However the declaration around them is spelt."""
_WORDS = Scanner(
    [
        *in_usual_cases(*_HIDING, *_COLOURS, *_FOOTERS, *_NAMES, *_REGISTERS),
        *_MOVED_AWAY,
        *_COLLAPSED,
        *sorted(_FAR_VALUES),
    ]
)
_MEANING = [word.lower() for word in _WORDS.words]
_FAR = re.compile(rb"\s*[\d.]*+(?<=\d)(?:(?<=\d\d\d)|em|rem|v[wh]|%)")
_HIDING_VALUES = {
    **dict.fromkeys(("height:0", "height: 0"), re.compile(rb"(?![\d.]*[1-9])")),
    "clip": re.compile(rb"\s*:\s*rect|-path\s*:"),
    **dict.fromkeys(("left:-", "left: -", "top:-", "top: -"), _FAR),
    "font-size": re.compile(rb"\s*:\s*0"),
    "opacity": re.compile(rb"\s*:\s*[0.]"),
    "text-indent": re.compile(rb"\s*:\s*-"),
}
_DISPLAY_ENDS = re.compile(
    rb"y\s*(?::|&#0{0,4}58;?|&#x0{0,4}3a;?|&colon;)(?:\s|/\*[^*<>]{0,20}\*/){0,9}\Z", re.IGNORECASE
)


_QUOTE = re.compile(rb"[\"']")
_MOST_TRIES = 2000


class Mark(NamedTuple):
    """What an element says of its content, its own surroundings included."""

    hidden_by: str = ""
    """``hidden``, ``display-none``, ``template`` …; empty where nothing hides it."""
    in_footer: bool = False
    handler: int = -1
    """Offset of the nearest form or click handler that leads to a register; -1 where none is."""

    def inside(self, outer: Mark) -> Mark:
        """This element's word on its content, that of the elements around it considered."""
        return Mark(
            outer.hidden_by or self.hidden_by,
            outer.in_footer or self.in_footer,
            self.handler if self.handler >= 0 else outer.handler,
        )


UNMARKED = Mark()


def find_marks(text: bytes) -> dict[int, Mark]:
    """Start tags that say something of their content: offset → what, in page order."""
    marks: dict[int, Mark] = {}
    floor, around, tries = 0, TagsAround(text), _MOST_TRIES
    opening = text.find(b"<")  # words before it stand in no tag
    for word, start, end in _WORDS.find(text):
        if start < opening or opening < 0 or start < floor or _says_nothing(text, _MEANING[word], start, end):
            continue
        tag = around.at(start + 1)
        # Behind a quote a tag may go on that holds what looks like a tag, or a lone "<".
        if tag is None and tries and _QUOTE.search(text, max(around.behind, start - INNER_BYTES), start):
            tag, tries = tag_beyond(text, start, floor), tries - 1
        if tag is None:
            opening = text.find(b"<", start)
            continue
        before, floor = floor, tag.end()
        if tag[1] or tag[2] is None or (mark := _mark(tag)) is UNMARKED:
            continue
        # An attribute may hold what looks like a tag: title="<div hidden>".
        if not follows_tag(text, tag.start(), before) and (outer := tag_around(text, tag.start(), before)):
            floor = outer.end()
            if outer[1] or outer[2] is None or (mark := _mark(outer)) is UNMARKED:
                continue
            tag = outer
        marks[tag.start()] = mark
    return marks


def _says_nothing(text: bytes, meaning: str, start: int, end: int) -> bool:
    """Whether the word is part of another that hides nothing and names no footer, at a glance."""
    if meaning == "hidden":  # type="hidden", aria-hidden, overflow:hidden
        before = text[start - 3 : start]
        return before[-1:] in b"\"'=-_" or before[1:] == b"w:" or before == b"w: "
    if meaning in ("none", "collapse"):  # border:none, class="none"
        return _DISPLAY_ENDS.search(text, max(0, start - 40), start) is None
    if meaning in _HIDING_VALUES:  # font-size: 14px
        return _HIDING_VALUES[meaning].match(text, end) is None
    if meaning in _FAR_VALUES:  # a telephone number
        return text[start - 1 : start] not in (b":", b" ", b"(", b"\n")
    return meaning == "ottom" and text[end : end + 1] == b":"  # margin-bottom:


_KNOWN_TAGS, _KNOWN_BYTES = 5000, 600


class _Known(dict[tuple[bytes, bytes], tuple[str, bool, bool]]):
    """What tags say, by name and attributes; bounded, whatever pages write."""

    def __missing__(self, key: tuple[bytes, bytes]) -> tuple[str, bool, bool]:
        name, source = key
        hidden_by = hides(name, source)
        if name in HOLLOW or (name == b"a" and not hidden_by):
            told = ("", False, False)
        else:
            told = (hidden_by, is_footer(name, source), leads_to_register(name, source))
        if len(source) < _KNOWN_BYTES and len(self) < _KNOWN_TAGS:
            self[key] = told
        return told


_KNOWN = _Known()


def _mark(tag: re.Match[bytes]) -> Mark:
    hidden_by, in_footer, is_handler = _KNOWN[tag[2].lower(), tag[3]]
    if not hidden_by and not in_footer and not is_handler:
        return UNMARKED
    return Mark(hidden_by, in_footer, tag.start() if is_handler else -1)


# -- footers and handlers --------------------------------------------------------------

_FOOTERISH = re.compile(
    rb"(?:^|[\s\"'=]|(?<![_-])(?<!has)(?<!with)(?<!no)(?<!sticky)(?<!pb)(?<!mb)(?<!card)(?<!modal)(?<!entry)(?<!post)(?<!panel)"
    rb"(?<!item)(?<!list)(?<!comment)(?<!widget)(?<!dialog)(?<!popup)(?<!article)[_-]{1,2})"
    rb"(?:page|site|main|g|m|pc|web|global|common)?[-_]?"
    rb"(?:foot(?!ball|print|step|note|wear|er-push)|bottom|btm|copyright|copy-?right"
    rb"|(?:beian|icp|bei-?an)(?![-_](?:ms|oes|list|query|search|case|service|news|popup))|cright)",
    re.IGNORECASE,
)
"""A page's own foot; what only leaves room for one, and the foot of a card or an entry, are none."""
_IN_FOOTERISH = (b"foot", b"bottom", b"btm", b"copy", b"beian", b"icp", b"bei-an", b"cright", b"contentinfo")
"""One of these it must hold."""
_FOOTER_ATTRIBUTE = re.compile(rb"(?:id|class|role)\s*=\s*[\"']?([^\"'>]{1,300})", re.IGNORECASE)
_TO_REGISTER = re.compile(rb"(?:onclick|action)\s*=[^>]{0,300}(?:beian|miit)\b", re.IGNORECASE)


def is_footer(name: bytes, source: bytes) -> bool:
    """Whether an element calls itself the foot of the page."""
    if name == b"footer":
        return True
    # The page as a whole is no footer, whatever its class says: <body class="has-footer">.
    if name in (b"body", b"html") or not source:
        return False
    written = source.lower()
    if not any(word in written for word in _IN_FOOTERISH):
        return False
    return any(_FOOTERISH.search(value) for value in _FOOTER_ATTRIBUTE.findall(source)) or (
        b"contentinfo" in source
    )


def leads_to_register(name: bytes, source: bytes) -> bool:
    """Whether an element that is no link leads to a register, as a form or by its click handler."""
    return name != b"a" and b"=" in source and bool(_TO_REGISTER.search(source))
