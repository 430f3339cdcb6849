"""The Keras side of the text classifier: the network, trained epoch by epoch.

TensorFlow is imported inside the functions only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from embedlab.errors import InputError
from embedlab.models.base import State
from embedlab.models.text_encoding import PADDING_TOKEN, UNKNOWN_TOKEN

Pooling = Literal["average", "flatten", "convolution"]
#: Layers that learn, by name.
LEARNING_LAYERS = ("embedding", "convolution", "hidden", "classes")


def build_network(
    input_dim: int,
    n_classes: int,
    *,
    sequence_length: int,
    output_dim: int,
    pooling: Pooling,
    filters: int,
    kernel_size: int,
    hidden_units: int,
    dropout: float,
    start: npt.NDArray[np.float32] | None,
    frozen: bool,
    seed: int,
) -> Any:
    """Build the network `indices -> probabilities of the classes`.

    Parameters
    ----------
    input_dim, output_dim
        Rows and columns of the embedding; row 0 is the filling of short documents.
    start
        `(input_dim, output_dim)` float32 the embedding begins with; random numbers when None.
    frozen
        Whether the embedding stays as it begins.

    Returns
    -------
    A `keras.Model` with one int32 input `(None, sequence_length)` and an output `(None, n_classes)`.
    """
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    indices = keras.Input((sequence_length,), dtype="int32", name="indices")
    # A mask lets the average see the words alone; Flatten and the convolution take the filling as it is.
    embedding = layers.Embedding(
        input_dim,
        output_dim,
        mask_zero=pooling == "average",
        trainable=not frozen,
        name="embedding",
    )
    found = embedding(indices)
    if pooling == "flatten":
        found = layers.Flatten(name="flatten")(found)
    elif pooling == "average":
        found = layers.GlobalAveragePooling1D(name="average")(found)
    else:
        found = layers.Conv1D(filters, kernel_size, activation="relu", name="convolution")(found)
        found = layers.GlobalMaxPooling1D(name="maximum")(found)
    if hidden_units:
        found = layers.Dense(hidden_units, activation="relu", name="hidden")(found)
    if dropout > 0:
        found = layers.Dropout(dropout, seed=seed, name="dropout")(found)
    classes = layers.Dense(n_classes, activation="softmax", name="classes")(found)
    if start is not None:
        # An initializer that holds the vectors would be written into a saved network as text.
        embedding.set_weights([start])
    return keras.Model(indices, classes, name="classifier")


def with_text_input(network: Any, words: Sequence[str], sequence_length: int) -> Any:
    """Return the whole network `text -> probabilities`: words joined by blanks, encoded by `TextVectorization`."""
    import keras

    encoding = keras.layers.TextVectorization(
        standardize=None,
        split="whitespace",
        output_mode="int",
        output_sequence_length=sequence_length,
        vocabulary=[PADDING_TOKEN, UNKNOWN_TOKEN, *words],
        name="encoding",
    )
    text = keras.Input((), dtype="string", name="text")
    found = encoding(text)
    for layer in network.layers[1:]:
        found = layer(found)
    return keras.Model(text, found, name="text_classifier")


class _Figures:
    """Means over batches of unequal size.

    What Keras itself returns for a batch covers that batch alone in some versions, and all since the last reset in
    others; so each batch is measured from a reset, and put together here.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._n_documents = 0

    def add(self, found: Mapping[str, Any], n_documents: int) -> None:
        for name, value in found.items():
            self._sums[name] = self._sums.get(name, 0.0) + n_documents * float(value)
        self._n_documents += n_documents

    def means(self) -> dict[str, float]:
        return {name: total / self._n_documents for name, total in self._sums.items()}


class Trainer:
    """A network with Adam, trained epoch by epoch on the cross-entropy.

    Parameters
    ----------
    network
        What `build_network` made.
    seed
        With the number of the epoch it gives the order of the documents.
    """

    def __init__(self, network: Any, *, learning_rate: float, batch_size: int, seed: int) -> None:
        import keras

        self.network = network
        self._batch_size, self._seed = batch_size, seed
        network.compile(
            optimizer=keras.optimizers.Adam(learning_rate),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        network.optimizer.build(network.trainable_variables)

    def train_epoch(
        self,
        indices: npt.NDArray[np.int32],
        codes: npt.NDArray[np.int64],
        epoch: int,
        heard: Callable[[int], None],
    ) -> dict[str, float]:
        """Go once over the documents in a new order; `heard` is told of each step and may raise to stop.

        Returns
        -------
        `loss` and `accuracy` over the epoch, each batch measured before its step.
        """
        order = np.random.default_rng((self._seed, epoch)).permutation(len(codes))
        figures = _Figures()
        for start in range(0, len(order), self._batch_size):
            rows = order[start : start + self._batch_size]
            self.network.reset_metrics()
            figures.add(self.network.train_on_batch(indices[rows], codes[rows], return_dict=True), len(rows))
            heard(start + len(rows))
        return figures.means()

    def evaluate(self, indices: npt.NDArray[np.int32], codes: npt.NDArray[np.int64]) -> dict[str, float]:
        """Return `loss` and `accuracy` on other documents, the mean over all of them."""
        figures = _Figures()
        batch_size = max(256, self._batch_size)
        for start in range(0, len(codes), batch_size):
            part = slice(start, start + batch_size)
            self.network.reset_metrics()
            found = self.network.test_on_batch(indices[part], codes[part], return_dict=True)
            figures.add(found, len(codes[part]))
        return figures.means()

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of what is learned (and of a frozen embedding): `embedding`, `classes_kernel` ..."""
        arrays: dict[str, npt.NDArray[np.float32]] = {}
        for layer in self.network.layers:
            if layer.name == "embedding":
                arrays["embedding"] = np.array(layer.get_weights()[0])
            elif layer.name in LEARNING_LAYERS:
                arrays[f"{layer.name}_kernel"], arrays[f"{layer.name}_bias"] = map(np.array, layer.get_weights())
        return arrays

    def set_weights(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Give the layers what `weights` returned."""
        for layer in self.network.layers:
            if layer.name == "embedding":
                layer.set_weights([arrays["embedding"]])
            elif layer.name in LEARNING_LAYERS:
                layer.set_weights([arrays[f"{layer.name}_kernel"], arrays[f"{layer.name}_bias"]])

    def optimizer_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of the optimizer's memory."""
        values = self.network.optimizer.variables
        return {f"optimizer_{number}": np.array(value.numpy()) for number, value in enumerate(values)}

    def restore(self, state: State) -> None:
        """Go on from weights and optimizer memory kept in a state; raises `InputError` when they do not fit."""
        try:
            self.set_weights(state.arrays)
            for number, variable in enumerate(self.network.optimizer.variables):
                variable.assign(state.arrays[f"optimizer_{number}"])
        except (KeyError, ValueError) as error:
            raise InputError(
                "The checkpoint does not fit this dataset and these parameters.", remedy="Start the training over."
            ) from error
