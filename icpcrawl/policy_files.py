"""policy.toml, waivers.csv, register.csv → values; every slip named with its place and remedy."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from icpcrawl.audit.finding import Severity
from icpcrawl.audit.numbers import NumberFacts
from icpcrawl.audit.owners_numbers import canonical
from icpcrawl.audit.policy import FIX_DAYS, Policy, PolicyOverride, Waiver
from icpcrawl.audit.register import Register, RegisterEntry
from icpcrawl.audit.registrable import registrable_domain
from icpcrawl.audit.rules import RULES
from icpcrawl.datafiles import read_table
from icpcrawl.errors import PolicyError, nearest
from icpcrawl.portfolio.host import native_form
from icpcrawl.portfolio.words import day, is_nothing
from icpcrawl.toml_lines import line_of

MAX_BYTES = 64 * 1024 * 1024
_SLUGS = frozenset(rule.slug for rule in RULES)
_FAIL_ON = ("error", "warning", "notice", "new", "never")

_POLICY_KEYS = (
    "severities",
    "disabled",
    "enabled",
    "province_habit",
    "fetch_dark_days",
    "fail_on",
    "fix_days",
    "override",
)
_OVERRIDE_KEYS = ("tag", "owner", "severities", "disabled", "enabled")
_WAIVER_COLUMNS = (
    "site_id", "domain", "tag", "rule", "observed", "reason", "owner", "approver", "expires"
)  # fmt: skip
_REGISTER_COLUMNS: Mapping[str, tuple[str, ...]] = {
    # As MIIT's own query and the consoles of Alibaba, Tencent, Huawei and Baidu head them; since 2023
    # they say 互联网信息服务 for what used to be 网站, and 主办者 for 主办单位. The number of the site
    # goes before the entity's, the domain before the address of the homepage.
    "holder": (
        "主办单位名称", "主办者名称", "主办单位", "主办者", "主体名称", "备案主体名称", "备案主体",
        "单位名称", "公司名称", "holder", "entity",
    ),
    "nature": ("主办单位性质", "主办者性质", "单位性质", "主体性质", "备案性质", "nature"),
    "number": (
        "网站备案/许可证号", "网站备案号", "服务备案/许可证号", "服务备案号", "互联网信息服务备案号",
        "ICP备案/许可证号", "备案号/许可证号", "备案/许可证号", "ICP备案号/许可证号", "ICP备案服务号",
        "ICP备案号", "许可证号", "备案号", "主体备案/许可证号", "主体备案号", "主办者备案号",
        "ICP备案主体号", "number",
    ),
    "domain": (
        "网站域名", "服务域名", "互联网信息服务域名", "备案域名", "已备案域名", "域名", "domain",
        "网站首页网址", "网站首页地址", "首页网址", "首页地址", "网站地址", "网址", "url",
    ),
    "approved_on": (
        "审核通过日期", "审核通过时间", "备案通过时间", "备案通过日期", "审核日期", "审核时间",
        "备案时间", "备案日期", "approved_on",
    ),
    "status": ("备案状态", "ICP备案状态", "是否备案", "状态", "filed", "status"),
    "source": ("来源", "source"),
    "read_on": ("导出日期", "导出时间", "查询日期", "查询时间", "read_on"),
}  # fmt: skip
_NOT_FILED = re.compile(r"未备案|否|no|n|false|none|not filed|(?!未).*(?:注销|备案已取消)(?!中).*|已取消")
_FILED = re.compile(
    r"(?:已|正常|完成)?备案(?:成功|完成|正常|通过)?|(?:已|审核|管局审核)?(?:通过|完成|正常|有效|生效)"
    r"|是|y|yes|true|filed|normal|active"
)
"""What consoles and spreadsheets say of a filing that stands; any other word leaves it open."""


def read_policy(policy: Path | None, waivers: Path | None) -> Policy:
    """The owner's decisions; without files, what icpcrawl does by default.

    Raises ``PolicyError`` naming file, line and column of an unknown key, rule, severity or
    date, with the nearest known name.
    """
    digest = hashlib.sha256()
    given: dict[str, Any] = {}
    if policy is not None:
        raw = _bytes(policy)
        digest.update(raw)
        given = _toml(policy, raw)
    accepted: tuple[Waiver, ...] = ()
    if waivers is not None:
        raw = _bytes(waivers)
        digest.update(raw)
        accepted = tuple(_waivers(waivers, _text(waivers, raw)))
    reader = _PolicyReader(policy or Path("policy.toml"))
    return reader.policy(given, accepted, digest.hexdigest() if policy or waivers else "")


def read_register(path: Path) -> Register:
    """The owner's export of filings, joined later by registrable domain.

    Raises ``PolicyError`` where the columns of domain and number are not found, or a row
    names no domain.
    """
    raw, facts = _bytes(path), NumberFacts.from_tables(read_table)
    entries: dict[str, list[RegisterEntry]] = {}
    rows, columns = _register_rows(path, _text(path, raw))
    seen: dict[tuple[tuple[str, str], ...], int] = {}
    for line, row in rows:
        first = seen.setdefault(tuple(row.items()), line)
        if first != line:
            raise PolicyError(
                f"the same row stands in line {first}", file=path, line=line, column=columns["domain"][0],
                remedy="keep one of the two",
            )  # fmt: skip
        # A column may stand empty beside another that says the same.
        cells = {key: next(filter(None, map(row.get, names)), "") for key, names in columns.items()}
        for key in ("approved_on", "read_on"):
            cells[key] = _day(path, line, columns.get(key, (key,))[0], cells.get(key, ""))
        for entry in _entries(path, line, cells, facts):
            if entry not in entries.setdefault(entry.domain, []):
                entries[entry.domain].append(entry)
    frozen = MappingProxyType({domain: tuple(found) for domain, found in entries.items()})
    return Register(frozen, hashlib.sha256(raw).hexdigest())


class _PolicyReader:
    """policy.toml, key by key."""

    def __init__(self, file: Path, under: tuple[str, ...] = ()) -> None:
        self._file = file
        self._under = under
        """Keys that lead to the table that is read: ``override``, ``1`` for the second one."""

    def policy(self, given: Mapping[str, Any], waivers: tuple[Waiver, ...], digest: str) -> Policy:
        self._known_keys(given, _POLICY_KEYS)
        dark = given.get("fetch_dark_days", 30)
        if not isinstance(dark, int) or isinstance(dark, bool) or not 1 <= dark <= 3650:
            raise self._error(f"fetch_dark_days is {dark!r}", "give days from 1 to 3650", "fetch_dark_days")
        fail_on = given.get("fail_on", "")
        if fail_on != "" and fail_on not in _FAIL_ON:
            raise self._error(f"fail_on {fail_on!r} is unknown", nearest(str(fail_on), _FAIL_ON), "fail_on")
        return Policy(
            severities=self._severities(given),
            disabled=self._slugs(given, "disabled"),
            enabled=self._slugs(given, "enabled"),
            province_habit=self._habits(self._table(given, "province_habit")),
            fetch_dark_days=dark,
            waivers=waivers,
            digest=digest,
            overrides=tuple(
                _PolicyReader(self._file, ("override", str(at))).override(part)
                for at, part in enumerate(self._overrides(given))
            ),
            fail_on=fail_on,
            fix_days=self._fix_days(self._table(given, "fix_days")),
        )

    def override(self, part: Mapping[str, Any]) -> PolicyOverride:
        self._known_keys(part, _OVERRIDE_KEYS)
        tag, owner = self._text(part, "tag"), self._text(part, "owner")
        if not (tag or owner):
            raise self._error("an override covers nothing", "give it a tag or an owner", word="override")
        return PolicyOverride(
            tag=tag,
            owner=owner,
            severities=self._severities(part),
            disabled=self._slugs(part, "disabled"),
            enabled=self._slugs(part, "enabled"),
        )

    def _fix_days(self, given: Mapping[str, Any]) -> Mapping[str, int]:
        for name, days in given.items():
            if name not in FIX_DAYS:
                self._known_slug(name, "fix_days", name, also=FIX_DAYS)
            if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= 3650:
                remedy = "give days from 1 to 3650, or 0 for never"
                raise self._error(f"fix_days of {name} is {days!r}", remedy, "fix_days", name)
        return MappingProxyType({**FIX_DAYS, **given})

    def _habits(self, given: Mapping[str, Any]) -> Mapping[str, str]:
        meant = _province_signs() if given else {}
        for sign, form in given.items():
            if meant.get(sign) != sign and sign != "*":
                near = meant.get(next(iter(get_close_matches(sign.casefold(), meant, 1, 0.5)), sign[:1]))
                remedy = (
                    f"did you mean {near}?" if near else 'write a sign such as "粤", or "*" for all others'
                )
                raise self._error(f"{sign!r} is no sign of a province", remedy, "province_habit", sign)
            if form not in ("entity", "service"):
                remedy = 'write e.g. "粤" = "entity" or "京" = "service"'
                raise self._error(f"province_habit of {sign} is {form!r}", remedy, "province_habit", sign)
        return MappingProxyType(dict(given))

    def _overrides(self, given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        parts = given.get("override", [])
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise self._error("override is no list of tables", "head each one with [[override]]", "override")
        return parts

    def _table(self, given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        table = given.get(key, {})
        if not isinstance(table, dict):
            header = ".".join((*self._under[:1], key))
            raise self._error(f"{key} is no table", f"head it with [{header}]", key)
        return table

    def _text(self, given: Mapping[str, Any], key: str) -> str:
        text = given.get(key, "")
        if not isinstance(text, str):
            remedy = f'write {key} = "name", and one [[override]] for each {key}'
            raise self._error(f"{key} is {text!r}, no text", remedy, key)
        return text

    def _severities(self, given: Mapping[str, Any]) -> Mapping[str, Severity]:
        known = [severity.value for severity in Severity]
        chosen: dict[str, Severity] = {}
        for slug, value in self._table(given, "severities").items():
            self._known_slug(slug, "severities", slug)
            if value not in known:
                remedy = nearest(str(value), known)
                raise self._error(f"severity {value!r} of {slug} is unknown", remedy, "severities", slug)
            chosen[slug] = Severity(value)
        return MappingProxyType(chosen)

    def _slugs(self, given: Mapping[str, Any], key: str) -> frozenset[str]:
        slugs = given.get(key, [])
        remedy = f'write {key} = ["psb-number-missing"]'
        if not isinstance(slugs, list):
            raise self._error(f"{key} is no list", remedy, key)
        for slug in slugs:
            if not isinstance(slug, str):
                raise self._error(f"{key} holds what is no text", remedy, key)
            self._known_slug(slug, key)
        return frozenset(slugs)

    def _known_slug(self, slug: str, *place: str, also: Iterable[str] = ()) -> None:
        if slug not in _SLUGS:
            remedy = nearest(slug, (*_SLUGS, *also))
            raise self._error(f"there is no rule {slug!r}", remedy, *place, word=slug)

    def _known_keys(self, given: Mapping[str, Any], known: Iterable[str]) -> None:
        for key in given:
            if key not in known:
                named = ".".join((*self._under[:1], key))
                raise self._error(f"there is no key {named!r}", nearest(key, known), key)

    def _error(self, message: str, remedy: str, *place: str, word: str = "") -> PolicyError:
        """``place``: the keys that lead to what is wrong; ``word``: what is wrong, where it is no key."""
        word = word or place[-1]
        text = self._file.read_text("utf-8-sig", "replace") if self._file.exists() else ""
        line = line_of((*self._under, *place), word, text)
        return PolicyError(message, file=self._file, line=line, column=word, remedy=remedy)


def _province_signs() -> Mapping[str, str]:
    """What people write for a province → the sign that its numbers begin with."""
    meant: dict[str, str] = {}
    for row in read_table("provinces.csv"):
        if row["use"] == "standard":
            names = (row["sign"], row["name_zh"], row["name_en"].casefold())
            meant |= dict.fromkeys(names, row["sign"])
        elif row["use"] == "nonstandard" and row["expected"]:
            meant[row["sign"]] = row["expected"]
    return meant


def _waivers(file: Path, text: str) -> Iterator[Waiver]:
    seen: dict[tuple[str, ...], int] = {}
    for line, row in _rows(file, text, _WAIVER_COLUMNS):
        rule = row.get("rule", "")
        if not (rule in _SLUGS or (rule.endswith("*") and any(s.startswith(rule[:-1]) for s in _SLUGS))):
            raise PolicyError(
                f"there is no rule {rule!r}",
                file=file,
                line=line,
                column="rule",
                remedy=nearest(rule, _SLUGS),
            )
        if rule.startswith("waiver"):
            raise PolicyError(
                "what is said of a waiver cannot be waived", file=file, line=line, column="rule",
                remedy="renew or delete the waiver meant; policy.toml switches the rule off: disabled",
            )  # fmt: skip
        for column in ("reason", "owner", "approver", "expires"):
            if not row.get(column):
                raise PolicyError(
                    "a waiver needs reason, owner, approver and expiry",
                    file=file, line=line, column=column, remedy=f"fill in {column}",
                )  # fmt: skip
        if not (row.get("site_id") or row.get("domain") or row.get("tag")):
            raise PolicyError(
                "this waiver covers nothing", file=file, line=line, column="site_id",
                remedy="give site_id, domain (a pattern such as *.brand.cn) or tag",
            )  # fmt: skip
        try:
            expires = date.fromisoformat(row["expires"]).isoformat()
        except ValueError:
            raise PolicyError(
                f"{row['expires']!r} is no date",
                file=file,
                line=line,
                column="expires",
                remedy="write 2027-03-31",
            ) from None
        pattern = native_form(row.get("domain", ""))
        scope = (
            rule,
            row.get("site_id", ""),
            pattern,
            row.get("tag", ""),
            row.get("observed", ""),
        )
        if scope in seen:
            raise PolicyError(
                f"the same waiver stands in line {seen[scope]}", file=file, line=line, column="rule",
                remedy="keep one of the two",
            )  # fmt: skip
        seen[scope] = line
        yield Waiver(
            rule=rule,
            reason=row["reason"],
            owner=row["owner"],
            approver=row["approver"],
            expires=expires,
            site_id=row.get("site_id", ""),
            domain_pattern=pattern,
            tag=row.get("tag", ""),
            line=line,
            observed=row.get("observed", ""),
        )


def _rows(file: Path, text: str, known: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        if not reader.fieldnames:
            remedy = f"begin with a line of headers: {', '.join(known)}"
            raise PolicyError("empty", file=file, line=1, remedy=remedy)
        for name in reader.fieldnames:
            if name not in known:
                remedy = nearest(name, known)
                raise PolicyError(
                    f"there is no column {name!r}", file=file, line=1, column=name, remedy=remedy
                )
        for row in reader:
            if row.get(None):
                raise PolicyError(
                    "more cells than headers", file=file, line=reader.line_num,
                    remedy="put cells that hold a comma into quotes",
                )  # fmt: skip
            if any(value for value in row.values()):
                yield reader.line_num, {k: (v or "").strip() for k, v in row.items() if isinstance(k, str)}
    except csv.Error as error:
        raise PolicyError(
            f"not CSV: {error}", file=file, line=reader.reader.line_num, remedy="save it as CSV (UTF-8)"
        ) from None


def _register_rows(
    file: Path, text: str
) -> tuple[list[tuple[int, dict[str, str]]], Mapping[str, tuple[str, ...]]]:
    """The rows with their lines, and the file's columns for each of ours, the likeliest first."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        lines = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise PolicyError(
            f"not CSV: {error}", file=file, line=reader.line_num, remedy="save it as CSV (UTF-8)"
        ) from None
    # Consoles put a title or two above the header.
    for position, (_, header) in enumerate(lines[:10]):
        cells = [_plain(cell) for cell in header]
        known = {
            key: tuple(name for name in map(_plain, names) if name in cells)
            for key, names in _REGISTER_COLUMNS.items()
        }
        columns = {key: names for key, names in known.items() if names}
        if {"domain", "number"} <= set(columns):
            rows = [
                (line, dict(zip(cells, (cell.strip() for cell in row), strict=False)))
                for line, row in lines[position + 1 :]
                if any(cell.strip() for cell in row)
            ]
            return rows, columns
    raise _no_header(file, lines)


