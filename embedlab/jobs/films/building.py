"""Build the film of a training from its snapshots and its finished map."""

from __future__ import annotations

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.jobs.engine.snapshots import Snapshot
from embedlab.jobs.films.film import MOST_FRAMES, MOST_POINTS, Film
from embedlab.jobs.films.frames import Coordinates, frames_of_map, nearest_neighbors, points_to_follow


def build_film(
    snapshots: list[Snapshot],
    name: str,
    embedding: Embedding,
    coordinates: Coordinates,
    *,
    embedding_id: str,
    n_epochs: int,
) -> Film | None:
    """Return the film of a training; None if there is no snapshot besides the final vectors.

    Parameters
    ----------
    snapshots
        All snapshots, oldest first.
    name
        Name of the embedding in the snapshots.
    embedding, embedding_id
        The trained embedding and its id.
    coordinates
        `(n_keys, 2)` of its 2-D map.
    n_epochs
        Finished epochs.
    """
    if not snapshots or name not in snapshots[-1].vectors:
        return None
    keys = snapshots[-1].vectors[name][0]
    # A rarely trained key may be missing from the embedding.
    places = [place for place, key in enumerate(keys) if key in embedding.key_to_index][:MOST_POINTS]
    rows = [embedding.key_to_index[keys[place]] for place in places]
    frames = [
        (each.epoch, each.vectors[name][1][places])
        for each in snapshots
        if name in each.vectors
        and each.vectors[name][0] == keys
        and each.vectors[name][1].shape[1] == embedding.vector_size
    ]
    final = np.asarray(embedding.vectors[rows], dtype=np.float32)
    if frames and np.array_equal(frames[-1][1], final):
        # The map is the last frame already.
        frames.pop()
    frames = [each for each in frames if np.isfinite(each[1]).all()][-(MOST_FRAMES - 1) :]
    if not frames or len(places) < 2:
        return None
    vectors = [each[1] for each in frames]
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    return Film(
        embedding_id=embedding_id,
        rows=np.array(rows, dtype=np.int64),
        places=np.array(places, dtype=np.int64),
        epochs=[*(epoch for epoch, _ in frames), n_epochs],
        coordinates=frames_of_map(vectors, final, coordinates[rows]),
        neighbors=np.stack([nearest_neighbors(each)[0] for each in [*vectors, final]]),
        followed_points=points_to_follow(final),
        extent=[[float(low[axis]), float(high[axis])] for axis in (0, 1)],
    )
