"""What a program highlights is selected on the map, and what is selected there can be read by a program."""

from __future__ import annotations

from embedlab.ui.map.component import OutsideEvent
from embedlab.ui.map.drawn_map import on_event
from embedlab.ui.map.outside.highlights import publish
from embedlab.ui.map.selecting import state
from embedlab.ui.map.view import open_view
from embedlab.workspace.highlight.store import highlight, set_highlight
from tests.ui.test_pages_frame import map_data, open_map


def test_a_link_of_a_program_selects_what_it_highlighted(workspace, circle):
    embedding_id, _ = circle
    set_highlight(workspace, embedding_id, ["key5", "key1", "key2"])
    assert map_data(open_map(embedding=embedding_id))["selection"]["count"] == 0, "only if the address asks for it"
    app = open_map(embedding=embedding_id, highlight="1")
    assert not app.exception
    assert map_data(app)["selection"]["rows"] == "1-2.5"
    assert "highlight" not in app.query_params
    # What came from a program is not the choice of a person.
    assert highlight(workspace, embedding_id, "page").id == ""


def test_a_damaged_highlight_does_not_hide_the_map(workspace, circle):
    (workspace.layout.embedding(circle[0]) / "highlight.json").write_text("{")
    app = open_map(embedding=circle[0], highlight="1")
    assert not app.exception
    assert map_data(app)["embedding"] == circle[0]
    assert len(app.toast) == 1


def test_open_maps_follow_a_program_and_a_program_reads_the_selection(workspace, circle):
    embedding_id, _ = circle
    row = workspace.embedding(embedding_id)
    view = open_view(row)
    publish(view)
    assert highlight(workspace, embedding_id, "page").id == "", "nothing was selected"
    state.put_rows(embedding_id, [3, 4], row.n_keys)
    publish(view)
    chosen = highlight(workspace, embedding_id, "page")
    assert chosen.keys == ("key3", "key4")
    publish(view)
    assert highlight(workspace, embedding_id, "page").id == chosen.id, "written once"
    set_highlight(workspace, embedding_id, ["key9"])
    on_event(view, OutsideEvent())
    assert state.history_of(embedding_id, row.n_keys).current.rows.tolist() == [9]
    publish(view)
    assert highlight(workspace, embedding_id, "page").id == chosen.id, "an echo of the program is not written"
    state.put_rows(embedding_id, [], row.n_keys)
    publish(view)
    assert highlight(workspace, embedding_id, "page").keys == ()
