"""Association tests on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.exploration.asking.test_bias import planted

Run = Callable[..., Said]


@pytest.fixture
def words(embedlab: Run, home: Path, tmp_path: Path) -> str:
    """The id of an embedding with planted associations, without three flowers and without most male names."""
    embedding = planted(1.0, ("rose", "lily", "iris", "john", "paul", "mike", "kevin", "steve"))
    lines = [f"{key} {' '.join(map(str, row))}" for key, row in zip(embedding.keys, embedding.vectors, strict=True)]
    (tmp_path / "words.txt").write_text("\n".join([f"{embedding.n_keys} 50", *lines]))
    imported = embedlab("import", "vectors", tmp_path / "words.txt", "--json")
    assert imported.exit_code == 0, imported.err
    return imported.json["embedding"]


def test_bias_runs_one_test_all_tests_and_own_lists(embedlab: Run, words: str) -> None:
    one = embedlab("bias", words, "--test", "flowers-insects", "--json").json
    assert one["effect_size"] > 1
    assert one["p_value"] < 0.01
    assert one["first_targets"]["missing"] == ["iris", "rose", "lily"]
    assert len(one["associations"]) == 47

    every = embedlab("bias", words, "--json").json
    assert every["flowers-insects"]["p_value"] == one["p_value"]
    assert "male names: 3 of 8" in every["career-family"]["error"]["what"]
    table = embedlab("bias", words)
    assert "flowers-insects" in table.out
    assert "career-family" in table.err

    own = ("--targets", "math;algebra;geometry;calculus", "--targets", "poetry,art,dance,novel")
    attributes = ("--attributes", "he,him,his,son", "--attributes", "she,her,hers,daughter")
    said = embedlab("bias", words, *own, *attributes)
    assert "one-sided p = 0.014 (all 70 divisions)" in said.out

    for wrong in (("--test", "none"), (*own,), (*own, *attributes, "--test", "math-arts"), ("--test", "career-family")):
        refused = embedlab("bias", words, *wrong, "--json")
        assert refused.exit_code == 2
        assert refused.json["error"]["what"]
