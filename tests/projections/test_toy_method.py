"""A projection method that EmbedLab does not know, registered here alone: everything that offers methods offers it."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import Field

from embedlab.cli.app import main
from embedlab.core.embedding import Embedding, Vectors
from embedlab.core.errors import InputError, ParameterError
from embedlab.core.settings import Settings
from embedlab.export.formats import export_embedding
from embedlab.jobs.engine import processes, worker
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.restoring import restore_workspace
from embedlab.projections import registry
from embedlab.projections.base import FitResult, ProjectionMethod, ProjectionParameters
from embedlab.projections.context import ProjectionContext
from embedlab.projections.placing import Place
from embedlab.projections.points import Coordinates, check_points
from embedlab.ui.map import unknown_words
from embedlab.ui.shell import resources
from embedlab.workspace.rows import ProjectionRow, Status
from embedlab.workspace.workspace import Workspace
from tests.ui.conftest import circle, planted, subwords, workspace
from tests.ui.test_pages_frame import open_map, texts

__all__ = ["circle", "subwords", "workspace"]


class RawAxesParameters(ProjectionParameters):
    """Two numbers of each vector."""

    first: int = Field(0, ge=0, le=4_000, description="The number drawn to the right.")
    second: int = Field(1, ge=0, le=4_000, description="The number drawn upwards.")


@dataclass(frozen=True)
class OnAxes:
    """Places any vector by the same two numbers."""

    first: int
    second: int

    def place(self, embedding: Embedding, coordinates: Coordinates, vector: npt.ArrayLike) -> Place:
        """Place a vector."""
        del embedding, coordinates
        chosen = np.asarray(vector, np.float32)[[self.first, self.second]]
        return Place(chosen, "exact", "two of its numbers are drawn as they are")


class RawAxes(ProjectionMethod[RawAxesParameters]):
    """Two numbers of each vector, as they are."""

    name = "axes"
    title = "Two axes"
    summary = "Two axes draw two numbers of each vector."
    parameters_class = RawAxesParameters
    dimensions = (2,)
    uses_seed = False

    def estimate_seconds(
        self, n_points: int, vector_size: int, n_components: int, parameters: RawAxesParameters
    ) -> float:
        """Return next to nothing."""
        return 1e-7 * n_points

    def fit(self, vectors: Vectors, parameters: RawAxesParameters, context: ProjectionContext) -> FitResult:
        """Choose the columns."""
        check_points(vectors)
        context.report(0.0, "choosing columns")
        columns = [min(parameters.first, vectors.shape[1] - 1), min(parameters.second, vectors.shape[1] - 1)]
        coordinates = np.array(vectors[:, columns], np.float32)
        context.report(1.0, "choosing columns")
        return FitResult(coordinates, {"columns": columns})

    def placer(self, vectors: Vectors, coordinates: Coordinates) -> OnAxes | None:
        """Find the columns that were drawn; None where a map shows something else."""
        columns = [np.flatnonzero((vectors == drawn[:, np.newaxis]).all(axis=0)) for drawn in coordinates.T]
        return OnAxes(*(int(each[0]) for each in columns)) if all(map(len, columns)) else None


@pytest.fixture
def method(monkeypatch: pytest.MonkeyPatch) -> Iterator[RawAxes]:
    """The toy method, known to this process and to the workers that it starts."""
    monkeypatch.setattr(processes, "WORKER_COMMAND", (sys.executable, "-P", "-m", __name__))
    toy = RawAxes()
    registry.register(toy)
    yield toy
    registry.METHODS.pop(toy.name, None)


def _drawn(workspace: Workspace, embedding_id: str, **parameters: int) -> ProjectionRow:
    job = Jobs(workspace).submit_projection(embedding_id, "axes", 2, parameters)
    assert worker.execute(workspace, job.id) or Jobs(workspace).wait(job.id, 60)
    done = Jobs(workspace).job(job.id)
    assert done.status == Status.SUCCEEDED, done.error
    return workspace.projection((done.result or {})["projection_id"])


@pytest.mark.usefixtures("method")
def test_a_name_is_taken_once_and_fits_the_catalog() -> None:
    with pytest.raises(ValueError, match="axes"):
        registry.register(RawAxes())
    for name in ("", "a b", "<b>", "a" * 21):
        named = RawAxes()
        named.name = name  # type: ignore[misc]
        with pytest.raises(ValueError, match="cannot be called"):
            registry.register(named)


@pytest.mark.usefixtures("method")
def test_the_job_keeps_coordinates_with_their_quality(workspace: Workspace, circle: tuple[str, dict]) -> None:
    row = _drawn(workspace, circle[0], second=2)
    assert (row.method, row.parameters, row.seed) == ("axes", {"first": 0, "second": 2}, 0)
    np.testing.assert_array_equal(workspace.coordinates(row.id), planted().vectors[:, [0, 2]])
    assert row.quality["columns"] == [0, 2]
    # Drawn on one axis, a point of the circle is beside its mirror image: half of its neighbors are false.
    assert 0.3 < row.quality["knn_recall_10"] < 0.7
    whole = _drawn(workspace, circle[0])
    assert whole.quality["knn_recall_10"] == 1


@pytest.mark.usefixtures("method")
def test_what_the_method_cannot_draw_is_refused_before_anything_is_queued(
    workspace: Workspace, circle: tuple[str, dict]
) -> None:
    jobs = Jobs(workspace)
    with pytest.raises(ParameterError, match="Two axes has 2 dimensions"):
        jobs.submit_projection(circle[0], "axes", 3)
    with pytest.raises(ParameterError, match="second"):
        jobs.submit_projection(circle[0], "axes", 2, {"second": -1})
    with pytest.raises(ParameterError) as refused:
        jobs.submit_projection(circle[0], "isomap", 2)
    assert refused.value.remedy.endswith("axes.")
    assert jobs.jobs("project") == []


@pytest.mark.usefixtures("method")
def test_the_command_line_lists_it_and_projects_by_it(
    workspace: Workspace, circle: tuple[str, dict], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["methods", "--json"]) == 0
    listed = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert set(listed) == {*registry.METHODS}
    assert "axes" in listed
    assert [each["name"] for each in listed["axes"]["parameters"]] == ["first", "second"]
    assert main(["methods"]) == 0
    assert "Two axes" in capsys.readouterr().out
    out = tmp_path / "points.csv"
    asked = ["project", circle[0], "--method", "axes", "--set", "second=2", "--out", str(out), "--json"]
    assert main(asked) == 0
    made = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    written = np.array([[row["x"], row["y"]] for row in rows], np.float32)
    np.testing.assert_array_equal(written, planted().vectors[:, [0, 2]])
    # No seed changes it, so it is there already.
    assert main([*asked, "--seed", "5"]) == 0
    assert json.loads(capsys.readouterr().out)["projection"] == made["projection"]
    assert main(["project", circle[0], "--method", "axes", "--set", "third=1", "--out", str(out)]) == 2


@pytest.mark.usefixtures("method")
def test_the_map_page_offers_it_with_its_parameters(
    workspace: Workspace, circle: tuple[str, dict], monkeypatch: pytest.MonkeyPatch
) -> None:

    def fail(*_: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(processes, "start_worker", fail)
    app = open_map(embedding=circle[0])
    # A closed menu sends no form.
    assert not any(each.key == "map:method" for each in app.selectbox)
    app.session_state["map:new"] = True
    app.run()
    chosen = app.selectbox(key="map:method")
    # PaCMAP is offered where its package is installed.
    others = [option for option in chosen.options if option != "PaCMAP"]
    assert others == [
        "t-SNE",
        "UMAP",
        "Raw axes",
        "Formula axes",
        "Two axes",
        "PCA",
    ]
    offered = [button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("map:make-")]
    assert offered == ["Compute t-SNE 2-D", "Compute t-SNE 3-D"]
    chosen.select("axes").run()
    assert not app.exception
    assert any("Two axes draw two numbers" in text for text in texts(app))
    fields = {field.label.split("`")[1]: field for field in app.number_input}
    assert set(fields) == {"first", "second"}
    fields["second"].set_value(-3).run()
    make = "map:make-axes-2"
    assert app.button(key=make).disabled
    next(field for field in app.number_input if "`second`" in field.label).set_value(2).run()
    app.button(key=make).click().run()
    assert not app.exception
    (job,) = resources.jobs().jobs("project")
    assert job.title == "Two axes map of circle"
    assert job.request["parameters"] == {"first": 0, "second": 2}
    worker.execute(workspace, job.id)
    app.run()
    titles = app.selectbox(key="map:projection").options
    assert "Two axes 2-D" in titles


@pytest.mark.usefixtures("method", "subwords")
def test_a_guest_is_placed_as_the_method_says(workspace: Workspace, circle: tuple[str, dict]) -> None:
    row = _drawn(workspace, circle[0])
    placed = unknown_words.place_word(row.id, "4.5", 5)
    angle = 2 * np.pi * 4.5 / 60
    np.testing.assert_allclose(placed.place.coordinates, [2 * np.cos(angle), 2 * np.sin(angle)], rtol=1e-5)
    said = " ".join(texts(open_map(embedding=circle[0], projection=row.id, key="4.5")))
    assert "Its position is exact: two of its numbers are drawn as they are." in said


@pytest.mark.usefixtures("subwords")
def test_a_method_without_a_place_for_guests_says_so(
    workspace: Workspace, circle: tuple[str, dict], method: RawAxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RawAxes, "placer", lambda *_: None)
    row = _drawn(workspace, circle[0])
    with pytest.raises(InputError, match="Two axes map cannot place new points"):
        unknown_words.place_word(row.id, "4.5", 5)
    app = open_map(embedding=circle[0], projection=row.id, key="4.5")
    assert not app.exception
    assert "cannot place new points" in " ".join(texts(app))


@pytest.mark.usefixtures("subwords")
def test_a_map_by_a_method_that_is_not_known_is_still_drawn_and_taken_away(
    workspace: Workspace, circle: tuple[str, dict], method: RawAxes, tmp_path: Path
) -> None:
    row = _drawn(workspace, circle[0], second=2)
    del registry.METHODS[method.name]
    app = open_map(embedding=circle[0], projection=row.id, key="4.5")
    assert not app.exception
    assert "axes 2-D" in app.selectbox(key="map:projection").options
    assert "Its position is a guess, among its nearest neighbors." in " ".join(texts(app))
    coordinates = workspace.coordinates(row.id)
    (written, *_) = export_embedding(
        workspace.load_embedding(circle[0]), "csv", tmp_path / "e.csv", coordinates=coordinates
    )
    cells = list(csv.DictReader(written.open(encoding="utf-8")))
    np.testing.assert_array_equal(np.array([[c["x"], c["y"]] for c in cells], np.float32), coordinates)


@pytest.mark.usefixtures("method")
def test_a_backup_brings_it_back(workspace: Workspace, circle: tuple[str, dict], tmp_path: Path) -> None:
    row = _drawn(workspace, circle[0], first=1)
    backup = workspace.backup(tmp_path / "all.zip")
    other = Workspace.open(Settings(home=tmp_path / "other"))
    restore_workspace(other, backup)
    back = other.projection(row.id)
    assert (back.method, back.parameters, back.quality) == (row.method, row.parameters, row.quality)
    np.testing.assert_array_equal(other.coordinates(row.id), workspace.coordinates(row.id))
    other.close()


if __name__ == "__main__":
    registry.register(RawAxes())
    raise SystemExit(worker.main(sys.argv[1:]))
