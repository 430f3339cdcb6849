"""From own files to their map: one button, files that belong together, and what happens when it fails."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.ui.data.add_data import other_kinds
from embedlab.workspace.workspace import Workspace
from tests.kinds.test_together import CLASSES, NOTES, RATINGS, TAGS, TITLES, VECTORS

OpenPage = Callable[..., AppTest]
TEXT = "the hotel in paris is near the station\nthe resort in rome is near the sea\n" * 40
CSV = "text/csv"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    # The film of the training does not delay the map.
    monkeypatch.setattr("embedlab.ui.widgets.job_progress._LAST_MOTION_S", 0.0)


def drop(open_page: OpenPage, page: str = "data", **files: str) -> AppTest:
    """Drop files on a page, by the first part of their names."""
    app = open_page(page)
    given = [(f"{name}.csv", content.encode(), CSV) for name, content in files.items()]
    app.file_uploader[0].set_value(given).run()
    assert not app.exception
    return app


def work(workspace: Workspace) -> None:
    """Run the jobs that are queued now."""
    for job in Jobs(workspace).jobs(active=True):
        assert execute(workspace, job.id)


def address(app: AppTest, name: str) -> str:
    """Return a URL parameter, which the test harness returns as a text or a list."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def shown(app: AppTest) -> str:
    """Return the text of the page, without the escapes of Markdown."""
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.header]
    return " ".join(str(element.value) for element in elements).replace("\\", "")


def name_of(workspace: Workspace, app: AppTest, parameter: str) -> str:
    return workspace.upload(address(app, parameter)).name


def role_box(workspace: Workspace, app: AppTest, name: str):
    """Return the choice of the part of a file."""
    return next(box for box in app.selectbox if box.label == f"Use {name} as")


def test_one_button_imports_trains_and_opens_the_map(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, own=TEXT)
    assert "Trains PPMI + SVD in about" in shown(app)
    assert "One-hot encoding: " in shown(app)
    app.button(key="make").click().run()
    assert "Import data" in shown(app)
    [job] = Jobs(workspace).jobs()
    assert job.request["then_train"] == {"model": None, "parameters": None}
    work(workspace)
    app.run()
    assert "watch" in app.query_params
    assert "Train model" in shown(app)
    work(workspace)
    app.run()
    assert not app.exception
    [embedding] = workspace.embeddings()
    assert address(app, "embedding") == embedding.id
    assert workspace.projection(address(app, "projection")).n_components == 2


def test_vectors_are_mapped_with_the_same_button(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, vectors=VECTORS, classes=CLASSES)
    assert "no training is needed" in shown(app)
    assert "names and metadata of 30 of 30 vectors" in shown(app)
    app.button(key="make").click().run()
    assert "Train model" not in shown(app)
    work(workspace)
    app.run()
    assert not app.exception
    [embedding] = workspace.embeddings()
    assert address(app, "embedding") == embedding.id
    assert workspace.load_embedding(embedding.id).metadata.shape == (30, 1)


def test_files_dropped_together_say_what_they_are(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, notes=NOTES, movies=TITLES, tags=TAGS, stars=RATINGS)
    assert [name_of(workspace, app, each) for each in ("upload", "items", "tags", "unused")] == [
        "stars.csv",
        "movies.csv",
        "tags.csv",
        "notes.csv",
    ]
    assert "Ratings: 200 ratings · 20 users · 10 items" in shown(app)
    assert "titles of 10 of 10 items" in shown(app)
    assert "Not recognized as a second file of the ratings" in shown(app)
    app.button(key="make").click().run()
    work(workspace)
    [dataset] = workspace.datasets()
    assert [each["role"] for each in dataset.details["read"]["companions"]] == ["items", "tags"]
    assert dataset.details["items_file"]["matched"] == 10
    app.run()
    assert "unused" not in app.query_params
    assert list(workspace.layout.home.joinpath("uploads").iterdir()) == []


def test_a_file_can_be_left_out_and_brought_back(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, stars=RATINGS, movies=TITLES)
    role_box(workspace, app, "movies.csv").set_value("unused").run()
    assert "items" not in app.query_params
    assert "Could be used as items file: titles of 10 of 10 items" in shown(app)
    role_box(workspace, app, "movies.csv").set_value("items").run()
    assert name_of(workspace, app, "items") == "movies.csv"
    assert "unused" not in app.query_params


def test_another_file_becomes_the_data(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, stars=RATINGS, notes=NOTES * 30)
    role_box(workspace, app, "notes.csv").set_value("main").run()
    assert not app.exception
    assert (name_of(workspace, app, "upload"), name_of(workspace, app, "unused")) == ("notes.csv", "stars.csv")
    assert "Words" in {metric.label for metric in app.metric}


