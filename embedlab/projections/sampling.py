"""Maps of more points than a method can lay out in reasonable time.

The method lays out a stratified sample of the points; each other point is placed by its nearest neighbors in the
sample. The page, the form and `--json` say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Vectors
from embedlab.projections.base import FitResult, ProjectionMethod
from embedlab.projections.context import ProjectionContext
from embedlab.projections.placing_many import place_rest, placing_seconds
from embedlab.projections.points import blocks_of, check_points

#: Smallest sample: fewer points would show too little of the shape.
FEWEST_SAMPLED = 5_000
#: Share of a cluster's part of the sample that its most frequent keys get; the rest is random.
_FREQUENT_SHARE = 0.5
#: Share of the sample that is divided equally among the clusters, so that small ones are present too.
_EQUAL_SHARE = 0.2
#: Share of the progress bar for the layout of the sample; placing the others takes the rest.
_LAYOUT_SHARE = 0.9

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """How a method lays out an embedding.

    Parameters
    ----------
    n_points
        Number of points.
    n_sampled
        Number of points that the method lays out itself; `n_points` for all.
    seconds
        Estimated duration.
    """

    n_points: int
    n_sampled: int
    seconds: float

    @property
    def is_sample(self) -> bool:
        """Whether the method lays out only a sample."""
        return self.n_sampled < self.n_points

    @property
    def sentence(self) -> str:
        """What the method lays out, in one sentence; empty for all points."""
        return sample_sentence(self.n_sampled, self.n_points) if self.is_sample else ""


def sample_sentence(n_sampled: int, n_points: int) -> str:
    """Return what a sampled layout means."""
    return (
        f"Lays out a sample of {n_sampled:,} of {n_points:,} points, by cluster and frequency; the others are placed "
        "at their nearest neighbors in it."
    )


def plan_layout(
    method: ProjectionMethod[Any],
    n_points: int,
    vector_size: int,
    n_components: int,
    parameters: Any,
    most_seconds: float,
) -> Plan:
    """Decide how many points a method lays out itself.

    Parameters
    ----------
    most_seconds
        Above this estimated duration, methods that `can_sample` lay out the largest sample that takes no longer, and
        at least `FEWEST_SAMPLED` points.
    """

    def seconds(n: int) -> float:
        own = method.estimate_seconds(n, vector_size, n_components, parameters)
        return own if n >= n_points else own + placing_seconds(n_points - n, n, vector_size)

    if not method.can_sample or n_points <= FEWEST_SAMPLED or seconds(n_points) <= most_seconds:
        return Plan(n_points, n_points, seconds(n_points))
    least, most = FEWEST_SAMPLED, n_points
    # Two significant digits are enough, and round numbers are easier to read.
    while most - least > max(1, least // 50):
        middle = (least + most) // 2
        least, most = (middle, most) if seconds(middle) <= most_seconds else (least, middle)
    n_sampled = max(FEWEST_SAMPLED, _rounded(least))
    return Plan(n_points, n_sampled, seconds(n_sampled))


def _rounded(n: int) -> int:
    step = int(10 ** max(0, len(str(n)) - 2))
    return n // step * step


def stratified_sample(
    n_points: int,
    n_sampled: int,
    clusters: npt.NDArray[np.integer] | None,
    counts: npt.NDArray[np.floating] | None,
    seed: int,
) -> Rows:
    """Choose points of all clusters, frequent and rare ones.

    A fifth of the sample is divided equally among the clusters, the rest by their sizes. Of each cluster, one half of
    its part are its most frequent keys (without counts: those that come first), the other half is random.

    Parameters
    ----------
    clusters
        `(n_points,)` codes; None for one cluster.
    counts
        `(n_points,)` frequency of each key, NaN for unknown; None if there are none.
    seed
        The same seed gives the same sample.

    Returns
    -------
    `(n_sampled,)` rows, ascending.
    """
    if n_sampled >= n_points:
        return np.arange(n_points)
    rng = np.random.default_rng(seed)
    codes = np.zeros(n_points, np.int64) if clusters is None else np.unique(clusters, return_inverse=True)[1]
    sizes = np.bincount(codes)
    quotas = _quotas(sizes, n_sampled)
    frequency = np.zeros(n_points) if counts is None else np.nan_to_num(np.asarray(counts, np.float64))
    # Most frequent first; equally frequent ones in the order of the keys.
    order = np.lexsort((np.arange(n_points), -frequency))
    chosen = []
    for code, quota in enumerate(quotas):
        rows = order[codes[order] == code]
        n_frequent = int(quota * _FREQUENT_SHARE)
        chosen.append(rows[:n_frequent])
        chosen.append(rng.choice(rows[n_frequent:], quota - n_frequent, replace=False))
    return np.sort(np.concatenate(chosen))


def _quotas(sizes: npt.NDArray[np.int64], n_sampled: int) -> list[int]:
    shares = _EQUAL_SHARE / len(sizes) + (1 - _EQUAL_SHARE) * sizes / sizes.sum()
    quotas = np.minimum(sizes, np.floor(shares * n_sampled).astype(np.int64))
    # What rounding and small clusters leave, the others get.
    while (missing := n_sampled - int(quotas.sum())) > 0:
        room = sizes - quotas
        extra = np.minimum(room, np.maximum(1, missing * room // max(1, int(room.sum()))))
        extra[np.cumsum(extra) > missing] = 0
        if not extra.any():
            extra[int(np.argmax(room))] = min(missing, int(room.max()))
        quotas += extra
    return [int(quota) for quota in quotas]


def fit_sampled(
    method: ProjectionMethod[Any],
    vectors: Vectors,
    parameters: Any,
    context: ProjectionContext,
    rows: Rows,
) -> FitResult:
    """Lay out a sample of the points by a method, and place the others by their neighbors in it.

    Parameters
    ----------
    context
        As of `ProjectionMethod.fit`; frames show the sample only.
    rows
        The sample, ascending.
    """
    check_points(vectors)
    names: dict[str, Any] = {}
    if context.keys:
        names = {"keys": [context.keys[row] for row in rows], "labels": [context.labels[row] for row in rows]}
    own = ProjectionContext(
        context.n_components,
        context.seed,
        context.n_threads,
        lambda share, stage: context.report(_LAYOUT_SHARE * share, stage if share < 1 else "placing the other points"),
        context.on_frame,
        **names,
        start=None if context.start is None else np.asarray(context.start)[rows],
        wants_frame=context.wants_frame,
        stop_requested=context.stop_requested,
    )
    sample = np.empty((len(rows), vectors.shape[1]), np.float32)
    for block, content in blocks_of(vectors):
        first, last = np.searchsorted(rows, [block.start, block.stop])
        sample[first:last] = content[rows[first:last] - block.start]
    fitted = method.fit(sample, parameters, own)
    context.iterations, context.stopped_after = own.iterations, own.stopped_after
    metric = getattr(parameters, "metric", "cosine")
    coordinates = place_rest(
        vectors,
        rows,
        sample,
        fitted.coordinates,
        metric,
        seed=context.seed,
        report=lambda share: context.report(_LAYOUT_SHARE + (1 - _LAYOUT_SHARE) * share, "placing the other points"),
    )
    return FitResult(coordinates, {**fitted.facts})
