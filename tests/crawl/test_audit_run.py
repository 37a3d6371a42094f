"""The whole corridor on the loopback web: every row in comes out once, whatever breaks on the way."""

from __future__ import annotations

import csv
import json
import os
import signal
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icpcrawl.audit.rules import RULES
from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.zone import Answer, Ending, Host, Name, Records, Zone, redirect
from tests.crawl.broken_run import ADDRESS_OF_BROKEN

MAINLAND = "47.96.129.18"
SITES = ("good.example.cn", "broken.example.cn", "bare.example.cn", "gone.example.cn", "teapot.example.cn")
ROWS = 7


def _page(footer: str) -> bytes:
    menu = "".join(f"<li><a href='/p{n}'>产品{n}</a></li>" for n in range(30))
    text = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20
    page = f"<html><head><title>示例公司</title></head><body><ul>{menu}</ul>{text}<footer>{footer}</footer>"
    return page.encode()


FOOTER = (
    '<a href="https://beian.miit.gov.cn/">京ICP备12007421号-1</a>'
    ' <a href="https://beian.mps.gov.cn/#/query/webSearch?code=11010502030143">京公网安备11010502030143号</a>'
)
GOOD, BARE = _page(FOOTER), _page("版权所有 示例公司")


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    names = {name: Name(Records(a=(MAINLAND,))) for name in SITES if name != "gone.example.cn"}
    names["broken.example.cn"] = Name(Records(a=(ADDRESS_OF_BROKEN,)))
    names["away.example.cn"] = Name(Records(a=(MAINLAND,)))
    hosts = {
        "good.example.cn": Host({"/": Answer(GOOD)}),
        "broken.example.cn": Host({"/": Answer(GOOD)}),
        "bare.example.cn": Host({"/": Answer(BARE)}),
        "teapot.example.cn": Host({"/": Answer(BARE, 503)}),
        "away.example.cn": Host({"/": redirect("http://169.254.169.254/latest/meta-data/")}),
    }
    with LoopbackWeb(Zone(names, hosts)) as web:
        yield web


@pytest.fixture
def portfolio(tmp_path: Path) -> Path:
    rows = [f"{name},{name}" for name in (*SITES, "away.example.cn")]
    file = tmp_path / "portfolio.csv"
    file.write_text("\n".join(["domain,site_id", *rows, "not a host!,bad"]) + "\n", encoding="utf-8")
    return file


def _audit(web: LoopbackWeb, *arguments: object, **more: Any) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "icpcrawl", "audit", *map(str, arguments), *web.arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=100, check=False, **more)


def _rows(output: Path, file: str = "sites.csv") -> list[dict[str, str]]:
    with (output / "latest" / file).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _last(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return said


def test_every_row_ends_in_one_verdict(web: LoopbackWeb, portfolio: Path, tmp_path: Path) -> None:
    done = _audit(web, portfolio, "-o", tmp_path / "out")
    assert done.returncode == 1, done.stderr
    said = _last(done)
    assert (said["rows_in"], said["rows_out"], said["problems"]) == (ROWS, ROWS, [])
    rows = {row["site_id"]: row for row in _rows(tmp_path / "out")}
    assert {name: row["verdict"] for name, row in rows.items()} == {
        "good.example.cn": "compliant",
        "broken.example.cn": "compliant",
        "bare.example.cn": "non-compliant",
        "gone.example.cn": "not-assessed",
        "teapot.example.cn": "not-assessed",
        "away.example.cn": "not-assessed",
        "bad": "rejected",
    }
    assert rows["good.example.cn"]["icp_number"] == "京ICP备12007421号-1"
    assert "filing-number-missing" in rows["bare.example.cn"]["rules"].split("|")
    # An error page shows no number, and is not accused of it.
    assert rows["teapot.example.cn"]["outcome"] == "http-5xx"
    assert "number-missing" not in rows["teapot.example.cn"]["rules"]
    assert rows["away.example.cn"]["outcome"] == "refused-private-address"
    assert [row["line"] for row in _rows(tmp_path / "out", "rejected.csv")] == ["8"]
    assert not any("169.254" in visit.host for visit in web.visits)


class Unclosed(socketserver.BaseRequestHandler):
    """A page without a length and without its end, closed with FIN: always the same, or ever shorter."""

    asked = 0

    def handle(self) -> None:
        path = self.request.recv(4096).split()[1]
        type(self).asked += 1
        page = BARE.removesuffix(b"</footer>")
        page = page if path == b"/same" else page[: -10 * type(self).asked]
        self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page)


