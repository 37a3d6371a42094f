"""What a portfolio's nights remember, beside its reports: what was told, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from icpcrawl.nightly.digest import DigestState
from icpcrawl.nightly.letter import Letter
from icpcrawl.report.aside import replaced_by_text

UNDELIVERED_AT_MOST = 7
"""Letters that wait for a dead channel; older ones go, their reports are still there."""


@dataclass(frozen=True, slots=True)
class Memory:
    digest: DigestState = field(default_factory=DigestState)
    waiting: Mapping[str, tuple[Letter, ...]] = field(default_factory=dict)
    """Channel → letters it has not taken yet, oldest first."""


def read_memory(file: Path) -> Memory:
    """Nothing where there was no night. Raises ``ValueError`` for what cannot be read."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file}: {error}") from None


def write_memory(file: Path, memory: Memory) -> None:
    replaced_by_text(file, msgspec.json.format(msgspec.json.encode(memory), indent=1).decode() + "\n")
