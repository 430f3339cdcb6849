"""Stored models of tables, sequences, images, pairs and graphs that somebody changed: refused when they are opened."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError, StorageError
from embedlab.core.stored import damage_errors
from embedlab.exploration.new_things.across_kinds import near_value
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.table.standardizing import Standardizer
from embedlab.kinds.table.target import Target
from embedlab.models.contract.state import State
from embedlab.models.contract.things import KindOfThing
from embedlab.models.entity_embeddings.features import Category, Features, Number, Text
from embedlab.models.entity_embeddings.network import OUTPUT, table_name
from embedlab.models.entity_embeddings.predictor import RowPredictor
from embedlab.models.image_classifier.predictor import ImagePredictor
from embedlab.models.item2vec.predictor import Item2VecPredictor
from embedlab.models.markov.predictor import MarkovPredictor
from embedlab.models.next_item import predictor as next_item
from embedlab.models.next_item.predictor import NextItemPredictor
from embedlab.models.shared.dense_rows.placer import Dense, RowPlacer
from embedlab.models.shared.dense_rows.scaling import Scaling
from embedlab.models.shared.graphs.hyperbolic import HyperbolicLinks
from embedlab.models.shared.graphs.vector_links import VectorLinks
from embedlab.models.shared.next_items.tables import StepTable
from embedlab.models.two_tower.encoder import PairsEncoder
from tests.models.test_damaged_recommenders import CHANGES, VALUES

N, SIZE = 5, 2
VECTORS = np.random.default_rng(0).uniform(0.1, 0.5, (N, SIZE)).astype(np.float32)
SQUARE, ROW = np.eye(SIZE, dtype=np.float32), np.ones(SIZE, np.float32)
FEATURES = Features(
    (Category("town", "town", "town", "", ("a", "b"), (3, 2)),),
    (Number("rooms", "rooms", "", Standardizer(1.0, 2.0, has_indicator=True)),),
    (Text("words", "advert", "advert", ("sunny", "old"), (2, 1), 4),),
)
ITEMS: Any = SimpleNamespace(items=pd.DataFrame({"key": list("abcde")}))
THINGS = [KindOfThing("word", "id"), KindOfThing("tag", "id")]


@dataclass(frozen=True)
class Case:
    """A trained ability, its dataset, and what is asked of it: each answer is JSON."""

    ability: Any
    dataset: Any
    ask: Callable[[Any], object]


def _next(ability: Any) -> object:
    return np.nan_to_num(ability.next_scores(Histories.of([[], [0], [4, 1]])), neginf=-1e9).tolist()


def _links(ability: Any) -> object:
    return [ability.scores(np.arange(N, dtype=np.int32)).tolist()]


def _row(predictor: RowPredictor) -> object:
    records: list[Mapping[str, str]] = [{"town": "b", "rooms": "3", "advert": "sunny day"}]
    predicted = [asdict(each) for each in predictor.predict(records)]
    return [predicted, [each.column + each.example + "".join(each.values) for each in predictor.inputs]]


def _near(encoder: PairsEncoder) -> object:
    keys = [f"{kind}{number}" for kind in ("word", "tag") for number in range(3)]
    kinds = pd.DataFrame({"kind": ["word"] * 3 + ["tag"] * 3})
    things = Embedding(np.resize(VECTORS, (6, SIZE)), keys, keys, kinds)
    found = near_value(encoder, things, encoder.kinds[0].name, "a", 3)
    return [[(each.key, each.score) for each in answers] for answers in found.answers.values()]


def _weights() -> dict[str, np.ndarray]:
    width = SIZE + 2 + SIZE
    return {
        table_name("town"): VECTORS[:3],
        table_name("words"): VECTORS[:4],
        f"{OUTPUT}_kernel": np.ones((width, 1), np.float32),
        f"{OUTPUT}_bias": np.zeros(1, np.float32),
    }


LAYERS = dict.fromkeys(next_item.layer_names(1), (SQUARE, ROW))
KNOWN = np.ones(N, bool)
GRAPH: Any = SimpleNamespace(n_nodes=N)
IMAGES: Any = SimpleNamespace(
    shape=SimpleNamespace(height=1, width=2, n_channels=1), pixels=np.arange(4, dtype=np.uint8).reshape(2, 1, 2)
)
PAIRS: Any = SimpleNamespace(kinds=[SimpleNamespace(name=each.name, form=each.form, values=["a"]) for each in THINGS])
CASES = {
    "item2vec": Case(Item2VecPredictor(VECTORS, VECTORS, KNOWN), ITEMS, _next),
    "next-item": Case(NextItemPredictor(VECTORS, np.ones(N, np.float32), LAYERS, 1, 3, KNOWN), ITEMS, _next),
    "markov": Case(MarkovPredictor(StepTable(csr_array(np.eye(N)), np.ones(N, np.int64), 1.0)), ITEMS, _next),
    "dot": Case(VectorLinks(VECTORS, "dot", None), GRAPH, _links),
    "output": Case(VectorLinks(VECTORS, "output", VECTORS), GRAPH, _links),
    "hyperbolic": Case(HyperbolicLinks(VECTORS), GRAPH, _links),
    "rows": Case(
        RowPlacer(
            ("a", "b"),
            Scaling(np.zeros(2), np.ones(2), np.zeros(2, np.int64)),
            (Dense(SQUARE, ROW),),
            (Dense(SQUARE, ROW),),
            "linear",
            ROW,
        ),
        None,
        lambda placer: [placer.vectors(np.array([[0.0, np.nan], [1e9, 1.0]])).tolist(), placer.centers.tolist()],
    ),
    "image-classifier": Case(
        ImagePredictor(
            ["on", "off"],
            (1, 2, 1),
            {"embedding_kernel": SQUARE, "embedding_bias": ROW, "classes_kernel": SQUARE},
        ),
        IMAGES,
        lambda predictor: [predictor.predict(IMAGES.pixels).tolist(), predictor.vectors(IMAGES.pixels).tolist()],
    ),
    "entity-embeddings": Case(
        RowPredictor(FEATURES, _weights(), Target("price", 3, "number"), [], 1.0, 2.0), None, _row
    ),
    "two-tower": Case(
        PairsEncoder(THINGS, [list("abcd"), list("abcd")], [{"table": VECTORS}, {"table": VECTORS}], "|"), PAIRS, _near
    ),
}
EACH = pytest.mark.parametrize("name", CASES)


def _parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of JSON, of lists the first two."""
    if path:
        yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value[:2]) if isinstance(value, list) else ()
    for name, part in parts:
        yield from _parts(part, (*path, name))


