"""Image labels: a classifier predicts them and is evaluated on held-out images, its vectors by k-NN."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from embedlab.core.errors import EmbedLabError
from embedlab.core.files import atomic_file
from embedlab.core.kind import Kind
from embedlab.evaluation.image_classification import (
    LOGISTIC,
    MAJORITY,
    NEIGHBORS,
    PCA_NEIGHBORS,
    PIXEL_NEIGHBORS,
    K,
    score_images,
)
from embedlab.evaluation.score import Score, ScoreKind
from embedlab.evaluation.verdicts import text_of
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.images.splits import ImagesSplit, check_classes, split_images, unlabeled
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.abilities import ClassifiesImages
from embedlab.models.contract.base import Model, TrainingResult
from embedlab.tasks.base import Parts, PartSizes, Task, required
from embedlab.workspace.rows import DatasetRow

#: Pixels, labels and parts of all images.
DATA_FILE = "images.npz"


class ImageLabels(Task[ImagesDataset]):
    """Predict the label of an image."""

    name: ClassVar[str] = "image-labels"
    title: ClassVar[str] = "Classify images"
    goal: ClassVar[str] = "Classify images"
    kind: ClassVar[Kind] = Kind("images")
    cases: ClassVar[str] = "Images"
    uses_split: ClassVar[bool] = True
    headline: ClassVar[str] = "test_accuracy"
    baselines: ClassVar[tuple[str, ...]] = (MAJORITY, LOGISTIC, PIXEL_NEIGHBORS, PCA_NEIGHBORS)
    score_kinds: ClassVar[Mapping[str, ScoreKind]] = {
        NEIGHBORS: ScoreKind(f"{K}-NN accuracy of the vectors", "higher", "test", 1.0)
    }
    baseline_titles: ClassVar[Mapping[str, str]] = {
        LOGISTIC: "Logistic regression on pixels",
        PIXEL_NEIGHBORS: f"{K}-NN on pixels",
        PCA_NEIGHBORS: f"PCA of the same width and {K}-NN",
    }

    def refusal(self, dataset: DatasetRow) -> EmbedLabError | None:
        """Return the problem with the labels: there are none, only one, or one per image."""
        labels = dataset.details.get("labels") or {}
        n_labels, n_images = int(labels.get("different", 0)), int(dataset.counts.get("images", 0))
        if n_labels == 0:
            return unlabeled(dataset.name)
        frequent = ", ".join(each["label"] for each in labels.get("most_frequent", [])[:1])
        try:
            check_classes(n_images - int(labels.get("missing", 0)), n_labels, received=frequent)
        except EmbedLabError as error:
            return error
        return None

    def split(self, dataset: ImagesDataset, protocol: Protocol | None, scratch: Path) -> Parts:
        """Split the labeled images; copies of an image are in the same part."""
        del scratch
        split = split_images(dataset, required(protocol))
        return Parts(split.without_test(), split)

    def judge(self, result: TrainingResult, parts: Parts) -> dict[str, Any]:
        """Return the scores of the classifier and of its vectors; empty if the result has no classifier."""
        classifier, split = result.ability(ClassifiesImages), parts.held_out
        if classifier is None:
            return {}
        return {**score_images(classifier, split), "n_grouped_images": split.n_grouped}

    def headline_sentence(self, score: Score) -> str:
        """Return how many images were classified correctly."""
        if score.name != self.headline:
            return super().headline_sentence(score)
        of = f" of {score.n_cases:,} held-out images" if score.n_cases else " of the held-out images"
        return f"The model classified {text_of(score, score.value or 0.0)}{of} correctly"

    def notes(self, scores: Mapping[str, Any]) -> list[str]:
        """Return that the baselines learned from a part of the images, where they did."""
        n, n_known = scores.get("n_baseline_images"), scores.get("n_known_images")
        if not isinstance(n, int) or not isinstance(n_known, int) or n >= n_known:
            return []
        return [f"The baselines on pixels learned from {n:,} of the {n_known:,} training images, to save time."]

    def part_sizes(self, parts: Parts) -> PartSizes:
        """Count the images."""
        split: ImagesSplit = parts.held_out
        sizes = (len(split.train), len(split.validation), len(split.test))
        return PartSizes(*sizes, split.n_duplicates, split.n_grouped)

    def data_file(self, model: Model[Any, Any]) -> str:
        """Return the file name of the arrays."""
        del model
        return DATA_FILE

    def write_data(
        self, dataset: ImagesDataset, protocol: Protocol | None, model: Model[Any, Any], folder: Path
    ) -> Path:
        """Write pixels, keys, labels, parts and the classes in their order."""
        split = split_images(dataset, required(protocol))
        parts = np.zeros(dataset.n_images, "U10")
        for name, rows in (("train", split.train), ("validation", split.validation), ("test", split.test)):
            parts[rows] = name
        path = folder / self.data_file(model)
        pixels = dataset.pixels if dataset.pixels.ndim == 4 else dataset.pixels[..., np.newaxis]
        with atomic_file(path) as stream:
            np.savez_compressed(
                stream,
                pixels=pixels,
                keys=np.array(dataset.keys),
                labels=np.array(dataset.labels),
                parts=parts,
                classes=np.array(split.classes),
            )
        return path
