"""The bag of words beside the embedding: which words and pairs of neighboring words a document contains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from embedlab.models.text_encoding import FIRST_WORD

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: A pair in a single document says nothing about others.
_FEWEST_DOCUMENTS = 2
#: Pairs are chosen from documents with at most this many places together.
_MAX_PLACES = 10_000_000

Indices = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BagOfWords:
    """Turns encoded documents into rows of unit length with one column for each word and for each known pair.

    Parameters
    ----------
    input_dim
        Rows of the embedding: words begin at 2.
    pairs
        `(n_pairs, 2)` int32 indices of words that follow each other, sorted.
    """

    input_dim: int
    pairs: Indices

    @property
    def n_terms(self) -> int:
        """Columns: words, then pairs."""
        return self.input_dim - FIRST_WORD + len(self.pairs)

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """`(n_pairs,)` int64, one number for each pair, rising."""
        return pair_codes(self.pairs[:, 0], self.pairs[:, 1], self.input_dim)

    def presence(self, indices: Indices) -> csr_matrix:
        """Return the `(n_documents, n_terms)` float32 bag of documents `(n_documents, sequence_length)`."""
        from scipy.sparse import csr_matrix

        documents, places = np.nonzero(indices >= FIRST_WORD)
        columns = indices[documents, places].astype(np.int64) - FIRST_WORD
        if len(self.pairs) and indices.shape[1] > 1:
            codes = pair_codes(indices[:, :-1], indices[:, 1:], self.input_dim)
            found = np.searchsorted(self.codes, codes)
            found[found == len(self.codes)] = 0
            of_pairs, at = np.nonzero(self.codes[found] == codes)
            documents = np.concatenate([documents, of_pairs])
            columns = np.concatenate([columns, self.input_dim - FIRST_WORD + found[of_pairs, at]])
        terms = np.unique(documents * self.n_terms + columns)
        rows = terms // self.n_terms
        n_present = np.bincount(rows, minlength=len(indices))
        starts = np.concatenate([[0], np.cumsum(n_present)])
        values = (1 / np.sqrt(n_present[rows])).astype(np.float32)
        return csr_matrix((values, terms % self.n_terms, starts), shape=(len(indices), self.n_terms))


def pair_codes(
    first: npt.NDArray[np.integer], second: npt.NDArray[np.integer], input_dim: int
) -> npt.NDArray[np.int64]:
    """Return one number for each pair of indices below `input_dim`."""
    codes: npt.NDArray[np.int64] = first.astype(np.int64) * input_dim + second
    return codes


def choose_pairs(indices: Indices, input_dim: int, max_pairs: int, seed: int) -> Indices:
    """Return the `(n, 2)` pairs of known words that follow each other in most documents, sorted.

    Parameters
    ----------
    indices
        `(n_documents, sequence_length)` encoded documents.
    max_pairs
        At most this many; those in a single document are left out.
    seed
        Draws the documents that are looked at when there are very many.
    """
    if indices.shape[1] < 2 or not max_pairs:
        return np.empty((0, 2), np.int32)
    most = max(1, _MAX_PLACES // indices.shape[1])
    if len(indices) > most:
        indices = indices[np.sort(np.random.default_rng(seed).choice(len(indices), most, replace=False))]
    known = (indices[:, :-1] >= FIRST_WORD) & (indices[:, 1:] >= FIRST_WORD)
    documents, places = np.nonzero(known)
    codes, of_code = np.unique(
        pair_codes(indices[documents, places], indices[documents, places + 1], input_dim), return_inverse=True
    )
    once = np.unique(documents * max(1, len(codes)) + of_code)
    n_documents = np.bincount(once % max(1, len(codes)), minlength=len(codes))
    order = np.argsort(-n_documents, kind="stable")[:max_pairs]
    chosen = np.sort(codes[order[n_documents[order] >= _FEWEST_DOCUMENTS]])
    return np.stack([chosen // input_dim, chosen % input_dim], axis=1).astype(np.int32)
