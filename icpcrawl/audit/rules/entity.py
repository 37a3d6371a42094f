"""Does the page speak for the entity that holds the filing?

Sources: Order 33 (2005, as amended) art. 22(2) and 23: service within the filed items, true
filing data; MIIT notice (2017) 264: the domain belongs to the filing entity or its people.
From outside nobody sees the holder, so these rules need the owner's columns to speak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from icpcrawl.audit.case import Case, Rule
from icpcrawl.audit.finding import Confidence, Finding, Severity
from icpcrawl.audit.rules.licence import strong_signs
from icpcrawl.audit.rules.wording import about_site

_COMPANY = re.compile(r"有限(?:责任)?公司|股份公司|集团(?=公司|有限|股份|官网|[^一-鿿]|$)")
_ABROAD = re.compile(r"香港|澳门|台湾|澳門|臺灣|\b(?:inc|ltd|llc|gmbh|s\.?a|plc|corp)\b", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:中国|北京|上海|天津|重庆|深圳|广州|杭州|南京|成都|武汉|西安|苏州|[一-鿿]{2,3}(?:省|市|自治区|区|县))"
    r"|有限责任公司|股份有限公司|有限公司|股份公司|集团|公司|信息|技术|科技|网络|文化|传媒|贸易|实业|投资|管理|咨询|服务"
    r"|软件|电子|商务|发展|国际|控股|广告|教育|数据|智能|互联网|互动|通讯|通信|产业|[（）()\s,，.。·]"
)


def personal_with_business_look(case: Case) -> Iterator[Finding]:
    """A filing held by a person, on a page that names a company or sells."""
    if case.site.entity_kind != "person" or not case.reading or not case.required:
        return
    named = _COMPANY.search(f"{case.reading.title} {case.reading.copyright_holder}")
    signs = [*([named[0]] if named else []), *strong_signs(case)]
    if signs:
        yield about_site(
            "entity-personal-with-business-look",
            Severity.WARNING,
            confidence=Confidence.MEDIUM,
            observed=f"{case.reading.title}: {', '.join(signs)}",
            where="title, ©",
        )


def holder_differs(case: Case) -> Iterator[Finding]:
    """The © line names another mainland company than the portfolio does."""
    holder = case.reading.copyright_holder if case.reading else ""
    if not case.site.entity or case.site.entity_kind == "person" or not case.landing_is_ours:
        return
    if not _COMPANY.search(holder) or _ABROAD.search(holder) or not _COMPANY.search(case.site.entity):
        return
    if _is_traditional(holder) != _is_traditional(case.site.entity):
        return  # the same name may be written in both scripts
    ours = (case.site.entity, case.site.group, case.site.name, *(each.holder for each in case.registered))
    if any(related(holder, each) for each in ours if each):
        return
    yield about_site(
        "entity-holder-differs",
        Severity.WARNING,
        confidence=Confidence.LOW,
        subject=holder,
        observed=holder,
        expected=case.site.entity,
        where="©",
    )


_TRADITIONAL = frozenset(
    "環機電國際業實貿發開廣東軟體網絡統萬興龍華聯維營豐達寶鴻億銀錢鐵鋼車輪運輸場館樓園區縣鄉鎮島濱灣陽陰雲飛鳥魚龜馬駿騰躍騏"
    "驥驛資訊號備證經濟財團責產處務員報紙圖書藝術學醫藥療護養動畫戲劇樂飲飯麵糧農漁種類設計師傳廠廳門來時個為與會點線級結構築"
    "紅綠藍黃麗爾爺買賣賓貴費賽贏趙鄭鄧鄒關闊陳陸隨險雙雜難頂項順須預領頭題願顧風餘驗髮"
)
"""Signs of traditional Chinese that company names are full of; a mainland name in its own script has none."""


def _is_traditional(name: str) -> bool:
    return any(sign in _TRADITIONAL for sign in name)


def copyright_missing(case: Case) -> Iterator[Finding]:
    """No © line with a holder (asked for by some provinces; off by default)."""
    if (
        case.reading
        and case.required
        and not case.reading.copyright_holder
        and not case.reading.needs_rendering
    ):
        yield about_site(
            "entity-copyright-missing",
            Severity.NOTICE,
            confidence=Confidence.LOW,
            expected=f"© {case.site.entity}",
            where="footer",
        )


def related(one: str, other: str) -> bool:
    """True where two company names share what is their own: two signs beyond place and trade.

    >>> related("北京小米科技有限责任公司", "小米通讯技术有限公司")
    True
    >>> related("上海甲乙信息技术有限公司", "上海丙丁信息技术有限公司")
    False
    """
    plain_one, plain_other = one.casefold(), other.casefold()
    if plain_one in plain_other or plain_other in plain_one:
        return True
    core, other_core = _GENERIC.sub("", plain_one), _GENERIC.sub("", plain_other)
    if not core or not other_core:
        return True
    return any(core[start : start + 2] in other_core for start in range(len(core) - 1))


RULES: tuple[Rule, ...] = (
    Rule(
        "entity-personal-with-business-look",
        Severity.WARNING,
        Confidence.MEDIUM,
        ("order-33-23", "decree-292-11"),
        personal_with_business_look,
    ),
    Rule(
        "entity-holder-differs",
        Severity.WARNING,
        Confidence.LOW,
        ("order-33-14", "notice-2017-264"),
        holder_differs,
    ),
    Rule(
        "entity-copyright-missing",
        Severity.NOTICE,
        Confidence.LOW,
        ("order-33-13",),
        copyright_missing,
        on_by_default=False,
    ),
)
