"""Films: built from snapshots, bounded in size, loaded as saved; the live film follows its snapshots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import StorageError
from embedlab.core.files import folder_size_bytes
from embedlab.jobs.engine.snapshots import (
    Snapshot,
    film_folder,
    forget_snapshots,
    forget_snapshots_except_film,
    snapshots_folder,
)
from embedlab.jobs.films.building import build_film
from embedlab.jobs.films.film import MOST_FILM_BYTES, MOST_FRAMES, MOST_POINTS, Film, has_film, load_film
from embedlab.jobs.films.frames import N_NEIGHBORS
from embedlab.jobs.films.live import LiveFilm, LiveFilms
from embedlab.models.contract.base import State
from embedlab.projections.pca import pca

rng = np.random.default_rng(0)
KEYS = [f"w{place}" for place in range(30)]
FINAL = (rng.normal(size=(30, 4)) * [5, 3, 1, 1]).astype(np.float32)


def _film(n_snapshots: int = 3, *, dropped: int | None = None) -> Film | None:
    snapshots = [
        Snapshot(epoch, {"words": (KEYS, FINAL * np.float32(epoch / (n_snapshots + 1)))})
        for epoch in range(1, n_snapshots + 1)
    ]
    left = [place for place in range(30) if place != dropped]
    embedding = Embedding(FINAL[left], [KEYS[place] for place in left])
    coordinates, _ = pca(embedding.vectors, 2)
    return build_film(snapshots, "words", embedding, coordinates, embedding_id="e" * 12, n_epochs=9)


def test_the_last_frame_is_the_map_and_contains_the_others() -> None:
    film = _film()
    assert film is not None
    assert film.epochs == [1, 2, 3, 9]
    last = film.coordinates[-1]
    np.testing.assert_allclose(film.extent, np.stack([last.min(axis=0), last.max(axis=0)], axis=1))
    np.testing.assert_allclose(film.coordinates[1], last * 0.5, atol=1e-3)


def test_a_key_that_the_embedding_lacks_is_no_point() -> None:
    film = _film(dropped=4)
    assert film is not None
    assert film.places.tolist() == [0, 1, 2, 3, *range(5, 30)]
    assert film.rows.tolist() == list(range(29))


def test_frames_and_points_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedlab.jobs.films.building.MOST_POINTS", 20)
    film = _film(n_snapshots=MOST_FRAMES + 5)
    assert film is not None
    assert film.coordinates.shape == (MOST_FRAMES, 20, 2)
    assert film.epochs[-2:] == [MOST_FRAMES + 5, 9]


def test_the_largest_film_stays_within_the_bound_that_the_readme_names(tmp_path: Path) -> None:
    film = _film()
    assert film is not None
    largest = replace(
        film,
        epochs=list(range(MOST_FRAMES)),
        coordinates=np.ones((MOST_FRAMES, MOST_POINTS, 2), np.float32),
        neighbors=np.zeros((MOST_FRAMES, MOST_POINTS, N_NEIGHBORS), np.uint16),
        rows=np.arange(MOST_POINTS),
        places=np.arange(MOST_POINTS),
    )
    largest.save(tmp_path)
    assert folder_size_bytes(tmp_path) <= MOST_FILM_BYTES <= 4_000_000
    assert load_film(tmp_path).n_points == MOST_POINTS


def test_a_training_without_snapshots_has_no_film() -> None:
    assert _film(n_snapshots=0) is None


def test_a_snapshot_equal_to_the_final_vectors_is_no_frame() -> None:
    snapshots = [Snapshot(1, {"words": (KEYS, FINAL)})]
    embedding = Embedding(FINAL, KEYS)
    assert build_film(snapshots, "words", embedding, pca(FINAL, 2)[0], embedding_id="e" * 12, n_epochs=1) is None


def test_a_film_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    film = _film()
    assert film is not None
    film.save(tmp_path)
    read = load_film(tmp_path)
    for name in ("rows", "places", "coordinates", "neighbors", "epochs", "followed_points", "extent", "embedding_id"):
        np.testing.assert_array_equal(getattr(read, name), getattr(film, name))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param({"neighbors": np.full((4, 30, 5), 30, np.uint16)}, id="neighbor-that-is-no-point"),
        pytest.param({"coordinates": np.full((4, 30, 2), np.nan, np.float32)}, id="nan"),
        pytest.param({"coordinates": np.zeros((4, 30, 3), np.float32)}, id="three-axes"),
        pytest.param({"epochs": [1, 2]}, id="fewer-epochs"),
        pytest.param({"followed_points": [30]}, id="followed-that-is-no-point"),
        pytest.param({"rows": np.zeros(3, np.int64)}, id="fewer-rows"),
        pytest.param({"extent": [[0.0, 1.0]]}, id="extent"),
    ],
)
def test_a_damaged_film_is_refused(tmp_path: Path, damage: dict[str, object]) -> None:
    film = _film()
    assert film is not None
    replace(film, **damage).save(tmp_path)
    with pytest.raises(StorageError):
        load_film(tmp_path)


def _snapshot(folder: Path, epoch: int, vectors: np.ndarray) -> None:
    state = State({"words": vectors}, {"epoch": epoch, "keys": {"words": KEYS}})
    state.save(snapshots_folder(folder) / f"{epoch:06d}")


def test_snapshots_are_removed_without_the_film(tmp_path: Path) -> None:
    film = _film()
    assert film is not None
    _snapshot(tmp_path, 1, FINAL)
    film.save(tmp_path)
    forget_snapshots_except_film(tmp_path)
    assert list(snapshots_folder(tmp_path).iterdir()) == [film_folder(tmp_path)]
    assert has_film(tmp_path)
    forget_snapshots(tmp_path)
    assert not has_film(tmp_path)


def test_the_live_film_grows_and_its_frames_do_not_flip(tmp_path: Path) -> None:
    live = LiveFilm(tmp_path)
    assert live.frames() == []
    _snapshot(tmp_path, 1, FINAL)
    (first,) = live.frames()
    _snapshot(tmp_path, 2, (FINAL * np.array([-1, 1, 1, 1])).astype(np.float32))
    again, second = live.frames()
    assert again is first
    assert (first.epoch, second.epoch) == (1, 2)
    np.testing.assert_allclose(second.coordinates, first.coordinates, atol=1e-3)
    # A server that has just started computes the same.
    for ours, other in zip(live.frames(), LiveFilm(tmp_path).frames(), strict=True):
        np.testing.assert_array_equal(ours.coordinates, other.coordinates)


def test_an_unreadable_snapshot_is_skipped(tmp_path: Path) -> None:
    _snapshot(tmp_path, 1, FINAL)
    _snapshot(tmp_path, 2, FINAL)
    (snapshots_folder(tmp_path) / "000001" / "words.npy").unlink()
    assert [frame.epoch for frame in LiveFilm(tmp_path).frames()] == [2]


def test_live_films_are_shared_and_few(tmp_path: Path) -> None:
    films = LiveFilms()
    first = films.of(tmp_path / "0")
    assert films.of(tmp_path / "0") is first
    for number in range(1, 20):
        films.of(tmp_path / str(number))
    assert films.of(tmp_path / "0") is not first
