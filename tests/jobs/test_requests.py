"""What is asked for is checked before anything is queued."""

from __future__ import annotations

import io
from typing import Any

import pytest

from embedlab.core.errors import EmbedLabError, InputError, NotFoundError, ParameterError
from embedlab.core.settings import load_settings
from embedlab.jobs.engine import processes
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill


@pytest.fixture
def quiet(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs that start no worker."""
    jobs = Jobs(workspace)
    monkeypatch.setattr(jobs, "dispatch", lambda: None)
    return jobs


def _upload(jobs: Jobs) -> str:
    return jobs.workspace.stage_upload(io.BytesIO(b"hotel resort"), "x.txt").id


def test_an_import_is_queued_with_the_options_that_were_given(quiet: Jobs) -> None:
    row = quiet.submit_import(_upload(quiet), "ratings", {"user": 0, "time": None}, "a\nname")
    # A time that is given as null says that there is none; one left out is guessed.
    assert row.request["options"] == {"user": 0, "time": None}
    assert (row.request["name"], row.title, row.status, row.run_id) == ("a name", "Import a name", "queued", None)


def test_options_that_contradict_each_other_are_told_in_a_sentence(quiet: Jobs) -> None:
    with pytest.raises(ParameterError, match=r"^Labels by file or folder need all files of an archive"):
        quiet.submit_import(_upload(quiet), "text", {"label_by": "file"}, "x")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kind": "pictures"}, InputError),
        ({"options": {"no_such": 1}}, ParameterError),
        ({"options": {"encoding": {"a": 1}}}, ParameterError),
        ({"name": " \n"}, InputError),
        ({"upload_id": "abcdefghijkm"}, NotFoundError),
        ({"kind": "ratings", "companions": {"items": "../x"}}, NotFoundError),
        ({"then_train": ("matrix-factorization", {})}, InputError),
        ({"then_train": ("word2vec", {"epochs": 0})}, ParameterError),
        ({"then_train": ("no such", {})}, NotFoundError),
    ],
)
def test_an_import_that_cannot_work_is_refused(
    quiet: Jobs, changes: dict[str, Any], error: type[EmbedLabError]
) -> None:
    asked = {"upload_id": _upload(quiet), "kind": "text", "options": {}, "name": "x", **changes}
    with pytest.raises(error):
        quiet.submit_import(**asked)
    assert quiet.jobs() == []


def test_a_training_makes_a_run_of_the_same_id(quiet: Jobs) -> None:
    filled = fill(quiet.workspace, "hotels")
    row = quiet.submit_training(filled.dataset, "word2vec", {"epochs": "3"})
    assert row.run_id == row.id
    run = quiet.workspace.run(row.id)
    assert (run.name, run.model, run.parameters["epochs"]) == ("Word2Vec on hotels", "word2vec", 3)
    assert run.status == "queued"
    assert quiet.submit_training(filled.dataset, "word2vec", {}, "mine").title == "mine"


@pytest.mark.parametrize(
    ("model", "parameters", "name"),
    [
        ("no-such", {}, None),
        ("matrix-factorization", {}, None),
        ("word2vec", {"epochs": -1}, None),
        ("word2vec", {"epochs": float("nan")}, None),
        ("word2vec", {"__class__": 1}, None),
        pytest.param("word2vec", {}, "\u202e", id="bidi-name"),
    ],
)
def test_a_training_that_cannot_work_is_refused(
    quiet: Jobs, model: str, parameters: dict[str, Any], name: str | None
) -> None:
    filled = fill(quiet.workspace)
    with pytest.raises(InputError):
        quiet.submit_training(filled.dataset, model, parameters, name)
    assert [row.id for row in quiet.jobs()] == [filled.run]


@pytest.mark.parametrize(
    ("method", "n_components", "parameters"),
    [
        ("isomap", 2, {}),
        ("pca", 4, {}),
        ("pca", 2, {"perplexity": 3}),
        ("tsne", 2, {"perplexity": 0}),
        ("tsne", 2, {"x": 1}),
    ],
)
def test_a_projection_that_cannot_work_is_refused(
    quiet: Jobs, method: str, n_components: int, parameters: dict[str, Any]
) -> None:
    filled = fill(quiet.workspace)
    with pytest.raises(ParameterError):
        quiet.submit_projection(filled.embedding, method, n_components, parameters)
    assert quiet.jobs("project") == []


def test_a_projection_is_queued_with_all_its_parameters(quiet: Jobs) -> None:
    row = quiet.submit_projection(fill(quiet.workspace).embedding, "tsne", 3, {"perplexity": 5}, seed=7)
    assert row.request["parameters"]["perplexity"] == 5
    assert row.request["parameters"]["metric"] == "cosine"
    assert (row.request["n_components"], row.request["seed"]) == (3, 7)


def test_a_worker_that_cannot_be_started_is_no_failed_request(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(processes, "start_worker", fail)
    assert Jobs(workspace).submit_projection(fill(workspace).embedding, "pca", 2).status == "queued"


def test_workers_get_the_settings_and_not_what_the_process_was_started_with(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDLAB_DATABASE_URL", "sqlite:///elsewhere.db")
    monkeypatch.setenv("EMBEDLAB_OWNER", "somebody")
    settings = load_settings(processes._environment(workspace.settings))
    assert settings.owner == "ada"
    assert (settings.home, settings.slots) == (workspace.settings.home, workspace.settings.slots)
    assert "elsewhere" not in settings.database_url
