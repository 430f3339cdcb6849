"""Cutting text into words, one by one for a preview and by the megabyte for an import, with the same outcome."""

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

from embedlab.kinds.text.segmenting import Segmentation, part_words, segmenter

#: A longer "word" is data (an encoded picture, a path without end), is left out and counted.
MAX_WORD_LENGTH: Final = 200
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_]+")


class TokenizerOptions(BaseModel):
    """What counts as a word; immutable, and stored with the dataset."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lowercase: bool = Field(True, description="Turn capitals into small letters, so that The and the are one word.")
    min_length: int = Field(1, ge=1, le=50, description="Leave out words with fewer characters.")
    keep_digits: bool = Field(True, description="Keep words made of digits alone, such as 2024.")
    stop_words: Literal["none", "english"] = Field(
        "none", description="Leave out the most common English words (the, of, and ...), by scikit-learn's list."
    )
    segmentation: Segmentation = Field(
        "spaces",
        description="What parts words: blanks and signs alone; or, for scripts without blanks, each letter of theirs "
        "(characters), or a segmenter for Chinese (jieba) or Japanese (MeCab).",
    )


@cache
def _word_pattern() -> re.Pattern[str]:
    r"""Return the pattern of a word: letters, digits, underscores, and the marks that belong to them.

    Python's `\w` has no combining marks, without which words of Hindi, Thai or Arabic fall to pieces.
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

    # Words are cut at apostrophes, so what is left of don't, it's and we'll goes too.
    return frozenset(ENGLISH_STOP_WORDS) | {"s", "t", "d", "m", "ll", "re", "ve"}


def find_words(text: str, *, lowercase: bool, segmentation: Segmentation = "spaces") -> list[str]:
    """Return all words of `text`, before any is left out; raises `InputError` for a segmenter that is not installed."""
    if segmentation != "spaces":
        return part_words(find_words(text, lowercase=lowercase), segmenter(segmentation))
    if text.isascii():
        return _ASCII_WORD.findall(text.lower() if lowercase else text)
    # The same letter may be written as one character or as letter and accent.
    text = unicodedata.normalize("NFC", text.lower() if lowercase else text)
    return _word_pattern().findall(text)


def is_kept(word: str, options: TokenizerOptions) -> bool:
    """Tell whether the options keep a word."""
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
    hyphens part words. Runs of a script without blanks are parted as `segmentation` says. Text is brought into
    Unicode's form NFC first.
    """
    words = find_words(text, lowercase=options.lowercase, segmentation=options.segmentation)
    return [word for word in words if is_kept(word, options)]


class BatchTokenizer:
    """Tokenises many documents at a time, counts words, and decides once for each distinct word of a batch.

    Parameters
    ----------
    options
        What counts as a word.

    Attributes
    ----------
    counts
        How often each kept word has occurred, in the order of first occurrence.
    n_found, n_too_long
        Words found, and words left out for being longer than 200 characters.
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
        # Words seen before have been decided on; the set difference runs at the speed of C.
        unknown: Iterable[str] = counts.keys() - self.counts.keys()
        rejected = {word for word in unknown if not is_kept(word, self.options)}
        self.n_too_long += sum(counts[word] for word in rejected if len(word) > MAX_WORD_LENGTH)
        return rejected

    def _add(self, counts: Mapping[str, int]) -> None:
        known = self.counts
        for word, count in counts.items():
            known[word] = known.get(word, 0) + count
