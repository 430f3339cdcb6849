"""Making foreign strings harmless: names and texts of users are data, never markup or formulae."""

from __future__ import annotations

import re
import unicodedata

LONGEST_NAME = 120
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@^=&/])")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# The last four are the full-width forms, which spreadsheets of East Asian systems also run.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# Renderers look for bare addresses in the text after the backslashes are gone, so those are broken otherwise: by a
# character of no width.
_WORD_JOINER = "\u2060"


def one_line(text: str, longest: int = LONGEST_NAME) -> str:
    """Return `text` without control or direction-changing characters, on one line, at most `longest` long."""
    kept = (
        " " if unicodedata.category(character) in {"Cc", "Zl", "Zp"} else character
        for character in text
        if character not in _BIDI_CONTROLS and unicodedata.category(character) != "Cs"
    )
    line = " ".join("".join(kept).split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def markdown_escaped(text: str, longest: int = LONGEST_NAME) -> str:
    r"""Return `text` so that a Markdown renderer shows it letter for letter.

    Every character with a meaning in Markdown, HTML, emoji short codes, color directives or mathematics
    is escaped by a backslash; bare addresses are broken, so none becomes a link.
    """
    escaped = _MARKDOWN.sub(r"\\\1", one_line(text, longest)).replace("@", f"@{_WORD_JOINER}")
    return re.sub(
        r"(?i)(https?|ftp|www|mailto|xmpp)", lambda match: f"{match[0][0]}{_WORD_JOINER}{match[0][1:]}", escaped
    )


def spreadsheet_safe(text: str) -> str:
    """Return a text cell that no spreadsheet runs as a formula: an apostrophe is put before it."""
    return f"'{text}" if text.startswith(_FORMULA_START) else text
