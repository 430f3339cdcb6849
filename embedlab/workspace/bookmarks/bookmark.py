"""A bookmark: everything that makes a map look as it does, and a note, as validated data."""

from __future__ import annotations

import math
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from embedlab.core.plain import LONGEST_NAME, one_line

#: Characters of a note; longer ones do not fit beside a map.
LONGEST_NOTE: Final = 1000
#: Characters of a key, of the name of a column, and of an expression.
LONGEST_TEXT: Final = 10_000
#: Selected keys of one bookmark.
MOST_SELECTED: Final = 2000
#: Snapshots of a film that a bookmark can name; films have fewer.
MOST_MOMENTS: Final = 10_000
#: Keys of a query.
MOST_OF: Final = 60
_LARGEST: Final = 1e30
#: Containers inside each other in a parameter of a projection; those of our methods have two.
_DEEPEST: Final = 8


def _finite(value: float) -> float:
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError("not a finite number")
    return value


def _note(text: str) -> str:
    return "\n".join(one_line(line, LONGEST_NOTE) for line in text.replace("\r\n", "\n").split("\n")).strip()


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Refuse values that cannot be written as JSON in UTF-8: nested too deeply, or with half a character."""
    pending: list[tuple[Any, int]] = [(values, 0)]
    while pending:
        value, depth = pending.pop()
        if isinstance(value, str) and not value.isascii():
            # Raises UnicodeEncodeError, which is a ValueError.
            value.encode()
        if isinstance(value, dict | list | tuple):
            if depth > _DEEPEST:
                raise ValueError("nested too deeply")
            parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
            pending += [(part, depth + 1) for part in parts]
    return values


Number = Annotated[float, AfterValidator(_finite)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Name = Annotated[str, Field(max_length=10_000), AfterValidator(lambda text: one_line(text, LONGEST_NAME).strip())]
Note = Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(_note)]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Ranges(_Data):
    """The part of a plane that is in view, in the units of the projection."""

    x: tuple[Number, Number]
    y: tuple[Number, Number]


class Position(_Data):
    """A position or a direction in space."""

    x: Number
    y: Number
    z: Number


class Camera(_Data):
    """The camera of a map in three dimensions, in the units of Plotly's scenes."""

    eye: Position
    center: Position
    up: Position


class ProjectionLook(_Data):
    """Which projection a bookmark shows: its id, and what finds the same one in another workspace."""

    id: Annotated[str, Field(max_length=64)]
    method: Annotated[str, Field(max_length=64)]
    n_components: Annotated[int, Field(ge=1, le=3)]
    parameters: Annotated[dict[str, Any], AfterValidator(_plain)] = {}
    seed: int = 0


class QueryLook(_Data):
    """A query that is drawn on the map, as in the address of the page."""

    draw: Annotated[str, Field(max_length=64)]
    of: Annotated[tuple[Key, ...], Field(min_length=1, max_length=MOST_OF)]
    weights: Annotated[tuple[Number, ...], Field(max_length=MOST_OF)] = ()


class PointsLook(_Data):
    """How the points look, as `embedlab.ui.map.appearance.Appearance`; unknown names are those of a newer version."""

    palette: Annotated[str, Field(max_length=64)]
    scale: Annotated[str, Field(max_length=64)]
    n_categories: Annotated[int, Field(ge=1, le=10_000)]
    size: Annotated[float, Field(gt=0, le=100)]
    opacity: Annotated[float, Field(gt=0, le=100)]
    shape: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None


class Bookmark(_Data):
    """One view of the map of an embedding.

    Parameters
    ----------
    embedding
        Id of the embedding that it was made on.
    name
        For people; the bookmarks of an embedding are known by their `id`.
    note
        What to say about the view, as plain text; at most `LONGEST_NOTE` characters.
    projection
        The projection.
    view
        What is in view: ranges in 2-D, a camera in 3-D; None for the whole map.
    color
        The column that colors the points; None for the default one, "-" for a single color.
    points
        Palette, scale, colored categories, size, opacity and shape of the points; None in bookmarks of earlier
        versions, which leave them as they are.
    sized, labeled
        Whether the points are sized by count, and whether frequent points are labeled.
    key
        The picked key, or the out-of-vocabulary word placed on the map.
    selected
        Keys of the selected points.
    query
        The query that is drawn.
    frame
        The moment of a replay of the training, as the number of its snapshot from 0; None without a replay.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{1,32}$")]
    embedding: Annotated[str, Field(max_length=64)]
    name: Name = ""
    note: Note = ""
    projection: ProjectionLook
    view: Ranges | Camera | None = None
    color: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None
    points: PointsLook | None = None
    sized: bool = False
    labeled: bool = True
    key: Key | None = None
    selected: Annotated[tuple[Key, ...], Field(max_length=MOST_SELECTED)] = ()
    query: QueryLook | None = None
    frame: Annotated[int, Field(ge=0, le=MOST_MOMENTS)] | None = None


def view_of(value: Any) -> Ranges | Camera | None:
    """Return the view that a browser sent; None if it is not one."""
    for kind in (Ranges, Camera):
        try:
            return kind.model_validate(value)
        except ValueError:
            continue
    return None
