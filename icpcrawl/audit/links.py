"""A link beside a number → what it is worth.

The string is judged, never the answer: no registry host is ever asked. The address is
first read as a browser reads it (WHATWG URL Standard, read 2026-11-20: blanks trimmed,
tabs and line ends dropped, back-slashes turned), then its *whole* host is looked up in
``data/registries.csv``. A substring of a host proves nothing.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from urllib.parse import SplitResult, parse_qsl, unquote, urljoin, urlsplit

from icpcrawl.audit.footer import DisplayedNumber, PageLink
from icpcrawl.audit.numbers import NumberKind, ParsedNumber
from icpcrawl.audit.registrable import registrable_domain


class LinkVerdict(StrEnum):
    OK = "ok"
    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """Where a link goes, in the words of the rule that would fire.

    ``target`` is ``current`` or a rule's slug without its ``link-`` (for a police number
    without ``psb-`` or ``psb-link-``): ``missing``, ``retired-host``, ``look-alike`` …
    """

    target: str
    verdict: LinkVerdict
    host: str = ""
    detail: str = ""
    """Short English clause for the evidence column."""

    @property
    def passes(self) -> bool:
        """Whether it leads to the register, be it by a form that deserves a word."""
        return self.verdict in (LinkVerdict.OK, LinkVerdict.NOTICE)


class HostKind(StrEnum):
    """What stands behind a host of ``data/registries.csv``."""

    MIIT = "miit"
    MIIT_WWW = "miit-www"
    MIIT_RETIRED = "miit-retired"
    MIIT_OTHER = "miit-other"
    LICENCE_SYSTEM = "licence-system"
    PSB = "psb"
    PSB_FORMER = "psb-former"
    OTHER_REGISTER = "other-register"
    JOKE = "joke"
    THIRD_PARTY = "third-party"
    BADGE = "badge"
    REDIRECTOR = "redirector"


_IMITATED = frozenset(
    {HostKind.MIIT, HostKind.MIIT_WWW, HostKind.MIIT_RETIRED, HostKind.PSB, HostKind.PSB_FORMER}
)
_POLICE = frozenset({HostKind.PSB, HostKind.PSB_FORMER})


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """The hosts we know, from ``data/registries.csv``."""

    exact: Mapping[str, HostKind] = field(default_factory=lambda: MappingProxyType({}))
    domains: Mapping[str, HostKind] = field(default_factory=lambda: MappingProxyType({}))
    """Known with all their subdomains."""

    @classmethod
    def from_tables(cls, table: Callable[[str], tuple[dict[str, str], ...]]) -> Self:
        exact: dict[str, HostKind] = {}
        domains: dict[str, HostKind] = {}
        for row in table("registries.csv"):
            target = domains if row["scope"] == "domain" else exact
            target[row["host"]] = HostKind(row["kind"])
        return cls(MappingProxyType(exact), MappingProxyType(domains))

    def kind_of(self, host: str) -> HostKind | None:
        """What that very host is; None where the table does not know it."""
        if host in self.exact:
            return self.exact[host]
        labels = host.split(".")
        suffixes = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((self.domains[name] for name in suffixes if name in self.domains), None)

    @property
    def imitated(self) -> tuple[str, ...]:
        """Hosts that a look-alike would copy."""
        return tuple(host for host, kind in self.exact.items() if kind in _IMITATED)


@dataclass(frozen=True, slots=True)
class _Address:
    """An href read as a browser reads it, or the flaw that stops the browser."""

    flaw: str = ""
    """Rule slug without ``link-`` (``empty``, ``malformed``, ``no-scheme`` …), or empty."""
    detail: str = ""
    scheme: str = ""
    host: str = ""
    port: int | None = None
    userinfo: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""
    by_script: bool = False
    """Only a script leads there."""


def judge_link(seen: DisplayedNumber, page_url: str, facts: LinkFacts) -> LinkTarget:
    """Judge the link a visitor would follow from that number.

    Source: Order 33 (2005) art. 13(1) asks for a link to the ministry's filing system
    below the number; Decree 292 art. 12 asks a licence holder for the number only; the
    police portal's own instruction asks for a link to the number's page there.
    """
    if seen.link is None:
        return _missing(seen.parsed, "no link around or beside the number")
    address = read_address(seen.link, page_url, facts)
    judged = _JUDGES[seen.parsed.kind](seen, address, page_url, facts)
    if address.by_script:
        judged = _by_script(seen.parsed, judged)
    if seen.link.how == "beside" and not _is_about(seen, judged, facts):
        return _missing(seen.parsed, "the adjacent link is about something else")
    return judged


def read_address(link: PageLink, page_url: str, facts: LinkFacts) -> _Address:
    """Read an href as a browser would, and name the flaw where it would not arrive."""
    href = re.sub(r"[\t\r\n]", "", link.href).strip("".join(map(chr, range(0x21))))
    if not href or href.startswith("#") or href.casefold().startswith(("javascript:", "data:", "about:")):
        return _scripted(link, page_url, facts) or _Address("empty", f"href {link.href[:60]!r} leads nowhere")
    return _without_scheme(href, facts) or _mistyped(href) or _parse(href, link, page_url)


def _scripted(link: PageLink, page_url: str, facts: LinkFacts) -> _Address | None:
    """The address in a link's script, as far as one is written out there."""
    script = unquote(f"{link.href} {link.url}")[:4000]
    named = _IN_SCRIPT.search(script)
    host = "" if named else _named_host(script, facts)
    if not named and not host:
        return None
    address = _parse(named[0] if named else f"https://{host}/", link, page_url)
    return replace(address, by_script=True)


