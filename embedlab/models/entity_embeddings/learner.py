"""The data and the network of one phase of a training: its features, targets, initial vectors and optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.kinds.table.splits import Rows, TableSplit
from embedlab.models.entity_embeddings.encoding import encode_rows
from embedlab.models.entity_embeddings.features import (
    FIRST_WORD,
    UNSEEN,
    Features,
    fit_features,
)
from embedlab.models.entity_embeddings.network import build_network, table_name
from embedlab.models.entity_embeddings.predictor import RowPredictor
from embedlab.models.entity_embeddings.trainer import Trainer

if TYPE_CHECKING:
    from embedlab.models.entity_embeddings.model import EntityEmbeddingsParameters

Floats = npt.NDArray[np.float32]


class Learner:
    """The data and the network of one phase.

    Parameters
    ----------
    rows
        The rows to learn from.
    start
        Vectors of words to start from; None for random numbers.
    """

    def __init__(
        self, rows: Rows, data: TableSplit, start: Embedding | None, parameters: EntityEmbeddingsParameters
    ) -> None:
        self.rows = rows
        self.features = fit_features(
            data.dataset,
            rows,
            leave_out=parameters.leave_out,
            min_count=parameters.min_count,
            text_length=parameters.text_length,
            max_words=parameters.max_words,
            min_word_count=parameters.min_word_count,
        )
        self.encoded = encode_rows(self.features, data.dataset, rows)
        self.scaled = data.targets(rows)
        self.classes = data.dataset.classes if data.target.n_classes else []
        self.mean, self.spread = (0.0, 1.0) if self.classes else _mean_and_spread(self.scaled)
        self.targets = self.standardized(self.scaled)
        self.network = build_network(
            self.features,
            sizes=_sizes(self.features, parameters, start),
            hidden_units=parameters.hidden_units,
            dropout=parameters.dropout,
            word_dropout=parameters.word_dropout,
            n_outputs=len(self.classes) or 1,
            start=_start_tables(self.features, start, parameters),
            frozen=start is not None and not parameters.fine_tune,
            seed=parameters.seed,
        )
        self.trainer = Trainer(
            self.network,
            is_classifier=bool(self.classes),
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )

    def standardized(self, scaled: npt.NDArray[np.float64]) -> npt.NDArray[Any]:
        """Return targets as the network predicts them."""
        if self.classes:
            return scaled.astype(np.int32)
        return ((scaled - self.mean) / self.spread).astype(np.float32)

    def predictor(self, weights: Mapping[str, Floats], data: TableSplit) -> RowPredictor:
        """Return a predictor; unseen values get the mean vector of the values of their column."""
        completed = dict(weights)
        for feature in self.features.categories:
            table = np.array(weights[table_name(feature.name)])
            # With rare values in row 0, it has learned its own vector.
            if len(table) > 1 and not (self.encoded.categories[:, self.features.categories.index(feature)] == 0).any():
                table[UNSEEN] = np.average(table[1:], axis=0, weights=feature.counts)
            completed[table_name(feature.name)] = table
        return RowPredictor(self.features, completed, data.target, self.classes, self.mean, self.spread)


def _mean_and_spread(targets: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(targets.mean()), float(targets.std()) or 1.0


def _sizes(features: Features, parameters: EntityEmbeddingsParameters, start: Embedding | None) -> dict[str, int]:
    """Return the vector size of each embedding; vectors to start from have their own."""
    sizes = {each.name: parameters.size_of(len(each.values)) for each in features.categories}
    text_size = parameters.word_vector_size if start is None else start.vector_size
    return {**sizes, **{text.name: text_size for text in features.texts}}


def _start_tables(
    features: Features, start: Embedding | None, parameters: EntityEmbeddingsParameters
) -> dict[str, Floats]:
    """Return the initial tables of words; those that the embedding does not have get small random vectors."""
    if start is None:
        return {}
    tables = {}
    for text in features.texts:
        index = {word: row for row, word in enumerate(text.words)}
        known = [(index[word], row) for row, word in enumerate(start.keys) if word in index]
        vectors = np.asarray(start.vectors)
        random = np.random.default_rng(parameters.seed)
        spread = 0.5 * float(vectors.std()) if parameters.fine_tune else 0.0
        table = random.normal(0, spread, (text.input_dim, start.vector_size)).astype(np.float32)
        for row, row_of_start in known:
            table[FIRST_WORD + row] = vectors[row_of_start]
        tables[text.name] = table
    return tables
