"""A graph from its file to its map: the import, the disc, the edges of a node, its likely links, and the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.cli.app import main
from embedlab.core.roles import border_of
from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.samples.taxonomy import write_groups, write_taxonomy
from embedlab.ui.map import linked_keys
from embedlab.ui.shell import resources
from embedlab.workspace.rows import EmbeddingRow
from embedlab.workspace.workspace import Workspace


@dataclass(frozen=True)
class Kept:
    dataset: str
    run: str
    embedding: EmbeddingRow


@pytest.fixture
def taxonomy(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)
    jobs = Jobs(workspace)
    write_taxonomy(tmp_path / "taxonomy.csv")
    write_groups(tmp_path / "kingdoms.csv")
    nodes = workspace.stage_upload(tmp_path / "kingdoms.csv", "kingdoms.csv")
    upload = workspace.stage_upload(tmp_path / "taxonomy.csv", "taxonomy.csv")
    guessed = kind_of("graph").guess_options(OpenedUpload(upload.path, Limits())).model_dump(mode="json")
    job = jobs.submit_import(upload.id, "graph", guessed, "Animals", companions={"nodes": nodes.id})
    assert execute(workspace, job.id)
    dataset = workspace.datasets()[0]
    run = jobs.submit_training(dataset.id, "poincare", {"epochs": 5})
    assert execute(workspace, run.id)
    assert jobs.job(run.id).status == "succeeded", jobs.job(run.id).error
    return Kept(dataset.id, run.id, workspace.embeddings(run_id=run.id)[0])


def test_a_graph_goes_from_its_file_to_its_map(
    taxonomy: Kept, workspace: Workspace, open_page: Callable[..., AppTest], capsys: pytest.CaptureFixture[str]
) -> None:
    # The map of a disc is the embedding itself, inside a circle, and no other map is made.
    maps = workspace.projections(taxonomy.embedding.id)
    assert [row.method for row in maps] == ["raw"]
    assert border_of(taxonomy.embedding.name, taxonomy.embedding.vector_size, maps[0].method) == 1.0
    embedding = resources.load_embedding(taxonomy.embedding.id)
    assert (workspace.coordinates(maps[0].id) == embedding.vectors).all()
    assert set(embedding.metadata["kingdom"]) == {"animal", "plant", "root"}
    # The edges of a node in the data are drawn on the map.
    linked = linked_keys.linked_rows(taxonomy.embedding.id, embedding, embedding.index("ape"))
    assert {embedding.keys[row] for row in linked} == {"primate", "human", "chimpanzee", "gorilla", "orangutan"}
    # The command and the panel list nodes without a link.
    assert main(["links", taxonomy.run, "ape", "--json", "--topn", "5"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert len(answers) == 5
    assert not {key for key, *_ in answers} & {"ape", *(embedding.keys[row] for row in linked)}
    assert main(["links", taxonomy.run, "unicorn"]) == 2
    assert main(["neighbors", taxonomy.embedding.id, "ape"]) == 0
    assert "directions, not distances" in capsys.readouterr().err
    scores = workspace.run(taxonomy.run).scores
    assert {"reconstruction_map", "ancestors_inside", "depth_correlation"} <= set(scores)

    page = open_page("data", dataset=taxonomy.dataset)
    assert not page.exception
    said = " ".join(each.value for each in [*page.markdown, *page.caption])
    assert "Levels of the hierarchy" in said
    assert "every node has at most one parent" in said
    assert {metric.label: metric.value for metric in page.metric}["Direction"] == "directed"

    page = open_page("map", embedding=taxonomy.embedding.id, key="ape")
    assert not page.exception
    assert any("directions, not distances" in caption.value for caption in page.caption)
    assert "Most likely new links" in [each.label for each in page.expander]
    # The panel shows the scores of the command; its bars compare them.
    lists = [json.loads(part.proto.json) for part in page.get("bidi_component") if part.proto.json]
    rows = next(data["rows"] for data in reversed(lists) if "rows" in data)
    assert [row[1] for row in rows[:5]] == [pytest.approx(answer[2]) for answer in answers]
    assert (rows[0][4], rows[-1][4]) == (1.0, pytest.approx(0.2))
