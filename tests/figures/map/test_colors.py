from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.figures.map.colors import (
    CATEGORY_COLORS,
    OTHER,
    OTHER_COLOR,
    SEQUENCE_COLORS,
    column_colors,
    group_colors,
)

ROOT = Path(__file__).resolve().parents[3]


def test_the_colors_are_those_of_the_light_theme():
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]["light"]
    # The others are those that the page makes, see `tests/browser/test_map_modules.py`.
    assert list(CATEGORY_COLORS[:7]) == theme["chartCategoricalColors"][:7]
    assert list(SEQUENCE_COLORS) == theme["chartSequentialColors"]


def test_categories_are_by_frequency_and_the_rest_is_gray():
    values = [f"c{at}" for at in range(14) for _ in range(20 - at)] + [None, ""]
    colors = column_colors(pd.Series(values), "Kind")
    assert colors.names == tuple(f"c{at}" for at in range(12))
    assert colors.legend()[0] == ("c0", CATEGORY_COLORS[0], 20)
    # Two rare categories of 8 and 7, and two cells without one.
    assert colors.legend()[-1] == ("other", OTHER_COLOR, 17)
    assert colors.point_colors()[-1] == OTHER_COLOR


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ([["b", "a"], ["b"], []], ("b",)),
        (["b|a", "b|c", "a"], ("b", "a")),
        ([1, 2, 2], ("2", "1")),
        ([True, False, False], ("False", "True")),
    ],
    ids=["lists", "joined", "few-integers", "booleans"],
)
def test_cells_become_categories(cells, names):
    assert column_colors(pd.Series(cells), "x").names == names


def test_numbers_are_on_a_scale_that_suits_them():
    linear = column_colors(pd.Series([0.0, 5.0, 10.0, np.nan]), "x")
    assert not linear.is_skewed
    np.testing.assert_allclose(linear.shares(), [0, 0.5, 1, np.nan])
    assert linear.point_colors() == [SEQUENCE_COLORS[0], SEQUENCE_COLORS[5], SEQUENCE_COLORS[-1], OTHER_COLOR]
    counts = column_colors(pd.Series([float(value) for value in (0, 1, 1, 1, 1023)]), "x")
    assert counts.is_skewed
    np.testing.assert_allclose(counts.shares(), [0, 0.1, 0.1, 0.1, 1])


def test_a_column_without_numbers_is_gray():
    colors = column_colors(pd.Series([np.nan, np.inf]), "x")
    assert colors.point_colors() == [OTHER_COLOR] * 2


def test_all_of_some_thirty_clusters_have_a_color_of_their_own():
    names = [f"cluster {at}" for at in range(32)]
    colors = group_colors(np.arange(32), names, "Clusters", "no cluster")
    assert len({color for _, color, _ in colors.legend()}) == 31
    assert colors.legend()[-1] == ("no cluster", OTHER_COLOR, 2)


def test_groups_without_a_name_are_the_rest():
    colors = group_colors(np.array([0, 1, 255], np.uint8), ["sea", "land"], "Clusters", "stop words")
    assert colors.codes is not None
    assert colors.codes.tolist() == [0, 1, OTHER]
    assert colors.legend()[-1] == ("stop words", OTHER_COLOR, 1)
