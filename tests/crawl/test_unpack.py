"""Content codings undone: whole bodies come out whole, cut ones say so, nothing else happens."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from icpcrawl.crawl.unpack import TooLargeError, unpacked

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": lambda body: brotli.compress(body, quality=4),
    "zstd": zstd.compress,
}
codings = st.sampled_from(sorted(PACK))


@given(st.binary(max_size=3000), st.lists(codings, max_size=3))
def test_what_was_packed_comes_out_whole(body: bytes, names: list[str]) -> None:
    wire = body
    for name in names:
        wire = PACK[name](wire)
    assert unpacked(wire, ", ".join(names), 10_000) == (body, "")


@given(st.binary(min_size=1, max_size=3000), codings, st.data())
def test_what_was_cut_says_so_and_is_a_beginning(body: bytes, name: str, data: st.DataObject) -> None:
    wire = PACK[name](body)
    some = wire[: data.draw(st.integers(1, len(wire) - 1))]
    out, cut = unpacked(some, name, 10_000)
    assert body.startswith(out)
    # zstd's last bytes may be a checksum or nothing; deflate's end mark shares its byte with the text.
    assert cut or out == body


@given(
    st.binary(max_size=300), st.sampled_from([*PACK, "x-gzip", "identity", "none", "", "gzip,br", "zstd,,"])
)
def test_no_bytes_can_break_it(noise: bytes, name: str) -> None:
    unpacked(noise, name, 10_000)


@pytest.mark.parametrize("name", PACK)
def test_a_bomb_is_left_at_the_cap(name: str) -> None:
    bomb = PACK[name](bytes(50_000_000))
    began = time.process_time()
    with pytest.raises(TooLargeError, match="more than 1000000 bytes"):
        unpacked(bomb, name, 1_000_000)
    assert time.process_time() - began < 0.5


def test_a_window_of_gigabytes_is_refused() -> None:
    stream = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    wide = stream.compress(b"x" * 1000, stream.FLUSH_BLOCK) + stream.flush()
    assert zstd.decompress(wide) == b"x" * 1000
    assert unpacked(wide, "zstd", 10_000) == (
        b"",
        "zstd: Unable to decompress Zstandard data: Frame requires too much memory for decoding",
    )
