"""A page's bytes and what was declared of them → text, with the reason for the choice.

Headers and metas lie often enough that neither is believed alone: bytes that are
valid UTF-8 are UTF-8, the rest is read in every likely encoding and the reading with
the most everyday Chinese wins.

Source: WHATWG Encoding Standard (labels) and HTML Standard, "determining the character
encoding", read 2026-11; where they would show a visitor mojibake, this reads on.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

_LABELS = {
    "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "gb_2312-80": "gb18030", "gb2312-80": "gb18030",
    "x-gbk": "gb18030", "chinese": "gb18030", "cp936": "gb18030", "ms936": "gb18030", "euc-cn": "gb18030",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs", "big-5": "big5hkscs",
    "hz-gb-2312": "hz", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932",
    "windows-31j": "cp932", "euc-jp": "euc_jp", "x-euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "windows-949": "cp949", "koi8-r": "koi8_r",
    "windows-1251": "cp1251", "windows-1252": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252",
    "ascii": "cp1252", "windows-1256": "cp1256", "utf-16": "utf-16-le", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
"""Labels as pages write them → Python's codec of the superset browsers use."""

_NAMES = {"big5hkscs": "big5", "cp932": "shift_jis", "cp949": "euc-kr", "cp1252": "windows-1252"}
_SEVEN_BIT = ("hz", "iso2022_jp")
_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,30})", re.IGNORECASE)
_XML = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.-]{2,30})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,30})", re.IGNORECASE)
_META_REACH_BYTES = 4096
_SAMPLE_BYTES = 3000
_BLOCK_BYTES, _TOGETHER_BYTES = 256, 16_000
# Written so that it begins with a class: only then are plain stretches passed over fast.
# A character's second byte is never below 0x40 but in four-byte GB18030, which pages hardly use.
_HIGH = re.compile(rb"[\x80-\xff][\x40-\x7f]?[\x80-\xff][\x40-\xff]*")

_EVERYDAY = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然"
    "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长"
    "公司网站版权所有备案号技术支持首页关于新闻产品联系中心服务信息电话地址有限科技北京上海广东企业京沪粤苏浙"
    "這個們來國說時會對為後經過發種麼動還進樣開從實與長網站權聯繫電話關於產品訊務業號備案頁聞術們將應該請點區"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page as text, and why it was read so."""

    text: str
    encoding: str
    why: str
    """One short English clause for the evidence."""
    body: bytes | None = None
    """The bytes themselves, where they were valid UTF-8."""

    @property
    def utf8(self) -> bytes:
        """The text as UTF-8."""
        return self.text.encode("utf-8", "replace") if self.body is None else self.body


def decode(body: bytes, content_type: str) -> Decoded:
    """Read a body as the text its author meant; never raises.

    Bytes that fit no encoding become U+FFFD. ``content_type`` is the header's value.
    """
    marked = _by_mark(body)
    if marked is not None:
        return marked
    header = _label((_HEADER.search(content_type) or (None, ""))[1])
    meta = _declared_inside(body)
    declared = header or meta
    if declared in _SEVEN_BIT and body.isascii():
        return Decoded(body.decode(declared, "replace"), _name(declared), "declared, seven bits")
    if (wide := _wide(body)) is not None:
        return wide
    try:
        return Decoded(body.decode("utf-8"), "utf-8", _why_utf8(body, header, meta), body)
    except UnicodeDecodeError:
        pass
    return _nearly_utf8(body, declared) or _legacy(body, header, meta)


def _by_mark(body: bytes) -> Decoded | None:
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return Decoded(body[len(mark) :].decode(codec, "replace"), codec, "byte order mark")
    return None


def _label(label: str | bytes) -> str:
    text = label.decode("ascii", "replace") if isinstance(label, bytes) else label
    return _LABELS.get(text.strip().lower(), "")


def _name(codec: str) -> str:
    return _NAMES.get(codec, codec)


def _declared_inside(body: bytes) -> str:
    head = body[:_META_REACH_BYTES]
    hit = _META.search(head) or _XML.search(head)
    codec = _label(hit[1]) if hit else ""
    # HTML Standard: a meta that could be read as ASCII cannot mean UTF-16.
    return "utf-8" if codec.startswith("utf-16") else codec


def _wide(body: bytes) -> Decoded | None:
    """UTF-16 without a mark: every other byte of the markup is zero."""
    head = body[:2000]
    half = len(head) // 2
    if half < 8 or head.count(0) < half // 2:
        return None
    codec = "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    return Decoded(body.decode(codec, "replace"), codec, "every other byte is zero")


def _why_utf8(body: bytes, header: str, meta: str) -> str:
    if (header or meta) in ("utf-8", ""):
        return "declared and valid" if header or meta else "valid UTF-8, nothing declared"
    if body.isascii():
        return "ASCII only"
    return f"valid UTF-8, though {_name(header or meta)} was declared"


def _nearly_utf8(body: bytes, declared: str) -> Decoded | None:
    """UTF-8 with a few broken bytes: characters cut in half, a stray legacy fragment."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(body) - len(text) + broken  # roughly: continuation bytes that found their place
    limit = 0.35 if declared == "utf-8" else 0.1
    if whole <= 0 or broken > max(2, limit * whole) or whole < 4 * broken:
        return None
    return Decoded(text, "utf-8", f"UTF-8 with {broken} broken characters")


