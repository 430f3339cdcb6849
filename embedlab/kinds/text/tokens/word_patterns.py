"""What a word looks like: letters with their marks, English contractions, and emoji."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from typing import Final

#: Soft hyphens and word joiners only say where a line may break; without them the word is written as it is read.
INVISIBLE: Final = {0x00AD: None, 0x2060: None, 0xFEFF: None}
#: Words before which 's is short for is, has or us; after other words it marks a possessive.
_BEFORE_S: Final = [
    "it",
    "he",
    "she",
    "that",
    "this",
    "there",
    "here",
    "what",
    "who",
    "where",
    "when",
    "why",
    "how",
    "let",
    "one",
    "someone",
    "somebody",
    "something",
    "everyone",
    "everybody",
    "everything",
    "anyone",
    "anybody",
    "nobody",
    "nothing",
]
#: Characters shown as pictures without a variation selector (Emoji_Presentation, and the classic hearts and faces),
#: https://unicode.org/Public/emoji/latest/emoji-data.txt.
_PICTURES: Final = (
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2639\u263a\u2648-\u2653\u2665\u267f\u2693\u26a1"
    "\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e"
    "\u2753-\u2755\u2757\u2764\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
    "\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001faff"
)
#: Characters that are pictures only with a variation selector.
_SIGNS: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u2300-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55"
)
_FLAG: Final = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP: Final = "[0-9#*]\ufe0f?\u20e3"
_PICTURE: Final = f"(?:[{_PICTURES}]\ufe0f?|[{_SIGNS}]\ufe0f)[\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
_EMOJI: Final = f"{_KEYCAP}|{_FLAG}|{_PICTURE}(?:\u200d(?:{_PICTURE}|[{_SIGNS}]))*"
_CYRILLIC: Final = "\u0400-\u052f"


@cache
def word_pattern(*, contractions: bool, emoji: bool, ignore_case: bool) -> re.Pattern[str]:
    r"""Return the pattern of a word: letters, digits, underscores, and the marks that belong to them.

    Python's `\w` has no combining marks, without which words of Hindi, Thai or Arabic would be broken up.

    Parameters
    ----------
    contractions
        A contraction (`don't`, `I'm`, with U+0027) is one word, and so is a Cyrillic word with an apostrophe.
    emoji
        An emoji is a word; the zero-width joiner and non-joiner stay inside words.
    ignore_case
        Contractions may have capitals.
    """
    marks = _marks()
    parts = [f"[{marks}]+" + ("\u200d?" if emoji else "") + r"\w*"]
    if emoji:
        parts.append(r"[\u200c\u200d]+\w+")
    if contractions:
        parts.append(_contraction())
    word = rf"\w+(?:{'|'.join(parts)})*"
    if emoji:
        word = f"{_KEYCAP}|{word}|{_EMOJI}"
    return re.compile(word, re.IGNORECASE if ignore_case else 0)


def _contraction() -> str:
    """Return the pattern of the rest of a word from its apostrophe on; look-behinds check what comes before."""
    before_s = "|".join(rf"(?<=\b{word}'s)" for word in _BEFORE_S)
    rests = [
        r"t\b(?<=n't)",
        r"m\b(?<=\bi'm)",
        r"(?:re|ve|ll|d)\b",
        rf"s\b(?:{before_s})",
        r"all\b(?<=\by'all)",
        r"clock\b(?<=\bo'clock)",
        r"am\b(?<=\bma'am)",
        rf"(?<=[{_CYRILLIC}]')[{_CYRILLIC}]\w*",
    ]
    return f"'(?:{'|'.join(rests)})"


@cache
def _marks() -> str:
    """Return all combining marks as the inside of a character class."""
    marks = [code for code in range(0x300, sys.maxunicode) if unicodedata.category(chr(code)).startswith("M")]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
