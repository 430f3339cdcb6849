"""Whether repeating a training with the same seed, data and parameters gives the same vectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The parameter for the number of threads that update the vectors at the same time; models without it use one.
WORKERS = "workers"
#: The value for a repeatable training.
REPEATABLE_WORKERS = 1
#: Help text of the parameter.
WORKERS_HELP = (
    "Maximum number of threads. More than 1 is faster, but not exactly repeatable: the vectors differ each time."
)


def n_workers(parameters: Mapping[str, Any], n_threads: int | None = None) -> int:
    """Return how many workers update the vectors at the same time.

    Parameters
    ----------
    parameters
        Parameters of a model.
    n_threads
        Threads the process may use, if known.
    """
    workers = parameters.get(WORKERS, REPEATABLE_WORKERS)
    n_requested = workers if isinstance(workers, int) else REPEATABLE_WORKERS
    return n_requested if n_threads is None else max(1, min(n_requested, n_threads))


def is_repeatable(parameters: Mapping[str, Any], n_threads: int | None = None) -> bool:
    """Return whether the same seed, data and parameters give the same vectors.

    Several workers update the same vectors in an undefined order.
    """
    return n_workers(parameters, n_threads) <= REPEATABLE_WORKERS


def repeatability_note(parameters: Mapping[str, Any], n_threads: int | None = None) -> str:
    """Return why a training is not exactly repeatable, and what to do; empty if it is.

    Examples
    --------
    >>> repeatability_note({"workers": 4}, 2)
    'Not exactly repeatable: 2 workers. With workers=1 the same seed gives the same vectors.'
    """
    if is_repeatable(parameters, n_threads):
        return ""
    return (
        f"Not exactly repeatable: {n_workers(parameters, n_threads)} workers. "
        f"With {WORKERS}={REPEATABLE_WORKERS} the same seed gives the same vectors."
    )
