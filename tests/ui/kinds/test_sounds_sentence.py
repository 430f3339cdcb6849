"""What is said while the first sounds of an archive are read: the first time takes longer."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from embedlab.kinds.table import TableOptions
from embedlab.ui.kinds.table.preview import reading_sentence


def test_the_first_sounds_say_that_librosa_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "librosa.util.utils", raising=False)
    assert "compiles itself" in reading_sentence(TableOptions(layout="sounds"))
    assert "compiles" not in reading_sentence(TableOptions())
    monkeypatch.setitem(sys.modules, "librosa.util.utils", ModuleType("utils"))
    assert "compiles" not in reading_sentence(TableOptions(layout="sounds"))
