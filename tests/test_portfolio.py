"""The portfolio: every row in is a row out, and what cannot be read says where and why."""

from __future__ import annotations

import contextlib
import itertools
import time
import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpcrawl.errors import PortfolioError
from icpcrawl.portfolio import Portfolio, RefusedRow, Site, read_portfolio
from icpcrawl.portfolio.host import Refusal, read_address
from icpcrawl.portfolio.words import column_of, day

EXAMPLE = Path(__file__).parents[1] / "data" / "portfolio.example.csv"


def read(folder: Path, text: str | bytes, name: str = "portfolio.csv") -> Portfolio:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_portfolio(file)


def only(portfolio: Portfolio) -> Site:
    (site,) = portfolio.rows
    assert isinstance(site, Site)
    return site


def workbook(folder: Path, *sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
    file = folder / "portfolio.xlsx"
    book.save(file)
    return file


def test_the_example_is_accepted_whole() -> None:
    portfolio = read_portfolio(EXAMPLE)
    assert not portfolio.refused
    assert not portfolio.warnings
    assert [site.site_id for site in portfolio.sites] == [
        "example.cn",
        "shop.example.cn",
        "xn--fsqu00a.xn--fiqs8s",
        "hk-site",
    ]
    assert portfolio.sites[1].launched_on == date(2021, 3, 1)
    assert portfolio.sites[1].commercial is True


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_encodings_line_ends_and_separators(
    tmp_path: Path, encoding: str, said: str, end: str, comma: str
) -> None:
    lines = [
        comma.join(cells)
        for cells in (["网站名称", "域名", "备案号"], ["官网", "例子.中国", "京ICP备12345678号-1"])
    ]
    portfolio = read(tmp_path, end.join([*lines, "", ""]).encode(encoding))
    site = only(portfolio)
    assert (site.name, site.domain, site.host) == ("官网", "例子.中国", "xn--fsqu00a.xn--fiqs8s")
    assert site.expected_icp == ("京ICP备12345678号-1",)
    assert (portfolio.encoding, site.line, site.row) == (said, 2, 1)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("域名", "domain"),
        ("Domain *", "domain"),
        ("网站域名（必填）", "domain"),
        ("网站首页网址", "url"),
        ("主办单位名称", "entity"),
        ("负责人", "owner"),
        ("ICP 备案号", "expected_icp"),
        ("网站备案/许可证号", "expected_icp|expected_licence"),
        ("公安备案号", "expected_psb"),
        ("备案号（公安）", "expected_psb"),
        ("主办单位性质", "entity_kind"),
        ("审核通过日期", "icp_approved_on"),
        ("expected_icp", "expected_icp"),
        ("预算", None),
    ],
)
def test_headers(header: str, column: str | None) -> None:
    assert column_of(header) == column


@pytest.mark.parametrize(
    ("cell", "host", "url"),
    [
        ("Example.CN.", "example.cn", ""),
        ("www.example.cn/", "www.example.cn", ""),
        ("例子。中国", "xn--fsqu00a.xn--fiqs8s", ""),
        ("XN--FSQU00A.xn--fiqs8s", "xn--fsqu00a.xn--fiqs8s", ""),
        ("ｅｘａｍｐｌｅ．ｃｎ", "example.cn", ""),
        ("my_site.example.cn", "my_site.example.cn", ""),
        ("https://Example.cn/A?b#c", "example.cn", "https://Example.cn/A?b#c"),
        ("http：//www.example.cn/a", "www.example.cn", "http://www.example.cn/a"),
        ("HTTP://例子.中国:8080/", "xn--fsqu00a.xn--fiqs8s", "HTTP://例子.中国:8080/"),
        ("example.cn/cn", "example.cn", "http://example.cn/cn"),
        ("example.cn:8080", "example.cn", "http://example.cn:8080"),
        ("example.cn:443", "example.cn", "https://example.cn:443"),
        ("1.2.3.4", "1.2.3.4", ""),
        ("10.0.0.1", "10.0.0.1", ""),
        ("https://[2001:DB8::1]/", "2001:db8::1", "https://[2001:DB8::1]/"),
        ("2001:db8::1", "2001:db8::1", ""),
    ],
)
def test_addresses(cell: str, host: str, url: str) -> None:
    address = read_address(cell)
    assert (address.host, address.url) == (host, url)


