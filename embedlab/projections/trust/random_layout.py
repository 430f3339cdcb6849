"""What the measures of a map's quality are on average if its points are placed at random."""

from __future__ import annotations


def random_recall(n_points: int, k: int) -> float:
    """Return the expected share of the `k` nearest points that a random layout has in common: `k / (n - 1)`.

    Parameters
    ----------
    n_points
        Number of points `n`, more than `k`.
    """
    return k / (n_points - 1)


def random_trustworthiness(n_points: int, k: int) -> float:
    """Return the expected trustworthiness, and continuity, of a random layout: about 0.5 for many points.

    The rank of a random neighbor is uniform from 1 to `n - 1`, so it exceeds `k` by
    `(n - 1 - k) (n - k) / (2 (n - 1))` on average.

    Parameters
    ----------
    n_points
        Number of points `n`, more than `2 k`.
    """
    n = n_points
    return 1 - (n - 1 - k) * (n - k) / ((n - 1) * (2 * n - 3 * k - 1))


def random_explained_variance(vector_size: int, n_components: int) -> float:
    """Return the expected share of the variance along random orthogonal axes."""
    return min(1.0, n_components / vector_size)


def expected_values(n_points: int | None) -> dict[str, float]:
    """Return the measures of a random layout that follow from the number of points alone, by the name of the measure.

    Parameters
    ----------
    n_points
        None if it is unknown, as for maps of earlier versions: then those that do not depend on it.
    """
    values = {"distance_spearman": 0.0}
    if n_points is None:
        return values | {"trustworthiness": 0.5, "continuity": 0.5}
    for k in (10, 50):
        if n_points > k + 1:
            values[f"knn_recall_{k}"] = random_recall(n_points, k)
    if n_points > 20:
        values["trustworthiness"] = values["continuity"] = random_trustworthiness(n_points, 10)
    return values
