"""Escaping of user strings: names and texts from users are data and never become markup.

Streamlit renders labels, headings, toasts, options and captions as Markdown, images included.
"""

from __future__ import annotations

from embedlab.core.plain import LONGEST_NAME, markdown_escaped, one_line

__all__ = ["one_line", "plain"]


def plain(value: object, longest: int = LONGEST_NAME) -> str:
    """Return `value` escaped, so that Streamlit's Markdown shows it literally."""
    return markdown_escaped(str(value), longest)
