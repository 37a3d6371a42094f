"""A page's bytes → what a visitor can read of numbers, and the link beside each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from icpcrawl.audit.numbers import ParsedNumber


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
    """Same-site URLs of scripts or fragments that seem to write the footer."""
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
