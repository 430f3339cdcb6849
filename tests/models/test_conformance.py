"""What holds for every model: a new one is in the registry and inherits these tests."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import CancelledError, EmbedLabError
from embedlab.core.kind import Kind
from embedlab.kinds.pairs.dataset import PairsDataset
from embedlab.kinds.pairs.importing import import_pairs
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text
from embedlab.models.contract.abilities import STATE_FOLDER, Classifies, FoldsIn, PlacesText, PlacesWord, Ranks, Rates
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.contract.state import State
from embedlab.models.contract.things import PlacesThings
from embedlab.models.registry import MODELS
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits
from embedlab.tasks.registry import task_of
from embedlab.workspace.backup_files import is_harmless_network

PAIRS = Kind("pairs")
PROTOCOL = Protocol("random", 3, 0.2, 0.2)
#: What keeps a training small; names that a model does not have are left out.
SMALL = {
    "epochs": 4,
    "vector_size": 4,
    "n_factors": 2,
    "min_count": 1,
    "workers": 1,
    "max_share": 1.0,
    "batch_size": 16,
    "samples": 4,
    "burn_in": 1,
}
COUNTS: dict[Kind, dict[str, float]] = {
    Kind.TEXT: {"documents": 300, "tokens": 60_000, "vocabulary": 7000, "labels": 3},
    Kind.RATINGS: {"ratings": 10_000, "users": 600, "items": 900},
    PAIRS: {"pairs": 10_000, "left": 2000, "right": 50, "values": 900, "inputs": 90_000},
}
ALL = pytest.mark.parametrize("name", MODELS)


def text(folder: Path, rows: list[str]) -> TextDataset:
    """Import documents given as `label<TAB>words`."""
    (folder / "set").mkdir(parents=True)
    (folder / "in.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    options = TextOptions(layout="delimited", delimiter="\t", has_header=False, text_column=1, label_column=0)
    import_text(folder / "in.tsv", options, folder / "set", limits=Limits())
    return TextDataset.open(folder / "set")


def ratings(folder: Path, rows: list[str], items: list[str] | None = None) -> RatingsDataset:
    """Import ratings given as `user,item,rating`, and items as `item,title,maker,topics`."""
    (folder / "set").mkdir(parents=True)
    (folder / "in.csv").write_text("user,item,rating\n" + "\n".join(rows) + "\n", encoding="utf-8")
    options = RatingsOptions(user="user", item="item", rating="rating", delimiter=",", has_header=True)
    items_path = None
    if items is not None:
        items_path = folder / "items.csv"
        items_path.write_text("item,title,maker,topics\n" + "\n".join(items) + "\n", encoding="utf-8")
    import_ratings(folder / "in.csv", options, folder / "set", items_path=items_path, limits=Limits())
    return RatingsDataset.open(folder / "set")


def _text_rows() -> list[str]:
    rng = np.random.default_rng(0)
    pools = {"sea": ["ship", "wave", "harbour", "sail", "salt"], "town": ["tram", "street", "market", "house", "park"]}
    shared = ["the", "and", "of", "with", "near"]
    return [
        f"{label}\t{' '.join([*rng.choice(pools[label], 6), *rng.choice(shared, 3)])}"
        for label in rng.permutation(["sea", "town"] * 30).tolist()
    ]


def _rating_rows() -> list[str]:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(20 * 12)[:160]
    return [f"u{pair // 12},i{pair % 12},{1 + (pair // 12 + pair % 12) % 5}" for pair in pairs.tolist()]


def _item_rows() -> list[str]:
    return [
        f"i{row},The {'red' if row % 3 else 'blue'} {row},maker {row % 2},topic {row % 3}|odd {row % 2}"
        for row in range(12)
    ]


def pairs(folder: Path, rows: list[str]) -> PairsDataset:
    """Import pairs given as `text,tags`."""
    (folder / "set").mkdir(parents=True)
    (folder / "in.csv").write_text("left,right\n" + "\n".join(rows) + "\n", encoding="utf-8")
    options = PairsOptions(left_form="text", right_forms="tags")
    import_pairs(OpenedUpload(folder / "in.csv", Limits()), options, folder / "set")
    return PairsDataset.open(folder / "set")


def _pair_rows() -> list[str]:
    rng = np.random.default_rng(0)
    things, colors = ["boat", "tram", "house"], ["red", "blue"]
    drawn = zip(rng.integers(0, 3, 60).tolist(), rng.integers(0, 2, 60).tolist(), strict=True)
    return [
        f"{colors[color]} {things[thing]} number {row},{things[thing]}|{colors[color]}"
        for row, (thing, color) in enumerate(drawn)
    ]


def make(kind: Kind, folder: Path, rows: list[str] | None = None) -> Any:
    """Import rows of a kind; a learnable dataset when left out."""
    if kind == Kind.TEXT:
        return text(folder, _text_rows() if rows is None else rows)
    if kind == PAIRS:
        return pairs(folder, _pair_rows() if rows is None else rows)
    return ratings(folder, _rating_rows(), _item_rows()) if rows is None else ratings(folder, rows)


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Any]:
    return {kind: make(kind, tmp_path_factory.mktemp(str(kind))) for kind in (Kind.TEXT, Kind.RATINGS, PAIRS)}


def small_parameters(name: str, dataset: Any) -> Any:
    model = MODELS[name]
    # What a page shows at first, made small.
    values = model.defaults(dataset.imported.counts).model_dump()
    values |= {key: value for key, value in SMALL.items() if key in values}
    return model.parameters_class.checked(values)


def learned(name: str, dataset: Any, folder: Path) -> Any:
    task = task_of(MODELS[name])
    (folder / "split").mkdir(parents=True)
    return task.split(dataset, PROTOCOL if task.uses_split else None, folder / "split").learned


def train(name: str, dataset: Any, folder: Path, **of_context: Any) -> tuple[TrainingResult, QuietContext]:
    data = learned(name, dataset, folder)
    (folder / "scratch").mkdir()
    context = QuietContext(folder / "scratch", **of_context)
    return MODELS[name].train(data, small_parameters(name, dataset), context), context


def answers(ability: Any) -> np.ndarray:
    """Ask an ability questions about the small datasets."""
    if isinstance(ability, Rates):
        users, items = (each.ravel().astype(np.int32) for each in np.meshgrid(np.arange(-1, 5), np.arange(-1, 5)))
        return ability.predict(users, items)
    if isinstance(ability, Ranks):
        return np.nan_to_num(ability.scores(np.arange(-1, 5, dtype=np.int32)), neginf=-1e6)
    if isinstance(ability, FoldsIn):
        return np.nan_to_num(ability.fold_in(np.arange(3, dtype=np.int32), np.ones(3, np.float32)).scores, neginf=-1e6)
    if isinstance(ability, Classifies):
        return ability.predict([["ship", "wave"], ["tram", "unheardof"], []])
    if isinstance(ability, PlacesText):
        return np.stack([ability.vector(words) for words in (["ship", "wave"], ["tram"], ["unheardof"])])
    if isinstance(ability, PlacesWord):
        vector = ability.vector("harbours")
        assert vector is not None
        return vector
    if isinstance(ability, PlacesThings):
        return np.stack([ability.vector(0, "red boat"), ability.vector(0, "unheard"), ability.vector(1, "boat|red")])
    raise AssertionError(f"add a question for {type(ability).__name__}")


def opened(result: TrainingResult, ability: type[Any], folder: Path) -> tuple[Any, Any]:
    """Return an ability as trained and as read back from files; of one read from the run's state, from memory."""
    trained = result.ability(ability)
    state = result.state if ability.folder == STATE_FOLDER else trained.state()
    state.save(folder / ability.folder)
    again = ability.from_state(State.load(folder / ability.folder, mapped=ability.mapped))
    return trained or ability.from_state(state), again


