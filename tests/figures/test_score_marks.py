"""Scores on lines, with marks."""

from __future__ import annotations

from embedlab.evaluation.references import REFERENCES, Reference
from embedlab.evaluation.score import KNOWN, Score
from embedlab.figures.score_marks import ROW_PX, _levels, score_marks


def test_places_on_the_line_are_proportional_and_inside() -> None:
    score = Score("wordsim353", "WordSim-353", 0.35, KNOWN["wordsim353"], (0.25, 0.45))
    marks = [*REFERENCES["wordsim353"], Reference(0.5, "Best run: <b>other</b>", "best_run")]
    figure = score_marks([(score, marks, ["0.35", "0", "0.70", "0.50"])])
    points = [trace for trace in figure.data if trace.mode == "markers+text"]
    (zero, google, best, own) = (trace.x[0] for trace in points)
    assert own - zero == (google - zero) / 2 or abs((own - zero) - (google - zero) / 2) < 1e-9
    assert 0 < zero < own < best < google < 1
    assert "<b>other" not in points[2].text[0]
    interval = next(trace for trace in figure.data if trace.mode == "lines")
    assert interval.x[0] < own < interval.x[1]
    assert figure.layout.height < 2 * ROW_PX


def test_no_label_covers_another_or_is_lower_than_it_needs_to_be() -> None:
    # The long label in the middle ends where the next one begins; the short one at the left is far from both.
    assert _levels([0.35, 0.36, 0.82, 0.05], [36, 36, 36, 8]) == [0, 1, 2, 0]
    assert _levels([0.5, 0.5, 0.5], [10, 10, 10]) == [0, 1, 2]
    assert _levels([0.1, 0.5, 0.9], [10, 10, 10]) == [0, 0, 0]


def test_a_score_that_equals_its_only_mark_is_drawn() -> None:
    score = Score("test_accuracy", "Test accuracy", 1.0, KNOWN["test_accuracy"])
    figure = score_marks([(score, [Reference(1.0, "Most frequent label", "baseline")], ["100 %", "100 %"])])
    assert all(0 <= x <= 1 for trace in figure.data for x in trace.x)
