"""`similar-rows`: rows of numbers that a run has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from embedlab.cli.flags import Json, TopN
from embedlab.cli.importing.job import check_file, reading_errors
from embedlab.cli.output import write_json, write_note, write_table
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import InputError, ParameterError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="similar-rows")(similar_rows)


def similar_rows(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run that has vectors of rows.")],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A table of new rows, with the same columns.")
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option("--value", metavar="COLUMN=NUMBER", help="A number of one new row; can be repeated."),
    ] = None,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Place new rows of numbers, and find the rows most similar to each."""
    from embedlab.exploration.new_things.new_rows import near_rows, read_new_rows, values_of_row
    from embedlab.jobs.inference import open_ability
    from embedlab.models.contract.abilities import PlacesRows
    from embedlab.reading.limits import Limits

    if (file is None) == (not values):
        raise InputError("Give either a file of new rows or the values of one.", remedy="Use --file or --value.")
    with opened_workspace() as workspace:
        placer = open_ability(workspace, run, PlacesRows)
        if file is not None:
            with reading_errors(file):
                new = read_new_rows(check_file(file), placer.columns, Limits())
        else:
            new = values_of_row(placer.columns, _numbers(values or []))
        rows = workspace.load_embedding(workspace.resolve_embedding(f"{run}/{PlacesRows.role}").id)
        found = near_rows(placer, rows, new, topn)
    if json:
        write_json(
            [
                {
                    "row": each.number,
                    "known_columns": each.n_known,
                    "vector": [float(number) for number in each.vector],
                    "neighbors": [[answer.key, answer.label, float(answer.score)] for answer in each.answers],
                }
                for each in found
            ]
        )
        return
    n_columns = len(placer.columns)
    partial = sum(each.n_known < n_columns for each in found)
    if partial:
        rows_lack = "1 new row lacks" if partial == 1 else f"{partial:,} new rows lack"
        write_note(f"{rows_lack} numbers: missing ones count as the center of their column.")
    write_table(
        ["new row", "key", "label", "cosine"],
        [
            (str(each.number), answer.key, answer.label, f"{answer.score:.4f}")
            for each in found
            for answer in each.answers
        ],
        empty="No answers.",
    )


def _numbers(values: list[str]) -> dict[str, float]:
    numbers: dict[str, float] = {}
    for value in values:
        name, equals, number = value.rpartition("=")
        try:
            if not equals or not name:
                raise ValueError(value)
            numbers[name.strip()] = float(number)
        except ValueError:
            raise ParameterError(
                "--value needs a column and a number.", received=value, remedy="Write --value alcohol=13.2."
            ) from None
    return numbers
