"""What a test file of a dataset holds, in the words of its kind."""

from __future__ import annotations

import pytest

from embedlab.ui.scores.yardsticks import file_help


@pytest.mark.parametrize("kind", ["pairs", "analogies"])
def test_only_files_for_words_speak_of_words(kind: str) -> None:
    assert "words" in file_help(kind, are_words=True)
    assert "words" not in file_help(kind, are_words=False)
    assert "names" in file_help(kind, are_words=False)
