"""What every test stands on: loopback only, repeatable examples, the labelled pages if there are any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run and no stop-watch: machines differ, and a red test must stay red.
settings.register_profile("icpcrawl", derandomize=True, deadline=None)
settings.load_profile("icpcrawl")

# What a developer put in force with `icpcrawl geoip update` is no part of a test.
os.environ["ICPCRAWL_GEO"] = os.devnull

ROOT = Path(__file__).resolve().parent.parent
"""The checkout."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases every rule has, where they were run."""
    ran = (report.nodeid for report in terminalreporter.getreports("passed"))
    if any("test_every_rule_has_all_three" in nodeid for nodeid in ran):
        from tests.audit.test_every_rule import counts

        terminalreporter.write_line(counts())


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout under test."""
    return ROOT


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of labelled pages, which is never part of this repository."""
    named = os.environ.get("ICPCRAWL_CORPUS")
    if not named:
        pytest.skip("ICPCRAWL_CORPUS is not set: no labelled pages to read")
    folder = Path(named)
    if not folder.joinpath("pages.jsonl").is_file():
        pytest.skip(f"ICPCRAWL_CORPUS={named} holds no pages.jsonl")
    return folder
