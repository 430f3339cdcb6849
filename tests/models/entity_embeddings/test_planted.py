"""Entity embeddings on generated homes: what is planted must be found."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.core.progress import ignore_progress
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.table import TableDataset, TableOptions
from embedlab.kinds.table.importing import import_table
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.contract.rows import PredictsRows
from embedlab.models.contract.state import State
from embedlab.models.entity_embeddings.predictor import RowPredictor
from embedlab.models.registry import model
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.samples.made_homes import CONDITIONS, TWINS, WORDS, effect_of, write_homes
from embedlab.tasks.registry import task

N_HOMES = 1200
PROTOCOL = Protocol("random", 0, 0.1, 0.2)


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[TableDataset, TrainingResult, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("homes")
    write_homes(folder / "homes.csv", N_HOMES)
    (folder / "set").mkdir()
    (folder / "scratch").mkdir()
    options = TableOptions(target="price", target_log=True)
    import_table("table", OpenedUpload(folder / "homes.csv", Limits()), options, folder / "set", ignore_progress)
    dataset = TableDataset.open(folder / "set")
    entity, target = model("entity-embeddings"), task("target")
    settings = {
        "leave_out": "lat,long",
        "batch_size": 32,
        "epochs": 12,
        "text_length": 12,
        "vector_size": 2,
        "refit": False,
    }
    parts = target.split(dataset, PROTOCOL, folder)
    result = entity.train(parts.learned, entity.parameters_class.checked(settings), QuietContext(folder / "scratch"))
    return dataset, result, target.judge(result, parts)


def test_districts_with_the_same_effect_are_near_although_they_are_far_apart(homes: Any) -> None:
    districts = homes[1].embeddings["district"]
    for first, second in TWINS:
        distances = np.linalg.norm(districts.vectors - districts.vectors[districts.index(first)], axis=1)
        assert np.argsort(distances).tolist().index(districts.index(second)) <= 5
        # In two dimensions, most districts on the same side have nearly the same direction.
        assert next(each.score for each in neighbors(districts, first, 29) if each.key == second) > 0.9


def test_effects_of_districts_words_and_conditions_are_the_planted_ones(homes: Any) -> None:
    embeddings = homes[1].embeddings
    for name, planted in (
        ("district", {key: effect_of(key) for key in embeddings["district"].keys}),
        ("condition", CONDITIONS),
        ("advert_words", WORDS),
    ):
        found = embeddings[name]
        learned = np.log1p(found.metadata["effect %"].to_numpy() / 100)[[found.index(key) for key in planted]]
        assert np.corrcoef(learned, list(planted.values()))[0, 1] > 0.9, name


def test_it_explains_what_can_be_explained_and_the_linear_model_beside_it(homes: Any) -> None:
    scores = homes[2]
    assert scores["test_r2"] > 0.85
    assert set(scores["baselines"]) == {"constant", "linear_one_hot", "gradient_boosting"}
    assert scores["baselines"]["linear_one_hot"]["test_r2"] > 0.9
    verdict = task("target").verdict(scores, {})
    assert verdict.text.startswith("The model explains 9") or verdict.text.startswith("The model explains 8")
    assert "the logarithm of price" in verdict.text
    assert "worse than the baseline “Linear model (one-hot, TF-IDF)”" in verdict.text


def test_k_nn_gets_better_with_the_learned_vectors(homes: Any) -> None:
    knn = homes[2]["feature_use"]["knn"]
    assert knn["vectors"] - knn["one_hot"] > 0.1
    assert knn["difference"]["low"] > 0
    assert homes[2]["feature_use"]["columns"] == ["district", "condition", "sold (month)", "sold (weekday)"]


def test_the_map_of_the_places_is_compared_although_the_model_did_not_get_it(homes: Any) -> None:
    assert set(homes[2]["places"]) == {"district"}
    assert "coordinates" not in homes[2]
    found = homes[2]["places"]["district"]
    assert (found["n"], found["color"]) == (30, "effect %")
    assert 0 <= found["r2"] <= 1
    assert {"lat", "long", "mean target"} <= set(homes[1].embeddings["district"].metadata)
    assert len(found["points"]) == 30


def test_new_rows_are_predicted_and_unseen_values_counted(homes: Any) -> None:
    dataset, result, _ = homes
    predictor = result.ability(PredictsRows)
    with Path(dataset.folder.parent, "homes.csv").open(encoding="utf-8") as stream:
        records = [record for _, record in zip(range(20), csv.DictReader(stream), strict=False)]
    predicted = predictor.predict(records)
    rows = predictor.predict_rows(dataset, np.arange(20))
    np.testing.assert_allclose([each.value for each in predicted], dataset.target.original(rows), rtol=1e-5)
    assert all(not each.unseen for each in predicted)
    strange = predictor.predict([{**records[0], "district": "99999", "size": "many", "advert": "xyzzy garden"}])[0]
    assert strange.unseen == {"district": "99999"}
    assert strange.missing == ("size",)
    assert (strange.unreadable, strange.empty) == ({"size": "many"}, [])
    assert (strange.n_words, strange.n_unknown_words) == (2, 1)
    assert np.isfinite(strange.value)
    empty = predictor.predict([{}])[0]
    assert not empty.unreadable
    assert set(empty.missing) == {each.column for each in predictor.inputs}


def test_the_inputs_are_the_columns_that_were_not_left_out(homes: Any) -> None:
    inputs = {each.column: each for each in homes[1].ability(PredictsRows).inputs}
    assert {name: each.kind for name, each in inputs.items()} == {
        "district": "category",
        "condition": "category",
        "sold": "date",
        "size": "number",
        "rooms": "number",
        "advert": "text",
    }
    assert sorted(inputs["condition"].values) == sorted(CONDITIONS)


@pytest.mark.parametrize("example", [None, "x", []], ids=["null", "text", "list"])
def test_a_stored_example_that_is_no_number_is_damage(homes: Any, example: Any) -> None:
    state = homes[1].ability(RowPredictor).state()
    config = json.loads(json.dumps(state.config))
    RowPredictor.from_state(State(state.arrays, config))
    config["features"]["numbers"][0]["scale"]["example"] = example
    with pytest.raises(StorageError):
        RowPredictor.from_state(State(state.arrays, config))


def test_a_stored_layer_with_nan_is_damage(homes: Any) -> None:
    state = homes[1].ability(RowPredictor).state()
    name = next(name for name, array in state.arrays.items() if array.dtype.kind == "f")
    with pytest.raises(StorageError):
        RowPredictor.from_state(State({**state.arrays, name: state.arrays[name] * np.nan}, state.config))