def _changed(config: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(config)
    parent: Any = changed
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = value
    return changed


def _changed_states(state: State) -> Iterator[tuple[str, State]]:
    for name, array in state.arrays.items():
        rest = {other: each for other, each in state.arrays.items() if other != name}
        yield f"{name} missing", State(rest, state.config)
        for change, changed in CHANGES.items():
            yield f"{name} {change}", State({**rest, name: np.asarray(changed(np.asarray(array)))}, state.config)
        for change, value in (("huge", 1e300), ("truth", True), ("far-out", np.float32(9))):
            yield f"{name} {change}", State({**rest, name: np.full(array.shape, value)}, state.config)
    config = json.loads(json.dumps(dict(state.config)))
    for path in _parts(config):
        for change, value in {**VALUES, "list-of-list": [[1]], "dictionary": {}}.items():
            yield f"{path} {change}", State(state.arrays, _changed(config, path, value))


def _opened(case: Case, state: State) -> Any:
    with damage_errors("run"):
        ability = type(case.ability).from_state(state)
        if case.dataset is not None:
            ability.check(case.dataset)
    return ability


@EACH
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_changed_state_is_refused_when_it_is_opened_or_answers(name: str) -> None:
    case, wrong = CASES[name], []
    state = case.ability.state()
    json.dumps(case.ask(_opened(case, state)), allow_nan=False)
    for change, changed in _changed_states(state):
        try:
            json.dumps(case.ask(_opened(case, changed)), allow_nan=False)
        except StorageError:
            continue
        except Exception as error:
            wrong.append(f"{change}: {type(error).__name__}: {error}")
    assert not wrong, "\n".join(wrong)


def test_a_number_of_layers_that_has_no_arrays_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(next_item, "layer_names", lambda n_hidden: asked.append(n_hidden) or [])
    state = CASES["next-item"].ability.state()
    with pytest.raises(StorageError):
        NextItemPredictor.from_state(State(state.arrays, {**state.config, "n_hidden": 10**12}))
    assert asked == []


def test_things_that_do_not_fit_their_towers_are_damaged() -> None:
    encoder = CASES["two-tower"].ability
    keys = ["a", "b"]
    for vectors, metadata in (
        (VECTORS[:2], pd.DataFrame()),
        (np.ones((2, 7), np.float32), pd.DataFrame({"kind": keys})),
    ):
        with pytest.raises(StorageError, match="missing or damaged"):
            near_value(encoder, Embedding(vectors, keys, keys, metadata), "word", "a", 3)


def test_an_unknown_id_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFoundError, match="The id is not in the training pairs"):
        CASES["two-tower"].ask(PairsEncoder(THINGS, [["b"], ["b"]], [{"table": VECTORS[:2]}] * 2, "|"))
