"""A page's bytes → what a visitor can read of numbers, and the link beside each."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from urllib.parse import urljoin, urlsplit

from icpcrawl.audit.decode import decode
from icpcrawl.audit.fold import unescape
from icpcrawl.audit.numbers import NumberFacts, NumberKind, NumberStatus, ParsedNumber, find_numbers
from icpcrawl.audit.page_text import Anchor, Block, Run, Walk, squeeze
from icpcrawl.audit.registrable import registrable_domain


class Place(StrEnum):
    FOOTER = "footer"
    BOTTOM = "bottom"
    BODY = "body"
    ATTRIBUTE = "attribute"
    IMAGE_ALT = "image-alt"
    SCRIPT = "script"
    COMMENT = "comment"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class PageLink:
    """The link a visitor would follow from a number."""

    href: str
    """As written in the page, entities decoded, white space kept."""
    url: str
    """Resolved against the page's base; empty where it cannot be."""
    how: str
    """``around`` (encloses the number), ``beside`` (adjacent), ``script`` (handler only)."""
    text: str = ""
    """What the link itself reads."""


@dataclass(frozen=True, slots=True)
class DisplayedNumber:
    """A number with its place, its visibility and its link."""

    parsed: ParsedNumber
    place: Place
    displayed: bool
    """True only for what a visitor can read on the page."""
    hidden_by: str = ""
    """``comment``, ``template``, ``hidden``, ``display-none``, ``input-hidden``, ``same-colour`` …"""
    link: PageLink | None = None
    where: str = ""
    """Short CSS-like path of the element, for a person to find it."""
    block: int = 0
    """Numbers with equal block stand in the same block element."""


@dataclass(frozen=True, slots=True)
class PageReading:
    """All that the audit reads off one page."""

    encoding: str
    encoding_why: str
    numbers: tuple[DisplayedNumber, ...] = ()
    """In text order; hidden, scripted and commented ones included, told apart by ``place``."""
    registry_links: tuple[PageLink, ...] = ()
    """Links to the MIIT or police portals that belong to no readable number."""
    needs_rendering: str = ""
    """The sign that the footer is drawn by script (``empty-shell``, ``empty-footer``,
    ``footer-script:…``, ``number-in-script``); empty where the page is whole."""
    footer_sources: tuple[str, ...] = ()
    """Same-site URLs of what seems to write the footer, where ``needs_rendering`` names such a script."""
    text_length: int = 0
    """Characters a visitor can read."""
    visible_text: str = ""
    """Readable text, white space folded, bounded; for block pages and signals."""
    title: str = ""
    language: str = ""
    copyright_holder: str = ""
    """Name in the © line, as written; empty where none."""
    alternates: tuple[tuple[str, str], ...] = ()
    """hreflang alternates: (language, url)."""
    frames: tuple[str, ...] = ()
    """URLs of frames, where the page is a frameset or has hardly any text but a frame."""
    refresh: str = ""
    """Target of a meta refresh or a trivial script redirect; empty where none."""


