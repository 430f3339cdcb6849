"""Figures of an imported graph."""

from __future__ import annotations

import streamlit as st

from embedlab.figures.graphs import degree_distribution, nodes_by_depth
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.kinds.reading_report import READ
from embedlab.ui.shell import resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import number
from embedlab.workspace.rows import DatasetRow

_SHOWN = 100


def draw(row: DatasetRow) -> None:
    """Draw how the file was read, the degrees, the levels or the components, and the nodes with most neighbors."""
    details = row.details
    for sentence in details.get(READ, {}).get("assumptions", []):
        st.caption(plain(str(sentence), 300))
    theme = run_figures.theme()
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("## Distribution of degrees")
        figure = degree_distribution(details["degrees"], theme=theme)
        run_figures.show(figure, key="degrees", alt="Number of nodes by their number of neighbors")
        mean = details.get("mean_degree")
        if mean is not None:
            st.caption(f"A node has {mean:,.1f} neighbors on average.")
    with right:
        hierarchy = details.get("hierarchy")
        if hierarchy is not None:
            st.markdown("## Levels of the hierarchy")
            figure = nodes_by_depth(hierarchy["nodes_by_depth"], theme=theme)
            run_figures.show(figure, key="depths", alt="Number of nodes at each depth of the hierarchy")
            st.caption(
                f"{number(hierarchy['roots'])} without a parent, {number(hierarchy['leaves'])} without children."
            )
        else:
            _components(details["components"], int(row.counts["nodes"]))
    st.markdown("## Nodes with most neighbors")
    nodes = GraphDataset.open(resources.workspace().dataset_folder(row.id)).nodes.head(_SHOWN)
    hidden = ["key"] if (nodes["key"] == nodes["label"]).all() else []
    st.dataframe(
        nodes.drop(columns=hidden),
        hide_index=True,
        placeholder="",
        height=340,
        column_config={
            "key": st.column_config.TextColumn("Node", width="small"),
            "label": st.column_config.TextColumn("Label" if not hidden else "Node", width="medium"),
            "count": st.column_config.NumberColumn("Neighbors", width="small"),
            "in_degree": st.column_config.NumberColumn("Incoming edges", width="small"),
            "out_degree": st.column_config.NumberColumn("Outgoing edges", width="small"),
            "depth": st.column_config.NumberColumn("Depth", width="small"),
            "component": st.column_config.NumberColumn("Component", width="small"),
        },
    )


def _components(components: dict[str, object], n_nodes: int) -> None:
    """Draw the sizes of the largest components, or that there is one."""
    sizes = [size for size in components.get("largest", []) if isinstance(size, int)]  # type: ignore[attr-defined]
    n_components = components.get("count")
    st.markdown("## Connected components")
    if n_components == 1:
        st.markdown(f"All {number(n_nodes)} nodes are connected.")
        return
    st.markdown(f"{number(int(str(n_components)))} components; nothing relates their positions to each other.")
    st.dataframe(
        {"Component": list(range(len(sizes))), "Nodes": sizes},
        hide_index=True,
        placeholder="",
        width=320,
    )
