"""Save the film of a training with its other results."""

from __future__ import annotations

import shutil
from collections.abc import Mapping

from embedlab.core.embedding import Embedding
from embedlab.core.roles import live_embedding
from embedlab.core.stored import read_array
from embedlab.jobs.engine.context import JobContext
from embedlab.jobs.engine.progress import read_history
from embedlab.jobs.engine.snapshots import film_folder, load_snapshots
from embedlab.jobs.films.building import build_film
from embedlab.jobs.kinds.embeddings import SavedEmbedding
from embedlab.workspace.tables import projections
from embedlab.workspace.workspace import Workspace


def save_film(
    workspace: Workspace, context: JobContext, embeddings: Mapping[str, Embedding], saved: Mapping[str, SavedEmbedding]
) -> None:
    """Write the film of a training into the folder of its job, if there are snapshots and a 2-D map.

    If it cannot be written, the training still succeeds, and its result says why there is no film.
    """
    with context.optional("film"):
        # An earlier attempt may have left one.
        shutil.rmtree(film_folder(context.folder), ignore_errors=True)
        snapshots = load_snapshots(context.folder)
        if not snapshots:
            return
        name = live_embedding({each: embeddings[each].n_keys for each in snapshots[-1].vectors if each in saved})
        if name is None:
            return
        flat = [row["id"] for table, row in saved[name].rows if table is projections and row["n_components"] == 2]
        if not flat:
            return
        history = read_history(context.folder)
        film = build_film(
            snapshots,
            name,
            embeddings[name],
            read_array(workspace.layout.projection(flat[0]) / "coordinates.npy"),
            embedding_id=saved[name].embedding_id,
            n_epochs=int(history[-1]["epoch"]) if history else snapshots[-1].epoch,
        )
        if film is not None:
            film.save(context.folder)
