"""What `map_speed` does in the browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import psutil
from playwright.sync_api import Page

MAP = ".embedlab-map"
#: The time at which the page first shows text of the script, as `window.firstText`.
FIRST_TEXT = """
const look = () => {
  const text = document.querySelector("[data-testid=stMain] :is(h1, h2, p)");
  if (text && text.textContent) requestAnimationFrame(() => { window.firstText ??= performance.now(); });
  else requestAnimationFrame(look);
};
look();
"""
READY_MS = "() => performance.getEntriesByName('embedlab-map:ready')[0].startTime"
#: Contexts that were made, as `window.contexts`; those that were freed are lost.
COUNT_CONTEXTS = """
// Held weakly: a strong reference would keep the canvas of every closed map, and all that listens to it.
window.contexts = [];
const isCounted = (context) => window.contexts.some((each) => each.deref() === context);
const original = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const context = original.call(this, kind, ...rest);
  if (context && kind.startsWith("webgl") && !isCounted(context)) window.contexts.push(new WeakRef(context));
  return context;
};
"""
#: From one color to the clusters, with the column in memory.
RECOLOR_MS = """
async () => {
  const map = window.embedlabMap;
  const drawn = async (color) => {
    map.data = { ...map.data, color };
    await map.look.change(map.data);
    await map.renderer.finished?.();
    await new Promise(requestAnimationFrame);
  };
  await drawn(null);
  await new Promise((resolve) => setTimeout(resolve, 800));
  const start = performance.now();
  await drawn("~clusters");
  return performance.now() - start;
}
"""
#: Frames per second of points that move between two places, on a canvas in the place of the map's own.
PLAYBACK_FPS = """
async ([n, d]) => {
  const bundle = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/all.js"));
  const { WebglRenderer } = (await import(bundle.name)).load("map/webgl_renderer.js");
  // A page shows one canvas, and without a graphics card the browser takes longer to blend two than to draw the points.
  const own = window.embedlabMap.renderer.node;
  own.style.display = "none";
  const renderer = new WebglRenderer(window.embedlabMap.stage, d);
  let state = 7;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  const codes = Uint8Array.from({ length: n }, (_, i) => i % 12);
  const center = (i) => Math.cos(codes[Math.floor(i / d)] + (i % d));
  const make = () => Float32Array.from({ length: n * d }, (_, i) => center(i) + random());
  const [from, to, now] = [make(), make(), new Float32Array(n * d)];
  const colors = Array.from({ length: 12 }, (_, i) => `hsl(${30 * i}, 60%, 45%)`);
  renderer.setPoints(from);
  renderer.setGroups({ codes, colors, nColored: 12, faintFrom: 12 }, null, 3, 0.6);
  await renderer.draw();
  let frames = 0;
  const start = performance.now();
  while (performance.now() - start < 3000) {
    const share = (1 - Math.cos(frames / 10)) / 2;
    for (let i = 0; i < now.length; i += 1) now[i] = from[i] + (to[i] - from[i]) * share;
    await renderer.setPositions(now);
    await renderer.finished();
    frames += 1;
  }
  renderer.destroy();
  own.style.display = "";
  return (1000 * frames) / (performance.now() - start);
}
"""
_CLICK = """
(index) => {
  const node = document.querySelector(".embedlab-map");
  window.clicked = 0;
  window.addEventListener("pointerup", () => {
    const start = performance.now();
    const look = () => {
      if (Number(node.dataset.picked) === index && node.dataset.neighbors) {
        requestAnimationFrame(() => { window.clicked = performance.now() - start; });
      } else requestAnimationFrame(look);
    };
    look();
  }, { capture: true, once: true });
}
"""


def open_map(page: Page, url: str) -> None:
    """Open a map and wait until all its points are drawn."""
    page.goto(url)
    # Not `wait_for_selector`: the handle that it returns keeps the map in memory after its page is left.
    page.locator(f'{MAP}[data-ready="true"]').wait_for(timeout=180_000)


def clickable(page: Page, n_keys: int, n: int) -> list[int]:
    """Return random points that a click at their place picks."""
    rows = np.random.default_rng(1).permutation(n_keys)[:600].tolist()
    found: list[int] = page.evaluate(
        """([rows, n]) => {
          const map = window.embedlabMap, box = map.stage.getBoundingClientRect(), margin = 60;
          return rows.filter((row) => {
            const at = map.screenPosition(row);
            if (!at || at.x < box.left + margin || at.x > box.right - margin) return false;
            if (at.y < box.top + margin || at.y > box.bottom - margin) return false;
            if (!document.elementFromPoint(at.x, at.y)?.closest(".embedlab-map-stage")) return false;
            return map.pickAt(at.x, at.y) === row;
          }).slice(0, n);
        }""",
        [rows, n],
    )
    return found


def click_ms(page: Page, index: int) -> float:
    """Click a point; return the time from releasing the button until its true neighbors are drawn."""
    at = page.evaluate("index => window.embedlabMap.screenPosition(index)", index)
    page.mouse.move(at["x"] + 2, at["y"])
    page.mouse.move(at["x"], at["y"])
    page.evaluate(_CLICK, index)
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("() => window.clicked > 0", timeout=60_000)
    return float(page.evaluate("() => window.clicked"))


def reopen(page: Page, server_pid: int, times: int) -> dict[str, Any]:
    """Leave the map and open it again by the links of the app; return what it uses after 5 times and at the end."""
    session = page.context.new_cdp_session(page)
    server = psutil.Process(server_pid)
    figures: dict[str, Any] = {}

    def look() -> dict[str, float]:
        page.wait_for_timeout(1500)
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"]
        contexts = page.evaluate(
            "() => window.contexts.map((each) => each.deref()).filter((gl) => gl && !gl.isContextLost()).length"
        )
        return {
            "heap_mb": round(heap / 1e6, 1),
            "contexts": contexts,
            "canvases": page.locator(f"{MAP} canvas").count(),
            "server_mb": round(server.memory_info().rss / 1e6),
        }

    for number in range(1, times + 1):
        page.locator("[data-testid=stSidebarNavLink], [data-testid=stSidebar] a", has_text="Basics").first.click()
        page.locator(MAP).wait_for(state="detached")
        page.locator("[data-testid=stSidebarNavLink], [data-testid=stSidebar] a", has_text="Map").first.click()
        page.locator(f'{MAP}[data-ready="true"]').wait_for(timeout=60_000)
        if number in (5, times):
            figures[f"after {number}"] = look()
    return figures
