"""Small pictures in rows, each with a caption."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st

from embedlab.core.pictures import png
from embedlab.core.plain import one_line

_LONGEST_CAPTION = 40
#: Smaller pictures are enlarged without smoothing, so that their pixels can be seen.
_SMOOTH_FROM_PX = 48
_STYLE = """
<style>
.picture-grid { display: flex; flex-wrap: wrap; gap: .5rem .6rem; margin: .2rem 0 .6rem; }
.picture-grid figure { margin: 0; width: min-content; }
.picture-grid img { display: block; border-radius: 3px;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); }
.picture-grid img.sharp { image-rendering: pixelated; }
.picture-grid figcaption { font-size: .75rem; line-height: 1.25; padding-top: .15rem; text-align: center;
  overflow: hidden; text-overflow: ellipsis; overflow-wrap: anywhere; max-height: 2.5em; }
.picture-grid .wrong img { border: 2px solid #d55e00; }
.picture-grid .wrong figcaption { color: #b04a00; color: light-dark(#a34400, #ff9d5c); }
</style>
"""


def picture_grid(
    pictures: Sequence[npt.NDArray[np.uint8]],
    captions: Sequence[str],
    *,
    height_px: int = 56,
    wrong: Sequence[bool] = (),
) -> None:
    """Draw pictures with captions.

    Parameters
    ----------
    pictures
        Each `(height, width)`, `(height, width, 3)` or `(height, width, 4)` uint8.
    captions
        One for each; they are text, never markup.
    height_px
        Height of each on the page.
    wrong
        Which of them are mistakes, drawn with a frame; empty: none.
    """
    if len(pictures):
        st.html(_STYLE + markup(pictures, captions, height_px, wrong or [False] * len(pictures)))


def markup(
    pictures: Sequence[npt.NDArray[np.uint8]], captions: Sequence[str], height_px: int, wrong: Sequence[bool]
) -> str:
    """Return the pictures as HTML; captions are escaped."""
    figures = "".join(
        _figure(picture, caption, height_px, is_wrong)
        for picture, caption, is_wrong in zip(pictures, captions, wrong, strict=True)
    )
    return f'<div class="picture-grid">{figures}</div>'


def _figure(picture: npt.NDArray[np.uint8], caption: str, height_px: int, is_wrong: bool) -> str:
    height, width = picture.shape[:2]
    text = html.escape(one_line(caption, _LONGEST_CAPTION), quote=True)
    data = base64.b64encode(png(picture)).decode("ascii")
    sharp = ' class="sharp"' if height < _SMOOTH_FROM_PX else ""
    shown_px = max(16, min(4 * height_px, round(height_px * width / height)))
    image = f'<img{sharp} src="data:image/png;base64,{data}" alt="{text}" height="{height_px}" width="{shown_px}">'
    wrong = ' class="wrong"' if is_wrong else ""
    return f"<figure{wrong}>{image}<figcaption>{text}</figcaption></figure>"
