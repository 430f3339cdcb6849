"""LSA: TF-IDF and a truncated SVD, which give documents and words vectors in the same space."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from embedlab.core.embedding import COUNT_COLUMN, Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.core.stored import damaged
from embedlab.models.contract.abilities import PlacesText
from embedlab.models.contract.base import (
    ADVANCED,
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    Parameters,
    State,
    TrainingResult,
)
from embedlab.models.shared.documents import (
    check_documents,
    document_batches,
    document_label,
    documents_embedding,
    pack_words,
    unpack_words,
)
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.word_parameters import MinCount
from embedlab.models.shared.word_rows import expected_words

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: Measured on a 2-core laptop-class machine.
_START_S = 2.0
_START_MB = 200.0
_COUNT_S = 1.0e-6
_PRODUCT_S = 1.5e-9
_FACTOR_S = 4.0e-10


class LSAParameters(Parameters):
    """Parameters of LSA."""

    vector_size: int = Field(
        100,
        title="Dimensions",
        ge=1,
        le=2000,
        description="Vector size: the number of topics (largest singular values).",
    )
    min_count: MinCount = 2
    max_share: float = Field(
        0.5,
        title="Maximum document frequency",
        gt=0,
        le=1,
        description="Maximum document frequency: ignore words that occur in a larger share of the documents.",
    )
    sublinear_tf: bool = Field(
        True,
        title="Sublinear term frequency",
        description="Sublinear term frequency: use 1 + log(count) instead of the count of a word in a document.",
        json_schema_extra=ADVANCED,
    )
    n_iter: int = Field(
        7,
        title="Iterations",
        ge=1,
        le=100,
        description="Iterations of the randomized SVD. More iterations are more accurate.",
        json_schema_extra=ADVANCED,
    )


class LSAInference(PlacesText):
    """TF-IDF and projection of a new text in NumPy, equal to scikit-learn's.

    State: `words` (packed), `idf` `(n_words,)`, `components` `(n_words, vector_size)` float32; `sublinear_tf`.
    """

    def __init__(self, state: State) -> None:
        self._idf, self._components = state.arrays["idf"], state.arrays["components"]
        self._rows = {word: row for row, word in enumerate(unpack_words(state.arrays["words"]))}
        self._sublinear = bool(state.config["sublinear_tf"])
        n_words = len(self._rows)
        if self._idf.shape != (n_words,) or self._components.ndim != 2 or len(self._components) != n_words:
            raise damaged("state")

    @classmethod
    def from_state(cls, state: State) -> LSAInference:
        """Load the inference model from a run's state."""
        return cls(state)

    def n_known(self, words: Sequence[str]) -> int:
        """Return how many of the words are in the vocabulary."""
        return sum(word in self._rows for word in words)

    def vector(self, words: Sequence[str]) -> Vectors:
        """Return the vector of a text with these words; zero if all are out of vocabulary."""
        counts = Counter(self._rows[word] for word in words if word in self._rows)
        rows = np.fromiter(counts.keys(), np.int64, len(counts))
        frequency = np.fromiter(counts.values(), np.float64, len(counts))
        weights = (1 + np.log(frequency) if self._sublinear else frequency) * self._idf[rows]
        length = np.linalg.norm(weights)
        projected: Vectors = (weights / (length or 1.0)) @ self._components[rows]
        return projected.astype(np.float32)


