"""Pictures of the points of a map: thumbnails in sheets, and single pictures, at addresses that never change."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, NotFoundError
from embedlab.core.pictures import Pictures, png, thumbnails
from embedlab.core.roles import role
from embedlab.kinds.registry import kind_or_unknown
from embedlab.ui.map import isolated
from embedlab.ui.map.view import View
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow

#: Session key of the toggle.
SHOWN = "map:pictures"
#: Thumbnails in each row and column of a sheet; the same as in `static/map/sprites.js`.
COLUMNS = 64
PER_SHEET = COLUMNS * COLUMNS
#: Longest side of a thumbnail, in pixels: a sheet has at most 2048 x 2048.
LARGEST_THUMBNAIL = 32
#: Ground of strokes.
Ground = Literal["dark", "light"]
#: Pictures are drawn as ink if they are gray, and this near to black or white at their borders (0 to 255) on average.
_DARK_BORDER = 40
_SAMPLED = 200
#: Whole pictures in memory at a time, while a sheet of thumbnails is made.
_AT_A_TIME = 256


def pictures_of(row: EmbeddingRow) -> Pictures | None:
    """Return the pictures of an embedding's keys; None if there are none, or their dataset was deleted."""
    workspace, dataset_id = resources.workspace(), row.dataset_id
    if dataset_id is None:
        return None
    with suppress(NotFoundError):
        known = kind_or_unknown(workspace.dataset(dataset_id).kind)
        if known.has_pictures:
            # None is not cached, but it is found without opening anything.
            return resources.open_cached(
                "pictures", row.id, lambda: known.pictures(workspace.open_dataset(dataset_id), row.name)
            )
    return None


def mark_column(row: EmbeddingRow, embedding: Embedding) -> str | None:
    """Return the metadata column that marks some of the keys, such as mistakes; None if there is none."""
    mark = role(row.name).mark
    return mark[0] if mark is not None and mark[0] in embedding.metadata.columns else None


def for_browser(view: View) -> dict[str, Any] | None:
    """Return what the browser needs to draw the pictures of a map; None if there are none, or they are damaged."""
    try:
        pictures = pictures_of(view.row)
    except EmbedLabError:
        return None
    if pictures is None:
        return None
    height, width = thumbnail_size(pictures)
    n, mark = view.embedding.n_keys, role(view.row.name).mark
    return {
        "id": pictures.digest,
        "n": n,
        "height": height,
        "width": width,
        "stride": stride(n),
        "ink": ground_of(pictures, view.embedding) is not None,
        "only": None if pictures.only is None else {"column": pictures.only[0], "values": list(pictures.only[1])},
        "mark": None if mark is None else {"column": mark[0], "value": mark[1]},
    }


def thumbnail_size(pictures: Pictures) -> tuple[int, int]:
    """Return height and width of a thumbnail."""
    height, width = pictures.size
    factor = min(1.0, LARGEST_THUMBNAIL / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def stride(n: int) -> int:
    """Return the distance, in keys, of neighbors in a sheet: near the golden ratio, and with no common factor.

    Key number ``rank * stride % n`` is at place `rank`. All keys occur, and the first ones are spread evenly over them.
    """
    wanted = max(1, round(n * 0.618))
    return next(each for each in range(wanted, 0, -1) if math.gcd(each, n) == 1)


def ground_of(pictures: Pictures, embedding: Embedding) -> Ground | None:
    """Return the ground of gray pictures that are strokes on an even ground, such as handwritten digits; else None."""
    n = embedding.n_keys
    keys = [embedding.keys[row] for row in np.linspace(0, n - 1, min(n, _SAMPLED)).astype(int).tolist()]
    sample = pictures.of(keys)
    if sample.ndim == 4 and sample.shape[3] == 4:
        sample = _seen(sample)
    if sample.ndim != 3 or not len(sample):
        return None
    edges = np.concatenate([sample[:, [0, -1], :].reshape(-1), sample[:, :, [0, -1]].reshape(-1)])
    if edges.mean() < _DARK_BORDER:
        return "dark"
    return "light" if edges.mean() > 255 - _DARK_BORDER else None


def sheet(source_id: str, digest: str, number: int) -> bytes:
    """Return a sheet of thumbnails as a PNG file: row by row, in the order of `stride`.

    Ink is in the alpha channel, so that the browser can color it.

    Raises
    ------
    NotFoundError
        The points have no pictures of this id, or fewer sheets.
    """
    pictures, embedding = _opened(source_id, digest)
    n = embedding.n_keys
    ranks = np.arange(number * PER_SHEET, min(n, (number + 1) * PER_SHEET), dtype=np.int64)
    if not len(ranks):
        raise NotFoundError("There is no such sheet of pictures.", received=str(number))
    keys = [embedding.keys[row] for row in (ranks * stride(n) % n).tolist()]
    height, width = thumbnail_size(pictures)
    # Whole pictures may have 16 times as many pixels as their thumbnails.
    blocks = (keys[start : start + _AT_A_TIME] for start in range(0, len(keys), _AT_A_TIME))
    tiles = np.concatenate([thumbnails(pictures.of(block), height, width) for block in blocks])
    ground = ground_of(pictures, embedding)
    if ground is not None:
        tiles = _as_alpha(tiles, ground)
    n_rows = -(-len(tiles) // COLUMNS)
    padded = np.zeros((n_rows * COLUMNS, *tiles.shape[1:]), np.uint8)
    padded[: len(tiles)] = tiles
    laid_out = padded.reshape(n_rows, COLUMNS, height, width, -1).swapaxes(1, 2)
    pixels = laid_out.reshape(n_rows * height, COLUMNS * width, -1)
    return png(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def picture(source_id: str, digest: str, number: int) -> bytes:
    """Return the picture of one point as a PNG file; raises `NotFoundError` if there is none."""
    pictures, embedding = _opened(source_id, digest)
    if number >= embedding.n_keys:
        raise NotFoundError("There is no such picture.", received=str(number))
    return png(pictures.of([embedding.keys[number]])[0])


def _opened(source_id: str, digest: str) -> tuple[Pictures, Embedding]:
    pictures = pictures_of(isolated.embedding_row(source_id))
    if pictures is None or pictures.digest != digest:
        raise NotFoundError("There are no such pictures.", received=digest[:40])
    return pictures, isolated.load_points(source_id)


def _seen(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the pictures that are not transparent; without the color axis if they are gray."""
    colors = pixels[pixels[..., 3].any(axis=(1, 2))][..., :3]
    return colors[..., 0] if (colors == colors[..., :1]).all() else colors


def _as_alpha(tiles: npt.NDArray[np.uint8], ground: Ground) -> npt.NDArray[np.uint8]:
    """Return white pixels whose opacity is the contrast to the ground."""
    # Pictures that some keys lack have an alpha channel, and are gray: the brightness is in any color.
    brightness = tiles if tiles.ndim == 3 else tiles[..., 0]
    ink = brightness if ground == "dark" else 255 - brightness
    colored = np.full((*brightness.shape, 4), 255, np.uint8)
    colored[..., 3] = ink if tiles.ndim == 3 else np.minimum(ink, tiles[..., 3])
    return colored
