"""Names of axes on the map: both ends, the low one first; text from data is never markup."""

from __future__ import annotations

from embedlab.ui.shell.urls import static_url
from tests.browser.conftest import open_at

_SHOW = """
async (url) => {
  const { axisText, AxisNames } = await import(url);
  const host = document.createElement("div");
  const names = new AxisNames(host);
  const axes = [
    { title: "she - he", low: "he", high: "she" },
    { title: "<img src=x onerror=alert(1)>", low: "", high: "" },
    { title: "dimension 2", low: "", high: "tea" },
  ];
  names.show(axes.slice(0, 2), 2);
  const flat = [...host.querySelectorAll("span")].map((node) => [node.className, node.textContent]);
  names.show(axes, 3);
  const space = [...host.querySelectorAll("span")].map((node) => node.textContent);
  names.show(null, 2);
  return { text: axes.map(axisText), flat, space, left: host.querySelectorAll("span, img").length };
}
"""


def test_ends_of_axes_are_named(server, new_page) -> None:
    page = new_page(server.origin)
    open_at(page, server, "/")
    found = page.evaluate(_SHOW, static_url("map/axis_names.js"))
    markup = "<img src=x onerror=alert(1)>"
    assert found["text"] == ["\u2190 he\u2003she \u2192", markup, "tea \u2192"]
    assert found["flat"] == [["x", "\u2190 he\u2003she \u2192"], ["y", markup]]
    assert found["space"] == ["x: \u2190 he\u2003she \u2192", f"y: {markup}", "z: tea \u2192"]
    assert found["left"] == 0
