"""`predict-row`: the target of a table for a new row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import ParameterError

if TYPE_CHECKING:
    from embedlab.models.contract.rows import PredictsRows, RowPrediction

_MOST_CLASSES = 10
#: Larger predictions, such as prices, have no decimals.
_LARGE = 1e4


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("predict-row")(predict_row)


def predict_row(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run that predicts a column of a table.")],
    cells: Annotated[
        list[str] | None,
        typer.Argument(metavar="COLUMN=VALUE...", help="The cells of the row; a column left out is missing."),
    ] = None,
    json: Json = False,
) -> None:
    """Predict the target of a new row; values that did not occur in training are counted and named.

    Without cells, the columns that the run predicts from are listed.
    """
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.table import TableDataset
    from embedlab.models.contract.rows import PredictsRows

    with opened_workspace() as workspace:
        predictor, dataset = open_with_dataset(workspace, run, PredictsRows, TableDataset)
    if not cells:
        _write_inputs(predictor, as_json=json)
        return
    predicted = predictor.predict([_record(cells, predictor)])[0]
    _note_unknown(predicted)
    target = "" if dataset.target is None else dataset.target.name
    if json:
        write_json({"target": target, **asdict(predicted), "n_unseen": len(predicted.unseen)})
    elif predicted.value is not None:
        write_line(f"{target}: {_number(predicted.value)}")
    else:
        shown = list(predicted.probabilities.items())[:_MOST_CLASSES]
        write_table([target, "probability"], [(name, f"{share:.4f}") for name, share in shown], empty="")


def _record(cells: Sequence[str], predictor: PredictsRows) -> dict[str, str]:
    """Return the cells by column; raises `ParameterError` for a cell without a column of the run, or a second one."""
    known = [each.column for each in predictor.inputs]
    record: dict[str, str] = {}
    for cell in cells:
        # A name may contain an equals sign.
        column = next((name for name in sorted(known, key=len, reverse=True) if cell.startswith(f"{name}=")), None)
        if column is None:
            raise ParameterError(
                "This is not a cell of a column that the run predicts from.",
                received=cell,
                remedy=f"Write COLUMN=VALUE with one of: {', '.join(known[:30])}.",
            )
        if column in record:
            raise ParameterError("A column is given more than once.", received=cell, remedy="Give each column once.")
        record[column] = cell[len(column) + 1 :]
    return record


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _LARGE else f"{value:.4g}"


def _note_unknown(predicted: RowPrediction) -> None:
    for column, value in predicted.unseen.items():
        write_note(f"{column}: no training row has {value}; the vector for unseen values is used.")
    for column, cell in predicted.unreadable.items():
        write_note(f"{column}: {cell} cannot be read as a value of this column, so it counts as missing.")
    if predicted.empty:
        write_note(f"Missing: {', '.join(predicted.empty)}.")
    if predicted.n_words:
        write_note(f"{predicted.n_words - predicted.n_unknown_words:,} of {predicted.n_words:,} words are known.")


def _write_inputs(predictor: PredictsRows, *, as_json: bool) -> None:
    rows = [(each.column, each.kind, len(each.values) or "", each.example) for each in predictor.inputs]
    names = ["column", "kind", "values", "example"]
    if as_json:
        write_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        write_table(names, rows, empty="The run predicts from no column.")
