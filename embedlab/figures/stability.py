"""Histogram of the stability of keys."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from embedlab.figures.palette import Theme, category_color, new_figure

_BINS = 10


def keys_by_share(
    shares: npt.NDArray[np.floating], *, theme: Theme = "light", noun: str = "keys", height: int = 240
) -> go.Figure:
    """Draw a histogram of the share of neighbors that keys keep, in ten bins.

    Parameters
    ----------
    shares
        `(n_keys,)`, 0 to 1; values that are not finite were not computed and are left out.
    noun
        Plural noun for the keys.
    """
    known = np.asarray(shares, dtype=np.float64)
    known = known[np.isfinite(known)]
    # A share such as 0.3 may be slightly smaller as a float.
    counts = np.bincount(np.minimum((known * _BINS + 1e-6).astype(np.int64), _BINS - 1), minlength=_BINS)
    names = [f"{10 * each} to {10 * each + 10} %" for each in range(_BINS)]
    figure = new_figure(theme, height=height, xaxis_title="stable neighbors", yaxis_title=noun, bargap=0.08)
    figure.add_bar(
        x=list(range(_BINS)),
        y=counts.tolist(),
        customdata=names,
        marker={"color": category_color(0, theme)},
        hovertemplate=f"%{{customdata}}: %{{y:,}} {noun}<extra></extra>",
    )
    ends = [each - 0.5 for each in range(0, _BINS + 1, 2)]
    figure.update_xaxes(
        tickvals=ends,
        ticktext=[f"{20 * each} %" for each in range(len(ends))],
        range=[ends[0], ends[-1] + 0.02],
        zeroline=False,
    )
    # Half of the last tick label is beyond the axis.
    figure.update_layout(margin_r=32)
    return figure
