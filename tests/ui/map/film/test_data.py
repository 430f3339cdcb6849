"""Routes of films: during the training, afterwards, and without a film."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from embedlab.core.embedding import Embedding
from embedlab.exploration.clusters import Clusters
from embedlab.jobs.engine.snapshots import snapshots_folder
from embedlab.jobs.films.film import Film
from embedlab.jobs.jobs import Jobs
from embedlab.models.contract.base import State
from embedlab.ui.map.film import data as film_data
from embedlab.ui.server import lifecycle as server
from embedlab.ui.server import routes
from embedlab.ui.shell import resources
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import Status
from embedlab.workspace.tables import EpochNow, datasets, jobs, runs
from embedlab.workspace.workspace import Workspace
from tests.ui.conftest import N_KEYS, keep

VECTORS = np.random.default_rng(0).normal(size=(N_KEYS, 3)).astype(np.float32)
KEYS = [f"key{at}" for at in range(N_KEYS)]


@pytest.fixture
def client(workspace, monkeypatch):
    made = Jobs(workspace)
    monkeypatch.setattr(resources, "jobs", lambda: made)
    return TestClient(Starlette(routes=routes.routes(), middleware=server.middleware()), base_url="http://localhost")


def _run(workspace, status: Status) -> str:
    dataset_id, run_id = new_id(), new_id()
    some = {"counts": {}, "options": {}, "warnings": [], "details": {}, "size_bytes": 0, "digest": "0" * 64}
    with workspace.transaction() as connection:
        row = {"id": dataset_id, "name": "data", "kind": "vectors", **some, "created_at": EpochNow()}
        workspace.catalog.insert(connection, datasets, row)
        job = {"id": run_id, "kind": "train", "status": status, "title": "t", "request": {}, "attempt": 1}
        workspace.catalog.insert(connection, jobs, {**job, "created_at": EpochNow()})
        run = {"id": run_id, "name": "run", "dataset_id": dataset_id, "model": "word2vec", "parameters": {}}
        workspace.catalog.insert(connection, runs, {**run, "scores": {}, "versions": {}, "created_at": EpochNow()})
    return run_id


def _snapshot(workspace, run_id: str, epoch: int, vectors: np.ndarray) -> None:
    state = State({"words": vectors}, {"epoch": epoch, "keys": {"words": KEYS}})
    state.save(snapshots_folder(workspace.layout.job(run_id)) / f"{epoch:06d}")


def _frames(content: bytes, n_points: int, k: int) -> list[np.ndarray]:
    length = n_points * 8 + n_points * k * 2
    length += -length % 4
    assert len(content) % length == 0
    return [
        np.frombuffer(content[at : at + n_points * 8], "<f4").reshape(n_points, 2)
        for at in range(0, len(content), length)
    ]


def test_a_running_training_has_frames_so_far(client, workspace, monkeypatch):
    # The kind has no names for these keys.
    monkeypatch.setattr(Workspace, "open_dataset", lambda self, dataset_id: None)
    run_id = _run(workspace, Status.RUNNING)
    about = client.get(f"/films/{run_id}").json()
    assert (about["state"], about["n_points"], about["epochs"]) == ("live", 0, [])
    _snapshot(workspace, run_id, 1, VECTORS)
    _snapshot(workspace, run_id, 3, VECTORS * 2)
    about = client.get(f"/films/{run_id}").json()
    assert (about["state"], about["n_points"], about["epochs"], about["noun"]) == ("live", N_KEYS, [1, 3], "words")
    names = client.get(f"/films/{run_id}/names").json()
    assert names["labels"] == KEYS
    assert names["places"] == list(range(N_KEYS))
    first, second = _frames(client.get(f"/films/{run_id}/frames").content, N_KEYS, 10)
    np.testing.assert_allclose(second, first * 2, atol=1e-4)
    assert len(_frames(client.get(f"/films/{run_id}/frames?since=1").content, N_KEYS, 10)) == 1


def test_a_film_of_an_earlier_version_has_fewer_neighbors_and_says_so(client, workspace, circle):
    run_id = _run(workspace, Status.SUCCEEDED)
    rows = np.array([3, 0, 5])
    frames = np.stack([np.zeros((3, 2), np.float32), workspace.coordinates(circle[1][2])[rows]])
    Film(circle[0], rows, rows, [0, 4], frames, np.zeros((2, 3, 2), np.uint16), [], [[0, 1], [0, 1]]).save(
        workspace.layout.job(run_id)
    )
    about = client.get(f"/films/{run_id}").json()
    assert (about["k"], about["curves"]) == (2, [])
    assert client.get(f"/films/{run_id}/names").json()["rows"] == [3, 0, 5]
    film = film_data.film_of(run_id)
    assert film_data.map_of_film(film) == circle[1][2]
    moved = replace(film, coordinates=film.coordinates + np.float32(1))
    assert film_data.map_of_film(moved) is None
    assert film_data.film_of(None) is None


def test_all_metrics_of_the_training_have_a_curve():
    history = [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.0, "validation_r2": 0.5}]
    assert film_data.curves(history) == [
        {"name": "Loss", "values": [[1, 2.0], [2, 1.0]]},
        {"name": "Validation R²", "values": [[2, 0.5]]},
    ]
    assert len(film_data.curves([{"epoch": 1, **{f"m{at}": 0.0 for at in range(20)}}])) == 6


def test_a_finished_film_has_the_names_and_colors_of_its_map(client, workspace, circle):
    run_id = _run(workspace, Status.SUCCEEDED)
    rows = np.array([1, 0, 5, 7, 9, 11, 2])
    coordinates = np.random.default_rng(1).normal(size=(2, 7, 2)).astype(np.float32)
    film = Film(circle[0], rows, rows, [1, 4], coordinates, np.zeros((2, 7, 5), np.uint16), [2], [[0, 1], [0, 1]])
    film.save(workspace.layout.job(run_id))
    about = client.get(f"/films/{run_id}").json()
    assert (about["state"], about["epochs"], about["followed"]) == ("finished", [1, 4], [2])
    names = client.get(f"/films/{run_id}/names").json()
    assert names["labels"][1:3] == ["label 0", "label 5"]
    assert "\n" not in names["labels"][0]
    frames = _frames(client.get(f"/films/{run_id}/frames").content, 7, 5)
    np.testing.assert_array_equal(frames, coordinates)


@pytest.mark.parametrize(
    ("metadata", "kind", "codes"),
    [
        pytest.param({"effect %": [-5.0, np.nan, 5.0]}, "numbers", [5.0, -5.0, None], id="numbers"),
        pytest.param({"class": ["b", "b", "a"]}, "categories", [1, 0, 0], id="categories"),
        pytest.param({"class": ["b", "b", "b"]}, "categories", [0, 1, 1], id="constant-column-so-clusters"),
        pytest.param({}, "categories", [0, 1, 1], id="clusters"),
    ],
)
def test_a_film_has_the_initial_colors_of_its_map(client, workspace, monkeypatch, metadata, kind, codes):
    embedding = Embedding(VECTORS[:3], ["x", "y", "z"], metadata=pd.DataFrame(metadata, index=range(3)))
    embedding_id, _ = keep(workspace, embedding, "colored")
    clusters = Clusters(np.array([1, 1, 0], np.uint8), ("first", "second"))
    monkeypatch.setattr(resources, "load_clusters", lambda _: clusters)
    run_id = _run(workspace, Status.SUCCEEDED)
    rows = np.array([2, 0, 1])
    frames = np.zeros((2, 3, 2), np.float32)
    film = Film(embedding_id, rows, rows, [0, 1], frames, np.zeros((2, 3, 2), np.uint16), [], [[0, 1], [0, 1]])
    film.save(workspace.layout.job(run_id))
    names = client.get(f"/films/{run_id}/names").json()
    assert (names["legend"]["kind"], names["codes"]) == (kind, codes)


def test_a_run_without_a_film_says_so(client, workspace):
    run_id = _run(workspace, Status.SUCCEEDED)
    assert client.get(f"/films/{run_id}").json()["state"] == "none"
    assert client.get(f"/films/{run_id}/frames").status_code == 404
    assert "no film" in client.get(f"/films/{run_id}/names").json()["what"]
    assert not film_data.has_film(run_id)
    assert not film_data.has_film(None)


@pytest.mark.parametrize(
    "path", ["/films/abcdefghijkl", "/films/no id", "/films/..%2F/frames"], ids=["other", "text", "path"]
)
def test_a_film_of_no_run_is_not_found(client, path):
    assert client.get(path).status_code == 404


def test_frames_are_numbered_within_bounds(client, workspace):
    run_id = _run(workspace, Status.RUNNING)
    assert client.get(f"/films/{run_id}/frames?since=-1").status_code == 400
    assert client.get(f"/films/{run_id}/frames?since=9999").status_code == 400


def test_other_sites_cannot_read_films(client, workspace):
    run_id = _run(workspace, Status.RUNNING)
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    assert client.get(f"/films/{run_id}", headers=headers).status_code == 403


def test_the_curve_shows_the_loss_or_else_the_first_measure():
    history = [{"epoch": 1, "rmse": 2.0}, {"epoch": 2, "loss": 0.5, "rmse": 1.0}]
    assert film_data.loss_curve(history) == ("loss", [[2, 0.5]])
    assert film_data.loss_curve(history[:1]) == ("rmse", [[1, 2.0]])
    assert film_data.loss_curve([]) == ("", [])
