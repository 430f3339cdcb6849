from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.protocols import Protocol
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.contract.state import State
from embedlab.models.image_classifier.model import ImageClassifier, ImageClassifierParameters
from embedlab.models.image_classifier.predictor import ImagePredictor
from embedlab.tasks.base import Parts
from embedlab.tasks.registry import task
from tests.kinds.images.pictures import planted

PROTOCOL = Protocol("random", 1, 0.2, 0.2)
SMALL = {"vector_size": 2, "hidden_units": 0, "epochs": 25, "batch_size": 8, "learning_rate": 0.02, "dropout": 0.0}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ImagesDataset:
    return planted(tmp_path_factory.mktemp("planted"), 90)


@pytest.fixture(scope="module")
def parts(dataset: ImagesDataset, tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return task("image-labels").split(dataset, PROTOCOL, tmp_path_factory.mktemp("split"))


@pytest.fixture(scope="module")
def result(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return trained(parts, tmp_path_factory.mktemp("scratch"), **SMALL)


def trained(parts: Parts, scratch: Path, **settings: object) -> TrainingResult:
    parameters = ImageClassifierParameters.checked(settings)
    return ImageClassifier().train(parts.learned, parameters, QuietContext(scratch))


def test_two_classes_that_differ_in_one_pixel_are_separated(result, parts, dataset):
    images = result.embeddings["images"]
    assert images.keys == dataset.keys
    vectors, codes = images.unit_vectors, dataset.codes
    nearest = np.argmax(vectors @ vectors.T - 2 * np.eye(len(vectors)), axis=1)
    assert (codes[nearest] == codes).mean() > 0.95
    scores = task("image-labels").judge(result, parts)
    assert scores["test_accuracy"] > 0.9
    assert scores["neighbor_accuracy"] > 0.9
    assert scores["baselines"]["majority"]["test_accuracy"] <= 0.6


def test_the_planted_pixel_has_the_longest_vector(result):
    pixels = result.embeddings["pixels"]
    assert pixels.n_keys == 12
    assert pixels.keys[int(np.argmax(pixels.norms))] == "r2c1"
    row = pixels.metadata.iloc[pixels.index("r2c1")]
    assert (row["row"], row["column"]) == (2, 1)


def test_metadata_says_part_class_prediction_and_mistake(result, parts, dataset):
    metadata = result.embeddings["images"].metadata
    split = parts.held_out
    for name, rows in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        np.testing.assert_array_equal(np.flatnonzero(metadata["part"] == name), rows)
    assert metadata["class"].tolist() == dataset.labels
    wrong = metadata["predicted"] != metadata["class"]
    assert (metadata["mistake"] == "mistake").tolist() == wrong.tolist()


def test_classes_are_the_weights_of_the_softmax(result, dataset):
    predictor, classes = result.ability(ImagePredictor), result.embeddings["classes"]
    vectors = result.embeddings["images"].vectors
    np.testing.assert_array_equal(
        np.argmax(vectors @ classes.vectors.T, axis=1), np.argmax(predictor.predict(dataset.pixels), axis=1)
    )


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"convolution": True, "filters": 3, "hidden_units": 5}, id="convolution"),
        pytest.param({"convolution": True, "kernel_size": 4, "hidden_units": 0}, id="even kernel"),
        pytest.param({"hidden_units": 6, "dropout": 0.5}, id="hidden layer and dropout"),
    ],
)
def test_numpy_predicts_what_keras_predicts(settings, parts, dataset, tmp_path):
    result = trained(parts, tmp_path, **{**SMALL, "epochs": 2, **settings})
    predictor = result.ability(ImagePredictor)
    # The vectors in the embedding are those of Keras.
    np.testing.assert_allclose(predictor.vectors(dataset.pixels), result.embeddings["images"].vectors, atol=1e-4)
    assert ("pixels" in result.embeddings) is not settings.get("convolution", False)


def test_the_network_diagram_counts_the_parameters_of_keras(parts, dataset, tmp_path):
    settings = {**SMALL, "epochs": 1, "convolution": True, "filters": 3, "hidden_units": 5}
    result = trained(parts, tmp_path, **settings)
    layers = ImageClassifier().network(
        {**dataset.imported.counts, "height": 4}, ImageClassifierParameters.checked(settings)
    )
    n_parameters = sum(layer.n_parameters for layer in layers)
    assert f"Total params: {n_parameters:,} " in result.texts["summary.txt"]


def test_a_predictor_of_other_images_is_refused(result, dataset):
    state = result.ability(ImagePredictor).state()
    other = ImagePredictor.from_state(State(state.arrays, {**state.config, "shape": [3, 4, 1]}))
    with pytest.raises(StorageError):
        other.check(dataset)
    with pytest.raises(StorageError):
        ImagePredictor.from_state(State(state.arrays, {**state.config, "classes": ["a"]}))
    with pytest.raises(StorageError):
        ImagePredictor.from_state(
            State({**state.arrays, "classes_kernel": state.arrays["classes_kernel"] * np.nan}, state.config)
        )
    with pytest.raises(StorageError):
        ImagePredictor.from_state(State(state.arrays, {**state.config, "shape": [float("inf"), 4, 1]}))
