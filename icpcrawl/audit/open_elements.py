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
_TABLE_PARTS = _names("table caption thead tbody tfoot tr td th")
_LOOK_BACK = 32
"""Open elements looked through for one end tag: what keeps hostile nesting linear."""
_CLOSES_P = BLOCKS - _names("body html head frameset td th tr tbody thead tfoot option caption optgroup")
_SAME_ENDS = {
    b"li": _names("li"),
    b"dd": _names("dd dt"),
    b"dt": _names("dd dt"),
    b"option": _names("option"),
    b"tr": _names("tr td th"),
    b"td": _names("td th"),
    b"th": _names("td th"),
}
_NONE: frozenset[bytes] = frozenset()
_IMPLIED_ENDS = {
    name: _SAME_ENDS.get(name, _NONE) | (_names("p") if name in _CLOSES_P else _NONE) for name in BLOCKS
}
"""What HTML lets authors leave open: p before a block, li before li …"""
SCOPES = BLOCKS - _names("p li dd dt tr td th")
"""Elements beyond which none is closed by implication."""
_CLOSED_ALONG = _names("td th p")
"""Elements whose end by implication lets the one around them end too."""


PASSED = (HOLLOW | _names("a")) - BLOCKS
"""Start tags that open nothing worth an account, unless they are marked."""


class Element(NamedTuple):
    """An open element."""

    name: bytes
    start: int
    """Offset of its tag."""
    mark: Mark
    """What it and all around it say of its content."""


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
        for element in opened:
            self._push(element)

    @property
    def mark(self) -> Mark:
        """What the open elements say of a text that stands here."""
        return self.elements[-1].mark if self.elements else UNMARKED

    def _push(self, element: Element) -> None:
        self._depths[element.name].append(len(self.elements))
        self.elements.append(element)

    def begin(self, name: bytes, start: int, source: bytes, mark: Mark | None) -> None:
        """A start tag; ``mark`` = what it says of its own content, where it says anything."""
        if name in BLOCKS:
            if self.link >= 0 and name in _TABLE_PARTS and name != b"table":
                self._end_link_in_table()
            self._imply_ends(name)
        if name == b"a":
            if mark is None or not mark.hidden_by:
                return
        elif name in HOLLOW or (source[-1:] == b"/" and name in _SELF_CLOSED):
            return
        outer = self.elements[-1].mark if self.elements else UNMARKED
        self._push(Element(name, start, mark.inside(outer) if mark else outer))

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
            if self.link >= 0 and name in _TABLE_PARTS:
                self._end_link_in_table()
            if depths := self._depths.get(name):
                self._cut(depths[-1])
            elif not self._is_whole and (name != b"p" or not self._holds_block()):
                # What it ends began earlier, and with it ends all that is known to be open.
                self.is_lost = self.is_lost or self._is_unsure()
                self._cut(0)
        elif name == b"a":
            self.link = -1
            if self.elements and self.elements[-1].name == b"a":
                self._cut(len(self.elements) - 1)
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

    def _imply_ends(self, name: bytes) -> None:
        ends, depths = _IMPLIED_ENDS[name], self._depths
        for end in ends:
            if depths.get(end):
                break
        else:
            if ends and self._is_unsure() and not self._holds_block():
                self.is_lost = True
            return
        for depth in range(len(self.elements) - 1, max(-1, len(self.elements) - 1 - _LOOK_BACK), -1):
            above = self.elements[depth].name
            if above in ends:
                self._cut(depth)
                if above not in _CLOSED_ALONG:
                    return
            elif above in SCOPES:
                return

    def _end_inline(self, name: bytes) -> None:
        for depth in range(len(self.elements) - 1, max(-1, len(self.elements) - 1 - _LOOK_BACK), -1):
            above = self.elements[depth].name
            if above == name:
                self._cut(depth)
                return
            if above in BLOCKS:
                return
