"""Cells of a new row on the command line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from embedlab.cli.asking.predict_row import _note_unknown, _number, _record
from embedlab.core.errors import ParameterError
from embedlab.models.contract.rows import RowInput, RowPrediction

PREDICTOR = cast("Any", SimpleNamespace(inputs=[RowInput("a", "number"), RowInput("a=b", "category", ("x",))]))


def test_the_longest_name_of_a_column_wins() -> None:
    assert _record(["a=1", "a=b=x=y"], PREDICTOR) == {"a": "1", "a=b": "x=y"}


@pytest.mark.parametrize("cell", ["c=1", "a", ""], ids=["unknown", "no-value", "empty"])
def test_a_cell_without_a_column_is_refused_with_the_columns(cell: str) -> None:
    with pytest.raises(ParameterError, match="one of: a, a=b"):
        _record([cell], PREDICTOR)


def test_a_column_is_given_once() -> None:
    with pytest.raises(ParameterError, match="more than once"):
        _record(["a=1", "a=2"], PREDICTOR)


def test_a_cell_that_is_no_number_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    _note_unknown(RowPrediction(1.0, missing=("size", "floor"), unreadable={"size": "many"}))
    assert capsys.readouterr().err.splitlines() == [
        "size: many cannot be read as a value of this column, so it counts as missing.",
        "Missing: floor.",
    ]


def test_large_predictions_are_written_in_full() -> None:
    assert (_number(1234567.0), _number(12.3456)) == ("1,234,567", "12.35")
