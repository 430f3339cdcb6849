"""The image classifier beside simple models on scikit-learn's digits, and its time and memory on 70,000 images.

`python -m benchmarks.images` prints the accuracies; `--large` imports and trains 70,000 generated images of 28 x 28
pixels and prints time and memory beside the estimate. The images are blurred, shifted strokes in ten classes: as MNIST
in number, size and sparsity, and not in content.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
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
from embedlab.samples.shipped import DIGITS, write_sample
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
    dataset = imported(write_sample(DIGITS, folder).path, folder / "set")
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


def strokes(n: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of images and labels: a template for each class, shifted, of other strength, with noise."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    templates = np.zeros((10, 28, 28))
    for template in templates:
        at = rng.uniform(8, 20, 2)
        for step in rng.normal(size=(60, 2)).cumsum(axis=0) / 3:
            row, column = np.clip(at + step, 5, 22).astype(int)
            template[row, column] = 1
    templates = np.stack([gaussian_filter(each, 1.0) for each in templates])
    templates /= templates.max(axis=(1, 2), keepdims=True)
    for start in range(0, n, 5000):
        labels = rng.integers(0, 10, min(5000, n - start))
        images = templates[labels] * rng.uniform(0.6, 1.0, (len(labels), 1, 1))
        shifts = rng.integers(-3, 4, (len(labels), 2))
        images = np.stack([np.roll(image, shift, (0, 1)) for image, shift in zip(images, shifts.tolist(), strict=True)])
        images = np.clip(images + rng.normal(0, 0.08, images.shape) * (images > 0.05), 0, 1)
        yield (255 * images).astype(np.uint8), labels.astype(np.uint8)


def large(folder: Path, n: int) -> None:
    """Print time and memory of the import, the training and the scores of many images, beside the estimate."""
    blocks = list(strokes(n, 0))
    path = folder / "large.npz"
    np.savez(
        path, images=np.concatenate([each for each, _ in blocks]), labels=np.concatenate([each for _, each in blocks])
    )
    del blocks
    seconds, cpu = time.perf_counter(), time.process_time()
    dataset = imported(path, folder / "set")
    print(f"import: {time.perf_counter() - seconds:.1f} s ({time.process_time() - cpu:.1f} s of CPU)")
    parameters = MODEL.defaults(dataset.imported.counts)
    estimate = MODEL.estimate(dataset.imported.counts, parameters, 2)
    print(f"estimate: {estimate.seconds:.0f} s, {estimate.memory_mb:,.0f} MB")
    seconds, cpu = time.perf_counter(), time.process_time()
    parts = TASK.split(dataset, Protocol("random", 0, 0.1, 0.2), folder)
    context = QuietContext(folder, n_threads=2)
    result = MODEL.train(parts.learned, parameters, context)
    trained = time.perf_counter() - seconds
    scores = TASK.judge(result, parts)
    total, cpu = time.perf_counter() - seconds, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(
        f"{len(context.history)} epochs: {trained:.0f} s, with scores {total:.0f} s ({cpu:.0f} s of CPU), "
        f"{peak_mb:,.0f} MB"
    )
    print({name: round(scores[name], 4) for name in ("test_accuracy", "neighbor_accuracy", "n_baseline_images")})
    print({name: round(each["test_accuracy"], 4) for name, each in scores["baselines"].items()})


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, nargs="?", const=70_000, help="number of generated images")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if arguments.large:
            large(Path(folder), arguments.large)
        else:
            digits(Path(folder))


if __name__ == "__main__":
    main()
