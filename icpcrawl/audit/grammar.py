"""The patterns of filing, licence and public-security numbers, over folded text.

A number is looked for at its *head*, letters that cannot be missed (``ICP``, 公网安, ``B2``).
From there each pattern takes bounded steps; what stands before is looked up backwards. So
no pattern begins with an optional part and none can run wild on hostile text.

Sources: forms printed by the MIIT query system (beian.miit.gov.cn) and by the public
security portal (beian.mps.gov.cn); old and odd spellings from public footers, read
2026-11.
"""

from __future__ import annotations

import re

CJK = "\u3400-\u4dbf\u4e00-\u9fff"

_DOMAIN = r"\([a-zA-Z0-9][a-zA-Z0-9-]{0,60}(?:\.[a-zA-Z0-9-]{1,60}){1,3}\)"
_FILLER = rf"(?:[ 备案字序号编码证书第为是:.·_'\"“”‘’/-]|许可|登记|[Nn][Oo]|№|{_DOMAIN}){{0,14}}[(\[]?[ “\"]?"
_ENDED = r"(?![0-9]|[xX*#×○●□?]{2}|[xX*#×○●□] ?号)"
_DIGITS = rf"(?P<digits>[0-9]{{1,20}}(?: [0-9]{{1,20}}){{0,11}}){_ENDED}"
_MASK = r"(?P<mask>(?=[0-9 -]{0,16}[xX*#×○●□?])[0-9xX*#×○●□?](?:[ -]?[0-9xX*#×○●□?]){1,30})"
_CLOSE = r"[ ”\"]?[)\]]?"
# A letter set off by a space ends its line; before words it is theirs: 号-1 A座, 号-1 K歌.
_KIND = r"(?: (?=[AXKaxk] ?(?:[|/,;·)\]。、]|$)))?(?P<{}>[AXKaxk])(?![0-9A-Za-z])"
_SERIAL = (
    r"(?:"
    rf"{_CLOSE} ?号 ?[-_]{{1,2}} ?(?P<after>[0-9]{{1,4}})(?![0-9])(?:{_KIND.format('after_kind')})?(?: ?号)?"
    rf"| ?[-_]{{1,2}} ?(?P<before>[0-9]{{1,4}})(?:{_KIND.format('before_kind')})?(?![0-9-])(?P<late_hao> ?号)?"
    rf"|(?P<hao>{_CLOSE} ?号)"
    r")?"
)
_ICP = r"[Ii][ .]?[Cc][ .]?[Pp][.)\]]?"

ICP_HEAD = re.compile(r"[Ii][ .]?[Cc][ .]?[Pp]")
_BEI = rf"{_ICP} ?[-:]? ?(?:\( ?备 ?\)|备)"
FILING = re.compile(rf"{_BEI}{_FILLER}{_DIGITS}{_SERIAL}")
"""京ICP备12345678号-1 and its spellings; the province sign is looked up before ``start``."""

LIKE_DIGITS = frozenset("OoIl|")
FILING_LETTERED = re.compile(
    rf"{_BEI}{_FILLER}(?P<digits>(?=[0-9]{{0,9}}[OoIl|])[0-9OoIl|]{{8}}(?:[0-9OoIl|]{{2}})?)(?![0-9A-Za-z]){_SERIAL}"
)
"""Digits typed as the letters that look like them: 京ICP备1900465O号."""

FILING_MASKED = re.compile(rf"{_BEI}{_FILLER}{_MASK}(?: ?号)?(?: ?- ?[0-9A-Za-z*]{{1,4}})?")

SIGN_BEHIND = re.compile(rf"{_ICP} ?备?{_FILLER}(?P<sign>[{CJK}]) ?备?[ :]{{0,2}}{_DIGITS}{_SERIAL}")
"""ICP备案号：京12345678号: the sign of the province at the wrong place."""

