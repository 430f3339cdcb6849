"""The text classifier in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import StorageError
from embedlab.models.contract.abilities import Classifies
from embedlab.models.contract.base import State
from embedlab.models.shared.documents import pack_words, unpack_words
from embedlab.models.shared.text_encoding import FIRST_WORD, PADDING, TextEncoder
from embedlab.models.text_classifier.bag_of_words import BagOfWords

Floats = npt.NDArray[np.float32]
#: Maximum number of values in memory at a time (64 MB).
_BLOCK_NUMBERS = 1 << 24
#: Arrays of a state that are no weights.
_VOCABULARY = frozenset({"words", "pairs"})


@dataclass(frozen=True, eq=False)
class ClassifierPredictor(Classifies):
    """Embedding, pooling and Dense layers, and a linear bag of words.

    Parameters
    ----------
    words
        The vocabulary, in the order of the embedding's rows from row 2 on.
    classes
        The classes.
    sequence_length
        Maximum number of words read from a document.
    pooling
        average, flatten or convolution.
    weights
        `embedding` `(input_dim, output_dim)`, `classes_kernel`, `classes_bias`, and those of `convolution` and
        `hidden` if the network has these layers; float32, shaped as in Keras. With a bag of words, also
        `evidence_kernel` `(n_words + n_pairs, n_classes)`, `evidence_bias` and `evidence_scale`.
    pairs
        `(n_pairs, 2)` int32 rows of the embedding: pairs of neighboring words in the bag of words.
    """

    words: Sequence[str]
    classes: Sequence[str]
    sequence_length: int
    pooling: str
    weights: Mapping[str, Floats]
    pairs: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), np.int32))

    @cached_property
    def _encoder(self) -> TextEncoder:
        return TextEncoder(self.words, self.sequence_length)

    @cached_property
    def _bag(self) -> BagOfWords | None:
        if "evidence_kernel" not in self.weights:
            return None
        return BagOfWords(self._encoder.input_dim, self.pairs, self.weights.get("evidence_scale"))

    def knows(self, word: str) -> bool:
        """Return whether a word has its own row in the embedding."""
        return self._encoder.knows(word)

    def predict(self, documents: Sequence[Sequence[str]]) -> Floats:
        """Return the probabilities of the classes; see `Classifies.predict`."""
        probabilities = np.empty((len(documents), len(self.classes)), np.float32)
        width = self.weights["embedding"].shape[1]
        if "convolution_kernel" in self.weights:
            width = int(np.prod(self.weights["convolution_kernel"].shape[:2]))
        step = max(1, _BLOCK_NUMBERS // (self.sequence_length * width))
        for start in range(0, len(documents), step):
            indices = self._encoder.encode(documents[start : start + step])
            probabilities[start : start + step] = self.predict_indices(indices)
        return probabilities

    def predict_indices(self, indices: npt.NDArray[np.int32]) -> Floats:
        """Return `(n, n_classes)` float32 probabilities of encoded documents `(n, sequence_length)`."""
        hidden = self._pooled(indices)
        if "hidden_kernel" in self.weights:
            hidden = np.maximum(hidden @ self.weights["hidden_kernel"] + self.weights["hidden_bias"], 0)
        logits = hidden @ self.weights["classes_kernel"] + self.weights["classes_bias"]
        if self._bag is not None:
            logits = logits + self._bag.presence(indices) @ self.weights["evidence_kernel"]
            logits += self.weights["evidence_bias"]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    def _pooled(self, indices: npt.NDArray[np.int32]) -> Floats:
        vectors = self.weights["embedding"][indices]
        if self.pooling == "flatten":
            flat: Floats = vectors.reshape(len(indices), -1)
            return flat
        if self.pooling == "average":
            mask = (indices != PADDING).astype(np.float32)
            total = np.einsum("nld,nl->nd", vectors, mask)
            mean: Floats = total / np.maximum(mask.sum(axis=1, keepdims=True), 1)
            return mean
        kernel = self.weights["convolution_kernel"]
        # (n, positions, output_dim, kernel_size) times (kernel_size, output_dim, filters)
        windows = np.lib.stride_tricks.sliding_window_view(vectors, kernel.shape[0], axis=1)
        activations = np.tensordot(windows, kernel, axes=([3, 2], [0, 1])) + self.weights["convolution_bias"]
        maximum: Floats = np.maximum(activations, 0).max(axis=1)
        return maximum

    def state(self) -> State:
        """Return everything `from_state` needs."""
        arrays: dict[str, npt.NDArray[Any]] = {**self.weights, "words": pack_words(self.words)}
        if len(self.pairs):
            arrays["pairs"] = self.pairs
        return State(
            arrays,
            {"classes": list(self.classes), "sequence_length": self.sequence_length, "pooling": self.pooling},
        )

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor; raises `StorageError` if the state belongs to another class."""
        try:
            words = unpack_words(state.arrays["words"])
            if len(state.arrays["embedding"]) != len(words) + FIRST_WORD:
                raise ValueError("the embedding needs a row for each word")
            return cls(
                words=words,
                classes=[str(name) for name in state.config["classes"]],
                sequence_length=int(state.config["sequence_length"]),
                pooling=str(state.config["pooling"]),
                weights={name: array for name, array in state.arrays.items() if name not in _VOCABULARY},
                pairs=state.arrays.get("pairs", np.empty((0, 2), np.int32)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise StorageError("A saved predictor is damaged.", remedy="Train again.") from error
