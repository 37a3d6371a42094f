"""Observations and audits ⇄ the bytes the history keeps: msgpack, compressed with zstd.

A page's body is kept once under its SHA-256, apart from the record that mentions it:
a homepage that has not changed overnight costs nothing the second time. The record
holds each body's digest in the body's place, so the record's own digest vouches for
the bodies too. Times are kept apart as well, see ``moments``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from icpcrawl.audit.site_audit import SiteAudit
from icpcrawl.errors import StoreError
from icpcrawl.history.moments import Moments, put_back, take_out
from icpcrawl.observation import SCHEMA, Observation, Page

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

OBSERVATION_SCHEMA = SCHEMA

AUDIT_SCHEMA = 1
"""Version of the stored audit; raise it with every change of a field's meaning."""

RECORD_LEVEL = 3
BODY_LEVEL = 1
"""zstd levels. Bodies at 1: 100 KB in a quarter of a millisecond, a tenth larger than at 3."""

_encode = msgspec.msgpack.Encoder().encode
_decode_observation = msgspec.msgpack.Decoder(Observation).decode
_decode_moments = msgspec.msgpack.Decoder(Moments).decode
_decode_audit = msgspec.msgpack.Decoder(SiteAudit).decode

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class EncodedObservation:
    record: bytes
    """Compressed."""
    digest: bytes
    """SHA-256 of the uncompressed record."""
    bodies: tuple[tuple[bytes, bytes], ...]
    """(SHA-256, raw body) of every page, each digest once."""
    body_digest: bytes
    """SHA-256 of the homepage's body; empty where no page was seen."""
    moments: bytes
    """When it was seen, of which the record and its digest know nothing."""


def encode_observation(observation: Observation) -> EncodedObservation:
    bodies: dict[bytes, bytes] = {}

    def keep(page: Page) -> Page:
        digest = hashlib.sha256(page.body).digest()
        bodies[digest] = page.body
        return dataclasses.replace(page, body=digest)

    timeless, moments = take_out(observation)
    stripped = _with_pages(timeless, keep)
    record = _encoded(stripped)
    page = stripped.fetched.page
    return EncodedObservation(
        zstd.compress(record, RECORD_LEVEL),
        hashlib.sha256(record).digest(),
        tuple(bodies.items()),
        page.body if page is not None else b"",
        _encoded(moments),
    )


def decode_observation(
    record: bytes,
    moments: bytes,
    schema: int,
    body: Callable[[bytes], bytes] | None,
    *,
    of: str,
    digest: bytes = b"",
) -> Observation:
    """The observation as it was seen; ``body`` finds a page's bytes by digest.

    Without ``body`` every ``Page.body`` is left empty. ``of`` names the record in an error;
    ``digest`` is the SHA-256 it is kept under and is held against it.
    """
    stored = _decoded(record, schema, OBSERVATION_SCHEMA, _decode_observation, of=of, digest=digest)
    try:
        seen = put_back(stored, _decode_moments(moments))
    except (msgspec.MsgspecError, ValueError) as error:
        raise damaged(of, str(error)) from error
    return _with_pages(seen, lambda page: dataclasses.replace(page, body=body(page.body) if body else b""))


def without_bodies(observation: Observation) -> Observation:
    """The observation with every ``Page.body`` left empty, as reports keep it."""
    return _with_pages(observation, lambda page: dataclasses.replace(page, body=b""))


def encode_audit(audit: SiteAudit) -> bytes:
    return bytes(zstd.compress(_encoded(audit), RECORD_LEVEL))


def decode_audit(record: bytes, schema: int, *, of: str) -> SiteAudit:
    return _decoded(record, schema, AUDIT_SCHEMA, _decode_audit, of=of)


def compress_body(body: bytes) -> bytes:
    return bytes(zstd.compress(body, BODY_LEVEL))


def decompress_body(stored: bytes, digest: bytes) -> bytes:
    """The body's bytes, checked against the digest they are kept under."""
    try:
        body = bytes(zstd.decompress(stored))
    except zstd.ZstdError as error:
        raise damaged(f"page {digest.hex()}", str(error)) from error
    if hashlib.sha256(body).digest() != digest:
        raise damaged(f"page {digest.hex()}", "the bytes do not match their SHA-256")
    return body


def _with_pages(observation: Observation, change: Callable[[Page], Page]) -> Observation:
    fetched = observation.fetched
    if fetched.page is None and not fetched.companions:
        return observation
    changed = dataclasses.replace(
        fetched,
        page=change(fetched.page) if fetched.page is not None else None,
        companions=tuple(change(page) for page in fetched.companions),
    )
    return dataclasses.replace(observation, fetched=changed)


def _encoded(value: object) -> bytes:
    try:
        return _encode(value)
    except (UnicodeEncodeError, OverflowError):
        # A lone surrogate or an absurd number out of a hostile page is no reason to lose the site.
        return _encode(_storable(msgspec.to_builtins(value, builtin_types=(bytes,))))


_LARGEST = 2**63 - 1


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int):
        return value if isinstance(value, bool) else max(-_LARGEST, min(value, _LARGEST))
    if isinstance(value, dict):
        return {_storable(k): _storable(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(v) for v in value]
    return value


def _decoded(
    record: bytes, schema: int, known: int, decode: Callable[[bytes], T], *, of: str, digest: bytes = b""
) -> T:
    if schema > known:
        raise StoreError(
            f"{of} was stored by a newer icpcrawl (form {schema}, this one knows {known})",
            remedy="upgrade icpcrawl, or audit into another folder",
        )
    try:
        plain = zstd.decompress(record)
        if digest and hashlib.sha256(plain).digest() != digest:
            raise damaged(of, "the record does not match its SHA-256")
        return decode(plain)
    except (zstd.ZstdError, msgspec.MsgspecError) as error:
        raise damaged(of, str(error)) from error


def damaged(of: str, why: str) -> StoreError:
    return StoreError(
        f"{of} cannot be read back: {why}",
        remedy="the history file is damaged: keep a copy, move it away, and audit again",
    )
