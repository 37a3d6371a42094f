"""The stretches of a page that are read: around every place where a number may stand.

Each begins a block before and ends a block behind, where a link may stand beside the
number; what lies between is passed over. The elements around a stretch matter only where
they hide it, are the footer, or lead to a register: those are followed from their own
start. Where a page is so untidy that this might miss one, it is read as a whole.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice

from icpcrawl.audit.hiding import hides, is_undone
from icpcrawl.audit.markup import TOKEN, Tag, TagsAround
from icpcrawl.audit.open_elements import BLOCKS, PASSED, SCOPES, Element, OpenElements
from icpcrawl.audit.page_text import IMAGES, Walk, is_space
from icpcrawl.audit.surroundings import HOLLOW, Mark

_TABLE_PART = re.compile(rb"</?(?:t(?:[dhr]|able|body|head|foot)|caption)(?=[\s/>])", re.IGNORECASE)
_SAME_TAGS = 500
"""Tags of its own name among which an element's end is looked for."""
_ID = re.compile(rb"\bid\s*=\s*[\"']?([\w-]{1,40})")
_CLASS = re.compile(rb"\bclass\s*=\s*[\"']?\s*([\w-]{1,40})")
_PATH_BLOCKS = 3
_PARTS = frozenset((b"table", b"tr", b"td", b"th", b"tbody", b"thead", b"tfoot"))
_QUOTATIONS = frozenset(
    (b"article", b"pre", b"code", b"blockquote", b"q", b"samp", b"kbd", b"cite", b"del", b"s")
)
_TAGS_TO_HIDING = 400
_NEAR_TAGS = 60
"""Tags looked through backwards for the blocks around a place."""


class Excerpts:
    """What was read of a page's markup."""

    def __init__(self, text: bytes, anchors: list[int], marks: Mapping[int, Mark], *, skims: bool) -> None:
        """``skims`` = read only around the anchors."""
        self.markup = text
        self.walks: list[Walk] = []
        self.tags: list[Tag] = []
        """Start tags that hold an anchor, ``<a>`` apart."""
        if not skims or not self._read_around(anchors, marks):
            self._read_whole(anchors, marks)

    def _read_whole(self, anchors: list[int], marks: Mapping[int, Mark]) -> None:
        self.walks, self.tags, end = [], [], 0
        tags = TagsAround(self.markup)
        for anchor in anchors:
            if anchor >= end and (tag := tags.at(anchor)):
                end = tag.end()
                self._note(tag)
        walk = Walk(self.markup, anchors, marks)
        walk.begin(0, (), -1, is_whole=True)
        walk.read(len(self.markup) + 1)
        self.walks.append(walk)

    def _note(self, tag: re.Match[bytes]) -> bool:
        """Keep a start tag that holds an anchor; whether it is a link, which a walk keeps."""
        if tag[2] is None or tag[1] or not tag[4]:
            return False
        name = tag[2].lower()
        if name == b"a":
            return True
        self.tags.append(Tag(name.decode("utf-8", "replace"), tag.start(), tag[3]))
        return False

    def _read_around(self, anchors: list[int], marks: Mapping[int, Mark]) -> bool:
        """Whether nothing was lost sight of."""
        text, around, links = self.markup, _Around(self.markup, marks), _Links(self.markup)
        tags, end = TagsAround(text), 0
        for anchor in anchors:
            if anchor < end:
                continue
            tag = tags.at(anchor)
            if tag is not None:
                end = tag.end()
                if not self._note(tag):
                    continue
                at, stop = tag.start(), end
            else:
                at, stop = tags.before, anchor + 1
            read = self.walks[-1].end if self.walks else 0
            if stop <= read:
                continue
            start = _block_before(text, at, read)
            if not self.walks or start > read:
                walk = Walk(text, anchors, marks)
                opened = around.at(start)
                walk.begin(start, opened, links.at(start), is_whole=not start)
                self.walks.append(walk)
            self.walks[-1].read(stop)
            if around.is_lost or links.is_lost or self.walks[-1].is_lost:
                return False
        return True


