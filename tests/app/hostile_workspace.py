"""A workspace in which everything has a hostile name: datasets, runs, embeddings, users, items, words and labels."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.jobs.judging import keep_check
from embedlab.jobs.kinds.embeddings import keep_embedding
from embedlab.kinds.text.dataset import TextOptions, import_text
from embedlab.models.text_classifier.predictor import ClassifierPredictor
from embedlab.models.word2vec.model import Word2Vec
from embedlab.reading.sources import Limits
from embedlab.workspace.catalog import new_id
from embedlab.workspace.tables import EpochNow, jobs, runs
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor
from tests.finished_run import keep_finished_run

#: Each has a part that would be drawn, run, or asked of another server, were it not plain text.
NAMES = {
    "html": "<img src=x onerror=alert(1)><script>alert(2)</script><b>bold</b>",
    "picture": "![](http://evil.invalid/x.png) ![x][y]",
    "link": "[click](javascript:alert(1)) <javascript:alert(1)> https://evil.invalid/x www.evil.invalid a@evil.invalid",
    "latex": r"$\frac{1}{2}$ $$\text{x}$$ `code` **bold** ~~gone~~",
    "directives": ":material/skull: :red[red] :smile: :small[x] :color[x]{foreground='red'} ->",
    "blocks": "# heading\n- item\n> quote\n\n---\n| a | b |\n|---|---|\n```\ncode",
    "direction": "abc\u202egnp.exe\u2066\u200f\u2028x\u0085y",
    "control": "a\x00b\x07c\x1b[31md\x7fe\tf\r\ng\ufffe\ue000",
    "long": "<b>![x](y)" * 1000,
    "formula": '=HYPERLINK("http://evil.invalid","<b>x</b>")',
    "template": "{{7*7}} ${alert(1)} {0} %s %(x)s {name}",
}


def fill(workspace: Workspace, folder: Path, name: str) -> dict[str, str]:
    """Fill the workspace with one of everything, named so; return ids."""
    ids = _ratings(workspace, folder, name) | _text(workspace, folder, name) | _words(workspace, name)
    with workspace.transaction() as connection:
        for kind, status in (("train", "failed"), ("import", "failed"), ("project", "interrupted")):
            error = {"what": name, "received": name, "remedy": name, "detail": name, "kind": name}
            job = {"id": new_id(), "kind": kind, "status": status, "title": name, "request": {}, "attempt": 1}
            job |= {"error": error, "created_at": EpochNow(), "started_at": 1.0, "finished_at": 2.0}
            workspace.catalog.insert(connection, jobs, job)
            if kind == "train":
                run = {"id": job["id"], "name": name, "dataset_id": ids["text"], "model": Word2Vec.name, "scores": {}}
                run |= {"parameters": {"vector_size": 4}, "versions": {}, "created_at": EpochNow()}
                workspace.catalog.insert(connection, runs, run)
                ids["failed"] = job["id"]
    return ids


def in_a_file(name: str) -> str:
    """Return the name without what makes a file binary to a reader."""
    return "".join(character for character in name if unicodedata.category(character) != "Cc" or character in "\t\r\n")


def _ratings(workspace: Workspace, folder: Path, name: str) -> dict[str, str]:
    text = in_a_file(name)
    ratings, items = folder / "ratings.csv", folder / "movies.csv"
    with ratings.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["user", "item", "rating"])
        for user in (f"a{text}", "a1", "b0", f"b{text}"):
            writer.writerows([user, f"{10 * (at + 1)}", 1 + 4 * ((user[0] == "a") == (at < 3))] for at in range(6))
    with items.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["movieId", "title", "genres"])
        writer.writerows([f"{10 * (at + 1)}", f"{text} {at}", f"{text}|Crime"] for at in range(6))
    run = keep_run(workspace, (ratings, items), planted_predictor, name)
    return {"ratings": run.dataset_id, "tastes": run.id}


def _text(workspace: Workspace, folder: Path, name: str) -> dict[str, str]:
    """A labeled text whose labels, words and documents are the name; and a classifier of it."""
    dataset_id, run_id, text = new_id(), new_id(), in_a_file(name)
    target = workspace.dataset_folder(dataset_id)
    target.mkdir(parents=True)
    path = folder / "labelled.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        for at in range(10):
            writer.writerow([text if at % 2 else "town", f"the ship {text} in the harbour"])
    options = TextOptions(layout="delimited", delimiter=",", has_header=False, text_column=1, label_column=0)
    classes = [name, "town"]
    predictor = ClassifierPredictor(
        words=["ship", name],
        classes=classes,
        sequence_length=8,
        pooling="average",
        weights={
            "embedding": np.array([[0], [1], [2], [3]], np.float32),
            "classes_kernel": np.array([[1, -1]], np.float32),
            "classes_bias": np.zeros(2, np.float32),
        },
    )
    run = keep_finished_run(
        workspace,
        import_text(path, options, target, limits=Limits()),
        dataset_id,
        run_id,
        name=name,
        model="text-classifier",
        predictor=predictor.state(),
        embeddings={"words": _embedding(name), "classes": Embedding(np.eye(2, dtype=np.float32), classes)},
        scores={"test_accuracy": 0.875},
    )
    keep_check(workspace, dataset_id, "ship near harbour")
    upload = workspace.stage_upload(path, f"{name}.csv")
    words = workspace.resolve_embedding(f"{run.id}/words")
    return {"text": dataset_id, "classifier": run.id, "words": words.id, "upload": upload.id}


def _words(workspace: Workspace, name: str) -> dict[str, str]:
    context: Any = SimpleNamespace(makes=lambda path: path, n_threads=1)
    kept = keep_embedding(workspace, context, _embedding(name), name="words", title=name, run_id=None, dataset_id=None)
    with workspace.transaction() as connection:
        kept.store(workspace, connection)
    return {"embedding": kept.embedding_id}


def _embedding(name: str) -> Embedding:
    """Eight keys on a circle; half of them, their labels and the metadata are the name."""
    angles = np.arange(8) * np.pi / 4
    keys = [f"{name} {at}" if at % 2 else f"word{at}" for at in range(8)]
    metadata = pd.DataFrame({"count": range(80, 0, -10), f"column {name}": [f"{name} {at % 3}" for at in range(8)]})
    vectors = np.stack([np.cos(angles), np.sin(angles), angles], axis=1).astype(np.float32)
    return Embedding(vectors, keys, [f"{key} label" for key in keys], metadata)
