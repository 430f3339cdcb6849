"""Questions about several keys and to several embeddings, as commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.settings import Settings
from embedlab.workspace.workspace import Workspace
from tests.cli.conftest import Said
from tests.workspaces import Filled, fill

Run = Callable[..., Said]
MEALS = "7 2\nbreakfast 1 0.1\nlunch 2 0\ndinner 1 -0.2\ntrain 0 3\nbus 0.1 3\ntram 0.3 3\nsnack 1 0.05\n"


@pytest.fixture
def meals(embedlab: Run, home: Path, tmp_path: Path) -> str:
    """The id of an embedding of meals and vehicles."""
    (tmp_path / "meals.txt").write_text(MEALS)
    imported = embedlab("import", "vectors", tmp_path / "meals.txt", "--json")
    assert imported.exit_code == 0, imported.err
    return imported.json["embedding"]


@pytest.fixture
def filled(home: Path) -> Filled:
    workspace = Workspace.open(Settings(home=home))
    made = fill(workspace, "texts")
    workspace.close()
    return made


def test_several_questions_to_an_import(embedlab: Run, meals: str) -> None:
    odd = embedlab("odd", meals, "breakfast", "train", "lunch", "dinner", "--json").json
    assert odd["odd"] == odd["label"] == "train"
    assert [key for key, _, _ in odd["cosines_to_mean"]][-1] == "train"
    assert odd["margin"] > 0.3
    assert "The odd one out is train" in embedlab("odd", meals, "breakfast", "train", "lunch").out

    assert embedlab("neighbors", meals, "lunch", "dinner", "--topn", 1, "--json").json[0][0] == "snack"
    assert (
        embedlab("neighbors", meals, "lunch", "train", "--weight", 0, "--weight", 1, "--topn", 1).out.split()[2]
        == "bus"
    )

    table = embedlab("similarities", meals, "lunch", "train", "dinner", "bus", "--json").json
    np.testing.assert_allclose(np.diag(table["cosines"]), 1, atol=1e-6)
    assert {frozenset(table["keys"][:2]), frozenset(table["keys"][2:])} == {
        frozenset({"lunch", "dinner"}),
        frozenset({"train", "bus"}),
    }
    kept = embedlab("similarities", meals, "train", "lunch", "bus", "--keep-order", "--json").json
    assert kept["keys"] == ["train", "lunch", "bus"]
    assert "1.00" in embedlab("similarities", meals, "lunch", "train").out


def test_embeddings_are_compared(embedlab: Run, meals: str, filled: Filled) -> None:
    same = embedlab("compare", meals, meals, "--key", "lunch", "--topn", 3, "--json").json
    assert same["overlaps"] == [{"first": 0, "second": 1, "n_shared": 3, "n_union": 3, "jaccard": 1.0}]
    assert same["embeddings"][0]["answers"] == same["embeddings"][1]["answers"]
    assert same["embeddings"][0]["shared_with"] == [[1], [1], [1]]
    told = embedlab("compare", meals, meals, "--key", "lunch", "--topn", 3)
    assert "a Jaccard overlap of 1.00" in told.out

    other = embedlab("compare", meals, filled.embedding, "--key", "lunch", "--json").json
    assert other["embeddings"][1]["missing"] == ["lunch"]
    assert other["embeddings"][0]["answers"]
    assert other["overlaps"] == []
    assert "2 does not know lunch" in embedlab("compare", meals, filled.embedding, "--key", "lunch").err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["odd", "EMBEDDING", "a", "b"], "at least 3"),
        (["odd", "EMBEDDING", "a", "b", "nobody"], "not in the vocabulary"),
        (["similarities", "EMBEDDING", *["a"] * 61], "at most 60"),
        (["neighbors", "EMBEDDING", "a", "b", "--weight", "1"], "one weight"),
        (["neighbors", "EMBEDDING", "a", "b", "--weight", "nan", "--weight", "1"], "weight"),
        (["compare", "EMBEDDING", "--key", "a"], "at least two"),
        (["compare", "EMBEDDING", "EMBEDDING", "--key", "a -"], "ends with an operator"),
        (["compare", *["EMBEDDING"] * 7, "--key", "a"], "side by side"),
        (["compare", "EMBEDDING", "nobody/words", "--key", "a"], ""),
        (["similarities", "EMBEDDING"], "KEY"),
        (["compare", "EMBEDDING"], "at least two"),
    ],
)
def test_bad_questions_are_told(embedlab: Run, filled: Filled, arguments: list[str], what: str) -> None:
    said = embedlab(*(filled.embedding if each == "EMBEDDING" else each for each in arguments), "--json")
    assert said.exit_code == 2
    assert what in json.loads(said.out)["error"]["what"]