@pytest.mark.parametrize(
    "cell",
    [
        "localhost", "example", "合计", "exa mple.cn", "a.cn b.cn", "a.cn、b.cn", "a.cn,b.cn", "*.example.cn", "-.cn",
        "-a.cn", "a..cn", ".cn", "a@b.cn", "https://user:pw@example.cn/", "ftp://example.cn/", "mailto:a@b.cn",
        "javascript:alert(1)", "http:/example.cn", "http://", "https:///path", "http://example.cn:99999/",
        "http://example.cn:0/", "http://[::1", "1.2.3", "1.2.3.256", "0x7f.1", "017700000001", "2130706433",
        "a" * 64 + ".cn", "a." * 130 + "cn", "xn--\x80.cn", "http:\\\\example.cn", "exa\x00mple.cn", "http://例 子.中国/",
        "…", "::1::", "https://" + "a" * 3000 + ".cn/",
    ],
)  # fmt: skip
def test_what_cannot_be_a_site(cell: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_address(cell)
    assert caught.value.zh
    assert caught.value.en


@given(st.text(max_size=60))
def test_any_cell_is_a_site_or_refused(cell: str) -> None:
    try:
        address = read_address(cell)
    except Refusal:
        return
    assert address.host.isascii()
    assert " " not in address.host
    assert read_address(address.host).host == address.host


def test_a_refused_row_says_where_and_why_and_the_others_go_on(tmp_path: Path) -> None:
    portfolio = read(tmp_path, "名称,域名,备案号\n一,a.cn,\n二,ftp://b.cn,京ICP备1号\n三,-,\n\n四,d.cn,\n")
    assert [type(row) for row in portfolio.rows] == [Site, RefusedRow, RefusedRow, Site]
    second, third = portfolio.refused
    assert (second.line, second.column, second.value, second.row) == (3, "域名", "ftp://b.cn", 2)
    assert dict(second.cells) == {"name": "二", "domain": "ftp://b.cn", "expected_icp": "京ICP备1号"}
    assert (third.line, third.column, third.value) == (4, "域名", "-")
    assert portfolio.sites[1].line == 6


def test_the_same_homepage_twice_stays_two_rows(tmp_path: Path) -> None:
    portfolio = read(tmp_path, "domain,site_id\na.cn,\nA.cn.,\na.cn,a.cn~2\na.cn,\nb.cn,a.cn\n")
    assert [row.site_id for row in portfolio.rows] == ["a.cn~3", "a.cn~4", "a.cn~2", "a.cn~5", "a.cn"]


def test_default_ids_count_in_row_order(tmp_path: Path) -> None:
    portfolio = read(tmp_path, "domain\na.cn\nb.cn\na.cn\na.cn\n")
    assert [row.site_id for row in portfolio.rows] == ["a.cn", "b.cn", "a.cn~2", "a.cn~3"]


def test_a_duplicate_given_id_is_refused(tmp_path: Path) -> None:
    portfolio = read(tmp_path, "site_id,domain\nx,a.cn\nx,b.cn\nx,c.cn\n")
    assert [row.site_id for row in portfolio.rows] == ["x", "", ""]
    assert (portfolio.refused[0].column, portfolio.refused[0].line) == ("site_id", 3)
    assert "line 2" in portfolio.refused[0].reason_en


@pytest.mark.parametrize(
    ("domain", "url", "host"),
    [
        ("example.cn", "https://www.example.cn/", "www.example.cn"),
        ("www.example.com.cn", "http://m.example.com.cn/", "m.example.com.cn"),
        ("例子.中国", "https://www.xn--fsqu00a.xn--fiqs8s/", "www.xn--fsqu00a.xn--fiqs8s"),
        ("a.com.cn", "https://b.com.cn/", None),
        ("a.gov.cn", "https://b.gov.cn/", None),
        ("example.cn", "http://1.2.3.4/", None),
    ],
)
def test_domain_and_url_must_be_one_site(tmp_path: Path, domain: str, url: str, host: str | None) -> None:
    (row,) = read(tmp_path, f"domain,url\n{domain},{url}\n").rows
    if host is None:
        assert isinstance(row, RefusedRow)
        assert row.column == "url"
    else:
        assert isinstance(row, Site)
        assert (row.domain, row.host, row.url) == (domain, host, url)


def test_unknown_columns_are_carried(tmp_path: Path) -> None:
    portfolio = read(tmp_path, "domain,预算,域名,,预算\na.cn,5,second,,6\n")
    assert portfolio.extra_columns == ("预算", "域名", "column 4", "预算 (2)")
    assert only(portfolio).extra == (("预算", "5"), ("域名", "second"), ("column 4", ""), ("预算 (2)", "6"))
    assert "given twice" in portfolio.warnings[0]


def test_a_shifted_row_is_refused_not_misread(tmp_path: Path) -> None:
    portfolio = read(
        tmp_path, "domain,entity,expected_icp\na.cn,Foo, Ltd,京ICP备12345678号\nb.cn\nc.cn,,,,\n"
    )
    assert [type(row) for row in portfolio.rows] == [RefusedRow, Site, Site]
    assert "4 cells under 3 headers" in portfolio.refused[0].reason_en


def test_values_of_one_cell_and_ways_to_write_nothing(tmp_path: Path) -> None:
    site = only(
        read(
            tmp_path,
            "domain,备案号,公安备案号,tags,owner\na.cn,京ICP备1号-1、京ICP备1号-2|无,暂无,a;b、c|a,-\n",
        )
    )
    assert site.expected_icp == ("京ICP备1号-1", "京ICP备1号-2")
    assert site.expected_psb == ()
    assert (site.tags, site.owner) == (("a", "b", "c"), "")


def test_words_in_a_number_column_accuse_nobody(tmp_path: Path) -> None:
    portfolio = read(tmp_path, "domain,备案号\na.cn,已备案\n")
    assert only(portfolio).expected_icp == ()
    assert portfolio.warnings == (
        "line 2, column 备案号: '已备案' is no number and is not expected of the page",
    )


def test_a_column_of_either_number(tmp_path: Path) -> None:
    site = only(read(tmp_path, "域名,备案/许可证号\na.cn,京ICP证030173号、京ICP备12345678号-1\n"))
    assert site.expected_icp == ("京ICP备12345678号-1",)
    assert site.expected_licence == ("京ICP证030173号",)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2024-03-01", date(2024, 3, 1)),
        ("2024/3/1", date(2024, 3, 1)),
        ("2024.3.1", date(2024, 3, 1)),
        ("2024年3月1日", date(2024, 3, 1)),
        ("2024 年 3 月 1 日", date(2024, 3, 1)),
        ("２０２４-０３-０１", date(2024, 3, 1)),
        ("2024-03-01 12:30:00", date(2024, 3, 1)),
        ("2024-03-01T12:30:00Z", date(2024, 3, 1)),
        ("20240301", date(2024, 3, 1)),
        ("45352", date(2024, 3, 1)),
        ("31/03/2024", date(2024, 3, 31)),
        ("3/31/2024", date(2024, 3, 31)),
        ("1-Mar-2024", date(2024, 3, 1)),
        ("01/03/2024", None),
        ("2024-02-30", None),
        ("2024-13-01", None),
        ("0001-01-01", None),
        ("tomorrow", None),
        ("99999", None),
    ],
)
def test_dates(cell: str, expected: date | None) -> None:
    assert day(cell) == expected


