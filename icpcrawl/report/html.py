"""report.html: one offline file that an officer opens in the morning."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import jinja2

from icpcrawl.report.content import Content

_ENVIRONMENT = jinja2.Environment(
    autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def write_html(path: Path, content: Content) -> None:
    template = _ENVIRONMENT.from_string(_part("report.html.j2"))
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for piece in template.generate(content=content, words=content.words):
            file.write(piece)


def _part(name: str) -> str:
    return resources.files("icpcrawl.report").joinpath("templates", name).read_text(encoding="utf-8")
