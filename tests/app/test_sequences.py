"""Sequences in the pages: from a file to what comes next, and the shapes of the form."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.jobs.searches.sweeps import plan_sweep
from embedlab.workspace.workspace import Workspace
from tests.models.sequence_data import cycle_lines

OpenPage = Callable[..., AppTest]
HOSTILE = "<b>i0</b> $x$"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def staged(workspace: Workspace, content: str) -> str:
    return workspace.stage_upload(io.BytesIO(content.encode()), "file").id


def work(workspace: Workspace, model: str) -> tuple[str, str]:
    """Import the cycle with a hostile title, train a model in this process; return the dataset and the run."""
    rows = [
        f"u{number},{item},{step},{HOSTILE if item == 'i0' else item}"
        for number, line in enumerate(cycle_lines(120))
        for step, item in enumerate(line.split())
    ]
    upload = staged(workspace, "user,item,step,title\n" + "\n".join(rows) + "\n")
    jobs = Jobs(workspace)
    options = {"shape": "events", "user": "user", "item": "item", "time": "step", "title": "title"}
    assert execute(workspace, jobs.submit_import(upload, "sequences", options, "visits").id)
    dataset = workspace.datasets()[0].id
    run = jobs.submit_training(dataset, model, {}).id
    assert execute(workspace, run)
    return dataset, run


def shown(app: AppTest) -> str:
    return " ".join(str(each.value) for each in [*app.markdown, *app.caption, *app.info, *app.error, *app.warning])


def test_from_a_file_to_what_comes_next(open_page: OpenPage, workspace: Workspace) -> None:
    dataset, run = work(workspace, "markov")
    scores = workspace.run(run).scores
    assert (scores["recall@5"], scores["mrr"]) == (1.0, 1.0)
    page = open_page("data", dataset=dataset, view="one")
    assert not page.exception
    assert "Order makes no clear difference" in shown(page)
    assert "One-hot" in shown(page)
    exponents = {"ns_exponent": [-0.5, 0.0, 0.75]}
    plan = plan_sweep(workspace, workspace.dataset(dataset), "item2vec", exponents, {"epochs": 2})
    assert [each["ns_exponent"] for each in plan.parameters] == [-0.5, 0.0, 0.75]
    page = open_page("runs", run=run, view="one")
    assert not page.exception
    assert "among the first five predictions for 100 %" in shown(page)
    embedding = workspace.resolve_embedding(f"{run}/sequence_items")
    page = open_page("ask", embedding=embedding.id, view="next", keys=["i3", "i4"])
    assert not page.exception
    assert "What comes next" in shown(page)
    assert "**Why i5?**" in shown(page)
    reasons = page.dataframe[-1].value
    assert reasons["Item so far"].tolist()[0] == "i4"
    # A title is text, never markup.
    page = open_page("ask", embedding=embedding.id, view="next", keys=["i7"])
    assert not page.exception
    assert "<b>" not in shown(page)
    page.button(key="next-add").click().run()
    assert not page.exception
    assert "**Why i1?**" in shown(page)


def test_the_form_offers_what_the_shape_needs(open_page: OpenPage, workspace: Workspace) -> None:
    upload = staged(workspace, ">one\nATGCATGC\n>two\nGGCATT\n")
    page = open_page("data", upload=upload)
    assert not page.exception
    assert page.metric[0].value == "10"
    page.number_input(key=f"field:{upload}:kmer").set_value(4).run()
    assert not page.exception
    assert page.metric[0].value == "8"
    page.selectbox(key=f"field:{upload}:shape").set_value("access-log").run()
    assert not page.exception
    assert "no usable event" in shown(page)
