"""Running commands as a user does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from embedlab.cli.app import main


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    exit_code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON value and nothing else."""
        return json.loads(self.out)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh workspace folder; no worker outlives the test."""
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("EMBEDLAB_SLOTS", "1")
    monkeypatch.delenv("EMBEDLAB_DATABASE_URL", raising=False)
    monkeypatch.delenv("EMBEDLAB_OWNER", raising=False)
    yield tmp_path / "home"
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


@pytest.fixture
def embedlab(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command in this process; its jobs run in workers of their own."""

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        exit_code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Said(exit_code, captured.out, captured.err)

    return run
