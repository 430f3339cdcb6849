"""Pictures of the images among the things of pairs."""

from __future__ import annotations

import numpy as np

from embedlab.kinds.pairs.dataset import PairsDataset, Things
from embedlab.kinds.pairs.pictures import pictures_of


def dataset_of(*kinds: Things) -> PairsDataset:
    nothing = np.zeros(0, np.int32)
    return PairsDataset(kinds, nothing, nothing, nothing.astype(np.int8), nothing, [], None)


def test_images_have_pictures_and_their_names_are_transparent():
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4, 1)
    images = Things("image", "image", "|", ["0.png", "1.png"], np.ones(2, np.int64), pixels)
    names = Things("name", "id", "|", ["zero"], np.ones(1, np.int64))
    pictures = pictures_of(dataset_of(images, names), "things")
    found = pictures.of(["1.png", "zero", "gone"])
    assert (pictures.size, pictures.only, found.shape) == ((3, 4), ("kind", ("image",)), (3, 3, 4, 4))
    np.testing.assert_array_equal(found[0, ..., :3], np.repeat(pixels[1], 3, axis=-1))
    assert found[..., 3].reshape(3, -1).tolist() == [[255] * 12, [0] * 12, [0] * 12]
    assert pictures_of(dataset_of(names, names), "things") is None
    assert pictures_of(dataset_of(images, names), "words") is None
