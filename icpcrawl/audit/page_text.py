"""A page's markup → runs of text as a visitor reads them, each with its surroundings.

A run is what stands in one block: text joins across inline elements, never across
blocks. Hidden text gets runs of its own, so that it can neither break nor complete a
number that is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from icpcrawl.audit.markup import BLOCKS, VOID, Raw, Tag, Text, Token

_HIDDEN_ELEMENTS = {
    "template": "template",
    "datalist": "datalist",
    "audio": "media",
    "video": "media",
    "canvas": "media",
}
_MAYBE_HIDDEN = re.compile(
    r"hidden|display|visibility|opacity|font-size|text-indent|color|none", re.IGNORECASE
)
_DISPLAY_NONE = re.compile(r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"(?:^|[;\s])(?:opacity\s*:\s*0?\.?0+\s*(?:;|$|!)|font-size\s*:\s*0(?:px|em|rem|pt|%)?\s*(?:;|$|!)"
    r"|text-indent\s*:\s*-\d{3,})",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]{1,40})", re.IGNORECASE)
_BACKGROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{1,80})", re.IGNORECASE)
_COLOUR_WORD = re.compile(r"#[0-9a-f]{3,8}|rgba?\([^)]{5,40}\)|[a-z]{3,20}", re.IGNORECASE)
_FOOTERISH = re.compile(
    r"(?:^|[\s_\"'=-])(?:page|site|main|g|m|pc|web|global|common)?[-_]?"
    r"(?:foot|footer|bottom|btm|copyright|copy-?right|beian|icp|bei-?an|cright)",
    re.IGNORECASE,
)
_FOOTER_HINT = re.compile(r"foot|bottom|btm|copy|beian|icp|cright", re.IGNORECASE)
_FOOTER_ATTRIBUTE = re.compile(r"(?:id|class|role)\s*=\s*[\"']?([^\"'>]{1,300})", re.IGNORECASE)
_CLOSES_P = BLOCKS - {
    "body",
    "html",
    "head",
    "frameset",
    "td",
    "th",
    "tr",
    "tbody",
    "thead",
    "tfoot",
    "option",
    "caption",
    "optgroup",
}
_SAME_ENDS = {
    "li": {"li"}, "dd": {"dd", "dt"}, "dt": {"dd", "dt"}, "option": {"option"}, "tr": {"tr", "td", "th"},
    "td": {"td", "th"}, "th": {"td", "th"},
}  # fmt: skip
_SCOPES = {"ul", "ol", "dl", "table", "select", "menu", "div", "section", "body", "html", "form", "footer"}
_LOOK_BACK = 200
_SPACE = re.compile(r"[ \t\n\r\x0c]+")


@dataclass(frozen=True, slots=True)
class Anchor:
    """An ``<a>`` (or an element with a click handler) as far as links need it."""

    href: str | None
    script: str
    """What its click handler says; empty where it has none."""
    start: int
    order: int
    """Counts the page's links; equal = the same link."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a run that comes from one place of the markup."""

    at: int
    """Offset in the run's text."""
    source: int
    """Offset in the page."""
    link: Anchor | None


@dataclass(frozen=True, slots=True)
class Run:
    """The text of one block, with its pieces and its surroundings."""

    text: str
    segments: tuple[Segment, ...]
    block: int
    hidden_by: str
    in_footer: bool
    where: str
    start: int
    end: int
    images: tuple[tuple[int, Anchor | None], ...] = ()
    """(offset in the text, link) of images: what a link without text shows."""

    def segment_at(self, offset: int) -> Segment:
        """The piece that holds the character at ``offset``."""
        return self.segments[max(0, bisect_right([s.at for s in self.segments], offset) - 1)]


@dataclass(slots=True)
class _Open:
    name: str
    hidden_by: str
    in_footer: bool
    label: str
    handler: Anchor | None = None
    """The nearest form or click handler that leads to a registry."""


