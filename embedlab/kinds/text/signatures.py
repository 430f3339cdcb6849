"""Signatures of documents: equal texts have equal signatures, so that copies are found without comparing texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import StorageError
from embedlab.core.files import atomic_file
from embedlab.kinds.text.corpus import read_documents
from embedlab.kinds.text.tokens.tokenizing import tokenize

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

SIGNATURES_FILE = "document_signatures.npy"
#: Documents with fewer words ("ok", "thank you") are often equal by chance and do not show a shared source.
FEWEST_SHARED_WORDS = 5


@dataclass(frozen=True)
class Signatures:
    """Signatures of the documents of a dataset, to find copies.

    Parameters
    ----------
    values
        `(n_documents,)` uint64. Equal for the same words in the same order, whatever their case and whether phrases
        are joined; 0 for documents without words.
    n_words
        `(n_documents,)` uint64 number of words.
    """

    values: npt.NDArray[np.uint64]
    n_words: npt.NDArray[np.uint64]

    def of_long_documents(self) -> npt.NDArray[np.uint64]:
        """Return the signatures of documents with at least `FEWEST_SHARED_WORDS` words."""
        return self.values[self.n_words >= FEWEST_SHARED_WORDS]


def document_signatures(dataset: TextDataset) -> Signatures:
    """Return the signatures of all documents; computed once and stored in the dataset's folder.

    Raises
    ------
    StorageError
        The stored signatures are damaged, or the folder cannot be written.
    """
    path = dataset.folder / SIGNATURES_FILE
    if path.exists():
        try:
            stored = np.load(path, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise StorageError("A file of the dataset is missing or damaged.", received=path.name) from error
        if stored.shape == (2, dataset.n_documents) and stored.dtype == np.uint64:
            return Signatures(*stored)
    computed = _computed(dataset)
    with atomic_file(path) as stream:
        np.save(stream, np.stack([computed.values, computed.n_words]), allow_pickle=False)
    return computed


def n_shared_documents(first: TextDataset, second: TextDataset) -> int:
    """Return the number of documents of `first` that are also in `second`, word for word.

    Documents with fewer than `FEWEST_SHARED_WORDS` words are not counted.
    """
    ours, theirs = (document_signatures(each).of_long_documents() for each in (first, second))
    return int(np.isin(ours, theirs).sum())


def n_shared_texts(texts: Iterable[str], dataset: TextDataset) -> int:
    """Return the number of texts, such as cells of a table, that are documents of `dataset`, word for word.

    They are split into words as its documents were; short ones are not counted, as by `n_shared_documents`.
    """
    options = dataset.options.tokenizer
    documents = (tokenize(text, options) for text in texts)
    found = [_signature(words) for words in documents if len(words) >= FEWEST_SHARED_WORDS]
    return int(np.isin(np.array(found, np.uint64), document_signatures(dataset).of_long_documents()).sum())


def _signature(words: list[str]) -> int:
    digest = hashlib.blake2b(digest_size=8)
    digest.update(_normal(words))
    return int.from_bytes(digest.digest(), "little")


def _normal(words: list[str]) -> bytes:
    return f"{' '.join(words)} ".casefold().replace("_", " ").encode("utf-8", "surrogatepass")


def _computed(dataset: TextDataset) -> Signatures:
    values = np.zeros(dataset.n_documents, np.uint64)
    n_words = np.zeros(dataset.n_documents, np.uint64)
    row, digest = -1, hashlib.blake2b(digest_size=8)
    for words, continues in read_documents(dataset.corpus_path, dataset.document_starts):
        if not continues:
            row, digest = row + 1, hashlib.blake2b(digest_size=8)
        if words:
            digest.update(_normal(words))
            values[row] = int.from_bytes(digest.digest(), "little")
            n_words[row] += np.uint64(len(words))
    return Signatures(values, n_words)
