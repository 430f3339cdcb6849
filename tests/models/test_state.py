"""A saved state names its arrays, and a name reaches no file outside of its folder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.models.contract.base import State


@pytest.mark.parametrize("mapped", [True, False])
def test_a_state_comes_back(tmp_path: Path, mapped: bool) -> None:
    arrays = {"vectors": np.arange(6, dtype=np.float32).reshape(2, 3), "empty": np.zeros((0, 3), np.int64)}
    State(arrays, {"epoch": 3}).save(tmp_path / "state")
    again = State.load(tmp_path / "state", mapped=mapped)
    assert again.config == {"epoch": 3}
    assert {name: array.tolist() for name, array in again.arrays.items()} == {
        "vectors": [[0, 1, 2], [3, 4, 5]],
        "empty": [],
    }
    assert again.arrays["vectors"].flags.writeable is not mapped


@pytest.mark.parametrize(
    "name",
    ["../secret", "..", "/etc/passwd", "a/b", "a\\b", "", "a.b", "a b", "\u0661", "x" * 101],
    ids=["parent", "dots", "root", "below", "windows", "empty", "dot", "blank", "other-digit", "long"],
)
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / "secret.npy", np.zeros(3))
    State({"vectors": np.zeros(2)}).save(tmp_path / "state")
    (tmp_path / "state" / "state.json").write_text(json.dumps({"arrays": [name], "config": {}}))
    with pytest.raises(StorageError, match="missing or damaged"):
        State.load(tmp_path / "state")
    with pytest.raises(ValueError, match="not a valid name"):
        State({name: np.zeros(2)}).save(tmp_path / "other")


@pytest.mark.parametrize(
    "stored",
    [[], 7, None, "x", {}, {"arrays": []}, {"arrays": {}, "config": {}}, {"arrays": [1], "config": {}},
     {"arrays": ["vectors"], "config": []}, {"arrays": ["missing"], "config": {}}],
    ids=["list", "number", "null", "text", "nothing", "no-config", "arrays-by-name", "number-for-name",
         "list-for-config", "missing-array"],
)  # fmt: skip
def test_a_damaged_description_is_told(tmp_path: Path, stored: object) -> None:
    State({"vectors": np.zeros(2)}).save(tmp_path / "state")
    (tmp_path / "state" / "state.json").write_text(json.dumps(stored))
    with pytest.raises(StorageError, match="missing or damaged"):
        State.load(tmp_path / "state")
