"""The encoding of keys: vectors are mostly digits, so only the words tell it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embedlab.core.errors import Choice, UnsureError
from embedlab.kinds.reading_report import Changes
from embedlab.reading import encodings

_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff]+[A-Za-z\x80-\xff]*")
_LATIN = re.compile("[A-Za-z]")
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u04ff]")
_MOST_WORDS: Final = 2000
#: With so many words that are not ASCII the detection of an 8-bit encoding is reliable.
_ENOUGH_WORDS: Final = 20
_CANDIDATES: Final = ("cp1252", "cp1250", "cp1251")
#: Letters that are common in the languages of an encoding.
_COMMON: Final = {
    "cp1252": "äöüßéèêëàâçñóòíìúùáãõôîïûåæøœÿð",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžőűöüäôľĺŕăâîşţđ",
    "cp1251": "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґўјљњћџ",
}
_UTF_NAMES: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii")


@dataclass(frozen=True)
class KeyEncoding:
    """Name of the encoding, and a sentence about it where it is not plain."""

    name: str
    assumption: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether a character has two or four bytes, so that lines and spaces must be found after decoding."""
        return self.name.startswith(("utf-16", "utf-32"))


def detect(head: bytes, chosen: str | None, *, is_whole: bool) -> KeyEncoding:
    """Return the encoding of text that begins with `head`.

    Parameters
    ----------
    head
        First bytes of the file.
    chosen
        What the user chose.
    is_whole
        Whether these are all bytes.

    Raises
    ------
    InputError
        The file is binary.
    UnsureError
        A few words could be in several encodings, and mean different things in each.
    """
    if chosen is not None:
        return KeyEncoding(chosen)
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or b"\0" in head:
        return KeyEncoding(encodings.encoding_of(head))
    whole_lines = head if is_whole else head[: head.rfind(b"\n") + 1] or head
    words = list(dict.fromkeys(_WORD.findall(whole_lines)))[:_MOST_WORDS]
    if not words:
        return KeyEncoding("utf-8")
    n_valid = sum(_decoded(word, "utf-8") is not None for word in words)
    if n_valid >= 0.8 * len(words):
        return KeyEncoding("utf-8")
    return _eight_bit(words)


def _eight_bit(words: list[bytes]) -> KeyEncoding:
    found = encodings.encoding_of(b"\n".join(words))
    if found in _UTF_NAMES or found in {"latin-1", "iso8859-15"}:
        found = "cp1252"
    decoded = {name: [_decoded(word, name) for word in words] for name in dict.fromkeys((found, *_CANDIDATES))}
    texts = {name: [word for word in each if word] for name, each in decoded.items() if None not in each}
    plausible = {name: each for name, each in texts.items() if _are_words(each)} or texts
    if not plausible:
        return KeyEncoding("cp1252", "The encoding is not known: read as cp1252.")
    scores = {name: _share_common(each, name) for name, each in plausible.items()}
    best = max(plausible, key=lambda name: (scores[name], name == found, name == "cp1252"))
    others = [name for name in plausible if plausible[name] != plausible[best] and scores[name] > scores[best] - 0.15]
    if others and len(words) < _ENOUGH_WORDS:
        _ask(plausible, [best, *others])
    sample = _sample(plausible[best])
    return KeyEncoding(best, f"The encoding was detected as {best}, which reads keys as {sample}.")


def _ask(plausible: dict[str, list[str]], names: Sequence[str]) -> None:
    raise UnsureError(
        "The keys are not UTF-8, and too few of them have accents to tell the encoding.",
        choices=[Choice(f"--encoding {name}", "keys", _sample(plausible[name]), {"encoding": name}) for name in names],
    )


def _sample(words: Sequence[str]) -> str:
    return ", ".join(words[:3])


def _decoded(word: bytes, encoding: str) -> str | None:
    try:
        return word.decode(encoding)
    except UnicodeDecodeError:
        return None


def _are_words(words: Sequence[str]) -> bool:
    letters = [letter for word in words for letter in word if letter > "\x7f"]
    n_letters = sum(unicodedata.category(letter)[0] in "LM" for letter in letters)
    # Languages of Latin letters have mostly unaccented ones.
    longer = [word for word in words if len(word) > 2]
    n_foreign = sum(all(letter > "\x7f" for letter in word) and "\xc0" <= word[0] <= "\u017f" for word in longer)
    # No word mixes Latin letters with Greek or Cyrillic ones.
    n_mixed = sum(_LATIN.search(word) is not None and _GREEK_OR_CYRILLIC.search(word) is not None for word in longer)
    n_capitals_inside = sum(re.search(r"[a-z\u00df-\u00ff][\u00c0-\u00de]", word) is not None for word in words)
    return (
        n_letters >= 0.9 * len(letters)
        and 2 * (n_foreign + n_mixed) <= len(longer)
        and 2 * n_capitals_inside <= len(words)
    )


def _share_common(words: Sequence[str], encoding: str) -> float:
    letters = [letter for word in words for letter in word.lower() if letter > "\x7f"]
    # An encoding without a list of letters is as plausible as the detection that named it.
    common = _COMMON.get(encoding)
    return 0.8 if common is None else sum(letter in common for letter in letters) / max(1, len(letters))


class KeyDecoder:
    """Decodes keys; bytes that are not valid are read in another way, and counted."""

    def __init__(self, encoding: str, changes: Changes, *, is_binary: bool = False) -> None:
        self._encoding = "utf-8" if encoding in {"ascii", "utf-8-sig"} else encoding
        self._changes = changes
        self._is_binary = is_binary

    def decode(self, key: bytes) -> str:
        """Return the key as text."""
        try:
            return key.decode(self._encoding)
        except UnicodeDecodeError:
            # Text with a stray byte is nearly always pasted from cp1252; binary formats cut keys inside a character.
            read_as_cp1252 = self._encoding == "utf-8" and not self._is_binary
            text = key.decode("cp1252" if read_as_cp1252 else self._encoding, "replace")
            how = "read as cp1252" if read_as_cp1252 else "these bytes replaced"
            self._changes.convert(f"keys that are not valid {self._encoding}, {how}", text)
            return text
