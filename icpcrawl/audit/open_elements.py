"""Which elements are open at a place of a page, told by its tags alone, without a tree.

Ends that authors leave out are implied as HTML has it; an end tag closes the nearest element
of its name, and inline ones none beyond a block. The account may begin in the middle of a page,
with one element whose surroundings are unknown: it then knows when it lost the thread.

Source: HTML Standard, "Optional tags" and "Parsing HTML documents", read 2026-11.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from icpcrawl.audit.hiding import HIDDEN_ELEMENTS
from icpcrawl.audit.surroundings import HOLLOW, UNMARKED, Mark


def _names(*names: str) -> frozenset[bytes]:
    return frozenset(name.encode() for line in names for name in line.split())


BLOCKS = _names(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption",
    "figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main menu nav ol optgroup",
    "option p pre search section select summary table tbody td tfoot th thead tr ul marquee",
)
_SELF_CLOSED = _names("path use circle rect")
_LOOK_BACK = 32
"""Open elements looked through for one end tag: what keeps hostile nesting linear."""
_CLOSES_P = BLOCKS - _names("body html head frameset td th tr tbody thead tfoot option caption optgroup")
_SAME_ENDS = {
    b"li": _names("li"),
    b"dd": _names("dd dt"),
    b"dt": _names("dd dt"),
    b"option": _names("option"),
}
"""What HTML lets authors leave open before another of its kind."""
_KEEPS_ITEM = BLOCKS - _names("address div p")
"""What an item is not ended beyond; of others left open in it the next one makes an end."""
SCOPES = BLOCKS - _names("p li dd dt tr td th")
"""Blocks whose end authors must write."""
_FORMATTING = _names("b big code em font i nobr s small strike strong tt u")
"""Inline elements that browsers open anew behind what ended them."""
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
"""Any of them ends any other."""
_SECTIONS = _names("caption thead tbody tfoot")
_CELLS = _names("td th")
_PARTS_AROUND = {
    **dict.fromkeys(_SECTIONS, _names()),
    b"tr": _SECTIONS - _names("caption"),
    **dict.fromkeys(_CELLS, _SECTIONS - _names("caption") | _names("tr")),
}
"""Of a table's part, those in which it may stand."""
_PARTS_ENDED = {name: frozenset(_PARTS_AROUND) - around for name, around in _PARTS_AROUND.items()}
_BOUNDS = _names("table td th caption")
"""In a table, what begins outside of these goes on whatever end tags stand inside."""
_TABLE = _names("table") | frozenset(_PARTS_AROUND)
_ENDS_MORE = frozenset(_PARTS_AROUND) | frozenset(_SAME_ENDS) | _HEADINGS


PASSED = (HOLLOW | _names("a")) - BLOCKS
"""Start tags that open nothing worth an account, unless they are marked."""


class Element(NamedTuple):
    """An open element."""

    name: bytes
    start: int
    """Offset of its tag."""
    mark: Mark
    """What it and all around it say of its content."""
    own: Mark | None = None
    """What it says itself."""


