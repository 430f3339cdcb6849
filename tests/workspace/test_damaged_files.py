"""Every file of a workspace damaged in every common way: what reads it works, or says what is missing or damaged."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import EmbedLabError, StorageError
from embedlab.core.settings import Settings
from embedlab.exploration.asking.neighbors import neighbors
from embedlab.jobs.comparison import compare_runs
from embedlab.jobs.engine.context import newest_checkpoint
from embedlab.jobs.estimates import Experience
from embedlab.jobs.inference import open_ability
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds.rescoring import update_folders
from embedlab.jobs.reproduction import script_of, write_bundle
from embedlab.jobs.stability import keys_by_stability, load_stability
from embedlab.kinds.ratings import RatingsDataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.contract.abilities import Classifies, PlacesText, PlacesWord, Rates
from embedlab.models.contract.base import State
from embedlab.models.registry import MODELS
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from tests.one_of_each import OneOfEach, make_one_of_each

Damage = Callable[[Path], None]
#: Locks and logs of the database are no contents; what is damaged of the catalog itself is tested elsewhere.
NO_CONTENTS = re.compile(r"(catalogue\.sqlite.*|.*\.lock|reserve|labelled\.tsv)")


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, OneOfEach]]:
    """A workspace with one of everything."""
    folder = tmp_path_factory.mktemp("everything")
    opened = Workspace.open(Settings(home=folder / "home", owner="ada"))
    yield opened, make_one_of_each(opened, folder / "files")
    opened.close()


# Ways of damage


def _missing(path: Path) -> None:
    path.unlink()


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    noise = np.random.default_rng(len(content)).integers(0, 256, len(content), dtype=np.uint8)
    start = len(content) // 3
    content[start : start + max(16, len(content) // 3)] = noise[: max(16, len(content) // 3)].tobytes()
    path.write_bytes(bytes(content[: len(noise)]))


def _noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).integers(0, 256, 500, dtype=np.uint8).tobytes())


def _a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _other_shape(path: Path) -> None:
    """Write a sound file of the same format with contents that do not belong there."""
    match path.suffix:
        case ".npy":
            np.save(path, np.arange(6, dtype=np.float64).reshape(1, 2, 3))
        case ".parquet":
            pd.DataFrame({"other": [1, 2]}).to_parquet(path)
        case ".json":
            path.write_text("[1, null, {}]")
        case ".jsonl":
            path.write_text('[1]\n7\n{"epoch": [1], "loss": "x"}\n{"epoch": 1, "loss": {}, "share_done": "half"}\n')
        case _:
            path.write_bytes(b"\xff\xfe\x00other")


def _other_types(path: Path) -> None:
    """Write a sound file with the right structure and values of other types."""
    match path.suffix:
        case ".npy":
            array = np.load(path)
            np.save(path, np.full(array.shape, "x"))
        case ".parquet":
            table = pd.read_parquet(path)
            pd.DataFrame({name: [[1]] * len(table) for name in table.columns}).to_parquet(path)
        case ".json":
            path.write_text('{"arrays": {"a": 1}, "config": [], "kind": 7, "counts": "x", "options": 1, "scores": 2}')
        case ".jsonl":
            path.write_text('{"epoch": "1", "share_done": [], "stage": 3, "rate": "x", "eta_s": {}, "epochs": null}\n')
        case _:
            path.write_bytes(b"\n" * 10)


def _shorter(path: Path) -> None:
    """Write a sound file with fewer entries."""
    match path.suffix:
        case ".npy":
            np.save(path, np.load(path)[:1])
        case ".parquet":
            pd.read_parquet(path).head(1).to_parquet(path)
        case _:
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(lines[:1]))


def _deep(path: Path) -> None:
    path.write_bytes(b'{"a":' * 100_000 + b"[" * 100_000)


def _outside(path: Path) -> None:
    """Name arrays outside of the folder, or promise more than the file holds."""
    match path.suffix:
        case ".json":
            path.write_text('{"arrays": ["../../../secret", "/etc/passwd", ".."], "config": {}}')
        case ".npy":
            content = path.read_bytes()
            path.write_bytes(re.sub(rb"'shape': \(\d+", b"'shape': (10", content, count=1) + b"")
        case _:
            path.write_bytes(b"../../../etc/passwd\n")


WAYS: dict[str, Damage] = {
    "missing": _missing,
    "emptied": _emptied,
    "cut": _cut,
    "garbled": _garbled,
    "noise": _noise,
    "a-folder": _a_folder,
    "other-shape": _other_shape,
    "other-types": _other_types,
    "shorter": _shorter,
    "deep": _deep,
    "outside": _outside,
}


# What reads


def _read_text(workspace: Workspace, made: OneOfEach) -> Iterator[Callable[[], object]]:
    def opened() -> TextDataset:
        dataset = workspace.open_dataset(made.text)
        assert isinstance(dataset, TextDataset)
        return dataset

    yield opened
    yield lambda: opened().vocabulary.head()
    yield lambda: opened().labels
    yield lambda: opened().document_starts
    yield lambda: opened().documents(0, 5)
    yield lambda: opened().documents(30, 10**6)
    yield lambda: list(opened().lines())
    yield lambda: opened().kept(2)
    yield lambda: opened().tokenize("new york w1")
    yield lambda: (opened().n_documents, opened().n_tokens, opened().options)


def _read_ratings(workspace: Workspace, made: OneOfEach) -> Iterator[Callable[[], object]]:
    def opened() -> RatingsDataset:
        dataset = workspace.open_dataset(workspace.run(made.ratings).dataset_id)
        assert isinstance(dataset, RatingsDataset)
        return dataset

    yield opened
    yield lambda: (opened().users.head(), opened().items.head(), opened().scale)
    yield lambda: opened().split(0)
    yield lambda: (opened().user_keys, opened().item_keys, opened().ratings)


def _read_run(workspace: Workspace, run_id: str, folder: Path) -> Iterator[Callable[[], object]]:
    jobs, run = Jobs(workspace), workspace.run(run_id)
    yield lambda: State.load(workspace.run_folder(run_id) / "state")
    yield lambda: script_of(workspace, run)
    yield lambda: zipfile.ZipFile(write_bundle(workspace, run_id, folder / "bundle.zip")).namelist()
    yield lambda: open_ability(workspace, run_id, PlacesText).vector(["w1", "w2"])
    yield lambda: open_ability(workspace, run_id, PlacesWord).vector("w1w2")
    yield lambda: open_ability(workspace, run_id, Classifies).predict([["ship", "tram"]])
    yield lambda: open_ability(workspace, run_id, Rates).predict(np.zeros(1, np.int32), np.zeros(1, np.int32))
    yield lambda: jobs.progress(run_id)
    yield lambda: (jobs.snapshots(run_id), jobs.newest_snapshot(run_id))
    if jobs.has_film(run_id):
        yield lambda: jobs.film(run_id)
    yield lambda: newest_checkpoint(workspace.layout.job(run_id))
    yield lambda: jobs.can_resume(jobs.job(run_id))
    yield lambda: compare_runs(workspace, run.dataset_id)
    yield lambda: update_folders(workspace, [run_id])
    yield lambda: _steadiest(workspace, run_id)
    if run.model in MODELS:
        yield lambda: Experience(workspace, MODELS[run.model])


def _steadiest(workspace: Workspace, run_id: str) -> object:
    kept = load_stability(workspace, workspace.run(run_id))
    return kept and keys_by_stability(workspace.load_embedding(kept.row.id), kept, 3, most=True)


def _read_embedding(workspace: Workspace, embedding_id: str) -> Iterator[Callable[[], object]]:
    def near() -> object:
        embedding = workspace.load_embedding(embedding_id)
        return neighbors(embedding, embedding.keys[-1], 3)

    yield near
    for row in workspace.projections(embedding_id):
        yield lambda projection_id=row.id: np.asarray(workspace.coordinates(projection_id)).sum()


def _readers_of(workspace: Workspace, made: OneOfEach, folder: Path, path: Path) -> list[Callable[[], object]]:
    """Return what may read a file."""
    room, row_id = path.relative_to(workspace.settings.home).parts[:2]
    readers = [workspace.usage]
    if room == "datasets":
        for read in (_read_text, _read_ratings):
            readers += read(workspace, made)
        for run in workspace.runs(row_id)[-2:]:
            readers += _read_run(workspace, run.id, folder)
    elif room in {"runs", "jobs"} and row_id in {run.id for run in workspace.runs()}:
        readers += _read_run(workspace, row_id, folder)
    elif room == "jobs":
        readers.append(lambda: Jobs(workspace).progress(row_id))
    elif room == "embeddings":
        readers += _read_embedding(workspace, row_id)
        if run_id := workspace.embedding(row_id).run_id:
            readers.append(lambda: _steadiest(workspace, run_id))
    elif room == "projections":
        readers += _read_embedding(workspace, workspace.projection(row_id).embedding_id)
    return readers


def _kind(home: Path, path: Path) -> str:
    """Return a file's path without ids and numbers: files of one kind are alike."""
    return re.sub(r"\d{6}", "N", re.sub(r"(?<=/)[a-z0-9]{12}(?=/|$)", "ID", path.relative_to(home).as_posix()))


