"""What a bookmark means for an embedding and its projections, which may not be those that it was made on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embedlab.workspace.bookmarks.bookmark import Bookmark, Camera, ProjectionLook, Ranges
from embedlab.workspace.rows import ProjectionRow


@dataclass(frozen=True)
class Match:
    """A bookmark as far as it can be shown.

    Parameters
    ----------
    projection
        The projection to show; None if the embedding has none.
    view
        What is in view; None for the whole map, which is shown if the layout is another one.
    rows
        Rows of the selected keys, ascending.
    problems
        What cannot be shown, as plain sentences with names of users.
    """

    projection: ProjectionRow | None
    view: Ranges | Camera | None
    rows: tuple[int, ...]
    problems: tuple[str, ...]


def match(
    bookmark: Bookmark,
    key_to_index: Mapping[str, int],
    projections: Sequence[ProjectionRow],
    columns: Sequence[str],
    embedding_id: str,
) -> Match:
    """Return what a bookmark means: keys by name, the projection by id or else by method.

    Parameters
    ----------
    bookmark
        The bookmark.
    key_to_index
        Row of each key of the embedding.
    projections
        The projections of the embedding, oldest first.
    columns
        The columns that can color the map.
    embedding_id
        Of the embedding; a view is kept only on the layout that it was made on.
    """
    problems = []
    same_embedding = bookmark.embedding == embedding_id
    wanted = bookmark.projection
    projection, is_same = _projection(wanted, projections)
    if projection is None or projection.method != wanted.method or projection.n_components != wanted.n_components:
        problems.append(f"This embedding has no {wanted.method} map in {wanted.n_components}-D.")
    rows = sorted({key_to_index[key] for key in bookmark.selected if key in key_to_index})
    if n_missing := len(set(bookmark.selected)) - len(rows):
        of = f"{n_missing:,} of the {len(set(bookmark.selected)):,} selected keys"
        problems.append(f"This embedding does not contain {of}.")
    shape = None if bookmark.points is None else bookmark.points.shape
    problems += [
        f"This embedding has no column “{column}”."
        for column in dict.fromkeys((bookmark.color, shape))
        if column not in (None, "-", *columns)
    ]
    if bookmark.key is not None and bookmark.key not in key_to_index and not same_embedding:
        problems.append(f"This embedding does not contain “{bookmark.key}”.")
    view = bookmark.view if is_same and same_embedding else None
    if bookmark.view is not None and view is None:
        problems.append("The layout is another one, so the whole map is shown.")
    return Match(projection, view, tuple(rows), tuple(problems))


def _projection(wanted: ProjectionLook, rows: Sequence[ProjectionRow]) -> tuple[ProjectionRow | None, bool]:
    """Return the best projection, and whether it is the same layout."""
    for row in rows:
        if row.id == wanted.id:
            return row, True
    of_method = [row for row in rows if (row.method, row.n_components) == (wanted.method, wanted.n_components)]
    for row in of_method:
        if row.parameters == wanted.parameters and row.seed == wanted.seed:
            # The same data, seed and parameters give the same map.
            return row, True
    near = of_method or [row for row in rows if row.n_components == wanted.n_components] or list(rows)
    return (near[-1], False) if near else (None, False)
