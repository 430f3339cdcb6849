from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from embedlab.core.errors import InputError, StorageError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.pairs.dataset import PairsDataset
from embedlab.kinds.pairs.forms import form_of
from embedlab.kinds.pairs.options import PairsOptions
from embedlab.kinds.pairs.plan import plan_of
from embedlab.kinds.pairs.previewing import expected_counts
from embedlab.kinds.registry import kind
from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.pictures import as_png

PAIRS = kind("pairs")


@pytest.fixture
def imported(tmp_path):
    def read(content, **options):
        path, folder = tmp_path / "file", tmp_path / "set"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir(exist_ok=True)
        PAIRS.build(OpenedUpload(path, Limits()), PairsOptions(**options), folder, BuildContext())
        return PairsDataset.open(folder)

    return read


def named(dataset):
    """Return the pairs as (left, kind of the right, right)."""
    rows = zip(dataset.left.tolist(), dataset.right_kinds.tolist(), dataset.right.tolist(), strict=True)
    return {(dataset.kinds[0].values[a], dataset.kinds[k].name, dataset.kinds[k].values[b]) for a, k, b in rows}


MOVIES = """title,genres,tags
Heat,Crime|Drama,heist
Alien,Horror|Drama,space|  |space
Up,,nan
Heat,Crime,
,Drama,x
"""


def test_each_right_column_is_a_kind_and_each_tag_a_thing(imported):
    dataset = imported(MOVIES, left="title", right="genres,tags", right_forms="tags,tags")
    assert [each.name for each in dataset.kinds] == ["title", "genres", "tags"]
    assert named(dataset) == {
        ("Heat", "genres", "Crime"),
        ("Heat", "genres", "Drama"),
        ("Alien", "genres", "Horror"),
        ("Alien", "genres", "Drama"),
        ("Heat", "tags", "heist"),
        ("Alien", "tags", "space"),
    }
    assert dataset.imported.counts == {"pairs": 6, "left": 2, "right": 5, "values": 7, "inputs": 12}
    kinds = dataset.imported.details["kinds"]
    assert [each["missing"] for each in kinds] == [1, 1, 2]
    assert dataset.kinds[1].values[0] == "Drama"
    assert dataset.kinds[1].counts.tolist() == [2, 1, 1]
    merged = " ".join(dataset.imported.warnings)
    assert "Merged: 2 pairs that occur again, such as Crime with Heat." in merged
    assert "Left out: 1 rows without a value of title" in merged


def test_tags_on_the_left_are_a_set(imported):
    text = "tags,item\nb|a,1\na|b|a,2\na,3\n"
    dataset = imported(text, left="tags", left_form="tags", right="item", right_forms="id")
    assert sorted(dataset.kinds[0].values) == ["a", "a|b"]
    assert dataset.kinds[0].tokens("a|b") == ["a", "b"]


def test_rows_without_a_group_have_none(imported):
    text = "name,thing,language,digit\n" + "eins,x,de,1\neins,y,de,1\nuno,x,es,1\neins,one,,\nuno,one,es,\n"
    dataset = imported(text, left="name", right="thing", groups="language,digit")
    assert dataset.imported.counts["groups"] == 2
    assert [dataset.group_names[group] if group >= 0 else "" for group in dataset.groups.tolist()] == [
        "de · 1",
        "de · 1",
        "es · 1",
        "",
        "",
    ]
    assert PAIRS.default_protocol({"groups": 2}).name == "random"
    assert PAIRS.default_protocol({"groups": 3}).name == "whole-groups"


@pytest.mark.parametrize("layout", ["parquet", "excel", "tsv"])
def test_tables_of_every_layout_give_the_same_pairs(imported, layout):
    table = pd.DataFrame({"left": ["red boat", "blue boat", "red tram"], "right": ["red|boat", "boat|blue", "red"]})
    stream = io.BytesIO()
    write = {
        "parquet": table.to_parquet,
        "excel": table.to_excel,
        "tsv": lambda to, index: table.to_csv(to, sep="\t", index=index),
    }
    write[layout](stream, index=False)
    dataset = imported(stream.getvalue(), left="left", right="right", right_forms="tags")
    assert len(dataset) == 5
    assert dataset.kinds[0].form == "text"


