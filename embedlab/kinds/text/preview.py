"""Preview of a text: its first megabyte, and warnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from embedlab.core.errors import InputError, shorten
from embedlab.kinds.text.batches import Batch, DocumentSource, head_of
from embedlab.kinds.text.documents import open_documents
from embedlab.kinds.text.label_statistics import label_statistics, label_warnings
from embedlab.kinds.text.options import TextOptions
from embedlab.kinds.text.tokens.phrases import PhraseJoiner, PhraseOptions
from embedlab.kinds.text.tokens.segmenting import EXTRAS, Segmentation, is_installed, suggest_segmentation
from embedlab.kinds.text.tokens.tokenizing import MAX_WORD_LENGTH, BatchTokenizer
from embedlab.kinds.text.tokens.word_shapes import share_of_tags
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

#: A model learns next to nothing from fewer words.
FEW_TOKENS: Final = 5_000
#: Labels are truncated to this length.
LABEL_CHARACTERS: Final = 200
#: A preview reads the start of a text.
PREVIEW_CHARACTERS: Final = 1 << 20
_PREVIEW_DOCUMENTS: Final = 20
_PREVIEW_RAW_CHARACTERS: Final = 500
_PREVIEW_TOKENS: Final = 100
#: Ids and hashtags in this share of the first texts.
_SHARE_OF_TAGS: Final = 0.3


@dataclass(frozen=True)
class PreviewDocument:
    """One document of a preview: the start of its text, its first words, its label."""

    raw: str
    tokens: list[str]
    label: str | None = None


@dataclass(frozen=True)
class TextPreview:
    """The first megabyte of a text, read with some options.

    Parameters
    ----------
    documents
        The first 20.
    counts
        `documents, tokens, vocabulary` in the part that was read.
    word_counts
        Count of each kept word, most frequent first.
    labels
        Statistics of the labels from `label_statistics`; None without labels.
    share_kept
        Share of the found words that are kept, 0 to 1.
    share_read
        Share of the stored file that was read, 0 to 1.
    is_complete
        Whether the whole file was read.
    warnings
        Plain sentences.
    suggested_segmentation
        The segmentation for a script without spaces, if most letters belong to one; else None.
    suggests_whitespace
        Whether many texts have ids or hashtags, which stay whole only if words are split at spaces alone.
    phrases
        Statistics of the joined phrases from `PhraseJoiner.statistics`; None if phrases are not joined.
    """

    documents: list[PreviewDocument]
    counts: dict[str, int]
    word_counts: dict[str, int]
    labels: dict[str, Any] | None
    share_kept: float
    share_read: float
    is_complete: bool
    warnings: list[str]
    suggested_segmentation: Segmentation | None = None
    suggests_whitespace: bool = False
    phrases: dict[str, Any] | None = None

    def most_frequent(self, n: int = 30) -> list[tuple[str, int]]:
        """Return the `n` most frequent words with their counts."""
        return list(islice(self.word_counts.items(), n))

    def kept(self, min_count: int) -> tuple[int, int]:
        """Return the number of words with at least `min_count` occurrences, and of all their occurrences together."""
        counts = [count for count in self.word_counts.values() if count >= min_count]
        return len(counts), sum(counts)


def preview_text(file: Path | OpenedUpload, options: TextOptions, limits: Limits) -> TextPreview:
    """Read the first megabyte of a text and describe the result of an import.

    Raises
    ------
    InputError
        The file cannot be read with these options.
    """
    tokenizer = BatchTokenizer(options.tokenizer)
    sample = _Sample()
    n_seen, n_left, is_complete = 0, PREVIEW_CHARACTERS, True
    with open_documents(file, options, limits, PREVIEW_CHARACTERS // 8, PREVIEW_CHARACTERS) as source:
        for batch in source.batches:
            head = head_of(batch, n_left)
            n_left -= sum(map(len, head.texts))
            n_seen += sum(map(len, batch.texts))
            sample.add(head, tokenizer(head.texts))
            is_complete = head.texts == batch.texts
            if not is_complete:
                break
        is_complete = is_complete and not (source.members and source.members.is_truncated)
        # Parsers read ahead of what was looked at.
        share_used = (PREVIEW_CHARACTERS - n_left) / max(1, n_seen)
        share_read = 1.0 if is_complete else source.share_read() * share_used
        warnings = warnings_of(tokenizer, source, is_complete=is_complete)
    counts, phrases = sample.join(options.phrases, tokenizer.counts)
    labels = label_statistics(sample.labels, sample.n_tokens) if options.has_labels else None
    if is_complete:
        warnings += empty_warnings(sample.n_tokens.count(0), len(sample.words))
    return TextPreview(
        sample.first(),
        {"documents": len(sample.words), "tokens": sum(counts.values()), "vocabulary": len(counts)},
        by_count(counts),
        labels,
        share_kept(tokenizer),
        share_read,
        is_complete,
        warnings + (label_warnings(labels) if labels is not None and is_complete else []),
        suggested_segmentation(tokenizer),
        suggests_whitespace(sample.raw, options),
        phrases,
    )


class _Sample:
    """The documents of a preview, reassembled from their pieces."""

    def __init__(self) -> None:
        self.words: list[list[str]] = []
        self.labels: list[str] = []
        self.raw: list[str] = []

    def add(self, batch: Batch, words: list[list[str]]) -> None:
        first = int(batch.continues)
        if first and words:
            self.words[-1] += words[0]
        self.words += words[first:]
        self.labels += [label[:LABEL_CHARACTERS] for label in (batch.labels or [])[first:]]
        n_wanted = max(0, _PREVIEW_DOCUMENTS - len(self.raw))
        self.raw += [text[:_PREVIEW_RAW_CHARACTERS] for text in batch.texts[first : first + n_wanted]]

    @property
    def n_tokens(self) -> list[int]:
        return list(map(len, self.words))

    def join(
        self, options: PhraseOptions | None, counts: Mapping[str, int]
    ) -> tuple[Mapping[str, int], dict[str, Any] | None]:
        """Join phrases if the options say so; return the new counts of words, and the statistics of the phrases."""
        if options is None:
            return counts, None
        joiner = PhraseJoiner.learn(self.words, options)
        self.words = list(joiner.join(self.words))
        joined = Counter(chain.from_iterable(self.words))
        return joined, joiner.statistics(joined)

    def first(self) -> list[PreviewDocument]:
        labels: Sequence[str | None] = self.labels or [None] * len(self.raw)
        return [
            PreviewDocument(raw, words[:_PREVIEW_TOKENS], label)
            for raw, words, label in zip(self.raw, self.words, labels, strict=False)
        ]


def by_count(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts with the most frequent first; ties are in the order of first occurrence."""
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def share_kept(tokenizer: BatchTokenizer) -> float:
    """Return the share of the words found that the options kept, 0 to 1."""
    return sum(tokenizer.counts.values()) / max(1, tokenizer.n_found)


