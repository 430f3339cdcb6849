"""The handwritten digits that come with scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from embedlab.samples.base import Sample, SampleFiles


def _write(folder: Path) -> SampleFiles:
    from sklearn.datasets import load_digits

    digits = load_digits()
    path = folder / "digits.npz"
    np.savez(path, images=digits.images.astype(np.uint8), labels=digits.target.astype(np.uint8))
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "digits",
    "Handwritten digits",
    "1,797 digits of 8 x 8 pixels, as they come with scikit-learn: a layer of 2 units becomes a map of them.",
    "images",
    "image-classifier",
    {"vector_size": 2, "hidden_units": 256, "epochs": 100, "batch_size": 32},
    _write,
)
