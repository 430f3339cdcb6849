"""Sanitizing untrusted strings: names and texts of users are data, never markup or formulas."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@^=&/])")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# The last four are the full-width forms, which East Asian spreadsheets also evaluate.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Renderers find bare addresses after removing the backslashes, so a zero-width character breaks addresses.
_WORD_JOINER = "\u2060"


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """Return `text` without control or direction-changing characters, on one line, at most `longest` long."""
    characters = (
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in text
        if character not in _BIDI_CONTROLS and unicodedata.category(character) != "Cs"
    )
    line = " ".join("".join(characters).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def markdown_escaped(text: str, longest: int = LONGEST_NAME) -> str:
    r"""Return `text` so that a Markdown renderer shows it literally.

    A backslash escapes every character with a meaning in Markdown, HTML, emoji short codes, color directives or math;
    bare addresses are broken, so none becomes a link.
    """
    escaped = _MARKDOWN.sub(r"\\\1", one_line(text, longest)).replace("@", f"@{_WORD_JOINER}")
    return re.sub(
        r"(?i)(https?|ftp|www|mailto|xmpp)", lambda match: f"{match[0][0]}{_WORD_JOINER}{match[0][1:]}", escaped
    )


def spreadsheet_safe(text: str) -> str:
    """Return a text cell that no spreadsheet evaluates as a formula, by adding a leading apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA_START) else text
