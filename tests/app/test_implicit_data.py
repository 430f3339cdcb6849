"""The Data page and the page of a dataset say choices and counts where a file has no ratings."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.workspace import Workspace

OpenPage = Callable[..., AppTest]
PLAYS = b"user,artist,plays\n" + b"".join(
    f"u{user},a{artist},{(user + 1) * 3**artist}\n".encode() for user in range(8) for artist in range(6)
)
BASKETS = b"".join(
    b",".join(f"item {(basket + k) % 7}".encode() for k in range(basket % 4 + 2)) + b"\n" for basket in range(30)
)


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def open_upload(open_page: OpenPage, workspace: Workspace, content: bytes) -> AppTest:
    app = open_page("data", upload=workspace.stage_upload(io.BytesIO(content), "file.csv").id)
    assert not app.exception
    return app


def save(app: AppTest, workspace: Workspace) -> None:
    app.button(key="keep").click().run()
    for job in Jobs(workspace).jobs(active=True):
        assert execute(workspace, job.id)
    app.run()
    assert not app.exception


def shown(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.header]
    return " ".join(str(element.value) for element in elements)


def box(app: AppTest, label: str) -> object:
    return next(each for each in app.selectbox if each.label == label)


def test_plays_are_shown_as_choices_and_change_to_ratings(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_upload(open_page, workspace, PLAYS)
    assert app.metric[0].label == "Choices"
    assert box(app, "Count").value == "plays"
    assert "Distribution of counts" in shown(app)
    assert "Trains iALS" in shown(app)
    box(app, "Feedback").set_value("explicit").run()
    assert not app.exception
    assert app.metric[0].label == "Ratings"
    box(app, "Feedback").set_value("detect").run()
    box(app, "Weights of counts (implicit feedback)").set_value("binary").run()
    save(app, workspace)
    details = workspace.datasets()[0].details
    assert (details["feedback"], details["count_scaling"]) == ("implicit", "binary")
    assert workspace.open_dataset(workspace.datasets()[0].id).scale == (1, 8 * 3**5)
    said = shown(app)
    assert "All choices have the same weight" in said
    assert "Most chosen items" in said
    assert "few items get most of the choices" in said
    assert "Distribution of ratings" not in said


def test_baskets_are_read_without_columns(open_page: OpenPage, workspace: Workspace) -> None:
    app = open_upload(open_page, workspace, BASKETS)
    assert "Each line is a basket of items" in shown(app)
    assert [metric.value for metric in app.metric[:3]] == ["103", "30", "7"]
    save(app, workspace)
    assert workspace.datasets()[0].counts == {"ratings": 103, "users": 30, "items": 7}
    assert "each choice counts once" in shown(app)
