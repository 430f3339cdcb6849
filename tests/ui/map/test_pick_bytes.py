"""What a pick sends to the browser: the map and its details, and not the options, which it does not change."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.testing.v1 import AppTest, app_test
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from embedlab.ui.map.bookmarks.shown import EDIT, Edited
from embedlab.ui.shell import navigation
from tests.workspace.bookmarks.marks import made

MAIN = str(navigation.FOLDER.parent / "embedlab" / "ui" / "server" / "main.py")
#: Of the 5,000 bytes of a click in both directions: the request of Streamlit takes 1,400, and the two routes 1,600.
MOST_COMPRESSED = 2_000


class Browser:
    """A session of the Map page that can rerun a single fragment, as a browser does; AppTest reruns whole pages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **query: str) -> None:
        self.sent: list[ForwardMsg] = []
        self.fragment: str | None = None
        browser = self

        class Runner(LocalScriptRunner):
            def request_rerun(self, rerun_data: Any) -> bool:
                queue = [] if browser.fragment is None else [browser.fragment]
                # Before it starts, a runner has a request for the whole page, which would absorb this one.
                self._requests._rerun_data = replace(rerun_data, fragment_id_queue=queue)
                return True

            def _enqueue_forward_msg(self, msg: ForwardMsg) -> None:
                browser.sent.append(msg)
                super()._enqueue_forward_msg(msg)

        monkeypatch.setattr(app_test, "LocalScriptRunner", Runner)
        self.app = AppTest.from_file(MAIN, default_timeout=60)
        for name, value in query.items():
            self.app.query_params[name] = value
        self.app.run()
        self.sent.clear()
        self.app.switch_page(str(navigation.spec("map").file)).run()
        assert not self.app.exception
        self.first = list(self.sent)
        self.map_fragment = next(
            msg.delta.fragment_id for msg in self.sent if '"projection"' in msg.delta.new_element.bidi_component.json
        )

    def rerun(self) -> list[ForwardMsg]:
        """Rerun the fragment of the map; return what is sent."""
        self.sent.clear()
        self.fragment = self.map_fragment
        try:
            self.app.run()
        finally:
            self.fragment = None
        assert not self.app.exception
        return list(self.sent)


def widgets(messages: list[ForwardMsg]) -> set[str]:
    """Return the labels of select boxes and buttons."""
    elements = [msg.delta.new_element for msg in messages if msg.WhichOneof("type") == "delta"]
    return {each.selectbox.label or each.button.label for each in elements} - {""}


def compressed_bytes(before: list[ForwardMsg], messages: list[ForwardMsg]) -> int:
    """Return the bytes on the wire: a connection is compressed as one stream, each message to its end."""
    stream = zlib.compressobj(wbits=-15)
    for msg in before:
        stream.compress(msg.SerializeToString())
        stream.flush(zlib.Z_SYNC_FLUSH)
    return sum(len(stream.compress(msg.SerializeToString()) + stream.flush(zlib.Z_SYNC_FLUSH)) for msg in messages)


def test_a_pick_sends_the_details_in_two_kilobytes_and_no_options(circle, monkeypatch):
    browser = Browser(monkeypatch, embedding=circle[0], key="key5")
    assert {"Projection", "Color", "Options", "Details"} <= widgets(browser.first)
    # As `PickEvent` does.
    browser.app.session_state["current:key"] = "key30"
    sent = browser.rerun()
    assert "label 30" in " ".join(msg.delta.new_element.markdown.body for msg in sent)
    assert widgets(sent) == {"Details"}
    assert compressed_bytes(browser.first, sent) < MOST_COMPRESSED


def whole_map(state, maps):
    state["current:projection"] = maps[3]


def other_color(state, maps):
    state["current:color"] = "mean_rating"


def new_bookmark(state, maps):
    mark = made("new", projection={"id": maps[2], "method": "pca", "n_components": 2})
    state["dialog:open"] = (EDIT, Edited(state["current:embedding"], maps[2], mark))


@pytest.mark.parametrize("change", [whole_map, other_color, new_bookmark], ids=["projection", "color", "bookmark"])
def test_what_the_options_show_is_drawn_again_once(circle, monkeypatch, change):
    embedding_id, maps = circle
    browser = Browser(monkeypatch, embedding=embedding_id)
    change(browser.app.session_state, maps)
    sent = browser.rerun()
    assert {"Projection", "Color"} <= widgets(sent)
    assert "Color" not in widgets(browser.rerun())
