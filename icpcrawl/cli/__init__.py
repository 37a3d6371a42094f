"""The command line: one file per command, exit codes from ``report.ending``.

Every error a user can mend is one line with its remedy on stderr and exit code 2.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from icpcrawl import __version__
from icpcrawl.cli import (
    audit,
    check,
    compare,
    demo,
    evidence,
    geoip,
    history,
    inspect,
    nightly,
    number,
    operate,
    portfolio,
    readiness,
    reaudit,
    recheck,
    rules,
    where,
)
from icpcrawl.cli.terminal import complain
from icpcrawl.errors import IcpcrawlError, RunLockedError
from icpcrawl.report.ending import ExitCode

app = typer.Typer(
    name="icpcrawl",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Audit the ICP and public-security filing numbers shown on a portfolio of Chinese websites.",
    epilog="First steps: icpcrawl demo · icpcrawl check example.cn · icpcrawl audit portfolio.csv",
)

# typer carries its own copy of click; this is click's base of everything a user typed wrong.
_Mistyped: type[Exception] = typer.BadParameter.__mro__[2]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"icpcrawl {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Audit the ICP and public-security filing numbers shown on a portfolio of Chinese websites."""


app.command()(audit.audit)
app.command()(check.check)
app.command()(where.where)
app.add_typer(geoip.app, name="geoip")
app.command()(inspect.inspect)
app.command()(number.number)
app.command()(rules.rules)
app.command()(reaudit.reaudit)
app.command()(readiness.readiness)
app.command()(compare.compare)
app.command()(history.history)
app.command()(evidence.evidence)
app.command()(recheck.recheck)
app.command()(portfolio.portfolio)
app.command()(demo.demo)
app.command()(nightly.nightly)
app.command()(operate.status)
app.command()(operate.schedule)
app.add_typer(operate.config_app, name="config")
app.add_typer(operate.notify_app, name="notify")


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script: run a command and leave with its exit code."""
    try:
        code = run(arguments)
    except Exception:  # noqa: BLE001 - Python's own 1 would mean findings
        traceback.print_exc()
        code = ExitCode.INTERNAL
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code. Bugs raise; what a user can mend does not."""
    # What a library deprecates is for us to mend, not for the reader of a report.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    try:
        code = app(args=arguments, prog_name="icpcrawl", standalone_mode=False)
    except RunLockedError as error:
        complain(str(error))
        return ExitCode.LOCKED
    except IcpcrawlError as error:
        complain(str(error))
        return ExitCode.USAGE
    except _Mistyped as error:
        complain(f"{_message(error)} Remedy: see icpcrawl {_command(error)}--help")
        return ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        complain("stopped")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone (``| head``): not an error of anybody.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.CLEAN
    return int(code or 0)


def _message(error: Exception) -> str:
    message = getattr(error, "format_message", None)
    return str(message() if message else error)


def _command(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    name = context.command.name if context is not None and context.parent is not None else ""
    return f"{name} " if name else ""
