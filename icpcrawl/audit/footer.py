"""A page's bytes → what a visitor can read of numbers, and the link beside each."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import islice, pairwise

from icpcrawl.audit.decode import decode
from icpcrawl.audit.excerpts import Excerpts, is_in_quotation, is_shown_after_all, path_to
from icpcrawl.audit.markup import TOKEN, Markup, Raw, Tag, cut
from icpcrawl.audit.numbers import NumberFacts, NumberKind, ParsedNumber, find_numbers
from icpcrawl.audit.page_text import Anchor, Block, Run, Walk, squeeze, without_tags
from icpcrawl.audit.quoted import (
    is_in_headline,
    is_in_prose,
    is_mere_mention,
    is_spoken_of,
    leads_to_register,
    others_told_apart,
    quoted,
    speaks_for_site,
)
from icpcrawl.audit.scan import ends, find_anchors
from icpcrawl.audit.surroundings import Mark
from icpcrawl.audit.visible_text import VisibleText
from icpcrawl.audit.whole_page import WholePage, join


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
    at_foot: bool = False
    """Of a link that belongs to no number: whether it stands in the footer or behind most of the page."""


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
    around: str = ""
    """The block's text before and behind it, a line's worth; empty where a visitor does not read it."""


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
    ``footer-script:…``, ``number-in-script``, ``leads-on:…``, ``unread-frame:…``); empty where the page is whole."""
    footer_sources: tuple[str, ...] = ()
    """Same-site URLs of what seems to write the footer, where ``needs_rendering`` names such a script."""
    text: VisibleText = field(default_factory=VisibleText, compare=False)
    """All that a visitor can read; for block pages and signs of business."""
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


_CALLED_FOOTER = re.compile(
    rb"\b(?:id|class)\s*=\s*[\"']?(?:[^\"'<>]{0,200}?\s)?(?:site-|page-)?foot(?:er)?(?=[\"'\s>]|$)",
    re.IGNORECASE,
)
_LAST_FIFTH = 0.8
_BEFORE_ADDRESS = "".join(map(chr, range(0x21)))
"""What browsers take off either end of an address, and no other white space. Source: URL Standard, "Basic URL parser"."""
_A_LINE = 40
"""Characters before and behind a number, by which a person finds it on the page."""
_LAST_LINES = 180
"""Characters of readable text: a footer's few lines."""
_MAX_BYTES = 8_000_000
_MAX_TAGS = 200_000
"""A page of five megabytes has fewer; of one that has more, the two ends are read."""
_END_BYTES = 400_000
_BY_STYLE = ("display-none", "invisible-style", "same-colour")
_MAX_HOT_BLOCKS = 1000
"""Read from either end; where more blocks speak of filings, it is no footer that does."""
_CALL = re.compile(
    r"\s*(?:javascript:\s*)?(?:void\s*\(?\s*)?(?:return\s+)?([A-Za-z_$][\w$]{0,40})\s*\(", re.IGNORECASE
)
_BRACE = re.compile(rb"[{}]")
_MOST_FUNCTIONS, _FUNCTION_BYTES = 5, 400
_REGISTRY = re.compile(r"beian\.miit|miibeian|miitbeian|beian\.mps|beian\.gov", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?:)?//[^'\"\s)]{3,300}")
_BARE_REGISTER = re.compile(
    r"(?<![\w./-])(?:[\w-]{1,30}\.){0,3}(?:beian|miitbeian|miibeian|miit)(?:\.[\w-]{1,30}){1,5}[^'\"\s)]{0,200}"
)
_ABOUT_FILING = re.compile(
    r"beian\.miit|miibeian|miitbeian|工信部|工业和信息化部|信息产业部|备案管理系统", re.IGNORECASE
)
_ABOUT_POLICE = re.compile(r"beian\.mps|beian\.gov|公安|网安", re.IGNORECASE)
_REACH = 1000
"""Bytes of a script or comment read on either side of an anchor."""
_LONG_TEXT = 1000
_MOST_TELLING = 5000
_BLOCKS_BEHIND = 3
"""As many the police portal's own snippet makes: badge, number, and what follows."""
_NEAR = 300
"""Characters on either side of a telling one within which a whole number stands."""
# Written so that it begins with a class: only then are plain stretches passed over fast.
_TELLING = re.compile(
    "[备備证證网網ＩＣＡＢIiABabUuGgPpMm](?:(?<=[备備证證网網ＩＣＡＢ])|(?<=[Ii])[ .]?[Cc][ .]?[Pp]|(?<=[ABab])[12-]"
    "|(?<=u)rity|(?<=U)RITY|(?<=[Gg])ong|(?<=G)ONG|(?<=[Pp])[Ss][Bb]|(?<=[Mm])[Pp][Ss])"
)
_DIGITS = re.compile(r"[^\W\d_]*([0-9０-９]+)")
_PLACE_OF_RAW = {"comment": Place.COMMENT, "script": Place.SCRIPT, "title": Place.ATTRIBUTE}
_ESCAPES = re.compile(r"[\\%]u([0-9a-fA-F]{4})")
_JOINED = re.compile(r"[\"']\s*\+\s*[\"']")
"""A string in two pieces."""


