"""Messages arrive whole at a webhook and by mail; a dead channel is named without its secret."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message

from icpcrawl import cli
from icpcrawl.datafiles import load_facts
from icpcrawl.nightly.channels import send, without_secret
from icpcrawl.nightly.config import Channel
from icpcrawl.nightly.letter import Letter, Writer
from tests.nightly.parts import Webhook

LETTERS = [
    Letter("备案巡检 · ICP", "第一封\n- www.示例.cn：没有备案号 <b>"),
    Letter("备案巡检 · ICP", "second"),
]


def _both(_: Channel, limit_bytes: int) -> list[Letter]:
    assert limit_bytes >= 2048
    return LETTERS


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with Webhook() as hook:
        yield hook


class _Kept(Message):
    def __init__(self) -> None:
        super().__init__()
        self.mails: list[email.message.Message] = []

    def handle_message(self, message: email.message.Message) -> None:
        self.mails.append(email.message_from_bytes(message.as_bytes(), policy=email.policy.default))


@pytest.fixture
def mail() -> Iterator[tuple[_Kept, int]]:
    kept = _Kept()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(kept, hostname="127.0.0.1", port=port, server_hostname="localhost")
    controller.start()
    yield kept, port
    controller.stop()


def test_a_webhook_receives_title_and_text(hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", hook.url)
    delivery = send(Channel("hook", "HOOK"), _both)
    assert (delivery.left, delivery.why) == ((), "")
    assert [(said["title"], said["message"]) for said in hook.taken()] == [
        (letter.title, letter.body) for letter in LETTERS
    ]


def test_a_mail_server_receives_plain_text(mail: tuple[_Kept, int], monkeypatch: pytest.MonkeyPatch) -> None:
    kept, port = mail
    url = f"mailto://127.0.0.1:{port}?from=icpcrawl@example.com&to=zhang@example.com&mode=insecure"
    monkeypatch.setenv("MAIL", url)
    # One: between two mails the sender keeps 5.5 seconds.
    delivery = send(Channel("mail", "MAIL"), lambda *_: LETTERS[:1])
    assert (delivery.left, delivery.why) == ((), "")
    (first,) = kept.mails
    assert first["subject"] == LETTERS[0].title
    assert first["to"] == "zhang@example.com"
    assert first.get_content_type() == "text/plain"
    assert first.get_content().split() == LETTERS[0].body.split()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "the environment has no DEAD"),
        ("json://127.0.0.1:9/s3cret-token", "onnection"),
        ("mailto://u:s3cret-token@127.0.0.1:9?to=a@example.com&mode=insecure", ""),
        ("carrierpigeon://s3cret-token", "no address of a channel"),
    ],
)
def test_a_dead_channel_keeps_its_letters_and_its_secret(
    url: str, why: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DEAD", url)
    delivery = send(Channel("dead", "DEAD"), _both)
    assert delivery.left == tuple(LETTERS)
    assert why in delivery.why
    assert "s3cret" not in delivery.why + caplog.text


def test_a_channel_that_refuses_says_how(hook: Webhook, monkeypatch: pytest.MonkeyPatch) -> None:
    hook.status = 403
    monkeypatch.setenv("HOOK", hook.url)
    delivery = send(Channel("hook", "HOOK"), _both)
    assert delivery.left == tuple(LETTERS)
    assert "403" in delivery.why


@pytest.mark.parametrize(
    ("url", "limit"),
    [
        ("wecombot://botkey1234567", 2048),
        ("dingtalk://abcdefghijklmnopqrst", 19_985),
        ("feishu://abcdefghijklmnopqrst", 19_985),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#icp", 35_000),
        ("mailtos://user:pass@example.com", 32_768),
    ],
)
def test_every_named_channel_is_known_with_its_size(
    url: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []

    def nothing(_: Channel, limit_bytes: int) -> list[Letter]:
        limits.append(limit_bytes)
        return []

    monkeypatch.setenv("URL", url)
    assert send(Channel("any", "URL"), nothing).why == ""
    assert limits == [limit]


def test_no_part_of_an_address_survives() -> None:
    said = without_secret(
        "POST https://hooks.example.cn:8443/services/T123/Abc failed for user admin",
        "jsons://admin:pa55@hooks.example.cn:8443/services/T123/Abc",
    )
    for part in ("hooks", "8443", "T123", "Abc", "admin"):
        assert part not in said


def test_notify_test_names_each_channel(
    hook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOOK", hook.url)
    monkeypatch.setenv("DEAD", "json://127.0.0.1:9/s3cret-token")
    config = tmp_path / "icpcrawl.toml"
    channels = "".join(
        f'[[channel]]\nname = "{name}"\nurl = "env:{name.upper()}"\n' for name in ("hook", "dead")
    )
    config.write_text(f'portfolio = "p.csv"\n{channels}', "utf-8")
    assert cli.run(["notify", "test", "--config", str(config)]) == 1
    said = capsys.readouterr()
    assert "hook: delivered" in said.out
    assert "dead: " in said.out
    assert "s3cret" not in said.out + said.err
    (message,) = hook.taken()
    assert message["message"] == Writer(load_facts().texts).test("").body
    assert cli.run(["notify", "test", "--config", str(config), "--channel", "hook"]) == 0
    assert cli.run(["notify", "test", "--config", str(config), "--channel", "no"]) == 2
