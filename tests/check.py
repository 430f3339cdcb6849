"""Everything a change must pass, in one command: format, lint, types, import rules, tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
#: They only read the code: all at once.
STATIC = (
    [*PYTHON, "mypy"],
    [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
    [*PYTHON, "ruff", "format", "--check", "."],
    [*PYTHON, "ruff", "check", "."],
)
TESTS = (
    # In the order of the folders: a few slow files would otherwise come last, when only one process has work left.
    [*PYTHON, "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "not browser"],
    # The journeys watch real servers and real trainings: only two at a time get the machine to themselves.
    [*PYTHON, "pytest", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder", "-m", "browser"],
)


def main() -> int:
    """Run all static checks, then the tests; stop at the first of the two that fails."""
    if any(_run_together(STATIC)):
        return 1
    for step in TESTS:
        _announce(step)
        if code := subprocess.run(step, cwd=ROOT, check=False).returncode:
            return code
    return 0


def _run_together(steps: Sequence[list[str]]) -> list[int]:
    """Run commands at the same time, and show what each has written when it ends; return their codes."""
    processes = [
        subprocess.Popen(step, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for step in steps
    ]
    for step, process in zip(steps, processes, strict=True):
        output = process.communicate()[0]
        _announce(step)
        print(output, flush=True)  # noqa: T201
    return [process.returncode for process in processes]


def _announce(step: list[str]) -> None:
    print("+", " ".join(step), flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