def read_page(
    body: bytes, *, url: str, content_type: str, facts: NumberFacts, today_year: int, skims: bool = True
) -> PageReading:
    """Read every number a page shows or hides, and what else the audit asks of the page.

    ``skims`` = read tags only around places where a number may stand; the answer is the same,
    only later. Never raises on what a page holds; text beyond eight million bytes is not read.
    """
    decoded = decode(body, content_type)
    page = decoded.utf8[:_MAX_BYTES]
    if len(page) > 2 * _END_BYTES and page.count(b"<") > _MAX_TAGS:
        page = page[:_END_BYTES] + page[-_END_BYTES:]
    reader = _PageReader(cut(page), url, facts, today_year, skims=skims)
    numbers = reader.numbers()
    whole = reader.whole
    needs_rendering = whole.needs_rendering(numbers)
    return PageReading(
        encoding=decoded.encoding,
        encoding_why=decoded.why,
        numbers=numbers,
        registry_links=reader.registry_links(numbers),
        needs_rendering=needs_rendering,
        footer_sources=whole.footer_sources() if needs_rendering.startswith("footer-script:") else (),
        text=whole.text,
        title=whole.title(),
        language=whole.language(),
        copyright_holder=whole.copyright_holder(),
        alternates=whole.alternates(),
        frames=whole.frames(),
        refresh=whole.refresh(),
    )


