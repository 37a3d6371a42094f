"""icpcrawl.toml: read whole, or refused with line, key and remedy, and never a secret in the words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from icpcrawl import cli
from icpcrawl.audit.finding import Severity
from icpcrawl.errors import ConfigError
from icpcrawl.nightly.config import _KEYS, Channel, read_config

GOOD = """\
portfolio = "list.csv"
output = "out"
waivers = "/etc/icpcrawl/waivers.csv"
[report]
formats = ["csv", "owners"]
fail_on = "warning"
address = "https://r.example.com/icp/"
[limits]
min_coverage = 87.5
[network]
concurrency = 20
nameservers = ["127.0.0.1:5353"]
vantages = ["gd=119.147.0.0/24@mainland"]
[alarm]
severity = "error"
after_nights = 2
[alarm.rules]
link-http = 5
[[channel]]
name = "wecom"
url = "env:WECOM"
[[channel]]
name = "mail"
url = "env:MAIL"
language = "zh"
[retention]
report_nights = 0
[schedule]
at = "02:15"
"""


def _file(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "icpcrawl.toml"
    file.write_bytes(text.encode(encoding))
    return file


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_whole_file(tmp_path: Path, encoding: str) -> None:
    config = read_config(_file(tmp_path, GOOD, encoding))
    options = config.options
    assert (options.portfolio, options.folder) == (tmp_path / "list.csv", tmp_path / "out")
    assert (options.waivers, options.policy) == (Path("/etc/icpcrawl/waivers.csv"), None)
    assert options.wanted.formats == ("csv", "owners")
    assert (options.wanted.fail_on, options.wanted.min_coverage) == ("warning", 87.5)
    assert (config.network.concurrency, config.network.nameservers) == (20, ("127.0.0.1:5353",))
    assert (config.alarm.severity, config.alarm.nights("link-http")) == (Severity.ERROR, 5)
    assert config.alarm.nights("filing-number-missing") == 2
    assert config.channels == (Channel("wecom", "WECOM", "both"), Channel("mail", "MAIL", "zh"))
    assert (config.retention.report_nights, config.retention.evidence_nights) == (0, 90)
    assert (config.schedule.at, config.address) == ("02:15", "https://r.example.com/icp")


# what stands there → line, column, words of message and remedy
SLIPS = [
    ("", None, "portfolio", 'write portfolio = "portfolio.csv"'),
    ('portfolio = "p.csv"\noutpt = "x"', 2, "outpt", "did you mean output?"),
    ('portfolio = ""', 1, "portfolio", "portfolio is no text"),
    ('portfolio = "p.csv', 1, None, "text stands in double quotes"),
    ('portfolio = "p.csv"\n[reprot]\nformats = ["csv"]', 2, "reprot", "did you mean report?"),
    ('portfolio = "p.csv"\n[report]\nformats = ["cvs"]', 3, "report.formats", "choose from csv"),
    ('portfolio = "p.csv"\n[report]\nformats = "csv"', 3, "report.formats", 'write formats = ["…", "…"]'),
    ('portfolio = "p.csv"\n[report]\nflavour = "exel"', 3, "report.flavour", "choose excel"),
    ('portfolio = "p.csv"\n[report]\nfail_on = "eror"', 3, "report.fail_on", "did you mean error?"),
    ('portfolio = "p.csv"\n[report]\naddress = "reports"', 3, "report.address", "write https://host/folder"),
    ('portfolio = "p.csv"\n[limits]\nmin_coverage = 101', 3, "limits.min_coverage", "from 0 to 100"),
    ('portfolio = "p.csv"\n[limits]\nmin_coverage = true', 3, "limits.min_coverage", "from 0 to 100"),
    ('portfolio = "p.csv"\n\n[network]\n# x\nnameservers = ["a b"]', 5, "network.nameservers", ""),
    ('portfolio = "p.csv"\n[network]\nvantages = ["x"]', 3, "network.vantages", "is not a subnet"),
    ('portfolio = "p.csv"\n[network]\nconnect_to = ["x"]', 3, "network.connect_to", ""),
    ('portfolio = "p.csv"\n[network]\nca_file = "none.pem"', 3, "network.ca_file", "PEM"),
    ('portfolio = "p.csv"\n[network]\nrobots = "yes"', 3, "network.robots", "robots = true"),
    ('portfolio = "p.csv"\n[alarm]\nafter_nights = 0', 3, "alarm.after_nights", "from 1 to 100"),
    ('portfolio = "p.csv"\n[alarm.rules]\nlink-htp = 2', 3, "alarm.rules.link-htp", "link-http?"),
    ('portfolio = "p.csv"\n[alarm.rules]\nlink-http = "2"', 3, "alarm.rules.link-http", "give nights"),
    ('portfolio = "p.csv"\n[channel]\nname = "a"', 2, "channel", "[[channel]]"),
    ('portfolio = "p.csv"\n[[channel]]\nurl = "env:A"', 2, "channel.name", "a name of its own"),
    (
        'portfolio = "p.csv"\n[[channel]]\nname="a"\nurl="env:A"\n[[channel]]\nname="a"\nurl="env:B"',
        6,
        "channel.name",
        "two channels",
    ),
    ('portfolio = "p.csv"\n[[channel]]\nname="a"\nurl="env:A"\nlanguage="de"', 5, "channel.language", "did you mean en?"),
    ('portfolio = "p.csv"\n[metrics]\ntextfile = "a.txt"', 3, "metrics.textfile", ".prom"),
    ('portfolio = "p.csv"\n[schedule]\nat = "25:00"', 3, "schedule.at", 'at = "01:30"'),
    ('portfolio = "p.csv"\n[schedule]\ntimezone = "China"', 3, "schedule.timezone", "Asia/Shanghai"),
    ('portfolio = "p.csv"\n[schedule]\nuser = "a b"', 3, "schedule.user", "account"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "words"), SLIPS)
def test_a_slip_is_named_with_its_place_and_remedy(
    tmp_path: Path, text: str, line: int | None, column: str | None, words: str
) -> None:
    file = _file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    error = caught.value
    assert (error.file, error.line, error.column) == (str(file), line, column)
    assert words in str(error)
    assert error.remedy


@pytest.mark.parametrize(
    "url", ["wecombot://s3cret", "env:", "env: A", "https://u:s3cret@host/", "$S3CRET", "s3cret"]
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f'portfolio = "p.csv"\n[[channel]]\nname = "a"\nurl = "{url}"'
    code = cli.run(["config", "check", "--config", str(_file(tmp_path, text))])
    said = capsys.readouterr()
    assert code == 2
    assert "line 4" in said.err
    assert "s3cret" not in (said.err + said.out).lower()


def test_a_password_in_the_reports_address_is_refused(tmp_path: Path) -> None:
    text = 'portfolio = "p.csv"\n[report]\naddress = "https://u:s3cret@host/icp"'
    with pytest.raises(ConfigError) as caught:
        read_config(_file(tmp_path, text))
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"\xff\xfe", "portfolio = '清单.csv'".encode("gb18030")])
def test_what_is_not_utf8_is_refused(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "icpcrawl.toml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match="UTF-8"):
        read_config(file)


def test_the_example_is_a_whole_configuration_of_the_defaults(root: Path, tmp_path: Path) -> None:
    """Every key is in it, each optional value is the default, and its examples hold too."""
    example = (root / "data/icpcrawl.example.toml").read_text("utf-8")
    bare = read_config(_file(tmp_path, 'portfolio = "portfolio.csv"\n'))
    assert read_config(_file(tmp_path, example)) == bare
    examples = re.sub(r"^# (?=\w+ = |\[)|^# (?=link-)", "", example, flags=re.MULTILINE)
    examples = re.sub(r"^ca_file = .*$", "", examples, flags=re.MULTILINE)
    given = tomllib.loads(examples)
    read_config(_file(tmp_path, examples))
    shown = {"": set(given), **{key: set(value) for key, value in given.items() if isinstance(value, dict)}}
    shown["channel"] = set(given["channel"][0])
    shown["network"].add("ca_file")
    assert {name: set(keys) for name, keys in _KEYS.items()} == shown


def test_the_example_is_had_without_a_checkout(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["config", "example"]) == 0
    assert capsys.readouterr().out == (root / "data/icpcrawl.example.toml").read_text("utf-8")


def test_config_check_names_everything_that_is_to_be_mended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOD_URL", "json://127.0.0.1/x")
    monkeypatch.setenv("BAD_URL", "nothing-known://s3cret")
    monkeypatch.delenv("NO_URL", raising=False)
    channels = "".join(
        f'[[channel]]\nname = "{name}"\nurl = "env:{name}_URL"\n' for name in ("GOOD", "BAD", "NO")
    )
    text = 'portfolio = "none.csv"\nregister = "none.csv"\npolicy = "none.toml"\n' + channels
    file = _file(tmp_path, text + '[metrics]\ntextfile = "nowhere/x.prom"\n')
    assert cli.run(["config", "check", "--config", str(file), "--json"]) == 2
    said = capsys.readouterr().err
    assert said.count("icpcrawl: ") == 6
    assert "GOOD" not in said
    assert "s3cret" not in said
    (tmp_path / "none.csv").write_text("domain\nexample.cn\n")
    assert cli.run(["config", "check", "--config", str(_file(tmp_path, 'portfolio = "none.csv"'))]) == 0
