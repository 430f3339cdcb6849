"""Watching a training, and watching it again after the server was restarted."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import open_at, settle
from tests.browser.steps import MAP, statuses, wait_for_map

FILM = ".embedlab-film"


# The states of every film of the page, and whether it played, from the beginning: the page opens the map soon after
# the training, and a film plays for a moment only.
_RECORD = f"""
window.films = [];
const look = () => document.querySelectorAll("{FILM}").forEach((node) => {{
  const film = (node.film ??= (window.films.push({{ states: [], playing: [] }}), window.films.at(-1)));
  for (const [seen, now] of [[film.states, node.dataset.state], [film.playing, node.dataset.playing]])
    if (now && seen.at(-1) !== now) seen.push(now);
}});
new MutationObserver(look).observe(document, {{ subtree: true, childList: true, attributes: true }});
"""


def _positions_at_rest(page) -> list[float]:
    """Return the positions of all points once nothing has moved for ten frames."""
    return page.locator(FILM).evaluate(
        """async (node) => {
          const state = () => JSON.stringify([node.embedlabFilm.request === null, node.embedlabFilm.positions()]);
          for (let [before, n] = ["", 0]; n < 10; ) {
            await new Promise(requestAnimationFrame);
            const now = state();
            n = now === before ? n + 1 : 0;
            before = now;
          }
          return node.embedlabFilm.positions();
        }"""
    )


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
    page.add_init_script(_RECORD)
    open_at(page, server)
    page.locator(".st-key-sample-made-ratings button").click()
    wait_for_map(page)
    # The component stayed mounted through all refreshes of the page around it.
    (watched,) = page.evaluate("() => window.films")
    assert watched["states"] in (["live", "finished"], ["live"])
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
    last = _positions_at_rest(page)
    slider.focus()
    page.keyboard.press("Home")
    expect(film).to_have_attribute("data-frame", "0")
    first = _positions_at_rest(page)
    assert len(first) == len(last) > 20
    assert first != last
    page.locator(f"{FILM}-stage").focus()
    page.keyboard.press(" ")
    expect(film).to_have_attribute("data-frame", str(n_frames - 1))
    expect(film).to_have_attribute("data-playing", "false")
    assert page.evaluate("() => window.films.at(-1).playing") == ["false", "true", "false"]
    assert _positions_at_rest(page) == last
    page.keyboard.press("ArrowLeft")
    expect(film).to_have_attribute("data-frame", str(n_frames - 2))
    expect(page.get_by_role("button", name=re.compile("^Play$"))).to_be_enabled()
    # Names as long as those of documents are cut within the panel, so that the buttons after them stay visible.
    row = {"point": 0, "label": "long " * 40, "nearest": ["x" * 200]}
    film.evaluate("(node, row) => node.embedlabFilm.panel.follow([row])", row)
    assert page.locator(f"{FILM}-panel").evaluate("node => node.scrollWidth <= node.clientWidth")
    settle(page)
