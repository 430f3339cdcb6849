"""Speed, scale and leaks of the map in a real browser, beside an empty Streamlit page in the same run.

``python -m benchmarks.map_speed [--sizes 10000 100000 1000000] [--json FILE]``; needs Chromium or Chrome, and an idle
machine, on which all sizes take about ten minutes. It prints rows for RESULTS.md and writes all figures as JSON.

Every figure of a page is beyond the empty page's time to its first text; both are measured in turn. A picture counts as
drawn when the graphics card has finished it. ``--plotly-up-to N`` lets Plotly draw maps of up to N points, to choose
its limit.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, BrowserContext, Route, sync_playwright

from benchmarks import map_page
from benchmarks.counting_proxy import CountingProxy
from benchmarks.page_latency import EmptyServer
from benchmarks.side_by_side import machine
from embedlab.core.embedding import Embedding
from embedlab.core.settings import Settings
from embedlab.export import export_embedding
from embedlab.workspace.workspace import Workspace
from tests.browser.conftest import CHROMIUM_FLAGS, ROOT, Server, find_chromium

SIZES = (10_000, 100_000, 1_000_000)
VECTOR_SIZE = 100
#: Aims by number of points: seconds, milliseconds, frames per second.
AIMS: dict[str, dict[int, float]] = {
    "cold_s": {10_000: 0.6, 100_000: 0.6, 1_000_000: 1.5},
    "click_ms": {10_000: 150, 100_000: 150, 1_000_000: 200},
    "recolor_ms": {10_000: 60, 100_000: 100, 1_000_000: 600},
}
PLAYBACK_AIMS = {20_000: 30, 100_000: 15}
MOST_BYTES_PER_CLICK = 5_000
MOST_BYTES_PER_KEY = 250
_LIMITS = "PLOTLY_MOST_POINTS = {"


def clusters(n_keys: int) -> Embedding:
    """Return an embedding of twenty clusters, with counts."""
    random = np.random.default_rng(0)
    centers = random.normal(size=(20, VECTOR_SIZE)).astype(np.float32)
    vectors = centers[random.integers(20, size=n_keys)]
    for start in range(0, n_keys, 100_000):
        block = vectors[start : start + 100_000]
        block += random.normal(size=block.shape).astype(np.float32)
    counts = pd.DataFrame({"count": range(n_keys, 0, -1)})
    return Embedding(vectors, [f"word{i}" for i in range(n_keys)], metadata=counts)


def import_embedding(server: Server, n_keys: int, folder: Path) -> str:
    """Import an embedding as a user would; return its id."""
    path = folder / f"{n_keys}.bin"
    export_embedding(clusters(n_keys), "word2vec-binary", path)
    command = [sys.executable, "-m", "embedlab", "import", "vectors", str(path), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=server.environment, capture_output=True, text=True, check=False)
    path.unlink()
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return str(json.loads(done.stdout.strip().splitlines()[-1])["embedding"])


class ProxiedServer(Server):
    """A server of the app that a counting proxy may stand in front of."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.proxy = CountingProxy(self.port)

    @property
    def environment(self) -> dict[str, str]:
        """The environment, which allows the address of the proxy; no map is computed beside what is measured."""
        return super().environment | {
            "EMBEDLAB_ALLOWED_HOSTS": f"127.0.0.1:{self.proxy.port}",
            "EMBEDLAB_BACKGROUND_MAPS_S": "0",
        }


