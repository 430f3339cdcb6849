"""A score that cannot be computed is told, and the trained model is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.core.files import read_json
from embedlab.core.kind import Kind
from embedlab.evaluation.scores import read_scores
from embedlab.jobs import judging
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import is_judged, judge_for_dataset, keep_check, keep_file
from embedlab.jobs.kinds import embeddings as keeping
from embedlab.jobs.not_computed import NOT_COMPUTED
from embedlab.models.contract.base import State, TrainingResult
from embedlab.models.lsa.model import LSA
from embedlab.projections import pca
from embedlab.tasks.documents import Documents
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of
from tests.jobs.killing.kill_points import unknown_and_missing

NAN, INF = float("nan"), float("inf")
ROYAL = "the king and the queen sat in the castle by the sea with a horse\n"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def _text(workspace: Workspace, tmp_path: Path, text: str) -> str:
    path = tmp_path / "text.txt"
    path.write_text(text, encoding="utf-8")
    upload = workspace.stage_upload(path, "text.txt")
    assert execute(workspace, Jobs(workspace).submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "t").id)
    return workspace.datasets()[0].id


def _train(workspace: Workspace, dataset_id: str, model: str = "lsa", **parameters: Any) -> RunRow:
    job = Jobs(workspace).submit_training(dataset_id, model, parameters)
    assert execute(workspace, job.id)
    return workspace.run(job.id)


def _all_finite(value: Any) -> bool:
    json.dumps(value, allow_nan=False)
    return True


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every training of LSA end with given vectors and scores."""

    def learned(vectors: Any, scores: Mapping[str, Any] | None = None) -> None:
        array = np.asarray(vectors, np.float32)
        embedding = Embedding(array, [f"w{row}" for row in range(len(array))])
        result = TrainingResult({"words": embedding}, State({"words": array}), scores=scores or {})
        monkeypatch.setattr(LSA, "train", lambda *_: result)

    return learned


# Trainings


def test_equal_documents_make_no_finite_share_and_the_run_is_kept(workspace: Workspace, tmp_path: Path) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    run = _train(workspace, dataset_id, max_share=1.0, min_count=1)
    assert run.status == Status.SUCCEEDED
    assert _all_finite(run.scores)
    assert "finite" in run.scores[NOT_COMPUTED]["explained_variance"]
    assert read_json(workspace.run_folder(run.id) / "run.json")["scores"] == run.scores
    assert unknown_and_missing(workspace) == (set(), set())


