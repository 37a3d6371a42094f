"""Bodies as they travel → bodies as they were written: gzip, deflate, br and zstd undone.

Scrapy's middleware hands on as much as it could unpack and does not say that the rest is
missing; half a page would then read as "number missing". Here the end of the stream counts.

Sources: RFC 9110 section 8.4.1, RFC 9659 (zstd windows); what Chrome does with codings it does not know.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPTED = "gzip, deflate, br, zstd"
MAX_CODINGS = 3
"""A gzip file can unpack to itself: "gzip" a thousand times over would be work without end."""
_PIECE_BYTES = 65_536
_GZIP_MAGIC = b"\x1f\x8b"
_WINDOW_LOG = 23
"""8 MB, the most that RFC 9659 lets a server ask for."""


class TooLargeError(Exception):
    """More than the cap comes out; a bomb, or a page that nobody reads."""


def unpacked(body: bytes, codings: str, max_bytes: int) -> tuple[bytes, str]:
    """The body without its content codings, and why it is not whole (empty when it is).

    Codings nobody knows (``utf-8``, ``none``) are passed over, as browsers do.
    Raises ``TooLargeError`` beyond ``max_bytes``.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    if len(names) > MAX_CODINGS:
        return b"", f"{len(names)} content codings"
    cut = ""
    for name in reversed(names):
        if not body:
            break
        whole = bytearray()
        try:
            for piece in _pieces(body, name):
                whole += piece
                if len(whole) > max_bytes:
                    raise TooLargeError(f"more than {max_bytes} bytes when unpacked")
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            cut = f"{name}: {error}"
        body = bytes(whole)
    return body, cut


def _pieces(body: bytes, coding: str) -> Iterator[bytes]:
    match coding:
        case "gzip" | "x-gzip":
            yield from _inflated(body, 31)
        case "deflate":
            # Some servers send the raw stream without its two bytes of header.
            is_wrapped = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
            yield from _inflated(body, 15 if is_wrapped else -15)
        case "br":
            yield from _unbrotlied(body)
        case "zstd":
            yield from _unzstandardised(body)
        case _:
            yield body


def _inflated(body: bytes, window_bits: int) -> Iterator[bytes]:
    while body:
        stream = zlib.decompressobj(window_bits)
        rest = body
        while not stream.eof:
            piece = stream.decompress(rest, _PIECE_BYTES)
            rest = stream.unconsumed_tail
            if not piece and not rest and not stream.eof:
                raise EOFError("the stream ends early")
            yield piece
        # Several gzip members in a row are one body; anything else behind the end is padding.
        body = stream.unused_data if stream.unused_data.startswith(_GZIP_MAGIC) else b""


def _unbrotlied(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    yield stream.process(body, output_buffer_limit=_PIECE_BYTES)
    while not stream.is_finished():
        piece = stream.process(b"", output_buffer_limit=_PIECE_BYTES)
        if not piece:
            raise EOFError("the stream ends early")
        yield piece


def _unzstandardised(body: bytes) -> Iterator[bytes]:
    while body:
        stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})
        yield stream.decompress(body, _PIECE_BYTES)
        while not stream.eof:
            piece = stream.decompress(b"", _PIECE_BYTES)
            if not piece and stream.needs_input:
                raise EOFError("the stream ends early")
            yield piece
        body = stream.unused_data
