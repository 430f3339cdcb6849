from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.images.idx import idx_header
from embedlab.kinds.sniffing import sniff
from embedlab.kinds.together import arrange
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.kinds.images.pictures import imported

IMAGES = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2) * 10
LABELS = np.array([7, 0, 7, 1], np.uint8)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def test_the_bytes_of_an_idx_file_are_parsed_to_known_arrays(tmp_path):
    header = idx_header(idx(IMAGES))
    assert header is not None
    assert (header.shape, header.dtype, header.n_bytes) == ((4, 3, 2), np.uint8, 16)
    assert header.n_file_bytes == len(idx(IMAGES))
    (tmp_path / "images").write_bytes(gzip.compress(idx(IMAGES)))
    (tmp_path / "labels").write_bytes(gzip.compress(idx(LABELS)))
    assert sniff(tmp_path / "images", Limits()).kind == "images"
    dataset = imported(tmp_path / "images", tmp_path / "set", {"labels": tmp_path / "labels"})
    np.testing.assert_array_equal(dataset.pixels, IMAGES)
    assert dataset.labels == ["7", "0", "7", "1"]
    assert dataset.classes == ("0", "1", "7")


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0\0\x08\x03\0\0\0\x01", id="short"),
        pytest.param(b"\0\0\x01\x01\0\0\0\x01", id="unknown type"),
        pytest.param(b"\0\0\x08\x01\0\0\0\0", id="no values"),
        pytest.param(b"\0\0\x08\x09" + bytes(40), id="nine dimensions"),
    ],
)
def test_other_bytes_are_not_idx(start):
    assert idx_header(start) is None


def test_an_idx_file_that_is_cut_short_is_refused(tmp_path):
    (tmp_path / "images").write_bytes(idx(IMAGES)[:-1])
    with pytest.raises(InputError, match="cut short"):
        imported(tmp_path / "images", tmp_path / "set")
    assert list((tmp_path / "set").iterdir()) == []


def test_a_header_that_promises_terabytes_allocates_nothing(tmp_path):
    (tmp_path / "images").write_bytes(b"\0\0\x08\x03" + struct.pack(">3I", 2**31, 1000, 1000) + bytes(100))
    with pytest.raises(InputError, match="larger than is allowed"):
        imported(tmp_path / "images", tmp_path / "set")


def test_the_four_files_of_mnist_are_recognized_together(tmp_path):
    parts = {"train-images": IMAGES, "train-labels": LABELS, "t10k-images": IMAGES[:2], "t10k-labels": LABELS[:2]}
    files = []
    for name, array in parts.items():
        (tmp_path / name).write_bytes(gzip.compress(idx(array)))
        files.append(NamedFile(name, OpenedUpload(tmp_path / name, Limits())))
    arrangement = arrange(files)
    assert (arrangement.kind, arrangement.main, arrangement.unused) == ("images", (0,), ())
    companions = {match.companion: files[number].upload.path for number, match in arrangement.companions.items()}
    assert {name: path.name for name, path in companions.items()} == {
        "labels": "train-labels",
        "test_images": "t10k-images",
        "test_labels": "t10k-labels",
    }
    dataset = imported(tmp_path / "train-images", tmp_path / "set", companions)
    assert dataset.imported.counts == {"images": 6, "labels": 3, "test_images": 2, "pixels": 6, "channels": 1}
    assert dataset.labels == ["7", "0", "7", "1", "7", "0"]
    assert dataset.table["part"].tolist() == ["train"] * 4 + ["test"] * 2
