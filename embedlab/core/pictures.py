"""Pictures of the keys of an embedding, which the map shows in place of points."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


class Pictures(ABC):
    """Small pictures of the keys of an embedding, all of one size."""

    @property
    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""

    @property
    @abstractmethod
    def digest(self) -> str:
        """Hexadecimal id of the content: pictures of the same id never change, so browsers cache them."""

    @property
    def only(self) -> tuple[str, tuple[str, ...]] | None:
        """A metadata column, and its values for the keys that have a picture; None: all keys have one."""
        return None

    @abstractmethod
    def of(self, keys: Sequence[str]) -> npt.NDArray[np.uint8]:
        """Return `(n, height, width)`, `(n, height, width, 3)` or, if some keys have none, `(n, height, width, 4)`.

        A key without a picture gets transparent pixels, or black ones where there is no alpha channel.
        """


def png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return pixels `(height, width)`, `(height, width, 3)` or `(height, width, 4)` as a PNG file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG", compress_level=3)
    return stream.getvalue()


def thumbnails(images: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Return images `(n, h, w)` or `(n, h, w, channels)` reduced to a size by the mean of the pixels they cover."""
    from PIL import Image

    if images.shape[1:3] == (height, width):
        return images
    reduced = [
        np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BOX))
        for image in np.ascontiguousarray(images)
    ]
    return np.stack(reduced)
