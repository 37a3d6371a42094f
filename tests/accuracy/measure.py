"""Precision and recall of the reader on labelled pages: what ``make accuracy`` prints.

The labels lie in the folder named by ``ICPCRAWL_CORPUS``, never in this repository.
Numbers are compared per page or string as sets. Digit placeholders and mistyped numbers
are scored neither way; public-security numbers are compared by their digits, licences by
class and digits. ``--write`` puts the same tables into ``docs/accuracy.md``.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

# Run as a script, Python looks beside this file only.
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from icpcrawl.audit.footer import DisplayedNumber, PageReading, read_page  # noqa: E402
from icpcrawl.audit.numbers import NumberFacts, NumberKind, NumberStatus, find_numbers  # noqa: E402
from icpcrawl.datafiles import read_table  # noqa: E402

LABELS_OF = {"filing": "expected_icp", "licence": "expected_licence", "psb": "expected_psb"}
LINKS_OF = {"filing": "icp_link", "licence": "licence_link", "psb": "psb_link"}
LABELLED_YEAR = 2026
"""The year the labels were written: a later clock must not change the figures."""

COUNTED = {
    NumberStatus.OK,
    NumberStatus.NONSTANDARD_PREFIX,
    NumberStatus.IMPOSSIBLE_YEAR,
    NumberStatus.LEGACY_FORM,
    NumberStatus.ENGLISH,
    NumberStatus.NO_PREFIX,
}
"""What a label calls a number; placeholders, masks, jokes and misprints are labelled apart."""

UNSCORED_TAGS = {
    "article", "js-escape", "badge-url", "css-content", "document.write", "variable", "image-only",
    "psb-number-only-in-href",
}  # fmt: skip
"""Strings that no page of their own can be made of."""

CLASS_OF_STATUS = {
    "bad_length": "malformed",
    "bad_year": "impossible-year",
    "legacy_length": "legacy-form",
    "nonstandard_prefix": "nonstandard-prefix",
    "no_prefix": "no-prefix",
    "province_mismatch": "ok",
    "app": "ok",
    "miniprogram": "ok",
    "quickapp": "ok",
}
DEBATED = {
    "s_abca76d114 京ICP证17016004号": "eight digits: no licence has them; 证 stands where 备 is meant, and the line is a template's sample."
    " Read as malformed, as the reference case 京ICP证1900075号 asks",
    "s_f809358135 京ICP证1000001号": "seven digits, a sample; read as malformed, as that case asks",
    "p_5f3ed84733 鄂B2-20120083": "the number stands in an `<a>` that has no `href` but a `data-href`; read as an empty link",
}
"""Labels that are read otherwise for a reason, by what the figures call them."""

SERVICE_OF_CLASS = {"app": "app", "miniprogram": "mini-program", "quickapp": "quick-app"}
KIND_OF_CLASS = {
    "icp_bei": "filing",
    "icp_en": "filing",
    "icp_zheng": "licence",
    "telecom_licence": "licence",
    "psb": "psb",
    "psb_en": "psb",
}


@dataclass(slots=True)
class Score:
    """Right, invented and overlooked numbers of one kind, the wrong ones by name."""

    right: int = 0
    invented: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def count(self, source: str, expected: set[str], found: set[str], neutral: set[str]) -> None:
        self.right += len(expected & found)
        self.invented += [f"{source} {number}" for number in sorted(found - expected - neutral)]
        self.missed += [f"{source} {number}" for number in sorted(expected - found)]

    @property
    def precision(self) -> float:
        claimed = self.right + len(self.invented)
        return self.right / claimed if claimed else 1.0

    @property
    def recall(self) -> float:
        labelled = self.right + len(self.missed)
        return self.right / labelled if labelled else 1.0


@dataclass(slots=True)
class Accuracy:
    """All figures of one run."""

    pages: dict[str, Score] = field(default_factory=dict)
    strings: dict[str, Score] = field(default_factory=dict)
    links: Score = field(default_factory=Score)
    hows: Counter[str] = field(default_factory=Counter)
    classes: dict[str, Score] = field(default_factory=dict)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="also write docs/accuracy.md")
    named = os.environ.get("ICPCRAWL_CORPUS", "")
    options = parser.parse_args()
    corpus = Path(named)
    if not named or not corpus.joinpath("pages.jsonl").is_file():
        why = f"{named} holds no pages.jsonl" if named else "it is not set"
        print(f"accuracy: ICPCRAWL_CORPUS must name the labelled pages; {why}", file=sys.stderr)
        return 2
    tables = render(measure(corpus))
    print(tables)
    if options.write:
        page = ROOT / "docs" / "accuracy.md"
        # What voters.py measured stays.
        _, heading, others = page.read_text(encoding="utf-8").partition("\n## How well the voters")
        page.write_text(INTRODUCTION + tables + heading + others, encoding="utf-8")
        print(f"accuracy: written to {page}", file=sys.stderr)
    return 0


def measure(corpus: Path) -> Accuracy:
    """Read everything labelled in that folder."""
    facts = NumberFacts.from_tables(read_table)
    accuracy = Accuracy()
    for label in _lines(corpus / "pages.jsonl"):
        _score_page(accuracy, label, corpus / "pages" / f"{label['id']}.html", facts)
    strings = corpus / "footer_strings.jsonl"
    for label in _lines(strings) if strings.is_file() else ():
        if label["tag"] not in UNSCORED_TAGS:
            _score_string(accuracy, label, facts)
    cases = corpus.parent / "reference" / "numbers_cases.tsv"
    if cases.is_file():
        for text, label_class, number in read_cases(cases):
            score = accuracy.classes.setdefault(label_class.partition(":")[0], Score())
            if wrong := judge_case(text, label_class, number, facts):
                score.missed.append(f"{text} ({label_class}) {wrong}")
            else:
                score.right += 1
    return accuracy


def read_cases(path: Path) -> Iterator[tuple[str, str, str]]:
    """(text, class, canonical form) of a table of cases; form empty where none is given."""
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["displayed"], row["class"], "" if row["canonical"] == "-" else row["canonical"]


def judge_case(text: str, label_class: str, number: str, facts: NumberFacts) -> str:
    """What the grammar reads otherwise than the case says; empty where they agree."""
    family, _, variety = label_class.partition(":")
    found = find_numbers(text, facts, LABELLED_YEAR)
    if family in ("none", "other"):
        return ", ".join(f"{n.kind} {n.number or n.raw} {n.status}" for n in found)
    if family == "joke":
        bad = [n for n in found if n.status is not NumberStatus.JOKE]
        return ", ".join(f"{n.number} {n.status}" for n in bad)
    if len(found) != 1:
        return f"{len(found)} numbers"
    read = found[0]
    status = CLASS_OF_STATUS.get(variety, variety)
    kind = "licence" if variety == "licence" else KIND_OF_CLASS[family]
    if family.endswith("_en") and status in ("ok", "licence"):
        status = "english"
    service = SERVICE_OF_CLASS.get(variety, read.service_kind.value)
    if (read.kind.value, read.status.value, read.service_kind.value) != (kind, status, service):
        return f"{read.kind} {read.status} {read.service_kind} {read.number}"
    # Where a text shows no prefix of a police number, none is invented.
    bare = kind == "psb" and not read.prefix and read.digits == _plain(number)
    return "" if bare or not number or read.number == number else read.number


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _read(body: bytes, facts: NumberFacts) -> PageReading:
    return read_page(
        body, url="https://site.example/", content_type="", facts=facts, today_year=LABELLED_YEAR
    )


def _score_page(accuracy: Accuracy, label: dict[str, Any], path: Path, facts: NumberFacts) -> None:
    reading = _read(path.read_bytes(), facts)
    # The labels take hidden responsive copies for displayed.
    shown = [n for n in reading.numbers if n.displayed or n.hidden_by in ("hidden", "display-none")]
    _score(accuracy.pages, label, shown, facts)
    for kind, links_label in LINKS_OF.items():
        _score_links(accuracy, label, kind, label[links_label], shown)


def _score_string(accuracy: Accuracy, label: dict[str, Any], facts: NumberFacts) -> None:
    text = escape(label["displayed_text"])
    inside = {"comment": f"<!-- {text} -->", "attribute": f'<img src="badge.png" alt="{text}">'}
    footer = inside.get(label["structure"], text)
    page = f"<html><body><h1>首页</h1><p>欢迎光临。</p><footer><p>{footer}</p></footer></body></html>"
    numbers = _read(page.encode(), facts).numbers
    if label["structure"] == "comment" and any(n.displayed for n in numbers):
        accuracy.strings.setdefault("filing", Score()).invented.append(f"{label['id']} shown from a comment")
    _score(accuracy.strings, label, numbers, facts)


def _score(
    scores: dict[str, Score], label: dict[str, Any], numbers: Iterable[DisplayedNumber], facts: NumberFacts
) -> None:
    misprints = {_plain(number) for number in label["malformed"]}
    for kind, label_key in LABELS_OF.items():
        parsed = [n.parsed for n in numbers if n.parsed.kind.value == kind]
        expected = {_key(kind, n) for n in label[label_key] if not _is_sample(kind, n, facts)}
        counted = {_key(kind, n.number) for n in parsed if n.status in COUNTED}
        neutral = {_key(kind, n) for n in label["malformed"]}
        neutral |= {_key(kind, n.number) for n in parsed if _plain(n.number) in misprints}
        neutral |= {_key(kind, n) for n in label[label_key] if _is_sample(kind, n, facts)}
        scores.setdefault(kind, Score()).count(label["id"], expected, counted, neutral)


def _plain(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)


def _key(kind: str, number: str) -> str:
    if kind == "psb":
        return _plain(number)
    found = re.search(r"(?:[AB][12].?)+-[0-9]+", number) if kind == "licence" else None
    return found[0] if found else number


def _is_sample(kind: str, number: str, facts: NumberFacts) -> bool:
    found = find_numbers(number, facts, LABELLED_YEAR)
    return any(n.kind.value == kind and n.status is NumberStatus.PLACEHOLDER for n in found)


def _score_links(
    accuracy: Accuracy,
    label: dict[str, Any],
    kind: str,
    hrefs: list[str | None],
    shown: list[DisplayedNumber],
) -> None:
    """The label names the link *around* the digits, or None."""
    for number, href in zip(label[LABELS_OF[kind]], hrefs, strict=False):
        of_it = [
            n
            for n in shown
            if n.parsed.kind.value == kind and _key(kind, n.parsed.number) == _key(kind, number)
        ]
        if not of_it:
            continue
        accuracy.hows.update([of_it[0].link.how if of_it[0].link else "none"])
        around = {n.link.href.strip() if n.link and n.link.how != "beside" else None for n in of_it}
        if (href.strip() if href is not None else None) in around:
            accuracy.links.right += 1
        else:
            accuracy.links.missed.append(f"{label['id']} {number}: {around} instead of {href!r}")


INTRODUCTION = """# How well the numbers are read

