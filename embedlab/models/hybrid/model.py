"""Feature-aware iALS: users, items and their features in one space, so that new items are placed by their features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, TrainingResult
from embedlab.models.shared.implicit_als.costs import alternating_estimate
from embedlab.models.shared.implicit_als.parameters import AlternatingParameters
from embedlab.models.shared.implicit_als.ranker import AlternatingRanker
from embedlab.models.shared.implicit_als.search import ALPHA0_CANDIDATES, L2_CANDIDATES, SEARCH_FILE
from embedlab.models.shared.implicit_als.solver import ITEMS, USERS
from embedlab.models.shared.implicit_als.training import AlternatingTraining
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.side_features.matrix import FeatureMatrix, feature_matrix

if TYPE_CHECKING:
    from embedlab.kinds.ratings.dataset import RatingsDataset

Floats = npt.NDArray[np.float32]

FEATURES = "features"
#: Metadata of the features: whether users or items have them, and the column of the table.
SIDE_COLUMN, TABLE_COLUMN = "side", "column"
#: Details of a dataset whose users or items are described by a file.
_DESCRIBING = ("items_file", "tags_file", "users_file")
#: The expected number of features for the estimate; one inversion of that size, in seconds.
_EXPECTED_FEATURES = 1_000
_INVERSION_S = 0.1


class HybridParameters(AlternatingParameters):
    """Parameters of feature-aware iALS."""

    main: ClassVar[tuple[str, ...]] = ("n_factors", "l2", "l2_features")

    l2_features: float = Field(
        20.0,
        title="L2 of features",
        gt=0,
        le=1e6,
        description="L2 regularization of the vectors of features, in units of items without interactions. Larger: "
        "features count less, above all rare ones.",
        json_schema_extra=LOG,
    )
    min_count: int = Field(
        5,
        title="Minimum feature count",
        ge=1,
        le=1_000_000,
        description="Ignore features that fewer items or users have.",
        json_schema_extra=ADVANCED,
    )


class Hybrid(Model[HybridParameters, InteractionsSplit]):
    """Implicit alternating least squares whose vectors are drawn to the sum of the vectors of their features.

    The L2 regularization of a user is ``l_u |w_u - A' f_u|^2`` instead of ``l_u |w_u|^2``, and likewise for items:
    those with many interactions learn from them, the others from their features. All steps are closed forms.

    The three embeddings have the same axes, so cosines across them, such as of an item and a genre, find neighbors.

    Notes
    -----
    The feature-aware extension of iALS in irspack, https://irspack.readthedocs.io.
    """

    name: ClassVar[str] = "hybrid"
    title: ClassVar[str] = "Hybrid of choices and features"
    summary: ClassVar[str] = "Places users, items, genres and tags in one space; new items by their features."
    task: ClassVar[str] = "ranking"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "numba")
    files: ClassVar[tuple[str, ...]] = (SEARCH_FILE,)
    reads_items: ClassVar[bool] = True
    parameters_class = HybridParameters
    abilities = (AlternatingRanker,)

    def defaults(self, counts: Counts) -> HybridParameters:
        """Return the same parameters for any size; L2 and the weight of unobserved pairs are chosen."""
        del counts
        return HybridParameters()

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return settings that use more features."""
        return {"rare tags included": {"min_count": 2}}

    def refusal(self, counts: Counts, parameters: HybridParameters, details: Mapping[str, Any]) -> EmbedLabError | None:
        """Refuse items and users that no file describes."""
        del counts
        if not details or any(name in details for name in _DESCRIBING):
            return None
        return _no_features("no file of the items", parameters.min_count)

    def estimate(self, counts: Counts, parameters: HybridParameters, n_threads: int) -> Estimate:
        """Return the time and memory of iALS and of the regression on the features."""
        plain = alternating_estimate(counts, parameters, n_threads)
        memory = plain.memory_mb + 2 * _EXPECTED_FEATURES**2 * 8 / 1e6
        return Estimate(plain.seconds * 1.3 + 20 * _INVERSION_S, memory)

    def script(self, parameters: HybridParameters, data_file: str) -> str:
        """Return a script that uses `embedlab`; `data_file` has user, item, weight, part and columns of the items."""
        return model_script(
            __file__,
            parameters,
            data_file=data_file,
            block=parameters.block,
            choose=parameters.l2 is None or parameters.alpha0 is None,
            l2_candidates=L2_CANDIDATES,
            alpha0_candidates=ALPHA0_CANDIDATES,
        )

    def train(self, data: InteractionsSplit, parameters: HybridParameters, context: Context) -> TrainingResult:
        """Train as iALS, with the features of the dataset's tables."""
        features = dataset_features(data.dataset, parameters.min_count)
        if not features:
            columns = ", ".join(str(name) for name in data.dataset.items.columns)
            raise _no_features(f"columns of the items: {columns}", parameters.min_count)
        for name, found in features.items():
            left_out = f", {found.n_left_out:,} rare ones left out" if found.n_left_out else ""
            context.log(f"{len(found.values):,} features of {name}{left_out}")
        n_rows = {ITEMS: len(data.dataset.items), USERS: len(data.dataset.users)}
        matrices = {name: found.matrix[: n_rows[name]] for name, found in features.items()}
        training = AlternatingTraining(data, parameters, context, matrices, parameters.l2_features)
        trained = training.result()
        embeddings = {**trained.embeddings, FEATURES: features_embedding(features, training.feature_vectors)}
        if ITEMS in features and len(data.dataset.unrated_items):
            unrated = features[ITEMS].matrix[n_rows[ITEMS] :] @ training.feature_vectors[ITEMS]
            embeddings[ITEMS] = _with_unrated(embeddings[ITEMS], data.dataset.unrated_items, unrated)
            context.log(f"{int(unrated.any(axis=1).sum()):,} items that nobody rated are on the map too")
        return TrainingResult(embeddings, trained.state, trained.abilities, trained.scores, trained.texts)


