"""HTML → tags and what lies between them, read as a browser's tokenizer does.

No tree is built: a number's place is told by the few open elements around it, and a
flat pass survives what a tree loses (a footer behind ``</html>``, 20,000 nested
elements, an unclosed quote). Time is linear in the text, whatever it holds: every
repetition below is possessive, so nothing is ever tried twice.

Source: HTML Standard, "Tokenization" and "Parsing HTML documents", read 2026-11.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import NamedTuple

from icpcrawl.audit.fold import unescape

RAW_TEXT = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"}
"""Elements whose content is text for the tokenizer (``noscript`` because visitors run scripts)."""

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

HIDDEN_ELEMENTS = {
    "template": "template",
    "datalist": "datalist",
    "audio": "media",
    "video": "media",
    "canvas": "media",
}
SELF_CLOSED = {"path", "use", "circle", "rect"}
LOOK_BACK = 32
"""Open elements looked through for one end tag: what keeps hostile nesting linear."""

_CLOSES_P = BLOCKS - {
    "body", "html", "head", "frameset", "td", "th", "tr", "tbody", "thead", "tfoot", "option", "caption", "optgroup",
}  # fmt: skip
_SAME_ENDS = {
    "li": {"li"}, "dd": {"dd", "dt"}, "dt": {"dd", "dt"}, "option": {"option"}, "tr": {"tr", "td", "th"},
    "td": {"td", "th"}, "th": {"td", "th"},
}  # fmt: skip
IMPLIED_ENDS = {
    name: frozenset(_SAME_ENDS.get(name, set()) | ({"p"} if name in _CLOSES_P else set())) for name in BLOCKS
}
"""What HTML lets authors leave open: p before a block, li before li …"""
SCOPES = BLOCKS - {"p", "li", "dd", "dt", "tr", "td", "th"}
"""Elements beyond which none is closed by implication."""

# A quote that is never closed ends with its tag: browsers would swallow the page.
_REST = r"""[^>=]*+(?:=(?:"[^"]*+"|\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+)?+)[^>=]*+)*+"""
_NAME = r"[a-zA-Z][^\s/>\x00]*+"
_TAG = rf"(?P<slash>/?)(?P<name>{_NAME})(?P<rest>{_REST})(?P<close>>?)"
_COMMENT = r"!--(?:-?>|(?:[^-]++|-(?!-!?>))*+(?:--!?>)?)|[!?/][^>]*+>?"
TOKEN = re.compile(rf"<(?:{_TAG}|{_COMMENT})")
"""A tag (groups filled; ``close`` empty where the page stops inside it) or a comment."""

INLINE = {"a", "span", "b", "i", "em", "strong", "font", "small", "u", "s", "label", "sup", "sub"}
"""Tags that do not part the words around them."""

_RAW_NAME = r"(?:[sS](?i:cript|tyle)|[tT](?i:itle|extarea)|[iI](?i:frame)|[nN](?i:oscript|oembed|oframes)|[xX](?i:mp))"
_CUT = re.compile(
    rf"(<(?:/{_NAME}|(?=[sStTiInNxX])({_RAW_NAME})(?=[\s/>\x00])|{_NAME}|{_COMMENT}))"
    rf"((?(2){_REST}(?:>(?:[^<]++|<(?!/(?i:\2)[\s/>]))*+)?|(?:(?<!>){_REST}>?|)))"
)
"""A tag's name, whether text follows that is no markup, and the rest; or a comment, which ends with ``>``."""

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


class Tokens:
    """A page cut in one go: text, tag, text, tag … text."""

    def __init__(self, page: str) -> None:
        parts = _CUT.split(page)
        self.texts: list[str] = parts[::4]
        """What stands before each tag, and after the last."""
        self.names: list[str] = parts[1::4]
        """``<div``, ``</div`` … as written; a comment whole."""
        self.raws: list[str | None] = parts[2::4]
        """The name of an element whose inside is no markup."""
        self.rests: list[str] = parts[3::4]
        """From the name to the end of the tag; of ``raws``, to the end of what they hold."""
        del parts[2::4]
        ends = list(accumulate(map(len, parts)))
        self.starts: list[int] = ends[::3]
        """Where each tag begins; last, where the page ends."""
        self.ends: list[int] = ends[2::3]
        """Where each tag ends; of ``raws``, what they hold."""
        last = TOKEN.match(page, self.starts[-2]) if self.names else None
        if last and last["name"] and not last["close"]:  # the page stops inside a tag
            del self.texts[-1], self.names[-1], self.raws[-1], self.rests[-1], self.starts[-1], self.ends[-1]


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
