"""Images that a table of pairs names: only those of the archive take memory, and that is bounded."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import TooLargeError
from embedlab.kinds.pairs.image_values import image_pixels
from embedlab.kinds.reading_report import Changes
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.pictures import as_png

N_NAMED = 5_000


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Two images, and one that is none."""
    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("pairs.csv", "name,image\n")
        for number in (0, 3):
            packed.writestr(f"i/{number}.png", as_png(np.full((6, 5), 40 * number, np.uint8)))
        packed.writestr("i/2.png", b"\x89PNG\r\n\x1a\n damaged")
    return path


def test_only_images_of_the_archive_take_memory(archive: Path) -> None:
    changes, names = Changes(), [f"i/{number}.png" for number in range(N_NAMED)]
    pixels, places = image_pixels(OpenedUpload(archive, Limits()), names, None, changes, lambda _: None)
    assert pixels.shape == (2, 6, 5, 1)
    assert places[:4].tolist() == [0, -1, -1, 1]
    assert (places[4:] == -1).all()
    assert (pixels[0] == 0).all()
    assert (pixels[1] == 120).all()
    left_out = changes.as_details()["left_out"]
    assert left_out["images that are not in the archive"]["count"] == N_NAMED - 3
    assert left_out["images that cannot be read"]["count"] == 1


def test_images_that_are_too_large_together_are_refused(archive: Path) -> None:
    upload = OpenedUpload(archive, Limits(max_unpacked_bytes=20_000))
    with pytest.raises(TooLargeError, match="together are larger"):
        image_pixels(upload, ["i/0.png", "i/3.png"], 64, Changes(), lambda _: None)


def test_without_any_image_there_are_no_pixels(archive: Path) -> None:
    pixels, places = image_pixels(OpenedUpload(archive, Limits()), ["x.png"], None, Changes(), lambda _: None)
    assert (len(pixels), places.tolist()) == (0, [-1])
