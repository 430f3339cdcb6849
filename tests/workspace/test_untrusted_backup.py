"""A backup that somebody has changed runs no code, writes no file of its own choice, and brings no value of its own."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.settings import Settings
from embedlab.workspace.backup import CATALOG_FILE
from embedlab.workspace.identity import stored_ids
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import yardsticks_of
from tests.restoring import restore_backup
from tests.workspace import old_backups
from tests.workspace.old_backups import write_old_backup

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def empty(settings: Settings) -> Workspace:
    """An empty workspace."""
    return Workspace.open(settings)


def _with_member(path: Path, name: str, content: bytes | str = b"print('evil')") -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, content)
    return path


def _changed(path: Path, change: Change) -> Path:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(members[CATALOG_FILE])
    change(about)
    members[CATALOG_FILE] = json.dumps(about).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("schema", ["0001", "0002", "0003", "0004", "0005"])
def test_backups_of_every_schema_come_back(empty: Workspace, tmp_path: Path, schema: str) -> None:
    restored = restore_backup(empty, write_old_backup(tmp_path / "b.zip", schema))
    n_yardsticks = 0 if schema == "0001" else 1
    assert restored == {
        **dict.fromkeys(("uploads", "datasets", "jobs", "runs", "embeddings", "projections"), 1),
        "yardsticks": n_yardsticks,
    }
    assert empty.load_embedding(old_backups.EMBEDDING).key_to_index == {"a": 0, "b": 1, "c": 2, "d": 3}
    assert empty.coordinates(old_backups.PROJECTION).shape == (4, 2)
    assert empty.run(old_backups.RUN).parameters == {"vector_size": 3, "seed": 1}
    assert empty.upload(old_backups.UPLOAD).path.read_bytes() == b"later"
    kept = [row.content for row in yardsticks_of(empty, old_backups.DATASET)]
    assert kept == [[["a", "b", 7.5], ["c", "d", 1]]] * n_yardsticks


def test_a_backup_of_a_newer_schema_is_refused(empty: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="newer version"):
        restore_backup(empty, write_old_backup(tmp_path / "b.zip", "9999"))


def test_a_backup_names_its_workspace_and_the_one_restored_into_keeps_its_own_id(
    empty: Workspace, tmp_path: Path
) -> None:
    there = Workspace.open(Settings(home=tmp_path / "there"))
    restore_backup(there, write_old_backup(tmp_path / "old.zip", "0002"))
    path = there.backup(tmp_path / "new.zip")
    with zipfile.ZipFile(path) as archive:
        named = json.loads(archive.read(CATALOG_FILE))["workspace_id"]
    assert named == stored_ids(there.catalog.engine, there.layout).catalog
    there.close()
    before = stored_ids(empty.catalog.engine, empty.layout)
    restore_backup(empty, path)
    assert stored_ids(empty.catalog.engine, empty.layout) == before
    assert before.match
    assert before.folder != named
    # The sweep finds nothing to set aside.
    empty.sweep(older_than_s=-60.0)
    assert empty.trash().n_items == 0


@pytest.mark.parametrize(
    "name",
    [
        "jobs/{run}/numpy.py",
        "jobs/{run}/embedlab/__init__.py",
        "jobs/{run}/sitecustomize.pyc",
        "jobs/{run}/usercustomize.py",
        "jobs/{run}/gensim.so",
        "jobs/{run}/x.pth",
        "jobs/{run}/checkpoints/000001/numpy.py",
        "jobs/{run}/checkpoints/evil/state.json",
        "jobs/{run}/snapshots/000001/a b.npy",
        "jobs/{run}/snapshots/film/evil.py",
        "jobs/{run}/snapshots/other/state.json",
        "jobs/{run}/scratch/file",
        "jobs/{run}/worker.lock",
        "runs/{run}/evil.py",
        "runs/{run}/state/evil.py",
        "runs/{run}/state/weights.pickle",
        "embeddings/{embedding}/vectors.pkl",
        "datasets/{dataset}/__init__.py",
        "projections/{projection}/index.html",
    ],
    ids=lambda name: name.replace("{", "").replace("}", "").replace("/", "-"),
)
def test_files_of_other_names_stay_out(empty: Workspace, tmp_path: Path, name: str) -> None:
    ids = {"run": old_backups.RUN, "embedding": old_backups.EMBEDDING, "dataset": old_backups.DATASET}
    member = name.format(**ids, projection=old_backups.PROJECTION)
    restore_backup(empty, _with_member(write_old_backup(tmp_path / "b.zip", "0002"), member))
    assert not (empty.settings.home / member).exists()
    assert not [path for path in empty.settings.home.rglob("*") if path.suffix in {".py", ".pyc", ".pkl", ".so"}]
    assert empty.load_embedding(old_backups.EMBEDDING).n_keys == 4


def test_a_film_comes_with_its_run(empty: Workspace, tmp_path: Path) -> None:
    member = f"jobs/{old_backups.RUN}/snapshots/film/state.json"
    restore_backup(empty, _with_member(write_old_backup(tmp_path / "b.zip", "0002"), member))
    assert (empty.settings.home / member).exists()


def test_the_script_of_a_run_is_never_taken_from_the_file(empty: Workspace, tmp_path: Path) -> None:
    restore_backup(empty, write_old_backup(tmp_path / "b.zip", "0002"))
    assert not (empty.run_folder(old_backups.RUN) / "train.py").exists()


def _keras_file(path: Path, config: object, extra: str | None = None) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("model.weights.h5", "")
        if extra:
            archive.writestr(extra, "x")
    return path.read_bytes()


_LAYER = {"module": "keras.layers", "class_name": "Embedding", "config": {"name": "words"}}


@pytest.mark.parametrize(
    ("config", "extra", "stays"),
    [
        pytest.param({"class_name": "Functional", "module": "keras.src.models.functional", "layers": [_LAYER]}, None,
                     True, id="our-network"),
        pytest.param({"layers": [_LAYER, {"class_name": "NotEqual", "module": "keras.src.ops.numpy"}]}, None,
                     True, id="arithmetic"),
        pytest.param({"layers": [{"class_name": "Map", "module": "keras.src.ops.core"}]}, None, False,
                     id="operation-with-function"),
        pytest.param({"layers": [{"class_name": "Cast", "module": "os"}]}, None, False, id="operation-elsewhere"),
        pytest.param({"layers": [{**_LAYER, "class_name": "Lambda"}]}, None, False, id="lambda"),
        pytest.param({"layers": [{**_LAYER, "class_name": "TFSMLayer"}]}, None, False, id="saved-model"),
        pytest.param({"f": {"class_name": "function", "config": "system", "module": "os"}}, None, False, id="function"),
        pytest.param({"layers": [{**_LAYER, "module": "os"}]}, None, False, id="other-module"),
        pytest.param({"class_name": "__lambda__", "config": {"value": "4wEA"}}, None, False, id="marshalled"),
        pytest.param({"layers": [_LAYER]}, "evil.py", False, id="extra-member"),
        pytest.param("[" * 100_000, None, False, id="deep"),
        pytest.param("no json", None, False, id="no-json"),
    ],
)  # fmt: skip
def test_a_network_that_would_run_code_stays_out(
    empty: Workspace, tmp_path: Path, config: object, extra: str | None, stays: bool
) -> None:
    content = _keras_file(tmp_path / "n.keras", config, extra)
    name = f"runs/{old_backups.RUN}/skipgram.keras"
    restore_backup(empty, _with_member(write_old_backup(tmp_path / "b.zip", "0002"), name, content))
    assert (empty.settings.home / name).exists() is stays


def _set(table: str, **values: object) -> Change:
    return lambda about: about["tables"][table][0].update(values)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_set("datasets", kind="evil"), id="kind-of-dataset"),
        pytest.param(_set("datasets", digest="../.."), id="digest"),
        pytest.param(_set("datasets", size_bytes=-1), id="negative-size"),
        pytest.param(_set("datasets", size_bytes=2**70), id="huge-size"),
        pytest.param(_set("datasets", size_bytes=True), id="truth-for-size"),
        pytest.param(_set("datasets", counts=[1]), id="list-of-counts"),
        pytest.param(_set("datasets", counts={"tokens": "4"}), id="text-for-a-count"),
        pytest.param(_set("datasets", counts={"tokens": float("nan")}), id="nan-count"),
        pytest.param(_set("datasets", created_at=float("inf")), id="infinite-time"),
        pytest.param(_set("datasets", warnings="text"), id="text-for-warnings"),
        pytest.param(_set("datasets", details="text"), id="text-for-details"),
        pytest.param(_set("datasets", details={"density": "x"}), id="text-for-density"),
        pytest.param(_set("datasets", details={"labels": {"different": 2}}), id="labels-without-rows"),
        pytest.param(
            _set("datasets", details={"labels": {"different": 1, "most_frequent": [{"label": 1}]}}), id="label-row"
        ),
        pytest.param(_set("datasets", details={"phrases": [1]}), id="list-for-phrases"),
        pytest.param(_set("datasets", details={"scale": [1]}), id="half-a-scale"),
        pytest.param(_set("runs", scores={"documents": {"knn_accuracy": 0.5, "interval": 5}}), id="no-interval"),
        pytest.param(_set("runs", scores={"documents": {"interval": [0.1]}}), id="half-an-interval"),
        pytest.param(_set("runs", scores={"checks": {"covered": 1, "results": [1]}}), id="no-results"),
        pytest.param(_set("runs", scores={"analogies": {"sections": 7}}), id="no-sections"),
        pytest.param(_set("runs", scores={"analogies": {"sections": [[]]}}), id="list-for-a-section"),
        pytest.param(
            _set("runs", scores={"analogies": {"sections": [{"name": "x", "covered": 2, "score": None}]}}),
            id="asked-without-score",
        ),
        pytest.param(_set("runs", scores={"checks": {"results": [{"check": "a near b"}]}}), id="half-a-result"),
        pytest.param(_set("runs", scores={"checks": {"covered": "many"}}), id="text-for-covered"),
        pytest.param(_set("projections", quality={"knn_recall_10": "x"}), id="text-for-recall"),
        pytest.param(_set("projections", quality={"knn_recall_10": 0.5, "sampled": []}), id="list-for-sampled"),
        pytest.param(_set("projections", quality={"explained_variance_ratio": 7}), id="number-for-shares"),
        pytest.param(_set("projections", quality={"not_computed": "all"}), id="text-for-reasons"),
        pytest.param(_set("projections", quality={"left_out": "x"}), id="text-for-left-out"),
        pytest.param(_set("projections", quality={"components": [0, 2]}), id="component-zero"),
        pytest.param(_set("projections", quality={"components": [1.5]}), id="half-a-component"),
        pytest.param(_set("projections", quality={"variance_shares": [0.1] * 1001}), id="too-many-components"),
        pytest.param(_set("datasets", name="a\0b"), id="nul"),
        pytest.param(_set("datasets", name="\ud800"), id="surrogate"),
        pytest.param(_set("datasets", name=7), id="number-for-name"),
        pytest.param(_set("datasets", protocol={"name": "random"}), id="half-a-protocol"),
        pytest.param(_set("runs", protocol="random"), id="text-for-protocol"),
        pytest.param(_set("jobs", kind="shell"), id="kind-of-job"),
        pytest.param(_set("jobs", error={"what": "x"}), id="error-without-type"),
        pytest.param(_set("jobs", error={"type": "x", "what": "x", "evil": 1}), id="error-with-more"),
        pytest.param(_set("jobs", worker={"host": "h", "pid": 1, "started": 0}), id="worker"),
        pytest.param(_set("jobs", token="t" * 32), id="token"),
        pytest.param(_set("jobs", result=[1]), id="list-for-result"),
        pytest.param(_set("jobs", attempt=0), id="no-attempt"),
        pytest.param(_set("jobs", request={"upload_id": "../../etc/passwd"}), id="path-for-upload"),
        pytest.param(_set("jobs", request={"embedding_id": "/etc/passwd"}), id="path-for-embedding"),
        pytest.param(_set("jobs", request={"run_ids": ["../x"]}), id="path-for-runs"),
        pytest.param(_set("jobs", request={"url": "file:///etc/passwd"}), id="file-address"),
        pytest.param(_set("jobs", request=["x"]), id="list-for-request"),
        pytest.param(_set("runs", model="../evil"), id="path-for-model"),
        pytest.param(_set("runs", parameters=[1]), id="list-for-parameters"),
        pytest.param(_set("runs", parameters={"seed": [1]}), id="list-for-seed"),
        pytest.param(_set("runs", scores=7), id="number-for-scores"),
        pytest.param(_set("runs", versions={"python": 3}), id="number-for-version"),
        pytest.param(_set("embeddings", name="../evil"), id="path-for-name"),
        pytest.param(_set("embeddings", n_keys=0), id="no-keys"),
        pytest.param(_set("embeddings", n_keys=4.5), id="half-a-key"),
        pytest.param(_set("projections", n_components=9), id="nine-dimensions"),
        pytest.param(_set("projections", method="<b>"), id="method"),
        pytest.param(_set("yardsticks", kind="script"), id="kind-of-yardstick"),
        pytest.param(_set("yardsticks", content=[["a", "b"]]), id="pairs-without-score"),
        pytest.param(_set("yardsticks", kind="analogies"), id="pairs-for-analogies"),
        pytest.param(_set("yardsticks", kind="check"), id="content-of-a-check"),
    ],
)
def test_rows_with_values_embedlab_does_not_write_are_refused(empty: Workspace, tmp_path: Path, change: Change) -> None:
    path = _changed(write_old_backup(tmp_path / "b.zip", "0002"), change)
    with pytest.raises(InputError):
        restore_backup(empty, path)
    assert empty.datasets() == []
    assert not any((empty.settings.home / "datasets").iterdir())


def test_json_nested_too_deeply_is_refused(empty: Workspace, tmp_path: Path) -> None:
    def nest(about: dict[str, Any]) -> None:
        value: Any = 1
        for _ in range(200):
            value = {"a": value}
        about["tables"]["runs"][0]["scores"] = value

    with pytest.raises(EmbedLabError):
        restore_backup(empty, _changed(write_old_backup(tmp_path / "b.zip", "0002"), nest))


def test_what_is_not_known_of_a_request_is_left_out(empty: Workspace, tmp_path: Path) -> None:
    request = {"dataset_id": old_backups.DATASET, "script": "import os", "path": "/etc/passwd"}
    restore_backup(empty, _changed(write_old_backup(tmp_path / "b.zip", "0002"), _set("jobs", request=request)))
    from embedlab.jobs.engine.queue import Queue

    assert Queue(empty.catalog).job(old_backups.RUN).request == {"dataset_id": old_backups.DATASET}


def test_a_model_that_is_not_known_is_kept_by_its_name(empty: Workspace, tmp_path: Path) -> None:
    restore_backup(empty, _changed(write_old_backup(tmp_path / "b.zip", "0002"), _set("runs", model="of-the-future")))
    assert empty.run(old_backups.RUN).model == "of-the-future"
