"""Workers killed at every moment at which they write: nothing is orphaned or lost, and the job can be done again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.kind import Kind
from embedlab.exploration.clusters import CLUSTERS_FILE
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import keep_check
from embedlab.jobs.kinds import download as downloading
from embedlab.jobs.stability import submit_repeats
from embedlab.samples import downloads
from embedlab.samples.downloads import Download, DownloadedFiles, Member
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from tests.jobs.killing.kill_points import killed_before_write, unknown_and_missing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks its workers")

#: More writes than any of these jobs has.
MOST_WRITES = 400
TEXT = b"the king rules the land and the queen rules the sea\n" * 30


@dataclass(frozen=True)
class Kept:
    """A workspace with a dataset and two trainings that differ in their seed."""

    jobs: Jobs
    dataset_id: str
    run_ids: tuple[str, str]


@pytest.fixture
def kept(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    jobs = Jobs(workspace)
    path = tmp_path / "text.txt"
    words = [f"w{number}" for number in range(14)]
    rng = np.random.default_rng(0)
    path.write_text("\n".join(" ".join(rng.permutation(words)[:8]) for _ in range(40)), encoding="utf-8")
    _do(jobs, jobs.submit_import(workspace.stage_upload(path, "t.txt").id, Kind.TEXT, {"layout": "lines"}, "t").id)
    dataset_id = workspace.datasets()[0].id
    keep_check(workspace, dataset_id, "w1 near w2")
    run_ids = tuple(_train(jobs, dataset_id, seed) for seed in (1, 2))
    for run_id in run_ids:
        _do(jobs, run_id)
    return Kept(jobs, dataset_id, (run_ids[0], run_ids[1]))


def _do(jobs: Jobs, job_id: str) -> None:
    assert execute(jobs.workspace, job_id)
    assert jobs.job(job_id).status == Status.SUCCEEDED, jobs.job(job_id).error


def _train(jobs: Jobs, dataset_id: str, seed: int) -> str:
    return jobs.submit_training(
        dataset_id, "word2vec", {"vector_size": 4, "epochs": 1, "min_count": 1, "seed": seed}
    ).id


def _import(kept: Kept, tmp_path: Path) -> str:
    path = tmp_path / "more.txt"
    path.write_bytes(TEXT)
    upload = kept.jobs.workspace.stage_upload(path, "more.txt")
    return kept.jobs.submit_import(upload.id, Kind.TEXT, {"layout": "lines"}, "more").id


def _import_vectors(kept: Kept, tmp_path: Path) -> str:
    path = tmp_path / "vectors.txt"
    rows = (f"v{number} {number} {number % 3} {number % 5} 1" for number in range(30))
    path.write_text("30 4\n" + "\n".join(rows), encoding="utf-8")
    upload = kept.jobs.workspace.stage_upload(path, "vectors.txt")
    return kept.jobs.submit_import(upload.id, Kind.VECTORS, {}, "vectors").id


def _project(kept: Kept, tmp_path: Path) -> str:
    embedding_id = kept.jobs.workspace.embeddings(run_id=kept.run_ids[0])[0].id
    # Without a graph, and with another seed each time: a layout that exists is not computed again.
    for graph in kept.jobs.workspace.layout.embedding(embedding_id).glob("graph-*"):
        graph.unlink()
    seed = len(kept.jobs.jobs("project"))
    parameters = {"n_iter": 50, "early_exaggeration_iter": 0}
    return kept.jobs.submit_projection(embedding_id, "tsne", 2, parameters, seed).id


def _clusters(kept: Kept, tmp_path: Path) -> str:
    row = kept.jobs.workspace.embeddings(run_id=kept.run_ids[0])[0]
    (kept.jobs.workspace.layout.embedding(row.id) / CLUSTERS_FILE).unlink(missing_ok=True)
    return kept.jobs.submit("clusters", {"embedding_id": row.id}).id


def _download(kept: Kept, tmp_path: Path) -> str:
    return kept.jobs.submit_download("tiny").id


def _fetch(kept: Kept, tmp_path: Path) -> str:
    return kept.jobs.submit_fetch("https://example.org/tiny.txt").id


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads that need no connection."""
    member = Member("tiny", "tiny.txt", len(TEXT))
    download = Download(
        "tiny", "A tiny text", "", "", Kind.TEXT, "https://example.org/", "tiny.zip", 10_000, member,
        options={"layout": "lines"},
    )  # fmt: skip
    monkeypatch.setattr(downloads, "DOWNLOADS", (download,))

    def fetch(download: Download, folder: Path, **_: object) -> DownloadedFiles:
        for name in ("tiny.txt", "items.txt"):
            (folder / name).write_bytes(TEXT)
        return DownloadedFiles(folder / "tiny.txt", folder / "items.txt")

    monkeypatch.setattr(downloading, "fetch", fetch)
    monkeypatch.setattr(downloading, "fetch_file", lambda url, path, **_: path.write_bytes(TEXT))
    monkeypatch.setattr("embedlab.jobs.jobs.check_url", lambda url: None)


