"""What a run says of the conditions under which it was trained and judged."""

from __future__ import annotations

from typing import Any

import pytest

from embedlab.jobs.conditions import protocol_note, run_note
from embedlab.kinds.protocols import Protocol
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace
from tests.workspaces import fill

PROTOCOL = Protocol(seed=4, test_share=0.2)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"model": "word2vec"}, "", id="no split"),
        pytest.param(
            {"model": "word2vec", "protocol": PROTOCOL.as_dict()},
            f"Trained without the test part. Evaluation protocol: {PROTOCOL.title}",
            id="words without the test part",
        ),
        pytest.param(
            {"model": "text-classifier", "protocol": PROTOCOL.as_dict(), "scores": {"n_grouped_documents": 1748}},
            f"Evaluation protocol: {PROTOCOL.title}; 1,748 duplicate documents, each group in one part",
            id="classifier with copies",
        ),
        pytest.param(
            {"model": "text-classifier", "parameters": {"seed": 6}},
            "Evaluation protocol: Random split, 10 % for validation, 20 % for test, seed 6, duplicates not grouped",
            id="classifier of an earlier version",
        ),
        pytest.param(
            {"model": "text-classifier", "protocol": {"name": "x"}},
            "Evaluation protocol unknown: The evaluation protocol cannot be read.",
            id="damaged",
        ),
    ],
)
def test_the_protocol_is_told(workspace: Workspace, values: dict[str, Any], expected: str) -> None:
    filled = fill(workspace)
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(**values))
    assert protocol_note(workspace, workspace.run(filled.run)) == expected


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param({"n_threads": 1}, "", id="one thread"),
        pytest.param({"n_threads": 2}, "Not exactly repeatable: 2 workers.", id="two threads"),
        pytest.param(None, "Not exactly repeatable: 4 workers.", id="threads unknown"),
    ],
)
def test_a_run_with_several_workers_is_not_repeatable(
    workspace: Workspace, result: dict[str, Any] | None, expected: str
) -> None:
    filled = fill(workspace)
    with workspace.transaction() as connection:
        connection.execute(runs.update().values(parameters={"workers": 4}))
    note = run_note(workspace.run(filled.run), result)
    assert note.startswith(expected)
    assert (note == "") == (expected == "")
