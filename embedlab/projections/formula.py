"""Formula axes: each axis is an expression over keys, such as ``she - he``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, NotFoundError, shorten
from embedlab.projections.axis_expressions import LONGEST_EXPRESSION, AxisExpression, parse_axis, quoted
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import metric_points
from embedlab.projections.pca import pca
from embedlab.projections.placing import LARGEST_MISFIT, Axes, NeighborPlacer, Place, Placer, place
from embedlab.projections.points import Coordinates, blocks_of, check_points
from embedlab.projections.spread import spread_out

_AXES = ("x", "y", "z")
_N_SUGGESTIONS = 3
#: Characters of an expression in the name of a map.
_LONGEST_NAMED = 60
#: Larger vectors make recovering the axes slow.
_LARGEST_RECOVERED = 2_000
_EXAMPLE = (
    "Keys with + and -, such as she - he, or mean(france, spain) - mean(paris, madrid). Names with spaces or "
    "punctuation in double quotes."
)


class FormulaParameters(ProjectionParameters):
    """An expression per axis; `json_schema_extra={"axis": True}` marks a field that holds one."""

    x: str = Field(
        "", title="X axis", max_length=LONGEST_EXPRESSION, description=_EXAMPLE, json_schema_extra={"axis": True}
    )
    y: str = Field(
        "",
        title="Y axis",
        max_length=LONGEST_EXPRESSION,
        description="As the X axis.",
        json_schema_extra={"axis": True},
    )
    z: str = Field(
        "",
        title="Z axis",
        max_length=LONGEST_EXPRESSION,
        description="In 3-D, as the other axes.",
        json_schema_extra={"axis": True},
    )
    rest: Literal["pca", "spread"] = Field(
        "pca",
        title="Axes without a formula",
        description="pca: principal components of what the formulas leave. spread: the points of a single formula are "
        "spread out so that all can be seen; that axis means nothing.",
    )
    main = ("x", "y", "rest")

    @field_validator(*_AXES)
    @classmethod
    def _follows_the_grammar(cls, text: str) -> str:
        if text.strip():
            try:
                parse_axis(text)
            except InputError as error:
                raise ValueError(" ".join(filter(None, (error.what, error.remedy)))) from error
        return text.strip()


class Formula(ProjectionMethod[FormulaParameters]):
    """Cosine similarity to directions that the user writes down.

    The coordinate of a point on an axis is the cosine between its vector and the direction of the expression. Axes
    without an expression show the principal components of what the other axes leave.

    Notes
    -----
    Axes of two words: Bolukbasi, T. et al. (2016). Man is to computer programmer as woman is to homemaker?
    https://arxiv.org/abs/1607.06520. The average of a group of words for a direction: Caliskan, A. et al. (2017).
    https://doi.org/10.1126/science.aal4230
    """

    name = "formula"
    title = "Formula axes"
    summary = "Formula axes compare all points with directions that you write, such as: she - he."
    parameters_class = FormulaParameters
    uses_names = True
    uses_seed = False
    share_of_bar = 0.3

    def estimate_seconds(
        self, n_points: int, vector_size: int, n_components: int, parameters: FormulaParameters
    ) -> float:
        """Return the approximate duration of the passes over the vectors."""
        del n_components, parameters
        return 0.2 + n_points * vector_size * (2e-7 + 4e-10 * min(vector_size, 1_500))

    def fit(self, vectors: Vectors, parameters: FormulaParameters, context: ProjectionContext) -> FitResult:
        """Return the coordinates.

        Raises
        ------
        NotFoundError
            An expression names a key that the embedding does not have.
        InputError
            The vectors of an expression cancel each other.
        """
        check_points(vectors)
        context.report(0.0, "measuring axes")
        expressions = _expressions(parameters, context.n_components)
        directions = _directions(expressions, vectors, context.keys, context.labels)
        points = metric_points(vectors, "cosine")
        coordinates: Coordinates = np.zeros((len(points), context.n_components), np.float32)
        context.report(0.1, "measuring axes")
        for axis, direction in directions.items():
            coordinates[:, axis] = points @ direction
        open_axes = [axis for axis in range(context.n_components) if axis not in directions]
        if open_axes and parameters.rest == "spread" and directions:
            coordinates[:, open_axes] = spread_out(coordinates[:, min(directions)], len(open_axes))
        elif open_axes:
            rest = _without(points, list(directions.values()))
            coordinates[:, open_axes] = pca(
                rest, len(open_axes), lambda share, stage: context.report(0.2 + 0.8 * share, stage)
            )[0]
        context.report(1.0, "done")
        unwritten = "spread, means nothing" if parameters.rest == "spread" and directions else "PCA of the rest"
        drawn = [expressions.get(axis) for axis in range(context.n_components)]
        return FitResult(
            coordinates,
            {
                "axes": [unwritten if each is None else each.text for each in drawn],
                "axis_ends": [None if each is None else list(each.ends) for each in drawn],
            },
        )

    def check(self, parameters: FormulaParameters, n_components: int, embedding: Callable[[], Embedding]) -> None:
        """Refuse keys that the embedding does not have, and vectors that cancel each other."""
        super().check(parameters, n_components, embedding)
        if expressions := _expressions(parameters, n_components):
            opened = embedding()
            _directions(expressions, opened.vectors, opened.keys, opened.labels)

    def notes(self, n_points: int, n_components: int, parameters: FormulaParameters) -> list[str]:
        """Return which axes the formulas leave open."""
        del n_points
        if n_components < len(_AXES) and parameters.z:
            return ["The formula of the Z axis is used in 3-D only."]
        return []

    def placer(self, vectors: Vectors, coordinates: Coordinates) -> Placer | None:
        """Return the map's own axes, recovered from its points, or placement by nearest neighbors if that fails."""
        axes = _axes(vectors, coordinates)
        return NeighborPlacer() if axes is None else CosinePlacer(axes)

    def settings_text(self, parameters: Mapping[str, Any]) -> str:
        """Return the expressions."""
        texts = [shorten(str(parameters[axis]), _LONGEST_NAMED) for axis in _AXES if parameters.get(axis)]
        return ", ".join([*texts, *(["spread"] if parameters.get("rest") == "spread" else [])])