def suggested_segmentation(tokenizer: BatchTokenizer) -> Segmentation | None:
    """Return the segmentation that fits the text read so far better than spaces, if there is one."""
    if tokenizer.options.segmentation != "spaces":
        return None
    return suggest_segmentation(islice(tokenizer.counts, 20_000))


def suggests_whitespace(texts: Sequence[str], options: TextOptions) -> bool:
    """Return whether words of many texts are ids or hashtags that the chosen tokenizer splits."""
    return options.tokenizer.segmentation == "spaces" and share_of_tags(texts) >= _SHARE_OF_TAGS


def empty_warnings(n_empty: int, n_documents: int) -> list[str]:
    """Return a plain sentence about documents without words."""
    if not n_empty:
        return []
    return [f"{n_empty:,} of {n_documents:,} documents have no words: document models skip them."]


def check_words(counts: Mapping[str, int], n_found: int) -> None:
    """Raise `InputError` for a text with fewer than two distinct words; `n_found` words were found before filtering."""
    if len(counts) >= 2:
        return
    if n_found > sum(counts.values()):
        remedy = "Relax the options for words: they remove nearly everything."
    else:
        remedy = "Use a longer text: embeddings are learned from words that occur near each other."
    raise InputError(
        "The text contains only one word." if counts else "The text contains no words.",
        received=next(iter(counts), f"{n_found:,} words before the options for words"),
        remedy=remedy,
    )


def warnings_of(tokenizer: BatchTokenizer, source: DocumentSource, *, is_complete: bool) -> list[str]:
    """Return plain sentences about problems with the text read so far."""
    counts = tokenizer.counts
    n_tokens = sum(counts.values())
    warnings = []
    if is_complete and n_tokens < FEW_TOKENS:
        warnings.append(
            f"This text is too small to learn from: {n_tokens:,} words. Vectors will be little better than chance; "
            "use at least 100,000 words."
        )
    if n_tokens < 0.05 * tokenizer.n_found:
        warnings.append(f"Only {share_kept(tokenizer):.1%} of the words are kept: check the options for words.")
    if suggested := suggested_segmentation(tokenizer):
        missing = "" if is_installed(suggested) else f" (first: pip install {EXTRAS[suggested][1]})"
        others = "" if suggested == "characters" else ", or to characters"
        warnings.append(
            "Most of this text is in a script without spaces between words, so whole phrases are read as one word. "
            f"Set segmentation to {suggested}{missing}{others}."
        )
    if tokenizer.n_too_long:
        warnings.append(f"{tokenizer.n_too_long:,} words longer than {MAX_WORD_LENGTH} characters were left out.")
    if n_repaired := source.n_repaired():
        warnings.append(f"{n_repaired:,} characters were invalid in the chosen encoding and were replaced.")
    if source.members is not None and source.members.left_out:
        names = source.members.left_out
        shown = ", ".join(shorten(name, 60) for name in names[:5]) + (" ..." if len(names) > 5 else "")
        warnings.append(f"{len(names):,} files contain no text and were skipped: {shown}")
    if source.table is not None and source.table.n_bad_rows:
        example = source.table.bad_row_examples[0]
        warnings.append(
            f"{source.table.n_bad_rows:,} rows were skipped: they have too many or too few fields. Example: {example}"
        )
    return warnings
