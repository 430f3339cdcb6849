"""The image classifier in NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.errors import StorageError
from embedlab.core.stored import check_finite
from embedlab.models.contract.abilities import ClassifiesImages
from embedlab.models.contract.base import State

Floats = npt.NDArray[np.float32]
#: Maximum number of values in memory at a time (64 MB).
_BLOCK_NUMBERS = 1 << 24


@dataclass(frozen=True, eq=False)
class ImagePredictor(ClassifiesImages):
    """Optional convolution and hidden layer, the embedding layer, and the softmax.

    Parameters
    ----------
    classes
        The classes.
    shape
        Height, width and channels (1 or 3) of an image.
    weights
        `embedding_kernel`, `embedding_bias`, `classes_kernel`, and those of `convolution` and `hidden` if the network
        has these layers; float32, shaped as in Keras.
    """

    classes: Sequence[str]
    shape: tuple[int, int, int]
    weights: Mapping[str, Floats]

    def vectors(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Return the vectors of images; see `ClassifiesImages.vectors`."""
        images = np.asarray(pixels).reshape(len(pixels), *self.shape)
        found = np.empty((len(images), self.weights["embedding_kernel"].shape[1]), np.float32)
        kernel = self.weights.get("convolution_kernel")
        numbers = int(np.prod(self.shape)) * (
            1 if kernel is None else kernel.shape[0] * kernel.shape[1] + kernel.shape[3]
        )
        step = max(1, _BLOCK_NUMBERS // numbers)
        for start in range(0, len(images), step):
            found[start : start + step] = self._encode(images[start : start + step])
        return found

    def predict(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Return the probabilities of the classes; see `ClassifiesImages.predict`."""
        return self.predict_vectors(self.vectors(pixels))

    def predict_vectors(self, vectors: Floats) -> Floats:
        """Return `(n, n_classes)` float32 probabilities of `(n, vector_size)` vectors."""
        logits = vectors @ self.weights["classes_kernel"]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
        return probabilities

    def _encode(self, images: npt.NDArray[np.uint8]) -> Floats:
        hidden: Floats = images.astype(np.float32) * np.float32(1 / 255)
        if "convolution_kernel" in self.weights:
            hidden = self._convolved(hidden)
        hidden = hidden.reshape(len(images), -1)
        if "hidden_kernel" in self.weights:
            hidden = np.maximum(hidden @ self.weights["hidden_kernel"] + self.weights["hidden_bias"], np.float32(0))
        vectors: Floats = hidden @ self.weights["embedding_kernel"] + self.weights["embedding_bias"]
        return vectors

    def _convolved(self, images: Floats) -> Floats:
        """Return the convolution with padding to the same size, ReLU, and the maximum over 2 x 2 positions."""
        kernel = self.weights["convolution_kernel"]
        before = [(size - 1) // 2 for size in kernel.shape[:2]]
        after = [size - 1 - start for size, start in zip(kernel.shape[:2], before, strict=True)]
        padded = np.pad(images, ((0, 0), (before[0], after[0]), (before[1], after[1]), (0, 0)))
        # (n, height, width, channels, kernel height, kernel width)
        windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], axis=(1, 2))
        active = np.tensordot(windows, kernel, axes=([4, 5, 3], [0, 1, 2])) + self.weights["convolution_bias"]
        active = np.maximum(active, np.float32(0))
        height, width = active.shape[1:3]
        # After ReLU, zeros change no maximum.
        active = np.pad(active, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)))
        blocks = active.reshape(len(images), active.shape[1] // 2, 2, active.shape[2] // 2, 2, -1)
        maximum: Floats = blocks.max(axis=(2, 4))
        return maximum

    def state(self) -> State:
        """Return everything `from_state` needs."""
        return State(dict(self.weights), {"classes": list(self.classes), "shape": list(self.shape)})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Rebuild the predictor; raises `StorageError` if the state belongs to another class."""
        check_finite(state.arrays, cls.folder)
        try:
            height, width, n_channels = (int(size) for size in state.config["shape"])
            classes = [str(name) for name in state.config["classes"]]
            weights: dict[str, npt.NDArray[Any]] = dict(state.arrays)
            if weights["classes_kernel"].shape != (weights["embedding_kernel"].shape[1], len(classes)):
                raise ValueError("the weights do not fit the classes")
            return cls(classes, (height, width, n_channels), weights)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise StorageError("A saved predictor is damaged.", remedy="Train again.") from error
