"""Selecting keys by command."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.settings import load_settings
from embedlab.exploration.clusters import CLUSTERS_FILE, Clusters
from embedlab.workspace.workspace import Workspace
from tests.cli.conftest import Said
from tests.ui.conftest import keep

Run = Callable[..., Said]
N = 40


@pytest.fixture
def films(home: Path) -> str:
    """Films on a circle, one each 9 degrees; the map shows the circle."""
    angles = np.radians(np.arange(N) * 9)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    vectors = np.pad(vectors, ((0, 0), (0, 1)))
    metadata = pd.DataFrame(
        {"genre": ["Drama|War" if row % 2 else "Comedy" for row in range(N)], "year": 1990 + np.arange(N)}
    )
    labels = [f"Film {row}" for row in range(N - 1)] + ["=Amélie"]
    workspace = Workspace.open(load_settings())
    embedding_id, _ = keep(workspace, Embedding(vectors, [f"f{row}" for row in range(N)], labels, metadata), "films")
    codes = (np.arange(N) // 20).astype(np.uint8)
    Clusters(codes, ("first half", "second half")).save(workspace.layout.embedding(embedding_id) / CLUSTERS_FILE)
    workspace.close()
    return embedding_id


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--text", "amelie"], [39]),
        (["--regex", "^film 1[0-2]$"], [10, 11, 12]),
        (["--regex", "^Drama", "--in", "genre", "--where", "year<1994"], [1, 3]),
        (["--where", "genre=War", "--where", "year=2000..2004"], [11, 13]),
        (["--key", "f3", "--key", "Film 4"], [3, 4]),
        (["--key", "f3", "--text", "amelie", "--any"], [3, 39]),
        (["--cluster", "2", "--where", "year>=2028"], [38, 39]),
        (["--cluster", "FIRST half", "--invert", "--where", "year>2027"], list(range(N))),
        (["--near", "f5", "--k", "2"], [4, 5, 6]),
        (["--near", "f5", "--similarity", "0.98"], [4, 5, 6]),
        (["--box", "0.9,-1,2,0.3"], [0, 1, 38, 39]),
        (["--lasso", "0,0 2,0.5 2,-0.5"], [0, 1, 39]),
        (["--text", "nothing like it"], []),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else None,
)
def test_select(embedlab: Run, films: str, flags: list[str], expected: list[int]) -> None:
    said = embedlab("select", films, *flags, "--json")
    assert said.exit_code == 0, said
    assert [key for key, _ in said.json["keys"]] == [f"f{row}" for row in expected]
    assert said.json["count"] == len(expected)


def test_selections_are_stored_and_combined(embedlab: Run, films: str) -> None:
    assert embedlab("select", films, "--where", "year<1995", "--save", "Old", "--json").json["count"] == 5
    again = embedlab("select", films, "--named", "Old", "--where", "genre=Drama", "--json").json
    assert [key for key, _ in again["keys"]] == ["f1", "f3"]
    assert again["how"] == ["genre is Drama and selection Old"]
    refused = embedlab("select", films, "--named", "None", "--json")
    assert refused.exit_code == 2
    assert "Old" in refused.json["error"]["remedy"]


def test_files_have_names_coordinates_and_metadata(embedlab: Run, films: str, tmp_path: Path) -> None:
    flags = ["--regex", "^(film 9|.am)"]
    piped = pd.read_csv(io.StringIO(embedlab("select", films, *flags, "--csv").out))
    assert piped["label"].tolist() == ["Film 9", "'=Amélie"]
    tables = []
    for suffix, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        out = tmp_path / f"films{suffix}"
        assert embedlab("select", films, *flags, "--out", out, "--json").json["out"] == str(out)
        tables.append(read(out))
    for table in tables:
        assert table["key"].tolist() == ["f9", "f39"]
        assert table["y"].tolist() == pytest.approx([0.98769, -0.15643], abs=1e-5)
        assert table["year"].tolist() == [1999, 2029]
    embedlab("select", films, *flags, "--out", tmp_path / "films.txt")
    assert (tmp_path / "films.txt").read_text() == "f9\nf39\n"
    # Nothing selected is a file without lines.
    embedlab("select", films, "--text", "nothing like it", "--out", tmp_path / "none.csv")
    assert list(pd.read_csv(tmp_path / "none.csv").columns) == ["key", "label", "x", "y", "genre", "year"]


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--regex", "("],
        ["--text", ""],
        ["--where", "genre"],
        ["--where", "none=1"],
        ["--cluster", "third"],
        ["--near", "unknown"],
        ["--near", "f1", "--similarity", "3"],
        ["--similarity", "0.5"],
        ["--box", "1,2,3"],
        ["--lasso", "a,b"],
        ["--key", "f0", "--projection", "abcdefghijkl"],
        ["--key", "f0", "--out", "films.xyz"],
        ["--text", "nothing like it", "--save", "Empty"],
        ["--key", "f0", "--csv"],
    ],
    ids=lambda flags: " ".join(flags) or "none",
)
def test_what_does_not_fit_is_refused(embedlab: Run, films: str, flags: list[str]) -> None:
    refused = embedlab("select", films, *flags, "--json")
    assert refused.exit_code == 2, refused
    assert refused.json["error"]["what"]


def test_the_terminal_lists_a_bounded_number(embedlab: Run, films: str) -> None:
    said = embedlab("select", films, "--regex", ".", "--limit", "3")
    assert said.out.splitlines() == ["key  label", "f0   Film 0", "f1   Film 1", "f2   Film 2"]
    assert "40 of 40 keys: names match ." in said.err
    assert "37 more" in said.err
