"""`neighbors`, `analogy`: queries to an embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from embedlab.cli.flags import Json, MinCount, TopN
from embedlab.cli.output import write_json, write_note, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import NotFoundError
from embedlab.core.roles import role

if TYPE_CHECKING:
    from embedlab.core.embedding import Embedding
    from embedlab.core.similarity import Answer
    from embedlab.workspace.rows import EmbeddingRow
    from embedlab.workspace.workspace import Workspace

EmbeddingName = Annotated[str, typer.Argument(metavar="EMBEDDING", help="Id of an embedding, or RUN/name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (neighbors, analogy):
        app.command()(command)


def neighbors(
    embedding: EmbeddingName,
    keys: Annotated[
        list[str], typer.Argument(metavar="KEY...", help="One key, or several keys whose mean is queried.")
    ],
    weights: Annotated[
        list[float] | None,
        typer.Option("--weight", help="Weight of a key in the mean; give one per key, in the same order."),
    ] = None,
    topn: TopN = 10,
    min_count: MinCount = 0,
    json: Json = False,
) -> None:
    """Find the nearest neighbors of a key, or of the mean of several keys, by cosine similarity."""
    from embedlab.exploration.asking.means import neighbors_of_mean
    from embedlab.exploration.asking.neighbors import neighbors as nearest

    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        loaded = workspace.load_embedding(row.id)
        if caution := role(row.name).caution:
            write_note(caution)
        if len(keys) == 1 and not weights:
            try:
                answers = nearest(loaded, keys[0], topn, min_count)
            except NotFoundError:
                by_subwords = _neighbors_by_subwords(workspace, row, loaded, keys[0], topn, min_count)
                if by_subwords is None:
                    raise
                answers = by_subwords
        else:
            answers = neighbors_of_mean(loaded, keys, weights or None, topn, min_count)
        write_neighbors(loaded, answers, as_json=json, with_counts=min_count > 0)


def _neighbors_by_subwords(
    workspace: Workspace, row: EmbeddingRow, embedding: Embedding, word: str, topn: int, min_count: int
) -> list[Answer] | None:
    """Return the neighbors of an out-of-vocabulary word; None if the run has no subword vectors."""
    from embedlab.exploration.new_things.inference import near_unknown_word
    from embedlab.jobs.inference import has_ability, open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import PlacesWord

    if row.run_id is None or row.name != PlacesWord.role or not has_ability(workspace.run(row.run_id), PlacesWord):
        return None
    inference, dataset = open_with_dataset(workspace, row.run_id, PlacesWord, TextDataset)
    answers = near_unknown_word(inference, embedding, word, dataset.options.tokenizer, topn, min_count)
    write_note(f"{word} is out of vocabulary: its vector is built from its subwords.")
    return answers


def analogy(
    embedding: EmbeddingName,
    expression: Annotated[str, typer.Argument(metavar="EXPRESSION", help='For example "king - man + woman".')],
    topn: TopN = 10,
    min_count: MinCount = 0,
    json: Json = False,
) -> None:
    """Add and subtract vectors, and find the keys nearest to the result."""
    from embedlab.exploration.asking.analogies import analogy as solve

    with opened_workspace() as workspace:
        loaded = workspace.load_embedding(find_embedding(workspace, embedding).id)
        answers = solve(loaded, expression, topn, min_count)
        write_neighbors(loaded, answers, as_json=json, with_counts=min_count > 0)


def write_neighbors(
    embedding: Embedding, answers: Sequence[Answer], *, as_json: bool, with_counts: bool = False
) -> None:
    """Write keys, labels, cosine similarities, and counts.

    Rows of JSON have three members, as ever; a fourth, the count (null if unknown), only `with_counts`.
    """
    from embedlab.core.counts import count_of, key_counts

    counts = [count_of(embedding, answer.key) for answer in answers]
    if as_json:
        rows_of_json = [[each.key, each.label, float(each.score)] for each in answers]
        if with_counts:
            rows_of_json = [[*row, n] for row, n in zip(rows_of_json, counts, strict=True)]
        write_json(rows_of_json)
        return
    labeled = any(answer.key != answer.label for answer in answers)
    counted = key_counts(embedding) is not None
    columns = ["key", *(["label"] if labeled else []), "cosine", *(["count"] if counted else [])]
    rows = [
        (
            each.key,
            *([each.label] if labeled else []),
            f"{each.score:.4f}",
            *(["" if n is None else str(n)] if counted else []),
        )
        for each, n in zip(answers, counts, strict=True)
    ]
    write_table(columns, rows, empty="No answers.")
