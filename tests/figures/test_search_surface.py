"""The surface of a search: every run in its cell, on logarithmic axes where the parameter is, the chosen one marked."""

from __future__ import annotations

import math

import pytest

from embedlab.figures.search_surface import SearchAxis, search_curve, search_surface

X = SearchAxis("L2", [0.1, 1, 10, 0.1, 1, 10], is_log=True)
Y = SearchAxis("Dimensions", [8, 8, 8, 32, 32, 32], is_log=True)
SCORES = [0.1, 0.2, 0.3, 0.4, None, 0.6]


def test_every_score_is_in_the_cell_of_its_run() -> None:
    figure = search_surface(X, Y, SCORES, "NDCG@10", higher_is_better=True, chosen=5)
    heatmap = figure.data[0]
    assert [[None if math.isnan(z) else float(z) for z in row] for row in heatmap.z] == [
        [0.1, 0.2, 0.3],
        [0.4, None, 0.6],
    ]
    # One edge more than cells, at equal distances on the logarithmic axis.
    assert list(heatmap.x) == pytest.approx([-1.5, -0.5, 0.5, 1.5])
    assert len(heatmap.y) == 3
    assert list(figure.layout.xaxis.ticktext) == ["0.1", "1", "10"]
    mark = figure.data[-1]
    assert (mark.name, mark.x[0], mark.y[0]) == ("chosen", 1.0, pytest.approx(math.log10(32)))
    assert figure.layout.xaxis.title.text == "L2"


def test_the_better_end_of_the_scale_is_the_stronger_color() -> None:
    colors = {
        higher: search_surface(X, Y, SCORES, "s", higher_is_better=higher).data[0].colorscale
        for higher in (True, False)
    }
    assert colors[True][-1][1] == colors[False][0][1] == "#0072B2"
    assert [place for place, _ in colors[False]] == [0, 1]


def test_runs_in_one_cell_are_averaged() -> None:
    axis = SearchAxis("a", [1, 1])
    assert search_surface(axis, axis, [0.2, 0.4], "s", higher_is_better=True).data[0].z[0][0] == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        pytest.param(SearchAxis("a", [0, 0.1, 1, 10], is_log=True), [-2, -1, 0, 1], id="zero on a log axis"),
        pytest.param(SearchAxis("a", [0, 0.5, 1]), [0, 0.5, 1], id="linear"),
        pytest.param(SearchAxis("a", [-1, 10], is_log=True), [-1, 10], id="negative values"),
        pytest.param(SearchAxis("a", [0], is_log=True), [0], id="zero alone"),
        pytest.param(SearchAxis("a", [0, 100], is_log=True), [1, 2], id="zero and one"),
    ],
)
def test_places_on_the_axis(axis: SearchAxis, expected: list[float]) -> None:
    assert [axis.place(level) for level in axis.levels] == pytest.approx(expected)


def test_a_curve_marks_the_chosen_run_and_the_rule() -> None:
    figure = search_curve(SearchAxis("Dimensions", [16, 4, 8], is_log=True), [0.3, 0.1, None], "s", chosen=0, rule=10)
    line, mark = figure.data
    assert list(line.customdata) == ["4", "16"]
    assert list(line.y) == [0.1, 0.3]
    assert (mark.name, mark.y[0]) == ("chosen", 0.3)
    assert figure.layout.annotations[0].text == "fourth root: 10"
    assert figure.layout.shapes[0].x0 == pytest.approx(1.0)


@pytest.mark.parametrize(("chosen", "height"), [pytest.param(0, 0, id="high"), pytest.param(1, 1, id="low")])
def test_the_text_of_the_rule_is_not_where_the_chosen_run_is(chosen: int, height: int) -> None:
    figure = search_curve(SearchAxis("Dimensions", [16, 4], is_log=True), [0.3, 0.1], "s", chosen=chosen, rule=16)
    assert figure.layout.annotations[0].y == height


def test_titles_are_no_markup() -> None:
    figure = search_curve(SearchAxis("<b>a</b>", [1, 2]), [0.1, 0.2], "<i>s</i>")
    assert "<b>" not in figure.layout.xaxis.title.text
    assert "<i>" not in figure.layout.yaxis.title.text
