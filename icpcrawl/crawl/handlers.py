"""Which download handlers there are, without importing any of them."""

from __future__ import annotations

from icpcrawl.errors import UsageError

KINDS = {
    "own": "icpcrawl.crawl.own_handler.OwnHandler",
    "http11": "icpcrawl.crawl.http11_handler.Http11Handler",
}
"""``ICPCRAWL_DOWNLOAD_HANDLER`` → the class that speaks HTTP."""


def chosen_kind(name: str) -> str:
    """``ICPCRAWL_DOWNLOAD_HANDLER`` as it may be written, or ``UsageError``."""
    if name not in KINDS:
        remedy = f"give {' or '.join(KINDS)}; without it, {next(iter(KINDS))} is used"
        raise UsageError(f"ICPCRAWL_DOWNLOAD_HANDLER={name!r} is no download handler", remedy=remedy)
    return name
