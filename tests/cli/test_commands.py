"""Every command: what it says, in which form, and with which exit code."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.cli.scores import write_figures, write_tests
from embedlab.core.durations import duration_range
from embedlab.core.embedding import Embedding
from embedlab.core.settings import Settings
from embedlab.kinds.registry import KINDS
from embedlab.models.registry import model as model_of
from embedlab.projections.pacmap import PaCMAP
from embedlab.workspace.selections import keep_selection
from embedlab.workspace.tables import datasets
from embedlab.workspace.workspace import Workspace
from tests.cli.conftest import Said
from tests.output_paths import put, state
from tests.workspaces import Filled, fill, past_run

Run = Callable[..., Said]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def filled(home: Path) -> Filled:
    workspace = Workspace.open(Settings(home=home))
    made = fill(workspace, "texts")
    workspace.close()
    return made


@pytest.mark.parametrize("command", ["datasets", "runs", "embeddings", "jobs"])
def test_lists_of_nothing(embedlab: Run, command: str) -> None:
    assert embedlab(command, "--json") == Said(0, "[]\n", "")
    said = embedlab(command)
    assert (said.exit_code, said.out) == (0, "")
    assert said.err


def test_lists_name_what_there_is(embedlab: Run, filled: Filled) -> None:
    (dataset,) = embedlab("datasets", "--json").json
    assert (dataset["id"], dataset["kind"]) == (filled.dataset, "text")
    assert dataset["counts"] == {"documents": 1, "tokens": 4, "vocabulary": 4}
    (run,) = embedlab("runs", "--json").json
    assert (run["id"], run["status"], run["embeddings"]) == (filled.run, "succeeded", {"words": filled.embedding})
    (embedding,) = embedlab("embeddings", "--json").json
    assert (embedding["id"], embedding["n_keys"], embedding["vector_size"]) == (filled.embedding, 4, 3)
    (job,) = embedlab("jobs", "--json").json
    assert job["id"] == filled.run
    assert all("owner" not in row and "token" not in row for row in (dataset, run, embedding, job))
    assert filled.dataset in embedlab("datasets").out


def test_models_tell_every_parameter(embedlab: Run) -> None:
    models = {model["name"]: model for model in embedlab("models", "--json").json}
    assert {"word2vec", "matrix-factorization"} <= models.keys()
    for model in models.values():
        assert model["kind"] in KINDS
        for parameter in model["parameters"]:
            assert parameter["help"], parameter
            assert "default" in parameter
    word2vec = {each["name"]: each for each in models["word2vec"]["parameters"]}
    assert word2vec["epochs"]["minimum"] == 1
    assert word2vec["vector_size"]["type"] == "integer"
    assert "vector_size" in embedlab("train", "x", "word2vec", "--help-parameters").out


def test_help_shows_what_is_between_brackets(embedlab: Run) -> None:
    told = " ".join(embedlab("next", "--help").out.split())
    assert '{"next": [[key, label, score, probability or null], ...]' in told


def test_the_nearest_keys(embedlab: Run, filled: Filled) -> None:
    # Rows (0,1,2), (3,4,5), (6,7,8), (9,10,11) turn steadily towards the diagonal.
    for name in (filled.embedding, f"{filled.run}/words", filled.run):
        answers = embedlab("neighbors", name, "d e", "--topn", 2, "--json").json
        assert [answer[:2] for answer in answers] == [["c", "c"], ["b", "b"]]
        assert 0.99 < answers[1][2] < answers[0][2] < 1
    assert embedlab("neighbors", filled.embedding, "a").out.split()[:2] == ["key", "cosine"]


def test_neighbors_have_counts_and_a_minimum(embedlab: Run, filled: Filled, home: Path) -> None:
    assert len(embedlab("neighbors", filled.embedding, "a", "--topn", 1, "--json").json[0]) == 3
    refused = embedlab("neighbors", filled.embedding, "a", "--min-count", 1, "--json")
    assert refused.exit_code == 2
    assert "no counts" in refused.json["error"]["what"]
    with_counts(home, filled.embedding, [40, 3, 7, 20])
    answers = embedlab("neighbors", filled.embedding, "a", "--min-count", 1, "--json").json
    assert [(key, count) for key, _, _, count in answers] == [("b", 3), ("c", 7), ("d e", 20)]
    answers = embedlab("neighbors", filled.embedding, "a", "--min-count", 7, "--topn", 1, "--json").json
    assert [(key, count) for key, _, _, count in answers] == [("c", 7)]
    answers = embedlab("analogy", filled.embedding, "c - b + a", "--min-count", 21, "--json").json
    assert answers == []
    (_, line) = embedlab("neighbors", filled.embedding, "a", "c", "--min-count", 8).out.splitlines()
    assert line.endswith("20")


def with_counts(home: Path, embedding_id: str, counts: list[int]) -> None:
    """Give the keys of a stored embedding counts."""
    workspace = Workspace.open(Settings(home=home))
    folder = workspace.layout.embedding(embedding_id)
    workspace.close()
    stored = Embedding.load(folder)
    vectors = np.array(stored.vectors)
    shutil.rmtree(folder)
    Embedding(vectors, stored.keys, stored.labels, pd.DataFrame({"count": counts})).save(folder)


def test_an_analogy(embedlab: Run, filled: Filled) -> None:
    answers = embedlab("analogy", filled.embedding, "c - b + a", "--json").json
    assert answers[0][0] == "d e"


@pytest.mark.parametrize("dims", [2, 3])
def test_coordinates_go_into_a_csv_with_keys_and_labels(
    embedlab: Run, filled: Filled, tmp_path: Path, dims: int
) -> None:
    out = tmp_path / "map.csv"
    said = embedlab("project", filled.embedding, "--method", "pca", "--dims", dims, "--out", out, "--json")
    assert said.exit_code == 0, said
    assert said.json["out"] == str(out)
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["key", "label", "x", "y", "z"][: 2 + dims]
    assert [row[0] for row in rows[1:]] == ["a", "b", "c", "d e"]
    if dims == 2:
        assert said.json["projection"] == filled.projection


def test_a_named_selection_is_projected_alone(embedlab: Run, filled: Filled, home: Path, tmp_path: Path) -> None:
    workspace = Workspace.open(Settings(home=home))
    out = tmp_path / "map.csv"
    command = ["project", filled.embedding, "--method", "pca", "--out", out, "--json", "--named"]
    refused = embedlab(*command, "Three")
    assert (refused.exit_code, refused.json["error"]["received"]) == (2, "Three")
    keep_selection(workspace, filled.embedding, "Three", "1-3")
    assert "Three" in embedlab(*command, "Four").json["error"]["remedy"]
    said = embedlab(*command, "Three")
    assert said.exit_code == 0, said
    assert said.json["n_keys"] == 3
    with out.open(encoding="utf-8", newline="") as stream:
        assert [row[0] for row in csv.reader(stream)] == ["key", "b", "c", "d e"]
    assert [row.id for row in workspace.isolated_maps(filled.embedding)] == [said.json["projection"]]


def test_a_map_comes_with_its_quality_in_words(embedlab: Run, filled: Filled, tmp_path: Path) -> None:
    command = ["project", filled.embedding, "--method", "pca", "--dims", 3, "--out", tmp_path / "map.csv"]
    said = embedlab(*command)
    assert (said.exit_code, said.out.splitlines()[0]) == (0, f"4 points written to {tmp_path / 'map.csv'}")
    heading, *rows = said.out.splitlines()[1:-1]
    assert heading.split() == ["Quality", "of", "the", "map", "map", "random", "best", "meaning"]
    # Four points in three dimensions lose nothing, but they have no ten neighbors.
    assert [row.split("  ")[0] for row in rows] == ["Rank correlation", "Stress", "Explained variance"]
    assert rows[-1].split()[2:5] == ["100%", "100%", "100%"]
    assert "At least 12 points are needed, there are 4." in said.err
    assert said.out.splitlines()[-1] == embedlab(*command, "--json").json["verdict"] != ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        pytest.param(("formula", "--set", "x=a - nobody"), "does not have this key", id="unknown-key"),
        pytest.param(("formula", "--set", "x=a +"), "a key is missing", id="incomplete-formula"),
        pytest.param(("formula", "--set", "x=__import__('os')"), "cannot be understood", id="code"),
        pytest.param(("formula", "--set", "x=a - a"), "cancel each other", id="no-direction"),
        pytest.param(("raw", "--set", "x=99"), "do not have this dimension", id="dimension"),
        pytest.param(("pca", "--set", "y=50"), "this many principal components", id="component"),
        pytest.param(("pacmap",), "not installed", id="not-installed"),
    ],
)
def test_maps_that_cannot_be_are_refused_before_a_job_starts(
    embedlab: Run, filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(PaCMAP, "package", "no_such_package_at_all")
    said = embedlab("project", filled.embedding, "--out", tmp_path / "map.csv", "--json", "--method", *flags)
    assert said.exit_code == 2
    assert message in said.json["error"]["what"]
    assert not [job for job in embedlab("jobs", "--json").json if job["kind"] == "project"]


@pytest.mark.parametrize("form", ["word2vec", "word2vec-binary", "kv", "tsv", "parquet", "csv"])
def test_exports_tell_their_files(embedlab: Run, filled: Filled, tmp_path: Path, form: str) -> None:
    said = embedlab("export", filled.embedding, "--format", form, "--out", tmp_path / "out.x", "--json")
    assert said.exit_code == 0, said
    assert said.json["files"][0] == str(tmp_path / "out.x")
    assert all(Path(file).stat().st_size > 0 for file in said.json["files"])


def test_renaming_and_deleting(embedlab: Run, filled: Filled) -> None:
    assert embedlab("rename", filled.dataset, "new\nname", "--json").json == {"id": filled.dataset, "name": "new name"}
    assert embedlab("rename", filled.run, "again").exit_code == 0
    assert embedlab("rename", filled.embedding, "x").exit_code == 2
    unasked = embedlab("delete", filled.dataset, "--json")
    assert unasked.exit_code == 2
    assert "1 runs, 1 embeddings, 1 projections" in unasked.json["error"]["what"]
    assert embedlab("delete", filled.dataset, "--yes", "--json").json["deleted"] == filled.dataset
    assert embedlab("embeddings", "--json").json == []


def test_a_backup_goes_and_comes(
    embedlab: Run, filled: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert embedlab("backup", tmp_path / "b.zip", "--json").json["size_bytes"] > 0
    assert embedlab("restore", tmp_path / "b.zip", "--json").exit_code == 2
    monkeypatch.setenv("EMBEDLAB_HOME", str(tmp_path / "second"))
    assert embedlab("restore", tmp_path / "b.zip", "--json").json["restored"]["embeddings"] == 1
    assert embedlab("neighbors", filled.embedding, "a").exit_code == 0


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
@pytest.mark.parametrize(
    "command",
    [
        ["export", "x", "--format", "csv", "--out"],
        ["project", "x", "--out"],
        ["script", "x", "--out"],
        ["backup"],
    ],
    ids=["export", "project", "script", "backup"],
)
def test_no_command_replaces_what_is_not_a_regular_file(
    embedlab: Run, tmp_path: Path, command: list[str], kind: str
) -> None:
    (tmp_path / "here").mkdir()
    out = put(tmp_path / "here", kind)
    before = state(tmp_path / "here")
    said = embedlab(*command, out, "--json")
    assert said.exit_code == 2
    assert "output path is a" in said.json["error"]["what"]
    assert said.json["error"]["received"] == str(out)
    assert state(tmp_path / "here") == before


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-command"],
        ["train", "x"],
        ["train", "x", "word2vec"],
        ["train", "x", "no-such-model"],
        ["train", "../x", "word2vec"],
        ["train", "x", "word2vec", "--set", "epochs"],
        ["train", "x", "word2vec", "--set", "a=1", "--set", "a=2"],
        ["cancel", "x"],
        ["resume", "x"],
        ["restart", "x"],
        ["neighbors", "x", "y"],
        ["neighbors", "x/y", "y"],
        ["analogy", "x", "a - b + c"],
        ["recommend", "x", "1"],
        ["project", "x", "--out", "y.csv"],
        ["project", "x"],
        ["export", "x", "--format", "pickle", "--out", "y"],
        ["export", "x", "--format", "csv"],
        ["import", "text", "missing.txt"],
        ["import", "ratings", "."],
        ["import", "vectors", "missing.bin"],
        ["import", "nothing"],
        ["rename", "x", "y"],
        ["delete", "x", "--yes"],
        ["restore", "missing.zip"],
        ["script", "x", "--out", "y.zip"],
        ["sample", "no-such-sample"],
        ["neighbors", "x", "y", "--topn", "many"],
    ],
)
def test_bad_input_is_one_json_object_and_exit_code_2(
    embedlab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = embedlab(*arguments, "--json")
    assert said.exit_code == 2
    assert set(said.json) == {"error"}
    assert set(said.json["error"]) == {"what", "received", "remedy"}
    assert "Traceback" not in said.err
    plain = embedlab(*arguments)
    assert plain.exit_code == (2 if arguments else plain.exit_code)
    assert "Traceback" not in plain.err


def test_a_value_that_begins_with_a_hyphen_is_told_apart_from_an_option(embedlab: Run) -> None:
    said = embedlab("links", "nosuchrun", "-2+3", "--json")
    assert said.exit_code == 2
    assert "write -- before it" in said.json["error"]["remedy"]
    assert embedlab("links", "nosuchrun", "--json", "--", "-2+3").json["error"]["received"] == "nosuchrun"


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--set", "epochs=0"], "at least 1"),
        (["--set", "epochs=many"], "whole number"),
        (["--set", "color=red"], "vector_size"),
        (["--preset", "no such"], "Its presets"),
    ],
)
def test_parameters_outside_their_bounds_say_what_is_allowed(
    embedlab: Run, filled: Filled, arguments: list[str], remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "embedlab.models.word2vec.model.Word2Vec.defaults", lambda self, counts: self.parameters_class()
    )
    said = embedlab("train", filled.dataset, "word2vec", *arguments, "--json")
    assert said.exit_code == 2
    assert remedy in json.dumps(said.json)
    assert len(embedlab("runs", "--json").json) == 1


def test_an_estimate_is_told_and_nothing_is_trained(embedlab: Run, filled: Filled, home: Path) -> None:
    workspace = Workspace.open(Settings(home=home, slots=1))
    with workspace.transaction() as connection:
        counts = {"tokens": 60_000, "vocabulary": 5000, "documents": 300}
        connection.execute(datasets.update().values(counts=counts))
    command = ("train", filled.dataset, "ppmi-svd", "--estimate")
    own = embedlab(*command, "--json").json
    model = model_of("ppmi-svd")
    told = model.estimate(counts, model.defaults(counts), 1)
    assert own == {
        "seconds": told.seconds,
        "memory_mb": told.memory_mb,
        "learned_from": 0,
        "seconds_range": [told.seconds / 2, told.seconds * 2],
        "memory_mb_range": [told.memory_mb / 2, told.memory_mb * 2],
        "reproducible": True,
    }
    assert "from the model's own figures; improves with every run." in embedlab(*command).out
    parameters = model.defaults(counts).model_dump(mode="json")
    for at in range(2):
        took_s, peak_mb = 3 * told.seconds, 2 * told.memory_mb
        past_run(workspace, filled.dataset, "ppmi-svd", parameters, took_s, peak_mb=peak_mb, at=at)
    workspace.close()
    learned = embedlab(*command, "--json").json
    share = (1 + 0.5**0.05) / (2 + 0.5**0.05)
    assert learned["seconds"] == pytest.approx(told.seconds * 3**share)
    assert learned["memory_mb"] == pytest.approx(told.memory_mb * 2**share)
    assert learned["learned_from"] == 2
    low_mb, high_mb = learned["memory_mb_range"]
    assert embedlab(*command).out == (
        f"About {learned['seconds']:.0f} s and {learned['memory_mb']:.0f} MB, learned from 2 earlier runs.\n"
        f"In 8 of 10 cases {duration_range(*learned['seconds_range'])}, and {low_mb:,.0f} to {high_mb:,.0f} MB.\n"
    )
    longer = embedlab(*command, "--set", "vector_size=500", "--json").json
    assert longer["seconds"] > learned["seconds"]
    assert embedlab(*command, "--set", "window=0", "--json").exit_code == 2
    assert embedlab("train", filled.dataset, "text-classifier", "--estimate", "--json").exit_code == 2
    assert {job["status"] for job in embedlab("jobs", "--json").json} == {"succeeded"}
    assert len(embedlab("runs", "--json").json) == 3


def test_a_model_for_another_kind_is_refused(embedlab: Run, filled: Filled) -> None:
    said = embedlab("train", filled.dataset, "matrix-factorization", "--json")
    assert said.exit_code == 2
    assert "ratings" in said.json["error"]["what"]


def test_a_word_run_recommends_nothing(embedlab: Run, filled: Filled) -> None:
    assert embedlab("recommend", filled.run, "1", "--json").exit_code == 2


def test_unknown_keys_come_with_close_spellings(embedlab: Run, filled: Filled) -> None:
    said = embedlab("neighbors", filled.embedding, "d_e", "--json")
    assert said.exit_code == 2
    assert "d e" in said.json["error"]["remedy"]


def test_an_unforeseen_error_keeps_to_json_too(embedlab: Run, filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedlab.workspace.workspace.Workspace.datasets", lambda self: 1 / 0)
    said = embedlab("datasets", "--json")
    assert said.exit_code == 1
    assert "ZeroDivisionError" in said.json["error"]["what"]
    assert "Traceback" in said.err


def test_names_cannot_steer_the_terminal(embedlab: Run, filled: Filled, home: Path) -> None:
    workspace = Workspace.open(Settings(home=home))
    with workspace.transaction() as connection:
        connection.execute(datasets.update().values(name="\x1b[31mred\x07\u202e"))
    workspace.close()
    said = embedlab("datasets")
    assert not set(said.out) & {"\x1b", "\x07", "\u202e"}


def test_as_a_process_of_its_own_in_a_narrow_terminal(home: Path, filled: Filled) -> None:
    workspace = Workspace.open(Settings(home=home))
    workspace.rename_dataset(filled.dataset, "hôtel \U0001f600")
    workspace.close()
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    command = [sys.executable, "-m", "embedlab", "datasets", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, timeout=60, check=True)
    assert json.loads(done.stdout)[0]["name"] == "hôtel \U0001f600"


def test_a_reader_that_leaves_early_causes_no_traceback(home: Path) -> None:
    command = f"{sys.executable} -m embedlab models --json | head -c 1"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert b"Traceback" not in done.stderr


def test_the_process_stays_light() -> None:
    program = (
        "import sys; from embedlab.cli.app import main; assert main(['models', '--json']) == 0;"
        "heavy = {'tensorflow', 'keras', 'streamlit', 'torch', 'gensim', 'sklearn'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=True)


def test_scores_are_told_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = {"score": 0.25, "low": 0.1, "high": 0.4, "covered": 60, "of": 353, "meaningful": False, "note": "Too few."}
    chance = {**pairs, "low": -0.1, "meaningful": True, "note": "This may be chance."}
    analogies = {**pairs, "meaningful": True, "sections": [{"name": "family", "score": None, "covered": 0, "of": 506}]}
    scores = {
        "test_accuracy": 0.98765,
        "test_interval": [0.97, 0.99],
        "baselines": {"majority": {"test_accuracy": 0.5}},
        "differences": {"majority": {"test_accuracy": {"value": 0.48765, "low": 0.4, "high": 0.55}}},
        "stopped": "last_epoch_still_improving",
        "not_computed": {"validation_loss": "It was not finite."},
        "confusion": {"classes": ["ham", "spam"], "counts": [[9, 1], [2, 8]]},
        "wordsim353": pairs,
        "simlex999": chance,
        "analogies": analogies,
    }
    write_figures(scores)
    write_tests(scores, empty="")
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "test_accuracy: 0.9877, 95 % interval 0.970 to 0.990",
        "baseline             score          value  run - baseline  95 % interval",
        "Most frequent label  Test accuracy  0.5    +0.4877         +0.4000 to +0.5500",
        "Test accuracy: higher than the baseline \u201cMost frequent label\u201d (difference +0.4877, 95 % interval "
        "+0.4000 to +0.5500).",
        "true / predicted  ham  spam",
        "ham               9    1",
        "spam              2    8",
        "test         score  95 % interval    coverage",
        "WordSim-353  0.25   0.100 to 0.400   60 of 353",
        "SimLex-999   0.25   -0.100 to 0.400  60 of 353",
        "Analogies    0.25   0.100 to 0.400   60 of 353",
    ]
    assert said.err.splitlines() == [
        "Validation loss: It was not finite.",
        "The validation score was still improving in the last epoch. Train with more epochs.",
        "WordSim-353: Too few.",
        "SimLex-999: This may be chance.",
    ]


def test_headings_from_data_cannot_steer_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    from embedlab.cli.output import write_table

    write_table(["label", "\x1b[31mred\n"], [("a", 1)], empty="")
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert len(said.splitlines()) == 2
