"""What the columns and their closed vocabularies are called, in Chinese and in English.

Headers are compared without case, spaces and punctuation, so that ``ICP备案号``,
``icp 备案号 *`` and ``ICP备案号（必填）`` are one. A header that is not here is carried to
the report as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

COLUMNS = (
    "site_id", "name", "entity", "owner", "group", "tags", "domain", "url", "expected_icp", "expected_licence",
    "expected_psb", "expected_hosting", "provider", "launched_on", "icp_approved_on", "entity_kind", "commercial",
    "icp_status", "domain_expires_on", "note",
)  # fmt: skip

EITHER_NUMBER = "expected_icp|expected_licence"
"""The column 备案/许可证号 of MIIT's own tables: a filing number or a licence number."""

_SYNONYMS = {
    "site_id": "siteid id 站点编号 网站编号 站点id 网站id 编号 序列号 资产编号 唯一标识",
    "name": "name sitename website 网站名称 站点名称 网站名 站点名 名称 网站 服务名称 网站备案名称",
    "entity": "entity company legalentity organisation organization 主办单位 主办单位名称 主办者 主办者名称 备案主体"
    " 主体 主体名称 单位名称 公司 公司名称 企业名称 备案单位 主体单位 所属公司 开办者名称 开办单位",
    "owner": "owner responsible contact 负责人 网站负责人 责任人 联系人 管理员 归属人 维护人 运维负责人 站点负责人",
    "group": "group businessunit bu 集团 所属集团 分组 组 事业部 部门 所属部门 业务线 品牌 客户 客户名称",
    "tags": "tags tag labels label 标签 标记 分类 类别",
    "domain": "domain domainname host hostname fqdn 域名 网站域名 主域名 备案域名 站点域名 顶级域名 主机名 中文域名"
    " 域名列表 已备案域名",
    "url": "url homepage address link 网址 网站网址 首页网址 网站首页网址 网站首页 首页 首页地址 网站地址 站点地址 链接"
    " 访问地址 网站首页url 首页url 网站链接 主页 主页地址",
    "expected_icp": "expectedicp icp icpnumber icpno filingnumber icpfiling beian 备案号 icp备案号 网站备案号 服务备案号"
    " icp号 工信部备案号 icp备案编号 备案编号 网站备案编号 icp备案 期望备案号 预期备案号 备案号icp"
    " 备案号工信部 主体备案号 icp主体备案号 icp备案主体号 网站服务备案号",
    EITHER_NUMBER: "备案许可证号 网站备案许可证号 icp备案许可证号 备案号许可证号 备案号或许可证号 网站备案许可证号码 服务备案许可证号",
    "expected_licence": "expectedlicence expectedlicense licence license licencenumber licensenumber icplicence"
    " icplicense 经营许可证 经营许可证号 许可证号 icp证 icp证号 icp许可证 icp许可证号 icp经营许可证 icp经营许可证号"
    " 增值电信业务经营许可证 增值电信业务经营许可证号 电信业务经营许可证号 经营性icp许可证号",
    "expected_psb": "expectedpsb psb psbnumber psbno 公安备案号 公安联网备案号 公安备案 公安网备号 网安备案号 公网安备号"
    " 公网安备 公安备案编号 公安机关备案号 备案号公安 联网备案号 公安部备案号 公安联网备案编号",
    "expected_hosting": "expectedhosting hosting hostinglocation 托管位置 服务器位置 服务器所在地 部署位置 部署地"
    " 机房位置 服务器地区 境内境外 接入地 服务器放置地 部署区域",
    "provider": "provider hostingprovider cloud isp 接入商 接入服务商 云服务商 服务商 云厂商 接入单位 服务器提供商"
    " 托管商 供应商 接入服务提供者 idc 云平台",
    "launched_on": "launchedon launched launchdate launch golive golivedate 上线日期 上线时间 开通日期 网站开通日期"
    " 开通时间 网站开通时间 发布日期",
    "icp_approved_on": "icpapprovedon approvedon approvaldate 审核通过日期 审核日期 备案日期 备案通过日期 备案时间"
    " 审核时间 icp备案日期 审核通过时间 备案通过时间 审批日期",
    "entity_kind": "entitykind entitytype 主办单位性质 主体性质 单位性质 主办者性质 主体类型 单位类型 企业性质",
    "commercial": "commercial 经营性 是否经营性 是否经营 是否经营性网站 经营性网站",
    "icp_status": "icpstatus filingstatus 备案状态 icp备案状态 是否备案 备案情况",
    "domain_expires_on": "domainexpireson domainexpires domainexpiry expirydate expires 域名到期日 域名到期日期"
    " 域名到期时间 域名过期时间 到期日期 到期时间 到期日 域名有效期 域名过期日期",
    "note": "note notes remark remarks comment comments 备注 说明 注释",
}

_BY_HEADER = {word: column for column, words in _SYNONYMS.items() for word in words.split()}

_ASIDE = re.compile(
    r"[(\[【](?:必填项?|选填|可选|非必填|required|optional|y/?n|是/?否|yyyy[-/.]mm[-/.]dd)[)\]】]"
)
_PUNCTUATION = re.compile(r"[\W_]+")


