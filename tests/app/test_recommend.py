from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.app.conftest import breadcrumb
from tests.app.planted_ratings import HOSTILE_TITLE, keep_run, planted_predictor, write_planted

Open = Callable[..., AppTest]


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> RunRow:
    return keep_run(workspace, write_planted(tmp_path / "files"), planted_predictor)


def texts(app: AppTest) -> str:
    return " ".join(each.value for each in [*app.markdown, *app.caption, *app.info])


def test_without_a_ratings_run_the_next_step_is_offered(
    open_page: Open, keep: Callable[..., object], royal: Embedding
) -> None:
    keep(royal)
    app = open_page("recommend")
    assert not app.exception
    assert not app.error
    assert "No run recommends items yet" in texts(app)
    assert app.get("page_link")


def test_recommendations_are_unrated_items_best_first(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id, user="a0")
    assert not app.exception
    assert not app.error
    rated, predicted = (frame.value for frame in app.dataframe)
    assert list(rated["Rating"]) == [5.0, 5.0, 1.0, 1.0]
    assert list(predicted["Item"]) == [HOSTILE_TITLE, "Clueless (1995)"]
    # 3 + 4 and 3 - 4 lie outside the scale of the ratings.
    assert list(predicted["Predicted rating"]) == [5.0, 1.0]
    assert "Clipped to the rating scale, 1 to 5" in texts(app)
    assert "Drama, Crime" in list(predicted["Genres"])


def test_equal_titles_and_run_names_are_made_distinct(
    open_page: Open, run: RunRow, workspace: Workspace, tmp_path: Path
) -> None:
    other = keep_run(workspace, write_planted(tmp_path / "more"), planted_predictor)
    app = open_page("recommend", run=run.id, user="a0")
    assert not app.exception
    best = app.dataframe[0].value
    assert sorted(zip(best["Item"], best["Key"], strict=True))[:2] == [("Emma (1996)", "40"), ("Emma (1996)", "50")]
    # The runs are on different datasets.
    assert breadcrumb(app, "run").options == ["Planted tastes"]
    names = breadcrumb(app, "dataset").options
    assert sorted(names) == sorted(f"Planted tastes · {each.dataset_id[:4]}" for each in (run, other))


def test_unknown_user_shows_similar_ids(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id)
    app.text_input("user-text").set_value("a9").run()
    assert "There is no user **a9**" in texts(app)
    next(button for button in app.button if button.label == "a0").click().run()
    assert app.text_input("user-text").value == app.query_params["user"] == "a0"
    assert len(app.dataframe) == 2


def test_a_user_without_similar_ids_is_refused_and_others_are_offered(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id, user="nobody")
    assert "There is no user **nobody**. Try one:" in texts(app)
    app.button("user-offer-0").click().run()
    assert not app.exception
    assert "There is no user" not in texts(app)


def test_user_with_all_items_rated_shows_a_message(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id, user="b1")
    assert not app.exception
    assert not app.error
    assert "every item that the model knows is rated" in texts(app)


def test_similar_items_with_equal_titles(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id, view="item", item="10")
    assert not app.exception
    assert not app.error
    assert set(app.dataframe[0].value["Item"][:2]) == {"Ronin (1998)", HOSTILE_TITLE}
    app.text_input("item-text").set_value("Emma (1996)").run()
    assert "Several have the name" in texts(app)


def test_choosing_a_run_switches_the_whole_page(
    open_page: Open, run: RunRow, workspace: Workspace, tmp_path: Path
) -> None:
    other = keep_run(workspace, write_planted(tmp_path / "more"), planted_predictor, name="Another")
    app = open_page("recommend", run=run.id)
    breadcrumb(app, "dataset").set_value(other.dataset_id).run()
    assert app.query_params["run"] == other.id
    assert app.query_params["embedding"] == workspace.resolve_embedding(f"{other.id}/items").id


def test_titles_never_become_markup(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id, view="item", item="30")
    shown = texts(app) + " ".join(button.label for button in app.button)
    assert "![" not in shown
    assert "http://" not in shown


def test_recommend_page_does_not_import_tensorflow(
    open_page: Open, run: RunRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tensorflow", "keras"):
        # Whoever imports it now gets an error, also where another test has loaded it before.
        monkeypatch.setitem(sys.modules, name, None)
    assert "Predicted" in texts(open_page("recommend", run=run.id, user="a0"))


def test_empty_box_offers_example_titles(open_page: Open, run: RunRow) -> None:
    app = open_page("recommend", run=run.id, view="item")
    next(button for button in app.button if button.label.startswith("Ronin")).click().run()
    assert not app.error
    assert app.query_params["item"] == "20"
    assert len(app.dataframe) == 1
