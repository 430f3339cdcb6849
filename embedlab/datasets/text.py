"""From a file of text to a corpus: looked at in a preview, imported while it streams, opened for training."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from embedlab.datasets.base import DATASET_FILE, Imported, Kind
from embedlab.datasets.batches import DocumentSource
from embedlab.datasets.corpus import CorpusWriter, read_documents, read_line_range, read_lines
from embedlab.datasets.documents import open_documents
from embedlab.datasets.label_statistics import LONG_DOCUMENT, label_statistics, label_warnings, long_document
from embedlab.datasets.phrases import PhraseJoiner, PhraseOptions
from embedlab.datasets.sources import Limits
from embedlab.datasets.text_options import TextOptions, guess_text_options, options_of
from embedlab.datasets.text_preview import (
    LABEL_CHARACTERS,
    PreviewDocument,
    TextPreview,
    by_count,
    empty_warnings,
    preview_text,
    share_kept,
    warnings_of,
)
from embedlab.datasets.tokenizing import BatchTokenizer, TokenizerOptions, tokenize
from embedlab.errors import InputError, StorageError, TooLargeError
from embedlab.files import load_array, storage_errors
from embedlab.progress import ReportProgress, ignore_progress

__all__ = [
    "PhraseOptions",
    "PreviewDocument",
    "TextDataset",
    "TextOptions",
    "TextPreview",
    "TokenizerOptions",
    "guess_text_options",
    "import_text",
    "options_of",
    "preview_text",
]

CORPUS_FILE: Final = "corpus.txt"
DOCUMENTS_FILE: Final = "documents.npy"
OFFSETS_FILE: Final = "line_offsets.npy"
LABELS_FILE: Final = "labels.parquet"
VOCABULARY_FILE: Final = "vocabulary.parquet"
PHRASES_FILE: Final = "phrases.parquet"
#: The corpus before its phrases are joined, while that is done.
_APART_FILE: Final = "corpus-apart.txt"
_FILES: Final = (
    CORPUS_FILE,
    DOCUMENTS_FILE,
    OFFSETS_FILE,
    LABELS_FILE,
    VOCABULARY_FILE,
    PHRASES_FILE,
    _APART_FILE,
    DATASET_FILE,
)
#: The vocabulary is all that grows in memory with the text; this many words take about 1.5 GB.
MAX_VOCABULARY: Final = 10_000_000
_DOCUMENTS_BETWEEN_REPORTS: Final = 200
_LABEL_SCHEMA = pa.schema([("label", pa.string())])


def import_text(
    path: Path,
    options: TextOptions,
    folder: Path,
    *,
    limits: Limits,
    report: ReportProgress = ignore_progress,
) -> Imported:
    """Turn a text into a dataset while it streams from disk.

    Memory grows with the vocabulary and the number of documents only. Phrases are counted while the corpus is written,
    and joined in a second pass over it.

    Parameters
    ----------
    path
        The file as it was brought.
    options
        How it is read.
    folder
        Where the dataset goes; exists and is empty. On an error nothing is left in it.
    limits
        Bounds on what is opened.
    report
        Told the share of the file read, several times a second.

    Raises
    ------
    InputError
        The file cannot be read with these options, or holds fewer than two different words.
    TooLargeError
        It unpacks to more than the limits allow, or has more than ten million different words.
    StorageError
        The folder cannot be written.
    """
    try:
        with storage_errors(folder / CORPUS_FILE):
            return _import(path, options, folder, limits, report)
    except BaseException:
        for name in _FILES:
            (folder / name).unlink(missing_ok=True)
        raise


def _import(path: Path, options: TextOptions, folder: Path, limits: Limits, report: ReportProgress) -> Imported:
    tokenizer = BatchTokenizer(options.tokenizer)
    report(0.0, "reading")
    share = 0.95 if options.phrases is None else 0.6
    with open_documents(path, options, limits) as source:
        with (folder / CORPUS_FILE).open("wb") as stream, _LabelWriter(folder, options) as write_labels:
            writer = CorpusWriter(stream)
            written = _written(source, tokenizer, writer, write_labels, lambda done: report(share * done, "reading"))
            if options.phrases is None:
                deque(written, maxlen=0)
            else:
                joiner = PhraseJoiner.learn(written, options.phrases)
            writer.close()
        _check_words(tokenizer.counts, tokenizer.n_found)
        warnings = warnings_of(tokenizer, source, is_complete=True)
        details: dict[str, Any] = {"replaced_characters": source.n_repaired()}
        if source.table is not None:
            details |= {"rows_left_out": source.table.n_bad_rows, "row_examples": source.table.bad_row_examples}
        if source.members is not None:
            details["files"] = {"read": source.members.n_read, "left_out": source.members.left_out[:100]}
    counts: Mapping[str, int] = tokenizer.counts
    if options.phrases is not None:
        writer, counts = _joined(folder, writer, joiner, lambda done: report(share + 0.35 * done, "joining phrases"))
        _check_words(counts, tokenizer.n_found)
        joiner.save(folder / PHRASES_FILE, counts)
        details["phrases"] = joiner.told(counts)
    if options.has_labels:
        labels = pq.read_table(folder / LABELS_FILE)["label"].to_pylist()
        details["labels"] = label_statistics(labels, writer.tokens_of_documents)
        warnings += label_warnings(details["labels"])
    warnings += empty_warnings(writer.n_empty, writer.n_documents)
    report(0.95, "writing the vocabulary")
    np.save(folder / DOCUMENTS_FILE, writer.document_starts, allow_pickle=False)
    np.save(folder / OFFSETS_FILE, writer.line_offsets, allow_pickle=False)
    words = by_count(counts)
    vocabulary = pa.table({"word": pa.array(words.keys(), pa.string()), "count": pa.array(words.values(), pa.int64())})
    pq.write_table(vocabulary, folder / VOCABULARY_FILE)
    figures: dict[str, int | float] = {
        "documents": writer.n_documents,
        "tokens": writer.n_tokens,
        "vocabulary": len(words),
    }
    if options.has_labels:
        figures[LONG_DOCUMENT] = long_document(writer.tokens_of_documents)
    imported = Imported(
        Kind.TEXT,
        figures,
        options.model_dump(mode="json"),
        warnings,
        {
            "lines": writer.n_lines,
            "empty_documents": writer.n_empty,
            "words_found": tokenizer.n_found,
            "share_kept": share_kept(tokenizer),
            "words_too_long": tokenizer.n_too_long,
            **details,
        },
    )
    imported.save(folder)
    report(1.0, "done")
    return imported


def _written(
    source: DocumentSource,
    tokenizer: BatchTokenizer,
    writer: CorpusWriter,
    write_labels: Callable[[Iterable[str]], None],
    tick: Callable[[float], None],
) -> Iterator[list[str]]:
    """Write the corpus, and yield the words of each document (or of a piece of a long one) as they go by."""
    for batch in source.batches:
        documents = tokenizer(batch.texts)
        writer.add(documents, continues=batch.continues)
        if batch.labels is not None:
            write_labels(batch.labels[int(batch.continues) :])
        if len(tokenizer.counts) > MAX_VOCABULARY:
            raise _too_many_words()
        tick(source.share_read())
        yield from documents


def _joined(
    folder: Path, apart: CorpusWriter, joiner: PhraseJoiner, tick: Callable[[float], None]
) -> tuple[CorpusWriter, Mapping[str, int]]:
    """Write the corpus again with its phrases joined; return its writer and the counts of its words.

    A phrase across the pieces of a very long document (every 100,000 words) stays apart.
    """
    source = (folder / CORPUS_FILE).rename(folder / _APART_FILE)
    counts: Counter[str] = Counter()
    n_read = 0
    with (folder / CORPUS_FILE).open("wb") as stream:
        writer = CorpusWriter(stream)
        for number, (words, continues) in enumerate(read_documents(source, apart.document_starts)):
            joined = next(joiner.join([words]))
            counts.update(joined)
            writer.add([joined], continues=continues)
            n_read += len(words)
            if number % _DOCUMENTS_BETWEEN_REPORTS == 0:
                tick(n_read / max(1, apart.n_tokens))
        writer.close()
    source.unlink()
    return writer, counts


class _LabelWriter:
    """Writes labels as they come; as a context it closes the file, and without a label column does nothing."""

    def __init__(self, folder: Path, options: TextOptions) -> None:
        self._writer = None
        if options.has_labels:
            self._writer = pq.ParquetWriter(folder / LABELS_FILE, _LABEL_SCHEMA)

    def __enter__(self) -> Callable[[Iterable[str]], None]:
        return self._write

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write(self, labels: Iterable[str]) -> None:
        if self._writer is not None:
            column = pa.array([label[:LABEL_CHARACTERS] for label in labels], pa.string())
            self._writer.write_table(pa.table([column], schema=_LABEL_SCHEMA))


def _check_words(counts: Mapping[str, int], n_found: int) -> None:
    if len(counts) >= 2:
        return
    if n_found > sum(counts.values()):
        remedy = "Loosen the options for words: they leave out nearly everything."
    else:
        remedy = "Bring a text of many words: an embedding is learned from words that stand near each other."
    raise InputError(
        "The text holds only one word." if counts else "The text holds no words.",
        received=next(iter(counts), f"{n_found:,} words before the options for words"),
        remedy=remedy,
    )


def _too_many_words() -> TooLargeError:
    return TooLargeError(
        f"The text has more than {MAX_VOCABULARY:,} different words.",
        remedy="It is probably data and not text; check the column and the layout, or bring a smaller part.",
    )


@dataclass(frozen=True)
class TextDataset:
    """An imported text.

    Parameters
    ----------
    folder
        Where it lives.
    imported
        What the import found.
    """

    folder: Path
    imported: Imported

    @classmethod
    def open(cls, folder: Path) -> TextDataset:
        """Open the dataset in `folder`; raises `StorageError` when it is missing or damaged."""
        imported = Imported.load(folder)
        if imported.kind != Kind.TEXT or not (folder / CORPUS_FILE).is_file():
            raise StorageError("The folder does not hold a text dataset.", received=folder.name)
        return cls(folder, imported)

    @property
    def corpus_path(self) -> Path:
        """The corpus: one file, UTF-8, words parted by one blank, at most 100 on a line."""
        return self.folder / CORPUS_FILE

    @property
    def n_documents(self) -> int:
        """How many documents there are, those without words included."""
        return int(self.imported.counts["documents"])

    @property
    def n_tokens(self) -> int:
        """How many words the corpus has in all."""
        return int(self.imported.counts["tokens"])

    @cached_property
    def vocabulary(self) -> pd.DataFrame:
        """All words with their counts (columns `word`, `count`), most frequent first, then by first occurrence."""
        return self._table(VOCABULARY_FILE)

    @cached_property
    def labels(self) -> pd.DataFrame | None:
        """A label for each document (column `label`), or None."""
        return self._table(LABELS_FILE) if (self.folder / LABELS_FILE).exists() else None

    @cached_property
    def document_starts(self) -> npt.NDArray[np.int64]:
        """`(n_documents + 1,)` int64: the line each document begins on, then the number of lines."""
        return self._array(DOCUMENTS_FILE)

    @cached_property
    def options(self) -> TextOptions:
        """How the text was read."""
        return TextOptions.checked(self.imported.options)

    def tokenize(self, text: str) -> list[str]:
        """Return the words of another text, cut and joined to phrases as those of this dataset were."""
        words = tokenize(text, self.options.tokenizer)
        return words if self._joiner is None else next(self._joiner.join([words]))

    @cached_property
    def _joiner(self) -> PhraseJoiner | None:
        if self.options.phrases is None:
            return None
        return PhraseJoiner.load(self.folder / PHRASES_FILE, self.options.phrases)

    def kept(self, min_count: int) -> tuple[int, int]:
        """Return how many words occur at least `min_count` times, and how often all of them together."""
        counts = self.vocabulary["count"].to_numpy()
        n_words = int(np.searchsorted(-counts, -min_count, side="right"))
        return n_words, int(counts[:n_words].sum())

    def lines(self) -> Iterator[list[str]]:
        """Yield the words of each line of the corpus."""
        return read_lines(self.corpus_path)

    def documents(self, start: int, stop: int) -> list[list[str]]:
        """Return the words of the documents `start` to `stop` (excluded)."""
        start, stop, _ = slice(start, stop).indices(self.n_documents)
        if start >= stop:
            return []
        starts = self.document_starts[start : stop + 1].tolist()
        first = starts[0]
        lines = read_line_range(self.corpus_path, self._array(OFFSETS_FILE), first, starts[-1])
        return [
            [word for line in lines[begin - first : end - first] for word in line] for begin, end in pairwise(starts)
        ]

    def _array(self, name: str) -> npt.NDArray[np.int64]:
        try:
            array: npt.NDArray[np.int64] = load_array(self.folder / name)
        except (OSError, ValueError) as error:
            raise StorageError("A file of the dataset is missing or damaged.", received=name) from error
        return array

    def _table(self, name: str) -> pd.DataFrame:
        try:
            table: pd.DataFrame = pq.read_table(self.folder / name).to_pandas()
        except (OSError, pa.ArrowException) as error:
            raise StorageError("A file of the dataset is missing or damaged.", received=name) from error
        return table
