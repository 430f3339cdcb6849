"""Detecting the encoding of a text, and decoding it although a few bytes are invalid."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from embedlab.core.errors import InputError
from embedlab.reading.encoding_likelihoods import Reading, high_words, readings

#: Bytes of a file that are read to detect its encoding, kind and columns.
HEAD_BYTES: Final = 256 * 1024
#: Offered and accepted; no other name reaches Python's codecs (some of them never return).
ENCODINGS: Final = (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "cp1252", "latin-1", "iso8859-15",
    "cp1250", "iso8859-2", "cp1251", "koi8-r", "koi8-u", "cp1253", "iso8859-7", "cp1254", "iso8859-9", "cp1255",
    "iso8859-8", "cp1256", "cp1257", "cp1258", "cp437", "cp850", "cp852", "cp866", "mac-roman", "mac-cyrillic",
    "shift_jis", "cp932", "euc_jp", "gb18030", "gbk", "big5", "cp950", "euc_kr", "cp949", "tis_620",
)  # fmt: skip
_CANONICAL = {codecs.lookup(name).name: name for name in ENCODINGS}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED = re.compile("[\udc80-\udcff]")
#: Control characters that do not occur in text (tab, line feed, form feed, return, escape and Ctrl-Z do occur).
_CONTROLS = bytes(set(range(32)) - {9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31})
#: With a lower confidence (the best reading is less than e^3 times as likely as the next) a guess is weak.
_SURE: Final = 3.0
SURE: Final = 1.0 - math.exp(-_SURE)
_MOST_OTHERS: Final = 3
_SAMPLE_WORDS: Final = 3
#: A text from a log or a terminal has a few control characters; binary data has many.
_FEW_CONTROLS: Final = 8
#: UTF-8 with more invalid bytes per character beyond ASCII is in another encoding.
_LARGEST_SHARE_INVALID: Final = 1 / 20


class RepairingDecoder:
    """Turns bytes of any encoding into clean UTF-8 piece by piece; `n_repaired` counts the replaced characters."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)()
        # UTF-8 with an invalid byte is nearly always text pasted from cp1252; other encodings have no better guess.
        self._repair = "surrogateescape" if codecs.lookup(encoding).name.startswith("utf-8") else "replace"
        self._at_start = True
        self.n_repaired = 0

    def decode(self, data: bytes, *, final: bool = False) -> bytes:
        """Return the next piece; raises `InputError` for a NUL character or a missing byte order mark."""
        try:
            text = self._decoded(data, final)
        except UnicodeError as error:
            # The decoders of UTF-16 and UTF-32 need the byte order, and repair nothing without it.
            raise InputError(
                "The file does not begin with a byte order mark, which its encoding needs.",
                received=str(error),
                remedy="Choose utf-16-le or utf-16-be, or another encoding.",
            ) from error
        if self._at_start and text:
            text = text.removeprefix("\ufeff")
            self._at_start = False
        clean = text.encode("utf-8", "replace")
        if b"\0" in clean:
            raise binary_error("NUL characters")
        return clean

    def _decoded(self, data: bytes, final: bool) -> str:
        state = self._decoder.getstate()
        try:
            return self._decoder.decode(data, final)
        except UnicodeDecodeError:
            self._decoder.setstate(state)
            return self._repaired(data, final)

    def _repaired(self, data: bytes, final: bool) -> str:
        self._decoder.errors = self._repair
        try:
            text = self._decoder.decode(data, final)
        finally:
            self._decoder.errors = "strict"
        if self._repair == "replace":
            self.n_repaired += text.count("\ufffd")
            return text
        text, n = _ESCAPED.subn(_as_cp1252, text)
        self.n_repaired += n
        return text


def _as_cp1252(match: re.Match[str]) -> str:
    return bytes([ord(match[0]) - 0xDC00]).decode("cp1252", "replace")


def binary_error(received: str) -> InputError:
    """Return the error for a file that is not text."""
    return InputError(
        "The file holds binary data, not text.",
        received=received,
        remedy="Save it as plain text, CSV, JSON Lines or Parquet; if it is text, choose its encoding.",
    )


