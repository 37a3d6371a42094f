"""One site's case: everything a rule may look at, and what a rule is.

A rule is a function of a ``Case`` that yields findings, beside the record that names it.
It reads values and returns values; it never fetches, never reads a clock or a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.footer import PageReading
from icpcrawl.audit.hosting import HostingJudgment
from icpcrawl.audit.policy import Policy
from icpcrawl.audit.previous import PreviousState
from icpcrawl.audit.register import Register
from icpcrawl.audit.site_audit import Shown
from icpcrawl.observation import FetchOutcome, Observation
from icpcrawl.portfolio import Site


@dataclass(frozen=True, slots=True)
class Case:
    site: Site
    observation: Observation
    outcome: FetchOutcome
    """Refined: ``ok`` only where the page is the homepage."""
    reading: PageReading | None
    """None unless ``outcome`` is ``ok``."""
    filing: Shown
    psb: Shown
    licence: Shown
    hosting: HostingJudgment
    previous: PreviousState | None
    register: Register
    facts: Facts
    policy: Policy
    today: date
    """The date in Asia/Shanghai."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its name, how loud it is, on what it stands, and the function that judges.

    Titles, remedies and explanations in both languages are in ``data/texts.toml`` under
    ``rule.<slug>``; laws under ``law.<key>``.
    """

    slug: str
    severity: Severity
    confidence: Confidence
    law: tuple[str, ...]
    """Keys of ``data/law.csv``, or ``technical:<source>`` where no article applies."""
    judge: Callable[[Case], Iterable[Finding]]
    on_by_default: bool = True
    needs_homepage: bool = True
    """False for fetch and hosting rules, which also speak of sites whose page was not seen."""
