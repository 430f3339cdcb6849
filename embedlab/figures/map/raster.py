"""Points drawn into a grid of pixels, and the grid as a PNG."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def draw_points(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], colors: Pixels, radius: float, width: int, height: int
) -> Pixels:
    """Return the points as filled circles on a transparent ground; later points cover earlier ones.

    Parameters
    ----------
    x, y
        `(n_points,)` positions in pixels from the upper left corner; those outside are left out.
    colors
        `(n_points, 3)` red, green and blue.
    radius
        Of the circles, in pixels.

    Returns
    -------
    `(height, width, 4)` red, green, blue and opacity.
    """
    # The number of the last point that covers each pixel, and -1 where there is none.
    top = np.full((height, width), -1, np.int64)
    numbers = np.arange(len(x))
    columns, rows = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    reach = int(np.ceil(radius))
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if down * down + right * right > radius * radius:
                continue
            at_row, at_column = rows + down, columns + right
            inside = (at_row >= 0) & (at_row < height) & (at_column >= 0) & (at_column < width)
            place = (at_row[inside], at_column[inside])
            # Of several points at one pixel NumPy assigns the last.
            top[place] = np.maximum(top[place], numbers[inside])
    pixels = np.zeros((height, width, 4), np.uint8)
    covered = top >= 0
    pixels[covered, :3] = colors[top[covered]]
    pixels[covered, 3] = 255
    return pixels


def png_bytes(pixels: Pixels) -> bytes:
    """Return `(height, width, 4)` pixels as a PNG file (ISO/IEC 15948, color type 6, no filter)."""
    height, width, _ = pixels.shape
    lines = np.zeros((height, 1 + 4 * width), np.uint8)
    lines[:, 1:] = pixels.reshape(height, 4 * width)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
