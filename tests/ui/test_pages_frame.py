"""The frame and the Map page, run as Streamlit runs them."""

import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.errors import InputError
from embedlab.jobs.engine.progress import Progress
from embedlab.ui.map import drawn_map
from embedlab.ui.map.component import PickEvent, PlaceEvent
from embedlab.ui.map.options import projection_titles
from embedlab.ui.map.picked_item import metadata_line
from embedlab.ui.shell import current, errors, frame, navigation, resources
from embedlab.workspace.rows import ProjectionRow, Status
from embedlab.workspace.tables import projections
from tests.app.conftest import breadcrumb

from .conftest import HOSTILE, N_KEYS, keep, planted

MAIN = str(navigation.FOLDER.parent / "embedlab" / "ui" / "server" / "main.py")
IMAGE = "![](http://evil.invalid/x.png) <b>:red[x]</b> $a$ :material/home: https://evil.invalid"


def open_map(**query):
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run().switch_page(str(navigation.spec("map").file)).run()


def map_data(app):
    components = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return next(data for data in components if "projection" in data)


def bars(app):
    components = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return next(data for data in components if "rows" in data)


def texts(app):
    kinds = ("markdown", "caption", "title", "header", "subheader", "error", "info", "warning")
    return [part.value for kind in kinds for part in app.get(kind)]


def is_markup(text):
    """Whether a picture, in Markdown or HTML, would be drawn: its first character has no backslash before it."""
    return re.search(r"(?<!\\)(<img|!\[)", text) is not None


def test_every_page_is_listed_once_and_has_a_purpose():
    names = [page.name for page in navigation.PAGES]
    assert len(set(names)) == len(names)
    assert all(page.purpose.endswith(".") and page.icon.startswith(":material/") for page in navigation.PAGES)


def test_missing_page_does_not_break_the_others(monkeypatch, tmp_path):
    (tmp_path / "data.py").touch()
    monkeypatch.setattr(navigation, "FOLDER", tmp_path)
    assert [page.name for page in navigation.present()] == ["data"]


def test_an_empty_workspace_offers_the_next_step(workspace):
    app = open_map()
    assert not app.exception
    assert any("No embedding" in text for text in texts(app))


def test_map_component_gets_ids_but_no_points_or_names(circle):
    embedding_id, maps = circle
    app = open_map(embedding=embedding_id, color="genres")
    assert not app.exception
    data = map_data(app)
    assert (data["embedding"], data["n_points"], data["color"]) == (embedding_id, N_KEYS, "genres")
    # The plane is what people expect first.
    assert data["projection"] == maps[2]
    assert data["command"]["index"] is None
    assert len(json.dumps(data)) < 1000


def test_a_link_carries_projection_key_and_color(circle):
    embedding_id, maps = circle
    app = open_map(embedding=embedding_id, projection=maps[3], key="key4", color="mean_rating")
    data = map_data(app)
    assert (data["projection"], data["n_components"]) == (maps[3], 3)
    assert data["command"]["index"] == 4
    assert data["color"] == "mean_rating"
    assert any("label 4" in text for text in texts(app))


@pytest.mark.parametrize("name", ["embedding", "projection", "key", "color", "dataset", "run"])
@pytest.mark.parametrize("value", ["nothing", "../../etc", IMAGE, "a" * 100_000], ids=["word", "path", "image", "long"])
def test_invalid_url_values_still_show_the_map(circle, name, value):
    app = open_map(**{"embedding": circle[0], name: value})
    assert not app.exception
    assert map_data(app)["embedding"] == circle[0]


@pytest.mark.usefixtures("subwords")
def test_unknown_word_is_shown_as_a_guest_with_an_explanation(circle):
    app = open_map(embedding=circle[0], key=" 4.4")
    assert not app.exception
    command = map_data(app)["command"]
    assert (command["index"], command["word"]) == (None, "4.4")
    assert len(json.dumps(map_data(app))) < 1000
    said = " ".join(texts(app))
    assert "Not in the vocabulary. Its vector is built from subwords" in said
    assert "Its position is exact: PCA" in said
    assert [row[0] for row in bars(app)["rows"]][:2] == ["label 4", "label 5"]
    assert [row[1] for row in bars(app)["rows"]] == sorted((row[1] for row in bars(app)["rows"]), reverse=True)
    link = next(part.proto for part in app.get("page_link") if part.proto.label == "Query this word")
    assert "key=4.4" in link.query_string
    # The same word after all: written as the vocabulary writes it, it is a pick.
    app = open_map(embedding=circle[0], key="KEY4")
    assert map_data(app)["command"]["index"] == 4
    assert "key4" in app.query_params["key"]


@pytest.mark.usefixtures("subwords")
def test_tsne_map_calls_the_position_of_a_guest_a_guess(workspace, circle):
    with workspace.transaction() as connection:
        connection.execute(projections.update().values(method="tsne"))
    said = " ".join(texts(open_map(embedding=circle[0], key="4.5")))
    assert "Its position is a guess, among its nearest neighbors: t-SNE" in said