@dataclass(slots=True)
class _Draft:
    """A run that is still being read."""

    pieces: list[str] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    images: list[tuple[int, Anchor | None]] = field(default_factory=list)
    length: int = 0
    start: int = -1
    end: int = 0
    in_footer: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is open where a partial reading begins."""

    hidden_by: str = ""
    in_footer: bool = False


class Walk:
    """One pass over tokens that collects runs, links, attributes and unread parts."""

    def __init__(self, page: str, tokens: Iterator[Token], around: Surroundings | None = None) -> None:
        self.page = page
        self.runs: list[Run] = []
        self.tags: list[tuple[Tag, str]] = []
        """Tags whose attributes may hold a number, with what hides them."""
        self.raws: list[tuple[Raw, bool]] = []
        around = around or Surroundings()
        self._stack: list[_Open] = [_Open("#", around.hidden_by, around.in_footer, "")]
        self._counts: dict[str, int] = {}
        self._link: Anchor | None = None
        self._links = 0
        self._block = 0
        self._shown = _Draft()
        self._hidden = _Draft()
        self._hidden_reason = ""
        for token in tokens:
            if isinstance(token, Text):
                self._text(token)
            elif isinstance(token, Tag):
                self._end(token) if token.is_end else self._start(token)
            else:
                self.raws.append((token, self._stack[-1].in_footer))
        self._flush()

    # -- text --------------------------------------------------------------------------

    def _text(self, token: Text) -> None:
        source = self.page[token.start : token.end]
        text = unescape(source) if "&" in source else source
        self._add(text, token.start, token.end)

    def _add(self, text: str, start: int, end: int) -> None:
        top = self._stack[-1]
        if top.hidden_by and top.hidden_by != "aria-hidden":
            if self._hidden_reason != top.hidden_by:
                self._flush_hidden()
                self._hidden_reason = top.hidden_by
            draft = self._hidden
        else:
            draft = self._shown
        if not draft.segments:
            draft.start, draft.in_footer, draft.where = start, top.in_footer, self._where()
        draft.segments.append(Segment(draft.length, start, self._link or top.handler))
        draft.pieces.append(text)
        draft.length += len(text)
        draft.end = end

    def _where(self) -> str:
        return " > ".join(element.label for element in self._stack[-3:] if element.label)

    def _flush(self) -> None:
        self._flush_hidden()
        self._close(self._shown, "")
        self._shown = _Draft()
        self._block += 1

    def _flush_hidden(self) -> None:
        if self._hidden.segments or self._hidden.images:
            self._close(self._hidden, self._hidden_reason)
            self._hidden = _Draft()

    def _close(self, draft: _Draft, hidden_by: str) -> None:
        text = "".join(draft.pieces)
        if not draft.images and (not text or text.isspace()):
            return
        self.runs.append(
            Run(
                text=text,
                segments=tuple(draft.segments) or (Segment(0, draft.start, None),),
                block=self._block,
                hidden_by=hidden_by,
                in_footer=draft.in_footer,
                where=draft.where,
                start=draft.start,
                end=draft.end,
                images=tuple(draft.images),
            )
        )

    # -- tags --------------------------------------------------------------------------

    def _start(self, tag: Tag) -> None:
        name = tag.name
        if name in BLOCKS:
            self._flush()
            self._imply_ends(name)
        if name == "br":
            self._add("\n", tag.start, tag.end)
            return
        if name == "a":
            self._open_link(tag)
            return
        if name in ("img", "input", "image"):
            self._image(tag)
        if tag.source:
            self.tags.append((tag, self._stack[-1].hidden_by))
        if name not in VOID and not (tag.source.endswith("/") and name in ("path", "use", "circle", "rect")):
            self._push(tag)

    def _image(self, tag: Tag) -> None:
        draft = self._hidden if self._stack[-1].hidden_by else self._shown
        if not draft.segments and not draft.images:
            draft.start, draft.in_footer, draft.where = tag.start, self._stack[-1].in_footer, self._where()
        draft.images.append((draft.length, self._link))

    def _open_link(self, tag: Tag) -> None:
        attributes = tag.attributes() if tag.source else {}
        script = (
            attributes.get("onclick", "") or attributes.get("data-href", "") or attributes.get("data-url", "")
        )
        href = attributes.get("href")
        # HTML Standard 4.5.1: an <a> without href is a placeholder, no link.
        self._link = None if href is None and not script else Anchor(href, script, tag.start, self._links)
        self._links += 1
        if tag.source:
            self.tags.append((tag, self._stack[-1].hidden_by))
            if _MAYBE_HIDDEN.search(tag.source) and hides(tag):
                self._push(tag)

    def _push(self, tag: Tag) -> None:
        above = self._stack[-1]
        hidden_by = above.hidden_by
        if not hidden_by or hidden_by == "aria-hidden":
            hidden_by = hides(tag) or hidden_by
        in_footer = above.in_footer or is_footer(tag)
        self._stack.append(
            _Open(tag.name, hidden_by, in_footer, _label(tag), handler_of(tag) or above.handler)
        )
        self._counts[tag.name] = self._counts.get(tag.name, 0) + 1

    def _pop(self) -> None:
        element = self._stack.pop()
        self._counts[element.name] -= 1

    def _imply_ends(self, name: str) -> None:
        """Close what HTML lets authors leave open: p before a block, li before li …"""
        ends = _SAME_ENDS.get(name, set()) | ({"p"} if name in _CLOSES_P else set())
        if not any(self._counts.get(end) for end in ends):
            return
        for depth in range(len(self._stack) - 1, max(0, len(self._stack) - _LOOK_BACK), -1):
            above = self._stack[depth].name
            if above in ends:
                while len(self._stack) > depth:
                    self._pop()
                if above not in ("td", "th", "p"):
                    return
            elif above in _SCOPES or (
                above in BLOCKS and above not in ("p", "li", "dd", "dt", "tr", "td", "th")
            ):
                return

    def _end(self, tag: Tag) -> None:
        name = tag.name
        if name in BLOCKS:
            self._flush()
        if name == "a":
            self._link = None
            if self._counts.get("a") and self._stack[-1].name == "a":
                self._pop()
            return
        if name == "br":
            self._add("\n", tag.start, tag.end)
            return
        if name in ("body", "html") or not self._counts.get(name):
            return
        if name in BLOCKS or name in _HIDDEN_ELEMENTS:
            while self._stack[-1].name != name:
                self._pop()
            self._pop()
            return
        self._end_inline(name)

    def _end_inline(self, name: str) -> None:
        for depth in range(len(self._stack) - 1, max(0, len(self._stack) - _LOOK_BACK), -1):
            if self._stack[depth].name == name:
                while len(self._stack) > depth:
                    self._pop()
                return
            if self._stack[depth].name in BLOCKS:
                return


_TO_REGISTRY = re.compile(r"(?:onclick|action)\s*=[^>]{0,300}(?:beian|miit)\b", re.IGNORECASE)


def handler_of(tag: Tag) -> Anchor | None:
    """The form or click handler by which an element that is no link leads to a registry."""
    if tag.name == "a" or not tag.source or not _TO_REGISTRY.search(tag.source):
        return None
    attributes = tag.attributes()
    script = attributes.get("onclick") or attributes.get("action", "")
    return Anchor(None, script, tag.start, -1 - tag.start)


def hides(tag: Tag) -> str:
    """What in a start tag keeps its content from a visitor's eyes; empty where nothing does."""
    if tag.name in _HIDDEN_ELEMENTS:
        return _HIDDEN_ELEMENTS[tag.name]
    source = tag.source
    if tag.name == "dialog" and "open" not in source.lower():
        return "dialog"
    if not source or not _MAYBE_HIDDEN.search(source):
        return ""
    attributes = tag.attributes()
    if "hidden" in attributes and attributes["hidden"].lower() != "false":
        return "hidden"
    style = attributes.get("style", "")
    if _DISPLAY_NONE.search(style):
        return "display-none"
    if _INVISIBLE.search(style):
        return "invisible-style"
    if _is_same_colour(style):
        return "same-colour"
    return "aria-hidden" if attributes.get("aria-hidden", "").lower() == "true" else ""


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


def is_footer(tag: Tag) -> bool:
    """Whether an element calls itself the foot of the page."""
    if tag.name == "footer":
        return True
    if not tag.source or not _FOOTER_HINT.search(tag.source):
        return False
    return (
        any(_FOOTERISH.search(value) for value in _FOOTER_ATTRIBUTE.findall(tag.source))
        or "contentinfo" in tag.source
    )


def _label(tag: Tag) -> str:
    if not tag.source:
        return tag.name
    identity = re.search(r"\bid\s*=\s*[\"']?([\w-]{1,40})", tag.source)
    if identity:
        return f"{tag.name}#{identity[1]}"
    first = re.search(r"\bclass\s*=\s*[\"']?\s*([\w-]{1,40})", tag.source)
    return f"{tag.name}.{first[1]}" if first else tag.name


def squeeze(text: str) -> str:
    """White space as a browser shows it: one space for any run of it."""
    return _SPACE.sub(" ", text).strip()
