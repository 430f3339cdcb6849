"""Formula axes: each axis is an expression over keys, such as ``she - he``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError, NotFoundError
from embedlab.projections.axis_expressions import LONGEST_EXPRESSION, parse_axis
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.neighbor_graph import metric_points
from embedlab.projections.pca import pca
from embedlab.projections.points import Coordinates, check_points

_AXES = ("x", "y", "z")
_N_SUGGESTIONS = 3
_EXAMPLE = "Keys with + and -: she - he, or mean(france, spain) - mean(paris, madrid). Empty: PCA of the rest."


class FormulaParameters(ProjectionParameters):
    """An expression per axis."""

    x: str = Field("", title="X axis", max_length=LONGEST_EXPRESSION, description=_EXAMPLE)
    y: str = Field("", title="Y axis", max_length=LONGEST_EXPRESSION, description=_EXAMPLE)
    z: str = Field("", title="Z axis", max_length=LONGEST_EXPRESSION, description="In 3-D, as the other axes.")

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
        vector_of = _lookup(vectors, context.keys, context.labels)
        points = metric_points(vectors, "cosine")
        texts = [getattr(parameters, axis) for axis in _AXES[: context.n_components]]
        directions = {
            place: parse_axis(text).direction(vector_of).astype(np.float32) for place, text in enumerate(texts) if text
        }
        coordinates: Coordinates = np.zeros((len(points), len(texts)), np.float32)
        context.report(0.1, "measuring axes")
        for place, direction in directions.items():
            coordinates[:, place] = points @ direction
        open_axes = [place for place in range(len(texts)) if place not in directions]
        if open_axes:
            rest = _without(points, list(directions.values()))
            coordinates[:, open_axes] = pca(
                rest, len(open_axes), lambda share, stage: context.report(0.2 + 0.8 * share, stage)
            )[0]
        context.report(1.0, "done")
        return FitResult(coordinates, {"axes": [text or "PCA of the rest" for text in texts]})

    def settings_text(self, parameters: Mapping[str, Any]) -> str:
        """Return the expressions."""
        return ", ".join(str(parameters[axis]) for axis in _AXES if parameters.get(axis))


def _lookup(vectors: Vectors, keys: Sequence[str], labels: Sequence[str]) -> Callable[[str], npt.ArrayLike]:
    """Return a function that finds the vector of a key, or of a label that only one key has."""

    def vector_of(name: str) -> npt.ArrayLike:
        for names in (keys, labels):
            rows = [row for row, each in enumerate(names) if each == name]
            if len(rows) == 1:
                return np.asarray(vectors[rows[0]])
        from rapidfuzz import process

        close = [str(each) for each, _, _ in process.extract(name, keys, limit=_N_SUGGESTIONS)] if keys else []
        remedy = f"Close names: {', '.join(close)}." if close else "Use keys of this embedding."
        raise NotFoundError("The embedding does not have this key.", received=name, remedy=remedy)

    return vector_of


def _without(points: Vectors, directions: Sequence[npt.NDArray[np.float32]]) -> Vectors:
    """Return the points without their components along some directions."""
    if not directions:
        return points
    basis, _ = np.linalg.qr(np.stack(directions, axis=1).astype(np.float64))
    rest: Vectors = (points - (points @ basis) @ basis.T).astype(np.float32)
    return rest