@ALL
def test_training_leaves_whole_embeddings_and_abilities(name, datasets, tmp_path):
    model = MODELS[name]
    result, context = train(name, datasets[model.kind], tmp_path)
    for embedding in result.embeddings.values():
        assert embedding.vectors.dtype == np.float32
        assert embedding.vectors.shape[0] == len(embedding.keys) == len(set(embedding.keys)) == len(embedding.labels)
        assert len(embedding.metadata) == len(embedding.keys)
        assert np.isfinite(embedding.vectors).all()
    assert all(0 <= share <= 1 for share in context.shares)
    # A backup brings back the files that the model names, and networks that run no code.
    assert {*result.texts, *result.files} == set(model.files)
    for file, content in result.files.items():
        (tmp_path / file).write_bytes(content)
        assert is_harmless_network(tmp_path / file)
    for ability in model.abilities:
        trained, again = opened(result, ability, tmp_path / "abilities")
        again.check(datasets[model.kind])
        assert np.isfinite(answers(trained)).all()
        np.testing.assert_array_equal(answers(again), answers(trained))
    task = task_of(model)
    parts = task.split(datasets[model.kind], PROTOCOL if task.uses_split else None, tmp_path)
    scores = task.judge(result, parts)
    if task.uses_split:
        assert task.headline in scores
        assert set(scores["baselines"]) == set(task.baselines)


