"""What a page says as a whole: its title and language, its frames, and whether a script draws its footer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.markup import Markup, Tag, attributes, tags_at
from icpcrawl.audit.numbers import NumberKind, NumberStatus
from icpcrawl.audit.page_text import squeeze, without_tags
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.scan import Scanner, in_usual_cases
from icpcrawl.audit.script_move import AT_ONCE_S, script_move
from icpcrawl.audit.unfilled import is_unfilled
from icpcrawl.audit.visible_text import VisibleText

if TYPE_CHECKING:
    from icpcrawl.audit.footer import DisplayedNumber

HARDLY_ANY = 180
"""Readable characters, white space apart: a page that shows no more may be drawn by script, or lead on."""
HEAD_BYTES = 30_000
"""Where a page says what it is, and that it is only the way to another."""
_HEAD_WORDS = Scanner(in_usual_cases("<html", "<base", "<frame", "hreflang"))
_REFRESH = Scanner(in_usual_cases("refresh"))
_REFRESH_CONTENT = re.compile(r"\s*(\d{0,4})[\d.]*[\s;,]*url\s*=\s*[\"']?([^\"']{1,1000})", re.IGNORECASE)
SMALL_PAGE_BYTES = 6_000
"""A page whose script only sends its visitor on is short; on a longer one ``location=`` is a handler."""
_BODY = Scanner(in_usual_cases("<body"))
_COPYRIGHT_SIGNS = 6
_COPYRIGHT_BYTES = 1000
"""How many of the last © are looked at, and how far behind each."""
_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|版权所有)[\s©\d\-–,.:：年至今]*(?:by|all rights reserved)?\s*"
    r"((?:(?!ICP[备证]|公网安备|托管于|域名由|模板|提供商)[\w\u4e00-\u9fff（）() &.,'-]){2,60}?(?:公司|集团|大学|学院|医院|银行|中心|协会|委员会|政府|Inc\.?|Ltd\.?|LLC|Corporation))",
    re.IGNORECASE,
)
_BEFORE_NAME = re.compile(
    r"^(?:.*(?:all rights reserved|版权所有|copyright|侵权必究)|[\s.,&'()（）:：|-]+|[(（]c[)）]|(?:19|20)\d\d(?:\s?[-–~]\s?(?:19|20)\d\d)?"
    r"|(?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,8}(?![a-z]))+",
    re.IGNORECASE,
)
"""What stands between the sign and the name: years, the site's address, the sign once more."""
_CREDIT = re.compile(
    r"(?:powered|design(?:ed)?|support(?:ed)?) by|(?:技术支持|网站(?:建设|制作|设计|开发|维护)|建站|托管)[\s:：由于]|本(?:网)?站由",
    re.IGNORECASE,
)
_CREDITED = re.compile(r"\s?(?:设计|制作|建设|开发|提供|技术支持)")
"""By these the company named behind, or before, them built or carries the site."""
_SIGNS = Scanner(
    ("©", "&copy", "&#169", "版权所有", "(c)", "(C)", "copyright", "Copyright", "COPYRIGHT", "CopyRight")
)
_FOOTER_NAMED = re.compile(rb"icp|[fF](?:oot|OOT)|ottom|OTTOM|opyright|OPYRIGHT|eian|EIAN|&")
"""Seen at once; what passes is looked at with care."""
_FOOT = r"foot(?!ball|print|step|note|wear|age\b|path|able|[-_]?locker)"
_FOOTER_SCRIPT = re.compile(
    _FOOT + r"|(?<!to)(?<!to[-_])bottom(?![-_]?sheet)|copyright|beian|(?<![a-z])icp(?:[-_]?info)?\.",
    re.IGNORECASE,
)
_FOOTER_SCRIPT_ABROAD = re.compile(_FOOT + r"|copyright|beian", re.IGNORECASE)
"""On another host, where a brand keeps its scripts as often as a stranger keeps his: the plain names only."""
_LIBRARY = re.compile(r"/npm/|/ajax/libs/|//unpkg\.|/node_modules/", re.IGNORECASE)
"""Where everybody's libraries lie, and nobody's own footer."""
_LOADERS = Scanner(in_usual_cases(".load(", ".get(", ".post(", ".ajax(", "fetch(", "import(", "include("))
_LOAD = re.compile(
    rb"\.load\(\s*[\"']([^\"']{0,200}(?:foot(?!ball|print|step|note|wear)|bottom|copyright|beian)[^\"']{0,200})"
    rb"|(?:\.(?:get|post|ajax)|\bfetch|\bimport|\binclude)\(\s*(?:\{[^{}]{0,100}?\burl\s*:\s*)?"
    rb"[\"'`](?=[^\"'`]{0,400}[/.])([^\"'`\s]{0,200}(?:foot(?!ball|print|step|note|wear)|copyright|beian)[^\"'`\s]{0,200})",
    re.IGNORECASE,
)
"""A fragment fetched by script; for words that fetch anything, only what looks like an address."""
_FILE_WORDS = Scanner(in_usual_cases("foot", "bottom", "copyright", "beian"))
_LITERAL = re.compile(rb"[\"'`]([^\s\"'`<>(){};,\\]{0,200})\\?[\"'`]")
_LITERAL_BYTES = 120
"""How far before the word a quoted address begins."""
_FILE = re.compile(rb"\.(?:m?js|s?html?|php|aspx?|jsp|vue|json)(?:\?|\Z)", re.IGNORECASE)
_FETCHED = re.compile(
    rb"(?:\bsrc\s*=\s*\\?|\bimport\b[^;\"'`\n]{0,60}|\w*(?:[lL]oad|[sS]cript|[iI]nclude)\w*\s*\(\s*"
    rb"|\bopen\s*\(\s*[\"']\w{3,5}[\"']\s*,\s*)\Z"
)
"""What stands before the address of a file that is fetched; one that a list merely names is not."""
_MODULES = re.compile(rb"\b(?:require|define|use)\s*\(\s*\[?[^\[\](){}]{0,300}\Z")
"""Behind it, a name in quotes is that of a module, without an ending."""
_INCLUDE = re.compile(
    rb"\s(?:w3-|data-)?include(?:-html|-src)?\s*=\s*[\"']([^\"'<>]{0,200}foot[^\"'<>]{0,200})", re.IGNORECASE
)
_INCLUDES = Scanner(("include",))


