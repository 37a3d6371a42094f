"""Footers that were served without what they are to show: a script fills them in later.

Each sign keeps *missing* silent, so each must be one that a finished page hardly has: a footer
that holds no text where no © line stands behind it, a label with nothing behind it, an empty element
named after the number, the marks by which script libraries find the place to fill.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

from icpcrawl.audit.excerpts import element_end
from icpcrawl.audit.markup import TOKEN, Markup, Raw, Tag, tags_at
from icpcrawl.audit.scan import Scanner, in_usual_cases
from icpcrawl.audit.surroundings import Mark
from icpcrawl.audit.visible_text import letters_of

_LITERALLY = re.compile(rb"\b(?:id|class)\s*=\s*[\"']?footer(?=[\"'\s>]|$)", re.IGNORECASE)
_FOOTER_ID = re.compile(rb"\bid\s*=\s*[\"']?foot(?:er)?(?=[\"'\s>]|$)", re.IGNORECASE)
_NAMED = re.compile(
    rb"\b(?:id|class)\s*=\s*[\"']?(?:[^\"'<>]{0,200}?[\s\"'])?(?:[\w-]{0,30}foot(?!ball|print|step|note|wear)[\w-]{0,30}"
    rb"|bottom|copy(?:right)?)(?=[\"'\s>]|$)",
    re.IGNORECASE,
)
_COPYRIGHT_SIGNS = tuple(
    sign.encode()
    for sign in ("©", "&copy", "&#169", "版权所有", "All Rights", "All rights", "all rights", "ALL RIGHTS")
)
_WORDS = Scanner(in_usual_cases("foot", "beian", "icp", "copyright"))
_LABELS = Scanner(("备案",))
# fmt: off
_HOLDERS = frozenset(
    ("span", "a", "b", "strong", "label", "small", "font", "u", "p", "div", "section", "dd", "td", "li", "ul", "h6")
)
# fmt: on
_OWN_ELEMENT = re.compile(
    r"(?!.*(?:card|modal|dialog))(?:(?:[a-z0-9]+-){1,3}foot(?:er)?(?:-[a-z0-9]+)?|(?:foot(?:er)?|icp|beian)-[a-z0-9]+)"
)
"""``<site-footer></site-footer>``: a browser knows no such element."""
_NAMED_FOR_NUMBER = re.compile(
    rb"\b[iI][dD]\s*=\s*[\"']?(?:[\w-]{0,40}[_-])?copy-?right(?![\w-])|\b[iI][dD]\s*=\s*[\"']?[^\"'<>\s]{0,40}?(?:(?<![A-Za-z])(?:icp|ICP|beian)|(?<=[a-z])(?:Icp|ICP|Bei[aA]n)|(?<![A-Za-z])Bei[aA]n"
    rb"|\b(?:icp|beian))(?![a-z]|-ms|-oes)|\b[iI][dD]\s*=\s*[\"']?(?:icp|beian)(?:hao|num|no|info|code|text)\b"
)
"""The id of an element that a number is to be put into: ``icp``, ``siteIcp``, ``beian-info``."""
_FILE = re.compile(
    rb"\b(?:data|src)\s*=\s*[\"']?[^\"'<>\s]{0,200}foot(?!ball|print|step|wear)(?![^\"'<>\s]*\.(?:svg|png|jpe?g|gif|webp))",
    re.IGNORECASE,
)
_VALUE = re.compile(
    rb"\s(?:v-text|v-html|x-text|x-html|ng-bind|ng-bind-html|ng-include|data-bind|data-i18n|hx-get)\s*="
    rb"\s*[\"'][^\"'<>]{0,100}(?:foot(?!ball|print|step|wear|erTitle|erNav)|beian|icp|copyright)",
    re.IGNORECASE,
)
_FILLED_LATER = re.compile(
    rb"\{\{[^{}<>]{0,40}(?:icp|beian|record|foot|copyright)[^{}<>]{0,40}\}\}"
    rb"|\s(?:v-text|v-html|x-text|x-html|ng-bind|ng-bind-html)\s*=[^<>]{0,300}>\s{0,50}<",
    re.IGNORECASE,
)
# Of bytes: a character of three may be repeated or left out as a group only.
_LABEL_ALONE = re.compile(
    "备案(?:序|编)?号(?:码)?\\s*(?::|：)?\\s*".encode()
    + rb"(?:</?(?:a|p|em|i|b|strong|label|span|li|dt|dd|td)\b[^<>]{0,300}>\s*){0,3}"
    + rb"<(span|a|em|i|b|strong|label|p|div|dd|td|li)\b[^<>]{0,300}>\s*(?:--|&nbsp;|loading)?\s*</\1\s*>"
    + rb"(?![^<>]{0,20}<(?:input|select|textarea)\b)",
    re.IGNORECASE,
)
_WRITTEN_THERE = re.compile(rb"document\.write|icp|beian", re.IGNORECASE)
_WRITES_ELSE = re.compile(
    rb"cnzz|51\.la|baidu|tongji|stat|analytics|google|getfullyear|new date|conac|kefu|53kf|meiqia|\bqq\.com|wpa\.|chat|share",
    re.IGNORECASE,
)
"""Scripts that count visitors, tell the year, or bring a badge or a chat write into footers too, and no number."""
_NO_PLACE = re.compile(rb"popup|captcha|menu|icon|nav|modal|form|search", re.IGNORECASE)
_LATER_PART = 0.6
"""Of the markup: where a place named for the number is one at the foot."""
_CONTENT = re.compile(rb"<(?:[!?]|(?:img|svg|canvas|object|embed|picture|input|a)\b)", re.IGNORECASE)
_GAP_BYTES = 100
_SCRIPT_BYTES = 3000
_MOST = 200
"""Elements looked at."""


def is_unfilled(markup: Markup, marks: Mapping[int, Mark]) -> bool:
    """Whether the footer was served empty, or in part; where no script could fill it, only a literal one counts."""
    text = markup.text
    is_scripted = any(raw.kind == "script" for raw in markup.raws)
    if is_scripted and any(_LABEL_ALONE.match(text, start) for _, start, _ in _LABELS.find(text)):
        return True
    named = [start for _, start, _ in _WORDS.find(text)] if is_scripted else []
    if any(_is_filled_later(text, tag) for tag in tags_at(text, named)):
        return True
    footers = list(_footers(text, marks))
    if is_scripted and any(_FILLED_LATER.search(text, start, end) for start, end, _ in footers):
        return True
    scripts = [raw for raw in markup.raws if raw.kind == "script" and raw.start < raw.end] if footers else []
    if any(
        start <= raw.at <= end and _writes_number(markup, raw)
        for raw in scripts
        for start, end, _ in footers[-3:]
    ):
        return True
    return _are_empty(markup, footers, is_scripted=is_scripted) or (
        is_scripted and _holds_a_place(text, marks)
    )


def _writes_number(markup: Markup, script: Raw) -> bool:
    source = markup.page[script.start : min(script.end, script.start + _SCRIPT_BYTES)]
    return bool(_WRITTEN_THERE.search(source)) and not _WRITES_ELSE.search(source)


def _are_empty(markup: Markup, footers: list[tuple[int, int, bool]], *, is_scripted: bool) -> bool:
    """Whether the last footers hold nothing, no © line stands behind them, and no number was commented out there."""
    text = markup.text
    empty = [_shows_nothing(text, start, end) for start, end, _ in footers]
    last_filled = max((at for at, nothing in enumerate(empty) if not nothing), default=-1)
    if last_filled == len(footers) - 1:
        return False
    last_sign = max(text.rfind(sign) for sign in _COPYRIGHT_SIGNS)
    is_literal = any(
        literal and start > last_sign and (is_scripted or b"<" not in text[start:end].rpartition(b"</")[0])
        for start, end, literal in footers[last_filled + 1 :]
    )
    if not is_literal and not (is_scripted and all(empty) and last_sign < 0):
        return False
    taken_away = [
        raw.at
        for raw in markup.raws
        if raw.kind == "comment" and any(word in markup.page[raw.start : raw.end] for word in _ABOUT_NUMBER)
    ]
    return not any(
        bisect_left(taken_away, start) < bisect_right(taken_away, end) for start, end, _ in footers
    )


def _holds_a_place(text: bytes, marks: Mapping[int, Mark]) -> bool:
    """Whether an empty ``#footer`` stands inside a footer that has been filled."""
    inside = [start for start, mark in [*marks.items()][:_MOST] if mark.in_footer and not mark.hidden_by]
    tags = filter(None, (TOKEN.match(text, start) for start in inside))
    return any(
        tag[2]
        and _FOOTER_ID.search(tag[3])
        and text[tag.end() : tag.end() + _GAP_BYTES].lstrip()[:2] == b"</"
        for tag in tags
    )


