"""How far to trust the picture: a sentence, and the measures behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from embedlab.ui.shell.plain import plain
from embedlab.workspace.rows import ProjectionRow


def trust_sentence(row: ProjectionRow) -> str | None:
    """Return how far to trust the picture, and on how many points that was measured; None if it was not measured."""
    recall = row.quality.get("knn_recall_10")
    if recall is None:
        reasons = row.quality.get("not_computed", {})
        if reason := reasons.get("knn_recall_10"):
            return f"The share of true neighbors in this picture is unknown. {reason}"
        # All measures failed.
        whole: str | None = reasons.get("quality")
        return whole
    sentence = f"This picture keeps {recall:.0%} of each point's 10 nearest neighbors{_sample_text(row.quality)}."
    shares = row.quality.get("explained_variance_ratio")
    return f"{sentence} It shows {sum(shares):.0%} of the variance." if shares else sentence


#: Further measures of a map: their names, titles, and what they say.
_MEASURES = (
    ("trustworthiness", "Trustworthiness", "falls if points that are far apart become neighbors; a random map has 0.5"),
    ("continuity", "Continuity", "falls if neighbors are torn apart; a random map has 0.5"),
    ("distance_spearman", "Rank correlation of distances", "1 if all distances have the right order; random: 0"),
    ("stress", "Scale-normalized stress", "relative error of the distances; 0 is perfect"),
)


def trust_details(quality: Mapping[str, Any]) -> str:
    """Return further measures of a map as a list in Markdown; empty if none was measured."""
    lines = [
        f"- **{title} {quality[name]:.2f}**: {meaning}"
        for name, title, meaning in _MEASURES
        if isinstance(quality.get(name), int | float)
    ]
    return "\n".join(lines)


def _sample_text(quality: Mapping[str, Any]) -> str:
    # Maps from earlier versions lack these values.
    sampled, n_points = quality.get("sampled"), quality.get("n_points")
    if sampled is None or n_points is None:
        return ""
    points = f"all {n_points:,}" if sampled == n_points else f"{sampled:,} of {n_points:,}"
    return f" (measured on {points} points)"


def trust(row: ProjectionRow) -> None:
    """Draw how far to trust the picture."""
    sentence = trust_sentence(row)
    if sentence is not None:
        st.caption(plain(sentence, 300), help=trust_details(row.quality) or None)
    if axes := row.quality.get("axes"):
        named = (f"{name}: {axis}" for name, axis in zip("xyz", axes, strict=False))
        st.caption(plain("; ".join(named), 300))
