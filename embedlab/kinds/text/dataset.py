"""Text datasets: import by streaming, and opening for training."""

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

from embedlab.core.errors import StorageError, TooLargeError
from embedlab.core.files import storage_errors
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.stored import damaged, read_array, read_table
from embedlab.kinds.base import DATASET_FILE, Imported
from embedlab.kinds.reading_report import report_of
from embedlab.kinds.text.batches import Batch, DocumentSource
from embedlab.kinds.text.corpus import CorpusWriter, read_documents, read_line_range, read_lines
from embedlab.kinds.text.documents import open_documents
from embedlab.kinds.text.files import (
    CORPUS_FILE,
    DOCUMENTS_FILE,
    FILES,
    LABELS_FILE,
    OFFSETS_FILE,
    PHRASES_FILE,
    TOKENS_FILE,
    UNJOINED_DOCUMENTS_FILE,
    UNJOINED_FILE,
    VOCABULARY_FILE,
    LabelWriter,
    corpus_writer,
    stored_label_statistics,
)
from embedlab.kinds.text.guessing import guess_text_options
from embedlab.kinds.text.label_statistics import LONG_DOCUMENT, label_warnings, long_document
from embedlab.kinds.text.layouts.column_files import NO_PART, PARTS_FILE, TEST, ColumnsWriter, PartCounter, read_columns
from embedlab.kinds.text.options import TextOptions, options_of
from embedlab.kinds.text.originals import OriginalsWriter, has_originals, read_heads, read_original
from embedlab.kinds.text.preview import (
    PreviewDocument,
    TextPreview,
    by_count,
    check_words,
    empty_warnings,
    preview_text,
    share_kept,
    warnings_of,
)
from embedlab.kinds.text.report import count_changes, read_as
from embedlab.kinds.text.tokens.phrases import PhraseJoiner, PhraseOptions
from embedlab.kinds.text.tokens.tokenizing import BatchTokenizer, TokenizerOptions, tokenize
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

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

#: Only the vocabulary grows in memory with the text; this many words take about 1.5 GB.
MAX_VOCABULARY: Final = 10_000_000
_DOCUMENTS_BETWEEN_REPORTS: Final = 200


def import_text(
    file: Path | OpenedUpload,
    options: TextOptions,
    folder: Path,
    *,
    limits: Limits,
    report: ReportProgress = ignore_progress,
) -> Imported:
    """Import a text as a dataset, streaming.

    Memory grows only with the vocabulary and the number of labels, by about 150 bytes for each word and each label, not
    with the number of documents. Phrases are counted while the corpus is written, and joined in a second pass.

    Parameters
    ----------
    file
        The file as it is stored.
    options
        How it is read.
    folder
        An existing, empty folder for the dataset. After an error it is empty again.
    limits
        Bounds on what is opened.
    report
        Called with the progress, several times a second.

    Raises
    ------
    InputError
        The file cannot be read with these options, or has fewer than two distinct words.
    TooLargeError
        It unpacks to more than the limits allow, or has more than ten million distinct words.
    StorageError
        The folder cannot be written.
    """
    try:
        with storage_errors(folder / CORPUS_FILE):
            return _import(file, options, folder, limits, report)
    except BaseException:
        for name in FILES:
            (folder / name).unlink(missing_ok=True)
        raise


