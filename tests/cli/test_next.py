"""Sequences by commands: import, train, and what comes next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said
from tests.models.sequence_data import cycle_lines


def test_from_lines_to_the_next_item(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n".join(cycle_lines(80)) + "\n", encoding="utf-8")
    imported = embedlab("import", "sequences", tmp_path / "lines.txt", "--set", "shape=lines", "--json").json
    assert imported["counts"]["users"] == imported["counts"]["sequences"] == 80
    assert imported["details"]["order"] is None
    trained = embedlab("train", imported["id"], "markov", "--json").json
    assert trained["scores"]["recall@5"] == 1.0
    assert {"recall@5", "recall@10", "mrr"} <= set(trained["scores"])
    found = embedlab("next", trained["run"], "i2", "nonsense", "--topn", "2", "--reasons", "--json")
    (first, second), unknown = found.json["next"], found.json["unknown"]
    assert (first[0], unknown) == ("i3", ["nonsense"])
    assert first[2] > second[2]
    assert [reason[0] for reason in first[4]] == ["i2"]
    assert "nonsense" in found.err
    refused = embedlab("next", trained["run"], "nonsense")
    assert refused.exit_code == 2
    assert "i3" in embedlab("next", trained["run"], "i2").out
