"""Evaluation protocols: how a dataset is split into training, validation and test parts.

The protocol belongs to the dataset and has its own seed. Runs can be compared only if they were evaluated with the same
protocol, and an embedding that was trained on the test part of a protocol must not start a run evaluated with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from embedlab.core.errors import InputError, ParameterError

SMALLEST_SHARE = 0.01
LARGEST_SHARE = 0.5
LARGEST_SEED = 2**31 - 1
#: At least a tenth of the cases is for training.
_MOST_HELD_OUT = 0.9


@dataclass(frozen=True)
class Protocol:
    """How a dataset is split into training, validation and test parts.

    Parameters
    ----------
    name
        `random`: the test part is drawn at random; `published`: the dataset has its own test part, and only the
        validation part is drawn.
    seed
        Of the split alone. The seed of a model never changes the parts.
    validation_share, test_share
        Of the cases: labeled documents or ratings. A published test part has no share: 0.
    duplicates
        `together`: documents with the same words are in the same part; `apart`: runs of earlier versions, which
        split documents one by one.

    Raises
    ------
    ParameterError
        The seed or a share is out of bounds.
    """

    name: Literal["random", "published"] = "random"
    seed: int = 0
    validation_share: float = 0.1
    test_share: float = 0.1
    duplicates: Literal["together", "apart"] = "together"

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ParameterError(
                "The seed of the split is out of bounds.",
                received=self.seed,
                remedy=f"Choose a whole number from 0 to {LARGEST_SEED}.",
            )
        drawn = [self.validation_share, *([self.test_share] if self.name == "random" else [])]
        if not all(math.isfinite(share) and SMALLEST_SHARE <= share <= LARGEST_SHARE for share in drawn):
            raise ParameterError(
                "A share of the split is out of bounds.",
                received=", ".join(f"{share:g}" for share in drawn),
                remedy=f"Choose shares from {SMALLEST_SHARE:g} to {LARGEST_SHARE:g}.",
            )
        if sum(drawn) > _MOST_HELD_OUT + 1e-9:
            raise ParameterError(
                "Validation and test part together leave too little for training.",
                received=f"{sum(drawn):g}",
                remedy=f"Choose shares that add up to at most {_MOST_HELD_OUT:g}.",
            )
        if self.name == "published" and self.test_share != 0:
            raise ParameterError(
                "The test part of this dataset is published, so its share cannot be changed.",
                received=f"test_share={self.test_share:g}",
                remedy="Leave the share of the test part out.",
            )

    @property
    def id(self) -> str:
        """A short identifier, the same in every workspace; different protocols have different ones."""
        shares = [self.validation_share, *([self.test_share] if self.name == "random" else [])]
        apart = ["apart"] if self.duplicates == "apart" else []
        return "-".join([self.name, f"seed{self.seed}", *map(repr, shares), *apart])

    @property
    def title(self) -> str:
        """The protocol in one displayed line."""
        if self.name == "published":
            return f"Published test part, {_percent(self.validation_share)} for validation, seed {self.seed}"
        shares = f"{_percent(self.validation_share)} for validation, {_percent(self.test_share)} for test"
        apart = ", duplicates not grouped" if self.duplicates == "apart" else ""
        return f"Random split, {shares}, seed {self.seed}{apart}"

    def as_dict(self) -> dict[str, Any]:
        """Return the protocol as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `as_dict` returned, from a catalog or a backup.

        Raises
        ------
        InputError
            A value is missing, unknown, or of the wrong type.
        ParameterError
            The seed or a share is out of bounds.
        """
        known = {field.name for field in fields(cls)}
        valid = (
            isinstance(values, Mapping)
            and set(values) == known
            and values["name"] in ("random", "published")
            and values["duplicates"] in ("together", "apart")
            and type(values["seed"]) is int
            and all(type(values[name]) in {int, float} for name in ("validation_share", "test_share"))
        )
        if not valid:
            raise InputError("The evaluation protocol cannot be read.", received=values)
        return cls(**values)


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
