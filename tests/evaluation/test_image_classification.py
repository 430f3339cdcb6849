from __future__ import annotations

import numpy as np

from embedlab.evaluation.image_classification import _principal, nearest_classes, score_images
from embedlab.kinds.images.splits import split_images
from embedlab.kinds.protocols import Protocol
from embedlab.tasks.registry import task, verdict_of
from tests.kinds.images.pictures import planted


def test_the_nearest_vectors_vote_and_ties_go_to_the_nearest():
    known = np.array([[0.0], [1.0], [2.0], [10.0]], np.float32)
    codes = np.array([0, 1, 1, 2])
    asked = np.array([[0.2], [1.4], [9.0]], np.float32)
    assert nearest_classes(known, codes, asked, 3, k=1).tolist() == [0, 1, 2]
    assert nearest_classes(known, codes, asked, 3, k=3).tolist() == [1, 1, 1]
    assert nearest_classes(known, codes, asked, 3, k=2).tolist() == [0, 1, 2]


def test_the_components_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(0)
    known, asked = rng.normal(size=(50, 6)).astype(np.float32), rng.normal(size=(5, 6)).astype(np.float32)
    fitted = PCA(2).fit(known)
    for own, theirs in zip(
        _principal(known, asked, 2), (fitted.transform(known), fitted.transform(asked)), strict=True
    ):
        np.testing.assert_allclose(np.abs(own), np.abs(theirs), atol=1e-4)


class _OnePixel:
    """Knows the pixel that is the class."""

    def __init__(self, is_right: bool) -> None:
        self._sign = 1.0 if is_right else -1.0

    def vectors(self, pixels: np.ndarray) -> np.ndarray:
        bright = self._sign * (pixels[:, 2, 1].astype(np.float32) / 127 - 1)
        return np.stack([-bright, bright], axis=1)

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        return (self.vectors(pixels) > 0).astype(np.float32)


def test_a_perfect_classifier_beats_pca_and_a_wrong_one_loses_to_a_linear_model(tmp_path):
    split = split_images(planted(tmp_path, 200), Protocol("random", 0, 0.1, 0.3))
    assert split.classes == ("off", "on")
    scores = score_images(_OnePixel(True), split)
    assert scores["test_accuracy"] == scores["neighbor_accuracy"] == scores["test_f1"] == 1.0
    assert scores["confusion"]["counts"] == [[30, 0], [0, 30]]
    assert set(scores["baselines"]) == set(task("image-labels").baselines)
    wrong = score_images(_OnePixel(False), split)
    assert wrong["test_accuracy"] == 0.0
    # Its vectors separate the classes all the same.
    assert wrong["neighbor_accuracy"] == 1.0
    verdict = verdict_of("image-classifier", wrong, {})
    assert verdict.level == "low"
    assert "worse than the baseline “Logistic regression on pixels”" in verdict.text


def test_baselines_learn_from_a_sample_of_many_images_and_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr("embedlab.evaluation.image_classification.MOST_VALUES", 12 * 20)
    scores = score_images(_OnePixel(True), split_images(planted(tmp_path), Protocol("random", 0, 0.1, 0.2)))
    assert scores["n_baseline_images"] == 20
    assert "20 of the 48" in task("image-labels").notes(scores)[0]
