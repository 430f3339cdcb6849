"""The frame around every page: navigation, title, purpose, and the dataset and embedding selectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.ui.shell import current, navigation, resources, work_indicator
from embedlab.ui.shell.navigation import PageSpec
from embedlab.workspace import listing

# A select box sends all its options to the browser.
_MOST_OPTIONS = 100


def draw(page: PageSpec) -> None:
    """Draw the sidebar and the top of `page`."""
    current.follow_address()
    with st.sidebar.container(key="ways", gap="xxsmall"):
        for other in navigation.present():
            # No query parameters: a fragment may change them without redrawing these links. The session has them.
            page_link(other.name, icon=other.icon, query={}, width="stretch")
    with st.container(horizontal=True, vertical_alignment="bottom", key="frame"):
        with st.container(width="stretch", gap=None):
            # The Map page has no heading, but only if there is a map that needs the space.
            if not page.compact or current.current_embedding() is None:
                st.title(page.title, anchor=False)
            st.caption(page.purpose)
        work_indicator.draw()
        _switches()


def _switches() -> None:
    workspace = resources.workspace()
    # One more than is offered shows whether there are more.
    names = listing.find_names(workspace, most=_MOST_OPTIONS + 1)
    datasets = {row_id: one_line(name, 60) for row_id, name in names.items()}
    rows = workspace.embeddings(most=_MOST_OPTIONS + 1)
    embeddings = {row.id: one_line(row.title or row.name, 60) for row in rows}
    dataset, embedding = current.current_dataset(), current.current_embedding()
    if dataset is not None:
        offered = _offered(datasets, dataset.id, one_line(dataset.name, 60))
        help_text = _older_hint(datasets, "datasets", "Data")
        _switch("dataset", "Dataset", offered, dataset.id, current.choose_dataset, help_text)
    if embedding is not None:
        offered = _offered(embeddings, embedding.id, one_line(embedding.title or embedding.name, 60))
        help_text = _older_hint(embeddings, "embeddings", "Runs")
        _switch("embedding", "Embedding", offered, embedding.id, current.set_embedding, help_text)


def _offered(newest: Mapping[str, str], chosen: str, name: str) -> dict[str, str]:
    """Return the newest names by id, plus the selected one, which may be older."""
    return {row_id: newest[row_id] for row_id in list(newest)[:_MOST_OPTIONS]} | {chosen: name}


def _older_hint(newest: Mapping[str, str], noun: str, page: str) -> str | None:
    """Return where to find older ones; None if there are none."""
    return (
        f"The newest {_MOST_OPTIONS} {noun}. Find the others on the {page} page."
        if len(newest) > _MOST_OPTIONS
        else None
    )


def unique_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by id without duplicates, since the browser identifies an option by its text.

    Equal names get as much of the id as makes them different.
    """
    unique = dict(names)
    for longest in (4, 20, 200):
        counts = Counter(unique.values())
        shared = [row_id for row_id, name in unique.items() if counts[name] > 1]
        unique |= {row_id: f"{names[row_id]} · {one_line(row_id, 200)[:longest]}" for row_id in shared}
    counts = Counter(unique.values())
    # Some ids differ only in characters that are not shown.
    return {
        row_id: name if counts[name] == 1 else f"{name} · {number}"
        for number, (row_id, name) in enumerate(unique.items())
    }


def _switch(
    name: str, label: str, names: Mapping[str, str], chosen: str, put: Callable[[str], None], help_text: str | None
) -> None:
    """Draw one selector. Options of a select box are plain text in the browser, not Markdown."""
    key = f"switch-{name}"
    names = unique_names(names)
    st.session_state[key] = chosen
    options: Sequence[str] = list(names)

    def changed() -> None:
        # If a name changed while the page was open, the browser sends the old name, which is not a choice.
        if st.session_state[key] in names:
            put(st.session_state[key])

    st.selectbox(
        label,
        options,
        format_func=lambda row_id: names.get(row_id, row_id),
        key=key,
        on_change=changed,
        width=220,
        help=help_text,
    )


def empty_state(
    what: str, action: str, page: str, *, icon: str = ":material/explore:", query: Mapping[str, Any] | None = None
) -> None:
    """Show what is missing and a link to the next step, so that an empty page is never blank.

    Parameters
    ----------
    what
        A short statement without a full stop; user strings in it must go through `plain.plain`.
    action
        Label of the link.
    page
        Name of the target page.
    icon
        Material icon.
    query
        Query parameters of the target page.
    """
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(f"## {icon} {what}", width="content")
        page_link(page, label=action, query=query)


def page_link(
    page: str,
    *,
    label: str | None = None,
    icon: str | None = ":material/arrow_forward:",
    query: Mapping[str, Any] | None = None,
    width: Literal["content", "stretch"] = "content",
) -> None:
    """Draw a link to a page with the current state; draw nothing if the page does not exist."""
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
    """Open a page with the current state, changed by `values` (`embedding=...`, `key=...`)."""
    st.switch_page(navigation.st_page(navigation.spec(page)), query_params=current.link(**values))
