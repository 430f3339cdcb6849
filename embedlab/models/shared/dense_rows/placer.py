"""The encoder of a trained run in NumPy: places new rows, and reconstructs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt

from embedlab.core.stored import check_finite, damaged
from embedlab.models.contract.abilities import PlacesRows
from embedlab.models.contract.state import State
from embedlab.models.shared.dense_rows.scaling import Scaling
from embedlab.models.shared.dense_rows.split import Floats

Activation = Literal["relu", "tanh", "linear"]


@dataclass(frozen=True)
class Dense:
    """A dense layer: `(n_inputs, n_units)` kernel and `(n_units,)` bias, float32."""

    kernel: Floats
    bias: Floats


@dataclass(frozen=True)
class RowPlacer(PlacesRows):
    """Standardization, dense layers to the code, and dense layers back.

    Parameters
    ----------
    names
        Names of the columns.
    scaling
        Center and scale of each column.
    encoder, decoder
        Dense layers; the last one of each is linear, the others have the activation. Both empty: the code is the
        standardized row.
    activation
        Of the hidden layers.
    code_center
        `(vector_size,)` float32, subtracted from a code: the mean code of the rows it was trained on.
    """

    names: tuple[str, ...]
    scaling: Scaling
    encoder: tuple[Dense, ...]
    decoder: tuple[Dense, ...]
    activation: Activation
    code_center: Floats

    @property
    def columns(self) -> Sequence[str]:
        """Names of the numeric columns, in the order of the values."""
        return self.names

    @property
    def centers(self) -> npt.NDArray[np.float64]:
        """`(n_columns,)` float64: what stands for a missing value."""
        return self.scaling.center

    @property
    def vector_size(self) -> int:
        """Number of dimensions of a vector."""
        return len(self.code_center)

    def vectors(self, values: npt.NDArray[Any]) -> Floats:
        """Return the `(n, vector_size)` float32 vectors of rows in the units of the columns."""
        return self.encode(self.scaling.standardize(values))

    def reconstruct(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return `(n, n_columns)` float64 rows as reconstructed from their vectors, in the units of the columns."""
        return self.scaling.restore(self.decode(self.vectors(values)))

    def encode(self, standard: Floats) -> Floats:
        """Return the `(n, vector_size)` vectors of standardized rows."""
        codes: Floats = self._through(self.encoder, standard) - self.code_center
        return codes

    def decode(self, vectors: Floats) -> Floats:
        """Return `(n, n_columns)` standardized rows from vectors."""
        return self._through(self.decoder, vectors + self.code_center)

    def _through(self, layers: Sequence[Dense], rows: Floats) -> Floats:
        hidden = rows
        for number, layer in enumerate(layers, 1):
            hidden = hidden @ layer.kernel + layer.bias
            if number < len(layers) and self.activation == "relu":
                np.maximum(hidden, 0, out=hidden)
            elif number < len(layers) and self.activation == "tanh":
                np.tanh(hidden, out=hidden)
        return hidden

    def state(self) -> State:
        """Return everything `from_state` needs."""
        arrays: dict[str, npt.NDArray[Any]] = {**self.scaling.arrays(), "code_center": self.code_center}
        for side, layers in (("encoder", self.encoder), ("decoder", self.decoder)):
            for number, layer in enumerate(layers):
                arrays[f"{side}_{number}_kernel"], arrays[f"{side}_{number}_bias"] = layer.kernel, layer.bias
        config = {"columns": list(self.names), "activation": self.activation}
        return State(arrays, {**config, "n_layers": [len(self.encoder), len(self.decoder)]})

    @classmethod
    def from_state(cls, state: State) -> Self:
        """Load it from its state; raises `StorageError` if arrays do not fit each other."""
        check_finite(state.arrays, cls.folder)
        scaling = Scaling.from_arrays(state.arrays)
        columns, activation = state.config.get("columns"), state.config.get("activation")
        n_layers, code_center = state.config.get("n_layers"), state.arrays.get("code_center")
        if (
            not isinstance(columns, list)
            or not all(isinstance(each, str) for each in columns)
            or len(columns) != len(scaling.center)
            or activation not in get_args(Activation)
            or not isinstance(n_layers, list)
            or len(n_layers) != 2
            or not all(type(each) is int and 0 <= each <= 100 for each in n_layers)
            or code_center is None
            or code_center.ndim != 1
        ):
            raise damaged("state.json")
        size = len(code_center)
        encoder = _layers(state, "encoder", n_layers[0], len(columns), size)
        decoder = _layers(state, "decoder", n_layers[1], size, len(columns))
        chosen: Activation = next(each for each in get_args(Activation) if each == activation)
        return cls(tuple(columns), scaling, encoder, decoder, chosen, _float32(code_center, "code_center"))


def _layers(state: State, side: str, n_layers: int, n_inputs: int, n_outputs: int) -> tuple[Dense, ...]:
    layers, width = [], n_inputs
    for number in range(n_layers):
        kernel, bias = (state.arrays.get(f"{side}_{number}_{name}") for name in ("kernel", "bias"))
        if kernel is None or bias is None or kernel.ndim != 2 or kernel.shape != (width, *bias.shape):
            raise damaged(f"{side}_{number}_kernel.npy")
        layers.append(Dense(*(_float32(each, f"{side}_{number}") for each in (kernel, bias))))
        width = len(bias)
    if width != n_outputs:
        raise damaged(f"{side}_{n_layers}_kernel.npy")
    return tuple(layers)


def _float32(array: npt.NDArray[Any], name: str) -> Floats:
    """Return an array as float32; raises `StorageError` if a number is beyond its range."""
    with np.errstate(over="ignore"):
        floats = np.asarray(array, np.float32)
    check_finite({name: floats}, f"{name}.npy")
    return floats
