from __future__ import annotations

import json

import numpy as np
import pytest

from embedlab.core.errors import InputError, StorageError, TooLargeError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.images import sources
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.images.options import ImagesOptions
from embedlab.kinds.registry import kind
from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from tests.kinds.images.pictures import archive, encoded, gray, imported

MARKUP = "<img src=x onerror=alert(1)>"


def test_folders_are_labels_and_train_and_test_are_the_published_split(tmp_path):
    files = {
        f"digits/{part}/{label}/{number}.png": encoded(gray(10 * number + int(label)))
        for part in ("train", "test")
        for label in "12"
        for number in range(3)
    }
    path = archive(tmp_path / "a.zip", files)
    assert sniff(path, Limits()).kind == "images"
    dataset = imported(path, tmp_path / "set")
    assert dataset.imported.counts == {"images": 12, "labels": 2, "test_images": 6, "pixels": 30, "channels": 1}
    assert dataset.keys == list(files)
    assert dataset.labels == [name.split("/")[2] for name in files]
    assert dataset.table["part"].tolist() == [name.split("/")[1] for name in files]
    assert dataset.pixels[4].tolist() == gray(12).tolist()
    assert dataset.names()[0] == "1 · 0.png"
    whole = imported(path, tmp_path / "whole", part_by="none")
    assert "test_images" not in whole.imported.counts


def test_a_table_in_the_archive_names_the_labels(tmp_path):
    files = {f"images/{number}.png": encoded(gray(number)) for number in range(4)}
    table = b"file,width,class\n" + b"".join(
        b"%d.png,5,%s\n" % (number, b"ab"[number % 2 :][:1]) for number in range(3)
    )
    dataset = imported(archive(tmp_path / "a.zip", files | {"labels.csv": table}), tmp_path / "set")
    assert dataset.labels == ["a", "b", "a", ""]
    assert dataset.imported.details["labels"]["missing"] == 1


def test_other_sizes_are_resized_and_said_and_bad_files_left_out(tmp_path):
    files = {f"a/{number}.png": encoded(gray(number)) for number in range(5)}
    files |= {
        "a/large.png": encoded(gray(7, 60, 50)),
        "a/text.png": b"this is a text",
        "a/damaged.png": encoded(gray(7))[:50],
        "b/bomb.png": encoded(np.zeros((8000, 8000), bool)),
        "b/one.png": encoded(gray(3)),
    }
    dataset = imported(archive(tmp_path / "a.zip", files), tmp_path / "set")
    assert dataset.n_images == 7
    assert dataset.pixels.shape == (7, 6, 5)
    assert dataset.pixels[5].tolist() == gray(7).tolist()
    text = " ".join(dataset.imported.warnings)
    assert "1 images resized to 5 x 6 pixels, such as a/large.png: 50 x 60" in text
    assert "1 files that are not pictures, such as a/text.png" in text
    assert "1 damaged pictures, such as a/damaged.png" in text
    assert "1 pictures that are too large, such as b/bomb.png" in text


def test_large_pictures_are_reduced_and_colors_kept(tmp_path):
    color = np.zeros((300, 200, 3), np.uint8)
    color[..., 1] = 90
    path = archive(tmp_path / "a.zip", {"a/x.jpg": encoded(color, "JPEG"), "b/y.png": encoded(color)})
    dataset = imported(path, tmp_path / "set")
    assert dataset.pixels.shape == (2, 128, 85, 3)
    assert dataset.pixels[1, 60, 40].tolist() == [0, 90, 0]
    assert imported(path, tmp_path / "gray", color="gray", height=10, width=12).pixels.shape == (2, 10, 12)


def test_markup_in_folder_names_is_text(tmp_path):
    files = {f"{MARKUP}/{number}.png": encoded(gray(number)) for number in range(2)} | {"b/1.png": encoded(gray(9))}
    dataset = imported(archive(tmp_path / "a.zip", files), tmp_path / "set")
    assert dataset.classes == (MARKUP, "b")


