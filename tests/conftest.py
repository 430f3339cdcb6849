"""What all tests share: where the real data lies, and a clean environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Most tests count jobs, or do not need further maps; the tests of background maps switch them on.
os.environ.setdefault("EMBEDLAB_BACKGROUND_MAPS_S", "0")


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Keep `__main__`, which Streamlit's AppTest removes, and without which no process can be spawned."""
    main = sys.modules.get("__main__")
    yield
    if main is not None:
        sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Path of a file of the real data sets, or a skip that says what is missing."""
    folder = Path(os.environ.get("EMBEDLAB_TEST_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        path = folder / name
        if not path.exists():
            pytest.skip(f"real data {name} not found; set EMBEDLAB_TEST_DATA to the folder that holds it")
        return path

    return find
