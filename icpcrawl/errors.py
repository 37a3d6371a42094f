"""What can go wrong by the reader's hand, said in one line with its remedy.

Every error names the file, the line and the column where they are known, and what
to do. A bug in icpcrawl is never one of these: it stays an ordinary exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class IcpcrawlError(Exception):
    """Base of all errors a user can cause and mend.

    ``message`` says what is wrong, ``remedy`` what to do about it. ``line`` counts
    from 1 with the header as line 1, as a text editor shows it; ``column`` is a
    header name, or a 1-based character column as text.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | Path | None = None,
        line: int | None = None,
        column: str | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.file = str(file) if file is not None else None
        self.line = line
        self.column = column
        self.remedy = remedy

    def __str__(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file or "",
                f"line {self.line}" if self.line is not None else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        said = f"{place}: {self.message}" if place else self.message
        said = f"{said} Remedy: {self.remedy}" if self.remedy else said
        # One error, one line: a newline out of a hostile cell must not fake a second one.
        return " ".join(said.split())


class UsageError(IcpcrawlError):
    """Flags or arguments that do not go together, or whose room is not built yet."""


class PortfolioError(IcpcrawlError):
    """A portfolio that cannot be read at all (a single bad row is a ``RefusedRow``)."""


class PolicyError(IcpcrawlError):
    """A policy, waiver or register file with an unknown key, rule or date."""


class DataFileError(IcpcrawlError):
    """A fact table or GeoIP database that is missing or unreadable."""


class StoreError(IcpcrawlError):
    """A history that cannot be opened, written or is of another version."""


class RunLockedError(StoreError):
    """Another run of the same portfolio is under way (exit code 75)."""


class BrokenOffError(IcpcrawlError):
    """A run that had to end before its last site; what is stored can be resumed (exit code 4)."""


class ReportError(IcpcrawlError):
    """A report folder that cannot be written or belongs to somebody else."""


class ConfigError(IcpcrawlError):
    """An ``icpcrawl.toml`` with an unknown key, an impossible value, or a secret written into it."""


def nearest(word: str, known: Iterable[str], most: int = 12) -> str:
    """The remedy for a mistyped name: the one it resembles, else the first ``most`` there are."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(names[:most])}"