def test_one_picture_is_a_dataset_without_labels(tmp_path):
    (tmp_path / "one").write_bytes(encoded(gray(9)))
    assert sniff(tmp_path / "one", Limits()).kind == "images"
    dataset = imported(tmp_path / "one", tmp_path / "set")
    assert dataset.imported.counts == {"images": 1, "labels": 0, "pixels": 30, "channels": 1}
    assert dataset.classes == ()


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        pytest.param(np.array([0, 4, 16], np.uint8), [0, 64, 255], id="0 to 16"),
        pytest.param(np.array([0, 0.5, 1]), [0, 128, 255], id="0 to 1"),
        pytest.param(np.array([0, 100, 200], np.uint8), [0, 100, 200], id="bytes"),
        pytest.param(np.array([0, 100, 200], np.int64), [0, 100, 200], id="whole numbers"),
        pytest.param(np.array([-1, 0, 1], np.float32), [0, 128, 255], id="-1 to 1"),
        pytest.param(np.array([False, True, True]), [0, 255, 255], id="booleans"),
        pytest.param(np.full(3, -7), [0, 0, 0], id="the same everywhere"),
        pytest.param(np.full(3, np.iinfo(np.int64).min), [0, 0, 0], id="the lowest number everywhere"),
        pytest.param(np.zeros(3), [0, 0, 0], id="black"),
    ],
)
def test_values_of_arrays_are_scaled_to_bytes(array, expected, tmp_path):
    np.save(tmp_path / "a.npy", np.tile(array.reshape(1, 1, 3), (3, 2, 1)))
    assert sniff(tmp_path / "a.npy", Limits()).kind == "images"
    dataset = imported(tmp_path / "a.npy", tmp_path / "set")
    assert dataset.pixels[0, 0].tolist() == expected


def test_channels_may_come_first(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 9), dtype=np.uint8)
    np.save(tmp_path / "a.npy", images)
    dataset = imported(tmp_path / "a.npy", tmp_path / "set")
    np.testing.assert_array_equal(dataset.pixels, np.moveaxis(images, 1, -1))


def test_the_arrays_of_keras_are_a_published_split(tmp_path):
    rng = np.random.default_rng(0)
    x_train, x_test = (rng.integers(0, 256, (n, 4, 4), dtype=np.uint8) for n in (6, 3))
    np.savez(tmp_path / "m.npz", x_test=x_test, y_test=np.arange(3), x_train=x_train, y_train=np.arange(6) % 3)
    dataset = imported(tmp_path / "m.npz", tmp_path / "set")
    assert dataset.table["part"].tolist() == ["train"] * 6 + ["test"] * 3
    assert dataset.labels == ["0", "1", "2"] * 3
    np.testing.assert_array_equal(dataset.pixels, np.concatenate([x_train, x_test]))


@pytest.mark.parametrize("values", ["bytes", "numbers"])
def test_a_published_test_part_is_scaled_as_the_training_part(tmp_path, values):
    expected = np.tile(np.array([[0, 51], [102, 255]], np.uint8), (6, 1, 1))
    # On their own, these would be brightened.
    expected[4:] //= 16
    stored = expected if values == "bytes" else expected / 127.5 - 1
    np.savez(tmp_path / "m.npz", x_train=stored[:4], x_test=stored[4:])
    np.save(tmp_path / "train.npy", stored[:4])
    np.save(tmp_path / "t10k.npy", stored[4:])
    together = imported(tmp_path / "m.npz", tmp_path / "together")
    beside = imported(tmp_path / "train.npy", tmp_path / "beside", {"test_images": tmp_path / "t10k.npy"})
    for dataset in (together, beside):
        assert dataset.table["part"].tolist() == ["train"] * 4 + ["test"] * 2
        np.testing.assert_array_equal(dataset.pixels, expected)


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        pytest.param(np.arange(3), "y.npy: 3 int64", id="too few"),
        pytest.param(np.eye(4), "y.npy: 4 x 4 float64", id="one-hot"),
        pytest.param(
            np.array(["a"] * 4, dtype=object), "y.npy: 4 Python objects, which are never opened", id="objects"
        ),
    ],
)
def test_arrays_that_are_no_labels_are_said(tmp_path, labels, shown):
    np.savez(tmp_path / "m.npz", x=np.zeros((4, 5, 6), np.uint8), y=labels)
    dataset = imported(tmp_path / "m.npz", tmp_path / "set")
    assert dataset.imported.counts["labels"] == 0
    (warning,) = dataset.imported.warnings
    assert warning == f"Left out: 1 arrays that are neither images nor one label per image, such as {shown}."


@pytest.mark.parametrize(
    ("array", "shown"),
    [
        pytest.param(np.zeros((4, 30)), "an array of 4 x 30 float64", id="rows"),
        pytest.param(np.zeros((4, 5, 6, 2)), "4 x 5 x 6 x 2", id="two-channels"),
        pytest.param(np.zeros((0, 5, 6)), "0 x 5 x 6", id="none"),
        pytest.param(np.array(7), "a single value", id="one-number"),
        pytest.param(np.array([None, "x"], dtype=object), "2 Python objects", id="objects"),
    ],
)
def test_arrays_without_images_are_refused_with_their_shape(tmp_path, array, shown):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=f"shape of images. Received: .*{shown}.*reshape") as caught:
        imported(tmp_path / "a.npy", tmp_path / "set")
    assert "picture" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a\nb\na\n", id="lines"),
        pytest.param(b"class\na\nb\na", id="lines with a header"),
        pytest.param(b"id,label\n1,a\n2,b\n3,a\n", id="table"),
    ],
)
def test_labels_beside_an_array(content, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 4), np.uint8))
    (tmp_path / "labels").write_bytes(content)
    main, other = (NamedFile(name, OpenedUpload(tmp_path / name, Limits())) for name in ("a.npy", "labels"))
    match = kind("images").match_companion(main, other)
    assert match is not None
    assert match.companion == "labels"
    dataset = imported(tmp_path / "a.npy", tmp_path / "set", {"labels": tmp_path / "labels"})
    assert dataset.labels == ["a", "b", "a"]