def _is_filled_later(text: bytes, tag: Tag) -> bool:
    """Whether a tag that names the footer or the number is but a place, or a reference, for what a script brings."""
    if tag.name in ("object", "embed") and _FILE.search(tag.source):
        return True
    is_bound = _VALUE.search(tag.source) is not None
    is_place = _OWN_ELEMENT.fullmatch(tag.name) is not None or (
        tag.name in _HOLDERS
        and tag.start > _LATER_PART * len(text)
        and _NAMED_FOR_NUMBER.search(tag.source) is not None
        and _NO_PLACE.search(tag.source) is None
    )
    if not is_bound and not is_place:
        return False
    if is_place and tag.source.endswith(b"/"):
        return True
    name = tag.name.encode()
    end = text.find(b">", tag.start + 1 + len(name) + len(tag.source)) + 1
    closes = text.find(b"<", end)
    if not end <= closes <= end + _GAP_BYTES or _letters(text[end:closes]):
        return False
    return is_bound or text[closes : closes + 20].lower().startswith(b"</" + name)


def _footers(text: bytes, marks: Mapping[int, Mark]) -> Iterator[tuple[int, int, bool]]:
    """The outermost elements that call themselves the footer: where their content begins and ends, and whether literally."""
    at = 0
    for start, mark in [*marks.items()][:_MOST]:
        tag = TOKEN.match(text, start) if mark.in_footer and not mark.hidden_by and start >= at else None
        if tag is not None and (tag[2].lower() == b"footer" or _NAMED.search(tag[3])):
            at = max(tag.end(), element_end(text, start, mark))
            yield tag.end(), at, tag[2].lower() == b"footer" or bool(_LITERALLY.search(tag[3]))


def _shows_nothing(text: bytes, start: int, end: int) -> bool:
    content = text[start:end]
    return not _letters(content) and not _CONTENT.search(content)


def _letters(markup: bytes) -> str:
    """What a piece of markup says, but that it is still being loaded."""
    return _LOADING.sub("", letters_of(markup))


_LOADING = re.compile(r"加载中|正在加载|loading|[\u00a0|·.…—-]", re.IGNORECASE)
_ABOUT_NUMBER = ("备".encode(), b"ICP")
"""In a comment: a number was taken away there, and no script will bring it."""
