"""A command opens and sniffs the file that it imports once; the worker opens it once and sniffs nothing again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from tests.cli.conftest import Said
from tests.reading.opening_counts import OpeningCounts

TEXT = "label,text\n" + "".join(f"{'ab'[n % 2]},words of the document number w{n}\n" for n in range(30))
RATINGS = "user,item,rating\n" + "".join(f"u{n},i{n % 3},{1 + n % 5}\n" for n in range(30))


@pytest.fixture
def _work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do each job in this process, as a worker would."""

    def dispatch(jobs: Jobs) -> None:
        for job in jobs.jobs(active=True):
            execute(jobs.workspace, job.id)

    monkeypatch.setattr(Jobs, "dispatch", dispatch)


@pytest.mark.usefixtures("_work_here")
@pytest.mark.parametrize(
    ("kind", "content", "n_opens"),
    [pytest.param("text", TEXT, 2, id="text"), pytest.param("ratings", RATINGS, 1, id="ratings")],
)
def test_one_sniff_and_one_open_by_the_command_and_by_its_worker(
    embedlab: Callable[..., Said],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    content: str,
    n_opens: int,
) -> None:
    (tmp_path / "file.csv").write_text(content)
    counts = OpeningCounts(monkeypatch)
    said = embedlab("import", kind, tmp_path / "file.csv", "--json")
    assert said.exit_code == 0, said.err
    assert said.json["kind"] == kind
    # The guess of options needs the file for text only; ratings are guessed by the worker, with the same opening.
    assert list(counts.opens.values()) == [n_opens]
    # The worker that imports text looks at its start again, to report what was assumed.
    assert counts.sniffs in {(1, 1), (2, 2)}
