"""A page's markup → runs of text as a visitor reads them, each with its surroundings.

A run is what stands in one block: text joins across inline elements, never across
blocks. Hidden text gets runs of its own, so that it can neither break nor complete a
number that is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from operator import attrgetter
from typing import NamedTuple

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.markup import (
    BLOCKS,
    HIDDEN_ELEMENTS,
    IMPLIED_ENDS,
    LOOK_BACK,
    RAW_TEXT,
    SCOPES,
    SELF_CLOSED,
    TOKEN,
    VOID,
    Raw,
    Tag,
    Tokens,
    attributes,
    raw_end,
)
from icpcrawl.audit.skim import Account, steps

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
_NONE: frozenset[str] = frozenset()
_TELLING = {"html", "base", "link", "meta", "script", "frame", "iframe"}
"""Elements that speak of the page as a whole."""
_TELLING_OR_RAW = {name[:7] for name in _TELLING | RAW_TEXT}
_TELLING_BY_NAME = {*HIDDEN_ELEMENTS, "footer", "dialog"}
_NAMED = {*_TELLING_BY_NAME, "body", "html", "a"}
"""Elements whose name counts in what their tag says; of all others only the attributes do."""
_KNOWN = (
    BLOCKS
    | VOID
    | RAW_TEXT
    | {"a", "span", "b", "i", "em", "strong", "font", "label", "button", "small", "u"}
)
_ID = re.compile(r"\bid\s*=\s*[\"']?([\w-]{1,40})")
_CLASS = re.compile(r"\bclass\s*=\s*[\"']?\s*([\w-]{1,40})")
_IMAGES = {"img", "input", "image"}
_WORTH_SKIMMING = 30
"""Tags that are read with care sooner than skimmed over, for all that changing over costs."""
_DEEP = 300
"""Open elements beyond which nothing is skimmed, as each change would count them all."""


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
    """Offset of the ``<a>`` around it; -1 where none is."""


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
    start: int


_ROOT = _Open("#", "", False, "", -1, -1)


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
        self._anchors = [*anchors, len(page) + 1]
        self._next = 0
        self._hot = -1
        """Blocks to have before text may be skimmed: the neighbours of one that is hot."""
        self._stack = [_ROOT]
        self._counts: dict[str, int] = {}
        self._link = self._handler = -1
        self._number = 0
        self._hidden_by = ""
        self._hidden_from = -1
        self._in_footer = False
        self._flags: dict[str, tuple[str, bool, bool]] = {}
        self._hides_known: dict[str, str] = {}
        self._runs: dict[int, Run] = {}
        self._hidden_reason = ""
        self._clear_shown()
        self._clear_hidden()
        self.tokens = Tokens(page)
        self._steps = steps(self.tokens)
        if skims:
            self._skim(anchors)
        else:
            self._read(0, len(page))
        self._flush()
        if self._hidden_from >= 0:
            self.hidden.append((self._hidden_from, len(page)))

    def text(self, at: int = 0) -> str:
        """All that a visitor can read from ``at`` on, where a tag begins; white space folded."""
        first = 2 * bisect_left(self.tokens.starts, at) + 1 if at else 0
        return squeeze(unescape("".join(self._shown_texts[first:])))

    @cached_property
    def _shown_texts(self) -> list[str]:
        """Texts of the page and what its tags put between them, hidden ones left out."""
        tokens, size = self.tokens, len(self._steps)
        texts = [""] * (2 * size + 1)
        texts[::2] = tokens.texts
        texts[1::2] = [step.parting for step in self._steps]
        for start, end in self.hidden:
            first, last = 2 * bisect_left(tokens.starts, start) + 1, 2 * bisect_left(tokens.starts, end)
            texts[first : last + 1] = [""] * (last + 1 - first)
        return texts

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

    def _skim(self, anchors: list[int]) -> None:
        """Read with care only the blocks around anchors; elsewhere, mind what is open."""
        tokens = self.tokens
        starts, ends, size = tokens.starts, tokens.ends, len(tokens.names)
        hiding = self._hiding()
        account = Account(tokens, self._steps, hiding)
        tags, raws = self._tags_and_raws()
        done, index = -1, 0
        while index < len(anchors) and (anchor := anchors[index]) < starts[size]:
            at = bisect_right(starts, anchor) - 1
            tag = None
            if is_text := at < 0 or anchor >= ends[at]:
                index = bisect_left(anchors, starts[at + 1], index + 1)
            else:
                index = bisect_left(anchors, ends[at], index + 1)
                if not self._steps[at].name:
                    raws.append(Raw("comment", starts[at], ends[at]))
                elif tag := self._tag(at):
                    tags.append(tag)
            if at >= done and (is_text or (tag and tag.name == "a")):
                first = self._first_of(at, done)
                if first > done + _WORTH_SKIMMING:
                    self._leave(account)
                    account.skim(max(0, done), first)
                    self._enter(account, done, first)
                else:
                    first = done
                is_deep = len(self._stack) > _DEEP
                end = self._read(
                    starts[first] if first >= 0 else 0, len(self.page) if is_deep else starts[at + 1]
                )
                done = size if end < 0 else bisect_left(starts, end)
        if done < size and (self._hidden_by or (hiding and hiding[-1] >= done)):
            self._leave(account)
            account.skim(max(0, done), size)
            self._hidden_from = starts[account.indices[account.hidden_depth]] if account.hidden_depth else -1
        self.hidden = sorted([*self.hidden, *((starts[a], starts[b]) for a, b in account.hidden)])
        seen = {tag.start: tag for tag in [*tags, *self.tags]}
        self.tags = [seen[start] for start in sorted(seen)]
        self.raws = sorted(raws, key=attrgetter("start"))

    def _tags_and_raws(self) -> tuple[list[Tag], list[Raw]]:
        """Tags that speak of the whole page, and what scripts, styles … hold."""
        tokens = self.tokens
        telling = {name for name in set(tokens.names) if name[1:8].lower() in _TELLING_OR_RAW}
        tags, raws = [], []
        for index in [index for index, name in enumerate(tokens.names) if name in telling]:
            tag = self._tag(index)
            if tag and tag.name in _TELLING:
                tags.append(tag)
            if tag and tokens.raws[index]:
                start = tag.start + len(tag.name) + len(tag.source) + 2
                if start < tokens.ends[index]:
                    raws.append(Raw(tag.name, start, tokens.ends[index]))
        return tags, raws

    def _tag(self, index: int) -> Tag | None:
        """The start tag at that index, unless it is an end tag, a comment or a line break."""
        name, start = self._steps[index].name, self.tokens.starts[index]
        if name in ("", "br") or self.page[start + 1] == "/":
            return None
        if not self.tokens.raws[index]:
            return Tag(name, start, self.tokens.rests[index][:-1])
        token = TOKEN.match(self.page, start)
        return Tag(name, start, token["rest"]) if token else None

    def _hiding(self) -> list[int]:
        """Indices of start tags that keep what they hold from a visitor."""
        names, rests, steps = self.tokens.names, self.tokens.rests, self._steps
        sources = set(rests).difference(compress(rests, self.tokens.raws))
        hiding = {rest for rest in sources if len(rest) > 6 and _may_hide(rest.lower())}
        found = [index for index, rest in enumerate(rests) if rest in hiding] if hiding else []
        if named := {name for name in set(names) if name[1:9].lower() in _TELLING_BY_NAME}:
            found = sorted({*found, *(index for index, name in enumerate(names) if name in named)})
        return [i for i in found if steps[i].is_start and self._hides(steps[i].name, rests[i][:-1])]

    def _hides(self, name: str, source: str) -> str:
        key = name + source if name in _NAMED else source
        if key not in self._hides_known:
            self._hides_known[key] = hides(name, source)
        return self._hides_known[key]

    def _first_of(self, at: int, done: int) -> int:
        """The tag that opens the block before the one in which tag ``at`` stands, ``done`` at the least."""
        texts, steps = self.tokens.texts, self._steps
        is_filled = is_other = False
        for index in range(at, done, -1):
            name = steps[index].name
            if name in BLOCKS:
                if is_other and is_filled:
                    return index
                is_other, is_filled = True, False
            is_filled |= name in _IMAGES or not (texts[index].isspace() or not texts[index])
        return done

    def _leave(self, account: Account) -> None:
        """Hand the open elements over to be counted only."""
        self._flush()
        starts = self.tokens.starts
        opened = [(element.name, bisect_left(starts, element.start)) for element in self._stack]
        hidden = [depth for depth, element in enumerate(self._stack) if element.hidden_by]
        account.resume(opened, hidden[0] if hidden else 0)

    def _enter(self, account: Account, skimmed_from: int, at: int) -> None:
        """Take the open elements over with all particulars."""
        tokens = self.tokens
        self._stack, self._counts = [_ROOT], {}
        self._hidden_by, self._in_footer, self._handler, self._hidden_from = "", False, -1, -1
        for name, index in zip(account.names[1:], account.indices[1:], strict=True):
            self._push(name, tokens.rests[index][:-1], tokens.starts[index])
        for index in range(at - 1, max(0, skimmed_from) - 1, -1):
            if self._steps[index].name == "a":
                self._link = -1 if tokens.names[index][1] == "/" else tokens.starts[index]
                return

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
                if start >= stop and self._hot < len(self.blocks):
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
            if source and self._hides(name, source):
                self._push(name, source, start)
        elif name in VOID:
            if name in _IMAGES:
                (self._hidden_images if self._hidden_by else self._shown_images).append(
                    Piece(start, start, self._link)
                )
        elif not source or source[-1] != "/" or name not in SELF_CLOSED:
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
        self._stack.append(_Open(name, self._hidden_by, self._in_footer, source, self._handler, start))
        self._counts[name] = self._counts.get(name, 0) + 1

    def _flags_of(self, name: str, source: str) -> tuple[str, bool, bool]:
        """What a start tag says of its content: hidden by, footer, handler that leads to a registry."""
        key = name + source if name in _NAMED else source
        flags = self._flags.get(key)
        if flags is None:
            low = source.lower()
            flags = (
                self._hides(name, source),
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
        ends = IMPLIED_ENDS.get(name, _NONE)
        for end in ends:
            if counts.get(end):
                break
        else:
            return
        for depth in range(len(self._stack) - 1, max(0, len(self._stack) - LOOK_BACK), -1):
            above = self._stack[depth].name
            if above in ends:
                self._cut(depth, at)
                if above not in ("td", "th", "p"):
                    return
            elif above in SCOPES:
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
        if name in HIDDEN_ELEMENTS:
            self._end_block(name, at)
            return
        for depth in range(len(self._stack) - 1, max(0, len(self._stack) - LOOK_BACK), -1):
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


def _may_hide(source: str) -> bool:
    """Whether a tag's source, in lower case, is worth a closer look by ``hides``."""
    if "style" not in source:
        return "hidden" in source
    return (
        "none" in source
        or "hidden" in source
        or "opacity" in source
        or "font-size" in source
        or "text-indent" in source
        or "collapse" in source
        or ("color" in source and ("background" in source or "transparent" in source or "rgba" in source))
    )


def hides(name: str, source: str) -> str:
    """What in a start tag keeps its content from a visitor's eyes; empty where nothing does."""
    if name in HIDDEN_ELEMENTS:
        return HIDDEN_ELEMENTS[name]
    if name == "dialog" and "open" not in source.lower():
        return "dialog"
    if not source or not _may_hide(source.lower()):
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


def squeeze(text: str) -> str:
    """White space as a browser shows it: one space for any run of it."""
    return " ".join(text.split())
