"""Verdicts, comparing two runs, scores of any datasets, and what an embedding is, on the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.embedding import Embedding
from embedlab.jobs.candidates import candidate, score_table
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.recent import recent_runs
from embedlab.jobs.two_runs import compare_two
from embedlab.kinds.base import Imported
from embedlab.models.contract.base import State
from embedlab.ui.runs import run_list, run_table
from embedlab.ui.runs.run_table import Cell
from embedlab.workspace.tables import embeddings as embeddings_table
from embedlab.workspace.tables import jobs as jobs_table
from embedlab.workspace.tables import runs
from embedlab.workspace.workspace import Workspace
from tests.finished_run import keep_finished_run
from tests.ui.conftest import keep

OpenPage = Callable[..., AppTest]
FIRST, SECOND = "firstrun2222", "thirdrun2222"
DATASETS = {FIRST: "firsttext222", SECOND: "thirdtext222"}
N = 60


def pair_score(value: float, covered: int, of: int) -> dict[str, Any]:
    enough = covered >= 100
    return {"score": value, "low": value - 0.05, "high": value + 0.05, "covered": covered, "of": of} | {
        "meaningful": enough,
        "note": "" if enough else f"Only {covered:,} of {of:,} pairs used: too few to be meaningful.",
    }


@pytest.fixture
def two(workspace: Workspace) -> tuple[str, str]:
    """Two runs of two datasets; the vectors of the second are those of the first, rotated."""
    vectors = np.random.default_rng(0).normal(size=(N, 6)).astype(np.float32)
    rotated = vectors @ np.linalg.qr(np.random.default_rng(1).normal(size=(6, 6)))[0].astype(np.float32)
    keys = [f"w{place}" for place in range(N)]
    for run_id, numbers, value in ((FIRST, vectors, 0.61), (SECOND, rotated, 0.52)):
        dataset_id = DATASETS[run_id]
        workspace.dataset_folder(dataset_id).mkdir(parents=True)
        imported = Imported("text", {"documents": 9, "tokens": 2_000_000, "vocabulary": N}, {})
        keep_finished_run(
            workspace,
            imported,
            dataset_id,
            run_id,
            name=f"Run {run_id[:5]}",
            model="word2vec",
            predictor=State({}),
            embeddings={"words": Embedding(numbers, keys)},
            scores={"wordsim353": pair_score(value, 340, 353), "simlex999": pair_score(0.99, 2, 999)},
        )
    with workspace.transaction() as connection:
        connection.execute(runs.update().where(runs.c.id == FIRST).values(parameters={"vector_size": 6, "epochs": 5}))
        connection.execute(runs.update().where(runs.c.id == SECOND).values(parameters={"vector_size": 6, "epochs": 9}))
    return FIRST, SECOND


def texts(app: AppTest) -> str:
    assert not app.exception
    boxes = [*app.success, *app.warning, *app.info]
    return " ".join(str(each.value) for each in [*app.markdown, *app.caption, *boxes]).replace("\\", "")


def test_a_runs_page_begins_with_its_verdict_and_folds_away_small_tests(
    open_page: OpenPage, two: tuple[str, str]
) -> None:
    app = open_page("runs", run=FIRST, view="one")
    assert not app.exception
    verdict = app.success[0].value.replace("\\", "")
    assert verdict.startswith("**Good for a text of this size: 0.61 on WordSim-353")
    assert "reach 0.70" in verdict
    few = [each.label.replace("\\", "") for each in app.expander if "Too few" in each.label]
    assert few == ["Too few cases to judge: SimLex-999"]
    judged = app.dataframe[0].value
    assert judged["Test"].tolist() == ["WordSim-353"]


def test_small_tests_are_no_column_of_the_comparison(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("runs", view="compare", dataset=DATASETS[FIRST])
    columns = app.dataframe[0].value.columns
    assert "score:wordsim353" in columns
    assert "score:simlex999" not in columns
    assert "not in the table: SimLex-999" in texts(app)


def test_two_runs_are_compared_by_settings_scores_and_neighbors(
    workspace: Workspace, open_page: OpenPage, two: tuple[str, str]
) -> None:
    jobs = Jobs(workspace)
    result = compare_two(workspace, candidate(jobs, FIRST), candidate(jobs, f"{SECOND}/words"))
    assert result.settings == {"epochs": (5, 9)}
    assert result.agreement is not None
    assert result.agreement.overlap == 1.0
    assert [(each.name, each.not_comparable) for each in result.scores] == [("wordsim353", "")]
    assert result.scores[0].difference == pytest.approx(0.09)
    app = open_page("runs", view="two", compared=FIRST, compared_key="w7")
    assert "**100 %** of the 10 nearest neighbors are the same" in texts(app)
    settings = next(table.value for table in app.dataframe if "Setting" in table.value.columns)
    assert settings.to_numpy().tolist() == [["Epochs", "epochs", "5", "9"]] or settings["First"].tolist() == ["9"]
    assert {link.proto.label for link in app.get("page_link")} >= {"Query the first", "Map of the second"}
    assert "The second map is" in texts(app)
    assert "**100 %** of its nearest neighbors are the same" in texts(app)
    sides = maps_of(app)["sides"]
    assert [side["n_points"] for side in sides] == [N, N]
    assert maps_of(app)["command"]["index"] == 7
    table = next(table.value for table in app.dataframe if "Key" in table.value.columns)
    assert set(table["Lost: only in the first"]) == {""}


def test_the_second_embedding_is_of_the_same_things(
    workspace: Workspace, open_page: OpenPage, two: tuple[str, str]
) -> None:
    # Newer, but of other things.
    other, _ = keep(workspace, Embedding(np.eye(20, dtype=np.float32), [f"other{i}" for i in range(20)]), "Other")
    with workspace.transaction() as connection:
        connection.execute(embeddings_table.update().where(embeddings_table.c.id == other).values(name="vectors"))
    app = open_page("runs", view="two", compared=FIRST)
    assert app.selectbox(key="two-second").value == workspace.embeddings(run_id=SECOND)[0].id


def test_words_are_compared_with_imported_vectors_rather_than_with_users(
    workspace: Workspace, open_page: OpenPage
) -> None:
    ids = {}
    for name in ("vectors", "words", "users"):
        # The newest are the users.
        ids[name], _ = keep(workspace, Embedding(np.eye(20, dtype=np.float32), [f"{i}" for i in range(20)]), name)
        with workspace.transaction() as connection:
            values = {"name": name, "created_at": float(len(ids))}
            connection.execute(embeddings_table.update().where(embeddings_table.c.id == ids[name]).values(**values))
    app = open_page("runs", view="two", compared=ids["words"])
    assert app.selectbox(key="two-second").value == ids["vectors"]


def test_the_current_embedding_is_compared_first(
    workspace: Workspace, open_page: OpenPage, two: tuple[str, str]
) -> None:
    keep(workspace, Embedding(np.eye(20, dtype=np.float32), [f"other{i}" for i in range(20)]), "Newest")
    now = workspace.embeddings(run_id=FIRST)[0].id
    app = open_page("runs", view="two", embedding=now)
    assert app.selectbox(key="two-first").value == now


def maps_of(app: AppTest) -> dict[str, Any]:
    """Return the data of the linked maps."""
    components = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return next(each for each in components if "sides" in each)


def test_embeddings_are_compared_in_order_with_the_path_of_a_key(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("runs", view="slices")
    assert "Choose at least two embeddings" in texts(app)
    app = open_page("runs", view="slices", compared=[FIRST, SECOND, FIRST], compared_key="w3")
    assert "**100 %** of the 10 nearest neighbors in the last embedding are those of the first" in texts(app)
    table = next(each.value for each in app.dataframe if "As before" in each.value.columns)
    assert table["As in the first"].tolist() == [100.0, 100.0, 100.0]
    assert len(set(table["Nearest neighbors"])) == 1
    app = open_page("runs", view="slices", compared=[FIRST, SECOND], compared_key="nothing")
    assert not app.exception


def test_an_embedding_with_itself_compares_two_of_its_maps(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("runs", view="two", compared=[FIRST, FIRST])
    assert maps_of(app)["same"]
    assert "nearest points are the same on both maps" in texts(app)
    assert "A 2-D and a 3-D map cannot be aligned" in texts(app)


def test_scores_of_any_datasets_are_ranked_only_if_they_can_be_compared(
    workspace: Workspace, open_page: OpenPage, two: tuple[str, str]
) -> None:
    jobs = Jobs(workspace)
    candidates = [candidate(jobs, each) for each in two]
    table = score_table(candidates)
    assert set(table) == {"wordsim353"}
    assert table["wordsim353"].best == {0}
    with workspace.transaction() as connection:
        scores = {"wordsim353": pair_score(0.9, 120, 353), "test_accuracy": 0.9, "n_test": 100}
        connection.execute(runs.update().where(runs.c.id == SECOND).values(scores=scores))
    table = score_table([candidate(jobs, each) for each in two])
    assert table["wordsim353"].notes == ("", "different coverage")
    assert table["wordsim353"].best == frozenset()
    app = open_page("runs", view="any")
    assert "values marked \u2260 cannot be compared" in texts(app)
    assert "Run first" in app.dataframe[0].value["Embedding"].str.cat(sep=" ")


def test_the_command_compares_two_and_tabulates_more(two: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", FIRST, SECOND, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["settings"] == {"epochs": [5, 9]}
    assert result["agreement"]["overlap"] == 1.0
    assert main(["compare", FIRST, SECOND]) == 0
    written = capsys.readouterr().out
    assert "Epochs   epochs  5  9" in written
    assert "100.0% of the 10 nearest neighbors are the same" in written
    assert main(["compare", FIRST, SECOND, FIRST]) == 0
    assert "0.610*" in capsys.readouterr().out
    assert main(["compare", FIRST]) == 2
    assert main(["compare", FIRST, "nothing"]) == 2


def test_the_command_compares_neighbors_key_by_key_and_in_order(
    two: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", FIRST, SECOND, "--neighbors", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["overlap"], result["n_compared"]) == (1.0, N)
    assert [each["key"] for each in result["keys"]] == [f"w{place}" for place in range(N)]
    assert {each["share"] for each in result["keys"]} == {1.0}
    assert main(["compare", FIRST, SECOND, "--neighbors"]) == 0
    assert "changed most" in capsys.readouterr().out
    assert main(["compare", FIRST, SECOND, FIRST, "--neighbors", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [each["overlap"] for each in result["to_first"]] == [1.0, 1.0, 1.0]
    assert result["keys"][3] == {"key": "w3", "to_first": [1.0] * 3, "to_previous": [1.0] * 3}
    assert main(["compare", FIRST, SECOND, FIRST, "--neighbors"]) == 0
    assert "neighbors as in 1" in capsys.readouterr().out
    assert main(["compare", FIRST, "--neighbors"]) == 2
    assert main(["compare", FIRST, SECOND, "--neighbors", "--key", "w1"]) == 2


def test_a_row_that_the_browser_sends_opens_its_run() -> None:
    assert run_table.chosen_row({"list_id": "a", "row": 1}, "a", 2) == 1
    for value in ({"list_id": "b", "row": 1}, {"list_id": "a", "row": 2}, {"list_id": "a", "row": True}, None, "a"):
        assert run_table.chosen_row(value, "a", 2) is None


def test_the_list_links_every_row_to_its_run(open_page: OpenPage, two: tuple[str, str]) -> None:
    app = open_page("runs", view="all")
    assert not app.exception
    data = next(json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json)
    assert sorted(data["links"]) == [f"?run={FIRST}&view=one", f"?run={SECOND}&view=one"]
    assert data["columns"] == list(run_list._COLUMNS)
    assert "WordSim-353 0.61" in [row[4] for row in data["texts"]]
    assert Cell("", [1.0]).value == [1.0]


def test_a_sweep_and_repeats_are_one_recent_entry(workspace: Workspace, two: tuple[str, str]) -> None:
    with workspace.transaction() as connection:
        for number in range(7):
            request = {"sweep": "sweep2222222"} if number < 4 else {"repeats": FIRST}
            made = {"id": f"mare{'abcdefg'[number]}2222222", "created_at": 9e9 + number}
            job = {"kind": "train", "status": "succeeded", "title": "b", "request": request, "attempt": 1}
            workspace.catalog.insert(connection, jobs_table, {**made, **job})
            run = {"name": f"more {number}", "dataset_id": DATASETS[FIRST], "model": "word2vec", "versions": {}}
            workspace.catalog.insert(connection, runs, {**made, **run, "parameters": {}, "scores": {}})
    entries = recent_runs(workspace, 3)
    assert [(each.run.id, each.n_runs, each.reason) for each in entries] == [
        (FIRST, 4, "seeds"),
        ("mared2222222", 4, "sweep"),
        (SECOND, 1, "single"),
    ]
    assert len(recent_runs(workspace, 1)) == 1


def test_what_an_embedding_is_has_a_page(open_page: OpenPage, home: Any) -> None:
    app = open_page("basics")
    assert "An **embedding** gives every word" in texts(app)
    start = open_page("start")
    assert "What is an embedding?" in {link.proto.label for link in start.get("page_link")}
