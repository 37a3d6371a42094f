"""Messages to where people read: 企业微信, 钉钉, 飞书, Slack, mail, a webhook. A dead channel is told, never fatal."""

from __future__ import annotations

import logging
import os
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from icpcrawl.errors import ConfigError
from icpcrawl.nightly.config import Channel
from icpcrawl.nightly.letter import Letter

USUAL_BYTES = 32_000
_SECRET_PART = re.compile(r"[^\w%.+~-]+")


@dataclass(frozen=True, slots=True)
class Delivery:
    left: tuple[Letter, ...] = ()
    """What could not be delivered; nothing where all was."""
    why: str = ""
    """What went wrong; nothing secret in it."""


def send(channel: Channel, write: Callable[[Channel, int], list[Letter]]) -> Delivery:
    """Deliver in order what ``write`` makes for this channel, each letter within so many bytes."""
    try:
        plugin, secret = _plugin(channel)
    except ConfigError as error:
        return Delivery(tuple(write(channel, USUAL_BYTES)), error.message)
    # The makers count characters where 企业微信 counts bytes: bytes are safe for all.
    letters = write(channel, int(getattr(plugin, "body_maxlen", 0) or USUAL_BYTES))
    for at, letter in enumerate(letters):
        with _listening() as heard:
            try:
                done = bool(plugin.notify(title=letter.title, body=letter.body, body_format="text"))
            except Exception as error:  # noqa: BLE001 - a dead channel never fails the night
                done = False
                heard.append(f"{type(error).__name__}: {error}")
        if not done:
            why = without_secret(" ".join(heard) or "not delivered", secret)
            return Delivery(tuple(letters[at:]), why)
    return Delivery()


def check(channel: Channel) -> None:
    """Raise ``ConfigError`` where nothing could ever be sent to it; nothing is sent."""
    _plugin(channel)


def _plugin(channel: Channel) -> tuple[Any, str]:
    secret = os.environ.get(channel.variable, "").strip()
    if not secret:
        raise ConfigError(
            f"channel {channel.name!r}: the environment has no {channel.variable}",
            remedy=f"set {channel.variable} to the channel's address, where icpcrawl runs",
        )
    try:
        with warnings.catch_warnings():
            # It asks for modules that are on their way out.
            warnings.simplefilter("ignore")
            import apprise

            plugin = apprise.Apprise.instantiate(secret, suppress_exceptions=True)
    except ImportError:
        raise ConfigError(
            f"channel {channel.name!r}: notifications are not installed",
            remedy="pip install 'icpcrawl[notify]'",
        ) from None
    if plugin is None:
        raise ConfigError(
            f"channel {channel.name!r}: what {channel.variable} holds is no address of a channel",
            remedy="see docs/operations.md for the form of each",
        )
    return plugin, secret


class _listening:  # noqa: N801 - reads as a phrase
    """What the sender complains of, kept from every other log: addresses are in it."""

    def __enter__(self) -> list[str]:
        self._logger = logging.getLogger("apprise")
        self._before = (self._logger.handlers, self._logger.propagate, self._logger.level)
        said: list[str] = []
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
        self._logger.handlers, self._logger.propagate = [handler], False
        self._logger.setLevel(logging.WARNING)
        return said

    def __exit__(self, *_: object) -> None:
        self._logger.handlers, self._logger.propagate, level = self._before
        self._logger.setLevel(level)


def without_secret(text: str, secret: str) -> str:
    """``text`` on one line, every part of the address taken out of it.

    >>> without_secret("cannot reach hooks.example.cn/T123", "jsons://hooks.example.cn/T123")
    'cannot reach ***/***'
    """
    said = " ".join(text.split())
    parts = [secret, *(part for part in _SECRET_PART.split(secret) if len(part) >= 3)]
    for part in sorted(parts, key=len, reverse=True):
        said = re.sub(re.escape(part), "***", said, flags=re.IGNORECASE)
    return said[:300]
