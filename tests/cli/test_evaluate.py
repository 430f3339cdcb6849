"""`judge`, `checks` and `compare-runs`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embedlab.core.settings import Settings
from embedlab.workspace.workspace import Workspace
from tests.cli.conftest import Said
from tests.workspaces import Filled, fill

Run = Callable[..., Said]


@pytest.fixture
def filled(home: Path) -> Filled:
    workspace = Workspace.open(Settings(home=home))
    made = fill(workspace, "texts")
    workspace.close()
    return made


def test_an_embedding_is_judged_by_what_is_kept_and_what_is_given(
    embedlab: Run, filled: Filled, tmp_path: Path
) -> None:
    # Rows (0,1,2), (3,4,5), (6,7,8), (9,10,11) turn steadily towards the diagonal.
    (tmp_path / "p.csv").write_text("a,b,1\nb,c,3\nc,x,2\na,c,0.5\n")
    (tmp_path / "q.txt").write_text("a b b c\n")
    assert embedlab("checks", filled.dataset, "--add", "c nearer b than a").exit_code == 0
    said = embedlab("judge", filled.run, "--pairs", tmp_path / "p.csv", "--analogies", tmp_path / "q.txt", "--json")
    assert said.exit_code == 0, said
    scores = said.json
    assert scores["files"]["pairs"]["score"] == pytest.approx(1)
    assert (scores["files"]["pairs"]["covered"], scores["files"]["pairs"]["of"]) == (3, 4)
    assert scores["files"]["analogies"]["covered"] == 1
    assert (scores["wordsim353"]["covered"], scores["wordsim353"]["of"]) == (0, 353)
    assert (scores["analogies"]["covered"], scores["analogies"]["of"]) == (0, 19_544)
    assert [result["passed"] for result in scores["checks"]["results"]] == [True, True]
    told = embedlab("judge", filled.run)
    assert "passed: c nearer b than a (cosine" in told.out
    assert "None of the 353 pairs" in told.err


@pytest.mark.parametrize("content", ["a b\nb c\n", ""], ids=["two-words", "empty"])
def test_files_that_cannot_be_judged_by_are_bad_input(
    embedlab: Run, filled: Filled, tmp_path: Path, content: str
) -> None:
    (tmp_path / "f").write_text(content)
    for option in ("--pairs", "--analogies"):
        assert embedlab("judge", filled.run, option, tmp_path / "f", "--json").exit_code == 2
        assert embedlab("judge", filled.run, option, tmp_path / "none", "--json").exit_code == 2
        assert embedlab("checks", filled.dataset, option, tmp_path / "f", "--json").exit_code == 2


def test_checks_are_added_listed_and_removed(embedlab: Run, filled: Filled, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("a,b,1\nb,c,3\n")
    added = embedlab(
        "checks", filled.dataset, "--add", "b near a within 2", "--add", "c far from a", "--pairs", tmp_path / "p.csv",
        "--json",
    ).json  # fmt: skip
    assert [(each["number"], each["kind"], each["name"]) for each in added] == [
        (1, "check", "a near b"),
        (2, "check", "b near a within 2"),
        (3, "check", "c far from a"),
        (4, "pairs", "p.csv"),
    ]
    assert len(embedlab("checks", filled.dataset, "--remove", 2, "--json").json) == 3
    assert "p.csv" in embedlab("checks", filled.dataset).out
    for refused in (["--remove", 9], ["--remove", 0], ["--add", "nonsense"], ["--add", "a near b"]):
        assert embedlab("checks", filled.dataset, *refused, "--json").exit_code == 2
    assert embedlab("checks", "nosuchid2222", "--json").exit_code == 2
    # One that cannot be read keeps the others out too.
    assert embedlab("checks", filled.dataset, "--remove", 1, "--add", "b near c", "--add", "nonsense").exit_code == 2
    assert len(embedlab("checks", filled.dataset, "--json").json) == 3


def test_runs_are_compared_and_judged_again(embedlab: Run, filled: Filled) -> None:
    before = embedlab("compare-runs", filled.dataset, "--json").json
    assert [run["id"] for run in before["runs"]] == [filled.run]
    assert (before["runs"][0]["scores"], before["unjudged"]) == ({}, [filled.run])
    assert "--judge" in embedlab("compare-runs", filled.dataset).err
    after = embedlab("compare-runs", filled.dataset, "--judge", "--json")
    assert after.exit_code == 0, after
    assert after.json["runs"][0]["scores"] == {"checks": 1.0}
    assert after.json["columns"] == {"checks": {"title": "Own checks", "better": "higher", "part": "none"}}
    assert after.json["unjudged"] == []
    assert after.json["doubtful"] == {}
    assert "Own checks" in embedlab("compare-runs", filled.dataset).out
    assert embedlab("compare-runs", "nosuchid2222", "--json").exit_code == 2


def test_a_sweep_trains_every_combination(embedlab: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("the king and the queen sat in the castle\n" * 50)
    dataset = embedlab("import", "text", tmp_path / "t.txt", "--json").json["id"]
    for refused in (["vector_size="], ["vector_size=0,2"], ["nothing=1"], ["epochs=1,2"]):
        said = embedlab("sweep", dataset, "word2vec", "--grid", *refused, "--set", "epochs=1", "--json")
        assert said.exit_code == 2, said
    assert "--grid" in embedlab("sweep", dataset, "word2vec", "--grid", "vector_size", "--json").json["error"]["what"]
    said = embedlab("sweep", dataset, "word2vec", "--grid", "vector_size=2,4", "--set", "epochs=1", "--json")
    assert said.exit_code == 0, said
    assert [(run["vector_size"], run["status"]) for run in said.json["runs"]] == [(2, "succeeded"), (4, "succeeded")]
    assert all("loss" in run["scores"] for run in said.json["runs"])
    assert len(embedlab("runs", "--json").json) == 2
