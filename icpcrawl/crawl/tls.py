"""What TLS is worth on the way to a homepage: verified where it can be, read all the same.

Sources: the standard library's ``ssl`` and OpenSSL 3 documentation (read 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from icpcrawl.errors import DataFileError


@dataclass(frozen=True, slots=True)
class TlsSeen:
    """What the TLS layer of the last hop was worth; empty over plain http."""

    state: str = ""
    problem: str = ""
    protocol: str = ""
    expires: str = ""


def verified_context(ca_file: str | None) -> ssl.SSLContext:
    """The system's authorities, and those of ``ca_file`` beside them.

    One context for the whole run: loading the bundle costs 8 ms, too much per connection, and
    the handler for plain http needs none.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            remedy = "give --ca-file a readable file of PEM certificates"
            raise DataFileError(
                f"cannot be read as certificates ({error})", file=Path(ca_file), remedy=remedy
            ) from None
    return context


def lenient_context() -> ssl.SSLContext:
    """Any certificate, any protocol version: to read what a browser would warn of."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 0x4)
    import warnings

    with warnings.catch_warnings():
        # TLS 1.0 is deprecated, which is why those sites need naming, not hiding.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


def tls_problem(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.reason or str(error)).replace("_", " ").lower()


def tls_seen(writer: asyncio.StreamWriter, verified: bool) -> TlsSeen:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    expires = ""
    with contextlib.suppress(ValueError, TypeError, x509.InvalidVersion):
        der = tls.getpeercert(binary_form=True)
        if der:
            expires = x509.load_der_x509_certificate(der).not_valid_after_utc.isoformat()
    return TlsSeen("verified" if verified else "unverified", "", tls.version() or "", expires)
