"""`icpcrawl where`: the whole reasoning for a host, as a person and as a program read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from icpcrawl import cli
from icpcrawl.demo import LoopbackWeb
from icpcrawl.demo.zone import Name, Records, Zone

HANGZHOU, SINGAPORE = Records(a=("47.96.129.18",)), Records(a=("47.74.200.1",))
NAMES = {
    "home.cn": Name(HANGZHOU),
    "www.home.cn": Name(Records(cname="www.home.cn.w.kunlunca.com")),
    "www.home.cn.w.kunlunca.com": Name(HANGZHOU),
    "abroad.com": Name(SINGAPORE),
    "split.com": Name(SINGAPORE, mainland=HANGZHOU),
    "proxied.com": Name(Records(a=("198.18.0.35",))),
}


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(Zone(NAMES)) as web:
        yield web


def told(web: LoopbackWeb, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert cli.run(["where", *words, "--nameserver", web.nameserver, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("host", "hosting", "required"),
    [
        ("home.cn", "mainland", "yes"),
        ("https://home.cn/path", "mainland", "yes"),
        ("abroad.com", "outside", "no"),
        ("split.com", "mixed", "yes"),
        ("proxied.com", "unknown", "unknown"),
        ("gone.cn", "unknown", "unknown"),
        ("47.96.129.18", "mainland", "yes"),
        # The databases place Tencent's resolver abroad, wrongly.
        ("119.29.29.29", "disputed", "unknown"),
        ("shop.tmall.com", "unknown", "no"),
    ],
)
def test_each_kind_of_host(
    web: LoopbackWeb, capsys: pytest.CaptureFixture[str], host: str, hosting: str, required: str
) -> None:
    found = told(web, capsys, host)
    assert (found["hosting"], found["filing_required"]) == (hosting, required)


def test_the_reasoning_names_every_answer_and_every_voter(
    web: LoopbackWeb, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(web, capsys, "home.cn")
    assert [(a["host"], a["vantage"], a["subnet_scope"]) for a in found["answers"]] == [
        ("home.cn", "plain", None),
        ("www.home.cn", "plain", None),
        *((host, name, 0) for host in ("home.cn", "www.home.cn") for name in ("shanghai-telecom", "germany")),
    ]
    (cname,) = found["cnames"]
    assert (cname["name"], cname["scope"]) == ("www.home.cn.w.kunlunca.com", "both")
    (address,) = found["addresses"]
    votes = [(vote["source"], vote["country"], vote["asn"], vote["side"]) for vote in address["votes"]]
    assert votes == [
        ("dbip-country-lite", "CN", None, ""),
        ("origin-as", None, 37963, "mainland"),
    ]
    assert found["public_resolvers"] == []


def test_a_person_reads_both_languages(web: LoopbackWeb, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["where", "home.cn", *web.arguments]) == 0
    text = capsys.readouterr().out
    for part in (
        "mainland (high)",
        "须备案",
        "a filing is required",
        "202.96.209.0/24@mainland",
        "→ www.home.cn.w.kunlunca.com",
        "AS37963",
    ):
        assert part in text


def test_without_a_listening_resolver_it_says_so(
    web: LoopbackWeb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["where", "abroad.com", "--vantage", "germany", "--nameserver", web.nameserver]) == 0
    text = capsys.readouterr().out
    assert "Seen from one vantage" in text
    assert "只从一个观察点看到" in text


def test_what_is_no_host_is_named_and_the_others_are_told(
    web: LoopbackWeb, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["where", "not a host", "home.cn", "--nameserver", web.nameserver, "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["host"] == "home.cn"
    assert "not a host" in said.err
    assert "Remedy: " in said.err
