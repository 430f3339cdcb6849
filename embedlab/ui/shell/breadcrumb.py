"""The breadcrumb at the top of every page: dataset, run and embedding, each a select box.

Choosing a level moves the others. The browser may send what it showed before a change of the selection, when a rerun
was already on its way (a fragment that refreshes itself sends all widgets). A box that another cause has changed
therefore gets a new key: what the browser sends for the old one is no choice of the user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from embedlab.core.plain import LONGEST_NAME, one_line
from embedlab.core.roles import heading
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.selection import Selection, in_order
from embedlab.ui.shell.unique_names import unique_names
from embedlab.workspace import listing
from embedlab.workspace.rows import EmbeddingRow, Status

# A select box sends all its options to the browser.
MOST_OPTIONS = 100
_MOST_FOUND = 8
_LONGEST = 60
_SEARCH = "breadcrumb-search"
_ICONS = {"dataset": ":material/database:", "run": ":material/model_training:", "embedding": ":material/scatter_plot:"}
_LABELS = {"dataset": "Dataset", "run": "Run", "embedding": "Embedding"}
_STATUSES = {
    Status.QUEUED: "waiting",
    Status.RUNNING: "training",
    Status.FAILED: "failed",
    Status.CANCELLED: "cancelled",
    Status.INTERRUPTED: "interrupted",
}


def draw(selection: Selection) -> None:
    """Draw the boxes of the levels that exist."""
    workspace = resources.workspace()
    # One more than is offered shows whether there are more.
    datasets = listing.find_names(workspace, most=MOST_OPTIONS + 1)
    if selection.dataset is None and selection.embedding is None:
        return
    dataset, run, embedding = selection.dataset, selection.run, selection.embedding
    names = {row_id: one_line(name, _LONGEST) for row_id, name in datasets.items()}
    _box("dataset", names, None if dataset is None else (dataset.id, one_line(dataset.name, _LONGEST)), "No dataset")
    runs: tuple[listing.RunName, ...] = ()
    if dataset is not None:
        runs = listing.run_names(workspace, dataset.id, most=MOST_OPTIONS + 1)
    if run is not None:
        shown = listing.RunName(run.id, run.name, run.status, run.created_at)
        offered = {each.id: each for each in (*runs[:MOST_OPTIONS], shown)}
        titles = run_titles(list(offered.values()), dataset.name if dataset is not None else "")
        _box("run", titles, (run.id, titles[run.id]), "No run")
    if embedding is not None:
        rows = _siblings(embedding)
        _box("embedding", rows, (embedding.id, rows[embedding.id]), "No embedding")
    if len(datasets) > MOST_OPTIONS or len(runs) > MOST_OPTIONS:
        _search()


def run_titles(runs: list[listing.RunName], dataset_name: str) -> dict[str, str]:
    """Return a short, distinct title for each run by id, without the name of the dataset.

    Runs with equal names also get the time they were started, in the time zone of the browser.
    """
    titles = {run.id: one_line(run.name.removesuffix(f" on {dataset_name}"), _LONGEST) for run in runs}
    counts = Counter(titles.values())
    for run in runs:
        if counts[titles[run.id]] > 1:
            titles[run.id] += f" \u00b7 {_time(run.created_at)}"
    titles = unique_names(titles)
    return {run.id: titles[run.id] + (f" ({_STATUSES[run.status]})" if run.status in _STATUSES else "") for run in runs}


def _time(epoch_s: float) -> str:
    zone: ZoneInfo | None = None
    try:
        zone = ZoneInfo(st.context.timezone) if st.context.timezone else None
    except (ZoneInfoNotFoundError, ValueError):
        # The browser sends it: the time is then shown in UTC.
        zone = None
    moment = datetime.fromtimestamp(epoch_s, zone or UTC)
    return f"{moment.day} {moment:%b %H:%M}"


def _siblings(embedding: EmbeddingRow) -> dict[str, str]:
    """Return the names of the embeddings that are offered next to this one, by id."""
    workspace = resources.workspace()
    if embedding.run_id:
        rows = in_order(workspace.embeddings(run_id=embedding.run_id))
    elif embedding.dataset_id:
        rows = workspace.embeddings(dataset_id=embedding.dataset_id, most=MOST_OPTIONS)
    else:
        # Workspaces of earlier versions have embeddings of which nothing else is known.
        rows = listing.embeddings_without_origin(workspace, most=MOST_OPTIONS)
    by_id = {row.id: row for row in (*rows, embedding)}
    if embedding.run_id or embedding.dataset_id:
        return unique_names({row.id: one_line(heading(row.name), _LONGEST) for row in by_id.values()})
    return unique_names({row.id: one_line(row.title or row.name, _LONGEST) for row in by_id.values()})


def _box(level: str, newest: Mapping[str, str], chosen: tuple[str, str] | None, placeholder: str) -> None:
    """Draw the box of one level. Options of a select box are plain text in the browser, not Markdown."""
    chosen_id = chosen[0] if chosen is not None else None
    offered = {row_id: newest[row_id] for row_id in list(newest)[:MOST_OPTIONS]}
    names = unique_names(offered | ({chosen[0]: chosen[1]} if chosen is not None else {}))
    key = _key(level, chosen_id)
    st.session_state[key] = chosen_id

    def changed() -> None:
        picked = st.session_state[key]
        # If a name changed while the page was open, the browser sends the old name, which is not a choice.
        if picked in names and picked != chosen_id:
            st.session_state[_slot(level)] = (st.session_state[_slot(level)][0], picked)
            current.put(level, picked)

    st.selectbox(
        _LABELS[level],
        list(names),
        format_func=lambda row_id: names.get(row_id, row_id),
        key=key,
        on_change=changed,
        label_visibility="collapsed",
        placeholder=placeholder,
        icon=_ICONS[level],
        help=_older_hint(level) if len(newest) > MOST_OPTIONS else None,
    )


def _older_hint(level: str) -> str:
    return f"The newest {MOST_OPTIONS} {level}s. Search for the others on the right."


def _slot(level: str) -> str:
    return f"breadcrumb:{level}"


def _key(level: str, chosen_id: str | None) -> str:
    """Return the key of a box, which changes when something else than the box itself has changed its level."""
    number, last = st.session_state.get(_slot(level), (0, chosen_id))
    if last != chosen_id:
        number += 1
    st.session_state[_slot(level)] = (number, chosen_id)
    return f"switch-{level}" if number == 0 else f"switch-{level}:{number}"


def _search() -> None:
    """Draw the search for datasets and runs that are older than those the boxes offer."""
    with st.popover("Search", icon=":material/search:", help="Search all datasets and runs", key="breadcrumb-popover"):
        words = st.text_input(
            "Search all datasets and runs",
            key=_SEARCH,
            placeholder="Part of a name",
            icon=":material/search:",
            max_chars=LONGEST_NAME,
        )
        if not words.strip():
            return
        workspace = resources.workspace()
        datasets = listing.find_datasets(workspace, words, most=_MOST_FOUND)
        runs = listing.find_runs(workspace, words, most=_MOST_FOUND)
        for level, rows in (("dataset", datasets.rows), ("run", runs.rows)):
            names = unique_names({row.id: one_line(row.name, _LONGEST) for row in rows})
            for row_id, name in names.items():
                st.button(
                    plain(name, 80),
                    key=f"breadcrumb-{level}-{row_id}",
                    icon=_ICONS[level],
                    type="tertiary",
                    on_click=_open_found,
                    args=(level, row_id),
                )
        n_more = datasets.n_found + runs.n_found - len(datasets.rows) - len(runs.rows)
        if not datasets.rows and not runs.rows:
            st.caption("Nothing has this name.")
        elif n_more:
            st.caption(f"{n_more:,} more. Type more of the name.")


def _open_found(level: str, row_id: str) -> None:
    st.session_state[_SEARCH] = ""
    current.put(level, row_id)
