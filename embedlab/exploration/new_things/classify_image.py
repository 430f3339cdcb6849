"""The label that a classifier predicts for a new image, its vector, and its nearest images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.similarity import Answer, nearest_to_vector


class ClassifiesPixels(Protocol):
    """Anything that predicts the probabilities of labels of images through vectors."""

    @property
    def classes(self) -> Sequence[str]:
        """The labels, in the order of the predicted columns."""
        ...

    def predict(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return `(n, n_classes)` probabilities."""
        ...

    def vectors(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return `(n, vector_size)` vectors."""
        ...


@dataclass(frozen=True)
class ClassifiedImage:
    """Classification of one image.

    Parameters
    ----------
    probabilities
        All labels with their probabilities according to the model, the highest first; not calibrated.
    vector
        `(vector_size,)` float32 in the space of the images.
    nearest
        The most similar images by cosine.
    """

    probabilities: list[tuple[str, float]]
    vector: Vectors
    nearest: list[Answer]

    @property
    def label(self) -> str:
        """The most probable label."""
        return self.probabilities[0][0]

    @property
    def probability(self) -> float:
        """The probability of this label."""
        return self.probabilities[0][1]


def classify_image(
    predictor: ClassifiesPixels, pixels: npt.NDArray[np.uint8], images: Embedding, topn: int = 10
) -> ClassifiedImage:
    """Classify an image and find the images that are most similar to it.

    Parameters
    ----------
    pixels
        `(height, width)` or `(height, width, 3)` uint8, in the shape of the dataset.
    images
        The `images` embedding of the run.

    Raises
    ------
    InputError
        The classifier's training diverged.
    """
    block = pixels[np.newaxis]
    predicted = np.asarray(predictor.predict(block), np.float64)[0]
    vector = predictor.vectors(block)[0]
    if not (np.isfinite(predicted).all() and np.isfinite(vector).all()):
        raise InputError(
            "The classifier predicts NaN for this image.",
            remedy="Its training diverged: train again with a lower learning rate.",
        )
    order = np.argsort(-predicted, kind="stable")
    nearest = nearest_to_vector(images, vector, topn) if np.any(vector) else []
    return ClassifiedImage(
        [(str(predictor.classes[place]), float(predicted[place])) for place in order], vector, list(nearest)
    )
