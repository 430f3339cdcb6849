"""A training that is known to fail is refused before it is queued, with the error that it would end with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from embedlab.core.errors import InputError
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.protocols import new_run_protocol
from embedlab.jobs.searches.sweeps import plan_settings
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.contract.base import QuietContext
from embedlab.models.ease import model as ease_model
from embedlab.models.registry import model as model_of
from embedlab.tasks.registry import task_of
from embedlab.workspace.rows import DatasetRow
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted

_HOMES = "zip,rooms,price\n" + "".join(f"zip{row % 7},{row % 5},{100 + row % 7 + row % 5}\n" for row in range(60))
_RATINGS = "user,item,rating\n" + "".join(f"u{row % 9},i{row % 7},{1 + row % 5}\n" for row in range(60))
_CHOICES = "user,item,rating\n" + "".join(f"u{row},i{row % 3},{4 + row % 2}\n" for row in range(40))


@dataclass(frozen=True)
class _Hopeless:
    kind: str
    file: str
    model: str
    parameters: Mapping[str, Any]
    what: str
    options: Mapping[str, Any] = field(default_factory=dict)


_HOPELESS = [
    pytest.param(
        _Hopeless(
            "table",
            _HOMES,
            "entity-embeddings",
            {"leave_out": "zip, rooms"},
            "No column is left to predict the target from.",
            {"target": "price"},
        ),
        id="no-column-left",
    ),
    pytest.param(
        _Hopeless(
            "table",
            _HOMES,
            "entity-embeddings",
            {"leave_out": "zipcode"},
            "The table has no such column to leave out.",
            {"target": "price"},
        ),
        id="unknown-column",
    ),
    pytest.param(
        _Hopeless("ratings", _RATINGS, "fast-factorization", {"time_bins": 4}, "The ratings have no times"),
        id="no-times",
    ),
    pytest.param(
        _Hopeless("ratings", _RATINGS, "hybrid", {}, "The items have no features"), id="no-features-of-the-items"
    ),
    pytest.param(
        _Hopeless("ratings", _CHOICES, "softmax-items", {}, "No user chose two items"), id="one-item-of-each-user"
    ),
    pytest.param(
        _Hopeless("text", "one two three one two three\n", "lsa", {}, "The text is a single document"),
        id="one-document",
    ),
    pytest.param(
        _Hopeless("text", "one two three\n" * 5, "word2vec", {"min_count": 50}, "Fewer than two words occur"),
        id="rare-words",
    ),
    pytest.param(
        _Hopeless("text", "one two three\n" * 5, "glove", {"min_count": 50}, "Fewer than two words occur"),
        id="rare-words-of-another-model",
    ),
]


def _imported(workspace: Workspace, tmp_path: Path, kind: str, file: str, options: Mapping[str, Any]) -> DatasetRow:
    path = tmp_path / "in.csv"
    path.write_text(file, encoding="utf-8")
    upload = workspace.stage_upload(path, "in.txt" if kind == "text" else "in.csv")
    job = Jobs(workspace).submit_import(upload.id, kind, options, "data")
    assert execute(workspace, job.id)
    return workspace.datasets()[0]


@pytest.mark.parametrize("case", _HOPELESS)
def test_a_training_that_cannot_succeed_is_never_queued(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: _Hopeless
) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    jobs = Jobs(workspace)
    dataset = _imported(workspace, tmp_path, case.kind, case.file, case.options)
    before = [row.id for row in jobs.jobs()]
    for ask in (jobs.submit_training, jobs.estimate_training):
        with pytest.raises(InputError) as caught:
            ask(dataset.id, case.model, case.parameters)
        assert caught.value.what.startswith(case.what)
        assert caught.value.remedy
    with pytest.raises(InputError, match=case.what):
        plan_settings(workspace, dataset, case.model, [{"seed": 1}, {"seed": 2}], case.parameters)
    assert [row.id for row in jobs.jobs()] == before

    # It is what the training itself would say, after the wait.
    model = model_of(case.model)
    (tmp_path / "scratch").mkdir()
    parts = task_of(model).split(
        kind_of(dataset.kind).open(workspace.dataset_folder(dataset.id)),
        new_run_protocol(case.model, dataset),
        tmp_path / "scratch",
    )
    with pytest.raises(InputError) as late:
        model.train(parts.learned, model.parameters_class.checked(case.parameters), QuietContext(tmp_path / "scratch"))
    assert late.value.what == caught.value.what


def test_vectors_to_start_from_need_a_text() -> None:
    model = model_of("entity-embeddings")
    parameters = model.parameters_class.checked({"start_from": "some/words", "leave_out": "advert"})
    columns = [
        {"name": name, "type": kind, "is_used": True} for name, kind in (("zip", "category"), ("advert", "text"))
    ]
    error = model.refusal({"rows": 9}, parameters, {"columns": columns})
    assert error is not None
    assert "no column of text" in error.what
    assert model.refusal({"rows": 9}, parameters.model_copy(update={"leave_out": ""}), {"columns": columns}) is None


@pytest.mark.parametrize(
    ("n_values", "is_refused"),
    [
        pytest.param((5, 1), True, id="one-answer"),
        pytest.param((1, 5), True, id="one-query"),
        pytest.param((5, 1, 2), False, id="two-answers-of-another-kind"),
        pytest.param((), False, id="unknown"),
    ],
)
def test_pairs_with_the_same_thing_on_one_side_are_refused(n_values: tuple[int, ...], is_refused: bool) -> None:
    model, counts = model_of("two-tower"), {"pairs": 5, "left": 1, "right": 1, "values": 2, "inputs": 2}
    error = model.refusal(counts, model.defaults(counts), {"kinds": [{"values": each} for each in n_values]})
    assert (error is not None) == is_refused


def test_a_model_that_needs_more_memory_than_there_is_is_never_queued(
    jobs: Jobs, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset_id = keep_run(workspace, write_planted(tmp_path), planted_predictor).dataset_id
    before = [row.id for row in jobs.jobs()]
    monkeypatch.setattr(ease_model, "memory_limit_mb", lambda: 1.0)
    for ask in (jobs.submit_training, jobs.estimate_training):
        with pytest.raises(InputError, match="does not fit into memory") as caught:
            ask(dataset_id, "ease", {})
        assert "most_items" in caught.value.remedy
    assert [row.id for row in jobs.jobs()] == before
