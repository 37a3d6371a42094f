"""HTML → tags and what lies between them, read as a browser's tokenizer does.

No tree is built: a number's place is told by the few open elements around it, and a
flat pass survives what a tree loses (a footer behind ``</html>``, 20,000 nested
elements, an unclosed quote). Time is linear in the text, whatever it holds: every
repetition below is possessive, so nothing is ever tried twice.

Source: HTML Standard, "Tokenization" and "Parsing HTML documents", read 2026-11.
"""

from __future__ import annotations

import re
from html import unescape
from typing import NamedTuple

RAW_TEXT = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"}
"""Elements whose content is text for the tokenizer (``noscript`` because visitors run scripts)."""

_INLINE = "(?:a|span|b|i|em|strong|font|small|u|s|label|sup|sub)"

VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "image", "input", "link", "meta", "param", "source", "track",
    "wbr", "frame", "basefont", "bgsound", "keygen",
}  # fmt: skip

BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p",
    "pre", "search", "section", "select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    "marquee",
}  # fmt: skip

# A quote that is never closed ends with its tag: browsers would swallow the page.
_REST = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+)?+)*+"""
_CLOSED_REST = r"""(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|(?=[^"'])[^\s>]*+))*+"""
_TAG = rf"(?P<slash>/?)(?P<name>[a-zA-Z][^\s/>\x00]*+)(?P<rest>{_REST})(?P<close>>?)"
_COMMENT = r"!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?)|[!?/][^>]*+>?"
TOKEN = re.compile(rf"<(?:{_TAG}|{_COMMENT})")
"""A tag (groups filled; ``close`` empty where the page stops inside it) or a comment."""

SKIMMED = re.compile(
    # Text, inline end tags, images, and inline start tags without attributes: they can hide nothing.
    rf"(?:[^<]++|<(?:{_INLINE}>|/{_INLINE}(?=[\s/>])[^>=]*+>|(?:img|input)(?=[\s/]){_CLOSED_REST}>|(?=[^a-zA-Z!?/])))*+"
    rf"(?:(?P<less><)(?:{_TAG}|{_COMMENT}|\Z)|\Z)"
)
"""As ``TOKEN``, where text and plain inline tags need not be seen; ``less`` is empty at the end."""

INLINE = re.compile(rf"</?{_INLINE}(?=[\s/>]){_REST}>?")
"""Tags that do not part the words around them."""

_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=\x00][^\s"'>/=\x00]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>][^\s>]*+)?))?"""
)
_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW_TEXT}


class Tag(NamedTuple):
    """A start tag with its place in the page."""

    name: str
    start: int
    source: str
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
    start: int
    end: int


def attributes(source: str) -> dict[str, str]:
    """The attributes in a tag's source; see ``Tag.attributes``."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(source):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


def raw_end(page: str, name: str, start: int) -> int:
    """Where the content of a script, style … ends."""
    hit = _RAW_ENDS[name].search(page, start)
    return hit.start() if hit else len(page)
