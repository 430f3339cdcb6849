"""`protocol` and `show`: the evaluation protocol of a dataset, and the details of a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from embedlab.cli.flags import Json
from embedlab.cli.list import protocol_as_json
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.scores import write_scores
from embedlab.cli.work import opened_jobs, opened_workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (protocol, show):
        app.command()(command)


def protocol(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Id of a dataset of ratings or of labeled text.")],
    name: Annotated[
        str | None,
        typer.Option(help="Another protocol: random, leave-last, time-cut, unseen-users or whole-groups."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the split.")] = None,
    validation_share: Annotated[float | None, typer.Option(help="Share of the validation part.")] = None,
    test_share: Annotated[float | None, typer.Option(help="Share of the test part.")] = None,
    history_share: Annotated[
        float | None, typer.Option(help="unseen-users: share of a held-out user's ratings that is given.")
    ] = None,
    positive_from: Annotated[
        float | None, typer.Option(help="Ratings from this value on count as positive in rankings.")
    ] = None,
    json: Json = False,
) -> None:
    """Show or change the split of a dataset into training, validation and test parts.

    A change applies to new runs. Earlier runs keep their protocol and cannot be compared with new ones.
    """
    from embedlab.jobs.protocols import (
        checked_protocol,
        notes_on,
        part_sizes,
        protocol_names,
        protocols_in_use,
        set_protocol,
    )

    with opened_workspace() as workspace:
        changes: dict[str, Any] = {
            "name": name,
            "seed": seed,
            "validation_share": validation_share,
            "test_share": test_share,
            "history_share": history_share,
            "positive_from": positive_from,
        }
        if any(value is not None for value in changes.values()):
            set_protocol(workspace, dataset, **changes)
        row = workspace.dataset(dataset)
        chosen = checked_protocol(row)
        sizes = part_sizes(workspace, row, chosen)
        used, possible = protocols_in_use(workspace, row), protocol_names(row)
        notes = [chosen.explanation, *notes_on(row, chosen)]
    positive = sizes.positive
    parts = {"train": sizes.train, "validation": sizes.validation, "test": sizes.test}
    if json:
        write_json(
            {
                "id": chosen.id,
                **chosen.as_dict(),
                "cases": parts,
                "n_duplicates": sizes.n_duplicates,
                "n_grouped_documents": sizes.n_grouped_documents,
                "title": chosen.title,
                "possible": list(possible),
                "positive": None if positive is None else asdict(positive),
                "notes": notes,
                "used": [{"id": use.protocol.id, **use.protocol.as_dict(), "runs": use.n_runs} for use in used],
            }
        )
        return
    write_line(f"{chosen.id}  {chosen.title}")
    write_table(["part", "cases"], list(parts.items()), empty="")
    if positive is not None:
        write_line(
            f"Ratings from {positive.lowest:g} count as positive: {positive.train:,} for training, "
            f"{positive.validation:,} for validation, {positive.test:,} for test."
        )
    if sizes.n_grouped_documents:
        write_line(
            f"{sizes.n_grouped_documents:,} documents have the same words as another one "
            f"({sizes.n_duplicates:,} are copies); copies are always in the same part."
        )
    for note in notes:
        write_note(note)
    for use in used:
        if use.protocol != chosen:
            write_note(
                f"{use.n_runs} runs have another protocol and cannot be compared with new runs: {use.protocol.id}"
            )


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run.")],
    json: Json = False,
) -> None:
    """Show a run: its model, parameters, evaluation protocol and scores."""
    from embedlab.jobs.conditions import protocol_note, run_note, score_details, test_part_notes
    from embedlab.jobs.protocols import run_protocol
    from embedlab.tasks.registry import without_own_baselines
    from embedlab.workspace.workspace import describe

    with opened_jobs() as jobs:
        workspace = jobs.workspace
        row = workspace.run(run)
        result = jobs.job(row.id).result
        protocol = run_protocol(row, workspace.dataset(row.dataset_id))
        notes = (protocol_note(workspace, row), run_note(row, result), *test_part_notes(row))
        conditions = [note for note in notes if note]
        embeddings = {each.name: each.id for each in workspace.embeddings(run_id=row.id)}
    if json:
        described: dict[str, Any] = {
            **describe(row),
            "protocol": protocol_as_json(protocol),
            "reproducible": not run_note(row, result),
            "embeddings": embeddings,
            "seconds": row.elapsed_s,
        }
        write_json(described)
        return
    write_line(f"{row.id}  {row.name}: {row.model}, {row.status}")
    for note in conditions:
        write_line(f"  {note}")
    write_table(["parameter", "value"], [(name, str(value)) for name, value in row.parameters.items()], empty="")
    write_scores(without_own_baselines(row.model, row.scores), sentences=score_details(row))
    for name, embedding_id in embeddings.items():
        write_line(f"  embedding {embedding_id}  {row.id}/{name}")
