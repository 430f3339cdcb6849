"""A million rows of each kind of discrete data: imported and trained by the command line, beside what it estimated.

``python -m benchmarks.discrete_scale [--only table sequences ...] [--rows 1000000]``

All data is made with planted structure (images: 70,000). Each training is a job of its own with default parameters, in
a new workspace, so that no earlier run corrects an estimate. Time is the wall time of the whole job: training,
scores, baselines, the first maps' neighbors and files; memory is the peak of its process.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import psutil

from benchmarks.side_by_side import machine
from embedlab.core.settings import Settings
from embedlab.jobs.estimates import peak_memory_of
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.workspace import Workspace


class Case(NamedTuple):
    """A kind of data, how a file of it is made, options of its import, and the models that learn from it."""

    kind: str
    write: Callable[[Path, int], None]
    suffix: str
    models: tuple[str, ...]
    options: tuple[str, ...] = ()
    n_rows: int | None = None


def adverts(path: Path, n_rows: int) -> None:
    """Write a table with a price that depends on two categories and six numbers."""
    rng = np.random.default_rng(0)
    zip_effect, type_effect = rng.normal(size=2_000), rng.normal(size=50)
    for start in range(0, n_rows, 100_000):
        n = min(100_000, n_rows - start)
        zips, types = np.minimum(rng.zipf(1.3, n) - 1, 1_999), rng.integers(0, 50, n)
        numbers = rng.normal(size=(n, 6))
        price = np.exp(5 + 0.4 * zip_effect[zips] + 0.3 * type_effect[types] + numbers @ np.linspace(0, 0.2, 6))
        frame = pd.DataFrame(numbers.round(4), columns=[f"size {number}" for number in range(6)])
        frame.insert(0, "zip", [f"{each:05d}" for each in zips])
        frame.insert(1, "type", [f"type {each}" for each in types])
        frame["sold"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1_000, n), unit="D")
        frame["price"] = (price * np.exp(rng.normal(0, 0.1, n))).round(2)
        frame.to_csv(path, mode="a", header=start == 0, index=False)


def sensors(path: Path, n_rows: int) -> None:
    """Write twenty numbers a row that come from five hidden ones."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(5, 20))
    for start in range(0, n_rows, 100_000):
        hidden = rng.normal(size=(min(100_000, n_rows - start), 5))
        rows = np.tanh(hidden) @ mixing + 0.3 * rng.normal(size=(len(hidden), 20))
        frame = pd.DataFrame(rows, columns=[f"sensor {column}" for column in range(20)])
        frame.to_csv(path, mode="a", header=start == 0, index=False, float_format="%.5f")


