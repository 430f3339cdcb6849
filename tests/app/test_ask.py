from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.ui.widgets.answer_list import table_of
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace

Open = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]

HOSTILE = ["![](http://example.com/x.png)", "<script>alert(1)</script>", "=1+1", "\u202eabc", "emoji 🦊", "**bold**"]


def names(app: AppTest) -> list[str]:
    """The first column of the table of answers."""
    return list(app.dataframe[0].value.iloc[:, 0])


def texts(app: AppTest) -> str:
    return " ".join(each.value for each in [*app.markdown, *app.caption, *app.info])


def test_an_empty_workspace_offers_the_next_step(open_page: Open) -> None:
    app = open_page("ask")
    assert not app.exception
    assert not app.error
    assert "No embedding to query yet" in texts(app)
    assert app.get("page_link")


def test_typed_word_shows_its_neighbors(open_page: Open, keep: Keep, royal: Embedding) -> None:
    keep(royal)
    app = open_page("ask")
    app.text_input("near-text").set_value("king").run()
    assert not app.exception
    assert not app.error
    assert names(app)[:2] == ["man", "kingdom"]
    assert app.dataframe[0].value["Cosine similarity"].is_monotonic_decreasing
    assert app.query_params["key"] == "king"


def test_link_restores_the_query(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, key="bread")
    assert app.text_input("near-text").value == "bread"
    assert names(app)[0] == "butter"


def test_prefixes_show_suggestions(open_page: Open, keep: Keep, royal: Embedding) -> None:
    keep(royal)
    app = open_page("ask")
    app.text_input("near-text").set_value("b").run()
    assert [button.label for button in app.button if (button.key or "").startswith("near-offer")] == ["bread", "butter"]
    app.button("near-offer-1").click().run()
    assert app.text_input("near-text").value == "butter"
    assert names(app)[0] == "bread"


def test_cleared_box_accepts_the_same_word_again(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, key="king")
    app.text_input("near-text").set_value("").run()
    again = next(button for button in app.button if button.label == "king")
    again.click().run()
    assert app.text_input("near-text").value == "king"
    assert names(app)


def test_misspelled_word_offers_similar_spellings(open_page: Open, keep: Keep, royal: Embedding) -> None:
    keep(royal)
    app = open_page("ask")
    app.text_input("near-text").set_value("quene").run()
    assert "not in the vocabulary" in texts(app)
    assert app.button("near-offer-0").label == "queen"
    app.button("near-offer-0").click().run()
    assert app.query_params["key"] == "queen"
    assert names(app)


def test_unknown_key_in_a_link_shows_a_message(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, key="kyng")
    assert not app.exception
    assert not app.error
    assert "not in the vocabulary" in texts(app)
    assert not app.dataframe


def test_title_shared_by_two_items_offers_both(open_page: Open, keep: Keep) -> None:
    vectors = np.eye(4, 3, dtype=np.float32) + 0.1
    row = keep(Embedding(vectors, ["1", "2", "3", "4"], ["The Thing", "The Thing", "Alien", "1"]), name="items")
    app = open_page("ask", embedding=row.id)
    app.text_input("near-text").set_value("The Thing").run()
    labels = [button.label for button in app.button if (button.key or "").startswith("near-offer")]
    assert labels == ["The Thing · 1", "The Thing · 2"]
    app.button("near-offer-1").click().run()
    assert app.query_params["key"] == "2"
    assert app.text_input("near-text").value == "The Thing"
    assert len(names(app)) == 3


def test_similarity_shows_ranks(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="similarity", key="bread", other="butter")
    assert not app.exception
    assert not app.error
    assert app.metric[0].value == f"{1 / np.sqrt(1.01):.3f}"
    assert "Of 6 words, **butter** is the nearest to **bread**" in texts(app)


def test_analogy_shows_expression_and_answers(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="analogy", q="king - man + woman")
    assert not app.exception
    assert not app.error
    assert "Start from **king**, subtract **man**, add **woman**" in texts(app)
    assert names(app)[0] == "queen"


def test_unknown_term_of_an_analogy_is_replaced_by_a_click(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="analogy", q="kinf - man + woman")
    assert "**kinf** is not in the vocabulary" in texts(app)
    app.button("term-0-offer-0").click().run()
    assert app.text_input("q").value == "king - man + woman"
    assert names(app)[0] == "queen"


@pytest.mark.parametrize("text", ["king -", "+", "king - king", "x " * 900])
def test_invalid_expression_stays_in_its_field(open_page: Open, keep: Keep, royal: Embedding, text: str) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="analogy")
    app.text_input("q").set_value(text).run()
    assert not app.exception
    assert app.error or "not in the vocabulary" in texts(app)
    assert app.text_input("q").value == text


def test_names_from_data_never_become_markup(open_page: Open, keep: Keep) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(HOSTILE), 4)).astype(np.float32)
    row = keep(Embedding(vectors, HOSTILE), title="![](http://example.com/t.png)")
    for view in ("neighbors", "similarity", "analogy"):
        app = open_page("ask", embedding=row.id, view=view, key=HOSTILE[0], other=HOSTILE[1], q=HOSTILE[0])
        assert not app.exception
        assert not app.error
        shown = texts(app) + " ".join(button.label for button in app.button)
        assert "![" not in shown
        assert "<script" not in shown.replace("\\<script", "")
        assert "http://" not in shown


def test_export_panel_offers_files(open_page: Open, keep: Keep, royal: Embedding, workspace: Workspace) -> None:
    keep(royal)
    app = open_page("ask")
    next(button for button in app.button if button.label == "Export").click().run()
    assert not app.exception
    assert not app.error
    link = app.get("link_button")[0].proto
    folder = workspace.settings.home / "exports" / link.url.rsplit("/", 1)[1]
    (file,) = folder.iterdir()
    assert file.read_text().startswith("7 3\n")


def test_single_key_shows_that_it_has_no_neighbors(open_page: Open, keep: Keep) -> None:
    row = keep(Embedding(np.ones((1, 3), dtype=np.float32), ["alone"]))
    app = open_page("ask", embedding=row.id, key="alone")
    assert not app.error
    assert "no other keys" in texts(app)


@pytest.mark.parametrize(
    ("years", "is_shown"),
    [
        ([1990.0, float("nan"), 1995.0], False),
        ([1991.0, 1992.0, 1995.0], True),
        ([float("inf"), -1e300, 1995.0], True),
        (["1990", "about 1900", "1995"], True),
        ([[1990, 1991], None, [1995]], True),
        ([None, None, None], False),
    ],
    ids=["in-the-titles", "others", "infinite", "texts", "lists", "none"],
)
def test_years_are_shown_if_titles_do_not_contain_them(years: list[object], is_shown: bool) -> None:
    labels = ["Heat (1990)", "Ronin", "Emma (1995)"]
    metadata = pd.DataFrame({"year": pd.Series(years)})
    embedding = Embedding(np.eye(3, dtype=np.float32), ["a", "b", "c"], labels, metadata)
    table = table_of(embedding, neighbors(embedding, "a", 2), "Item", "Cosine")
    assert ("Year" in table) == is_shown
