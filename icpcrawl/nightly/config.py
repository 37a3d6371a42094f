"""icpcrawl.toml → what a night needs; every slip named with its line and remedy.

Paths are relative to the file. A channel's address is a secret: the file names the
environment variable that holds it, and nothing here ever reads it out loud.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icpcrawl.audit.finding import Severity
from icpcrawl.audit.rules import RULES
from icpcrawl.crawl.process import Network
from icpcrawl.crawl.run import AuditOptions
from icpcrawl.errors import ConfigError, IcpcrawlError, nearest
from icpcrawl.nightly.digest import Alarm
from icpcrawl.report.closing import Wanted
from icpcrawl.report.ending import FailOn
from icpcrawl.report.write import DEFAULT_FORMATS, check_formats

FILE_NAME = "icpcrawl.toml"

_KEYS: Mapping[str, tuple[str, ...]] = {
    "": (
        "portfolio", "policy", "waivers", "register", "output", "confirm",
        "report", "limits", "network", "alarm", "channel", "retention", "metrics", "schedule",
    ),
    "report": ("formats", "flavour", "fail_on", "address"),
    "limits": ("min_coverage", "gate", "late_after_hours"),
    "network": (
        "concurrency", "nameservers", "vantages", "geoip", "connect_to", "ca_file", "allow_private", "robots",
        "public_resolvers",
    ),
    "alarm": ("severity", "after_nights", "unseen_after_nights", "rules"),
    "channel": ("name", "url", "language"),
    "retention": ("evidence_nights", "report_nights"),
    "metrics": ("textfile",),
    "schedule": ("at", "timezone", "user", "environment_file"),
}  # fmt: skip
_SLUGS = tuple(rule.slug for rule in RULES)
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[\w.-]+)\s*=")
_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_AT = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_BAD_TOML = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class Channel:
    """Somewhere people read; its address is in the environment alone."""

    name: str
    variable: str
    """The environment variable that holds the address."""
    language: str = "both"
    """``zh``, ``en`` or ``both``."""


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many nights what is kept; 0 keeps it for ever."""

    evidence_nights: int = 90
    report_nights: int = 90


@dataclass(frozen=True, slots=True)
class Schedule:
    at: str = "01:30"
    timezone: str = "Asia/Shanghai"
    user: str = "icpcrawl"
    environment_file: Path = Path("/etc/icpcrawl/environment")


@dataclass(frozen=True, slots=True)
class NightlyConfig:
    file: Path
    options: AuditOptions
    network: Network
    alarm: Alarm
    channels: tuple[Channel, ...]
    retention: Retention
    schedule: Schedule
    address: str
    """Where people find the reports: the digest links to ``<address>/<run>/report.html``."""
    textfile: Path | None
    late_after_hours: float

    @property
    def output(self) -> Path:
        return self.options.folder


def read_config(file: Path) -> NightlyConfig:
    """What ``file`` asks for. Raises ``ConfigError`` with line, key and remedy."""
    text = _text(file)
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _BAD_TOML.search(str(error))
        raise ConfigError(
            f"not TOML: {_BAD_TOML.sub('', str(error))}",
            file=file,
            line=int(place[1]) if place and place[1] else text.count("\n") + 1,
            column=place[2] if place else None,
            remedy="compare the line with icpcrawl config example; text stands in double quotes",
        ) from None
    return _Reader(file, _places(text), given).config()


def _text(file: Path) -> str:
    remedy = "write one with icpcrawl config example > icpcrawl.toml, or name it with --config"
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=file, remedy=remedy) from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8", file=file, remedy="save it as UTF-8") from None


def _places(text: str) -> Mapping[str, int]:
    """``section.key`` → line, for TOML as people write it: the parser keeps no places.

    >>> _places('output = "o"\\n[[channel]]\\nname = "a"\\n[[channel]]\\nname = "b"')["channel.1.name"]
    5
    """
    found: dict[str, int] = {}
    counts: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            section = f"{header[2]}."
            if header[1] == "[[":
                counts[header[2]] = counts.get(header[2], -1) + 1
                section += f"{counts[header[2]]}."
            found.setdefault(section[:-1], number)
        elif key := _KEY.match(line):
            found.setdefault(section + key[1].strip("\"'"), number)
    return found


Number = TypeVar("Number", int, float)


