"""What can be a site: a host name as registries know it, or a literal address."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import idna

if TYPE_CHECKING:
    import tldextract

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?!\d+(?:/|$))(/*)", re.IGNORECASE | re.ASCII)
_HALF_WIDTH = str.maketrans("：／．", ":/.")
_LONGEST_HOST = 253
_LONGEST_URL = 2000


class Refusal(Exception):
    """Why a cell cannot be a site, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class Address:
    """A cell read as a site."""

    given: str
    """The host as written."""
    host: str
    """Normalised."""
    url: str = ""
    """What to fetch; empty where the host alone was given and the ladder is climbed."""
    scheme_added: bool = False


def read_address(cell: str) -> Address:
    """A domain cell or a url cell: people write either into both.

    Raises: Refusal.

    >>> read_address("例子.中国").host
    'xn--fsqu00a.xn--fiqs8s'
    >>> read_address("https://WWW.example.cn/start")
    Address(given='WWW.example.cn', host='www.example.cn', url='https://WWW.example.cn/start', scheme_added=False)
    """
    if re.search(r"[\s\x00-\x1f\x7f]", cell):
        raise Refusal("网址或域名中有空格或换行", "a domain or URL has no spaces or line breaks inside")
    text = _half_width(cell)
    match = _SCHEME.match(text)
    if match is None:
        return _without_scheme(text)
    scheme, slashes = match[1].lower(), match[2]
    if scheme not in ("http", "https"):
        raise Refusal(
            f"不支持 {scheme}: 开头的地址，请写 http:// 或 https://",
            f"{scheme}: is no website; write http:// or https://",
        )
    if slashes != "//":
        raise Refusal("“http:” 之后应为两个斜杠", "two slashes belong behind http: or https:")
    return _with_scheme(text)


def _half_width(cell: str) -> str:
    """``http：//`` typed with a Chinese keyboard; the path is left as written."""
    head, slash, path = cell.translate(_HALF_WIDTH).partition("://")
    host, rest, _ = (path if slash else head).partition("/")
    start = len(head) + 3 if slash else 0
    end = start + len(host) + len(rest)
    return (head + slash if slash else "") + host + rest + cell[end:]


def _without_scheme(text: str) -> Address:
    bare = text.removeprefix("//")
    if ":" in bare and "/" not in bare and _is_ip6(bare):
        return Address(bare, normalised_host(bare))
    host, _, path = bare.partition("/")
    if not path and not re.search(r"[:?#@\\]", host):
        return Address(host, normalised_host(host))
    address = _with_scheme(("https://" if host.endswith(":443") else "http://") + bare)
    return Address(address.given, address.host, address.url, scheme_added=True)


def _with_scheme(url: str) -> Address:
    if len(url) > _LONGEST_URL:
        raise Refusal(f"网址超过 {_LONGEST_URL} 个字符", f"a URL of more than {_LONGEST_URL} characters")
    if "\\" in url:
        raise Refusal("网址中有反斜杠", "a URL has no backslash")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Refusal("网址的主机或端口写法有误", f"host or port of the URL is malformed: {error}") from error
    if "@" in parts.netloc:
        raise Refusal(
            "网址中不能带用户名或密码", "a URL with a user name or password would print it in every report"
        )
    if port == 0:
        raise Refusal("端口不能为 0", "there is no port 0")
    given = parts.netloc
    given = given[: given.rindex(":")] if port is not None or given.endswith(":") else given
    given = given.removeprefix("[").removesuffix("]")
    return Address(given, normalised_host(given), url)


def normalised_host(host: str) -> str:
    """Lower case, ASCII by IDNA 2008 with the UTS 46 mapping, no trailing dot.

    Raises: Refusal. A literal address passes, private ones too: the guard decides at the visit.

    Source: RFC 5891; UTS 46; RFC 1123 section 2.1. An underscore is let pass: DNS carries it.
    """
    name = host.strip().lower()
    if _is_ip6(name):
        return str(ipaddress.ip_address(name))
    if re.search(r"[,;|、；，]", name):
        raise Refusal(
            "一个单元格里有多个域名，请每行写一个", "several domains in one cell: write one per row"
        )
    name = _ascii(name).removesuffix(".")
    labels = name.split(".")
    if name == "localhost" or not name.strip("."):
        raise Refusal("不是网站域名", "this is no website's domain")
    if name.startswith("*."):
        raise Refusal(
            "不支持通配符，请逐一列出网站", "a wildcard is no website; list each one in its own row"
        )
    if _NUMBER.fullmatch(labels[-1]):
        return _ip4(name)
    if len(labels) == 1:
        raise Refusal("域名中没有点，缺少后缀（如 .cn）", "a domain has a dot and a suffix such as .cn")
    if "" in labels:
        raise Refusal("域名中有连续的点或以点开头", "a domain has no empty part between its dots")
    if len(name) > _LONGEST_HOST:
        raise Refusal(f"域名超过 {_LONGEST_HOST} 个字符", f"a domain of more than {_LONGEST_HOST} characters")
    wrong = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if wrong is not None:
        raise Refusal(f"域名中的“{wrong[:63]}”不合规范", f"'{wrong[:63]}' cannot be part of a domain")
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return _punycode_checked(name) if "xn--" in name else name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Refusal(
            "中文域名写法有误，无法转换", f"not a valid internationalised domain: {error}"
        ) from error
    except (UnicodeError, ValueError, IndexError) as error:
        raise Refusal("中文域名写法有误，无法转换", "not a valid internationalised domain") from error


def _punycode_checked(name: str) -> str:
    for label in name.split("."):
        if label.startswith("xn--"):
            try:
                label[4:].encode("ascii").decode("punycode")
            except (UnicodeError, ValueError, OverflowError) as error:
                raise Refusal(
                    f"“{label[:63]}”不是有效的 xn-- 编码", f"'{label[:63]}' is no valid xn-- form"
                ) from error
    return name


@lru_cache(maxsize=4096)
def native_form(host: str) -> str:
    """A host, or a pattern over hosts, as its readers write it: lower case, no ``xn--``.

    >>> native_form("xn--fsqu00a.xn--fiqs8s")
    '例子.中国'
    >>> native_form("＊。例子。XN--FIQS8S")
    '*.例子.中国'
    """
    plain = unicodedata.normalize("NFKC", host).lower().replace("。", ".")
    return ".".join(map(_native_label, plain.split(".")))


def _native_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label  # a pattern such as xn--*


def _ip4(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError as error:
        raise Refusal(
            "既不是域名，也不是 IPv4 地址", "neither a domain nor an IPv4 address in dotted decimal"
        ) from error


def _is_ip6(name: str) -> bool:
    if ":" not in name:
        return False
    try:
        ipaddress.IPv6Address(name)
    except ValueError:
        return False
    return True


@cache
def suffixes() -> tldextract.TLDExtract:
    """The public suffix list inside the package, both sections: one for all rooms, 10 MB each."""
    # Its defaults would go to the network for a fresh list.
    import tldextract  # behind it an HTTP client loads, a fifth of a second that most commands need not spend

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def same_registration(one: str, other: str) -> bool:
    """True where two normalised hosts belong to one registrable domain."""
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    extract = suffixes()
    first, second = (extract.extract_str(host).top_domain_under_registry_suffix for host in (one, other))
    return bool(first) and first == second
