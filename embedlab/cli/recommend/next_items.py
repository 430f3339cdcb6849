"""`next`: what probably comes next after some items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_workspace

if TYPE_CHECKING:
    from embedlab.exploration.new_things.next_items import Continued, Influence

_MOST_REASONS = 3


def next_item(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run on sequences.")],
    items: Annotated[
        list[str] | None, typer.Argument(metavar="ITEM...", help="Keys or titles of the items so far, oldest first.")
    ] = None,
    topn: TopN = 10,
    reasons: Annotated[
        bool, typer.Option("--reasons", help="Show how much each score depends on each item so far.")
    ] = False,
    json: Json = False,
) -> None:
    """Predict what comes next after some items. Items that the dataset does not have are left out, and counted.

    With --json {"next": [[key, label, score, probability or null], ...], "unknown": [item, ...]}. With --reasons each
    row has a fifth member: [[key, label, change], ...], by how much the score falls without that item.
    """
    from embedlab.exploration.new_things.next_items import influences, next_items
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.sequences.dataset import SequencesDataset
    from embedlab.models.contract.sequence_abilities import ContinuesSequence

    with opened_workspace() as workspace:
        ability, dataset = open_with_dataset(workspace, run, ContinuesSequence, SequencesDataset)
        found = next_items(ability, dataset, items or [], topn)
        rows = [each.row for each in found.answers]
        why = influences(ability, dataset, found.history, rows) if reasons else None
        _write(found, why, as_json=json)


def _write(found: Continued, why: list[list[Influence]] | None, *, as_json: bool) -> None:
    if found.unknown:
        shown = ", ".join(found.unknown[:5])
        write_note(f"Left out, since the dataset does not have them: {len(found.unknown)} items ({shown}).")
    if found.n_untrained:
        write_note(f"Without an event in training, so without influence: {found.n_untrained} items.")
    if as_json:
        rows: list[list[Any]] = [[each.key, each.label, each.score, each.probability] for each in found.answers]
        if why is not None:
            rows = [[*row, [list(each) for each in of_row]] for row, of_row in zip(rows, why, strict=True)]
        write_json({"next": rows, "unknown": list(found.unknown)})
        return
    labeled = any(each.key != each.label for each in found.answers)
    has_probabilities = any(each.probability is not None for each in found.answers)
    columns = ["key", *(["label"] if labeled else []), "score", *(["probability"] if has_probabilities else [])]
    table = [
        (
            each.key,
            *([each.label] if labeled else []),
            f"{each.score:.4f}",
            *([f"{each.probability or 0.0:.4f}"] if has_probabilities else []),
        )
        for each in found.answers
    ]
    write_table(columns, table, empty="No answers.")
    for answer, of_answer in zip(found.answers, why or (), strict=False):
        parts = [f"{each.label} {each.change:+.4f}" for each in of_answer[:_MOST_REASONS]]
        write_line(f"{answer.label}: {', '.join(parts) or 'no items'}")