WITHOUT_BEI = re.compile(
    rf"{_ICP}[ :-]{{0,2}}[各被倍背俻]?[ :]?(?:案|字|号|编号|第)?[ :]{{0,2}}{_DIGITS}{_SERIAL}"
)
"""京ICP12345678号: a near miss behind a known sign."""

BEI = re.compile("备")
LETTERS = re.compile(r"(?<![A-Za-z0-9|])[A-Za-z1|][A-Za-z0-9|]{1,4} ?$")
"""What stands before 备 where ICP should."""
MISSPELT = re.compile(rf"(?P<letters>[A-Za-z0-9|]{{2,5}}) ?备{_FILLER}{_DIGITS}{_SERIAL}")
"""京IPC备12345678号: a letter of ICP wrong, lost or doubled; taken only behind a known sign."""

LICENCE = re.compile(
    rf"{_ICP} ?[-:]? ?(?:\( ?证 ?\)|(?:经营)?(?:许可)?证)(?P<filler>{_FILLER}){_DIGITS}{_SERIAL}"
)
"""京ICP证030173号: licence of the old style, six digits."""

LICENCE_MASKED = re.compile(rf"{_ICP} ?(?:经营)?(?:许可)?证{_FILLER}{_MASK}(?: ?号)?")

CLASS_HEAD = re.compile(r"[ABab](?<![A-Za-z0-9_.].)(?:[12]|-[12])")
CLASS_LICENCE = re.compile(
    r"(?P<classes>[ABab](?:[12]|-[12](?:-[1-9])?)(?:(?: ?[.、,·/&和] ?)?[ABab][12]){0,4})"
    r"[)\]]?(?P<dash> ?[-_:.] ?| |)(?P<digits>(?:19|20)[0-9]{2} ?[0-9]{3,5})(?![0-9])"
    r"(?:(?: ?号)? ?[-_] ?(?P<after>[0-9]{1,4})(?P<after_kind>[AXKaxk](?![0-9A-Za-z]))?(?![0-9]))?(?: ?号)?"
)
"""粤B2-20090059-5, 合字A1.B1.B2-20180017, 滇B-2-4-20030004: licence by service class.

Classes: MIIT, Catalogue of Telecommunications Services (2015 edition, as amended).
"""

CLASS_LEAD = re.compile(
    rf"(?:(?P<joint>[(\[]?合 ?字[)\]]?[ 号第]{{0,2}})|[(\[]?(?P<sign>[{CJK}])[)\]]?)?"
    rf"(?P<icp> ?{_ICP} ?(?:备|证)[ 案字序号编码证书第:.·-]{{0,8}})? ?-? ?[(\[]?$"
)
"""What may stand before a class licence: a sign, 合字, and ``ICP备`` or ``ICP证`` between."""

PSB_HEAD = re.compile(r"公 ?[网安]|网 ?(?:公 ?安|[安监])? ?备|分局 ?备|[台络] ?备")
_PSB_WORD = (
    r"(?:公 ?网 ?(?:[安案] ?(?:全 ?|网 ?)?|监 ?)?备"
    r"|公 ?安 ?(?:机关|联网|网络|网监|网|部|局|厅|信息网络安全)? ?(?:互?联网站?|网[络站])? ?备"
    r"|公 ?网 ?安(?= ?[:号0-9])|网 ?公 ?安 ?备|网 ?[安监] ?备|分局 ?备)"
)
AUTHORITY = re.compile(
    rf"(?:省|市|[{CJK}]{{0,4}}自治区)?(?:[{CJK}]{{1,8}}[区市县州])?(?: ?公安[局厅][{CJK}]{{0,8}})? ?[:-]? ?"
)
"""What stands between a province's name and 公安局 or 分局备案: 市公安局海淀."""
BRANCH = re.compile(rf"[{CJK}]公[{CJK}]?$")
"""The head of 京公海网安备: a city's police and its branch."""