SUBMITS: dict[str, Callable[[Kept, Path], str]] = {
    "import": _import,
    "import-vectors": _import_vectors,
    "train": lambda kept, _: _train(kept.jobs, kept.dataset_id, 3),
    "project": _project,
    "clusters": _clusters,
    "download": _download,
    "fetch": _fetch,
    "judge": lambda kept, _: kept.jobs.submit_judging(kept.dataset_id).id,
    "stability": lambda kept, _: submit_repeats(kept.jobs, kept.run_ids[0], 2)[-1].id,
}


# A training writes at fifty moments, and is done twice for each.
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize(
    ("submit", "least_kills"),
    [
        pytest.param("import", 4, id="import"),
        pytest.param("import-vectors", 10, id="import-vectors", marks=pytest.mark.slow),
        pytest.param("train", 20, id="train", marks=pytest.mark.slow),
        pytest.param("project", 4, id="project"),
        pytest.param("clusters", 2, id="clusters"),
        pytest.param("download", 4, id="download"),
        pytest.param("fetch", 4, id="fetch"),
        pytest.param("judge", 2, id="judge"),
        pytest.param("stability", 4, id="stability"),
    ],
)
def test_a_worker_killed_before_any_of_its_writes_leaves_no_orphan_and_the_job_can_be_done_again(
    kept: Kept, tmp_path: Path, submit: str, least_kills: int
) -> None:
    jobs, workspace = kept.jobs, kept.jobs.workspace
    assert unknown_and_missing(workspace) == (set(), set())
    # The writes are the same with both catalogs: a training, which has many, is killed before others with each.
    is_sqlite = workspace.catalog.engine.dialect.name == "sqlite"
    first, step = (1, 2 if submit == "train" else 1) if is_sqlite else (2, 4)
    for n in range(first, MOST_WRITES, step):
        job_id = SUBMITS[submit](kept, tmp_path)
        workspace.catalog.engine.dispose()
        killed = killed_before_write(workspace.settings, job_id, n)
        # As a server does that starts after it all.
        Jobs(workspace).look_after()
        status = jobs.job(job_id).status
        # A kill after the last transaction takes nothing from a job that is done.
        assert status in ({Status.INTERRUPTED, Status.SUCCEEDED, Status.QUEUED} if killed else {Status.SUCCEEDED}), n
        if status != Status.SUCCEEDED:
            assert unknown_and_missing(workspace) == (set(), set()), n
            if status == Status.INTERRUPTED:
                jobs.restart(job_id)
            _do(jobs, job_id)
        assert unknown_and_missing(workspace) == (set(), set()), n
        folder = workspace.layout.job(job_id)
        assert not (folder / "scratch").exists()
        assert not (folder / "made.jsonl").exists()
        if not killed:
            break
    assert n > least_kills
    assert n < MOST_WRITES - step
