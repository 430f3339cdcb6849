"""A query as a drawing on a map: its keys, the point that it computes, the lines between them, and its answers.

The geometry is in rows and map coordinates only; the map's JavaScript turns it into pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer, nearest_to_vector
from embedlab.exploration.asking.analogies import analogy, resolve_expression
from embedlab.exploration.asking.means import neighbors_of_mean
from embedlab.exploration.asking.neighbors import similarity
from embedlab.exploration.asking.odd_one_out import odd_one_out
from embedlab.exploration.asking.several_keys import find_keys, unit_rows
from embedlab.projections.placing import Place, Placer
from embedlab.projections.points import Coordinates

#: The kind of a query whose point is somebody's own vector.
PERSON = "you"
#: The kind of a query whose point is the vector of a new text.
TEXT = "text"
#: The end of a line that is the computed point instead of a row.
COMPUTED = -1
_LONGEST_TITLE = 60

Stroke = Literal["relation", "side", "member", "minus", "odd", "pair"]


class Line(NamedTuple):
    """A line from one row to another; `COMPUTED` is the computed point. A relation is drawn as an arrow."""

    start: int
    end: int
    stroke: Stroke


@dataclass(frozen=True)
class MapQuery:
    """A query to draw.

    Parameters
    ----------
    kind
        One of `KINDS`.
    expression
        Of an analogy; of a text, the text itself.
    keys, weights
        Of the other kinds: keys or labels, and for a mean their weights, for a person the ratings.
    """

    kind: str
    expression: str = ""
    keys: tuple[str, ...] = ()
    weights: tuple[float, ...] | None = None

    @property
    def needs_vector(self) -> bool:
        """Whether its point is a vector that only the run of the embedding can compute."""
        return self.kind in (PERSON, TEXT)


@dataclass(frozen=True)
class Drawing:
    """A query on a map.

    Parameters
    ----------
    title
        The query in words, with labels.
    rows
        Rows of its keys, in their order.
    lines
        Lines between rows and the computed point.
    answers
        Answers, best first; for the odd one out, the odd one.
    place
        Position of the computed point; None if the query has none or the map cannot place it.
    name
        Name of the computed point.
    """

    title: str
    rows: tuple[int, ...]
    lines: tuple[Line, ...]
    answers: tuple[Answer, ...] = ()
    place: Place | None = None
    name: str = ""


@dataclass(frozen=True)
class _Canvas:
    """The map to draw on, and how many answers to mark."""

    embedding: Embedding
    coordinates: Coordinates
    placer: Placer | None
    topn: int
    min_count: int
    vector: npt.NDArray[np.floating] | None = None

    def rows(self, keys: Sequence[str]) -> tuple[int, ...]:
        return tuple(self.embedding.index(key) for key in keys)

    def label(self, key: str) -> str:
        return self.embedding.label(key)

    def place(self, keys: Sequence[str], weights: Sequence[float], *, mean: bool = False) -> Place | None:
        """Return the position of the weighted sum, or mean, of the vectors of `keys`.

        A linear map (PCA) places the sum of the vectors themselves, so that a parallelogram of vectors stays one. Any
        other map only has the neighbors of a direction: that of the query, which is the sum of unit vectors.
        """
        if self.placer is None:
            return None
        shares = np.asarray(weights, dtype=np.float64)
        if mean:
            shares = shares / (np.abs(shares).sum() or 1.0)
        vectors = np.asarray(self.embedding.vectors[list(self.rows(keys))], dtype=np.float64)
        directions = unit_rows(self.embedding, keys).astype(np.float64)
        place = self._placed(self.placer, shares @ vectors)
        return place if place is not None and place.how == "exact" else self._placed(self.placer, shares @ directions)

    def place_vector(self, vector: npt.NDArray[np.floating]) -> Place | None:
        """Return the position of a vector; None if the map cannot place it."""
        return None if self.placer is None else self._placed(self.placer, np.asarray(vector, dtype=np.float64))

    def _placed(self, placer: Placer, vector: npt.NDArray[np.float64]) -> Place | None:
        try:
            return placer.place(self.embedding, self.coordinates, vector)
        except InputError:
            # A zero vector has no position; the query itself says so if it cannot be answered either.
            return None


def draw_query(
    query: MapQuery,
    embedding: Embedding,
    coordinates: Coordinates,
    placer: Placer | None,
    topn: int = 10,
    min_count: int = 0,
    vector: npt.NDArray[np.floating] | None = None,
) -> Drawing:
    """Return the drawing of a query on a map.

    Parameters
    ----------
    coordinates
        `(n_keys, n_components)` float32.
    placer
        Places the computed point; None for a map that cannot place new points.
    topn
        Number of answers to mark.
    min_count
        Leave out answers that occur, or are rated, less often.
    vector
        `(vector_size,)` vector of a person or a text; see `MapQuery.needs_vector`.

    Raises
    ------
    InputError
        There is no such kind of query, or it cannot be answered.
    NotFoundError
        A key is not in the vocabulary; the remedy suggests the closest spellings.
    """
    draw = KINDS.get(query.kind)
    if draw is None:
        raise InputError("There is no such query.", received=query.kind, remedy=f"Known: {', '.join(KINDS)}.")
    return draw(query, _Canvas(embedding, coordinates, placer, topn, min_count, vector))


def _analogy(query: MapQuery, canvas: _Canvas) -> Drawing:
    """Draw `b - a + c` as the parallelogram a -> b, c -> computed point; other expressions as a star."""
    terms = resolve_expression(canvas.embedding, query.expression)
    answers = tuple(analogy(canvas.embedding, query.expression, canvas.topn, canvas.min_count))
    keys = [*terms.positive, *terms.negative]
    rows = canvas.rows(keys)
    place = canvas.place(keys, [1.0] * len(terms.positive) + [-1.0] * len(terms.negative))
    lines: tuple[Line, ...]
    if (len(terms.positive), len(terms.negative)) == (2, 1):
        b, c, a = rows
        lines = (Line(a, b, "relation"), Line(c, COMPUTED, "relation"), Line(a, c, "side"), Line(b, COMPUTED, "side"))
        title = f"{canvas.label(keys[2])} : {canvas.label(keys[0])} = {canvas.label(keys[1])} : ?"
    else:
        n_added = len(terms.positive)
        lines = tuple(Line(row, COMPUTED, "member" if number < n_added else "minus") for number, row in enumerate(rows))
        title = _in_labels(canvas, terms.positive, terms.negative)
    name = _in_labels(canvas, terms.positive, terms.negative)
    return _finished(title, rows, lines, answers, place, name)


def _in_labels(canvas: _Canvas, positive: Sequence[str], negative: Sequence[str]) -> str:
    """Return an expression as people write it: `b - a + c`."""
    first, *rest = positive or [""]
    parts = [canvas.label(first)] if positive else []
    parts += [f"- {canvas.label(key)}" for key in negative]
    parts += [f"+ {canvas.label(key)}" for key in rest]
    return " ".join(parts)


def _mean(query: MapQuery, canvas: _Canvas) -> Drawing:
    keys = find_keys(canvas.embedding, query.keys)
    weights = list(query.weights or [1.0] * len(query.keys))
    answers = neighbors_of_mean(canvas.embedding, query.keys, weights, canvas.topn, canvas.min_count)
    shares = dict.fromkeys(keys, 0.0)
    for text, weight in zip(query.keys, weights, strict=True):
        shares[find_keys(canvas.embedding, [text])[0]] += weight
    rows = canvas.rows(keys)
    lines = tuple(
        Line(row, COMPUTED, "minus" if shares[key] < 0 else "member") for key, row in zip(keys, rows, strict=True)
    )
    title = f"Mean of {len(keys)}" if len(keys) > 1 else canvas.label(keys[0])
    return _finished(title, rows, lines, tuple(answers), canvas.place(keys, list(shares.values()), mean=True), "mean")


def _pair(query: MapQuery, canvas: _Canvas) -> Drawing:
    keys = find_keys(canvas.embedding, query.keys, least=2)
    if len(keys) != 2:
        raise InputError("A pair has two keys.", received=", ".join(query.keys), remedy="Choose two.")
    rows = canvas.rows(keys)
    title = f"{canvas.label(keys[0])} and {canvas.label(keys[1])}: {similarity(canvas.embedding, *keys):.3f}"
    return Drawing(title, rows, (Line(rows[0], rows[1], "pair"),))


def _odd(query: MapQuery, canvas: _Canvas) -> Drawing:
    result = odd_one_out(canvas.embedding, query.keys)
    keys = [member.key for member in result.members]
    rows = canvas.rows(keys)
    lines = tuple(Line(row, COMPUTED, "odd" if row == rows[-1] else "member") for row in rows)
    place = canvas.place(keys, [1.0] * len(keys), mean=True)
    return _finished(f"{result.odd.label} is the odd one out", rows, lines, (result.odd,), place, "mean")


def _person(query: MapQuery, canvas: _Canvas) -> Drawing:
    """Draw somebody new among the items: the rated ones, and the items nearest to the vector."""
    if canvas.vector is None or canvas.vector.shape != (canvas.embedding.vector_size,):
        raise InputError(
            "This map cannot show you: the run has no vectors of users in the space of these vectors.",
            remedy="Choose the items of a run that places new users.",
        )
    keys = [key for key in query.keys if key in canvas.embedding.key_to_index]
    rows = canvas.rows(keys)
    answers = nearest_to_vector(canvas.embedding, canvas.vector, canvas.topn, keys, canvas.min_count)
    lines = tuple(Line(row, COMPUTED, "member") for row in rows)
    place = canvas.place_vector(canvas.vector)
    return _finished("You among the items", rows, lines, tuple(answers), place, "you")


def _text(query: MapQuery, canvas: _Canvas) -> Drawing:
    """Draw a new text among the documents, with the documents nearest to it."""
    if canvas.vector is None or canvas.vector.shape != (canvas.embedding.vector_size,):
        raise InputError(
            "This map cannot show a new text: the run does not place texts among these vectors.",
            remedy="Choose the documents of a run that places new texts.",
        )
    answers = nearest_to_vector(canvas.embedding, canvas.vector, canvas.topn, min_count=canvas.min_count)
    rows = canvas.rows([answer.key for answer in answers])
    lines = tuple(Line(row, COMPUTED, "member") for row in rows)
    title = f"New text: {one_line(query.expression, _LONGEST_TITLE)}"
    return _finished(title, (), lines, tuple(answers), canvas.place_vector(canvas.vector), "new text")


def _finished(
    title: str,
    rows: tuple[int, ...],
    lines: tuple[Line, ...],
    answers: tuple[Answer, ...],
    place: Place | None,
    name: str,
) -> Drawing:
    """Return the drawing, without the lines to a computed point that has no position."""
    shown = lines if place is not None else tuple(line for line in lines if COMPUTED not in (line.start, line.end))
    return Drawing(title, rows, shown, answers, place, name)


#: How each kind of query is drawn.
KINDS: Mapping[str, Callable[[MapQuery, _Canvas], Drawing]] = {
    "analogy": _analogy,
    "mean": _mean,
    "pair": _pair,
    "odd": _odd,
    PERSON: _person,
    TEXT: _text,
}
