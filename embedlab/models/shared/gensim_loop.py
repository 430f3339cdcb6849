"""Training with gensim in segments: progress within an epoch, and bit-exact resuming."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.models.contract.base import State
from embedlab.models.shared.epoch_loop import EpochLoop, S


class GensimLoop(EpochLoop[S]):
    """Epochs of a gensim model, including the state of its random number generator.

    Attributes
    ----------
    model
        gensim's model, with the vocabulary already built.
    """

    model: Any

    def more_arrays(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return the state of gensim's random number generator."""
        return {"random_keys": np.asarray(self.model.random.get_state()[1])}

    def config(self) -> Mapping[str, Any]:
        """Return the position of the random number generator."""
        return {"random_position": int(self.model.random.get_state()[2])}

    def restore(self, state: State) -> None:
        """Set the state of gensim's random number generator."""
        self.model.random.set_state(
            ("MT19937", state.arrays["random_keys"], int(state.config["random_position"]), 0, 0.0)
        )
