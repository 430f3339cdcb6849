"""From a thing, known or new, to the nearest things of each kind in their common space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.similarity import Answer, best_rows, checked_topn
from embedlab.core.stored import damaged
from embedlab.kinds.pairs.dataset import KIND_COLUMN
from embedlab.models.contract.things import KindOfThing, PlacesThings
from embedlab.reading.pictures import Pixels, decode, fitted

#: Longest text that is placed.
LONGEST_VALUE = 1_000_000


@dataclass(frozen=True)
class NearThings:
    """The things near a vector.

    Parameters
    ----------
    answers
        The nearest things by kind, the kinds in the order of the run.
    n_known, n_tokens
        Known and all tokens of the query: words, tags, or the id itself; 1 of 1 for an image.
    kind
        The kind of the query.
    """

    answers: dict[str, list[Answer]]
    n_known: int
    n_tokens: int
    kind: str


def kind_number(kinds: Sequence[KindOfThing], name: str) -> int:
    """Return the number of the kind with a name; raises `NotFoundError` if there is none."""
    for number, each in enumerate(kinds):
        if each.name == name:
            return number
    known = ", ".join(each.name for each in kinds)
    raise NotFoundError("The run knows no such kind of things.", received=name, remedy=f"Choose one of: {known}.")


def near_value(
    placer: PlacesThings, things: Embedding, kind: str, value: str, topn: int, to: Sequence[str] = ()
) -> NearThings:
    """Return the things of other kinds that are nearest to an id, a text, or a cell of tags.

    Parameters
    ----------
    kind
        The kind of the value.
    to
        Kinds of the answers; empty: all but `kind`.

    Raises
    ------
    InputError
        There is no such kind, it is one of images, the value is empty or too long, or nothing of it is known.
    """
    number = kind_number(placer.kinds, kind)
    if placer.kinds[number].form == "image":
        raise InputError("Things of this kind are images.", received=kind, remedy="Give an image file.")
    if not value.strip():
        raise InputError("There is nothing to look up.", received=value, remedy=f"Give a value of {kind}.")
    if len(value) > LONGEST_VALUE:
        raise InputError(
            f"The text is longer than {LONGEST_VALUE:,} characters.", received=f"{len(value):,}", remedy="Shorten it."
        )
    n_known, n_tokens = placer.n_known(number, value)
    if not n_known:
        what = {"id": "The id is not", "tags": "None of the tags is", "text": "None of the words is"}[
            placer.kinds[number].form
        ]
        raise NotFoundError(
            f"{what} in the training pairs, so there is no place for it.",
            received=value,
            remedy=f"Choose a value of {kind} that the model knows.",
        )
    answers = near_vector(placer.kinds, things, placer.vector(number, value), topn, to or _others(placer, kind))
    return NearThings(answers, n_known, n_tokens, kind)


def near_image(
    placer: PlacesThings, things: Embedding, content: bytes, topn: int, kind: str = "", to: Sequence[str] = ()
) -> NearThings:
    """Return the things of other kinds that are nearest to a picture.

    Parameters
    ----------
    content
        The file.
    kind
        The kind of images; empty: the first one.

    Raises
    ------
    InputError
        The run knows no images, or the file is not a picture.
    """
    images = [each for each in placer.kinds if each.shape is not None]
    if not images:
        raise InputError("No kind of things of this run is an image.", remedy="Give a text or an id.")
    name = kind or images[0].name
    number = kind_number(placer.kinds, name)
    shape = placer.kinds[number].shape
    if shape is None:
        raise InputError("Things of this kind are not images.", received=name, remedy=f"Choose {images[0].name}.")
    vector = placer.image_vector(number, fitted_picture(content, shape))
    return NearThings(near_vector(placer.kinds, things, vector, topn, to or _others(placer, name)), 1, 1, name)


def fitted_picture(content: bytes, shape: tuple[int, int, int]) -> Pixels:
    """Return the pixels of a picture file in the shape of the images that a run knows."""
    return fitted(decode(content).pixels, *shape).reshape(shape)


def near_thing(
    kinds: Sequence[KindOfThing], things: Embedding, key: str, topn: int, to: Sequence[str] = ()
) -> NearThings:
    """Return the things of other kinds that are nearest to one of the things of a run."""
    row = things.index(key)
    own = str(_kinds_of(things)[row])
    others = to or [each.name for each in kinds if each.name != own]
    answers = near_vector(kinds, things, np.asarray(things.vectors[row]), topn + 1, others)
    found = {name: [each for each in of_kind if each.key != key][:topn] for name, of_kind in answers.items()}
    return NearThings(found, 1, 1, own)


def near_vector(
    kinds: Sequence[KindOfThing],
    things: Embedding,
    vector: npt.NDArray[np.float32],
    topn: int,
    to: Sequence[str],
) -> dict[str, list[Answer]]:
    """Return the nearest things of some kinds by cosine similarity, most similar first."""
    most = checked_topn(topn)
    chosen = [kinds[kind_number(kinds, name)].name for name in to]
    of_kind = _kinds_of(things)
    if vector.shape != (things.vector_size,):
        raise damaged("vectors.npy")
    cosines = np.asarray(things.unit_vectors @ (vector / max(float(np.linalg.norm(vector)), 1e-12)))
    found = {}
    for name in chosen:
        rows = np.flatnonzero(of_kind == name)
        best = rows[best_rows(cosines[rows], most)] if len(rows) else rows
        found[name] = [Answer(things.keys[row], things.labels[row], float(cosines[row])) for row in best.tolist()]
    return found


def _kinds_of(things: Embedding) -> npt.NDArray[Any]:
    """Return the name of the kind of each thing."""
    if KIND_COLUMN not in things.metadata:
        raise damaged("keys.parquet")
    return things.metadata[KIND_COLUMN].to_numpy()


def _others(placer: PlacesThings, kind: str) -> list[str]:
    return [each.name for each in placer.kinds if each.name != kind]