_LAST_LINES = 200
"""Characters of readable text: a footer's few lines."""
_MAX_CHARS = 6_000_000
_MAX_TAGS = 200_000
"""A page of five megabytes has fewer; of one that has more, the two ends are read."""
_END_CHARS = 300_000
_PROSE_REACH = 2000
_FOOTER_WORDS = ("oot", "OOT", "ottom", "opyright", "eian")
"""What a script that fetches a footer has in it: looked for before the pattern is tried."""
_MAX_HOT_BLOCKS = 1000
"""Read from either end; where more blocks speak of filings, it is no footer that does."""
_VISIBLE_LIMIT = 20_000
_CLASSES = re.compile(r"B(?:2|1-)")
_LETTERS = {
    "备": "备", "備": "備", "I": "ICP", "证": "icp证", "网": "公网安", "網": "公網安", "y": "ecurity", "G": "Gong", ".": "beian.",
}  # fmt: skip
"""Every number has one of these in it …"""
_CODED = ("5907", "22791", "5099", "20633")
"""… or, where a page writes characters as entities or script escapes, 备 or 備 by its code."""
_REGISTRY = re.compile(r"beian\.miit|miibeian|miitbeian|beian\.mps|beian\.gov", re.IGNORECASE)
_ABOUT_FILING = re.compile(
    r"beian\.miit|miibeian|miitbeian|工信部|工业和信息化部|信息产业部|备案管理系统", re.IGNORECASE
)
_ABOUT_POLICE = re.compile(r"beian\.mps|beian\.gov|公安|网安", re.IGNORECASE)
_REACH = 500
"""Characters of a script or comment read on either side of an anchor."""
_DIGITS = re.compile(r"[^\W\d_]*([0-9０-９]+)")
_PLACE_OF_RAW = {"comment": Place.COMMENT, "script": Place.SCRIPT, "title": Place.ATTRIBUTE}
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_ESCAPES = re.compile(r"\\u([0-9a-fA-F]{4})")
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|版权所有)[\s©\d\-–,.:：年至今]*(?:by|all rights reserved)?\s*"
    r"([\w\u4e00-\u9fff（）() &.,'-]{2,60}?(?:公司|集团|大学|学院|医院|银行|中心|协会|委员会|政府|Inc\.?|Ltd\.?|LLC|Corporation))",
    re.IGNORECASE,
)
_COPYRIGHT_SIGN = re.compile(r"©|copyright|版权所有|all rights reserved", re.IGNORECASE)
_FOOTER_SCRIPT = re.compile(r"foot|bottom|copyright|beian", re.IGNORECASE)
_FOOTER_SCRIPT_ABROAD = re.compile(r"foot|copyright|beian", re.IGNORECASE)
"""On another host, where a brand keeps its scripts as often as a stranger keeps his: the plain names only."""
_LOAD = re.compile(
    r"\.load\(\s*[\"']([^\"']{0,200}(?:foot|bottom|copyright|beian)[^\"']{0,200})"
    r"|(?:\.(?:get|post|ajax)|\bfetch|\bimport|\binclude)\(\s*(?:\{[^{}]{0,100}?\burl\s*:\s*)?"
    r"[\"'`](?=[^\"'`]{0,400}[/.])([^\"'`\s]{0,200}(?:foot|copyright|beian)[^\"'`\s]{0,200})",
    re.IGNORECASE,
)
"""A fragment fetched by script; for words that fetch anything, only what looks like an address."""
_INCLUDE = re.compile(
    r"<[^<>]{0,200}\s(?:w3-|data-)?include(?:-html|-src)?\s*=\s*[\"']([^\"'<>]{0,200}foot[^\"'<>]{0,200})",
    re.IGNORECASE,
)
_BARE = r"\s*(?:<!--(?:(?!-->|备|ICP)[^<]){0,200}-->\s*)?</"
_EMPTY_FOOTER = re.compile(
    rf"<footer[^>]{{0,300}}>{_BARE}footer"
    rf"|<div[^>]{{0,80}}(?:id=[\"']?footer|class=[\"']?footer(?=[\"'\s>]))[^>]{{0,200}}>{_BARE}div",
    re.IGNORECASE,
)
_MOVED = re.compile(
    r"^\s*(?:window\.|top\.|self\.)?location(?:\.href)?\s*=\s*[\"']([^\"']{1,500})", re.MULTILINE
)