def test_half_a_page_is_not_accused_of_what_it_lacks(web: LoopbackWeb, tmp_path: Path) -> None:
    """A close with FIN in the middle looks like the end: only a second look tells them apart."""
    portfolio = tmp_path / "portfolio.csv"
    portfolio.write_text("site_id,url\nsame,http://half.cn/same\ncut,http://half.cn/cut\n")
    names = {"half.cn": Name(Records(a=(MAINLAND,)))}
    with (
        LoopbackWeb(Zone(names, {})) as half,
        socketserver.ThreadingTCPServer(("127.0.0.1", 0), Unclosed) as server,
    ):
        threading.Thread(target=server.serve_forever).start()
        to = f"half.cn:80:127.0.0.1:{server.server_address[1]}"
        done = _audit(half, portfolio, "-o", tmp_path / "out", "--connect-to", to)
        server.shutdown()
    assert done.returncode == 1, done.stderr
    rows = {row["site_id"]: row for row in _rows(tmp_path / "out")}
    assert (rows["same"]["verdict"], rows["same"]["outcome"]) == ("non-compliant", "ok")
    assert "filing-number-missing" in rows["same"]["rules"].split("|")
    assert (rows["cut"]["verdict"], rows["cut"]["outcome"]) == ("not-assessed", "reset")
    assert "number-missing" not in rows["cut"]["rules"]
    # The same page twice; the other twice in each lane.
    assert Unclosed.asked == 6
    assert rows["same"]["redirects"] == "0"


