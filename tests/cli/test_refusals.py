"""What a user gets wrong: exit 2, one line with the remedy, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpcrawl import cli

GOOD = b"domain\nexample.cn\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"example.cn\nexample.com\n", "no header"),
        (bytes(range(256)) * 8, "line 1"),
        (b"domain\n" + b"a" * 100_000_000, "line 2"),
        (b"PK\x03\x04 no workbook", "portfolio.csv"),
    ],
)
def test_a_portfolio_that_is_none(
    content: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "portfolio.csv"
    if content is not None:
        file.write_bytes(content)
    _refused(["audit", str(file), "-o", str(tmp_path / "out")], said, capsys)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--nope"], "--nope"),
        (["--concurrency", "many"], "--concurrency"),
        (["--concurrency", "0"], "out of range"),
        (["--min-coverage", "101"], "out of range"),
        (["--fail-on", "tears"], "--fail-on"),
        (["--formats", "pdf"], "pdf"),
        (["--formats", "sarif"], "sarif"),
        (["--flavour", "vanilla"], "vanilla"),
        (["--render", "always"], "no browser"),
        (["--workers", "4"], "one process"),
        (["--scheduler", "tcp://127.0.0.1:8786"], "one machine"),
        (["--nameserver", "not a server"], "not a server"),
        (["--vantage", "x=y"], "not a subnet"),
        (["--connect-to", "a:b"], "connect-to"),
        (["--geoip", "portfolio.csv"], "portfolio.csv"),
        (["--geoip", "gone.mmdb"], "gone.mmdb"),
        (["--ca-file", "portfolio.csv"], "portfolio.csv"),
        (["--policy", "gone.toml"], "gone.toml"),
        (["--waivers", "gone.csv"], "gone.csv"),
        (["--register", "gone.csv"], "gone.csv"),
        (["-o", "foreign"], "foreign"),
        (["-o", "portfolio.csv"], "portfolio.csv"),
    ],
)
def test_an_option_that_cannot_be(
    flags: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("portfolio.csv").write_bytes(GOOD)
    Path("foreign").mkdir()
    Path("foreign/thesis.txt").write_text("years of work")
    before = sorted(tmp_path.rglob("*"))
    _refused(["audit", "portfolio.csv", *flags], said, capsys)
    assert sorted(tmp_path.rglob("*")) == before
    assert Path("foreign/thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["rules", "filing-number-mising"], "filing-number-missing"),
        (["demo", "--pages", "nowhere"], "nowhere"),
        (["demo", "--port", "80"], "--port 80"),
        (["inspect", "nowhere.html"], "nowhere.html"),
        (["portfolio", "nowhere.csv"], "nowhere.csv"),
        (["number"], "TEXT"),
    ],
)
def test_other_commands(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    _refused(words, said, capsys)


def _refused(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.run(words)
    captured = capsys.readouterr()
    assert (code, captured.out) == (2, "")
    (line,) = captured.err.splitlines()
    assert line.startswith("icpcrawl: ")
    assert said in line
    assert "Remedy: " in line