class LSA(Model[LSAParameters, "TextDataset"]):
    """Latent semantic analysis.

    Notes
    -----
    Deerwester, Dumais, Furnas, Landauer and Harshman, "Indexing by Latent Semantic Analysis", 1990; the randomized
    SVD is by Halko, Martinsson and Tropp, 2009.
    """

    name: ClassVar[str] = "lsa"
    title: ClassVar[str] = "LSA"
    summary: ClassVar[str] = (
        "Documents about the same topics get similar vectors, and so do their words. Takes seconds."
    )
    task: ClassVar[str] = "documents"
    libraries: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    parameters_class = LSAParameters
    abilities = (LSAInference,)
    reads_documents: ClassVar[bool] = True

    def defaults(self, counts: Counts) -> LSAParameters:
        """Return fewer dimensions for few documents."""
        n_documents = counts.get("documents", 0)
        return LSAParameters(
            vector_size=int(np.clip(n_documents // 5, 2, 100)), min_count=1 if counts["tokens"] < 20_000 else 2
        )

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for documents of any number."""
        del counts
        return "The quickest way to compare documents: it takes seconds and can place new texts."

    def estimate(self, counts: Counts, parameters: LSAParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        del n_threads
        n_documents, n_tokens = counts.get("documents", 1), counts["tokens"]
        n_words = expected_words(counts, parameters.min_count)
        # A word often occurs more than once in a document.
        n_filled = 0.75 * n_tokens
        width = parameters.vector_size + 10
        passes = 2 * parameters.n_iter + 2
        table = n_documents + n_words
        seconds = n_tokens * _COUNT_S + passes * width * (n_filled * _PRODUCT_S + table * width * _FACTOR_S)
        memory = (n_filled * 24 + table * width * 4 * 4 + counts["vocabulary"] * 250 + n_documents * 400) / 1e6
        return Estimate(seconds=float(_START_S + seconds), memory_mb=float(_START_MB + memory))

    def script(self, parameters: LSAParameters, data_file: str) -> str:
        """Return a script that uses only scikit-learn; `data_file` has one document per line."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: TextDataset, parameters: LSAParameters, context: Context) -> TrainingResult:
        """Learn a vector for each document and each word."""
        check_documents(data)
        return _Training(data, parameters, context).result()


class _Training:
    """One training."""

    def __init__(self, data: TextDataset, parameters: LSAParameters, context: Context) -> None:
        self.data, self.parameters, self.context = data, parameters, context
        self.labels: list[str] = []
        self.lengths: list[int] = []

    def result(self) -> TrainingResult:
        """Count, decompose, and return the embeddings of documents and words."""
        from sklearn.decomposition import TruncatedSVD

        weights, words, idf = self._weights()
        filled = np.flatnonzero(np.diff(weights.indptr))
        if len(filled) < 2:
            raise InputError(
                "Fewer than two documents contain words of the vocabulary.",
                received=f"{len(filled)} of {self.data.n_documents:,} documents",
                remedy="Choose a smaller min_count or a larger max_share.",
            )
        weights = weights[filled]
        vector_size = self._vector_size(*weights.shape)
        svd = TruncatedSVD(vector_size, n_iter=self.parameters.n_iter, random_state=self.parameters.seed)
        vectors = svd.fit_transform(weights).astype(np.float32)
        self.context.progress(epoch=0, n_epochs=1, share_of_epoch=1.0)
        explained = float(svd.explained_variance_ratio_.sum())
        self.context.record(1, explained_variance=explained)
        self.context.log(f"{len(filled):,} documents, {len(words):,} words, {explained:.1%} of the variance explained")
        documents = documents_embedding(
            self.data,
            vectors,
            filled,
            [self.labels[row] for row in filled],
            [self.lengths[row] for row in filled],
        )
        embeddings = {"documents": documents, "words": self._words(words, svd)}
        self.context.snapshot(
            1,
            lambda: {name: (list(e.keys[:SNAPSHOT_KEYS]), e.vectors[:SNAPSHOT_KEYS]) for name, e in embeddings.items()},
        )
        components = np.ascontiguousarray(svd.components_.T, dtype=np.float32)
        state = State(
            {"words": pack_words(words), "idf": idf.astype(np.float32), "components": components},
            {"sublinear_tf": self.parameters.sublinear_tf},
        )
        scores = {"explained_variance": explained, "documents_left_out": self.data.n_documents - len(filled)}
        return TrainingResult(embeddings, state, scores=scores)

    def _weights(self) -> tuple[Any, list[str], npt.NDArray[np.float64]]:
        """Return the TF-IDF weights `(n_documents, n_words)` in CSR, the words by frequency, and their idf."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        vocabulary = self.data.vocabulary
        frequent = vocabulary["word"][vocabulary["count"] >= self.parameters.min_count].tolist()
        if len(frequent) < 2:
            raise _too_few_words(len(frequent), len(vocabulary))
        tfidf = TfidfVectorizer(
            analyzer=_identity,
            vocabulary={word: row for row, word in enumerate(frequent)},
            sublinear_tf=self.parameters.sublinear_tf,
            norm=None,
            dtype=np.float32,
        )
        weights = tfidf.fit_transform(self._documents()).tocsr()
        document_frequency = np.bincount(weights.indices, minlength=len(frequent))
        columns = np.flatnonzero(document_frequency <= self.parameters.max_share * self.data.n_documents)
        if len(columns) < 2:
            raise _too_few_words(len(columns), len(vocabulary))
        weights = weights[:, columns]
        lengths = np.sqrt(np.asarray(weights.multiply(weights).sum(axis=1), dtype=np.float64)).ravel()
        weights.data /= np.repeat(lengths, np.diff(weights.indptr)).astype(np.float32)
        return weights, [frequent[column] for column in columns], tfidf.idf_[columns]

    def _documents(self) -> Iterator[list[str]]:
        """Yield the words of every document, and collect labels and lengths."""
        for batch in document_batches(self.data):
            for words in batch:
                self.labels.append(document_label(words))
                self.lengths.append(len(words))
                yield words
            # The SVD reports no progress, so counting is shown as the first half.
            share = 0.5 * len(self.lengths) / self.data.n_documents
            self.context.progress(epoch=0, n_epochs=1, share_of_epoch=share)

    def _vector_size(self, n_documents: int, n_words: int) -> int:
        max_size = min(n_documents, n_words)
        if self.parameters.vector_size > max_size:
            self.context.log(f"vector_size {max_size} instead of {self.parameters.vector_size}: no more topics exist")
        return min(self.parameters.vector_size, max_size)

    def _words(self, words: list[str], svd: Any) -> Embedding:
        vectors = (svd.components_ * svd.singular_values_[:, np.newaxis]).T
        counts = self.data.vocabulary.set_index("word")["count"]
        metadata = pd.DataFrame({COUNT_COLUMN: counts.loc[words].to_numpy(np.int64)})
        return Embedding(np.ascontiguousarray(vectors, dtype=np.float32), words, metadata=metadata)


def _identity(words: list[str]) -> list[str]:
    return words


def _too_few_words(n_remaining: int, n_words: int) -> InputError:
    return InputError(
        "Fewer than two words are left in the vocabulary.",
        received=f"{n_remaining} of {n_words:,} words",
        remedy="Choose a smaller min_count or a larger max_share, or add more text.",
    )