class Benchmark:
    """The servers, the browser and the results so far."""

    def __init__(self, browser: Browser, folder: Path, plotly_up_to: int | None) -> None:
        self.browser = browser
        self.folder = folder
        self.plotly_up_to = plotly_up_to
        homes = [folder / name for name in ("home", "empty")]
        for home in homes:
            home.mkdir()
        self.app, self.empty = ProxiedServer(homes[0]), EmptyServer(homes[1])

    def context(self) -> BrowserContext:
        """Open a browser with an empty cache."""
        context = self.browser.new_context(viewport={"width": 1280, "height": 720})
        context.add_init_script(map_page.FIRST_TEXT)
        if self.plotly_up_to is not None:
            context.route("**/all.js", self._change_limits)
        return context

    def _change_limits(self, route: Route) -> None:
        text = route.fetch().text()
        line = next(line for line in text.splitlines() if _LIMITS in line)
        limits = f"const {_LIMITS} 2: {self.plotly_up_to}, 3: {self.plotly_up_to} }};"
        route.fulfill(status=200, content_type="text/javascript", body=text.replace(line, limits))

    def painted_s(self, server: Server) -> float:
        """Start a server with a new process; return the time until its first page shows text."""
        context = self.context()
        page = context.new_page()
        started = time.perf_counter()
        server.start(imported=False)
        page.goto(server.origin)
        page.wait_for_function("() => window.firstText > 0", timeout=60_000)
        passed = time.perf_counter() - started
        context.close()
        return passed

    def starts(self, times: int = 3) -> dict[str, Any]:
        """Measure the start of both servers in turn; leave them running."""
        figures: dict[str, list[float]] = {"empty_s": [], "app_s": []}
        for number in range(times):
            for name, server in (("empty_s", self.empty), ("app_s", self.app)):
                figures[name].append(self.painted_s(server))
                if number < times - 1:
                    server.kill()
        return figures | {"beyond_s": _beyond(figures["app_s"], figures["empty_s"])}

    def cold(self, address: str, times: int = 5) -> dict[str, Any]:
        """Measure cold pages: the empty one to its first text, and the map to all points drawn."""
        figures: dict[str, list[float]] = {"empty_s": [], "map_s": []}
        for _ in range(times):
            context = self.context()
            page = context.new_page()
            page.goto(self.empty.origin)
            page.wait_for_function("() => window.firstText > 0", timeout=60_000)
            figures["empty_s"].append(page.evaluate("() => window.firstText") / 1000)
            context.close()
            context = self.context()
            page = context.new_page()
            map_page.open_map(page, f"{self.app.origin}{address}")
            figures["map_s"].append(page.evaluate(map_page.READY_MS) / 1000)
            context.close()
        return figures | {"beyond_s": _beyond(figures["map_s"], figures["empty_s"])}

    def measure_map(self, address: str, n_keys: int, n_clicks: int) -> dict[str, Any]:
        """Measure a map: cold page, clicks, bytes per click, recolor."""
        # The server opens the embedding once for everyone.
        context = self.context()
        page = context.new_page()
        started = time.perf_counter()
        map_page.open_map(page, f"{self.app.origin}{address}")
        first_s = time.perf_counter() - started
        page.wait_for_timeout(3000)
        clicks = []
        for index in map_page.clickable(page, n_keys, n_clicks):
            clicks.append(map_page.click_ms(page, index))
            page.wait_for_timeout(800)
        recolors = [page.evaluate(map_page.RECOLOR_MS) for _ in range(5)]
        renderer = page.locator(map_page.MAP).get_attribute("data-renderer")
        context.close()
        return {
            "renderer": renderer,
            "first_open_s": first_s,
            "cold": self.cold(address),
            "click_ms": clicks,
            "bytes_per_click": self.click_bytes(address, n_keys),
            "recolor_ms": recolors,
        }

    def click_bytes(self, address: str, n_keys: int, n_clicks: int = 7) -> list[int]:
        """Measure the bytes that pass in both directions within 1.5 seconds of a click, without what passes anyway.

        The question whether a program has selected keys, which the page asks every two seconds, is switched off:
        whether a window contains none, one or two of them is chance, and each is a quarter of a click.
        """
        figures = []
        context = self.context()
        page = context.new_page()
        with self.app.proxy as proxy:
            map_page.open_map(page, f"http://127.0.0.1:{proxy.port}{address}")
            page.evaluate("() => window.embedlabMap.outside.destroy()")
            page.wait_for_timeout(4000)
            for index in map_page.clickable(page, n_keys, n_clicks):
                start = proxy.n_bytes
                page.wait_for_timeout(1500)
                idle = proxy.n_bytes - start
                map_page.click_ms(page, index)
                page.wait_for_timeout(1500)
                figures.append(proxy.n_bytes - start - idle)
        context.close()
        return figures

    def playback(self, address: str) -> dict[str, Any]:
        """Measure frames per second of moving points on the app's page, by number of points and dimensions."""
        context = self.context()
        page = context.new_page()
        map_page.open_map(page, f"{self.app.origin}{address}")
        page.wait_for_timeout(2000)
        figures = {
            f"{n_components}-D, {n}": page.evaluate(map_page.PLAYBACK_FPS, [n, n_components])
            for n_components in (2, 3)
            for n in PLAYBACK_AIMS
        }
        context.close()
        return figures

    def leaks(self, address: str, times: int) -> dict[str, Any]:
        """Open the map many times on one page; return heap, contexts and server memory after 5 times and at the end."""
        context = self.context()
        page = context.new_page()
        page.add_init_script(map_page.COUNT_CONTEXTS)
        map_page.open_map(page, f"{self.app.origin}{address}")
        assert self.app.process is not None
        figures = map_page.reopen(page, self.app.process.pid, times)
        context.close()
        return figures


def _beyond(ours: list[float], empty: list[float]) -> float:
    return statistics.median(ours) - statistics.median(empty)


