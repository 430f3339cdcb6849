"""The same map over every renderer: pick, neighbors, hover, labels, box, walk, search, selection, colors, view."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from embedlab.ui.map.data import Column as MapColumn
from embedlab.ui.map.data import column_bytes, labels_bytes, points_bytes
from tests.browser.modules import static_server
from tests.browser.steps import wait_until_still

MAP = ".embedlab-map"
STATUS = ".embedlab-map-status"
SIDE = 12
N_POINTS = SIDE * SIDE
NAMES = [f"name {chr(97 + row % SIDE)}{chr(97 + row // SIDE)}" for row in range(N_POINTS)]
MIDDLE = 5 * SIDE + 5
#: The limit of Plotly is set so that it draws, or does not.
RENDERERS = {"webgl": 0, "plotly": 10_000, "canvas": 0}


def plane() -> np.ndarray:
    """Return points on a grid, row by row from the lower left."""
    rows, columns = np.divmod(np.arange(N_POINTS), SIDE)
    return np.stack([columns, rows], axis=1).astype(np.float32)


def ball() -> np.ndarray:
    """Return points on the sphere, by a spiral: no two are close."""
    at = np.arange(N_POINTS) + 0.5
    height = 1 - 2 * at / N_POINTS
    angle = np.pi * (1 + 5**0.5) * at
    radius = np.sqrt(1 - height**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), height], axis=1).astype(np.float32)


def data(n_components: int = 2, **more: Any) -> dict[str, Any]:
    """Return what Python tells the map."""
    return {
        "base": "", "plotly": "/plotly.min.js", "projection": f"p{n_components}", "embedding": "e",
        "n_points": N_POINTS, "n_components": n_components, "color": None, "clusters": None, "size": None,
        "labels": "frequent", "min_count": 0, "query": None, "selection": None, "command": None, **more,
    }  # fmt: skip


def answer(url: str) -> tuple[str, bytes]:
    """Return the media type and the content of a route's response."""
    kind = re.sub(r"[?].*", "", url).split("/maps/")[1].split("/")[1]
    if kind == "points":
        return "application/octet-stream", points_bytes(plane() if "/maps/p2" in url else ball())
    if kind == "labels":
        return "text/plain; charset=utf-8", labels_bytes(NAMES)
    if kind == "column":
        codes = (np.arange(N_POINTS) % 2).astype(np.uint8)
        legend = {"kind": "categories", "categories": [["even", 72], ["odd", 72]], "n_other": 0, "n_missing": 0}
        return "application/octet-stream", column_bytes(MapColumn(codes, legend))
    if kind == "search":
        return "application/json", json.dumps({"found": [[MIDDLE, NAMES[MIDDLE]]], "place": None}).encode()
    if kind == "highlight":
        return "application/json", json.dumps({"id": ""}).encode()
    index = int(re.search(r"index=(\d+)", url)[1])
    near = [index - 1, index + 1]
    return "application/json", json.dumps({"neighbors": [[row, NAMES[row], 0.9] for row in near]}).encode()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """The address of the modules."""
    with static_server() as origin:
        yield origin


@pytest.fixture
def open_map(origin, new_page) -> Callable[..., Page]:
    """Open a map that a renderer draws."""

    def open_map(name: str, n_components: int = 2, **more: Any) -> Page:
        page: Page = new_page(origin)
        page.route("**/maps/**", lambda route: _fulfill(route))
        if name == "canvas":
            page.add_init_script(
                """const original = HTMLCanvasElement.prototype.getContext;
                HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
                  return kind.startsWith("webgl") ? null : original.call(this, kind, ...rest);
                };"""
            )
        page.goto(f"{origin}/page")
        page.evaluate(
            """async ([limit, data]) => {
              const { PLOTLY_MOST_POINTS } = await import("/map/renderers.js");
              Object.assign(PLOTLY_MOST_POINTS, { 2: limit, 3: limit });
              const { EmbeddingMap } = await import("/map/map.js");
              window.sent = [];
              window.embedlabMap = new EmbeddingMap(document.querySelector(".embedlab-map"));
              window.embedlabMap.send = (name, value) => window.sent.push([name, value]);
              await window.embedlabMap.reconcile(data);
            }""",
            [RENDERERS[name], data(n_components, **more)],
        )
        expect(page.locator(MAP)).to_have_attribute("data-ready", "true")
        expect(page.locator(MAP)).to_have_attribute("data-renderer", name)
        expect(page.locator(f"{MAP}-overlay text.frequent:visible").first).to_be_visible()
        return page

    return open_map


def _fulfill(route: Any) -> None:
    media_type, content = answer(route.request.url)
    route.fulfill(status=200, content_type=media_type, body=content)


def position(page: Page, row: int) -> tuple[float, float]:
    """Return where a point is in the window."""
    wait_until_still(page)
    at = page.evaluate("row => window.embedlabMap.screenPosition(row)", row)
    return at["x"], at["y"]


