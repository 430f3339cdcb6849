"""The frame around every page: title, purpose, and the switches for dataset and embedding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.ui.shell import current, navigation, resources, work_indicator
from embedlab.ui.shell.navigation import PageSpec
from embedlab.workspace import listing

# A switch sends all its options to the browser.
_MOST_OPTIONS = 100


def draw(page: PageSpec) -> None:
    """Draw the sidebar and the top of `page`."""
    current.follow_address()
    with st.sidebar.container(key="ways", gap="xxsmall"):
        for other in navigation.present():
            # Without the state: a fragment may change it while these stand still, and the session knows it anyway.
            page_link(other.name, icon=other.icon, query={}, width="stretch")
    with st.container(horizontal=True, vertical_alignment="bottom", key="frame"):
        with st.container(width="stretch", gap=None):
            # The map leaves its heading out only where there is a map to make room for.
            if not page.compact or current.current_embedding() is None:
                st.title(page.title, anchor=False)
            st.caption(page.purpose)
        work_indicator.draw()
        _switches()


def _switches() -> None:
    workspace = resources.workspace()
    # One more than is offered tells whether there are others.
    some = listing.find_names(workspace, most=_MOST_OPTIONS + 1)
    datasets = {row_id: one_line(name, 60) for row_id, name in some.items()}
    made = workspace.embeddings(most=_MOST_OPTIONS + 1)
    embeddings = {row.id: one_line(row.title or row.name, 60) for row in made}
    dataset, embedding = current.current_dataset(), current.current_embedding()
    if dataset is not None:
        offered = _offered(datasets, dataset.id, one_line(dataset.name, 60))
        older = _older(datasets, "datasets", "Data")
        _switch("dataset", "Dataset", offered, dataset.id, current.choose_dataset, older)
    if embedding is not None:
        offered = _offered(embeddings, embedding.id, one_line(embedding.title or embedding.name, 60))
        older = _older(embeddings, "embeddings", "Runs")
        _switch("embedding", "Embedding", offered, embedding.id, current.set_embedding, older)


def _offered(newest: Mapping[str, str], chosen: str, name: str) -> dict[str, str]:
    """Return the newest names by id, and that of the chosen one, which may be older."""
    return {row_id: newest[row_id] for row_id in list(newest)[:_MOST_OPTIONS]} | {chosen: name}


def _older(newest: Mapping[str, str], noun: str, page: str) -> str | None:
    """Return where older ones are found; None when there are none."""
    return (
        f"The newest {_MOST_OPTIONS} {noun}. The page {page} finds the others." if len(newest) > _MOST_OPTIONS else None
    )


def unique_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by id, each once: the browser identifies a choice by its text.

    Where two read the same, as much of the id is added as tells them apart.
    """
    unique = dict(names)
    for longest in (4, 20, 200):
        counts = Counter(unique.values())
        shared = [row_id for row_id, name in unique.items() if counts[name] > 1]
        unique |= {row_id: f"{names[row_id]} · {one_line(row_id, 200)[:longest]}" for row_id in shared}
    counts = Counter(unique.values())
    # Ids that differ only in what is not shown, or whose beginnings do.
    return {
        row_id: name if counts[name] == 1 else f"{name} · {number}"
        for number, (row_id, name) in enumerate(unique.items())
    }


def _switch(
    name: str, label: str, names: Mapping[str, str], chosen: str, put: Callable[[str], None], said: str | None
) -> None:
    """Draw one switch. Options of a select box are plain text in the browser, not Markdown."""
    key = f"switch-{name}"
    names = unique_names(names)
    st.session_state[key] = chosen
    options: Sequence[str] = list(names)

    def changed() -> None:
        # A name that changed while the page stood comes back as the name itself: that is no choice of anybody's.
        if st.session_state[key] in names:
            put(st.session_state[key])

    st.selectbox(
        label,
        options,
        format_func=lambda row_id: names.get(row_id, row_id),
        key=key,
        on_change=changed,
        width=220,
        help=said,
    )


def empty_state(
    what: str, action: str, page: str, *, icon: str = ":material/explore:", query: Mapping[str, Any] | None = None
) -> None:
    """Show what is missing and the one step that brings it: an empty page is never a blank.

    Parameters
    ----------
    what
        One plain sentence of our own (foreign strings in it through `plain.plain`).
    action
        What the link says.
    page
        The name of the page it leads to.
    icon
        A material icon.
    query
        Query parameters for that page.
    """
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"#### {icon} {what}", width="content")
        page_link(page, label=action, query=query)


def page_link(
    page: str,
    *,
    label: str | None = None,
    icon: str | None = ":material/arrow_forward:",
    query: Mapping[str, Any] | None = None,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Show a link to a page, taking the current state along; a page that does not exist yet shows nothing."""
    target = navigation.spec(page)
    if target in navigation.present():
        st.page_link(
            navigation.st_page(target),
            label=label or target.title,
            icon=icon,
            query_params=current.link() if query is None else dict(query),
            width=width,
        )


def open_page(page: str, **values: str | None) -> None:
    """Go to a page, with the current state changed by `values` (`embedding=...`, `key=...`)."""
    st.switch_page(navigation.st_page(navigation.spec(page)), query_params=current.link(**values))
