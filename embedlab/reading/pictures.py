"""Small pictures: recognized and decoded by Pillow from their content, within bounds."""

from __future__ import annotations

import io
import warnings
from typing import Final

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError, TooLargeError

Pixels = npt.NDArray[np.uint8]

#: Formats that are decoded, as Pillow names them, and the first bytes of their files.
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP")
_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
#: Endings of the names of pictures.
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp")
#: Largest picture that is decoded, and largest file of one.
MOST_PIXELS: Final = 50_000_000
MOST_BYTES: Final = 64 * 1024**2
#: What Pillow raises for damaged files.
_DAMAGED: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, EOFError, MemoryError,
    RuntimeError,
)  # fmt: skip


def is_picture_name(name: str) -> bool:
    """Return whether a file's name ends like that of a picture."""
    return name.lower().endswith(SUFFIXES)


def decode_picture(content: bytes) -> Pixels:
    """Return the `(height, width, 3)` uint8 RGB pixels of a picture; transparency is drawn over white.

    Raises
    ------
    InputError
        It is not a picture of a supported format, or it is damaged.
    TooLargeError
        It has more pixels or bytes than allowed.
    """
    from PIL import Image

    if len(content) > MOST_BYTES:
        raise TooLargeError("The picture's file is too large.", received=f"{len(content):,} bytes")
    if not content.startswith(_MAGIC):
        raise InputError("This is not a picture.", remedy=f"The formats {', '.join(FORMATS)} are read.")
    try:
        with warnings.catch_warnings():
            # A bomb is refused by its size below, before anything is decoded.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    received = f"{image.width:,} x {image.height:,} pixels"
                    raise TooLargeError(f"A picture may have at most {MOST_PIXELS:,} pixels.", received=received)
                layer = image.convert("RGBA")
                white = Image.new("RGBA", layer.size, "white")
                return np.asarray(Image.alpha_composite(white, layer).convert("RGB"))
    except Image.DecompressionBombError as error:
        raise TooLargeError("The picture unpacks to too many pixels.") from error
    except _DAMAGED as error:
        raise InputError("The picture is damaged.", received=type(error).__name__) from error


def resized_picture(pixels: Pixels, height: int, width: int) -> Pixels:
    """Return `(height, width, 3)` pixels: averaged by area where the picture shrinks."""
    from PIL import Image

    if pixels.shape[:2] == (height, width):
        return pixels
    shrinks = pixels.shape[0] >= height and pixels.shape[1] >= width
    how = Image.Resampling.BOX if shrinks else Image.Resampling.BILINEAR
    return np.asarray(Image.fromarray(pixels).resize((width, height), how))


def is_gray(pixels: Pixels) -> bool:
    """Return whether all channels of pixels `(..., 3)` are equal."""
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())


def as_png(pixels: Pixels) -> bytes:
    """Return pixels `(height, width)` or `(height, width, 3)` as a PNG file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return stream.getvalue()