def _import(
    file: Path | OpenedUpload, options: TextOptions, folder: Path, limits: Limits, report: ReportProgress
) -> Imported:
    tokenizer = BatchTokenizer(options.tokenizer)
    report(0.0, "reading")
    share = 0.95 if options.phrases is None else 0.6
    upload = OpenedUpload.of(file, limits)
    parts = PartCounter()
    with open_documents(upload, options, limits) as source:
        changes = source.changes
        with (
            corpus_writer(folder) as writer,
            LabelWriter(folder, options) as write_labels,
            OriginalsWriter(folder) as originals,
            ColumnsWriter(folder, changes) as columns,
        ):
            stores = _Stores(writer, write_labels, originals, columns, parts if options.has_parts else None)
            written = _written(source, tokenizer, stores, lambda done: report(share * done, "reading"))
            if options.phrases is None:
                deque(written, maxlen=0)
            else:
                joiner = PhraseJoiner.learn(written, options.phrases)
        check_words(tokenizer.counts, tokenizer.n_found)
        warnings = warnings_of(tokenizer, source, is_complete=True)
        details: dict[str, Any] = {"replaced_characters": source.n_repaired()}
        if source.table is not None:
            details |= {"rows_left_out": source.table.n_bad_rows, "row_examples": source.table.bad_row_examples}
        if source.members is not None:
            details["files"] = {"read": source.members.n_read, "left_out": source.members.left_out[:100]}
        count_changes(changes, source, tokenizer, columns.unused)
    counts: Mapping[str, int] = tokenizer.counts
    if options.phrases is not None:
        writer, counts = _joined(folder, writer, joiner, lambda done: report(share + 0.35 * done, "joining phrases"))
        check_words(counts, tokenizer.n_found)
        joiner.save(folder / PHRASES_FILE, counts)
        details["phrases"] = joiner.statistics(counts)
    if options.has_labels:
        details["labels"] = stored_label_statistics(folder)
        warnings += label_warnings(details["labels"])
    warnings += empty_warnings(writer.n_empty, writer.n_documents)
    report(0.95, "writing the vocabulary")
    words = by_count(counts)
    figures: dict[str, int | float] = {
        "documents": writer.n_documents,
        "tokens": writer.n_tokens,
        "vocabulary": len(words),
    }
    if options.has_labels:
        figures[LONG_DOCUMENT] = long_document(read_array(folder / TOKENS_FILE))
        if options.has_parts and (n_test := _save_parts(folder, parts)):
            figures["test_documents"] = n_test
    (folder / TOKENS_FILE).unlink()
    np.save(folder / OFFSETS_FILE, writer.line_offsets, allow_pickle=False)
    vocabulary = pa.table({"word": pa.array(words.keys(), pa.string()), "count": pa.array(words.values(), pa.int64())})
    pq.write_table(vocabulary, folder / VOCABULARY_FILE)
    read = read_as(upload, options, columns.filled, source)
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
            **report_of(read, changes),
        },
    )
    imported.save(folder)
    report(1.0, "done")
    return imported


def _save_parts(folder: Path, parts: PartCounter) -> int:
    """Store the parts of a published split if it has labeled test documents; return their number."""
    labels = pq.read_table(folder / LABELS_FILE).column("label").to_pandas()
    is_test = (parts.codes == TEST) & (labels != "").to_numpy()
    n_test = int(is_test.sum())
    if n_test:
        codes = np.where(is_test | (parts.codes != TEST), parts.codes, NO_PART)
        np.save(folder / PARTS_FILE, codes.astype(np.uint8), allow_pickle=False)
    return n_test


@dataclass(frozen=True)
class _Stores:
    """What receives each document."""

    writer: CorpusWriter
    write_labels: Callable[[Iterable[str]], None]
    originals: OriginalsWriter
    columns: ColumnsWriter
    parts: PartCounter | None

    def add(self, batch: Batch, documents: list[list[str]]) -> None:
        self.writer.add(documents, continues=batch.continues)
        self.originals.add(batch.texts, continues=batch.continues)
        first = int(batch.continues)
        n_new = len(batch.texts) - first
        self.columns.add({name: cells[first:] for name, cells in batch.columns.items()}, n_new)
        if batch.labels is not None:
            self.write_labels(batch.labels[first:])
        if self.parts is not None:
            self.parts.add(None if batch.parts is None else batch.parts[first:], n_new)


def _written(
    source: DocumentSource, tokenizer: BatchTokenizer, stores: _Stores, tick: Callable[[float], None]
) -> Iterator[list[str]]:
    """Write the corpus, and yield the words of each document, or of each piece of a long one."""
    for batch in source.batches:
        documents = tokenizer(batch.texts)
        stores.add(batch, documents)
        if len(tokenizer.counts) > MAX_VOCABULARY:
            raise _too_many_words()
        tick(source.share_read())
        yield from documents


def _joined(
    folder: Path, unjoined: CorpusWriter, joiner: PhraseJoiner, tick: Callable[[float], None]
) -> tuple[CorpusWriter, Mapping[str, int]]:
    """Write the corpus again with its phrases joined; return its writer and the counts of its words.

    A phrase across the pieces of a very long document (every 100,000 words) is not joined.
    """
    source = (folder / CORPUS_FILE).rename(folder / UNJOINED_FILE)
    starts_file = (folder / DOCUMENTS_FILE).rename(folder / UNJOINED_DOCUMENTS_FILE)
    starts: npt.NDArray[np.int64] = np.load(starts_file, mmap_mode="r", allow_pickle=False)
    counts: Counter[str] = Counter()
    n_read = 0
    with corpus_writer(folder) as writer:
        for number, (words, continues) in enumerate(read_documents(source, starts)):
            joined = next(joiner.join([words]))
            counts.update(joined)
            writer.add([joined], continues=continues)
            n_read += len(words)
            if number % _DOCUMENTS_BETWEEN_REPORTS == 0:
                tick(n_read / max(1, unjoined.n_tokens))
    source.unlink()
    starts_file.unlink()
    return writer, counts


