"""The bag of words: which words and pairs of neighboring words (bigrams) a document contains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.models.shared.text_encoding import FIRST_WORD

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Minimum number of documents that contain a pair.
_MIN_DOCUMENTS = 2
#: Pairs are chosen from documents with at most this many positions in total.
_MAX_POSITIONS = 10_000_000

#: Pseudo-documents added to the documents of each term.
_SMOOTHING = 10.0
_MIN_SCALE = 1e-3

Indices = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BagOfWords:
    """Turns encoded documents into rows of unit length, with a column for each word and for each known pair.

    Parameters
    ----------
    input_dim
        Number of rows of the embedding; words start at row 2.
    pairs
        `(n_pairs, 2)` int32 indices of consecutive words, sorted.
    scale
        `(n_terms,)` float32 above 0, the weight of each column; see `evidence_scale`. None: equal weights.
    """

    input_dim: int
    pairs: Indices
    scale: npt.NDArray[np.float32] | None = None

    @property
    def n_terms(self) -> int:
        """Number of columns: words, then pairs."""
        return self.input_dim - FIRST_WORD + len(self.pairs)

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """`(n_pairs,)` int64, one number for each pair, in ascending order."""
        return pair_codes(self.pairs[:, 0], self.pairs[:, 1], self.input_dim)

    def presence(self, indices: Indices) -> csr_matrix:
        """Return the `(n_documents, n_terms)` float32 bags of words of documents `(n_documents, sequence_length)`.

        A term that occurs `n` times has the value ``log(1 + n)`` times its scale; rows are then normalized to length 1.
        """
        counts = self.counts(indices)
        counts.data = np.log1p(counts.data)
        if self.scale is not None:
            counts.data *= self.scale[counts.indices]
        documents = np.repeat(np.arange(len(indices)), np.diff(counts.indptr))
        lengths = np.sqrt(np.bincount(documents, counts.data.astype(np.float64) ** 2, minlength=len(indices)))
        counts.data = (counts.data / lengths[documents]).astype(np.float32)
        return counts

    def counts(self, indices: Indices) -> csr_matrix:
        """Return how often each term occurs in each document, `(n_documents, n_terms)` float32."""
        from scipy.sparse import csr_matrix

        documents, positions = np.nonzero(indices >= FIRST_WORD)
        columns = indices[documents, positions].astype(np.int64) - FIRST_WORD
        if len(self.pairs) and indices.shape[1] > 1:
            codes = pair_codes(indices[:, :-1], indices[:, 1:], self.input_dim)
            matches = np.searchsorted(self.codes, codes)
            matches[matches == len(self.codes)] = 0
            pair_documents, at = np.nonzero(self.codes[matches] == codes)
            documents = np.concatenate([documents, pair_documents])
            columns = np.concatenate([columns, self.input_dim - FIRST_WORD + matches[pair_documents, at]])
        terms, numbers = np.unique(documents * self.n_terms + columns, return_counts=True)
        starts = np.searchsorted(terms, np.arange(len(indices) + 1) * self.n_terms)
        shape = (len(indices), self.n_terms)
        return csr_matrix((numbers.astype(np.float32), terms % self.n_terms, starts), shape=shape)


def evidence_scale(counts: csr_matrix, codes: npt.NDArray[np.int64], n_classes: int) -> npt.NDArray[np.float32]:
    """Return the `(n_terms,)` scale of terms: the largest log-ratio between a class and all documents.

    The class shares of the documents with a term are compared with those of all documents, after adding `_SMOOTHING`
    pseudo-documents with the class shares of all documents: terms in few documents get a small weight.

    Parameters
    ----------
    counts, codes
        Terms of the training documents, and their classes.

    Notes
    -----
    Wang and Manning, "Baselines and Bigrams: Simple, Good Sentiment and Topic Classification", 2012 (NB-SVM).
    """
    of_term = np.bincount(counts.indices, minlength=counts.shape[1])
    documents = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    scale = np.full(counts.shape[1], _MIN_SCALE)
    for code in range(n_classes):
        share = float((codes == code).mean())
        if 0 < share < 1:
            inside = np.bincount(counts.indices[codes[documents] == code], minlength=counts.shape[1])
            has = (inside + _SMOOTHING * share) / share
            others = (of_term - inside + _SMOOTHING * (1 - share)) / (1 - share)
            scale = np.maximum(scale, np.abs(np.log(has / others)))
    return scale.astype(np.float32)


def pair_codes(
    first: npt.NDArray[np.integer], second: npt.NDArray[np.integer], input_dim: int
) -> npt.NDArray[np.int64]:
    """Return one number for each pair of indices below `input_dim`."""
    codes: npt.NDArray[np.int64] = first.astype(np.int64) * input_dim + second
    return codes


def choose_pairs(indices: Indices, input_dim: int, max_pairs: int, seed: int) -> Indices:
    """Return the `(n, 2)` pairs of consecutive known words that occur in the most documents, sorted.

    Parameters
    ----------
    indices
        `(n_documents, sequence_length)` encoded documents.
    max_pairs
        Maximum number of pairs; those in a single document are excluded.
    seed
        Seed for the sample of documents if there are very many.
    """
    if indices.shape[1] < 2 or not max_pairs:
        return np.empty((0, 2), np.int32)
    max_documents = max(1, _MAX_POSITIONS // indices.shape[1])
    if len(indices) > max_documents:
        indices = indices[np.sort(np.random.default_rng(seed).choice(len(indices), max_documents, replace=False))]
    known = (indices[:, :-1] >= FIRST_WORD) & (indices[:, 1:] >= FIRST_WORD)
    documents, positions = np.nonzero(known)
    codes, of_code = np.unique(
        pair_codes(indices[documents, positions], indices[documents, positions + 1], input_dim), return_inverse=True
    )
    document_codes = np.unique(documents * max(1, len(codes)) + of_code)
    n_documents = np.bincount(document_codes % max(1, len(codes)), minlength=len(codes))
    order = np.argsort(-n_documents, kind="stable")[:max_pairs]
    chosen = np.sort(codes[order[n_documents[order] >= _MIN_DOCUMENTS]])
    return np.stack([chosen // input_dim, chosen % input_dim], axis=1).astype(np.int32)
