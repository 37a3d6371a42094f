"""policy.toml, waivers.csv and register.csv: read as owners write them, slips named with their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpcrawl.audit.finding import Severity
from icpcrawl.audit.policy import Policy
from icpcrawl.datafiles import data_path
from icpcrawl.errors import PolicyError
from icpcrawl.policy_files import read_policy, read_register
from icpcrawl.portfolio import read_portfolio


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


POLICY = """\
fail_on = "warning"
fetch_dark_days = 14
disabled = ["link-http"]
enabled = ["filing-number-form-habit"]
[severities]
psb-number-missing = "warning"
[province_habit]
"粤" = "entity"
"*" = "service"
[fix_days]
error = 3
link-missing = 0
[[override]]
tag = "campaign"
disabled = ["psb-number-missing"]
[[override]]
owner = "Li"
[override.severities]
link-www-variant = "notice"
"""


def test_a_policy_is_read_whole(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, "policy.toml", POLICY), None)
    assert (policy.fail_on, policy.fetch_dark_days) == ("warning", 14)
    assert policy.disabled == {"link-http"}
    assert policy.enabled == {"filing-number-form-habit"}
    assert policy.severities == {"psb-number-missing": Severity.WARNING}
    assert policy.province_habit == {"粤": "entity", "*": "service"}
    assert [(o.tag, o.owner) for o in policy.overrides] == [("campaign", ""), ("", "Li")]
    assert policy.overrides[1].severities == {"link-www-variant": Severity.NOTICE}
    assert policy.fix_days == {"error": 3, "warning": 30, "notice": 0, "link-missing": 0}
    assert len(policy.digest) == 64


def test_without_files_the_default_holds() -> None:
    assert read_policy(None, None) == Policy()


def test_the_policy_that_is_shipped_is_the_default() -> None:
    shipped = read_policy(data_path("policy.toml"), None)
    assert (shipped.severities, shipped.disabled, shipped.enabled) == ({}, frozenset(), frozenset())
    assert shipped.fix_days == Policy().fix_days
    assert shipped.fetch_dark_days == Policy().fetch_dark_days


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("fetch_dark_days = 3\n[severties]\n", 2, "did you mean severities?"),
        ('disabled = ["link-htpp"]', 1, "did you mean link-http?"),
        ('disabled = "link-http"', 1, "disabled is no list"),
        ('[severities]\nlink-http = "warn"', 2, "did you mean warning?"),
        ("severities = 3", 1, "severities is no table"),
        ("fetch_dark_days = 0", 1, "give days"),
        ("fetch_dark_days = true", 1, "give days"),
        ("[fix_days]\nerror = -1", 2, "give days"),
        ("[fix_days]\nerror = 7.5", 2, "give days"),
        ("[fix_days]\nlink-mising = 3", 2, "did you mean link-missing?"),
        ('fail_on = "errors"', 1, "did you mean error?"),
        ("fail_on = []", 1, "fail_on [] is unknown"),
        ('[province_habit]\n"粤" = "both"', 2, '"粤" = "entity"'),
        ('[province_habit]\n"粤" = ["entity"]', 2, '"粤" = "entity"'),
        ('[province_habit]\n"Guangdong" = "entity"', 2, "did you mean 粤?"),
        ('[province_habit]\n"京" = "service"\n"广东省" = "entity"', 3, "did you mean 粤?"),
        ('[province_habit]\n"粤ICP备" = "entity"', 2, "did you mean 粤?"),
        ('[province_habit]\n"川" = "entity"', 2, "did you mean 蜀?"),
        ('[province_habit]\n"all" = "entity"', 2, '"*" for all others'),
        ("province_habit = 1", 1, "province_habit is no table"),
        ('[[override]]\ndisabled = ["link-http"]', 1, "covers nothing"),
        ('[override]\ntag = "x"', 1, "[[override]]"),
        ('[[override]]\ntags = "x"', 2, "override.tags"),
        ('[[override]]\ntag = "x"\n[[override]]\ntag = ["x", "y"]', 4, "one [[override]] for each tag"),
        ("[[override]]\ntag = 5", 2, "tag is 5"),
        ("[[override]]\nowner = true", 2, "owner is True"),
        ('[[override]]\ntag = "x"\nowner = []', 3, "owner is []"),
        ('[[override]]\ntag = "x"\nseverities = []', 3, "head it with [override.severities]"),
        ("[fix_days]\nerrors = 3", 2, "did you mean error?"),
        # The same name in another place.
        ('# x\ndisabled = ["link-http"]\n[severities]\nlink-http = "loud"', 4, "known are"),
        (
            '[severities]\nlink-http = "error"\n[[override]]\ntag = "x"\n[override.severities]\nlink-http = "wrning"',
            6,
            "did you mean warning?",
        ),
        (
            '[[override]]\ntag = "x"\n[[override]]\ntag = "y"\nseverities = {psb-differs = "error", link-http = "loud"}',
            5,
            "known are",
        ),
        ('enabled = ["link-http"]\ndisabled = [\n  "psb-differs", # lnk\n  "lnk",\n]', 4, "no rule 'lnk'"),
        ('severities.link-http = "error"\nseverities.link-old-path = "loud"', 2, "known are"),
        (b'# x\nfail_on = "\xd6\xd0"', 2, "save it as UTF-8"),
        ("disabled = ]", 1, "not TOML"),
        ('# fail_on = "new"\nfail_on = "warnin"', 2, "did you mean warning?"),
        (
            '#[severities]\n#link-http = "notice"\n[severities]\nlink-http = "warn"',
            4,
            "did you mean warning?",
        ),
    ],
)
def test_a_slip_in_the_policy_is_named(tmp_path: Path, content: str | bytes, line: int, says: str) -> None:
    path = written(tmp_path, "policy.toml", content)
    with pytest.raises(PolicyError) as caught:
        read_policy(path, None)
    assert (caught.value.file, caught.value.line) == (str(path), line)
    assert says in f"{caught.value.message} {caught.value.remedy}"
    assert caught.value.remedy


HEADER = "site_id,domain,tag,rule,observed,reason,owner,approver,expires\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_waivers_are_read(tmp_path: Path, encoding: str) -> None:
    rows = HEADER + "a.cn,,,link-http,,迁移中,李,王,2026-12-31\r\n\r\n,*.b.cn,,psb-*,,x,李,王,2027-01-31\n"
    first, second = read_policy(None, written(tmp_path, "waivers.csv", rows.encode(encoding))).waivers
    assert (first.site_id, first.rule, first.reason, first.expires, first.line) == (
        "a.cn", "link-http", "迁移中", "2026-12-31", 2,
    )  # fmt: skip
    assert (second.domain_pattern, second.rule, second.line) == ("*.b.cn", "psb-*", 4)


@pytest.mark.parametrize(
    ("pattern", "covered"),
    [
        ("例子.中国", ["例子.中国"]),
        ("xn--fsqu00a.xn--fiqs8s", ["例子.中国"]),
        ("XN--FSQU00A.中国", ["例子.中国"]),
        ("*.中国", ["例子.中国", "www.例子.中国"]),
        ("＊。例子。中国", ["www.例子.中国"]),
        ("*例子.中国", ["例子.中国", "www.例子.中国"]),
        ("*.xn--fiqs8s", ["例子.中国", "www.例子.中国"]),
        ("xn--*", ["例子.中国"]),
        ("*A.cn", ["a.cn", "www.a.cn"]),
        ("例.中国", []),
    ],
)
def test_a_waiver_names_chinese_domains_in_either_form(
    tmp_path: Path, pattern: str, covered: list[str]
) -> None:
    portfolio = written(tmp_path, "p.csv", "domain\n例子.中国\nwww.例子.中国\na.cn\nwww.a.cn\n")
    line = HEADER + f",{pattern},,link-http,,x,Li,Wang,2026-12-31\n"
    (waiver,) = read_policy(None, written(tmp_path, "waivers.csv", line)).waivers
    assert [site.domain for site in read_portfolio(portfolio).sites if waiver.covers_site(site)] == covered


@pytest.mark.parametrize(
    ("rows", "line", "column", "says"),
    [
        (HEADER + "a.cn,,,link-htpp,,x,Li,Wang,2026-12-31", 2, "rule", "did you mean link-http?"),
        (HEADER + "a.cn,,,lnk-*,,x,Li,Wang,2026-12-31", 2, "rule", "no rule"),
        (HEADER + "a.cn,,,waiver-expired,,x,Li,Wang,2026-12-31", 2, "rule", "renew or delete"),
        (HEADER + "a.cn,,,waiver-*,,x,Li,Wang,2026-12-31", 2, "rule", "renew or delete"),
        (HEADER + "a.cn,,,link-http,,,Li,Wang,2026-12-31", 2, "reason", "fill in reason"),
        (HEADER + "a.cn,,,link-http,,x,Li,,2026-12-31", 2, "approver", "fill in approver"),
        (HEADER + "a.cn,,,link-http,,x,Li,Wang,", 2, "expires", "fill in expires"),
        (HEADER + "a.cn,,,link-http,,x,Li,Wang,31.12.2026", 2, "expires", "write 2027-03-31"),
        (HEADER + ",,,link-http,,x,Li,Wang,2026-12-31", 2, "site_id", "covers nothing"),
        (HEADER + "a.cn,,,link-http,,x,Li,Wang,2026-12-31\n" * 2, 3, "rule", "line 2"),
        (
            HEADER
            + ",*.中国,,link-http,,x,Li,Wang,2026-12-31\n,*.xn--fiqs8s,,link-http,,x,Li,Wang,2026-12-31\n",
            3,
            "rule",
            "line 2",
        ),
        ("site,rule\n", 1, "site", "did you mean site_id?"),
    ],
)
def test_a_slip_in_the_waivers_is_named(tmp_path: Path, rows: str, line: int, column: str, says: str) -> None:
    path = written(tmp_path, "waivers.csv", rows)
    with pytest.raises(PolicyError) as caught:
        read_policy(None, path)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), line, column)
    assert says in f"{caught.value.message} {caught.value.remedy}"


def test_an_export_is_joined_by_registrable_domain(tmp_path: Path) -> None:
    export = (
        "备案信息导出,,,\n"
        "主办单位名称,主办单位性质,备案号/许可证号,网站域名,审核通过日期\n"
        "甲公司,企业,沪ICP备17029384号-1,www.example.cn;example.com,2017-06-01\n"
        "甲公司,企业,沪ICP备17029384号-2,https://shop.example.cn/x,2018-06-01\n"
        "甲公司,企业,沪ICP备17029384号-3A,,2024-06-01\n"
        "甲公司,企业,沪ICP备17029384号-4,例子.公司,2024-06-01\n"
    )
    register = read_register(written(tmp_path, "register.csv", export.encode("gb18030")))
    assert list(register.entries) == ["example.cn", "example.com", "xn--fsqu00a.xn--55qx5d"]
    assert [entry.number for entry in register.entries["example.cn"]] == [
        "沪ICP备17029384号-1",
        "沪ICP备17029384号-2",
    ]
    entry = register.entries["example.com"][0]
    assert (entry.holder, entry.nature, entry.approved_on, entry.filed) == (
        "甲公司",
        "企业",
        "2017-06-01",
        True,
    )
    assert entry.source == "register.csv"


CONSOLES = {
    "MIIT": "主办单位名称,单位性质,ICP备案/许可证号,网站域名,审核通过日期,是否限制接入",
    "Alibaba": "主办者名称,主办者性质,主办者备案号,服务备案号,网站名称,域名,审核时间",
    "Tencent": "主体名称,主体性质,主体备案号,网站名称,网站备案号,网站域名,备案通过时间",
    "Huawei": "主办单位,主体备案号,互联网信息服务备案号,互联网信息服务域名,备案性质,审核日期",
    "typed by hand": "Entity, Nature ,Number,DOMAIN,approved_on",
    "full width": "主办单位名称,主办单位性质,备案号／许可证号,域名,审核通过日期",
}
FILLED = {"name": "甲公司", "nature": "企业", "entity": "沪ICP备17029384号", "date": "2019年4月22日 08:00:00"}


@pytest.mark.parametrize("console", CONSOLES)
def test_the_columns_of_every_console_are_understood(tmp_path: Path, console: str) -> None:
    header = CONSOLES[console]

    def cell(name: str) -> str:
        if "备案号" in name or "许可证号" in name or name.strip().casefold() == "number":
            return FILLED["entity"] if name.startswith("主") else f"{FILLED['entity']}-1"
        kinds = {"域名": "a.cn", "domain": "a.cn", "性质": "企业", "nature": "企业", "限制": "否"}
        dates = dict.fromkeys(("日期", "时间", "approved"), FILLED["date"])
        known = {**kinds, **dates, "网站名称": "官网"}
        return next((value for sign, value in known.items() if sign in name.casefold()), FILLED["name"])

    export = f"{header}\n{','.join(map(cell, header.split(',')))}\n"
    (entry,) = read_register(written(tmp_path, "r.csv", export)).entries["a.cn"]
    assert (entry.number, entry.holder, entry.nature, entry.approved_on, entry.filed) == (
        "沪ICP备17029384号-1",
        "甲公司",
        "企业",
        "2019-04-22",
        True,
    )


@pytest.mark.parametrize(
    ("number", "status", "filed", "kept"),
    [
        ("沪ICP备17029384号", "", True, "沪ICP备17029384号"),
        ("沪ICP备17029384号", "已注销", False, ""),
        ("", "未备案", False, ""),
        ("", "no", False, ""),
        ("", "", None, ""),
        ("未备案", "", False, ""),
        ("", "否", False, ""),
        ("无", "", None, ""),
        ("查询失败", "", None, ""),
        ("", "审核中", None, ""),
        ("沪ICP备17029384号", "备案成功", True, "沪ICP备17029384号"),
        ("沪ICP备17029384号", "备案已注销（2024）", False, ""),
        ("沪ICP备17029384号", "注销", False, ""),
        ("沪ICP备17029384号", "注销中", None, "沪ICP备17029384号"),
        ("沪ICP备17029384号", "取消接入", None, "沪ICP备17029384号"),
        ("沪ICP备17029384号", "审核中", None, "沪ICP备17029384号"),
        ("ICP备案号：沪ICP備17029384號－1（官网）", "", True, "沪ICP备17029384号-1"),
    ],
)
def test_only_a_positive_word_says_not_filed(
    tmp_path: Path, number: str, status: str, filed: bool | None, kept: str
) -> None:
    export = f"domain,number,status,source,read_on\na.cn,{number},{status},MIIT,2026-11-01\n"
    (entry,) = read_register(written(tmp_path, "r.csv", export)).entries["a.cn"]
    assert (entry.filed, entry.number, entry.source, entry.read_on) == (filed, kept, "MIIT", "2026-11-01")


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("name,number\nx,y\n", 1, "域名"),
        ("domain,number\n,沪ICP备17029384号-1\n", 2, "fill it in"),
        (f"domain,number\n{'a' * 64}.cn,x\n", 2, "brand.cn"),
        ("title\ndomian,number\na.cn,x\n", 2, "did you mean domain?"),
        ("域名,主办单位,备案好\n", 1, "did you mean 备案号?"),
        ("", 1, "域名"),
        ("domain,number,审核时间\na.cn,x1,\na.cn,x1,2019-02-30\n", 3, "'2019-02-30' is no date"),
        ("domain,number,read_on\na.cn,x1,soon\n", 2, "write 2027-03-31"),
        ("domain,number\na.cn,x1\nb.cn,x2\na.cn,x1\n", 4, "the same row stands in line 2"),
        (f'domain,number\n"{"x" * 140000}",y\n', 2, "not CSV"),
    ],
)
def test_a_slip_in_the_export_is_named(tmp_path: Path, content: str, line: int, says: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_register(written(tmp_path, "register.csv", content))
    assert caught.value.line == line
    assert says in f"{caught.value.message} {caught.value.remedy}"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for read in (lambda p: read_policy(p, None), lambda p: read_policy(None, p), read_register):
        with pytest.raises(PolicyError, match="cannot be read"):
            read(tmp_path / "nowhere")
    with pytest.raises(PolicyError, match="neither UTF-8 nor GB18030"):
        read_register(written(tmp_path, "r.csv", b"domain,number\n\xff\xff\xff"))


def test_lines_of_the_entity_and_of_totals_are_passed_over(tmp_path: Path) -> None:
    export = "域名,网站备案号,备案号\n-,,沪ICP备17029384号\n合计,,1\n无,沪ICP备17029384号-2A,\na.cn,,沪ICP备17029384号；沪ICP备17029384号-1\n"
    register = read_register(written(tmp_path, "r.csv", export.replace("合计", "")))
    assert [entry.number for entry in register.entries["a.cn"]] == [
        "沪ICP备17029384号",
        "沪ICP备17029384号-1",
    ]
    assert len(register.entries) == 1
