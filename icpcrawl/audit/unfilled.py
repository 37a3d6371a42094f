"""Footers that were served without what they are to show: a script fills them in later.

Each sign keeps *missing* silent, so each must be one that a finished page does not have: an
element that calls itself the footer and holds no text, a label with nothing behind it, the
marks by which script libraries find the place to fill.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from icpcrawl.audit.excerpts import element_end
from icpcrawl.audit.markup import TOKEN, Markup, Tag, tags_at
from icpcrawl.audit.scan import Scanner, in_usual_cases
from icpcrawl.audit.surroundings import Mark
from icpcrawl.audit.visible_text import letters_of

_LITERALLY = re.compile(rb"\b(?:id|class)\s*=\s*[\"']?footer(?=[\"'\s>]|$)", re.IGNORECASE)
_NAMED = re.compile(
    rb"\b(?:id|class)\s*=\s*[\"']?(?:[^\"'<>]{0,200}[\s\"'])?(?:site|page|main|global|web|g|m)?[-_]?foot(?:er)?"
    rb"(?:[-_](?:wrap|wrapper|box|content|con|container|inner|main|area))?(?=[\"'\s>]|$)"
    rb"|\b(?:id|class)\s*=\s*[\"']?copy(?:right)?(?=[\"'\s>]|$)",
    re.IGNORECASE,
)
_BEFORE_END = (b"<", b" ", b"\t", b"\r", b"\n")
_WORDS = Scanner(in_usual_cases("foot", "beian", "icp", "copyright"))
_LABELS = Scanner(("备案", "许可证", "ICP备"))
_HOLDERS = frozenset(("span", "a", "em", "i", "b", "strong", "label", "p", "div", "dd", "td", "li"))
_OWN_ELEMENT = re.compile(r"(?:[a-z0-9]+-){1,3}foot(?:er)?(?:-[a-z0-9]+)?")
"""``<site-footer></site-footer>``: a browser knows no such element."""
_AFTER_NUMBER = re.compile(
    rb"\b(?:id|class)\s*=\s*[\"']?[^\"'<>]{0,60}(?<![a-z])(?:beian|icp)(?![a-z])", re.IGNORECASE
)
"""The name of an element that a number is to be put into."""
_FILE = re.compile(rb"\b(?:data|src)\s*=\s*[\"']?[^\"'<>\s]{0,200}foot", re.IGNORECASE)
_VALUE = re.compile(
    rb"\s(?:v-text|v-html|x-text|x-html|ng-bind|ng-bind-html|ng-include)\s*=\s*[\"'][^\"'<>]{0,100}"
    rb"(?:foot|beian|icp|copyright)",
    re.IGNORECASE,
)
_FILLED_LATER = re.compile(
    rb"\{\{[^{}<>]{1,80}\}\}|\s(?:v-text|v-html|x-text|x-html|ng-bind|ng-bind-html|data-bind)\s*=",
    re.IGNORECASE,
)
# Of bytes: a character of three may be repeated or left out as a group only.
_LABEL_ALONE = re.compile(
    "(?:备案(?:序)?号(?:码)?|许可证(?:号)?|ICP备(?:案)?)\\s*(?::|：)\\s*(?:<(?:a|p|em|i|b|strong|label)\\b[^<>]{0,300}>\\s*)?".encode()
    + rb"<(span|a|em|i|b|strong|label|p|div|dd|td)\b[^<>]{0,300}\s(?:id|class)\s*=[^<>]{0,300}>\s*</\1\s*>",
    re.IGNORECASE,
)
_PICTURES = re.compile(rb"<(?:img|svg|canvas|object|embed|picture)\b", re.IGNORECASE)
_GAP_BYTES = 100
_MOST = 200
"""Elements looked at."""


def is_unfilled(markup: Markup, marks: Mapping[int, Mark]) -> bool:
    """Whether the footer was served empty, or in part; where no script could fill it, only a literal one counts."""
    text = markup.text
    if _has_empty(markup, marks):
        return True
    if not any(raw.kind == "script" for raw in markup.raws):
        return False
    if any(_LABEL_ALONE.match(text, start) for _, start, _ in _LABELS.find(text)):
        return True
    if any(
        _is_filled_later(text, tag) for tag in tags_at(text, [start for _, start, _ in _WORDS.find(text)])
    ):
        return True
    footers = list(_footers(text, marks))
    if any(_FILLED_LATER.search(text, start, end) for start, end in footers):
        return True
    empty = [_shows_nothing(text, start, end) for start, end in footers]
    if empty and all(empty):
        return not any(_holds_comment_about_number(markup, start, end) for start, end in footers)
    return False


def _is_filled_later(text: bytes, tag: Tag) -> bool:
    """Whether a tag that names the footer or the number is but a place, or a reference, for what a script brings."""
    if _VALUE.search(tag.source) or (tag.name in ("object", "embed") and _FILE.search(tag.source)):
        return True
    if not _OWN_ELEMENT.fullmatch(tag.name) and not (
        tag.name in _HOLDERS and _AFTER_NUMBER.search(tag.source)
    ):
        return False
    name = tag.name.encode()
    end = text.find(b">", tag.start + 1 + len(name) + len(tag.source)) + 1
    return tag.source.endswith(b"/") or text[end : end + _GAP_BYTES].lstrip().lower().startswith(b"</" + name)


def _footers(text: bytes, marks: Mapping[int, Mark]) -> Iterator[tuple[int, int]]:
    """The outermost elements that call themselves the footer: where their content begins and ends."""
    at = 0
    for start, mark in [*marks.items()][:_MOST]:
        tag = TOKEN.match(text, start) if mark.in_footer and not mark.hidden_by and start >= at else None
        if tag is not None and (tag[2].lower() == b"footer" or _NAMED.search(tag[3])):
            at = max(tag.end(), element_end(text, start, mark))
            yield tag.end(), at


def _shows_nothing(text: bytes, start: int, end: int) -> bool:
    content = text[start:end]
    return not letters_of(content).strip("\u00a0|·-") and not _PICTURES.search(content)


def _has_empty(markup: Markup, marks: Mapping[int, Mark]) -> bool:
    """Whether an element called footer holds nothing, unless it is a number that was commented out."""
    text = markup.text
    for start, mark in marks.items():
        tag = TOKEN.match(text, start) if mark.in_footer else None
        if (
            tag is None
            or text[tag.end() : tag.end() + 1] not in _BEFORE_END
            or not (tag[2].lower() == b"footer" or _LITERALLY.search(tag[3]))
        ):
            continue
        end = text.find(b"<", tag.end())
        is_empty = end >= 0 and not text[tag.end() : end].strip() and text.startswith(b"</" + tag[2], end)
        if is_empty and not _holds_comment_about_number(markup, tag.end(), end):
            return True
    return False


def _holds_comment_about_number(markup: Markup, start: int, end: int) -> bool:
    """Whether a number was commented out there: then somebody took it away, and no script will bring it."""
    comments = [raw for raw in markup.raws if raw.kind == "comment" and start <= raw.at <= end]
    return any(
        word in markup.page[raw.start : raw.end] for raw in comments for word in ("备".encode(), b"ICP")
    )
