"""The current dataset, run, embedding, projection, key and color, stored in the session and in the URL.

`selection` decides what is current; this module reads and writes. The URL has priority, so that a link shows what its
sender saw. Every change is written to the session and the URL at once, before any navigation, and a level is never
changed alone: the others always belong to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.ui.shell import resources
from embedlab.ui.shell.selection import LEVELS, NAMES, OF_EMBEDDING, Gap, Selection, in_order, resolve
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, ProjectionRow, RunRow
from embedlab.workspace.workspace import Workspace

__all__ = [
    "Gap",
    "Selection",
    "choose_dataset",
    "corrections",
    "current_dataset",
    "current_embedding",
    "current_projection",
    "current_run",
    "first_of",
    "follow_address",
    "get",
    "in_order",
    "link",
    "put",
    "select",
    "selection",
    "set_dataset",
    "set_embedding",
    "set_run",
    "settle",
]

_LONGEST = 500
_SELECTION = "current:selection"
_CORRECTIONS = "current:corrections"


class _Rows:
    """The rows of the workspace as `selection.Source`; each row is read once."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._datasets: dict[str, DatasetRow | None] = {}
        self._runs: dict[str, RunRow | None] = {}
        self._embeddings: dict[str, EmbeddingRow | None] = {}
        self._projections: dict[str, ProjectionRow | None] = {}

    def dataset(self, row_id: str) -> DatasetRow | None:
        if row_id not in self._datasets:
            self._datasets[row_id] = None
            with suppress(NotFoundError):
                self._datasets[row_id] = self._workspace.dataset(row_id)
        return self._datasets[row_id]

    def run(self, row_id: str) -> RunRow | None:
        if row_id not in self._runs:
            self._runs[row_id] = None
            with suppress(NotFoundError):
                self._runs[row_id] = self._workspace.run(row_id)
        return self._runs[row_id]

    def embedding(self, row_id: str) -> EmbeddingRow | None:
        if row_id not in self._embeddings:
            self._embeddings[row_id] = None
            with suppress(NotFoundError):
                self._embeddings[row_id] = self._workspace.resolve_embedding(row_id)
        return self._embeddings[row_id]

    def projection(self, row_id: str) -> ProjectionRow | None:
        if row_id not in self._projections:
            self._projections[row_id] = None
            with suppress(NotFoundError):
                self._projections[row_id] = self._workspace.projection(row_id)
        return self._projections[row_id]

    def newest_dataset(self) -> DatasetRow | None:
        return next(iter(self._workspace.datasets(most=1)), None)

    def newest_run(self, dataset_id: str) -> RunRow | None:
        return next(iter(self._workspace.runs(dataset_id, most=1)), None)

    def newest_embedding(self, dataset_id: str | None = None) -> EmbeddingRow | None:
        return next(iter(self._workspace.embeddings(dataset_id=dataset_id, most=1)), None)

    def embeddings_of_run(self, run_id: str) -> Sequence[EmbeddingRow]:
        return self._workspace.embeddings(run_id=run_id)


def _slot(name: str) -> str:
    return f"current:{name}"


def get(name: str) -> str | None:
    """Return the value of one of `NAMES` that was chosen, as unvalidated text; None if it only follows from others.

    The embedding always counts as chosen, so that a new one does not replace it while somebody looks at it.
    """
    value: str | None = st.session_state.get(_slot(name))
    return value


def selection() -> Selection:
    """Return the current selection, as resolved at the start of this script run or at the last change."""
    stored: Selection | None = st.session_state.get(_SELECTION)
    return stored if stored is not None else _apply({}, _chosen())


def put(name: str, value: str | None) -> None:
    """Make `value` current in the session and the URL; what belongs to another value is cleared."""
    if name in LEVELS:
        if value is None:
            _forget(name)
            _apply({}, _chosen())
        else:
            select(**{name: value})
    elif value != get(name):
        _store(name, value)


def select(**values: str | None) -> None:
    """Change several of `NAMES` at once, as a link with these values would; None clears a value."""
    given = {name: value for name, value in values.items() if value}
    for name in values.keys() - given.keys():
        _forget(name)
    _apply(given, {name for name in _chosen() if name not in values})


def follow_address(page: str) -> None:
    """Make the values in the URL current, and complete the URL. The frame calls this once per script run.

    Parameters
    ----------
    page
        Name of the page; corrections are shown until the page or the selection changes.
    """
    from_url = {name: st.query_params[name][:_LONGEST] for name in NAMES if name in st.query_params}
    found = _apply(from_url, _chosen())
    shown = (page, *(found.id_of(level) for level in LEVELS))
    if found.corrections:
        st.session_state[_CORRECTIONS] = (shown, found.corrections)
    elif st.session_state.get(_CORRECTIONS, (shown,))[0] != shown:
        del st.session_state[_CORRECTIONS]


