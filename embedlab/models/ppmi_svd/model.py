"""PPMI + SVD: a truncated SVD of the positive pointwise mutual information of words and context words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, get_args

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from embedlab.core.kind import Counts
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, State, TrainingResult
from embedlab.models.shared.cooccurrence import Cooccurrences, WindowWeighting, count_cooccurrences, window_weights
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.text_sizes import is_small_text
from embedlab.models.shared.word_parameters import MinCount, Window
from embedlab.models.shared.word_rows import expected_pairs, expected_words, kept_vocabulary, no_pairs, word_embedding

if TYPE_CHECKING:
    import scipy.sparse

    from embedlab.kinds.text.dataset import TextDataset

#: Up to this many words, the matrix is decomposed as a dense one, which takes less than a second.
MOST_DENSE = 1000
#: Parts of the work, for the progress bar: counting, then the matrix, then the decomposition.
_COUNTED, _BUILT = 0.25, 0.4


class PpmiSvdParameters(Parameters):
    """Parameters of PPMI + SVD, most named as in Levy, Goldberg and Dagan (2015)."""

    vector_size: int = Field(
        100,
        title="Dimensions",
        ge=1,
        le=2000,
        description="Vector size: the number of singular values of the truncated SVD.",
    )
    window: Window = 5
    min_count: MinCount = 5
    window_weighting: WindowWeighting = Field(
        "linear",
        title="Window weighting",
        description="Weight of context words by distance: constant (flat), linear, or 1 / distance (harmonic).",
        json_schema_extra=ADVANCED,
    )
    context_smoothing: float = Field(
        0.75,
        title="Context smoothing",
        ge=0,
        le=1,
        description="Context distribution smoothing: exponent of context counts; below 1, rare contexts count less.",
        json_schema_extra=ADVANCED,
    )
    shift: float = Field(
        1.0,
        title="PMI shift",
        ge=1,
        le=100,
        description="Shift k of the PMI: two words must co-occur more than k times as often as by chance.",
        json_schema_extra={**LOG, **ADVANCED},
    )
    eigenvalue_weighting: float = Field(
        0.5,
        title="Eigenvalue weighting",
        ge=0,
        le=1,
        description="Eigenvalue weighting: exponent of the singular values. 0: all dimensions have the same weight.",
        json_schema_extra=ADVANCED,
    )

    @model_validator(mode="before")
    @classmethod
    def _migrate(cls, values: Any) -> Any:
        """Remove the iterations of a randomized SVD, a parameter of earlier versions."""
        return {name: value for name, value in values.items() if name != "power_iterations"}


class PpmiSvd(Model[PpmiSvdParameters, "TextDataset"]):
    """Positive pointwise mutual information of words and their context words, reduced by a truncated SVD.

    Notes
    -----
    Levy, Goldberg and Dagan, "Improving Distributional Similarity with Lessons Learned from Word Embeddings", 2015.
    The SVD is exact, by ARPACK's Lanczos iteration (Lehoucq, Sorensen and Yang, "ARPACK Users' Guide", 1998), as in
    scikit-learn's ``TruncatedSVD(algorithm="arpack")``.
    The singular values decrease so slowly that, at the same cost, half of the neighbors from a randomized SVD depend
    on its seed.
    """

    name: ClassVar[str] = "ppmi-svd"
    title: ClassVar[str] = "PPMI + SVD"
    summary: ClassVar[str] = (
        "The best choice for a small text: finds words that co-occur more often than by chance. Takes seconds and "
        "gives the same result every time."
    )
    task: ClassVar[str] = "words"
    libraries: ClassVar[tuple[str, ...]] = ("scipy", "numba")
    reads_documents: ClassVar[bool] = True
    parameters_class = PpmiSvdParameters

    def defaults(self, counts: Counts) -> PpmiSvdParameters:
        """Return a lower `min_count` and a wider window for a small text, and fewer dimensions than words."""
        n_tokens = max(1, counts["tokens"])
        small, tiny = n_tokens < 200_000, n_tokens < 20_000
        return PpmiSvdParameters(
            vector_size=max(1, min(50 if tiny else 100, int(counts["vocabulary"]) - 1)),
            min_count=(1 if tiny else 2) if small else 5,
            window=10 if small else 5,
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for small texts."""
        return (
            "The text is small: counts of co-occurring words say more than sampled windows, and the result is the "
            "same every time."
            if is_small_text(counts)
            else ""
        )

    def estimate(self, counts: Counts, parameters: PpmiSvdParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        del n_threads
        n_pairs = expected_pairs(counts, parameters.min_count, parameters.window)
        n_words = expected_words(counts, parameters.min_count)
        n_components = min(parameters.vector_size, n_words)
        counting = counts["tokens"] * (2e-7 + 2e-8 * parameters.window) + n_pairs * 3e-7
        products = _expected_products(n_components) * 2 * n_pairs * _PRODUCT_S
        orthogonalizing = _expected_products(n_components) * n_words * min(2 * n_components, n_words) * _ORTHOGONALIZE_S
        memory = _START_MB + (n_pairs * 40 + n_words * (n_components * 50 + 300) + counts["vocabulary"] * 250) / 1e6
        return Estimate(float(_START_S + counting + products + orthogonalizing), float(memory))

    def script(self, parameters: PpmiSvdParameters, data_file: str) -> str:
        """Return a script that uses only SciPy and NumPy; `data_file` has one document per line."""
        weighting = {name: name == parameters.window_weighting for name in get_args(WindowWeighting)}
        return model_script(__file__, parameters, **weighting, most_dense=MOST_DENSE, data_file=data_file)

    def train(self, data: TextDataset, parameters: PpmiSvdParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word that occurs at least `min_count` times."""
        vocabulary = kept_vocabulary(data.vocabulary, parameters.min_count)
        n_tokens = int(vocabulary["count"].sum())
        started = time.perf_counter()

        def report_counting(share: float) -> None:
            elapsed_s = max(time.perf_counter() - started, 1e-9)
            rate = share * n_tokens / elapsed_s
            context.progress(
                epoch=0, n_epochs=1, share_of_epoch=_COUNTED * share, rate=rate, rate_unit="words/s counted"
            )

        pairs = count_cooccurrences(
            data,
            vocabulary["word"].tolist(),
            window_weights(parameters.window, parameters.window_weighting),
            context.scratch,
            report_counting,
        )
        matrix = _ppmi(pairs, parameters, context)
        context.log(f"{len(vocabulary):,} words, {matrix.nnz:,} pairs that co-occur more often than by chance")
        left, values, explained = _decompose(matrix, parameters, context)
        context.record(1, explained_share=explained)
        vectors = np.ascontiguousarray(left * values**parameters.eigenvalue_weighting, dtype=np.float32)
        return TrainingResult(
            embeddings={"words": word_embedding(vectors, vocabulary)},
            state=State({"vectors": vectors, "singular_values": values}),
            scores={"explained_share": explained},
        )


#: Measured on a 2-core laptop-class machine: imports (with cached compiled code), and seconds per number for a product
#: of the sparse matrix with a vector, and for making a vector orthogonal to the previous ones.
_START_S = 2.5
_START_MB = 350.0
_PRODUCT_S = 1.0e-9
_ORTHOGONALIZE_S = 1.4e-9


def _expected_products(n_components: float) -> float:
    """Return the approximate number of matrix-vector products of the SVD."""
    return 4 * n_components + 20


def _counts_matrix(pairs: Cooccurrences, context: Context) -> scipy.sparse.csr_array:
    """Return the upper triangle of the co-occurrence counts."""
    import scipy.sparse

    rows, columns, values = [], [], []
    n_seen = 0
    for block in pairs.blocks():
        rows.append(np.bincount(block.rows, minlength=pairs.n_words))
        columns.append(block.columns)
        values.append(block.values)
        n_seen += len(block.rows)
        share = _COUNTED + (_BUILT - _COUNTED) * 0.5 * n_seen / pairs.n_entries
        context.progress(epoch=0, n_epochs=1, share_of_epoch=share)
    if not n_seen:
        raise no_pairs()
    starts = np.concatenate([[0], np.cumsum(np.sum(rows, axis=0))])
    if n_seen < 2**31:
        starts = starts.astype(np.int32)
    shape = (pairs.n_words, pairs.n_words)
    return scipy.sparse.csr_array((np.concatenate(values), np.concatenate(columns), starts), shape=shape)


def _ppmi(pairs: Cooccurrences, parameters: PpmiSvdParameters, context: Context) -> scipy.sparse.csr_array:
    """Return the positive pointwise mutual information of words (rows) and context words (columns), float64."""
    upper = _counts_matrix(pairs, context)
    sums = np.asarray(upper.sum(axis=0) + upper.sum(axis=1), dtype=np.float64)
    smoothed = sums**parameters.context_smoothing
    rows = np.repeat(np.arange(upper.shape[0], dtype=np.int32), np.diff(upper.indptr))
    # Diagonal entries count twice, once for each direction.
    counts = np.where(rows == upper.indices, 2 * upper.data, upper.data)
    total = smoothed.sum() / parameters.shift

    def positive(words: npt.NDArray[Any], near: npt.NDArray[Any]) -> scipy.sparse.csr_array:
        information = np.log(counts * total / (sums[words] * smoothed[near]))
        keep = information > 0
        entries = information[keep], (words[keep], near[keep])
        return scipy.sparse.csr_array(entries, shape=upper.shape)

    import scipy.sparse

    matrix = positive(rows, upper.indices)
    off_diagonal = rows != upper.indices
    counts, rows, columns = counts[off_diagonal], rows[off_diagonal], upper.indices[off_diagonal]
    context.progress(epoch=0, n_epochs=1, share_of_epoch=(_COUNTED + 3 * _BUILT) / 4)
    return scipy.sparse.csr_array(matrix + positive(columns, rows))


def _decompose(
    matrix: scipy.sparse.csr_array, parameters: PpmiSvdParameters, context: Context
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Return left singular vectors `(n_words, vector_size)`, singular values, and their share of the squared norm."""
    n_words = matrix.shape[0]
    n_components = min(parameters.vector_size, n_words)
    if n_components < parameters.vector_size:
        context.log(f"vector_size {n_components} instead of {parameters.vector_size}: there are no more words")
    with_pairs = np.flatnonzero(np.diff(matrix.indptr))
    if len(with_pairs) < n_words:
        context.log(f"{n_words - len(with_pairs):,} words never co-occur more often than by chance: zero vectors")
    if len(with_pairs) <= max(MOST_DENSE, 2 * n_components):
        context.progress(epoch=0, n_epochs=1, share_of_epoch=_BUILT)
        left, values = np.zeros((n_words, n_components)), np.zeros(n_components)
        vectors, strengths, _ = np.linalg.svd(
            matrix[with_pairs][:, np.unique(matrix.indices)].toarray(), full_matrices=False
        )
        n_values = min(n_components, len(strengths))
        left[with_pairs, :n_values], values[:n_values] = vectors[:, :n_values], strengths[:n_values]
    else:
        left, values = _largest(matrix, n_components, parameters.seed, context)
    # Choose the sign of each singular vector so that its largest entry is positive.
    left *= np.where(left[np.abs(left).argmax(axis=0), np.arange(n_components)] < 0, -1.0, 1.0)
    explained = float(np.square(values).sum() / max(np.square(matrix.data).sum(), 1e-300))
    return left, values, min(explained, 1.0)


def _largest(
    matrix: scipy.sparse.csr_array, n_components: int, seed: int, context: Context
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return left singular vectors and values, largest first, and report the progress after each product."""
    from scipy.sparse.linalg import LinearOperator, svds
    from threadpoolctl import threadpool_limits

    n_expected, n_done = _expected_products(n_components), 0

    def multiply(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        nonlocal n_done
        share = _BUILT + (1 - _BUILT) * min(n_done / n_expected, 1.0)
        context.progress(epoch=0, n_epochs=1, share_of_epoch=share)
        n_done += 1
        product: npt.NDArray[np.float64] = matrix @ vector
        return product

    operator = LinearOperator(
        matrix.shape,
        dtype=np.float64,
        matvec=multiply,
        rmatvec=lambda vector: matrix.T @ vector,
        matmat=lambda vectors: matrix @ vectors,
    )
    # The start vector changes the result by rounding errors only.
    start = np.random.default_rng(seed).uniform(-1, 1, matrix.shape[0])
    # Products with one vector are too small for threads to help, and synchronization is expensive.
    with threadpool_limits(1, "blas"):
        left, values, _ = svds(operator, n_components, v0=start)
    return np.ascontiguousarray(left[:, ::-1]), np.maximum(values[::-1], 0.0)