_PSB_DIGITS = rf"(?P<digits>[0-9]{{1,24}}(?: ?- ?[0-9]{{1,24}}| [0-9]{{1,24}}){{0,15}}){_ENDED}"
PSB = re.compile(rf"{_PSB_WORD}{_FILLER}(?:(?P<inner>[{CJK}]) ?)?{_PSB_DIGITS}(?P<hao>{_CLOSE} ?号)?")
"""京公网安备11010502030143号 and its spellings."""

PSB_LETTERED = re.compile(
    rf"{_PSB_WORD}{_FILLER}(?P<digits>(?=[0-9]{{0,13}}[OoIl|])[0-9OoIl|]{{14}})(?![0-9A-Za-z])(?: ?号)?"
)
PSB_MASKED = re.compile(rf"{_PSB_WORD}{_FILLER}{_MASK}(?: ?号)?")
CONNECTED = re.compile(
    r"(?:网|台|络) ?备 ?案[ 编证]{0,2}号?[ :]{0,2}(?P<digits>[0-9]{6}02[0-9]{6})(?![0-9])(?: ?号)?"
)
"""联网备案号：11010502030143, as the police call it: told by the form of its digits alone."""

_NUMBER_WORD = r"(?:no|number|nr|hao|#)?[ .:#-]{0,3}"
ENGLISH_FILING = re.compile(
    r"ICP[ -]{0,2}(?P<word>bei ?an|bei|b|filing|registration|record|recordal|preparation|licen[cs]e"
    r"|certificate|permit|reg|zheng)?\.?[ :-]{0,3}(?P<no>no|number|nr|#)?[ .:#-]{0,4}"
    r"(?P<digits>[0-9]{6,12})(?![0-9])(?: ?(?:hao|号))?(?: ?- ?(?P<after>[0-9]{1,4})(?P<after_kind>[AXKaxk])?(?![0-9A-Za-z]))?",
    re.IGNORECASE,
)
ENGLISH_PSB_HEAD = re.compile(r"[PpMmGg](?:[Uu][Bb][Ll][Ii][Cc] |[Ss][Bb]|[Pp][Ss]|[Oo][Nn][Gg] ?[WwAa])")
ENGLISH_PSB = re.compile(
    r"(?:gong ?wang ?an ?bei|gong ?an ?bei|(?<![a-z])(?P<short>psb|mps)|(?<![a-z])public (?:network |net |internet |information )?security)"
    r"(?: (?:bureau|network|internet|filing|record|registration|recordal|(?-i:[A-Z])[a-z]{1,20}|branch|sub-bureau)){0,6}"
    rf"[ ,.:-]{{0,3}}{_NUMBER_WORD}(?P<digits>[0-9]{{10,14}})(?![0-9])(?: ?(?:hao|号))?",
    re.IGNORECASE,
)

BARE_PSB = re.compile(r" ?(?P<digits>[0-9]{6}02[0-9]{6})(?: ?号)? ?")
"""Fourteen digits alone, as an owner may write them into a list."""

LICENCE_LABEL = re.compile(r"许可|经营|增值|电信|ICP|证|licen[cs]e|permit|[Zz]heng", re.IGNORECASE)
OF_GOODS = re.compile(r"合格证|图集|危险化学品|型号|车牌|起重机|特种设备|食品|楼栋|座位|版本|货号|编码")
"""What else has a class and eight digits."""
JOKE_TAIL = re.compile(rf"{_BEI}{_FILLER}(?P<digits>[A-Za-z0-9]{{1,20}})(?: ?号)?(?: ?- ?[0-9]{{1,4}})?")
PREFIX = re.compile(rf"(?:[(\[]([{CJK}])[)\]]|([{CJK}])) ?[-:(\[]? ?$")
"""The sign directly before ``ICP`` or 公, bracketed or spaced."""
PINYIN = re.compile(r"(?<![A-Za-z])([A-Za-z]{1,9}(?: [A-Z][a-z]{3,8})?)[ -]{0,3}$")
