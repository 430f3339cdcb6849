"""A small workspace with one of everything that EmbedLab keeps, made by its own jobs in this process."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.core.kind import Kind
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.judging import keep_check
from embedlab.jobs.stability import submit_repeats
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted
from tests.planted_classifier import keep_classifier
from tests.planted_classifier import planted_predictor as planted_classifier

_WORDS = [f"w{number}" for number in range(30)]
_SMALL = {"vector_size": 4, "epochs": 2, "min_count": 1, "seed": 1}


@dataclass(frozen=True)
class OneOfEach:
    """Ids of what was made."""

    text: str
    vectors: str
    word2vec: str
    fasttext: str
    doc2vec: str
    lsa: str
    ratings: str
    classifier: str
    failed: str
    upload: str

    @property
    def trained(self) -> tuple[str, ...]:
        """The runs whose models were trained here."""
        return (self.word2vec, self.fasttext, self.doc2vec, self.lsa)


def _texts(path: Path) -> Path:
    rng = np.random.default_rng(0)
    lines = [f"{'even' if row % 2 else 'odd'}\t{' '.join(rng.permutation(_WORDS)[:8])} new york" for row in range(60)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def make_one_of_each(workspace: Workspace, folder: Path) -> OneOfEach:
    """Fill an empty workspace; `folder` holds the files it is made from."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = Jobs(workspace)
    with pytest.MonkeyPatch.context() as patch:
        # The jobs are done here, one after the other.
        patch.setattr(Jobs, "dispatch", lambda self: None)
        # Moments are kept of the shortest training as well.
        patch.setattr("embedlab.jobs.engine.snapshots._LEAST_INTERVAL_S", 0.0)

        def done(job_id: str) -> str:
            assert execute(workspace, job_id)
            row = jobs.job(job_id)
            assert row.status == "succeeded", row.error
            return job_id

        options = {"layout": "delimited", "delimiter": "\t", "has_header": False, "text_column": 1, "label_column": 0}
        upload = workspace.stage_upload(_texts(folder / "texts.tsv"), "texts.tsv")
        options |= {"phrases": {"min_count": 2, "threshold": 1.0}}
        done(jobs.submit_import(upload.id, Kind.TEXT, options, "texts").id)
        text = workspace.datasets()[0].id
        keep_check(workspace, text, "w1 near w2")

        def train(model: str, **settings: object) -> str:
            return done(jobs.submit_training(text, model, settings).id)

        word2vec = train("word2vec", **_SMALL)
        for job in submit_repeats(jobs, word2vec, 2):
            done(job.id)
        fasttext = train("fasttext", **_SMALL, bucket=1000)
        doc2vec = train("doc2vec", **_SMALL)
        lsa = train("lsa", vector_size=4, min_count=1, seed=1)
        vectors_file = folder / "vectors.txt"
        rng = np.random.default_rng(1)
        rows = [f"{word} {' '.join(f'{x:.3f}' for x in rng.normal(size=3))}" for word in _WORDS]
        vectors_file.write_text(f"{len(rows)} 3\n" + "\n".join(rows) + "\n", encoding="utf-8")
        upload = workspace.stage_upload(vectors_file, "vectors.txt")
        done(jobs.submit_import(upload.id, Kind.VECTORS, {}, "vectors").id)
        vectors = next(row.id for row in workspace.datasets() if row.kind == Kind.VECTORS)
        ratings = keep_run(workspace, write_planted(folder / "ratings"), planted_predictor)
        classifier = keep_classifier(workspace, planted_classifier())
        # A training that stopped half-way keeps its checkpoint and its moments.
        patch.setattr("embedlab.tasks.documents.score_documents", _stop)
        patch.setattr("embedlab.jobs.kinds.train.judge_for_dataset", _stop)
        failed = jobs.submit_training(text, "word2vec", {**_SMALL, "epochs": 5}).id
        assert execute(workspace, failed)
        # The first checkpoint of a training is written after two seconds.
        shutil.copytree(
            workspace.run_folder(word2vec) / "state", workspace.layout.job(failed) / "checkpoints" / "000001"
        )
        upload = workspace.stage_upload(folder / "texts.tsv", "later.tsv")
    return OneOfEach(text, vectors, word2vec, fasttext, doc2vec, lsa, ratings.id, classifier.id, failed, upload.id)


def _stop(*_: object) -> None:
    # A score that fails for any other reason does not end a training.
    raise StorageError("The disk is full.")
