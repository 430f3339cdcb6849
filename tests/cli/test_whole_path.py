"""The whole path by commands: from a file to an embedding that answers, and all that may be wrong with a file."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.cli.conftest import Said

Run = Callable[..., Said]
ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("datasets", "runs", "embeddings", "projections", "jobs", "uploads")


def _things(home: Path) -> set[str]:
    return {f"{room}/{path.name}" for room in ROOMS for path in (home / room).iterdir()}


def _write_ratings(path: Path, header: str = "userId,movieId,rating,timestamp") -> Path:
    random = np.random.default_rng(0)
    rows = {(int(user), int(item)) for user, item in random.integers(1, 41, size=(900, 2))}
    lines = [f"{user},{item},{1 + (user + item) % 9 / 2},{1_000_000 + user}" for user, item in sorted(rows)]
    path.write_text("\n".join([*([header] if header else []), *lines]) + "\n")
    return path


def _without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let whoever imports these get an error, also where another test has loaded them before."""
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


def test_from_a_text_to_neighbors(embedlab: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "tensorflow", "keras", "streamlit")
    corpus = tmp_path / "texts.txt"
    lines = ["the hotel in paris is near the station", "the resort in rome is near the sea", "a king and a queen ruled"]
    corpus.write_text("\n".join(lines * 200))
    imported = embedlab("import", "text", corpus, "--name", "my <b>texts", "--json")
    assert imported.exit_code == 0, imported
    assert imported.json["kind"] == "text"
    assert imported.json["counts"]["documents"] == 600
    assert imported.json["counts"]["vocabulary"] == 15
    settings = ["--set", "epochs=2", "--set", "vector_size=8", "--set", "min_count=1"]
    trained = embedlab("train", imported.json["id"], "word2vec", *settings, "--json")
    assert trained.exit_code == 0, trained
    run = trained.json
    assert set(run) == {"run", "status", "seconds", "scores", "embeddings", "reproducible"}
    assert run["status"] == "succeeded"
    assert run["seconds"] > 0
    answers = embedlab("neighbors", f"{run['run']}/words", "hotel", "--topn", 3, "--json").json
    assert len(answers) == 3
    assert all(isinstance(key, str) and isinstance(score, float) for key, _, score in answers)
    mapped = embedlab(
        "project",
        run["embeddings"]["words"],
        "--method",
        "tsne",
        "--set",
        "n_iter=50",
        "--out",
        tmp_path / "t.csv",
        "--json",
    )
    assert mapped.exit_code == 0, mapped
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 16
    again = embedlab(
        "project",
        run["embeddings"]["words"],
        "--method",
        "tsne",
        "--set",
        "n_iter=50",
        "--out",
        tmp_path / "t.csv",
        "--json",
    )
    assert again.json["projection"] == mapped.json["projection"]
    assert embedlab("script", run["run"], "--out", tmp_path / "s.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "s.zip") as bundle:
        assert set(bundle.namelist()) == {"train.py", "corpus.txt"}
        compile(bundle.read("train.py"), "train.py", "exec")
    assert _things(home) >= {f"runs/{run['run']}"}
    assert list((home / "uploads").iterdir()) == []


def test_several_files_become_one_dataset(embedlab: Run, tmp_path: Path) -> None:
    files = [tmp_path / "a.txt", tmp_path / "b.txt"]
    files[0].write_text("one document\nof two lines")
    files[1].write_bytes("und hier ein zweites für sich".encode("latin-1"))
    imported = embedlab("import", "text", *files, "--layout", "document", "--json")
    assert imported.exit_code == 0, imported
    assert imported.json["counts"]["documents"] == 2
    assert imported.json["counts"]["tokens"] == 11
    by_line = embedlab("import", "text", *files, "--layout", "lines", "--label-by", "file", "--json")
    assert by_line.exit_code == 0, by_line
    assert by_line.json["counts"]["documents"] == 3
    assert "already" in by_line.err
    files[0].write_text("another document\nof two lines")
    assert "already" not in embedlab("import", "text", *files, "--json").err


def test_columns_by_name_or_number(embedlab: Run, tmp_path: Path) -> None:
    table = tmp_path / "reviews.csv"
    table.write_text("id,kind,review\n" + "".join(f"{n},good,the hotel was fine {n}\n" for n in range(50)))
    for columns in (
        ["--text-column", "review", "--label-column", "kind"],
        ["--text-column", "2", "--label-column", "1"],
    ):
        imported = embedlab("import", "text", table, *columns, "--json")
        assert imported.exit_code == 0, imported
        assert imported.json["counts"]["documents"] == 50
    headless = _write_ratings(tmp_path / "headless.csv", header="")
    numbers = ["--user", 0, "--item", 1, "--rating", 2, "--time", 3]
    imported = embedlab("import", "ratings", headless, *numbers, "--json")
    assert imported.exit_code == 0, imported
    assert imported.json["counts"]["users"] == 40


def test_a_column_is_named_where_the_first_row_does_not_look_like_names(embedlab: Run, tmp_path: Path) -> None:
    table = tmp_path / "short.csv"
    table.write_text("said,who\n" + "".join(f"yes {n},ann {n}\nno {n},bob {n}\n" for n in range(50)))
    imported = embedlab("import", "text", table, "--text-column", "said", "--json")
    assert imported.exit_code == 0, imported
    assert imported.json["counts"]["documents"] == 100


@pytest.mark.slow
def test_from_ratings_to_recommendations(embedlab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, "tensorflow", "keras")
    imported = embedlab("import", "ratings", _write_ratings(tmp_path / "r.csv"), "--json")
    assert imported.exit_code == 0, imported
    dataset = imported.json["id"]
    trained = embedlab("train", dataset, "matrix-factorization", "--set", "epochs=2", "--set", "n_factors=3", "--json")
    assert trained.exit_code == 0, trained
    scores = trained.json["scores"]
    assert {"test_rmse", "test_mae", "baselines"} <= scores.keys()
    assert {"ndcg@10", "recall@20"} <= scores.keys()
    assert set(scores["baselines"]) == {"global_mean", "item_mean", "user_item_bias", "popularity", "ease"}
    assert scores["baselines"].keys() == scores["differences"].keys()
    assert scores["baselines"]["item_mean"].keys() == {"test_rmse", "test_mae"}
    run = trained.json["run"]
    assert embedlab("scores", run, "--json").json == {"run": run, "scores": scores}
    told = embedlab("scores", run)
    compared = embedlab("compare-runs", dataset)
    for said in (told.out, compared.out):
        assert "User and item biases" in said
        assert "run - baseline" in said
    as_json = embedlab("compare-runs", dataset, "--json").json
    assert as_json["baselines"] == scores["baselines"]
    assert as_json["runs"][0]["differences"].keys() == scores["differences"].keys()
    assert as_json["runs"][0]["intervals"] == scores["intervals"]
    assert embedlab("scores", "nosuchrun222", "--json").exit_code == 2
    answers = embedlab("recommend", run, "7", "--topn", 4, "--json").json
    predicted = [score for _, _, score in answers]
    assert len(answers) == 4
    assert predicted == sorted(predicted, reverse=True)
    assert all(1 <= score <= 5 for score in predicted)
    assert embedlab("recommend", run, "nobody", "--json").exit_code == 2
    assert embedlab("neighbors", f"{run}/items", "7", "--json").exit_code == 0
    assert embedlab("neighbors", run, "7", "--json").json["error"]["remedy"].count(f"{run}/") == 2


def test_vectors_go_out_and_come_back_the_same(embedlab: Run, tmp_path: Path) -> None:
    source = tmp_path / "v.txt"
    source.write_text("4 2\nking 1 0.5\nqueen 0.25 1\nhotel -1 -1\nking 9 9\n")
    imported = embedlab("import", "vectors", source, "--json")
    assert imported.exit_code == 0, imported
    assert imported.json["counts"] == {"keys": 3, "vector_size": 2}
    read = imported.json["read"]
    assert (read["layout"], read["separator"], read["header"], read["encoding"]) == ("word2vec", " ", True, "utf-8")
    merged = {"rows with a key that occurs before, the first is kept": {"count": 1, "examples": ["king"]}}
    assert imported.json["details"] == {"left_out": {}, "merged": merged, "converted": {}}
    out = tmp_path / "out.bin"
    assert embedlab("export", imported.json["embedding"], "--format", "word2vec-binary", "--out", out).exit_code == 0
    again = embedlab("import", "vectors", out, "--json").json
    answers = [embedlab("neighbors", name["embedding"], "king", "--json").json for name in (imported.json, again)]
    assert answers[0] == answers[1]
    assert answers[0][0][0] == "queen"


def _bad_files(folder: Path) -> dict[str, tuple[str, Path]]:
    def write(name: str, content: bytes) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    packed = gzip.compress(b"some words to read " * 5000)
    with zipfile.ZipFile(folder / "slip.zip", "w") as archive:
        archive.writestr("../../evil.txt", "x y z")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.txt", b"word " * 1_000_000)
    head = "userId,movieId,rating\n"
    return {
        "empty": ("text", write("empty.txt", b"")),
        "binary": ("text", write("binary.txt", bytes(range(256)) * 40)),
        "truncated": ("text", write("truncated.gz", packed[: len(packed) // 2])),
        "slip": ("text", folder / "slip.zip"),
        "bomb": ("text", folder / "bomb.zip"),
        "empty ratings": ("ratings", write("empty.csv", b"")),
        "5000 columns": ("ratings", write("wide.csv", (",".join(map(str, range(5000))) + "\n").encode() * 3)),
        "one rating": ("ratings", write("one.csv", f"{head}1,2,3\n".encode())),
        "nan ratings": ("ratings", write("nan.csv", f"{head}1,2,nan\n1,3,inf\n2,2,nan\n".encode())),
        "unequal rows": ("vectors", write("unequal.txt", b"2 3\na 1 2 3\nb 1 2\n")),
        "nan vectors": ("vectors", write("nan.txt", b"2 3\na 1 2 3\nb 1 nan 2\n")),
        "pickle": (
            "vectors",
            write("pickle.kv", b"\x80\x04\x95\x0f\x00\x00\x00\x00\x00\x00\x00\x8c\x0bhello world\x94."),
        ),
    }


@pytest.mark.slow
def test_bad_files_are_told_and_leave_the_workspace_as_it_was(
    embedlab: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDLAB_MAX_UNPACKED_MB", "1")
    embedlab("datasets")
    before = _things(home)
    wrong = {}
    for name, (kind, path) in _bad_files(tmp_path).items():
        said = embedlab("import", kind, path, "--json")
        if said.exit_code != 2 or not said.json["error"]["what"] or _things(home) != before:
            wrong[name] = (said, _things(home) - before)
    assert wrong == {}
    assert embedlab("jobs", "--json").json == []
    assert not list(tmp_path.rglob("evil*"))


def test_a_missing_column_is_told_with_those_there_are(embedlab: Run, home: Path, tmp_path: Path) -> None:
    said = embedlab("import", "ratings", _write_ratings(tmp_path / "r.csv"), "--user", "who", "--json")
    assert said.exit_code == 2
    assert "movieId" in said.json["error"]["remedy"]
    assert _things(home) == set()


def test_a_training_on_too_little_fails_as_bad_input_and_is_kept_with_its_reason(embedlab: Run, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("hotel")
    imported = embedlab("import", "text", tmp_path / "one.txt", "--json")
    if imported.exit_code == 0:
        trained = embedlab("train", imported.json["id"], "word2vec", "--json")
        assert trained.exit_code == 2, trained
        assert trained.json["status"] == "failed"
        assert trained.json["error"]["remedy"]
    else:
        assert imported.exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_cancels_the_training(embedlab: Run, home: Path, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("\n".join(["the hotel in paris is near the station"] * 5000))
    dataset = embedlab("import", "text", tmp_path / "t.txt", "--json").json["id"]
    # Long on any machine: no word is thinned out, and nothing but the signal ends it.
    settings = ["--set", "epochs=10000", "--set", "sample=0"]
    command = [sys.executable, "-m", "embedlab", "train", dataset, "word2vec", *settings, "--json"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell lets what it runs in the background ignore the signal, and that is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    end = time.monotonic() + 60
    while time.monotonic() < end and not any(row["status"] == "running" for row in embedlab("jobs", "--json").json):
        time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    said = json.loads(out)
    assert process.returncode == 1
    assert said["status"] == "cancelled"
    assert embedlab("runs", "--json").json[0]["status"] == "cancelled"


def test_cancelling_a_queued_run_from_elsewhere(embedlab: Run, home: Path) -> None:
    from embedlab.core.settings import Settings
    from embedlab.jobs.engine.queue import Queue
    from embedlab.workspace.workspace import Workspace

    workspace = Workspace.open(Settings(home=home))
    with workspace.transaction() as connection:
        job_id = Queue(workspace.catalog).submit(connection, "train", "waiting", {})
    workspace.close()
    assert embedlab("cancel", job_id, "--json").json == {"run": job_id, "status": "cancelled"}
    said = embedlab("cancel", job_id, "--json")
    assert said.exit_code == 2
    assert "already ended" in said.json["error"]["what"]


@pytest.mark.slow
def test_real_ratings(embedlab: Run, real_data: Callable[[str], Path]) -> None:
    ratings, movies = real_data("ml-latest-small/ratings.csv"), real_data("ml-latest-small/movies.csv")
    imported = embedlab("import", "ratings", ratings, "--items", movies, "--json").json
    assert imported["counts"] == {"ratings": 100_836, "users": 610, "items": 9_724}
    trained = embedlab("train", imported["id"], "matrix-factorization", "--set", "epochs=2", "--json")
    assert trained.exit_code == 0, trained
    labels = [label for _, label, *_ in embedlab("neighbors", f"{trained.json['run']}/items", "1", "--json").json]
    assert all("(" in label for label in labels)


@pytest.mark.slow
def test_real_vectors(embedlab: Run, real_data: Callable[[str], Path], tmp_path: Path) -> None:
    (path,) = real_data("googlenews-8000").glob("*.bin")
    imported = embedlab("import", "vectors", path, "--json").json
    assert imported["counts"] == {"keys": 8000, "vector_size": 300}
    answers = embedlab("analogy", imported["embedding"], "king - man + woman", "--topn", 3, "--json").json
    assert "queen" in [key for key, _, _ in answers]
    files = embedlab(
        "export", imported["embedding"], "--format", "parquet", "--out", tmp_path / "e.parquet", "--json"
    ).json
    table = pd.read_parquet(files["files"][0])
    assert len(table) == 8000
    assert {"key", "x", "y"} <= set(table.columns)


def test_vectors_cut_to_a_text_begin_a_training(embedlab: Run, tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("the king and the queen\n" * 30)
    (tmp_path / "v.txt").write_text("king 1 0\nrook 0 1\nqueen 1 1\n")
    text = embedlab("import", "text", tmp_path / "t.txt", "--json").json["id"]
    vectors = embedlab("import", "vectors", tmp_path / "v.txt", "--words-of", text, "--json").json
    assert vectors["counts"] == {"keys": 2, "vector_size": 2}
    settings = ["--set", f"start_from={vectors['embedding']}", "--set", "min_count=1", "--set", "epochs=1"]
    refused = embedlab("train", text, "word2vec", *settings, "--set", "vector_size=3", "--json")
    assert refused.exit_code == 2
    assert "Set vector_size to 2" in refused.json["error"]["remedy"]
    trained = embedlab("train", text, "word2vec", *settings, "--set", "vector_size=2", "--json")
    assert trained.exit_code == 0
    for given in ([], [tmp_path / "v.txt", "--url", "https://example.org/v.txt"]):
        assert embedlab("import", "vectors", *given, "--json").exit_code == 2
    away = embedlab("import", "vectors", "--url", "https://nobody.invalid/v.txt", "--json")
    assert "could not be downloaded" in away.json["error"]["what"]


@pytest.mark.slow
def test_real_messages(embedlab: Run, real_data: Callable[[str], Path]) -> None:
    path = real_data("sms-spam/SMSSpamCollection")
    imported = embedlab("import", "text", path, "--json").json
    assert imported["counts"]["documents"] == 5574


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_killed_training_goes_on_from_its_checkpoint(embedlab: Run, home: Path, tmp_path: Path) -> None:
    sentences = ["the hotel in paris is near the station", "the resort in rome is near the sea", "a king and a queen"]
    (tmp_path / "t.txt").write_text("\n".join(sentences * 3000))
    dataset = embedlab("import", "text", tmp_path / "t.txt", "--json").json["id"]
    settings = ["--set", "epochs=400", "--set", "backend=gensim"]
    command = [sys.executable, "-m", "embedlab", "train", dataset, "word2vec", *settings, "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 120
    # The worker is known before the checkpoint is there: the training must not end before it is killed.
    while time.monotonic() < end and not any(row["worker"] for row in embedlab("jobs", "--active", "--json").json):
        time.sleep(0.05)
    (job,) = embedlab("jobs", "--active", "--json").json
    while time.monotonic() < end and not list(home.glob("jobs/*/checkpoints/0*")):
        time.sleep(0.01)
    os.kill(job["worker"]["pid"], signal.SIGKILL)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert json.loads(out)["status"] == "interrupted"
    (folder,) = home.glob("jobs/*/checkpoints")
    history = folder.parent / "history.jsonl"
    before = len(history.read_text().splitlines())
    assert 0 < before < 400
    resumed = embedlab("resume", job["id"], "--json")
    assert resumed.exit_code == 0, resumed
    assert resumed.json["run"] == job["id"]
    epochs = [json.loads(line)["epoch"] for line in history.read_text().splitlines()]
    assert sorted(set(epochs)) == list(range(1, 401))
    assert len(epochs) < 400 + before
    # The worker tidies up after it has told its success.
    end = time.monotonic() + 60
    while time.monotonic() < end and folder.exists():
        time.sleep(0.05)
    assert not folder.exists()


def test_what_was_found_in_a_text_is_told(embedlab: Run, tmp_path: Path) -> None:
    table = tmp_path / "trips.csv"
    rows = [f"{'city' if n % 4 else 'sea'},we went to new york by train number {n}" for n in range(60)]
    table.write_text("\n".join(["kind,text", *rows, "sea,!!!"]) + "\n")
    columns = ["--text-column", "text", "--label-column", "kind", "--phrases", "--phrase-min-count", "20"]
    told = embedlab("import", "text", table, *columns)
    assert told.exit_code == 0, told
    assert "city   45         73.8%  " in told.out
    assert "train_number  60\n" in told.out
    assert "1 of 61 documents have no words" in told.err
    found = embedlab("import", "text", table, *columns, "--json").json
    assert [each["label"] for each in found["labels"]["most_frequent"]] == ["city", "sea"]
    assert ["train_number", 60] in found["phrases"]["most_frequent"]
