"""`embedlab clusters` finds, shows and names the clusters of an embedding."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.cli.conftest import Said


def test_clusters_are_shown_named_and_near_duplicates_listed(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    vectors = np.repeat(np.eye(6), 20, axis=0) + np.random.default_rng(0).normal(0, 0.02, (120, 6))
    lines = [f"key{at} {' '.join(f'{value:.5f}' for value in row)}" for at, row in enumerate(vectors)]
    path = tmp_path / "vectors.txt"
    path.write_text("\n".join(["120 6", *lines]) + "\n")
    assert embedlab("import", "vectors", path, "--json").exit_code == 0
    embedding = embedlab("embeddings", "--json").json[0]["id"]
    shown = embedlab(
        "clusters", embedding, "--rename", "0.1=Second, mine", "--duplicates", 0.95, "--members", 50, "--json"
    )
    assert shown.exit_code == 0, shown
    (layer,) = shown.json["layers"]
    assert [each["cluster"] for each in layer["clusters"]] == list(range(layer["n_clusters"]))
    assert sum(each["size"] for each in layer["clusters"]) == 120
    for each in layer["clusters"]:
        # Each cluster is part of one planted group.
        assert len({int(key[3:]) // 20 for key in each["members"]}) == 1
        assert len(each["members"]) == each["size"]
    assert layer["clusters"][1]["name"] == "Second, mine"
    groups = shown.json["near_duplicates"]["groups"]
    assert len(groups) == 6
    assert all(len({int(key[3:]) // 20 for key, _ in group}) == 1 for group in groups)
    table = embedlab("clusters", embedding).out
    assert [line for line in table.splitlines() if line.startswith("0.1 ") and "Second, mine" in line]
    # The name is used wherever clusters are.
    selected = embedlab("select", embedding, "--cluster", "second, MINE", "--json")
    assert selected.exit_code == 0, selected
    assert selected.json["count"] == layer["clusters"][1]["size"]
    assert embedlab("map", embedding, "--out", tmp_path / "map.svg", "--color", "clusters").exit_code == 0
    assert "Second, mine" in (tmp_path / "map.svg").read_text()
    for wrong in ("0.99=x", "3.0=x", "x"):
        refused = embedlab("clusters", embedding, "--rename", wrong, "--json")
        assert refused.exit_code == 2
        assert refused.json["error"]["what"]
