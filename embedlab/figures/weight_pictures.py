"""Weights of a layer on pixels, as a picture for each unit."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from embedlab.figures.palette import DIVERGING, Theme


def weight_pictures(
    kernel: npt.NDArray[np.floating], shape: tuple[int, int, int], *, theme: Theme, most: int
) -> list[npt.NDArray[np.uint8]]:
    """Return the first `most` units as `(height, width, 3)` uint8 pictures, on a diverging scale around zero.

    Parameters
    ----------
    kernel
        `(height * width * channels, n_units)`; the weights of the channels of a pixel are averaged.
    shape
        Height, width and channels.

    Notes
    -----
    Each unit has its own scale: from minus to plus its largest absolute weight.
    """
    weights = np.asarray(kernel[:, :most], np.float64).reshape(*shape, -1).mean(axis=2)
    pictures = []
    for unit in np.moveaxis(weights, -1, 0):
        largest = float(np.abs(unit).max()) or 1.0
        pictures.append(_colored(0.5 + 0.5 * unit / largest, theme))
    return pictures


def _colored(values: npt.NDArray[np.float64], theme: Theme) -> npt.NDArray[np.uint8]:
    positions = [position for position, _ in DIVERGING[theme]]
    colors = np.array([[int(color[at : at + 2], 16) for at in (1, 3, 5)] for _, color in DIVERGING[theme]])
    channels = [np.interp(values, positions, colors[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