def test_too_few_labels_are_refused_and_leave_nothing(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 4), np.uint8))
    (tmp_path / "labels").write_bytes(b"a\nb\n")
    with pytest.raises(InputError, match="do not fit"):
        imported(tmp_path / "a.npy", tmp_path / "set", {"labels": tmp_path / "labels"})
    assert list((tmp_path / "set").iterdir()) == []


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.array([[[np.nan]]]), id="nan"),
        pytest.param(np.array([[[None]]], dtype=object), id="objects"),
        pytest.param(np.zeros((4, 4)), id="two dimensions"),
        pytest.param(np.zeros((3, 4, 5000), np.uint8), id="very wide"),
    ],
)
def test_other_arrays_are_refused(array, tmp_path):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError):
        imported(tmp_path / "a.npy", tmp_path / "set")


def test_all_images_together_are_bounded(tmp_path):
    files = {f"a/{number}.png": encoded(gray(number, 100, 100)) for number in range(4)}
    path = archive(tmp_path / "a.zip", files)
    with pytest.raises((InputError, TooLargeError)):
        imported(path, tmp_path / "set", limits=Limits(max_unpacked_bytes=2000, max_members=3))
    assert list((tmp_path / "set").iterdir()) == []


def test_the_preview_is_the_start_of_the_import(tmp_path):
    files = {f"{'ab'[number % 2]}/{number}.png": encoded(gray(number)) for number in range(70)}
    upload = OpenedUpload(archive(tmp_path / "a.zip", files), Limits())
    preview = kind("images").preview(upload, ImagesOptions(), BuildContext())
    assert not preview.is_complete
    assert preview.counts == {"pixels": 30, "channels": 1}
    assert preview.rows[:2] == [["a", "5 x 6"], ["b", "5 x 6"]]


def test_a_text_with_one_picture_stays_text(tmp_path):
    files = {f"{number}.txt": b"the cat sat on the mat\n" * 40 for number in range(5)}
    path = archive(tmp_path / "a.zip", files | {"logo.png": encoded(gray(1))})
    assert sniff(path, Limits()).kind == "text"


@pytest.mark.parametrize("name", ["pixels.npy", "images.parquet", "dataset.json"])
def test_damaged_files_of_a_dataset_raise_storage_errors(name, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((3, 4, 4), np.uint8))
    folder = imported(tmp_path / "a.npy", tmp_path / "set").folder
    content = (folder / name).read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"\0" * len(content)):
        (folder / name).write_bytes(damaged)
        with pytest.raises(StorageError):
            ImagesDataset.open(folder)


def test_an_import_is_described_as_json(tmp_path):
    dataset = imported(archive(tmp_path / "a.zip", {"a/x.png": encoded(gray(1))}), tmp_path / "set")
    json.dumps([dataset.imported.details, dataset.imported.options], allow_nan=False)


def test_a_nan_in_the_first_of_several_blocks_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "_BLOCK_BYTES", 64)
    values = np.ones((20, 4, 4))
    values[0, 0, 0] = np.nan
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(InputError, match="not numbers"):
        imported(tmp_path / "a.npy", tmp_path / "set")


@pytest.mark.filterwarnings("error")
def test_the_largest_numbers_are_scaled_to_all_gray_values(tmp_path):
    largest = np.finfo(np.float64).max
    np.save(tmp_path / "a.npy", np.array([[[-largest, 0.0], [largest / 2, largest]]] * 3))
    assert imported(tmp_path / "a.npy", tmp_path / "set").pixels[0].tolist() == [[0, 128], [191, 255]]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"this is a text", "a/x.png: This is not a picture"),
        (encoded(gray(7))[:50], "a/x.png: The picture is damaged"),
        (encoded(np.zeros((8000, 8000), bool)), r"a/x.png: .* at most .* 8,000 x 8,000"),
    ],
    ids=["text", "damaged", "too-large"],
)
def test_an_archive_without_a_readable_picture_is_refused_with_the_reason(tmp_path, content, fault):
    with pytest.raises(InputError, match=f"no image that can be read. Received: {fault}"):
        imported(archive(tmp_path / "a.zip", {"a/x.png": content, "b/y.png": content}), tmp_path / "set")