class OpenElements:
    """The elements open at a place of the page, innermost last."""

    def __init__(self, opened: Iterable[Element] = (), *, is_whole: bool) -> None:
        """``is_whole`` = these are all; else unmarked ones may be open around them."""
        self.elements: list[Element] = []
        self._is_whole = is_whole
        self.is_lost = False
        """Whether a marked element or a link may have ended with one that is not known to be open."""
        self.link = -1
        """Offset of the ``<a>`` that is open; -1 where none is."""
        self._depths: defaultdict[bytes, list[int]] = defaultdict(list)
        """By name, where in ``elements`` those of it stand."""
        self.mark = UNMARKED
        """What the open elements say of a text that stands here."""
        for element in opened:
            self._push(element)

    def _push(self, element: Element) -> None:
        self.mark = element.mark
        self._depths[element.name].append(len(self.elements))
        self.elements.append(element)

    def begin(self, name: bytes, start: int, source: bytes, mark: Mark | None) -> None:
        """A start tag; ``mark`` = what it says of its own content, where it says anything."""
        if name in _ENDS_MORE:
            self._imply_ends(name)
        elif name in _CLOSES_P:
            self._end_p()
        if name == b"a":
            if mark is None or not mark.hidden_by:
                return
        elif name in HOLLOW or (source[-1:] == b"/" and name in _SELF_CLOSED):
            return
        self._push(Element(name, start, mark.inside(self.mark) if mark else self.mark, mark))

    def begin_link(self, start: int) -> None:
        """An ``<a>``, whatever it says: it ends the one before."""
        if self.elements and self.elements[-1].start >= self.link:
            self._leave_link()
        self.link = start

    def _leave_link(self) -> None:
        """What is left open in a link that ends: inline elements end too, a block goes on without it."""
        elements, link = self.elements, self.link
        if link < 0:
            if elements[0].name not in BLOCKS:
                # It may have begun earlier than all that is known to be open.
                self.is_lost = self.is_lost or self._is_unsure()
            return
        if (bound := self._innermost(_BOUNDS)) >= 0 and elements[bound].start > link:
            return  # in a table within the link, another one begins or ends
        first = len(elements)
        while first and elements[first - 1].start >= link:
            first -= 1
        last = next((at for at in range(first, len(elements)) if elements[at].name in BLOCKS), len(elements))
        if last > first == 0 and elements[0].start > link:
            self.is_lost = self.is_lost or self._is_unsure()  # a block may stand between
        going_on = [
            element for element in elements[first:last] if element.own and element.name in _FORMATTING
        ]
        going_on += elements[last:]
        self._cut(first)
        for name, start, _, own in going_on:
            self._push(Element(name, start, own.inside(self.mark) if own else self.mark, own))

    def _end_link_in_table(self) -> None:
        """A table's tag ends a link begun in that table, be it in a cell or between two; not one around it."""
        if tables := self._depths.get(b"table"):
            if self.elements[tables[-1]].start < self.link:
                self.link = -1
        elif not self._is_whole:
            self.is_lost = True  # the table may have begun earlier

    def end(self, name: bytes) -> None:
        """An end tag."""
        if name in BLOCKS or name in HIDDEN_ELEMENTS:
            if name in (b"body", b"html"):
                return
            if self.link >= 0 and name in _TABLE:
                self._end_link_in_table()
            if self.elements and self.elements[-1].name == name:
                self._cut(len(self.elements) - 1)
                return
            nearest, bound = self._reach(name)
            if nearest > bound:
                self._cut(nearest)
            elif bound < 0 and not self._is_whole and (name != b"p" or not self._holds_block()):
                # What it ends began earlier, and with it ends all that is known to be open.
                self.is_lost = self.is_lost or self._is_unsure()
                self._cut(0)
        elif name == b"a":
            if self.elements and self.elements[-1].start >= self.link:
                self._leave_link()
            self.link = -1
        elif self._depths.get(name):
            self._end_inline(name)
        elif self._is_unsure() and name not in HOLLOW and not self._holds_block():
            self.is_lost = True

    def _is_unsure(self) -> bool:
        """Whether it would matter if an element that is not known of ended here."""
        return not self._is_whole and self.mark is not UNMARKED

    def _holds_block(self) -> bool:
        return any(element.name in BLOCKS for element in self.elements[-_LOOK_BACK:])

    def _cut(self, depth: int) -> None:
        for element in self.elements[depth:]:
            self._depths[element.name].pop()
        del self.elements[depth:]
        self.mark = self.elements[-1].mark if self.elements else UNMARKED

    def _imply_ends(self, name: bytes) -> None:
        """A start tag that ends more than a p: what HTML lets authors leave open before it."""
        if name in _PARTS_AROUND:
            self._begin_part(name)
            return
        if name in _SAME_ENDS:
            self._end_same(_SAME_ENDS[name])
        if name in _CLOSES_P:
            self._end_p()
        if name in _HEADINGS and self.elements:
            last = self.elements[-1]
            if last.name in _HEADINGS and self.link < last.start:
                self._cut(len(self.elements) - 1)

    def _end_p(self) -> None:
        if depths := self._depths.get(b"p"):
            if depths[-1] > self._innermost(_TABLE):
                self._cut(depths[-1])
        elif self.mark is not UNMARKED and self._is_unsure() and not self._holds_block():
            self.is_lost = True

    def _end_same(self, same: frozenset[bytes]) -> None:
        # Not beyond what is marked: whether an item is open around that, only the whole page would tell.
        for depth in range(len(self.elements) - 1, max(-1, len(self.elements) - 1 - _LOOK_BACK), -1):
            above, own = self.elements[depth].name, self.elements[depth].own
            if above in same:
                self._cut(depth)
                return
            if above in _KEEPS_ITEM or own:
                return

    def _begin_part(self, name: bytes) -> None:
        """A part of a table ends all that is open in the part before, and what stands between two."""
        depths = self._depths
        if self.link >= 0:
            self._end_link_in_table()
        tables = depths.get(b"table")
        around = max(tables[-1] if tables else -1, self._innermost(_PARTS_AROUND[name]))
        if around >= 0:
            self._cut(around + 1)
        elif ended := [found[0] for part in _PARTS_ENDED[name] if (found := depths.get(part))]:
            self._cut(min(ended))
        elif not self._is_whole:
            self.is_lost = self.is_lost or self._is_unsure()
            self._cut(0)

    def _reach(self, name: bytes) -> tuple[int, int]:
        """Where what an end tag ends stands, and what it reaches not beyond; -1 where nothing does."""
        depths, tables = self._depths.get(name), self._depths.get(b"table")
        nearest = depths[-1] if depths else -1
        if name in _HEADINGS:
            nearest = self._innermost(_HEADINGS)
        if name == b"p" and depths:
            return nearest, self._innermost(_TABLE)
        if not tables or name == b"table":
            return nearest, -1
        return nearest, tables[-1] if name in _TABLE else self._innermost(_BOUNDS)

    def _innermost(self, names: frozenset[bytes]) -> int:
        """Where the innermost of these stands; -1 where none is open."""
        return max((depths[-1] for name in names if (depths := self._depths.get(name))), default=-1)

    def _end_inline(self, name: bytes) -> None:
        for depth in range(len(self.elements) - 1, max(-1, len(self.elements) - 1 - _LOOK_BACK), -1):
            above = self.elements[depth].name
            if above == name:
                self._cut(depth)
                return
            if above in BLOCKS:
                return
