"""Making the film of a training from its snapshots, once its map is there."""

from __future__ import annotations

import numpy as np

from embedlab.core.embedding import Embedding
from embedlab.jobs.engine.snapshots import Snapshot
from embedlab.jobs.films.film import MOST_FRAMES, MOST_POINTS, Film
from embedlab.jobs.films.frames import Coordinates, followed, frames_of_map, nearest


def make_film(
    snapshots: list[Snapshot],
    name: str,
    embedding: Embedding,
    coordinates: Coordinates,
    *,
    embedding_id: str,
    n_epochs: int,
) -> Film | None:
    """Return the film of a training; None when no moment of it was kept besides its end.

    Parameters
    ----------
    snapshots
        The kept moments, oldest first.
    name
        The embedding that is shown.
    embedding, embedding_id
        What came of it.
    coordinates
        `(n_keys, 2)` of its map.
    n_epochs
        Finished epochs.
    """
    if not snapshots or name not in snapshots[-1].vectors:
        return None
    keys = snapshots[-1].vectors[name][0]
    # A key that was hardly trained may be missing in the end.
    places = [place for place, key in enumerate(keys) if key in embedding.key_to_index][:MOST_POINTS]
    rows = [embedding.key_to_index[keys[place]] for place in places]
    moments = [
        (each.epoch, each.vectors[name][1][places])
        for each in snapshots
        if name in each.vectors
        and each.vectors[name][0] == keys
        and each.vectors[name][1].shape[1] == embedding.vector_size
    ]
    final = np.asarray(embedding.vectors[rows], dtype=np.float32)
    if moments and np.array_equal(moments[-1][1], final):
        # The end itself is the last frame.
        moments.pop()
    moments = [each for each in moments if np.isfinite(each[1]).all()][-(MOST_FRAMES - 1) :]
    if not moments or len(places) < 2:
        return None
    vectors = [each[1] for each in moments]
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    return Film(
        embedding_id=embedding_id,
        rows=np.array(rows, dtype=np.int64),
        places=np.array(places, dtype=np.int64),
        epochs=[*(epoch for epoch, _ in moments), n_epochs],
        coordinates=frames_of_map(vectors, final, coordinates[rows]),
        neighbors=np.stack([nearest(each)[0] for each in [*vectors, final]]),
        followed=followed(final),
        extent=[[float(low[axis]), float(high[axis])] for axis in (0, 1)],
    )
