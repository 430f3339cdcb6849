from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.images.splits import split_images
from embedlab.kinds.protocols import Protocol
from tests.kinds.images.pictures import imported, planted


def test_parts_are_stratified_and_whole_and_belong_to_the_protocol(tmp_path):
    dataset = planted(tmp_path)
    split = split_images(dataset, Protocol("random", 1, 0.1, 0.2))
    rows = np.sort(np.concatenate([split.train, split.validation, split.test]))
    np.testing.assert_array_equal(rows, np.arange(60))
    assert (len(split.train), len(split.validation), len(split.test)) == (42, 6, 12)
    assert np.bincount(split.codes(split.test)).tolist() == [6, 6]
    np.testing.assert_array_equal(split_images(dataset, Protocol("random", 1, 0.1, 0.2)).test, split.test)
    assert not np.array_equal(split_images(dataset, Protocol("random", 2, 0.1, 0.2)).test, split.test)
    assert len(split.without_test().test) == 0


def test_copies_of_an_image_are_in_one_part(tmp_path):
    images = np.repeat(np.random.default_rng(0).integers(0, 256, (30, 4, 4), dtype=np.uint8), 2, axis=0)
    np.savez(tmp_path / "a.npz", images=images, labels=np.repeat(np.arange(30) % 2, 2))
    split = split_images(imported(tmp_path / "a.npz", tmp_path / "set"), Protocol("random", 0, 0.2, 0.2))
    assert (split.n_duplicates, split.n_grouped) == (30, 60)
    for part in (split.train, split.validation, split.test):
        np.testing.assert_array_equal(part[::2] + 1, part[1::2])


def test_a_published_test_part_is_used_as_it_is(tmp_path):
    rng = np.random.default_rng(0)
    x_train, x_test = (rng.integers(0, 256, (n, 4, 4), dtype=np.uint8) for n in (40, 10))
    x_test[0] = x_train[0]
    arrays = {"x_train": x_train, "y_train": np.arange(40) % 2, "x_test": x_test, "y_test": np.arange(10) % 2}
    np.savez(tmp_path / "a.npz", **arrays)
    split = split_images(imported(tmp_path / "a.npz", tmp_path / "set"), Protocol("published", 0, 0.2, 0.0))
    np.testing.assert_array_equal(split.test, np.arange(40, 50))
    # A copy of a test image selects no model.
    assert 0 in split.train
    assert len(split.validation) == 8


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        pytest.param([""] * 8, "no labels", id="none"),
        pytest.param(["a"] * 8, "same label", id="one"),
        pytest.param(list("abcdefgh"), "only one image", id="names"),
        pytest.param(list("aabb") + [""] * 4, "too few", id="few"),
    ],
)
def test_labels_that_cannot_be_learned_are_refused(labels, message, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (8, 4, 4), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.array(labels))
    with pytest.raises(InputError, match=message):
        split_images(imported(tmp_path / "a.npz", tmp_path / "set"), Protocol("random", 0, 0.1, 0.1))
