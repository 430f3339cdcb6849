"""The trained towers with NumPy alone: new ids, texts, tags and images as vectors of the common space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damage_errors, damaged
from embedlab.kinds.pairs.dataset import Things, tokens_of
from embedlab.models.contract.state import State
from embedlab.models.contract.things import KindOfThing, PlacesThings
from embedlab.models.two_tower.bags import UNKNOWN, Vocabulary, unit

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]
#: Images encoded at a time.
_BLOCK = 256


class PairsEncoder(PlacesThings):
    """The towers of a run.

    Parameters
    ----------
    kinds
        The kinds of things, the left one first.
    vocabularies
        Known tokens of each kind; empty for images.
    weights
        Of each tower, as `network.tower_weights`.
    separator
        Of several values in a cell.
    """

    def __init__(
        self,
        kinds: Sequence[KindOfThing],
        vocabularies: Sequence[Sequence[str]],
        weights: Sequence[Weights],
        separator: str,
    ) -> None:
        self._kinds = tuple(kinds)
        self._vocabularies, self._weights, self._separator = vocabularies, weights, separator

    @property
    def kinds(self) -> Sequence[KindOfThing]:
        """The kinds of things, the left one first."""
        return self._kinds

    @cached_property
    def _rows(self) -> list[dict[str, int]]:
        return [{token: row for row, token in enumerate(tokens, start=1)} for tokens in self._vocabularies]

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load the encoder; raises `StorageError` when the state belongs to another class."""
        check_finite(state.arrays, "encoder")
        with damage_errors("encoder"):
            kinds = [
                KindOfThing(each["name"], each["form"], tuple(each["shape"]) if each["shape"] else None)
                for each in state.config["kinds"]
            ]
            vocabularies = [
                _unpacked(state.arrays[f"tokens_{number}"], state.arrays[f"lengths_{number}"])
                for number in range(len(kinds))
            ]
            weights: list[dict[str, Floats]] = [{} for _ in kinds]
            for name, array in state.arrays.items():
                prefix, _, rest = name.partition("_")
                if prefix == "tower":
                    of_kind, _, weight = rest.partition("_")
                    weights[int(of_kind)][weight] = array
            for number, kind in enumerate(kinds):
                if kind.shape is None and len(weights[number]["table"]) != len(vocabularies[number]) + 1:
                    raise damaged("encoder")
            last = (
                each["table" if kind.shape is None else "dense_kernel"]
                for each, kind in zip(weights, kinds, strict=True)
            )
            if len({each.shape[1] for each in last}) != 1:
                raise damaged("encoder")
            return cls(kinds, vocabularies, weights, str(state.config["separator"]))

    def state(self) -> State:
        """Return vocabularies and weights."""
        arrays: dict[str, npt.NDArray[Any]] = {}
        for number, (tokens, weights) in enumerate(zip(self._vocabularies, self._weights, strict=True)):
            encoded = [token.encode("utf-8", errors="surrogatepass") for token in tokens]
            arrays[f"tokens_{number}"] = np.frombuffer(b"".join(encoded), np.uint8)
            arrays[f"lengths_{number}"] = np.array([len(each) for each in encoded], np.int32)
            arrays |= {f"tower_{number}_{name}": np.asarray(array) for name, array in weights.items()}
        kinds = [
            {"name": each.name, "form": each.form, "shape": list(each.shape) if each.shape else None}
            for each in self._kinds
        ]
        return State(arrays, {"kinds": kinds, "separator": self._separator})

    def _tokens(self, kind: int, value: str) -> list[str]:
        form = self._kinds[kind].form
        if form == "id":
            return [value.strip()]
        return tokens_of(value, form, self._separator)  # type: ignore[arg-type]

    def vector(self, kind: int, value: str) -> Floats:
        """Return the unit vector of an id, a text or a cell of tags."""
        rows = [self._rows[kind].get(token, UNKNOWN) for token in self._tokens(kind, value)] or [UNKNOWN]
        mean: Floats = np.asarray(self._weights[kind]["table"])[rows].mean(axis=0, dtype=np.float32)
        return unit(mean)

    def n_known(self, kind: int, value: str) -> tuple[int, int]:
        """Return how many tokens of a value are known, and their number."""
        tokens = self._tokens(kind, value)
        return sum(token in self._rows[kind] for token in tokens), len(tokens)

    def image_vector(self, kind: int, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Return the unit vector of an image."""
        vector: Floats = image_vectors(self._weights[kind], pixels[np.newaxis])[0]
        return vector

    def all_vectors(self, kind: int, things: Things) -> Floats:
        """Return the `(n, vector_size)` unit vectors of all things of a kind of a dataset."""
        if things.pixels is not None:
            return image_vectors(self._weights[kind], things.pixels)
        vocabulary = Vocabulary(self._vocabularies[kind], np.empty(0, np.int64))
        return vocabulary.bags(things).mean_vectors(np.asarray(self._weights[kind]["table"]))


def _unpacked(content: npt.NDArray[np.uint8], lengths: npt.NDArray[np.integer]) -> list[str]:
    """Return the tokens that are stored one after the other; raises `StorageError` if the lengths do not fit."""
    if content.dtype != np.uint8 or lengths.dtype.kind not in "iu":
        raise damaged("encoder")
    if (np.asarray(lengths) < 0).any() or int(np.sum(lengths)) != len(content):
        raise damaged("encoder")
    ends = np.cumsum(lengths).tolist()
    data = np.asarray(content).tobytes()
    return [
        data[start:end].decode("utf-8", errors="surrogatepass") for start, end in zip([0, *ends], ends, strict=False)
    ]


def image_vectors(weights: Weights, pixels: npt.NDArray[np.uint8]) -> Floats:
    """Return the `(n, vector_size)` unit vectors of images `(n, height, width, channels)`.

    The same as the Keras tower: two convolutions with ReLU and max pooling, and a dense layer.
    """
    found = []
    for start in range(0, len(pixels), _BLOCK):
        hidden = np.asarray(pixels[start : start + _BLOCK], np.float32) / np.float32(255)
        for layer in (1, 2):
            hidden = _pooled(_convolved(hidden, weights[f"conv_{layer}_kernel"], weights[f"conv_{layer}_bias"]))
        flat = hidden.reshape(len(hidden), -1)
        dense: Floats = (flat @ weights["dense_kernel"] + weights["dense_bias"]).astype(np.float32)
        found.append(unit(dense))
    return np.concatenate(found)


def _convolved(images: Floats, kernel: Floats, bias: Floats) -> Floats:
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    # (n, height, width, channels, 3, 3) with (3, 3, channels, filters).
    summed = np.tensordot(windows, np.asarray(kernel), axes=((3, 4, 5), (2, 0, 1))) + bias
    positive: Floats = np.maximum(summed, 0).astype(np.float32)
    return positive


def _pooled(images: Floats) -> Floats:
    n, height, width, channels = images.shape
    even = images[:, : height // 2 * 2, : width // 2 * 2]
    pooled: Floats = even.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))
    return pooled
