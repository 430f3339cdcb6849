"""`sample`, `download`: datasets that EmbedLab brings, or fetches."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from embedlab.cli.flags import Json
from embedlab.cli.importing.job import run_import
from embedlab.cli.importing.summary import write_import
from embedlab.cli.output import write_json, write_table
from embedlab.cli.work import follow, opened_jobs


def sample(
    name: Annotated[str | None, typer.Argument(help="Name of a sample; without it, the samples are listed.")] = None,
    train: Annotated[bool, typer.Option("--train/--no-train", help="Train a model with settings that suit it.")] = True,
    json: Json = False,
) -> None:
    """Import a sample and train a model on it: the fastest way to an embedding."""
    from embedlab.cli.train import write_run
    from embedlab.samples.shipped import SAMPLES, write_sample
    from embedlab.samples.shipped import sample as sample_of

    if name is None:
        _write_offers(SAMPLES, "summary", as_json=json)
        return
    chosen = sample_of(name)
    with opened_jobs() as jobs, tempfile.TemporaryDirectory() as folder:
        files = write_sample(chosen.name, Path(folder))
        then = (chosen.model, chosen.parameters) if train else None
        job = run_import(
            jobs,
            chosen.kind,
            files.path,
            lambda _: chosen.options,
            chosen.title,
            companions=files.companions,
            then_train=then,
        )
        result = job.result or {}
        if train:
            follow(jobs, result["run_id"])
            write_run(jobs, result["run_id"], as_json=json)
        else:
            write_import(jobs.workspace, job, as_json=json)


def download(
    name: Annotated[
        str | None, typer.Argument(help="Name of a public dataset; without it, the datasets are listed.")
    ] = None,
    json: Json = False,
) -> None:
    """Download a public dataset over HTTPS, verify it, and import it."""
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.samples.downloads import DOWNLOADS

    if name is None:
        _write_offers(DOWNLOADS, "terms", as_json=json)
        return
    with opened_jobs() as jobs:
        download_job = follow(jobs, jobs.submit_download(name).id)
        raise_error_of(download_job)
        job = follow(jobs, (download_job.result or {})["import_id"])
        raise_error_of(job)
        write_import(jobs.workspace, job, as_json=json)


def _write_offers(offers: Sequence[Any], more: str, *, as_json: bool) -> None:
    names = ["name", "kind", "title"]
    if as_json:
        write_json([{name: getattr(each, name) for name in [*names, more]} for each in offers])
    else:
        write_table(names, [[getattr(each, name) for name in names] for each in offers], empty="")
