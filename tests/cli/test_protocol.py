"""The evaluation protocol on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Run = Callable[..., Said]


@pytest.fixture
def dataset(embedlab: Run, tmp_path: Path) -> str:
    rows = [f"u{n % 20},i{n % 31},{1 + n * n % 5}" for n in range(400)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user,item,rating", *rows]) + "\n", encoding="utf-8")
    said = embedlab("import", "ratings", tmp_path / "ratings.csv", "--json")
    assert said.exit_code == 0, said
    return str(said.json["id"])


def test_a_protocol_is_shown_changed_and_refused(embedlab: Run, dataset: str) -> None:
    told = embedlab("protocol", dataset, "--json").json
    assert (told["id"], told["seed"], told["used"]) == ("random-seed0-0.1-0.1", 0, [])
    assert sum(told["cases"].values()) == 400
    assert "Random split" in embedlab("protocol", dataset).out
    changed = embedlab("protocol", dataset, "--seed", 4, "--test-share", 0.3, "--json").json
    assert (changed["id"], changed["cases"]["test"]) == ("random-seed4-0.1-0.3", 120)
    assert embedlab("datasets", "--json").json[0]["protocol"]["id"] == changed["id"]
    for refused in (["--test-share", 0.95], ["--validation-share", 0], ["--seed", -1]):
        assert embedlab("protocol", dataset, *refused, "--json").exit_code == 2
    assert embedlab("protocol", dataset, "--json").json["id"] == changed["id"]
    assert embedlab("protocol", "nosuchid2222", "--json").exit_code == 2


def test_a_protocol_is_named_and_explained(embedlab: Run, dataset: str) -> None:
    shown = embedlab("protocol", dataset, "--json").json
    assert shown["possible"] == ["random", "leave-last", "time-cut", "unseen-users"]
    assert shown["positive"]["lowest"] == 4.0
    assert sum(shown["positive"][part] for part in ("train", "validation", "test")) < 400
    changed = embedlab(
        "protocol", dataset, "--name", "unseen-users", "--history-share", 0.5, "--positive-from", 3, "--json"
    ).json
    assert changed["id"] == "unseen-users-seed0-0.1-0.1-history0.5-from3.0"
    assert (changed["history_share"], changed["positive_from"]) == (0.5, 3.0)
    assert changed["positive"]["train"] > shown["positive"]["train"] / 2
    assert changed["notes"][0].startswith("Measures recommendations for new users")
    assert "count as positive" in embedlab("protocol", dataset).out
    refused = embedlab("protocol", dataset, "--name", "time-cut", "--json")
    assert refused.exit_code == 2
    assert "no times" in refused.json["error"]["what"]
    assert embedlab("protocol", dataset, "--json").json["id"] == changed["id"]


def test_a_run_shows_its_protocol_and_runs_of_others_are_left_out(embedlab: Run, dataset: str) -> None:
    quick = ["--set", "n_factors=2", "--set", "epochs=1"]
    first = embedlab("train", dataset, "matrix-factorization", *quick, "--json").json
    assert first["reproducible"] is True
    embedlab("protocol", dataset, "--seed", 1)
    second = embedlab("train", dataset, "matrix-factorization", *quick)
    assert "Evaluation protocol: Random split" in second.out
    shown = embedlab("show", first["run"], "--json").json
    assert (shown["protocol"]["id"], shown["reproducible"]) == ("random-seed0-0.1-0.1", True)
    assert shown["scores"]["n_test"] == 40
    assert "seed 0" in embedlab("show", first["run"]).out
    compared = embedlab("compare-runs", dataset, "--json").json
    assert (compared["protocol"], compared["left_out"], len(compared["runs"])) == ("random-seed1-0.1-0.1", 1, 1)
    assert "left out" in embedlab("compare-runs", dataset).err
    other = embedlab("compare-runs", dataset, "--protocol", "random-seed0-0.1-0.1", "--json").json
    assert [run["id"] for run in other["runs"]] == [first["run"]]
    assert embedlab("compare-runs", dataset, "--protocol", "mine", "--json").exit_code == 2
    assert "random-seed0-0.1-0.1" in embedlab("protocol", dataset).err
    told = {run["id"]: run["protocol"]["seed"] for run in embedlab("runs", "--json").json}
    assert told[first["run"]] == 0


def test_an_estimate_says_what_is_not_repeatable(
    embedlab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedlab.jobs.conditions.threads_per_slot", lambda settings: 4)
    (tmp_path / "t.txt").write_text("the king and the queen sat in the castle\n" * 50, encoding="utf-8")
    text = embedlab("import", "text", tmp_path / "t.txt", "--json").json["id"]
    assert "Not exactly" not in embedlab("train", text, "word2vec", "--estimate").err
    several = ["train", text, "word2vec", "--set", "workers=3", "--estimate"]
    assert "Not exactly repeatable: 3 workers" in embedlab(*several).err
    assert embedlab(*several, "--json").json["reproducible"] is False
    assert embedlab("protocol", text, "--json").exit_code == 2
    refused = embedlab("train", text, "word2vec", "--without-test", "--json")
    assert "no evaluation protocol" in refused.json["error"]["what"]