class WholePage:
    """One page's markup under the questions that concern more than its numbers."""

    def __init__(self, markup: Markup, url: str) -> None:
        self._markup = markup
        self._url = url
        self.text = VisibleText(markup.text)
        body = markup.text.find(b"<body", 0, HEAD_BYTES)
        self._head = markup.text[: body if body >= 0 else HEAD_BYTES]
        """What stands before the body, where a page says what it is."""
        self._head_words = _HEAD_WORDS.find(self._head)
        base = next((tag for tag in self._tags("<base") if tag.name == "base"), None)
        href = base.attributes().get("href", "") if base else ""
        self.base = join(url, href) if href else url
        """What links are resolved against."""

    def _tags(self, word: str) -> Iterator[Tag]:
        """Start tags of the head that hold one of ``_HEAD_WORDS``, however it is spelt."""
        places = [start for index, start, _ in self._head_words if _HEAD_WORDS.words[index].lower() == word]
        return tags_at(self._head, places)

    @cached_property
    def is_bare(self) -> bool:
        """Whether it shows hardly any text."""
        return not self.text.is_longer_than(HARDLY_ANY)

    def title(self) -> str:
        """The text of its title, at most 500 characters."""
        raw = next((raw for raw in self._markup.raws if raw.kind == "title"), None)
        text = self._markup.page[raw.start : min(raw.end, raw.start + 4000)] if raw else b""
        return squeeze(unescape(text.decode("utf-8", "ignore")))[:500]

    def language(self) -> str:
        """What ``<html lang>`` says."""
        html = next(self._tags("<html"), None)
        return html.attributes().get("lang", "") if html else ""

    def copyright_holder(self) -> str:
        """The organisation named behind one of the last © signs; empty where none is."""
        text = self._markup.text
        places = [start for _, start, _ in _SIGNS.find(text)]
        for place in places[-_COPYRIGHT_SIGNS:]:
            line = text[place : place + _COPYRIGHT_BYTES].decode("utf-8", "ignore")
            found = _COPYRIGHT.search(squeeze(without_tags(line, " ")))
            holder = _BEFORE_NAME.sub("", found[1]).strip() if found else ""
            if (
                found
                and holder
                and not _CREDIT.search(holder)
                and not _CREDITED.match(found.string, found.end())
            ):
                return holder
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
        if inside and self.is_bare:
            found += [attributes(self._markup.source(raw)).get("src", "") for raw in inside]
        return tuple(join(self.base, src) for src in found[:10] if src)

    def refresh(self) -> str:
        """Where the page sends its visitor by itself; empty where it stays."""
        return self.onward()[0]

    def onward(self) -> tuple[str, str]:
        """The same, and by what: ``meta-refresh``, or ``script`` where the page shows hardly any text."""
        if self._refresh:
            return self._refresh, "meta-refresh"
        page = self._markup.page
        may_move = len(page) <= SMALL_PAGE_BYTES and b"location" in page and self.is_bare
        moved = script_move(self._scripts()) if may_move else ""
        return (join(self.base, moved), "script") if moved else ("", "")

    @cached_property
    def _refresh(self) -> str:
        """Where a meta refresh leads within seconds; it works in the body, too."""
        head = self._markup.text[:HEAD_BYTES]
        for tag in tags_at(head, [start for _, start, _ in _REFRESH.find(head)]):
            said = tag.attributes() if tag.name == "meta" else {}
            hit = _REFRESH_CONTENT.match(said.get("content", ""))
            if hit and said.get("http-equiv", "").lower() == "refresh" and int(hit[1] or 0) <= AT_ONCE_S:
                return join(self.base, hit[2].strip())
        return ""

    def _scripts(self) -> list[str]:
        """The scripts that stand in the page itself, and what its body does when it is there."""
        page = self._markup.page
        scripts = [
            page[raw.start : raw.end].decode("utf-8", "ignore")
            for raw in self._markup.raws
            if raw.kind == "script" and "src" not in attributes(self._markup.source(raw))
        ]
        return scripts + self._on_load

    @cached_property
    def _on_load(self) -> list[str]:
        text = self._markup.text
        bodies = tags_at(text, [start for _, start, _ in _BODY.find(text)])
        return [script for tag in bodies if tag.name == "body" and (script := tag.attributes().get("onload"))]

    # -- drawn by script ------------------------------------------------------------------

    def needs_rendering(self, numbers: tuple[DisplayedNumber, ...]) -> str:
        """The sign that what a visitor reads is drawn by script, or stands on the page this one leads on to."""
        if shows_number(numbers):
            return ""
        if any(n.place == "script" and may_be_filing(n) for n in numbers):
            return "number-in-script"
        if self._footer_pieces:
            return f"footer-script:{self._footer_pieces[0]}"
        if self._refresh.startswith("http") and not is_same_page(self._refresh, self._url):
            return f"leads-on:{self._refresh}"
        if any(_is_shown(number) for number in numbers):  # a footer that shows one already is no shell
            return ""
        is_scripted = self._on_load or any(raw.kind == "script" for raw in self._markup.raws)
        if is_scripted and self.is_bare and self._is_drawn:
            return "empty-shell"
        return "empty-footer" if is_unfilled(self._markup, self.text.marks) else ""

    @property
    def _is_drawn(self) -> bool:
        """Whether a script may draw a page that holds hardly any text: not where it signs itself, or only counts visitors."""
        text = self._markup.text
        if APP_ROOT.search(text):
            return True
        if _SIGNS.find(text):
            return False
        return bool(self._on_load) or any(not _COUNTS.search(head) for head in self._script_heads())

    def _script_heads(self) -> Iterator[bytes]:
        """Each script: its attributes, and how it begins."""
        page = self._markup.page
        for raw in self._markup.raws:
            if raw.kind == "script":
                yield self._markup.source(raw) + page[raw.start : min(raw.end, raw.start + _SCRIPT_BYTES)]

    def footer_sources(self) -> tuple[str, ...]:
        """Same-site URLs of what seems to write the footer."""
        host = registrable_domain(_host(self.base) or "")
        return tuple(u for u in self._footer_pieces if registrable_domain(_host(u) or "") == host)

    @cached_property
    def _footer_pieces(self) -> tuple[str, ...]:
        """Scripts, fragments and frames that call themselves the footer, wherever they lie."""
        wanted = list[str]()
        scripts = [raw for raw in self._markup.raws if raw.kind in ("script", "iframe")]
        for raw in scripts:
            source = self._markup.source(raw)
            src = attributes(source).get("src", "") if _FOOTER_NAMED.search(source) else ""
            if src and is_called_footer(src):
                wanted.append(src)
        wanted += self._loaded()
        for tag in tags_at(self._markup.text, [start for _, start, _ in _INCLUDES.find(self._markup.text)]):
            wanted += [hit.decode("utf-8", "ignore") for hit in _INCLUDE.findall(tag.source)]
        host = _host(self.base)
        joined = dict.fromkeys(join(self.base, src) for src in wanted)
        near = [u for u in joined if u and _host(u) == host]
        abroad = [u for u in joined if u and _host(u) != host]
        abroad = [u for u in abroad if _FOOTER_SCRIPT_ABROAD.search(u.rpartition("/")[2])]
        return (*near, *(u for u in abroad if not _LIBRARY.search(u)))

    def _loaded(self) -> list[str]:
        """Addresses that call themselves the footer and that a script of the page fetches."""
        page = self._markup.page
        scripts = b"\n".join(page[raw.start : raw.end] for raw in self._markup.raws if raw.kind == "script")
        loads = (_LOAD.match(scripts, start) for _, start, _ in _LOADERS.find(scripts))
        found = [load[1] or load[2] for load in loads if load]
        for _, start, end in _FILE_WORDS.find(scripts, _MOST_NAMED):
            quote = max(scripts.rfind(sign, max(0, start - _LITERAL_BYTES), start) for sign in _QUOTES)
            literal = _LITERAL.match(scripts, quote) if quote >= 0 else None
            if literal is None or literal.end() < end:
                continue
            if not is_called_footer(literal[1].decode("utf-8", "ignore")):
                continue
            before = max(0, quote - _BEFORE_BYTES)
            if _MODULES.search(scripts, before, quote) or (
                _FILE.search(literal[1]) and _FETCHED.search(scripts, before, quote)
            ):
                found.append(literal[1])
        return [address.decode("utf-8", "ignore") for address in found]


