"""Pictures: recognized by their content and decoded by Pillow, within bounds, to gray or RGB bytes of a size."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import InputError, TooLargeError

if TYPE_CHECKING:
    from PIL import Image

Pixels = npt.NDArray[np.uint8]

#: Formats that are decoded, as Pillow names them, by the first bytes of a file.
FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP")
_MAGIC: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM")
#: Endings of the names of pictures.
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp")
#: Largest picture that is decoded, and largest file of one.
MOST_PIXELS: Final = 50_000_000
MOST_BYTES: Final = 64 * 1024**2
#: Value of the EXIF tag for the orientation: https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, 4.6.4.
_ORIENTATION: Final = 0x0112
#: What Pillow raises for damaged files.
_DAMAGED: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, EOFError, MemoryError,
    RuntimeError,
)  # fmt: skip


def is_picture_name(name: str) -> bool:
    """Return whether a file's name ends like that of a picture."""
    return name.lower().endswith(SUFFIXES)


def is_picture(start: bytes) -> bool:
    """Return whether a file begins like a picture of a supported format."""
    return start.startswith(_MAGIC) and (start[:2] != b"BM" or start[6:10] == b"\0\0\0\0")


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Parameters
    ----------
    pixels
        `(height, width)` or `(height, width, 3)` uint8: gray if the picture has no color.
    notes
        What was changed while decoding, as plural noun phrases: `images with transparency, drawn over white`.
    """

    pixels: Pixels
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[0], self.pixels.shape[1]


def decode(content: bytes) -> Picture:
    """Decode a picture; the first frame of an animation.

    Raises
    ------
    InputError
        It is not a picture of a supported format, or it is damaged.
    TooLargeError
        It has more pixels or bytes than allowed.
    """
    from PIL import Image

    if len(content) > MOST_BYTES:
        raise TooLargeError(
            "The picture's file is too large.",
            received=f"{len(content):,} bytes",
            remedy=f"Choose one of at most {MOST_BYTES // 1024**2} MB, or save it again with fewer pixels.",
        )
    if not is_picture(content):
        raise InputError("This is not a picture.", remedy=f"The formats {', '.join(FORMATS)} are read.")
    try:
        with warnings.catch_warnings():
            # A bomb is refused by its size below, before anything is decoded.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _too_many_pixels(image.width, image.height)
                return _decoded(image)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except _DAMAGED as error:
        raise InputError("The picture is damaged.", remedy="Save or download it again.") from error


def _too_many_pixels(width: int = 0, height: int = 0) -> TooLargeError:
    received = f"{width:,} x {height:,} pixels" if width else "a decompression bomb"
    return TooLargeError(
        f"A picture may have at most {MOST_PIXELS:,} pixels.",
        received=received,
        remedy="Save it again with fewer pixels.",
    )


def _decoded(image: Image.Image) -> Picture:
    from PIL import Image, ImageOps

    notes = []
    if getattr(image, "is_animated", False):
        notes.append("animated images, of which the first frame is read")
    if image.getexif().get(_ORIENTATION, 1) not in (0, 1):
        notes.append("images turned upright as their EXIF orientation says")
        image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        notes.append("images with 16 bits per pixel, reduced to 8")
        return Picture(_from_16_bits(np.asarray(image)), tuple(notes))
    if image.mode == "CMYK":
        notes.append("CMYK images, converted to RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        if np.asarray(layer.getchannel("A")).min() < 255:
            notes.append("images with transparency, drawn over white")
        white = Image.new("RGBA", layer.size, "white")
        image = Image.alpha_composite(white, layer)
    pixels = np.asarray(image.convert("L" if image.mode in ("1", "L") else "RGB"))
    return Picture(without_color(pixels), tuple(notes))


def _from_16_bits(values: npt.NDArray[Any]) -> Pixels:
    numbers = values.astype(np.float64)
    # Pillow gives signed numbers for unsigned pixels in some modes.
    return np.clip(np.rint(numbers / 257), 0, 255).astype(np.uint8)


def without_color(pixels: Pixels) -> Pixels:
    """Return `(height, width)` if all channels are equal, else the same pixels."""
    if pixels.ndim == 3 and (pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all():
        return np.ascontiguousarray(pixels[..., 0])
    return np.ascontiguousarray(pixels)


def fitted(pixels: Pixels, height: int, width: int, n_channels: int) -> Pixels:
    """Return a picture with this size and this number of channels (1 or 3): resized by area, and gray by luminance."""
    from PIL import Image

    image = Image.fromarray(pixels)
    mode = "L" if n_channels == 1 else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    if image.size != (width, height):
        image = image.resize(
            (width, height), Image.Resampling.BOX if _shrinks(image.size, width, height) else Image.Resampling.BILINEAR
        )
    return np.asarray(image)


def _shrinks(size: tuple[int, int], width: int, height: int) -> bool:
    return size[0] >= width and size[1] >= height


def as_png(pixels: Pixels) -> bytes:
    """Return pixels `(height, width)` or `(height, width, 3)` as a PNG file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(stream, "PNG")
    return stream.getvalue()
