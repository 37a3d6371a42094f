"""One loader, three homes: the checkout, an installed wheel, and the zipped egg that Scrapyd runs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROBE = """
import hashlib, json, icpcrawl
from icpcrawl.crawl.geo import Geography
from icpcrawl.datafiles import data_digests, data_path, load_facts, read_table
geography = Geography([data_path("geo/dbip-country-lite.mmdb")])
print(json.dumps({
    "home": icpcrawl.__file__,
    "table": hashlib.sha256(data_path("provinces.csv").read_bytes()).hexdigest(),
    "rows": len(read_table("provinces.csv")),
    "country": geography.locate("202.96.209.133").votes[0].country,
    "facts": load_facts().digest,
    "files": len(data_digests()),
    "settings": __import__("icpcrawl.crawl.settings").crawl.settings.BOT_NAME,
}))
"""


@pytest.fixture(scope="module")
def source(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what is packaged, so that building leaves nothing in the checkout."""
    copy = tmp_path_factory.mktemp("source")
    for name in ("icpcrawl", "data"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "scrapy.cfg", "README.md", "LICENSE"):
        shutil.copy(root / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", "wheel", "--quiet"]
    _run([*pip, "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), "."], cwd=source)
    (built,) = out.glob("icpcrawl-*.whl")
    return built


@pytest.fixture(scope="module")
def egg(wheel: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # After the wheel: both build below source/build.
    out = tmp_path_factory.mktemp("egg")
    shutil.rmtree(source / "build", ignore_errors=True)
    _run([sys.executable, "-W", "ignore", "setup.py", "-q", "bdist_egg", "--dist-dir", str(out)], cwd=source)
    (built,) = out.glob("icpcrawl-*.egg")
    return built


def test_the_checkout_the_wheel_and_the_egg_say_the_same(
    root: Path, wheel: Path, egg: Path, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    said = {
        name: _probe(path, tmp_path)
        for name, path in (("checkout", root), ("wheel", installed), ("egg", egg))
    }
    for name, path in (("checkout", root), ("wheel", installed), ("egg", egg)):
        assert said[name].pop("home").startswith(str(path)), f"{name}: another icpcrawl was imported"
    assert said["checkout"] == said["wheel"] == said["egg"]
    provinces = (root / "data" / "provinces.csv").read_bytes()
    assert said["egg"]["table"] == hashlib.sha256(provinces).hexdigest()
    assert said["egg"]["country"] == "CN"


def test_the_wheel_holds_all_that_runs_and_nothing_that_builds(root: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    code = {str(path.relative_to(root)) for path in (root / "icpcrawl").rglob("*.py")}
    templates = {str(path.relative_to(root)) for path in (root / "icpcrawl").rglob("*.j2")}
    data = {
        f"icpcrawl/{path.relative_to(root)}"
        for path in (root / "data").rglob("*")
        if path.suffix in {".csv", ".toml", ".mmdb"}
    }
    assert names >= code | templates | data | {"icpcrawl/py.typed", "icpcrawl/data/geo/ATTRIBUTION.md"}
    assert not [name for name in names if name.startswith("icpcrawl/data/") and name.endswith(".py")]
    assert not [name for name in names if name.startswith(("tests/", "data/", "build/"))]


def test_scrapyd_finds_the_settings_in_the_egg(egg: Path) -> None:
    with zipfile.ZipFile(egg) as archive:
        points = archive.read("EGG-INFO/entry_points.txt").decode()
    assert "[scrapy]\nsettings = icpcrawl.crawl.settings" in points
    assert "icpcrawl = icpcrawl.cli:main" in points


def _probe(home: Path, empty: Path) -> dict[str, str]:
    """What the loader says when ``home`` alone holds icpcrawl."""
    environment = {**os.environ, "PYTHONPATH": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    said = _run([sys.executable, "-c", PROBE], cwd=empty, env=environment)
    told: dict[str, str] = json.loads(said)
    return told


def _run(command: list[str], *, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
