"""A map is watched while it is computed, paused, and stopped to keep it as it is."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from embedlab.ui.shell.urls import static_url
from tests.browser.steps import MAP, watch_layout

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
    page = watch_layout(server, new_page, tmp_path)
    shown = page.locator(MAP)
    first = shown.get_attribute("data-projection")
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