def test_closed_vocabularies(tmp_path: Path) -> None:
    header = "域名,服务器位置,主办单位性质,是否经营性,备案状态\n"
    site = only(read(tmp_path, header + "a.cn,境内,企业,否,备案中\n"))
    assert (site.expected_hosting, site.entity_kind, site.commercial, site.icp_status) == (
        "mainland",
        "company",
        False,
        "pending",
    )
    odd = read(tmp_path, header + "a.cn,月球,无,也许,filed\n")
    assert only(odd).expected_hosting == ""
    assert only(odd).commercial is None
    assert [warning.split(":")[0] for warning in odd.warnings] == [
        "line 2, column 服务器位置",
        "line 2, column 是否经营性",
    ]


def test_a_workbook(tmp_path: Path) -> None:
    file = workbook(
        tmp_path,
        [["说明"], ["请在第二页填写"]],
        [
            ["2026年网站清单"],
            [],
            ["域名", "名称", "上线日期", "序列号"],
            ["a.cn", "甲", datetime(2024, 3, 1, 0, 0), 7],  # noqa: DTZ001
            [None, None, None, None],
            ["不是域名", "乙", None, 8.0],
        ],
    )
    portfolio = read_portfolio(file)
    assert (portfolio.encoding, len(portfolio.rows)) == ("xlsx", 2)
    (site,) = portfolio.sites
    assert (site.line, site.launched_on, site.site_id) == (4, date(2024, 3, 1), "7")
    assert (portfolio.refused[0].line, portfolio.refused[0].column) == (6, "域名")
    assert any("表1" in warning for warning in portfolio.warnings)