@pytest.mark.usefixtures("subwords")
def test_word_placed_on_the_map_is_current_until_a_pick(circle):
    embedding = planted()
    view = SimpleNamespace(embedding=embedding, film=None)
    told = {}

    def put(name, value):
        told[name] = value

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn_map.current, "put", put)
        drawn_map.on_event(view, PlaceEvent("4.5"))
        assert told == {"key": "4.5"}
        drawn_map.on_event(view, PickEvent(None))
        assert told == {"key": None}


@pytest.mark.usefixtures("subwords")
@pytest.mark.parametrize(
    "word",
    [IMAGE, HOSTILE, "x" * 100_000, "🦊" * 30, "\u202e\u05e9\u05dc\u05d5\u05dd", "\u0000\u2028"],
    ids=["image", "markup", "long", "emoji", "bidi", "NUL"],
)
def test_hostile_word_stays_text_and_has_no_known_subwords(circle, word):
    app = open_map(embedding=circle[0], key=word)
    assert not app.exception
    assert map_data(app)["command"]["index"] is None
    assert len(json.dumps(map_data(app))) < 2000
    shown = "\n".join(texts(app))
    assert not is_markup(shown)
    assert "https://" not in shown
    assert "\u202e" not in shown
    assert "Not in the vocabulary" in shown


def test_unknown_name_without_subwords_offers_similar_spellings(circle):
    app = open_map(embedding=circle[0], key="labl 7")
    assert not app.exception
    assert map_data(app)["command"]["word"] is None
    assert "Not in the vocabulary." in texts(app)
    offered = [button for button in app.button if (button.key or "").startswith("map:spelled")]
    assert offered[0].label == "label 7"
    offered[0].click().run()
    assert map_data(app)["command"]["index"] == 7
    assert "key7" in app.query_params["key"]
    assert "Not in the vocabulary." not in texts(app)


def test_names_from_data_are_never_markup(workspace):
    embedding = planted()
    keep(workspace, embedding, IMAGE)
    app = open_map(key="key1")
    assert not app.exception
    shown = "\n".join(texts(app))
    assert not is_markup(shown)
    assert "onerror" in shown


def test_embeddings_with_the_same_name_are_made_distinct(workspace):
    ids = [keep(workspace, planted(), "same")[0] for _ in range(2)]
    app = open_map(embedding=ids[0])
    switch = breadcrumb(app, "embedding")
    assert len(set(switch.options)) == 2
    switch.select(ids[1]).run()
    assert map_data(app)["embedding"] == ids[1]


def test_unopenable_workspace_shows_a_single_error(monkeypatch):
    def broken():
        raise InputError("The folder and its catalog do not belong together.")

    monkeypatch.setattr(resources, "workspace", broken)
    for name in ("start", "data", "map", "workspace"):
        app = AppTest.from_file(MAIN, default_timeout=60).run()
        app.switch_page(str(navigation.spec(name).file)).run()
        assert not app.exception
        assert len(app.error) == 1
        assert "do not belong together" in app.error[0].value


def test_another_embedding_clears_key_and_color(workspace):
    ids = [keep(workspace, planted(), name)[0] for name in "ab"]
    app = open_map(embedding=ids[0], key="key4", color="genres")
    breadcrumb(app, "embedding").select(ids[1]).run()
    data = map_data(app)
    assert (data["command"]["index"], data["color"]) == (None, "genres")
    assert "key" not in app.query_params


def test_deleted_embedding_is_no_longer_current(workspace, circle):
    gone, _ = keep(workspace, planted(), "gone")
    app = open_map(embedding=gone)
    workspace.delete_embedding(gone)
    app.run()
    assert not app.exception
    assert map_data(app)["embedding"] == circle[0]


def test_equal_names_get_their_id():
    assert frame.unique_names({"abcdef": "x", "ghijkl": "x", "m": "y"}) == {
        "abcdef": "x · abcd",
        "ghijkl": "x · ghij",
        "m": "y",
    }


def test_error_is_shown_without_markup():
    error = InputError(f"Bad {IMAGE}.", received=HOSTILE, remedy="Do *this*.")
    told = errors.message(error)
    assert not is_markup(told)
    assert told.count("**") == 2


def broken_page():
    import streamlit as st

    from embedlab.core.errors import InputError
    from embedlab.ui.shell.errors import shown_errors

    with shown_errors():
        raise InputError("Too long.", received="![](x)", remedy="Shorten it.")
    with shown_errors():
        raise RuntimeError("secret path")
    with shown_errors():
        st.stop()


def test_errors_are_shown_without_internal_details():
    app = AppTest.from_function(broken_page, default_timeout=60).run()
    assert not app.exception
    first, second = (part.value for part in app.error)
    assert "Too long" in first
    assert "Shorten it" in first
    assert "secret" not in second
    assert "log" in second


