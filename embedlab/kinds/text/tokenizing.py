"""Tokenizing: splitting text into words, with the same result for one text and for large batches."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from embedlab.kinds.text.segmenting import Segmentation, segment_words, segmenter

#: A longer "word" is data (an encoded picture, a path without end), is skipped and counted.
MAX_WORD_LENGTH: Final = 200
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_]+")


class TokenizerOptions(BaseModel):
    """What counts as a word; immutable, and stored with the dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lowercase: bool = Field(True, description="Convert to lower case, so that The and the are the same word.")
    min_length: int = Field(1, ge=1, le=50, description="Ignore shorter words (in characters).")
    keep_digits: bool = Field(True, description="Keep words that consist of digits, such as 2024.")
    stop_words: Literal["none", "english"] = Field(
        "none", description="Remove the most common English words (the, of, and ...), from scikit-learn's list."
    )
    segmentation: Segmentation = Field(
        "spaces",
        description="How words are separated: by spaces and punctuation; in scripts without spaces, each letter is a "
        "word (characters), or by a segmenter for Chinese (jieba) or Japanese (MeCab).",
    )


@cache
def _word_pattern() -> re.Pattern[str]:
    r"""Return the pattern of a word: letters, digits, underscores, and the marks that belong to them.

    Python's `\w` has no combining marks, without which words of Hindi, Thai or Arabic would be broken up.
    """
    marks = [code for code in range(0x300, sys.maxunicode) if unicodedata.category(chr(code)).startswith("M")]
    ranges: list[list[int]] = []
    for code in marks:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    inside = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(rf"\w+(?:[{inside}]+\w*)*")


@cache
def _stop_words(name: str) -> frozenset[str]:
    if name == "none":
        return frozenset()
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    # Words are split at apostrophes, so the rests of don't, it's and we'll are stop words, too.
    return frozenset(ENGLISH_STOP_WORDS) | {"s", "t", "d", "m", "ll", "re", "ve"}


def find_words(text: str, *, lowercase: bool, segmentation: Segmentation = "spaces") -> list[str]:
    """Return all words of `text`, before any are removed; raises `InputError` for a segmenter that is not installed."""
    if segmentation != "spaces":
        return segment_words(find_words(text, lowercase=lowercase), segmenter(segmentation))
    if text.isascii():
        return _ASCII_WORD.findall(text.lower() if lowercase else text)
    # The same letter may be written as one character or as letter and accent.
    text = unicodedata.normalize("NFC", text.lower() if lowercase else text)
    return _word_pattern().findall(text)


def is_kept(word: str, options: TokenizerOptions) -> bool:
    """Return whether the options keep a word."""
    if not options.min_length <= len(word) <= MAX_WORD_LENGTH:
        return False
    bare = word.strip("_")
    if not bare or (not options.keep_digits and bare.replace("_", "").isdigit()):
        return False
    stop_words = _stop_words(options.stop_words)
    return not stop_words or word.lower() not in stop_words


def tokenize(text: str, options: TokenizerOptions) -> list[str]:
    """Return the words of a text that the options keep, in order.

    A word is a run of Unicode letters, digits, marks and underscores, as in gensim and scikit-learn; apostrophes and
    hyphens separate words. Runs of a script without spaces are split as `segmentation` says. Text is normalized to
    Unicode form NFC first.
    """
    words = find_words(text, lowercase=options.lowercase, segmentation=options.segmentation)
    return [word for word in words if is_kept(word, options)]


class BatchTokenizer:
    """Tokenizes many documents at a time, counts words, and checks each distinct word of a batch once.

    Parameters
    ----------
    options
        What counts as a word.

    Attributes
    ----------
    counts
        Count of each kept word, in the order of first occurrence.
    n_found, n_too_long
        Number of words found, and of words skipped because they are longer than 200 characters.
    """

    def __init__(self, options: TokenizerOptions) -> None:
        self.options = options
        self.counts: dict[str, int] = {}
        self.n_found = 0
        self.n_too_long = 0

    def __call__(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the kept words of each text."""
        lowercase, segmentation = self.options.lowercase, self.options.segmentation
        documents = [find_words(text, lowercase=lowercase, segmentation=segmentation) for text in texts]
        counts = Counter(chain.from_iterable(documents))
        self.n_found += counts.total()
        rejected = self._rejected(counts)
        for word in rejected:
            del counts[word]
        self._add(counts)
        if not rejected:
            return documents
        return [[word for word in document if word not in rejected] for document in documents]

    def _rejected(self, counts: Mapping[str, int]) -> set[str]:
        # Known words were checked before; the set difference runs at the speed of C.
        unknown: Iterable[str] = counts.keys() - self.counts.keys()
        rejected = {word for word in unknown if not is_kept(word, self.options)}
        self.n_too_long += sum(counts[word] for word in rejected if len(word) > MAX_WORD_LENGTH)
        return rejected

    def _add(self, counts: Mapping[str, int]) -> None:
        known = self.counts
        for word, count in counts.items():
            known[word] = known.get(word, 0) + count
