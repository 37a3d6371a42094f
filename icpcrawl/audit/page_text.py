"""A page's markup → runs of text as a visitor reads them, each with its surroundings.

A run is what stands in one block: text joins across inline elements, never across
blocks. Hidden text gets runs of its own, so that it can neither break nor complete a
number that is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from icpcrawl.audit.markup import (
    BLOCKS,
    INLINE,
    RAW_TEXT,
    SKIMMED,
    TOKEN,
    VOID,
    Raw,
    Tag,
    attributes,
    raw_end,
)

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
_FOOTER_HINT = re.compile(r"foot|bottom|btm|copy|beian|icp|cright|contentinfo")
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
_IMPLIED_ENDS = {
    name: frozenset(_SAME_ENDS.get(name, set()) | ({"p"} if name in _CLOSES_P else set())) for name in BLOCKS
}
_NONE: frozenset[str] = frozenset()
_TELLING = {"html", "base", "link", "meta", "script", "frame", "iframe"}
"""Elements that speak of the page as a whole."""
_TELLING_BY_NAME = {*_HIDDEN_ELEMENTS, "footer", "dialog"}
_NAMED = {*_TELLING_BY_NAME, "body", "html", "a"}
"""Elements whose name counts in what their tag says; of all others only the attributes do."""
_SELF_CLOSED = {"path", "use", "circle", "rect"}
_KNOWN = (
    BLOCKS
    | VOID
    | RAW_TEXT
    | {"a", "span", "b", "i", "em", "strong", "font", "label", "button", "small", "u"}
)
_ID = re.compile(r"\bid\s*=\s*[\"']?([\w-]{1,40})")
_CLASS = re.compile(r"\bclass\s*=\s*[\"']?\s*([\w-]{1,40})")
_LOOK_BACK = 32
"""Open inline elements looked through for one end tag: what keeps hostile nesting linear."""


class Anchor(NamedTuple):
    """An ``<a>`` (or an element with a click handler) as far as links need it."""

    href: str | None
    script: str
    """What its click handler says; empty where it has none."""
    start: int
    """Offset of its tag: equal = the same link."""


class Piece(NamedTuple):
    """A stretch of text between two tags; an empty one is a line break."""

    start: int
    end: int
    link: int
    """Offset of the ``<a>`` around it; -1 where none is, ``UNKNOWN`` where it was skimmed over."""


UNKNOWN = -2


class Block(NamedTuple):
    """What one block element holds, shown or hidden, not yet put together."""

    pieces: list[Piece]
    images: list[Piece]
    """Places of images: what a link without text shows."""
    hidden_by: str
    in_footer: bool
    number: int
    """Shown and hidden text of one block element have equal numbers."""
    is_hot: bool
    """Whether a number may stand in it."""
    where: str


@dataclass(frozen=True, slots=True)
class Run:
    """The text of one block, with the way back to the page."""

    block: Block
    text: str
    starts: tuple[int, ...]
    """Offset in ``text`` at which each piece begins."""

    def piece_at(self, offset: int) -> Piece:
        """The piece that holds the character at ``offset``."""
        return self.block.pieces[max(0, bisect_right(self.starts, offset) - 1)]


class _Open(NamedTuple):
    """An element that is open."""

    name: str
    hidden_by: str
    in_footer: bool
    source: str
    handler: int
    """Offset of the nearest form or click handler that leads to a registry; -1 where none is."""


class Walk:
    """One pass over a page's tags that collects blocks of text, unread parts and telling tags.

    ``anchors`` are the offsets, in order, near which a number may stand: of tags and
    blocks, only those that hold one are kept with all particulars.
    """

    def __init__(self, page: str, anchors: list[int], *, skims: bool = False) -> None:
        """``skims`` = away from all anchors, only keep account of what is open."""
        self.page = page
        self.blocks: list[Block] = []
        self.tags: list[Tag] = []
        """Start tags that hold an anchor, and those that speak of the whole page."""
        self.raws: list[Raw] = []
        self.hidden: list[tuple[int, int]] = []
        """Stretches of the page that a visitor does not see."""
        self.gaps: list[int] = []
        """Indices of blocks before which text was skimmed over."""
        self.is_doubtful = False
        """Whether a full pass might tell hidden from shown otherwise than this one."""
        self._anchors = [*anchors, len(page) + 1]
        self._next = 0
        self._hot = -1
        """Blocks to have before text may be skimmed: the neighbours of one that is hot."""
        self._stack = [_Open("#", "", False, "", -1)]
        self._counts: dict[str, int] = {}
        self._link = self._handler = self._opened = -1
        self._number = 0
        self._hidden_by = ""
        self._hidden_from = -1
        self._in_footer = False
        self._flags: dict[str, tuple[str, bool, bool]] = {}
        self._runs: dict[int, Run] = {}
        self._hidden_reason = ""
        self._clear_shown()
        self._clear_hidden()
        self._pass(_zones(anchors, len(page)) if skims else [(0, len(page))])
        self._flush()
        if self._hidden_from >= 0:
            self.hidden.append((self._hidden_from, len(page)))

    def run(self, index: int) -> Run:
        """The block at that index as text, entities decoded."""
        if index not in self._runs:
            block = self.blocks[index]
            texts, starts, length = [], [], 0
            for start, end, _ in block.pieces:
                starts.append(length)
                text = self.page[start:end] if end > start else "\n"
                texts.append(unescape(text) if "&" in text else text)
                length += len(texts[-1])
            self._runs[index] = Run(block, "".join(texts), tuple(starts))
        return self._runs[index]

    def anchor(self, start: int) -> Anchor | None:
        """The link whose tag stands at ``start``."""
        tag = TOKEN.match(self.page, start) if start >= 0 else None
        if tag is None:
            return None
        found = attributes(tag["rest"])
        if tag["name"].lower() != "a":
            return Anchor(None, found.get("onclick") or found.get("action", ""), start)
        script = found.get("onclick", "") or found.get("data-href", "") or found.get("data-url", "")
        href = found.get("href")
        # HTML Standard 4.5.1: an <a> without href is a placeholder, no link.
        return None if href is None and not script else Anchor(href, script, start)

    # -- the pass ----------------------------------------------------------------------

    def _pass(self, zones: list[tuple[int, int]]) -> None:
        at, size = 0, len(self.page)
        for start, end in [*zones, (size, size)]:
            while 0 <= at < start:
                at = self._skim(at, start)
                if 0 <= at < start:
                    at = self._read(at, at + 1)
            if 0 <= at < end:
                at = self._read(at, end)

    def _read(self, at: int, stop: int) -> int:
        """Read on from ``at``, outside all tags, to the first block from ``stop`` on; -1 at the end."""
        is_done = False
        while not is_done:
            at, is_done = self._read_on(at, stop)
        return at

    def _read_on(self, at: int, stop: int) -> tuple[int, bool]:
        """One stretch without a script or style, as (where to go on, whether reading ends there)."""
        page, flush = self.page, self._flush
        for token in TOKEN.finditer(page, at):
            slash, written, source, close = token.groups()
            start = token.start()
            if start > at and (self._shown or not page[at:start].isspace()):
                self._text(at, start)
            at = token.end()
            if written is None:
                self.raws.append(Raw("comment", start, at))
                continue
            if not close:
                return -1, True  # the page stops inside a tag
            name = written if written in _KNOWN else written.lower()
            if name in BLOCKS:
                if start >= stop and self._hot < len(self.blocks) and not self._is_inside_telling_inline():
                    return start, True
                flush()
                self._number = start
                if slash:
                    self._end_block(name, start)
                else:
                    self._imply_ends(name, start)
                    self._start(name, source, start, at)
            elif slash:
                if name == "a":
                    self._link = -1
                if self._counts.get(name):
                    self._end_inline(name, start)
                elif self._hidden_by and self.gaps and name != "a":
                    self.is_doubtful = True  # its start tag may have been skimmed over
                if name == "br":
                    self._text(start, start)
            elif name == "br":
                self._text(start, start)
            else:
                self._start(name, source, start, at)
                if name in RAW_TEXT:
                    end = raw_end(page, name, at)
                    if end > at:
                        self.raws.append(Raw(name, at, end))
                    return end, False
        if at < len(page):
            self._text(at, len(page))
        return -1, True

    def _skim(self, at: int, stop: int) -> int:
        """Go on to ``stop``, or to what must be read with care, minding only what stays open."""
        self._flush()
        self.gaps.append(len(self.blocks))
        before, self._opened = self._link, -1
        while at < stop and not self._is_inside_telling_inline():
            at, is_done = self._skim_on(at, stop)
            if is_done:
                break
        self._link = self._link_after_gap(before, at)
        return at

    def _link_after_gap(self, before: int, at: int) -> int:
        """The link open at ``at``: -1 where it surely is none, as end tags were skimmed over."""
        opened = self._opened
        if opened < 0:
            return before if before == -1 else UNKNOWN
        has_raw = bool(self.raws) and self.raws[-1].start > opened  # where </a> may be no tag
        closed = self.page.find("</a", opened, at) >= 0 or self.page.find("</A", opened, at) >= 0
        return -1 if closed and not has_raw else UNKNOWN

    def _skim_on(self, at: int, stop: int) -> tuple[int, bool]:
        """One stretch without a script or style, as (where to go on, whether skimming ends there)."""
        page = self.page
        for token in SKIMMED.finditer(page, at, stop):
            less, slash, written, source, close = token.groups()
            if not less:
                break
            start, at = token.start("less"), token.end()
            if not close and at == stop < len(page):
                return start, True  # cut by ``stop``, not by the page
            if source and (source.count('"') % 2 or source.count("'") % 2):
                return start, True  # a quote that may be closed behind ``stop``
            if written is None:
                if at > start + 1:  # no mere < at the end of the page
                    self.raws.append(Raw("comment", start, at))
                continue
            if not close:
                return -1, True
            name = written if written in _KNOWN else written.lower()
            if name in BLOCKS:
                if slash:
                    self._end_block(name, start)
                else:
                    self._imply_ends(name, start)
                    self._push(name, source, start)
                    if name == "html":
                        self.tags.append(Tag(name, start, source))
            elif slash:
                if self._counts.get(name):
                    self._end_inline(name, start)
            elif name == "a":
                self._opened = at
                low = source.lower()
                if ("style" in low or "hidden" in low) and hides(name, source):
                    return start, True
            elif name in VOID:
                if name in _TELLING:
                    self.tags.append(Tag(name, start, source, self._hidden_by))
            elif name in RAW_TEXT:
                if name in _TELLING:
                    self.tags.append(Tag(name, start, source, self._hidden_by))
                end = raw_end(page, name, at)
                if end > at:
                    self.raws.append(Raw(name, at, end))
                return end, False
            elif any(self._flags_of(name, source)):
                return start, True
        return stop, True

    def _is_inside_telling_inline(self) -> bool:
        """Whether an inline element is open that hides its text, is a footer or leads to a registry."""
        stack = self._stack
        return any(
            above.name not in BLOCKS and above[1:3] + above[4:] != below[1:3] + below[4:]
            for below, above in pairwise(stack)
        )

    def _is_hot(self, start: int, end: int) -> bool:
        """Whether an anchor stands there; asked in page order."""
        anchors, at = self._anchors, self._next
        while anchors[at] < start:
            at += 1
        self._next = at
        return anchors[at] < end

    def _text(self, start: int, end: int) -> None:
        hot = self._anchors[self._next] < end and self._is_hot(start, end)
        piece = Piece(start, end, self._link if self._link != -1 else self._handler)
        if self._hidden_by:
            if self._hidden_reason != self._hidden_by:
                self._flush_hidden()
                self._hidden_reason = self._hidden_by
            self._hidden.append(piece)
            self._hidden_footer |= self._in_footer
            self._hidden_hot |= hot
        else:
            self._shown.append(piece)
            self._shown_footer |= self._in_footer
            self._shown_hot |= hot
        if hot:
            self._where = self._path()
            self._hot = len(self.blocks) + 2

    def _path(self) -> str:
        return " > ".join(
            _label(element) for element in [e for e in self._stack[1:] if e.name in BLOCKS][-3:]
        )

    def _clear_shown(self) -> None:
        self._shown: list[Piece] = []
        self._shown_images: list[Piece] = []
        self._shown_hot = self._shown_footer = False
        self._where = ""

    def _clear_hidden(self) -> None:
        self._hidden: list[Piece] = []
        self._hidden_images: list[Piece] = []
        self._hidden_hot = self._hidden_footer = False
        self._hidden_reason = ""

    def _flush(self) -> None:
        if self._hidden or self._hidden_images:
            self._flush_hidden()
        if self._shown or self._shown_images:
            self.blocks.append(
                Block(
                    self._shown,
                    self._shown_images,
                    "",
                    self._shown_footer,
                    self._number,
                    self._shown_hot,
                    self._where,
                )
            )
            self._clear_shown()

    def _flush_hidden(self) -> None:
        if self._hidden or self._hidden_images:
            self.blocks.append(
                Block(
                    self._hidden,
                    self._hidden_images,
                    self._hidden_reason,
                    self._hidden_footer,
                    self._number,
                    self._hidden_hot,
                    self._where,
                )
            )
            self._clear_hidden()

    def _start(self, name: str, source: str, start: int, end: int) -> None:
        hot = self._anchors[self._next] < end and self._is_hot(start, end)
        if hot or name in _TELLING:
            self.tags.append(Tag(name, start, source, self._hidden_by))
        if name == "a":
            self._link = start
            if source and _MAYBE_HIDDEN.search(source) and hides(name, source):
                self._push(name, source, start)
        elif name in VOID:
            if name in ("img", "input", "image"):
                (self._hidden_images if self._hidden_by else self._shown_images).append(
                    Piece(start, start, self._link)
                )
        elif not source or source[-1] != "/" or name not in _SELF_CLOSED:
            self._push(name, source, start)

    # -- what is open ------------------------------------------------------------------

    def _push(self, name: str, source: str, start: int) -> None:
        if source or name in _TELLING_BY_NAME:
            hidden_by, in_footer, is_handler = self._flags_of(name, source)
            if hidden_by and not self._hidden_by:
                self._hidden_by, self._hidden_from = hidden_by, start
            self._in_footer |= in_footer
            if is_handler:
                self._handler = start
        self._stack.append(_Open(name, self._hidden_by, self._in_footer, source, self._handler))
        self._counts[name] = self._counts.get(name, 0) + 1

    def _flags_of(self, name: str, source: str) -> tuple[str, bool, bool]:
        """What a start tag says of its content: hidden by, footer, handler that leads to a registry."""
        key = name + source if name in _NAMED else source
        flags = self._flags.get(key)
        if flags is None:
            low = source.lower()
            flags = (
                hides(name, source) if "style" in low or "hidden" in low or name in _TELLING_BY_NAME else "",
                is_footer(name, source),
                ("onclick" in low or "action" in low) and leads_to_registry(name, source),
            )
            self._flags[key] = flags
        return flags

    def _cut(self, depth: int, at: int) -> None:
        """Close every element from ``depth`` of the stack upwards."""
        stack = self._stack
        while len(stack) > depth:
            self._counts[stack.pop().name] -= 1
        top = self._stack[-1]
        self._hidden_by, self._in_footer, self._handler = top.hidden_by, top.in_footer, top.handler
        if self._hidden_from >= 0 and not self._hidden_by:
            self.hidden.append((self._hidden_from, at))
            self._hidden_from = -1

    def _imply_ends(self, name: str, at: int) -> None:
        """Close what HTML lets authors leave open: p before a block, li before li …"""
        counts = self._counts
        ends = _IMPLIED_ENDS.get(name, _NONE)
        for end in ends:
            if counts.get(end):
                break
        else:
            return
        for depth in range(len(self._stack) - 1, max(0, len(self._stack) - _LOOK_BACK), -1):
            above = self._stack[depth].name
            if above in ends:
                self._cut(depth, at)
                if above not in ("td", "th", "p"):
                    return
            elif above in _SCOPES or (
                above in BLOCKS and above not in ("p", "li", "dd", "dt", "tr", "td", "th")
            ):
                return

    def _end_block(self, name: str, at: int) -> None:
        if name in ("body", "html") or not self._counts.get(name):
            return
        depth = len(self._stack) - 1
        while self._stack[depth].name != name:
            depth -= 1
        self._cut(depth, at)

    def _end_inline(self, name: str, at: int) -> None:
        if name == "a":
            if self._stack[-1].name == "a":
                self._cut(len(self._stack) - 1, at)
            return
        if name in _HIDDEN_ELEMENTS:
            self._end_block(name, at)
            return
        for depth in range(len(self._stack) - 1, max(0, len(self._stack) - _LOOK_BACK), -1):
            above = self._stack[depth].name
            if above == name:
                self._cut(depth, at)
                return
            if above in BLOCKS:
                return


_TO_REGISTRY = re.compile(r"(?:onclick|action)\s*=[^>]{0,300}(?:beian|miit)\b", re.IGNORECASE)


def leads_to_registry(name: str, source: str) -> bool:
    """Whether an element that is no link leads to a registry, as a form or by its click handler."""
    return name != "a" and bool(_TO_REGISTRY.search(source))


def hides(name: str, source: str) -> str:
    """What in a start tag keeps its content from a visitor's eyes; empty where nothing does."""
    if name in _HIDDEN_ELEMENTS:
        return _HIDDEN_ELEMENTS[name]
    if name == "dialog" and "open" not in source.lower():
        return "dialog"
    if not source or not _MAYBE_HIDDEN.search(source):
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


