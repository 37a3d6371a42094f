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
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from icpcrawl.audit.fold import unescape_value
from icpcrawl.audit.scan import Scanner, in_usual_cases

RAW_TEXT = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript")
"""Elements whose content is text for the tokenizer (``noscript`` because visitors run scripts)."""

# A quote that is never closed ends with its tag: browsers would swallow the page.
REST = rb"""[^>=]*+(?:=(?:"[^"]*+"|\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+)?+)[^>=]*+)*+"""
NAME = rb"[a-zA-Z][^\s/>\x00]*+"
TOKEN = re.compile(rb"<(?:(/?)(" + NAME + rb")(" + REST + rb")(>?)|[!?/][^>]*+>?)")
"""A tag (slash, name, attributes, ``>``; the last empty where the page stops inside it), or what is none."""

# As browsers do: ASCII white space alone parts attributes, and a quote that opens no value belongs to a name.
_ATTRIBUTE = re.compile(
    r"""([^ \t\r\n\f>/=][^ \t\r\n\f>/=]*+)"""
    r"""(?:[ \t\r\n\f]*+=[ \t\r\n\f]*+(?:"([^"]*+)"|'([^']*+)'|([^ \t\r\n\f"'>][^ \t\r\n\f>]*+)?))?"""
)
_RARE = {"Xmp", "Noembed", "Noframes"}
_OTHER_CASES = ("NoScript", "TextArea", "textArea", "IFrame", "iFrame")
# Twice as many and one more may be looked for in one go.
_RAW_NAMES = [*(name for name in in_usual_cases(*RAW_TEXT) if name not in _RARE), *_OTHER_CASES]
_RAW_PARTS = Scanner(
    ["<!--", *(f"<{name}" for name in _RAW_NAMES), *(f"</{name}" for name in _RAW_NAMES)],
)
_KINDS = ["comment", *(word.lstrip("</").lower() for word in _RAW_PARTS.words[1:])]
"""By index in the scan."""
_FIRST_CLOSE = 1 + len(_KINDS) // 2
_GAP_BYTES = 80
"""White space looked through before a tag for the end of the one before it."""
_BEHIND_NAME = frozenset(b" \t\n\r\f/>")


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
    opens: int
    """Where in the page its tag begins to say more than its name; where a comment's content begins."""
    start: int
    """Where the content begins in the page."""
    end: int
    at: int
    """Its place in the markup."""


@dataclass(frozen=True, slots=True)
class Markup:
    """A page cut in two: tags and text on one side, what browsers do not read as text on the other."""

    page: bytes
    text: bytes
    """Tags and text, in one piece."""
    raws: list[Raw]
    _starts: list[int]
    """Where in the page each kept stretch begins …"""
    _places: list[int]
    """… and where in ``text``."""

    def source(self, raw: Raw) -> bytes:
        """What the start tag of a script, style … says."""
        return self.page[raw.opens : max(raw.opens, raw.start - 1)]

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
    starts, places, kept = [0], [0], list[bytes]()
    at = place = tag_end = 0
    size, find = len(page), page.find
    comments = _CommentEnds(page)
    parts = iter(_RAW_PARTS.find(page))
    for word, start, end in parts:
        if start < at or start < tag_end or word >= _FIRST_CLOSE:
            continue
        if word and (end == size or page[end] not in _BEHIND_NAME):
            continue
        if not follows_tag(page, start, at):
            before = page.rfind(b"<", at, start)
            if before >= 0 and (tag := TOKEN.match(page, before)) and (tag_end := tag.end()) > start:
                continue  # in an attribute
        kind = _KINDS[word]
        if word:
            content = find(b">", end) + 1 or size
            closes = after = size
            for closing, closes_at, named in parts:
                if closing >= _FIRST_CLOSE and closes_at >= content and _KINDS[closing] == kind:
                    closes, after = closes_at, find(b">", named) + 1 or size
                    break
        else:
            content, closes, after = end, *comments.behind(end)
        kept.append(page[at:start])
        place += start - at
        raws.append(Raw(kind, end, content, closes, place))
        at = after
        starts.append(at)
        places.append(place)
    kept.append(page[at:])
    return Markup(page, b"".join(kept), raws, starts, places)


