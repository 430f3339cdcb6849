"""Resuming from a checkpoint that somebody changed: refused with an error of our own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.models.contract.state import State
from embedlab.models.shared.epoch_loop import EpochLoop, Snapshot


class Counting(EpochLoop[Any]):
    """Adds 1 to its table in each epoch, and keeps a number besides."""

    def __init__(self) -> None:
        self.vocabulary = pd.DataFrame({"word": ["a", "b"], "count": [2, 1]})
        self.segments, self.context, self.loss = [], SimpleNamespace(), lambda: 0.0
        self.table, self.more = np.zeros((2, 3), np.float32), 7

    @property
    def schedule(self) -> Any:
        return SimpleNamespace(epochs=3, alpha=0.1)

    def tables(self) -> dict[str, Any]:
        return {"table": self.table}

    def train_segment(self, segment: Any, start_alpha: float, end_alpha: float) -> int:
        return 0

    def snapshot(self) -> Snapshot:
        return {}

    def config(self) -> dict[str, Any]:
        return {"more": self.more}

    def restore(self, state: State) -> None:
        self.more = int(state.config["more"])


def _checkpoint() -> State:
    trained = Counting()
    trained.table += 1
    trained.epoch, trained.more = 2, 8
    return trained.state()


def test_a_checkpoint_comes_back() -> None:
    resumed = Counting()
    resumed.resume(_checkpoint())
    assert (resumed.epoch, resumed.more, resumed.table.tolist()) == (2, 8, [[1] * 3] * 2)


@pytest.mark.parametrize("name", ["epoch", "vocabulary", "more"])
@pytest.mark.parametrize(
    "value", [None, "x", [1], {}, float("inf")], ids=["none", "text", "list", "mapping", "infinite"]
)
def test_a_changed_checkpoint_is_refused(name: str, value: object) -> None:
    state = _checkpoint()
    with pytest.raises(InputError, match="does not match"):
        Counting().resume(State(state.arrays, {**state.config, name: value}))


def test_a_checkpoint_without_a_part_is_refused() -> None:
    state = _checkpoint()
    for name in state.config:
        rest = {other: value for other, value in state.config.items() if other != name}
        with pytest.raises(InputError, match="does not match"):
            Counting().resume(State(state.arrays, rest))
    with pytest.raises(InputError, match="does not match"):
        Counting().resume(State({"table": np.zeros((2, 4))}, state.config))
