"""Make `schema_0002.tar.xz`: a workspace as EmbedLab wrote it before workspaces had ids and datasets had protocols.

The commit bb6402d is the last with schema 0002. To make the archive again, run this script with a checkout of it:

    git worktree add --detach /tmp/embedlab-0002 bb6402d
    python tests/workspace/old_workspaces/make.py /tmp/embedlab-0002 schema_0002.tar.xz

The text and the ratings are generated with fixed seeds, and the archive holds no times or owners of files. Ids, times
and machine names in the catalog differ each time, so tests look for names and never for ids.

The archive holds `home/`, the workspace's folder, and `backup.zip`, a backup of the same workspace by the same version.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

_TOPICS = {
    "sea": ["wave", "boat", "sand", "shell", "tide", "gull", "harbor", "sail"],
    "hill": ["peak", "trail", "snow", "goat", "hut", "ridge", "valley", "pine"],
    "town": ["street", "shop", "tram", "square", "market", "lamp", "bench", "clock"],
}
_COMMON = ["the", "a", "near", "old", "small", "bright", "we", "saw"]
_SHORT = ("--set", "vector_size=6", "--set", "min_count=1", "--set", "seed=1")


def _write_files(folder: Path) -> None:
    rng = random.Random(0)
    documents = [
        (topic, " ".join(rng.choice(words if rng.random() < 0.7 else _COMMON) for _ in range(9)))
        for topic, words in _TOPICS.items()
        for _ in range(30)
    ]
    rng.shuffle(documents)
    (folder / "walks.txt").write_text("".join(f"{text}\n" for _, text in documents), encoding="utf-8")
    rows = "".join(f"{topic},{text}\n" for topic, text in documents)
    (folder / "topics.csv").write_text(f"topic,text\n{rows}", encoding="utf-8")
    ratings = [
        f"u{user},i{item},{min(5, max(1, 3 + (1 if (user + item) % 2 else -1) + rng.choice((0, 0, 1))))}\n"
        for user in range(20)
        for item in rng.sample(range(15), 9)
    ]
    (folder / "ratings.csv").write_text(f"user,item,rating\n{''.join(ratings)}", encoding="utf-8")
    items = "".join(f"i{item},Film {item},{'drama' if item % 2 else 'comedy'}\n" for item in range(15))
    (folder / "items.csv").write_text(f"item,title,genres\n{items}", encoding="utf-8")
    words = [word for words in _TOPICS.values() for word in words]
    vectors = "".join(f"{word} {' '.join(f'{rng.gauss(0, 1):.3f}' for _ in range(4))}\n" for word in words)
    (folder / "vectors.txt").write_text(f"{len(words)} 4\n{vectors}", encoding="utf-8")
    (folder / "pairs.tsv").write_text("wave\ttide\t8\npeak\tridge\t9\ntram\tgoat\t1\nsand\tlamp\t2\n", encoding="utf-8")


def _fill(checkout: Path, home: Path, files: Path) -> None:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("EMBEDLAB_")}
    environment = {**ours, "EMBEDLAB_HOME": str(home), "EMBEDLAB_SLOTS": "1"}

    def run(*arguments: object, exit_code: int = 0) -> Any:
        command = [sys.executable, "-m", "embedlab", *(str(each) for each in arguments), "--json"]
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != exit_code:
            raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def imported(kind: str, name: str, *more: object) -> str:
        run("import", kind, files / name, *more)
        wanted = Path(name).stem
        return next(row["id"] for row in run("datasets") if row["name"] == wanted)

    text = imported("text", "walks.txt", "--layout", "lines", "--name", "walks")
    labeled = imported("text", "topics.csv", "--text-column", "text", "--label-column", "topic", "--name", "topics")
    ratings = imported("ratings", "ratings.csv", "--items", files / "items.csv", "--name", "ratings")
    imported("vectors", "vectors.txt", "--name", "vectors")
    run("checks", text, "--add", "wave near tide within 5", "--pairs", files / "pairs.tsv")

    def train(dataset: str, model: str, *settings: object) -> Any:
        return run("train", dataset, model, *_SHORT, *settings, "--name", f"{model} run")

    first = train(text, "word2vec", "--set", "epochs=3")
    train(text, "fasttext", "--set", "epochs=2", "--set", "bucket=1000")
    train(text, "glove", "--set", "epochs=3")
    train(text, "ppmi-svd")
    train(text, "keras-skipgram", "--set", "epochs=2")
    train(labeled, "doc2vec", "--set", "epochs=3")
    train(labeled, "lsa")
    train(labeled, "text-classifier", "--set", "epochs=4", "--set", "sequence_length=12")
    short = ("--set", "n_factors=4", "--set", "epochs=5", "--set", "seed=1")
    run("train", ratings, "matrix-factorization", *short, "--name", "matrix-factorization run")
    run("sweep", labeled, "lsa", "--grid", "vector_size=3,4", "--set", "min_count=1")
    run("stability", first["run"], "--seeds", 2)
    words = first["embeddings"]["words"]
    run("project", words, "--method", "pca", "--dims", 2, "--out", files / "pca.csv")
    run("project", words, "--method", "tsne", "--dims", 2, "--set", "perplexity=5", "--out", files / "tsne.csv")
    too_rare = ("--set", "min_count=100000", "--name", "failed run")
    run("train", text, "word2vec", *too_rare, exit_code=2)
    for log in home.glob("jobs/*/log.txt"):
        log.write_text(_without_paths(log.read_text(encoding="utf-8"), checkout), encoding="utf-8")
    run("backup", home.parent / "backup.zip")


def _without_paths(text: str, checkout: Path) -> str:
    """Return a log without the folders of the machine that made it."""
    for folder in (checkout, Path(sys.prefix), Path(sys.base_prefix)):
        text = text.replace(str(folder), "/embedlab")
    return text


def _pack(folder: Path, archive: Path) -> None:
    connection = sqlite3.connect(folder / "home" / "catalogue.sqlite")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.execute("VACUUM")
    connection.close()

    _store(folder / "backup.zip")

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        if member.name.endswith((".lock", "-wal", "-shm")) or Path(member.name).name == "reserve":
            return None
        member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
        return member

    with tarfile.open(archive, "w:xz", preset=9) as packed:
        for path in (folder / "home", folder / "backup.zip"):
            packed.add(path, path.name, filter=plain)


def _store(path: Path) -> None:
    """Write a zip again without compression: the archive around it has the same files and shrinks them only once."""
    plain = path.with_suffix(".stored")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as target:
        for member in source.infolist():
            target.writestr(zipfile.ZipInfo(member.filename), source.read(member))
    plain.replace(path)


def main(checkout: str, archive: str) -> None:
    """Fill a workspace by the command line of an old checkout and pack it."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "files").mkdir()
        _write_files(folder / "files")
        _fill(Path(checkout).resolve(), folder / "home", folder / "files")
        _pack(folder, Path(archive))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
