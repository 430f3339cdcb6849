"""How far to trust the picture: one sentence, the measures beside those of a random layout, and all maps compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.core.roles import is_map
from embedlab.jobs import map_trust
from embedlab.projections.trust.verdict import (
    MEASURES,
    best_of,
    measured,
    random_values,
    share_text,
    shows_whole_vectors,
    verdict,
)
from embedlab.ui.map.trust import trust_columns
from embedlab.ui.map.trust.pairs import open_pairs
from embedlab.ui.map.view import View
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.open_dialog import close, dialog_button
from embedlab.ui.shell.plain import plain
from embedlab.ui.shell.runs import run_of
from embedlab.workspace.rows import EmbeddingRow, ProjectionRow


def trust_sentence(row: ProjectionRow, embedding: EmbeddingRow) -> str | None:
    """Return how far to trust the picture; None if it was not measured."""
    if row.n_isolated is None and shows_whole_vectors(row.method, row.quality, embedding.vector_size, row.n_components):
        return _whole_sentence(row.quality, embedding)
    recall = measured(row.quality).get("knn_recall_10")
    if recall is None:
        reasons = row.quality.get("not_computed", {})
        if reason := reasons.get("knn_recall_10"):
            return f"The share of true neighbors in this picture is unknown. {reason}"
        # All measures failed.
        whole: str | None = reasons.get("quality")
        return whole
    random = random_values(row.quality).get("knn_recall_10")
    beside = "" if random is None else f" (a random picture: {share_text(random)})"
    sentences = [f"This picture keeps {share_text(recall)} of each point's 10 nearest neighbors{beside}."]
    sentences.append(verdict(row.quality))
    if shares := row.quality.get("explained_variance_ratio"):
        sentences.append(f"It shows {sum(shares):.0%} of the variance.")
    return " ".join(filter(None, sentences))


def _whole_sentence(quality: Mapping[str, Any], embedding: EmbeddingRow) -> str:
    if is_map(embedding.name, embedding.vector_size):
        return (
            "This picture is the embedding itself: the vectors are places in a disc. Distances grow toward its border, "
            "which is infinitely far away."
        )
    size = embedding.vector_size
    dimensions = f"{size} dimensions" if size > 1 else "1 dimension"
    whole = f"This picture is the embedding itself: its vectors have {dimensions}, and all distances are exact."
    recall = measured(quality).get("knn_recall_10")
    if recall is None:
        return whole
    return (
        f"{whole} Cosine similarity compares only directions from the origin: it shares {share_text(recall)} of the "
        "10 nearest neighbors."
    )


def measures_table(quality: Mapping[str, Any]) -> pd.DataFrame:
    """Return the measures of a map as a table of text: this picture, a random one, the best value, the meaning."""
    values, random = measured(quality), random_values(quality)
    shown = [each for each in MEASURES if each.name in values]
    return pd.DataFrame(
        {
            "This picture": [f"**{each.text(values[each.name])}**" for each in shown],
            "Random": [_cell(each.text(random.get(each.name))) for each in shown],
            "Best": [each.text(each.best) for each in shown],
            "Meaning": [f"{each.meaning[0].upper()}{each.meaning[1:]}" for each in shown],
        },
        index=pd.Index([each.title for each in shown], name="Measure"),
    )


def maps_table(rows: Sequence[ProjectionRow], titles: Mapping[str, str], shown: str) -> pd.DataFrame:
    """Return the measures of several maps side by side as text; the best value of each column is bold.

    Parameters
    ----------
    rows
        Maps of one embedding.
    titles
        Their names by id.
    shown
        Id of the map on the page.
    """
    values = [measured(row.quality) for row in rows]
    columns = {}
    for measure in MEASURES:
        of_maps = [each.get(measure.name) for each in values]
        if all(value is None for value in of_maps):
            continue
        best = best_of(measure, of_maps)
        best_text = None if best is None else measure.text(best)
        texts = [measure.text(value) for value in of_maps]
        columns[measure.title] = [f"**{text}**" if text == best_text else _cell(text) for text in texts]
    names = [f"{plain(titles[row.id])}{' (this map)' if row.id == shown else ''}" for row in rows]
    return pd.DataFrame(columns, index=pd.Index(names, name="Map"))


def _cell(text: str) -> str:
    # A hyphen alone would begin a list in Markdown.
    return "\\-" if text == "-" else text


def notes(quality: Mapping[str, Any]) -> list[str]:
    """Return how the measures were computed, and why some are missing, as sentences."""
    sentences = []
    sampled, n_points = quality.get("sampled"), quality.get("n_points")
    # Maps from earlier versions lack these values.
    if sampled is not None and n_points is not None:
        points = f"all {n_points:,} points" if sampled == n_points else f"{sampled:,} of {n_points:,} points"
        sentences.append(f"Measured on {points}, against their exact nearest neighbors by cosine similarity.")
    if left_out := quality.get("left_out"):
        sentences.append(f"{left_out:,} points with numbers that are not finite are left out.")
    return [*sentences, *dict.fromkeys(quality.get("not_computed", {}).values())]


def trust(view: View, titles: Mapping[str, str]) -> None:
    """Draw how far to trust the picture, and the buttons for the measures and the most distorted pairs.

    Parameters
    ----------
    titles
        Names of the embedding's maps by id.
    """
    row = view.projection
    sentence = trust_sentence(row, view.row)
    if sentence is not None:
        st.caption(plain(sentence, 400))
    if axes := row.quality.get("axes"):
        named = (f"{name}: {axis}" for name, axis in zip("xyz", axes, strict=False))
        st.caption(plain("; ".join(named), 300))
    with st.container(horizontal=True, gap="small"):
        if dialog_button("Measures", "fact_check", "map:measures", view.row.id):
            _measures_dialog(view, titles)
        st.button(
            "Distorted pairs", icon=":material/compare_arrows:", key="map:pairs", type="tertiary", on_click=open_pairs
        )


@st.dialog("How far can you trust this map?", width="large", on_dismiss=close)
def _measures_dialog(view: View, titles: Mapping[str, str]) -> None:
    quality = view.projection.quality
    table = measures_table(quality)
    if len(table):
        st.markdown(plain(f"{titles[view.projection.id]}. {verdict(quality)}", 400))
        st.table(table, border="horizontal")
    for sentence in notes(quality):
        st.caption(plain(sentence, 400))
    if len(view.projections) > 1:
        st.markdown("## Which map keeps most?")
        st.table(maps_table(view.projections, titles, view.projection.id), border="horizontal")
        st.caption("The best value in each column is bold.")
    st.markdown("## Where can you trust it?")
    st.caption(
        f"Color by “{trust_columns.TITLES[trust_columns.DISTORTION]}” to see where neighbors are false or missing, or "
        "click a point to compare its true neighbors with those in the picture."
    )
    _stability_hint(view)


def _stability_hint(view: View) -> None:
    if trust_columns.STABILITY in view.columns:
        title = trust_columns.TITLES[trust_columns.STABILITY]
        st.caption(f"Color by “{title}” to see which neighbors stay the same after training with another seed.")
        return
    run = run_of(view.row)
    if run is not None and map_trust.can_have_stability(resources.workspace(), view.row, run):
        st.caption(
            "Which neighbors does the model learn with every seed? Train it with other seeds on the page of its run; "
            "then the map can be colored by stability."
        )
        page_link("runs", label="Open run", query=current.link(run=run.id))
