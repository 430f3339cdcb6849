"""`compare --neighbors`: the neighbors that keys have in common in two or more embeddings, key by key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from embedlab.cli.output import write_json, write_line, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import ParameterError

if TYPE_CHECKING:
    from embedlab.core.embedding import Embedding
    from embedlab.evaluation.intervals import Interval
    from embedlab.exploration.neighbor_overlap import NeighborOverlap
    from embedlab.workspace.rows import EmbeddingRow


def compare_neighbors(names: Sequence[str], topn: int, *, as_json: bool) -> None:
    """Compare the neighbors of two embeddings, or of more in their order, such as years.

    Raises
    ------
    ParameterError, TooLargeError, InputError
        There is only one embedding, there are too many, or they share too few keys.
    """
    if len(names) < 2:
        raise ParameterError(
            "A comparison needs at least two embeddings.", received=names[0], remedy="Add another embedding."
        )
    with opened_workspace() as workspace:
        rows = [find_embedding(workspace, name) for name in names]
        embeddings = [workspace.load_embedding(row.id) for row in rows]
        (_two if len(names) == 2 else _slices)(rows, embeddings, topn, as_json=as_json)


def _two(rows: Sequence[EmbeddingRow], embeddings: Sequence[Embedding], topn: int, *, as_json: bool) -> None:
    from embedlab.cli.compare_whole import agreement_sentence
    from embedlab.exploration.neighbor_overlap import neighbor_overlap
    from embedlab.exploration.two_embeddings import agreement_of

    first, second = embeddings
    found = neighbor_overlap(embeddings, topn)
    agreement = agreement_of(first, second, found)
    if as_json:
        of_keys = zip(found.queries.tolist(), found.shares().tolist(), found.jaccard().tolist(), strict=True)
        keys = [
            {
                "key": first.keys[found.rows[0, position]],
                "other_key": second.keys[found.rows[1, position]],
                "share": round(share, 6),
                "jaccard": round(jaccard, 6),
            }
            for position, share, jaccard in of_keys
        ]
        write_json({"embeddings": [row.id for row in rows], **asdict(agreement), "keys": keys})
        return
    for number, row in enumerate(rows, 1):
        write_line(f"{number}  {row.id}  {row.title}")
    write_line(agreement_sentence(agreement))
    write_table(
        ["changed most", "shared", "lost", "gained"],
        [
            (each.label, f"{each.share:.0%}", ", ".join(each.lost[:5]), ", ".join(each.gained[:5]))
            for each in agreement.changes
        ],
        empty="",
    )


def _slices(rows: Sequence[EmbeddingRow], embeddings: Sequence[Embedding], topn: int, *, as_json: bool) -> None:
    from embedlab.exploration.slices import compare_slices

    slices = compare_slices(embeddings, topn)
    found, first = slices.overlap, embeddings[0]
    changed = slices.most_changed()
    if as_json:
        write_json(
            {
                "embeddings": [row.id for row in rows],
                **_sizes(found),
                "to_first": [_mean(each) for each in slices.means()],
                "changes": [_path(first, found, slices.to_first, slices.to_previous, place) for place in changed],
                "keys": [
                    _path(first, found, slices.to_first, slices.to_previous, place) for place in range(found.n_compared)
                ],
            }
        )
        return
    table = [
        (number, row.id, row.title, f"{mean:.1%}", "" if interval is None else _text(interval))
        for number, (row, (mean, interval)) in enumerate(zip(rows, slices.means(), strict=True), 1)
    ]
    write_table(["", "id", "title", "neighbors as in 1", "95 % interval"], table, empty="")
    write_line(
        f"Chance is {found.chance:.2%}. {found.n_compared:,} of {found.n_shared:,} keys that all have were compared."
    )
    lines = [
        (first.labels[found.rows[0, found.queries[place]]], *(f"{each:.0%}" for each in slices.to_first[:, place]))
        for place in changed
    ]
    write_table(["changed most", *(str(number) for number in range(1, len(rows) + 1))], lines, empty="")


def _sizes(found: NeighborOverlap) -> dict[str, Any]:
    return {
        "n_shared": found.n_shared,
        "n_candidates": found.n_candidates,
        "n_compared": found.n_compared,
        "topn": found.topn,
        "chance": found.chance,
    }


def _mean(value: tuple[float, Interval | None]) -> dict[str, Any]:
    mean, interval = value
    return {"overlap": mean, "interval": None if interval is None else list(interval)}


def _path(
    first: Embedding,
    found: NeighborOverlap,
    to_first: np.ndarray[Any, np.dtype[np.float32]],
    to_previous: np.ndarray[Any, np.dtype[np.float32]],
    place: int,
) -> dict[str, Any]:
    return {
        "key": first.keys[found.rows[0, found.queries[place]]],
        "to_first": [round(float(each), 6) for each in to_first[:, place]],
        "to_previous": [round(float(each), 6) for each in to_previous[:, place]],
    }


def _text(interval: Interval) -> str:
    return f"{interval[0]:.1%} to {interval[1]:.1%}"
