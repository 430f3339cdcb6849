"""A button that shows only an icon; its name is hidden, since people who cannot see the icon need one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

#: Prefix of the keys: the style sheet hides the labels of these buttons.
PREFIX = "icon-only:"


def icon_button(
    name: str,
    icon: str,
    key: str,
    on_click: Callable[..., None],
    args: tuple[Any, ...] = (),
    *,
    keyboard: str = "",
    kind: Literal["secondary", "tertiary"] = "tertiary",
    disabled: bool = False,
) -> None:
    """Draw a button with an icon and no visible name.

    Parameters
    ----------
    name
        What it does, for its help and for screen readers.
    icon
        Name of a Material icon.
    key
        Key of the button after `PREFIX`.
    on_click, args
        What it calls.
    keyboard
        Its key on the map, for the help.
    kind
        As of `st.button`.
    disabled
        Whether it cannot be pressed.
    """
    st.button(
        name,
        key=f"{PREFIX}{key}",
        icon=f":material/{icon}:",
        help=f"{name} ({keyboard})" if keyboard else name,
        type=kind,
        disabled=disabled,
        on_click=on_click,
        args=args,
    )
