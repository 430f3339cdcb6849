"""The current selection of each map, with its history, in the browser session; short ones also in the address.

A selection belongs to a source: an embedding, or an isolated map (see `embedlab.ui.map.isolated`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.exploration.selections.encoding import MOST_ROWS, decode, encode
from embedlab.exploration.selections.history import History
from embedlab.exploration.selections.selection import Combination, Selection
from embedlab.ui.map.component import ShownSelection
from embedlab.ui.shell.byte_cache import ByteCache
from embedlab.ui.widgets import address

_LONGEST_ADDRESS = 450
_MOST_SOURCES = 4
#: A longer text is not sent with every rerun: the browser requests the bits once.
_LONGEST_TEXT = 2000
#: Of all sessions together; the session publishes its current selection again whenever the page runs.
_MOST_PUBLISHED, _MOST_PUBLISHED_BYTES = 1000, 100_000_000
_STATES, _ADDRESS, _COMBINATION = "map:selections", "selected", "map:combination"

_COMBINATIONS = {
    Combination.REPLACE: "replaces the current one",
    Combination.ADD: "is added to it",
    Combination.REMOVE: "is removed from it",
    Combination.INTERSECT: "is intersected with it",
}


@dataclass(frozen=True, eq=False)
class _State:
    history: History
    #: What the address says of it; None if it is too long.
    text: str | None = None
    #: The newest change by the browser that it includes.
    number: int = 0


def _states() -> dict[str, _State]:
    states: dict[str, _State] = st.session_state.setdefault(_STATES, {})
    return states


def _state(source_id: str, n_keys: int) -> _State:
    """Return the state of a source; a link with another selection becomes the next step of its history."""
    state = _states().get(source_id)
    if state is None or state.history.current.n_keys != n_keys:
        state = _State(History.of(n_keys))
    text = address.read(_ADDRESS)
    owner, _, rows = (text or "").partition("~")
    if owner != source_id or text == state.text:
        return state
    linked = decode(rows, n_keys)
    if linked is None:
        return state
    selection = Selection.of_rows(linked, n_keys, "a link")
    return _store(source_id, state.history.after(selection), state.number)


def _store(source_id: str, history: History, number: int) -> _State:
    current = history.current
    text: str | None = None
    if 0 < current.count <= MOST_ROWS:
        text = f"{source_id}~{encode(current.rows)}"
        text = text if len(text) <= _LONGEST_ADDRESS else None
    address.write(_ADDRESS, text)
    states = _states()
    states.pop(source_id, None)
    while len(states) >= _MOST_SOURCES:
        del states[next(iter(states))]
    states[source_id] = _State(history, text, number)
    return states[source_id]


def history_of(source_id: str, n_keys: int) -> History:
    """Return the selections of a source, of which one is current."""
    return _state(source_id, n_keys).history


def number_of(source_id: str, n_keys: int) -> int:
    """Return the number of the newest change by the browser that the current selection includes."""
    return _state(source_id, n_keys).number


def put_history(source_id: str, history: History, number: int | None = None) -> None:
    """Store the selections of a source; `number` is the browser's newest change that they include."""
    before = _state(source_id, history.current.n_keys).number
    _store(source_id, history, before if number is None else number)


def select(source_id: str, selection: Selection, how: Combination | None = None) -> None:
    """Change the current selection of a source; by default as the user has chosen on the page."""
    history = history_of(source_id, selection.n_keys)
    changed = history.current.combined(selection, combination() if how is None else how)
    put_history(source_id, history.after(changed))


def put_rows(source_id: str, rows: Iterable[int], n_keys: int, *steps: str) -> None:
    """Select exactly these rows of a source, which may be none."""
    selection = Selection.of_rows(rows, n_keys, *steps)
    put_history(source_id, history_of(source_id, n_keys).after(selection))


def combination() -> Combination:
    """Return how a new selection changes the current one, as chosen on the page."""
    return Combination(st.session_state.get(_COMBINATION) or Combination.REPLACE)


def combination_control() -> None:
    """Draw the choice of how new selections change the current one."""
    st.selectbox(
        "A new selection",
        list(_COMBINATIONS),
        format_func=lambda each: _COMBINATIONS[Combination(each)],
        key=_COMBINATION,
        help="Of a box, a lasso or a search. On the map, hold Shift to add, Alt to remove, and both to intersect.",
    )


def for_browser(source_id: str, n_keys: int) -> ShownSelection:
    """Return the current selection as data for the map; large ones by an id under which the browser requests them."""
    state = _state(source_id, n_keys)
    current = state.history.current
    text = encode(current.rows) if current.count <= MOST_ROWS else None
    if text is None or len(text) > _LONGEST_TEXT:
        text = None
        publish(current)
    return ShownSelection(source_id, current.digest, current.count, text, state.number, combination().value)


@st.cache_resource(show_spinner=False)
def _published() -> ByteCache:
    return ByteCache(_MOST_PUBLISHED_BYTES, max_items=_MOST_PUBLISHED)


def publish(selection: Selection) -> str:
    """Make a selection available to requests by the browser, and return its id."""
    _published().get(selection.digest, lambda: selection)
    return selection.digest


def published(digest: str, n_keys: int) -> Selection:
    """Return a selection that was published.

    Raises
    ------
    NotFoundError
        It is no longer in memory, or of another embedding.
    """

    def missing() -> Selection:
        raise NotFoundError("This selection is no longer in memory.", received=digest, remedy="Select it again.")

    selection = _published().get(digest, missing)
    if selection.n_keys != n_keys:
        missing()
    return selection