def _too_many_words() -> TooLargeError:
    return TooLargeError(
        f"The text has more than {MAX_VOCABULARY:,} different words.",
        remedy="It is probably data and not text; check the column and the layout, or import a smaller part.",
    )


@dataclass(frozen=True)
class TextDataset:
    """An imported text.

    Parameters
    ----------
    folder
        Its folder.
    imported
        The description that the import wrote.
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
        """The corpus: one file, UTF-8, words separated by one space, at most 100 on a line."""
        return self.folder / CORPUS_FILE

    @property
    def n_documents(self) -> int:
        """Number of documents, including those without words."""
        return self._count("documents")

    @property
    def n_tokens(self) -> int:
        """Total number of words in the corpus."""
        return self._count("tokens")

    @cached_property
    def vocabulary(self) -> pd.DataFrame:
        """All words with their counts (columns `word`, `count`), most frequent first, then by first occurrence."""
        return read_table(self.folder / VOCABULARY_FILE, {"word": "text", "count": "number"})

    @cached_property
    def labels(self) -> pd.DataFrame | None:
        """A label for each document (column `label`), or None."""
        if not (self.folder / LABELS_FILE).exists():
            return None
        table = read_table(self.folder / LABELS_FILE, {"label": "any"})
        if len(table) != self.n_documents:
            raise damaged(LABELS_FILE)
        return table

    @cached_property
    def document_starts(self) -> npt.NDArray[np.int64]:
        """`(n_documents + 1,)` int64: the line on which each document begins, then the number of lines."""
        starts = self._array(DOCUMENTS_FILE)
        if starts.shape != (self.n_documents + 1,) or starts[0] != 0 or (np.diff(starts) < 0).any():
            raise damaged(DOCUMENTS_FILE)
        return starts

    @cached_property
    def options(self) -> TextOptions:
        """How the text was read."""
        return TextOptions.stored(self.imported.options)

    @cached_property
    def label_name(self) -> str | None:
        """The name of the label column in the file; None if labels have no name."""
        column = self.options.label_column
        names = self.imported.details.get("read", {}).get("columns", {}).get("label", [])
        return str(names[0]) if column is not None and self.options.has_header and names else None

    @cached_property
    def other_columns(self) -> list[str]:
        """The names of the other columns of the file that are stored, without that of the label."""
        columns = self.imported.details.get("read", {}).get("columns", {})
        names = [*columns.get("metadata", []), *columns.get("part", [])]
        return [str(name) for name in names if name != self.label_name]

    @cached_property
    def parts(self) -> npt.NDArray[np.uint8] | None:
        """`(n_documents,)` part of each document in a published split (`column_files.TEST`, ...), or None."""
        if not (self.folder / PARTS_FILE).exists():
            return None
        parts = read_array(self.folder / PARTS_FILE, "u", n_dimensions=1)
        if len(parts) != self.n_documents:
            raise damaged(PARTS_FILE)
        return parts

    @property
    def has_originals(self) -> bool:
        """Whether the documents are stored as they were written; those of earlier versions are not."""
        return has_originals(self.folder)

    def original(self, row: int, max_characters: int | None = None) -> str:
        """Return a document as it was written, or its first characters; of earlier versions its words."""
        if not self.has_originals:
            return " ".join(self.documents(row, row + 1)[0])
        return read_original(self.folder, row, max_characters)

    def originals(self, rows: npt.NDArray[np.int64], max_characters: int) -> list[str]:
        """Return the first characters of documents as they were written; raises `StorageError` where there are none."""
        return list(read_heads(self.folder, rows, max_characters))

    def columns(self, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
        """Return the other columns of documents under the names that they have in the file."""
        return read_columns(self.folder, self.other_columns, rows)

    def tokenize(self, text: str) -> list[str]:
        """Return the words of another text, tokenized and joined to phrases as in this dataset."""
        words = tokenize(text, self.options.tokenizer)
        return words if self._joiner is None else next(self._joiner.join([words]))

    @cached_property
    def _joiner(self) -> PhraseJoiner | None:
        if self.options.phrases is None:
            return None
        return PhraseJoiner.load(self.folder / PHRASES_FILE, self.options.phrases)

    def kept(self, min_count: int) -> tuple[int, int]:
        """Return the number of words with at least `min_count` occurrences, and of all their occurrences together."""
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
        if len(lines) != starts[-1] - first:
            raise damaged(CORPUS_FILE)
        return [
            [word for line in lines[begin - first : end - first] for word in line] for begin, end in pairwise(starts)
        ]

    def _count(self, name: str) -> int:
        if name not in self.imported.counts:
            raise damaged(DATASET_FILE)
        return int(self.imported.counts[name])

    def _array(self, name: str) -> npt.NDArray[np.int64]:
        return read_array(self.folder / name, "iu", n_dimensions=1)