def _block_before(text: bytes, at: int, floor: int) -> int:
    """The tag that opens the block before the one in which the tag at ``at`` stands; ``floor`` at the least.

    Each tag is read as far as the next ``<`` only: where thousands are never closed, every one
    would be followed to the same end.
    """
    place, is_filled, is_other = at, False, False
    following = len(text)
    while place > floor:
        tag = TOKEN.match(text, place, following + 1)
        if tag is not None:
            name = (tag[2] or b"").lower()
            if name in BLOCKS:
                if is_other and is_filled:
                    outer = text.rfind(b"<", floor, place)
                    if outer < 0 or not _reaches(text, outer, place):
                        return place
                    place, following = outer, place  # it stands in an attribute
                    continue
                is_other, is_filled = True, False
            is_filled |= name in IMAGES
        before = text.rfind(b"<", floor, place)
        if before < 0:
            return floor
        if not is_filled:
            earlier = TOKEN.match(text, before, place)
            end = earlier.end() if earlier else before
            is_filled = end < place and not is_space(text, end, place)
        place, following = before, place
    return floor


def _reaches(text: bytes, start: int, place: int) -> bool:
    """Whether the tag that begins at ``start`` has not ended at ``place``."""
    tag = TOKEN.match(text, start, place + 1)
    return tag is not None and tag.end() > place


class _Links:
    """Which ``<a>`` is open at places asked for in page order; no stretch is searched twice."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._at = 0
        self._link = -1
        self.is_lost = False
        """Whether a table may have ended the link, which only the whole page tells."""

    def at(self, place: int) -> int:
        """The offset of its tag; -1 where none is."""
        text, floor = self._text, self._at
        start, end = _last_link(text, b"<a", floor, place), text.rfind(b"</a", floor, place)
        latest = max(start, end, floor)
        start = max(start, _last_link(text, b"<A", latest, place))
        end = max(end, text.rfind(b"</A", latest, place))
        if start >= 0 or end >= 0:
            self._link = start if start > end else -1
        self._at = max(floor, place)
        if self._link >= 0 and _TABLE_PART.search(text, max(floor, self._link), place):
            self.is_lost = True
        return self._link


def _last_link(text: bytes, opens: bytes, floor: int, at: int) -> int:
    while (at := text.rfind(opens, floor, at)) >= 0 and text[at + 2 : at + 3] not in b" \t\r\n\f/>":
        pass
    return at


def path_to(text: bytes, at: int) -> str:
    """The innermost blocks around a place, for a person: ``div#footer > p.copy``."""
    around = islice(_blocks_around(text, at), _PATH_BLOCKS)
    return " > ".join(reversed([_label(tag[2].lower(), tag[3]) for tag in around]))


def _block_around(text: bytes, at: int) -> int:
    """Where the innermost block around a place begins; -1 where it is not near."""
    return next((tag.start() for tag in _blocks_around(text, at)), -1)


def _blocks_around(text: bytes, at: int) -> Iterator[re.Match[bytes]]:
    """The tags of the blocks that are open at a place, innermost first, as far as they are near."""
    return _elements_around(text, at, _NEAR_TAGS, blocks_only=True)


def is_shown_after_all(text: bytes, at: int) -> bool:
    """Whether elements nearer to a place show again whatever a style farther out hides."""
    chain: list[tuple[bytes, bytes]] = []
    hidden = False
    for tag in _elements_around(text, at, _TAGS_TO_HIDING):
        chain.append((tag[2].lower(), tag[3]))
        if hides(*chain[-1]):
            hidden = True
            if not is_undone(chain):
                return False
    return hidden


def is_in_quotation(text: bytes, at: int) -> bool:
    """Whether a place stands in an article, a quotation or a sample of code."""
    return any(tag[2].lower() in _QUOTATIONS for tag in _elements_around(text, at, _NEAR_TAGS))


