from __future__ import annotations

from typing import Any

import pytest

from embedlab.jobs.comparison import compare_runs
from embedlab.workspace.tables import embeddings, jobs, runs
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill


def test_what_differs_and_every_score_side_by_side(workspace: Workspace) -> None:
    filled = fill(workspace)
    first: dict[str, Any] = {"vector_size": 50, "epochs": 5, "seed": 0, "window": 5}
    scores = {
        "wordsim353": {
            "score": 0.5,
            "low": 0.4,
            "high": 0.6,
            "covered": 300,
            "of": 353,
            "meaningful": True,
            "note": "",
        },
        "simlex999": {
            "score": 0.3,
            "low": 0.1,
            "high": 0.5,
            "covered": 9,
            "of": 999,
            "meaningful": False,
            "note": "few",
        },
        "loss": 1.5,
        "best_epoch": 3,
        "n_test": 10,
        "checks": {"score": 1.0, "covered": 1, "of": 1, "results": [{"check": "a near b", "passed": True}]},
        "files": {"gone": {"name": "gone.tsv", "score": 0.9, "covered": 3, "of": 3}},
    }
    older = {"word_pairs": {"wordsim353": {"spearman": 0.2, "n_used": 200, "n_pairs": 353, "meaningful": True}}}
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(parameters=first, scores=scores))
        other = {"id": "abcdefghijkm", "created_at": 1.0}
        job = {"kind": "train", "status": "succeeded", "title": "b", "request": {}, "attempt": 1}
        workspace.catalogue.insert(connection, jobs, {**other, **job, "started_at": 10.0, "finished_at": 12.5})
        run = {"name": "b", "dataset_id": filled.dataset, "model": "ppmi-svd", "versions": {}}
        parameters = {"vector_size": 100, "seed": 0, "window": 5}
        workspace.catalogue.insert(connection, runs, {**other, **run, "parameters": parameters, "scores": older})
    compared = compare_runs(workspace, filled.dataset)
    assert [run.id for run in compared.runs] == [filled.run, "abcdefghijkm"]
    assert compared.settings == {"vector_size": (50, 100)}
    assert compared.scores == {
        "Loss": (1.5, None),
        "WordSim-353": (0.5, 0.2),
        "SimLex-999": (0.3, None),
        "Own checks": (1.0, None),
    }
    assert compared.margins == {"WordSim-353": pytest.approx(0.1), "SimLex-999": pytest.approx(0.2)}
    assert compared.doubtful == {"SimLex-999": "few"}
    assert compared.unjudged == ()
    with workspace.transaction() as connection:
        connection.execute(embeddings.update().values(run_id="abcdefghijkm"))
    assert compare_runs(workspace, filled.dataset).unjudged == ("abcdefghijkm",)
    assert compared.runs[1].elapsed_s == 2.5
