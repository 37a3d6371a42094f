"""What strangers write to do harm: values for every place where text of a website or a table comes out."""

from __future__ import annotations

TERMINAL = (
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07",
    "\x1b]52;c;cm0gLXJm\x07",
    "\x9b31m",
    "\x90q\x9c",
    "\x08\x08\x08\x08",
    "\rcompliant",
    "\x7f\x00",
)
"""What a terminal obeys: clearing, titles, links, the clipboard, C1 controls, overwriting."""

DIRECTION = ("\u202egnp.exe", "\u2066\u2069", "\u200e\u200f", "\u2028\u2029")
"""What turns the reading direction round, or ends a line in some people's book."""

LINES = ("a\nicpcrawl: all is well", "a\r\n{}", "a\u0085b", "a\x0bb\x0cc")
"""What would be a second line."""

MARKUP = (
    "[bold red]x[/] [link=http://evil.example]y[/link]",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "%s%n %(x)s {0}",
    '"}\n{"verdict": "compliant"',
)
"""What a template, a console or a parser might take for its own."""

SURROGATES = ("\ud800", "\udcff")
"""What cannot be encoded at all."""

EVERY = (*TERMINAL, *DIRECTION, *LINES, *MARKUP, *SURROGATES)


def is_harmless(text: str) -> bool:
    """Whether a terminal prints this and does nothing else."""
    return all(sign.isprintable() or sign in "\n\t" for sign in text)
