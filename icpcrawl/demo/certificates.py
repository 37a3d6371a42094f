"""Certificates for the loopback web: a throw-away authority and one leaf per host, made when asked for.

Nothing here outlives the process: the authority's key is never written to disk.
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from icpcrawl.demo.zone import Host, Tls

KEPT_CONTEXTS = 2_000
FALLBACK_NAME = "default.loopback.invalid"


class Certificates:
    """Chooses a certificate by the host the client names (SNI)."""

    def __init__(self, hosts: Mapping[str, Host]) -> None:
        self.hosts = hosts
        self._authority = trustme.CA(
            organization_name="icpcrawl loopback", organization_unit_name="throw-away"
        )
        self._stranger = trustme.CA(organization_name="Nobody", organization_unit_name="untrusted")
        self._kept: OrderedDict[tuple[str, Tls], ssl.SSLContext] = OrderedDict()

    def write_authority(self, file: Path) -> None:
        """The authority's certificate as PEM, for ``--ca-file``."""
        self._authority.cert_pem.write_to_path(str(file))

    def server_context(self) -> ssl.SSLContext:
        """The context to listen with; it is exchanged once the client has named a host."""
        context = self._context(FALLBACK_NAME, Tls.OTHER_NAME)

        def choose(tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name:
                host = self.hosts.get(name.lower())
                tls.context = self._context(name.lower(), host.tls if host else Tls.OTHER_NAME)

        context.sni_callback = choose
        return context

    def _context(self, name: str, tls: Tls) -> ssl.SSLContext:
        name = FALLBACK_NAME if tls is Tls.OTHER_NAME else name
        if (name, tls) not in self._kept:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._leaf(name, tls).configure_cert(context)
            self._kept[name, tls] = context
            if len(self._kept) > KEPT_CONTEXTS:
                self._kept.popitem(last=False)
        return self._kept[name, tls]

    def _leaf(self, name: str, tls: Tls) -> trustme.LeafCert:
        if tls is Tls.SELF_SIGNED:
            return self._stranger.issue_cert(name)
        if tls is Tls.EXPIRED:
            midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            ended = midnight - timedelta(days=40)
            return self._authority.issue_cert(name, not_before=ended - timedelta(days=365), not_after=ended)
        return self._authority.issue_cert(name)
