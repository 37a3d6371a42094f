"""The patterns of filing, licence and public-security numbers, over folded text.

Every pattern starts at letters that cannot be missed (``ICP``, 备, ``B2``) and takes
bounded steps from there: what stands before is looked up backwards, so no pattern
begins with an optional part and none can run wild on hostile text.

Sources: forms printed by the MIIT query system (beian.miit.gov.cn) and by the public
security portal (beian.mps.gov.cn); old and odd spellings from public footers, read
2026-11.
"""

from __future__ import annotations

import re

CJK = "\u3400-\u4dbf\u4e00-\u9fff"

_FILLER = r"(?:[ 案字序号编码证书第为是:.·_'\"-]|许可|\([a-zA-Z0-9][a-zA-Z0-9.-]{2,60}\)){0,14}[(\[]? ?"
_DIGITS = r"(?P<digits>[0-9]{1,20}(?: [0-9]{1,20}){0,5})(?![0-9])"
_MASK = r"(?P<mask>(?=[0-9 -]{0,16}[xX*#×○●□?])[0-9xX*#×○●□?](?:[ -]?[0-9xX*#×○●□?]){1,30})"
_SERIAL = (
    r"(?:"
    r" ?[)\]]? ?号 ?[-_]{1,2} ?(?P<after>[0-9]{1,4})(?![0-9])(?: ?(?P<after_kind>[AXKaxk])(?![0-9A-Za-z]))?(?: ?号)?"
    r"| ?[-_]{1,2} ?(?P<before>[0-9]{1,4})(?: ?(?P<before_kind>[AXKaxk])(?![0-9A-Za-z]))?(?![0-9-])(?P<late_hao> ?号)?"
    r"|(?P<hao> ?[)\]]? ?号)"
    r")?"
)
_ICP = r"[Ii] ?[Cc] ?[Pp]"

FILING = re.compile(rf"{_ICP} ?[-:]? ?(?:\( ?备 ?\)|备){_FILLER}{_DIGITS}{_SERIAL}")
"""京ICP备12345678号-1 and its spellings; the province sign is looked up before ``start``."""

FILING_MASKED = re.compile(
    rf"{_ICP} ?[-:]? ?(?:\( ?备 ?\)|备){_FILLER}{_MASK}(?: ?号)?(?: ?- ?[0-9A-Za-z*]{{1,4}})?"
)

MISSPELT = re.compile(
    rf"(?:(?:[CIT1l|][PC]|IP[CG]|IC[BDO0]|[lT1|]CP|ICPP|IICP|ICCP|CIP|PIC) ?备{_FILLER}"
    rf"|{_ICP}[ :-]{{0,2}}[各被倍背俻]?[ :]?(?:案|字|号|编号|第)?[ :]{{0,2}}){_DIGITS}{_SERIAL}"
)
"""Near misses: a letter of ICP wrong, or 备 missing; taken only behind a known sign."""

LICENCE = re.compile(
    rf"{_ICP} ?[-:]? ?(?:\( ?证 ?\)|(?:经营)?(?:许可)?证)(?P<filler>{_FILLER}){_DIGITS}{_SERIAL}"
)
"""京ICP证030173号: licence of the old style, six digits."""

LICENCE_MASKED = re.compile(rf"{_ICP} ?(?:经营)?(?:许可)?证{_FILLER}{_MASK}(?: ?号)?")

CLASS_LICENCE = re.compile(
    r"(?<![A-Za-z0-9_.\-])"
    r"(?P<classes>[AB](?:[12]|-[12](?:-[1-9])?)(?: ?[.、,·/&和] ?[AB][12]){0,4})"
    r"(?: ?- ?| )(?P<digits>(?:19|20)[0-9]{5,7})(?![0-9])"
    r"(?:(?: ?号)? ?[-_] ?(?P<after>[0-9]{1,4})(?P<after_kind>[AXKaxk](?![0-9A-Za-z]))?(?![0-9]))?(?: ?号)?"
)
"""粤B2-20090059-5, 合字A1.B1.B2-20180017, 滇B-2-4-20030004: licence by service class.

Classes: MIIT, Catalogue of Telecommunications Services (2015 edition, as amended).
"""

