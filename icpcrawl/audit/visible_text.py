"""All that a visitor can read on a page, put together only when somebody asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from itertools import accumulate

from icpcrawl.audit.excerpts import element_end
from icpcrawl.audit.fold import unescape
from icpcrawl.audit.markup import NAME, REST
from icpcrawl.audit.page_text import squeeze
from icpcrawl.audit.scan import Scanner, looked_for
from icpcrawl.audit.surroundings import Mark, find_marks

_INLINE_NAMES = rb"</?(?:a|span|b|i|em|strong|font|small|u|s|label|sup|sub)"
"""Of tags that do not part the words around them."""
_INLINE_AT_A_GLANCE = re.compile(_INLINE_NAMES + rb"(?:[\s/][^<>]*+)?>", re.IGNORECASE)
"""Up to the next ``<`` only: where ten thousand tags are not closed, each would be followed to the end."""
_BETWEEN_TAGS = re.compile(rb">\s*+([^<\s][^<]*+)")
_PARTING = (b">", b" ", b"\n", b"\r", b"\t")
_NO_TAG = re.compile(rb"<(?![a-zA-Z/!?])")
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"<>"))
_INLINE_TAG = re.compile(_INLINE_NAMES + rb"(?=[\s/>])" + REST + rb">?", re.IGNORECASE)
_TAG = re.compile(rb"<(?:/?" + NAME + REST + rb">?|[!?/][^>]*+>?)")
_SHOWN_LIMIT = 20_000
"""Characters of a long page that are kept for signs and block pages: half from either end."""
_STEP_BYTES, _STEP_AT_MOST_BYTES = 2_000, 50_000
_BEGINNING_BYTES = 12_000


@cache
def _scanner(words: tuple[str, ...]) -> Scanner:
    return Scanner(words)


class _Shown:
    """What of a page's markup is shown."""

    def __init__(self, markup: bytes) -> None:
        self.markup = markup

    @cached_property
    def marks(self) -> Mapping[int, Mark]:
        return find_marks(self.markup)

    def pieces(self, at: int) -> Iterator[bytes]:
        """Stretches of the markup that are not hidden, longer ones the longer it takes."""
        text, size = self.markup, _STEP_BYTES
        for begin, end in self._stretches(at):
            start = begin
            while start < end:
                stop = end if end - start <= size else text.find(b"<", start + size, end)
                stop = stop if stop >= 0 else end
                yield text[start:stop]
                start, size = stop, min(2 * size, _STEP_AT_MOST_BYTES)

    def _stretches(self, at: int) -> Iterator[tuple[int, int]]:
        """From a place on that is not hidden."""
        for stop, marks in self._marks_in_order():
            for start, mark in marks.items():
                if mark.hidden_by and at <= start < stop:
                    yield at, start
                    at = element_end(self.markup, start, mark)
            if at < stop:
                yield at, stop
                at = stop

    def _marks_in_order(self) -> Iterator[tuple[int, Mapping[int, Mark]]]:
        """Marks up to an offset, and the offset; the beginning first, as most questions end there."""
        if "marks" not in self.__dict__ and len(self.markup) > 2 * _BEGINNING_BYTES:
            stop = max(0, self.markup.rfind(b"<", 0, _BEGINNING_BYTES))
            yield stop, find_marks(self.markup[:stop])
        yield len(self.markup), self.marks


class VisibleText:
    """A page's readable text; hidden elements left out."""

    def __init__(self, markup: bytes = b"") -> None:
        self._shown = _Shown(markup)
        self._plain: str | None = None
        self._read: list[str] = []
        self._count = 0
        """Letters read so far from the beginning on."""
        # Of the markup alone: what led back to this object would keep the page until the collector comes.
        self._unread = map(letters_of, self._shown.pieces(0))

    @classmethod
    def of(cls, text: str) -> VisibleText:
        """Text as it stands, for what was never markup."""
        made = cls()
        made._plain, made._read = text, ["".join(text.split())]
        made._count = len(made._read[0])
        return made

    def joined(self, other: VisibleText) -> VisibleText:
        """This page's text and that of a part of it."""
        return VisibleText.of(f"{self.whole}\n{other.whole}")

    @property
    def marks(self) -> Mapping[int, Mark]:
        """What of the markup is hidden, is the footer or leads to a register."""
        return self._shown.marks

    @cached_property
    def whole(self) -> str:
        """Everything, in page order, white space folded."""
        if self._plain is not None:
            return squeeze(self._plain)
        return squeeze("".join(map(_text_of, self._shown.pieces(0))))

    @cached_property
    def letters(self) -> str:
        """Everything without white space, however tags and lines part it."""
        self._read += self._unread
        return "".join(self._read)

    def is_longer_than(self, letters: int, at: int = 0) -> bool:
        """Whether there are more, from an offset of the markup on."""
        if at:
            pieces = map(letters_of, self._shown.pieces(at))
            return any(count > letters for count in accumulate(map(len, pieces)))
        while self._count <= letters:
            piece = next(self._unread, None)
            if piece is None:
                return False
            self._read.append(piece)
            self._count += len(piece)
        return True

    def may_hold(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the words that may be in it, told by the markup at a glance: one cut in two by a tag is missed."""
        markup = self._shown.markup
        if self._plain is not None or b"&#" in markup or not all(word == word.upper() for word in words):
            return words
        if not _scanner(words).find(markup):
            return ()
        held = looked_for(tuple(word.encode() for word in words)).held_by(markup)
        return tuple(word for word in words if word.encode() in held)


def bounded(text: str) -> str:
    """At most twenty thousand characters: of a longer text the two ends."""
    half = _SHOWN_LIMIT // 2
    return text if len(text) <= _SHOWN_LIMIT else text[:half] + text[-half:]


def _text_of(markup: bytes) -> str:
    """What stands between the tags of a piece of markup, entities decoded."""
    if _is_tidy(markup):
        return _decoded(_between_tags(_INLINE_AT_A_GLANCE.sub(b"", markup)))
    return _decoded(_TAG.sub(b" ", _INLINE_TAG.sub(b"", markup)))


def letters_of(markup: bytes) -> str:
    """The same without white space."""
    return "".join(_decoded(_between_tags(markup) if _is_tidy(markup) else _TAG.sub(b" ", markup)).split())


def _is_tidy(markup: bytes) -> bool:
    """Whether every ``<`` begins a tag that the next ``>`` ends, and no quote is left open: no need for care."""
    brackets = markup.translate(None, _ALL_BUT_BRACKETS)
    return (
        brackets == b"<>" * (len(brackets) // 2)
        and not markup.count(b'"') % 2
        and _NO_TAG.search(markup) is None
    )


def _between_tags(tidy: bytes) -> bytes:
    """The text of tidy markup, what tags part by spaces; gathering it costs a third of taking the tags out."""
    first = tidy.find(b"<")
    if first < 0:
        return tidy
    texts = [tidy[:first], *_BETWEEN_TAGS.findall(tidy, first)]
    if tidy.endswith(_PARTING):  # what follows is parted too
        texts.append(b"")
    return b" ".join(texts)


def _decoded(text: bytes) -> str:
    decoded = text.decode("utf-8", "replace")
    return unescape(decoded) if "&" in decoded else decoded
