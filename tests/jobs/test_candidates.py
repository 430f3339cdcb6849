"""Which embedding of a run is compared."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from embedlab.jobs.candidates import main_embedding


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        pytest.param(["rows", "columns"], "rows", id="rows"),
        pytest.param(["images", "classes", "pixels"], "images", id="images"),
        pytest.param(["sequence_items", "next_items"], "sequence_items", id="items"),
    ],
)
def test_the_embedding_that_is_compared_does_not_depend_on_chance(names: list[str], chosen: str) -> None:
    for order in permutations(names):
        rows: list[Any] = [SimpleNamespace(name=name) for name in order]
        found = main_embedding(rows)
        assert found is not None
        assert found.name == chosen
    assert main_embedding([]) is None