@pytest.mark.parametrize(
    ("vectors", "maps"),
    [
        pytest.param(np.full((30, 4), np.nan), 0, id="all-nan"),
        pytest.param(np.where(np.eye(30, 4) > 0, np.inf, 1.0), 0, id="some-infinite"),
        pytest.param(np.zeros((30, 4)), 2, id="all-zero"),
        pytest.param(np.ones((30, 4)), 2, id="all-equal"),
        pytest.param([[1.0, 2.0, 3.0]], 0, id="one-key"),
        pytest.param(np.arange(30.0)[:, None], 0, id="one-dimension"),
        pytest.param(np.random.default_rng(0).normal(size=(2, 4)), 1, id="two-keys"),
        pytest.param(np.random.default_rng(0).normal(size=(30, 4)) * 1e30, None, id="huge"),
    ],
)
def test_whatever_the_vectors_are_the_run_is_kept(
    workspace: Workspace, tmp_path: Path, learned: Callable[..., None], vectors: Any, maps: int | None
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    keep_check(workspace, dataset_id, "w0 near w1")
    learned(vectors)
    run = _train(workspace, dataset_id)
    assert run.status == Status.SUCCEEDED, run.error
    assert _all_finite(run.scores)
    (row,) = workspace.embeddings(run_id=run.id)
    kept = workspace.load_embedding(row.id).vectors
    np.testing.assert_array_equal(kept, np.asarray(vectors, np.float32))
    drawn = workspace.projections(row.id)
    if maps is not None:
        assert len(drawn) == maps
    for projection in drawn:
        assert np.isfinite(workspace.coordinates(projection.id)).all()
        assert _all_finite(projection.quality)
    if not np.isfinite(kept).all():
        assert {"words_map_2d", "words_map_3d"} <= run.scores[NOT_COMPUTED].keys()
        assert "not finite" in run.scores[NOT_COMPUTED]["words_map_2d"]
    assert unknown_and_missing(workspace) == (set(), set())


def test_scores_of_the_model_itself_that_are_not_finite_are_told(
    workspace: Workspace, tmp_path: Path, learned: Callable[..., None]
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    learned(np.eye(30, 4), {"loss": NAN, "explained_share": 0.5, "n_terms": np.int64(7)})
    run = _train(workspace, dataset_id)
    assert run.status == Status.SUCCEEDED
    assert (run.scores["explained_share"], run.scores["n_terms"]) == (0.5, 7)
    assert "loss" not in run.scores
    assert run.scores[NOT_COMPUTED]["loss"].startswith("Loss could not be computed")
    assert read_scores(run.scores)["loss"].value is None


@pytest.mark.parametrize(
    ("module", "function", "name"),
    [
        pytest.param(judging, "judge", None, id="judging-at-once"),
        pytest.param(judging, "yardsticks_of", "judging", id="judging-at-all"),
        pytest.param(Documents, "judge", "test", id="task"),
        pytest.param(pca, "pca", "words_map_2d", id="map"),
        pytest.param(keeping, "projection_quality", None, id="map-quality"),
    ],
)
@pytest.mark.parametrize(
    "error",
    [
        pytest.param(np.linalg.LinAlgError("SVD did not converge"), id="linalg"),
        pytest.param(ValueError("inhomogeneous shape"), id="value"),
        pytest.param(MemoryError(), id="memory"),
        pytest.param(InputError("Too few words."), id="input"),
    ],
)
def test_no_error_after_the_training_loses_the_model(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learned: Callable[..., None],
    module: Any, function: str, name: str | None, error: Exception,
) -> None:  # fmt: skip
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    learned(np.eye(30, 4))

    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(module, function, fail)
    run = _train(workspace, dataset_id)
    assert run.status == Status.SUCCEEDED
    assert len(workspace.embeddings(run_id=run.id)) == 1
    if name is not None:
        assert name in run.scores[NOT_COMPUTED]
    if function == "projection_quality":
        (row,) = workspace.embeddings(run_id=run.id)
        qualities = [each.quality for each in workspace.projections(row.id)]
        assert len(qualities) == 2
        assert all("quality" in quality[NOT_COMPUTED] for quality in qualities)
        assert all(math.isfinite(sum(quality["explained_variance_ratio"])) for quality in qualities)


def test_a_full_disk_while_maps_are_written_fails_the_job_and_leaves_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learned: Callable[..., None]
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    learned(np.eye(30, 4))

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeping.np, "save", full)
    run = _train(workspace, dataset_id)
    assert run.status == Status.FAILED
    assert (run.error or {})["what"] == "The disk is full."
    assert unknown_and_missing(workspace) == (set(), set())


def test_a_map_that_was_asked_for_and_cannot_be_drawn_fails_with_a_plain_error(
    workspace: Workspace, tmp_path: Path, learned: Callable[..., None]
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    learned(np.full((30, 4), np.nan))
    run = _train(workspace, dataset_id)
    (row,) = workspace.embeddings(run_id=run.id)
    for method in ("pca", "tsne"):
        job = Jobs(workspace).submit_projection(row.id, method, 2)
        assert execute(workspace, job.id)
        done = Jobs(workspace).job(job.id)
        assert done.status == Status.FAILED
        assert "not finite" in (done.error or {})["what"]


# Judging again


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.tsv"
    path.write_text("w1\tw2\t9\nw1\tw3\t5\nw4\tw2\t1\nw1\tw5\t2\n", encoding="utf-8")
    return path


def test_one_test_that_fails_costs_no_other(
    workspace: Workspace, tmp_path: Path, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    keep_check(workspace, dataset_id, "w1 near w2")
    broken = keep_file(workspace, dataset_id, "pairs", questions, "broken.tsv")
    whole = keep_file(workspace, dataset_id, "pairs", questions, "whole.tsv")
    embedding = Embedding(np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32), [f"w{n}" for n in range(9)])
    really = judging.judge
    untouched = judge_for_dataset(workspace, dataset_id, {"words": embedding})
    assert NOT_COMPUTED not in untouched

    def judge(vectors: Embedding, yardsticks: Any, **options: Any) -> dict[str, Any]:
        if broken.id in yardsticks.pairs:
            raise np.linalg.LinAlgError("singular")
        return really(vectors, yardsticks, **options)

    monkeypatch.setattr(judging, "judge", judge)
    scores = judge_for_dataset(workspace, dataset_id, {"words": embedding})
    assert scores[NOT_COMPUTED].keys() == {broken.id}
    assert "broken.tsv" in scores[NOT_COMPUTED][broken.id]
    assert {whole.id, "checks", "analogies"} <= read_scores(scores).keys()
    for name in ("checks", "analogies", "wordsim353", "simlex999"):
        assert scores[name] == untouched[name]
    assert scores["files"] == {whole.id: untouched["files"][whole.id]}
    # What was asked and failed is not asked for again and again.
    assert is_judged(scores, yardsticks_of(workspace, dataset_id))


def test_judging_again_replaces_the_reasons_of_the_last_time(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learned: Callable[..., None]
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    keep_check(workspace, dataset_id, "w1 near w2")
    learned(np.random.default_rng(0).normal(size=(30, 4)), {"loss": INF})
    with monkeypatch.context() as broken:

        def fail(*_: Any, **__: Any) -> None:
            raise ValueError("no")

        broken.setattr(judging, "yardsticks_of", fail)
        run = _train(workspace, dataset_id)
    assert run.scores[NOT_COMPUTED].keys() == {"loss", "judging"}
    assert not is_judged(run.scores, yardsticks_of(workspace, dataset_id))
    assert execute(workspace, Jobs(workspace).submit_judging(dataset_id).id)
    scores = workspace.run(run.id).scores
    assert scores[NOT_COMPUTED].keys() == {"loss"}
    assert scores["checks"]["covered"] == 1


def test_a_run_whose_files_are_damaged_does_not_cost_the_others_their_judgement(
    workspace: Workspace, tmp_path: Path, learned: Callable[..., None]
) -> None:
    dataset_id = _text(workspace, tmp_path, ROYAL * 30)
    learned(np.random.default_rng(0).normal(size=(30, 4)))
    damaged, whole = _train(workspace, dataset_id), _train(workspace, dataset_id)
    (row,) = workspace.embeddings(run_id=damaged.id)
    for file in workspace.layout.embedding(row.id).iterdir():
        file.write_bytes(b"")
    keep_check(workspace, dataset_id, "w1 near w2")
    job = Jobs(workspace).submit_judging(dataset_id)
    assert execute(workspace, job.id)
    assert Jobs(workspace).job(job.id).status == Status.SUCCEEDED
    assert "checks" in workspace.run(whole.id).scores
    assert "could not be opened" in workspace.run(damaged.id).scores[NOT_COMPUTED]["judging"]