_IN_SCRIPT = re.compile(r"(?:https?:)?//[^'\"`\s)<>\\]{3,300}", re.IGNORECASE)


def _without_scheme(href: str, facts: LinkFacts) -> _Address | None:
    """``beian.miit.gov.cn`` as href: the browser looks for that file on the own site."""
    if re.match(r"[a-z][a-z0-9+.-]*:(?!\d)|//|\\\\", href, re.IGNORECASE):
        return None
    first, *_ = re.split(r"[/?#:\\]", re.sub(r"^(?:\./|/)", "", href), maxsplit=1)
    if facts.kind_of(first.casefold()) in _IMITATED or _resembles(first.casefold(), facts):
        return _Address("no-scheme", f"without https:// this is a page of the own site: {href[:80]}")
    for part in href.casefold().split("/"):
        if facts.kind_of(part) in _IMITATED and ".." in href:
            return _Address("elsewhere", f"path left over from a saved copy of a page: {href[:80]}")
    return None


_MISTYPED = re.compile(
    r"[\"'“”‘’`]+\s*(?:https?|[a-z]+\.)"
    r"|https?(?://|[:：;]{2,}|；|：|;|:?/?/?\s|:/?[^/\\])"
    r"|[htps]{3,7}//|(?!https?:)[htps]{3,7}:"
    r"|https?:[/\\]+https?(?::|/|%3a|\s)",
    re.IGNORECASE,
)


def _mistyped(href: str) -> _Address | None:
    if _MISTYPED.match(href):
        return _Address("malformed", f"a browser cannot follow {href[:80]!r}")
    return None


def _parse(href: str, link: PageLink, page_url: str) -> _Address:
    if re.match(r"https?:|//|\\\\", href, re.IGNORECASE):
        address = re.sub(r"^(https?:)?[/\\]+", lambda m: f"{m[1] or ''}//", href, flags=re.IGNORECASE)
        address = address if address[:2] != "//" else f"https:{address}"
    else:
        address = link.url or urljoin(page_url, href)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return _Address("malformed", f"not an address: {href[:80]!r}")
    return _address(parts, port, href)