def _elements_around(
    text: bytes, at: int, most: int, *, blocks_only: bool = False
) -> Iterator[re.Match[bytes]]:
    """The tags of the elements that are open at a place, innermost first, among so many tags before it."""
    closed: dict[bytes, int] = {}
    for tag in _tags_before(text, at, most):
        name = tag[2].lower() if tag[2] else b""
        if (name not in BLOCKS) if blocks_only else (not name or name in HOLLOW):
            continue
        if tag[1]:
            closed[name] = closed.get(name, 0) + 1
        elif closed.get(name):
            closed[name] -= 1
        else:
            yield tag


def _tags_before(text: bytes, at: int, most: int) -> Iterator[re.Match[bytes]]:
    """The tags before a place, last first, as far as they are near."""
    behind: re.Match[bytes] | None = None
    for _ in range(most):
        at = text.rfind(b"<", 0, at)
        if at < 0:
            break
        # As far as the one behind it: where none is closed, each would be followed to the same end.
        tag = TOKEN.match(text, at, len(text) if behind is None else behind.start() + 1)
        if tag is None:
            continue
        # One that begins inside another tag is no tag: title="<b>".
        if behind is not None and tag.end() <= behind.start():
            yield behind
        behind = tag
    if behind is not None:
        yield behind


def _label(name: bytes, source: bytes) -> str:
    """A start tag as a person would name it: ``div#footer``, ``p.copy``."""
    for sign, pattern in ((b"#", _ID), (b".", _CLASS)):
        if found := pattern.search(source):
            return (name + sign + found[1]).decode("utf-8", "replace")
    return name.decode("utf-8", "replace")


class _Around:
    """Which marked elements, and what in them, are open at places asked for in page order."""

    def __init__(self, text: bytes, marks: Mapping[int, Mark]) -> None:
        self._text, self._marks = text, marks
        self._starts = list(marks)
        self._next = 0
        self._at = 0
        """How far marked elements have been followed."""
        self._passed_end = 0
        """Where the last element ended that was passed over."""
        self._open = OpenElements(is_whole=False)

    @property
    def is_lost(self) -> bool:
        return self._open.is_lost

    def at(self, place: int) -> tuple[Element, ...]:
        """The elements open there, from the outermost marked one on."""
        while True:
            if self._open.elements:
                self._follow(place)
                if self._open.elements or self._open.is_lost:
                    break
            self._next = bisect_left(self._starts, self._at, self._next)
            if self._next >= len(self._starts) or self._starts[self._next] >= place:
                break
            start = self._starts[self._next]
            self._next += 1
            if start < self._passed_end and not _TABLE_PART.match(self._text, start):
                continue  # what ended that one ended it too, unless a cell had ended that one before
            if end := self._end_before(start, place):
                self._passed_end = max(self._passed_end, end)
            else:
                self._begin(start)
        return tuple(self._open.elements)

    def _end_before(self, start: int, place: int) -> int:
        """As ``_end_before``; an inline element has ended where the block around it has, unless that end is implied."""
        tag = TOKEN.match(self._text, start)
        if tag is None or tag[2].lower() in BLOCKS:
            return _end_before(self._text, start, place)
        outer = next(_blocks_around(self._text, start), None)
        if outer is None or outer[2].lower() not in SCOPES:
            return 0
        return _end_before(self._text, outer.start(), place)

    def _begin(self, start: int) -> None:
        self._passed_end = 0
        tag = TOKEN.match(self._text, start)
        if (
            tag is not None
            and tag[2].lower() not in BLOCKS
            and (outer := _block_around(self._text, start)) >= 0
        ):
            # What ends an inline element may end with the block around it: that one is followed along.
            self._open, self._at = _opened_at(self._text, outer, None)
            self._at = _follow(self._text, self._at, start, self._open, self._marks)
            if self._open.elements and not self._open.is_lost:
                return
        self._open, self._at = _opened_at(self._text, start, self._marks[start])

    def _follow(self, place: int) -> None:
        self._at = _follow(self._text, self._at, place, self._open, self._marks)