def picture_archive(*, damaged=False):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(4):
            archive.writestr(f"pictures/{number}.png", as_png(np.full((6, 6), 60 * number, np.uint8)))
        if damaged:
            archive.writestr("pictures/bad.png", b"\x89PNG\r\n\x1a\nnothing")
        rows = [f"{number}.png,{word}" for number in range(4) for word in ("shade", f"level {number}")]
        rows += ["bad.png,shade", "gone.png,shade"] if damaged else []
        archive.writestr("pairs.csv", "image,word\n" + "\n".join(rows) + "\n")
    return stream.getvalue()


def test_images_of_an_archive_are_decoded_and_recognized(imported, tmp_path):
    dataset = imported(picture_archive())
    image = dataset.kinds[0]
    assert (image.name, image.form, image.pixels.shape) == ("image", "image", (4, 6, 6, 1))
    assert [image.pixels[row, 0, 0, 0] for row in range(4)] == [60 * int(value[0]) for value in image.values]
    assert len(dataset) == 8
    assert sniff(tmp_path / "file", Limits()).kind == "pairs"


def test_missing_and_damaged_images_are_left_out_and_said(imported):
    dataset = imported(picture_archive(damaged=True))
    assert len(dataset) == 8
    warnings = " ".join(dataset.imported.warnings)
    assert "images that are not in the archive, such as gone.png" in warnings
    assert "images that cannot be read, such as bad.png: The picture is damaged" in warnings


def test_images_of_pairs_are_decoded_as_those_of_a_classifier(imported):
    turned = Image.new("RGB", (6, 4), "white")
    turned.putpixel((0, 0), (255, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    turned.save(stream, "PNG", exif=exif)
    archive_stream = io.BytesIO()
    with zipfile.ZipFile(archive_stream, "w") as archive:
        archive.writestr("pictures/1.png", stream.getvalue())
        archive.writestr("pictures/2.png", stream.getvalue())
        archive.writestr("pairs.csv", "image,name\n1.png,one\n2.png,two\n1.png,ein\n2.png,zwei\n")
    dataset = imported(archive_stream.getvalue())
    assert dataset.kinds[0].pixels.shape[1:3] == (6, 4)
    assert "EXIF" in " ".join(dataset.imported.warnings)


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        pytest.param(["a|b", "b|c", "a", "c|a"], "tags", id="tags"),
        pytest.param(["the red boat", "a blue tram", "one more house"], "text", id="text"),
        pytest.param(["ham", "spam", "ham", "nan"], "id", id="labels"),
        pytest.param(["New York", "New York", "Los Angeles", "New York"], "id", id="repeated-names"),
        pytest.param(["", "nan"], "id", id="empty"),
    ],
)
def test_forms_are_recognized(cells, form):
    assert form_of(cells, "|") == form


@pytest.mark.parametrize(
    ("text", "left", "right"),
    [
        pytest.param("right,left\nx,a b\nx,b c\nx,d\ny,e\ny,f\n", "left", "right", id="by-name"),
        pytest.param("label,words\na,one two three\nb,two three four\n", "words", "label", id="label"),
        pytest.param("userId,movieId,rating\n1,10,3\n2,11,4\n", "userId", "movieId", id="first-two"),
    ],
)
def test_sides_are_guessed(tmp_path, text, left, right):
    path = tmp_path / "file"
    path.write_text(text)
    options = plan_of(OpenedUpload(path, Limits()), PairsOptions()).options
    assert (options.left, options.right) == (left, right)


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        pytest.param("left,right\na,b\n", {}, "too few pairs", id="one-pair"),
        pytest.param("left,right\n" + "a,b\n" * 30, {}, "too few pairs", id="all-the-same"),
        pytest.param("left,right\n" + ",b\nnan,b\n" * 9, {}, "too few pairs", id="empty-cells"),
        pytest.param("word\none\ntwo\n", {}, "not a table|two columns", id="one-column"),
        pytest.param("left,right\na,b\n", {"left": "left", "right": "left"}, "both sides", id="same-column"),
        pytest.param("left,right\na,b\n", {"left": "nothing"}, "no such column", id="unknown-column"),
        pytest.param("left,right\na,b.png\n", {"right_forms": "image"}, "no images", id="no-archive"),
    ],
)
def test_files_without_pairs_are_refused(imported, tmp_path, text, options, message):
    with pytest.raises(InputError, match=message):
        imported(text, **options)
    assert list((tmp_path / "set").iterdir()) == []


