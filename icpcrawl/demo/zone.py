"""What the loopback web knows: names and their addresses, hosts and their pages. Values only."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

HTML = "text/html; charset=utf-8"

MAINLAND_CLIENTS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "202.96.0.0/12",
        "202.112.0.0/14",
        "219.141.136.0/24",
        "221.130.33.0/24",
        "211.136.0.0/14",
        "210.21.196.0/24",
        "210.22.70.0/24",
        "61.128.0.0/10",
        "119.6.6.0/24",
        "218.30.19.0/24",
        "114.240.0.0/12",
        "113.108.0.0/16",
        "2408:8000::/20",
        "240e::/20",
    )
)
"""Client networks of mainland carriers, enough for every mainland vantage in use."""


@dataclass(frozen=True, slots=True)
class Records:
    """What one kind of client is told of one name."""

    a: tuple[str, ...] = ()
    aaaa: tuple[str, ...] = ()
    cname: str = ""
    """Where set, the addresses are those of the name it points to."""


class NameTrouble(StrEnum):
    """Ways in which a name server fails to answer."""

    SERVFAIL = "servfail"
    REFUSED = "refused"
    SILENT = "silent"
    """The question is dropped: the asker waits until its patience ends."""
    TRUNCATED = "truncated"
    """Over UDP only the truncation bit; the answer is had over TCP."""
    LONE_CNAME = "lone-cname"
    """The CNAME without what it leads to."""
    GARBAGE = "garbage"
    """Over UDP, bytes that are no DNS message come before the answer."""
    FORGED_ID = "forged-id"
    """Over UDP, a false answer under another message id comes first, as a blind forger sends it."""
    FORGED_QUESTION = "forged-question"
    """Over UDP, an answer to a question that nobody asked comes first."""


@dataclass(frozen=True, slots=True)
class Name:
    """One name, as each kind of client is told."""

    everyone: Records = Records()
    mainland: Records | None = None
    """For client subnets of mainland carriers; None = as everyone."""
    overseas: Records | None = None
    """For other client subnets; None = as everyone."""
    trouble: NameTrouble | None = None
    ttl_s: int = 300

    @property
    def tailored(self) -> bool:
        return self.mainland is not None or self.overseas is not None

    def seen_by(self, subnet: str | None) -> Records:
        """The records for a client subnet (``202.96.209.0/24``), or for one that sent none."""
        if subnet is None:
            return self.everyone
        view = self.mainland if is_mainland_client(subnet) else self.overseas
        return self.everyone if view is None else view


def is_mainland_client(subnet: str) -> bool:
    """Whether a client subnet belongs to a mainland carrier.

    >>> is_mainland_client("202.96.209.0/24"), is_mainland_client("85.214.0.0/24")
    (True, False)
    """
    address = ipaddress.ip_network(subnet, strict=False).network_address
    return any(address.version == network.version and address in network for network in MAINLAND_CLIENTS)


class Ending(StrEnum):
    """How a body comes to its end."""

    WHOLE = "whole"
    CHUNKED = "chunked"
    CUT = "cut"
    """Half of what Content-Length promised, then the connection closes."""
    CUT_CHUNK = "cut-chunk"
    """The connection closes inside a chunk."""
    ENDLESS = "endless"
    """The body is repeated for as long as somebody reads."""
    RESET = "reset"
    """Connection reset instead of an answer."""
    RESET_BEHIND = "reset-behind"
    """Connection reset a moment after the answer, or after as much of one as ``Answer.raw`` holds."""
    SILENT = "silent"
    """The request is read and never answered."""
    DRIP = "drip"
    """A few bytes at a time, with a pause between: see ``Answer.wait_s``."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    body: bytes = b""
    status: int = 200
    content_type: str = HTML
    """Empty = no Content-Type header at all."""
    headers: tuple[tuple[str, str], ...] = ()
    gzip: bool = False
    wait_s: float = 0.0
    """Pause before the first byte; for ``Ending.DRIP`` between any two pieces."""
    ending: Ending = Ending.WHOLE
    raw: bytes = b""
    """The whole answer as it goes over the wire, instead of all of the above."""


def redirect(location: str, status: int = 301) -> Answer:
    """An answer that sends the visitor elsewhere."""
    return Answer(b"", status, HTML, (("Location", location),))


class Tls(StrEnum):
    """What a host offers on port 443."""

    TRUSTED = "trusted"
    EXPIRED = "expired"
    SELF_SIGNED = "self-signed"
    OTHER_NAME = "other-name"
    """A good certificate of another host, as a shared server's default site shows."""
    CLOSED = "closed"
    """Nothing listens: connection refused."""
    RESET = "reset"
    """The connection is reset once the client has named the host (SNI)."""
    PLAIN = "plain"
    """HTTP without TLS."""


@dataclass(frozen=True, slots=True)
class Host:
    """One virtual host: path → answer, over https and over http."""

    pages: Mapping[str, Answer]
    http_pages: Mapping[str, Answer] | None = None
    """None = the same pages over plain http."""
    tls: Tls = Tls.TRUSTED
    http_closed: bool = False
    """Nothing listens on port 80."""

    def answer(self, path: str, secure: bool) -> Answer:
        pages = self.pages if secure or self.http_pages is None else self.http_pages
        found = pages.get(path) or pages.get(path.split("?", 1)[0]) or pages.get("*")
        return found or NOT_FOUND


NOT_FOUND = Answer(
    b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
    b"<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    404,
    "text/html",
)
NO_SUCH_HOST = Answer(NOT_FOUND.body.replace(b"404 Not Found", b"421 Misdirected Request"), 421, "text/html")


@dataclass(frozen=True, slots=True)
class Zone:
    """All names and hosts of one loopback web. Lower case, IDNA ASCII, no trailing dot."""

    names: Mapping[str, Name] = field(default_factory=lambda: MappingProxyType({}))
    hosts: Mapping[str, Host] = field(default_factory=lambda: MappingProxyType({}))

    def __or__(self, other: Zone) -> Zone:
        """Both together; the right one wins where both know a name."""
        return Zone({**self.names, **other.names}, {**self.hosts, **other.hosts})
