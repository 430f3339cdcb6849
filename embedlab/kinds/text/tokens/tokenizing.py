"""Tokenizing: splitting text into words, with the same result for one text and for large batches."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from embedlab.kinds.reading_report import MOST_EXAMPLES
from embedlab.kinds.text.tokens.markup import strip_html
from embedlab.kinds.text.tokens.segmenting import Segmentation, segment_words, segmenter
from embedlab.kinds.text.tokens.word_patterns import INVISIBLE, word_pattern

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
        description="How words are separated: by spaces and punctuation; by spaces only (whitespace), for ids and "
        "hashtags; in scripts without spaces, each letter is a word (characters), or by a segmenter for Chinese "
        "(jieba) or Japanese (MeCab).",
    )
    contractions: bool = Field(True, description="Keep contractions, such as don't and I'm, as one word.")
    emoji: bool = Field(True, description="Keep emoji as words, and zero-width joiners inside words.")
    strip_html: bool = Field(
        False,
        description="Remove HTML tags such as <br /> and decode entities such as &amp; before words are found; the "
        "import switches it on for texts with HTML.",
    )

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return stored options with those that earlier versions did not have, so that words are found as they did."""
        return {"contractions": False, "emoji": False, **values}


@cache
def _stop_words(name: str) -> frozenset[str]:
    if name == "none":
        return frozenset()
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    # The rests of don't, it's and we'll are stop words, too, where words are split at apostrophes.
    return frozenset(ENGLISH_STOP_WORDS) | {"s", "t", "d", "m", "ll", "re", "ve"}


def find_words(text: str, options: TokenizerOptions) -> list[str]:
    """Return all words of `text`, before any are removed; raises `InputError` for a segmenter that is not installed."""
    return _words(strip_html(text).text if options.strip_html else text, options)


def _words(text: str, options: TokenizerOptions) -> list[str]:
    """Return all words of a text without markup."""
    if options.segmentation in {"spaces", "whitespace"}:
        return _separated(text, options)
    return segment_words(_separated(text, options), segmenter(options.segmentation))


def _separated(text: str, options: TokenizerOptions) -> list[str]:
    if options.lowercase:
        text = text.lower()
    if text.isascii():
        if options.segmentation == "whitespace":
            return text.split()
        if not options.contractions or "'" not in text:
            return _ASCII_WORD.findall(text)
    else:
        # The same letter may be written as one character or as letter and accent.
        text = unicodedata.normalize("NFC", text)
        if options.segmentation == "whitespace":
            return text.split()
        if options.emoji:
            text = text.translate(INVISIBLE)
    if options.contractions:
        text = text.replace("\u2019", "'")
    pattern = word_pattern(contractions=options.contractions, emoji=options.emoji, ignore_case=not options.lowercase)
    return pattern.findall(text)


def is_kept(word: str, options: TokenizerOptions) -> bool:
    """Return whether the options keep a word."""
    if not options.min_length <= len(word) <= MAX_WORD_LENGTH:
        return False
    bare = word.strip("_")
    if not bare or (not options.keep_digits and bare.replace("_", "").isdigit()):
        return False
    stop_words = _stop_words(options.stop_words)
    return not stop_words or not _is_stop_word(word.lower(), stop_words)


def _is_stop_word(word: str, stop_words: frozenset[str]) -> bool:
    # it's and can't are stop words because it and can are.
    return word in stop_words or ("'" in word and all(part in stop_words for part in word.split("'")))


def tokenize(text: str, options: TokenizerOptions) -> list[str]:
    """Return the words of a text that the options keep, in order.

    A word is a run of Unicode letters, digits, marks and underscores, as in gensim and scikit-learn; hyphens, and
    apostrophes that belong to no contraction, separate words. Runs of a script without spaces are split as
    `segmentation` says. Text is normalized to Unicode form NFC first.
    """
    return [word for word in find_words(text, options) if is_kept(word, options)]


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
    too_long
        The first of these.
    n_tags, n_entities
        Number of HTML tags removed, and of entities decoded.
    tags, entities
        The first of these.
    """

    def __init__(self, options: TokenizerOptions) -> None:
        self.options = options
        self.counts: dict[str, int] = {}
        self.n_found = 0
        self.n_too_long = 0
        self.too_long = ""
        self.n_tags = self.n_entities = 0
        self.tags: list[str] = []
        self.entities: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[list[str]]:
        """Return the kept words of each text."""
        if self.options.strip_html:
            texts = list(map(self._without_html, texts))
        documents = [_words(text, self.options) for text in texts]
        counts = Counter(chain.from_iterable(documents))
        self.n_found += counts.total()
        rejected = self._rejected(counts)
        for word in rejected:
            del counts[word]
        self._add(counts)
        if not rejected:
            return documents
        return [[word for word in document if word not in rejected] for document in documents]

    def _without_html(self, text: str) -> str:
        plain = strip_html(text)
        self.n_tags += len(plain.tags)
        self.n_entities += len(plain.entities)
        self.tags += plain.tags[: MOST_EXAMPLES - len(self.tags)]
        self.entities += plain.entities[: MOST_EXAMPLES - len(self.entities)]
        return plain.text

    def _rejected(self, counts: Mapping[str, int]) -> set[str]:
        # Known words were checked before; the set difference runs at the speed of C.
        unknown: Iterable[str] = counts.keys() - self.counts.keys()
        rejected = {word for word in unknown if not is_kept(word, self.options)}
        long_words = [word for word in rejected if len(word) > MAX_WORD_LENGTH]
        self.n_too_long += sum(counts[word] for word in long_words)
        self.too_long = self.too_long or next(iter(long_words), "")
        return rejected

    def _add(self, counts: Mapping[str, int]) -> None:
        known = self.counts
        for word, count in counts.items():
            known[word] = known.get(word, 0) + count
