"""A click shows the true neighbors beside those of the picture, and a color shows where the map distorts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Server, open_at, settle
from tests.browser.steps import MAP, isolated_point, pick, wait_for_map, wait_until_still

# Two layers of 30 points each, which the map shows in one plane: each point is near to one of the other layer.
POINTS = [(10, x + 0.3 * layer, y, 2.6 * layer) for layer in (0, 1) for x in range(6) for y in range(5)]
HOLLOW = ".embedlab-map-overlay .picture-dots circle:visible"


def test_a_click_compares_and_a_color_shows_distortion(new_page, server: Server, tmp_path: Path) -> None:
    table = {"key": [f"p{at}" for at in range(60)], "vector": [list(map(float, point)) for point in POINTS]}
    pd.DataFrame(table).to_parquet(tmp_path / "layers.parquet")
    imported = server.run("import", "vectors", str(tmp_path / "layers.parquet"), "--json")
    assert imported.returncode == 0, imported.stderr
    embedding = json.loads(imported.stdout)["embedding"]
    page: Page = new_page(server.origin)
    # What the comparison of a click costs: its lists, and the answer of its route.
    sizes: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: sizes.append(len(frame)) if b"embedlab_sections" in frame else None)

    page.on("websocket", listen)
    page.on("response", lambda answer: sizes.append(len(answer.body())) if "/compared?" in answer.url else None)
    open_at(page, server, f"/map?embedding={embedding}&color=~distortion")
    wait_for_map(page)
    # A click on the distortion's legend shows only the points of its cell.
    cells = page.locator(".embedlab-map-legend .cell")
    expect(cells).to_have_count(9)
    page.locator('.embedlab-map-legend .cell[aria-label^="some false, few missing"]').click()
    expect(page.locator('.embedlab-map-legend .cell[aria-pressed="true"]')).to_have_count(1)
    page.locator('.embedlab-map-legend .cell[aria-pressed="true"]').click()

    sizes.clear()
    index = isolated_point(page)
    near = pick(page, index)
    expect(page.locator(MAP)).to_have_attribute("data-false-neighbors", re.compile(r"\d"))
    settle(page)
    assert 0 < sum(sizes) < 3000
    false = [int(each) for each in page.locator(MAP).get_attribute("data-false-neighbors").split(",")]
    layer = index // 30
    assert sum(each // 30 == layer for each in near) > 7
    assert {each // 30 for each in false} == {1 - layer}
    expect(page.locator(HOLLOW)).to_have_count(len(false))
    section = page.locator(".embedlab-sections section", has_text="False in this picture")
    expect(section.locator("li")).to_have_count(len(false))
    expect(page.get_by_text(re.compile(r"\d of the 10 most similar are also"))).to_be_visible()

    # The lists pick, and the comparison can be switched off.
    section.locator("button").first.click()
    expect(page.locator(MAP)).to_have_attribute("data-picked", str(false[0]))
    expect(page.locator(HOLLOW)).not_to_have_count(0)
    page.get_by_text("Compare with the picture").click()
    expect(page.locator(HOLLOW)).to_have_count(0)
    expect(page.locator(".embedlab-bars li")).to_have_count(10)

    # A click on a distorted pair shows both of its points, beside the panels.
    page.get_by_role("button", name="Distorted pairs").click()
    pair = page.locator(".embedlab-sections section", has_text="Most false").locator("button").first
    names = pair.locator(".name").text_content().split(" and ")
    pair.click()
    expect(page.locator(MAP)).to_have_attribute("data-query", "pair")
    expect(pair).to_be_visible()
    wait_until_still(page)
    for name in names:
        on_top = """(row) => {
          const { x, y } = window.embedlabMap.screenPosition(row);
          return document.elementFromPoint(x, y).closest(".embedlab-map-stage") !== null;
        }"""
        assert page.evaluate(on_top, int(name[1:]))
