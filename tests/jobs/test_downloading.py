"""A download becomes a dataset by the import it asks for."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path

import pytest

from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.kinds import download as downloading
from embedlab.samples import downloads
from embedlab.samples.downloads import Download, Member
from embedlab.workspace.rows import Status
from embedlab.workspace.workspace import Workspace
from tests.samples.test_downloads import served

__all__ = ["served"]

TEXT = b"the king rules the land and the queen rules the sea\n" * 50


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Download:
    """The only data set that can be downloaded."""
    download = Download(
        "tiny", "A tiny text", "", "", Kind.TEXT, "https://example.invalid/", "tiny.zip", 10_000,
        Member("tiny", "tiny.txt", len(TEXT)), options={"layout": "lines"},
    )  # fmt: skip
    monkeypatch.setattr(downloads, "DOWNLOADS", (download,))
    return download


def _without_workers(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    jobs = Jobs(workspace)
    monkeypatch.setattr(jobs, "dispatch", lambda: None)
    return jobs


def test_what_is_downloaded_is_imported(workspace, offered, monkeypatch, served):
    folder, base_url = served
    with zipfile.ZipFile(folder / "tiny.zip", "w") as archive:
        archive.writestr("tiny", TEXT)
    monkeypatch.setattr(downloading, "fetch", partial(downloads.fetch, base_url=base_url, allow_http=True))
    jobs = _without_workers(workspace, monkeypatch)
    job = jobs.submit_download("tiny")
    assert execute(workspace, job.id)
    done = jobs.job(job.id)
    assert done.status == Status.SUCCEEDED
    assert execute(workspace, done.result["import_id"])
    dataset = workspace.datasets()[0]
    assert (dataset.name, dataset.counts["documents"], dataset.counts["tokens"]) == ("A tiny text", 50, 50 * 11)


def test_without_a_connection_the_job_says_so_and_nothing_is_left(workspace, offered, monkeypatch):
    nobody = partial(downloads.fetch, base_url="http://127.0.0.1:9/", allow_http=True)
    monkeypatch.setattr(downloading, "fetch", nobody)
    jobs = _without_workers(workspace, monkeypatch)
    job = jobs.submit_download("tiny")
    execute(workspace, job.id)
    failed = jobs.job(job.id)
    assert failed.status == Status.FAILED
    assert "connection" in failed.error["remedy"]
    assert list(Path(workspace.layout.home / "uploads").iterdir()) == []


def test_downloads_that_are_switched_off_are_refused(workspace, offered, monkeypatch):
    quiet = Workspace(workspace.settings.model_copy(update={"downloads": False}), workspace.catalog)
    jobs = _without_workers(quiet, monkeypatch)
    job = jobs.submit_download("tiny")
    execute(quiet, job.id)
    assert "switched off" in jobs.job(job.id).error["what"]


def test_a_file_at_an_address_is_staged_under_its_name_to_be_looked_at(workspace, monkeypatch, served):
    folder, base_url = served
    (folder / "vectors.txt").write_text("king 1 0\nqueen 1 1\n")

    def fetch_file(url, *arguments, **options):
        return downloads.fetch_file(url.replace("https:", "http:"), *arguments, allow_http=True, **options)

    monkeypatch.setattr(downloading, "fetch_file", fetch_file)
    jobs = _without_workers(workspace, monkeypatch)
    with pytest.raises(InputError, match="HTTPS"):
        jobs.submit_fetch(f"{base_url}vectors.txt")
    for place in ("embedlab.jobs.jobs.check_url", "embedlab.jobs.kinds.download.check_url"):
        monkeypatch.setattr(place, lambda url: None)
    job = jobs.submit_fetch(f" {base_url.replace('http:', 'https:')}vectors.txt ")
    assert execute(workspace, job.id)
    upload = workspace.upload(jobs.job(job.id).result["upload_id"])
    assert (upload.name, upload.path.read_text()) == ("vectors.txt", "king 1 0\nqueen 1 1\n")


def test_without_a_connection_an_address_is_told_and_nothing_is_left(workspace, monkeypatch):
    jobs = _without_workers(workspace, monkeypatch)
    job = jobs.submit_fetch("https://nobody.invalid/vectors.txt")
    execute(workspace, job.id)
    failed = jobs.job(job.id)
    assert failed.status == Status.FAILED
    assert "could not be downloaded" in failed.error["what"]
    assert "connection" in failed.error["remedy"]
    assert list(Path(workspace.layout.home / "uploads").iterdir()) == []


def test_vectors_are_cut_to_the_words_of_a_text_and_of_nothing_else(workspace, monkeypatch):
    jobs = _without_workers(workspace, monkeypatch)

    def imported(content, kind, options):
        upload = workspace.stage_upload(io.BytesIO(content), "file")
        job = jobs.submit_import(upload.id, kind, options, "File")
        assert execute(workspace, job.id)
        return jobs.job(job.id).result

    text = imported(TEXT, Kind.TEXT, {"layout": "lines"})["dataset_id"]
    vectors = b"king 1 0\nrook 0 1\nQueen 1 1\n"
    cut = imported(vectors, Kind.VECTORS, {"words_of": text})
    assert workspace.load_embedding(cut["embedding_id"]).keys == ["king", "Queen"]
    with pytest.raises(InputError, match="vocabulary of a text"):
        imported(vectors, Kind.VECTORS, {"words_of": cut["dataset_id"]})
    with pytest.raises(NotFoundError):
        imported(vectors, Kind.VECTORS, {"words_of": "000000000000"})