def test_another_model_and_only_saving_are_more_choices(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, own=TEXT)
    next(box for box in app.selectbox if box.label == "Model").set_value("lsa").run()
    assert "Trains LSA in about" in shown(app)
    app.button(key="make").click().run()
    assert Jobs(workspace).jobs()[0].request["then_train"]["model"] == "lsa"
    again = drop(open_page, own=TEXT + "another line\n")
    again.button(key="keep").click().run()
    assert "then_train" not in Jobs(workspace).jobs()[0].request


def test_a_model_that_refuses_the_data_returns_to_the_form_as_it_was(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, own=TEXT, table="name,remark\n" + "x,a calm and long remark\n" * 9)
    next(box for box in app.selectbox if box.label == "Model").set_value("text-classifier").run()
    app.button(key="make").click().run()
    work(workspace)
    app.run()
    assert "no labels" in shown(app)
    assert workspace.datasets() == []
    next(button for button in app.button if button.label == "Change options").click().run()
    assert not app.exception
    assert next(box for box in app.selectbox if box.label == "Model").value == "text-classifier"
    assert name_of(workspace, app, "unused") == "table.csv"


def test_files_dropped_on_the_start_page_are_previewed(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, "start", stars=RATINGS, movies=TITLES)
    assert app.button(key="make").label == "Make the map"
    assert name_of(workspace, app, "items") == "movies.csv"


@pytest.mark.parametrize("page", ["start", "data"], ids=["start", "data"])
def test_the_drop_zone_shows_an_example_of_each_kind(page: str, open_page: OpenPage) -> None:
    app = open_page(page)
    markup = " ".join(str(each.proto.body) for each in app.get("html"))
    assert all(sample in markup for sample in ("harbor at dawn", "userId,movieId,rating", "cat 0.21"))
    assert app.file_uploader[0].proto.multiple_files


@pytest.mark.parametrize("page", ["start", "data"], ids=["start", "data"])
def test_the_address_of_a_job_that_is_gone_shows_the_page(page: str, open_page: OpenPage) -> None:
    app = open_page(page, watch="nosuchjob222")
    assert not app.exception
    assert "watch" not in app.query_params
    assert app.file_uploader


def test_discarding_deletes_all_files(open_page: OpenPage, workspace: Workspace) -> None:
    app = drop(open_page, stars=RATINGS, movies=TITLES, notes=NOTES)
    assert len(list(workspace.layout.home.joinpath("uploads").iterdir())) == 3
    app.button(key="discard").click().run()
    assert list(workspace.layout.home.joinpath("uploads").iterdir()) == []


def test_models_are_grouped_by_goal_with_the_recommended_first(open_page: OpenPage, workspace: Workspace) -> None:
    upload = workspace.stage_upload(io.BytesIO(TEXT.encode()), "own.txt")
    Jobs(workspace).submit_import(upload.id, "text", {"layout": "lines"}, "own")
    work(workspace)
    app = open_page("train", dataset=workspace.datasets()[0].id)
    assert not app.exception
    goals = [each.value for each in app.markdown if each.value.startswith("## ")]
    assert goals[:3] == ["## Compare words", "## Compare documents", "## Predict labels"]
    cards = [button.key for button in app.button if str(button.key).startswith("model-")]
    assert cards[0] == "model-ppmi-svd"
    assert cards.index("model-lsa") < cards.index("model-doc2vec")
    assert [each.label for each in app.expander][:2] == ["4 other models", "1 other model"]


def test_a_text_with_columns_of_numbers_is_offered_as_a_table(
    open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[str | None, bool]] = []
    expander = st.expander

    def seen(label: str, **options: Any) -> Any:
        if label == "More choices":
            drawn.append((options["key"], options["expanded"]))
        return expander(label, **options)

    monkeypatch.setattr(st, "expander", seen)
    words = [f"{'sunny' if row % 2 else 'quiet'} home with a garden and a view of sea {row}" for row in range(40)]
    adverts = "".join(f"{text},{row % 4},{50 + row},{100 + row}\n" for row, text in enumerate(words))
    app = drop(open_page, homes=f"description,rooms,size,price\n{adverts}")
    assert "Words" in {metric.label for metric in app.metric}
    assert "The file has 3 columns of numbers, too." in shown(app)
    app.button(key="read-as-table").click().run()
    assert not app.exception
    # The target is chosen among the choices. The browser opens a new expander only, and not one that was closed.
    assert drawn[0] == ("expander-more", False)
    assert drawn[-1] == ("expander-more-open", True)
    assert "Choose a target to predict it" in shown(app)
    assert not any(button.key == "read-as-table" for button in app.button)
    assert not any(button.key == "read-as-table" for button in drop(open_page, own=TEXT).button)


def test_no_other_kind_is_offered_for_a_file_that_it_cannot_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "binary.zip", "w") as archive:
        archive.writestr("a/1.png", b"\x89PNG\r\n\x1a\n" + bytes(400))
    assert other_kinds(OpenedUpload(tmp_path / "binary.zip", Limits()), kind_of("images")) == []