_QUOTES = (b'"', b"'", b"`")
_MOST_NAMED, _BEFORE_BYTES = 200, 320


def _is_shown(number: DisplayedNumber) -> bool:
    return number.displayed and number.parsed.status is not NumberStatus.QUOTED


def shows_number(numbers: Iterable[DisplayedNumber]) -> bool:
    """Whether one of them is a filing or licence number that a visitor reads."""
    return any(_is_shown(number) and may_be_filing(number) for number in numbers)


def is_called_footer(url: str) -> bool:
    """Whether the last part of an address says that the footer lies there."""
    return _FOOTER_SCRIPT.search(url.partition("?")[0].rpartition("/")[2] or url) is not None


APP_ROOT = re.compile(rb"""id\s*=\s*["']?(?:app|root|__next|__nuxt|main-app|q-app)["'\s>]""", re.IGNORECASE)
"""The element into which an application is drawn."""
_COUNTS = re.compile(
    rb"cnzz|51\.la|hm\.baidu|push\.js|tongji|googletagmanager|google-analytics|gtag\(|analytics|clarity\.ms|umami|plausible",
    re.IGNORECASE,
)
_SCRIPT_BYTES = 400


def may_be_filing(number: DisplayedNumber) -> bool:
    """Whether it would count as the display, if it were seen: no police number, and no joke."""
    return number.parsed.kind is not NumberKind.PSB and number.parsed.status is not NumberStatus.JOKE


_SLASHES = re.compile(r"^(https?:)?[/\\]{2,}", re.IGNORECASE)
"""As browsers do, any number of slashes of either kind stands for two."""


def join(base: str, href: str) -> str:
    """``href`` resolved against ``base``; empty where that cannot be."""
    try:
        return urljoin(base, _SLASHES.sub(lambda found: f"{found[1] or ''}//", href))
    except ValueError:
        return ""


def is_same_page(url: str, other: str) -> bool:
    """Whether two addresses differ in nothing but the place on the page."""
    return url.partition("#")[0] == other.partition("#")[0]


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
