"""Queries and selections on the Map page, as Streamlit runs it."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.drawing import MapQuery
from embedlab.export.tables import rows_as_csv, selections_as_csv
from embedlab.ui.shell import navigation
from embedlab.ui.widgets.map_link import query_parameters

from ..conftest import HOSTILE

MAIN = str(navigation.FOLDER.parent / "embedlab" / "ui" / "server" / "main.py")


def open_map(**query):
    app = AppTest.from_file(MAIN, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run().switch_page(str(navigation.spec("map").file)).run()
    assert not app.exception
    return app


def sent(app, name):
    components = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return next((data for data in components if name in data), None)


def texts(app):
    return " ".join(part.value for kind in ("markdown", "caption") for part in app.get(kind))


def test_a_query_in_the_address_is_drawn_with_its_answers(circle):
    embedding_id, maps = circle
    parameters = query_parameters(MapQuery("analogy", expression="key10 - key0 + key24"))
    app = open_map(embedding=embedding_id, projection=maps[3], key="", **parameters)
    query = sent(app, "projection")["query"]
    # The sum is in the direction of 132 degrees, where key 22 is.
    assert query["rows"] == [10, 24, 0]
    assert query["lines"][:2] == [[0, 10, "relation"], [24, -1, "relation"]]
    assert query["name"] == "label 10 - label 0 + label 24"
    assert query["answers"][0][:2] == [22, "label 22"]
    assert len(query["at"]) == 3
    assert sent(app, "projection")["command"]["index"] is None
    assert query["title"] == "label 0 : label 10 = label 24 : ?"
    assert len(json.dumps(sent(app, "projection"))) < 2500

    app.button(key=next(each.key for each in app.button if each.label == "Clear query")).click().run()
    assert sent(app, "projection")["query"] is None
    assert "draw" not in app.query_params


def test_the_id_of_a_query_changes_with_the_map(circle):
    embedding_id, maps = circle
    parameters = query_parameters(MapQuery("mean", keys=("key3", "key5")))
    ids = {
        sent(open_map(embedding=embedding_id, projection=maps[d], **parameters), "projection")["query"]["id"]
        for d in (2, 3)
    }
    assert len(ids) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"draw": "triangle", "of": "key1"},
        {"draw": "analogy", "of": HOSTILE},
        {"draw": "mean", "of": ["key1"] * 100, "of_weight": ["nan", "x"]},
    ],
    ids=["kind", "markup", "many"],
)
def test_an_invalid_query_still_shows_the_map(circle, query):
    app = open_map(embedding=circle[0], **query)
    assert sent(app, "projection")["n_points"] == 60
    assert "<img" not in texts(app).replace("\\<img", "")


def test_a_minimum_count_in_the_address_mutes_or_leaves_out(circle):
    app = open_map(embedding=circle[0], key="key30", min_count="33")
    # The counts are 1000 / (row + 1): row 29 has 33, row 31 has 31.
    (right,) = sent(app, "sections")["sections"]
    rows = {name: (note, muted) for name, note, _, muted in right["rows"]}
    assert rows["label 29"] == ("33 occurrences", False)
    assert rows["label 31"] == ("31 occurrences", True)
    assert "Muted: 5 with fewer than 33 occurrences" in texts(app)
    app = open_map(embedding=circle[0], key="key30", min_count="33", rare="left-out")
    (right,) = sent(app, "sections")["sections"]
    assert [row[0] for row in right["rows"]] == [f"label {at}" for at in range(29, 19, -1)]
    assert sent(app, "projection")["min_count"] == 33


def test_named_selections_as_csv_have_a_line_for_each_point():
    embedding = Embedding(np.eye(3, dtype=np.float32), ["a", "=b", "c"], ["A", "B", "C"])
    csv = selections_as_csv(embedding, {"First": np.array([0, 1]), "@sum": np.array([1])})
    lines = pd.read_csv(io.BytesIO(csv)).values.tolist()
    assert lines == [["First", "a", "A"], ["First", "'=b", "B"], ["'@sum", "'=b", "B"]]
    assert selections_as_csv(embedding, {}).splitlines() == [b'"selection","key","label"']


def test_selected_rows_as_csv_have_coordinates_and_no_formulas():
    metadata = pd.DataFrame({"count": [3, 2, 1], "class": ["x", "=1+1", "y"]})
    embedding = Embedding(np.eye(3, dtype=np.float32), ["a", "=b", "c"], ["A", "B", "+C"], metadata)
    coordinates = np.arange(6, dtype=np.float32).reshape(3, 2)
    table = pd.read_csv(io.BytesIO(rows_as_csv(embedding, np.array([1, 2]), coordinates)))
    assert list(table.columns) == ["key", "label", "x", "y", "count", "class"]
    assert table.iloc[0].tolist() == ["'=b", "B", 2.0, 3.0, 2, "'=1+1"]
    assert table.iloc[1].tolist() == ["c", "'+C", 4.0, 5.0, 1, "y"]
