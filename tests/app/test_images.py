"""Images on the pages: contents of a dataset, scores and mistakes of a run, a new image, the map."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.workspace.rows import RunRow
from embedlab.workspace.workspace import Workspace
from tests.kinds.images.pictures import encoded
from tests.planted_images import HOSTILE, keep_image_classifier

Open = Callable[..., AppTest]


@pytest.fixture
def run(workspace: Workspace) -> RunRow:
    return keep_image_classifier(workspace, HOSTILE)


def grids(app: AppTest) -> str:
    return "".join(each.proto.body for each in app.get("html") if "picture-grid" in each.proto.body)


def test_a_dataset_shows_images_of_each_label_and_markup_as_text(open_page: Open, run: RunRow) -> None:
    app = open_page("data", dataset=run.dataset_id, view="one")
    assert not app.exception
    assert grids(app).count("<img") == 24
    assert "<b>" not in grids(app)
    assert "&lt;b&gt;on&lt;/b&gt;" in grids(app)
    assert any("12 numbers per image" in each.value for each in app.markdown)


def test_a_run_shows_its_verdict_and_lists_its_mistakes(open_page: Open, run: RunRow) -> None:
    app = open_page("runs", run=run.id, view="one")
    assert not app.exception
    verdicts = [each.value for each in (*app.success, *app.info, *app.warning)]
    assert any("classified 100 % of 60 held" in each for each in verdicts), verdicts
    assert any(each.label == "Mistakes on held-out images: 1" for each in app.expander)
    assert "→ neither" in grids(app)


@pytest.mark.parametrize(("value", "expected"), [(0, "off"), (255, HOSTILE)], ids=["dark", "bright"])
def test_a_drawing_gets_its_label_its_nearest_images_and_its_place(
    open_page: Open, workspace: Workspace, run: RunRow, monkeypatch: pytest.MonkeyPatch, value: int, expected: str
) -> None:
    pixels = np.full((4, 3), 100, np.uint8)
    pixels[2, 1] = value
    monkeypatch.setattr("embedlab.ui.ask.new_image.drawing_pad", lambda *_, **__: encoded(pixels))
    row = workspace.resolve_embedding(f"{run.id}/images")
    app = open_page("ask", embedding=row.id, view="image")
    assert not app.exception
    answers = app.dataframe[0].value
    assert answers["Label"][0] == expected
    assert answers["Probability"][0] == pytest.approx(1, abs=1e-4)
    assert any("Its position is exact" in each.value for each in app.caption)
    assert grids(app).count("<img") == 1 + 12


def test_a_drawing_that_is_no_picture_is_refused_kindly(
    open_page: Open, workspace: Workspace, run: RunRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.ui.ask.new_image.drawing_pad", lambda *_, **__: b"text")
    app = open_page("ask", embedding=workspace.resolve_embedding(f"{run.id}/images").id, view="image")
    assert not app.exception
    assert any("not a picture" in each.value for each in app.error)


def test_the_map_gets_the_address_of_the_pictures_and_marks_mistakes(
    open_page: Open, workspace: Workspace, run: RunRow
) -> None:
    app = open_page("map", embedding=workspace.resolve_embedding(f"{run.id}/images").id)
    assert not app.exception
    parts = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    data = next(each for each in parts if "projection" in each)
    pictures = data["pictures"]
    assert (pictures["n"], pictures["height"], pictures["width"], pictures["ink"]) == (300, 4, 3, False)
    assert pictures["mark"] == {"column": "mistake", "value": "mistake"}
    assert (data["mark"], data["shape"]) == ("mistake", "mistake")


def _zip_of(*labels: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for number, label in enumerate(labels):
            file.writestr(f"{label}/{number:03d}.png", encoded(np.full((4, 3), number, np.uint8)))
    return stream.getvalue()


def _npy_of(values: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


_STACK = np.arange(40 * 12, dtype=np.uint16).astype(np.uint8).reshape(40, 4, 3)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"a.zip": _zip_of(*["off", "on"] * 20)}, "Trains Image classifier", id="folders"),
        # The preview ends before the second label.
        pytest.param({"a.zip": _zip_of(*["off"] * 100, *["on"] * 100)}, "Trains Image classifier", id="sorted"),
        pytest.param(
            {"images.npy": _npy_of(_STACK), "labels.npy": _npy_of(np.arange(40) % 2)},
            "Trains Image classifier",
            id="labels-file",
        ),
        pytest.param({"images.npy": _npy_of(_STACK)}, "The images have no labels", id="no-labels"),
        pytest.param(
            {"images.npy": _npy_of(_STACK), "labels.npy": _npy_of(np.zeros(40, np.int64))},
            "All images have the same label",
            id="one-label",
        ),
    ],
)
def test_the_button_of_uploaded_images_trains_if_they_have_labels(
    open_page: Open, files: dict[str, bytes], expected: str
) -> None:
    app = open_page("data")
    app.file_uploader[0].set_value([(name, content, "") for name, content in files.items()]).run()
    assert not app.exception
    assert any(expected in each.value for each in app.markdown), [each.value for each in app.markdown]
    assert app.button(key="make").disabled == ("Trains" not in expected)
