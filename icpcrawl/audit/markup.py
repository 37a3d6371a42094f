"""HTML → tags and what lies between them, read as a browser's tokenizer does.

In: a page as UTF-8 bytes. Out: its markup without comments, scripts, styles and the like,
which come apart. No tree is built: a number's place is told by the few open elements
around it, and what a tree loses is kept (a footer behind ``</html>``, 20,000 nested
elements, an unclosed quote). Time is linear in the text, whatever it holds: every
repetition below is possessive, so nothing is ever tried twice.

Source: HTML Standard, "Tokenization" and "Parsing HTML documents", read 2026-11.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.scan import Scanner, in_any_case

RAW_TEXT = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript")
"""Elements whose content is text for the tokenizer (``noscript`` because visitors run scripts)."""

# A quote that is never closed ends with its tag: browsers would swallow the page.
REST = rb"""[^>=]*+(?:=(?:"[^"]*+"|\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+)?+)[^>=]*+)*+"""
NAME = rb"[a-zA-Z][^\s/>\x00]*+"
TOKEN = re.compile(rb"<(?:(/?)(" + NAME + rb")(" + REST + rb")(>?)|[!?/][^>]*+>?)")
"""A tag (slash, name, attributes, ``>``; the last empty where the page stops inside it), or what is none."""

_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=\x00][^\s"'>/=\x00]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)?))?"""
)
_OPENS = [f"<{case}" for start in ("sc", "st", "te", "ti", "no", "if", "xm") for case in in_any_case(start)]
_CLOSES = [f"</{each[1:]}" for each in _OPENS]
_RAW_PARTS = Scanner(["<!--", *_OPENS, *_CLOSES])
_FIRST_CLOSE = 1 + len(_OPENS)
_RAW_OPEN = re.compile(
    rb"<(" + "|".join(RAW_TEXT).encode() + rb")(?=[\s/>])(" + REST + rb")(>?)", re.IGNORECASE
)
_RAW_CLOSE = {
    name.encode(): re.compile(rf"</{name}(?=[\s/>])[^>]*+>?".encode(), re.IGNORECASE) for name in RAW_TEXT
}
_SPELT = {name.encode(): name for name in RAW_TEXT}


class Tag(NamedTuple):
    """A start tag with its place in the markup."""

    name: str
    start: int
    source: bytes
    """What stands between the name and ``>``."""
    hidden_by: str = ""
    """What keeps it from a visitor's eyes; empty where nothing does."""

    def attributes(self) -> dict[str, str]:
        """Attributes in lower case, values with entities decoded; the first of a name counts."""
        return attributes(self.source)


class Raw(NamedTuple):
    """What a visitor never reads as text: a comment, or the inside of a script, style …"""

    kind: str
    """``comment`` or the element's name."""
    source: bytes
    """What its start tag says; empty for a comment."""
    start: int
    """Where the content begins in the page."""
    end: int
    at: int
    """Its place in the markup."""

    @property
    def opens(self) -> int:
        """Where its start tag begins in the page."""
        return self.start - 4 if self.kind == "comment" else self.start - len(self.kind) - len(self.source) - 2

    def attributes(self) -> dict[str, str]:
        """As of ``Tag``."""
        return attributes(self.source)


@dataclass(frozen=True, slots=True)
class Markup:
    """A page cut in two: tags and text on one side, what browsers do not read as text on the other."""

    page: bytes
    text: bytes
    """Tags and text, in one piece."""
    raws: tuple[Raw, ...]
    _starts: tuple[int, ...]
    """Where in the page each kept stretch begins …"""
    _places: tuple[int, ...]
    """… and where in ``text``."""

    def page_offset(self, place: int) -> int:
        """Where in the page stands what stands in ``text`` there."""
        at = max(0, bisect_right(self._places, place) - 1)
        return self._starts[at] + place - self._places[at]

    def place_of(self, offset: int) -> int:
        """Where in ``text`` stands what stands in the page there, outside all raws."""
        at = max(0, bisect_right(self._starts, offset) - 1)
        return self._places[at] + offset - self._starts[at]


def cut(page: bytes) -> Markup:
    """Take out comments and the elements whose content is no markup, wherever they stand but inside a tag."""
    raws: list[Raw] = []
    kept: list[tuple[int, int]] = []
    parts, at, place, index, tag_end = _RAW_PARTS.find(page), 0, 0, 0, 0
    while index < len(parts):
        word, start, _ = parts[index]
        index += 1
        if start < at or start < tag_end or word >= _FIRST_CLOSE:
            continue
        before = page.rfind(b"<", at, start)
        if before >= 0 and (tag := TOKEN.match(page, before)) and (tag_end := tag.end()) > start:
            continue  # in an attribute
        if not word:
            content, content_end, end = _comment(page, start)
            kind, source = "comment", b""
        else:
            opened = _RAW_OPEN.match(page, start)
            if opened is None:
                continue
            kind, source, content = _SPELT[opened[1].lower()], opened[2], opened.end()
            closes = _RAW_CLOSE[opened[1].lower()]
            content_end = end = len(page)
            while index < len(parts):
                word, closing, _ = parts[index]
                if word >= _FIRST_CLOSE and closing >= content and (closed := closes.match(page, closing)):
                    content_end, end = closing, closed.end()
                    break
                index += 1
        kept.append((at, start))
        place += start - at
        if content <= content_end:
            raws.append(Raw(kind, source, content, content_end, place))
        at = end
    kept.append((at, len(page)))
    places, place = [], 0
    for start, end in kept:
        places.append(place)
        place += end - start
    text = b"".join([page[start:end] for start, end in kept])
    return Markup(page, text, tuple(raws), tuple(start for start, _ in kept), tuple(places))


def _comment(page: bytes, start: int) -> tuple[int, int, int]:
    """Start and end of what a comment holds, and its own end; an unclosed one swallows the page."""
    end = page.find(b"-->", start + 2)
    loose = page.find(b"--!>", start + 4, end if end >= 0 else len(page))
    if loose >= 0:
        return start + 4, loose, loose + 4
    if end < 0:
        return start + 4, len(page), len(page)
    return start + 4, max(start + 4, end), end + 3


def attributes(source: bytes) -> dict[str, str]:
    """The attributes in a tag's source; see ``Tag.attributes``."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source.decode("utf-8", "replace")):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


def tag_around(text: bytes, offset: int, floor: int = 0) -> re.Match[bytes] | None:
    """The tag, begun at ``floor`` or later, in which what stands at ``offset`` lies; not one that begins there."""
    start = text.rfind(b"<", floor, offset)
    tag = TOKEN.match(text, start) if start >= 0 else None
    return tag if tag is not None and tag.end() > offset else None
