"""Data of two linked maps for the browser: aligned points, rows of the same keys, overlaps, shared neighbors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, NotFoundError
from embedlab.exploration.neighbor_overlap import NeighborOverlap, near_positions, neighbor_overlap, picture_overlap
from embedlab.projections.alignment import Alignment, align_maps
from embedlab.ui.map import data as map_data
from embedlab.ui.map import isolated
from embedlab.ui.map.color_columns import ColorColumn
from embedlab.ui.shell import resources
from embedlab.workspace.rows import ProjectionRow


@dataclass(frozen=True)
class MapPair:
    """Two maps, of two embeddings or of one."""

    first: ProjectionRow
    second: ProjectionRow

    @property
    def rows(self) -> tuple[ProjectionRow, ProjectionRow]:
        """Both."""
        return self.first, self.second

    @property
    def id(self) -> str:
        """Both ids."""
        return f"{self.first.id}:{self.second.id}"

    @property
    def is_of_one_embedding(self) -> bool:
        """Whether both maps show the same vectors; then their pictures are compared."""
        return self.first.embedding_id == self.second.embedding_id


def open_pair(first_id: str, second_id: str) -> MapPair:
    """Return two maps of all points by their ids.

    Raises
    ------
    NotFoundError
        There is no such map.
    InputError
        A map is isolated: its rows are not those of the embedding, so no key has a counterpart.
    """
    pair = MapPair(*(resources.workspace().projection(each) for each in (first_id, second_id)))
    isolated = next((row.id for row in pair.rows if row.n_isolated is not None), None)
    if isolated is not None:
        raise InputError("An isolated map cannot be compared.", received=isolated, remedy="Compare maps of all points.")
    return pair


def overlap_of_embeddings(first_id: str, second_id: str) -> NeighborOverlap:
    """Return the neighbors that two embeddings have in the original space, shared by all sessions.

    Raises
    ------
    InputError
        They have too few keys in common.
    """
    first, second = resources.load_embedding(first_id), resources.load_embedding(second_id)
    return resources.open_cached(
        "neighbor-overlap", f"{first_id}:{second_id}", lambda: neighbor_overlap([first, second])
    )


def overlap_of_maps(pair: MapPair) -> NeighborOverlap:
    """Return the neighbors in the original space; of two maps of one embedding, those in both pictures."""
    if not pair.is_of_one_embedding:
        return overlap_of_embeddings(pair.first.embedding_id, pair.second.embedding_id)
    workspace = resources.workspace()
    first, second = (workspace.coordinates(each.id) for each in pair.rows)
    return resources.open_cached("picture-overlap", pair.id, lambda: picture_overlap(first, second))


def alignment(pair: MapPair) -> Alignment | None:
    """Return the transformation of the second map to the frame of the first; None if one is 2-D and the other 3-D."""
    if pair.first.n_components != pair.second.n_components:
        return None
    return resources.open_cached("alignment", pair.id, lambda: _align(pair))


def _align(pair: MapPair) -> Alignment | None:
    workspace = resources.workspace()
    found = overlap_of_maps(pair)
    places = [workspace.coordinates(row.id)[rows] for row, rows in zip(pair.rows, found.rows, strict=True)]
    usable = np.isfinite(places[0]).all(axis=1) & np.isfinite(places[1]).all(axis=1)
    try:
        return align_maps(places[0][usable], places[1][usable])
    except InputError:
        # Fewer than two points with finite coordinates: the second map stays as it is.
        return None


def second_points(pair: MapPair) -> Vectors:
    """Return the `(n_keys, n_components)` coordinates of the second map in the frame of the first, if they can be."""
    coordinates = resources.workspace().coordinates(pair.second.id)
    found = alignment(pair)
    return coordinates if found is None else found.apply(coordinates)


def rows_bytes(pair: MapPair) -> bytes:
    """Return for each row of the first embedding the row of the second, -1 if it lacks the key; int32."""
    n_keys = resources.workspace().embedding(pair.first.embedding_id).n_keys
    return overlap_of_maps(pair).counterparts(n_keys).astype("<i4").tobytes()


def overlap_bytes(pair: MapPair, side: int) -> bytes:
    """Return the overlap of each key of one side as a column of the map; NaN for keys that were not compared."""
    found = overlap_of_maps(pair)
    n_keys = resources.workspace().embedding(pair.rows[side].embedding_id).n_keys
    values = found.of_all_keys(found.shares(), side, n_keys)
    legend = {"kind": "numbers", "title": "Same neighbors", "min": 0.0, "max": 1.0, "log": False}
    return map_data.column_bytes(map_data.Column(values, legend))


def color_column(pair: MapPair, side: int, name: str) -> ColorColumn:
    """Return a column of the first embedding as colors of one side; keys that the first lacks have no value.

    Raises
    ------
    NotFoundError
        The first embedding has no such column.
    """
    column = isolated.load_column(pair.first.embedding_id, name)
    if side == 0:
        return column
    n_first, n_second = (resources.workspace().embedding(row.embedding_id).n_keys for row in pair.rows)
    counterparts = overlap_of_maps(pair).counterparts(n_first)
    shared = counterparts >= 0
    values = np.full(n_second, column.legend.get("missing_code", np.nan), column.values.dtype)
    values[counterparts[shared]] = column.values[shared]
    further = shared[column.rows]
    rows = counterparts[column.rows[further]].astype(np.uint32)
    return replace(column, values=values, rows=rows, codes=column.codes[further])


def neighbor_rows(pair: MapPair, side: int, index: int, topn: int) -> list[list[Any]]:
    """Return the nearest neighbors of a key among the shared keys; among all keys if it is not shared."""
    embedding = resources.load_embedding(pair.rows[side].embedding_id)
    if not 0 <= index < embedding.n_keys:
        raise NotFoundError("There is no such key.", received=index)
    if pair.is_of_one_embedding:
        return map_data.neighbor_rows(embedding, index, topn)
    found = overlap_of_maps(pair)
    places = np.flatnonzero(found.rows[side] == index)
    if not len(places):
        return map_data.neighbor_rows(embedding, index, topn)
    near = found.rows[side, near_positions(embedding, found, side, int(places[0]))[:topn]]
    cosines = _cosines(embedding, index, near)
    return [[int(row), embedding.labels[row], cosine] for row, cosine in zip(near, cosines, strict=True)]


def _cosines(embedding: Embedding, index: int, rows: Any) -> list[float]:
    query = embedding.vectors[index] / embedding.norms[index]
    cosines = (embedding.vectors[rows] / embedding.norms[rows, np.newaxis]) @ query
    return [round(float(each), 6) for each in cosines]