def _address(parts: SplitResult, port: int | None, href: str) -> _Address:
    userinfo, _, _ = parts.netloc.rpartition("@")
    host = read_host(parts.hostname or "")
    if parts.scheme not in ("http", "https"):
        return _Address("elsewhere", f"not a web address: {href[:80]!r}", host=host)
    if not host or re.search(r"[\s<>^|%{}\[\]\"'`,，、。()（）]", host):
        return _Address("malformed", f"no valid host in {href[:80]!r}")
    return _Address(
        scheme=parts.scheme,
        host=host,
        port=port,
        userinfo=userinfo,
        path=parts.path,
        query=parts.query,
        fragment=parts.fragment,
    )


_IGNORED = re.compile("[\u00ad\u200b\u2060\u2064\ufeff]")
"""Signs without width that browsers drop from a host (UTS #46, status *ignored*)."""


def read_host(host: str) -> str:
    """A host as browsers compare it: percent-decoded, width-folded, lower case, no final dot.

    >>> read_host("ＢＥＩＡＮ。miit.gov.cn.")
    'beian.miit.gov.cn'
    """
    folded = _IGNORED.sub("", unicodedata.normalize("NFKC", unquote(host))).replace("。", ".")
    return folded.casefold().removesuffix(".")


def _judge_filing(_seen: DisplayedNumber, address: _Address, page_url: str, facts: LinkFacts) -> LinkTarget:
    if address.flaw:
        return _flawed(address)
    kind = facts.kind_of(address.host)
    if kind is HostKind.MIIT:
        return _at_miit(address)
    if kind is HostKind.REDIRECTOR or kind is None:
        return _unknown_host(address, page_url, facts)
    target, detail = _WRONG_FOR_FILING[kind]
    return LinkTarget(target, LinkVerdict.ERROR, address.host, detail)


_WRONG_FOR_FILING: Mapping[HostKind, tuple[str, str]] = MappingProxyType(
    {
        HostKind.MIIT_WWW: ("www-variant", "the www address is reported dead since 2020"),
        HostKind.MIIT_RETIRED: ("retired-host", "an address of the former system"),
        HostKind.MIIT_OTHER: ("elsewhere", "the ministry, but not its filing system"),
        HostKind.LICENCE_SYSTEM: ("licence-system", "the system for telecom licences"),
        HostKind.PSB: ("swapped", "the police portal stands at the filing number"),
        HostKind.PSB_FORMER: ("swapped", "the police portal stands at the filing number"),
        HostKind.OTHER_REGISTER: ("elsewhere", "a register for algorithms"),
        HostKind.JOKE: ("elsewhere", "a joke register"),
        HostKind.THIRD_PARTY: ("third-party", "a private look-up service"),
        HostKind.BADGE: ("elsewhere", "another badge"),
    }
)


def _at_miit(address: _Address) -> LinkTarget:
    if address.port not in (None, 443 if address.scheme == "https" else 80):
        return LinkTarget("elsewhere", LinkVerdict.ERROR, address.host, f"right host, port {address.port}")
    if re.match(r"/+(?:state|publish|icp|portal)/", address.path, re.IGNORECASE):
        return LinkTarget("old-path", LinkVerdict.NOTICE, address.host, "path of the former system")
    if address.scheme == "http":
        return LinkTarget("http", LinkVerdict.NOTICE, address.host, "right host over plain http")
    return LinkTarget("current", LinkVerdict.OK, address.host)


