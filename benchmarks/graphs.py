"""Graphs: hidden links beside simple rules, walks per second beside a plain Python loop.

``python -m benchmarks.graphs [--seeds 3] [--only planted films walks tree]``

`planted` is a stochastic block model, whose best possible AUC is known; `films` links films of ml-latest-small that at
least `--common` users have rated; `walks` compares walks and their training with a loop in Python and gensim; `tree` is
a regular tree.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.side_by_side import DATA
from embedlab.evaluation.graphs.link_prediction import link_test, score_links
from embedlab.kinds.base import BuildContext
from embedlab.kinds.graph.dataset import GraphDataset, GraphSplit
from embedlab.kinds.graph.kind import GraphKind
from embedlab.models.contract.base import QuietContext, TrainingResult
from embedlab.models.node2vec.training import Walker
from embedlab.models.registry import model
from embedlab.models.shared.graphs.vector_links import ValidationLinks, best_links
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.tasks.registry import task

PARTS = ("planted", "films", "walks", "tree")


def main() -> None:
    """Run the chosen parts and print one line per model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--common", type=int, default=30)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        for part in args.only:
            print(f"== {part}", flush=True)
            if part == "planted":
                best = 0.714 * 0.8 + 0.5 * (0.714 * 0.2 + 0.286 * 0.8)
                print(f"best possible AUC {best:.3f}")
                _links(imported(_planted(), folder / part), args.seeds)
            elif part == "films":
                _links(imported(_films(args.common), folder / part), args.seeds)
            elif part == "walks":
                _walks(imported(_planted(), folder / part))
            else:
                _tree(imported(_tree_text(3, 4), folder / part))


def imported(text: str, folder: Path) -> GraphDataset:
    """Import an edge list given as text."""
    folder.mkdir()
    (folder / "edges.txt").write_text(text, encoding="utf-8")
    return _imported_file(folder / "edges.txt", folder / "dataset")


def _imported_file(path: Path, folder: Path) -> GraphDataset:
    folder.mkdir()
    kind, upload = GraphKind(), OpenedUpload(path, Limits())
    started = time.perf_counter()
    kind.build(upload, kind.guess_options(upload), folder, BuildContext())
    dataset = GraphDataset.open(folder)
    seconds = time.perf_counter() - started
    print(f"{dataset.n_nodes:,} nodes, {dataset.edges.n_edges:,} edges, imported in {seconds:.1f} s", flush=True)
    return dataset


def _planted(n_nodes: int = 1000, n_groups: int = 5, inside: float = 0.05, between: float = 0.005) -> str:
    rng = np.random.default_rng(0)
    group = np.arange(n_nodes) % n_groups
    first, second = np.triu_indices(n_nodes, 1)
    linked = rng.random(len(first)) < np.where(group[first] == group[second], inside, between)
    return "source,target\n" + "".join(f"n{a},n{b}\n" for a, b in zip(first[linked], second[linked], strict=True))


def _films(common: int) -> str:
    """Link films of ml-latest-small that many users have rated, by how many."""
    from scipy.sparse import csr_array

    ratings = pd.read_csv(DATA / "ml-latest-small" / "ratings.csv")
    users, items = pd.factorize(ratings["userId"])[0], pd.factorize(ratings["movieId"])
    matrix: Any = csr_array((np.ones(len(users)), (users, items[0])))
    shared = (matrix.T @ matrix).tocoo()
    chosen = (shared.row < shared.col) & (shared.data >= common)
    rows = zip(items[1][shared.row[chosen]], items[1][shared.col[chosen]], shared.data[chosen], strict=True)
    return "source,target,weight\n" + "".join(f"{a},{b},{weight:.0f}\n" for a, b, weight in rows)


def trained(name: str, data: Any, counts: dict[str, Any], **given: Any) -> tuple[TrainingResult, float, float]:
    """Train a model with its defaults; return the result, its CPU seconds, and the estimate."""
    known = model(name)
    parameters = known.parameters_class.checked({**known.defaults(counts).model_dump(), **given})
    with tempfile.TemporaryDirectory() as scratch:
        started = time.process_time()
        result = known.train(data, parameters, QuietContext(Path(scratch)))
        seconds = time.process_time() - started
    return result, seconds, known.estimate(counts, parameters, 1).seconds


def _links(dataset: GraphDataset, n_seeds: int) -> None:
    links = task("links")
    found: dict[str, list[dict[str, float]]] = {}
    for seed in range(n_seeds):
        protocol = links_protocol(seed)
        with tempfile.TemporaryDirectory() as scratch:
            parts = links.split(dataset, protocol, Path(scratch))
        settings: list[tuple[str, str, dict[str, Any]]] = [
            ("node2vec", "node2vec p = q = 1 (DeepWalk)", {}),
            ("node2vec", "node2vec q = 0.5", {"q": 0.5}),
            ("node2vec", "node2vec q = 2", {"q": 2.0}),
            ("spectral", "spectral", {}),
        ]
        for name, title, given in settings:
            result, seconds, estimate = trained(name, parts.learned, dataset.imported.counts, seed=seed, **given)
            scores = links.judge(result, parts)
            kept = {key: value for key, value in scores.items() if key in {"auc", "auc_hard", "hits@10"}}
            found.setdefault(title, []).append({**kept, "seconds": seconds, "estimate": estimate})
            for rival, of_rival in scores["baselines"].items():
                if name == "spectral":
                    found.setdefault(f"rival {rival}", []).append(of_rival)
        found.setdefault("rival gensim on Python walks", []).append(_gensim(parts.held_out[0], seed))
    for title, rows in found.items():
        means = {key: np.mean([row[key] for row in rows if key in row]) for key in rows[0]}
        print(f"{title}: " + ", ".join(f"{key} {value:.3f}" for key, value in means.items()), flush=True)


