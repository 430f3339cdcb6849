from __future__ import annotations

import pytest

from embedlab.figures.dimensions import DimensionScore, score_over_dimension


def test_points_line_through_their_mean_and_the_rule():
    runs = [DimensionScore(8, 0.5, 0.4, 0.7), DimensionScore(2, 0.1), DimensionScore(8, 0.3)]
    figure = score_over_dimension({"<b>Word2Vec": runs}, "WordSim-353", rule=10)
    line, points = figure.data
    assert list(line.x) == [2, 8]
    assert list(line.y) == pytest.approx([0.1, 0.4])
    assert list(points.x) == [2, 8, 8]
    assert list(points.error_y.array) == pytest.approx([0, 0, 0.2])
    assert list(points.error_y.arrayminus) == pytest.approx([0, 0, 0.1])
    assert figure.layout.shapes[0].x0 == 10
    assert figure.layout.annotations[0].x == pytest.approx(1)
    assert "<b>" not in points.name
    assert list(figure.layout.xaxis.tickvals) == [2, 8, 10]
