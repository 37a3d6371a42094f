"""What a page says as a whole: its title and language, its frames, and whether a script draws its footer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.markup import REST, TOKEN, Markup, Tag, attributes
from icpcrawl.audit.numbers import NumberKind, NumberStatus
from icpcrawl.audit.page_text import squeeze
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.surroundings import Words, tags_at
from icpcrawl.audit.visible_text import VisibleText

if TYPE_CHECKING:
    from icpcrawl.audit.footer import DisplayedNumber

_HARDLY_ANY = 199
"""Readable characters: a page that shows no more may be drawn by script, or lead on."""
_HEAD_BYTES = 4096
_COPYRIGHT_SIGNS = 6
_COPYRIGHT_BYTES = 1000
"""How many of the last © are looked at, and how far behind each."""
_HTML_TAG = re.compile(rb"<html(?=\s)(" + REST + rb")>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|版权所有)[\s©\d\-–,.:：年至今]*(?:by|all rights reserved)?\s*"
    r"([\w\u4e00-\u9fff（）() &.,'-]{2,60}?(?:公司|集团|大学|学院|医院|银行|中心|协会|委员会|政府|Inc\.?|Ltd\.?|LLC|Corporation))",
    re.IGNORECASE,
)
_SIGNS = ("©", "&copy", "版权所有", "(c)", "copyright")
_FOOTER_WORDS = (b"oot", b"OOT", b"ottom", b"opyright", b"eian")
"""What a script that fetches a footer has in it: looked for before the pattern is tried."""
_FOOTER_SCRIPT = re.compile(r"foot|bottom|copyright|beian", re.IGNORECASE)
_FOOTER_SCRIPT_ABROAD = re.compile(r"foot|copyright|beian", re.IGNORECASE)
"""On another host, where a brand keeps its scripts as often as a stranger keeps his: the plain names only."""
_LOAD = re.compile(
    rb"\.load\(\s*[\"']([^\"']{0,200}(?:foot|bottom|copyright|beian)[^\"']{0,200})"
    rb"|(?:\.(?:get|post|ajax)|\bfetch|\bimport|\binclude)\(\s*(?:\{[^{}]{0,100}?\burl\s*:\s*)?"
    rb"[\"'`](?=[^\"'`]{0,400}[/.])([^\"'`\s]{0,200}(?:foot|copyright|beian)[^\"'`\s]{0,200})",
    re.IGNORECASE,
)
"""A fragment fetched by script; for words that fetch anything, only what looks like an address."""
_INCLUDE = re.compile(
    rb"\s(?:w3-|data-)?include(?:-html|-src)?\s*=\s*[\"']([^\"'<>]{0,200}foot[^\"'<>]{0,200})", re.IGNORECASE
)
_FOOTER_NAME = re.compile(rb"\b(?:id|class)\s*=\s*[\"']?footer(?=[\"'\s>]|$)", re.IGNORECASE)
_MOVED = re.compile(
    r"^\s*(?:window\.|top\.|self\.)?location(?:\.href)?\s*=\s*[\"']([^\"']{1,500})", re.MULTILINE
)


class WholePage:
    """One page's markup under the questions that concern more than its numbers."""

    def __init__(self, markup: Markup, words: Words, url: str) -> None:
        self._markup, self._words = markup, words
        self.text = VisibleText(markup.text, words.marks)
        base = next((tag for tag in self._tags("<base") if tag.name == "base"), None)
        href = base.attributes().get("href", "") if base else ""
        self.base = join(url, href) if href else url
        """What links are resolved against."""

    def _tags(self, word: str) -> Iterator[Tag]:
        return tags_at(self._markup.text, self._words.others.get(word, []))

    @cached_property
    def _is_bare(self) -> bool:
        return not self.text.is_longer_than(_HARDLY_ANY)

    def title(self) -> str:
        """The text of its title, at most 500 characters."""
        raw = next((raw for raw in self._markup.raws if raw.kind == "title"), None)
        text = self._markup.page[raw.start : min(raw.end, raw.start + 4000)] if raw else b""
        return squeeze(unescape(text.decode("utf-8", "ignore")))[:500]

    def language(self) -> str:
        """What ``<html lang>`` says."""
        html = _HTML_TAG.search(self._markup.text[:_HEAD_BYTES])
        return attributes(html[1]).get("lang", "") if html else ""

    def copyright_holder(self) -> str:
        """The organisation named behind one of the last © signs; empty where none is."""
        places = sorted(place for sign in _SIGNS for place in self._words.others.get(sign, ()))
        text = self._markup.text
        for place in places[-_COPYRIGHT_SIGNS:]:
            line = text[place : place + _COPYRIGHT_BYTES].decode("utf-8", "ignore")
            found = _COPYRIGHT.search(squeeze(unescape(_TAGS.sub(" ", line))))
            if found:
                return found[1].strip()
        return ""

    def alternates(self) -> tuple[tuple[str, str], ...]:
        """hreflang alternates: (language, url)."""
        links = [tag.attributes() for tag in self._tags("hreflang") if tag.name == "link"]
        return tuple(
            (a["hreflang"], join(self.base, a["href"]))
            for a in links[:50]
            if a.get("href") and a.get("hreflang")
        )

    def frames(self) -> tuple[str, ...]:
        """Frames of a frameset; of a page that shows hardly any text, those inside it too."""
        found = [tag.attributes().get("src", "") for tag in self._tags("<frame") if tag.name == "frame"]
        inside = [raw for raw in self._markup.raws if raw.kind == "iframe"]
        if inside and self._is_bare:
            found += [raw.attributes().get("src", "") for raw in inside]
        return tuple(join(self.base, src) for src in found[:10] if src)

    def refresh(self) -> str:
        """Where a meta refresh leads, or the script of a page that does nothing else; empty where none."""
        for tag in self._tags("refresh"):
            hit = re.search(
                r"url\s*=\s*[\"']?([^\"']{1,1000})", tag.attributes().get("content", ""), re.IGNORECASE
            )
            if tag.name == "meta" and hit:
                return join(self.base, hit[1].strip())
        page = self._markup.page
        moved = _MOVED.search(page.decode("utf-8", "ignore")) if len(page) < 5000 and self._is_bare else None
        return join(self.base, moved[1]) if moved else ""

    # -- drawn by script ------------------------------------------------------------------

    def needs_rendering(self, numbers: tuple[DisplayedNumber, ...]) -> str:
        """The sign that what a visitor reads is drawn by script; see ``PageReading``."""
        shown = [n for n in numbers if n.displayed and n.parsed.status is not NumberStatus.QUOTED]
        police, joke = NumberKind.PSB, NumberStatus.JOKE
        if any(n.parsed.kind is not police and n.parsed.status is not joke for n in shown):
            return ""
        if any(n.place == "script" for n in numbers):
            return "number-in-script"
        if self._footer_pieces:
            return f"footer-script:{self._footer_pieces[0]}"
        if shown:  # a footer that shows one number already is no shell
            return ""
        if any(raw.kind == "script" for raw in self._markup.raws) and self._is_bare:
            return "empty-shell"
        return "empty-footer" if self._has_empty_footer() else ""

    def _has_empty_footer(self) -> bool:
        """Whether an element called footer holds nothing, unless it is a number that was commented out."""
        text = self._markup.text
        for start, mark in self._words.marks.items():
            tag = TOKEN.match(text, start) if mark.in_footer else None
            if tag is None or not (tag[2].lower() == b"footer" or _FOOTER_NAME.search(tag[3])):
                continue
            end = text.find(b"<", tag.end())
            is_empty = end >= 0 and not text[tag.end() : end].strip() and text.startswith(b"</" + tag[2], end)
            if is_empty and not any(self._is_number_about(place) for place in (tag.end(), end)):
                return True
        return False

    def _is_number_about(self, place: int) -> bool:
        comments = [raw for raw in self._markup.raws if raw.kind == "comment" and raw.at == place]
        return any(
            word in self._markup.page[raw.start : raw.end]
            for raw in comments
            for word in ("备".encode(), b"ICP")
        )

    def footer_sources(self) -> tuple[str, ...]:
        """Same-site URLs of what seems to write the footer."""
        host = registrable_domain(_host(self.base) or "")
        return tuple(u for u in self._footer_pieces if registrable_domain(_host(u) or "") == host)

    @cached_property
    def _footer_pieces(self) -> tuple[str, ...]:
        """Scripts, fragments and frames that call themselves the footer, wherever they lie."""
        page, wanted = self._markup.page, list[str]()
        scripts = [raw for raw in self._markup.raws if raw.kind in ("script", "iframe")]
        for raw in scripts:
            src = raw.attributes().get("src", "") if raw.source else ""
            if src and _FOOTER_SCRIPT.search(src.partition("?")[0].rpartition("/")[2] or src):
                wanted.append(src)
        for raw in scripts:
            if raw.kind == "script" and any(page.find(w, raw.start, raw.end) >= 0 for w in _FOOTER_WORDS):
                loads = _LOAD.finditer(page, raw.start, raw.end)
                wanted += [(load[1] or load[2]).decode("utf-8", "ignore") for load in loads]
        for tag in tags_at(self._markup.text, self._words.footers):
            wanted += [hit.decode("utf-8", "ignore") for hit in _INCLUDE.findall(tag.source)]
        host = _host(self.base)
        joined = dict.fromkeys(join(self.base, src) for src in wanted)
        near = [u for u in joined if u and _host(u) == host]
        abroad = [u for u in joined if u and _host(u) != host]
        return (*near, *(u for u in abroad if _FOOTER_SCRIPT_ABROAD.search(u.rpartition("/")[2])))


def join(base: str, href: str) -> str:
    """``href`` resolved against ``base``; empty where that cannot be."""
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
