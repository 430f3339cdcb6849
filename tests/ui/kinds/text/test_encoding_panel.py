from __future__ import annotations

from embedlab.models.shared.text_encoding import encoding_steps
from embedlab.ui.kinds.text.encoding_panel import markup, said


def test_each_token_shows_its_index_and_row_and_nothing_becomes_markup():
    steps = encoding_steps(["b", "<i>", "a"], ["a", "b"], 5, 4)
    drawn = markup(steps)
    assert steps.indices == (3, 1, 2, 0, 0)
    assert drawn.count("row 0") == 2
    assert "&lt;i&gt;" in drawn
    assert "<i>" not in drawn
    assert "5 \u00d7 4" in said(steps)
    assert "fills 2 places" in said(steps)
    assert "Index 1 stands for 1" in said(steps)


def test_what_is_cut_is_told():
    steps = encoding_steps(["a"] * 30, ["a", "b"], 20, 4)
    assert "10 tokens beyond" in said(steps)
    assert "and 6 more places" in markup(steps)
