"""The sizes of one-hot rows and of an embedding, from the counts that a preview shows."""

from __future__ import annotations

import pytest

from embedlab.kinds.registry import KINDS
from embedlab.models.registry import models_for
from embedlab.ui.kinds.one_hot_size import sentence, sentence_for
from tests.subjects import SUBJECTS

ENCODED = [name for name, kind in KINDS.items() if kind.one_hot_count is not None]


def test_rows_columns_and_memory_are_those_of_float32() -> None:
    assert sentence(9_724, "items", 64) == (
        "One-hot encoding: 9,724 items, rows of 9,724 numbers, 378 MB in all. "
        "Embedding: 9,724 \u00d7 64 numbers, 2.5 MB."
    )


@pytest.mark.parametrize("name", ENCODED)
def test_the_preview_of_each_kind_compares_both(name, tmp_path):
    kind = KINDS[name]
    counts = SUBJECTS[name].make(tmp_path, None).imported.counts
    said = sentence_for(kind, counts, None, {}, is_complete=True)
    n_values = f"{counts[kind.one_hot_count]:,}"
    assert said.startswith(f"One-hot encoding: {n_values} ")
    assert f"Embedding: {n_values} \u00d7 " in said
    assert "Estimated" not in said
    assert sentence_for(kind, counts, None, {}, is_complete=False).endswith(
        "Estimated from the first part of the file."
    )
    # The dimensions are those of the chosen model.
    model = models_for(name)[-1]
    size = next((getattr(model.defaults(counts), each, None) for each in ("vector_size", "n_factors")), None)
    if size:
        assert f"\u00d7 {size:,} numbers" in sentence_for(kind, counts, model.name, {}, is_complete=True)


def test_there_is_nothing_to_compare_without_values() -> None:
    assert sentence_for(KINDS["vectors"], {"keys": 3, "vector_size": 2}, None, {}, is_complete=True) == ""
    assert sentence_for(KINDS["pairs"], {"pairs": 3}, None, {}, is_complete=True) == ""
