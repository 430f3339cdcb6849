"""Time to first paint, to a drawn map, and from a click to the true neighbors, in a real browser.

``python -m benchmarks.map_latency [--clicks 8]``; needs Chromium or Chrome.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.side_by_side import machine
from embedlab.core.embedding import Embedding
from embedlab.core.settings import Settings
from embedlab.export import export_embedding
from embedlab.workspace.workspace import Workspace
from tests.browser.conftest import CHROMIUM_FLAGS, Server, find_chromium

SIZES = (10_000, 100_000)
VECTOR_SIZE = 100


def clusters(n_keys: int) -> Embedding:
    """Return an embedding of twenty clusters."""
    random = np.random.default_rng(0)
    centers = random.normal(size=(20, VECTOR_SIZE))
    vectors = (centers[random.integers(20, size=n_keys)] + random.normal(size=(n_keys, VECTOR_SIZE))).astype(np.float32)
    return Embedding(
        vectors, [f"word{i}" for i in range(n_keys)], metadata=pd.DataFrame({"count": range(n_keys, 0, -1)})
    )


def bring(server: Server, embedding: Embedding, folder: Path) -> str:
    """Import an embedding as a user would; return its id."""
    path = folder / f"{embedding.n_keys}.bin"
    export_embedding(embedding, "word2vec-binary", path)
    imported = server.run("import", "vectors", str(path), "--json")
    if imported.returncode:
        raise SystemExit(imported.stdout)
    return str(json.loads(imported.stdout)["embedding"])


def click_ms(page: Page, index: int) -> float:
    """Click a point; return the time until its neighbors are drawn."""
    page.evaluate("() => { performance.clearMarks(); }")
    at = page.evaluate("index => window.embedlabMap.screenPosition(index)", index)
    page.evaluate(
        """() => window.addEventListener(
             "pointerup", () => { window.upAt = performance.now(); }, { capture: true, once: true })"""
    )
    page.mouse.move(at["x"] + 2, at["y"])
    page.mouse.move(at["x"], at["y"])
    page.mouse.down()
    page.mouse.up()
    page.wait_for_function("() => performance.getEntriesByName('embedlab-map:neighbors').length > 0")
    return float(
        page.evaluate("() => performance.getEntriesByName('embedlab-map:neighbors').at(-1).startTime - window.upAt")
    )


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clicks", type=int, default=8)
    args = parser.parse_args()
    path = find_chromium()
    if path is None:
        raise SystemExit("No Chromium or Chrome was found.")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        server = Server(home)
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_FLAGS)
        # The browser is already warm: only the app is measured.
        browser.new_page().close()
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        started = time.perf_counter()
        server.start()
        page.goto(server.origin)
        page.get_by_text("Try a sample").first.wait_for()
        print(f"server's start to Start page painted: {time.perf_counter() - started:.2f} s; {machine()}")
        workspace = Workspace.open(Settings(home=home))
        for n_keys in SIZES:
            embedding_id = bring(server, clusters(n_keys), Path(folder))
            for n_components in (2, 3) if n_keys <= SIZES[0] else (2,):
                projection = next(
                    row for row in workspace.projections(embedding_id) if row.n_components == n_components
                )
                _measure(browser, server, embedding_id, projection.id, n_components, n_keys, args.clicks)
        server.kill()
        browser.close()


def _inside(at: dict[str, float] | None, box: dict[str, float], margin: float = 60.0) -> bool:
    if at is None:
        return False
    across = box["x"] + margin < at["x"] < box["x"] + box["width"] - margin
    return across and box["y"] + margin < at["y"] < box["y"] + box["height"] - margin


def _measure(
    browser: Browser,
    server: Server,
    embedding_id: str,
    projection_id: str,
    n_components: int,
    n_keys: int,
    clicks: int,
) -> None:
    cold_s = []
    for _ in range(3):
        page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
        started = time.perf_counter()
        page.goto(f"{server.origin}/map?embedding={embedding_id}&projection={projection_id}")
        page.wait_for_selector('.embedlab-map[data-ready="true"]', timeout=60_000)
        cold_s.append(time.perf_counter() - started)
    page.wait_for_timeout(3000)
    box = page.locator(".embedlab-map").bounding_box()
    shuffled = np.random.default_rng(1).permutation(n_keys)[:400].tolist()
    where = "index => window.embedlabMap.screenPosition(index)"
    visible = [index for index in shuffled if _inside(page.evaluate(where, index), box)]
    times = []
    for index in visible[:clicks]:
        times.append(click_ms(page, index))
        page.wait_for_timeout(1000)
    print(
        f"{n_components}-D, {n_keys:,} points: cold page to all points drawn {statistics.median(cold_s):.2f} s "
        f"(max {max(cold_s):.2f}); click to neighbors highlighted {statistics.median(times):.0f} ms "
        f"(max {max(times):.0f}), {len(times)} clicks"
    )


if __name__ == "__main__":
    main()
