"""Figures of numbers that are not finite, of nothing, of equal values and of very many or very long names."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from embedlab.figures.bars import similarity_bars, words_for_and_against
from embedlab.figures.confusion import confusion_matrix
from embedlab.figures.curves import curves
from embedlab.figures.dimensions import DimensionScore, score_over_dimension
from embedlab.figures.heatmap import similarity_heatmap
from embedlab.figures.lookup import lookup_table
from embedlab.figures.ratings import popularity_tail, rating_histogram, sparsity
from embedlab.figures.scatter import MOST_CATEGORIES, scatter
from embedlab.figures.stability import keys_by_share

LONG = "x" * 10_000
NONE = np.array([])
HOSTILE = np.array([np.nan, np.inf, -np.inf, 1.0, 1.0])


def _ranges(figure) -> list[float]:
    return [end for axis in ("xaxis", "yaxis") for end in figure.layout[axis].range or ()]


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda: similarity_bars([(LONG, math.nan), ("b", math.inf), ("c", -0.5)]), id="similarities"),
        pytest.param(lambda: words_for_and_against(["a", "b"], [math.nan, -math.inf], ["", ""]), id="weights"),
        pytest.param(lambda: rating_histogram(HOSTILE), id="ratings"),
        pytest.param(lambda: rating_histogram(np.append(HOSTILE, np.arange(99))), id="many ratings"),
        pytest.param(lambda: rating_histogram(NONE), id="no ratings"),
        pytest.param(lambda: popularity_tail(np.zeros(4, int)), id="no items"),
        pytest.param(lambda: sparsity(np.array([], int), np.array([], int), 0, 0), id="empty table"),
        pytest.param(lambda: lookup_table(np.array([[np.nan, 1.0], [np.inf, -2.0]]), ["a", LONG], 1), id="table"),
        pytest.param(lambda: lookup_table(np.full((1, 2), np.nan), ["a"]), id="table of nothing but NaN"),
        pytest.param(lambda: lookup_table(np.empty((0, 2)), []), id="table without rows"),
        pytest.param(lambda: similarity_heatmap(np.full((2, 2), np.nan), ["a", LONG]), id="cosines"),
        pytest.param(lambda: similarity_heatmap(np.empty((0, 0)), []), id="no cosines"),
        pytest.param(lambda: confusion_matrix(np.zeros((2, 2), int), ["a", LONG]), id="nothing classified"),
        pytest.param(lambda: curves({"run": [{"epoch": 1, "loss": math.nan}]}), id="curve of NaN"),
        pytest.param(lambda: curves({}), id="no curves"),
        pytest.param(lambda: keys_by_share(np.full(3, np.nan)), id="no shares"),
        pytest.param(lambda: score_over_dimension({"m": []}, "accuracy", rule=3), id="no scores"),
    ],
)
def test_a_figure_is_drawn_and_its_axes_are_finite(draw):
    figure = draw()
    assert all(math.isfinite(end) for end in _ranges(figure))
    json.loads(figure.to_json())


def test_bars_of_numbers_that_are_not_finite_leave_the_scale_to_the_others():
    figure = similarity_bars([("a", math.nan), ("b", -0.5)])
    assert tuple(figure.layout.xaxis.range) == (-1.18, 1.18)


def test_the_colors_of_a_table_belong_to_its_finite_numbers():
    figure = lookup_table(np.array([[np.nan, 1.0], [np.inf, -2.0]]), ["a", "b"])
    assert (figure.data[0].zmin, figure.data[0].zmax) == (-2, 2)


def test_equal_scores_with_and_without_an_interval_are_drawn():
    runs = [DimensionScore(8, 0.5, 0.4, 0.6), DimensionScore(8, 0.5), DimensionScore(4, 0.2)]
    figure = score_over_dimension({"word2vec": runs}, "accuracy")
    assert list(figure.data[1].x) == [4, 8, 8]


@pytest.mark.parametrize(
    "colors",
    [
        pytest.param([f"c{row % 500}" for row in range(1000)], id="500 categories"),
        pytest.param([LONG, "b"] * 500, id="10,000 characters"),
        pytest.param([None] * 1000, id="nothing"),
        pytest.param([["a", "b"], []] * 500, id="lists"),
        pytest.param([True, False] * 500, id="true and false"),
        pytest.param([np.nan, np.inf] * 500, id="not finite"),
        pytest.param([pd.Timestamp(0), pd.NaT] * 500, id="dates"),
    ],
)
@pytest.mark.parametrize("n_components", [2, 3])
def test_points_are_drawn_whatever_their_colors_and_places_are(colors, n_components):
    coordinates = np.zeros((1000, n_components), np.float32)
    coordinates[:3] = [[np.nan], [np.inf], [-np.inf]]
    figure = scatter(
        coordinates,
        [LONG] * 1000,
        colors=pd.Series(colors, name=LONG),
        sizes=np.resize(HOSTILE, 1000),
        labelled=[0, 1] if n_components == 2 else [],
    )
    assert sum(len(trace.x) for trace in figure.data) == 1000
    assert len(figure.data) <= MOST_CATEGORIES + 1
    text = figure.to_json()
    assert LONG not in text
    json.loads(text)


def test_a_map_without_points_is_drawn():
    assert len(scatter(np.empty((0, 2)), [], colors=pd.Series([], dtype=object)).data) == 0