def _files(workspace: Workspace, made: OneOfEach) -> list[Path]:
    """Return the files to damage: of the runs and their parts each, of the rest one of each kind."""
    home = workspace.settings.home
    chosen: dict[str, Path] = {}
    for path in sorted(home.rglob("*")):
        if not path.is_file() or NO_CONTENTS.fullmatch(path.name) or path.name == "workspace.json":
            continue
        room, row_id = path.relative_to(home).parts[:2]
        kind = _kind(home, path)
        # Each model has its own reader of its state.
        own = room == "runs" and ("state/" in kind or "predictor/" in kind)
        chosen.setdefault(f"{kind} {row_id}" if own else kind, path)
    return list(chosen.values())


def test_there_is_one_file_of_each_kind(everything: tuple[Workspace, OneOfEach]) -> None:
    workspace, made = everything
    kinds = {_kind(workspace.settings.home, path) for path in _files(workspace, made)}
    assert {
        "datasets/ID/corpus.txt",
        "datasets/ID/phrases.parquet",
        "datasets/ID/ratings.npy",
        "embeddings/ID/vectors.npy",
        "jobs/ID/checkpoints/N/state.json",
        "jobs/ID/history.jsonl",
        "jobs/ID/snapshots/N/words.npy",
        "jobs/ID/snapshots/film/coordinates.npy",
        "projections/ID/coordinates.npy",
        "runs/ID/predictor/embedding.npy",
        "runs/ID/predictor/user_factors.npy",
        "runs/ID/stability.npy",
        "runs/ID/state/ngrams.npy",
        "runs/ID/train.py",
        "uploads/ID",
    } <= kinds