def click(page: Page, row: int) -> None:
    """Click a point."""
    page.mouse.move(*position(page, row))
    page.mouse.click(*position(page, row))


@pytest.mark.parametrize("name", list(RENDERERS))
def test_a_plane_map_works_over_every_renderer(open_map, name):
    page = open_map(name, color="class")
    node, overlay = page.locator(MAP), page.locator(".embedlab-map-overlay")

    # Another look of the same names keeps the plan of the labels; other names are planned again.
    is_kept = page.evaluate(
        """async () => {
          const map = window.embedlabMap;
          const { plan } = map.mapLabels;
          const kept = async (changes) => {
            await map.reconcile({ ...map.data, ...changes });
            // The names follow the points.
            while (map.hold) await new Promise(requestAnimationFrame);
            map.sceneKey = "";
            map.render();
            return map.mapLabels.plan === plan;
          };
          const found = [await kept({ size_factor: 1.5 })];
          for (const color of [null, "class"]) found.push(await kept({ size_factor: 1, color }));
          return found;
        }"""
    )
    assert is_kept == [True, False, False]

    # Where the renderer says that a point is, the overlay draws it and the pointer finds it.
    x, y = position(page, MIDDLE)
    page.mouse.move(x + 1, y)
    expect(page.locator(".embedlab-map-tooltip")).to_have_text(NAMES[MIDDLE])
    click(page, MIDDLE)
    expect(node).to_have_attribute("data-neighbors", f"{MIDDLE - 1},{MIDDLE + 1}")
    expect(overlay.locator(".dots circle:visible")).to_have_count(2)
    ring = overlay.locator(".rings .picked").bounding_box()
    box = page.locator(f"{MAP}-stage").bounding_box()
    assert ring["x"] + ring["width"] / 2 - box["x"] == pytest.approx(x - box["x"], abs=1.5)
    page.wait_for_function(
        "row => window.sent.some(([name, value]) => name === 'pick' && value.index === row)", arg=MIDDLE
    )

    # Box, then one more point with Shift.
    (x0, y0), (x1, y1) = position(page, 0), position(page, SIDE + 1)
    page.keyboard.down("Shift")
    page.mouse.move(x0 - 6, y0 + 6)
    page.mouse.down()
    page.mouse.move(x1 + 6, y1 - 6, steps=3)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(node).to_have_attribute("data-selected", "4")
    page.keyboard.down("Shift")
    click(page, MIDDLE)
    page.keyboard.up("Shift")
    expect(node).to_have_attribute("data-selected", "5")

    # The legend filters, and what it hides cannot be picked.
    page.get_by_role("button", name="odd").click()
    assert page.evaluate("([x, y]) => window.embedlabMap.pickAt(x, y)", list(position(page, MIDDLE))) == MIDDLE
    assert page.evaluate("([x, y]) => window.embedlabMap.pickAt(x, y)", list(position(page, MIDDLE + 1))) == -1
    page.get_by_role("button", name="odd").click()

    # Walk and search.
    node.focus()
    page.keyboard.press("Escape")
    expect(node).to_have_attribute("data-selected", "0")
    click(page, MIDDLE)
    page.keyboard.press("ArrowRight")
    expect(node).to_have_attribute("data-cursor", str(MIDDLE + 1))
    page.keyboard.press("ArrowUp")
    expect(node).to_have_attribute("data-cursor", str(MIDDLE + 1 + SIDE))
    page.keyboard.press("/")
    page.keyboard.type("name")
    page.get_by_role("option", name=NAMES[MIDDLE]).click()
    expect(node).to_have_attribute("data-picked", str(MIDDLE))

    # Zoom by keys, and home again.
    width = "() => { const { x } = window.embedlabMap.camera(); return x[1] - x[0]; }"
    node.focus()
    page.keyboard.press("h")
    wait_until_still(page)
    home = page.evaluate(width)
    page.keyboard.press("+")
    page.wait_for_function(f"home => Math.abs(({width})() * 1.3 - home) < 1e-6 * home", arg=home)
    page.keyboard.press("h")
    page.wait_for_function(f"home => Math.abs(({width})() - home) < 1e-6 * home", arg=home)


def test_neighbors_are_shown_before_the_page_hears_of_a_pick(open_map):
    page = open_map("webgl")
    sent = page.evaluate(
        """async () => {
          const map = window.embedlabMap;
          const sent = [];
          map.send = (name, { index }) => sent.push([name, index, map.node.dataset.neighbors]);
          const until = async (n) => {
            const end = performance.now() + 30_000;
            while (sent.length < n && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
          };
          // The server answers at once. Of two quick picks, the page draws the last.
          const { fetch } = window;
          window.fetch = async (url) => {
            const index = Number(new URL(url, location.origin).searchParams.get("index"));
            return Response.json({ neighbors: [[index - 1, "a", 0.9], [index + 1, "b", 0.9]] });
          };
          map.pick(20);
          await map.pick(30);
          await until(1);
          // It does not wait for an answer that does not come.
          window.fetch = () => new Promise(() => {});
          map.pick(40);
          await until(2);
          window.fetch = fetch;
          return sent;
        }"""
    )
    assert sent == [["pick", 30, "29,31"], ["pick", 40, ""]]