def _unknown_host(address: _Address, page_url: str, facts: LinkFacts) -> LinkTarget:
    """A host that no table knows: imitation, redirector, or simply elsewhere."""
    if _named_host(unquote(address.userinfo), facts) or _resembles(address.host, facts):
        return LinkTarget("look-alike", LinkVerdict.ERROR, address.host, "imitates a registry's address")
    forwarded = _forwarded_to(address)
    own = registrable_domain(address.host) == registrable_domain(urlsplit(page_url).hostname or "")
    if forwarded:
        return _redirector(address, forwarded, own, facts)
    public = "." in address.host and not re.search(r"\.\d+$|:", address.host)
    if public and _named_host(unquote(f"{address.path}?{address.query}"), facts) and not own:
        return LinkTarget("look-alike", LinkVerdict.ERROR, address.host, "a registry's name in the path only")
    detail = "a page of the own site" if own else "another site"
    return LinkTarget("elsewhere", LinkVerdict.ERROR, address.host, detail)


def _redirector(address: _Address, forwarded: str, own: bool, facts: LinkFacts) -> LinkTarget:
    host = read_host(urlsplit(forwarded).hostname or "")
    known = own or facts.kind_of(address.host) is HostKind.REDIRECTOR or _REDIRECTING.search(address.path)
    if facts.kind_of(host) is HostKind.MIIT and known:
        return LinkTarget("redirector", LinkVerdict.WARNING, address.host, f"→ {host}")
    if facts.kind_of(host) is HostKind.MIIT:
        return LinkTarget(
            "look-alike", LinkVerdict.ERROR, address.host, "a registry's name in the query only"
        )
    bad = _WRONG_FOR_FILING.get(facts.kind_of(host) or HostKind.REDIRECTOR) if known else None
    return LinkTarget(bad[0] if bad else "elsewhere", LinkVerdict.ERROR, address.host, f"→ {host[:80]}")


_REDIRECTING = re.compile(
    r"(?:^|[/_.-])(?:go|goto|link|links|jump|redirect|redir|out|away|leave|target)(?:[/_.?-]|$)",
    re.IGNORECASE,
)


def _forwarded_to(address: _Address) -> str:
    """The address that a redirector names in a parameter or in its path, or an empty string."""
    values = [value for _, value in parse_qsl(f"{address.query}&{address.fragment.partition('?')[2]}")]
    path = unquote(address.path)
    values += [
        address.query,
        *(part.partition(".")[0] for part in path.split("/") if part.startswith("aHR0c")),
    ]
    values += [path[found.start() :] for found in re.finditer(r"https?:/{1,2}", path)]
    for value in values[:20]:
        found = _REGISTER_ALONE.sub("https://", _plain(unquote(value)))
        if re.match(r"https?://[^/]", found, re.IGNORECASE):
            try:
                return found if urlsplit(found).hostname else ""
            except ValueError:
                return ""
    return ""


_REGISTER_ALONE = re.compile(
    r"^(?:https?:/?(?!/)|//)?(?=(?:[\w-]{1,30}\.)?(?:beian|miitbeian|miibeian)\.[\w.-]{3,60}(?:[/?#]|$))",
    re.IGNORECASE,
)
"""A register's address without its scheme, or with half of it, as redirectors take it."""
_BASE64 = re.compile(r"(?:aHR0c|aHR0cHM6)[A-Za-z0-9+/_-]{8,2000}={0,2}")


def _plain(value: str) -> str:
    """A redirector's parameter as an address, where it hides one in base64, as WordPress themes do."""
    if not _BASE64.fullmatch(value):
        return value
    try:
        return urlsafe_b64decode(value.rstrip("=").translate(_TO_URLSAFE) + "==").decode("utf-8", "replace")
    except ValueError:
        return value


_TO_URLSAFE = str.maketrans("+/", "-_")


def _judge_licence(seen: DisplayedNumber, address: _Address, page_url: str, facts: LinkFacts) -> LinkTarget:
    """A licence may also link to the licence system or to a copy of the licence itself."""
    if not address.flaw and facts.kind_of(address.host) is HostKind.LICENCE_SYSTEM:
        return LinkTarget("current", LinkVerdict.OK, address.host, "the system for telecom licences")
    judged = _judge_filing(seen, address, page_url, facts)
    if judged.target == "elsewhere" and not address.flaw and _is_copy(address, judged, facts):
        return LinkTarget("current", LinkVerdict.NOTICE, address.host, "a page or picture of the licence")
    return _at_most_warning(judged)


