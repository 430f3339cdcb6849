"""Maps that follow a training or an import of vectors by themselves: t-SNE after PCA, if it takes a reasonable time."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from embedlab.core.plain import one_line
from embedlab.core.roles import display_order, is_map
from embedlab.jobs.engine.queue import Queue
from embedlab.jobs.kinds.embeddings import SavedEmbedding
from embedlab.jobs.kinds.project import ProjectRequest
from embedlab.projections.registry import METHODS
from embedlab.workspace.workspace import Workspace

#: Below this, the first map shows as much.
_FEWEST_KEYS = 30


def queue_background_maps(
    workspace: Workspace, connection: sa.Connection, saved: Iterable[SavedEmbedding]
) -> list[str]:
    """Queue the background maps of new embeddings, within the caller's transaction; return the ids of their jobs.

    Those whose estimated time is at most `background_maps_s` of the settings. They wait behind all other jobs.
    """
    by_name = {
        each.name: each for each in saved if each.n_keys >= _FEWEST_KEYS and not is_map(each.name, each.vector_size)
    }
    job_ids = []
    for each in (by_name[name] for name in display_order({name: each.n_keys for name, each in by_name.items()})):
        for method in METHODS.values():
            parameters = method.defaults(each.n_keys)
            for count in method.background_dimensions:
                seconds = method.estimate_seconds(each.n_keys, each.vector_size, count, parameters)
                # PCA shows all of an embedding that has no more dimensions than the map.
                if count >= min(each.vector_size, each.n_keys) or seconds > workspace.settings.background_maps_s:
                    continue
                request = ProjectRequest(
                    embedding_id=each.embedding_id,
                    method=method.name,
                    n_components=count,
                    parameters=parameters.model_dump(mode="json"),
                    seed=0,
                    from_earlier=method.can_start,
                    in_background=True,
                )
                title = one_line(f"{method.title} map of {each.title}")
                job_ids.append(Queue(workspace.catalog).submit(connection, "project", title, request.as_json()))
    return job_ids