@ALL
def test_the_same_seed_gives_the_same_bytes(name, datasets, tmp_path):
    dataset = datasets[MODELS[name].kind]
    first, second = (train(name, dataset, tmp_path / part)[0] for part in ("first", "second"))
    assert list(first.embeddings) == list(second.embeddings)
    for role, embedding in first.embeddings.items():
        assert embedding.keys == second.embeddings[role].keys
        assert embedding.vectors.tobytes() == second.embeddings[role].vectors.tobytes(), role


@ALL
def test_a_cancelled_training_stops_at_the_next_report_and_resumes_as_if_it_had_not(name, datasets, tmp_path):
    model = MODELS[name]
    dataset = datasets[model.kind]
    whole, context = train(name, dataset, tmp_path / "whole")
    data = learned(name, dataset, tmp_path / "part")
    (tmp_path / "part" / "scratch").mkdir()
    # Models of a single step are stopped at their first report.
    after = 1 if len(context.history) > 1 else 0
    stopped = QuietContext(tmp_path / "part" / "scratch", cancel_after_epoch=after)
    with pytest.raises(CancelledError):
        model.train(data, small_parameters(name, dataset), stopped)
    assert len(stopped.history) <= after
    if not model.supports_resume:
        return
    assert stopped.last_checkpoint is not None
    stopped.last_checkpoint.save(tmp_path / "checkpoint")
    resumed, _ = train(name, dataset, tmp_path / "rest", resume_state=State.load(tmp_path / "checkpoint"))
    for role, embedding in whole.embeddings.items():
        np.testing.assert_allclose(resumed.embeddings[role].vectors, embedding.vectors, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", [each for each, model in MODELS.items() if model.supports_resume])
def test_a_training_stopped_early_is_whole_and_its_checkpoint_trains_no_more(name, datasets, tmp_path, monkeypatch):
    dataset = datasets[MODELS[name].kind]
    frames = {}
    monkeypatch.setattr(QuietContext, "snapshot", lambda self, epoch, vectors: frames.update({epoch: vectors()}))
    stopped, context = train(name, dataset, tmp_path / "stopped", stop_after_epoch=2)
    assert list(frames) == [0, 1, 2]
    for role, (keys, start) in frames[0].items():
        assert keys == frames[1][role][0]
        assert np.isfinite(start).all()
        assert not np.array_equal(start, frames[1][role][1]), "the first frame shows the vectors before training"
    assert len(context.history) == 2
    assert context.last_checkpoint is not None
    context.last_checkpoint.save(tmp_path / "checkpoint")
    state = State.load(tmp_path / "checkpoint")
    frames.clear()
    again, resumed = train(name, dataset, tmp_path / "again", resume_state=state, stop_after_epoch=2)
    assert resumed.history == []
    assert frames == {}
    for role, embedding in stopped.embeddings.items():
        assert np.isfinite(embedding.vectors).all()
        np.testing.assert_allclose(again.embeddings[role].vectors, embedding.vectors, rtol=1e-5, atol=1e-6)
    for ability in MODELS[name].abilities:
        trained, _ = opened(stopped, ability, tmp_path / "abilities")
        assert np.isfinite(answers(trained)).all()


@ALL
def test_an_estimate_is_positive_and_grows_with_the_data(name):
    model = MODELS[name]
    counts = COUNTS[model.kind]
    parameters = model.defaults(counts)
    larger = {key: value if key == "labels" else 10 * value for key, value in counts.items()}
    small, large = (model.estimate(each, parameters, 1) for each in (counts, larger))
    assert 0 < small.seconds < large.seconds < np.inf
    assert 0 < small.memory_mb <= large.memory_mb < np.inf


_HOSTILE = {
    Kind.TEXT: {
        "one-word": ["a\tword"] * 12,
        "equal-documents": ["a\tship wave sail", "b\tship wave sail"] * 10,
        "one-document": ["a\tship wave sail harbour"],
        "two-words": [f"{label}\tship wave" for label in "ab" * 10],
    },
    Kind.RATINGS: {
        "one-rating": ["u,i,3"],
        "equal-ratings": [f"u{row // 5},i{row % 5},3" for row in range(30)],
        "one-item": [f"u{row},i,{1 + row % 5}" for row in range(30)],
        "one-user": [f"u,i{row},{1 + row % 5}" for row in range(30)],
    },
    PAIRS: {
        "one-pair": ["a boat,boat"],
        "equal-pairs": ["a boat,boat"] * 30,
        "one-tag": [f"boat {row},boat" for row in range(30)],
        "no-words": [f"{mark},{mark * 2}|x" for mark in "?!.:;"] * 3,
        "missing": ["nan,boat", ",boat", *[f"boat {row}, |{row % 2}|" for row in range(20)]],
    },
}


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(each, case, id=f"{each}-{case}") for each in MODELS for case in _HOSTILE[MODELS[each].kind]],
)
def test_hostile_input_is_refused_kindly_or_works(name, case, tmp_path):
    kind = MODELS[name].kind
    embeddings: list[Any] = []
    # Anything but an error of ours goes through and fails the test.
    with suppress(EmbedLabError):
        result, _ = train(name, make(kind, tmp_path / "data", _HOSTILE[kind][case]), tmp_path)
        embeddings = list(result.embeddings.values())
    assert all(np.isfinite(each.vectors).all() for each in embeddings)


