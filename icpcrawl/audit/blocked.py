"""Pages that are not the homepage: interception, challenge, default, parked, empty shell.

In: what was fetched, and its reading where there is one. Out: the fetch outcome as it
really was. Signatures are rows of ``data/block_pages.csv``; each must say something of the
status, the title, the text, the body or the address: cookies and headers alone stand on
healthy pages too, and single words (未备案, 请登录) stand in ordinary articles, so a sentence
counts only on a short page.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from icpcrawl.audit.fold import unescape
from icpcrawl.audit.footer import PageReading, Place
from icpcrawl.audit.numbers import NumberKind
from icpcrawl.audit.quoted import speaks_for_site
from icpcrawl.audit.scan import looked_for
from icpcrawl.audit.visible_text import VisibleText, bounded
from icpcrawl.audit.whole_page import APP_ROOT
from icpcrawl.observation import Fetched, FetchOutcome, Page

HEAD_BYTES = 200_000
"""A page that is not the homepage is small; of a larger one the beginning is looked at."""
SHELL_TEXT = 40
"""Readable characters below which a page with an application's root element is a shell."""
_OWN_TEXT = 100
"""Readable characters that a page of its own has at least."""
_QUESTION = re.compile(r"[？?]|怎么|如何|怎样")
_SENTENCE_END = re.compile(r"[\s。！!；;]")
_QUESTION_REACH = 30


@dataclass(frozen=True, slots=True)
class Signature:
    """One sign of a page that is not the homepage: all its parts must hold."""

    marker: str
    outcome: FetchOutcome
    provider: str
    reason: str
    """``filing``, ``filing-or-content``, ``challenge``, ``block``, ``default``, ``sale`` …"""
    status: frozenset[int]
    header: tuple[str, str] | None
    title: str
    is_whole_title: bool
    """Whether that must be all the title says."""
    visible: str
    body: bytes
    url: str
    max_text: int | None
    """Most readable characters, white space apart, that such a page has; None = any."""
    max_links: int | None = None
    """Most links that such a page has; None = any. A notice has hardly one, no field and no © line, and no number."""

    @property
    def is_mere_sentence(self) -> bool:
        """Whether its words may stand on anybody's page; a page of sale shows its seller's number, so not there."""
        told = self.provider or self.status - {200} or self.header or self.body or self.url
        if self.outcome is not FetchOutcome.PARKED and (
            self.max_links is not None or self.outcome is FetchOutcome.DEFAULT_PAGE
        ):
            return not told
        return not (told or self.title or self.status) and self.outcome is not FetchOutcome.PARKED

    @property
    def is_told_by_address(self) -> bool:
        """Whether it asks for nothing of the page."""
        return not (self.status or self.header or self.title or self.visible or self.body)


@dataclass(frozen=True, slots=True)
class BlockedFacts:
    """All signatures, in the order they are tried."""

    signatures: tuple[Signature, ...] = ()
    of_long_pages: tuple[Signature, ...] = ()
    """Those of them that do not ask for a short page, or tell by the title: all that a long one is held against."""
    longest: int = 0
    """Readable characters beyond which only these remain."""
    of_addresses: tuple[Signature, ...] = ()
    """Those that an address alone fulfils."""
    bodies: tuple[bytes, ...] = ()
    """What the signatures look for in a body."""

    @classmethod
    def from_tables(cls, table: Callable[[str], tuple[dict[str, str], ...]]) -> Self:
        """Read ``block_pages.csv``."""
        signatures = tuple(_signature(row) for row in table("block_pages.csv"))
        return cls(
            signatures,
            tuple(each for each in signatures if each.max_text is None or each.title),
            max((each.max_text or 0 for each in signatures if not each.title), default=0),
            tuple(each for each in signatures if each.url and each.is_told_by_address),
            tuple(each.body for each in signatures if each.body),
        )


@dataclass(frozen=True, slots=True)
class Refined:
    """The fetch outcome after the page was looked at."""

    outcome: FetchOutcome
    detail: str
    """One line for a person."""
    provider: str = ""
    """Who put the page there, where its signature tells; else empty."""
    marker: str = ""
    """The signature that matched; empty where none did."""
    reason: str = ""
    """What the page says: see ``Signature.reason``."""


def _signature(row: dict[str, str]) -> Signature:
    name, _, value = row["header"].partition(":")
    return Signature(
        marker=row["marker"],
        outcome=FetchOutcome(row["outcome"]),
        provider=row["provider"],
        reason=row["reason"],
        status=frozenset(int(part) for part in row["status"].split("|") if part),
        header=(name.lower(), value.casefold()) if row["header"] else None,
        title=_squeezed(row["title"].removeprefix("=")),
        is_whole_title=row["title"].startswith("="),
        visible=_squeezed(row["visible"]),
        body=row["body"].lower().encode("ascii"),
        url=row["url"].lower(),
        max_text=int(row["max_text"]) if row["max_text"] else None,
        max_links=int(row["max_links"]) if row["max_links"] else None,
    )


