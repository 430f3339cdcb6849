"""Items by their descriptions: similar genres, tags and texts give similar vectors, with or without ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import KEY_COLUMN
from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.content.ranker import ContentRanker
from embedlab.models.contract.base import (
    ADVANCED,
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    Parameters,
    TrainingResult,
)
from embedlab.models.shared.item_weights.stepwise_svd import stepwise_svd
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.recommenders.validation import ValidationRanking
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.side_features.words import item_words

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float32]
#: Measured on a 2-core laptop-class machine: start, the words of one item, one number of the decomposition, one
#: interaction.
_START_S = 2.0
_ITEM_S = 2e-5
_NUMBER_S = 2e-8
_INTERACTION_S = 3e-7
_START_MB = 220.0
_WORDS_OF_ITEM = 12
_PASSES = 12
#: Power iterations of the decomposition: words are rare, so the singular values lie close together.
_POWER_ITERATIONS = 7


class ContentParameters(Parameters):
    """Parameters of the content model."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "title_words", "min_count")

    vector_size: int = Field(64, title="Dimensions", ge=2, le=1024, description="Vector size (dimensions).")
    title_words: bool = Field(
        True, title="Words of titles", description="Use the words of the titles too, besides genres, tags and texts."
    )
    min_count: int = Field(
        3,
        title="Minimum word count",
        ge=1,
        le=1_000_000,
        description="Ignore words, tags and genres of fewer items.",
    )
    sublinear_tf: bool = Field(
        True,
        title="Sublinear term frequency",
        description="Use 1 + log of how often a word occurs in an item's texts.",
        json_schema_extra=ADVANCED,
    )


