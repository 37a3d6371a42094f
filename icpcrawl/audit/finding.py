"""The words of a judgment: rules, findings, verdicts. Values only.

Found, then decided, then printed: a ``Finding`` never disappears, a ``Waiver`` only
takes it out of the verdict.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages of the product."""

    zh: str
    en: str


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.NOTICE)
"""Worst first."""


class Confidence(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Verdict(StrEnum):
    """Exactly one per portfolio row."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non-compliant"
    NOT_REQUIRED = "not-required"
    INCONCLUSIVE = "inconclusive"
    NOT_ASSESSED = "not-assessed"
    REJECTED = "rejected"


ASSESSED = frozenset({Verdict.COMPLIANT, Verdict.NON_COMPLIANT, Verdict.NOT_REQUIRED, Verdict.INCONCLUSIVE})
"""Verdicts of sites whose homepage was seen: the numerator of coverage."""


def finding_id(site_id: str, rule: str, subject: str) -> str:
    """Stable name of a finding over runs: twelve hex digits of SHA-256.

    ``subject`` is the canonical number or the kind of link, never a position, so that
    a redesign that moves the footer does not make an old finding new.

    >>> finding_id("example.cn", "filing-number-missing", "")
    'e7922f547e6a'
    """
    key = f"{site_id}\x1f{rule}\x1f{subject}".encode()
    return hashlib.sha256(key).hexdigest()[:12]


_PLACEHOLDER = re.compile(r"\{([a-z_]{1,40})\}")


def filled(text: Text, said: Mapping[str, str]) -> Text:
    """``{observed}`` and the like replaced; what nobody said becomes an ellipsis."""

    def fill(sentence: str) -> str:
        return _PLACEHOLDER.sub(lambda match: said.get(match[1], "") or "…", sentence)

    return Text(fill(text.zh), fill(text.en))


@dataclass(frozen=True, slots=True)
class Waived:
    """Why a finding does not count: the waiver that covers it."""

    reason: str
    owner: str
    approver: str
    expires: str
    """ISO date."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one site, with the evidence to check it by eye."""

    rule: str
    severity: Severity
    confidence: Confidence
    subject: str
    observed: str
    """What is there, raw, one line."""
    expected: str
    where: str = ""
    """Place on the page: element path, or the DNS name, or the portfolio column."""
    snippet: str = ""
    """HTML to paste, made from this site's own numbers; empty where no paste helps."""
    note: Text | None = None
    """What is special about this case, beside the rule's own title and remedy."""
    waived: Waived | None = None
