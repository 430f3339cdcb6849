"""The network in NumPy, so that only training needs TensorFlow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damaged
from embedlab.kinds.table import TableDataset, Target
from embedlab.models.contract.base import State
from embedlab.models.contract.rows import PredictsRows, RowInput, RowPrediction
from embedlab.models.entity_embeddings.encoding import Encoded, encode_record, encode_rows
from embedlab.models.entity_embeddings.features import PADDING, UNSEEN, Features, Rows
from embedlab.models.entity_embeddings.network import OUTPUT, hidden_name, table_name

Floats = npt.NDArray[np.float32]
#: Rows predicted at a time.
_BLOCK: Final = 4096
_CONFIG: Final = "features"


@dataclass(frozen=True, eq=False)
class RowPredictor(PredictsRows):
    """Predicts with the weights of the trained network.

    Parameters
    ----------
    features
        The inputs.
    weights
        As `Trainer.weights`.
    target
        What is predicted.
    classes
        Names of the classes; empty for a number.
    mean, spread
        Of the training targets, by which a number was standardized.
    """

    features: Features
    weights: Mapping[str, Floats]
    target: Target
    classes: Sequence[str]
    mean: float
    spread: float

    @property
    def n_hidden(self) -> int:
        """Number of hidden layers."""
        number = 0
        while f"{hidden_name(number + 1)}_kernel" in self.weights:
            number += 1
        return number

    @property
    def inputs(self) -> Sequence[RowInput]:
        """The columns; see `PredictsRows.inputs`."""
        found: dict[str, RowInput] = {}
        for category in self.features.categories:
            if category.part:
                found.setdefault(category.column, RowInput(category.column, "date", example="2014-10-13"))
            else:
                found[category.column] = RowInput(category.column, "category", category.values, category.values[0])
        for number in self.features.numbers:
            if not number.part:
                found[number.column] = RowInput(number.column, "number", example=f"{number.scale.example:g}")
        for text in self.features.texts:
            found[text.column] = RowInput(text.column, "text", example=" ".join(text.words[:5]))
        return tuple(found.values())

    def joined(self, encoded: Encoded) -> Floats:
        """Return the `(n, width)` inputs of the dense layers: vectors of categories, numbers, averages of words."""
        parts = [
            self.weights[table_name(feature.name)][encoded.categories[:, place]]
            for place, feature in enumerate(self.features.categories)
        ]
        if encoded.numbers.shape[1]:
            parts.append(encoded.numbers)
        for text, indices in zip(self.features.texts, encoded.texts, strict=True):
            vectors = self.weights[table_name(text.name)][indices]
            mask = (indices != PADDING).astype(np.float32)
            total = np.einsum("nld,nl->nd", vectors, mask)
            parts.append(total / np.maximum(mask.sum(axis=1, keepdims=True), 1))
        joined: Floats = np.hstack(parts)
        return joined

    def part_slices(self) -> dict[str, slice]:
        """Return which columns of `joined` hold the vector of each embedding, by its name."""
        slices, start = {}, 0
        for feature in self.features.categories:
            width = self.weights[table_name(feature.name)].shape[1]
            slices[feature.name] = slice(start, start + width)
            start += width
        start += self.features.n_numbers
        for text in self.features.texts:
            width = self.weights[table_name(text.name)].shape[1]
            slices[text.name] = slice(start, start + width)
            start += width
        return slices

    def outputs(self, joined: Floats) -> npt.NDArray[np.float64]:
        """Return numbers on the scale of the target, `(n,)`, or probabilities, `(n, n_classes)`, float64."""
        hidden = joined
        for number in range(1, self.n_hidden + 1):
            name = hidden_name(number)
            hidden = np.maximum(hidden @ self.weights[f"{name}_kernel"] + self.weights[f"{name}_bias"], 0)
        last = np.hstack([hidden, joined]) if self.n_hidden else joined
        output = (last @ self.weights[f"{OUTPUT}_kernel"] + self.weights[f"{OUTPUT}_bias"]).astype(np.float64)
        if not self.classes:
            numbers: npt.NDArray[np.float64] = self.mean + self.spread * output[:, 0]
            return numbers
        powers = np.exp(output - output.max(axis=1, keepdims=True))
        probabilities: npt.NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    def predict(self, records: Sequence[Mapping[str, str]]) -> list[RowPrediction]:
        """Predict new rows; see `PredictsRows.predict`."""
        return [self._predict_one(record) for record in records]

    def _predict_one(self, record: Mapping[str, str]) -> RowPrediction:
        read = encode_record(self.features, record)
        output = self.outputs(self.joined(read.encoded))[0]
        value, probabilities = None, {}
        if self.classes:
            order = np.argsort(-output, kind="stable")
            probabilities = {self.classes[place]: float(output[place]) for place in order}
        else:
            value = float(self.target.original(np.array([output]))[0])
        return RowPrediction(
            value,
            probabilities,
            unseen=read.unseen,
            missing=read.missing,
            unreadable=read.unreadable,
            n_words=read.n_words,
            n_unknown_words=read.n_unknown_words,
        )

    def predict_rows(self, dataset: TableDataset, rows: Rows) -> npt.NDArray[np.float64]:
        """Predict rows of the dataset; see `PredictsRows.predict_rows`."""
        return np.concatenate([self.outputs(self.joined(encoded)) for encoded in self._blocks(dataset, rows)])

    def category_vectors(self, dataset: TableDataset, rows: Rows) -> dict[str, npt.NDArray[np.float64]]:
        """Return the vectors of the categories of rows; see `PredictsRows.category_vectors`."""
        codes = np.concatenate([encoded.categories for encoded in self._blocks(dataset, rows, texts=False)])
        return {
            feature.title: self.weights[table_name(feature.name)][codes[:, place]].astype(np.float64)
            for place, feature in enumerate(self.features.categories)
        }

    def n_unseen(self, dataset: TableDataset, rows: Rows) -> dict[str, int]:
        """Count values that did not occur in training; see `PredictsRows.n_unseen`."""
        codes = np.concatenate([encoded.categories for encoded in self._blocks(dataset, rows, texts=False)])
        counts = (codes == UNSEEN).sum(axis=0)
        return {
            feature.title: int(count) for feature, count in zip(self.features.categories, counts, strict=True) if count
        }

    def _blocks(self, dataset: TableDataset, rows: Rows, *, texts: bool = True) -> Iterator[Encoded]:
        features = self.features if texts else Features(self.features.categories, self.features.numbers, ())
        encoded = encode_rows(features, dataset, rows)
        for start in range(0, max(1, len(rows)), _BLOCK):
            yield encoded.take(slice(start, start + _BLOCK))

    def state(self) -> State:
        """Return everything `from_state` needs."""
        return State(
            dict(self.weights),
            {
                _CONFIG: self.features.config(),
                "target": self.target.as_dict(),
                "classes": list(self.classes),
                "mean": self.mean,
                "spread": self.spread,
            },
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor; raises `StorageError` if the state belongs to another class."""
        check_finite(state.arrays, cls.folder)
        try:
            config: Mapping[str, Any] = state.config
            predictor = cls(
                Features.from_config(config[_CONFIG]),
                state.arrays,
                Target(**config["target"]),
                [str(name) for name in config["classes"]],
                float(config["mean"]),
                float(config["spread"]),
            )
            # What is asked for new rows must be writable, too.
            fits = np.isfinite([predictor.mean, predictor.spread]).all() and predictor._fits()
            fits = fits and all(isinstance(each.example, str) for each in predictor.inputs)
        except (KeyError, TypeError, ValueError, OverflowError, IndexError, AttributeError) as error:
            raise damaged(cls.folder) from error
        if not fits:
            raise damaged(cls.folder)
        return predictor

    def _fits(self) -> bool:
        tables = self.features.embedded
        shapes = [self.weights[table_name(each.name)].shape for each in tables]
        width = sum(shape[1] for shape in shapes) + self.features.n_numbers
        names = [hidden_name(number) for number in range(1, self.n_hidden + 1)]
        widths = [width, *(len(self.weights[f"{name}_bias"]) for name in names)]
        kernels = [self.weights[f"{name}_kernel"].shape for name in names]
        n_last = (widths[-1] if names else 0) + width
        return (
            all(shape[0] == each.input_dim for shape, each in zip(shapes, tables, strict=True))
            and kernels == list(pairwise(widths))
            and self.weights[f"{OUTPUT}_kernel"].shape == (n_last, max(1, len(self.classes)))
            and self.weights[f"{OUTPUT}_bias"].shape == (max(1, len(self.classes)),)
        )