def visits(path: Path, n_rows: int, n_items: int = 2_000) -> None:
    """Write users who walk among items: mostly to the next ones, sometimes to a popular one."""
    rng = np.random.default_rng(0)
    users = np.sort(rng.integers(0, n_rows // 10, n_rows))
    popular = np.minimum((n_items * rng.random(n_rows) ** 3).astype(int), n_items - 1)
    items = np.empty(n_rows, np.int64)
    step, stays = rng.integers(1, 4, n_rows), rng.random(n_rows) < 0.7
    current, last = 0, -1
    for row in range(n_rows):
        current = (current + step[row]) % n_items if stays[row] and users[row] == last else int(popular[row])
        items[row], last = current, users[row]
    order = rng.permutation(n_rows)
    with path.open("w", encoding="utf-8") as stream:
        stream.write("user,item,time\n")
        stream.writelines(f"u{users[row]},item {items[row]},{1_600_000_000 + 60 * row}\n" for row in order.tolist())


def strokes(n: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of images and labels: a template for each class, shifted, of other strength, with noise.

    As MNIST in number, size and sparsity, and not in content.
    """
    from scipy.ndimage import gaussian_filter

    rng = np.random.default_rng(seed)
    templates = np.zeros((10, 28, 28))
    for template in templates:
        at = rng.uniform(8, 20, 2)
        for step in rng.normal(size=(60, 2)).cumsum(axis=0) / 3:
            row, column = np.clip(at + step, 5, 22).astype(int)
            template[row, column] = 1
    templates = np.stack([gaussian_filter(each, 1.0) for each in templates])
    templates /= templates.max(axis=(1, 2), keepdims=True)
    for start in range(0, n, 5000):
        labels = rng.integers(0, 10, min(5000, n - start))
        images = templates[labels] * rng.uniform(0.6, 1.0, (len(labels), 1, 1))
        shifts = rng.integers(-3, 4, (len(labels), 2))
        images = np.stack([np.roll(image, shift, (0, 1)) for image, shift in zip(images, shifts.tolist(), strict=True)])
        images = np.clip(images + rng.normal(0, 0.08, images.shape) * (images > 0.05), 0, 1)
        yield (255 * images).astype(np.uint8), labels.astype(np.uint8)


def digits(path: Path, n_images: int) -> None:
    """Write strokes of 28 x 28 in ten classes."""
    blocks = list(strokes(n_images, 0))
    images, labels = (np.concatenate(part) for part in zip(*blocks, strict=True))
    np.savez(path, images=images, labels=labels)


def choices(path: Path, n_pairs: int) -> None:
    """Write different pairs of 100,000 ids with 20,000, in planted groups of uneven popularity."""
    rng = np.random.default_rng(0)
    n_left, n_right, n_groups = n_pairs // 10, n_pairs // 50, max(n_pairs // 5_000, 1)
    left = rng.integers(0, n_left, n_pairs + n_pairs * 2 // 5)
    place = (rng.random(len(left)) ** 2 * (n_right // n_groups)).astype(np.int64)
    pairs = np.unique(np.column_stack([left, place * n_groups + left % n_groups]), axis=0)
    pairs = rng.permutation(pairs)[:n_pairs]
    pd.DataFrame({"user": pairs[:, 0], "item": pairs[:, 1]}).to_csv(path, index=False)


def links(path: Path, n_edges: int) -> None:
    """Write links mostly inside groups of a hundred nodes, some of which have many links."""
    rng = np.random.default_rng(0)
    n_nodes = n_edges // 10
    shares = rng.pareto(2, n_nodes) + 1
    sources = rng.choice(n_nodes, n_edges, p=shares / shares.sum())
    near = sources // 100 * 100 + rng.integers(0, 100, n_edges)
    targets = np.where(rng.random(n_edges) < 0.8, near, rng.choice(n_nodes, n_edges, p=shares / shares.sum()))
    with path.open("w", encoding="utf-8") as file:
        file.write("# Undirected graph: made\n# FromNodeId\tToNodeId\n")
        np.savetxt(file, np.column_stack([sources, targets]), fmt="%d", delimiter="\t")


def tree(path: Path, n_edges: int) -> None:
    """Write a tree whose nodes have ten children each."""
    children = np.arange(1, n_edges + 1)
    with path.open("w", encoding="utf-8") as file:
        file.write("parent,child\n")
        np.savetxt(file, np.column_stack([(children - 1) // 10, children]), fmt="n%d", delimiter=",")


CASES = {
    "table": Case("table", adverts, ".csv", ("entity-embeddings",), ("--target", "price")),
    "numbers": Case("table", sensors, ".csv", ("standardization", "pca-whitening", "autoencoder")),
    "sequences": Case("sequences", visits, ".csv", ("markov", "item2vec", "next-item")),
    "images": Case("images", digits, ".npz", ("image-classifier",), n_rows=70_000),
    "pairs": Case("pairs", choices, ".csv", ("two-tower",)),
    "graph": Case("graph", links, ".txt", ("node2vec", "spectral")),
    "tree": Case("graph", tree, ".csv", ("poincare",)),
}


def main() -> None:
    """Run the chosen cases and print a row of a table for each training."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--models", nargs="+", help="default: all of the case")
    parser.add_argument("--rows", type=int, default=1_000_000)
    args = parser.parse_args()
    print(machine())
    for name in args.only:
        case = CASES[name]
        models = [each for each in case.models if not args.models or each in args.models]
        with tempfile.TemporaryDirectory() as folder:
            measure(name, case, models, min(args.rows, case.n_rows or args.rows), Path(folder))


def measure(name: str, case: Case, models: list[str], n_rows: int, folder: Path) -> None:
    """Import the data of a case and train each model once."""
    home, path = folder / "home", folder / f"made{case.suffix}"
    case.write(path, n_rows)
    dataset, seconds, memory_mb = command(home, "import", case.kind, str(path), *case.options)
    print(f"{name}: {path.stat().st_size / 1e6:.0f} MB imported in {seconds:.1f} s, {memory_mb:,.0f} MB", flush=True)
    print(f"  {dataset['counts']}", flush=True)
    for model in models:
        try:
            trained(home, dataset["id"], name, model)
        except subprocess.CalledProcessError as error:
            print(f"| {name} | {model} | failed: {error.stdout} |", flush=True)


def trained(home: Path, dataset: str, name: str, model: str) -> None:
    """Train once and print time and memory beside the estimates."""
    estimate = command(home, "train", dataset, model, "--estimate")[0]
    run = command(home, "train", dataset, model)[0]
    job = Jobs(Workspace.open(Settings(home=home))).job(run["run"])
    peak_mb = peak_memory_of(job.result) or float("nan")
    scores = {key: round(value, 3) for key, value in run["scores"].items() if isinstance(value, float)}
    seconds = run["seconds"]
    print(
        f"| {name} | `{model}` | {seconds:.0f} s | {estimate['seconds']:.0f} s | {seconds / estimate['seconds']:.2f} "
        f"| {peak_mb:,.0f} MB | {estimate['memory_mb']:,.0f} MB | {peak_mb / estimate['memory_mb']:.2f} |",
        flush=True,
    )
    print(f"  {scores}", flush=True)


def command(home: Path, *arguments: str) -> tuple[dict[str, Any], float, float]:
    """Return the JSON that a command writes, its seconds, and the peak memory of its largest process in MB."""
    environment = {**os.environ, "EMBEDLAB_HOME": str(home)}
    started = time.perf_counter()
    line = [sys.executable, "-m", "embedlab", *arguments, "--json"]
    with subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, text=True) as process:
        memory = LargestProcess(home)
        memory.start()
        output, _ = process.communicate()
        memory.ends.set()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, arguments, output)
    found: dict[str, Any] = json.loads(output)
    return found, time.perf_counter() - started, memory.peak_mb


class LargestProcess(threading.Thread):
    """The peak memory of the largest process that works for a workspace; looks four times a second."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        self.home = str(home)
        self.ends = threading.Event()
        self.peak_mb = 0.0

    def run(self) -> None:
        """Look until the end."""
        while not self.ends.wait(0.25):
            for process in psutil.process_iter():
                try:
                    if process.environ().get("EMBEDLAB_HOME") == self.home:
                        self.peak_mb = max(self.peak_mb, process.memory_info().rss / 1e6)
                except psutil.Error:
                    continue


if __name__ == "__main__":
    main()
