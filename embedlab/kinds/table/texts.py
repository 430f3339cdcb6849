"""The words of the texts in a table."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*|\d+")
_TAG: Final = re.compile(r"<[^<>]{1,200}>")


def words_of(text: str) -> list[str]:
    """Return the words and numbers of a text in lower case, without HTML tags.

    Examples
    --------
    >>> words_of("Sunny<br />2-bed flat, it's new")
    ['sunny', '2', 'bed', 'flat', "it's", 'new']
    """
    return _WORD.findall(_TAG.sub(" ", text).lower())
