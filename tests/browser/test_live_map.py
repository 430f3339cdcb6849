"""A map is watched while it is computed, paused, and stopped to keep it as it is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from embedlab.ui.shell.urls import static_url
from tests.browser.conftest import open_at, settle

MAP = ".embedlab-map"
_FRAME = """async (url) => {
    const { readFrame, robustBounds, statusText } = await import(new URL(url, location.origin));
    const buffer = new ArrayBuffer(16 + 24);
    new Uint32Array(buffer, 0, 4).set([7, 120, 750, 3]);
    new Float32Array(buffer, 16).set([1, 2, 3, 4, 5, 6]);
    const frame = readFrame(buffer);
    const fails = (length) => { try { readFrame(buffer.slice(0, length)); } catch { return true; } };
    const incomplete = [16, 36].map(fails);
    // A thousand points between 0 and 1, and one far off.
    const points = new Float32Array(2002).map((_, at) => Math.floor(at / 2) / 1000);
    points[2000] = 1000;
    return { ...frame, points: [...frame.points], incomplete, box: robustBounds(points),
             text: statusText("t-SNE 3-D", frame, 2, 5000) };
}"""


def test_a_map_is_watched_paused_and_stopped(server, new_page, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "points.npy", (4 * rng.normal(size=(8, 12))[np.arange(1500) % 8] + rng.normal(size=(1500, 12))))
    imported = server.run("import", "vectors", str(tmp_path / "points.npy"), "--json")
    assert imported.returncode == 0, imported.stderr
    page = new_page(server.origin)
    open_at(page, server, "/map")
    shown = page.locator(MAP)
    expect(shown).to_have_attribute("data-ready", "true", timeout=60_000)
    first = shown.get_attribute("data-projection")
    page.get_by_role("button", name="New map").click()
    page.get_by_role("spinbutton", name="Iterations").first.fill("9000")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name=re.compile("Compute t-SNE 2-D")).click()
    expect(shown).to_have_attribute("data-live", re.compile(r"\d+/9250"), timeout=60_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    # The worker hears of it a moment later, and the map hears of the last frame after that.
    paused = ""
    for _ in range(30):
        before, paused = paused, shown.get_attribute("data-live")
        if paused == before:
            break
        page.wait_for_timeout(1000)
    assert paused == before
    page.get_by_role("button", name="Stop here and keep").click()
    expect(shown).to_have_attribute("data-live", "", timeout=60_000)
    expect(shown).not_to_have_attribute("data-projection", first)
    expect(page.get_by_text(re.compile(r"Stopped after [\d,]+ of 9,250 iterations"))).to_be_visible()

    found = page.evaluate(_FRAME, static_url("map/live.js"))
    assert (found["number"], found["iteration"], found["nIterations"]) == (7, 120, 750)
    assert found["points"] == [1, 2, 4, 5]
    assert found["incomplete"] == [None, True]
    assert found["text"] == "t-SNE 3-D: iteration 120 of 750 · 2 of 5,000 points"
    assert found["box"][1] < 1.5