def refine(fetched: Fetched, reading: PageReading | None, facts: BlockedFacts) -> Refined:
    """What a visit really saw. Pure transport failures pass through unchanged.

    Without a ``reading`` (error statuses) the page is looked at here, as far as signatures
    need it.
    """
    page = fetched.page
    if page is None:
        return _refused_on_the_way(fetched, facts) or Refined(fetched.outcome, fetched.detail)
    look = _Look(page, reading, _urls(fetched, page), facts.bodies)
    title = look.title
    for signature in facts.of_long_pages if look.is_longer_than(facts.longest) else facts.signatures:
        # Most ask for another title: told here, as a call for each would cost more than all else.
        if signature.title in title and _matches(signature, look):
            return _refined(signature, f"({signature.marker}, status {page.status})")
    if fetched.outcome is FetchOutcome.OK and (empty := _emptiness(look, reading)):
        return Refined(FetchOutcome.EMPTY_SHELL, empty, marker="empty-shell")
    return Refined(fetched.outcome, fetched.detail)


def _refused_on_the_way(fetched: Fetched, facts: BlockedFacts) -> Refined | None:
    """A redirect to a provider's refusal page says as much as the page itself, which may lie on a dead name."""
    hops = [hop for attempt in fetched.attempts for hop in attempt.hops]
    urls = {url.lower() for hop in hops for url in (hop.url, hop.location or "") if url}
    for signature in facts.of_addresses:
        if any(_leads_to(signature.url, url) for url in urls):
            return _refined(signature, f"({signature.marker}), to which the site redirects")
    return None


def _refined(signature: Signature, found: str) -> Refined:
    """What the signature says; ``found`` = by which mark, and how, for the line to a person."""
    who = f"{signature.provider}: " if signature.provider else ""
    detail = f"{who}{signature.reason} page {found}"
    return Refined(signature.outcome, detail, signature.provider, signature.marker, signature.reason)


def _urls(fetched: Fetched, page: Page) -> tuple[str, ...]:
    """Every address on the way to the page, and where its last answer pointed."""
    led = next((a for a in reversed(fetched.attempts) if any(h.url == page.url for h in a.hops)), None)
    hops = led.hops if led is not None else ()
    urls = [page.url, *(h.url for h in hops), *(h.location or "" for h in hops)]
    return tuple(url.lower() for url in urls if url)


class _Look:
    """What signatures ask of a page, computed when first asked."""

    def __init__(
        self, page: Page, reading: PageReading | None, urls: tuple[str, ...], bodies: tuple[bytes, ...]
    ) -> None:
        self.page = page
        self.urls = urls
        self._reading = reading
        self._bodies = bodies

    @cached_property
    def body(self) -> bytes:
        return self.page.body[:HEAD_BYTES].lower()

    @cached_property
    def held(self) -> frozenset[bytes]:
        """What of all that signatures look for stands in its body."""
        return looked_for(self._bodies).held_by(self.body)

    @cached_property
    def links(self) -> int:
        return len(_LINK.findall(self.body))

    @cached_property
    def is_lived_in(self) -> bool:
        """Whether it has a field to fill in, or a © line."""
        text = self._reading.text if self._reading is not None else VisibleText.of(self.visible)
        return _FIELD.search(self.body) is not None or is_signed(text)

    @cached_property
    def _markup(self) -> str:
        return decode_roughly(self.page.body[:HEAD_BYTES])

    @cached_property
    def title(self) -> str:
        if self._reading is not None and self._reading.title:
            return _squeezed(self._reading.title)
        found = _TITLE.search(self._markup)
        return _squeezed(unescape(found[1])) if found else ""

    @cached_property
    def visible(self) -> str:
        if self._reading is not None:
            return bounded(self._reading.text.letters).casefold()
        return _squeezed(_readable(self._markup))

    def only_speaks_of(self, signature: Signature) -> bool:
        """Whether a site of its own speaks of what would else be said to its visitors.

        A provider's refusal page may show the provider's number, so of refusals it must be one question,
        no heading with a question behind it: *your site is not filed: what now?*
        """
        if signature.max_links is not None or signature.outcome is FetchOutcome.DEFAULT_PAGE:
            numbers = self._reading.numbers if self._reading is not None else ()
            return any(each.displayed and each.parsed.kind is not NumberKind.PSB for each in numbers)
        if signature.outcome is not FetchOutcome.BLOCKED_UNFILED:
            return self._is_of_its_own
        text = self._reading.text.whole.casefold() if self._reading is not None else ""
        _, found, behind = text.partition(signature.visible)
        sentence = _SENTENCE_END.split(behind[:_QUESTION_REACH], maxsplit=1)[0]
        return bool(found and _QUESTION.search(sentence)) and self._is_of_its_own

    @cached_property
    def _is_of_its_own(self) -> bool:
        """Whether the page shows a filing number in its foot, linked to the filing system, under text of its own."""
        numbers = self._reading.numbers if self._reading is not None else ()
        return self.is_longer_than(_OWN_TEXT) and any(
            each.displayed
            and each.place in (Place.FOOTER, Place.BOTTOM)
            and each.parsed.kind is not NumberKind.PSB
            and speaks_for_site(each.link)
            for each in numbers
        )

    def is_longer_than(self, characters: int) -> bool:
        """Whether more can be read; of a page that was only looked at in part, at least its size counts."""
        if self._reading is not None:
            return self._reading.text.is_longer_than(characters)
        return len(self.visible) + max(len(self.page.body) - HEAD_BYTES, 0) > characters


