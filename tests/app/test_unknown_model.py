"""A run of an unknown model, for example from a restored backup, is shown under its stored name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from embedlab.core.errors import EmbedLabError
from embedlab.jobs.comparison import compare_runs
from embedlab.jobs.inference import open_ability
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.reproduction import script_of, write_bundle
from embedlab.jobs.stability import load_stability, submit_repeats
from embedlab.models.contract.abilities import Classifies, PlacesText, PlacesWord, Rates
from embedlab.workspace.rows import RunRow
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted

UNKNOWN = "of-the-future"


@pytest.fixture
def run(workspace: Workspace, tmp_path: Path) -> RunRow:
    """A finished run of an unknown model."""
    kept = keep_run(workspace, write_planted(tmp_path / "files"), planted_predictor)
    with workspace.transaction() as connection:
        connection.execute(sa.update(runs).values(model=UNKNOWN, parameters={"seed": 3, "depth": [1, 2]}))
    return workspace.run(kept.id)


def _texts(app: AppTest) -> str:
    shown = [*app.markdown, *app.caption, *app.info, *app.warning]
    return " ".join(str(each.value) for each in shown)


def test_run_page_shows_that_the_model_is_not_available(open_page: Callable[..., AppTest], run: RunRow) -> None:
    app = open_page("runs", run=run.id)
    assert not app.exception
    assert not app.error
    text = _texts(app)
    assert "does not have the model of this run" in text
    assert "of\\-the\\-future" in text or UNKNOWN in text
    assert "seed 3" in text
    assert not any(button.key == "start-repeats" for button in app.button)


@pytest.mark.parametrize("page", ["runs", "start", "recommend", "ask", "map", "train", "data", "workspace"])
def test_every_page_opens_with_such_a_run(open_page: Callable[..., AppTest], run: RunRow, page: str) -> None:
    app = open_page(page, dataset=run.dataset_id, run=run.id, view="all" if page == "runs" else "one")
    assert not app.exception
    assert not [each.value for each in app.error]


def test_library_raises_a_clear_error(workspace: Workspace, run: RunRow, tmp_path: Path) -> None:
    assert script_of(workspace, run) is None
    assert [each.model for each in compare_runs(workspace, run.dataset_id).runs] == [UNKNOWN]
    assert load_stability(workspace, run) is None
    for ask in (
        lambda: write_bundle(workspace, run.id, tmp_path / "bundle.zip"),
        lambda: open_ability(workspace, run.id, Rates),
        lambda: open_ability(workspace, run.id, PlacesText),
        lambda: open_ability(workspace, run.id, Classifies),
        lambda: open_ability(workspace, run.id, PlacesWord),
        lambda: submit_repeats(Jobs(workspace), run.id, 2),
    ):
        with pytest.raises(EmbedLabError):
            ask()


@pytest.mark.parametrize(
    ("arguments", "exit_code"),
    [
        pytest.param(["runs"], 0, id="runs"),
        pytest.param(["runs", "--json"], 0, id="runs-json"),
        pytest.param(["compare-runs", "{dataset}"], 0, id="compare-runs"),
        pytest.param(["neighbors", "{run}/items", "10"], 0, id="neighbors"),
        pytest.param(["export", "{run}/items", "--format", "word2vec", "--out", "{out}/items.txt"], 0, id="export"),
        pytest.param(["recommend", "{run}", "a0"], 2, id="recommend"),
        pytest.param(["stability", "{run}", "--seeds", "2"], 2, id="stability"),
        pytest.param(["script", "{run}", "--out", "{out}/bundle.zip"], 2, id="script"),
        pytest.param(["classify", "{run}", "--text", "x"], 2, id="classify"),
        pytest.param(["similar", "{run}", "--text", "x"], 2, id="similar"),
    ],
)
def test_commands_show_a_clear_error(
    run: RunRow, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], exit_code: int
) -> None:
    from embedlab.cli.app import main

    given = [each.format(run=run.id, dataset=run.dataset_id, out=tmp_path) for each in arguments]
    assert main(given) == exit_code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    if given[0] == "runs":
        assert UNKNOWN in captured.out
