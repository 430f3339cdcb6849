"""Decoding the images that a table of pairs names, to one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import EmbedLabError
from embedlab.kinds.pairs.options import LARGEST_SIDE
from embedlab.kinds.pairs.plan import image_members
from embedlab.kinds.reading_report import Changes
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.pictures import MOST_BYTES, Pixels, decode, fitted

#: Longest side that is stored unless another one is chosen.
_USUAL_SIDE = 32


def image_pixels(
    upload: OpenedUpload,
    names: Sequence[str],
    size: int | None,
    changes: Changes,
    report: Callable[[float], None],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Decode the named images of an archive.

    Parameters
    ----------
    names
        As the table names them: the path in the archive, or its last part if that is unique.
    size
        Height and width; None: those of the first image, at most 32.
    changes
        Counts images that are missing or cannot be read.

    Returns
    -------
    `(n, height, width, channels)` uint8, zeros where an image is missing; and `(n,)` whether each was read.
    """
    members = _by_name(upload)
    pixels: npt.NDArray[np.uint8] | None = None
    is_read = np.zeros(len(names), np.bool_)
    shape = None if size is None else (size, size)
    with upload.share_archive():
        for row, name in enumerate(names):
            member = members.get(name.replace("\\", "/").removeprefix("./"))
            if member is None:
                changes.leave_out("images that are not in the archive", name)
                continue
            try:
                with upload.of_member(member).open() as source:
                    picture = decode(source.read(MOST_BYTES + 1))
            except EmbedLabError as error:
                changes.leave_out("images that cannot be read", f"{name}: {error.what}")
                continue
            for note in picture.notes:
                changes.convert(note, name)
            if shape is None:
                shape = _bounded(*picture.size)
            if pixels is None:
                pixels = np.zeros((len(names), *shape, 3), np.uint8)
            pixels[row] = fitted(picture.pixels, *shape, 3)
            is_read[row] = True
            if row % 200 == 0:
                report(row / len(names))
    if pixels is None:
        return np.zeros((len(names), 8, 8, 1), np.uint8), is_read
    return (pixels[..., :1] if _is_gray(pixels) else pixels), is_read


def _is_gray(pixels: Pixels) -> bool:
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())


def _by_name(upload: OpenedUpload) -> dict[str, str]:
    members = image_members(upload)
    last_parts: dict[str, list[str]] = {}
    for name in members:
        last_parts.setdefault(PurePosixPath(name).name, []).append(name)
    unique = {last: full[0] for last, full in last_parts.items() if len(full) == 1}
    return {**unique, **{name: name for name in members}}


def _bounded(height: int, width: int) -> tuple[int, int]:
    """Return height and width of the stored images: those of the first one, scaled down to the usual side."""
    factor = min(1.0, _USUAL_SIDE / max(height, width))
    return tuple(min(LARGEST_SIDE, max(4, round(side * factor))) for side in (height, width))  # type: ignore[return-value]
