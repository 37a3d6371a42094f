"""Markup → runs of text as a visitor reads them, each with its surroundings.

A run is what stands in one block: text joins across inline elements, never across
blocks. Hidden text gets runs of its own, so that it can neither break nor complete a
number that is shown.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.markup import TOKEN, Tag, attributes
from icpcrawl.audit.open_elements import BLOCKS, PASSED, Element, OpenElements
from icpcrawl.audit.surroundings import UNMARKED, VOID, Mark

IMAGES = (b"img", b"input", b"image")
_KNOWN = (
    BLOCKS
    | VOID
    | {b"a", b"span", b"b", b"i", b"em", b"strong", b"font", b"label", b"button", b"small", b"u"}
)
"""Names as nearly all pages write them: nothing need be made small."""


_TAGS = re.compile(r"<[^<>]{0,2000}>")
_BLANKS = re.compile(r"[ \t\r\n]{50,}+")
_LONG_TEXT_BYTES = 1000
_END_BYTES = 500_000
"""Of a longer text without any tag, what is read at either end."""


_GAP_BYTES = 1000
_MOST_PARTS = 200
"""Numbers told apart in one block; a footer holds a few."""
_NUMBER_ENDS = re.compile(
    r"(?<![0-9０-９])(?:[0-9０-９]{6}\s?[号號]|[0-9０-９]{8}|[0-9０-９]{10}|[0-9０-９]{14})(?:\s?[号號])?"
    r"(?:[-－—–‐][0-9]{1,4})?[AXKaxk]?(?:\s?[号號])?\s?\Z"
)
_ITS_TAIL = re.compile(
    r"\s?[号號]|[-－—–‐_]{1,2}[0-9０-９]{1,2}(?![0-9０-９B-JL-WYZb-jl-wyz])"
    r"|\s?[-－—–‐_]{1,2}\s?[0-9０-９]{1,4}\s?[号號]?(?![0-9A-Za-z\u3400-\u9fff])"
    r"|[0-9]{2}(?:\s?[号號]|\s*$)"
)
"""号, a glued serial, a serial that nothing follows, or the last two of ten digits."""
_OWN_LINE = re.compile(rb"display\s*:\s*(?:block|flex|grid|table|list-item)", re.IGNORECASE)


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


class _Gathered:
    """Pieces of one block that are all shown, or all hidden by the same."""

    __slots__ = ("hidden_by", "images", "in_footer", "is_hot", "pieces")

    def __init__(self, hidden_by: str = "") -> None:
        self.pieces: list[Piece] = []
        self.images: list[Piece] = []
        self.hidden_by = hidden_by
        self.is_hot = self.in_footer = False


class Walk:
    """A stretch of markup read tag by tag into blocks of text.

    ``anchors`` are the offsets, in order, near which a number may stand.
    """

    def __init__(self, text: bytes, anchors: list[int], marks: Mapping[int, Mark]) -> None:
        self.markup = text
        self.blocks: list[Block] = []
        self.links: list[Tag] = []
        """``<a>`` that hold an anchor in their tag."""
        self.end = 0
        """Where reading stopped."""
        self.is_lost = False
        """Whether marked elements or a link may have ended with one from before the stretch."""
        self._anchors = [*anchors, len(text) + 1]
        self._next = 0
        self._marks = marks
        self._wanted = -1
        """Shown blocks to have before reading may stop; -1 while a hot one is being read."""
        self._shown_blocks = 0
        self._shown, self._hidden = _Gathered(), _Gathered()
        self._runs: dict[int, Run] = {}

    def begin(self, at: int, opened: Iterable[Element], link: int, *, is_whole: bool) -> None:
        """Stand at ``at``, outside all tags, with these elements open and this ``<a>`` around, if any."""
        self._open = OpenElements(opened, is_whole=is_whole)
        self._open.link = link
        self._next = bisect_left(self._anchors, at)
        self._number, self.end = at, at

    def read(self, stop: int) -> None:
        """Read on to the second block behind the last one that is hot or begins before ``stop``."""
        self._wanted = -1
        at = self.end
        open_elements, marks, text = self._open, self._marks, self.markup
        for token in TOKEN.finditer(text, at):
            slash, written, source, close = token.groups()
            start = token.start()
            if start > at and (self._shown.pieces or not is_space(text, at, start)):
                self._text(at, start)
            at = token.end()
            if written is None:
                continue
            if not close:
                break  # the page stops inside a tag
            name = written if written in _KNOWN else written.lower()
            if name in BLOCKS:
                if start >= stop:
                    if self._wanted < 0:
                        self._wanted = self._shown_blocks + 2
                    elif self._shown_blocks >= self._wanted:
                        at = start
                        break
                self._flush()
                self._number = start
                if slash:
                    open_elements.end(name)
                else:
                    open_elements.begin(name, start, source, marks.get(start))
            elif slash:
                open_elements.end(name)
                if name == b"br":
                    self._text(start, start)
            elif name == b"br":
                self._text(start, start)
            else:
                if name == b"a":
                    open_elements.begin_link(start)
                    if self._is_hot(start, at):
                        self.links.append(Tag("a", start, source, open_elements.mark.hidden_by))
                elif name in IMAGES:
                    self._image(start, open_elements.mark)
                if name not in PASSED or start in marks:
                    open_elements.begin(name, start, source, marks.get(start))
        else:
            if at < len(text):
                self._text(at, len(text))
            at = len(text)
        self._flush()
        self.end = at
        self.is_lost = open_elements.is_lost

    def _is_hot(self, start: int, end: int) -> bool:
        """Whether an anchor stands there; asked in page order."""
        anchors, at = self._anchors, self._next
        while anchors[at] < start:
            at += 1
        self._next = at
        return anchors[at] < end

    def _text(self, start: int, end: int) -> None:
        mark, link = self._open.mark, self._open.link
        if not mark.hidden_by:
            gathered = self._shown
        else:
            if self._hidden.hidden_by != mark.hidden_by:
                self._flush_hidden()
                self._hidden = _Gathered(mark.hidden_by)
            gathered = self._hidden
        gathered.pieces.append(Piece(start, end, link if link >= 0 else mark.handler))
        if mark is not UNMARKED:
            gathered.in_footer |= mark.in_footer
        if self._anchors[self._next] < end and self._is_hot(start, end):
            gathered.is_hot = True
            self._wanted = -1

    def _image(self, start: int, mark: Mark) -> None:
        gathered = self._hidden if mark.hidden_by else self._shown
        gathered.images.append(Piece(start, start, self._open.link))
        gathered.in_footer |= mark.in_footer

    def _flush(self) -> None:
        self._flush_hidden()
        if self._shown.pieces or self._shown.images:
            self._keep(self._shown)
            self._shown = _Gathered()

    def _flush_hidden(self) -> None:
        if self._hidden.pieces or self._hidden.images:
            self._keep(self._hidden)
            self._hidden = _Gathered()

    def _keep(self, got: _Gathered) -> None:
        self._shown_blocks += not got.hidden_by
        self.blocks.append(
            Block(got.pieces, got.images, got.hidden_by, got.in_footer, self._number, got.is_hot)
        )

    # -- what was read ------------------------------------------------------------------

    def run(self, index: int) -> Run:
        """The block at that index as text, entities decoded."""
        if index not in self._runs:
            block = self.blocks[index]
            texts, starts, length = [], [], 0
            for start, end, _ in block.pieces:
                starts.append(length)
                text = self._read_text(start, end) if end > start else "\n"
                if end - start > _LONG_TEXT_BYTES:  # a browser draws any white space as one
                    text = _BLANKS.sub(" ", text)
                texts.append(unescape(text) if "&" in text else text)
                length += len(texts[-1])
            self._runs[index] = Run(block, "".join(texts), tuple(starts))
        return self._runs[index]

    def parted_at(self, index: int) -> list[int]:
        """Offsets in that block's text at which a number ends: with its link, before a picture or a line of its own.

        Text joins across inline elements, but what stands behind a number's link is its own only as the
        serial that nothing follows: ``<a>…号</a>-1``, not ``<a>…号-1</a>A座`` nor ``<a>…号</a> - 58同城``.
        """
        run, places = self.run(index), list[int]()
        pieces, images = run.block.pieces, [image.start for image in run.block.images]
        for before, behind, at in zip(pieces, pieces[1:], run.starts[1:], strict=False):
            if before.end == before.start or not _NUMBER_ENDS.search(run.text, max(0, at - 24), at):
                continue
            is_left = before.link >= 0 and before.link != behind.link
            is_left |= bisect_left(images, before.end) < bisect_left(images, behind.start)
            if (is_left and not _ITS_TAIL.match(run.text, at)) or (
                _OWN_LINE.search(self.markup, before.end, min(behind.start, before.end + _GAP_BYTES))
            ):
                places.append(at)
                if len(places) == _MOST_PARTS:
                    break
        return places

    def _read_text(self, start: int, end: int) -> str:
        text = self.markup[start:end]
        if len(text) > 2 * _END_BYTES:
            text = text[:_END_BYTES] + text[-_END_BYTES:]
        return text.decode("utf-8", "replace")

    def anchor(self, start: int) -> Anchor | None:
        """The link whose tag stands at ``start``."""
        tag = TOKEN.match(self.markup, start) if start >= 0 else None
        if tag is None:
            return None
        found = attributes(tag[3])
        if tag[2].lower() != b"a":
            return Anchor(None, found.get("onclick") or found.get("action", ""), start)
        script = found.get("onclick", "") or found.get("data-href", "") or found.get("data-url", "")
        href = found.get("href")
        # HTML Standard 4.5.1: an <a> without href is a placeholder, no link.
        return None if href is None and not script else Anchor(href, script, start)


def is_space(text: bytes, start: int, end: int) -> bool:
    piece = text[start:end]
    if piece.isspace():
        return True
    # White space beyond ASCII: the ideographic space and others of U+2000, or a no-break space.
    return piece.strip()[:1] in (b"\xe3", b"\xc2", b"\xe2") and piece.decode("utf-8", "replace").isspace()


def without_tags(source: str, between: str = "") -> str:
    """What a piece of markup reads as: entities decoded, ``between`` in place of each tag."""
    return unescape(_TAGS.sub(between, source))


def squeeze(text: str) -> str:
    """White space as a browser shows it: one space for any run of it."""
    return " ".join(text.split())
