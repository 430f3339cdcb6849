from __future__ import annotations

import numpy as np

from embedlab.kinds.one_hot import one_hot_steps
from embedlab.ui.kinds import one_hot_panel
from embedlab.ui.start import animation
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets import live_map


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


def test_names_do_not_overlap() -> None:
    crowded = np.array([[0.0, 0.0], [0.01, 0.01], [1.0, 1.0], [0.0, 1.0]], dtype=np.float32)
    assert run_figures.rows_to_name(crowded) == [0, 2, 3]


def test_snapshot_is_aligned_with_the_previous_one() -> None:
    random = np.random.default_rng(0)
    vectors = random.normal(size=(40, 6)).astype(np.float32) * np.array([5, 3, 1, 1, 1, 1], dtype=np.float32)
    keys = [str(place) for place in range(40)]
    first = live_map.LiveMap(1, keys, live_map._project(vectors, None, keys))
    mirrored = vectors * np.array([-1, 1, 1, 1, 1, 1], dtype=np.float32)
    np.testing.assert_allclose(live_map._project(mirrored, first, keys), first.coordinates, atol=1e-3)


def test_a_snapshot_of_one_dimension_is_drawn_on_a_line() -> None:
    assert live_map._project(np.ones((5, 1), dtype=np.float32), None, ["a"] * 5).shape == (5, 2)
