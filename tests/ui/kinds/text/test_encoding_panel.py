from __future__ import annotations

from embedlab.models.shared.text_encoding import encoding_steps
from embedlab.ui.kinds.text.encoding_panel import markup, summary


def test_each_token_shows_its_index_and_row_and_nothing_becomes_markup():
    steps = encoding_steps(["b", "<i>", "a"], ["a", "b"], 5, 4)
    drawn = markup(steps)
    assert steps.indices == (3, 1, 2, 0, 0)
    assert drawn.count("row 0") == 2
    assert "&lt;i&gt;" in drawn
    assert "<i>" not in drawn
    assert "5 \u00d7 4" in summary(steps)
    assert "fills 2 positions" in summary(steps)
    assert "Index 1 is used for 1" in summary(steps)


def test_truncation_is_described():
    steps = encoding_steps(["a"] * 30, ["a", "b"], 20, 4)
    assert "10 tokens beyond" in summary(steps)
    assert "and 6 more positions" in markup(steps)
