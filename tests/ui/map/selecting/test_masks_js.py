"""The browser's masks: equal to those of Python, point by point."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.exploration.selections.areas import area_of, in_area
from embedlab.exploration.selections.selection import Combination, Selection

MODULE = Path(__file__).resolve().parents[4] / "embedlab" / "ui" / "static" / "map" / "masks.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node found")

SCRIPT = """
import { readFileSync } from "node:fs";
const masks = await import(process.argv[1]);
const given = JSON.parse(readFileSync(0, "utf8"));
const list = (mask) => mask && [...mask];
const bytes = (values) => new Uint8Array(values);
const { a, b, hows } = given;
console.log(JSON.stringify({
  areas: given.areas.map(({ area, d }) => list(masks.inArea(area, new Float32Array(given.points[d]), d))),
  combined: hows.map((how) => list(masks.combined(bytes(a), bytes(b), how, a.length))),
  empty: hows.map((how) => [
    masks.combined(null, null, how, 2),
    list(masks.combined(null, bytes([1, 0]), how, 2)),
    list(masks.combined(bytes([1, 0]), null, how, 2)),
  ]),
  inverted: list(masks.inverted(bytes(a), a.length)),
  restored: list(masks.fromBits(masks.toBits(bytes(a)), a.length)),
  bits: list(masks.toBits(bytes(a))),
  rows: list(masks.maskOf(masks.rowsOf("0-2.5"), 7)),
  simplified: masks.simplified(given.path, 40),
}));
"""


@pytest.fixture(scope="module")
def given() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    matrix = np.eye(4)
    matrix[3] = [0.1, 0.2, 1, 0.3]
    areas = [{"area": {"lasso": rng.normal(size=2 * n).round(4).tolist()}, "d": 2} for n in (3, 9, 160)]
    areas.append({"area": {"box": [0.5, -1, -0.5, 1]}, "d": 2})
    in_3d = {"matrix": matrix.T.ravel().tolist()}
    areas.append({"area": {"lasso": [-1, -1, 2, -1, 0, 2], **in_3d}, "d": 3})
    areas.append({"area": {"box": [-0.4, -0.4, 0.4, 0.4], **in_3d}, "d": 3})
    angles = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    circle = [{"x": 300 + 200 * float(np.cos(a)), "y": 300 + 200 * float(np.sin(a))} for a in angles]
    return {
        "areas": areas,
        "points": {d: rng.normal(size=(500, d)).astype(np.float32).ravel().tolist() for d in (2, 3)},
        "a": (rng.random(21) < 0.5).astype(int).tolist(),
        "b": (rng.random(21) < 0.5).astype(int).tolist(),
        "hows": [each.value for each in Combination],
        "path": circle,
    }


@pytest.fixture(scope="module")
def answer(given: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", SCRIPT, MODULE.as_uri()],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    parsed: dict[str, Any] = json.loads(done.stdout)
    return parsed


def test_areas_are_those_of_python(given: dict[str, Any], answer: dict[str, Any]) -> None:
    for each, mask in zip(given["areas"], answer["areas"], strict=True):
        points = np.array(given["points"][each["d"]], dtype=np.float32).reshape(-1, each["d"])
        expected = in_area(points, area_of(each["area"], each["d"]))
        assert 0 < expected.sum() < len(points)
        assert np.array_equal(np.array(mask, dtype=bool), expected)


def test_combinations_are_those_of_python(given: dict[str, Any], answer: dict[str, Any]) -> None:
    a, b = (Selection.of_mask(np.array(given[name], dtype=bool)) for name in "ab")
    for how, mask in zip(Combination, answer["combined"], strict=True):
        assert mask == a.combined(b, how).mask.astype(int).tolist()
    assert answer["empty"] == [
        [None, [1, 0], None],
        [None, [1, 0], [1, 0]],
        [None, None, [1, 0]],
        [None, None, None],
    ]
    assert answer["inverted"] == a.inverted().mask.astype(int).tolist()


def test_bits_and_rows_are_those_of_python(given: dict[str, Any], answer: dict[str, Any]) -> None:
    assert answer["restored"] == given["a"]
    assert bytes(answer["bits"]) == Selection.of_mask(np.array(given["a"], dtype=bool)).bits
    assert answer["rows"] == [1, 1, 1, 0, 0, 1, 0]


def test_a_long_lasso_is_sent_with_few_corners_close_to_its_path(answer: dict[str, Any]) -> None:
    corners = answer["simplified"]
    assert len(corners) == 40
    x, y = (np.array([corner[name] for corner in corners]) for name in "xy")
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert area == pytest.approx(np.pi * 200**2, rel=0.02)