def _end_before(text: bytes, start: int, place: int) -> int:
    """Where the element that begins at ``start`` has surely ended, by tags of its name alone; 0 if unsure."""
    tag = TOKEN.match(text, start)
    name = tag[2].lower() if tag is not None else b""
    if tag is None or name not in BLOCKS:
        return 0
    depth = 1
    for same in islice(_same_name(name).finditer(text, tag.end(), place), _SAME_TAGS):
        depth += -1 if same[1] else 1
        if not depth:
            at, end = tag.end(), same.start()
            return _end_beside_tables(text, name, at, place) if _may_hold_table(text, at, end) else end
    return 0


def _may_hold_table(text: bytes, start: int, end: int) -> bool:
    """Whether a tag stands there that may be a table's or a part's of it, at a glance."""
    find = text.find
    return (
        find(b"<t", start, end) >= 0
        or find(b"</t", start, end) >= 0
        or find(b"<T", start, end) >= 0
        or find(b"</T", start, end) >= 0
    )


def _end_beside_tables(text: bytes, name: bytes, at: int, place: int) -> int:
    """As ``_end_before``: a stray end tag in a table ends nothing around it, and a table what is left open in it."""
    depth, outside = 1, list[int]()
    for same in islice(_same_name_or_table(name).finditer(text, at, place), _SAME_TAGS):
        slash, is_table = same[1], same[2] and name != b"table"
        if same[3] and same[3].lower() != name:
            if outside or name in _PARTS:
                continue
            return 0  # a cell around it may end
        if is_table and not slash:
            outside.append(depth)
        elif is_table:
            if not outside:
                return 0  # a table around it ends
            depth = outside.pop()
        elif not slash:
            depth += 1
        elif not outside or depth > outside[-1]:
            depth -= 1
        if not depth:
            return same.start()
    return 0


@cache
def _same_name(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"<(/?)" + name + rb"(?=[\s/>])", re.IGNORECASE)


@cache
def _same_name_or_table(name: bytes) -> re.Pattern[bytes]:
    return re.compile(
        rb"<(/?)(?:(table)|(" + b"|".join(sorted(_PARTS)) + rb")|" + name + rb")(?=[\s/>])", re.IGNORECASE
    )


def element_end(text: bytes, start: int, mark: Mark) -> int:
    """Where the marked element has ended that begins at ``start``."""
    if end := _end_before(text, start, len(text)):
        return end
    opened, at = _opened_at(text, start, mark)
    return _follow(text, at, len(text) + 1, opened, {})


def _opened_at(text: bytes, start: int, mark: Mark | None) -> tuple[OpenElements, int]:
    """The element that begins at ``start`` as the only one open, and where its tag ends."""
    tag = TOKEN.match(text, start)
    if tag is None or not tag[4]:
        return OpenElements(is_whole=False), len(text)
    opened = OpenElements(is_whole=False)
    name = tag[2].lower()
    if name == b"a":
        opened.begin_link(start)
    opened.begin(name, start, tag[3], mark)
    return opened, tag.end()


def _follow(text: bytes, at: int, stop: int, opened: OpenElements, marks: Mapping[int, Mark]) -> int:
    """Read tags from ``at`` on until none of these elements is open; where that is, ``stop`` at the latest."""
    if not opened.elements:
        return at
    for token in TOKEN.finditer(text, at):
        start = token.start()
        if start >= stop:
            return start
        slash, name, source, close = token.groups()
        if name is None:
            continue
        if not close:
            break
        name = name.lower()
        if slash:
            opened.end(name)
        else:
            if name == b"a":
                opened.begin_link(start)
            if name not in PASSED or start in marks:
                opened.begin(name, start, source, marks.get(start))
        if not opened.elements:
            return token.end()
    return len(text)