@pytest.mark.parametrize(
    ("stage", "verdict", "reason"),
    [
        ("none", "compliant", ""),
        ("spider-callback", "not-assessed", "in the callback"),
        ("first-look", "compliant", "in the first look"),
        ("spider", "not-assessed", "No result was stored"),
        ("dns", "not-assessed", "in the resolver"),
        ("geo", "compliant", "in the country database"),
        ("rule", "inconclusive", RULES[0].slug),
        ("judge", "not-assessed", "No result was stored"),
        ("keep", "not-assessed", "No result was stored"),
        ("portfolio-rules", "compliant", "over the portfolio"),
    ],
)
def test_a_bug_in_one_stage_costs_no_row(
    stage: str, verdict: str, reason: str, web: LoopbackWeb, portfolio: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    script = Path(__file__).with_name("broken_run.py")
    words = ["broken.example.cn", portfolio, output, web.nameserver, web.ca_file, *web.connect_to]
    done = subprocess.run(
        [sys.executable, str(script), stage, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode in (1, 4), done.stderr
    said = _last(done)
    assert (said["rows_in"], said["rows_out"]) == (ROWS, ROWS)
    rows = {row["site_id"]: row for row in _rows(output)}
    assert len(rows) == ROWS
    assert rows["broken.example.cn"]["verdict"] == verdict
    assert rows["good.example.cn"]["verdict"] == "compliant"
    assert rows["bare.example.cn"]["verdict"] == "non-compliant"
    log = output / "latest" / "crawl.log"
    everything = "".join(
        file.read_text(encoding="utf-8")
        for file in (output / "latest" / "report.jsonl", log)
        if file.exists()
    )
    assert reason in everything + done.stderr


def test_a_signal_saves_and_resume_goes_on(portfolio: Path, tmp_path: Path) -> None:
    names = {name: Name(Records(a=(MAINLAND,))) for name in SITES}
    hosts = {name: Host({"/": Answer(GOOD)}) for name in SITES}
    hosts["bare.example.cn"] = Host({"/": Answer(ending=Ending.SILENT)})
    output = tmp_path / "out"
    with LoopbackWeb(Zone(names, hosts)) as web:
        words = [sys.executable, "-m", "icpcrawl", "audit", str(portfolio), "-o", str(output), *web.arguments]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            _until(lambda: len(web.visits) >= len(SITES))
            time.sleep(1.5)  # one flush
            locked = _audit(web, portfolio, "-o", output)
            assert (locked.returncode, "under way" in locked.stderr) == (75, True)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=20)
        assert process.returncode == 130, errors
        stopped = json.loads(errors.splitlines()[-1])
        assert stopped["stored"] >= 3
        assert "--resume" in stopped["resume"]
        assert not (output / "latest").exists()
        hosts["bare.example.cn"] = Host({"/": Answer(BARE)})
        web.serve(Zone(names, hosts))
        before = len(web.visits)
        done = _audit(web, portfolio, "-o", output, "--resume")
        visited = {visit.host for visit in web.visits[before:]}
    assert done.returncode == 1, done.stderr
    assert _last(done)["run"] == stopped["run"]
    assert "bare.example.cn" in visited
    assert "good.example.cn" not in visited
    assert sorted(row["site_id"] for row in _rows(output)) == sorted([*SITES, "away.example.cn", "bad"])


def test_a_page_whose_frame_was_let_go_of_is_not_judged_without_it(tmp_path: Path) -> None:
    host = "framed.example.cn"
    names = {host: Name(Records(a=(MAINLAND,)))}
    frameset = Answer(b"<frameset><frame src='/main'></frameset>")
    portfolio, output = tmp_path / "framed.csv", tmp_path / "out"
    portfolio.write_text(f"domain\n{host}\n")
    slow = Host({"/": frameset, "/main": Answer(GOOD, wait_s=8.0)})
    with LoopbackWeb(Zone(names, {host: slow})) as web:
        words = [sys.executable, "-m", "icpcrawl", "audit", str(portfolio), "-o", str(output), *web.arguments]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            _until(lambda: any(visit.path == "/main" for visit in web.visits))
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
        assert (process.returncode, json.loads(errors.splitlines()[-1])["stored"]) == (143, 0), errors
        web.serve(Zone(names, {host: Host({"/": frameset, "/main": Answer(GOOD)})}))
        done = _audit(web, portfolio, "-o", output, "--resume")
    (row,) = _rows(output)
    assert (row["outcome"], row["icp_number"]) == ("ok", "京ICP备12007421号-1"), done.stderr


def _until(true: Any) -> None:
    ends = time.monotonic() + 30
    while not true():
        assert time.monotonic() < ends, "it never came about"
        time.sleep(0.05)


def test_two_rows_on_one_page_stay_two_and_are_fetched_once(web: LoopbackWeb, tmp_path: Path) -> None:
    portfolio = tmp_path / "twins.csv"
    portfolio.write_text(
        "domain,expected_icp\ngood.example.cn,京ICP备12007421号-1\ngood.example.cn,京ICP备99000001号-1\n"
    )
    before = len(web.visits)
    done = _audit(web, portfolio, "-o", tmp_path / "out")
    assert _last(done)["rows_out"] == 2
    first, second = _rows(tmp_path / "out")
    assert (first["site_id"], second["site_id"]) == ("good.example.cn", "good.example.cn~2")
    assert (first["verdict"], second["verdict"]) == ("compliant", "non-compliant")
    assert len(web.visits) == before + 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (GOOD.decode().encode("gb18030"), "text/html; charset=gbk"),
        (GOOD.decode().encode("gb18030"), "text/html; charset=utf-8"),
        (GOOD.decode().encode("gb18030"), "text/html"),
        (GOOD, "text/html; charset=gb2312"),
        (GOOD.decode().encode("utf-16"), "text/html"),
    ],
)
def test_a_page_is_read_whatever_it_declares(body: bytes, content_type: str, tmp_path: Path) -> None:
    portfolio = tmp_path / "p.csv"
    portfolio.write_text("domain\ngood.example.cn\n")
    zone = Zone(
        {"good.example.cn": Name(Records(a=(MAINLAND,)))},
        {"good.example.cn": Host({"/": Answer(body, content_type=content_type)})},
    )
    with LoopbackWeb(zone) as web:
        _audit(web, portfolio, "-o", tmp_path / "out")
    (row,) = _rows(tmp_path / "out")
    assert (row["verdict"], row["icp_number"]) == ("compliant", "京ICP备12007421号-1")