@pytest.mark.slow
@ALL
def test_the_script_runs(name, datasets, tmp_path):
    model = MODELS[name]
    task, dataset = task_of(model), datasets[model.kind]
    file = task.write_data(dataset, PROTOCOL if task.uses_split else None, model, tmp_path)
    assert file.name == task.data_file(model)
    script = model.script(small_parameters(name, dataset), file.name)
    (tmp_path / "train.py").write_text(script, encoding="utf-8")
    # The scripts of models whose training is ours import it.
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "train.py"], cwd=tmp_path, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-2000:]


def test_documents_and_items_have_names_while_they_are_learned(datasets):
    text_names = kind_of(Kind.TEXT).key_names(datasets[Kind.TEXT], "documents", 5)
    label, words = _text_rows()[0].split("\t")
    assert text_names.labels["0"] == words
    assert len(text_names.labels) == 5
    assert text_names.classes["0"] == label
    assert kind_of(Kind.TEXT).key_names(datasets[Kind.TEXT], "words", 5).labels == {}
    items = datasets[Kind.RATINGS].items
    item_names = kind_of(Kind.RATINGS).key_names(datasets[Kind.RATINGS], "items", 3)
    assert item_names.labels == dict(zip(items["key"][:3], items["label"][:3], strict=True))
    assert item_names.classes == {}
