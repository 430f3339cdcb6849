"""`predict`: predicted ratings, or scores, of pairs of a user and an item in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_line, write_note
from embedlab.cli.work import opened_workspace


def predict(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run on ratings.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A table with the columns user and item.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write a table: FILE.csv or FILE.parquet.")],
    json: Json = False,
) -> None:
    """Predict the rating of each pair of a user and an item; a run that only ranks gives scores.

    The columns are found by their names, user and item, or are the first two. The table that is written has the columns
    user, item, and prediction, or score for a run that only ranks. With --json: {"file", "rows", "unknown_users",
    "unknown_items"}, the last two as numbers of rows. A rating model predicts for unknown users and items from means
    and biases; their score is empty.
    """
    from embedlab.export.predictions import write_predictions
    from embedlab.jobs.inference import open_recommender
    from embedlab.reading.limits import Limits

    with opened_workspace() as workspace:
        written = write_predictions(open_recommender(workspace, run), file, out, Limits.of(workspace.settings))
    if json:
        write_json(
            {
                "file": str(out),
                "rows": written.n_rows,
                "unknown_users": written.n_unknown_users,
                "unknown_items": written.n_unknown_items,
            }
        )
        return
    write_line(f"{written.n_rows:,} rows in {out}")
    for n, what in ((written.n_unknown_users, "user"), (written.n_unknown_items, "item")):
        if n:
            write_note(f"In {n:,} {'row' if n == 1 else 'rows'} the {what} is not in the dataset.")
