"""All that a visitor can read on a page, put together only when somebody asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.excerpts import element_end
from icpcrawl.audit.markup import NAME, REST
from icpcrawl.audit.page_text import squeeze
from icpcrawl.audit.surroundings import Mark

_INLINE = rb"</?(?:a|span|b|i|em|strong|font|small|u|s|label|sup|sub)(?=[\s/>])"
_INLINE_TAG = re.compile(_INLINE + REST + rb">?", re.IGNORECASE)
"""Tags that do not part the words around them."""
_TAG = re.compile(rb"<(?:/?" + NAME + REST + rb">?|[!?/][^>]*+>?)")
_SHOWN_LIMIT = 20_000
"""Characters of a long page that are kept for signs and block pages: half from either end."""
_STEP_BYTES = 8_000


class VisibleText:
    """A page's readable text, white space folded; hidden elements left out."""

    def __init__(self, text: bytes = b"", marks: Mapping[int, Mark] | None = None) -> None:
        self._markup = text
        self._marks = marks or {}
        self._counted = 0
        """Characters counted so far from the beginning on."""
        self._uncounted = self._pieces(0)

    @classmethod
    def of(cls, text: str) -> VisibleText:
        """Text as it stands, for what was never markup."""
        made = cls()
        made.__dict__["whole"] = text
        return made

    def joined(self, other: VisibleText) -> VisibleText:
        """This page's text and that of a part of it."""
        return VisibleText.of(f"{self.whole}\n{other.whole}")

    @cached_property
    def whole(self) -> str:
        """Everything, in page order."""
        return squeeze("".join(self._pieces(0)))

    @property
    def bounded(self) -> str:
        """At most twenty thousand characters: of a longer text the two ends."""
        half = _SHOWN_LIMIT // 2
        return self.whole if len(self.whole) <= _SHOWN_LIMIT else self.whole[:half] + self.whole[-half:]

    def is_longer_than(self, characters: int, at: int = 0) -> bool:
        """Whether there are more, from an offset of the markup on."""
        if "whole" in self.__dict__ and not at:
            return len(self.whole) > characters
        seen = 0 if at else self._counted
        for piece in self._pieces(at) if at else self._uncounted:
            seen += len(squeeze(piece)) + (seen > 0)
            if not at:
                self._counted = seen
            if seen > characters:
                return True
        return seen > characters

    def _pieces(self, at: int) -> Iterator[str]:
        text = self._markup
        for start, end in self._shown(at):
            while start < end:
                stop = end if end - start <= _STEP_BYTES else text.find(b"<", start + _STEP_BYTES, end)
                stop = stop if stop >= 0 else end
                piece = _TAG.sub(b" ", _INLINE_TAG.sub(b"", text[start:stop])).decode("utf-8", "replace")
                yield unescape(piece) if "&" in piece else piece
                start = stop

    def _shown(self, at: int) -> Iterator[tuple[int, int]]:
        """Stretches of the markup that are not hidden."""
        for start, end in self._hidden:
            if start > at:
                yield at, start
            at = max(at, end)
        yield at, len(self._markup)

    @cached_property
    def _hidden(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        end = 0
        for start, mark in self._marks.items():
            if mark.hidden_by and start >= end:
                end = element_end(self._markup, start, self._marks)
                found.append((start, end))
        return found
