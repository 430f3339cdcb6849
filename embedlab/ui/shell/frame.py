"""The frame around every page: navigation, title, purpose, and the breadcrumb of the current selection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import streamlit as st

from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.registry import learns_vectors, models_for
from embedlab.ui.shell import breadcrumb, current, navigation, notices, open_dialog, work_indicator
from embedlab.ui.shell.current import Gap
from embedlab.ui.shell.navigation import PageSpec
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.selection import NAMES
from embedlab.ui.shell.unique_names import unique_names

__all__ = ["draw", "empty_state", "no_embedding", "open_page", "page_link", "unique_names"]


def draw(page: PageSpec) -> None:
    """Draw the sidebar and the top of `page`."""
    current.follow_address(page.name)
    open_dialog.follow_page(page.name)
    notices.draw()
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
        work_indicator.draw(page.name)
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="breadcrumb"):
            breadcrumb.draw(current.selection())
            _next_step(page)
    if sentences := current.corrections():
        st.info(plain(" ".join(sentences), 600), icon=":material/link_off:")


def _next_step(page: PageSpec) -> None:
    """Draw, in place of an embedding, what leads to one."""
    selection = current.selection()
    match selection.gap:
        case Gap.UNTRAINED if page.name == "train":
            st.caption("Not trained yet", width="content")
        case Gap.UNTRAINED if selection.dataset is not None and models_for(selection.dataset.kind):
            page_link("train", label="Not trained yet: train it", icon=":material/model_training:")
        case Gap.TRAINING:
            page_link("runs", label="Training: watch it", icon=":material/monitoring:", query=_run_query())
        case Gap.STOPPED | Gap.DELETED:
            page_link("runs", label="No embedding: open run", icon=":material/list_alt:", query=_run_query())


def _run_query() -> dict[str, str]:
    run = current.current_run()
    return current.link(run=run.id if run is not None else None) | {"view": "one"}


def no_embedding(what_for: str, icon: str) -> None:
    """Show why the current selection has no embedding, and a link to the next step.

    Parameters
    ----------
    what_for
        Why the page needs one, for example `to query`.
    icon
        Material icon.
    """
    selection = current.selection()
    dataset, run = selection.dataset, selection.run
    match selection.gap:
        case Gap.UNTRAINED if dataset is not None and models_for(dataset.kind):
            what = f"{plain(dataset.name, 60)} is not trained yet, so there is no embedding {what_for}"
            empty_state(what, "Train it", "train", icon=icon)
        case Gap.UNTRAINED if dataset is not None:
            title = kind_or_unknown(dataset.kind).title
            what = f"{plain(dataset.name, 60)} ({plain(title)}) has no embedding {what_for}"
            empty_state(
                what, "Open dataset", "data", icon=icon, query=current.link(dataset=dataset.id) | {"view": "one"}
            )
        case Gap.TRAINING if run is not None:
            what = f"{plain(run.name, 60)} is still training, so there is no embedding {what_for} yet"
            empty_state(what, "Watch it", "runs", icon=icon, query=_run_query())
        case Gap.STOPPED | Gap.DELETED if run is not None:
            without = "no longer has one" if learns_vectors(run.model) else "has no vectors"
            reason = "did not finish" if selection.gap is Gap.STOPPED else without
            what = f"{plain(run.name, 60)} {reason}, so there is no embedding {what_for}"
            empty_state(what, "Open run", "runs", icon=icon, query=_run_query())
        case _:
            empty_state(f"No embedding {what_for} yet", "Train one on a sample", "start", icon=icon)


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
    """Open a page with the current state, changed by `values` (`embedding=...`, `key=...`); others go to its address.

    The state is changed before the page, so that nothing the browser sends meanwhile is mistaken for it.
    """
    current.select(**{name: value for name, value in values.items() if name in NAMES})
    of_page = {name: value for name, value in values.items() if name not in NAMES and value is not None}
    st.switch_page(navigation.st_page(navigation.spec(page)), query_params=current.link() | of_page)
