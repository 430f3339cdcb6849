from __future__ import annotations

from embedlab.kinds.one_hot import one_hot_steps
from embedlab.ui.kinds import one_hot_panel
from embedlab.ui.start import animation


def test_values_in_the_one_hot_panel_are_escaped() -> None:
    values = [f"w{place}" for place in range(50)] + ["<script>alert(1)</script>"]
    steps = one_hot_steps(values, values[-1], 4)
    markup = one_hot_panel.markup(steps, steps.value)
    assert "<script>" not in markup
    assert "&lt;script&gt;" in markup
    assert markup.count('class="cell on"') == 1
    assert "44 zeros" in markup


def test_only_the_first_columns_of_a_row_are_drawn() -> None:
    markup = one_hot_panel.markup(one_hot_steps(["a", "b"], "a", 1000), "a")
    assert markup.count('class="cell row"') == 8
    assert "and 992 more" in markup


def test_animation_stops_with_reduced_motion() -> None:
    markup = animation.markup()
    assert "prefers-reduced-motion" in markup
    assert "http" not in markup
    assert markup.count("<span") == 9
