"""The cookies of one visit: set on the way to a homepage, sent back on the same way, then forgotten.

Many sites set a cookie, redirect to themselves and show their page only to who brings it back.
A jar lives in the ``meta`` of one rung's requests, so no other site and no other night sees it.
Kept simple on purpose: what a host set goes back to that very host, whatever Domain and Path say.

Source: RFC 6265 (read 2026-11).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_COOKIES = 50
"""Of one host; browsers keep no more than 50 to 180."""
MAX_BYTES = 8192
"""Of one host's header, and of one line that sets one: servers refuse longer ones."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]*")
_MAX_AGE = re.compile(r";\s*max-age\s*=\s*\"?(-?\d{1,12})", re.IGNORECASE)
_EXPIRES = re.compile(r";\s*expires\s*=\s*([^;]{1,60})", re.IGNORECASE)
_SECURE = re.compile(r";\s*secure\s*(?:;|\Z)", re.IGNORECASE)


class VisitCookies:
    """What the hosts of one visit have set so far, bounded for each."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, tuple[str, bool]]] = {}

    def heard(self, host: str, lines: Iterable[bytes], now: datetime) -> None:
        """Keep what ``host`` sets, drop what it lets expire."""
        kept = self._of.setdefault(host, {})
        for line in lines:
            if len(line) > MAX_BYTES:
                continue
            pair, semicolon, attributes = line.decode("latin-1").partition(";")
            name, equals, value = (part.strip(" \t") for part in pair.partition("="))
            if not equals or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
                continue
            before = kept.pop(name, None)
            if _is_over(semicolon + attributes, now):
                continue
            kept[name] = (value, _SECURE.search(semicolon + attributes) is not None)
            if len(kept) > MAX_COOKIES or _size(kept) > MAX_BYTES:
                del kept[name]
                if before is not None:
                    kept[name] = before

    def header(self, host: str, *, secure: bool) -> str:
        """The value of a Cookie header for ``host``; empty where it set nothing."""
        of_host = self._of.get(host, {}).items()
        return "; ".join(f"{name}={value}" for name, (value, only_tls) in of_host if secure or not only_tls)


def _size(kept: dict[str, tuple[str, bool]]) -> int:
    return sum(len(name) + len(value) + 3 for name, (value, _) in kept.items())


def _is_over(attributes: str, now: datetime) -> bool:
    """Whether a server takes a cookie back: Max-Age wins over Expires."""
    max_age = _MAX_AGE.search(attributes)
    if max_age is not None:
        return int(max_age[1]) <= 0
    expires = _EXPIRES.search(attributes)
    if expires is None:
        return False
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        until = parsedate_to_datetime(expires[1].strip())
        return (until if until.tzinfo else until.replace(tzinfo=UTC)) <= now
    return False
