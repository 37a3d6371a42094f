"""Which elements are open at a place of a page, told by the names of its tags alone.

Away from numbers nothing else counts, and nine tags in ten are far from any. The account
is the one that ``page_text.Walk`` keeps with all particulars; both must agree.
"""

from __future__ import annotations

from typing import NamedTuple

from icpcrawl.audit.markup import (
    BLOCKS,
    HIDDEN_ELEMENTS,
    IMPLIED_ENDS,
    INLINE,
    LOOK_BACK,
    RAW_TEXT,
    SCOPES,
    SELF_CLOSED,
    VOID,
    Tokens,
)

# Numbers rather than an enum: looked at for every tag of every page.
_PASS, _END_BLOCK, _END_INLINE, _END_LINK, _START, _START_UNLESS_CLOSED, _START_HIDING = range(7)
_NONE: frozenset[str] = frozenset()


class Step(NamedTuple):
    """What a tag does to the account."""

    move: int
    name: str
    """In lower case; empty for comments and for end tags of elements that hold nothing."""
    ends: frozenset[str]
    """Elements that a start tag closes by implication."""
    parting: str
    """What it puts between the words around it: a space or nothing."""

    @property
    def is_start(self) -> bool:
        """Whether it opens an element that may hold text."""
        return self.move >= _START or (self.move == _PASS and self.name == "a")


def _step(written: str) -> Step:
    is_end = written.startswith("</")
    name = written[1 + is_end :].lower()
    if not ("a" <= name[:1] <= "z"):
        return Step(_PASS, "", _NONE, "")
    parting = "" if name in INLINE else " "
    if is_end:
        if name in VOID or name in RAW_TEXT:
            return Step(_PASS, "", _NONE, parting)
        if name in BLOCKS or name in HIDDEN_ELEMENTS:
            return Step(_PASS if name in ("body", "html") else _END_BLOCK, name, _NONE, parting)
        return Step(_END_LINK if name == "a" else _END_INLINE, name, _NONE, parting)
    if name == "a" or name in VOID or name in RAW_TEXT:
        return Step(_PASS, name, _NONE, parting)
    move = _START_UNLESS_CLOSED if name in SELF_CLOSED else _START
    return Step(move, name, IMPLIED_ENDS.get(name, _NONE), parting)


class _Steps(dict[str, Step]):
    """Names of tags as written → what they do; bounded, whatever pages write."""

    def __missing__(self, written: str) -> Step:
        step = _step(written)
        if len(written) < 20 and len(self) < 1000:
            self[written] = step
        return step


_STEPS = _Steps()


def steps(tokens: Tokens) -> list[Step]:
    """What each tag of a page does."""
    return list(map(_STEPS.__getitem__, tokens.names))


class Account:
    """The elements open at a place of the page, innermost last."""

    def __init__(self, tokens: Tokens, steps: list[Step], hiding: list[int]) -> None:
        """``hiding`` are the indices of start tags that hide what they hold."""
        self._tokens, self._steps = tokens, steps
        for index in hiding:
            self._steps[index] = self._steps[index]._replace(move=_START_HIDING)
        self.hidden: list[tuple[int, int]] = []
        """Stretches a visitor does not see: indices of the tags before and behind them."""
        self.resume([("#", -1)], 0)

    def resume(self, opened: list[tuple[str, int]], hidden_depth: int) -> None:
        """Go on from these elements, as names and indices, the root first.

        Those from ``hidden_depth`` on are hidden; 0 where none is.
        """
        self.names = [name for name, _ in opened]
        self.indices = [index for _, index in opened]
        self.hidden_depth = hidden_depth
        self._counts: dict[str, int] = {}
        for name in self.names:
            self._counts[name] = self._counts.get(name, 0) + 1

    def skim(self, first: int, stop: int) -> None:
        """Take the tags from ``first`` to before ``stop`` into account."""
        names, indices, counts = self.names, self.indices, self._counts
        count = counts.get
        for index, (move, name, ends, _) in enumerate(self._steps[first:stop], first):
            if move == _PASS:
                continue
            if move <= _END_LINK:
                if names[-1] == name and len(names) > self.hidden_depth + 1:
                    counts[name] -= 1
                    del names[-1], indices[-1]
                elif count(name):
                    self._end(move, name, index)
            elif move != _START_UNLESS_CLOSED or not self._tokens.rests[index].endswith("/>"):
                for end in ends:
                    if count(end):
                        self._imply_ends(ends, index)
                        break
                names.append(name)
                indices.append(index)
                counts[name] = count(name, 0) + 1
                if move == _START_HIDING and not self.hidden_depth:
                    self.hidden_depth = len(names) - 1

    def _cut(self, depth: int, index: int) -> None:
        for name in self.names[depth:]:
            self._counts[name] -= 1
        if depth <= self.hidden_depth and self.hidden_depth:
            self.hidden.append((self.indices[self.hidden_depth], index))
            self.hidden_depth = 0
        del self.names[depth:], self.indices[depth:]

    def _imply_ends(self, ends: frozenset[str], index: int) -> None:
        names = self.names
        for depth in range(len(names) - 1, max(0, len(names) - LOOK_BACK), -1):
            above = names[depth]
            if above in ends:
                self._cut(depth, index)
                if above not in ("td", "th", "p"):
                    return
            elif above in SCOPES:
                return

    def _end(self, move: int, name: str, index: int) -> None:
        names = self.names
        depth = len(names) - 1
        if move == _END_LINK:
            if names[depth] == name:
                self._cut(depth, index)
            return
        lowest = 0 if move == _END_BLOCK else max(0, len(names) - LOOK_BACK)
        while depth > lowest:
            if names[depth] == name:
                self._cut(depth, index)
                return
            if move == _END_INLINE and names[depth] in BLOCKS:
                return
            depth -= 1
