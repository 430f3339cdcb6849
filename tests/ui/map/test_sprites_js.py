"""Which pictures the browser draws: no overlap, the same ones while the view moves, and the order of the sheets."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.ui.map.pictures import stride

MODULE = Path(__file__).resolve().parents[3] / "embedlab" / "ui" / "static" / "map" / "sprites.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node found")
N = 3000
WIDTH, HEIGHT = 800, 600

SCRIPT = """
import { readFileSync } from "node:fs";
const sprites = await import(process.argv[1]);
const { n, stride, points, views, width, height, hidden, first } = JSON.parse(readFileSync(0, "utf8"));
const order = sprites.orderOf(n, stride);
const shown = (row) => !hidden.includes(row);
const flat = new Float32Array(points);
console.log(JSON.stringify({
  order: [...order],
  placed: views.map((matrix) => sprites.placed({ matrix, width, height }, flat, 2, order, shown, { ratio: 1, first })),
  sizes: [1, 100, 100000].map((count) => sprites.sizeFor(count, width, height, 1)),
}));
"""


def view(zoom: float, dx: float = 0.0) -> list[float]:
    matrix = np.eye(4)
    matrix[0, 0] = matrix[1, 1] = zoom
    matrix[3, 0] = dx
    return matrix.ravel().tolist()


@pytest.fixture(scope="module")
def drawn() -> dict[str, Any]:
    points = np.random.default_rng(0).uniform(-1, 1, 2 * N).astype(np.float32).tolist()
    given = {
        "n": N,
        "stride": stride(N),
        "points": points,
        "width": WIDTH,
        "height": HEIGHT,
        "hidden": [0],
        "first": [7],
    }
    given["views"] = [view(1), view(1, 0.05), view(8)]
    done = subprocess.run(
        [str(NODE), "--input-type=module", "-e", SCRIPT, MODULE.as_uri()],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_point_has_one_place_in_the_sheets(drawn):
    assert sorted(drawn["order"]) == list(range(N))
    assert drawn["order"] == [rank * stride(N) % N for rank in range(N)]


def test_pictures_do_not_overlap_and_hidden_points_have_none(drawn):
    for placed in drawn["placed"]:
        at = np.column_stack([placed["x"], placed["y"]])
        gaps = np.abs(at[:, None] - at[None]).max(axis=2) + 1e9 * np.eye(len(at))
        always = np.array(placed["rank"]) == 7
        gaps[always] = gaps[:, always] = 1e9
        assert gaps.min() >= 0.85 * placed["size"]
        assert drawn["order"].index(0) not in placed["rank"]


def test_pictures_stay_while_the_view_moves(drawn):
    still, moved = drawn["placed"][:2]
    inside = {rank for rank, x in zip(still["rank"], still["x"], strict=True) if 0 <= x <= WIDTH - 100}
    assert len(inside) > 50
    assert len(inside & set(moved["rank"])) > 0.95 * len(inside)


def test_fewer_points_have_larger_pictures(drawn):
    assert drawn["sizes"] == sorted(drawn["sizes"], reverse=True)
    assert drawn["placed"][2]["size"] >= drawn["placed"][0]["size"]
    assert 7 in drawn["placed"][0]["rank"]


@pytest.mark.parametrize("n", [1, 2, 10, 1797, 4096, 70_000])
def test_the_stride_reaches_every_key(n):
    assert len({rank * stride(n) % n for rank in range(n)}) == n


ABOUT = """
const { Sprites } = await import(process.argv[1]);
const { kindOrder } = await import(process.argv[1].replace("sprites.js", "label_order.js"));
const legend = { kind: "categories", categories: [["image", 5], ["tag", 1]] };
const column = { legend, values: [0, 1, 0, 0, 0, 0] };
const has = (only, columns) => {
  const about = { data: { n_points: 6, pictures: { n: 6, only } }, columns };
  return column.values.map((_, row) => Sprites.prototype.has.call({ map: about, about: about.data.pictures }, row));
};
const only = { column: "kind", values: ["image"] };
const labels = ["aa", "bb", "cc", "dd", "ee", "ff"];
console.log(JSON.stringify({
  all: has(null, new Map()),
  some: has(only, new Map([["kind", column]])),
  unknown: has(only, new Map()),
  order: kindOrder(labels, column.values, legend.categories, () => false),
  rest: kindOrder(labels, column.values, legend.categories, (row) => column.values[row] === 0),
}));
"""


def test_things_without_a_picture_keep_their_label_and_the_fewest_come_first() -> None:
    assert NODE is not None
    said = subprocess.run(
        [NODE, "--input-type=module", "-e", ABOUT, MODULE.as_uri()], capture_output=True, text=True, check=True
    )
    found = json.loads(said.stdout)
    assert found["all"] == [True] * 6
    assert found["some"] == [True, False, True, True, True, True]
    assert found["unknown"] == [False] * 6
    assert found["order"] == [1, 0, 2, 3, 4, 5]
    assert found["rest"] == [1]
