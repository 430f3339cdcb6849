"""Exported scripts of recommenders in closed form compute what the training computed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import MODELS
from embedlab.tasks.ranking import INTERACTIONS_FILE, interactions_table
from tests.models.ranking_data import choices_split, random_choices


def of_arrays(folder: Path) -> tuple[list[str], np.ndarray]:
    """Return items and weights of the script of EASE."""
    stored = np.load(folder / "item_weights.npz")
    return stored["items"].tolist(), stored["weights"]


def of_table(folder: Path) -> tuple[list[str], np.ndarray]:
    """Return items and weights of the scripts with sparse weights."""
    table = pd.read_csv(folder / "item_weights.csv")
    wide = table.pivot_table(index="item", columns="scored_item", values="weight", fill_value=0.0)
    items = sorted({*wide.index, *wide.columns})
    return items, wide.reindex(index=items, columns=items, fill_value=0.0).to_numpy()


def of_vectors(folder: Path) -> tuple[list[str], np.ndarray]:
    """Return items and their dot products of the script of PureSVD."""
    stored = np.load(folder / "vectors.npz")
    return stored["items"].tolist(), stored["vectors"] @ stored["vectors"].T


def trained_weights(ranker: Any) -> tuple[list[str], np.ndarray]:
    """Return the same of a trained ranker."""
    if hasattr(ranker, "weights"):
        weights = ranker.weights if isinstance(ranker.weights, np.ndarray) else ranker.weights.toarray()
        return [f"i{row}" for row in ranker.items], weights
    rows = np.flatnonzero(ranker.seen_items)
    return [f"i{row}" for row in rows], ranker.item_vectors[rows] @ ranker.item_vectors[rows].T


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "stored"),
    [
        pytest.param("ease", of_arrays, id="ease"),
        pytest.param("rp3beta", of_table, id="rp3beta"),
        pytest.param("item-knn", of_table, id="item-knn"),
        pytest.param("pure-svd", of_vectors, id="pure-svd"),
    ],
)
def test_a_script_chooses_the_same_settings_and_computes_the_same_weights(name, stored, tmp_path):
    chosen = random_choices(60, 14)
    chosen[::5] *= 3
    split = choices_split(chosen, shares=(0.2, 0.1))
    model = MODELS[name]
    parameters = model.defaults({"ratings": 300, "users": 60, "items": 14})
    split.dataset.user_keys, split.dataset.item_keys = split.dataset.users["key"], split.dataset.items["key"]
    interactions_table(split).to_csv(tmp_path / INTERACTIONS_FILE, index=False)
    (tmp_path / "train.py").write_text(model.script(parameters, INTERACTIONS_FILE), encoding="utf-8")
    done = subprocess.run([sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    result = model.train(split.without_test(), parameters, QuietContext(tmp_path))
    items, weights = trained_weights(result.abilities[0])
    found_items, found = stored(tmp_path)
    places = [found_items.index(item) for item in items]
    np.testing.assert_allclose(found[np.ix_(places, places)], weights, rtol=1e-3, atol=1e-5)


def test_no_script_learns_from_users_that_are_held_out(tmp_path):
    parts = ["train", "train", "validation_history", "validation", "test_history", "test"]
    table = pd.DataFrame({"user": list("aabbcc"), "item": list("xyxzxw"), "weight": 1.0, "part": parts})
    table.to_csv(tmp_path / INTERACTIONS_FILE, index=False)
    model = MODELS["popularity"]
    script = model.script(model.defaults({"ratings": 6, "users": 3, "items": 4}), INTERACTIONS_FILE)
    (tmp_path / "train.py").write_text(script, encoding="utf-8")
    subprocess.run([sys.executable, "train.py"], cwd=tmp_path, check=True, capture_output=True)
    assert pd.read_csv(tmp_path / "popularity.csv", index_col="item")["count"].to_dict() == {"x": 2, "y": 1, "z": 1}


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.task in ("rating", "ranking")])
def test_a_script_names_the_parts_it_learns_from(name):
    model = MODELS[name]
    script = model.script(model.defaults({"ratings": 300, "users": 60, "items": 14}), INTERACTIONS_FILE)
    # "Not the test part" would include what is given of the test users.
    assert '"part"] != ' not in script
    assert '["train", "validation"]' not in script
