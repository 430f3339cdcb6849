"""The page is the map: nothing scrolls, bookmarks are presented, what is seen is exported, and a program selects."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from embedlab.core.settings import Settings
from embedlab.workspace.highlight.store import newest, set_highlight
from embedlab.workspace.workspace import Workspace
from tests.browser.conftest import open_at, settle
from tests.browser.steps import MAP, wait_for_map, wait_until, wait_until_still
from tests.ui.conftest import N_KEYS, keep, planted

NS = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def planted_map(server):
    """The circle of `planted`, in the workspace of a server."""
    workspace = Workspace.open(Settings(home=server.home))
    embedding_id, _ = keep(workspace, planted(), "Circle")
    yield workspace, embedding_id
    workspace.close()


def ranges(page):
    return page.evaluate("() => window.embedlabMap.camera()")


# The number of names on the map that a panel covers.
_HIDDEN_NAMES = """() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].map((node) => node.getBoundingClientRect());
  const panels = boxes(".st-key-map-options, .st-key-map-details");
  const inside = (a, b) => a.left < b.right - 4 && b.left + 4 < a.right && a.top < b.bottom - 4 && b.top + 4 < a.bottom;
  return boxes(".embedlab-map-overlay text").filter((a) => a.width && panels.some((b) => inside(a, b))).length;
}"""


def assert_one_row_above_the_map(page):
    """A long text of the jobs does not move the breadcrumb onto the panels."""
    # As `work_indicator` draws it while jobs are active.
    page.locator(".st-key-frame > :has(.st-key-breadcrumb)").evaluate(
        """node => {
          const wrapper = document.createElement("div");
          wrapper.innerHTML = '<div class="stHorizontalBlock st-key-work"><div class="stMarkdown"><p></p></div></div>';
          wrapper.querySelector("p").textContent = "50% · map ".repeat(40);
          node.before(wrapper);
        }"""
    )
    breadcrumb = page.locator(".st-key-breadcrumb").bounding_box()
    panel = page.locator(".st-key-map-details").bounding_box()
    assert breadcrumb["y"] + breadcrumb["height"] <= panel["y"]
    assert breadcrumb["x"] + breadcrumb["width"] <= 1280


def assert_notices_are_between_the_panels(page):
    """What the address says wrongly is explained; what a callback says leaves the style of the page as it is."""
    notice = page.locator(".stAlert").bounding_box()
    search = page.locator(".embedlab-map-search").bounding_box()
    options, details = (page.locator(f".st-key-map-{name}") for name in ("options", "details"))
    # What opens below the search box and the buttons is above it.
    assert notice["y"] >= search["y"] + search["height"] + 200
    assert notice["y"] + notice["height"] < 720
    assert notice["x"] >= options.bounding_box()["x"] + options.bounding_box()["width"]
    assert notice["x"] + notice["width"] <= details.bounding_box()["x"]
    press(page, "PageDown")
    expect(page.get_by_text("This map has no bookmarks yet.")).to_be_visible()
    settle(page)
    for panel in (options, details):
        assert panel.evaluate("node => getComputedStyle(node).position") == "absolute"


def press(page, key):
    page.locator(MAP).focus()
    page.keyboard.press(key)


def test_the_map_fills_the_window_and_its_bookmarks_are_presented(server, new_page, planted_map):
    _, embedding_id = planted_map
    page = new_page(server.origin)
    open_at(page, server, f"/map?embedding={embedding_id}&key=key4")
    wait_for_map(page)
    expect(page.locator(MAP)).to_have_attribute("data-neighbors", re.compile("3,5"))
    box = page.locator(MAP).bounding_box()
    main = page.locator(".stMain").bounding_box()
    assert box == main
    heights = page.evaluate("() => [document.querySelector('.stMain').scrollHeight, document.body.scrollHeight]")
    assert max(heights) <= 720
    # The panels float over the map; all their points stay between them on the first view.
    options, details = page.locator(".st-key-map-options"), page.locator(".st-key-map-details")
    assert options.bounding_box()["x"] > box["x"]
    assert details.bounding_box()["x"] + details.bounding_box()["width"] < box["x"] + box["width"]
    # Labels stay clear of the head of the page, which has no background.
    rectangles = page.evaluate("() => window.embedlabMap.controlRectangles()")
    for panel in (options.bounding_box(), details.bounding_box()):
        left, top, width = panel["x"] - main["x"], panel["y"] - main["y"], panel["width"]
        assert [left, top, width] in [pytest.approx(each[:3], abs=1) for each in rectangles]
    left, top, width, height = rectangles[0]
    assert (left, top, width) == (0, 0, main["width"])
    assert options.bounding_box()["y"] - main["y"] - 12 < height
    press(page, "Escape")
    press(page, "h")
    settle(page)
    wait_until_still(page)
    left = options.bounding_box()["x"] + options.bounding_box()["width"]
    places = page.evaluate(
        f"() => Array.from({{ length: {N_KEYS} }}, (_, i) => window.embedlabMap.screenPosition(i).x)"
    )
    assert left < min(places)
    assert max(places) < details.bounding_box()["x"]
    # Names are beside the panels, not under them.
    assert page.evaluate(_HIDDEN_NAMES) == 0
    assert_one_row_above_the_map(page)
    details.get_by_role("button", name="Details").click()
    settle(page)
    assert page.locator(MAP).bounding_box() == box

    # Two bookmarks: the whole map, and a pick.
    bookmark(page, "Overview", "All of it")
    overview = ranges(page)
    page.evaluate("() => window.embedlabMap.pick(20, { fly: true })")
    expect(page.locator(MAP)).to_have_attribute("data-picked", "20")
    settle(page)
    wait_until_still(page)
    bookmark(page, "Detail", "<b>Look</b> here")

    press(page, "p")
    expect(page.locator(MAP)).to_have_attribute("data-presenting", "true")
    expect(options).to_be_hidden()
    expect(page.locator("[data-testid=stSidebar]")).to_be_hidden()
    expect(page.locator(".embedlab-map-title")).to_contain_text("Circle")
    page.keyboard.press("PageUp")
    expect(page.locator(".embedlab-map-note")).to_contain_text("1 / 2 Overview", use_inner_text=True)
    expect(page.locator(MAP)).to_have_attribute("data-picked", "")
    page.keyboard.press("PageDown")
    expect(page.locator(".embedlab-map-note .note")).to_have_text("<b>Look</b> here")
    expect(page.locator(MAP)).to_have_attribute("data-picked", "20")
    page.keyboard.press("PageUp")
    expect(page.locator(MAP)).to_have_attribute("data-picked", "")
    page.keyboard.press("Escape")
    expect(page.locator(MAP)).to_have_attribute("data-presenting", "false")
    expect(options).to_be_visible()
    settle(page)
    # Presented in a window of another shape, and back: the middle is the same.
    first, listed = options.get_by_role("button", name="1. Overview"), options.get_by_text("Bookmarks (2)")
    expect(listed).to_be_visible()
    if not first.is_visible():
        listed.click()
    first.click()
    settle(page)
    wait_until_still(page)
    for axis in ("x", "y"):
        assert sum(ranges(page)[axis]) == pytest.approx(sum(overview[axis]), abs=0.02)


def bookmark(page, name, note):
    press(page, "m")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill(name)
    dialog.get_by_role("textbox", name="Note").fill(note)
    dialog.get_by_role("button", name="Save bookmark").click()
    expect(dialog).to_be_hidden()
    settle(page)


def test_what_is_seen_is_exported_and_a_program_selects(server, new_page, planted_map, tmp_path, chromium):
    workspace, embedding_id = planted_map
    page = new_page(server.origin)
    open_at(page, server, f"/map?embedding={embedding_id}&projection=aaaaaaaaaaaa&color=genres&key=key1")
    wait_for_map(page)
    assert_notices_are_between_the_panels(page)
    expect(page.locator(".embedlab-map-overlay text.picked")).to_be_visible()
    files = {kind: exported(page, kind, tmp_path) for kind in ("png", "svg", "html")}
    content = files["png"].read_bytes()
    box = page.locator(MAP).bounding_box()
    assert struct.unpack(">II", content[16:24]) == (2 * box["width"], 2 * box["height"])
    root = ElementTree.parse(files["svg"]).getroot()
    texts = [node.text or "" for node in root.iter(f"{NS}text")]
    assert any(text.startswith("<img src=x") for text in texts)
    assert {"genres", "g0"} <= set(texts)
    assert len(list(root.iter(f"{NS}circle"))) > 12
    assert not list(root.iter(f"{NS}img"))

    # The HTML file opens offline, and a name in it is only a name.
    context = chromium.new_context(offline=True)
    alone = context.new_page()
    alone.set_default_timeout(90_000)
    requests = []
    alone.on("request", lambda request: requests.append(request.url))
    alone.on("dialog", lambda dialog: requests.append(dialog.message))
    alone.goto(files["html"].as_uri())
    alone.wait_for_selector(".gl-canvas")
    assert "label 4" in alone.evaluate(
        "() => document.querySelector('.js-plotly-plot').data.flatMap((each) => each.hovertext ?? [])"
    )
    assert alone.locator("img[src=x]").count() == 0
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()

    # A program selects, and reads what a person selects.
    page.wait_for_event("response", lambda answer: answer.url.endswith("/highlight"))
    set_highlight(workspace, embedding_id, ["key7", "key8"])
    expect(page.locator(MAP)).to_have_attribute("data-selected", "2")
    page.evaluate("() => window.embedlabMap.selecting.toggle(30)")
    wait_until(page, lambda: newest(workspace, embedding_id).keys == ("key7", "key8", "key30"))


# Color and number of the points of an HTML file, and whether its legend hides them, by the names of their colors.
_OF_FILE = """() => document.querySelector(".js-plotly-plot").data.filter((trace) => trace.hovertext?.length)
  .map((trace) => [trace.name, trace.marker.color, trace.visible ?? true, trace.hovertext.length])"""


def test_an_html_file_looks_like_the_map(server, new_page, planted_map, tmp_path, chromium):
    _, embedding_id = planted_map
    page = new_page(server.origin, color_scheme="dark")
    open_at(page, server, f"/map?embedding={embedding_id}&projection=aaaaaaaaaaaa&color=genres")
    wait_for_map(page)
    page.locator(".st-key-expander-appearance summary").click()
    settle(page)
    page.get_by_role("combobox", name="Palette").click()
    page.get_by_role("option", name="Tol").click()
    settle(page)
    page.evaluate("() => window.embedlabMap.renderer.zoom(2)")
    page.locator(".embedlab-map-legend button", has_text="g3").click()
    settle(page)
    seen = page.evaluate(
        """() => {
          const map = window.embedlabMap;
          const { colors, codes } = map.look.emphasized();
          return { color: colors[codes[3]], background: map.theme.background, view: map.camera() };
        }"""
    )
    file = exported(page, "html", tmp_path)
    alone = chromium.new_context(offline=True, viewport={"width": 1280, "height": 720}).new_page()
    alone.set_default_timeout(90_000)
    alone.goto(file.as_uri())
    alone.wait_for_selector(".gl-canvas")
    traces = {name: rest for name, *rest in alone.evaluate(_OF_FILE)}
    assert traces["g3"] == [seen["color"], True, 4]
    assert traces["g0"][1] == "legendonly", "pressed colors are those that are seen"
    assert len({color for name, (color, *_) in traces.items() if name.startswith("g")}) > 8
    shown = alone.evaluate(
        """() => {
          const { xaxis, paper_bgcolor: background } = document.querySelector(".js-plotly-plot")._fullLayout;
          return { background, x: [...xaxis.range] };
        }"""
    )
    assert shown["background"] == seen["background"]
    assert shown["x"][0] <= seen["view"]["x"][0] < seen["view"]["x"][1] <= shown["x"][1]
    alone.context.close()


def exported(page, kind, folder) -> Path:
    page.locator('[data-action="download"]').click()
    with page.expect_download() as waiting:
        page.locator(f'[data-export="{kind}"]').click()
    name = waiting.value.suggested_filename
    assert name == f"circle-pca-2-d.{kind}"
    waiting.value.save_as(folder / name)
    return folder / name