def _is_copy(address: _Address, judged: LinkTarget, facts: LinkFacts) -> bool:
    picture = re.search(r"\.(?:jpe?g|png|gif|webp|bmp|pdf)$", address.path, re.IGNORECASE)
    own_page = judged.detail == "a page of the own site" and address.path.strip("/")
    return facts.kind_of(address.host) is None and bool(picture or own_page)


def _judge_psb(seen: DisplayedNumber, address: _Address, page_url: str, facts: LinkFacts) -> LinkTarget:
    if address.flaw == "empty":
        return _missing(seen.parsed, address.detail)
    if address.flaw:
        return LinkTarget("elsewhere", LinkVerdict.WARNING, address.host, address.detail)
    kind = facts.kind_of(address.host)
    if kind in _POLICE:
        return _at_police(seen.parsed, address, kind)
    if kind in (HostKind.MIIT, HostKind.MIIT_WWW, HostKind.MIIT_RETIRED):
        return LinkTarget(
            "swapped", LinkVerdict.WARNING, address.host, "the filing system, not the police portal"
        )
    judged = _unknown_host(address, page_url, facts)
    if judged.target == "look-alike" and _imitates_in_full(address, facts):
        return judged
    return LinkTarget("elsewhere", LinkVerdict.WARNING, address.host, judged.detail)


def _at_police(number: ParsedNumber, address: _Address, kind: HostKind | None) -> LinkTarget:
    code, template = _code(address)
    if template:
        return LinkTarget("no-code", LinkVerdict.WARNING, address.host, "the link's code was never filled in")
    if len(code) == 14 and len(number.digits) == 14 and code != number.digits:
        return LinkTarget("code-mismatch", LinkVerdict.WARNING, address.host, f"code={code}")
    if not code:
        return LinkTarget("no-code", LinkVerdict.NOTICE, address.host, "the link names no number")
    if kind is HostKind.PSB_FORMER:
        return LinkTarget("old-portal", LinkVerdict.NOTICE, address.host, "former address of the portal")
    return LinkTarget("current", LinkVerdict.OK, address.host)


def _code(address: _Address) -> tuple[str, bool]:
    """The number that a police link names, and whether its parameter is an unfilled template.

    The present portal keeps it in the fragment: ``#/query/webSearch?code=…``.
    """
    text = unquote(unquote(f"{address.path}?{address.query}#{address.fragment}"))
    named = re.search(r"(?:record|web)?code=([^&#]{0,120})", text, re.IGNORECASE)
    digits = re.search(r"(?<!\d)\d{10,14}(?!\d)", named[1] if named else text)
    return (digits[0] if digits else "", bool(named and not digits))


_JUDGES: Mapping[NumberKind, Callable[[DisplayedNumber, _Address, str, LinkFacts], LinkTarget]] = (
    MappingProxyType(
        {
            NumberKind.FILING: _judge_filing,
            NumberKind.LICENCE: _judge_licence,
            NumberKind.PSB: _judge_psb,
        }
    )
)


def _flawed(address: _Address) -> LinkTarget:
    return LinkTarget(address.flaw, LinkVerdict.ERROR, address.host, address.detail)


def _by_script(number: ParsedNumber, judged: LinkTarget) -> LinkTarget:
    """A link that only a script follows: judged by its address; one that leads nowhere near a register is empty."""
    if judged.passes:
        if number.kind is NumberKind.PSB:  # the police ask for a way to the number's page, of whatever kind
            return judged
        detail = f"only a script leads to {judged.host}"
        return LinkTarget("script-only", LinkVerdict.WARNING, judged.host, detail)
    if judged.target not in ("elsewhere", "malformed"):
        return judged
    if number.kind is NumberKind.PSB:
        return _missing(number, "its script leads elsewhere")
    return LinkTarget("empty", judged.verdict, judged.host, "its script leads elsewhere")