CLASS_LEAD = re.compile(
    rf"(?:(?P<joint>合 ?字)|\(?(?P<sign>[{CJK}])\)?)?"
    rf"(?P<icp> ?{_ICP} ?(?:备|证)[ 案字序号编码证书第:.·-]{{0,8}})? ?[(]?$"
)
"""What may stand before a class licence: a sign, 合字, and ``ICP备`` or ``ICP证`` between."""

_PSB_WORD = (
    r"(?:公 ?网 ?安 ?(?:网 ?)?备|公 ?安 ?(?:机关|联网|网络|网监|网|部|局|厅|信息网络安全)? ?(?:联网|网络)? ?备|公 ?网 ?备"
    r"|网 ?安 ?备|公 ?网 ?安(?= ?[:号0-9])|分局 ?备)"
)
AUTHORITY = re.compile(
    rf"(?:省|市|[{CJK}]{{0,4}}自治区)?(?:[{CJK}]{{1,8}}[区市县州])?(?: ?公安[局厅][{CJK}]{{0,8}})? ?[:-]? ?"
)
"""What stands between a province's name and 公安局 or 分局备案: 市公安局海淀."""

_PSB_DIGITS = r"(?P<digits>[0-9]{1,24}(?: ?- ?[0-9]{1,24}| [0-9]{1,24}){0,6})(?![0-9])"
PSB = re.compile(rf"{_PSB_WORD}{_FILLER}{_PSB_DIGITS}(?P<hao> ?[)\]]? ?号)?")
"""京公网安备11010502030143号 and its spellings."""

PSB_MASKED = re.compile(rf"{_PSB_WORD}{_FILLER}{_MASK}(?: ?号)?")

_NUMBER_WORD = r"(?:no|number|nr|hao|#)?[ .:#-]{0,3}"
ENGLISH_FILING = re.compile(
    r"(?<![A-Za-z])ICP[ -]{0,2}(?P<word>bei ?an|bei|b|filing|registration|record|recordal|preparation|licen[cs]e"
    r"|certificate|permit|reg|zheng)?\.?[ :-]{0,3}(?P<no>no|number|nr|#)?[ .:#-]{0,4}"
    r"(?P<digits>[0-9]{6,12})(?![0-9])(?: ?(?:hao|号))?(?: ?- ?(?P<after>[0-9]{1,4})(?P<after_kind>[AXKaxk])?(?![0-9A-Za-z]))?",
    re.IGNORECASE,
)
ENGLISH_PSB = re.compile(
    r"(?<![A-Za-z])(?:gong ?wang ?an ?bei|gong ?an ?bei|public (?:network )?security"
    r"(?: (?:bureau|network|internet|filing|record|registration|recordal|(?-i:[A-Z])[a-z]{1,20}|branch|sub-bureau)){0,6})"
    rf"[ ,.:-]{{0,3}}{_NUMBER_WORD}(?P<digits>[0-9]{{10,14}})(?![0-9])(?: ?(?:hao|号))?",
    re.IGNORECASE,
)

BARE_PSB = re.compile(r" ?(?P<digits>[0-9]{6}02[0-9]{6})(?: ?号)? ?")
"""Fourteen digits alone, as an owner may write them into a list."""

LICENCE_LABEL = re.compile(r"许可|经营|增值|电信|ICP|证|licen[cs]e|permit|[Zz]heng", re.IGNORECASE)
JOKE_TAIL = re.compile(rf"{_ICP} ?备{_FILLER}(?P<digits>[A-Za-z0-9]{{1,20}})(?: ?号)?(?: ?- ?[0-9]{{1,4}})?")
PREFIX = re.compile(rf"(?:[(\[]([{CJK}])[)\]]|([{CJK}])) ?[-:]? ?$")
"""The sign directly before ``ICP`` or 公, bracketed or spaced."""
PINYIN = re.compile(r"(?<![A-Za-z])([A-Za-z]{1,9}(?: [A-Z][a-z]{3,8})?)[ -]{0,3}$")
