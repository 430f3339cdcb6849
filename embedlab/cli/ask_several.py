"""`odd`, `similarities`, `compare`: questions about several keys, and to several embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.ask import EmbeddingName
from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedlab.core.similarity import Answer
    from embedlab.exploration.comparison import Column, SideBySide
    from embedlab.workspace.rows import EmbeddingRow

Keys = Annotated[list[str], typer.Argument(metavar="KEY...")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (odd, similarities, compare):
        app.command()(command)


def odd(embedding: EmbeddingName, keys: Keys, json: Json = False) -> None:
    """Find the odd one out of three or more keys: the one least similar to the mean of all."""
    from embedlab.exploration.asking.odd_one_out import odd_one_out

    with opened_workspace() as workspace:
        opened = workspace.load_embedding(find_embedding(workspace, embedding).id)
        found = odd_one_out(opened, keys)
    if json:
        write_json(
            {
                "odd": found.odd.key,
                "label": found.odd.label,
                "margin": found.margin,
                "cosines_to_mean": [[each.key, each.label, each.score] for each in found.members],
            }
        )
        return
    write_table(["key", "label", "cosine to mean"], [_row(each) for each in found.members], empty="No keys.")
    write_line(f"The odd one out is {found.odd.label}, by a margin of {found.margin:.4f}.")


def _row(answer: Answer) -> tuple[str, str, str]:
    return (answer.key, answer.label if answer.label != answer.key else "", f"{answer.score:.4f}")


def similarities(
    embedding: EmbeddingName,
    keys: Keys,
    keep_order: Annotated[
        bool, typer.Option("--keep-order", help="Keep the keys in the order given, not in clustered order.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the cosine similarity of every two keys, at most 60, in an order in which like stands next to like."""
    from embedlab.exploration.asking.similarity_matrix import similarity_matrix

    with opened_workspace() as workspace:
        opened = workspace.load_embedding(find_embedding(workspace, embedding).id)
        found = similarity_matrix(opened, keys, clustered=not keep_order)
    if json:
        cosines = [[float(cosine) for cosine in row] for row in found.cosines]
        write_json({"keys": list(found.keys), "labels": list(found.labels), "cosines": cosines})
        return
    # Numbers stand for the names above the columns: names would not fit beside each other.
    columns = ["", "", *(str(number) for number in range(1, len(found.keys) + 1))]
    rows = [
        (str(number), label, *(f"{cosine:.2f}" for cosine in row))
        for number, (label, row) in enumerate(zip(found.labels, found.cosines, strict=True), start=1)
    ]
    write_table(columns, rows, empty="No keys.")


def compare(
    embeddings: Annotated[
        list[str], typer.Argument(metavar="EMBEDDING...", help="Two to six embeddings: ids, or RUN/name.")
    ],
    key: Annotated[str, typer.Option("--key", help="What to ask: a key, or an expression such as king - man + woman.")],
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Ask several embeddings the same question, and tell how much of their answers they share."""
    from embedlab.exploration.comparison import ask_side_by_side

    if len(embeddings) < 2:
        raise ParameterError("Comparing needs at least two embeddings.", received=embeddings[0], remedy="Name another.")
    with opened_workspace() as workspace:
        rows = [find_embedding(workspace, name) for name in embeddings]
        asked = ask_side_by_side([workspace.load_embedding(row.id) for row in rows], key, topn)
    if json:
        write_json(_as_json(rows, asked, key))
        return
    _write_columns(rows, asked)
    for overlap in asked.overlaps:
        write_line(
            f"{overlap.first + 1} and {overlap.second + 1} share {overlap.n_shared} of {overlap.n_union} answers, "
            f"a Jaccard overlap of {overlap.jaccard:.2f}."
        )


def _as_json(rows: Sequence[EmbeddingRow], asked: SideBySide, key: str) -> dict[str, Any]:
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
            for row, column in zip(rows, asked.columns, strict=True)
        ],
        "overlaps": [
            {"first": each.first, "second": each.second, "n_shared": each.n_shared, "n_union": each.n_union}
            | {"jaccard": each.jaccard}
            for each in asked.overlaps
        ],
    }


def _write_columns(rows: Sequence[EmbeddingRow], asked: SideBySide) -> None:
    """Write the answers beside each other; shared ones bear the numbers of the columns that also have them."""
    for number, (row, column) in enumerate(zip(rows, asked.columns, strict=True), start=1):
        write_line(f"{number}: {row.title}")
        if told := _why_silent(column):
            write_note(f"{number} {told}")
    height = max(len(column.answers) for column in asked.columns)
    lines = [[_cell(column, at) for column in asked.columns] for at in range(height)]
    write_table([str(number) for number in range(1, len(rows) + 1)], lines, empty="No answers.")


def _why_silent(column: Column) -> str:
    """Return what keeps an embedding from answering, or nothing."""
    if column.refused:
        return f"cannot answer: {column.refused}"
    told = [
        f"does not know {term}" + (f" (closest spellings: {', '.join(spellings)})" if spellings else "")
        for term, spellings in column.missing
    ]
    return "; ".join(told)


def _cell(column: Column, at: int) -> str:
    if at >= len(column.answers):
        return ""
    answer, others = column.answers[at], column.shared_with[at]
    marked = f" ={','.join(str(other + 1) for other in others)}" if others else ""
    return f"{answer.score:.3f} {answer.label}"[:40] + marked
