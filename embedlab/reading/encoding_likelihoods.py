"""How likely a text is in each encoding, by the letters of the languages that are written with it.

Each candidate encoding reads the same bytes. A reading is as likely as its letters are frequent in the language that
explains it best; a byte that reads as anything but a letter inside a word is unlikely in every language.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

from embedlab.reading.frequent_letters import CHARACTERS, LETTERS

#: Bytes of words that are compared.
_MOST_BYTES: Final = 16 * 1024
#: Spaces and separators are no part of a letter in any of the encodings, so words are found before decoding.
_WORD: Final = re.compile(rb"[\x30-\x39\x40-\xff]+")
_UNLIKELY: Final = math.log(1e-5)
_OTHER_LETTER: Final = math.log(3e-4)
_SIGN: Final = math.log(1.5e-3)
_ASCII_LETTER: Final = math.log(1 / 30)
_QUOTE: Final = math.log(1 / 60)
_CAPITAL: Final = math.log(0.08)
_CAPITAL_INSIDE: Final = math.log(0.002)
#: Latin letters beside Greek, Cyrillic, Chinese ... ones.
_SCRIPT_CHANGE: Final = math.log(0.01)
_PUNCTUATION: Final = frozenset("\u2018\u2019\u201a\u201c\u201d\u201e\u2013\u2014\u2026«»•\u00a0€¿¡")
_SIGNS: Final = frozenset("£§©®°±²³\u00b4·½™№¤¦¨¬¯¶\u00b8¹¼¾\u00d7÷")

#: Candidates: encoding, languages, and how much rarer such files are than those in cp1252, as a log-probability.
_CANDIDATES: Final = (
    ("cp1252", "western", 1.0), ("cp1250", "central", -2.0), ("iso8859-2", "central", -3.0),
    ("cp1254", "turkish", -2.0), ("cp1257", "baltic", -3.0), ("cp1251", "cyrillic", -1.0), ("koi8-r", "cyrillic", -2.0),
    ("koi8-u", "cyrillic", -4.0), ("cp866", "cyrillic", -3.0), ("mac-cyrillic", "cyrillic", -5.0),
    ("cp1253", "greek", -2.0), ("iso8859-7", "greek", -3.0), ("cp1255", "hebrew", -2.0), ("cp1256", "arabic", -2.0),
    ("tis_620", "thai", -3.0), ("cp850", "western", -6.0), ("cp852", "central", -6.0), ("mac-roman", "western", -6.0),
)  # fmt: skip
_WIDE: Final = (
    ("gb18030", "chinese", -1.0), ("big5", "traditional", -1.0), ("cp932", "japanese", -1.0),
    ("euc_jp", "japanese", -2.0),
    ("euc_kr", "korean", -1.0), ("cp949", "korean", -2.0),
)  # fmt: skip
_KANA_COMMON: Final = math.log(1 / 110)
_COMMON_WIDE: Final = math.log(0.6 / 500)
_RARE_WIDE: Final = math.log(0.4 / 6000)
#: Half-width katakana, private characters and everything that Chinese, Japanese and Korean text hardly ever has.
_ODD_WIDE: Final = math.log(1e-6)


@dataclass(frozen=True)
class Reading:
    """Words as an encoding reads them, and the logarithm of their likelihood."""

    encoding: str
    words: tuple[str, ...]
    log_likelihood: float


def high_words(data: bytes) -> list[bytes]:
    """Return the different words with a byte above 127, as many as are compared, in the order of the text."""
    words: dict[bytes, None] = {}
    n_bytes = 0
    for match in _WORD.finditer(data):
        # A pattern that asks for such a byte takes quadratic time on a long word without one.
        if match[0].isascii():
            continue
        word = match[0][:200]
        if word not in words:
            words[word] = None
            n_bytes += len(word)
        if n_bytes > _MOST_BYTES:
            break
    return list(words)


def readings(words: Sequence[bytes]) -> list[Reading]:
    """Return the readings of words by the encodings in which they are valid, the most likely first."""
    found = []
    for encoding, languages, prior in _CANDIDATES:
        decoded = _decoded(words, encoding)
        if decoded is not None:
            letters, penalty = _letters(decoded)
            likelihood = max(_of_alphabet(letters, language) for language in LETTERS[languages].values())
            found.append(Reading(encoding, decoded, likelihood + penalty + prior))
    for encoding, language, prior in _WIDE:
        decoded = _decoded(words, encoding)
        if decoded is not None:
            letters, penalty = _letters(decoded)
            found.append(Reading(encoding, decoded, _of_wide(letters, language) + penalty + prior))
    return sorted(found, key=lambda reading: -reading.log_likelihood)


def _decoded(words: Sequence[bytes], encoding: str) -> tuple[str, ...] | None:
    """Return the words as text; None if more than one in fifty is invalid, which may be damage."""
    decoded: list[str] = []
    n_invalid = 0
    for word in words:
        try:
            decoded.append(word.decode(encoding))
        except UnicodeDecodeError:
            n_invalid += 1
            decoded.append(word.decode(encoding, "replace"))
    return tuple(decoded) if n_invalid <= len(words) // 50 else None


def _letters(words: Sequence[str]) -> tuple[Counter[str], float]:
    """Count the letters, and add up what is unlikely in any language.

    A word in capitals counts as one in small letters with one capital.
    """
    letters: Counter[str] = Counter()
    penalty, n_in_capitals = 0.0, 0
    for word in words:
        if len(word) > 1 and word.isupper():
            n_in_capitals += 1
            word = word.lower()
        letters.update(word)
        penalty += sum(_of_pair(before, letter) for before, letter in pairwise(word))
    # A text in capitals is one decision, not one for each word.
    return letters, penalty + min(n_in_capitals, 2) * _CAPITAL


def _of_pair(before: str, letter: str) -> float:
    if letter.isalpha():
        if letter > "\x7f" and before.islower() and letter.isupper():
            return _CAPITAL_INSIDE
        if before in _SIGNS or (before.isdigit() and letter > "\x7f"):
            return _SCRIPT_CHANGE
        return _SCRIPT_CHANGE if before.isalpha() and _is_foreign(letter) != _is_foreign(before) else 0.0
    if before > "\x7f" and before.isalpha() and letter.isdigit():
        return _SCRIPT_CHANGE
    return _SCRIPT_CHANGE if letter in _SIGNS and before.isalpha() and letter > "\x7f" else 0.0


def _is_foreign(letter: str) -> bool:
    """Return whether a letter is not Latin."""
    return letter >= "\u0370" and not "\u1e00" <= letter <= "\u1eff"


@cache
def _weights(alphabet: str) -> Mapping[str, float]:
    """Return the logarithm of the share of each letter: about as 1 / rank, and less for its capital."""
    total = sum(1 / (rank + 2) for rank in range(len(alphabet)))
    # Languages of Latin letters have most of their letters in ASCII.
    scale = 0.12 if alphabet[0] < "\u0370" else 0.95
    weights: dict[str, float] = {}
    for rank, letter in enumerate(alphabet):
        weight = math.log(scale / (rank + 2) / total)
        weights[letter] = weight
        for capital in {letter.upper(), "\u0130" if letter == "\u0131" else letter.upper()}:
            if len(capital) == 1 and capital not in weights:
                weights[capital] = weight + _CAPITAL
    return weights


def _of_alphabet(letters: Mapping[str, int], alphabet: str) -> float:
    weights = _weights(alphabet)
    total = 0.0
    for letter, count in letters.items():
        weight = weights.get(letter)
        if weight is None:
            if letter < "\x80":
                weight = _ASCII_LETTER
            elif letter in _PUNCTUATION:
                weight = _QUOTE
            elif letter in _SIGNS:
                weight = _SIGN
            else:
                weight = _OTHER_LETTER if letter.isalpha() and letter < "\u3000" else _UNLIKELY
        total += count * weight
    return total


def _of_wide(letters: Mapping[str, int], language: str) -> float:
    common = _common(language)
    total = 0.0
    for letter, count in letters.items():
        total += count * _wide_weight(letter, language, common)
    return total


def _wide_weight(letter: str, language: str, common: frozenset[str]) -> float:
    if letter < "\x80":
        return _ASCII_LETTER
    if "\u3040" <= letter <= "\u30ff":
        return _KANA_COMMON if language == "japanese" else _RARE_WIDE - 2
    if "\u3000" <= letter <= "\u303f" or "\uff01" <= letter <= "\uff5e" or letter in _PUNCTUATION:
        return _KANA_COMMON
    if "\uac00" <= letter <= "\ud7a3":
        return (_COMMON_WIDE + 0.9 if letter in common else _RARE_WIDE + 1.0) if language == "korean" else _ODD_WIDE
    if "\u4e00" <= letter <= "\u9fff":
        if language == "korean":
            return _RARE_WIDE - 1.0
        return _COMMON_WIDE if letter in common else _RARE_WIDE
    return _ODD_WIDE


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(CHARACTERS.get(language) or CHARACTERS["chinese"] + CHARACTERS["traditional"])