def test_colors_chosen_while_points_load_are_drawn(open_map):
    page = open_map("webgl")
    page.evaluate(
        """async () => {
          const map = window.embedlabMap;
          const first = { ...map.data, projection: "p2b", color: null };
          await Promise.all([map.reconcile(first), map.reconcile({ ...first, color: "parity" })]);
        }"""
    )
    expect(page.locator(MAP)).to_have_attribute("data-color", "parity")


@pytest.mark.parametrize("name", ["webgl", "plotly"])
def test_a_space_map_works_over_every_renderer(open_map, name):
    page = open_map(name, 3)
    node = page.locator(MAP)
    # A point of the front is picked, not the one of the back that is close to it on the screen.
    front = page.evaluate(
        """() => {
          const map = window.embedlabMap, view = map.renderer.view();
          const rows = [...Array(144).keys()];
          const depth = (row) => {
            const { matrix: m } = view, [x, y, z] = map.places.of(row);
            return m[3] * x + m[7] * y + m[11] * z + m[15];
          };
          return rows.sort((a, b) => depth(a) - depth(b))[0];
        }"""
    )
    click(page, front)
    expect(node).to_have_attribute("data-picked", str(front))
    before = page.evaluate("() => JSON.stringify(window.embedlabMap.camera())")
    box = page.locator(f"{MAP}-stage").bounding_box()
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 380, box["y"] + 320, steps=4)
    page.mouse.up()
    page.wait_for_function("before => JSON.stringify(window.embedlabMap.camera()) !== before", arg=before)
    expect(node).to_have_attribute("data-picked", str(front))
    # The camera can be stored and restored.
    stored = page.evaluate("() => window.embedlabMap.camera()")
    page.evaluate("() => window.embedlabMap.move((renderer) => renderer.home())")
    page.evaluate("camera => window.embedlabMap.move((renderer) => renderer.setCamera(camera))", stored)
    page.wait_for_function(
        """eye => { const now = window.embedlabMap.camera().eye;
          return Math.hypot(now.x - eye.x, now.y - eye.y, now.z - eye.z) < 1e-3; }""",
        arg=stored["eye"],
    )


@pytest.mark.parametrize("name", ["webgl", "plotly"])
def test_a_space_map_begins_between_the_panels(open_map, name):
    page = open_map(name, 3)
    page.evaluate(
        """async () => {
          (await import("/map/geometry.js")).setInsets({ left: 250, right: 250, top: 60 });
          await window.embedlabMap.renderer.home();
        }"""
    )
    page.wait_for_function(
        """n => {
          const { clientWidth: width, clientHeight: height } = document.querySelector(".embedlab-map-stage");
          const places = Array.from({ length: n }, (_, row) => window.embedlabMap.screenPosition(row));
          const box = document.querySelector(".embedlab-map-stage").getBoundingClientRect();
          return places.every(({ x, y }) =>
            x - box.left > 250 && x - box.left < width - 250 && y - box.top > 60 && y - box.top < height);
        }""",
        arg=N_POINTS,
    )


def test_plotly_is_loaded_only_where_it_draws_and_moving_points_are_not_drawn_by_it(open_map):
    page = open_map("plotly")
    # Another map of the same points: they move to their new places.
    page.evaluate("data => window.embedlabMap.reconcile(data)", data() | {"projection": "p2b"})
    expect(page.locator(MAP)).to_have_attribute("data-renderer", "webgl")
    expect(page.locator(MAP)).to_have_attribute("data-ready", "true")
    x, y = position(page, MIDDLE)
    assert page.evaluate("([x, y]) => window.embedlabMap.pickAt(x, y)", [x, y]) == MIDDLE

    other = open_map("webgl")
    loaded = other.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [url for url in loaded if "plotly.min" in url]
    assert not other.evaluate("() => Boolean(window.Plotly)")


def test_without_webgl_a_sample_is_drawn_and_a_message_says_so(open_map):
    page = open_map("canvas")
    expect(page.locator(STATUS)).to_have_text(
        f"This browser has no WebGL 2: only a sample of {N_POINTS} points is shown."
    )
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert not [url for url in loaded if "plotly.min" in url]


def test_the_map_says_when_the_context_is_lost_and_draws_again(open_map):
    page = open_map("webgl")
    page.evaluate(
        """() => {
          window.lose = window.embedlabMap.renderer.gl.getExtension("WEBGL_lose_context");
          window.lose.loseContext();
        }"""
    )
    expect(page.locator(STATUS)).to_have_text("The browser is restoring the graphics …")
    page.evaluate("() => window.lose.restoreContext()")
    expect(page.locator(STATUS)).to_have_text("")
    page.wait_for_function("n => window.embedlabMap.renderer.nDrawn === n", arg=N_POINTS)