def test_a_new_error_is_looked_at_twice(tmp_path: Path) -> None:
    """The second night shows no number on the first look, and shows it on the second."""
    portfolio = tmp_path / "p.csv"
    portfolio.write_text("domain\ngood.example.cn\nbare.example.cn\n")
    names = {name: Name(Records(a=(MAINLAND,))) for name in ("good.example.cn", "bare.example.cn")}
    good = dict.fromkeys(names, Host({"/": Answer(GOOD)}))
    with LoopbackWeb(Zone(names, good)) as web:
        assert _audit(web, portfolio, "-o", tmp_path / "out").returncode == 0
        web.serve(Zone(names, {**good, "bare.example.cn": Host({"/": Answer(BARE)})}))
        before = len(web.visits)
        done = _audit(web, portfolio, "-o", tmp_path / "out")
    asked = [visit.host for visit in web.visits[before:]]
    assert done.returncode == 1, done.stderr
    assert (asked.count("bare.example.cn"), asked.count("good.example.cn")) == (2, 1)
    good_row, bare_row = _rows(tmp_path / "out")
    assert (good_row["change"], bare_row["change"]) == ("unchanged", "new")


def test_the_sites_own_redirector_is_followed_one_hop(tmp_path: Path) -> None:
    """`/beian` tells where it leads only to who asks; the registry itself is never asked."""
    portfolio = tmp_path / "p.csv"
    portfolio.write_text("domain\ngood.example.cn\nbroken.example.cn\n")
    footer = '<a href="/beian">京ICP备12007421号-1</a>'
    names = {name: Name(Records(a=(MAINLAND,))) for name in ("good.example.cn", "broken.example.cn")}
    onward = redirect("https://beian.miit.gov.cn/", 302)
    hosts = {
        "good.example.cn": Host({"/": Answer(_page(footer)), "/beian": onward}),
        "broken.example.cn": Host({"/": Answer(_page(footer)), "/beian": Answer(BARE)}),
    }
    with LoopbackWeb(Zone(names, hosts)) as web:
        _audit(web, portfolio, "-o", tmp_path / "out")
        asked = {visit.host for visit in web.visits}
    right, wrong = _rows(tmp_path / "out")
    assert (right["verdict"], right["icp_link_target"]) == ("compliant", "redirector")
    assert (wrong["verdict"], wrong["icp_link_target"]) == ("non-compliant", "elsewhere")
    assert asked == set(names)


def test_what_the_page_is_made_of_is_read_with_it(tmp_path: Path) -> None:
    """Frames, footer scripts and fragments of the same site, and the Chinese version of a page."""
    text = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20
    frameset = "<frameset rows='*,60'><frame src='main.htm'><frame src='bottom.htm'></frameset>"
    script = f"<body>{text}<script src='/js/footer.js'></script></body>"
    loaded = f"<body>{text}<div id='foot'></div><script>$('#foot').load('/footer.html')</script></body>"
    written = FOOTER.replace("'", "\\'")
    sites = {
        "frames": {"/": frameset, "/main.htm": text, "/bottom.htm": FOOTER},
        "bare-frames": {"/": frameset, "/main.htm": text, "/bottom.htm": "版权所有"},
        "script": {"/": script, "/js/footer.js": f"document.write('{written}')"},
        "loaded": {"/": loaded, "/footer.html": FOOTER},
        "gone": {"/": loaded},
        "english": {
            "/": "<script>location.href='/en/'</script>",
            "/en/": f"<head><link rel='alternate' hreflang='zh-CN' href='/cn/'></head><p>{'Welcome ' * 99}</p>",
            "/cn/": text + FOOTER,
        },
    }
    names = {f"{name}.example.cn": Name(Records(a=(MAINLAND,))) for name in sites}
    hosts = {
        f"{name}.example.cn": Host(
            {
                path: Answer(
                    page.encode(),
                    content_type="application/javascript"
                    if path.endswith(".js")
                    else "text/html; charset=utf-8",
                )
                for path, page in pages.items()
            }
        )
        for name, pages in sites.items()
    }
    portfolio = tmp_path / "p.csv"
    portfolio.write_text("domain\n" + "".join(f"{name}\n" for name in names))
    with LoopbackWeb(Zone(names, hosts)) as web:
        _audit(web, portfolio, "-o", tmp_path / "out")
    verdicts = {row["site_id"].partition(".")[0]: row["verdict"] for row in _rows(tmp_path / "out")}
    assert verdicts == {
        "frames": "compliant",
        "bare-frames": "non-compliant",
        "script": "compliant",
        "loaded": "compliant",
        "gone": "inconclusive",
        "english": "compliant",
    }