Measured on labelled homepages and footer strings saved from public sites, by

```
make accuracy
```

which needs `ICPCRAWL_CORPUS`, the folder of labelled pages; they belong to third parties and are not part of this
repository. Numbers are compared per page or string as sets. Placeholders and mistyped numbers are scored neither way,
public-security numbers are compared by their digits, licences by class and digits.

"""


def render(accuracy: Accuracy) -> str:
    """The figures as the tables of ``docs/accuracy.md``, misses last."""
    lines = [
        "| read from | kind | right | invented | missed | precision | recall |",
        "|--|--|--|--|--|--|--|",
    ]
    groups = {"pages": accuracy.pages, "strings": accuracy.strings}
    for name, scores in groups.items():
        for kind in NumberKind:
            score = scores.get(kind.value, Score())
            lines.append(
                f"| {name} | {kind.value} | {score.right} | {len(score.invented)} | {len(score.missed)} "
                f"| {score.precision:.3f} | {score.recall:.3f} |"
            )
    links = accuracy.links
    hows = ", ".join(f"{how} {count}" for how, count in sorted(accuracy.hows.items()))
    labelled = links.right + len(links.missed)
    lines += ["", f"Links around the number as labelled: {links.right} of {labelled} ({links.recall:.1%})."]
    lines += [f"Links read of these numbers: {hows}."]
    if accuracy.classes:
        lines += ["", "| class of case | right | wrong |", "|--|--|--|"]
        lines += [f"| {name} | {s.right} | {len(s.missed)} |" for name, s in sorted(accuracy.classes.items())]
    wrong = [
        f"{name}, {what}: {source}"
        for name, scores in groups.items()
        for score in scores.values()
        for what, sources in (("invented", score.invented), ("missed", score.missed))
        for source in sources
    ]
    wrong += [f"link: {source}" for source in links.missed]
    wrong += [f"case: {source}" for score in accuracy.classes.values() for source in score.missed]
    lines += [
        "",
        "What was read otherwise than labelled:",
        "",
        *(f"- `{each}`{_why(each)}" for each in wrong or ["nothing"]),
    ]
    return "\n".join(lines) + "\n"


def _why(wrong: str) -> str:
    return next((f": debatable, {reason}." for miss, reason in DEBATED.items() if miss in wrong), "")


if __name__ == "__main__":
    sys.exit(main())
