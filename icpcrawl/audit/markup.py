"""HTML → a flat sequence of tags and text, read as a browser's tokenizer does.

No tree is built: a number's place is told by the few open elements around it, and a
flat pass survives what a tree loses (a footer behind ``</html>``, 20,000 nested
elements, an unclosed quote). Time is linear in the text, whatever it holds.

Source: HTML Standard, "Tokenization" and "Parsing HTML documents", read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

RAW_TEXT = {"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"}
"""Elements whose content is text for the tokenizer (``noscript`` because visitors run scripts)."""

VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "frame", "basefont", "bgsound", "keygen",
}  # fmt: skip

BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6",
    "head", "header", "hgroup", "hr", "html", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p",
    "pre", "search", "section", "select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    "marquee",
}  # fmt: skip

_NAME = re.compile(r"[a-zA-Z][^\s/>\x00]{0,60}")
_QUOTED = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_ATTRIBUTE = re.compile(
    r"""([^\s"'>/=\x00][^\s"'>/=\x00]{0,100})(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]{0,4000})))?"""
)
_TAG_LIMIT = 60_000


@dataclass(frozen=True, slots=True)
class Tag:
    """A start or end tag with its place in the page."""

    name: str
    start: int
    end: int
    is_end: bool
    source: str
    """What stands between the name and ``>``."""

    def attributes(self) -> dict[str, str]:
        """Attributes in lower case, values with entities decoded; the first of a name counts."""
        found: dict[str, str] = {}
        for name, double, single, bare in _ATTRIBUTE.findall(self.source):
            found.setdefault(name.lower(), unescape(double or single or bare))
        return found


@dataclass(frozen=True, slots=True)
class Text:
    """Characters between tags, entities not yet decoded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Raw:
    """What a visitor never reads as text: a comment, or the inside of a script, style …"""

    kind: str
    """``comment`` or the element's name."""
    start: int
    end: int


Token = Tag | Text | Raw


def tag_end(page: str, start: int) -> int:
    """Offset behind the ``>`` that ends the tag at ``start``; quotes may hold a ``>``.

    A quote that is never closed ends with the tag: browsers would swallow the page.
    """
    close = page.find(">", start, start + _TAG_LIMIT)
    if close < 0:
        return -1
    if page.count('"', start, close) % 2 == 0 and page.count("'", start, close) % 2 == 0:
        return close + 1
    whole = _QUOTED.match(page, start, start + _TAG_LIMIT)
    return whole.end() if whole else close + 1


def tokens(page: str, start: int = 0, stop: int | None = None) -> Iterator[Token]:
    """Tags, text and unread parts of ``page`` from ``start``, which must lie outside all tags."""
    stop = len(page) if stop is None else stop
    at = start
    find = page.find
    while at < stop:
        less = find("<", at)
        if less < 0 or less >= stop:
            yield Text(at, stop)
            return
        if less > at:
            yield Text(at, less)
        at = less
        is_end = page.startswith("/", less + 1)
        word = _NAME.match(page, less + 1 + is_end)
        if word is not None:
            end = tag_end(page, less)
            if end < 0:
                return  # the page stops inside a tag
            tag = Tag(word[0].lower(), less, end, is_end, page[word.end() : end - 1])
            yield tag
            at = end
            if not is_end and tag.name in RAW_TEXT:
                close = _raw_end(page, tag.name, at)
                if close > at:
                    yield Raw(tag.name, at, close)
                at = close
        elif page.startswith("!--", less + 1):
            at = _comment_end(page, less)
            yield Raw("comment", less, at)
        elif page[less + 1 : less + 2] in ("!", "?", "/"):
            close = find(">", less)
            at = len(page) if close < 0 else close + 1
            yield Raw("comment", less, at)
        else:
            yield Text(less, less + 1)
            at = less + 1


def _comment_end(page: str, start: int) -> int:
    if page.startswith(("<!-->", "<!--->"), start):
        return page.index(">", start) + 1
    plain, odd = page.find("-->", start + 4), page.find("--!>", start + 4)
    if 0 <= odd < plain or (plain < 0 <= odd):
        return odd + 4
    return len(page) if plain < 0 else plain + 3


_RAW_ENDS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in RAW_TEXT}


def _raw_end(page: str, name: str, start: int) -> int:
    hit = _RAW_ENDS[name].search(page, start)
    return hit.start() if hit else len(page)