def served(sites: dict[str, dict[str, str]]) -> Zone:
    """A web of pages, all in the mainland."""
    hosts = {
        name: Host({path: Answer(page.encode()) for path, page in pages.items()})
        for name, pages in sites.items()
    }
    return Zone({name: Name(Records(a=(MAINLAND,))) for name in sites}, hosts)


def visited(sites: dict[str, dict[str, str]], rows: list[str], folder: Path) -> dict[str, dict[str, str]]:
    """These rows of that web, as the report prints them."""
    portfolio = folder / "p.csv"
    portfolio.write_text("domain\n" + "".join(f"{row}\n" for row in rows))
    with LoopbackWeb(served(sites)) as web:
        _audit(web, portfolio, "-o", folder / "out")
    return {row["site_id"]: row for row in _rows(folder / "out")}


def test_a_script_is_followed_only_where_every_visitor_goes(tmp_path: Path) -> None:
    login = (
        "<p>协同办公平台</p><script>$('#b').click(function () { location.href = '/main' })</script>"
        f"<footer>{FOOTER}</footer>"
    )
    by_browser = "<script>if (/Mobile/.test(navigator.userAgent)) { location = '/m' } else { location = '/pc' }</script>"
    by_cookie = "<script>if (document.cookie) { location = '/m' } else { location = '/pc' }</script>"
    both = {"/m": BARE.decode(), "/pc": GOOD.decode()}
    sites = {
        "login.example.cn": {"/": login, "/main": "会话已过期"},
        "browser.example.cn": {"/": by_browser, **both},
        "cookie.example.cn": {"/": by_cookie, **both},
    }
    rows = visited(sites, list(sites), tmp_path)
    assert {name.partition(".")[0]: (row["verdict"], row["outcome"]) for name, row in rows.items()} == {
        "login": ("compliant", "ok"),
        "browser": ("compliant", "ok"),
        "cookie": ("not-assessed", "empty-shell"),
    }


def test_a_frame_that_nobody_read_is_not_accused_of_what_it_lacks(tmp_path: Path) -> None:
    text, top = "<p>本公司生产各类仪器仪表，欢迎新老客户来电洽谈。</p>" * 20, "<p>某某公司</p>"
    three = "<frameset rows='90,*,60'><frame src='top.htm'><frame src='main.htm'><frame src='bottom.htm'>"
    nine = "<frameset>" + "".join(f"<frame src='/{number}.htm'>" for number in range(9))
    pages = {"/top.htm": top, "/main.htm": text, "/bottom.htm": FOOTER}
    sites = {
        "three.example.cn": {"/": three, **pages},
        "gone.example.cn": {"/": three, **pages, "/bottom.htm": ""},
        "inside.example.cn": {"/": three, **pages, "/bottom.htm": "<frameset><frame src='foot.htm'>"},
        "nine.example.cn": {"/": nine, **{f"/{number}.htm": text for number in range(9)}},
        "last.example.cn": {"/": nine + "<frame src='/foot.htm'>", "/foot.htm": FOOTER},
        "none.example.cn": {"/": three, **pages, "/bottom.htm": "<p>版权所有</p>"},
    }
    rows = visited(sites, list(sites), tmp_path)
    assert {name.partition(".")[0]: row["verdict"] for name, row in rows.items()} == {
        "three": "compliant",
        "gone": "inconclusive",
        "inside": "inconclusive",
        "nine": "inconclusive",
        "last": "compliant",
        "none": "non-compliant",
    }


