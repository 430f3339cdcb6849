"""What has learned from a test part starts no run that is judged on it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import EmbedLabError, InputError, NotFoundError, ParameterError
from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.lineage import start_choices
from embedlab.jobs.protocols import dataset_protocol, run_protocol, set_protocol
from embedlab.jobs.reproduction import write_bundle
from embedlab.jobs.searches.sweeps import plan_sweep
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.labeled import labeled_split
from embedlab.workspace.rows import DatasetRow, RunRow, Status
from embedlab.workspace.workspace import Workspace
from tests.jobs.test_protocols import LABELED

CLASSIFIER = {"vector_size": 8, "min_count": 1, "epochs": 15, "patience": 0, "sequence_length": 20}
WORDS = {"vector_size": 8, "min_count": 1, "epochs": 2}


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def random_texts(n: int = 400, seed: int = 0) -> list[str]:
    """Documents whose labels no word tells, but whose words nearly all occur in one document alone."""
    rng = np.random.default_rng(seed)
    words = [f"w{number}" for number in range(3000)]
    return [f"{rng.choice(['a', 'b'])}\t{' '.join(rng.choice(words, 15))}\n" for _ in range(n)]


@pytest.fixture
def bring(workspace: Workspace, tmp_path: Path) -> Callable[..., DatasetRow]:
    def brought(lines: list[str], options: dict[str, Any] = LABELED) -> DatasetRow:
        path = tmp_path / "text.tsv"
        path.write_text("".join(lines), encoding="utf-8")
        upload = workspace.stage_upload(path, "text.tsv")
        job = Jobs(workspace).submit_import(upload.id, Kind.TEXT, options, "texts")
        assert execute(workspace, job.id)
        return workspace.dataset((Jobs(workspace).job(job.id).result or {})["dataset_id"])

    return brought


@pytest.fixture
def train(workspace: Workspace) -> Callable[..., RunRow]:
    def trained(dataset: DatasetRow, model: str, parameters: dict[str, Any], **options: Any) -> RunRow:
        job = Jobs(workspace).submit_training(dataset.id, model, parameters, **options)
        assert execute(workspace, job.id)
        run = workspace.run(job.id)
        assert run.status == Status.SUCCEEDED, run.error
        return run

    return trained


def from_run(run: RunRow) -> dict[str, Any]:
    return {**CLASSIFIER, "start_from": f"{run.id}/words"}


def assert_refused(workspace: Workspace, dataset: DatasetRow, parameters: dict[str, Any], why: str) -> None:
    n_runs = len(workspace.runs())
    with pytest.raises(ParameterError, match=why):
        Jobs(workspace).submit_training(dataset.id, "text-classifier", parameters)
    with pytest.raises(ParameterError, match=why):
        plan_sweep(workspace, workspace.dataset(dataset.id), "text-classifier", {"epochs": [1, 2]}, parameters)
    assert len(workspace.runs()) == n_runs


def test_random_labels_are_never_predicted_better_than_by_chance(
    workspace: Workspace, bring: Callable[..., DatasetRow], train: Callable[..., RunRow]
) -> None:
    dataset = bring(random_texts())
    first = train(dataset, "text-classifier", CLASSIFIER)
    assert first.scores["n_grouped_documents"] == 0
    again = train(dataset, "text-classifier", {**from_run(first), "seed": 1})
    set_protocol(workspace, dataset.id, seed=1)
    # These words have learned the labels of documents that are now for judging: with them four of five were right.
    assert_refused(workspace, dataset, from_run(first), "with their labels")
    assert_refused(workspace, dataset, from_run(again), "with their labels")
    honest = train(dataset, "word2vec", WORDS, without_test=True)
    started = train(dataset, "text-classifier", from_run(honest))
    for run in (first, again, started):
        low, high = run.scores["intervals"]["test_accuracy"]
        assert low <= 0.5 <= high, run.scores


def test_words_learned_from_the_same_texts_start_a_classifier_only_without_the_test_part(
    workspace: Workspace, bring: Callable[..., DatasetRow], train: Callable[..., RunRow], tmp_path: Path
) -> None:
    dataset = bring(random_texts(60))
    jobs = Jobs(workspace)
    everything = train(dataset, "word2vec", WORDS)
    assert_refused(workspace, dataset, from_run(everything), "all documents of this dataset")
    held_out = train(dataset, "word2vec", WORDS, without_test=True)
    assert run_protocol(held_out, dataset) == dataset_protocol(dataset)
    made = {row.run_id: row.n_keys for row in workspace.embeddings(dataset_id=dataset.id)}
    assert made[held_out.id] < made[everything.id]
    write_bundle(workspace, held_out.id, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        texts = bundle.read("corpus.txt").decode().splitlines()
    opened = workspace.open_dataset(dataset.id)
    assert isinstance(opened, TextDataset)
    judged = {" ".join(words) for words in labeled_split(opened, dataset_protocol(dataset)).test.words(opened)}
    assert (len(texts), len(judged)) == (48, 12)
    assert not judged & set(texts)
    assert jobs.submit_training(dataset.id, "text-classifier", from_run(held_out)).run_id
    # Other models are judged on no test part and may start from anything.
    assert jobs.submit_training(dataset.id, "word2vec", {**WORDS, "start_from": f"{everything.id}/words"}).run_id
    # Through a chain they have learned from it all the same.
    chained = train(dataset, "word2vec", {**WORDS, "start_from": f"{everything.id}/words"}, without_test=True)
    assert_refused(workspace, dataset, from_run(chained), "all documents of this dataset")
    choices = {
        each.row.run_id: each.refusal for each in start_choices(workspace, "text-classifier", dataset, ["words"])
    }
    assert choices[held_out.id] == ""
    assert "including the test part" in choices[everything.id]
    assert choices[chained.id]
    assert not any(each.refusal for each in start_choices(workspace, "word2vec", dataset, ["words"]))
    with pytest.raises(InputError, match="never trains on the test part"):
        jobs.submit_training(dataset.id, "text-classifier", CLASSIFIER, without_test=True)
    set_protocol(workspace, dataset.id, seed=1)
    assert_refused(workspace, dataset, from_run(held_out), "under another evaluation protocol")


def test_a_broken_chain_is_refused_before_and_after_queueing(
    workspace: Workspace, bring: Callable[..., DatasetRow], train: Callable[..., RunRow]
) -> None:
    other = bring([f"a\t{line}" for line in ["the tram goes through the old town\n"] * 30], {**LABELED})
    first = train(other, "word2vec", WORDS)
    second = train(other, "word2vec", {**WORDS, "start_from": f"{first.id}/words"})
    texts = [line.replace("w1", "tram w1") for line in random_texts(60)]
    dataset = bring(texts)
    queued = Jobs(workspace).submit_training(dataset.id, "text-classifier", from_run(second))
    workspace.delete_run(first.id)
    assert_refused(workspace, dataset, from_run(second), "was deleted and is unknown")
    # It was allowed when it was queued, and is looked at again when it begins.
    assert execute(workspace, queued.id)
    run = workspace.run(queued.id)
    assert run.status == Status.FAILED
    assert "was deleted" in (run.error or {})["what"]
    workspace.delete_run(second.id)
    with pytest.raises(NotFoundError):
        Jobs(workspace).submit_training(dataset.id, "text-classifier", from_run(second))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        pytest.param(lambda texts: texts, "made from the same file", id="same file"),
        pytest.param(lambda texts: [*random_texts(30, seed=5), texts[7]], "shares 1 document", id="one document"),
        pytest.param(lambda texts: [line.upper() for line in texts[:9]] * 2, "shares 9 documents", id="another case"),
    ],
)
def test_another_dataset_with_the_same_documents_is_refused(
    workspace: Workspace,
    bring: Callable[..., DatasetRow],
    train: Callable[..., RunRow],
    lines: Callable[[list[str]], list[str]],
    why: str,
) -> None:
    texts = random_texts(60)
    source = bring(lines(texts))
    dataset = bring(texts)
    words = train(source, "word2vec", WORDS)
    assert_refused(workspace, dataset, from_run(words), why)


def test_words_of_other_texts_and_imported_vectors_start_a_classifier(
    workspace: Workspace, bring: Callable[..., DatasetRow], train: Callable[..., RunRow], tmp_path: Path
) -> None:
    other = train(bring(random_texts(60, seed=3)), "word2vec", WORDS)
    dataset = bring(random_texts(60))
    jobs = Jobs(workspace)
    assert jobs.submit_training(dataset.id, "text-classifier", from_run(other)).run_id
    path = tmp_path / "vectors.txt"
    path.write_text("2 8\nw1 1 0 0 0 0 0 0 0\nw2 0 1 0 0 0 0 0 0\n", encoding="utf-8")
    upload = workspace.stage_upload(path, "vectors.txt")
    imported = jobs.submit_import(upload.id, Kind.VECTORS, {}, "v")
    assert execute(workspace, imported.id)
    vectors = (jobs.job(imported.id).result or {})["embedding_id"]
    assert jobs.submit_training(dataset.id, "text-classifier", {**CLASSIFIER, "start_from": vectors}).run_id
    with pytest.raises(EmbedLabError, match="vector_size"):
        jobs.submit_training(dataset.id, "text-classifier", {**from_run(other), "vector_size": 9})


def test_a_table_starts_from_vectors_of_any_size_unless_they_have_read_its_texts(
    workspace: Workspace, bring: Callable[..., DatasetRow], train: Callable[..., RunRow], tmp_path: Path
) -> None:
    adverts = [line.split("\t")[1].strip() for line in random_texts(30)]
    path = tmp_path / "homes.csv"
    rows = [f"{row % 7},{advert.upper()}!,{100 + row % 11}" for row, advert in enumerate(adverts)]
    path.write_text("\n".join(["rooms,advert,price", *rows]), encoding="utf-8")
    jobs = Jobs(workspace)
    upload = workspace.stage_upload(path, "homes.csv")
    job = jobs.submit_import(upload.id, Kind("table"), {"target": "price", "types": {"advert": "text"}}, "homes")
    assert execute(workspace, job.id)
    homes = (jobs.job(job.id).result or {})["dataset_id"]
    others = train(bring(random_texts(30, seed=3)), "word2vec", WORDS)
    assert jobs.submit_training(homes, "entity-embeddings", {"start_from": f"{others.id}/words"}).run_id
    own = train(bring([f"a\t{advert}\n" for advert in [*adverts[:4], *random_texts(9, seed=4)]]), "word2vec", WORDS)
    with pytest.raises(ParameterError, match="shares 4 documents with this dataset"):
        jobs.submit_training(homes, "entity-embeddings", {"start_from": f"{own.id}/words"})
