"""A workspace of the last version with schema 0002 opens, and everything in it is shown, used and compared.

`old_workspaces/make.py` says how the archive was made.
"""

from __future__ import annotations

import json
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.settings import load_settings
from embedlab.evaluation.scores import read_baselines, read_scores
from embedlab.jobs.first_run import first_run
from embedlab.jobs.inference import open_ability
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.protocols import run_protocol
from embedlab.jobs.restoring import restore_workspace
from embedlab.jobs.stability import load_stability
from embedlab.kinds.ratings import RatingsOptions
from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.contract.abilities import Classifies, PlacesText, PlacesWord, Rates
from embedlab.models.registry import MODELS
from embedlab.ui.shell import navigation
from embedlab.workspace.database import SCHEMA_VERSION
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of
from tests.app.conftest import open_page

__all__ = ["open_page"]

ARCHIVE = Path(__file__).parent / "old_workspaces" / "schema_0002.tar.xz"
TABLES = ("datasets", "jobs", "runs", "embeddings", "projections", "uploads", "yardsticks")
ABILITIES = {
    "text-classifier": Classifies,
    "matrix-factorization": Rates,
    "lsa": PlacesText,
    "doc2vec": PlacesText,
    "fasttext": PlacesWord,
}
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's folder: `home/` and `backup.zip`."""
    folder = tmp_path_factory.mktemp("schema_0002")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def stored(unpacked: Path) -> dict[str, Rows]:
    """All rows of the old catalog by table and id, read before EmbedLab has touched it."""
    connection = sqlite3.connect(f"file:{unpacked / 'home' / 'catalogue.sqlite'}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] == "0002"
    rows = {table: {row["id"]: dict(row) for row in connection.execute(f"SELECT * FROM {table}")} for table in TABLES}
    connection.close()
    return rows


@pytest.fixture(scope="module")
def home(unpacked: Path, stored: dict[str, Rows]) -> Iterator[Path]:
    """The folder of the old workspace, which commands and pages open."""
    del stored
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDLAB_HOME", str(unpacked / "home"))
        patch.setenv("EMBEDLAB_SLOTS", "1")
        for name in ("EMBEDLAB_DATABASE_URL", "EMBEDLAB_OWNER"):
            patch.delenv(name, raising=False)
        st.cache_resource.clear()
        st.cache_data.clear()
        yield unpacked / "home"
        st.cache_resource.clear()


@pytest.fixture(scope="module")
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace.open(load_settings())
    yield opened
    opened.close()


@pytest.fixture
def embedlab(home: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command that must succeed; return what it writes as JSON."""

    def run(*arguments: object) -> Any:
        capsys.readouterr()
        exit_code = main([*(str(argument) for argument in arguments), "--json"])
        captured = capsys.readouterr()
        assert exit_code == 0, captured.err
        return json.loads(captured.out)

    return run


def _id(workspace: Workspace, name: str) -> str:
    rows = [*workspace.runs(), *workspace.datasets()]
    (row_id,) = (row.id for row in rows if row.name == name)
    return row_id


def _check_rows(workspace: Workspace, stored: dict[str, Rows]) -> None:
    assert {row.id: (row.name, row.kind, row.counts) for row in workspace.datasets()} == {
        row["id"]: (row["name"], row["kind"], json.loads(row["counts"])) for row in stored["datasets"].values()
    }
    assert {row.id: (row.name, row.model, row.scores, row.parameters) for row in workspace.runs()} == {
        row["id"]: (row["name"], row["model"], json.loads(row["scores"]), json.loads(row["parameters"]))
        for row in stored["runs"].values()
    }
    assert {row.id: row.status.value for row in Jobs(workspace).jobs()} == {
        row["id"]: row["status"] for row in stored["jobs"].values()
    }
    embeddings = workspace.embeddings()
    assert {row.id: (row.name, row.title, row.n_keys) for row in embeddings} == {
        row["id"]: (row["name"], row["title"], row["n_keys"]) for row in stored["embeddings"].values()
    }
    projections = [each for row in embeddings for each in workspace.projections(row.id)]
    assert {row.id: (row.method, row.n_components, row.quality) for row in projections} == {
        row["id"]: (row["method"], row["n_components"], json.loads(row["quality"]))
        for row in stored["projections"].values()
    }
    checks = {row.id: row.name for dataset in workspace.datasets() for row in yardsticks_of(workspace, dataset.id)}
    assert checks == {row["id"]: row["name"] for row in stored["yardsticks"].values()}
    assert len(checks) == 2


def _check_files(workspace: Workspace) -> None:
    for dataset in workspace.datasets():
        if not kind_or_unknown(dataset.kind).is_embedding:
            assert workspace.open_dataset(dataset.id) is not None
    for row in workspace.embeddings():
        embedding = workspace.load_embedding(row.id)
        assert embedding.vectors.shape == (row.n_keys, row.vector_size) == (len(embedding.keys), row.vector_size)
        for projection in workspace.projections(row.id):
            coordinates = workspace.coordinates(projection.id)
            assert coordinates.shape == (row.n_keys, projection.n_components)
            assert np.isfinite(coordinates).all()
    for run in workspace.runs():
        if run.status == Status.SUCCEEDED and run.model in ABILITIES:
            open_ability(workspace, run.id, ABILITIES[run.model])
    kept = load_stability(workspace, workspace.run(_id(workspace, "word2vec run")))
    assert kept is not None
    assert kept.n_seeds == 2


def test_it_opens_with_every_row_and_every_file(workspace: Workspace, stored: dict[str, Rows], home: Path) -> None:
    # Of every model that this version had.
    models = {row["model"] for row in stored["runs"].values()}
    assert len(models) == 9
    assert models <= set(MODELS)
    connection = sqlite3.connect(home / "catalogue.sqlite")
    assert connection.execute("SELECT version_num FROM alembic_version").fetchone()[0] == SCHEMA_VERSION
    connection.close()
    _check_rows(workspace, stored)
    _check_files(workspace)


def test_its_scores_are_read(workspace: Workspace, stored: dict[str, Rows]) -> None:
    by_model = {row["model"]: json.loads(row["scores"]) for row in stored["runs"].values()}
    # Under the names that this version used.
    former = {"test_rmse": "rmse", "test_mae": "mae", "test_accuracy": "accuracy", "test_f1": "f1"}
    expected = {
        "matrix-factorization": {"test_rmse": "global_mean", "test_mae": "user_item_bias"},
        "text-classifier": {"test_accuracy": "majority", "test_f1": "tfidf_logistic_regression"},
    }
    for model, names in expected.items():
        scores = workspace.run(_id(workspace, f"{model} run")).scores
        for name, baseline in names.items():
            assert read_scores(scores)[name].value == by_model[model].get(name, by_model[model].get(former[name]))
            of_baseline = by_model[model]["baselines"][baseline]
            assert read_baselines(scores)[baseline][name].value == of_baseline.get(name, of_baseline.get(former[name]))
    assert read_scores(workspace.run(_id(workspace, "word2vec run")).scores)["checks"].value == 1


def test_its_ratings_are_explicit(workspace: Workspace) -> None:
    row = workspace.dataset(_id(workspace, "ratings"))
    assert "feedback" not in row.details
    dataset = workspace.open_dataset(row.id)
    assert dataset.feedback == "explicit"
    assert RatingsOptions.model_validate(row.options).duplicates == "last"
    assert first_run(row.kind, row.counts, None, row.details).model == "bayesian-factorization"


def test_its_backup_is_restored(unpacked: Path, home: Path, stored: dict[str, Rows], tmp_path: Path) -> None:
    restored = Workspace.open(load_settings().model_copy(update={"home": tmp_path / "restored"}))
    restore_workspace(restored, unpacked / "backup.zip")
    _check_rows(restored, stored)
    _check_files(restored)
    with zipfile.ZipFile(unpacked / "backup.zip") as archive:
        for run in restored.runs():
            names = {name.split("/")[2] for name in archive.namelist() if name.startswith(f"runs/{run.id}/")}
            folder = restored.run_folder(run.id)
            assert names == ({path.name for path in folder.iterdir()} if folder.exists() else set()), run.name
    restored.close()


@pytest.mark.parametrize("page", [pytest.param(page.name, id=page.name) for page in navigation.PAGES])
def test_every_page_shows_it(
    page: str, workspace: Workspace, open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    chosen = {
        "data": [{"dataset": row.id, "view": "one"} for row in workspace.datasets()],
        "map": [{"embedding": row.embedding_id, "projection": row.id} for row in _maps(workspace)],
        "ask": [{"embedding": row.embedding_id, "key": "wave"} for row in _maps(workspace)[:1]],
        "recommend": [{"run": _id(workspace, "matrix-factorization run"), "user": "u1"}],
        "runs": [
            *({"view": "compare", "dataset": row.id} for row in workspace.datasets()),
            *({"run": row.id, "view": "one"} for row in workspace.runs()),
        ],
        "train": [{"dataset": _id(workspace, name)} for name in ("topics", "ratings")],
    }
    for address in ({}, *chosen.get(page, [])):
        app = open_page(page, **address)
        assert not app.exception, address
        failure = "Fewer than two words occur at least 100000 times"
        assert [error.value for error in app.error if failure not in error.value] == [], address


def _maps(workspace: Workspace) -> list[Any]:
    """Return one map by PCA and one by t-SNE of the words of the first run."""
    (words,) = (row for row in workspace.embeddings() if row.title == "word2vec run: words")
    return [next(row for row in workspace.projections(words.id) if row.method == name) for name in ("tsne", "pca")]


def test_the_run_page_shows_the_scores_of_its_task(workspace: Workspace, open_page: Callable[..., AppTest]) -> None:
    expected = {
        "text-classifier run": ("Classifier", "documents", "Most frequent label"),
        "matrix-factorization run": ("Prediction", "ratings", "Mean of all ratings"),
    }
    for name, (noun, cases, baseline) in expected.items():
        app = open_page("runs", run=_id(workspace, name), view="one")
        (table,) = (frame.value for frame in app.dataframe if noun in frame.value)
        assert {"This run", baseline} <= set(table[noun])
        assert any(f"On 18 held-out {cases}." in caption.value for caption in app.caption)


def test_the_command_line_lists_asks_and_exports(
    workspace: Workspace, embedlab: Callable[..., Any], stored: dict[str, Rows], tmp_path: Path
) -> None:
    for table in ("datasets", "runs", "embeddings"):
        assert {row["id"] for row in embedlab(table)} == set(stored[table])
    # Opening a map queues the clusters that the version did not have.
    added = [row for row in embedlab("jobs") if row["id"] not in stored["jobs"]]
    assert {row["kind"] for row in added} <= {"clusters"}
    assert len(embedlab("jobs")) == len(stored["jobs"]) + len(added)
    for run in stored["runs"]:
        assert embedlab("show", run)["id"] == run
    words, labels, ratings = (
        _id(workspace, f"{model} run") for model in ("word2vec", "text-classifier", "matrix-factorization")
    )
    vectors = workspace.load_embedding(_maps(workspace)[0].embedding_id)
    normal = vectors.vectors / np.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    cosines = normal @ normal[vectors.index("wave")]
    cosines[vectors.index("wave")] = -2
    assert embedlab("neighbors", f"{words}/words", "wave")[0][0] == vectors.keys[int(cosines.argmax())]
    assert embedlab("classify", labels, "--text", "wave boat sand shell")["label"] == "sea"
    # The dataset has 15 items, of which each user has rated 9.
    assert len(embedlab("recommend", ratings, "u1")) == 15 - 9
    assert embedlab("judge", f"{words}/words")["checks"]["passed"] == 1
    embedlab("compare-runs", _id(workspace, "topics"))
    out = tmp_path / "words.csv"
    embedlab("export", f"{words}/words", "--format", "csv", "--out", out)
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1 + len(vectors.keys)
    embedlab("script", labels, "--out", tmp_path / "again.zip")


def test_a_new_run_under_the_old_protocol_is_compared_with_the_old_one(
    workspace: Workspace, embedlab: Callable[..., Any]
) -> None:
    dataset, old = _id(workspace, "ratings"), _id(workspace, "matrix-factorization run")
    embedlab("protocol", dataset, "--seed", 1)
    new = embedlab("train", dataset, "matrix-factorization", "--set", "epochs=1", "--set", "n_factors=2")["run"]
    runs = [workspace.run(run) for run in (old, new)]
    assert len({run_protocol(run, workspace.dataset(dataset)) for run in runs}) == 1
    split = workspace.open_dataset(dataset).split(1)
    error = split.test.ratings - np.mean(split.train.ratings, dtype=np.float64)
    # The mean of the training part scores as the old version has stored: the test parts are the same ratings.
    stored_score = read_baselines(runs[0].scores)["global_mean"]["test_rmse"].value
    assert float(np.sqrt(np.mean(error**2))) == pytest.approx(stored_score, abs=1e-6)
    assert [run["id"] for run in embedlab("compare-runs", dataset)["runs"]] == [new, old]
