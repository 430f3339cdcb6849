"""Choosing methods, axes and components on the Map page."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.jobs.jobs import Jobs
from embedlab.projections.pacmap import PaCMAP
from embedlab.ui.map.axis_builder import MOST_IN_GROUP, group_keys
from embedlab.ui.map.new_map import MENU
from embedlab.workspace import selections
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace
from tests.app.test_ask import texts

Open = Callable[..., AppTest]
Keep = Callable[..., EmbeddingRow]
WORDS = ["he", "she", "paris", "madrid", "rome", "france", "spain", "italy", "New York", "tea"]


@pytest.fixture
def words() -> Embedding:
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 6)).astype(np.float32)
    return Embedding(vectors, WORDS)


@pytest.fixture
def requested(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, dict[str, object]]]:
    """The maps that the page has requested: method, dimensions, parameters."""
    found: list[tuple[str, int, dict[str, object]]] = []
    monkeypatch.setattr(
        Jobs, "submit_projection", lambda self, row, method, n, values, **_: found.append((method, n, dict(values)))
    )
    return found


def field(row: EmbeddingRow, name: str) -> str:
    return f"parameter:{row.id}:map-formula:{name}"


def new_map(open_page: Open, row: EmbeddingRow) -> AppTest:
    """The page with the menu open."""
    app = open_page("map", embedding=row.id)
    app.session_state[MENU] = True
    return app.run()


def formula_page(open_page: Open, row: EmbeddingRow) -> AppTest:
    app = new_map(open_page, row)
    app.selectbox("map:method").set_value("formula").run()
    assert not app.exception
    return app


def test_a_formula_is_checked_before_it_starts(
    open_page: Open, keep: Keep, words: Embedding, requested: list[tuple[str, int, dict[str, object]]]
) -> None:
    row = keep(words)
    app = formula_page(open_page, row)
    button = "map:make-formula-2"
    app.text_input(field(row, "x")).set_value("she - hee").run()
    assert "does not have this key" in app.error[0].value
    assert "Close names" in app.error[0].value
    assert app.button(button).disabled
    app.text_input(field(row, "x")).set_value("__import__('os')").run()
    assert app.button(button).disabled
    app.text_input(field(row, "x")).set_value("she - he").run()
    assert not app.error
    app.button(button).click().run()
    assert requested == [("formula", 2, {"x": "she - he", "y": "", "z": "", "rest": "pca"})]


def test_examples_of_this_vocabulary_fill_the_axes(open_page: Open, keep: Keep, words: Embedding) -> None:
    row = keep(words)
    app = formula_page(open_page, row)
    app.button("map:axis-example-0").click().run()
    app.button("map:axis-example-1").click().run()
    assert app.text_input(field(row, "x")).value == "she - he"
    assert app.text_input(field(row, "y")).value == "mean(france, spain, italy) - mean(paris, madrid, rome)"
    assert not app.error


def test_an_axis_of_a_named_selection_and_typed_words(
    open_page: Open, keep: Keep, workspace: Workspace, words: Embedding
) -> None:
    row = keep(words)
    selections.keep_selection(workspace, row.id, "Cities", "2-4.8")
    app = formula_page(open_page, row)
    app.multiselect(f"map:axis-low-{row.id}").set_value(["\x1fCities"]).run()
    app.multiselect(f"map:axis-high-{row.id}").set_value(["france, Spain"]).run()
    app.button("map:axis-use-y").click().run()
    assert not app.exception
    assert app.text_input(field(row, "y")).value == 'mean(france, spain) - mean(paris, madrid, rome, "New York")'
    app.multiselect(f"map:axis-high-{row.id}").set_value(["frence"]).run()
    assert "not in the vocabulary" in app.error[0].value
    assert "france" in app.error[0].value


def test_groups_are_bounded(words: Embedding) -> None:
    many = Embedding(np.eye(300, 4, dtype=np.float32), [str(row) for row in range(300)])
    with pytest.raises(Exception, match=f"at most {MOST_IN_GROUP} keys"):
        group_keys(many, ["\x1fall"], {"all": tuple(range(300))})
    assert group_keys(words, ["\x1fgone", "she", "He, she"], {}) == ["she", "he"]


def test_other_components_are_computed_and_existing_ones_opened(
    open_page: Open, keep: Keep, words: Embedding, requested: list[tuple[str, int, dict[str, object]]]
) -> None:
    row = keep(words)
    app = open_page("map", embedding=row.id)
    projection = app.query_params.get("projection")
    app.session_state["expander-components"] = True
    app.run()
    x = next(each for each in app.selectbox if str(each.key).endswith("-x") and "component" in str(each.key))
    assert app.button("map:draw-components").disabled
    x.set_value(4).run()
    app.button("map:draw-components").click().run()
    assert [(method, parameters["x"], parameters["y"]) for method, _, parameters in requested] == [("pca", 4, 2)]
    assert app.query_params.get("projection") == projection


def test_a_method_that_is_not_installed_says_what_to_install(
    open_page: Open, keep: Keep, words: Embedding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PaCMAP, "is_installed", lambda self: False)
    app = new_map(open_page, keep(words))
    assert "PaCMAP" not in app.selectbox("map:method").options
    assert "pip install pacmap" in texts(app) + " ".join(each.value for each in app.caption)
