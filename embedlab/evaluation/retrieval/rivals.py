"""Rivals of two towers: popularity, TF-IDF between texts, and CCA on words, ids and pixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from embedlab.evaluation.retrieval.cca import Moments, fit_cca
from embedlab.evaluation.retrieval.ranks import Ints, ScoreAll
from embedlab.kinds.pairs.dataset import Things
from embedlab.kinds.pairs.forms import words_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

POPULARITY: Final = "popularity"
TFIDF: Final = "tfidf_cosine"
CCA: Final = "cca"
BASELINES: Final = (POPULARITY, TFIDF, CCA)
#: CCA knows this many of the most frequent words or ids of each side; its covariances are dense.
MOST_FEATURES: Final = 1500
_RIDGE: Final = 0.01
#: Things in memory at a time as dense features.
_BLOCK: Final = 4096


@dataclass(frozen=True)
class Rival:
    """How a baseline scores: from things on the left to those of one kind on the right, and back."""

    forward: ScoreAll
    backward: ScoreAll


def popularity(left: Ints, right: Ints, n_left: int, n_right: int) -> Rival:
    """Return the number of training pairs as the score of everything."""

    def constant(counts: npt.NDArray[np.int64]) -> ScoreAll:
        row = counts.astype(np.float32)
        return lambda things: np.tile(row, (len(things), 1))

    return Rival(constant(np.bincount(right, minlength=n_right)), constant(np.bincount(left, minlength=n_left)))


def by_vectors(left: Any, right: Any) -> Rival:
    """Return inner products of rows: dense arrays, or sparse ones of unit length."""

    def scorer(queries: Any, candidates: Any) -> ScoreAll:
        def score(things: Ints) -> npt.NDArray[np.float32]:
            product = queries[things] @ candidates.T
            dense = product if isinstance(product, np.ndarray) else product.toarray()
            return np.asarray(dense, np.float32)

        return score

    return Rival(scorer(left, right), scorer(right, left))


def tfidf(left: Things, right: Things) -> Rival | None:
    """Return the cosine of the words of both sides, weighted by TF-IDF; None for images, and without common words."""
    if "image" in (left.form, right.form):
        return None
    both = [words_of(value) for value in [*left.values, *right.values]]
    n_documents = Counter(word for words in both for word in set(words))
    common = {word for words in both[: len(left)] for word in words} & {
        word for words in both[len(left) :] for word in words
    }
    if not common:
        return None
    column = {word: number for number, word in enumerate(sorted(n_documents))}
    # As scikit-learn's TfidfVectorizer.
    idf = np.array([np.log((1 + len(both)) / (1 + n_documents[word])) + 1 for word in column])
    matrix = _bags(both, column, idf)
    return by_vectors(matrix[: len(left)], matrix[len(left) :])


def _bags(tokens: Sequence[Sequence[str]], column: dict[str, int], weights: npt.NDArray[np.float64]) -> csr_array:
    """Return rows of unit length with the weights of the known tokens."""
    from scipy.sparse import csr_array

    columns = [[column[token] for token in each if token in column] for each in tokens]
    lengths = np.array([len(each) for each in columns])
    flat = np.fromiter((number for each in columns for number in each), np.int64, int(lengths.sum()))
    rows = np.repeat(np.arange(len(tokens)), lengths)
    matrix = csr_array((weights[flat], (rows, flat)), shape=(len(tokens), len(column)))
    matrix.sum_duplicates()
    norms = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix.data /= np.repeat(np.where(norms > 0, norms, 1.0), np.diff(matrix.indptr))
    return matrix


def cca(left_kind: Things, right_kind: Things, left: Ints, right: Ints, n_components: int) -> Rival:
    """Return CCA fitted on training pairs.

    Parameters
    ----------
    left, right
        `(n_pairs,)` rows of the things of the training pairs.
    n_components
        At most: the width of the space.
    """
    features = _features(left_kind, left), _features(right_kind, right)
    n_pairs = len(left)
    weights = [np.bincount(rows, minlength=features[side].shape[0]) for side, rows in enumerate((left, right))]
    sums = [np.asarray(each.T @ weight).ravel() for each, weight in zip(features, weights, strict=True)]
    inner = [_inner(each, weight) for each, weight in zip(features, weights, strict=True)]
    from scipy.sparse import csr_array

    pairs = csr_array((np.ones(n_pairs), (left, right)), shape=(features[0].shape[0], features[1].shape[0]))
    between = features[0].T @ (pairs @ features[1])
    moments = Moments(n_pairs, sums[0], sums[1], inner[0], inner[1], _dense(between))
    fitted = fit_cca(moments, n_components, _RIDGE)
    vectors = [
        np.concatenate(
            [project(_dense(each[start : start + _BLOCK])) for start in range(0, each.shape[0], _BLOCK)]
        ).astype(np.float32)
        for each, project in zip(features, (fitted.project_left, fitted.project_right), strict=True)
    ]
    # Nothing is known about things without any feature: they are no nearer to one thing than to another.
    for each, feature in zip(vectors, features, strict=True):
        each[np.asarray(abs(feature).sum(axis=1)).ravel() == 0] = 0
    return by_vectors(*vectors)


def _dense(matrix: Any) -> npt.NDArray[np.float64]:
    return np.asarray(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), np.float64)


def _inner(features: Any, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    if isinstance(features, np.ndarray):
        return features.T @ (features * weights[:, np.newaxis])
    from scipy.sparse import diags_array

    return _dense(features.T @ diags_array(weights.astype(np.float64)) @ features)


def _features(kind: Things, rows: Ints) -> Any:
    """Return pixels from 0 to 1, or bags of the tokens that occur in training pairs, as unit rows."""
    if kind.pixels is not None:
        return np.asarray(kind.pixels, np.float64).reshape(len(kind), -1) / 255
    weights = np.bincount(rows, minlength=len(kind))
    tokens = [kind.tokens(value) for value in kind.values]
    counts: Counter[str] = Counter()
    for each, weight in zip(tokens, weights.tolist(), strict=True):
        if weight:
            for token in each:
                counts[token] += weight
    known = [token for token, _ in counts.most_common(MOST_FEATURES)]
    return _bags(tokens, {token: number for number, token in enumerate(known)}, np.ones(len(known)))
