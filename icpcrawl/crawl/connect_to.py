"""``--connect-to HOST1:PORT1:HOST2:PORT2``, with curl's meaning.

Requests for HOST1:PORT1 are sent to HOST2:PORT2; an empty part means *any* on the left and
*unchanged* on the right. Names are asked and judged as ever: only the connection goes elsewhere.

Source: curl manual, ``--connect-to`` (read 2026-11).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

import idna

from icpcrawl.errors import UsageError

_FORM = re.compile(r"(?P<h1>\[[^\]]*\]|[^:\[\]]*):(?P<p1>\d*):(?P<h2>\[[^\]]*\]|[^:\[\]]*):(?P<p2>\d*)")


@dataclass(frozen=True, slots=True)
class ConnectTo:
    host: str
    """Empty = any host."""
    port: int
    """0 = any port."""
    to_host: str
    """An IP address; empty = the address the DNS gave."""
    to_port: int
    """0 = unchanged."""

    def applies(self, host: str, port: int) -> bool:
        return self.host in ("", host) and self.port in (0, port)


def parse_connect_to(text: str) -> ConnectTo:
    """One rule.

    Raises ``UsageError`` for anything but four parts with an IP address (or nothing) on the right:
    a name there would have to be resolved past the guard.

    >>> parse_connect_to("::127.0.0.1:8443")
    ConnectTo(host='', port=0, to_host='127.0.0.1', to_port=8443)
    """
    remedy = "write HOST1:PORT1:HOST2:PORT2 with an IP address as HOST2, e.g. ::127.0.0.1:8443"
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--connect-to {text!r} has not four parts", remedy=remedy)
    to_host = match["h2"].strip("[]")
    if to_host:
        if to_host == "localhost":
            to_host = "127.0.0.1"
        try:
            ipaddress.ip_address(to_host)
        except ValueError:
            raise UsageError(
                f"--connect-to {text!r}: {to_host!r} is not an IP address", remedy=remedy
            ) from None
    ports = [int(match[part] or 0) for part in ("p1", "p2")]
    if any(port > 65535 for port in ports):
        raise UsageError(f"--connect-to {text!r}: a port above 65535", remedy=remedy)
    host = match["h1"].strip("[]").lower().rstrip(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise UsageError(f"--connect-to {text!r}: {host!r} is not a host name", remedy=remedy) from None
    return ConnectTo(host, ports[0], to_host, ports[1])


def rule_for(rules: Sequence[ConnectTo], host: str, port: int) -> ConnectTo | None:
    """The first rule that applies, as curl does."""
    return next((rule for rule in rules if rule.applies(host, port)), None)