def is_footer(name: str, source: str) -> bool:
    """Whether an element calls itself the foot of the page."""
    if name == "footer":
        return True
    # The page as a whole is no footer, whatever its class says: <body class="has-footer">.
    if name in ("body", "html") or not source:
        return False
    if not _FOOTER_HINT.search(source.lower()):
        return False
    return any(_FOOTERISH.search(value) for value in _FOOTER_ATTRIBUTE.findall(source)) or (
        "contentinfo" in source
    )


def _label(element: _Open) -> str:
    identity = _ID.search(element.source)
    if identity:
        return f"{element.name}#{identity[1]}"
    first = _CLASS.search(element.source)
    return f"{element.name}.{first[1]}" if first else element.name


_LEAD, _TAIL, _WORTH_SKIMMING = 3000, 2000, 4000
"""Characters read with care before and after an anchor, and least length of what is skimmed."""


def _zones(anchors: list[int], size: int) -> list[tuple[int, int]]:
    """Stretches to be read with care: around anchors, joined where little lies between."""
    zones: list[tuple[int, int]] = []
    for anchor in anchors:
        start, end = anchor - _LEAD, min(size, anchor + _TAIL)
        last = zones[-1] if zones else (0, 0)
        if start - last[1] < _WORTH_SKIMMING:
            zones[-1:] = [(last[0], end)]
        else:
            zones.append((start, end))
    return zones


def readable(page: str, unseen: list[tuple[int, int]], at: int = 0) -> str:
    """The text of a page from ``at`` on but for the stretches named, in order; white space folded."""
    kept = []
    for start, end in unseen:
        if start > at:
            kept.append(page[at:start])
        at = max(at, end)
    kept.append(page[at:])
    return squeeze(unescape(TOKEN.sub(" ", INLINE.sub("", "".join(kept)))))


def squeeze(text: str) -> str:
    """White space as a browser shows it: one space for any run of it."""
    return " ".join(text.split())
