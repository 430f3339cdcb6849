"""Selecting with a lasso, the keyboard and the table, in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Server, open_at, settle
from tests.browser.steps import MAP, wait_for_map, wait_until_still

SIDE = 6
N = SIDE * SIDE
STATUS = ".embedlab-map-status"


def place(page: Page, index: int) -> tuple[float, float]:
    """Return the position of a point in the window."""
    wait_until_still(page)
    at = page.evaluate("index => window.embedlabMap.screenPosition(index)", index)
    return at["x"], at["y"]


def lasso(page: Page, corners: list[tuple[float, float]], *modifiers: str) -> None:
    """Press L and draw a closed path."""
    page.locator(MAP).focus()
    page.keyboard.press("l")
    for key in modifiers:
        page.keyboard.down(key)
    page.mouse.move(*corners[0])
    page.mouse.down()
    for x, y in [*corners[1:], corners[0]]:
        page.mouse.move(x, y, steps=6)
    page.mouse.up()
    for key in modifiers:
        page.keyboard.up(key)


def around(page: Page, first: int, second: int) -> list[tuple[float, float]]:
    """Return a rectangle that contains the row of points between two, and no others."""
    (x0, y0), (x1, y1) = place(page, first), place(page, second)
    gap = 8
    left, right, top, bottom = min(x0, x1) - gap, max(x0, x1) + gap, min(y0, y1) - gap, max(y0, y1) + gap
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def expect_selected(page: Page, rows: list[int]) -> None:
    """Expect a selection in the browser, and the same in Python."""
    expect(page.locator(MAP)).to_have_attribute("data-selected", str(len(rows)))
    shown = page.evaluate("() => [...(window.embedlabMap.emphasis.selected ?? [])].flatMap((on, at) => on ? [at] : [])")
    assert shown == rows
    expect(page.locator("strong", has_text=re.compile(f"^{len(rows)} selected$"))).to_be_visible()
    settle(page)


def test_lasso_undo_and_keyboard(new_page, server: Server, tmp_path: Path) -> None:
    # A grid, of which PCA is a rotation.
    vectors = [[10.0 * (row % SIDE), 9.0 * (row // SIDE), 0.0] for row in range(N)]
    names = [f"<i>{row}</i>" if row == 7 else f"point {row}" for row in range(N)]
    frame = {"key": names, "vector": vectors, "class": ["even" if row % 2 == 0 else "odd" for row in range(N)]}
    pd.DataFrame(frame).to_parquet(tmp_path / "grid.parquet")
    imported = server.run("import", "vectors", str(tmp_path / "grid.parquet"), "--json")
    assert imported.returncode == 0, imported.stderr
    embedding = json.loads(imported.stdout)["embedding"]
    page: Page = new_page(server.origin)
    open_at(page, server, f"/map?embedding={embedding}&color=class")
    wait_for_map(page)
    first, second = list(range(SIDE)), list(range(SIDE, 2 * SIDE))

    lasso(page, around(page, first[0], first[-1]))
    expect_selected(page, first)
    lasso(page, around(page, second[0], second[-1]), "Shift")
    expect_selected(page, first + second)
    lasso(page, around(page, first[0], first[1]), "Alt")
    expect_selected(page, first[2:] + second)

    # The same by keyboard, and the address follows.
    page.locator(MAP).focus()
    page.keyboard.press("u")
    expect_selected(page, first + second)
    page.keyboard.press("Control+z")
    expect_selected(page, first)
    page.keyboard.press("Shift+U")
    expect_selected(page, first + second)
    page.keyboard.press("i")
    expect_selected(page, list(range(2 * SIDE, N)))
    page.keyboard.press("v")
    expect_selected(page, list(range(N)))
    page.keyboard.press("d")
    expect_selected(page, [])
    page.keyboard.press("c")
    expect(page.locator(STATUS)).to_have_text("Press a color of the legend first.")
    page.get_by_role("button", name=re.compile("^odd")).click()
    page.get_by_role("button", name="Select these points").click()
    expect_selected(page, list(range(1, N, 2)))
    page.get_by_role("button", name=re.compile("^odd")).click()

    # The pick, its neighbors, and the walk along them.
    page.locator(MAP).focus()
    page.keyboard.press("/")
    page.keyboard.type("point 14")
    page.get_by_role("option", name="point 14").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(MAP)).to_have_attribute("data-neighbors", re.compile(r"\d"))
    neighbors = [int(each) for each in page.locator(MAP).get_attribute("data-neighbors").split(",")]
    settle(page)
    page.keyboard.press("Escape")
    page.locator(MAP).focus()
    page.keyboard.press("k")
    expect_selected(page, sorted([14, *neighbors]))
    page.keyboard.press("n")
    page.keyboard.press("n")
    expect(page.locator(MAP)).to_have_attribute("data-cursor", str(neighbors[1]))
    page.keyboard.press("Shift+N")
    page.keyboard.press("Space")
    expect_selected(page, sorted([14, *neighbors[1:]]))

    # The table is linked both ways.
    page.get_by_label("Selected only").uncheck()
    table = page.get_by_role("table")
    expect(page.locator(".embedlab-table")).to_have_attribute("data-n-rows", str(N))
    table.get_by_role("button", name="<i>7</i>").click()
    expect(page.locator(MAP)).to_have_attribute("data-picked", "7")
    expect(page.locator('.embedlab-table tr[aria-current="true"]')).to_have_attribute("data-index", "7")
    settle(page)
    before = int(page.locator(MAP).get_attribute("data-selected"))
    was_selected = page.get_by_label("Select <i>7</i>").is_checked()
    page.get_by_label("Select <i>7</i>").click()
    expect(page.locator(MAP)).to_have_attribute("data-selected", str(before - 1 if was_selected else before + 1))

    page.locator(MAP).focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard on the map")).to_be_visible()
    assert [each for each in violations(page) if any("embedlab" in element for element in each.elements)] == []
    page.keyboard.press("Escape")
    expect(page.locator(MAP)).to_be_focused()
    assert [each for each in violations(page) if any("embedlab" in element for element in each.elements)] == []
