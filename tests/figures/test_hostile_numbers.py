"""Figures of numbers that are not finite, of nothing, of equal values and of very many or very long names."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from embedlab.figures.bars import words_for_and_against
from embedlab.figures.confusion import confusion_matrix
from embedlab.figures.curves import curves
from embedlab.figures.dimensions import DimensionScore, score_over_dimension
from embedlab.figures.heatmap import similarity_heatmap
from embedlab.figures.ratings import popularity_tail, rating_histogram, sparsity
from embedlab.figures.stability import keys_by_share

LONG = "x" * 10_000
NONE = np.array([])
HOSTILE = np.array([np.nan, np.inf, -np.inf, 1.0, 1.0])


def _ranges(figure) -> list[float]:
    return [end for axis in ("xaxis", "yaxis") for end in figure.layout[axis].range or ()]


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda: words_for_and_against(["a", "b"], [math.nan, -math.inf], ["", ""]), id="weights"),
        pytest.param(lambda: rating_histogram(HOSTILE), id="ratings"),
        pytest.param(lambda: rating_histogram(np.append(HOSTILE, np.arange(99))), id="many ratings"),
        pytest.param(lambda: rating_histogram(NONE), id="no ratings"),
        pytest.param(lambda: popularity_tail(np.zeros(4, int)), id="no items"),
        pytest.param(lambda: sparsity(np.array([], int), np.array([], int), 0, 0), id="empty table"),
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
    axis = words_for_and_against(["a", "b"], [math.nan, -0.5], ["", ""]).layout.xaxis
    assert tuple(axis.range) == tuple(words_for_and_against(["b"], [-0.5], [""]).layout.xaxis.range)


def test_equal_scores_with_and_without_an_interval_are_drawn():
    runs = [DimensionScore(8, 0.5, 0.4, 0.6), DimensionScore(8, 0.5), DimensionScore(4, 0.2)]
    figure = score_over_dimension({"word2vec": runs}, "accuracy")
    assert list(figure.data[1].x) == [4, 8, 8]