class _PageReader:
    """The numbers of one page, each with its place and its link."""

    def __init__(self, markup: Markup, url: str, facts: NumberFacts, today_year: int, *, skims: bool) -> None:
        self.markup, self.facts, self.year = markup, facts, today_year
        self.whole = WholePage(markup, url)
        self._in_markup: list[int] = []
        self._in_raws: dict[Raw, list[int]] = {}
        self._raw_tags: list[Tag] = []
        self._sort_anchors(find_anchors(markup.page))
        marks = self.whole.text.marks if self._in_markup else {}
        self._last_footer = max((at for at, mark in marks.items() if self._is_footer(at, mark)), default=-1)
        self.excerpts = Excerpts(markup.text, self._in_markup, marks, skims=skims)
        self._found: dict[tuple[int, int], list[ParsedNumber]] = {}
        self._paths: dict[int, str] = {}
        self._functions: dict[str, str] = {}
        self._free: dict[tuple[int, int, bool], PageLink | None] = {}

    def _is_footer(self, at: int, mark: Mark) -> bool:
        """Whether a marked element is called the footer, and shown: no mere bar or button at the bottom."""
        if not mark.in_footer or mark.hidden_by:
            return False
        tag = TOKEN.match(self.markup.text, at)
        return tag is not None and (tag[2].lower() == b"footer" or bool(_CALLED_FOOTER.search(tag[3])))

    def _sort_anchors(self, anchors: list[int]) -> None:
        """Tell apart what stands among tags, inside of a script or comment, or in a script's own tag."""
        raws = iter(self.markup.raws)
        raw = next(raws, None)
        for anchor in anchors:
            while raw is not None and raw.end <= anchor:
                raw = next(raws, None)
            if raw is None or anchor < raw.opens:
                self._in_markup.append(self.markup.place_of(anchor))
            elif anchor >= raw.start:
                self._in_raws.setdefault(raw, []).append(anchor)
            else:
                self._raw_tags.append(Tag(raw.kind, raw.at, self.markup.source(raw)))

    def _find(self, text: str) -> list[ParsedNumber]:
        """Numbers of a text; of a long one, what stands near a place that may be a number."""
        if len(text) < _LONG_TEXT:
            return find_numbers(text, self.facts, self.year) if _TELLING.search(text) else []
        found: list[ParsedNumber] = []
        for start, end in _stretches(self._telling(text), 0, len(text), _NEAR):
            found += _moved(find_numbers(text[start:end], self.facts, self.year), start)
        return found

    @staticmethod
    def _telling(text: str) -> list[int]:
        first = [hit.start() for hit in islice(_TELLING.finditer(text), _MOST_TELLING)]
        if len(first) < _MOST_TELLING:
            return first
        after = max(first[-1] + 1, len(text) - _NEAR * _MOST_TELLING)
        return first + [hit.start() for hit in islice(_TELLING.finditer(text, after), _MOST_TELLING)]

    def _in_block(self, walk: Walk, index: int) -> list[ParsedNumber]:
        key = (id(walk), index)
        if key not in self._found:
            self._found[key] = self._find_apart(walk, index) if walk.blocks[index].is_hot else []
        return self._found[key]

    def _find_apart(self, walk: Walk, index: int) -> list[ParsedNumber]:
        """Numbers of a block, each within what may be its own."""
        text, places = walk.run(index).text, walk.parted_at(index)
        found: list[ParsedNumber] = []
        for start, end in pairwise((0, *places, len(text))):
            found += _moved(self._find(text[start:end]), start)
        return found

    def numbers(self) -> tuple[DisplayedNumber, ...]:
        hot = [
            (walk, index)
            for walk in self.excerpts.walks
            for index, block in enumerate(walk.blocks)
            if block.is_hot
        ]
        hot = ends(hot, 2 * _MAX_HOT_BLOCKS)
        found: list[tuple[int, DisplayedNumber]] = []
        for walk, index in hot:
            for number in self._in_block(walk, index):
                run = walk.run(index)
                at = self.markup.page_offset(run.piece_at(number.start).start)
                found.append((at, self._displayed(walk, index, run, number)))
        found.extend(self._unread())
        found.extend(self._attributes())
        return tuple(others_told_apart([number for _, number in sorted(found, key=lambda pair: pair[0])]))

    def _displayed(self, walk: Walk, index: int, run: Run, number: ParsedNumber) -> DisplayedNumber:
        digits = max(_DIGITS.finditer(number.raw), key=lambda m: len(m[1]), default=None)
        at = number.start + (digits.start(1) if digits else 0)
        block = run.block
        link = self._link_of(walk, index, number, at)
        visible = not block.hidden_by or (
            block.hidden_by in _BY_STYLE and is_shown_after_all(self.markup.text, run.piece_at(at).start)
        )
        place = Place.FOOTER if block.in_footer else Place.BODY
        if visible and not block.in_footer and self._is_at_bottom(block):
            place = Place.BOTTOM
        seen = DisplayedNumber(
            parsed=number,
            place=place if visible else Place.HIDDEN,
            displayed=visible,
            hidden_by="" if visible else block.hidden_by,
            link=link,
            where=self._path_to(block.pieces[0].start),
            block=block.number,
            around=run.text[max(0, number.start - _A_LINE) : number.end + _A_LINE] if visible else "",
        )
        return self._unless_quoted(seen, run, number) if visible and not block.in_footer else seen

    def _link_of(self, walk: Walk, index: int, number: ParsedNumber, at: int) -> PageLink | None:
        """The link around the digits, or around the number's tail where that leads to a register; else one beside it."""
        run = walk.run(index)
        for place in (at, number.end - 1):
            anchor = walk.anchor(run.piece_at(place).link)
            link = self._link(anchor, "around") if anchor else None
            if link and (place == at or speaks_for_site(link)):
                return link
        return self._beside(walk, index, number)

    def _unless_quoted(self, seen: DisplayedNumber, run: Run, number: ParsedNumber) -> DisplayedNumber:
        """The number, or the number as somebody else's where what stands around it says so."""
        place, is_body = run.piece_at(number.start).start, seen.place is Place.BODY
        is_last = place > self._last_footer
        if is_spoken_of(run.text, number) and (is_body or not (is_last and leads_to_register(seen.link))):
            return quoted(seen, "the words around it speak of another's")
        if leads_to_register(seen.link) and (is_last or not is_body):
            return seen
        if is_in_prose(run.text, number):
            return quoted(seen, "named in running text")
        if is_body and is_in_headline(seen.link):
            return quoted(seen, "part of a link's longer text")
        if is_body and is_in_quotation(self.markup.text, place):
            return quoted(seen, "inside an article, a quotation or a sample of code")
        if is_body and "unlabelled" in number.notes:
            return quoted(seen, "a class and eight digits alone, away from the foot")
        return seen

    def _path_to(self, place: int) -> str:
        """Numbers that stand in one block share it."""
        if place not in self._paths:
            self._paths[place] = path_to(self.markup.text, place)
        return self._paths[place]

    def _is_at_bottom(self, block: Block) -> bool:
        """Whether it stands in the last fifth of the markup, or in its last lines of text."""
        if block.pieces[0].start > _LAST_FIFTH * len(self.markup.text):
            return True
        return block.pieces[-1].end >= self._bottom

    @cached_property
    def _bottom(self) -> int:
        """Where the first hot block ends behind which only a few lines follow. Halved in: the rest is long to read."""
        blocks = (block for walk in self.excerpts.walks for block in walk.blocks)
        places = sorted(block.pieces[-1].end for block in blocks if block.is_hot and not block.hidden_by)
        text = self.whole.text
        at = bisect_left(places, True, key=lambda place: not text.is_longer_than(_LAST_LINES, place))
        return places[at] if at < len(places) else len(self.markup.text) + 1

    def _link(self, anchor: Anchor, how: str) -> PageLink:
        href = anchor.href or ""
        address = href.strip(_BEFORE_ADDRESS)
        empty = not address or address.lower().startswith(("#", "javascript:"))
        target = _address_in(anchor.script) if empty and anchor.script else ""
        if empty and not target:
            target = self._opened_by(anchor.script or href)
        text = self._link_text(anchor)
        if target:
            return PageLink(href, target, "script", text)
        return PageLink(href, "" if empty else join(self.whole.base, address), how, text)

    def _opened_by(self, call: str) -> str:
        """The address that a function of the page opens, where a link does no more than call it."""
        called = _CALL.match(call)
        if called is None or (called[1] not in self._functions and len(self._functions) >= _MOST_FUNCTIONS):
            return ""
        if called[1] not in self._functions:
            name = re.escape(called[1].encode())
            begins = rb"\b(?:function\s+%s\s*\(|%s\s*=\s*(?:function\b|\())" % (name, name)
            found = re.search(begins, self.markup.page)
            body = self.markup.page[found.end() : found.end() + _FUNCTION_BYTES] if found else b""
            self._functions[called[1]] = _address_in(_function_body(body).decode("utf-8", "ignore"))
        return self._functions[called[1]]

    def _link_text(self, anchor: Anchor) -> str:
        text, start = self.markup.text, anchor.start
        end = text.find(b"</a", start, start + 3000)
        source = text[start : end if end > 0 else start + 300].decode("utf-8", "ignore")
        return squeeze(without_tags(source))[:200]

    def _beside(self, walk: Walk, index: int, number: ParsedNumber) -> PageLink | None:
        """A link next to the number that speaks of its register and of no other number."""
        blocks, own = walk.blocks, walk.blocks[index]
        for near in (index, *self._next_blocks(walk, index, number), index - 1):
            if not 0 <= near < len(blocks):
                continue
            block = blocks[near]
            if near != index and block.in_footer != own.in_footer:
                continue
            if block.hidden_by and not own.hidden_by:
                continue  # nobody can follow what nobody sees
            if link := self._free_link(walk, near, is_police=number.kind is NumberKind.PSB):
                return link
        return None

    def _next_blocks(self, walk: Walk, index: int, number: ParsedNumber) -> Iterator[int]:
        """The block behind; where that speaks of the other register only, with its badge, those behind it."""
        at, is_police = index, number.kind is NumberKind.PSB
        for _ in range(_BLOCKS_BEHIND):
            at = _behind(walk.blocks, at)
            yield at
            if at >= len(walk.blocks) or not (walk.blocks[at].is_hot or not walk.run(at).text.strip()):
                return
            if any((each.kind is NumberKind.PSB) is is_police for each in self._in_block(walk, at)):
                return

    def _free_link(self, walk: Walk, index: int, *, is_police: bool) -> PageLink | None:
        """The first link of a block that speaks of that register and encloses no number; looked for once."""
        key = (id(walk), index, is_police)
        if key not in self._free:
            block, wanted = walk.blocks[index], _ABOUT_POLICE if is_police else _ABOUT_FILING
            starts = dict.fromkeys(p.link for p in (*block.pieces, *block.images) if p.link >= 0)
            run = walk.run(index) if starts else None
            taken = {run.piece_at(n.end - 2).link for n in self._in_block(walk, index)} if run else set()
            anchors = (walk.anchor(start) for start in starts if start not in taken)
            links = (self._link(anchor, "beside") for anchor in anchors if anchor)
            self._free[key] = next(
                (
                    link
                    for link in links
                    if wanted.search(f"{link.href} {link.text}") and not self._find(link.text)
                ),
                None,
            )
        return self._free[key]

    def _unread(self) -> list[tuple[int, DisplayedNumber]]:
        found: list[tuple[int, DisplayedNumber]] = []
        for raw, anchors in self._in_raws.items():
            place = _PLACE_OF_RAW.get(raw.kind, Place.HIDDEN)
            # Wide enough for any number.
            for begin, stop in _stretches(anchors, raw.start, raw.end, _REACH):
                source = self.markup.page[begin:stop].decode("utf-8", "ignore")
                plain = _ESCAPES.sub(lambda m: chr(int(m[1], 16)), source) if "u" in source else source
                plain = _JOINED.sub("", plain) if raw.kind == "script" else plain
                found.extend(
                    (raw.start, DisplayedNumber(number, place, False, raw.kind))
                    for number in self._find(without_tags(plain))
                )
        return found

    def _attributes(self) -> list[tuple[int, DisplayedNumber]]:
        found: list[tuple[int, DisplayedNumber]] = []
        links = [tag for walk in self.excerpts.walks for tag in walk.links]
        for tag in (*self.excerpts.tags, *links, *dict.fromkeys(self._raw_tags)):
            at = self.markup.page_offset(tag.start)
            is_foot = 0 < self._last_footer < tag.start or tag.start > _LAST_FIFTH * len(self.markup.text)
            for name, value in tag.attributes().items():
                # A search box suggests anybody's number.
                if name in ("href", "src", "style", "class", "id", "placeholder"):
                    continue
                place = Place.IMAGE_ALT if name == "alt" else Place.ATTRIBUTE
                is_hidden = tag.name == "input" and b"hidden" in tag.source.lower()
                why = "input-hidden" if is_hidden else f"attribute-{name}"
                found.extend(
                    (at, DisplayedNumber(number, place, False, why))
                    for number in self._find(value)
                    if is_foot or not is_mere_mention(value, number)
                )
        return found

    def registry_links(self, numbers: tuple[DisplayedNumber, ...]) -> tuple[PageLink, ...]:
        used = {n.link.href for n in numbers if n.link}
        links: dict[str, PageLink] = {}
        for walk in self.excerpts.walks:
            for tag in walk.links:
                href = "" if tag.hidden_by else tag.attributes().get("href", "")
                if href not in used and _REGISTRY.search(href):
                    link = self._link(Anchor(href, "", tag.start), "around")
                    known = links.get(href)
                    at_foot = (known is not None and known.at_foot) or self._is_at_foot(walk, tag.start)
                    links[href] = replace(link, at_foot=at_foot)
        return tuple(links.values())

    def _is_at_foot(self, walk: Walk, link: int) -> bool:
        """Of a link that holds nothing, by its place in the markup."""
        holding = [b for b in walk.blocks if any(p.link == link for p in (*b.pieces, *b.images))]
        if not holding:
            return link > _LAST_FIFTH * len(self.markup.text)
        return any(b.in_footer or (b.pieces and self._is_at_bottom(b)) for b in holding)


