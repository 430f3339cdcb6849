"""The estimates for a million rows of each kind of data, beside what `benchmarks.discrete_scale` measured."""

from __future__ import annotations

import pytest

from embedlab.models.registry import model

HOMES = {"rows": 1_000_000, "columns": 10, "values": 2_050, "numbers": 6}
SENSORS = {"rows": 1_000_000, "columns": 20, "values": 0, "numbers": 20}
VISITS = {"events": 1_000_000, "sequences": 99_997, "users": 99_997, "items": 2_000}
IMAGES = {"images": 70_000, "labels": 10, "pixels": 784, "channels": 1}
CHOICES = {"pairs": 1_000_000, "left": 99_999, "right": 20_000, "values": 119_999, "inputs": 2_000_000}
LINKS = {"nodes": 100_000, "edges": 899_493}

#: Seconds of the whole job on two idle cores, and the peak memory of its process in MB.
MEASURED = {
    "entity-embeddings": (HOMES, 43, 1_230),
    "standardization": (SENSORS, 11, 932),
    "pca-whitening": (SENSORS, 11, 885),
    "autoencoder": (SENSORS, 177, 1_458),
    "markov": (VISITS, 19, 850),
    "item2vec": (VISITS, 167, 892),
    "next-item": (VISITS, 123, 1_400),
    "image-classifier": (IMAGES, 57, 1_330),
    "two-tower": (CHOICES, 90, 1_385),
    "node2vec": (LINKS, 68, 976),
    "spectral": (LINKS, 15, 695),
}


@pytest.mark.parametrize("name", MEASURED)
def test_estimate_is_within_a_factor_of_two(name: str) -> None:
    """Time and memory of a training with defaults."""
    counts, seconds, memory_mb = MEASURED[name]
    trained = model(name)
    estimate = trained.estimate(counts, trained.defaults(counts), 2)
    assert 0.5 <= seconds / estimate.seconds <= 2
    assert 0.5 <= memory_mb / estimate.memory_mb <= 2
