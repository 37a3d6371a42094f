"""What a start tag says of all it holds: hidden from visitors, the page's footer, led to a register.

Tags that say none of it, which is nearly all, are never looked at: only those in which a
scan of the page finds a telling word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from icpcrawl.audit.markup import Tag, attributes, tag_around
from icpcrawl.audit.scan import Scanner, in_usual_cases

HIDDEN_ELEMENTS = {
    b"template": "template",
    b"datalist": "datalist",
    b"audio": "media",
    b"video": "media",
    b"canvas": "media",
}
_HIDING_WORDS = ("none", "hidden", "opacity", "font-size", "text-indent", "collapse", "transparent", "ackground", "rgba")
_FOOTER_WORDS = ("foot", "ottom", "btm", "copy", "beian", "icp", "cright", "contentinfo")
_NAMES = ("<template", "<datalist", "<audio", "<video", "<canvas", "<dialog")
_SURROUNDINGS = (*_HIDING_WORDS, *_FOOTER_WORDS, "miit", *_NAMES)
_OF_THE_PAGE = ("<base", "<frame", "hreflang", "refresh", "©", "&copy", "版权所有", "(c)")
_WORDS = Scanner(in_usual_cases(*_SURROUNDINGS, *_OF_THE_PAGE))
_MEANINGS = {form.encode(): word for word in (*_SURROUNDINGS, *_OF_THE_PAGE) for form in in_usual_cases(word)}
_MEANING = [_MEANINGS[word] for word in _WORDS.words]
_OTHERS = frozenset(_OF_THE_PAGE)


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


class Words(NamedTuple):
    """Where the markup speaks of what matters beside numbers."""

    marks: dict[int, Mark]
    """Start tags that say something of their content, by offset, in order."""
    others: dict[str, list[int]]
    """Offsets of words about the page as a whole: ``<base``, ``refresh``, ``©`` …"""
    footers: list[int]
    """Offsets of words for footers, in whatever tag or text."""


def find_words(text: bytes) -> Words:
    """One scan of the markup for all that ``Words`` tells."""
    marks: dict[int, Mark] = {}
    others: dict[str, list[int]] = {}
    footers: list[int] = []
    floor = 0
    for word, start, _ in _WORDS.find(text):
        meaning = _MEANING[word]
        if meaning in _OTHERS:
            others.setdefault(meaning, []).append(start)
            continue
        if meaning == "foot":
            footers.append(start)
        elif meaning == "copy":
            others.setdefault("copyright", []).append(start)
        if start < floor:
            continue
        tag = tag_around(text, start + 1, floor)
        if tag is None:
            continue
        # An attribute may hold what looks like a tag: title="<div hidden>".
        tag = tag_around(text, tag.start(), floor) or tag
        floor = tag.end()
        if not tag[1] and tag[2] is not None and (mark := _mark(tag)) is not UNMARKED:
            marks[tag.start()] = mark
    return Words(marks, others, footers)


class _Known(dict[tuple[bytes, bytes], tuple[str, bool, bool]]):
    """What tags say, by name and attributes; bounded, whatever pages write."""

    def __missing__(self, key: tuple[bytes, bytes]) -> tuple[str, bool, bool]:
        name, source = key
        told = (hides(name, source), is_footer(name, source), leads_to_register(name, source))
        if len(source) < 200 and len(self) < 5000:
            self[key] = told
        return told


_KNOWN = _Known()


def _mark(tag: re.Match[bytes]) -> Mark:
    hidden_by, in_footer, is_handler = _KNOWN[tag[2].lower(), tag[3]]
    if not hidden_by and not in_footer and not is_handler:
        return UNMARKED
    return Mark(hidden_by, in_footer, tag.start() if is_handler else -1)


# -- hidden ----------------------------------------------------------------------------

_DISPLAY_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"(?:^|[;\s])(?:opacity\s*:\s*0?\.?0+\s*(?:;|$|!)|font-size\s*:\s*0(?:px|em|rem|pt|%)?\s*(?:;|$|!)"
    r"|text-indent\s*:\s*-\d{3,})",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{1,80})", re.IGNORECASE)
_COLOUR_WORD = re.compile(r"#[0-9a-f]{3,8}|rgba?\([^)]{5,40}\)|[a-z]{3,20}", re.IGNORECASE)
_MAY_HIDE = re.compile(rb"style|hidden", re.IGNORECASE)


def hides(name: bytes, source: bytes) -> str:
    """What in a start tag keeps its content from a visitor's eyes; empty where nothing does."""
    if name in HIDDEN_ELEMENTS:
        return HIDDEN_ELEMENTS[name]
    if name == b"dialog" and b"open" not in source.lower():
        return "dialog"
    if not _MAY_HIDE.search(source):
        return ""
    found = attributes(source)
    if "hidden" in found and found["hidden"].lower() != "false":
        return "hidden"
    style = found.get("style", "")
    if _DISPLAY_NONE.search(style):
        return "display-none"
    if _INVISIBLE.search(style):
        return "invisible-style"
    return "same-colour" if _is_same_colour(style) else ""


_WHITE = {"#fff", "#ffffff", "white", "rgb(255,255,255)", "#ffff", "#ffffffff", "rgba(255,255,255,1)"}


def _is_same_colour(style: str) -> bool:
    """Text in the very colour the same style gives the background."""
    colour, background = _COLOUR.search(style), _BACKGROUND.search(style)
    if colour is None:
        return False
    text = colour[1].strip().lower().replace(" ", "")
    if text == "transparent" or re.fullmatch(r"rgba\(\d+,\d+,\d+,0?\.?0\)", text):
        return True
    if background is None:
        return False
    behind = [word.lower().replace(" ", "") for word in _COLOUR_WORD.findall(background[1])]
    return text in behind or (text in _WHITE and any(word in _WHITE for word in behind))


# -- footers and handlers --------------------------------------------------------------

_FOOTERISH = re.compile(
    rb"(?:^|[\s_\"'=-])(?:page|site|main|g|m|pc|web|global|common)?[-_]?"
    rb"(?:foot|footer|bottom|btm|copyright|copy-?right|beian|icp|bei-?an|cright)",
    re.IGNORECASE,
)
_FOOTER_ATTRIBUTE = re.compile(rb"(?:id|class|role)\s*=\s*[\"']?([^\"'>]{1,300})", re.IGNORECASE)
_TO_REGISTER = re.compile(rb"(?:onclick|action)\s*=[^>]{0,300}(?:beian|miit)\b", re.IGNORECASE)


def is_footer(name: bytes, source: bytes) -> bool:
    """Whether an element calls itself the foot of the page."""
    if name == b"footer":
        return True
    # The page as a whole is no footer, whatever its class says: <body class="has-footer">.
    if name in (b"body", b"html") or not source:
        return False
    return any(_FOOTERISH.search(value) for value in _FOOTER_ATTRIBUTE.findall(source)) or (
        b"contentinfo" in source
    )


def leads_to_register(name: bytes, source: bytes) -> bool:
    """Whether an element that is no link leads to a register, as a form or by its click handler."""
    return name != b"a" and bool(_TO_REGISTER.search(source))


def tags_at(text: bytes, places: list[int]) -> Iterator[Tag]:
    """The start tags in which these places lie, each once."""
    end = 0
    for place in places:
        tag = tag_around(text, place + 1, end) if place >= end else None
        if tag is not None and tag[2] is not None:
            end = tag.end()
            if not tag[1]:
                yield Tag(tag[2].lower().decode("utf-8", "replace"), tag.start(), tag[3])
