"""`recommend`, `predict` and `next`: what users would like, for one user, for you, or for all; and what comes next."""

from __future__ import annotations

import typer

from embedlab.cli.recommend.next_items import next_item
from embedlab.cli.recommend.predict import predict
from embedlab.cli.recommend.recommend import recommend


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (recommend, predict):
        app.command()(command)
    app.command("next")(next_item)
