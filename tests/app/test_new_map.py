"""The form of a new map, and a map that is being computed: its start, its sample, pause, and stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.layouts import live
from embedlab.jobs.layouts.identity import versions
from embedlab.projections.context import ProjectionContext
from embedlab.projections.registry import method as method_of
from embedlab.ui.map.new_map import MENU
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import EmbeddingRow, JobRow
from embedlab.workspace.tables import EpochNow, projections
from embedlab.workspace.workspace import Workspace

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


@pytest.fixture
def row(keep: Callable[..., EmbeddingRow]) -> EmbeddingRow:
    vectors = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    return keep(Embedding(vectors, [f"k{at}" for at in range(60)]), "vectors", "Planted")


def add_map(workspace: Workspace, row: EmbeddingRow, **quality: Any) -> str:
    """Add a t-SNE map with the default parameters."""
    projection_id = new_id()
    parameters = method_of("tsne").parameters_class().model_dump(mode="json")
    values = {"id": projection_id, "embedding_id": row.id, "method": "tsne", "n_components": 2, "seed": 0}
    layout = {"versions": versions(method_of("tsne")), "key": "0" * 32, **quality}
    stored = {**values, "parameters": parameters, "quality": {"layout": layout, "n_points": 60}}
    with workspace.transaction() as connection:
        workspace.catalog.insert(connection, projections, {**stored, "created_at": EpochNow()})
    folder = workspace.layout.projection(projection_id)
    folder.mkdir(parents=True)
    np.save(folder / "coordinates.npy", np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32))
    return projection_id


def button(app: AppTest, label: str) -> Any:
    # Labels are escaped, since names of methods are plain text.
    return next(each for each in app.button if each.label.replace("\\", "") == label)


def captions(app: AppTest) -> str:
    return " ".join(each.value for each in app.caption).replace("\\", "")


def open_menu(open_page: Open, row: EmbeddingRow) -> AppTest:
    """Open the map and the menu with the forms, which are drawn only while it is open."""
    app = open_page("map", embedding=row.id)
    app.session_state[MENU] = True
    return app.run()


def progress_texts(app: AppTest) -> list[str]:
    return [each.proto.text for each in app.get("progress")]


def newest_job(workspace: Workspace) -> JobRow | None:
    return next(iter(Jobs(workspace).jobs("project")), None)


def test_a_map_that_exists_is_shown_and_not_computed_again(
    open_page: Open, workspace: Workspace, row: EmbeddingRow
) -> None:
    existing = add_map(workspace, row)
    add_map(workspace, row, stopped_after=[120, 750])
    app = open_menu(open_page, row)
    assert not app.exception
    # The newest map is shown; it was stopped, so it is another one.
    assert "Stopped after 120 of 750 iterations." in captions(app)
    next(each for each in app.selectbox if each.label == "Start from").set_value("PCA").run()
    button(app, "Compute t-SNE 2-D again").click().run()
    assert not app.exception
    assert newest_job(workspace) is None
    assert app.query_params["projection"] == existing
    assert "This map existed already, so it was not computed again." in captions(app)


@pytest.mark.parametrize("method", ["pca", "formula", "raw"])
def test_every_method_shows_its_estimate_before_it_starts(open_page: Open, row: EmbeddingRow, method: str) -> None:
    app = open_menu(open_page, row)
    app.selectbox(key="map:method").set_value(method).run()
    assert "Takes about 1 s in 2-D" in captions(app)


def test_a_new_map_starts_from_the_current_one(open_page: Open, workspace: Workspace, row: EmbeddingRow) -> None:
    app = open_menu(open_page, row)
    # From PCA, a start would be the one that t-SNE has anyway.
    assert not [each for each in app.selectbox if each.label == "Start from"]
    shown = add_map(workspace, row)
    app = open_menu(open_page, row)
    button(app, "Compute t-SNE 3-D").click().run()
    job = newest_job(workspace)
    assert job is not None
    # The current map has two dimensions.
    assert "start_from" not in job.request
    Queue(workspace.catalog).request_cancel(job.id)
    app = open_menu(open_page, row)
    button(app, "Compute t-SNE 2-D again").click().run()
    job = newest_job(workspace)
    assert job is not None
    assert job.request["start_from"] == shown


def test_the_form_says_that_a_sample_is_laid_out(
    open_page: Open, row: EmbeddingRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.projections.sampling.FEWEST_SAMPLED", 20)
    monkeypatch.setattr(type(method_of("tsne")), "estimate_seconds", lambda self, n_points, *options: n_points * 20.0)
    app = open_menu(open_page, row)
    assert "Lays out a sample of 29 of 60 points" in captions(app)
    # What else is adjusted depends on the points that are laid out.
    assert "from 30 to 9.33 for 29 points" in captions(app)
    assert "The same seed gives everyone the same map" in captions(app)


def test_a_running_map_is_paused_and_stopped(open_page: Open, workspace: Workspace, row: EmbeddingRow) -> None:
    jobs = Jobs(workspace)
    job_id = jobs.submit_projection(row.id, "tsne", 2).id
    jobs.queue.claim(job_id, "t" * 32, {})
    app = open_page("map", embedding=row.id)
    assert not app.exception
    # Before the first frame there is nothing to keep.
    assert button(app, "Stop here and keep").disabled
    write_frame(workspace.layout.job(job_id))
    button(app, "Pause").click().run()
    assert jobs.job(job_id).request["paused"] is True
    assert r"t\-SNE 2\-D: paused" in progress_texts(app)
    button(app, "Resume").click().run()
    assert jobs.job(job_id).request["paused"] is False
    assert r"t\-SNE 2\-D: paused" not in progress_texts(app)
    button(app, "Stop here and keep").click().run()
    assert not app.exception
    assert jobs.job(job_id).request["stop_early"] is True


def write_frame(folder: Path) -> None:
    import threading

    projection = ProjectionContext(2)
    live.LiveLayout(JobContext(folder, 1, threading.Event()), np.arange(60)).attach(projection)
    projection.stops_after(10, 750)
    projection.frame(lambda: np.zeros((60, 2), np.float32))


def test_the_menu_closes_when_a_map_is_requested(open_page: Open, row: EmbeddingRow) -> None:
    app = open_menu(open_page, row)
    app.selectbox(key="map:method").set_value("raw").run()
    button(app, "Compute Raw axes 2-D").click().run()
    assert not app.exception
    # It would be open again, with the first method, when the map is done.
    assert not app.session_state[MENU]