def _missing(number: ParsedNumber, detail: str) -> LinkTarget:
    filing = number.kind is NumberKind.FILING
    return LinkTarget("missing", LinkVerdict.ERROR if filing else LinkVerdict.WARNING, "", detail)


def _at_most_warning(judged: LinkTarget) -> LinkTarget:
    if judged.verdict is not LinkVerdict.ERROR or judged.target == "look-alike":
        return judged
    return LinkTarget(judged.target, LinkVerdict.WARNING, judged.host, judged.detail)


def _is_about(seen: DisplayedNumber, judged: LinkTarget, facts: LinkFacts) -> bool:
    """An adjacent link is the number's only where it leads, or means to lead, to its register.

    A badge, a contact page or the police link of the neighbour says nothing about it.
    """
    text = seen.link.text if seen.link else ""
    kind = facts.kind_of(judged.host) if judged.host else None
    if seen.parsed.kind is NumberKind.PSB:
        return judged.target not in ("elsewhere", "swapped", "missing")
    if kind in _POLICE or kind is HostKind.BADGE or re.search(r"公.?网.?安|网安备|12377|举报", text):
        return False
    return judged.target not in ("elsewhere", "empty", "missing")


def _named_host(text: str, facts: LinkFacts) -> str:
    """The registry host that stands in that text as a whole host name, or an empty string."""
    folded = text[:4000].casefold()
    for host in facts.imitated:
        if host in folded and re.search(rf"(?<![\w.-]){re.escape(host)}(?![\w-])", folded):
            return host
    return ""


def _imitates_in_full(address: _Address, facts: LinkFacts) -> bool:
    hosts = facts.imitated
    return bool(_named_host(unquote(address.userinfo), facts)) or any(
        address.host.startswith(f"{host}.") for host in hosts
    )


_CONFUSABLE = str.maketrans("аеорсухіӏѕԁոƅ01ı", "aeopcyxilsdnboli")


def _resembles(host: str, facts: LinkFacts) -> bool:
    """True for a host made or mistyped to look like a registry's.

    >>> facts = LinkFacts({"beian.miit.gov.cn": HostKind.MIIT})
    >>> [_resembles(h, facts) for h in ("beian.miit.gov.cn.evil.example", "beian.miit.cn", "baidu.com")]
    [True, True, False]
    """
    if "." not in host or facts.kind_of(host) is not None:
        return False
    plain = _readable(host)
    official = [name for name in facts.imitated if plain == name or f".{name}." in f".{plain}."]
    if official:
        return not any(host.endswith(f".{name}") for name in official)
    words = ("miit" in plain or "mps" in plain.split(".")) and "beian" in plain
    if (words or re.search(r"(?:^|\.)beian\.gov\.", plain)) and not plain.endswith(".gov.cn"):
        return True
    # Under gov.cn the state alone registers names: beian.mot.gov.cn imitates nobody, beian.mlit.gov.cn is mistyped.
    edits = 1 if plain.endswith(".gov.cn") else 2
    return any(_within_edits(plain, name, edits) for name in facts.imitated)


def _readable(host: str) -> str:
    """A host as the eye reads it: Punycode decoded, accents dropped, Cyrillic and digit twins put back."""
    labels = []
    for label in host.split("."):
        try:
            labels.append(label[4:].encode().decode("punycode") if label.startswith("xn--") else label)
        except UnicodeError:
            labels.append(label)
    apart = unicodedata.normalize("NFD", ".".join(labels))
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_CONFUSABLE)


def _within_edits(one: str, other: str, most: int) -> bool:
    """At most so many letters differ (Levenshtein); hosts only, so never longer than 253."""
    if abs(len(one) - len(other)) > most:
        return False
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (a != b))
        if min(row) > most:
            return False
    return row[-1] <= most
