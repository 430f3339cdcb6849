"""Counting how often files are opened and sniffed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from embedlab.reading import opened as opened_module
from embedlab.reading import stored_file as stored_file_module


class OpeningCounts:
    """Counts, while a test runs, how often each file is opened, and how often an encoding or a separator is detected.

    Parameters
    ----------
    monkeypatch
        Of the test.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opens: Counter[Path] = Counter()
        self.encodings = 0
        self.separators = 0
        open_stored = stored_file_module.open_stored
        detected_encoding, separate = opened_module.detected_encoding, opened_module.separate

        def counted_open(path: Path) -> Any:
            self.opens[path] += 1
            return open_stored(path)

        def counted_encoding(head: bytes) -> Any:
            self.encodings += 1
            return detected_encoding(head)

        def counted_separate(lines: list[str], *, is_whole: bool) -> Any:
            self.separators += 1
            return separate(lines, is_whole=is_whole)

        monkeypatch.setattr(stored_file_module, "open_stored", counted_open)
        monkeypatch.setattr(opened_module, "detected_encoding", counted_encoding)
        monkeypatch.setattr(opened_module, "separate", counted_separate)

    @property
    def sniffs(self) -> tuple[int, int]:
        """How often an encoding and how often a separator was detected."""
        return self.encodings, self.separators
