"""A classifier whose answers can be computed by hand, and a finished run of it, without training.

A text of the words w has the label `classes[0]` with a probability of sigmoid(mean of `WEIGHTS[w]`); an unknown word
weighs `UNKNOWN_WEIGHT`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.kinds.text.dataset import TextOptions, import_text
from embedlab.models.text_classifier.predictor import ClassifierPredictor
from embedlab.reading.sources import Limits
from embedlab.workspace.catalog import new_id
from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run

WEIGHTS = {"ship": 4.0, "harbour": 2.0, "the": 0.0, "market": -2.0, "tram": -4.0}
UNKNOWN_WEIGHT = -1.0
HOSTILE_LABEL = "![](http://example.com/x.png) <b>sea</b> :red[$x$]"


def sigmoid(weight: float) -> float:
    return 1 / (1 + math.exp(-weight))


def planted_predictor(
    classes: Sequence[str] = ("sea", "town"), sequence_length: int = 8, scale: float = 1.0
) -> ClassifierPredictor:
    """One number a word, its weight times `scale`; of more than two classes the others are alike."""
    kernel = np.zeros((1, len(classes)), np.float32)
    kernel[0, 0] = scale
    return ClassifierPredictor(
        words=list(WEIGHTS),
        classes=list(classes),
        sequence_length=sequence_length,
        pooling="average",
        weights={
            "embedding": np.array([[0], [UNKNOWN_WEIGHT], *([weight] for weight in WEIGHTS.values())], np.float32),
            "classes_kernel": kernel,
            "classes_bias": np.zeros(len(classes), np.float32),
        },
    )


def keep_classifier(
    workspace: Workspace, predictor: ClassifierPredictor, name: str = "Sea and town", **scores: float
) -> RunRow:
    """Import a small labeled text and keep a run of the text classifier with this predictor."""
    dataset_id, run_id = new_id(), new_id()
    folder = workspace.dataset_folder(dataset_id)
    folder.mkdir(parents=True)
    path = workspace.settings.home / "labelled.tsv"
    path.write_text("sea\tthe ship in the harbour\ntown\tthe tram at the market\n" * 5, encoding="utf-8")
    options = TextOptions(layout="delimited", delimiter="\t", has_header=False, text_column=1, label_column=0)
    vectors = np.array([[weight, 1.0] for weight in WEIGHTS.values()], np.float32)
    return keep_finished_run(
        workspace,
        import_text(path, options, folder, limits=Limits()),
        dataset_id,
        run_id,
        name=name,
        model="text-classifier",
        predictor=predictor.state(),
        embeddings={
            "words": Embedding(vectors, list(WEIGHTS)),
            "classes": Embedding(np.eye(2, dtype=np.float32), ["sea", "town"]),
        },
        scores={"test_accuracy": 0.875, **scores},
    )
