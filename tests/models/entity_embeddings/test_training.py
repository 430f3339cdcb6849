"""Averages of weights, and trainings that are resumed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import CancelledError
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.base import QuietContext
from embedlab.models.entity_embeddings.training import average
from embedlab.models.registry import model
from embedlab.tasks.registry import task
from tests.models.table_data import table


def test_the_average_of_weights_follows_them_and_the_first_epochs_count_less() -> None:
    found: dict[str, np.ndarray] = {}
    averages = []
    for epoch in range(1, 14):
        found = average(found, {"kernel": np.full(1, epoch, np.float32)}, epoch, 0.8)
        averages.append(float(found["kernel"][0]))
    assert averages[:3] == pytest.approx([1.0, 0.4 * 1 + 0.6 * 2, 0.5 * 1.6 + 0.5 * 3])
    assert averages[12] == pytest.approx(0.8 * averages[11] + 0.2 * 13)
    assert average(found, {"kernel": np.ones(1, np.float32)}, 5, 0.0)["kernel"].tolist() == [1.0]


def test_a_resumed_training_is_the_same_with_dropout_and_columns_named_like_parts_of_a_checkpoint(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(0)
    words = ["garden", "sunny", "damp", "old"]
    rows = [
        f"{rng.choice(list('abc'))},{rng.choice(list('xyz'))},{rng.choice(list('pq'))},"
        f"a home with {rng.choice(words)} and {rng.choice(words)} {row},{100 + rng.normal():.3f}"
        for row in range(40)
    ]
    dataset = table(tmp_path / "table", rows, "seller,best_seller,seller_average,advert,price")
    entity, target = model("entity-embeddings"), task("target")
    settings = {"epochs": 3, "patience": 0, "refit": False, "batch_size": 8, "dropout": 0.5, "min_word_count": 1}
    parameters = entity.parameters_class.checked(settings)
    parts = target.split(dataset, Protocol("random", 0, 0.2, 0.2), tmp_path)

    def trained(name: str, **of_context: object) -> QuietContext:
        (tmp_path / name).mkdir()
        return QuietContext(tmp_path / name, **of_context)

    whole = entity.train(parts.learned, parameters, trained("whole"))
    stopped = trained("stopped", cancel_after_epoch=2)
    with pytest.raises(CancelledError):
        entity.train(parts.learned, parameters, stopped)
    resumed = entity.train(parts.learned, parameters, trained("rest", resume_state=stopped.last_checkpoint))
    assert list(whole.embeddings) == ["seller", "best_seller", "seller_average", "advert_words"]
    for name, embedding in whole.embeddings.items():
        np.testing.assert_allclose(resumed.embeddings[name].vectors, embedding.vectors, rtol=1e-5, atol=1e-6)
