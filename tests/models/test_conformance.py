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
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.contract.abilities import STATE_FOLDER
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.contract.state import State
from embedlab.models.registry import MODELS
from embedlab.tasks.registry import task_of
from embedlab.workspace.backup_files import is_harmless_network
from tests.subjects import SUBJECTS
from tests.subjects.text import text_rows

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
ALL = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {kind: subject.make(tmp_path_factory.mktemp(kind), None) for kind, subject in SUBJECTS.items()}


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
    for subject in SUBJECTS.values():
        for asked, question in subject.questions.items():
            if isinstance(ability, asked):
                return question(ability)
    raise AssertionError(f"add a question for {type(ability).__name__} to its kind in tests/subjects")


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
    # Only a text has words to count.
    assert model.kind == Kind.TEXT or not any("words" in unit for unit in context.rate_units)
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
    subject = SUBJECTS[model.kind]
    counts = subject.counts
    parameters = model.defaults(counts)
    larger = {key: value if key in subject.fixed else 10 * value for key, value in counts.items()}
    small, large = (model.estimate(each, parameters, 1) for each in (counts, larger))
    assert 0 < small.seconds < large.seconds < np.inf
    assert 0 < small.memory_mb <= large.memory_mb < np.inf


@pytest.mark.parametrize(
    ("name", "case"),
    [pytest.param(each, case, id=f"{each}-{case}") for each in MODELS for case in SUBJECTS[MODELS[each].kind].hostile],
)
def test_hostile_input_is_refused_kindly_or_works(name, case, tmp_path):
    subject = SUBJECTS[MODELS[name].kind]
    embeddings: list[Any] = []
    # Anything but an error of ours goes through and fails the test.
    with suppress(EmbedLabError):
        result, _ = train(name, subject.make(tmp_path / "data", subject.hostile[case]), tmp_path)
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
    label, words = text_rows()[0].split("\t")
    assert text_names.labels["0"] == words
    assert len(text_names.labels) == 5
    assert text_names.classes["0"] == label
    assert kind_of(Kind.TEXT).key_names(datasets[Kind.TEXT], "words", 5).labels == {}
    items = datasets[Kind.RATINGS].items
    item_names = kind_of(Kind.RATINGS).key_names(datasets[Kind.RATINGS], "items", 3)
    assert item_names.labels == dict(zip(items["key"][:3], items["label"][:3], strict=True))
    assert item_names.classes == {}
