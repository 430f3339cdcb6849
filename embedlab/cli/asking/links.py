"""`links`: the most likely new links of a node."""

from __future__ import annotations

from typing import Annotated

import typer

from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_table
from embedlab.cli.work import opened_workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(links)


def links(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run on a graph.")],
    node: Annotated[str, typer.Argument(metavar="NODE", help="A node of the graph.")],
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Find the most likely new links of a node: those that the run expects and the graph does not have.

    Scores are products of vectors; those of a Poincare embedding are negative distances. With --json: rows of key,
    label and score.
    """
    from embedlab.exploration.new_things.likely_links import likely_links
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.graph.dataset import GraphDataset
    from embedlab.models.contract.abilities import PredictsLinks

    with opened_workspace() as workspace:
        ability, dataset = open_with_dataset(workspace, run, PredictsLinks, GraphDataset)
        answers = likely_links(ability, dataset, node, topn)
    if json:
        write_json([[each.key, each.label, each.score] for each in answers])
        return
    labeled = any(each.key != each.label for each in answers)
    rows = [(each.key, *([each.label] if labeled else []), f"{each.score:.4f}") for each in answers]
    write_table(("key", *(["label"] if labeled else []), "score"), rows, empty="This node is linked to all others.")
