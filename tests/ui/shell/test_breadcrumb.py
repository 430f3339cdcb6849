"""Names of the options in the breadcrumb."""

from __future__ import annotations

from embedlab.ui.shell.breadcrumb import run_titles
from embedlab.workspace.listing import RunName
from embedlab.workspace.rows import Status

#: 26 November 2026, 14:05 UTC.
_AT_S = 1_795_701_900.0


def test_run_titles_are_short_and_distinct() -> None:
    runs = [
        RunName("aaaa1", "Word2Vec on Books", Status.SUCCEEDED, _AT_S),
        RunName("bbbb1", "Word2Vec on Books", Status.FAILED, _AT_S + 60),
        RunName("cccc1", "Word2Vec on Books", Status.SUCCEEDED, _AT_S + 60),
        RunName("dddd1", "My best run", Status.RUNNING, _AT_S),
        RunName("eeee1", "On Books", Status.SUCCEEDED, _AT_S),
    ]
    assert list(run_titles(runs, "Books").values()) == [
        "Word2Vec · 26 Nov 14:05",
        "Word2Vec · 26 Nov 14:06 · bbbb (failed)",
        "Word2Vec · 26 Nov 14:06 · cccc",
        "My best run (training)",
        "On Books",
    ]
