"""The peak of a process is its own: all of it, and nothing of the process that started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from embedlab.jobs.engine.peak_memory import peak_memory_mb

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys
from embedlab.jobs.engine.peak_memory import peak_memory_mb
held = bytearray(int(float(sys.argv[1]) * 1e6))
for place in range(0, len(held), 4096):
    held[place] = 1
del held
print(peak_memory_mb())
"""


def _of_a_child(holding_mb: float) -> float:
    command = [sys.executable, "-c", PROGRAM, str(holding_mb)]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=60).stdout)


def test_what_was_held_and_given_back_counts() -> None:
    little, much = _of_a_child(0), _of_a_child(300)
    assert 5 < little < 200
    assert 290 < much - little < 330


def test_a_large_parent_does_not_make_its_child_large() -> None:
    held = np.ones(50_000_000)
    assert peak_memory_mb() > held.nbytes / 1e6
    assert _of_a_child(0) < 200
