"""Items along axes: everything is drawn, names do not overlap, and titles stay text."""

import numpy as np
import pytest

from embedlab.figures.axes import axis_figure, factor_figure

HOSTILE = "<b>$x$</b> %{x}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_axis_shows_all_items_and_marks_its_ends(theme):
    positions, counts = [0.0, 1.0, 0.5, 0.5001], [5, 4, 100, 99]
    labels = ["First", "Last", "Between", "Also between"]
    figure = axis_figure(positions, counts, labels, ends=("First", "Last"), theme=theme)
    points, names = figure.data
    assert list(points.x) == positions
    assert list(points.y) == counts
    assert (np.array(points.marker.size) > 10).tolist() == [True, True, False, False]
    # The two in the middle are at almost the same place: only the more rated one has its name.
    assert list(names.text) == ["First", "Last", "Between"]
    assert figure.layout.yaxis.type == "log"


def test_factors_are_the_coordinates_themselves():
    first, second = np.array([1.0, -2.0], np.float32), np.array([0.5, 3.0], np.float32)
    figure = factor_figure(first, second, [1, 2], ["A", "B"], titles=("factor 1", "factor 2"), highlight=1)
    np.testing.assert_array_equal(figure.data[0].x, first)
    np.testing.assert_array_equal(figure.data[0].y, second)
    assert (np.array(figure.data[0].marker.size) > 10).tolist() == [False, True]
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("factor 1", "factor 2")


def test_one_factor_is_drawn_against_the_number_of_ratings():
    figure = factor_figure(np.array([1.0, -2.0]), None, [10, 200], ["A", "B"], titles=("factor 1", ""))
    assert list(figure.data[0].y) == [10, 200]
    assert figure.layout.yaxis.type == "log"


def test_titles_stay_text():
    figure = axis_figure([0.0, 1.0], [1, 1], [HOSTILE, "b"], ends=(HOSTILE, "b"))
    shown = [*figure.data[0].customdata, *figure.data[1].text, figure.layout.xaxis.title.text]
    assert not any("<b" in text or "$" in text or "%{" in text for text in shown)
