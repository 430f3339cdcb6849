"""The neighbors of a pick beside those of the picture, and the most distorted pairs, as lists."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.exploration.asking.map_neighbors import compare_neighbors
from embedlab.projections.trust.torn_pairs import Pair
from embedlab.ui.map.trust import compared
from embedlab.ui.map.trust.pairs import pair_sections
from embedlab.ui.widgets.min_count import Rarity
from embedlab.ui.widgets.section_list import Row, Section, chosen_place
from tests.ui.conftest import keep
from tests.ui.map.test_drawn_query import open_map, sent

ANGLES = np.deg2rad([0, 10, 20, 40, 80, 150])
EMBEDDING = Embedding(np.column_stack([np.cos(ANGLES), np.sin(ANGLES)]).astype(np.float32), list("abcdef"))
PLACES = np.array([[0, 0], [1, 0], [9, 0], [3, 0], [2, 0], [4, 0]], np.float32)


def test_lists_name_what_is_in_both_missing_and_false():
    found = compare_neighbors(EMBEDDING, PLACES, 0, topn=2)
    listed = compared.sections(SimpleNamespace(embedding=EMBEDDING), found, Rarity())
    assert [(section.title, section.marker) for section, _ in listed] == [
        ("In both", "both"),
        ("Missing in this picture", "missing"),
        ("False in this picture", "false"),
    ]
    assert [[row[:2] for row in section.rows] for section, _ in listed] == [
        [("b", "")],
        [("c", "5th here")],
        [("e", "4th nearest")],
    ]
    assert listed[1][1][0].row == 2
    assert compared.summary(found) == "1 of the 2 most similar are also among the nearest in this picture."


def test_a_right_picture_has_one_list():
    found = compare_neighbors(EMBEDDING, EMBEDDING.vectors, 0, topn=3)
    listed = compared.sections(SimpleNamespace(embedding=EMBEDDING), found, Rarity())
    assert [section.title for section, _ in listed] == ["In both"]
    assert compared.summary(found) == "The 3 most similar are also the nearest in this picture."


def test_one_point_has_nothing_to_compare():
    found = compare_neighbors(Embedding(EMBEDDING.vectors[:1], ["a"]), PLACES[:1], 0)
    assert compared.sections(SimpleNamespace(embedding=EMBEDDING), found, Rarity()) == []
    assert compared.summary(found) == "There are no other points to compare."


def test_browser_gets_what_it_does_not_know():
    found = compare_neighbors(EMBEDDING, PLACES, 0, topn=2)
    assert compared.for_browser(0, found) == {"index": 0, "false": [[4, "e", 4]], "missing": [2]}


def test_pairs_are_listed_with_both_ranks():
    torn, false = pair_sections(EMBEDDING, [Pair(0, 1, 1, 1234)], [Pair(2, 5, 5, 1)])
    assert torn.rows == [Row("a and b", "1 → 1,234")]
    assert false.rows == [Row("c and f", "5 → 1")]
    assert [each.title for each in pair_sections(EMBEDDING, [], [Pair(2, 5, 5, 1)])] == ["Most false"]


SECTIONS = [Section("one", [Row("a"), Row("b")]), Section("two", [Row("c")])]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param({"section": 0, "row": 1, "list_id": "x"}, (0, 1), id="a row"),
        pytest.param({"section": 1, "row": 1, "list_id": "x"}, None, id="row of another section"),
        pytest.param({"section": 2, "row": 0, "list_id": "x"}, None, id="no such section"),
        pytest.param({"section": -1, "row": 0, "list_id": "x"}, None, id="negative"),
        pytest.param({"section": True, "row": 0, "list_id": "x"}, None, id="a boolean"),
        pytest.param({"section": "0", "row": 0, "list_id": "x"}, None, id="text"),
        pytest.param({"section": 0, "row": 0, "list_id": "y"}, None, id="another list"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_only_rows_of_the_list_can_be_chosen(value, expected):
    assert chosen_place(value, "x", SECTIONS) == expected


def test_page_shows_measures_pairs_and_lists(workspace):
    rng = np.random.default_rng(0)
    embedding = Embedding(rng.normal(size=(80, 6)).astype(np.float32), [f"k{at}" for at in range(80)])
    embedding_id, _ = keep(workspace, embedding, "random")
    app = open_map(embedding=embedding_id, key="k7")
    titles = [section["title"] for section in sent(app, "sections")["sections"]]
    assert titles[-2:] == ["Missing in this picture", "False in this picture"]
    assert sent(app, "projection")["compare"] is True
    # All that a click changes on the page besides texts.
    assert sum(len(part.proto.json) for part in app.get("bidi_component")) < 4000
    app.button(key="map:measures").click().run()
    assert [table.value.index.name for table in app.table] == ["Measure", "Map"]
    # The comparison can be switched off.
    app.toggle(key="map:compare").set_value(False).run()
    assert sent(app, "projection")["compare"] is False
    assert (len(sent(app, "rows")["rows"]), sent(app, "sections")) == (10, None)
    app.button(key="map:pairs").click().run()
    assert [section["title"] for section in sent(app, "sections")["sections"]] == ["Most torn", "Most false"]
    # It stays off while another tab is shown.
    assert sent(app, "projection")["compare"] is False
    assert not app.exception
