"""Every page with hostile names: no name is rendered, executed or followed, and nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from embedlab.core.plain import markdown_escaped, one_line
from embedlab.core.settings import load_settings
from embedlab.jobs.jobs import Jobs
from embedlab.ui.shell import navigation
from embedlab.workspace.workspace import Workspace
from tests.app.hostile_workspace import NAMES, fill
from tests.app.test_train_and_runs import OpenPage

#: What a name would need to become anything but text, where a field is Markdown or HTML. A backslash takes its meaning.
LIVE = re.compile(
    r"(?<!\\)(?:<img|<script|<b>|<javascript|!\[|\]\(|\$\\frac|\$\$\\text|\$\{|:material/skull|:red\[|:smile:|\*\*bold"
    r"|~~gone|# heading|```|^> quote|(?<!\w)https?://evil|www\.evil|a@evil)|[\u202e\u2066\x07\x1b]"
)
#: Fields that the browser shows as plain text, or not at all.
PLAIN = {
    ("Selectbox", "options"),
    ("Selectbox", "raw_value"),
    ("MultiSelect", "options"),
    ("MultiSelect", "raw_values"),
    ("TextInput", "value"),
    ("TextInput", "placeholder"),
    ("TextArea", "value"),
    ("Dataframe", "alt"),
    ("PageLink", "query_string"),
    # Our components write texts as text nodes (static/map/dom.js).
    ("BidiComponent", "json"),
}
#: Keys of widgets: never shown.
IDENTIFIERS = {"id", "form_id", "element_id"}
#: Of HTML of our own, the tags that only a name would bring in.
FOREIGN_TAGS = re.compile(r"<(?:img|script|b|a|iframe|object|javascript)\b", re.IGNORECASE)


def strings(proto: Any) -> Iterator[tuple[str, str]]:
    """Yield name and value of every text in a message to the browser, nested ones too."""
    for field, value in proto.ListFields():
        values = [value] if not field.is_repeated else value.values() if hasattr(value, "values") else value
        for one in values:
            if isinstance(one, str):
                yield field.name, one
            elif hasattr(one, "ListFields"):
                yield from strings(one)


def states(ids: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the pages with their addresses."""
    yield "start", {}
    for dataset in (ids["text"], ids["ratings"]):
        for page in ("data", "train", "runs"):
            yield page, {"dataset": dataset}
        yield "runs", {"dataset": dataset, "view": "compare"}
        yield "basics", {"dataset": dataset}
    yield "runs", {"view": "two"}
    yield "runs", {"view": "any"}
    yield "data", {"upload": ids["upload"]}
    for run in ("tastes", "classifier", "failed"):
        yield "runs", {"run": ids[run]}
    yield "map", {"embedding": ids["embedding"]}
    for view in ("neighbors", "together", "similarity", "heatmap", "odd", "analogy", "bias", "beside"):
        yield "ask", {"embedding": ids["embedding"], "view": view}
    for view in ("neighbors", "classify"):
        yield "ask", {"embedding": ids["words"], "view": view}
    yield "recommend", {"run": ids["tastes"]}
    yield "workspace", {}


@pytest.mark.slow
@pytest.mark.parametrize("kind", NAMES)
def test_no_page_interprets_a_name(
    kind: str, home: Path, tmp_path: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    name = NAMES[kind]
    workspace = Workspace.open(load_settings())
    ids = fill(workspace, tmp_path, name)
    shown_on, visited = set(), set()
    traces = {markdown_escaped(name)[:8], one_line(name)[:8]}
    for page, address in states(ids):
        app = open_page(page, **address, key=name, q=name)
        where = f"{page} {address}"
        visited.add(page)
        assert not app.exception, where
        assert not any("inside EmbedLab" in error.value for error in app.error), where
        for root in (app.main, app.sidebar):
            for element in root:
                proto = getattr(element, "proto", None)
                if not hasattr(proto, "ListFields"):
                    continue
                element_kind = type(proto).__name__
                for field, text in strings(proto):
                    if any(trace in text for trace in traces):
                        shown_on.add(page)
                    if field in IDENTIFIERS or (element_kind, field) in PLAIN:
                        continue
                    live = FOREIGN_TAGS if element_kind == "Html" else LIVE
                    found = live.search(text)
                    assert not found, f"{where}: {element_kind}.{field}: {text[max(0, found.start() - 60) :][:200]!r}"
    # What is not shown proves nothing.
    assert visited == {page.name for page in navigation.PAGES}
    assert len(shown_on) >= 6
    workspace.close()
    st.cache_data.clear()
