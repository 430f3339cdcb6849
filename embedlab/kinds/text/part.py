"""A text without the documents of its test part: vectors trained on it may start a classifier."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from embedlab.core.errors import InputError
from embedlab.core.files import storage_errors
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.text.corpus import read_documents
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.files import LABELS_FILE, OFFSETS_FILE, TOKENS_FILE, VOCABULARY_FILE, corpus_writer
from embedlab.kinds.text.labeled import labeled_split
from embedlab.kinds.text.preview import by_count
from embedlab.kinds.text.signatures import document_signatures


def without_test_part(dataset: TextDataset, protocol: Protocol, folder: Path) -> TextDataset:
    """Write a text whose documents of the test part have no words, and open it.

    All documents keep their number. Copies of test documents outside the test part, which have no label, lose their
    words, too.

    Parameters
    ----------
    dataset
        A text with labels.
    protocol
        Defines the test part.
    folder
        Does not exist yet.

    Raises
    ------
    InputError
        The documents cannot be split, or only the test part has words.
    StorageError
        The disk is full.
    """
    signatures = document_signatures(dataset).values
    test_rows = labeled_split(dataset, protocol).test.rows
    is_excluded = np.isin(signatures, signatures[test_rows])
    counts: Counter[str] = Counter()
    with storage_errors(folder):
        folder.mkdir(parents=True)
        with corpus_writer(folder) as writer:
            row = -1
            for words, continues in read_documents(dataset.corpus_path, dataset.document_starts):
                row += not continues
                kept = [] if is_excluded[row] else words
                counts.update(kept)
                writer.add([kept], continues=continues)
        (folder / TOKENS_FILE).unlink()
        np.save(folder / OFFSETS_FILE, writer.line_offsets, allow_pickle=False)
        words_by_count = by_count(counts)
        columns = {
            "word": pa.array(words_by_count.keys(), pa.string()),
            "count": pa.array(words_by_count.values(), pa.int64()),
        }
        pq.write_table(pa.table(columns), folder / VOCABULARY_FILE)
        shutil.copyfile(dataset.folder / LABELS_FILE, folder / LABELS_FILE)
    if len(counts) < 2:
        raise InputError(
            "Without its test part the text has too few words for training.",
            received=f"{len(counts)} different words",
            remedy="Choose a smaller share for the test part, or import more text.",
        )
    figures = {"documents": writer.n_documents, "tokens": writer.n_tokens, "vocabulary": len(counts)}
    imported = replace(dataset.imported, counts={**dataset.imported.counts, **figures})
    imported.save(folder)
    return TextDataset(folder, imported)
