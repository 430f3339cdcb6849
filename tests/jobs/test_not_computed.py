"""A score that cannot be computed is told, and the trained model is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.datasets.base import Kind
from embedlab.embedding import Embedding
from embedlab.errors import CancelledError, InputError, StorageError
from embedlab.evaluation.scores import flat_scores, named_scores
from embedlab.files import read_json
from embedlab.jobs import judging
from embedlab.jobs.handlers import embeddings as keeping
from embedlab.jobs.handlers import training
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import is_judged, judge_for_dataset, keep_check, keep_file
from embedlab.jobs.not_computed import NOT_COMPUTED, NotComputed, with_newer
from embedlab.jobs.worker import execute
from embedlab.models.base import State, TrainingResult
from embedlab.models.lsa import LSA
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of
from tests.jobs.kill_points import unknown_and_missing

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


# The collector


def test_a_failure_is_a_reason_in_one_plain_sentence() -> None:
    missing = NotComputed()

    def fail(error: Exception) -> Callable[[], None]:
        def compute() -> None:
            raise error

        return compute

    assert missing.attempt("a", "The score a", lambda: 1.5) == 1.5
    assert missing.attempt("b", "The score b", fail(InputError("One word is not enough."))) is None
    assert missing.attempt("c", "The score c", fail(np.linalg.LinAlgError("secret of the data"))) is None
    assert missing.attempt("d", "The score d", fail(MemoryError())) is None
    assert set(missing.reasons) == {"b", "c", "d"}
    assert missing.reasons["b"] == "The score b could not be computed: One word is not enough."
    assert "LinAlgError" in missing.reasons["c"]
    assert "secret" not in missing.reasons["c"]
    assert "memory" in missing.reasons["d"]


def test_an_unforeseen_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def compute() -> float:
        raise ValueError("inhomogeneous shape")

    NotComputed().attempt("a", "The score a", compute)
    assert caplog.records[-1].exc_info is not None
    assert "inhomogeneous shape" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(CancelledError("The job was cancelled."), id="cancelled"),
        pytest.param(StorageError("The disk is full."), id="full-disk"),
        pytest.param(OSError(28, "No space left on device"), id="full-disk-of-the-system"),
    ],
)
def test_a_cancellation_and_a_full_disk_pass_through(error: Exception) -> None:
    def compute() -> None:
        raise error

    missing = NotComputed()
    with pytest.raises(type(error)):
        missing.attempt("a", "The score a", compute)
    assert missing.reasons == {}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(0.25, 0.25, id="finite"),
        pytest.param(None, None, id="none"),
        pytest.param(np.float32(0.5), 0.5, id="numpy"),
        pytest.param(np.array([1, 2]), [1, 2], id="array"),
        pytest.param({"a": [1, (2.0, "x")]}, {"a": [1, [2.0, "x"]]}, id="nested"),
    ],
)
def test_what_is_finite_is_kept_as_json_has_it(value: Any, kept: Any) -> None:
    missing = NotComputed()
    assert missing.finite({"score": value}) == {"score": kept}
    assert missing.reasons == {}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(NAN, id="nan"),
        pytest.param(-INF, id="infinite"),
        pytest.param(np.float32("inf"), id="numpy"),
        pytest.param(np.array([0.0, NAN]), id="array"),
        pytest.param({"score": NAN, "covered": 3}, id="score"),
        pytest.param({"score": 1.0, "by": [{"share": INF}]}, id="nested"),
        pytest.param({"score": object()}, id="no-json"),
    ],
)
def test_what_is_not_finite_is_left_out_with_a_reason(value: Any) -> None:
    missing = NotComputed()
    scores = missing.among(missing.finite({"good": 1, "bad": value}))
    assert scores.keys() == {"good", NOT_COMPUTED}
    assert scores[NOT_COMPUTED].keys() == {"bad"}
    assert _all_finite(scores)


def test_of_a_score_without_a_finite_interval_the_score_stays() -> None:
    missing = NotComputed()
    given = {"a": {"score": 0.5, "low": NAN, "high": 1.0, "covered": 9}, "documents": {"interval": [NAN, 1.0]}}
    kept = missing.finite(given)
    assert kept["a"] == {"score": 0.5, "low": None, "high": 1.0, "covered": 9}
    assert kept["documents"] == {"interval": None}
    assert missing.reasons.keys() == {"a_interval", "documents_interval"}


def test_of_several_files_only_the_one_that_fails_is_left_out() -> None:
    missing = NotComputed()
    kept = missing.finite(
        {"files": {"f1": {"name": "good.tsv", "score": 1.0}, "f2": {"name": "bad.tsv", "score": NAN}}}
    )
    assert kept == {"files": {"f1": {"name": "good.tsv", "score": 1.0}}}
    assert "bad.tsv" in missing.reasons["f2"]


def test_newer_scores_take_older_reasons_with_them() -> None:
    before = {"loss": 1.0, "analogies": {"score": 1}, NOT_COMPUTED: {"checks": "x", "stability": "y", "judging": "z"}}
    judged = with_newer(before, {"checks": {"score": 1.0}}, ("analogies", "checks", "files"))
    assert judged == {"loss": 1.0, "checks": {"score": 1.0}, NOT_COMPUTED: {"stability": "y"}}
    steady = with_newer(judged, {"stability": {"score": 1.0}})
    assert NOT_COMPUTED not in steady
    # An older score that stands is not missing.
    assert with_newer(steady, {NOT_COMPUTED: {"stability": "w"}}) == steady


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
    assert "Loss" not in flat_scores(run.scores)


@pytest.mark.parametrize(
    ("module", "function", "name"),
    [
        pytest.param(judging, "judge", None, id="judging-at-once"),
        pytest.param(judging, "yardsticks_of", "judging", id="judging-at-all"),
        pytest.param(training, "_judge_text", "test", id="task"),
        pytest.param(keeping, "pca", "words_map_2d", id="map"),
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
    assert {whole.id, "checks", "analogies"} <= named_scores(scores).keys()
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
