"""How rules write down what they found: evidence on one line, subject never a position."""

from __future__ import annotations

from icpcrawl.audit.finding import Confidence, Finding, Severity, Text
from icpcrawl.audit.footer import DisplayedNumber
from icpcrawl.audit.links import LinkTarget


def one_line(text: str, limit: int = 300) -> str:
    """Text from a page as it may stand in a report cell or a log: folded and shortened."""
    head = text[: limit * 4]
    if not head.isprintable():
        head = "".join(c if c.isprintable() else " " for c in head)
    folded = " ".join(head.split())
    return folded if len(folded) <= limit else f"{folded[: limit - 1]}…"


def led(observed: str, link: LinkTarget) -> str:
    """A link as written and what it turned out to be, in signs that need no language.

    Words are the rule's title and remedy, which stand beside it in Chinese and English.
    """
    told = link.detail.startswith("→") or "=" in link.detail
    return f"{observed} ({link.detail})" if told else observed


def sentence(text: Text) -> Text:
    """A clause of a judgment as a sentence, so that the remedy may follow it."""
    return Text(f"{text.zh.rstrip('。')}。", f"{text.en.rstrip('.')}.")


def about_number(
    rule: str,
    severity: Severity,
    seen: DisplayedNumber,
    *,
    confidence: Confidence = Confidence.HIGH,
    observed: str = "",
    expected: str = "",
    snippet: str = "",
    note: Text | None = None,
) -> Finding:
    """A finding whose subject is one number of the page."""
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence,
        subject=one_line(seen.parsed.number or seen.parsed.raw, 80),
        observed=one_line(observed or seen.parsed.raw),
        expected=one_line(expected),
        where=one_line(seen.where or seen.place.value, 200),
        snippet=snippet,
        note=note,
    )


def about_site(
    rule: str,
    severity: Severity,
    *,
    confidence: Confidence = Confidence.HIGH,
    subject: str = "",
    observed: str = "",
    expected: str = "",
    where: str = "",
    snippet: str = "",
    note: Text | None = None,
) -> Finding:
    """A finding about the site as a whole; the subject is empty where it can occur only once."""
    return Finding(
        rule=rule,
        severity=severity,
        confidence=confidence,
        subject=one_line(subject, 80),
        observed=one_line(observed),
        expected=one_line(expected),
        where=one_line(where, 200),
        snippet=snippet,
        note=note,
    )
