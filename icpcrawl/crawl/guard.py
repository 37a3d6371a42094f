"""Which addresses are never connected to, whoever asks.

A homepage may redirect to ``http://169.254.169.254/`` and a name may answer ``10.0.0.5``:
both lead into the network of whoever runs the audit. Every address is judged here
before a byte is sent, and the socket's peer once more after the connect.

Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 as updated),
RFC 6598 (100.64/10), RFC 2544 (198.18/15), RFC 6052 (NAT64), RFC 3056 (6to4),
RFC 4380 (Teredo); cloud metadata addresses from the providers' documents. Read 2026-11.
``ipaddress.is_global`` alone passes 192.0.0.192, fec0::/10, 3fff::/20 and 64:ff9b:1::/48
on Python 3.11, hence the explicit list.
"""

from __future__ import annotations

import ipaddress
import re
import socket

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_DENIED: tuple[tuple[Network, str], ...] = tuple(
    (ipaddress.ip_network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("100.100.100.200/32", "cloud metadata"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local and cloud metadata"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignments and cloud metadata"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking, also fake answers of local proxies"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved and broadcast"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "local-use NAT64"),
        ("100::/64", "discard"),
        ("2001::/23", "protocol assignments, Teredo"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        # Everything else beside the one range that is given out, ::ffff:0:0:0/96 among it (RFC 4291, 2765).
        ("::/3", "not assigned"),
        ("4000::/2", "not assigned"),
        ("8000::/1", "not assigned"),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NUMERIC = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)


def denied(address: str | Address) -> str:
    """Why this address must not be connected to, or an empty string.

    IPv4 inside IPv6 (mapped, NAT64, 6to4) is judged as the IPv4 address it leads to.

    >>> denied("10.0.0.5"), denied("223.5.5.5"), denied("::ffff:127.0.0.1")
    ('private', '', 'loopback')
    """
    try:
        ip = ipaddress.ip_address(address) if isinstance(address, str) else address
    except ValueError:
        return "not an address"
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _embedded_ipv4(ip)
        if inner is not None:
            return denied(inner)
    for network, why in _DENIED:
        if ip.version == network.version and ip in network:
            return why
    return ""


def _embedded_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def literal(host: str) -> Address | None:
    """The address a URL host spells out, in any notation a resolver would take.

    Browsers and libc read ``2130706433``, ``0x7f.1`` and ``017700000001`` as 127.0.0.1; so
    must the guard, or the notation is a way around it.

    >>> str(literal("0x7f.1")), str(literal("[::1]")), literal("example.cn")
    ('127.0.0.1', '::1', None)
    """
    bare = host.strip("[]").split("%", 1)[0]
    try:
        return ipaddress.ip_address(bare)
    except ValueError:
        pass
    if bare and bare[0].isdigit() and _NUMERIC.fullmatch(bare):
        try:
            return ipaddress.IPv4Address(socket.inet_aton(bare))
        except OSError:
            return None
    return None
