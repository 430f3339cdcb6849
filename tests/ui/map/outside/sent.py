"""What the browser sends for an HTML file, made in Python."""

from __future__ import annotations

import json
import struct

import numpy as np

SHOWN = {"name": "one", "color": "#112233", "opacity": 0.9, "legend": 0, "state": "shown"}


def header(n_points=3, n_components=2, **values):
    """Return a header that is valid unless `values` are not."""
    colors = {"background": "#101010", "text": "#fafafa", "accent": "#4da3e6"}
    return {"n_points": n_points, "n_components": n_components, "groups": [SHOWN], "size": 4.5, **colors, **values}


def sent(about, rows=None, places=None, sizes=None, codes=None, symbols=None) -> bytes:
    """Return the bytes for a header and arrays."""
    n = about["n_points"]
    content = json.dumps(about).encode()
    rows = range(n) if rows is None else rows
    places = np.arange(n * about["n_components"]) if places is None else places
    parts = [np.asarray(rows, "<u4"), np.asarray(places, "<f4")]
    parts += [] if sizes is None else [np.asarray(sizes, "<f4")]
    parts += [np.asarray(np.zeros(n) if codes is None else codes, "<u2")]
    parts += [] if symbols is None else [np.asarray(symbols, "<u1")]
    return struct.pack("<I", len(content)) + content + b"".join(part.tobytes() for part in parts)
