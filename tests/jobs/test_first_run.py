"""The first training on new data: the recommended model, what is said of it, and the import that queues it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from embedlab.core.errors import InputError
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.first_run import estimate_first_run, first_run, first_run_refusal, sentence
from embedlab.jobs.jobs import Jobs
from embedlab.models.registry import model
from embedlab.workspace.rows import JobRow, Status
from embedlab.workspace.workspace import Workspace

SMALL = {"documents": 100, "tokens": 2_000, "vocabulary": 300}
LARGE = {"documents": 100_000, "tokens": 20_000_000, "vocabulary": 200_000}
TEXT = b"the hotel in paris is near the station\nthe resort in rome is near the sea\n" * 40
RATINGS = b"userId,movieId,rating\n" + b"".join(
    f"{user},{movie},{1 + (user + movie) % 5}\n".encode() for user in range(12) for movie in range(8)
)


@pytest.fixture
def imported(workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    """Import files in this process; return the job and the trainings that it queued."""
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)

    def run(kind: str, content: bytes, then_train: Any, **companions: bytes) -> tuple[JobRow, list[JobRow]]:
        jobs = Jobs(workspace)
        staged = {
            name: workspace.stage_upload(io.BytesIO(each), f"{name}.csv").id
            for name, each in {"main": content, **companions}.items()
        }
        main = staged.pop("main")
        job = jobs.submit_import(main, kind, {}, "own", companions=staged, then_train=then_train)
        execute(workspace, job.id)
        return jobs.job(job.id), [row for row in jobs.jobs() if row.kind == "train"]

    return run


def test_the_recommendation_depends_on_the_size() -> None:
    assert [first_run("text", counts).model for counts in (SMALL, LARGE)] == ["ppmi-svd", "word2vec"]
    assert first_run("text", SMALL).reason == model("ppmi-svd").recommendation(SMALL)


def test_a_chosen_model_gets_its_defaults_and_no_reason() -> None:
    run = first_run("text", SMALL, "lsa")
    assert (run.model, run.reason) == ("lsa", "")
    assert run.parameters == model("lsa").defaults(SMALL).model_dump(mode="json")
    with pytest.raises(InputError):
        first_run("text", SMALL, "matrix-factorization")


def test_one_line_says_what_why_and_how_long() -> None:
    run = first_run("text", SMALL)
    assert sentence(run, 130.0) == f"Trains {run.title} in about 2 min. {run.reason}"
    assert sentence(run, 0.2).startswith(f"Trains {run.title} in about 1 s.")
    assert sentence(first_run("text", SMALL, "lsa")) == "Trains LSA."
    assert sentence(first_run("vectors", {"keys": 3})) == "These vectors are mapped as they are; no training is needed."


def test_the_estimate_is_that_of_the_model_with_its_defaults(workspace: Workspace) -> None:
    run = first_run("text", LARGE)
    known = model(run.model)
    own = known.estimate(LARGE, known.defaults(LARGE), 1)
    assert estimate_first_run(workspace, run, LARGE).memory_mb == pytest.approx(own.memory_mb, rel=0.5)


@pytest.mark.parametrize(
    ("then_train", "expected"),
    [((None, None), "ppmi-svd"), (("lsa", None), "lsa"), (("word2vec", {"epochs": 2}), "word2vec")],
    ids=["recommended", "chosen", "parameters"],
)
def test_an_import_queues_the_training(then_train: Any, expected: str, imported) -> None:
    job, (training,) = imported("text", TEXT, then_train)
    assert training.id == job.result["run_id"]
    assert training.request["model"] == expected
    given = then_train[1] or {}
    assert {name: training.request["parameters"][name] for name in given} == given


def test_a_model_that_cannot_learn_from_the_data_refuses_the_import(imported, workspace: Workspace) -> None:
    job, trainings = imported("text", TEXT, ("text-classifier", None))
    assert (job.status, trainings, workspace.datasets()) == (Status.FAILED, [], [])
    assert "no labels" in job.error["what"]
    # The file is still there, for another try.
    assert workspace.upload(job.request["upload_id"]).name == "main.csv"


def test_vectors_are_mapped_without_a_training(imported) -> None:
    rows = "".join(f"word{n} 0.{n}1 1.5 -2.{n}\n" for n in range(12)).encode()
    job, trainings = imported("vectors", rows, (None, None))
    assert job.result["embedding_id"]
    assert trainings == []


def test_the_dataset_says_what_each_second_file_was_used_for(imported, workspace: Workspace) -> None:
    titles = b"movieId,title\n" + b"".join(f"{n},Film {n}\n".encode() for n in range(5))
    imported("ratings", RATINGS, None, items=titles)
    (dataset,) = workspace.datasets()
    assert dataset.details["read"]["companions"] == [
        {"file": "items.csv", "role": "items", "title": "Items file", "summary": "titles of 5 of 8 items"}
    ]


IMPLICIT = {"feedback": "implicit"}
RATING_COUNTS = {"ratings": 500, "users": 40, "items": 30}


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        pytest.param({}, "bayesian-factorization", id="no-details"),
        pytest.param({"feedback": "explicit"}, "bayesian-factorization", id="explicit"),
        pytest.param(IMPLICIT, "ials", id="implicit"),
    ],
)
def test_a_model_whose_task_refuses_the_data_is_not_recommended(details: dict[str, Any], expected: str) -> None:
    run = first_run("ratings", RATING_COUNTS, None, details)
    assert run.model == expected
    assert run.reason == model(expected).recommendation_for(RATING_COUNTS, details)
    assert run.reason


def test_a_ranking_model_follows_the_import_of_implicit_feedback(imported) -> None:
    plays = b"user,artist,plays\n" + b"".join(
        f"u{user},a{artist},{1 + user * artist}\n".encode() for user in range(12) for artist in range(8)
    )
    job, trainings = imported("ratings", plays, (None, None))
    assert job.error is None
    assert [row.request["model"] for row in trainings] == ["ials"]


def test_users_given_with_an_import_become_columns(imported, workspace: Workspace) -> None:
    people = b"userId,age\n" + b"".join(f"{user},{20 + user}\n".encode() for user in range(12))
    job, _ = imported("ratings", RATINGS, None, users=people)
    dataset = workspace.open_dataset(job.result["dataset_id"])
    assert sorted(dataset.users["age"]) == list(range(20, 32))
    used = workspace.dataset(job.result["dataset_id"]).details["read"]["companions"]
    assert [each["summary"] for each in used] == ["age of 12 of 12 users"]


NO_NUMBERS = {"rows": 50, "columns": 2, "values": 4, "words": 300}


@pytest.mark.parametrize(
    ("counts", "name", "details", "refusal"),
    [
        pytest.param(NO_NUMBERS, None, {"target": None}, "The table has no target to predict.", id="none-fits"),
        pytest.param({**NO_NUMBERS, "numbers": 2}, None, {"target": None}, "", id="numbers"),
        pytest.param(NO_NUMBERS, None, {"target": {"name": "label"}}, "", id="target"),
        pytest.param(NO_NUMBERS, "entity-embeddings", {"target": None}, "The table has no target", id="chosen"),
        pytest.param(NO_NUMBERS, "entity-embeddings", {}, "", id="unknown-details"),
    ],
)
def test_data_that_every_model_refuses_is_refused_before_its_import(
    counts: dict[str, Any], name: str | None, details: dict[str, Any], refusal: str
) -> None:
    found = first_run_refusal("table", counts, name, details)
    assert found.startswith(refusal)
    assert bool(found) == bool(refusal)