def bad_workbook(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "not a workbook")
    return path.read_bytes()


WHOLE_FILE = {
    "empty": (b"", "empty"),
    "blank": (b"\n\r\n , \n", "empty"),
    "byte order mark": (b"\xef\xbb\xbf", "empty"),
    "header only": (b"domain,name\n", "no row below"),
    "no header": (b"a.cn,Foo\nb.cn,Bar\n", "no header"),
    "one site, no header": (b"a.cn\nb.cn\n", "no header"),
    "header without domain": ("名称,备案号\n甲,1\n".encode(), "no header"),
    "NUL bytes": (b"domain\na.cn\n\0\0b.cn\n", "NUL"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "NUL"),
    "garbage": (bytes(range(128, 256)) * 40, "neither UTF-8 nor GB18030"),
    "an open quote": (b'domain,name\na.cn,"Foo\nb.cn,Bar\nc.cn,x\n', "quotes do not match"),
    "text behind a quote": (b'domain,name\na.cn,"Foo" x\n', "quotes do not match"),
    "a huge open quote": (b'domain,name\na.cn,"' + b"x,\n" * 60_000, "quotes do not match"),
    "a cut workbook": (b"PK\x03\x04" + b"x" * 500, "workbook cannot be opened"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 500, "old .xls"),
    "broken UTF-16": (b"\xff\xfe" + b"d\0o\0\x00\xd8", "UTF-16"),
}


@pytest.mark.parametrize("case", WHOLE_FILE)
def test_a_file_that_is_no_portfolio(tmp_path: Path, case: str) -> None:
    content, said = WHOLE_FILE[case]
    with pytest.raises(PortfolioError, match=said) as caught:
        read(tmp_path, content)
    assert caught.value.file
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_a_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortfolioError) as caught:
        read(tmp_path, b'domain,name\na.cn,x\nb.cn,"Foo" x\n')
    assert caught.value.line == 3


def test_missing_folder_and_zip(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.csv", "no such file"), (tmp_path, "folder")):
        with pytest.raises(PortfolioError, match=said):
            read_portfolio(path)
    with pytest.raises(PortfolioError, match="workbook cannot be opened"):
        read(tmp_path, bad_workbook(tmp_path / "x.zip"), "y.xlsx")


def test_an_endless_line_is_refused_in_seconds(tmp_path: Path) -> None:
    file = tmp_path / "long.csv"
    with file.open("wb") as stream:
        stream.write(b"domain\na.cn\n")
        for _ in range(100):
            stream.write(b"x" * 1_000_000)
    began = time.monotonic()
    with pytest.raises(PortfolioError, match="no portfolio row") as caught:
        read_portfolio(file)
    assert caught.value.line == 3
    assert time.monotonic() - began < 5


def test_twenty_thousand_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (f"站点{n},s{n}.example{n % 50}.cn,京ICP备{n:08d}号-1,2024/3/{n % 28 + 1}" for n in range(20_000))
    text = "\n".join(itertools.chain(["名称,域名,备案号,上线日期"], lines))
    began = time.process_time()
    portfolio = read(tmp_path, text)
    spent = time.process_time() - began
    with capsys.disabled():
        print(f"\n20,000 rows read in {spent:.2f} s of CPU")
    assert len(portfolio.sites) == 20_000
    assert spent < 4  # 2 s wanted, on a quiet machine


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, tail: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(b"domain,name,expected_icp\n" + tail)
    with contextlib.suppress(PortfolioError):
        portfolio = read_portfolio(file)
        assert len(portfolio.sites) + len(portfolio.refused) == len(portfolio.rows) > 0
        ids = [row.site_id for row in portfolio.rows if row.site_id]
        assert len(ids) == len(set(ids))
