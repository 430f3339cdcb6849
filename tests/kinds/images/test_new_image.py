from __future__ import annotations

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.images.new_image import new_image
from tests.kinds.images.pictures import encoded, imported


@pytest.fixture(scope="module")
def strokes(tmp_path_factory: pytest.TempPathFactory) -> ImagesDataset:
    """Bars of 6 x 2 pixels in the middle of 10 x 10, light on dark."""
    folder = tmp_path_factory.mktemp("strokes")
    images = np.zeros((20, 10, 10), np.uint8)
    images[:, 2:8, 4:6] = 200 + np.arange(20)[:, np.newaxis, np.newaxis]
    np.savez(folder / "a.npz", images=images, labels=np.arange(20) % 2)
    return imported(folder / "a.npz", folder / "set")


def test_a_dark_stroke_on_paper_becomes_like_those_of_the_dataset(strokes):
    paper = np.full((200, 100), 255, np.uint8)
    paper[20:80, 10:30] = 0
    image = new_image(encoded(paper), strokes)
    expected = np.zeros((10, 10), np.uint8)
    expected[2:8, 4:6] = 255
    np.testing.assert_array_equal(image.pixels, expected)
    assert "Inverted" in image.changes[0]


def test_an_image_of_the_dataset_stays_as_it_is(strokes):
    image = new_image(encoded(np.asarray(strokes.pixels[3])), strokes)
    assert (image.pixels > 0).tolist() == (strokes.pixels[3] > 0).tolist()


def test_a_blank_picture_is_only_resized(strokes):
    assert new_image(encoded(np.zeros((50, 50), np.uint8)), strokes).pixels.max() == 0


def test_a_text_is_refused(strokes):
    with pytest.raises(InputError):
        new_image(b"text", strokes)