def _no_header(file: Path, lines: list[tuple[int, list[str]]]) -> PolicyError:
    """The likeliest header of a file that has none, and what it lacks."""
    wanted = {_plain(name): key for key, names in _REGISTER_COLUMNS.items() for name in names}
    named = [(line, [_plain(cell) for cell in row if cell.strip()]) for line, row in lines[:10]]
    line, header = max(
        named, key=lambda each: sum(cell in wanted for cell in each[1]), default=(1, list[str]())
    )
    have = {wanted[cell] for cell in header if cell in wanted}
    lacking = next((key for key in ("domain", "number") if key not in have), "domain")
    names = [_plain(name) for name in _REGISTER_COLUMNS[lacking]]
    strangers = [cell for cell in header if cell not in wanted]
    near = next(((cell, hit) for cell in strangers for hit in get_close_matches(cell, names, 1, 0.6)), None)
    advice = "give an export with the columns 域名 and 备案号/许可证号 (or domain and number)"
    return PolicyError(
        f"no header with a {lacking} column",
        file=file,
        line=line,
        column=near[0] if near else None,
        remedy=f"did you mean {near[1]}? {advice}" if near else advice,
    )


def _plain(header: str) -> str:
    """A column's name without what exports change: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", header.lstrip("\ufeff")).casefold().split())


def _day(file: Path, line: int, column: str, cell: str) -> str:
    """ISO date of a cell as consoles write them (2019-04-22 10:00, 2019年4月22日), or empty."""
    if is_nothing(cell):
        return ""
    found = day(cell)
    if found is None:
        raise PolicyError(
            f"{cell[:40]!r} is no date", file=file, line=line, column=column, remedy="write 2027-03-31"
        )
    return found.isoformat()


def _entries(file: Path, line: int, cells: Mapping[str, str], facts: NumberFacts) -> Iterator[RegisterEntry]:
    hosts = [host for host in re.split(r"[\s;；,，、|]+", cells["domain"]) if not is_nothing(host)]
    if not hosts and not re.search(r"-\d+$", cells["number"]):
        return  # the entity's own number, an App or a mini-program, a line of totals
    if not hosts:
        raise PolicyError(
            "a filing without a domain",
            file=file,
            line=line,
            column="domain",
            remedy="fill it in or delete the line",
        )
    written = cells["number"].strip()
    status = cells.get("status", "").strip().casefold()
    if not re.search(r"\d", written):
        # 未备案 in place of the number says so; 无, 查询失败 or a dash say nothing.
        status = status or written.casefold()
        written = ""
    # An empty number says nothing; only a dated positive source says "not filed".
    filed: bool | None = None
    if _NOT_FILED.fullmatch(status):
        filed, written = False, ""
    elif written and (not status or _FILED.fullmatch(status)):
        filed = True
    numbers = canonical((written,), facts) if written else ("",)
    for host in hosts:
        try:
            bare = (urlsplit(host).hostname if "://" in host else host.split("/")[0].split(":")[0]) or ""
            ascii_host = bare.casefold().encode("idna").decode()
            if "." not in ascii_host:
                raise ValueError
        except ValueError:
            raise PolicyError(
                f"{host[:80]!r} is no domain", file=file, line=line, column="domain", remedy="write brand.cn"
            ) from None
        for number in numbers:
            yield RegisterEntry(
                domain=registrable_domain(ascii_host),
                number=number,
                holder=cells.get("holder", ""),
                nature=cells.get("nature", ""),
                approved_on=cells.get("approved_on", ""),
                filed=filed,
                source=cells.get("source", "") or file.name,
                read_on=cells.get("read_on", ""),
                host=ascii_host,
            )


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise PolicyError("larger than 64 MB", file=file, remedy="give the file meant")
        return file.read_bytes()
    except OSError as error:
        raise PolicyError(
            f"cannot be read: {error.strerror or error}",
            file=file,
            remedy="check the path and its permissions",
        ) from None


def _text(file: Path, raw: bytes) -> str:
    """UTF-8 with or without BOM, else GB18030, as spreadsheets save it in China."""
    if b"\0" in raw:
        line = raw[: raw.index(b"\0")].count(b"\n") + 1
        raise PolicyError(
            "no text: there are NUL bytes", file=file, line=line, remedy="save it as CSV (UTF-8)"
        )
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise PolicyError("neither UTF-8 nor GB18030", file=file, line=1, remedy="save it as CSV (UTF-8)")


def _toml(file: Path, raw: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PolicyError("not UTF-8", file=file, line=line, remedy="save it as UTF-8") from None
    # Numbers of thousands of digits and brackets of thousands of levels raise the last two.
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        ends = "at end of document" in str(error)
        raise PolicyError(
            f"not TOML: {error}",
            file=file,
            line=int(place[1]) if place else raw.count(b"\n") + 1 if ends else None,
            column=place[2] if place else None,
            remedy="mend the file as https://toml.io describes the format",
        ) from None
