"""Facts that change, as values: loaded once from ``data/`` by ``icpcrawl.datafiles``, passed in.

Each room's table lives beside the code that reads it (``NumberFacts`` in ``numbers``,
``LinkFacts`` in ``links`` …); this is the bundle, and the tables of the law: articles,
signs of paid business, numbers of well-known sites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from icpcrawl.audit.blocked import BlockedFacts
from icpcrawl.audit.finding import Text
from icpcrawl.audit.hosting import HostingFacts
from icpcrawl.audit.links import LinkFacts
from icpcrawl.audit.numbers import NumberFacts


@dataclass(frozen=True, slots=True)
class Law:
    """One article a rule stands on, as a lawyer may correct it in ``data/law.csv``."""

    key: str
    name: Text
    article: Text
    duty: Text
    consequence: Text
    """What the text names as consequence; amounts in RMB. Empty where it names none."""
    source: str
    read_on: str
    """ISO date on which the text was read; the product says "as amended" beside it."""

    def cited(self) -> Text:
        """The citation printed beside a finding, with the date read and the caveat."""
        return Text(
            zh=f"{self.name.zh}{self.article.zh}（以最新修订为准；查阅于 {self.read_on}）",
            en=f"{self.name.en}, {self.article.en} (as amended; read {self.read_on})",
        )


@dataclass(frozen=True, slots=True)
class Signal:
    """A word or mark on a page that hints at paid business or a sector with its own approval."""

    words: str
    """Looked for in the readable text, case ignored."""
    strength: str
    """``strong``, ``medium``, ``weak`` for business; ``sector`` for pre-approval words."""
    group: str
    """Signals of one group count once: two words for payment are one sign."""


@dataclass(frozen=True, slots=True)
class KnownNumber:
    """A well-known site's number that cloned templates carry along."""

    number: str
    """Entity or licence number in canonical form."""
    owner: str
    names: tuple[str, ...]
    """What a © line or an entity column of its rightful holder contains."""
    domains: frozenset[str]
    """Registrable domains that may show it."""


@dataclass(frozen=True, slots=True)
class LawFacts:
    """What the law asks for, and what a lawyer would know of well-known numbers."""

    laws: Mapping[str, Law] = field(default_factory=lambda: MappingProxyType({}))
    signals: tuple[Signal, ...] = ()
    known_numbers: Mapping[str, KnownNumber] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_tables(cls, table: Callable[[str], tuple[dict[str, str], ...]]) -> Self:
        """Read ``law.csv``, ``business_signals.csv`` and ``borrowed_numbers.csv``."""
        laws = {row["key"]: _law(row) for row in table("law.csv")}
        signals = tuple(
            Signal(row["words"].casefold(), row["strength"], row["group"])
            for row in table("business_signals.csv")
        )
        known = {row["number"]: _known_number(row) for row in table("borrowed_numbers.csv")}
        return cls(MappingProxyType(laws), signals, MappingProxyType(known))

    def known(self, *numbers: str) -> KnownNumber | None:
        """The well-known site to which one of these forms of a number belongs."""
        return next((self.known_numbers[each] for each in numbers if each in self.known_numbers), None)


@dataclass(frozen=True, slots=True)
class Facts:
    """All tables of one run, and the digest that names them in the manifest."""

    numbers: NumberFacts
    links: LinkFacts
    hosting: HostingFacts
    blocked: BlockedFacts
    law: LawFacts
    texts: Mapping[str, Text]
    """``data/texts/*.toml``, keys flattened with dots."""
    digest: str

    def text(self, key: str) -> Text:
        """The sentence under that key; the key itself where the catalogue lacks it."""
        return self.texts.get(key, Text(key, key))


def _law(row: dict[str, str]) -> Law:
    return Law(
        key=row["key"],
        name=Text(row["name_zh"], row["name_en"]),
        article=Text(row["article_zh"], row["article_en"]),
        duty=Text(row["duty_zh"], row["duty_en"]),
        consequence=Text(row["consequence_zh"], row["consequence_en"]),
        source=row["source"],
        read_on=row["read_on"],
    )


def _known_number(row: dict[str, str]) -> KnownNumber:
    return KnownNumber(
        number=row["number"],
        owner=row["owner"],
        names=tuple(filter(None, row.get("names", "").casefold().split("|"))),
        domains=frozenset(row["domains"].split("|")),
    )
