"""The tests are named the same at every collection, so that processes that share them agree and one can be named."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

_ROOT = Path(__file__).parent.parent
_LONGEST_ID = 120


def _collected(hash_seed: int, cache: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q", "-o", f"cache_dir={cache}"],
        cwd=_ROOT,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    # A line feed in an identifier would end its line early: such a rest is a line of its own and is found below.
    return done.stdout.split("\n\n", maxsplit=1)[0].splitlines()


def test_tests_have_the_same_short_names_at_every_collection(tmp_path: Path) -> None:
    first = _collected(1, tmp_path)
    # What holds the present second, such as the header of a gzip, is another one now.
    time.sleep(1.1)
    again = _collected(2, tmp_path)
    assert len(first) > 1000
    assert first == again
    assert len(set(first)) == len(first)
    odd = [name for name in first if not _is_plain(name)]
    assert odd == []


def _is_plain(name: str) -> bool:
    path, _, test = name.partition("::")
    # pytest writes what is no printable ASCII with backslashes.
    return name.isascii() and name.isprintable() and "\\" not in name and bool(path) and 0 < len(test) <= _LONGEST_ID
