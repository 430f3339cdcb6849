"""Answers to one question show nothing of a NaN in the rows for others, as a changed backup may have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.models.contract.state import State
from embedlab.models.contract.things import KindOfThing
from embedlab.models.item2vec.predictor import Item2VecPredictor
from embedlab.models.shared.graphs.hyperbolic import HyperbolicLinks
from embedlab.models.shared.graphs.vector_links import VectorLinks
from embedlab.models.two_tower.encoder import PairsEncoder

VECTORS = np.full((5, 2), 0.1, np.float32)


@pytest.mark.parametrize("value", [np.nan, np.inf], ids=["nan", "infinity"])
@pytest.mark.parametrize(
    "trained",
    [
        HyperbolicLinks(VECTORS),
        VectorLinks(VECTORS, "dot", None),
        VectorLinks(VECTORS, "output", VECTORS),
        Item2VecPredictor(VECTORS, VECTORS, np.ones(5, bool)),
        PairsEncoder([KindOfThing("word", "id")], [list("abcd")], [{"table": VECTORS}], "|"),
    ],
    ids=["hyperbolic", "dot", "output", "item2vec", "two-tower"],
)
def test_a_state_with_a_number_that_is_not_finite_is_damaged(trained: Any, value: float) -> None:
    state = trained.state()
    type(trained).from_state(state)
    for name, array in state.arrays.items():
        if array.dtype.kind == "f":
            changed = array.copy()
            changed[2] = value
            with pytest.raises(StorageError, match="missing or damaged"):
                type(trained).from_state(State({**state.arrays, name: changed}, state.config))
