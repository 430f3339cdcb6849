"""Watching a training, and watching it again after the server was restarted."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import open_at, settle
from tests.browser.steps import MAP, statuses, wait_for_map

FILM = ".embedlab-film"


def _positions(page) -> list[float]:
    return page.locator(FILM).evaluate("node => node.embedlabFilm.positions()")


def _a_moment_of_the_replay_survives_a_reload(page) -> None:
    page.get_by_text("Replay training").click()
    node = page.locator(MAP)
    expect(node).to_have_attribute("data-replay", "paused")
    assert int(node.get_attribute("data-frame")) >= 1
    page.get_by_role("group", name=re.compile("^Replay of the training")).get_by_role("slider").press("Home")
    expect(node).to_have_attribute("data-frame", "0")
    page.wait_for_url(re.compile("moment=0"))
    page.reload()
    expect(node).to_have_attribute("data-replay", "paused")
    expect(node).to_have_attribute("data-frame", "0")


def test_a_training_is_watched_and_its_film_plays_after_a_restart(server, new_page) -> None:
    page = new_page(server.origin)
    open_at(page, server)
    page.locator(".st-key-sample-made-ratings button").click()
    film = page.locator(FILM)
    expect(film).to_have_attribute("data-ready", "true", timeout=60_000)
    expect(film).to_have_attribute("data-state", "live")
    # The component stays mounted through all refreshes of the page around it.
    film.evaluate("node => { node.dataset.seen = 'true' }")
    expect(film).to_have_attribute("data-state", "finished", timeout=90_000)
    assert film.get_attribute("data-seen") == "true"
    wait_for_map(page)
    assert "embedding=" in page.url
    _a_moment_of_the_replay_survives_a_reload(page)

    (run,) = statuses(server)
    server.kill()
    server.start()
    open_at(page, server, f"/runs?run={run}")
    page.get_by_text("Training film").click()
    film = page.locator(FILM)
    expect(film).to_have_attribute("data-state", "finished")
    n_frames = int(film.get_attribute("data-n-frames"))
    assert n_frames >= 2
    slider = page.get_by_role("slider", name="Frame")
    expect(film).to_have_attribute("data-frame", str(n_frames - 1))
    page.wait_for_timeout(300)
    last = _positions(page)
    slider.focus()
    page.keyboard.press("Home")
    expect(film).to_have_attribute("data-frame", "0")
    page.wait_for_timeout(300)
    first = _positions(page)
    assert len(first) == len(last) > 20
    assert first != last
    page.locator(f"{FILM}-stage").focus()
    page.keyboard.press(" ")
    expect(film).to_have_attribute("data-playing", "true")
    expect(film).to_have_attribute("data-playing", "false", timeout=20_000)
    expect(film).to_have_attribute("data-frame", str(n_frames - 1))
    page.wait_for_timeout(300)
    assert _positions(page) == last
    page.keyboard.press("ArrowLeft")
    expect(film).to_have_attribute("data-frame", str(n_frames - 2))
    expect(page.get_by_role("button", name=re.compile("^Play$"))).to_be_enabled()
    # Names as long as those of documents are cut within the panel, so that the buttons after them stay visible.
    row = {"point": 0, "label": "long " * 40, "nearest": ["x" * 200]}
    film.evaluate("(node, row) => node.embedlabFilm.panel.follow([row])", row)
    assert page.locator(f"{FILM}-panel").evaluate("node => node.scrollWidth <= node.clientWidth")
    settle(page)
