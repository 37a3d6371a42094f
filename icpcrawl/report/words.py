"""The catalogue of texts, as the report asks for it: titles, remedies, laws, labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpcrawl.audit.facts import Facts
from icpcrawl.audit.finding import Finding, Text, filled
from icpcrawl.audit.rules import RULES

if TYPE_CHECKING:
    from icpcrawl.audit.case import Rule

_ENDS = tuple("。！？；.!?;")
NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Words:
    """Everything the report says in its own voice, in both languages."""

    facts: Facts
    laws: Mapping[str, tuple[str, ...]]
    """Rule slug → keys of the laws it stands on."""

    @classmethod
    def of(cls, facts: Facts, rules: Iterable[Rule]) -> Words:
        return cls(facts, {rule.slug: rule.law for rule in rules})

    def label(self, key: str) -> Text:
        """A label of the report; the last part of its key where the catalogue has none."""
        bare = key.rsplit(".", 1)[-1]
        return self.facts.texts.get(f"report.{key}", Text(bare, bare))

    def title(self, rule: str) -> Text:
        return self.facts.texts.get(f"rule.{rule}.title", Text(rule, rule))

    def remedy(self, finding: Finding, **said: str) -> Text:
        """What is special about this case, then what to do about it."""
        said |= {"observed": finding.observed, "expected": finding.expected, "subject": finding.subject}
        said["where"] = finding.where
        remedy = filled(self.facts.texts.get(f"rule.{finding.rule}.remedy", NOTHING), said)
        return beside(ended(finding.note or NOTHING), remedy)

    def outcome_title(self, outcome: str) -> Text:
        return self.facts.texts.get(f"outcome.{outcome}.title", Text(outcome, outcome))

    def outcome(self, outcome: str, **said: str) -> Text:
        """What to do about a visit that did not reach the homepage."""
        return filled(self.facts.texts.get(f"outcome.{outcome}.remedy", NOTHING), said)

    def reason(self, why: str, **said: str) -> Text:
        """Why the report itself could not tell a row."""
        return filled(self.facts.texts.get(f"report.reason.{why}", Text(why, why)), said)

    def law(self, rule: str) -> Text:
        """The articles a rule stands on, as cited; a technical source under its own name."""
        return beside(*(self._cited(key) for key in self.laws.get(rule, ())), between=("；", "; "))

    def _cited(self, key: str) -> Text:
        found = self.facts.law.laws.get(key)
        plain = key.removeprefix("technical:")
        return found.cited() if found else Text(plain, plain)


def ended(text: Text) -> Text:
    """A remark as a sentence, so that another can stand behind it.

    >>> ended(Text("号码被遮住", "digits are masked"))
    Text(zh='号码被遮住。', en='Digits are masked.')
    """
    zh = text.zh if text.zh.endswith(_ENDS) or not text.zh else f"{text.zh}。"
    en = text.en if text.en.endswith(_ENDS) or not text.en else f"{text.en}."
    return Text(zh, en[:1].upper() + en[1:])


def beside(*texts: Text, between: tuple[str, str] = ("", " ")) -> Text:
    """Sentences one after another, each once, as each language sets them."""
    told = dict.fromkeys(texts)
    return Text(
        between[0].join(text.zh for text in told if text.zh),
        between[1].join(text.en for text in told if text.en),
    )


def catalogue(facts: Facts) -> Words:
    """The words of all rules there are."""
    return Words.of(facts, RULES)
