"""Whether a training gives the same vectors when it is repeated."""

from __future__ import annotations

from embedlab.models.base import Parameters

#: The parameter for the number of threads that change the vectors at the same time.
WORKERS = "workers"
#: The value with which a training is repeatable.
REPEATABLE_WORKERS = 1


def n_workers(parameters: Parameters, n_threads: int | None = None) -> int:
    """Return how many workers learn at the same time.

    Parameters
    ----------
    parameters
        Of a model; models without the parameter `workers` have one.
    n_threads
        Threads the worker's process may use, where that is known.
    """
    asked = int(getattr(parameters, WORKERS, REPEATABLE_WORKERS))
    return asked if n_threads is None else max(1, min(asked, n_threads))


def is_repeatable(parameters: Parameters, n_threads: int | None = None) -> bool:
    """Tell whether the same seed, data and parameters give the same vectors.

    Several workers change the same vectors in an order that nobody controls.
    """
    return n_workers(parameters, n_threads) <= REPEATABLE_WORKERS


def repeatability_note(parameters: Parameters, n_threads: int | None = None) -> str:
    """Return the sentence that says why a training is not exactly repeatable; empty if it is."""
    if is_repeatable(parameters, n_threads):
        return ""
    return f"Not exactly repeatable: {n_workers(parameters, n_threads)} workers."