def check_encoding(name: str) -> str:
    """Return the encoding if it is one of `ENCODINGS` under any of its names, else raise `InputError`."""
    try:
        return _CANONICAL[codecs.lookup(name).name]
    except (LookupError, ValueError):
        raise InputError(
            "This encoding is not supported.", received=name, remedy=f"Choose one of {', '.join(ENCODINGS[:9])} ..."
        ) from None


@dataclass(frozen=True)
class DetectedEncoding:
    """The encoding of a text.

    Parameters
    ----------
    name
        One of `ENCODINGS`.
    confidence
        0 (a guess) to 1 (certain).
    samples
        How some words read in this encoding (first) and in others that are possible; empty if nothing else is.
    """

    name: str
    confidence: float
    samples: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_sure(self) -> bool:
        """Whether no other encoding is about as likely and reads anything differently."""
        return self.confidence >= SURE or len(self.samples) < 2


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text that begins with `head`; raises `InputError` for binary data."""
    return detected_encoding(head).name


def detected_encoding(head: bytes) -> DetectedEncoding:
    """Return the encoding of a text that begins with `head`, and how certain it is.

    A byte order mark and valid UTF-8 are certain. UTF-8 with invalid bytes is as certain as its share of valid
    characters. Other encodings are as certain as their reading of the words is likely compared with the next one that
    reads them differently (`encoding_likelihoods`), and a fallback to cp1252 is a guess: 0.

    Raises
    ------
    InputError
        The data is binary.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return DetectedEncoding(name, 1.0)
    if b"\0" in head:
        return DetectedEncoding(_utf16_without_mark(head), 0.98)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(_FEW_CONTROLS, len(head) // 50):
        raise binary_error(f"{controls:,} control characters in the first {len(head):,} bytes")
    share_invalid = _share_invalid_utf8(head)
    if share_invalid <= _LARGEST_SHARE_INVALID:
        return DetectedEncoding("utf-8", 1.0 - share_invalid)
    return _other(head)


def _utf16_without_mark(head: bytes) -> str:
    """Return the byte order of UTF-16: of the two bytes of a Latin letter or a space the high one is zero."""
    n_pairs = len(head) // 2
    for name, high, low in (("utf-16-le", head[1::2], head[0::2]), ("utf-16-be", head[0::2], head[1::2])):
        if high.count(0) < 0.02 * n_pairs or low.count(0):
            continue
        text = head[: n_pairs * 2].decode(name, "replace")
        if sum(character.isprintable() or character.isspace() for character in text) > 0.98 * len(text):
            return name
    raise binary_error(f"{head.count(0):,} NUL bytes in the first {len(head):,} bytes")


def _share_invalid_utf8(head: bytes) -> float:
    """Return invalid bytes per character beyond ASCII; a character cut off by the end of the head is not invalid."""
    is_whole = len(head) < HEAD_BYTES
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(head, is_whole)
    n_invalid = len(_ESCAPED.findall(text))
    n_valid = sum(1 for character in text if character > "\x7f") - n_invalid
    return n_invalid / n_valid if n_valid else float(n_invalid)


def _other(head: bytes) -> DetectedEncoding:
    """Return the most likely of the encodings that share their bytes, by the letters of the languages they are for."""
    # A word may be cut off by the end of the head.
    words = high_words(head[: head.rfind(b"\n") + 1] or head)
    found = readings(words)
    if not found:
        if len(head.translate(None, bytes(range(32, 256)))) > len(head) // 4 or not words:
            raise binary_error("bytes that are not text in any known encoding")
        return DetectedEncoding("cp1252", 0.0)
    best = found[0]
    different: list[Reading] = []
    for reading in found[1:]:
        if reading.words != best.words and all(reading.words != one.words for one in different):
            different.append(reading)
    lead = best.log_likelihood - different[0].log_likelihood if different else _SURE
    others = [each for each in different if best.log_likelihood - each.log_likelihood < 2 * _SURE][:_MOST_OTHERS]
    rivals = [best, *others]
    # The words in which the readings differ show which one is right.
    telling = [place for place in range(len(words)) if len({each.words[place] for each in rivals}) == len(rivals)]
    places = (telling or range(len(words)))[:_SAMPLE_WORDS]
    samples = {each.encoding: ", ".join(each.words[place] for place in places) for each in rivals}
    confidence = 1.0 - math.exp(-max(0.0, lead))
    return DetectedEncoding(best.encoding, confidence, samples)
