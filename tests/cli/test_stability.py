from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def test_a_run_is_repeated_and_its_words_are_told(embedlab: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("the king and the queen sat in the castle by the sea\n" * 60)
    dataset = embedlab("import", "text", tmp_path / "t.txt", "--json").json["id"]
    settings = ["--set", "vector_size=4", "--set", "epochs=1", "--set", "min_count=1"]
    run = embedlab("train", dataset, "word2vec", *settings, "--json").json["run"]
    said = embedlab("stability", run, "--seeds", 2, "--topn", 3, "--json")
    assert said.exit_code == 0
    assert (said.json["n_seeds"], said.json["covered"], len(said.json["runs"])) == (2, 9, 2)
    assert 0 <= said.json["score"] <= 1
    assert len(said.json["steadiest"]) == len(said.json["least_steady"]) == 3
    told = embedlab("stability", run, "--seeds", 2)
    assert "nearest neighbors are the same" in told.out
    assert said.json["low"] is None
    assert "No 95 % interval: it needs at least 3 seeds" in told.err
    assert len(embedlab("runs", "--json").json) == 2
    assert embedlab("stability", run, "--seeds", 1, "--json").exit_code == 2
