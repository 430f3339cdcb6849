"""The files of a text dataset, written by streaming: memory does not grow with the documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from embedlab.core.array_file import ArrayFile
from embedlab.kinds.base import DATASET_FILE
from embedlab.kinds.text.corpus import CorpusWriter
from embedlab.kinds.text.label_statistics import LabelCounter
from embedlab.kinds.text.layouts.column_files import COLUMNS_FILE, PARTS_FILE
from embedlab.kinds.text.options import TextOptions
from embedlab.kinds.text.originals import ORIGINALS_FILE, STARTS_FILE
from embedlab.kinds.text.preview import LABEL_CHARACTERS

CORPUS_FILE: Final = "corpus.txt"
DOCUMENTS_FILE: Final = "documents.npy"
OFFSETS_FILE: Final = "line_offsets.npy"
LABELS_FILE: Final = "labels.parquet"
VOCABULARY_FILE: Final = "vocabulary.parquet"
PHRASES_FILE: Final = "phrases.parquet"
#: The corpus without joined phrases, while they are being joined.
UNJOINED_FILE: Final = "corpus-apart.txt"
UNJOINED_DOCUMENTS_FILE: Final = "documents-apart.npy"
#: The number of words of each document, until the statistics of the labels are computed.
TOKENS_FILE: Final = "document-tokens.npy"
FILES: Final = (
    CORPUS_FILE,
    DOCUMENTS_FILE,
    OFFSETS_FILE,
    LABELS_FILE,
    VOCABULARY_FILE,
    PHRASES_FILE,
    UNJOINED_FILE,
    UNJOINED_DOCUMENTS_FILE,
    TOKENS_FILE,
    ORIGINALS_FILE,
    STARTS_FILE,
    COLUMNS_FILE,
    PARTS_FILE,
    DATASET_FILE,
)
_LABELS_AT_ONCE: Final = 1 << 16
_LABEL_SCHEMA = pa.schema([("label", pa.string())])


@contextmanager
def corpus_writer(folder: Path) -> Iterator[CorpusWriter]:
    """Yield a writer of the corpus and of the positions and lengths of its documents."""
    with (
        (folder / CORPUS_FILE).open("wb") as stream,
        ArrayFile(folder / DOCUMENTS_FILE) as starts,
        ArrayFile(folder / TOKENS_FILE) as tokens,
    ):
        writer = CorpusWriter(stream, starts, tokens)
        yield writer
        writer.close()


def stored_label_statistics(folder: Path) -> dict[str, Any]:
    """Return the statistics of the labels in a folder, as `label_statistics` does; both files are read in chunks."""
    n_tokens: npt.NDArray[np.int64] = np.load(folder / TOKENS_FILE, mmap_mode="r", allow_pickle=False)
    counter = LabelCounter()
    pending: list[pa.Array] = []
    n_pending = n_counted = 0

    def count() -> None:
        nonlocal n_pending, n_counted
        counter.add(pa.concat_arrays(pending), n_tokens[n_counted : n_counted + n_pending])
        n_counted, n_pending = n_counted + n_pending, 0
        pending.clear()

    with pq.ParquetFile(folder / LABELS_FILE) as stored:
        for batch in stored.iter_batches(batch_size=_LABELS_AT_ONCE, use_threads=False):
            pending.append(batch.column(0))
            n_pending += batch.num_rows
            # Each count goes through all known labels: with many labels, more rows are counted at a time.
            if n_pending >= counter.n_different // 4:
                count()
    if pending:
        count()
    return counter.statistics()


class LabelWriter:
    """Writes labels; a context manager that closes the file, and does nothing without labels."""

    def __init__(self, folder: Path, options: TextOptions) -> None:
        self._writer = None
        self._pending: list[str] = []
        if options.has_labels:
            self._writer = pq.ParquetWriter(folder / LABELS_FILE, _LABEL_SCHEMA)

    def __enter__(self) -> Callable[[Iterable[str]], None]:
        return self._write

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._flush(self._writer)
            self._writer.close()

    def _write(self, labels: Iterable[str]) -> None:
        if self._writer is not None:
            self._pending += [label[:LABEL_CHARACTERS] for label in labels]
            if len(self._pending) >= _LABELS_AT_ONCE:
                self._flush(self._writer)

    def _flush(self, writer: pq.ParquetWriter) -> None:
        if not self._pending:
            return
        writer.write_table(pa.table([pa.array(self._pending, pa.string())], schema=_LABEL_SCHEMA))
        self._pending = []
