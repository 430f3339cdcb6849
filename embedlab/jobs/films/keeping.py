"""Keeping the film of a training with the other things it made."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from embedlab.core.embedding import Embedding
from embedlab.core.roles import shown_live
from embedlab.core.stored import read_array
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.progress import read_history
from embedlab.jobs.engine.snapshots import film_folder, load_snapshots
from embedlab.jobs.films.making import make_film
from embedlab.jobs.kinds.embeddings import Kept
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace


def film_of(
    workspace: Workspace, context: JobContext, embeddings: Mapping[str, Embedding], kept: Mapping[str, Kept]
) -> None:
    """Write the film of a training into its job's folder; without a flat map or without snapshots there is none.

    Where it cannot be written, the training succeeds all the same and its result says why there is no film.
    """
    with context.accompanies("film"):
        # A former attempt may have left one.
        shutil.rmtree(film_folder(context.folder), ignore_errors=True)
        snapshots = load_snapshots(context.folder)
        name = shown_live(snapshots[-1].vectors) if snapshots else None
        if name is None or name not in kept:
            return
        flat = [row["id"] for table, row in kept[name].rows if table is projections and row["n_components"] == 2]
        if not flat:
            return
        history = read_history(context.folder)
        film = make_film(
            snapshots,
            name,
            embeddings[name],
            read_array(workspace.layout.projection(flat[0]) / "coordinates.npy"),
            embedding_id=kept[name].embedding_id,
            n_epochs=int(history[-1]["epoch"]) if history else snapshots[-1].epoch,
        )
        if film is not None:
            film.save(context.folder)