@dataclass(frozen=True)
class CosinePlacer:
    """Places a vector, scaled to length 1, by the axes of a map."""

    axes: Axes

    def place(self, embedding: Embedding, coordinates: Coordinates, vector: npt.ArrayLike) -> Place:
        """Place a vector on a map."""
        numbers = np.asarray(vector, dtype=np.float64)
        unit = numbers / (np.linalg.norm(numbers) or 1.0)
        return replace(place(embedding, coordinates, unit, self.axes), why="every vector has a cosine with these axes")


def _axes(vectors: Vectors, coordinates: Coordinates) -> Axes | None:
    """Recover the axes by linear regression of the coordinates on the unit vectors.

    Returns
    -------
    None if the vectors are too large for it, or if the axes do not place the points where they are.
    """
    size = vectors.shape[1]
    if size > _LARGEST_RECOVERED:
        return None
    points = metric_points(vectors, "cosine")
    middle = np.asarray(np.mean(points, axis=0, dtype=np.float64))
    origin = np.asarray(np.mean(coordinates, axis=0, dtype=np.float64))
    scatter, products = np.zeros((size, size)), np.zeros((size, coordinates.shape[1]))
    for rows, block in blocks_of(points):
        centered = block - middle
        scatter += centered.T @ centered
        products += centered.T @ (coordinates[rows] - origin)
    directions = np.linalg.lstsq(scatter, products, rcond=1e-9)[0].astype(np.float64)
    axes = Axes(middle, directions, origin)
    spread = float(np.sqrt(np.square(coordinates - origin).sum(axis=1).mean()))
    misfit = max(float(np.abs(axes.place(block) - coordinates[rows]).max()) for rows, block in blocks_of(points))
    return axes if misfit <= LARGEST_MISFIT * spread else None


def _expressions(parameters: FormulaParameters, n_components: int) -> dict[int, AxisExpression]:
    """Return the expressions by axis."""
    texts = (parameters.x, parameters.y, parameters.z)[:n_components]
    return {axis: parse_axis(text) for axis, text in enumerate(texts) if text}


def _directions(
    expressions: Mapping[int, AxisExpression], vectors: Vectors, keys: Sequence[str], labels: Sequence[str]
) -> dict[int, Vectors]:
    """Return the `(vector_size,)` direction of each axis.

    Raises
    ------
    NotFoundError
        A key does not exist, or a label belongs to several keys.
    InputError
        Vectors cancel each other.
    """
    wanted = {name for expression in expressions.values() for name in expression.weights}
    vector_of = _lookup(wanted, vectors, keys, labels)
    return {axis: each.direction(vector_of).astype(np.float32) for axis, each in expressions.items()}


def _lookup(
    wanted: Set[str], vectors: Vectors, keys: Sequence[str], labels: Sequence[str]
) -> Callable[[str], npt.ArrayLike]:
    """Return a function that finds the vector of a key, or of a label that only one key has."""
    # Of a million keys a formula names a few, so one pass is cheaper than an index.
    found = [_rows_of(wanted, names) for names in (keys, labels)]

    def vector_of(name: str) -> npt.ArrayLike:
        for rows_of in found:
            rows = rows_of.get(name, [])
            if len(rows) == 1:
                return np.asarray(vectors[rows[0]])
            if rows:
                raise NotFoundError(
                    "Several keys have this label.",
                    received=name,
                    remedy=f"Write the key: {', '.join(quoted(keys[row]) for row in rows[:_N_SUGGESTIONS])}.",
                )
        # Users search by labels, where there are any; the keys of films are mere numbers.
        close = _closest(name, labels or keys)
        remedy = f"Close names: {', '.join(map(quoted, close))}." if close else "Use keys of this embedding."
        raise NotFoundError("The embedding does not have this key.", received=name, remedy=remedy)

    return vector_of


def _rows_of(wanted: Set[str], names: Sequence[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        if name in wanted:
            rows.setdefault(name, []).append(row)
    return rows


def _closest(name: str, names: Sequence[str]) -> list[str]:
    """Return the names with the closest spelling; without any, those of which a part is similar."""
    from rapidfuzz import process, utils
    from rapidfuzz.distance import OSA
    from rapidfuzz.fuzz import WRatio

    unique = list(dict.fromkeys(names))
    for scorer, least in ((OSA.normalized_similarity, 0.6), (WRatio, 60)):
        found = process.extract(
            name,
            unique,
            scorer=scorer,
            limit=_N_SUGGESTIONS,
            processor=utils.default_process,
            score_cutoff=least,
        )
        if found:
            break
    return [str(each) for each, _, _ in found]


def _without(points: Vectors, directions: Sequence[npt.NDArray[np.float32]]) -> Vectors:
    """Return the points without their components along some directions."""
    if not directions:
        return points
    basis, _ = np.linalg.qr(np.stack(directions, axis=1).astype(np.float64))
    rest: Vectors = (points - (points @ basis) @ basis.T).astype(np.float32)
    return rest
