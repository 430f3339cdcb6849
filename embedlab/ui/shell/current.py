"""The current dataset, embedding, run, projection, key and color, stored in the session and in the URL.

The URL takes precedence, so that a link shows what its sender saw. Values missing from the URL come from the session
and are added to the URL, so that the user can copy it as a link.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.core.roles import role
from embedlab.ui.shell import resources
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, ProjectionRow, RunRow

NAMES = ("dataset", "embedding", "run", "projection", "key", "color")
_LONGEST = 500
#: Values that are cleared when another value changes.
_DEPENDENTS = {"embedding": ("projection", "key", "color")}


def _slot(name: str) -> str:
    return f"current:{name}"


def get(name: str) -> str | None:
    """Return the current value of one of `NAMES`, as unvalidated text."""
    value: str | None = st.session_state.get(_slot(name))
    return value


def put(name: str, value: str | None) -> None:
    """Make `value` current in the session and the URL, and clear what depends on the old value."""
    if value == get(name):
        return
    for dependent in _DEPENDENTS.get(name, ()):
        put(dependent, None)
    if value is None:
        st.session_state.pop(_slot(name), None)
        st.query_params.pop(name, None)
    else:
        st.session_state[_slot(name)] = value
        st.query_params[name] = value


def follow_address() -> None:
    """Copy values from the URL to the session and fill gaps in the URL. The frame calls this once per script run."""
    from_url = {name: st.query_params[name][:_LONGEST] for name in NAMES if name in st.query_params}
    for name in ("embedding", *NAMES):
        if name in from_url and from_url[name] != get(name):
            for dependent in _DEPENDENTS.get(name, ()):
                if dependent not in from_url:
                    put(dependent, None)
            st.session_state[_slot(name)] = from_url[name]
    for name in NAMES:
        value = get(name)
        if value is not None and name not in from_url:
            st.query_params[name] = value


def link(**values: str | None) -> dict[str, str]:
    """Return query parameters for `st.switch_page` or `st.page_link`: the current state with `values` changed."""
    state = {name: get(name) for name in NAMES} | values
    if "embedding" in values and values["embedding"] != get("embedding"):
        state |= {name: values.get(name) for name in _DEPENDENTS["embedding"]}
    return {name: value for name, value in state.items() if value}


def current_dataset() -> DatasetRow | None:
    """Return the current dataset, or None in an empty workspace.

    It is the selected dataset, or else that of the selected run or embedding, or else the newest. A deleted dataset is
    no longer current.
    """
    workspace = resources.workspace()
    chosen = get("dataset")
    if chosen is not None:
        try:
            return workspace.dataset(chosen)
        except NotFoundError:
            put("dataset", None)
    if run := current_run():
        return workspace.dataset(run.dataset_id)
    if (embedding := _chosen_embedding()) and embedding.dataset_id:
        return workspace.dataset(embedding.dataset_id)
    rows = workspace.datasets(most=1)
    return rows[0] if rows else None


def current_embedding() -> EmbeddingRow | None:
    """Return the current embedding, or None if there is none yet.

    It is the selected embedding, or else one of the selected run or dataset, or else the newest.
    """
    if chosen := _chosen_embedding():
        return chosen
    workspace = resources.workspace()
    run = current_run()
    rows = workspace.embeddings(run_id=run.id) if run else []
    if rows:
        return first_of(rows)
    dataset_id = get("dataset")
    newest = workspace.embeddings(dataset_id=dataset_id, most=1) if dataset_id else []
    newest = newest or workspace.embeddings(most=1)
    if not newest:
        return None
    return first_of((workspace.embeddings(run_id=newest[0].run_id) if newest[0].run_id else []) or newest)


def _chosen_embedding() -> EmbeddingRow | None:
    chosen = get("embedding")
    if chosen is None:
        return None
    try:
        return resources.workspace().resolve_embedding(chosen)
    except NotFoundError:
        put("embedding", None)
        return None


def in_order(rows: Sequence[EmbeddingRow]) -> list[EmbeddingRow]:
    """Return the embeddings of a run in display order: documents before words, items before users."""
    return sorted(rows, key=lambda row: role(row.name).order)


def first_of(rows: Sequence[EmbeddingRow]) -> EmbeddingRow:
    """Return the first embedding, in display order, of the newest run; `rows` is not empty and sorted newest first."""
    newest = rows[0]
    return in_order([row for row in rows if row.run_id == newest.run_id])[0] if newest.run_id else newest


def current_run() -> RunRow | None:
    """Return the selected run, or None."""
    chosen = get("run")
    if chosen is None:
        return None
    try:
        return resources.workspace().run(chosen)
    except NotFoundError:
        put("run", None)
        return None


def current_projection(embedding_id: str) -> ProjectionRow | None:
    """Return the selected projection of this embedding, or its newest 2-D one; None if there is none yet."""
    rows = resources.workspace().projections(embedding_id)
    chosen = get("projection")
    plane = [row for row in rows if row.n_components == 2]
    matching = [row for row in rows if row.id == chosen] or plane or rows
    return matching[-1] if matching else None


def set_dataset(dataset_id: str | None) -> None:
    """Make a dataset current."""
    put("dataset", dataset_id)


def choose_dataset(dataset_id: str) -> None:
    """Make a dataset current, and clear the selected run and embedding if they belong to another one."""
    set_dataset(dataset_id)
    for name, row in (("embedding", _chosen_embedding()), ("run", current_run())):
        if row is not None and row.dataset_id != dataset_id:
            put(name, None)


def set_embedding(embedding_id: str | None) -> None:
    """Make an embedding current."""
    put("embedding", embedding_id)


def set_run(run_id: str | None) -> None:
    """Make a run current."""
    put("run", run_id)
