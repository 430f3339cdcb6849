"""Selecting on the Map page, as Streamlit runs it."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.exploration.selections.selection import Selection
from embedlab.jobs.engine.worker import execute
from embedlab.ui.map.component import ShownSelection
from embedlab.ui.shell import resources
from embedlab.workspace.selections import named_selections
from tests.ui.conftest import keep
from tests.ui.map.test_drawn_query import open_map, sent, texts

LONG = "c" * 10_000
MARKUP = "<b>[x](http://y)</b>"


def selection(app) -> dict[str, Any]:
    return sent(app, "projection")["selection"]


def open_selection(embedding_id: str, **address):
    app = open_map(embedding=embedding_id, **address)
    app.segmented_control(key="map:tab").set_value("Selection").run()
    return app


def press(app, label: str):
    next(each for each in app.button if each.label == label).click().run()
    assert not app.exception


def test_a_selection_in_the_address_is_shown_named_and_cleared(circle):
    embedding_id, _ = circle
    app = open_selection(embedding_id, selected=f"{embedding_id}~2-4.9")
    assert selection(app)["rows"] == "2-4.9"
    assert "**4 selected** of 60" in texts(app)
    link = next(part.proto for part in app.get("page_link") if part.proto.label == "Query these 4")
    assert "view=together&keys=key2&keys=key3&keys=key4&keys=key9" in link.query_string
    app.text_input(key="map:selection-name").set_value("Four").run()
    app.button(key="icon-only:map:selection-deselect").click().run()
    assert selection(app)["count"] == 0
    assert "selected" not in app.query_params
    press(app, "Four (4)")
    assert selection(app)["rows"] == "2-4.9"
    # It is stored in the workspace, so another session has it too.
    other = open_map(embedding=embedding_id)
    assert selection(other)["count"] == 0
    press(other, "Four (4)")
    assert selection(other)["rows"] == "2-4.9"
    rename = next(each for each in other.text_input if (each.key or "").startswith("map:selection-rename"))
    rename.set_value(MARKUP).run()
    assert list(named_selections(resources.workspace(), embedding_id)) == [MARKUP]
    other.button(key="map:named-0-out").click().run()
    assert named_selections(resources.workspace(), embedding_id) == {}


@pytest.mark.parametrize("owner", ["", "anotherone"], ids=["invalid", "other"])
def test_a_selection_of_nothing_here_is_ignored(circle, owner):
    rows = "1" if owner else "59-60"
    app = open_map(embedding=circle[0], selected=f"{owner or circle[0]}~{rows}")
    assert selection(app)["count"] == 0


def test_text_and_regular_expressions_are_combined_undone_and_redone(circle):
    app = open_selection(circle[0])
    app.text_input(key="map:select-text").set_value("label 1").run()
    press(app, "Select")
    assert selection(app)["rows"] == "10-19"
    assert "names contain label 1" in texts(app)
    app.selectbox(key="map:combination").set_value("remove").run()
    app.toggle(key="map:select-regex").set_value(True).run()
    app.text_input(key="map:select-text").set_value("^label 1[0-4]$").run()
    press(app, "Select")
    assert selection(app)["rows"] == "15-19"
    app.button(key="icon-only:map:selection-invert_colors").click().run()
    assert selection(app)["count"] == 55
    for _ in range(2):
        app.button(key="icon-only:map:selection-undo").click().run()
    assert selection(app)["rows"] == "10-19"
    app.button(key="icon-only:map:selection-redo").click().run()
    assert selection(app)["rows"] == "15-19"


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "not valid"), ("no such", "Nothing matches")], ids=["invalid", "nothing"]
)
def test_a_pattern_that_selects_nothing_says_why_and_changes_nothing(circle, pattern, message):
    app = open_selection(circle[0], selected=f"{circle[0]}~3")
    app.toggle(key="map:select-regex").set_value(True).run()
    app.text_input(key="map:select-text").set_value(pattern).run()
    press(app, "Select")
    shown = " ".join(each.value for kind in ("error", "warning") for each in app.get(kind))
    assert message in shown + " ".join(each.value for each in app.get("toast"))
    assert selection(app)["rows"] == "3"
    assert app.text_input(key="map:select-text").value == pattern


def test_the_neighborhood_of_the_pick(circle):
    app = open_selection(circle[0], key="key10")
    app.selectbox(key="map:select-by").set_value("Neighbors").run()
    app.number_input(key="map:select-k").set_value(4).run()
    press(app, "Select")
    assert selection(app)["rows"] == "8-12"


@pytest.fixture
def hostile(workspace):
    n = 60
    table = pd.DataFrame(
        {
            "genre": [f"g{row}" for row in range(n)],
            "long": [LONG if row % 2 else MARKUP for row in range(n)],
            "year": [np.nan if row % 3 == 0 else 1990.0 + row for row in range(n)],
            "none": [np.nan] * n,
        }
    )
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(n, 4)).astype(np.float32)
    return keep(workspace, Embedding(vectors, [f"k{row}" for row in range(n)], metadata=table), "hostile")[0]


def test_metadata_filters_with_long_categories_markup_and_nan(hostile):
    app = open_selection(hostile)
    app.selectbox(key="map:select-by").set_value("Metadata").run()
    app.multiselect(key="map:select-columns").set_value(["long", "year", "none"]).run()
    assert not app.exception
    assert "none has no numbers" in texts(app)
    long = app.multiselect(key="map:select-value-0-long")
    assert max(map(len, long.options)) < 80
    long.set_value([LONG]).run()
    app.number_input(key="map:select-from-1-year").set_value(2000.0).run()
    press(app, "Select")
    assert selection(app)["count"] == sum(row % 2 and row % 3 != 0 and row >= 10 for row in range(60))


def test_an_isolated_map_has_its_own_points_search_and_selection(circle, monkeypatch):
    embedding_id, _ = circle
    app = open_selection(embedding_id, selected=f"{embedding_id}~10-19")
    app.text_input(key="map:selection-name").set_value("Ten").run()
    app.selectbox(key="map:isolate-method").set_value("pca").run()
    assert any(each.value.startswith("Takes about 1 s in 2") for each in app.caption)
    app.button(key="map:isolate-2").click().run()
    assert not app.exception
    jobs = resources.jobs()
    job = jobs.about("project", "embedding_id", embedding_id, most=1)[0]
    assert execute(resources.workspace(), job.id)
    projection = jobs.job(job.id).result["projection_id"]

    app = open_map(embedding=embedding_id, projection=projection, key="key12")
    data = sent(app, "projection")
    assert (data["embedding"], data["n_points"], data["command"]["index"]) == (projection, 10, 2)
    assert "**Isolated: 10 of 60 points**" in texts(app)
    # Its neighbors are among its points.
    names = {row[0] for section in sent(app, "sections")["sections"] for row in section["rows"]}
    assert names == {f"label {row}" for row in range(10, 20) if row != 12}
    # A named selection of the whole embedding is the whole of this map.
    press(app, "Ten (10)")
    assert selection(app)["rows"] == "0-9"
    app.text_input(key="map:select-text").set_value("label 15").run()
    press(app, "Select")
    assert selection(app)["rows"] == "5"
    app.text_input(key="map:selection-name").set_value("One").run()
    assert named_selections(resources.workspace(), embedding_id)["One"] == "15"
    # A point that this map does not show is not unknown.
    outside = open_map(embedding=embedding_id, projection=projection, key="key30")
    assert "Not among the points of this isolated map" in texts(outside)
    assert "Not in the vocabulary" not in texts(outside)
    # The way back leads to the map that was shown before, not to the newest; others may be chosen again.
    before = resources.workspace().projections(embedding_id)[0].id
    app = open_map(embedding=embedding_id, projection=before)
    app.button(key=f"map:isolated-{projection}").click().run()
    assert sent(app, "projection")["projection"] == projection
    app.button(key="map:whole").click().run()
    assert sent(app, "projection")["projection"] == before
    # Back, the selection of the whole map is that of before.
    app = open_map(embedding=embedding_id, projection=projection)
    app.button(key="map:whole").click().run()
    data = sent(app, "projection")
    assert (data["embedding"], data["n_points"]) == (embedding_id, 60)
    app.button(key=f"map:isolated-{projection}-out").click().run()
    assert not app.exception
    assert resources.workspace().isolated_maps(embedding_id) == []


def test_large_selections_are_sent_as_an_id():
    mask = np.random.default_rng(0).random(1_000_000) < 0.5
    selected = Selection.of_mask(mask)
    sent_bytes = len(json.dumps(ShownSelection("a" * 12, selected.digest, selected.count, None, 9).as_data()))
    assert sent_bytes < 200