def dataset_features(dataset: RatingsDataset, min_count: int) -> dict[str, FeatureMatrix]:
    """Return the features of the users and items of a dataset; a side without features is missing.

    Those of items have the rows of `dataset.all_items`; only rated items are counted.
    """
    found = {
        ITEMS: feature_matrix(dataset.all_items, min_count=min_count, n_fitted=len(dataset.items)),
        USERS: feature_matrix(dataset.users, min_count=min_count),
    }
    return {name: each for name, each in found.items() if each is not None}


def _with_unrated(items: Embedding, unrated: pd.DataFrame, vectors: Floats) -> Embedding:
    """Return the embedding of the items with those that nobody rated, where their features place them."""
    more = side_embedding(unrated, vectors, np.asarray(vectors.any(axis=1)))
    return Embedding(
        np.concatenate([items.vectors, more.vectors]),
        [*items.keys, *more.keys],
        [*items.labels, *more.labels],
        pd.concat([items.metadata, more.metadata], ignore_index=True),
    )


def features_embedding(features: Mapping[str, FeatureMatrix], vectors: Mapping[str, np.ndarray]) -> Embedding:
    """Return the vectors of all features, in the space of the users and the items, most frequent first."""
    keys = [key for name, each in features.items() for key in each.keys]
    sides = [name for name, each in features.items() for _ in each.values]
    # The same column may describe users and items.
    if len(set(keys)) < len(keys):
        keys = [f"{key} ({side})" for key, side in zip(keys, sides, strict=True)]
    metadata = pd.DataFrame(
        {
            TABLE_COLUMN: [column for each in features.values() for column in each.columns],
            SIDE_COLUMN: sides,
            COUNT_COLUMN: np.concatenate([each.counts for each in features.values()]),
        }
    )
    order = np.argsort(-metadata[COUNT_COLUMN].to_numpy(), kind="stable")
    stacked = np.concatenate([vectors[name] for name in features])
    return Embedding(
        np.ascontiguousarray(stacked[order], np.float32),
        [keys[row] for row in order],
        metadata=metadata.iloc[order].reset_index(drop=True),
    )


def _no_features(received: str, min_count: int) -> InputError:
    return InputError(
        "The items have no features that at least a few of them share, so there is nothing to combine with choices.",
        received=f"{received}; min_count={min_count}",
        remedy="Import the ratings with a file of the items that has genres, tags or categories, or choose ials.",
    )