class Content(Model[ContentParameters, InteractionsSplit]):
    """TF-IDF of the items' descriptions, reduced by truncated SVD; a user is the mean of the items they chose.

    Notes
    -----
    Deerwester et al., "Indexing by Latent Semantic Analysis", 1990; Pazzani and Billsus, "Content-Based Recommendation
    Systems", 2007.
    """

    name: ClassVar[str] = "content"
    title: ClassVar[str] = "Content of items"
    summary: ClassVar[str] = "Recommends items with genres, tags and texts like those a user chose; new items too."
    task: ClassVar[str] = "ranking"
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scikit-learn")
    reads_items: ClassVar[bool] = True
    parameters_class = ContentParameters
    abilities = (ContentRanker,)

    def defaults(self, counts: Counts) -> ContentParameters:
        """Return fewer dimensions for few items."""
        return ContentParameters(vector_size=int(np.clip(counts["items"] // 10, 2, 64)))

    def estimate(self, counts: Counts, parameters: ContentParameters, n_threads: int) -> Estimate:
        """Return the time and memory, which depend on the number of items."""
        del n_threads
        n_items = counts["items"]
        numbers = n_items * (_WORDS_OF_ITEM + parameters.vector_size) * (parameters.vector_size + 10)
        seconds = n_items * _ITEM_S + _PASSES * numbers * _NUMBER_S / 10 + counts["ratings"] * _INTERACTION_S
        memory = (n_items + counts["users"]) * parameters.vector_size * 24 + counts["ratings"] * 60
        return Estimate(float(_START_S + seconds), float(_START_MB + memory / 1e6))

    def script(self, parameters: ContentParameters, data_file: str) -> str:
        """Return a script with scikit-learn; `data_file` has the interactions and the columns of the items."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: InteractionsSplit, parameters: ContentParameters, context: Context) -> TrainingResult:
        """Learn a vector for each item that has a description, whether someone chose it or not."""
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.0)
        all_items, n_items = data.dataset.all_items, len(data.dataset.items)
        all_vectors, explained = _item_vectors(all_items, n_items, parameters, context)
        vectors = all_vectors[:n_items]
        n_described = int(vectors.any(axis=1).sum())
        context.log(f"{n_described:,} of {n_items:,} items have a description")
        if n_unrated := int(all_vectors[n_items:].any(axis=1).sum()):
            context.log(f"{n_unrated:,} items that nobody rated are on the map too")
        validation = ValidationRanking.of(data)
        on_train = ContentRanker(vectors, mean_vectors(data.train, vectors, data.shape))
        scores = validation.scores(on_train, lambda: context.progress(epoch=0, n_epochs=1, share_of_epoch=0.9))
        users = mean_vectors(data.known, vectors, data.shape)
        context.record(1, explained_variance=explained, **scores)
        ranker = ContentRanker(vectors, users)
        tables = {"items": (all_items, all_vectors), "users": (data.dataset.users, users)}
        context.snapshot(
            1,
            lambda: {
                name: (table[KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), each[:SNAPSHOT_KEYS])
                for name, (table, each) in tables.items()
            },
        )
        embeddings = {
            name: side_embedding(table, each, np.asarray(each.any(axis=1)))
            for name, (table, each) in tables.items()
            if each.any()
        }
        result_scores = {"explained_variance": explained, "items_left_out": len(vectors) - n_described, **scores}
        return TrainingResult(embeddings, ranker.state(), (ranker,), result_scores)


def mean_vectors(interactions: Interactions, item_vectors: Floats, shape: tuple[int, int]) -> Floats:
    """Return `(n_users, vector_size)` float32: the weighted mean of the vectors of the items that each user chose.

    Items without a vector do not count; users without others get zero.
    """
    weights = interactions.matrix(*shape)
    totals = weights @ item_vectors.any(axis=1).astype(np.float32)
    means: Floats = np.asarray(weights @ item_vectors, np.float32)
    means /= np.where(totals > 0, totals, 1)[:, np.newaxis]
    return means


def _item_vectors(
    items: pd.DataFrame, n_fitted: int, parameters: ContentParameters, context: Context
) -> tuple[Floats, float]:
    """Return `(n, vector_size)` vectors of length 1, zero without a description, and the explained variance.

    Words, weights and dimensions are fitted to the first `n_fitted` items; the others are placed among these.
    """
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.utils.extmath import svd_flip
    from sklearn.utils.sparsefuncs import mean_variance_axis

    words = item_words(items, title_words=parameters.title_words, n_fitted=n_fitted)
    context.progress(epoch=0, n_epochs=1, share_of_epoch=0.2)
    vectorizer = TfidfVectorizer(
        analyzer=_identity, min_df=parameters.min_count, sublinear_tf=parameters.sublinear_tf, dtype=np.float32
    )
    try:
        vectorizer.fit(words[:n_fitted])
    except ValueError as error:
        # No word is left.
        raise _no_words(items, parameters) from error
    weights = vectorizer.transform(words)
    described = np.flatnonzero(np.diff(weights.indptr))
    fitted = described[described < n_fitted]
    size = min(parameters.vector_size, len(fitted), weights.shape[1])
    if size < 2:
        raise _no_words(items, parameters)
    context.progress(epoch=0, n_epochs=1, share_of_epoch=0.4)
    of_fitted = csr_array(weights[fitted])

    def report(share: float) -> None:
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.4 + 0.4 * share)

    left, _, right = stepwise_svd(of_fitted, size, parameters.seed, report, n_iter=_POWER_ITERATIONS)
    _, right = svd_flip(left, right, u_based_decision=False)
    explained = float((of_fitted @ right.T).var(axis=0).sum() / mean_variance_axis(of_fitted, axis=0)[1].sum())
    found = np.asarray(weights[described] @ right.T, np.float32)
    context.progress(epoch=0, n_epochs=1, share_of_epoch=0.8)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    vectors: Floats = np.zeros((len(items), size), np.float32)
    # A description that no dimension covers has no direction.
    vectors[described] = np.where(lengths > 1e-6, found / np.maximum(lengths, 1e-6), 0)
    if not vectors.any():
        raise _no_words(items, parameters)
    return vectors, explained


def _identity(words: list[str]) -> list[str]:
    return words


def _no_words(items: pd.DataFrame, parameters: ContentParameters) -> InputError:
    columns = ", ".join(str(name) for name in items.columns)
    return InputError(
        "The items have no descriptions with words that several of them share.",
        received=f"columns of the items: {columns}; min_count={parameters.min_count}",
        remedy="Import the ratings with a file of the items that has titles, genres, tags or texts, or choose a "
        "smaller min_count.",
    )
