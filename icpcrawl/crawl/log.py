"""What is written to the log: one line an event, nothing from a website unescaped."""

# ruff: noqa: ARG002 - the signatures are Scrapy's

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Ends of line in anyone's book, what a terminal obeys, what turns the reading direction round, what cannot be written."""


class SingleLine(logging.Formatter):
    """A record with its traceback on one line: a page must not be able to forge a log entry."""

    def format(self, record: logging.LogRecord) -> str:
        said = super().format(record).replace("\\", "\\\\")
        return _CONTROL.sub(lambda sign: sign[0].encode("unicode_escape").decode(), said)[:20_000]


class QuietFormatter(LogFormatter):
    """Keeps out of the log what the history keeps anyway (pages, items), in time and bytes."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult | None:  # type: ignore[override]
        return None

    def scraped(  # type: ignore[override]
        self, item: Any, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult | None:
        return None

    def dropped(  # type: ignore[override]
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult | None:
        return None

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        # The item holds a whole page; its site is enough to find it.
        site = getattr(getattr(item, "site", None), "site_id", "?")
        return {
            "level": logging.ERROR,
            "msg": "%(site)s: a stage broke on this site",
            "args": {"site": site},
        }