_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,500})", re.IGNORECASE)
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|title|template|noscript)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<[^<>]{0,4000}>")


def decode_roughly(body: bytes) -> str:
    """Bytes → text, well enough to compare fixed sentences: UTF-8 where valid, else GB18030."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    try:
        # A cut inside the last character is no sign of another charset.
        return body[:-3].decode("utf-8") + body[-3:].decode("utf-8", "ignore") if body else ""
    except UnicodeDecodeError as error:
        if error.start >= len(body) - 6:
            return body[: error.start].decode("utf-8")
        return body.decode("gb18030", "replace")


def _readable(markup: str) -> str:
    return unescape(_TAG.sub(" ", _UNSEEN.sub(" ", markup)))


def _squeezed(text: str) -> str:
    """Without white space and case: line breaks inside a sentence do not hide it."""
    return "".join(text.split()).casefold()


def _matches(signature: Signature, look: _Look) -> bool:
    """Whether all it asks for holds but a title that is part of the page's, which the caller asked; cheap parts first."""
    if signature.status and look.page.status not in signature.status:
        return False
    if signature.header is not None and not _has_header(look.page, *signature.header):
        return False
    if signature.url and not any(_leads_to(signature.url, url) for url in look.urls):
        return False
    if signature.is_whole_title and signature.title != look.title:
        return False
    if signature.max_text is not None and look.is_longer_than(signature.max_text):
        return False
    if signature.max_links is not None and (
        look.links > signature.max_links
        or (look.is_lived_in and signature.outcome is not FetchOutcome.PARKED)  # its host signs there
    ):
        return False
    if signature.body and signature.body not in look.held:
        return False
    if not _says(look.title, signature.title) or not _says(
        look.visible if signature.visible else "", signature.visible
    ):
        return False
    return not (signature.is_mere_sentence and look.only_speaks_of(signature))


def _says(text: str, wanted: str) -> bool:
    """Whether it says so; 建设中 is not said by 建设中心."""
    return wanted in (text.replace(f"{wanted}心", "") if wanted.endswith("中") else text)


def _has_header(page: Page, name: str, value: str) -> bool:
    return any(key == name and value in found.casefold() for key, found in page.headers)


def _leads_to(wanted: str, url: str) -> bool:
    """Whether an address is that page itself; one that only names it in a query is not."""
    place = url.partition("?")[0].partition("#")[0].partition("://")[2]
    if "/" not in wanted:
        host = place.partition("/")[0].partition(":")[0]
        return host == wanted or host.endswith("." + wanted)
    return place.startswith(wanted) or f".{wanted}" in place or f"/{wanted}" in place


_LINK = re.compile(rb"<a\s")
_FIELD = re.compile(rb"<(?:textarea|select|input(?![^<>]{0,200}\btype\s*=\s*[\"']?hidden))")
_SIGNED = re.compile("©|版权所有|allrightsreserved|copyright", re.IGNORECASE)


def is_signed(text: VisibleText) -> bool:
    """Whether a short page has a © line."""
    return _SIGNED.search(bounded(text.letters)) is not None


_PICTURED = re.compile(
    rb"<(?:img|svg|canvas|picture|video|object|embed|input|i?frame)\b|background", re.IGNORECASE
)


def _emptiness(look: _Look, reading: PageReading | None) -> str:
    """Why a page of status 200 shows its visitor nothing, or an empty string.

    A page that shows a number is never empty, however short.
    """
    if reading is not None and any(number.displayed for number in reading.numbers):
        return ""
    if look.is_longer_than(SHELL_TEXT - 1):
        return ""
    if not look.page.body.strip():
        return "the body is empty"
    if reading is not None and (reading.frames or reading.refresh):
        return "the page only leads on to another one, which was not seen"
    scripted = b"<script" in look.body
    if scripted and (
        APP_ROOT.search(look.body) or (reading is not None and reading.needs_rendering == "empty-shell")
    ):
        return "an application's empty shell: the page is drawn by script"
    if look.visible:
        return "" if b"<" in look.body else "a line of text and no page"
    if scripted:
        return "a page without text, drawn by script"
    return "" if _PICTURED.search(look.body) else "the page shows nothing"