def column_of(header: str) -> str | None:
    """The column a header stands for, or None for one that is merely carried along.

    >>> column_of("ICP 备案号（必填）"), column_of("公安备案号"), column_of("budget")
    ('expected_icp', 'expected_psb', None)
    """
    folded = unicodedata.normalize("NFKC", header).lower()
    return _BY_HEADER.get(_PUNCTUATION.sub("", _ASIDE.sub("", folded)))


_NOTHING = frozenset(
    [
        "-",
        "--",
        "---",
        "—",
        "——",
        "–",
        "/",
        "\\",
        ".",
        "无",
        "暂无",
        "没有",
        "空",
        "未知",
        "不详",
        "none",
        "null",
        "nil",
        "n/a",
        "na",
        "nan",
        "#n/a",
        "#null!",
        "#value!",
        "#ref!",
        "#name?",
        "tbd",
        "待定",
        "?",
        "？",
    ]
)


def is_nothing(cell: str) -> bool:
    """True for the many ways of writing *no value*: taken as an expectation, ``无`` would accuse every site."""
    return not cell or cell.lower() in _NOTHING


_CHOICES = {
    "expected_hosting": {
        "mainland": "mainland cn china 境内 大陆 中国大陆 国内 内地 中国 中国境内 中国内地",
        "outside": "outside overseas abroad 境外 海外 国外 中国境外 港澳台 香港 非大陆 非境内",
        "any": "any 不限 任意 均可 任何",
    },
    "entity_kind": {
        "company": "company enterprise 企业 公司 企业法人 个体工商户",
        "person": "person individual personal 个人 自然人",
        "institution": "institution government 事业单位 政府机关 政府 社会团体 社会组织 机构 社团 党政机关 国防机构"
        " 民办非企业单位 民办非企业 基金会 律师执业机构",
    },
    "commercial": {"yes": "yes y true 1 是 有 经营性 √ ✓", "no": "no n false 0 否 非经营性 × ✗"},
    "icp_status": {
        "filed": "filed yes 已备案 是 备案成功 正常 已通过",
        "pending": "pending 备案中 审核中 待审核 办理中 申请中 管局审核 管局审核中",
        "none": "none no 未备案 否 没有备案",
    },
}

_CHOICE = {
    column: {word: value for value, words in choices.items() for word in words.split()}
    for column, choices in _CHOICES.items()
}


def choice(column: str, cell: str) -> str | None:
    """The contract's word for a cell of a closed vocabulary; None where it is not one of them."""
    return _CHOICE[column].get(unicodedata.normalize("NFKC", cell).strip().lower())


def choices(column: str) -> tuple[str, ...]:
    return tuple(_CHOICES[column])


_SEVERAL = re.compile(r"[|;、；｜\n]")
_SEVERAL_NUMBERS = re.compile(r"[|;、；｜\n,，/／]")


def several(cell: str, *, numbers: bool = False) -> tuple[str, ...]:
    """The values of one cell. Numbers hold no comma or slash, names may.

    >>> several("京ICP备12345678号-1、京ICP备12345678号-2", numbers=True)
    ('京ICP备12345678号-1', '京ICP备12345678号-2')
    """
    parts = (_SEVERAL_NUMBERS if numbers else _SEVERAL).split(cell)
    kept = (part.strip() for part in parts)
    return tuple(dict.fromkeys(part for part in kept if not is_nothing(part)))


_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s].*)?", re.ASCII)
_PLAIN = re.compile(r"(\d{4})(\d\d)(\d\d)", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:\s.*)?", re.ASCII)
_NAMED_MONTH = re.compile(r"(\d{1,2})[-\s]([a-z]{3})[a-z]*[-\s,]+(\d{4})", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day number knows no zone
FIRST_YEAR, LAST_YEAR = 1990, 2100


def day(cell: str) -> date | None:
    """A date in the spellings spreadsheets leave behind; None where it is none, or not a sure one.

    ``01/03/2024`` is January to one reader and March to the next, so it is not read.

    >>> day("2024年3月1日"), day("2024/3/1 0:00"), day("45352"), day("01/03/2024"), day("31/03/2024")
    (datetime.date(2024, 3, 1), datetime.date(2024, 3, 1), datetime.date(2024, 3, 1), None, datetime.date(2024, 3, 31))
    """
    text = unicodedata.normalize("NFKC", cell).strip().lower()
    try:
        found = _day(text)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and FIRST_YEAR <= found.year <= LAST_YEAR else None


def _day(text: str) -> date | None:
    # NFKC leaves the radicals of 年月日 alone, and the capital T has become small.
    if match := _YEAR_FIRST.fullmatch(text.replace("t", " ")) or _PLAIN.fullmatch(text):
        return date(*map(int, match.groups()))
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = map(int, match.groups())
        if first > 12 or first == second:
            return date(year, second, first)
        return date(year, first, second) if second > 12 else None
    if (match := _NAMED_MONTH.fullmatch(text)) and match[2] in _MONTHS:
        return date(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))
    if match := _SERIAL.fullmatch(text):
        return (_SERIAL_ZERO + timedelta(days=int(match[1]))).date()
    return None
