"""The switch of the Ask page: many views fit on one line."""

from __future__ import annotations

import pytest

from embedlab.ui.ask.registry import View, titles_of


@pytest.mark.parametrize(
    ("n_views", "title"), [pytest.param(8, ":material/hub: Mean", id="few"), pytest.param(9, "Mean", id="many")]
)
def test_icons_are_left_out_where_they_would_not_fit(n_views: int, title: str) -> None:
    views = [View(f"view{n}", ":material/hub:", "Mean", lambda *_: None) for n in range(n_views)]
    assert titles_of(views) == {f"view{n}": title for n in range(n_views)}
