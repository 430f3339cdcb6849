"""What every kind of job keeps; a new kind is tested here by being registered, with an example of its request."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from embedlab.core.errors import ConflictError, EmbedLabError, InputError, NotFoundError, ParameterError
from embedlab.core.plain import LONGEST_NAME
from embedlab.jobs.engine import processes
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds.registry import job_kind, known_kind, names, register
from embedlab.samples.downloads import DOWNLOADS
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import TRAINING
from embedlab.workspace.workspace import Workspace
from tests.workspaces import Filled, fill


def _examples(filled: Filled) -> dict[str, list[dict[str, Any]]]:
    parameters: dict[str, Any] = {"vector_size": 4}
    project = {"embedding_id": filled.embedding, "method": "pca", "n_components": 2}
    return {
        "import": [
            {"upload_id": filled.upload, "kind": "text", "options": {}, "name": "hotels", "items_upload_id": None},
            {
                "upload_id": filled.upload,
                "kind": "text",
                "name": "hotels\nand more " + 200 * "x",
                "then_train": {"model": "word2vec", "parameters": parameters},
            },
        ],
        "download": [{"download": next(iter(DOWNLOADS)).name}, {"url": "https://example.org/vectors.txt"}],
        "train": [
            {"dataset_id": filled.dataset, "model": "word2vec", "parameters": parameters},
            {"dataset_id": filled.dataset, "model": "word2vec", "parameters": {}, "sweep": filled.run},
        ],
        "project": [project, {**project, "method": "tsne", "parameters": {"perplexity": 5.0}, "seed": 7}],
        "clusters": [{"embedding_id": filled.embedding, "in_background": True}],
        "judge": [{"dataset_id": filled.dataset, "run_ids": [filled.run], "embedding_ids": []}],
        "stability": [{"run_id": filled.run, "n_seeds": 3, "after": [filled.run]}],
    }


@pytest.fixture
def filled(workspace: Workspace) -> Filled:
    return fill(workspace, "two\nlines of a name")


@pytest.fixture
def quiet(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """Jobs that start no worker."""

    def fail(*_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(processes, "start_worker", fail)
    return Jobs(workspace)


every_kind = pytest.mark.parametrize("kind", names())


def test_every_kind_has_an_example(filled: Filled) -> None:
    assert set(_examples(filled)) == set(names())
    with pytest.raises(InputError, match="no such kind of job"):
        job_kind("shell")
    assert known_kind("shell") is None


@every_kind
def test_a_request_is_json_and_comes_back_as_it_was(kind: str, filled: Filled) -> None:
    known = job_kind(kind)
    assert known.name == kind
    for asked in _examples(filled)[kind]:
        request = known.checked(asked)
        # Nothing is added: what is kept is what was asked.
        assert request.as_json() == asked
        assert known.checked(json.loads(json.dumps(request.as_json()))) == request


@every_kind
def test_a_field_that_is_not_known_is_refused(kind: str, filled: Filled) -> None:
    for asked in _examples(filled)[kind]:
        with pytest.raises(ParameterError, match=r"has no field script|There is no field script"):
            job_kind(kind).checked({**asked, "script": "import os"})


@every_kind
def test_paths_and_other_types_are_refused(kind: str, filled: Filled) -> None:
    for asked in _examples(filled)[kind]:
        for name, value in asked.items():
            bad = ["../../etc/passwd"] if isinstance(value, list) else {"..": object} if value is None else object()
            with pytest.raises(ParameterError, match=name):
                job_kind(kind).checked({**asked, name: bad})
            if name.endswith("_id"):
                with pytest.raises(ParameterError, match=name):
                    job_kind(kind).checked({**asked, name: "../../etc/passwd"})


@every_kind
def test_a_title_is_one_line(kind: str, filled: Filled, quiet: Jobs) -> None:
    for asked in _examples(filled)[kind]:
        row = quiet.submit(kind, asked)
        assert row.kind == kind
        assert row.title
        assert len(row.title.splitlines()) == 1
        assert len(row.title) <= LONGEST_NAME


@every_kind
def test_what_is_queued_is_a_request_again(kind: str, filled: Filled, quiet: Jobs) -> None:
    for asked in _examples(filled)[kind]:
        row = quiet.submit(kind, asked)
        kept = job_kind(kind).checked(row.request)
        assert {name: getattr(kept, name) for name in asked if name not in {"parameters", "options", "then_train"}} == {
            name: value for name, value in asked.items() if name not in {"parameters", "options", "then_train"}
        }
        assert (row.run_id is not None) == (kind == TRAINING)
        if row.run_id is not None:
            assert quiet.workspace.run(row.run_id).model == asked["model"]


@every_kind
def test_what_is_not_there_is_refused_before_anything_is_queued(kind: str, filled: Filled, quiet: Jobs) -> None:
    before = [row.id for row in quiet.jobs()]
    for asked in _examples(filled)[kind]:
        for name in asked:
            if name in {"upload_id", "dataset_id", "embedding_id", "run_id"}:
                with pytest.raises(NotFoundError):
                    quiet.submit(kind, {**asked, name: new_id()})
    assert [row.id for row in quiet.jobs()] == before


def test_a_taken_name_is_refused() -> None:
    with pytest.raises(ValueError, match="train"):
        register(job_kind("train"))


def test_kinds_are_loaded_when_they_are_asked_for() -> None:
    code = (
        "import sys, embedlab.jobs.jobs\n"
        "loaded = [name for name in sys.modules if name.startswith('embedlab.jobs.kinds.')]\n"
        "assert not {'embedlab.jobs.kinds.train', 'embedlab.jobs.kinds.import_data'} & set(loaded), loaded\n"
        "from embedlab.jobs.kinds.registry import request_classes\n"
        "request_classes()\n"
        "heavy = {'tensorflow', 'keras', 'gensim', 'sklearn', 'openTSNE', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_download_is_one_of_both(quiet: Jobs) -> None:
    for asked in ({}, {"download": "x", "url": "https://example.org/x"}):
        with pytest.raises(ParameterError, match="download"):
            quiet.submit("download", asked)
    with pytest.raises(EmbedLabError):
        quiet.submit("download", {"download": "nothing-like-it"})


def test_only_a_kind_with_checkpoints_resumes(filled: Filled, quiet: Jobs) -> None:
    row = quiet.submit("project", _examples(filled)["project"][0])
    quiet.cancel(row.id)
    (quiet.workspace.layout.job(row.id) / "checkpoints" / "000001").mkdir(parents=True)
    with pytest.raises(ConflictError, match="no checkpoint to resume"):
        quiet.resume(row.id)