def links_protocol(seed: int) -> Any:
    """Return the protocol of a graph with a seed."""
    from embedlab.kinds.protocols import Protocol

    return Protocol("random", seed, 0.05, 0.1)


def python_walks(split: GraphSplit, walk_length: int, n_walks: int, seed: int) -> list[list[int]]:
    """Walk as usual programs do: a loop in Python over lists of neighbors."""
    rng = random.Random(seed)
    neighbors = [split.neighbors.of(node).tolist() for node in range(split.n_nodes)]
    walks = []
    for _ in range(n_walks):
        for start in range(split.n_nodes):
            walk = [start]
            while len(walk) < walk_length:
                walk.append(rng.choice(neighbors[walk[-1]]))
            walks.append(walk)
    return walks


def _gensim(split: GraphSplit, seed: int) -> dict[str, float]:
    """Train gensim's Word2Vec on walks of first order, with the settings of the defaults."""
    from gensim.models import Word2Vec

    parameters: Any = model("node2vec").defaults(split.dataset.imported.counts)
    started = time.process_time()
    walks = [
        [str(node) for node in walk] for walk in python_walks(split, parameters.walk_length, parameters.epochs, seed)
    ]
    of_gensim = Word2Vec(
        walks, vector_size=parameters.vector_size, window=parameters.window, min_count=1, sample=0, sg=1,
        negative=parameters.negative, epochs=1, seed=seed, workers=1,
    )  # fmt: skip
    seconds = time.process_time() - started
    order = [of_gensim.wv.key_to_index[str(node)] for node in range(split.n_nodes)]
    vectors, outputs = of_gensim.wv.vectors[order], of_gensim.syn1neg[order]
    links, _ = best_links(vectors, outputs, ValidationLinks.of(split, seed))
    scores = score_links(links, {}, link_test(split, seed))
    return {**{key: scores[key] for key in ("auc", "auc_hard", "hits@10")}, "seconds": seconds}


def _walks(dataset: GraphDataset) -> None:
    split = dataset.split(0, validation_share=0.05, test_share=0.1)
    starts = np.arange(split.n_nodes, dtype=np.int32)
    for title, p, q in (("first order", 1.0, 1.0), ("second order, p = 0.25, q = 4", 0.25, 4.0)):
        walker = Walker.of(split, 40, p, q)
        walker.walk(starts, 0)
        started, n_rounds = time.process_time(), 20
        for number in range(n_rounds):
            walker.walk(starts, number)
        seconds = time.process_time() - started
        print(f"{title}: {n_rounds * len(starts) / seconds:,.0f} walks/s", flush=True)
    started = time.process_time()
    n_walks = len(python_walks(split, 40, 3, 0))
    print(f"Python loop, first order: {n_walks / (time.process_time() - started):,.0f} walks/s", flush=True)


def _tree_text(n_children: int, n_levels: int) -> str:
    lines, level = ["child,parent"], ["r"]
    for _ in range(n_levels):
        children = [(f"{node}.{child}", node) for node in level for child in range(n_children)]
        lines += [f"{child},{parent}" for child, parent in children]
        level = [child for child, _ in children]
    return "\n".join(lines) + "\n"


def _tree(dataset: GraphDataset) -> None:
    from gensim.models.poincare import PoincareModel

    from embedlab.evaluation.graphs.hierarchies import depth_correlation
    from embedlab.models.shared.graphs.relations import relations_of

    hierarchy = task("hierarchy")
    result, seconds, estimate = trained("poincare", dataset, dataset.imported.counts)
    scores = hierarchy.judge(result, hierarchy.split(dataset, None, Path()))
    names = ("reconstruction_map", "mean_rank", "ancestors_inside", "depth_correlation")
    for title, row in {"poincare": scores, **scores["baselines"]}.items():
        print(f"{title}: " + ", ".join(f"{name} {row[name]:.3f}" for name in names), flush=True)
    print(f"poincare: {seconds:.1f} s CPU, estimate {estimate:.1f} s", flush=True)
    nodes, others = relations_of(dataset, all_ancestors=True)
    parameters: Any = model("poincare").defaults(dataset.imported.counts)
    started = time.process_time()
    of_gensim = PoincareModel(list(zip(map(str, nodes), map(str, others), strict=True)), size=2, seed=0)
    of_gensim.train(parameters.epochs)
    seconds = time.process_time() - started
    radii = np.array([np.linalg.norm(of_gensim.kv[str(node)]) for node in range(dataset.n_nodes)])
    assert dataset.hierarchy is not None
    depth = depth_correlation(radii, dataset.hierarchy.depths)
    print(f"gensim, {parameters.epochs} epochs: depth_correlation {depth:.3f}, {seconds:.1f} s CPU", flush=True)


if __name__ == "__main__":
    main()