def corrections() -> tuple[str, ...]:
    """Return what the last link said that is not shown, as plain sentences with names of users."""
    stored: tuple[object, tuple[str, ...]] | None = st.session_state.get(_CORRECTIONS)
    return stored[1] if stored is not None else ()


def settle() -> None:
    """Replace what no longer exists in the current selection, without a word. Call it after a deletion or a restore."""
    _apply({}, _chosen())


def _chosen() -> set[str]:
    return {name for name in NAMES if get(name) is not None}


def _apply(address: Mapping[str, str], chosen: set[str]) -> Selection:
    """Resolve the address together with the session, and store the result in both."""
    before: Selection | None = st.session_state.get(_SELECTION)
    session = {name: value for name in NAMES if (value := get(name)) is not None}
    if before is not None:
        session |= {level: row_id for level in LEVELS if (row_id := before.id_of(level)) is not None}
    found = resolve(address, session, _Rows(resources.workspace()))
    st.session_state[_SELECTION] = found
    for level in LEVELS:
        row_id = found.id_of(level)
        is_chosen = level == "embedding" or level in chosen - address.keys() or address.get(level) == row_id
        _store(level, row_id if is_chosen else None)
    for name in OF_EMBEDDING:
        _store(name, getattr(found, name))
    return found


def _forget(name: str) -> None:
    """Forget a value and everything below it."""
    stored: Selection | None = st.session_state.get(_SELECTION)
    below = LEVELS[LEVELS.index(name) :] if name in LEVELS else ()
    for each in (name, *below, *(OF_EMBEDDING if below else ())):
        _store(each, None)
    if stored is not None and below:
        st.session_state[_SELECTION] = Selection(**{level: getattr(stored, level) for level in LEVELS[: -len(below)]})


def _store(name: str, value: str | None) -> None:
    if value is None:
        st.session_state.pop(_slot(name), None)
        st.query_params.pop(name, None)
    else:
        st.session_state[_slot(name)] = value
        if st.query_params.get(name) != value:
            st.query_params[name] = value


def link(**values: str | None) -> dict[str, str]:
    """Return query parameters for `st.switch_page` or `st.page_link`: the current state with `values` changed.

    Another dataset, run or embedding takes nothing along that belongs to the current one.
    """
    state = {name: get(name) for name in NAMES}
    stored: Selection | None = st.session_state.get(_SELECTION)
    for level in LEVELS:
        now = state[level] or (stored.id_of(level) if stored is not None else None)
        if values.get(level) and values[level] != now:
            state = {}
            break
    return {name: value for name, value in (state | values).items() if value}


def current_dataset() -> DatasetRow | None:
    """Return the current dataset, or None in an empty workspace."""
    return selection().dataset


def current_run() -> RunRow | None:
    """Return the current run, or None: the dataset has no run, or is an embedding itself."""
    return selection().run


def current_embedding() -> EmbeddingRow | None:
    """Return the current embedding, or None; `Selection.gap` says why."""
    return selection().embedding


def first_of(rows: Sequence[EmbeddingRow]) -> EmbeddingRow:
    """Return the first embedding, in display order, of the newest run; `rows` is not empty and sorted newest first."""
    newest = rows[0]
    return in_order([row for row in rows if row.run_id == newest.run_id])[0] if newest.run_id else newest


def current_projection(embedding_id: str) -> ProjectionRow | None:
    """Return the selected projection of this embedding, or its newest 2-D one; None if there is none yet.

    An isolated map is only shown if it was selected.
    """
    rows = resources.workspace().projections(embedding_id)
    chosen = get("projection")
    isolated = next((row for row in resources.workspace().isolated_maps(embedding_id) if row.id == chosen), None)
    if isolated is not None:
        return isolated
    plane = [row for row in rows if row.n_components == 2]
    matching = [row for row in rows if row.id == chosen] or plane or rows
    return matching[-1] if matching else None


def set_dataset(dataset_id: str | None) -> None:
    """Make a dataset current, with its newest run and embedding unless one of it is current already."""
    put("dataset", dataset_id)


choose_dataset = set_dataset


def set_embedding(embedding_id: str | None) -> None:
    """Make an embedding current, with its run and dataset."""
    put("embedding", embedding_id)


def set_run(run_id: str | None) -> None:
    """Make a run current, with its dataset and its first embedding."""
    put("run", run_id)
