"""Every command and path that the documents show is there, as shown."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from icpcrawl import cli

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("data/**/*.md")])

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELLS = ("", "sh", "bash", "shell", "console")
OUR_FOLDERS = ("icpcrawl/", "tests/", "data/", "docs/", ".ci/")
OUR_FILES = (
    "pyproject.toml",
    "setup.py",
    "scrapy.cfg",
    "Makefile",
    "constraints.txt",
    "README.md",
    "CHANGELOG.md",
)
"""Named without a folder, these too can rot."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something a document shows, and where."""

    document: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line} {self.text}"


def _shown_in_code(document: Path) -> Iterator[Shown]:
    """Lines of shell blocks, prompts taken off and continuations joined, and inline code."""
    text = document.read_text(encoding="utf-8")
    for fence in FENCE.finditer(text):
        if fence[1] not in SHELLS:
            continue
        first = text.count("\n", 0, fence.start(2)) + 1
        for number, line in enumerate(fence[2].replace("\\\n", " ").splitlines(), first):
            yield Shown(document, number, line.strip().removeprefix("$ "))
    prose = FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for found in INLINE.finditer(prose):
        yield Shown(document, prose.count("\n", 0, found.start()) + 1, found[1])


def _commands(program: str) -> list[Shown]:
    shown = (each for document in DOCUMENTS for each in _shown_in_code(document))
    return [each for each in shown if re.match(rf"(\S*/)?{program} [a-z-]", each.text)]


def _paths() -> Iterator[Shown]:
    for document in DOCUMENTS:
        for shown in _shown_in_code(document):
            named = shown.text.removeprefix("./")
            if named in OUR_FILES or re.fullmatch(
                rf"({'|'.join(map(re.escape, OUR_FOLDERS))})[\w./*~-]*", named
            ):
                yield Shown(document, shown.line, named)
        text = document.read_text(encoding="utf-8")
        for link in LINK.finditer(text):
            target = link[1].split("#")[0]
            if target and "://" not in target and not target.startswith("mailto:"):
                from_root = (document.parent / target).resolve()
                line = text.count("\n", 0, link.start()) + 1
                yield Shown(document, line, str(from_root.relative_to(ROOT)))


def _words(text: str) -> list[str]:
    """The words of a shown command, up to a pipe or redirection; brackets of synopses taken off."""
    plain = re.sub(r"[\[\]…|]+", lambda found: " | " if found[0] == "|" else " ", text)
    words = shlex.split(plain, comments=True)
    ends = [
        number for number, word in enumerate(words) if word in {"|", "||", "&&", ";", ">", ">>", "2>", "<"}
    ]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize("shown", _commands("icpcrawl"), ids=str)
def test_every_command_shown_exists_with_its_flags(shown: Shown, capsys: pytest.CaptureFixture[str]) -> None:
    # Any: typer carries its own copy of click, whose names are private.
    command: Any = typer.main.get_command(cli.app)
    words = _words(shown.text)[1:]
    path: list[str] = []
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        path.append(words.pop(0))
        assert path[-1] in command.commands, f"{shown}: there is no such command"
        command = command.commands[path[-1]]
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    flags = {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert flags <= known | {"--help"}, f"{shown}: flags unknown to `icpcrawl {' '.join(path)}`"
    assert cli.run([*path, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("shown", _commands("make"), ids=str)
def test_every_make_target_shown_exists(shown: Shown) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {word for word in _words(shown.text)[1:] if re.fullmatch(r"[a-z]+", word)}
    assert asked <= targets, f"{shown}: no such target"


@pytest.mark.parametrize("shown", list(_paths()), ids=str)
def test_every_path_shown_exists(shown: Shown) -> None:
    # data/ is icpcrawl/data once installed.
    named = re.sub(r"^icpcrawl/data(?=/|$)", "data", shown.text).rstrip("/")
    assert any(ROOT.glob(named)), f"{shown}: there is no such file"


def test_the_words_of_a_command_end_where_the_shell_takes_over() -> None:
    assert _words("icpcrawl audit p.csv -o out --json | jq .  # all") == [
        "icpcrawl",
        "audit",
        "p.csv",
        "-o",
        "out",
        "--json",
    ]
    assert _words("icpcrawl reaudit RUN [-o DIR]") == ["icpcrawl", "reaudit", "RUN", "-o", "DIR"]