def follows_tag(text: bytes, offset: int, floor: int) -> bool:
    """Whether the last that stands before an offset, white space apart, ends a tag: then none is open there."""
    return text[max(floor, offset - _GAP_BYTES) : offset].rstrip().endswith(b">")


class _CommentEnds:
    """Where comments end that are asked for in page order; no stretch is searched twice."""

    def __init__(self, page: bytes) -> None:
        self._page = page
        self._usual = self._odd = -1
        """The next ``-->`` and ``--!>``."""

    def behind(self, content: int) -> tuple[int, int]:
        """Where what a comment holds ends, and where the comment does; an unclosed one swallows the page."""
        at = content - 2  # <!--> is whole
        if self._usual < at:
            self._usual = self._from(at, b"-->")
        if self._odd < at:
            self._odd = self._from(at, b"--!>")
        end, length = (self._usual, 3) if self._usual <= self._odd else (self._odd, 4)
        return max(end, content), min(end + length, len(self._page))

    def _from(self, at: int, sign: bytes) -> int:
        place = self._page.find(sign, at)
        return place if place >= 0 else len(self._page)


def attributes(source: bytes) -> dict[str, str]:
    """The attributes in a tag's source; see ``Tag.attributes``."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source.decode("utf-8", "replace")):
        found.setdefault(name.lower(), unescape_value(double or single or bare))
    return found


def tag_around(text: bytes, offset: int, floor: int = 0) -> re.Match[bytes] | None:
    """The tag, begun at ``floor`` or later, in which what stands at ``offset`` lies; not one that begins there."""
    start = text.rfind(b"<", floor, offset)
    tag = TOKEN.match(text, start) if start >= 0 else None
    return tag if tag is not None and tag.end() > offset else None


_MOST_INNER, INNER_BYTES = 12, 2000
"""Of what looks like tags within one, how many are looked through, and how far back."""


def tag_beyond(text: bytes, offset: int, floor: int) -> re.Match[bytes] | None:
    """As ``tag_around`` where attributes of the tag hold ``<`` too, as in ``data-tip="<p>…</p>" hidden``."""
    place, floor = offset, max(floor, offset - INNER_BYTES)
    for _ in range(_MOST_INNER):
        place = text.rfind(b"<", floor, place)
        if place < 0:
            break
        tag = TOKEN.match(text, place, offset + 1)
        if tag is not None and tag[2] is not None and tag.end() > offset:
            return TOKEN.match(text, place)
    return None


class TagsAround:
    """The tags in which offsets lie that are asked for in order; no stretch is searched twice."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._searched = 0
        self._tag: re.Match[bytes] | None = None
        self.before = -1
        """Where the nearest ``<`` before the last offset stands."""

    @property
    def behind(self) -> int:
        """Where what that ``<`` begins ends."""
        return self._tag.end() if self._tag is not None else self.before

    def at(self, offset: int) -> re.Match[bytes] | None:
        """As ``tag_around``."""
        start = self._text.rfind(b"<", self._searched, offset)
        self._searched = max(self._searched, offset)
        if start >= 0:
            self.before, self._tag = start, TOKEN.match(self._text, start)
        return self._tag if self._tag is not None and self._tag.end() > offset else None


def tags_at(text: bytes, places: list[int]) -> Iterator[Tag]:
    """The start tags in which these places lie, each once."""
    end, around = 0, TagsAround(text)
    for place in places:
        tag = around.at(place + 1) if place >= end else None
        if tag is not None and tag[2] is not None:
            end = tag.end()
            if not tag[1]:
                yield Tag(tag[2].lower().decode("utf-8", "replace"), tag.start(), tag[3])
