"""Two linked maps: a pick, a selection and the view of one are those of the other, by key."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Page, expect

from embedlab.ui.shell.urls import static_url
from tests.browser.conftest import Server, open_at, settle

N = 40
_PURE = """
async ([moments, rows]) => {
  const { epochText, metricTexts, momentText, placedAt, stepped, trailRows } = await import(moments);
  const { inverse, mapped } = await import(rows);
  const film = { rows: [2, 0], frames: [{ points: [0, 0, 4, 4] }, { points: [8, 8, 4, 0] }] };
  const base = Float32Array.from([9, 9, 7, 7, 5, 5]);
  const shared = Int32Array.from([1, -1, 0]);
  return {
    first: [...placedAt(base, film, 0)],
    half: [...placedAt(base, film, 0.5)],
    base: [...base],
    epochs: [epochText([0, 3, 5], 0), epochText([0, 3, 5], 1), epochText([0, 3, 5], 2)],
    metrics: [0, 2, 4].map((epoch) => metricTexts({
      measure: "Loss",
      curves: [
        { name: "Loss", values: [[1, 2]] }, { name: "Validation MRR", values: [[1, 0.5], [2, 0.75]] },
        { name: "Refit loss", values: [[3, 9]] },
      ],
    }, epoch)),
    keys: [stepped("ArrowLeft", 0, 4), stepped("ArrowRight", 1, 4), stepped("End", 1, 4), stepped("x", 1, 4)],
    text: momentText({
      epoch: "After epoch 3", metrics: ["loss 2"], key: "king", now: ["queen", "man"], before: ["man", "car"],
    }),
    trails: trailRows(2, Uint8Array.from([1, 1, 1]), new Map([[2, 0], [0, 1]])),
    inverse: [...inverse(shared, 3)],
    mapped: [...mapped(Uint8Array.from([1, 1, 0]), shared, 3)],
    none: mapped(Uint8Array.from([0, 1, 0]), shared, 3),
  };
}
"""

#: Distances in pixels between the places of each shared key on both maps.
_GAPS = """
() => {
  const pair = window.embedlabPair;
  const at = (side, row) => {
    const { left, top } = pair.maps[side].stage.getBoundingClientRect();
    const { x, y } = pair.maps[side].screenPosition(row);
    return [x - left, y - top];
  };
  return [...Array(39).keys()].map((row) => {
    const [first, second] = [at(0, row), at(1, pair.counterpart(0, row))];
    return Math.hypot(first[0] - second[0], first[1] - second[1]);
  });
}
"""
# The position of a point in the window, once it has not moved for ten frames.
_AT_REST = """
async ([side, row]) => {
  const position = () => JSON.stringify(window.embedlabPair.maps[side].screenPosition(row));
  for (let [before, n] = ["", 0]; n < 10; ) {
    await new Promise(requestAnimationFrame);
    const now = position();
    n = now === before ? n + 1 : 0;
    before = now;
  }
  return JSON.parse(position());
}
"""
_SELECT = """
() => {
  const [map] = window.embedlabPair.maps;
  const mask = new Uint8Array(40);
  for (const row of [0, 1, 39]) mask[row] = 1;
  map.emphasis.show(mask);
  map.emphasize();
}
"""


def _imported(server: Server, path: Path, keys: list[str], vectors: np.ndarray) -> str:
    pd.DataFrame({"key": keys, "vector": vectors.tolist()}).to_parquet(path)
    done = server.run("import", "vectors", str(path), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["embedding"]


def test_picks_selections_and_views_are_linked_by_key(new_page, server: Server, tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(N, 2)) * [3, 1]
    keys = [f"w{place}" for place in range(N)]
    # The second is mirrored, larger and in the opposite order, and lacks the last key.
    first = _imported(server, tmp_path / "first.parquet", keys, vectors)
    second = _imported(server, tmp_path / "second.parquet", keys[-2::-1], (vectors * [-2, 2])[-2::-1])
    page: Page = new_page(server.origin)
    open_at(page, server, f"/runs?view=two&compared={first}&compared={second}")
    pair = page.locator(".embedlab-compare")
    expect(pair).to_have_attribute("data-ready", "true", timeout=60_000)
    expect(pair).to_have_attribute("data-n-shared", str(N - 1))
    expect(page.get_by_text("100 % of the 10 nearest neighbors")).to_be_visible()
    settle(page)
    # Every shared key is at the same place of both maps.
    page.wait_for_function(f"() => Math.max(...({_GAPS})()) < 2")
    maps = pair.locator(".embedlab-map")
    maps.nth(1).scroll_into_view_if_needed()
    place = page.evaluate(_AT_REST, [1, 5])
    page.mouse.move(place["x"], place["y"])
    page.mouse.click(place["x"], place["y"])
    expect(maps.nth(1)).to_have_attribute("data-picked", "5")
    expect(maps.nth(0)).to_have_attribute("data-picked", str(N - 2 - 5))
    expect(page.get_by_role("heading", name=keys[N - 2 - 5], exact=True)).to_be_visible()
    page.wait_for_url(re.compile("compared_side=2"))
    # The key that the second lacks.
    page.evaluate("() => window.embedlabPair.maps[0].pick(39)")
    expect(maps.nth(1)).to_have_attribute("data-picked", "")
    expect(page.get_by_text("Only the first embedding has this key.")).to_be_visible()

    page.evaluate(_SELECT)
    expect(maps.nth(1)).to_have_attribute("data-selected", "2")
    maps.nth(0).hover()
    maps.nth(0).get_by_role("button", name="Zoom in").click()
    page.wait_for_function(
        """() => { const [a, b] = window.embedlabPair.maps.map((map) => map.renderer.view().matrix[0]);
        return a > 0 && Math.abs(a / b - 1) < 1e-3; }"""
    )

    found = page.evaluate(_PURE, [static_url("map/replay_moments.js"), static_url("compare/rows.js")])
    assert found == {
        "first": [4, 4, 7, 7, 0, 0],
        "half": [4, 2, 7, 7, 4, 4],
        "base": [9, 9, 7, 7, 5, 5],
        "epochs": ["Before training", "After epoch 3", "Finished, 5 epochs"],
        "metrics": [[], ["Validation MRR 0.75"], ["Validation MRR 0.75", "Refit loss 9"]],
        "keys": [0, 2, 4, None],
        "text": "After epoch 3, loss 2. king: nearest queen, man. came: queen. went: car.",
        "trails": [2, 0],
        "inverse": [2, 0, -1],
        "mapped": [0, 1, 0],
        "none": None,
    }
