"""report.html: one offline file that an officer opens in the morning.

The overview is plain HTML. The table's rows travel as JSON in a data block that no
browser runs; ``report.js`` makes elements and text of them, never markup, and draws
only what is looked at, so that 20,000 rows stay quick.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from icpcrawl.audit.finding import Text, filled
from icpcrawl.audit.rules import RULES
from icpcrawl.observation import FetchOutcome
from icpcrawl.report.cells import instant, one_line
from icpcrawl.report.content import Content
from icpcrawl.report.csv_files import waiver_cell
from icpcrawl.report.overview import VERDICT_ORDER, overview
from icpcrawl.report.rows import FindingRow, ReportRow
from icpcrawl.report.work import NAMED, SOON_DAYS, Risk

VALUE_LIMIT = 400
"""Characters of a cell. The CSV has the rest; 20,000 hostile pages must not fill the browser."""
FIX_LIMIT = 1500
FINDINGS_LIMIT = 40
"""Findings of one site that the page lists; it says how many more the CSV has."""

SHOWN_COLUMNS = (
    "site_id",
    "name",
    "entity",
    "owner",
    "group",
    "tags",
    "domain",
    "url",
    "verdict",
    "severity",
    "change",
    "first_seen",
    "days_open",
    "assessed_at",
    "outcome",
    "http_status",
    "final_url",
    "tls",
    "encoding",
    "addresses",
    "countries",
    "provider",
    "cdn",
    "hosting",
    "hosting_confidence",
    "filing_required",
    "icp_number",
    "icp_raw",
    "icp_link",
    "icp_link_target",
    "icp_expected",
    "icp_match",
    "psb_number",
    "psb_link",
    "psb_link_target",
    "psb_due",
    "licence_number",
    "register_number",
    "register_entity",
    "evidence",
)
"""Columns of ``sites.csv`` that the table and its details show."""

OWNERS_NAMED = 12
"""Owners that the page lists; the others are folded away behind them."""
LIMITS = ("validity", "one_page", "from_here", "register", "out_of_scope")
"""Keys under ``report.limit``."""

_LABELS = (
    "verdict",
    "verdict_meaning",
    "severity",
    "confidence",
    "change",
    "hosting",
    "column",
    "html",
    "due",
)
_ENVIRONMENT = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def write_html(path: Path, content: Content) -> None:
    style, script = _part("report.css"), _part("report.js")
    summary = overview(content)
    template = _ENVIRONMENT.from_string(_part("report.html.j2"))
    pieces = template.generate(
        content=content,
        words=content.words,
        overview=summary,
        verdicts=VERDICT_ORDER,
        named=NAMED,
        owners_named=OWNERS_NAMED,
        news=_news,
        rules=_catalogue(content),
        laws=tuple(content.words.facts.law.laws.values()),
        limits=LIMITS,
        instant=instant,
        one_line=one_line,
        filled=filled,
        style=Markup(style),  # noqa: S704 - ours, and named by its hash in the policy
        script=Markup(script),  # noqa: S704 - as above
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=_data(content, summary.risks[:NAMED]),
    )
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(pieces)


def _news(row: ReportRow) -> list[FindingRow]:
    """Errors and warnings that the last assessed state did not have."""
    return [
        found
        for found in row.findings
        if found.is_loud and found.change and found.change.change in ("new", "regressed")
    ]


@dataclass(frozen=True, slots=True)
class _RuleLine:
    slug: str
    severity: str
    """As the policy weighs it for the portfolio as a whole; empty where it is off."""


def _catalogue(content: Content) -> tuple[_RuleLine, ...]:
    policy = content.run.policy
    return tuple(
        _RuleLine(
            rule.slug,
            policy.severities.get(rule.slug, rule.severity).value
            if (rule.on_by_default or rule.slug in policy.enabled) and rule.slug not in policy.disabled
            else "",
        )
        for rule in RULES
    )


def _part(name: str) -> str:
    return resources.files("icpcrawl.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As a Content-Security-Policy names an inline block: nothing but these bytes may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class _Strings:
    """Every text once; rows name it by its place. Half of a report says the same again and again."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {"": 0}

    def __call__(self, text: str, limit: int = VALUE_LIMIT) -> int:
        return self._places.setdefault(one_line(text, limit), len(self._places))

    def pair(self, text: Text, limit: int = FIX_LIMIT) -> tuple[int, int]:
        return self(text.zh, limit), self(text.en, limit)

    def all(self) -> list[str]:
        return list(self._places)


def _data(content: Content, risks: Iterable[Risk]) -> Iterator[Markup]:
    """The data block in pieces: the rows first, since they decide which strings there are."""
    strings = _Strings()
    yield Markup('{"rows":[\n')
    for at, row in enumerate(content.rows):
        if at:
            yield Markup(",\n")
        yield _json(_row(row, strings))
    yield Markup('],\n"strings":') + _json(strings.all())
    yield Markup(',\n"today":') + _json(content.run.today.isoformat())
    yield Markup(',\n"soon":') + _json((content.run.today + timedelta(days=SOON_DAYS)).isoformat())
    yield Markup(',\n"columns":') + _json(SHOWN_COLUMNS)
    # Its sites may write its name otherwise, or not at all.
    yield Markup(',\n"risks":') + _json({risk.entity: risk.site_ids for risk in risks})
    yield Markup(',\n"rules":') + _json(_rules(content))
    yield Markup(',\n"labels":') + _json(_labels(content))
    yield Markup("}")


def _json(value: object) -> Markup:
    """JSON that cannot end the element it stands in, nor open a comment there."""
    text = msgspec.json.encode(value).decode()
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - nothing of markup is left in it


def _row(row: ReportRow, strings: _Strings) -> list[Any]:
    findings = [_finding(found, strings) for found in row.findings[:FINDINGS_LIMIT]]
    return [
        [strings(row.cells[column]) for column in SHOWN_COLUMNS],
        *strings.pair(row.reason),
        *strings.pair(row.hosting_why),
        *strings.pair(row.required_why),
        findings,
        len(row.findings) - len(findings),
        [row.row, row.line, strings(row.refused.column), strings(row.refused.value)] if row.refused else 0,
        strings(row.problem),
        *(strings(around) for around in row.around),
    ]


def _finding(found: FindingRow, strings: _Strings) -> list[int]:
    finding, change = found.finding, found.change
    return [
        strings(finding.rule),
        strings(finding.severity.value),
        strings(finding.confidence.value),
        strings(finding.observed),
        strings(finding.expected),
        strings(finding.where),
        *strings.pair(found.fix),
        strings(finding.snippet, FIX_LIMIT),
        strings(change.change if change else ""),
        strings(change.first_seen if change else ""),
        change.days_open if change else 0,
        strings(waiver_cell(finding)),
        strings(found.due),
    ]


def _rules(content: Content) -> dict[str, list[str]]:
    """Rule slug → its title and its law, in Chinese and in English."""
    slugs = dict.fromkeys(found.finding.rule for row in content.rows for found in row.findings)
    words = content.words
    told = ((slug, words.title(slug), words.law(slug)) for slug in slugs)
    return {slug: [title.zh, title.en, law.zh, law.en] for slug, title, law in told}


def _labels(content: Content) -> dict[str, list[str]]:
    texts = content.words.facts.texts
    told = {
        key.removeprefix("report."): text
        for key, text in texts.items()
        if key.startswith(tuple(f"report.{group}." for group in _LABELS))
    }
    told |= {f"outcome.{outcome}": content.words.outcome_title(outcome) for outcome in FetchOutcome}
    return {key: [text.zh, text.en] for key, text in told.items()}