def test_link_to_another_embedding_drops_key_and_color(monkeypatch):
    values = {"embedding": "a", "key": "k", "color": "c", "dataset": "d"}
    monkeypatch.setattr(current, "get", values.get)
    assert current.link() == values
    assert current.link(embedding="b") == {"embedding": "b"}
    assert current.link(embedding="b", key="x") == {"embedding": "b", "key": "x"}
    assert current.link(dataset="d", key="x") == values | {"key": "x"}
    assert current.link(run="r") == {"run": "r"}
    assert current.link(key=None) == {"embedding": "a", "color": "c", "dataset": "d"}


def test_an_embedding_without_a_map_gets_one_and_a_failure_is_not_repeated(workspace, monkeypatch):
    embedding_id, maps = keep(workspace, planted(), "bare")
    with workspace.transaction() as connection:
        connection.execute(projections.delete().where(projections.c.id.in_(maps.values())))
    jobs = StubJobs(embedding_id)
    monkeypatch.setattr(resources, "jobs", lambda: jobs)
    app = open_map(embedding=embedding_id)
    assert not app.exception
    assert jobs.submitted == [("pca", 2)]
    jobs.status = Status.FAILED
    app.run()
    assert jobs.submitted == [("pca", 2)]
    assert "disk" in app.error[0].value
    next(button for button in app.button if "PCA" in button.label).click().run()
    assert jobs.submitted == [("pca", 2)] * 2


class StubJobs:
    """Jobs that record submissions and have a fixed status."""

    def n_active(self):
        return 0

    def __init__(self, embedding_id):
        self.embedding_id = embedding_id
        self.submitted = []
        self.status = Status.RUNNING

    def submit_projection(self, embedding_id, method, n_components, parameters, **_):
        self.submitted.append((method, n_components))
        self.status = Status.RUNNING

    def about(self, kind, member, value, most):
        assert (kind, member, value) == ("project", "embedding_id", self.embedding_id)
        request = {"embedding_id": self.embedding_id, "method": "pca", "n_components": 2}
        job = SimpleNamespace(
            id="j", request=request, status=self.status, error={"what": "The disk is full."}, result=None
        )
        return [job] * bool(self.submitted)

    def progress(self, job_id):
        return Progress(share_done=0.5, stage="projecting")

    def dispatch(self):
        pass


def projection(row_id, method, n_components, seed=0, **parameters):
    return ProjectionRow(row_id, "local", "e", method, n_components, parameters, seed, {}, 0.0)


def test_projection_titles_are_as_short_as_possible():
    rows = [
        projection("aaaa1", "pca", 2),
        projection("bbbb1", "tsne", 2, perplexity=30.0),
        projection("cccc1", "tsne", 2, perplexity=5.0, seed=3),
        projection("dddd1", "tsne", 3, perplexity=5.0),
        projection("eeee1", "tsne", 2, perplexity=30.0),
    ]
    assert list(projection_titles(rows).values()) == [
        "PCA 2-D",
        "t-SNE 2-D, perplexity 30 · bbbb",
        "t-SNE 2-D, perplexity 5, seed 3",
        "t-SNE 3-D",
        "t-SNE 2-D, perplexity 30 · eeee",
    ]


def test_item_metadata_is_one_plain_line():
    metadata = planted().metadata.assign(odd=[HOSTILE] * N_KEYS, none=None, lists=[np.array(["a", "b"])] * N_KEYS)
    line = metadata_line(metadata, 1)
    assert not is_markup(line)
    assert "none" not in line
    assert "a, b" in line


def test_counts_have_thousands_separators_and_years_do_not():
    metadata = pd.DataFrame({"count": [1013], "year": [1995]})
    assert metadata_line(metadata, 0) == "count 1,013 · year 1995"


def test_a_year_in_a_column_with_missing_values_is_still_a_year():
    metadata = pd.DataFrame({"count": [1013.0, 2.0], "year": [1961.0, np.nan], "mean": [3.456, 4.0]})
    assert metadata_line(metadata, 0) == "count 1,013 · year 1961 · mean 3\\.456"
    assert metadata_line(metadata, 1) == "count 2 · mean 4"


def test_coordinates_have_three_decimals_and_small_numbers_three_digits():
    metadata = pd.DataFrame({"latitude": [42.348123], "longitude": [-8.5], "share": [0.012345], "price": [123456.7]})
    line = metadata_line(metadata, 0).replace("\\", "")
    assert line == "latitude 42.348 · longitude -8.5 · share 0.0123 · price 123,457"


def test_the_mark_of_an_image_stands_alone():
    metadata = pd.DataFrame({"class": ["cat"], "mistake": ["correct"]})
    assert metadata_line(metadata, 0, "images") == "class cat · correct"
    assert metadata_line(metadata, 0, "words") == "class cat · mistake correct"
