"""`odd`, `similarities`, `compare`: queries about several keys, or to several embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.compare_neighbors import compare_neighbors
from embedlab.cli.compare_whole import compare_whole
from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedlab.core.similarity import Answer
    from embedlab.exploration.comparison import Column, SideBySide
    from embedlab.workspace.rows import EmbeddingRow

Keys = Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys or labels.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (odd, similarities, compare):
        app.command()(command)


def odd(embedding: EmbeddingName, keys: Keys, json: Json = False) -> None:
    """Find the odd one out of three or more keys: the one least similar to their mean."""
    from embedlab.exploration.asking.odd_one_out import odd_one_out

    with opened_workspace() as workspace:
        loaded = workspace.load_embedding(find_embedding(workspace, embedding).id)
        result = odd_one_out(loaded, keys)
    if json:
        write_json(
            {
                "odd": result.odd.key,
                "label": result.odd.label,
                "margin": result.margin,
                "cosines_to_mean": [[each.key, each.label, each.score] for each in result.members],
            }
        )
        return
    write_table(["key", "label", "cosine to mean"], [_row(each) for each in result.members], empty="No keys.")
    write_line(f"The odd one out is {result.odd.label}, by a margin of {result.margin:.4f}.")


def _row(answer: Answer) -> tuple[str, str, str]:
    return (answer.key, answer.label if answer.label != answer.key else "", f"{answer.score:.4f}")


def similarities(
    embedding: EmbeddingName,
    keys: Keys,
    keep_order: Annotated[
        bool, typer.Option("--keep-order", help="Keep the order of the keys instead of clustering them.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the cosine similarities of all pairs of up to 60 keys, in clustered order."""
    from embedlab.exploration.asking.similarity_matrix import similarity_matrix

    with opened_workspace() as workspace:
        loaded = workspace.load_embedding(find_embedding(workspace, embedding).id)
        matrix = similarity_matrix(loaded, keys, clustered=not keep_order)
    if json:
        cosines = [[float(cosine) for cosine in row] for row in matrix.cosines]
        write_json({"keys": list(matrix.keys), "labels": list(matrix.labels), "cosines": cosines})
        return
    # Columns have numbers instead of names, which would not fit next to each other.
    columns = ["", "", *(str(number) for number in range(1, len(matrix.keys) + 1))]
    rows = [
        (str(number), label, *(f"{cosine:.2f}" for cosine in row))
        for number, (label, row) in enumerate(zip(matrix.labels, matrix.cosines, strict=True), start=1)
    ]
    write_table(columns, rows, empty="No keys.")


def compare(
    embeddings: Annotated[
        list[str],
        typer.Argument(metavar="EMBEDDING...", help="Runs or embeddings: ids, or RUN/name; with --key two to six."),
    ],
    key: Annotated[
        str | None,
        typer.Option("--key", help='Compare the answers to a key, or to an expression such as "king - man + woman".'),
    ] = None,
    topn: TopN = 10,
    neighbors: Annotated[
        bool,
        typer.Option(
            "--neighbors", help="Compare the neighbors of every shared key; several embeddings in their order."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Compare two runs or embeddings, the scores of several, or with --key their answers to one query.

    Two: settings that differ, score differences with paired 95 % intervals, and the share of neighbors that both have
    in common. More: a table of scores; scores measured on other test data are marked and not ranked.
    """
    from embedlab.exploration.comparison import ask_side_by_side

    if neighbors and key is not None:
        raise ParameterError("--neighbors and --key exclude each other.", received=key, remedy="Use one of them.")
    if neighbors:
        compare_neighbors(embeddings, topn, as_json=json)
        return
    if key is None:
        compare_whole(embeddings, topn, as_json=json)
        return
    if len(embeddings) < 2:
        raise ParameterError(
            "A comparison needs at least two embeddings.", received=embeddings[0], remedy="Add another embedding."
        )
    with opened_workspace() as workspace:
        rows = [find_embedding(workspace, name) for name in embeddings]
        comparison = ask_side_by_side([workspace.load_embedding(row.id) for row in rows], key, topn)
    if json:
        write_json(_as_json(rows, comparison, key))
        return
    _write_columns(rows, comparison)
    for overlap in comparison.overlaps:
        write_line(
            f"{overlap.first + 1} and {overlap.second + 1} share {overlap.n_shared} of {overlap.n_union} answers, "
            f"a Jaccard overlap of {overlap.jaccard:.2f}."
        )


def _as_json(rows: Sequence[EmbeddingRow], comparison: SideBySide, key: str) -> dict[str, Any]:
    return {
        "question": key,
        "embeddings": [
            {
                "embedding": row.id,
                "title": row.title,
                "answers": [[each.key, each.label, each.score] for each in column.answers],
                "shared_with": [list(others) for others in column.shared_with],
                "missing": [term for term, _ in column.missing],
                "refused": column.refused or None,
            }
            for row, column in zip(rows, comparison.columns, strict=True)
        ],
        "overlaps": [
            {"first": each.first, "second": each.second, "n_shared": each.n_shared, "n_union": each.n_union}
            | {"jaccard": each.jaccard}
            for each in comparison.overlaps
        ],
    }


def _write_columns(rows: Sequence[EmbeddingRow], comparison: SideBySide) -> None:
    """Write the answers side by side; shared ones are marked with the numbers of the other columns that have them."""
    for number, (row, column) in enumerate(zip(rows, comparison.columns, strict=True), start=1):
        write_line(f"{number}: {row.title}")
        if reason := _why_empty(column):
            write_note(f"{number} {reason}")
    height = max(len(column.answers) for column in comparison.columns)
    lines = [[_cell(column, at) for column in comparison.columns] for at in range(height)]
    write_table([str(number) for number in range(1, len(rows) + 1)], lines, empty="No answers.")


def _why_empty(column: Column) -> str:
    """Return why an embedding cannot answer; empty if it can."""
    if column.refused:
        return f"cannot answer: {column.refused}"
    reasons = [
        f"does not know {term}" + (f" (closest spellings: {', '.join(spellings)})" if spellings else "")
        for term, spellings in column.missing
    ]
    return "; ".join(reasons)


def _cell(column: Column, at: int) -> str:
    if at >= len(column.answers):
        return ""
    answer, others = column.answers[at], column.shared_with[at]
    marked = f" ={','.join(str(other + 1) for other in others)}" if others else ""
    return f"{answer.score:.3f} {answer.label}"[:40] + marked
