"""A square on which users draw a picture with the mouse, a pen or a finger."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import streamlit as st

from embedlab.ui.shell import urls

#: A drawing of 256 x 256 pixels has a few kilobytes.
_MOST_CHARACTERS = 400_000
_PREFIX = "data:image/png;base64,"
_LOADER = """
const pad = await import(new URL("{url}", window.location.origin).href);
export default pad.default;
"""

_component = st.components.v2.component(
    "embedlab_drawing_pad",
    html='<div class="embedlab-pad"></div>',
    js=_LOADER.format(url=urls.static_url("ask/pad.js")),
    isolate_styles=False,
)


def drawing_pad(label: str, *, key: str) -> bytes | None:
    """Draw the pad; return the drawing as a PNG file, light on a dark ground, or None if nothing is drawn.

    Parameters
    ----------
    label
        Text for screen readers.
    key
        Of the component.
    """
    result = _component(key=key, data={"label": label}, on_picture_change=lambda: None)
    return parse_picture(getattr(result, "picture", None))


def parse_picture(value: Any) -> bytes | None:
    """Return the PNG file that the browser sent; None if it is not one. Its content is checked when it is decoded."""
    if not isinstance(value, str) or not value.startswith(_PREFIX) or len(value) > _MOST_CHARACTERS:
        return None
    try:
        return base64.b64decode(value.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
