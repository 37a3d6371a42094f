"""Around the nights: ``config check``, ``notify test``, ``status``, ``schedule``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icpcrawl.cli.nightly import CONFIG, Config
from icpcrawl.cli.terminal import complain, machine_line, say
from icpcrawl.errors import IcpcrawlError, UsageError
from icpcrawl.report.ending import ExitCode

if TYPE_CHECKING:
    from icpcrawl.nightly.heartbeat import Heartbeat

config_app = typer.Typer(no_args_is_help=True, help="The configuration of the nights, icpcrawl.toml.")
notify_app = typer.Typer(no_args_is_help=True, help="The channels that are told what changed.")

Json = Annotated[bool, typer.Option("--json", help="One JSON line at the end of stderr.")]


@config_app.command("check")
def config_check(config: Config = CONFIG, as_json: Json = False) -> None:
    """Read the configuration and everything it names; nothing is visited and nothing is sent.

    Example: icpcrawl config check --config /etc/icpcrawl/icpcrawl.toml

    Exit codes: 0 a night could begin, 2 something is to be mended.
    """
    from icpcrawl.nightly.channels import check
    from icpcrawl.nightly.config import read_config
    from icpcrawl.policy_files import read_policy, read_register
    from icpcrawl.portfolio import read_portfolio

    read = read_config(config)
    options = read.options
    register = options.register
    checks: list[Callable[[], object]] = [
        lambda: read_portfolio(options.portfolio),
        lambda: read_policy(options.policy, options.waivers),
    ]
    if register is not None:
        checks.append(lambda: read_register(register))
    checks += [partial(_open_database, file) for file in options.geoip]
    checks += [partial(check, channel) for channel in read.channels]
    if read.textfile is not None:
        checks.append(lambda: _metrics_can_be_written(read.textfile))
    problems: list[str] = []
    for look in checks:
        try:
            look()
        except IcpcrawlError as error:
            problems.append(str(error))
            complain(str(error))
    if not problems:
        rows = read_portfolio(options.portfolio)
        refused = len(rows.rows) - len(rows.sites)
        say(f"{config}: {len(rows.sites)} sites ({refused} rows refused), {len(read.channels)} channels.")
    machine_line({"config": str(config), "problems": problems}, wanted=as_json)
    raise typer.Exit(ExitCode.USAGE if problems else ExitCode.CLEAN)


@config_app.command("example")
def config_example() -> None:
    """Print a configuration with every key, its default and what it does.

    Example: icpcrawl config example > icpcrawl.toml
    """
    from icpcrawl.datafiles import data_path

    print(data_path("icpcrawl.example.toml").read_text("utf-8"), end="")


def _open_database(file: Path) -> None:
    from icpcrawl.crawl.geo import Geography

    Geography([file]).close()


def _metrics_can_be_written(file: Path | None) -> None:
    import importlib.util
    import os

    from icpcrawl.errors import ConfigError

    if importlib.util.find_spec("prometheus_client") is None:
        remedy = "pip install 'icpcrawl[metrics]'"
        raise ConfigError("metrics are not installed", file=file, remedy=remedy)
    if file is not None and not os.access(file.parent, os.W_OK):
        remedy = "make that folder and let this account write to it"
        raise ConfigError("the textfile's folder cannot be written", file=file, remedy=remedy)


@notify_app.command("test")
def notify_test(
    config: Config = CONFIG,
    channel: Annotated[str, typer.Option(help="Only this one.", metavar="NAME")] = "",
    as_json: Json = False,
) -> None:
    """Send a test message to every channel and say which ones took it.

    Example: icpcrawl notify test --channel wecom

    Exit codes: 0 all took it, 1 one did not, 2 configuration error.
    """
    from icpcrawl.datafiles import load_facts
    from icpcrawl.nightly.channels import send
    from icpcrawl.nightly.config import read_config
    from icpcrawl.nightly.letter import Writer

    channels = [one for one in read_config(config).channels if channel in ("", one.name)]
    if not channels:
        said = f"there is no channel {channel!r}" if channel else "no channel is configured"
        raise UsageError(said, file=config, remedy="name one under [[channel]]")
    texts = load_facts().texts
    on = datetime.now(UTC).date().isoformat()
    failed: dict[str, str] = {}
    for one in channels:
        delivery = send(one, lambda to, _: [Writer(texts, to.language).test(on)])
        print(f"{one.name}: {delivery.why or 'delivered'}")
        if delivery.left:
            failed[one.name] = delivery.why
    machine_line({"channels": [one.name for one in channels], "failed": failed}, wanted=as_json)
    raise typer.Exit(ExitCode.FINDINGS if failed else ExitCode.CLEAN)


def status(config: Config = CONFIG, as_json: Json = False) -> None:
    """Say how the last night went, and whether one was missed.

    Example: icpcrawl status --config /etc/icpcrawl/icpcrawl.toml

    Exit codes: 0 the last night was a good one, or one is under way; 1 somebody should look: missed,
    killed, broken, held back, too few sites seen, or a channel not reached; 2 configuration error.
    """
    from icpcrawl.nightly.config import read_config
    from icpcrawl.nightly.heartbeat import complaints, read_heartbeat
    from icpcrawl.nightly.night import HEARTBEAT, own_file

    read = read_config(config)
    beat = read_heartbeat(own_file(read, HEARTBEAT))
    found = complaints(beat, datetime.now(UTC), timedelta(hours=read.late_after_hours))
    if beat is not None:
        when = beat.ended_at or beat.started_at
        print(
            f"{beat.portfolio}: {beat.state} {when:%Y-%m-%d %H:%M} UTC, exit code {beat.exit_code}, {beat.run}"
        )
    for said in found:
        print(said)
    machine_line({**(asdict(beat) if beat else {}), "complaints": list(found)}, wanted=as_json)
    raise typer.Exit(ExitCode.FINDINGS if found else ExitCode.CLEAN)


def _how_it_ended(beat: Heartbeat) -> str:
    if beat.exit_code is None:
        return ""
    coverage = "" if beat.coverage is None else f", {beat.coverage:g} % seen"
    return f", exit code {beat.exit_code}{coverage}, {beat.run or 'no run'}"


def schedule(
    kind: Annotated[str, typer.Argument(help="systemd or cron", metavar="systemd|cron")],
    config: Config = CONFIG,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the units into this folder.", metavar="DIR")
    ] = None,
) -> None:
    """Print what starts the nights: a systemd service and timer, or a line of a crontab, filled in.

    Example: icpcrawl schedule systemd --config /etc/icpcrawl/icpcrawl.toml -o /etc/systemd/system

    Example: icpcrawl schedule cron | crontab -
    """
    from icpcrawl.nightly.config import read_config
    from icpcrawl.nightly.schedule import cron_lines, program, systemd_units

    if kind not in ("systemd", "cron"):
        raise UsageError(f"{kind!r} is unknown", remedy="give systemd or cron")
    read = read_config(config)
    if kind == "cron":
        print(cron_lines(read, program()), end="")
        return
    for name, text in systemd_units(read, program()).items():
        if output is None:
            print(f"# {name}\n{text}")
        else:
            _written(output / name, text)


def _written(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror or error}", file=file, remedy="name another folder with -o"
        ) from None
    print(file)
