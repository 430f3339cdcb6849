"""The image classifier beside simple models on scikit-learn's digits: `python -m benchmarks.images`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.evaluation.image_classification import LOGISTIC, PCA_NEIGHBORS, PIXEL_NEIGHBORS
from embedlab.kinds.base import BuildContext
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind
from embedlab.models.contract.base import QuietContext
from embedlab.models.registry import MODELS
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.samples.handwritten_digits import SAMPLE
from embedlab.tasks.registry import task

SEEDS = (0, 1, 2)
TASK = task("image-labels")
MODEL = MODELS["image-classifier"]


def imported(path: Path, folder: Path) -> Any:
    """Import a file of images."""
    folder.mkdir()
    known, upload = kind("images"), OpenedUpload(path, Limits())
    known.build(upload, known.guess_options(upload), folder, BuildContext()).imported.save(folder)
    return known.open(folder)


def scored(dataset: Any, seed: int, **settings: Any) -> dict[str, Any]:
    """Train and score; the seed is that of the split and of the model."""
    with tempfile.TemporaryDirectory() as folder:
        parts = TASK.split(dataset, Protocol("random", seed, 0.1, 0.2), Path(folder))
        defaults = MODEL.defaults(dataset.imported.counts).model_dump()
        parameters = MODEL.parameters_class.checked({**defaults, **settings, "seed": seed})
        return TASK.judge(MODEL.train(parts.learned, parameters, QuietContext(Path(folder), n_threads=2)), parts)


def digits(folder: Path) -> None:
    """Print the accuracies on the digits, the mean over three splits."""
    dataset = imported(SAMPLE.write(folder).path, folder / "set")
    print(f"{'units':>6} {'test':>6} {'k-NN':>6} {'PCA+k-NN':>9} {'logistic':>9} {'k-NN px':>8}   test by seed")
    for size in (2, 3, 16):
        runs = [scored(dataset, seed, vector_size=size) for seed in SEEDS]
        rows = [
            (
                run["test_accuracy"],
                run["neighbor_accuracy"],
                *(run["baselines"][name]["test_accuracy"] for name in (PCA_NEIGHBORS, LOGISTIC, PIXEL_NEIGHBORS)),
            )
            for run in runs
        ]
        means = np.mean(rows, axis=0)
        print(
            f"{size:6} {means[0]:6.3f} {means[1]:6.3f} {means[2]:9.3f} {means[3]:9.3f} {means[4]:8.3f}  ",
            " ".join(f"{row[0]:.3f}" for row in rows),
        )


def main() -> None:
    """Run the benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        digits(Path(folder))


if __name__ == "__main__":
    main()
