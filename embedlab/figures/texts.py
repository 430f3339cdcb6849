"""Escaping for figures: Plotly renders some HTML in every text, but names from data must stay text."""

from __future__ import annotations

from collections.abc import Iterable

from embedlab.core.plain import one_line

# The dollar sign starts TeX if MathJax is loaded, and %{...} is a template in some attributes.
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;", "{": "&#123;", "}": "&#125;"})


def plotly_text(text: object, longest: int = 60) -> str:
    """Return untrusted text so that Plotly draws it literally, on one line of at most `longest` characters.

    Examples
    --------
    >>> plotly_text("<b>bold</b>")
    '&lt;b&gt;bold&lt;/b&gt;'
    """
    return one_line(str(text), longest).translate(_ENTITIES)


def plotly_texts(texts: Iterable[object], longest: int = 60) -> list[str]:
    """Return each of `texts` as `plotly_text` does."""
    return [plotly_text(text, longest) for text in texts]
