"""One reader under inputs that coverage leads on, by atheris (https://github.com/google/atheris).

    python tests/fuzz/guided.py TARGET [--seconds 300] [--found DIR]

atheris is no dependency of the project: ``pip install atheris`` where there is a wheel of it.
Without it the target is fed the mutations of ``run.py``, and the output says so. The inputs
that reached something new are kept in DIR and tried first the next time.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--found", type=Path, help="where the inputs that reached something new are kept")
    asked = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        from tests.fuzz.run import fuzz

        print("atheris is not installed: plain mutations instead", flush=True)
        executions, wrong = fuzz(asked.target, asked.seconds, seed=1)
        print(f"{asked.target}: {executions} executions in {asked.seconds} s{': ' + wrong if wrong else ''}")
        return 1 if wrong else 0
    import atheris

    # What is imported before cannot be watched.
    with atheris.instrument_imports(include=["icpcrawl.audit"]):
        from tests.fuzz import run
    target = run.TARGETS[asked.target]
    found = asked.found or Path(tempfile.mkdtemp(prefix=f"icpcrawl-{asked.target}-"))
    found.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        found.joinpath(f"seed-{number}").write_bytes(seed)
    words = found.with_suffix(".dict")
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in run.WORDS if word), encoding="ascii")
    print(f"inputs that reached something new: {found}", flush=True)
    limits = [
        f"-max_total_time={asked.seconds}",
        f"-timeout={run.PATIENCE_S * 3:.0f}",
        f"-max_len={run.LONGEST}",
        f"-artifact_prefix={tempfile.gettempdir()}/icpcrawl-fuzz-{asked.target}-",
    ]
    atheris.Setup(
        [sys.argv[0], *limits, f"-dict={words}", "-print_final_stats=1", str(found)],
        target.feed,
        enable_python_coverage=True,
    )
    atheris.Fuzz()  # ends the process: 0 when the time is over, another code when an input failed
    return 0


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    sys.exit(main())
