"""The pictures of the keys nearest to one, where keys have pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from embedlab.core.pictures import Pictures
from embedlab.core.similarity import Answer
from embedlab.ui.map.pictures import pictures_of
from embedlab.ui.widgets.picture_grid import picture_grid
from embedlab.workspace.rows import EmbeddingRow

#: More pictures than this would hide the list below them.
_MOST = 16


def draw_near_pictures(row: EmbeddingRow, answers: Sequence[Answer]) -> None:
    """Draw the pictures of the nearest keys, if they have any."""
    known = pictures_of(row)
    if known is None:
        return
    found, names = seen_pictures(known, answers[:_MOST])
    if found:
        picture_grid(found, names)


def seen_pictures(known: Pictures, answers: Sequence[Answer]) -> tuple[list[npt.NDArray[np.uint8]], list[str]]:
    """Return the pictures of the answers that have one, and their labels."""
    if not answers:
        return [], []
    pixels = known.of([answer.key for answer in answers])
    has_alpha = pixels.ndim == 4 and pixels.shape[-1] == 4
    rows = np.flatnonzero(pixels[..., 3].any(axis=(1, 2))).tolist() if has_alpha else range(len(pixels))
    return [pixels[place] for place in rows], [answers[place].label for place in rows]
