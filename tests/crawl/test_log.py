"""The log: one line an event, and nothing that a website wrote may look like one."""

from __future__ import annotations

import logging
import ssl
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import scrapy
from scrapy.http import Request, Response

from icpcrawl.crawl.log import QuietFormatter, SingleLine
from icpcrawl.crawl.process import _logging_into
from tests.hostile import EVERY


@pytest.mark.parametrize("hostile", EVERY)
def test_a_website_cannot_forge_a_line(hostile: str) -> None:
    record = logging.LogRecord("icpcrawl", logging.ERROR, "", 0, "%s: broke", (hostile,), None)
    said = SingleLine("%(levelname)s %(message)s").format(record)
    assert len(said.splitlines()) == 1
    assert said.isprintable()


def test_a_traceback_stays_on_its_line() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        record = logging.LogRecord("icpcrawl", logging.ERROR, "", 0, "broke", (), sys.exc_info())
    said = SingleLine().format(record)
    assert len(said.splitlines()) == 1
    assert "Traceback" in said
    assert "first\\nsecond" in said


def test_words_of_all_languages_stay_readable() -> None:
    record = logging.LogRecord("icpcrawl", logging.ERROR, "", 0, "京ICP备12345678号 \\ é", (), None)
    assert SingleLine().format(record) == "京ICP备12345678号 \\\\ é"


def test_a_line_has_an_end() -> None:
    record = logging.LogRecord("icpcrawl", logging.ERROR, "", 0, "x" * 100_000, (), None)
    assert len(SingleLine().format(record)) == 20_000


def test_pages_stay_out_of_the_log() -> None:
    quiet, spider = QuietFormatter(), scrapy.Spider("any")
    response = Response("http://a.cn/", body=b"page")
    item = SimpleNamespace(site=SimpleNamespace(site_id="a"), page=b"page")
    assert quiet.crawled(Request("http://a.cn/"), response, spider) is None
    assert quiet.scraped(item, response, spider) is None
    assert quiet.dropped(item, ValueError(), response, spider) is None
    said = quiet.item_error(item, ValueError(), response, spider)
    assert said["msg"] % said["args"] == "a: a stage broke on this site"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_log_on_a_full_disk_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with _logging_into(Path("/dev/full")):
        logging.getLogger("icpcrawl").error("a site broke")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "said", "error", "kept"),
    [
        ("asyncio", "Future exception was never retrieved\nfuture: ...", ssl.SSLError(1, "[SSL]"), False),
        (
            "asyncio",
            "Fatal error on SSL protocol\nprotocol: ...",
            RuntimeError("the handler is closed"),
            False,
        ),
        (
            "asyncio",
            "Future exception was never retrieved\nfuture: ...",
            ConnectionResetError(104, "x"),
            False,
        ),
        ("asyncio", "Task exception was never retrieved\nfuture: ...", RuntimeError("a bug"), True),
        ("icpcrawl", "a.cn: the judgment broke on this site", ssl.SSLError(1, "[SSL]"), True),
    ],
)
def test_a_connection_given_up_is_no_trouble_of_ours(
    name: str, said: str, error: Exception, kept: bool, tmp_path: Path
) -> None:
    """A handshake whose time ran out has its outcome; what the event loop adds is noise."""
    file = tmp_path / "crawl.log"
    with _logging_into(file):
        logging.getLogger(name).error(said, exc_info=error)
    assert file.exists() is kept
