"""TLS for Twisted as ``tls.py`` is for asyncio: any certificate is read, what is wrong is kept.

One connection instead of two: pyOpenSSL asks a callback about each fault, and goes on.

Sources: pyOpenSSL and service-identity documentation; numbers of X509_STORE_CTX_get_error(3) (read 2026-11).
"""

from __future__ import annotations

import contextlib
import ssl
from typing import Any

from cryptography import x509
from OpenSSL import SSL
from OpenSSL.crypto import X509
from service_identity import VerificationError
from service_identity.pyopenssl import verify_hostname, verify_ip_address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from icpcrawl.crawl import guard
from icpcrawl.crawl.tls import TlsSeen

_PROBLEMS = {
    9: "certificate is not yet valid",
    10: "certificate has expired",
    18: "self-signed certificate",
    19: "self-signed certificate in certificate chain",
    20: "unable to get local issuer certificate",
    21: "unable to verify the first certificate",
    23: "certificate revoked",
}
_OLD = ("TLSv1", "TLSv1.1")


def reading_context(ca_file: str) -> SSL.Context:
    """Any protocol version and cipher; the system's authorities, and those of ``ca_file`` beside them.

    One for the whole run: Scrapy's own loads the bundle anew with each connection, 8 ms.
    """
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_default_verify_paths()
    if not ssl.create_default_context().cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file:
        context.load_verify_locations(ca_file)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    context.set_min_proto_version(SSL.TLS1_VERSION)
    context.set_options(getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4))
    return context


@implementer(IPolicyForHTTPS, IOpenSSLClientConnectionCreator)
class Tls:
    """The TLS of one request: makes its connection, and tells afterwards what it was worth."""

    def __init__(self, context: SSL.Context, host: str) -> None:
        self._context = context
        self._host = host
        self._problem = ""
        self._connection: SSL.Connection | None = None

    def creatorForNetloc(self, hostname: bytes, port: int) -> Tls:  # noqa: ARG002 - Twisted's signature
        return self

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:  # noqa: ARG002 - as above
        connection = SSL.Connection(self._context, None)
        connection.set_verify(SSL.VERIFY_PEER, self._go_on)
        if guard.literal(self._host) is None:
            # SNI carries names only (RFC 6066 section 3).
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        self._connection = connection
        return connection

    def _go_on(self, _: SSL.Connection, __: X509, error: int, ___: int, fine: int) -> bool:
        if not fine and not self._problem:
            self._problem = _PROBLEMS.get(error, f"certificate error {error}")
        return True

    @property
    def shaken(self) -> bool:
        """Whether the handshake came to its end."""
        return self._connection is not None and self._connection.get_peer_finished() is not None

    def seen(self) -> TlsSeen:
        """What the handshake showed; call it only once ``shaken``."""
        connection = self._connection
        if connection is None:
            return TlsSeen()
        protocol = connection.get_protocol_version_name()
        problem = self._problem or self._mismatch(connection)
        if not problem and protocol in _OLD:
            problem = "unsupported protocol"
        expires = ""
        with contextlib.suppress(ValueError, TypeError, x509.InvalidVersion):
            leaf = connection.get_peer_certificate(as_cryptography=True)
            if leaf is not None:
                expires = leaf.not_valid_after_utc.isoformat()
        return TlsSeen("unverified" if problem else "verified", problem, protocol, expires)

    def _mismatch(self, connection: SSL.Connection) -> str:
        verify = verify_hostname if guard.literal(self._host) is None else verify_ip_address
        try:
            verify(connection, self._host)
        except (VerificationError, ValueError) as error:
            kind = "Hostname" if verify is verify_hostname else "IP address"
            said = "" if isinstance(error, VerificationError) else f" ({type(error).__name__})"
            return f"{kind} mismatch, certificate is not valid for '{self._host}'.{said}"
        return ""
