"""Queries on the Ask page with several keys or several embeddings."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.several_keys import MOST_KEYS
from embedlab.ui.ask.analogy_picker import expression_of
from embedlab.ui.widgets.keys.keys_box import parts
from embedlab.workspace.rows import EmbeddingRow
from tests.app.test_ask import HOSTILE, texts

Open = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]


def table(app: AppTest, number: int = 0) -> list[str]:
    """The first column of a table."""
    return list(app.dataframe[number].value.iloc[:, 0])


def fine(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error
    return app


def chosen(app: AppTest, slot: str) -> list[str]:
    return list(app.multiselect(f"{slot}-keys").value)


def test_odd_one_out_is_shown_with_its_score(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = fine(open_page("ask", embedding=row.id, view="odd", keys=["king", "man", "bread", "kingdom"]))
    assert "**bread** is the odd one out" in texts(app)
    assert table(app)[-1] == "bread"
    assert chosen(app, "odd") == ["king", "man", "bread", "kingdom"]


def test_names_can_be_typed_one_by_one_or_as_a_list(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="odd")
    assert "Enter three or more words" in texts(app)
    app.multiselect("odd-keys").set_value(["KING, queen; man"]).run()
    fine(app)
    app.multiselect("odd-keys").set_value([*chosen(app, "odd"), "bread butter"]).run()
    assert "bread" in chosen(fine(app), "odd")
    assert app.query_params["keys"] == chosen(app, "odd")


def test_pasted_list_is_split_into_names() -> None:
    keys = ["1", "2", "3", "new york", "a - b", "a", "b"]
    labels = ["Good, the Bad and the Ugly, The", "Heat", "The", "New York", "a - b", "a", "b"]
    films = Embedding(np.eye(7, dtype=np.float32), keys, labels)
    assert parts(films, " Heat,Good, the Bad and the Ugly, The; The\n, nobody ") == [*labels[1::-1], "The", "nobody"]
    assert parts(films, "heat the") == ["heat", "the"]
    assert parts(films, "new jersey") == ["new jersey"]
    assert parts(films, "Good, the Bad and the Ugly, The") == [labels[0]]
    assert parts(films, " ") == []
    assert len(parts(films, "x," * 5000)) <= MOST_KEYS + 1


def test_expression_of_picked_keys_parses_back_to_them() -> None:
    names = ["a", "b", "c", "b - a", "a + c"]
    embedding = Embedding(np.eye(5, dtype=np.float32), names)
    assert expression_of(embedding, "a", "b", "c") == '"b" - "a" + "c"'
    films = Embedding(np.eye(3, dtype=np.float32), ["1", "2", "3"], ["Emma", "Emma", "Heat"])
    assert expression_of(films, "1", "2", "3") == "2 - Emma + Heat"


def test_keys_are_kept_when_the_view_changes(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="heatmap", keys=["bread", "king", "butter", "man"])
    assert chosen(app, "heatmap") == ["bread", "king", "butter", "man"]
    app.query_params["view"] = "together"
    app.run()
    assert chosen(fine(app), "mean") == ["bread", "king", "butter", "man"]


def test_unknown_name_is_replaced_by_a_click(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="odd", keys=["king", "quene", "bread", "zzzzz"])
    assert "**quene** is not in the vocabulary" in texts(fine(app))
    assert chosen(app, "odd") == ["king", "bread"]
    app.button("odd-unknown-0-offer-0").click().run()
    assert chosen(app, "odd") == ["king", "queen", "bread"]
    assert "**zzzzz** is not in the vocabulary, and no similar name is" in texts(app)
    app.button("odd-unknown-0-out").click().run()
    assert app.query_params["keys"] == ["king", "queen", "bread"]


def test_too_many_keys_in_a_link_are_truncated_with_a_message(open_page: Open, keep: Keep) -> None:
    n = MOST_KEYS + 5
    row = keep(
        Embedding(np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32), [f"k{at}" for at in range(n)])
    )
    for view in ("odd", "heatmap", "together"):
        app = fine(open_page("ask", embedding=row.id, view=view, keys=[f"k{at}" for at in range(n)]))
        assert f"at most {MOST_KEYS} keys" in texts(app)


def test_neighbors_of_a_weighted_mean(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = fine(open_page("ask", embedding=row.id, view="together", keys=["king", "woman"]))
    assert table(app)[0] == "queen"
    assert table(app, 1) == ["king", "woman"]
    app.number_input("mean-weight-1").set_value(0.0).run()
    assert table(fine(app))[0] == "man"
    assert app.query_params["weight"] == "0:woman"
    again = fine(open_page("ask", embedding=row.id, view="together", keys=["king", "woman"], weight="0:woman"))
    assert table(again)[0] == "man"
    app.number_input("mean-weight-0").set_value(0.0).run()
    assert not app.exception
    assert "no direction" in app.error[0].value


def test_all_pairs_are_drawn_in_clustered_order(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = fine(open_page("ask", embedding=row.id, view="heatmap", keys=["bread", "king", "butter", "man"]))
    figure = json.loads(app.get("plotly_chart")[0].proto.spec)
    names = figure["layout"]["yaxis"]["ticktext"]
    assert {frozenset(names[:2]), frozenset(names[2:])} == {frozenset({"bread", "butter"}), frozenset({"king", "man"})}
    assert len(table(app)) == 6


def test_analogy_from_search_boxes(open_page: Open, keep: Keep, royal: Embedding) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="analogy")
    app.text_input("pick-a-text").set_value("man").run()
    assert "Choose all three" in texts(fine(app))
    app.text_input("pick-b-text").set_value("king").run()
    app.text_input("pick-c-text").set_value("woman").run()
    assert "Start from **king**, subtract **man**, add **woman**" in texts(fine(app))
    assert "## queen" in texts(app)
    assert app.text_input("q").value == "king - man + woman"
    assert table(app)[0] == "queen"


def test_analogy_expression_fills_the_boxes_and_another_one_clears_them(
    open_page: Open, keep: Keep, royal: Embedding
) -> None:
    row = keep(royal)
    app = open_page("ask", embedding=row.id, view="analogy", q="king - man + woman")
    boxes = [f"pick-{part}-text" for part in "abc"]
    assert [app.text_input(box).value for box in boxes] == ["man", "king", "woman"]
    app.text_input("q").set_value("king + queen").run()
    assert [app.text_input(box).value for box in boxes] == ["", "", ""]
    assert table(fine(app))
    app.text_input("q").set_value("").run()
    app.button("proportion-0").click().run()
    assert app.text_input("q").value == "king - man + woman"
    assert table(fine(app))[0] == "queen"


def test_results_of_two_embeddings_side_by_side(open_page: Open, keep: Keep, royal: Embedding) -> None:
    turned = Embedding(royal.vectors[:, ::-1].copy(), royal.keys)
    other = Embedding(royal.vectors[:4], ["queen", "king", "tea", "cup"])
    rows = [keep(royal, title="One"), keep(turned, title="Two"), keep(other, title="Three")]
    address = {"view": "beside", "q": "king", "with": [rows[1].id, rows[2].id]}
    app = fine(open_page("ask", embedding=rows[0].id, **address))
    assert table(app, 0) == table(app, 1)
    assert "**1** and **2** share 6 of 6 different answers, a Jaccard overlap of **1.00**" in texts(app)
    assert app.dataframe[0].value["Also in"].tolist() == ["all" if name == "queen" else "2" for name in table(app, 0)]


def test_unknown_word_is_reported_in_the_column_of_its_embedding(open_page: Open, keep: Keep, royal: Embedding) -> None:
    rows = [keep(royal, title="One"), keep(Embedding(royal.vectors[:3], ["kings", "tea", "cup"]), title="Two")]
    app = fine(open_page("ask", embedding=rows[0].id, view="beside", q="king"))
    assert "**king** is not in this vocabulary. Closest spellings: kings" in texts(app)
    assert len(app.dataframe) == 1
    app.text_input("q").set_value("kinng").run()
    assert "Did you mean" in texts(fine(app))
    app.button("term-0-offer-0").click().run()
    assert app.text_input("q").value == "king"


def test_single_embedding_links_to_training(open_page: Open, keep: Keep, royal: Embedding) -> None:
    keep(royal)
    app = fine(open_page("ask", view="beside"))
    assert "only one embedding" in texts(app)


@pytest.mark.parametrize("view", ["together", "odd", "heatmap", "beside"])
def test_names_from_data_never_become_markup(open_page: Open, keep: Keep, view: str) -> None:
    vectors = np.random.default_rng(0).normal(size=(len(HOSTILE), 4)).astype(np.float32)
    rows = [keep(Embedding(vectors, HOSTILE), title="![](http://example.com/t.png)") for _ in range(2)]
    unknown = ["<b>nobody</b> ![](http://example.com/u.png)", "![](x)"]
    address = {"keys": [*HOSTILE, *unknown], "weight": "x:y", "q": HOSTILE[0], "with": ["../x", rows[0].id]}
    app = fine(open_page("ask", embedding=rows[1].id, view=view, **address))
    shown = texts(app) + " ".join(button.label for button in app.button)
    assert "![" not in shown
    assert "<script" not in shown.replace("\\<script", "")
    assert "http://" not in shown