def test_a_name_without_a_page_of_its_own_leaves_the_word_to_the_other(tmp_path: Path) -> None:
    nginx = "<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>"
    refused = "<p>该网站暂时无法进行访问，可能由以下原因导致：未进行备案。</p>"
    apexes = {
        "nginx": nginx,
        "blank": "<html><body></body></html>",
        "parked": "此域名正在出售",
        "refused": refused,
    }
    sites = {f"{name}.cn": {"/": page} for name, page in apexes.items()}
    sites |= {f"www.{name}": {"/": GOOD.decode()} for name in sites}
    sites |= {"alone.cn": {"/": nginx}, "www.alone.cn": {}, "white.cn": {"/": "<body> </body>"}}
    rows = visited(sites, [name for name in sites if not name.startswith("www.")], tmp_path)
    assert {
        name.partition(".")[0]: (row["verdict"], row["outcome"], row["final_url"])
        for name, row in rows.items()
    } == {
        "nginx": ("compliant", "ok", "https://www.nginx.cn/"),
        "blank": ("compliant", "ok", "https://www.blank.cn/"),
        "parked": ("compliant", "ok", "https://www.parked.cn/"),
        "refused": ("not-assessed", "blocked-unfiled", "https://refused.cn/"),
        "alone": ("not-assessed", "default-page", "https://alone.cn/"),
        "white": ("not-assessed", "empty-shell", "https://white.cn/"),
    }


def test_a_notice_that_a_site_has_moved_leads_to_where_it_is_now(tmp_path: Path) -> None:
    def notice(to: str) -> str:
        return f"<meta http-equiv='refresh' content='5;url={to}'><p>本网站已整体迁移至新域名，五秒后自动跳转。</p>"

    sites = {
        "moved.cn": {"/": notice("https://now.cn/")},
        "inward.cn": {"/": notice("http://169.254.169.254/latest/")},
        "now.cn": {"/": GOOD.decode()},
    }
    rows = visited(sites, ["moved.cn", "inward.cn"], tmp_path)
    assert (rows["moved.cn"]["verdict"], rows["moved.cn"]["final_url"]) == ("inconclusive", "https://now.cn/")
    assert "fetch-redirects-elsewhere" in rows["moved.cn"]["rules"].split("|")
    assert rows["inward.cn"]["outcome"] == "refused-private-address"


def test_the_policy_says_what_fails_and_the_flag_says_otherwise(web: LoopbackWeb, tmp_path: Path) -> None:
    portfolio, policy = tmp_path / "p.csv", tmp_path / "policy.toml"
    portfolio.write_text("domain\nbare.example.cn\n")
    policy.write_text('fail_on = "never"\n')
    audit = (portfolio, "-o", tmp_path / "out", "--policy", policy)
    assert _audit(web, *audit).returncode == 0
    assert _audit(web, *audit, "--fail-on", "error").returncode == 1


def test_scrapy_runs_the_same_spider(web: LoopbackWeb, portfolio: Path, tmp_path: Path, root: Path) -> None:
    settings = {
        "ICPCRAWL_NAMESERVERS": web.nameserver,
        "ICPCRAWL_CONNECT_TO": ",".join(web.connect_to),
        "ICPCRAWL_CA_FILE": str(web.ca_file),
    }
    words = [sys.executable, "-m", "scrapy", "crawl", "homepage", "-a", f"portfolio={portfolio}"]
    words += ["-a", f"output={tmp_path / 'out'}"]
    words += [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    assert len(_rows(tmp_path / "out")) == ROWS


def test_a_proxy_variable_opens_no_side_door(web: LoopbackWeb, portfolio: Path, tmp_path: Path) -> None:
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
    done = _audit(web, portfolio, "-o", tmp_path / "out", env={**os.environ, **proxies})
    assert done.returncode == 1, done.stderr
    assert _rows(tmp_path / "out")[0]["verdict"] == "compliant"
