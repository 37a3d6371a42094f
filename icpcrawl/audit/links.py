"""A link beside a number → what it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkVerdict(StrEnum):
    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """Where a link goes, in the words of the rule that would fire.

    ``target`` is ``current`` or a rule's slug without its ``link-`` (for a police number
    without ``psb-`` or ``psb-link-``): ``missing``, ``retired-host``, ``look-alike`` …
    """

    target: str
    verdict: LinkVerdict
    host: str = ""
    detail: str = ""
    """Short English clause for the evidence column."""