def read_page(
    body: bytes, *, url: str, content_type: str, facts: NumberFacts, today_year: int, skims: bool = True
) -> PageReading:
    """Read every number a page shows or hides, and what else the audit asks of the page.

    ``skims`` = parse with care only around anchors; the answer is the same, only later.
    Never raises on what a page holds; text beyond six million characters is not read.
    """
    decoded = decode(body, content_type)
    page = decoded.text[:_MAX_CHARS]
    if page.count("<") > _MAX_TAGS:
        page = page[:_END_CHARS] + page[-_END_CHARS:]
    anchors = find_anchors(page)
    reader = _PageReader(Walk(page, anchors, skims=skims), anchors, url, facts, today_year)
    text = reader.walk.text()
    numbers = reader.numbers()
    needs_rendering = reader.needs_rendering(numbers, len(text))
    holder = _COPYRIGHT.search(text[-6000:])
    return PageReading(
        encoding=decoded.encoding,
        encoding_why=decoded.why,
        numbers=numbers,
        registry_links=reader.registry_links(numbers),
        needs_rendering=needs_rendering,
        footer_sources=reader.footer_sources() if needs_rendering.startswith("footer-script:") else (),
        text_length=len(text),
        visible_text=text
        if len(text) <= _VISIBLE_LIMIT
        else text[: _VISIBLE_LIMIT // 2] + text[-_VISIBLE_LIMIT // 2 :],
        title=reader.title(),
        language=reader.attribute("html", "lang"),
        copyright_holder=holder[1].strip() if holder else "",
        alternates=reader.alternates(),
        frames=reader.frames(len(text)),
        refresh=reader.refresh(len(text)),
    )


def find_anchors(page: str) -> list[int]:
    """Offsets near which a number, or a link to a registry, may stand."""
    found = {hit.start() for hit in _CLASSES.finditer(page)} if "B" in page else set()
    words = [word for rare, word in _LETTERS.items() if rare in page]
    if "&#" in page or ("\\" in page and "\\u" in page):
        words += _CODED
    for word in words:
        at = page.find(word)
        while at >= 0:
            found.add(at)
            at = page.find(word, at + len(word))
    return sorted(found)


class _PageReader:
    """One walked page under the questions of the audit."""

    def __init__(self, walk: Walk, anchors: list[int], url: str, facts: NumberFacts, today_year: int) -> None:
        self.walk, self.page, self.facts, self.year = walk, walk.page, facts, today_year
        self._anchors = anchors
        self._found: dict[int, list[ParsedNumber]] = {}
        base = self.attribute("base", "href")
        self.base = _join(url, base) if base else url

    def _find(self, text: str) -> list[ParsedNumber]:
        return find_numbers(text, self.facts, self.year)

    def _in_block(self, index: int) -> list[ParsedNumber]:
        if index not in self._found:
            self._found[index] = (
                self._find(self.walk.run(index).text) if self.walk.blocks[index].is_hot else []
            )
        return self._found[index]

    @cached_property
    def _hot_blocks(self) -> list[int]:
        hot = [index for index, block in enumerate(self.walk.blocks) if block.is_hot]
        return hot if len(hot) <= 2 * _MAX_HOT_BLOCKS else hot[:_MAX_HOT_BLOCKS] + hot[-_MAX_HOT_BLOCKS:]

    def numbers(self) -> tuple[DisplayedNumber, ...]:
        found: list[tuple[int, DisplayedNumber]] = []
        for index in self._hot_blocks:
            for number in self._in_block(index):
                run = self.walk.run(index)
                found.append((run.piece_at(number.start).start, self._displayed(index, run, number)))
        found.extend(self._unread())
        found.extend(self._attributes())
        return tuple(number for _, number in sorted(found, key=lambda pair: pair[0]))

    def _displayed(self, index: int, run: Run, number: ParsedNumber) -> DisplayedNumber:
        digits = max(_DIGITS.finditer(number.raw), key=lambda m: len(m[1]), default=None)
        at = number.start + (digits.start(1) if digits else 0)
        block = run.block
        anchor = self.walk.anchor(run.piece_at(at).link)
        link = self._link(anchor, "around") if anchor is not None else self._beside(index, number)
        visible = not block.hidden_by
        if visible and _is_quoted(run, number):
            number = replace(number, status=NumberStatus.QUOTED, reason="named in running text")
        place = Place.FOOTER if block.in_footer else Place.BODY
        if not block.in_footer and self._is_at_bottom(block):
            place = Place.BOTTOM
        return DisplayedNumber(
            parsed=number,
            place=place if visible else Place.HIDDEN,
            displayed=visible,
            hidden_by=block.hidden_by,
            link=link,
            where=block.where,
            block=block.number,
        )

    def _is_at_bottom(self, block: Block) -> bool:
        """Whether it stands in the page's last fifth, or in its last lines of text, whatever scripts follow."""
        return block.pieces[0].start > 0.8 * len(self.page) or block.pieces[-1].end >= self._bottom

    @cached_property
    def _bottom(self) -> int:
        ends = [block.pieces[-1].end for block in self.walk.blocks if block.is_hot]
        first = bisect_left(ends, True, key=lambda end: len(self.walk.text(end)) <= _LAST_LINES)
        return ends[first] if first < len(ends) else len(self.page)

    def _link(self, anchor: Anchor, how: str) -> PageLink:
        href = anchor.href or ""
        empty = not href.strip() or href.strip().lower().startswith(("#", "javascript:"))
        target = re.search(r"https?://[^'\"\s)]{3,300}", anchor.script) if empty and anchor.script else None
        text = self._link_text(anchor)
        if target:
            return PageLink(href, target[0], "script", text)
        return PageLink(href, "" if empty else _join(self.base, href.strip()), how, text)

    def _link_text(self, anchor: Anchor) -> str:
        end = self.page.find("</a", anchor.start, anchor.start + 3000)
        return squeeze(
            unescape(_TAGS.sub("", self.page[anchor.start : end if end > 0 else anchor.start + 300]))
        )[:200]

    def _beside(self, index: int, number: ParsedNumber) -> PageLink | None:
        """A link next to the number that speaks of its register and of no other number."""
        blocks = self.walk.blocks
        wanted = _ABOUT_POLICE if number.kind is NumberKind.PSB else _ABOUT_FILING
        for near in (index, index + 1, index - 1):
            if not 0 <= near < len(blocks):
                continue
            block = blocks[near]
            if near != index and block.in_footer != blocks[index].in_footer:
                continue
            starts = dict.fromkeys(p.link for p in (*block.pieces, *block.images) if p.link >= 0)
            if not starts:
                continue
            run = self.walk.run(near)
            taken = {run.piece_at(n.end - 2).link for n in self._in_block(near)}
            for start in starts:
                anchor = self.walk.anchor(start) if start not in taken else None
                link = self._link(anchor, "beside") if anchor else None
                if link and wanted.search(f"{link.href} {link.text}") and not self._find(link.text):
                    return link
        return None

    def _unread(self) -> list[tuple[int, DisplayedNumber]]:
        found: list[tuple[int, DisplayedNumber]] = []
        for raw in self.walk.raws:
            place = _PLACE_OF_RAW.get(raw.kind, Place.HIDDEN)
            # Or the comment itself would pass for a tag.
            end = raw.end - 3 if raw.kind == "comment" else raw.end
            for begin, stop in self._around(raw.start, end):
                source = self.page[max(begin, raw.start + 4 * (raw.kind == "comment")) : stop]
                plain = _ESCAPES.sub(lambda m: chr(int(m[1], 16)), source)
                found.extend(
                    (raw.start, DisplayedNumber(number, place, False, raw.kind))
                    for number in self._find(unescape(_TAGS.sub("", plain)))
                )
        return found

    def _around(self, start: int, end: int) -> list[tuple[int, int]]:
        """Stretches around the anchors between two offsets, wide enough for any number."""
        found: list[tuple[int, int]] = []
        for anchor in self._anchors[bisect_left(self._anchors, start) : bisect_left(self._anchors, end)]:
            begin, stop = max(start, anchor - _REACH), min(end, anchor + _REACH)
            if found and begin <= found[-1][1]:
                begin = found.pop()[0]
            found.append((begin, stop))
        return found

    def _is_hot(self, start: int, end: int) -> bool:
        at = bisect_left(self._anchors, start)
        return at < len(self._anchors) and self._anchors[at] < end

    def _attributes(self) -> list[tuple[int, DisplayedNumber]]:
        found: list[tuple[int, DisplayedNumber]] = []
        for tag in self.walk.tags:
            if not self._is_hot(tag.start, tag.start + len(tag.name) + len(tag.source) + 1):
                continue
            for name, value in tag.attributes().items():
                if name in ("href", "src", "style", "class", "id"):
                    continue
                place = Place.IMAGE_ALT if name == "alt" else Place.ATTRIBUTE
                why = (
                    "input-hidden"
                    if tag.name == "input" and "hidden" in tag.source.lower()
                    else f"attribute-{name}"
                )
                found.extend(
                    (tag.start, DisplayedNumber(number, place, False, why)) for number in self._find(value)
                )
        return found

    def registry_links(self, numbers: tuple[DisplayedNumber, ...]) -> tuple[PageLink, ...]:
        used = {n.link.href for n in numbers if n.link}
        links: dict[str, PageLink] = {}
        for tag in self.walk.tags:
            if tag.name == "a" and not tag.hidden_by and _REGISTRY.search(tag.source):
                href = tag.attributes().get("href", "")
                if href not in used and _REGISTRY.search(href):
                    links[href] = self._link(Anchor(href, "", tag.start), "around")
        return tuple(links.values())

    def needs_rendering(self, numbers: tuple[DisplayedNumber, ...], length: int) -> str:
        shown = [n for n in numbers if n.displayed and n.parsed.status is not NumberStatus.QUOTED]
        police, joke = NumberKind.PSB, NumberStatus.JOKE
        if any(n.parsed.kind is not police and n.parsed.status is not joke for n in shown):
            return ""
        if any(n.place is Place.SCRIPT for n in numbers):
            return "number-in-script"
        if self._footer_pieces:
            return f"footer-script:{self._footer_pieces[0]}"
        if shown:  # a footer that shows one number already is no shell
            return ""
        if length < 200 and any(tag.name == "script" for tag in self.walk.tags):
            return "empty-shell"
        return "empty-footer" if _EMPTY_FOOTER.search(self.page) else ""

    def footer_sources(self) -> tuple[str, ...]:
        host = registrable_domain(_host(self.base) or "")
        return tuple(u for u in self._footer_pieces if registrable_domain(_host(u) or "") == host)

    @cached_property
    def _footer_pieces(self) -> tuple[str, ...]:
        """Scripts, fragments and frames that call themselves the footer, wherever they lie."""
        wanted: list[str] = []
        for tag in self.walk.tags:
            src = tag.attributes().get("src", "") if tag.name in ("script", "iframe") else ""
            if src and _FOOTER_SCRIPT.search(src.partition("?")[0].rpartition("/")[2] or src):
                wanted.append(src)
        for raw in self.walk.raws:
            if raw.kind == "script" and any(
                self.page.find(word, raw.start, raw.end) >= 0 for word in _FOOTER_WORDS
            ):
                loads = _LOAD.finditer(self.page, raw.start, raw.end)
                wanted.extend(load[1] or load[2] for load in loads)
        if "include" in self.page:
            wanted.extend(_INCLUDE.findall(self.page))
        host = _host(self.base)
        joined = dict.fromkeys(_join(self.base, src) for src in wanted)
        near = [u for u in joined if u and _host(u) == host]
        abroad = [u for u in joined if u and _host(u) != host]
        return (*near, *(u for u in abroad if _FOOTER_SCRIPT_ABROAD.search(u.rpartition("/")[2])))

    def title(self) -> str:
        raw = next((raw for raw in self.walk.raws if raw.kind == "title"), None)
        return squeeze(unescape(self.page[raw.start : raw.end]))[:500] if raw else ""

    def attribute(self, tag_name: str, name: str) -> str:
        tag = next((tag for tag in self.walk.tags if tag.name == tag_name), None)
        return tag.attributes().get(name, "") if tag else ""

    def alternates(self) -> tuple[tuple[str, str], ...]:
        links = [
            t.attributes() for t in self.walk.tags if t.name == "link" and "hreflang" in t.source.lower()
        ]
        return tuple(
            (a["hreflang"], _join(self.base, a["href"]))
            for a in links[:50]
            if a.get("href") and a.get("hreflang")
        )

    def frames(self, length: int) -> tuple[str, ...]:
        frames = [
            t.attributes().get("src", "")
            for t in self.walk.tags
            if t.name == "frame" or (t.name == "iframe" and length < 200)
        ]
        return tuple(_join(self.base, src) for src in frames[:10] if src)

    def refresh(self, length: int) -> str:
        for tag in self.walk.tags:
            if tag.name == "meta" and "refresh" in tag.source.lower():
                hit = re.search(
                    r"url\s*=\s*[\"']?([^\"']{1,1000})", tag.attributes().get("content", ""), re.IGNORECASE
                )
                if hit:
                    return _join(self.base, hit[1].strip())
        moved = _MOVED.search(self.page) if length < 200 and len(self.page) < 5000 else None
        return _join(self.base, moved[1]) if moved else ""


def _is_quoted(run: Run, number: ParsedNumber) -> bool:
    """A number inside prose of some length that is no footer and claims no copyright: somebody else's."""
    if run.block.in_footer or len(run.text) < 120:
        return False
    before = run.text[max(0, number.start - _PROSE_REACH) : number.start]
    after = run.text[number.end : number.end + _PROSE_REACH]
    is_prose = "。" in before and ("。" in after or "，" in after)
    return is_prose and not _COPYRIGHT_SIGN.search(before) and not _COPYRIGHT_SIGN.search(after)


def _join(base: str, href: str) -> str:
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
