"""Everything a change must pass, in one command: format, lint, types, import rules, tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
STEPS = (
    [*PYTHON, "ruff", "format", "--check", "."],
    [*PYTHON, "ruff", "check", "."],
    [*PYTHON, "mypy"],
    [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
    [*PYTHON, "pytest", "-n", "2", "--dist", "loadfile", "-m", "not browser"],
    # The journeys watch a real server and real trainings: they get the machine to themselves.
    [*PYTHON, "pytest", "-m", "browser"],
)


def main() -> int:
    """Run all steps; stop at the first that fails."""
    for step in STEPS:
        print("+", " ".join(step), flush=True)  # noqa: T201
        if code := subprocess.run(step, cwd=ROOT, check=False).returncode:
            return code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