class _Section:
    """One table of the file: its values asked for by name, checked, with a default."""

    def __init__(
        self, reader: _Reader, name: str, given: Mapping[str, Any], place: str | None = None
    ) -> None:
        self._reader = reader
        self._given = given
        self._place = name if place is None else place
        for key in given:
            if key not in _KEYS[name]:
                self.fail(key, f"there is no key {key!r}", nearest(key, _KEYS[name], 20))

    def fail(self, key: str, message: str, remedy: str) -> NoReturn:
        self._reader.fail(f"{self._place}.{key}".lstrip("."), message, remedy)

    def has(self, key: str) -> bool:
        return key in self._given

    def text(self, key: str, default: str = "") -> str:
        value = self._given.get(key, default)
        if not isinstance(value, str) or (key in self._given and not value.strip()):
            self.fail(key, f"{key} is no text", f'write {key} = "…", or leave the line out')
        if any(ord(sign) < 32 for sign in value):
            self.fail(key, f"{key} holds control characters", "write it on one line")
        return value.strip()

    def path(self, key: str) -> Path | None:
        value = self.text(key)
        return self._reader.file.parent / Path(value).expanduser() if value else None

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self._given.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(part, str) and part for part in value):
            self.fail(key, f"{key} is no list of texts", f'write {key} = ["…", "…"]')
        return tuple(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._given.get(key, default)
        if not isinstance(value, bool):
            self.fail(key, f"{key} is neither true nor false", f"write {key} = true or {key} = false")
        return value

    def number(self, key: str, default: Number, low: Number, high: Number) -> Number:
        value = self._given.get(key, default)
        allowed = (int, float) if isinstance(default, float) else (int,)
        if not isinstance(value, allowed) or isinstance(value, bool) or not low <= value <= high:
            self.fail(key, f"{key} is {value!r}", f"give a number from {low:g} to {high:g}")
        return type(default)(value)

    def choice(self, key: str, default: str, known: Iterable[str]) -> str:
        value = self.text(key, default)
        if value not in known:
            self.fail(key, f"{key} {value!r} is unknown", nearest(value, known, 20))
        return value

    def table(self, key: str) -> Mapping[str, Any]:
        value = self._given.get(key, {})
        if not isinstance(value, dict):
            self.fail(key, f"{key} is no table", f"head it with [{self._place}.{key}]".replace("[.", "["))
        return value


class _Reader:
    def __init__(self, file: Path, places: Mapping[str, int], given: Mapping[str, Any]) -> None:
        self.file = file
        self._places = places
        self._given = given

    def fail(self, place: str, message: str, remedy: str) -> NoReturn:
        line = self._places.get(place) or self._places.get(place.rpartition(".")[0])
        column = re.sub(r"\.\d+\.", ".", place)
        raise ConfigError(message, file=self.file, line=line, column=column, remedy=remedy)

    def config(self) -> NightlyConfig:
        top = _Section(self, "", self._given)
        part = {name: _Section(self, name, top.table(name)) for name in _KEYS if name not in ("", "channel")}
        portfolio = top.path("portfolio")
        if portfolio is None:
            top.fail("portfolio", "no portfolio is named", 'write portfolio = "portfolio.csv"')
        network = self._network(part["network"])
        options = AuditOptions(
            portfolio=portfolio,
            folder=top.path("output") or self.file.parent / "reports",
            policy=top.path("policy"),
            waivers=top.path("waivers"),
            register=top.path("register"),
            geoip=tuple(self.file.parent / Path(name) for name in part["network"].texts("geoip")),
            confirm=top.flag("confirm", default=True),
            wanted=self._wanted(part["report"], part["limits"]),
        )
        return NightlyConfig(
            file=self.file,
            options=options,
            network=network,
            alarm=self._alarm(part["alarm"]),
            channels=self._channels(),
            retention=Retention(
                part["retention"].number("evidence_nights", 90, 0, 36_500),
                part["retention"].number("report_nights", 90, 0, 36_500),
            ),
            schedule=self._schedule(part["schedule"]),
            address=self._address(part["report"]),
            textfile=self._textfile(part["metrics"]),
            late_after_hours=part["limits"].number("late_after_hours", 26.0, 1.0, 8784.0),
        )

    def _wanted(self, report: _Section, limits: _Section) -> Wanted:
        formats = report.texts("formats", DEFAULT_FORMATS)
        flavour = report.text("flavour", "plain")
        for key, asked in (("formats", (formats, "")), ("flavour", ((), flavour))):
            try:
                check_formats(*asked)
            except IcpcrawlError as error:
                report.fail(key, error.message, error.remedy)
        return Wanted(
            fail_on=FailOn(report.choice("fail_on", "error", [each.value for each in FailOn])),
            min_coverage=limits.number("min_coverage", 50.0, 0.0, 100.0),
            formats=formats,
            flavour=flavour,
            gate=limits.flag("gate", default=True),
        )

    def _network(self, given: _Section) -> Network:
        network = Network(
            concurrency=given.number("concurrency", 100, 1, 2000),
            nameservers=given.texts("nameservers"),
            vantages=given.texts("vantages"),
            public_resolvers=given.flag("public_resolvers", default=True),
            connect_to=given.texts("connect_to"),
            ca_file=given.path("ca_file"),
            allow_private=given.flag("allow_private", default=False),
            robots=given.flag("robots", default=False),
        )
        try:
            network.check()
        except IcpcrawlError as error:
            # It speaks of the flags of the command line; the keys are named alike.
            flag = re.match(r"--([a-z-]+)", error.message)
            key = flag[1].replace("-", "_") if flag else "ca_file"
            key = next((known for known in _KEYS["network"] if known in (key, f"{key}s")), key)
            given.fail(key, error.message.removeprefix("--"), error.remedy)
        return network

    def _alarm(self, given: _Section) -> Alarm:
        nights: dict[str, int] = {}
        for slug, value in given.table("rules").items():
            if slug not in _SLUGS:
                self.fail(f"alarm.rules.{slug}", f"there is no rule {slug!r}", nearest(slug, _SLUGS, 20))
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100:
                self.fail(f"alarm.rules.{slug}", f"{slug} is {value!r}", "give nights from 1 to 100")
            nights[slug] = value
        return Alarm(
            severity=Severity(given.choice("severity", "warning", [each.value for each in Severity])),
            after_nights=given.number("after_nights", 1, 1, 100),
            unseen_after_nights=given.number("unseen_after_nights", 2, 1, 100),
            rules=nights,
        )

    def _channels(self) -> tuple[Channel, ...]:
        given = self._given.get("channel", [])
        if not isinstance(given, list) or not all(isinstance(part, dict) for part in given):
            self.fail("channel", "channel is no list of tables", "head each one with [[channel]]")
        channels: list[Channel] = []
        for number, part in enumerate(given):
            section = _Section(self, "channel", part, f"channel.{number}")
            name = section.text("name")
            if not name or name in {channel.name for channel in channels}:
                said = f"there are two channels {name!r}" if name else "a channel without a name"
                section.fail("name", said, "give every channel a name of its own")
            # What stands there instead may be the secret itself: never repeated.
            found = _ENVIRONMENT.fullmatch(section.text("url"))
            if not found:
                section.fail(
                    "url",
                    "the address of a channel is a secret and does not belong into this file",
                    'put it into an environment variable and write url = "env:ICPCRAWL_WECOM_URL"',
                )
            channels.append(Channel(name, found[1], section.choice("language", "both", ("zh", "en", "both"))))
        return tuple(channels)

    def _schedule(self, given: _Section) -> Schedule:
        usual = Schedule()
        at = given.text("at", usual.at)
        if not _AT.fullmatch(at):
            given.fail("at", f"at {at!r} is no time of day", 'write at = "01:30"')
        timezone = given.text("timezone", usual.timezone)
        try:
            ZoneInfo(timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            given.fail("timezone", f"timezone {timezone!r} is unknown", 'write timezone = "Asia/Shanghai"')
        user = given.text("user", usual.user)
        if not re.fullmatch(r"[a-z_][a-z0-9_.-]*\$?", user):
            given.fail("user", f"user {user!r} is no account's name", 'write user = "icpcrawl"')
        return Schedule(at, timezone, user, given.path("environment_file") or usual.environment_file)

    def _address(self, report: _Section) -> str:
        address = report.text("address").rstrip("/")
        if address:
            try:
                parts = urlsplit(address)
                fine = parts.scheme in ("http", "https") and bool(parts.hostname)
                secret = bool(parts.username or parts.password)
            except ValueError:
                fine, secret = False, False
            if secret:
                report.fail(
                    "address", "the address holds a password", "leave it out: it is sent to all channels"
                )
            if not fine:
                report.fail("address", f"address {address!r} is no web address", "write https://host/folder")
        return address

    def _textfile(self, metrics: _Section) -> Path | None:
        path = metrics.path("textfile")
        if path is not None and path.suffix != ".prom":
            metrics.fail("textfile", f"{path.name!r} would not be collected", "let its name end in .prom")
        return path