def _moved(numbers: list[ParsedNumber], by: int) -> list[ParsedNumber]:
    """The numbers of a stretch that begins there, at their places in the whole."""
    if not by:
        return numbers
    return [replace(number, start=number.start + by, end=number.end + by) for number in numbers]


def _function_body(script: bytes) -> bytes:
    """What stands between the first brace and the one that closes it."""
    depth, begin = 0, script.find(b"{")
    for brace in _BRACE.finditer(script, max(begin, 0)):
        depth += 1 if brace[0] == b"{" else -1
        if not depth:
            return script[begin : brace.end()]
    return script if begin >= 0 else b""


def _address_in(script: str) -> str:
    """The address that a click handler opens: a register's before any other that it names."""
    named = _ADDRESS.findall(script[:4000])
    found = next((address for address in named if _REGISTRY.search(address)), "")
    if not found and (bare := _BARE_REGISTER.search(script[:4000])):
        found = f"//{bare[0]}"
    found = found or next(iter(named), "")
    return f"https:{found}" if found.startswith("//") else found


def _behind(blocks: list[Block], index: int) -> int:
    """The next block, past those that nobody sees; of a hidden number its very neighbour."""
    at = index + 1
    while not blocks[index].hidden_by and at < len(blocks) and blocks[at].hidden_by:
        at += 1
    return at


def _stretches(places: list[int], start: int, end: int, reach: int) -> list[tuple[int, int]]:
    """Stretches as wide as ``reach`` on either side of the places, joined where they meet."""
    found: list[tuple[int, int]] = []
    for place in places:
        begin, stop = max(start, place - reach), min(end, place + reach)
        if found and begin <= found[-1][1]:
            begin = found.pop()[0]
        found.append((begin, stop))
    return found