def test_all_can_be_read_while_nothing_is_damaged(everything: tuple[Workspace, OneOfEach], tmp_path: Path) -> None:
    workspace, made = everything
    damaged: list[str] = []
    for path in _files(workspace, made):
        for read in _readers_of(workspace, made, tmp_path, path):
            try:
                read()
            except StorageError as error:
                damaged.append(str(error.received))
            except EmbedLabError:
                # A run of another model, or one that has not succeeded.
                continue
    # Runs that were put together without training have a predictor and no state.
    assert set(damaged) <= {"state.json"}
    assert workspace.run(made.failed).status == Status.FAILED
    assert load_stability(workspace, workspace.run(made.word2vec)) is not None
    assert Jobs(workspace).snapshots(made.failed)
    assert newest_checkpoint(workspace.layout.job(made.failed)) is not None


@pytest.mark.parametrize("way", list(WAYS))
def test_damaged_files_are_told_or_do_no_harm(
    everything: tuple[Workspace, OneOfEach], tmp_path: Path, way: str
) -> None:
    workspace, made = everything
    broken: list[str] = []
    n_told = 0
    for path in _files(workspace, made):
        readers = _readers_of(workspace, made, tmp_path, path)
        kept = path.with_name(f"{path.name}.kept")
        shutil.copy(path, kept)
        try:
            WAYS[way](path)
            for number, read in enumerate(readers):
                try:
                    read()
                except EmbedLabError:
                    n_told += 1
                except Exception as error:
                    name = _kind(workspace.settings.home, path)
                    broken.append(f"{name}, reader {number}: {type(error).__name__}: {str(error)[:80]}")
        finally:
            if path.is_dir():
                path.rmdir()
            kept.replace(path)
    assert broken == []
    assert n_told > 0
