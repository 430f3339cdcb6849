"""Words that are split wrongly at punctuation: ids such as SKU-101, hashtags, mentions and addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_MOST_WORDS: Final = 20_000
_LONGEST: Final = 200
#: Letters and digits with something between them that no word of a language has there, or a mark before a name.
_ID: Final = re.compile(
    r"[#@$][^\W\d_][\w.-]*"
    r"|(?=[^\s]*\d)(?=[^\s]*[^\W\d_])[\w]+(?:[-./:#@+~|=][\w]+)+"
    r"|[\w-]+(?:[/:#@+~|=][\w.-]+)+"
    r"|/[\w./-]+"
    r"|(?=[^\s]*\d)(?=[^\s]*[A-Za-z])\w{6,}"
)
_SENTENCE_END: Final = re.compile(r".*[^\W\d_]{2}[.,;!?]")


def share_of_ids(texts: Sequence[str]) -> float:
    """Return the share of the words, separated by spaces, that are ids and no words of a language; 0 to 1."""
    words: list[str] = []
    for text in texts:
        words += text.split()
        if len(words) >= _MOST_WORDS:
            break
    if not words or sum(_SENTENCE_END.fullmatch(word) is not None for word in words) > 0.05 * len(words):
        return 0.0
    return sum(map(_is_id, words)) / len(words)


def _is_id(word: str) -> bool:
    return len(word) <= _LONGEST and _ID.fullmatch(word) is not None


def share_of_tags(texts: Sequence[str]) -> float:
    """Return the share of the texts with a hashtag, a mention, or an id; 0 to 1."""
    if not texts:
        return 0.0
    return sum(any(map(_is_id, text.split())) for text in texts) / len(texts)