def server_memory(home: Path, embedding_id: str) -> dict[str, Any]:
    """Return the memory of an opened embedding in a new process, beyond its file."""
    command = [sys.executable, "-m", "benchmarks.embedding_memory", str(home), embedding_id]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def rows(results: dict[str, Any]) -> list[str]:
    """Return the results as Markdown for RESULTS.md."""
    lines = [
        "| Points | Cold page, more than empty | Empty | Click, median (max) | Recolor | Bytes per click | Drawn by |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in results["maps"]:
        cold, n_keys = each["cold"], each["n_keys"]
        click, recolor = statistics.median(each["click_ms"]), statistics.median(each["recolor_ms"])
        n_bytes = round(statistics.median(each["bytes_per_click"]))
        values = {"cold_s": cold["beyond_s"], "click_ms": click, "recolor_ms": recolor}
        marks = {
            name: "" if value <= AIMS[name].get(n_keys, float("inf")) else f" (aim {AIMS[name][n_keys]})"
            for name, value in values.items()
        }
        lines.append(
            f"| {each['n_components']}-D, {n_keys:,} | {cold['beyond_s']:.2f} s{marks['cold_s']} "
            f"| {statistics.median(cold['empty_s']):.2f} s "
            f"| {click:.0f} ms ({max(each['click_ms']):.0f}){marks['click_ms']} "
            f"| {recolor:.0f} ms{marks['recolor_ms']} | {n_bytes:,} | {each['renderer']} |"
        )
    lines.append("")
    for name, fps in results["playback"].items():
        lines.append(f"- Playback, {name} points: {fps:.0f} frames/s (aim {PLAYBACK_AIMS[int(name.split(', ')[1])]})")
    if start := results.get("start"):
        lines.append(
            f"- Server's start to first page: {statistics.median(start['app_s']):.2f} s, empty app "
            f"{statistics.median(start['empty_s']):.2f} s, {start['beyond_s']:.2f} s more (aim 1 s)"
        )
    lines += [
        f"- Memory of an opened embedding, {each['n_keys']:,} keys: its file and "
        f"{each['bytes_per_key']:.0f} bytes per key (aim {MOST_BYTES_PER_KEY})"
        for each in results["memory"]
    ]
    if leaks := results.get("leaks"):
        lines.append(f"- Map opened again and again: {json.dumps(leaks)}")
    return lines


def main() -> None:
    """Run the benchmark, print the table and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--clicks", type=int, default=6)
    parser.add_argument("--plotly-up-to", type=int)
    parser.add_argument("--opens", type=int, default=50)
    parser.add_argument("--json", type=Path, default=Path("map_speed.json"))
    parser.add_argument("--skip", nargs="*", default=[], choices=["start", "playback", "leaks", "memory"])
    args = parser.parse_args()
    path = find_chromium()
    if path is None:
        raise SystemExit("No Chromium or Chrome was found.")
    results: dict[str, Any] = {"machine": machine(), "maps": [], "playback": {}, "memory": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_FLAGS)
        # The browser is warm: only the app is measured.
        browser.new_page().close()
        benchmark = Benchmark(browser, Path(folder), args.plotly_up_to)
        try:
            _run(benchmark, args, results, lambda: args.json.write_text(json.dumps(results, indent=1)))
        finally:
            for server in (benchmark.app, benchmark.empty):
                if server.process is not None:
                    server.kill()
            browser.close()
    print("\n".join(rows(results)))


def _run(benchmark: Benchmark, args: argparse.Namespace, results: dict[str, Any], save: Callable[[], object]) -> None:
    results["start"] = benchmark.starts(1 if "start" in args.skip else 3)
    save()
    workspace = Workspace.open(Settings(home=benchmark.app.home))
    addresses = []
    for n_keys in args.sizes:
        print(f"importing {n_keys:,} keys", flush=True)
        embedding_id = import_embedding(benchmark.app, n_keys, benchmark.folder)
        if "memory" not in args.skip:
            memory = server_memory(benchmark.app.home, embedding_id)
            results["memory"].append({"n_keys": n_keys, **memory})
        for n_components in (2, 3):
            projections = workspace.projections(embedding_id)
            projection = next(row for row in projections if row.n_components == n_components)
            address = f"/map?embedding={embedding_id}&projection={projection.id}"
            addresses.append(address)
            figures = benchmark.measure_map(address, n_keys, args.clicks)
            results["maps"].append({"n_keys": n_keys, "n_components": n_components, **figures})
            print(json.dumps(results["maps"][-1]), flush=True)
            save()
    if "playback" not in args.skip:
        results["playback"] = benchmark.playback(addresses[0])
    if "leaks" not in args.skip:
        results["leaks"] = benchmark.leaks(addresses[0], args.opens)
    save()


if __name__ == "__main__":
    main()
