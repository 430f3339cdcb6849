"""Decoding the images that a table of pairs names, to one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import EmbedLabError, TooLargeError
from embedlab.kinds.pairs.options import LARGEST_SIDE
from embedlab.kinds.pairs.plan import image_members
from embedlab.kinds.reading_report import Changes
from embedlab.reading.limits import Limits
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
) -> tuple[Pixels, npt.NDArray[np.int64]]:
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
    `(n_read, height, width, channels)` uint8; and `(n,)` the place of each name's image among them, -1 for an image
    that is missing or cannot be read.

    Raises
    ------
    TooLargeError
        The images together are larger than the bound.
    """
    members = _by_name(upload)
    places = np.full(len(names), -1, np.int64)
    wanted: list[tuple[int, str]] = []
    for row, name in enumerate(names):
        member = members.get(name.replace("\\", "/").removeprefix("./"))
        if member is None:
            changes.leave_out("images that are not in the archive", name)
        else:
            wanted.append((row, member))
    pixels: Pixels | None = None
    shape, n_read = None if size is None else (size, size), 0
    with upload.share_archive():
        for number, (row, member) in enumerate(wanted):
            if number % 200 == 0:
                report(number / len(wanted))
            try:
                with upload.of_member(member).open() as source:
                    picture = decode(source.read(MOST_BYTES + 1))
            except EmbedLabError as error:
                changes.leave_out("images that cannot be read", f"{names[row]}: {error.what}")
                continue
            for note in picture.notes:
                changes.convert(note, names[row])
            if shape is None:
                shape = _bounded(*picture.size)
            if pixels is None:
                _check_size(len(wanted), shape, upload.limits)
                pixels = np.zeros((len(wanted), *shape, 3), np.uint8)
            pixels[n_read] = fitted(picture.pixels, *shape, 3)
            places[row], n_read = n_read, n_read + 1
    if pixels is None:
        return np.zeros((0, 8, 8, 1), np.uint8), places
    pixels = pixels[:n_read]
    return (pixels[..., :1] if _is_gray(pixels) else pixels), places


def _check_size(n_images: int, shape: tuple[int, int], limits: Limits) -> None:
    n_bytes = 3 * n_images * shape[0] * shape[1]
    if n_bytes > limits.max_unpacked_bytes:
        raise TooLargeError(
            "The images together are larger than is allowed.",
            received=f"{n_images:,} images of {shape[1]} x {shape[0]} pixels, {n_bytes / 1024**2:,.0f} MB",
            remedy=limits.remedy("Choose a smaller image size", "EMBEDLAB_MAX_UNPACKED_MB"),
        )


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
