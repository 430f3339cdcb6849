"""Labels of a map of 8,000 points: none overlap, none flicker, every group has some, stop words have none."""

from __future__ import annotations

import pytest

from embedlab.ui.shell.urls import static_url
from tests.browser.conftest import open_at

_PLAN = """
async (url) => {
  const { groupPlaces, labelOrder, LabelPlan } = await import(url);
  let state = 7;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const [n, nGroups] = [8000, 6];
  const points = new Float32Array(2 * n);
  const codes = new Uint8Array(n);
  const labels = [];
  for (let i = 0; i < n; i += 1) {
    // One small group, and one without a color of its own.
    codes[i] = i % 50 === 0 ? 5 : i % 7 === 0 ? 6 : i % 5;
    const angle = (2 * Math.PI * codes[i]) / 7;
    points[2 * i] = Math.cos(angle) + 0.3 * (random() + random() - 1);
    points[2 * i + 1] = Math.sin(angle) + 0.3 * (random() + random() - 1);
    labels.push(i % 11 === 0 ? `${i}` : `word${i}`);
  }
  const muted = (i) => i < 20;
  const order = labelOrder(labels, codes, nGroups, muted);
  const places = groupPlaces(points, codes, nGroups);
  const groups = places.map((at) => ({ at, width: 120, height: 23 }));
  const sizeOf = (i) => [7 * labels[i].length, 16];
  const make = () => new LabelPlan(points, 660, 600, order, sizeOf, groups);
  const plan = make();
  const scales = Array.from({ length: 25 }, (_, step) => plan.home * 2 ** (step / 4));
  const shown = scales.map((scale) => plan.at(scale));
  let [overlaps, vanished] = [0, 0];
  shown.forEach((indices, step) => {
    const scale = scales[step];
    const boxes = indices.slice(0, 1500).map((i) => [points[2 * i] * scale, -points[2 * i + 1] * scale, ...sizeOf(i)]);
    boxes.forEach(([x, y, w, h], at) => {
      for (const [x2, y2, w2, h2] of boxes.slice(0, at)) {
        if (x < x2 + w2 && x2 < x + w && Math.abs(y - y2) < (h + h2) / 2) overlaps += 1;
      }
    });
    const now = new Set(indices);
    if (step) vanished += shown[step - 1].filter((i) => !now.has(i)).length;
  });
  // Zooming in and out again, or straight to a detail, shows the same labels.
  const direct = make().at(scales[12]);
  // So does planning in pieces of a twentieth of a millisecond.
  const inPieces = make();
  let pieces = 0;
  while (!inPieces.prepare(scales[12], 0.05)) pieces += 1;
  return {
    overlaps,
    vanished,
    counts: shown.map((indices) => indices.length),
    groupsAtHome: [...new Set(shown[0].map((i) => codes[i]))].sort(),
    muted: shown.at(-1).filter(muted).length,
    same: JSON.stringify(direct) === JSON.stringify(plan.at(scales[12])),
    pieces,
    sameInPieces: JSON.stringify(direct) === JSON.stringify(inPieces.shown(scales[12])),
    names: plan.groupsAt(plan.home).length,
    namesInDetail: plan.groupsAt(4 * plan.home).length,
    away: places.map(([x, y], g) => {
      const angle = (2 * Math.PI * g) / 7;
      return Math.hypot(x - Math.cos(angle), y - Math.sin(angle));
    }),
    first: labelOrder(["the", "cat", "42", "dog"], null, 1, (i) => i === 0),
  };
}
"""


def test_labels_neither_overlap_nor_flicker_and_are_shared_among_groups(server, new_page):
    page = new_page(server.origin)
    open_at(page, server, "/")
    found = page.evaluate(_PLAN, static_url("map/labels.js"))
    assert (found["overlaps"], found["vanished"], found["muted"]) == (0, 0, 0)
    assert found["counts"] == sorted(found["counts"])
    assert 20 < found["counts"][0] < 250
    assert found["counts"][-1] > 10 * found["counts"][0]
    assert found["groupsAtHome"] == list(range(7))
    assert found["same"] is True
    assert (found["names"], found["namesInDetail"]) == (6, 0)
    # The planted centers are 0.87 apart.
    assert max(found["away"]) < 0.15
    # Frequent first, stop words never, numbers last.
    assert found["first"] == [1, 3, 2]


def test_names_of_groups_of_a_3d_map_are_at_points_of_the_group(server, new_page):
    page = new_page(server.origin)
    open_at(page, server, "/")
    centers = page.evaluate(
        """async (url) => {
          const { groupCenters } = await import(url);
          const points = new Float32Array([0, 0, 0, 4, 0, 0, 1, 0, 0, 9, 9, 9, 5, 5, 5]);
          return groupCenters(points, new Uint8Array([0, 0, 0, 1, 7]), 3);
        }""",
        static_url("map/labels.js"),
    )
    # A 3-D map that fills the window is enlarged once, and twice at half the distance.
    times = page.evaluate(
        """async (url) => {
          const { enlargement, radiusOf } = await import(url);
          const points = Float32Array.from({ length: 300 }, (_, i) => (i % 3 === 0 ? (i % 2 ? 5 : -5) : 0));
          // At distance 2, a unit is 50 pixels.
          const matrix = [0.2, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 1];
          const view = { matrix, width: 1000, height: 500 };
          const at = (z) => enlargement(view, { eye: { x: 0, y: 0, z } }, radiusOf(points));
          return [radiusOf(points), at(2), at(1)];
        }""",
        static_url("map/enlargement.js"),
    )
    assert times == pytest.approx([5, 1, 2])
    # The center of the first group is at 5/3, so its nearest point is at 1; a group without points has no name.
    assert centers == [[1, 0, 0], [9, 9, 9], None]


_ORDER = """
async (url) => {
  const { MapLabels } = await import(url);
  const n = 200;
  const labels = Array.from({ length: n }, (_, i) => `word${i}`);
  const orderOf = (rows) => {
    const selected = new Uint8Array(n);
    for (const row of rows) selected[row] = 1;
    const map = {
      labels,
      emphasis: { selected, nSelected: rows.length },
      sprites: { has: (row) => row === 150 },
      clusters: { layers: null, ownCategories: null },
      look: { groups: { codes: null, nColored: 1 } },
    };
    return new MapLabels(map).order([]);
  };
  const few = orderOf([170, 150, 160]);
  const many = orderOf(Array.from({ length: 100 }, (_, i) => i + 100));
  return { few: few.slice(0, 4), n: new Set(few).size, many: many[0] };
}
"""


def test_few_selected_points_have_their_names_before_all_others(server, new_page):
    page = new_page(server.origin)
    open_at(page, server, "/")
    # A picture takes the place of a name.
    assert page.evaluate(_ORDER, static_url("map/map_labels.js")) == {"few": [160, 170, 0, 1], "n": 199, "many": 0}
