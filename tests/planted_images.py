"""An image classifier whose answers can be computed by hand, and a finished run of it, without training.

Images of 4 x 3 pixels are `on` if the pixel in row 2, column 1 is bright, else `off`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.evaluation.image_classification import score_images
from embedlab.kinds.images.splits import split_images
from embedlab.kinds.protocols import Protocol
from embedlab.models.image_classifier.predictor import ImagePredictor
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run
from tests.kinds.images.pictures import planted

N_IMAGES = 300
HOSTILE = "<b>on</b> ![](http://evil.invalid/x.png)"


def planted_predictor(classes: tuple[str, ...]) -> ImagePredictor:
    """The vector of an image is (a, -a) with a = 10 x - 5, where x is 0 to 1 in the planted pixel."""
    kernel = np.zeros((12, 2), np.float32)
    kernel[7] = (10, -10)
    weights = {
        "embedding_kernel": kernel,
        "embedding_bias": np.array([-5, 5], np.float32),
        "classes_kernel": np.array([(0, 1) if name == "off" else (1, 0) for name in classes], np.float32).T,
    }
    return ImagePredictor(classes, (4, 3, 1), weights)


def keep_image_classifier(workspace: Workspace, on: str = "on") -> RunRow:
    """Import planted images and keep a run with this predictor; the first test image counts as a mistake."""
    dataset_id, run_id = new_id(), new_id()
    folder = workspace.dataset_folder(dataset_id)
    dataset = planted(folder.parent / "planting", N_IMAGES, ("off", on))
    dataset.folder.rename(folder)
    dataset = type(dataset).open(folder)
    predictor = planted_predictor(dataset.classes)
    split = split_images(dataset, Protocol("random", 0, 0.1, 0.2))
    part = np.full(N_IMAGES, "train", dtype=object)
    part[split.validation], part[split.test] = "validation", "test"
    metadata = pd.DataFrame({"class": dataset.labels, "predicted": dataset.labels, "part": part, "mistake": "correct"})
    metadata.loc[split.test[0], ["predicted", "mistake"]] = ["neither", "mistake"]
    vectors = predictor.vectors(dataset.pixels)
    return keep_finished_run(
        workspace,
        dataset.imported,
        dataset_id,
        run_id,
        name="On and off",
        model="image-classifier",
        predictor=predictor.state(),
        embeddings={
            "images": Embedding(vectors, dataset.keys, dataset.names(), metadata),
            "classes": Embedding(np.eye(2, dtype=np.float32), list(dataset.classes)),
        },
        scores=score_images(predictor, split),
    )
