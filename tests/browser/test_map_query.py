"""An analogy drawn on the map, and the map used by keyboard alone."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, open_at, settle
from tests.browser.steps import MAP, wait_for_map, wait_until, wait_until_still

# Queen is the fourth corner of the parallelogram, except for its third number.
WORDS = ["man 0 0 3", "woman 0 2 3", "king 4 0 3", "queen 4 2 3.5", "apple -5 -1 1", "pear -5 -3 1", "stone 1 -6 -2"]
MAN, WOMAN, KING, QUEEN = range(4)
STATUS = ".embedlab-map-status"
ARROWS = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}


def positions(page: Page) -> list[tuple[float, float]]:
    """Return the position of every word in the window."""
    places = page.evaluate("n => [...Array(n).keys()].map((at) => window.embedlabMap.screenPosition(at))", len(WORDS))
    return [(place["x"], place["y"]) for place in places]


def center(page: Page, selector: str) -> tuple[float, float]:
    """Return the center of an element in the window."""
    box = page.locator(selector).first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def expected_step(places: list[tuple[float, float]], start: int, key: str) -> int | None:
    """Return the nearest word within 45 degrees of an arrow, where distance across counts twice."""
    dx, dy = ARROWS[key]
    costs = {}
    for word, (x, y) in enumerate(places):
        x, y = x - places[start][0], y - places[start][1]
        along, across = x * dx + y * dy, abs(x * dy) + abs(y * dx)
        if along > 0 and across <= along:
            costs[word] = along + 2 * across
    return min(costs, key=costs.__getitem__, default=None)


def test_drawn_analogy_and_walking_by_keyboard(new_page, server: Server, tmp_path: Path) -> None:
    names = [line.split()[0] for line in WORDS]
    vectors = [[float(number) for number in line.split()[1:]] for line in WORDS]
    classes = ["person"] * 4 + ["thing"] * 3
    pd.DataFrame({"key": names, "vector": vectors, "class": classes}).to_parquet(tmp_path / "words.parquet")
    imported = server.run("import", "vectors", str(tmp_path / "words.parquet"), "--json")
    assert imported.returncode == 0, imported.stderr
    embedding = json.loads(imported.stdout)["embedding"]
    page: Page = new_page(server.origin)

    open_at(page, server, f"/ask?embedding={embedding}&view=analogy&q=king - man %2B woman")
    page.get_by_role("link", name="Show query on the map").click()
    wait_for_map(page)
    for _ in range(2):
        expect(page.locator(MAP)).to_have_attribute("data-query", "analogy")
        expect(page.locator(MAP)).to_have_attribute("data-answers", re.compile(f"^{QUEEN}(,|$)"))
        expect(page.get_by_role("heading", name="man : king = woman : ?")).to_be_visible()
        expect(page.locator(".embedlab-map-overlay .query-heads path:visible")).to_have_count(2)
        expect(page.locator(".embedlab-map-overlay .query-lines path:visible")).to_have_count(4)
        expect(page.locator(".embedlab-map-overlay text.guest")).to_have_text("king - man + woman")
        wait_until_still(page)
        # PCA is linear, so the fourth corner is where the other three put it.
        places = positions(page)
        corner = [places[KING][axis] - places[MAN][axis] + places[WOMAN][axis] for axis in (0, 1)]
        assert math.dist(center(page, ".embedlab-map-overlay .guests path:visible"), corner) < 2
        # The address restores the drawing.
        page.reload()
        wait_for_map(page)

    page.locator(MAP).focus()
    page.keyboard.press("h")
    wait_until_still(page)
    page.keyboard.press("ArrowRight")
    at = int(page.locator(MAP).get_attribute("data-cursor"))
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowRight"):
        step = expected_step(positions(page), at, key)
        page.keyboard.press(key)
        at = at if step is None else step
        expect(page.locator(MAP)).to_have_attribute("data-cursor", str(at))
        message = "No point further" if step is None else f"{names[at]}. Enter picks it."
        expect(page.locator(STATUS)).to_contain_text(message)
    assert page.locator(STATUS).get_attribute("aria-live") == "polite"
    page.keyboard.press("Enter")
    expect(page.locator(MAP)).to_have_attribute("data-picked", str(at))
    expect(page.locator(STATUS)).to_contain_text(re.compile(f"{names[at]}: nearest (\\w+, ){{5}}"))
    settle(page)

    page.keyboard.press(" ")
    page.wait_for_url(re.compile(f"selected={embedding}~{at}(&|$)"))
    expect(page.locator(MAP)).to_have_attribute("data-selected", "1")
    expect(page.get_by_text("1 selected", exact=True)).to_be_visible()

    page.keyboard.press("Control+f")
    expect(page.get_by_label("Search names on the map")).to_be_focused()
    page.keyboard.type("app")
    page.get_by_role("option", name="apple").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(MAP)).to_have_attribute("data-picked", "4")
    page.keyboard.press("Escape")
    expect(page.locator(MAP)).to_be_focused()
    # The first Escape ends the walk, the second clears pick, selection and query.
    page.keyboard.press("Escape")
    expect(page.locator(MAP)).to_have_attribute("data-cursor", "")
    expect(page.locator(MAP)).to_have_attribute("data-query", "analogy")
    page.keyboard.press("Escape")
    for name, empty in (("data-query", ""), ("data-picked", ""), ("data-selected", "0")):
        expect(page.locator(MAP)).to_have_attribute(name, empty)
    expect(page).not_to_have_url(re.compile("draw=|selected=|key="))

    # A pressed entry of the legend shows its points only; the others cannot be picked.
    open_at(page, server, f"/map?embedding={embedding}&color=class")
    wait_for_map(page)
    entry = page.get_by_role("button", name="thing")
    entry.focus()
    page.keyboard.press("Enter")
    expect(entry).to_have_attribute("aria-pressed", "true")
    wait_until_still(page)
    places = positions(page)
    reachable = "places => places.map(([x, y]) => window.embedlabMap.pickAt(x, y))"
    wait_until(page, lambda: page.evaluate(reachable, places) == [-1] * 4 + [4, 5, 6])
    page.keyboard.press("Enter")
    expect(entry).to_have_attribute("aria-pressed", "false")
