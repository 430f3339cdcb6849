"""The Word Embedding Association Test: two groups of targets, two groups of attributes, and a permutation test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from math import comb

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError

Reals = npt.NDArray[np.float64]

#: Up to this many ways to divide the targets, all of them are counted; above, random ones are.
MOST_EXACT = 200_000
#: Random divisions: the standard error of p is at most 0.0016.
N_RANDOM = 100_000
_BLOCK = 20_000
#: Sums that differ by less are equal: rounding must not decide whether a division counts.
_TIE = 1e-9
#: Below this standard deviation, all associations are equal.
_LEAST_DEVIATION = 1e-9


@dataclass(frozen=True, eq=False)
class Association:
    """Result of the test.

    Parameters
    ----------
    of_first, of_second
        `(n_first,)` and `(n_second,)`: the association of each target, which is its mean cosine similarity to the
        first attributes minus that to the second; -2 to 2.
    statistic
        Sum of the first targets' associations minus the sum of the second targets'.
    effect_size
        Difference of the two means, divided by the sample standard deviation of all associations: about -2 to 2.
    p_value
        One-sided: the share of divisions of all targets into groups of these sizes whose first group is associated
        with the first attributes at least as much. Small values mean that chance rarely gives so much.
    n_divisions
        Number of divisions counted.
    is_exact
        Whether these are all divisions.
    """

    of_first: Reals
    of_second: Reals
    statistic: float
    effect_size: float
    p_value: float
    n_divisions: int
    is_exact: bool


def association(
    first_targets: npt.ArrayLike,
    second_targets: npt.ArrayLike,
    first_attributes: npt.ArrayLike,
    second_attributes: npt.ArrayLike,
    *,
    seed: int = 0,
) -> Association:
    """Test whether the first targets are closer to the first attributes than the second targets are.

    Parameters
    ----------
    first_targets, second_targets, first_attributes, second_attributes
        `(n, vector_size)` vectors of length 1; at least 1 each, and at least 2 targets in all.
    seed
        Seed of the random divisions, if there are more than `MOST_EXACT`.

    Raises
    ------
    InputError
        All targets have the same association, so that there is no effect size.

    Notes
    -----
    Caliskan, A., Bryson, J., Narayanan, A. (2017). Semantics derived automatically from language corpora contain
    human-like biases. Science 356. https://doi.org/10.1126/science.aal4230. Differences: divisions that equal the
    observed one count too, so that p is never 0 (Phipson, B., Smyth, G. (2010).
    https://doi.org/10.2202/1544-6115.1585); and the groups may differ in size, in which case they are divided into the
    same sizes.
    """
    positive, negative = (np.asarray(each, np.float64) for each in (first_attributes, second_attributes))
    of_first, of_second = (
        (units @ positive.T).mean(axis=1) - (units @ negative.T).mean(axis=1)
        for units in (np.asarray(each, np.float64) for each in (first_targets, second_targets))
    )
    everything = np.concatenate([of_first, of_second])
    deviation = float(everything.std(ddof=1))
    if not deviation > _LEAST_DEVIATION:
        raise InputError(
            "All targets have the same association, so the test has nothing to compare.",
            remedy="Choose targets or attributes with different vectors.",
        )
    n_first = len(of_first)
    n_all = comb(len(everything), n_first)
    is_exact = n_all <= MOST_EXACT
    # For groups of given sizes, all statistics increase with the sum of the first group.
    least = of_first.sum() - _TIE
    sums = _all_sums(everything, n_first) if is_exact else _random_sums(everything, n_first, seed)
    n_extreme = sum(int(np.count_nonzero(block >= least)) for block in sums)
    return Association(
        of_first,
        of_second,
        statistic=float(of_first.sum() - of_second.sum()),
        effect_size=float((of_first.mean() - of_second.mean()) / deviation),
        p_value=n_extreme / n_all if is_exact else (n_extreme + 1) / (N_RANDOM + 1),
        n_divisions=n_all if is_exact else N_RANDOM,
        is_exact=is_exact,
    )


def _all_sums(values: Reals, size: int) -> Iterator[Reals]:
    """Yield the sums of all subsets of this size, in blocks."""
    subsets = combinations(range(len(values)), size)
    while block := list(islice(subsets, _BLOCK)):
        yield values[np.array(block, dtype=np.intp)].sum(axis=1)


def _random_sums(values: Reals, size: int, seed: int) -> Iterator[Reals]:
    """Yield the sums of `N_RANDOM` random subsets of this size, in blocks."""
    rng = np.random.default_rng(seed)
    for start in range(0, N_RANDOM, _BLOCK):
        order = rng.random((min(_BLOCK, N_RANDOM - start), len(values)))
        yield values[np.argpartition(order, size - 1, axis=1)[:, :size]].sum(axis=1)
