"""Starting TensorFlow, and reading and restoring networks and optimizers of Keras.

TensorFlow is imported only inside functions: it costs seconds and hundreds of megabytes, and the server never trains.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def tensorflow_distribution() -> str:
    """Return the name of the installed TensorFlow package, which depends on the system."""
    with suppress(PackageNotFoundError):
        distribution("tensorflow-cpu")
        return "tensorflow-cpu"
    return "tensorflow"


def start_tensorflow(n_threads: int) -> None:
    """Import TensorFlow with `n_threads` threads; a process that already uses TensorFlow keeps its number."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import tensorflow as tf

    with suppress(RuntimeError):
        tf.config.threading.set_intra_op_parallelism_threads(n_threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)


def summary_text(network: Any) -> str:
    """Return `model.summary()` as text."""
    lines: list[str] = []
    network.summary(print_fn=lambda line, **_: lines.append(line), line_length=110)
    return "\n".join(lines) + "\n"


def saved_network(network: Any, scratch: Path) -> bytes:
    """Return the network in Keras' file format, `.keras`."""
    path = scratch / "network.keras"
    network.save(path)
    content = path.read_bytes()
    path.unlink()
    return content


def optimizer_arrays(optimizer: Any) -> dict[str, npt.NDArray[Any]]:
    """Return copies of a Keras optimizer's state, by the names that `restore_optimizer` reads."""
    return {f"optimizer_{number}": np.array(value.numpy()) for number, value in enumerate(optimizer.variables)}


def restore_optimizer(optimizer: Any, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Restore a Keras optimizer from `optimizer_arrays`; raises `KeyError` or `ValueError` if they do not match."""
    for number, variable in enumerate(optimizer.variables):
        variable.assign(arrays[f"optimizer_{number}"])