def test_markup_and_long_texts_have_different_plain_keys(imported):
    long = "word " * 30
    rows = [f"<b>bold</b>,{long}1", f"<b>bold</b>,{long}2", "b\x07ell,<b>bold</b>", "x,y"]
    dataset = imported("left,right\n" + "\n".join(rows) + "\n", left_form="id", right_forms="text")
    keys = [key for of_kind in dataset.keys for key in of_kind]
    assert len(set(keys)) == len(keys) == 7
    assert all(len(key) <= 70 and key.isprintable() for key in keys)
    assert dataset.places[keys[0]] == (0, 0)
    longest = next(key for key in keys if "right 1" in key or "right 2" in key)
    assert PAIRS.original(dataset, "things", longest).startswith("word word")


def test_a_hundred_thousand_ids_are_numbered(imported):
    dataset = imported("left,right\n" + "".join(f"u{row},i{row % 7}\n" for row in range(100_000)))
    assert (len(dataset), len(dataset.kinds[0]), len(dataset.kinds[1])) == (100_000, 100_000, 7)
    assert dataset.kinds[1].counts.tolist() == [14_286] * 5 + [14_285] * 2


@pytest.mark.parametrize("name", ["left.npy", "things_0.parquet", "groups.npy"])
def test_a_damaged_dataset_is_not_opened(imported, tmp_path, name):
    imported("left,right\na,b\nc,d\ne,f\n")
    (tmp_path / "set" / name).write_bytes(b"")
    with pytest.raises(StorageError):
        PairsDataset.open(tmp_path / "set")


@pytest.mark.parametrize("n_users", [pytest.param(15_000, id="many"), pytest.param(60, id="few")])
def test_counts_of_a_whole_file_are_expected_from_its_start(tmp_path, n_users):
    path = tmp_path / "file"
    rows = ({"user": f"u{row % n_users}", "text": f"one two {row % 40}"} for row in range(30_000))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    upload, options = OpenedUpload(path, Limits()), PairsOptions(left="user", right="text", right_forms="text")
    found = expected_counts(upload, options, 5000)
    assert not PAIRS.preview(upload, options, BuildContext()).is_complete
    exact = {"left": n_users, "right": 40}
    assert all(exact[name] / 4 <= found[name] <= 4 * exact[name] for name in exact), found
    assert found["inputs"] == pytest.approx(4 * found["pairs"], rel=0.01)


def test_the_values_of_a_whole_file_are_counted_and_named_once(imported, tmp_path):
    content = "left,right\n" + "".join(f"red boat {n % 3},boat|sea {n % 4}\n" for n in range(30))
    dataset = imported(content, left_form="text", right_forms="tags")
    found = expected_counts(
        OpenedUpload(tmp_path / "file", Limits()), PairsOptions(left_form="text", right_forms="tags"), 2000
    )
    # Words: red, boat, 0, 1, 2; tags: boat, sea 0 to sea 3.
    assert found["values"] == dataset.imported.counts["values"] == 10
    assert PAIRS.one_hot(dataset, 1).keys == [
        "red", "boat", "0", "1", "2", "boat (right)", "sea 0", "sea 1", "sea 2", "sea 3",
    ]  # fmt: skip