def _legacy(body: bytes, header: str, meta: str) -> Decoded:
    sample = _high_sample(body)
    candidates = dict.fromkeys(c for c in (header, meta, "gb18030", "big5hkscs") if c and c != "utf-8")
    scores = {codec: _score(sample, codec) for codec in candidates}
    for codec in (header, meta):
        if codec in scores:
            scores[codec] += 0.05 * abs(scores[codec]) + 1
    best = max(scores, key=lambda codec: scores[codec])
    declared = header or meta
    if best == declared:
        why = "declared, and reads best"
    elif declared:
        why = f"reads best, though {_name(declared)} was declared"
    else:
        why = "reads best, nothing declared"
    return Decoded(_read(body, best), _name(best), why)


def _high_sample(body: bytes) -> bytes:
    """The first stretches of a body that are not plain ASCII: the only ones that tell encodings apart."""
    taken, size, telling = list[bytes](), 0, b""
    for at in range(0, len(body), _BLOCK_BYTES):
        block = body[at : at + _BLOCK_BYTES]
        if not block.isascii():
            telling += block
        if len(telling) < _TOGETHER_BYTES and at + _BLOCK_BYTES < len(body):
            continue
        for hit in _HIGH.finditer(telling):
            taken.append(hit[0])
            size += len(hit[0])
            if size > _SAMPLE_BYTES:
                return b"\n".join(taken)
        telling = b""
    return b"\n".join(taken)


def _read(body: bytes, codec: str) -> str:
    text = body.decode(codec, "replace")
    # Encoding Standard, "index gb18030": A3 A0 is the ideographic space, for which old pages use it.
    return text.replace("\ue5e5", "\u3000") if codec == "gb18030" else text


def _score(sample: bytes, codec: str) -> float:
    """How much everyday text a reading yields, broken and outlandish characters deducted."""
    counted = Counter(_read(sample, codec))
    return sum(count * _worth(char, codec) for char, count in counted.items())


@lru_cache(50_000)
def _worth(char: str, codec: str) -> float:
    if char in _EVERYDAY:
        return 3
    if "\u4e00" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3":
        return 0.5
    if "\u3040" <= char <= "\u30ff":
        return 1 if codec in ("cp932", "euc_jp") else 0.2
    if "\uff10" <= char <= "\uff3a" or char in "。，、：；！？《》（）“”":
        return 1.5
    if char == "\ufffd" or "\x80" <= char <= "\x9f":
        return -4
    if "\ue000" <= char <= "\uf8ff":  # another encoding's characters, or icons
        return -2
    if "\uff61" <= char <= "\uff9f":
        return -1
    return 0.6 if char > "\u0400" and codec in ("cp1251", "koi8_r", "cp1256") else 0
