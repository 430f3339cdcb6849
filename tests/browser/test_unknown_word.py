"""An out-of-vocabulary word on the map: searched, linked, viewed and cleared."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, open_at, settle
from tests.browser.steps import MAP, camera, isolated_point, pick, wait_for_map, wait_until_still

SEA = ("the ships sailed from the harbour over the stormy sea", "a sailor steers his ship into the harbours")
TOWN = ("the tram goes through the crowded town to the market", "shoppers in towns walk to the markets")
WORD = "shipping"
QUICK = ("vector_size=8", "min_count=1", "epochs=5", "bucket=2000")
GUEST = ".embedlab-map-overlay .guests path"


def trained_embedding(server: Server, folder: Path) -> str:
    """Train fastText on a few sentences; return the embedding's id."""
    (folder / "text.txt").write_text("\n".join([*SEA, *TOWN] * 60), encoding="utf-8")
    imported = server.run("import", "text", str(folder / "text.txt"), "--json")
    assert imported.returncode == 0, imported.stderr
    settings = [part for each in QUICK for part in ("--set", each)]
    trained = server.run("train", json.loads(imported.stdout)["id"], "fasttext", *settings, "--json")
    assert trained.returncode == 0, trained.stderr
    return json.loads(trained.stdout)["embeddings"]["words"]


def place(page: Page, word: str) -> list[str]:
    """Search for an unknown word and place it; return the labels of its nearest neighbors on the map."""
    page.get_by_label("Search names on the map").fill(word)
    page.get_by_role("option", name=f"Place \u2018{word}\u2019 by subwords").wait_for()
    page.keyboard.press("Enter")
    expect_guest(page, word)
    indices = [int(each) for each in page.locator(MAP).get_attribute("data-neighbors").split(",")]
    return page.evaluate("indices => indices.map((index) => window.embedlabMap.labelOf(index))", indices)


def expect_guest(page: Page, word: str) -> None:
    """Wait until a word is on the map with its label, its marker, and lines to its nearest neighbors."""
    expect(page.locator(MAP)).to_have_attribute("data-guest", word)
    expect(page.locator(MAP)).to_have_attribute("data-picked", "")
    expect(page.locator(GUEST)).to_be_visible()
    expect(page.locator(".embedlab-map-overlay text.guest")).to_have_text(word)
    expect(page.locator(".embedlab-map-overlay .lines line:visible")).to_have_count(10)
    settle(page)


def distance_to_marker(page: Page) -> float:
    """Return the distance in pixels between the center of the marker and the position of the word."""
    return page.evaluate(
        """() => {
          const at = window.embedlabMap.guestPosition();
          const box = document.querySelector(".embedlab-map-overlay .guests path").getBoundingClientRect();
          return Math.hypot(box.x + box.width / 2 - at.x, box.y + box.height / 2 - at.y);
        }"""
    )


def choose(page: Page, label: str, option: str) -> None:
    page.locator(f".st-key-map-{label.lower()} input").click()
    page.get_by_role("option", name=re.compile(option)).first.click()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()
    wait_until_still(page)


def test_unknown_word_is_placed_among_its_true_neighbors_until_cleared(
    new_page, server: Server, tmp_path: Path
) -> None:
    embedding = trained_embedding(server, tmp_path)
    told = server.run("neighbors", embedding, WORD, "--json")
    assert told.returncode == 0, told.stderr
    truth = [label for _, label, *_ in json.loads(told.stdout)]
    page: Page = new_page(server.origin)
    open_at(page, server, f"/map?embedding={embedding}")
    wait_for_map(page)
    assert place(page, WORD) == truth
    expect(page.get_by_text("Its vector is built from subwords")).to_be_visible()
    expect(page.locator(".embedlab-bars .name")).to_have_text(truth)
    page.wait_for_url(re.compile(f"key={WORD}"))

    page.evaluate("() => { document.querySelector('.embedlab-map').marked = true; }")
    expect_stable_position(page, color="count")
    expect_not_in_selection(page)
    choose(page, "Projection", "PCA 3-D")
    expect(page.locator(MAP)).to_have_attribute("data-n-components", "3")
    wait_for_map(page)
    expect_guest(page, WORD)
    expect_stable_position(page, color="")
    assert page.evaluate("() => document.querySelector('.embedlab-map').marked") is True

    # The question links to the map; a pick, Escape and a click on a neighbor send the guest away.
    open_at(page, server, f"/ask?embedding={embedding}&key={WORD}")
    page.get_by_text("Show on the map").click()
    wait_for_map(page)
    expect_guest(page, WORD)
    pick(page, isolated_point(page))
    expect_no_guest(page)

    markup = "<img src=x onerror=alert(1)>"
    place(page, markup)
    expect(page.get_by_role("heading", name=markup)).to_be_visible()
    assert page.locator(f"{MAP} img").count() == 0
    page.locator(MAP).focus()
    page.keyboard.press("Escape")
    expect_no_guest(page)
    expect(page.get_by_role("heading", name="Pick a point")).to_be_visible()
    expect(page).not_to_have_url(re.compile("key="))

    place(page, WORD)
    page.locator(".embedlab-bars button").first.click()
    expect(page.locator(MAP)).to_have_attribute("data-picked", re.compile(r"\d"))
    expect_no_guest(page)


def expect_stable_position(page: Page, color: str) -> None:
    """Zoom, recolor and pan the map: the view is kept, and the marker stays at its position."""
    page.get_by_label("Zoom out").click()
    wait_until_still(page)
    before = camera(page)
    choose(page, "Color", color or "One color")
    expect(page.locator(MAP)).to_have_attribute("data-color", color)
    expect_guest(page, WORD)
    wait_until_still(page)
    assert camera(page) == before
    stage = page.locator(MAP).bounding_box()
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    stood = page.evaluate("() => window.embedlabMap.guestPosition()")
    drag(page, middle, (middle[0] + 60, middle[1] + 40))
    assert camera(page) != before
    assert page.evaluate("() => window.embedlabMap.guestPosition()") != stood
    assert distance_to_marker(page) < 1


def expect_not_in_selection(page: Page) -> None:
    """Draw a box over the whole map: it contains every point, but not the guest."""
    page.get_by_label("Show the whole map").click()
    wait_until_still(page)
    page.get_by_label("Select with a box").click()
    stage = page.locator(MAP).bounding_box()
    # Panels float over the map's sides; all points are between them, the search box above and the buttons.
    panels = page.evaluate("() => window.embedlabMap.insets()")
    left, right = stage["x"] + panels["left"] + 20, stage["x"] + stage["width"] - panels["right"] - 50
    drag(page, (left, stage["y"] + stage["height"] - 5), (right, stage["y"] + panels["top"] + 50))
    n_points = page.locator(MAP).get_attribute("data-n-points")
    expect(page.locator("strong", has_text=f"{n_points} selected")).to_be_visible()
    expect_guest(page, WORD)


def expect_no_guest(page: Page) -> None:
    expect(page.locator(MAP)).to_have_attribute("data-guest", "")
    expect(page.locator(GUEST)).not_to_be_visible()
    settle(page)
