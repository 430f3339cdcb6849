"""User actions shared by several browser tests."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.conftest import Server, open_at, settle

MAP = ".embedlab-map"
TRAINING_TIMEOUT_MS = 120_000


def camera(page: Page) -> str:
    """Return the view of the map; Plotly rounds the last digits anew each time it draws."""
    return page.evaluate(
        """() => JSON.stringify(window.embedlabMap.camera(), (_, value) =>
          typeof value === "number" ? Number(value.toFixed(9)) + 0 : value)"""
    )


def press_sample(page: Page, server: Server, name: str) -> None:
    """Press a sample on the Start page and wait until its map is drawn."""
    open_at(page, server)
    page.locator(f".st-key-sample-{name} button").click()
    wait_for_map(page)


def watch_layout(server: Server, new_page: Callable[..., Page], folder: Path) -> Page:
    """Import vectors, and return their map while a long t-SNE is drawn over it."""
    rng = np.random.default_rng(0)
    np.save(folder / "points.npy", 4 * rng.normal(size=(8, 12))[np.arange(1500) % 8] + rng.normal(size=(1500, 12)))
    imported = server.run("import", "vectors", str(folder / "points.npy"), "--json")
    assert imported.returncode == 0, imported.stderr
    page = new_page(server.origin)
    open_at(page, server, "/map")
    wait_for_map(page)
    page.get_by_role("button", name="New map").click()
    page.get_by_role("spinbutton", name="Iterations").first.fill("9000")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name=re.compile("Compute t-SNE 2-D")).click()
    expect(page.locator(MAP)).to_have_attribute("data-live", re.compile(r"\d+/9250"), timeout=TRAINING_TIMEOUT_MS)
    return page


def wait_for_map(page: Page, timeout_ms: int = TRAINING_TIMEOUT_MS) -> None:
    """Wait until a map shows all its points, and nothing moves."""
    page.wait_for_url(re.compile(r"/map"), timeout=timeout_ms)
    page.wait_for_selector(f'{MAP}[data-ready="true"]', timeout=timeout_ms)
    settle(page)
    wait_until_still(page)


def wait_until_still(page: Page) -> None:
    """Wait until the view of the map, its points and its names have not moved for ten frames."""
    page.evaluate(
        """async () => {
          const state = () => {
            const map = window.embedlabMap;
            if (!map?.ready || map.frame || map.hold) return null;
            const { left, top } = map.stage.getBoundingClientRect();
            return JSON.stringify([map.camera(), map.screenPosition(0), left, top]);
          };
          const end = performance.now() + 30_000;
          for (let [before, n] = [null, 0]; n < 10; ) {
            if (performance.now() > end) throw new Error("The map does not come to rest.");
            await new Promise(requestAnimationFrame);
            const now = state();
            n = now !== null && now === before ? n + 1 : 0;
            before = now;
          }
        }"""
    )


def wait_until(page: Page, condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Wait until a condition holds; what the browser reports meanwhile is heard."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        page.wait_for_timeout(100)


def upload(page: Page, server: Server, path: Path | list[Path]) -> None:
    """Drop a file, or several together, on the Data page and wait for the preview."""
    open_at(page, server, "/data?view=add")
    page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files(path)
    page.locator(".st-key-make").wait_for(timeout=60_000)
    settle(page)


def press_keep(page: Page) -> None:
    """Press the button that only saves the dataset; the page remembers whether its expander is open."""
    button, choices = page.locator(".st-key-keep button"), page.get_by_text("More choices")
    expect(choices).to_be_visible()
    settle(page)
    if not button.is_visible():
        choices.click()
    button.click()


def keep(page: Page) -> str:
    """Save the upload as a dataset; return the dataset's id."""
    press_keep(page)
    page.wait_for_url(re.compile(r"dataset="), timeout=90_000)
    page.get_by_text("Train on dataset").first.wait_for(timeout=60_000)
    settle(page)
    return id_in(page, "dataset")


def id_in(page: Page, name: str) -> str:
    """Return an id from the page's address."""
    found = re.search(rf"[?&]{name}=([a-z0-9]+)", page.url)
    assert found is not None, page.url
    return found[1]


def start_training(page: Page, server: Server, dataset_id: str, **parameters: object) -> str:
    """Start Word2Vec on a dataset; return the run's id."""
    given = "".join(f"&set={name}:{value}" for name, value in parameters.items())
    open_at(page, server, f"/train?dataset={dataset_id}&model=word2vec{given}")
    page.locator(".st-key-start-training button").click()
    page.wait_for_url(re.compile(r"/runs\?.*run="))
    return id_in(page, "run")


def statuses(server: Server) -> dict[str, str]:
    """Return the status of every run, as the command line sees it."""
    listed = server.run("runs", "--json")
    assert listed.returncode == 0, listed.stderr
    return {row["id"]: row["status"] for row in json.loads(listed.stdout)}


def pick(page: Page, index: int) -> list[int]:
    """Click a point of the map; return its neighbors, nearest first, as the map highlights them."""
    wait_until_still(page)
    at = page.evaluate("index => window.embedlabMap.screenPosition(index)", index)
    # A person's hand moves before it presses.
    page.mouse.move(at["x"] + 3, at["y"] + 2)
    page.mouse.move(at["x"], at["y"])
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(MAP)).to_have_attribute("data-picked", str(index))
    expect(page.locator(MAP)).to_have_attribute("data-neighbors", re.compile(r"\d"))
    return [int(each) for each in page.locator(MAP).get_attribute("data-neighbors").split(",")]


def isolated_point(page: Page) -> int:
    """Return a point with no other point nearby on the screen, so that a click is unambiguous."""
    wait_until_still(page)
    return page.evaluate(
        """() => {
          const map = window.embedlabMap, node = document.querySelector(".embedlab-map");
          const n = Number(node.dataset.nPoints), box = node.getBoundingClientRect();
          const at = [...Array(n).keys()].map((index) => map.screenPosition(index));
          let best = [-1, -1];
          for (let i = 0; i < n; i++) {
            const p = at[i];
            const margin = 60;
            if (!p || p.x < box.left + margin || p.x > box.right - margin) continue;
            if (p.y < box.top + margin || p.y > box.bottom - margin) continue;
            let nearest = Infinity;
            at.forEach((q, j) => {
              if (j !== i && q) nearest = Math.min(nearest, Math.hypot(q.x - p.x, q.y - p.y));
            });
            if (nearest > best[1]) best = [i, nearest];
          }
          return best[0];
        }"""
    )
