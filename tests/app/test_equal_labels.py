"""Two films with the same title: every answer and every option shows which one it is."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import find_key, name_of
from embedlab.ui.map.data import search_rows
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.widgets import answer_wording as wording
from embedlab.ui.widgets.examples import expressions
from embedlab.ui.widgets.keys.key_search import parse_query
from embedlab.workspace.rows import EmbeddingRow
from tests.app.test_ask import texts

Open = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]

#: The first letters of the keys of both films called Emma are the same too.
KEYS = ["emma-1996", "emma-2020", "heat", "alien", "emma-2009"]
LABELS = ["Emma", "Emma", "Heat", "Alien", "Emma"]


@pytest.fixture
def films() -> Embedding:
    vectors = [[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 0.2, 1], [0.8, 0, 0.3]]
    return Embedding(np.array(vectors, np.float32), KEYS, LABELS)


def fine(app: AppTest) -> AppTest:
    assert not app.exception
    assert [error.value for error in app.error] == []
    return app


def said(app: AppTest) -> str:
    # Markdown has its signs after backslashes.
    return " ".join([texts(app), *(table.value.to_csv() for table in app.dataframe)]).replace("\\", "")


_NAMES = ("items", "vectors")


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize(
    ("view", "address"),
    [
        ("neighbors", {"key": "heat"}),
        ("similarity", {"key": "emma-1996", "other": "emma-2020"}),
        ("analogy", {"q": "emma-1996 - heat + alien"}),
        ("together", {"keys": ["emma-1996", "emma-2020"]}),
        ("odd", {"keys": ["emma-1996", "emma-2020", "heat"]}),
        ("heatmap", {"keys": ["emma-1996", "emma-2020", "heat"]}),
    ],
    ids=["neighbors", "similarity", "analogy", "together", "odd", "heatmap"],
)
def test_every_query_shows_the_key_of_ambiguous_labels(
    open_page: Open, keep: Keep, films: Embedding, name: str, view: str, address: dict[str, str]
) -> None:
    row = keep(films, name=name)
    app = fine(open_page("ask", embedding=row.id, view=view, **address))
    assert "emma-2020" in said(app)
    assert "emma-1996" in said(app) or view == "analogy"


def test_side_by_side_shows_the_key_of_ambiguous_labels(open_page: Open, keep: Keep, films: Embedding) -> None:
    row, other = keep(films, name="items"), keep(films, name="items", title="Other: items")
    app = fine(open_page("ask", embedding=row.id, view="beside", **{"with": [other.id]}, q="heat"))
    assert {"Emma · emma-1996", "Emma · emma-2020"} <= set(app.dataframe[0].value["Answer"])


@pytest.mark.parametrize("name", _NAMES)
def test_clicked_answer_selects_the_right_key(open_page: Open, keep: Keep, films: Embedding, name: str) -> None:
    row = keep(films, name=name)
    app = fine(open_page("ask", embedding=row.id, view="neighbors", key="emma-1996"))
    table = app.dataframe[0].value
    key = str(table.iloc[0, 1])
    assert (table.iloc[0, 0], key) == ("Emma", "emma-2020")


def test_ambiguous_name_offers_each_key(open_page: Open, keep: Keep, films: Embedding) -> None:
    row = keep(films, name="items")
    app = open_page("ask", embedding=row.id, view="neighbors")
    app.text_input("near-text").set_value("emma").run()
    offered = [button for button in fine(app).button if (button.key or "").startswith("near-offer")]
    assert len({button.label for button in offered}) == len(offered) == 3
    assert "2020" in offered[1].label
    offered[1].click().run()
    assert fine(app).query_params["key"] == "emma-2020"


def test_selected_keys_have_distinct_names(open_page: Open, keep: Keep, films: Embedding) -> None:
    row = keep(films, name="items")
    app = fine(open_page("ask", embedding=row.id, view="heatmap", keys=["emma-2020", "heat"]))
    box = app.multiselect("heatmap-keys")
    assert len(set(box.options)) == len(box.options)
    assert {"Emma · emma-1996", "Emma · emma-2020", "Emma · emma-2009"} <= set(box.options)
    box.set_value(["emma-2020", "heat", "emma-1996"]).run()
    assert app.query_params["keys"] == ["emma-2020", "heat", "emma-1996"]
    figure = json.loads(fine(app).get("plotly_chart")[0].proto.spec)
    shown = figure["layout"]["xaxis"]["ticktext"]
    assert len(set(shown)) == 3


def test_expression_uses_the_key_of_an_ambiguous_film(films: Embedding) -> None:
    assert [name_of(films, key) for key in KEYS] == ["Emma", "emma-2020", "Heat", "Alien", "emma-2009"]
    assert all(find_key(films, name_of(films, key)) == key for key in KEYS)
    assert expressions(films)[0] == "Emma + emma-2020"
    assert parse_query(films, "EMMA-2020 - heat").text == "emma-2020 - heat"


def test_misspelled_term_is_replaced_by_the_clicked_film(open_page: Open, keep: Keep, films: Embedding) -> None:
    row = keep(films, name="items")
    app = open_page("ask", embedding=row.id, view="analogy", q="emma + heat")
    buttons = [button for button in fine(app).button if (button.key or "").startswith("term-0-offer")]
    next(button for button in buttons if "2020" in button.label).click().run()
    assert fine(app).text_input("q").value == "emma-2020 + heat"


def test_unique_label_is_shown_without_its_key(films: Embedding) -> None:
    assert [wording.display_name(films, key) for key in KEYS[1:3]] == ["Emma · emma-2020", "Heat"]
    assert search_index(films).shared_labels == {"Emma"}
    assert search_index(Embedding(np.eye(2, dtype=np.float32), ["a", "b"])).shared_labels == frozenset()


def test_map_search_shows_distinct_names(films: Embedding) -> None:
    assert search_rows(films, "emma", 8) == [[0, "Emma · emma-1996"], [1, "Emma · emma-2020"], [4, "Emma · emma-2009"]]
    assert search_rows(films, "heat", 8) == [[2, "Heat"]]


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        ({"abc1": "x", "abc2": "y"}, ["x", "y"]),
        ({"abcd1": "x", "abcd2": "x", "z": "y"}, ["x · abcd1", "x · abcd2", "y"]),
        ({"1": "x", "2": "x", "7": "x · 1"}, ["x · 1", "x · 2", "x · 1 · 7"]),
        ({"a\n": "x", "a\r": "x"}, ["x · a · 0", "x · a · 1"]),
    ],
    ids=["different", "long-ids", "already-so", "unshown"],
)
def test_options_have_distinct_names(names: dict[str, str], unique: list[str]) -> None:
    assert list(unique_names(names).values()) == unique
