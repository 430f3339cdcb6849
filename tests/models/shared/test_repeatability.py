"""Several workers are not exactly repeatable, and say so."""

from __future__ import annotations

from typing import Any

import pytest

from embedlab.models.registry import MODELS
from embedlab.models.shared.repeatability import is_repeatable, n_workers, repeatability_note


@pytest.mark.parametrize(
    ("parameters", "n_threads", "expected"),
    [
        pytest.param({}, None, 1, id="no such parameter"),
        pytest.param({"workers": 1}, 8, 1, id="one"),
        pytest.param({"workers": 4}, None, 4, id="threads unknown"),
        pytest.param({"workers": 4}, 2, 2, id="fewer threads"),
        pytest.param({"workers": 64}, 1, 1, id="one thread"),
        pytest.param({"workers": "many"}, 4, 1, id="damaged"),
    ],
)
def test_workers_are_those_that_can_run(parameters: dict[str, Any], n_threads: int | None, expected: int) -> None:
    assert n_workers(parameters, n_threads) == expected
    assert is_repeatable(parameters, n_threads) == (expected == 1)
    note = repeatability_note(parameters, n_threads)
    assert note == "" if expected == 1 else note.startswith(f"Not exactly repeatable: {expected} workers.")


@pytest.mark.parametrize("name", ["word2vec", "fasttext", "doc2vec", "glove"])
def test_the_defaults_for_a_large_text_say_that_they_are_not_repeatable(name: str) -> None:
    large = {"tokens": 2_000_000, "vocabulary": 50_000, "documents": 1000}
    small = {"tokens": 20_000, "vocabulary": 2_000, "documents": 100}
    model = MODELS[name]
    assert "workers" in repeatability_note(model.defaults(large).model_dump())
    assert repeatability_note(model.defaults(small).model_dump()) == ""
    assert "not exactly repeatable" in (model.parameters_class.model_fields["workers"].description or "")
