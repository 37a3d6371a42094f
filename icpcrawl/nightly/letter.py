"""A digest → title and text of a message, within the bytes a channel takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from icpcrawl.audit.finding import Text
from icpcrawl.nightly.digest import NOTHING, Digest, News, Trouble

TITLES_PER_SITE = 3
# What a chat tool would take for a mention, a link or markup; parts of a text come from websites.
_LIVELY = str.maketrans({"<": "＜", ">": "＞", "@": "＠", "`": "'", "*": "＊"})
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Letter:
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class _Entry:
    head: str
    """The headline of its kind, printed before the first of a kind."""
    lines: tuple[str, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes digests in one language or in both."""

    texts: Mapping[str, Text]
    language: str = "both"

    def letter(self, digest: Digest, address: str, limit_bytes: int) -> Letter:
        """The most urgent first; remedies go before entries do, and what is left out is counted."""
        night = digest.night
        title = " · ".join(self._say("title", on=night.on))
        head = list(self._head(digest))
        foot = list(dict.fromkeys(self._say("report", address=address))) if address else []
        entries = self._entries(digest.news)
        room = limit_bytes - len(title.encode()) - 1
        whole = _joined(head, entries, foot, remedies=True)
        if len(whole.encode()) <= room:
            return Letter(title, whole)
        count = len(entries)
        entries = _about_fitting(entries, room)
        while True:
            left_out = count - len(entries)
            more = self._say("more", count=str(left_out)) if left_out else ()
            body = _joined(head, entries, [*more, *foot], remedies=False)
            if len(body.encode()) <= room or not entries:
                break
            entries.pop()
        return Letter(title, _cut(body, room))

    def test(self, on: str) -> Letter:
        """What ``icpcrawl notify test`` sends."""
        return Letter(" · ".join(self._say("title", on=on)), "\n".join(self._say("test")))

    def _head(self, digest: Digest) -> Iterator[str]:
        night = digest.night
        if night.trouble is not Trouble.NONE:
            yield from self._say(f"trouble.{night.trouble}", why=night.why[:300])
        if digest.recovered is not Trouble.NONE:
            yield from self._say(f"recovered.{digest.recovered}")
        if digest.first:
            yield from self._say("first")
        if night.verdicts:
            yield from self._say(
                "counts",
                rows=str(sum(night.verdicts.values())),
                coverage=f"{night.coverage:g}",
                bad=str(night.verdicts.get("non-compliant", 0)),
                unseen=str(night.verdicts.get("not-assessed", 0)),
                open=str(digest.still_open),
            )
        if night.overdue:
            yield from self._say("overdue", overdue=str(night.overdue))

    def _entries(self, news: tuple[News, ...]) -> list[_Entry]:
        grouped = _sites(news)
        counts = {kind: len(list(sites)) for kind, sites in groupby(grouped, key=lambda told: told[0].kind)}
        return [
            _Entry(
                head=" · ".join(self._say(f"headline.{told[0].kind}", count=str(counts[told[0].kind]))),
                lines=tuple(self._lines(told)),
                remedies=tuple(self._remedies(told)),
            )
            for told in grouped
        ]

    def _lines(self, told: list[News]) -> Iterator[str]:
        first = told[0]
        key = "entry" if first.owner else "entry-unowned"
        titles = list(dict.fromkeys(each.title for each in told))[:TITLES_PER_SITE]
        days = max(each.days_open for each in told)
        joined = Text("；".join(title.zh for title in titles), "; ".join(title.en for title in titles))
        if days:
            joined = self._text("days", joined, days=str(days))
        if due := min((each.due for each in told if each.due), default=""):
            joined = self._text("due", joined, due=due)
        said = self._text(key, joined, site=first.site_id, owner=first.owner)
        for line in self._chosen(said):
            yield f"- {line}"

    def _remedies(self, told: list[News]) -> Iterator[str]:
        fixes = dict.fromkeys(each.fix for each in told if each.fix.zh or each.fix.en)
        for fix in list(fixes)[:TITLES_PER_SITE]:
            for line in self._chosen(fix):
                yield f"  → {_plain(line)}"

    def _say(self, key: str, **said: str) -> tuple[str, ...]:
        return self._chosen(self._text(key, NOTHING, **said))

    def _text(self, key: str, about: Text, **said: str) -> Text:
        """``about`` fills ``{title}``, each language with its own."""
        text = self.texts[f"nightly.{key}"]

        def fill(sentence: str, title: str) -> str:
            values = {key: value if key == "address" else _plain(value) for key, value in said.items()}
            values["title"] = _plain(title)
            return re.sub(r"\{([a-z]+)\}", lambda found: values[found[1]], sentence)

        return Text(fill(text.zh, about.zh), fill(text.en, about.en))

    def _chosen(self, text: Text) -> tuple[str, ...]:
        spoken = {"zh": (text.zh,), "en": (text.en,)}.get(self.language, (text.zh, text.en))
        return tuple(dict.fromkeys(line for line in spoken if line))


def fitted(letter: Letter, limit_bytes: int) -> Letter:
    """A letter written for another channel's size, cut to this one's."""
    return Letter(letter.title, _cut(letter.body, limit_bytes - len(letter.title.encode()) - 1))


def _sites(news: tuple[News, ...]) -> list[list[News]]:
    """News of one kind about one site together."""
    grouped: dict[tuple[str, str], list[News]] = {}
    for each in news:
        grouped.setdefault((each.kind, each.site_id), []).append(each)
    return list(grouped.values())


def _about_fitting(entries: list[_Entry], room: int) -> list[_Entry]:
    """A few more than fit: one by one is for those few, not for 20,000."""
    used = 0
    for number, entry in enumerate(entries):
        used += sum(len(line.encode()) for line in entry.lines)
        if used > room:
            return entries[:number]
    return entries


def _joined(head: list[str], entries: list[_Entry], foot: list[str], *, remedies: bool) -> str:
    lines = list(head)
    last = ""
    for entry in entries:
        if entry.head != last:
            lines += ["", entry.head]
            last = entry.head
        lines += entry.lines
        if remedies:
            lines += entry.remedies
    return "\n".join([*lines, *([""] if foot else []), *foot]).strip("\n")


def _plain(text: str) -> str:
    """One line that no channel takes for anything but text."""
    return _UNPRINTED.sub(" ", text).translate(_LIVELY)


def _cut(text: str, limit_bytes: int) -> str:
    if len(text.encode()) <= limit_bytes:
        return text
    return text.encode()[: max(0, limit_bytes - 3)].decode("utf-8", "ignore") + "…"
