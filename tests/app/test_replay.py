"""Replaying a training on the Map page, and what deletes a film."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.jobs.films.film import Film, has_film
from embedlab.kinds.base import Imported
from embedlab.models.contract.base import State
from embedlab.ui.map.component import BookmarkEvent, MomentEvent, parse_bookmark, parse_moment
from embedlab.ui.map.film import replay
from embedlab.workspace.bookmarks.bookmark import Bookmark, ProjectionLook
from embedlab.workspace.bookmarks.store import keep_bookmarks
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run

OpenPage = Callable[..., AppTest]
RUN = "firstrun2222"
N = 20
#: Bookmarks by name: the number of the snapshot that they show.
MOMENTS = {"first": 0, "whole": None}


@pytest.fixture
def filmed(workspace: Workspace) -> EmbeddingRow:
    """A run with a film of its ten most frequent words: all begin at the center, and `w9` ends with other neighbors."""
    vectors = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    workspace.dataset_folder("firsttext222").mkdir(parents=True)
    keep_finished_run(
        workspace,
        Imported("text", {"documents": 9, "tokens": 2000, "vocabulary": N}, {}),
        "firsttext222",
        RUN,
        name="Run",
        model="word2vec",
        predictor=State({}),
        embeddings={"words": Embedding(vectors, [f"w{place}" for place in range(N)])},
    )
    (row,) = workspace.embeddings(run_id=RUN)
    flat = next(each for each in workspace.projections(row.id) if each.n_components == 2)
    last = np.asarray(workspace.coordinates(flat.id))[:10]
    neighbors = np.zeros((2, 10, 1), np.uint16)
    neighbors[1, 9] = 4
    low, high = last.min(axis=0), last.max(axis=0)
    extent = [[float(low[axis]), float(high[axis])] for axis in (0, 1)]
    places = np.arange(10)
    film = Film(row.id, places, places, [1, 3], np.stack([last * 0, last]), neighbors, [], extent)
    film.save(workspace.layout.job(RUN))
    return row


def map_data(app: AppTest) -> dict[str, Any]:
    assert not app.exception
    components = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return next(each for each in components if "n_points" in each)


def texts(app: AppTest) -> str:
    return " ".join(str(each.value) for each in [*app.markdown, *app.caption]).replace("\\", "")


def test_a_bookmark_shows_its_moment_of_the_replay(
    open_page: OpenPage, workspace: Workspace, filmed: EmbeddingRow
) -> None:
    flat = next(each for each in workspace.projections(filmed.id) if each.n_components == 2)
    look = ProjectionLook(id=flat.id, method=flat.method, n_components=2, parameters=flat.parameters)
    marks = [
        Bookmark(id=name, name=name, embedding=filmed.id, projection=look, frame=frame)
        for name, frame in MOMENTS.items()
    ]
    keep_bookmarks(workspace, filmed.id, marks)
    for name, frame in MOMENTS.items():
        data = map_data(open_page("map", embedding=filmed.id, bookmark=name))
        assert data["film"] == (None if frame is None else RUN)
        assert data["view"].get("frame") == frame
        assert data["moment"] == frame
    assert parse_bookmark({"camera": None, "frame": 3}) == BookmarkEvent(None, 3)
    assert parse_bookmark({"camera": None, "frame": -1}) == parse_bookmark({"frame": True}) == BookmarkEvent(None, None)


def test_the_switch_replays_the_film_on_its_map(
    open_page: OpenPage, workspace: Workspace, filmed: EmbeddingRow
) -> None:
    space = next(each for each in workspace.projections(filmed.id) if each.n_components == 3)
    app = open_page("map", embedding=filmed.id, projection=space.id, key="w9")
    assert map_data(app)["film"] is None
    app.toggle(key="map:replay").set_value(True).run()
    shown = map_data(app)
    # The map in space has no film, so the flat one is opened.
    assert (shown["film"], shown["n_components"]) == (RUN, 2)
    app.segmented_control(key="map:tab").set_value("Training").run()
    assert "Neighbors over time" in texts(app)
    table = next(each.value for each in app.dataframe if "New" in each.value.columns)
    assert table["Epoch"].tolist() == ["1", "end"]
    assert table["New"].tolist() == ["", "w4"]
    assert table["Dropped"].tolist() == ["", "w0"]
    # Another map ends the replay.
    app.selectbox(key="map:projection").set_value(space.id).run()
    assert map_data(app)["film"] is None
    assert not app.toggle(key="map:replay").value


def test_a_link_opens_a_moment_of_the_replay(open_page: OpenPage, workspace: Workspace, filmed: EmbeddingRow) -> None:
    flat = next(each for each in workspace.projections(filmed.id) if each.n_components == 2)
    app = open_page("map", embedding=filmed.id, projection=flat.id, moment="0")
    assert (map_data(app)["film"], map_data(app)["moment"]) == (RUN, 0)
    assert app.toggle(key="map:replay").value
    app.toggle(key="map:replay").set_value(False).run()
    assert map_data(app)["film"] is None
    assert "moment" not in app.query_params
    app.toggle(key="map:replay").set_value(True).run()
    # The replay begins at its end, with the map itself.
    assert app.query_params["moment"] == "1"
    assert parse_moment({"frame": 7}) == MomentEvent(7)


@pytest.mark.parametrize(
    "moment", ["", "-1", "²", "1e3", "99999999"], ids=["empty", "minus", "square", "float", "huge"]
)
def test_a_damaged_moment_shows_the_map(open_page: OpenPage, filmed: EmbeddingRow, moment: str) -> None:
    app = open_page("map", embedding=filmed.id, moment=moment)
    assert map_data(app)["film"] is None
    assert "moment" not in app.query_params


def test_a_rare_key_has_no_snapshots(open_page: OpenPage, filmed: EmbeddingRow) -> None:
    app = open_page("map", embedding=filmed.id, key="w15")
    app.toggle(key="map:replay").set_value(True).run()
    app.segmented_control(key="map:tab").set_value("Training").run()
    assert not app.exception
    assert "Only 10 of the words have snapshots." in texts(app)


def test_without_a_film_there_is_no_switch(open_page: OpenPage, workspace: Workspace, filmed: EmbeddingRow) -> None:
    folder = workspace.layout.job(RUN) / "snapshots" / "film"
    (folder / "coordinates.npy").unlink()
    app = open_page("map", embedding=filmed.id)
    assert not app.exception
    assert [each for each in app.toggle if each.key == "map:replay"] == []


def test_deleting_the_run_deletes_its_film(workspace: Workspace, filmed: EmbeddingRow) -> None:
    assert has_film(workspace.layout.job(RUN))
    workspace.delete_run(RUN)
    assert not has_film(workspace.layout.job(RUN))


@pytest.mark.parametrize(
    ("name", "n_keys", "counts", "sentence"),
    [
        pytest.param("images", 3, False, "all 3 images", id="all"),
        pytest.param("rows", 5, False, "3 of the rows", id="first-rows"),
        pytest.param("nodes", 5, True, "the 3 nodes with the most links", id="by-count"),
    ],
)
def test_the_keys_of_a_film_are_named_truly(name: str, n_keys: int, counts: bool, sentence: str) -> None:
    metadata = pd.DataFrame({"count": range(n_keys)} if counts else {}, index=range(n_keys))
    embedding = Embedding(np.eye(n_keys, dtype=np.float32), [str(key) for key in range(n_keys)], metadata=metadata)
    film = SimpleNamespace(n_points=3)
    assert replay._filmed(SimpleNamespace(name=name), embedding, film) == sentence
