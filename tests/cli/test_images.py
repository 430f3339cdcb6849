"""`import images` and `classify` with an image."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedlab.cli.importing.job import bundle_of_folder
from embedlab.core.errors import InputError
from embedlab.core.settings import load_settings
from embedlab.workspace.workspace import Workspace
from tests.kinds.images.pictures import encoded, gray, imported
from tests.planted_images import keep_image_classifier

Run = Callable[..., object]


def test_a_picture_is_classified_with_its_nearest_images(embedlab: Run, tmp_path: Path) -> None:
    run = keep_image_classifier(Workspace.open(load_settings()))
    pixels = np.full((4, 3), 100, np.uint8)
    pixels[2, 1] = 255
    (tmp_path / "new.png").write_bytes(encoded(pixels))
    said = embedlab("classify", run.id, "--file", tmp_path / "new.png", "--topn", 3, "--json")
    assert said.exit_code == 0, said
    assert said.json["label"] == "on"
    assert said.json["vector"] == [5.0, -5.0]
    assert [each["label"].split(" ")[0] for each in said.json["nearest"]] == ["on"] * 3
    (tmp_path / "text.png").write_bytes(b"a text")
    refused = embedlab("classify", run.id, "--file", tmp_path / "text.png", "--json")
    assert (refused.exit_code, "not a picture" in refused.json["error"]["what"]) == (2, True)


def test_a_folder_of_pictures_is_one_file(home: Path, tmp_path: Path) -> None:
    for part in ("train", "test"):
        for label in ("a", "b"):
            (tmp_path / "set" / part / label).mkdir(parents=True)
            for number in range(2):
                (tmp_path / "set" / part / label / f"{number}.png").write_bytes(encoded(gray(10 * number)))
    with bundle_of_folder(Workspace.open(load_settings()), tmp_path / "set") as bundle:
        dataset = imported(bundle, tmp_path / "dataset")
    assert dataset.imported.counts == {"images": 8, "labels": 2, "test_images": 4, "pixels": 30, "channels": 1}
    assert dataset.keys[0] == "test/a/0.png"
    (tmp_path / "empty").mkdir()
    with (
        pytest.raises(InputError, match="no file"),
        bundle_of_folder(Workspace.open(load_settings()), tmp_path / "empty"),
    ):
        pass


def test_the_import_of_a_folder_is_summed_up_with_its_labels(embedlab: Run, tmp_path: Path) -> None:
    for label, n in (("a", 3), ("b", 2)):
        (tmp_path / "set" / label).mkdir(parents=True)
        for number in range(n):
            (tmp_path / "set" / label / f"{number}.png").write_bytes(encoded(gray(10 * number)))
    said = embedlab("import", "images", tmp_path / "set")
    assert said.exit_code == 0, said
    assert "5 images, 2 labels, 30 pixels per image, 1 color channel" in said.out
    assert [line.split() for line in said.out.splitlines()[-3:]] == [["label", "images"], ["a", "3"], ["b", "2"]]


def test_the_titles_of_baselines_are_those_of_the_page() -> None:
    code = (
        "from embedlab.cli.scores import write_figures; "
        "write_figures({'test_accuracy': 0.9, 'baselines': {'pixel_knn': {'test_accuracy': 0.99}}})"
    )
    # A process of its own: here, other tests have registered them.
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "5-NN on pixels" in said.stdout
